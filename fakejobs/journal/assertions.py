"""The sentences of a test about what clients did, and what a failed one shows.

A failure names what was wanted, the three nearest things that clients asked, criterion by criterion, refused ones with
their refusal, and everything else that was asked in one line each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from fakejobs.arguments import endpoint_of
from fakejobs.cloud import Cloud
from fakejobs.domain.keys import JobKey
from fakejobs.errors import UsageError
from fakejobs.journal.book import Journal
from fakejobs.journal.calls import Call, Deed, Deleted, Stopped, Tagged
from fakejobs.journal.candidates import STATUS, Candidate, names, of_call, of_deed, of_order, of_refusal
from fakejobs.journal.contents import items_differ, metadata_differs
from fakejobs.journal.criteria import Criterion, criteria_of, param_criteria
from fakejobs.journal.folding import latest
from fakejobs.journal.order import Step, order_broken
from fakejobs.nearest import nearest
from fakejobs.quoting import quoted

__tracebackhide__ = True
"""pytest shows the line of the test, not ours, as the place of a failure."""

NEAREST = 3
LINES = 20
"""Other calls that a failure lists, the latest ones."""
_TOO_MANY = "(name what tells them apart, such as spider_args=; for all of them: fakejobs.scheduled())"
"""What to write where several jobs meet the criteria of one."""

DOING: Mapping[type[Deed], frozenset[str]] = {
    Stopped: frozenset({"jobs/stop", "jobq/cancel"}),
    Deleted: frozenset({"jobs/delete"}),
    Tagged: frozenset({"jobs/update"}),
}
"""The endpoints by which clients do each kind of deed, to a job that they name by its key."""


class Assertions:
    """What a test can say about the calls in a journal; a sentence that is not true raises AssertionError.

    endpoints: gives the names that assert_called() knows.
    """

    def __init__(self, cloud: Cloud, journal: Journal, endpoints: Callable[[], Collection[str]]) -> None:
        self._cloud = cloud
        self._journal = journal
        self._endpoints = endpoints

    def scheduled(self, criteria: Sequence[Criterion]) -> list[JobKey]:
        """Return the jobs that clients scheduled and that meet all criteria, in the order of scheduling."""
        return [_key_of(order) for order in self._granted(self._masked(criteria))]

    def assert_scheduled(self, criteria: Sequence[Criterion]) -> JobKey:
        """Return the one job that clients scheduled and that meets all criteria."""
        criteria = self._masked(criteria)
        found = self._granted(criteria)
        if len(found) == 1:
            _need_all("that exactly one such job was scheduled", self._journal.dropped_orders)
            return _key_of(found[0])
        if found:
            raise self._failure(f"clients scheduled {len(found)} such jobs, wanted exactly one:", criteria, met=found, hint=_TOO_MANY)
        raise self._failure("no client scheduled such a job:", criteria, missed=self._orders())

    def assert_not_scheduled(self, criteria: Sequence[Criterion]) -> None:
        """Check that clients scheduled no job that meets all criteria."""
        criteria = self._masked(criteria)
        found = self._granted(criteria)
        if found:
            jobs = "one such job" if len(found) == 1 else f"{len(found)} such jobs"
            raise self._failure(f"clients scheduled {jobs}, wanted none:", criteria, met=found)
        _need_all("that no such job was scheduled", self._journal.dropped_orders)

    def assert_stopped(self, job: JobKey) -> None:
        """Check that a client asked a job to stop."""
        self._assert_deed(Stopped, "asked to stop", job, [])

    def assert_deleted(self, job: JobKey) -> None:
        """Check that a client deleted a job."""
        self._assert_deed(Deleted, "deleted", job, [])

    def assert_tagged(self, job: JobKey, add: Any, remove: Any) -> None:
        """Check that one call of a client edited a job's tags so; what is left out is not compared."""
        self._assert_deed(Tagged, "edited the tags of", job, criteria_of(add=add, remove=remove))

    def assert_items(self, job: JobKey, got: Sequence[Any], items: Sequence[Any]) -> None:
        """Check that a job's items are those wanted, in their order; a failure shows the first that differ, field by field."""
        lines = items_differ(self._described(job), self._cloud.jobs.find(job), list(got), list(items))
        if lines:
            raise self._failed(lines)

    def assert_metadata(self, key: JobKey, metadata: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        """Check that fields of a job's metadata have these values; a failure shows those that do not, and who wrote to it."""
        lines = metadata_differs(self._described(key), self._cloud.keys.masks, metadata, fields)
        if not lines:
            return
        writers = [call for call in self._journal.calls() if key in call.job_keys]
        lines += ["calls that made or changed it:", *(f"  {call}" for call in writers[-LINES:])] if writers else []
        raise self._failed(lines)

    def assert_called(
        self, endpoint: str, params: Mapping[str, Any] | None, count: int | None = None, status: int | None = None
    ) -> list[Call]:
        """Return the calls of an endpoint whose parameters are those given, and whose answers had a status.

        Other parameters may have come along. count: exactly so many such calls are wanted; default: at least one. status: any, if it
        is left out.
        """
        name = self._endpoint(endpoint)
        criteria = self._masked(param_criteria(params)) + ([] if status is None else [Criterion(STATUS, status, "no answer")])
        candidates = [of_call(call) for call in self._journal.calls() if call.endpoint == name]
        found = [candidate for candidate in candidates if candidate.meets(criteria)]
        if count is not None:
            _need_all(f"how often {name} was called", self._journal.dropped_calls(name))
        if len(found) == count or (count is None and found):
            return [candidate.call for candidate in found]
        manner = _manner(bool(params), status is not None)
        if count is None:
            headline = f"no client called {name}{manner}:"
        else:
            called = f"called {name}{manner} {_times(len(found))}" if found else f"never called {name}{manner}"
            headline = f"clients {called}, wanted {_times(count)}:"
        raise self._failure(headline, criteria, met=found, missed=candidates)

    def assert_not_called(self, endpoint: str, params: Mapping[str, Any] | None) -> None:
        """Check that clients did not call an endpoint with these parameters; others may have come along."""
        name = self._endpoint(endpoint)
        criteria = self._masked(param_criteria(params))
        candidates = [of_call(call) for call in self._journal.calls() if call.endpoint == name]
        found = [candidate for candidate in candidates if candidate.meets(criteria)]
        if found:
            manner = _manner(bool(params), by_status=False)
            raise self._failure(f"clients called {name}{manner} {_times(len(found))}, wanted never:", criteria, met=found)
        _need_all(f"that {name} was not called", self._journal.dropped_calls(name))

    def assert_called_in_order(self, steps: Sequence[Any]) -> list[Call]:
        """Return the calls that were made one after the other, one for each step; others may have come between them.

        A step is an endpoint, or an endpoint and parameters.
        """
        wanted = [self._step(number, step) for number, step in enumerate(steps, 1)]
        if not wanted:
            raise UsageError('name the calls in their order, such as assert_called_in_order("run", "jobs/list")')
        calls = self._journal.calls()
        found: list[Call] = []
        rest = iter(calls)
        for step in wanted:
            call = next((call for call in rest if step.is_met_by(call)), None)
            if call is None:
                lines = order_broken(wanted, found, calls)
                lines += [f"(the oldest {self._journal.dropped} calls are not kept any more)"] if self._journal.dropped else []
                raise self._failed(lines)
            found.append(call)
        return found

    # ------------------------------------------------------------ reading

    def _masked(self, criteria: Sequence[Criterion]) -> list[Criterion]:
        """Return criteria as they agree with the calls that are written down, in which the keys are masked."""
        masks = self._cloud.keys.masks
        return [criterion.masked(masks) for criterion in criteria]

    def _orders(self) -> list[Candidate]:
        return [of_order(call, order) for call in self._journal.calls() for order in call.orders]

    def _granted(self, criteria: Sequence[Criterion]) -> list[Candidate]:
        return [candidate for candidate in self._orders() if candidate.job is not None and candidate.meets(criteria)]

    def _endpoint(self, endpoint: object) -> str:
        return endpoint_of(endpoint, self._endpoints())

    def _step(self, number: int, step: object) -> Step:
        if isinstance(step, str):
            return Step(self._endpoint(step), [])
        if not isinstance(step, (tuple, list)) or len(step) != 2:
            form = 'an endpoint, or an endpoint and parameters, as in ("run", {"spider": "books"})'
            raise UsageError(f"call {number} is {quoted(step)}: give {form}")
        return Step(self._endpoint(step[0]), self._masked(param_criteria(step[1])))

    def _assert_deed(self, kind: type[Deed], verb: str, key: JobKey, criteria: Sequence[Criterion]) -> None:
        wanted = [Criterion("job", key), *self._masked(criteria)]
        calls = self._journal.calls()
        done = [of_deed(call, deed, key, self._since(key)) for call in calls for deed in call.deeds if isinstance(deed, kind)]
        if any(candidate.meets(wanted) for candidate in done):
            return
        asking = [call for call in calls if call.endpoint in DOING[kind] and names(call, key)]
        refused = [of_refusal(call, key) for call in asking if call.failure or call.is_undone]
        headline = f"no client {verb} {self._described(key)}{' so' if criteria else ''}:"
        raise self._failure(headline, wanted, missed=[*done, *refused])

    def _since(self, key: JobKey) -> Callable[[str], str]:
        """Return what says in which state a job is now, if it is another one than when a call came."""

        def standing(why: str) -> str:
            record = self._cloud.jobs.find(key)
            states = ("is pending", "is running", "is finished")
            if record is None or not why.startswith(states) or why.startswith(f"is {record.state}"):
                return ""
            return f" (so it was then; now it is {record.state})"

        return standing

    def _described(self, key: JobKey) -> str:
        record = self._cloud.jobs.find(key)
        if record is not None:
            return f"{key} ({record.spider}, {record.state})"
        others = (JobKey.of(project, key.spider_id, key.job_id) for project in self._cloud.projects.numbers())
        near = next((found for found in map(self._cloud.jobs.find, others) if found is not None), None)
        if near is None:
            return f"{key} (there is no such job)"
        return f"{key} (there is no such job, but {near.key}: {near.spider}, {near.state})"

    # ------------------------------------------------------------ failing

    def _failure(
        self,
        headline: str,
        criteria: Sequence[Criterion],
        met: Sequence[Candidate] = (),
        missed: Sequence[Candidate] = (),
        hint: str = "",
    ) -> AssertionError:
        """Return the error of a failed assertion: `met` are too many, or `missed` holds the nearest misses; a hint stands at its end."""
        lines = [headline, *(f"    {criterion}{_meant(criterion, missed)}" for criterion in criteria)]
        shown = list(met) or sorted(missed, key=lambda miss: (not miss.denied, miss.distance(criteria), -miss.call.number))[:NEAREST]
        if met:
            lines += ["such calls:", *(f"  {candidate.call}" for candidate in met)]
        elif shown:
            nearest = "the nearest call:" if len(missed) == 1 else "nearest calls:"
            lines += [nearest, *(line for candidate in shown for line in candidate.explained(criteria))]
        numbers = {candidate.call.number for candidate in shown}
        rest = [call for call in self._journal.calls() if call.number not in numbers]
        if rest:
            lines.append("what else was asked:" if shown else "what was asked:")
            lines += [f"  {line}" for line in latest(rest, LINES)]
        elif not shown:
            lines.append("no client has called at all")
        if self._journal.dropped:
            lines.append(f"(the oldest {self._journal.dropped} calls are not kept any more and were not looked at)")
        return self._failed([*lines, hint] if hint else lines)

    def _failed(self, lines: Sequence[str]) -> AssertionError:
        return AssertionError(self._cloud.keys.masks.text("\n".join(lines)))


def _key_of(granted: Candidate) -> JobKey:
    return JobKey(granted.job or "")


def _meant(criterion: Criterion, missed: Sequence[Candidate]) -> str:
    """Return what names the spider that clients asked for under a name that is near to the one that was wanted."""
    if criterion.name != "spider" or not isinstance(criterion.wanted, str):
        return ""
    spiders = dict.fromkeys(spider for spider in (candidate.read("spider") for candidate in missed) if isinstance(spider, str))
    near = None if criterion.wanted in spiders else nearest(criterion.wanted, spiders)
    return "" if near is None else f" (clients asked for {near!r})"


def _manner(by_params: bool, by_status: bool) -> str:
    ways = [way for way, is_asked in (("these parameters", by_params), ("this status", by_status)) if is_asked]
    return f" with {' and '.join(ways)}" if ways else ""


def _times(count: int) -> str:
    return ("never", "once", "twice")[count] if count < 3 else f"{count} times"


def _need_all(what: str, dropped: int) -> None:
    """Fail if calls that would count are not kept any more."""
    if dropped:
        raise AssertionError(f"cannot say {what}: of the calls that count, the oldest {dropped} are not kept any more")
