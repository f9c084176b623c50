"""The sentences of a test about what clients did, and what a failed one shows.

A failure names what was wanted, the three nearest calls criterion by criterion, refused attempts with their refusal, and
everything else that was asked in one line each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fakejobs.arguments import job_key
from fakejobs.cloud import FakeCloud, Job, JobLike
from fakejobs.errors import JobNotFound, UsageError
from fakejobs.journal.calls import Call, Deed, Deleted, Journal, Stopped, Tagged
from fakejobs.journal.criteria import Criterion, criteria_of, param_criteria

NEAREST = 3
LINES = 20
"""Other calls that a failure lists, the latest ones."""

Read = Callable[[Call, str], Any]


class Assertions:
    """What a test can say about the calls in a journal; a sentence that is not true raises AssertionError.

    endpoints: the names that assert_called() knows.
    """

    def __init__(self, cloud: FakeCloud, journal: Journal, endpoints: Iterable[str]) -> None:
        self._cloud = cloud
        self._journal = journal
        self._endpoints = frozenset(endpoints)

    def scheduled(self, criteria: Sequence[Criterion]) -> list[Job]:
        """Return the jobs that clients scheduled and that meet all criteria, in the order of scheduling."""
        return [Job(self._cloud, job_key(key)) for call in self._granted(criteria) for key in call.job_keys]

    def assert_scheduled(self, criteria: Sequence[Criterion]) -> Job:
        """Return the one job that clients scheduled and that meets all criteria."""
        __tracebackhide__ = True
        found = self._granted(criteria)
        if len(found) == 1:
            return Job(self._cloud, job_key(found[0].job_keys[0]))
        if found:
            raise self._failure(f"clients scheduled {len(found)} such jobs, wanted exactly one:", criteria, found, "such jobs")
        orders = [call for call in self._calls() if call.order is not None]
        raise self._failure(
            "no client scheduled such a job:", criteria, self._nearest(orders, criteria, _of_order), "nearest calls", _of_order
        )

    def assert_not_scheduled(self, criteria: Sequence[Criterion]) -> None:
        """Check that clients scheduled no job that meets all criteria."""
        __tracebackhide__ = True
        found = self._granted(criteria)
        if found:
            raise self._failure(f"clients scheduled {len(found)} such jobs, wanted none:", criteria, found, "such jobs")
        self._need_all_calls("that no such job was scheduled")

    def assert_stopped(self, job: JobLike) -> None:
        """Check that a client asked a job to stop."""
        __tracebackhide__ = True
        self._assert_deed(Stopped, "asked to stop", job, [])

    def assert_deleted(self, job: JobLike) -> None:
        """Check that a client deleted a job."""
        __tracebackhide__ = True
        self._assert_deed(Deleted, "deleted", job, [])

    def assert_tagged(self, job: JobLike, add: Any, remove: Any) -> None:
        """Check that one call of a client edited a job's tags so; what is left out is not compared."""
        __tracebackhide__ = True
        self._assert_deed(Tagged, "edited the tags of", job, criteria_of(add=add, remove=remove))

    def assert_called(self, endpoint: str, params: Mapping[str, Any] | None, count: int | None) -> list[Call]:
        """Return the calls of an endpoint whose parameters are those given; others may have come along.

        count: exactly so many such calls are wanted; default: at least one.
        """
        __tracebackhide__ = True
        name = self._endpoint(endpoint)
        criteria = param_criteria(params)
        calls = [call for call in self._calls() if call.endpoint == name]
        found = [call for call in calls if all(c.agrees(_of_params(call, c.name)) for c in criteria)]
        if count is not None:
            self._need_all_calls(f"how often {name} was called")
        if len(found) == count or (count is None and found):
            return found
        wanted = "at least once" if count is None else f"{count} times"
        headline = f"clients called {name} so {len(found)} times, wanted {wanted}:"
        if found:
            raise self._failure(headline, criteria, found, "such calls")
        raise self._failure(headline, criteria, self._nearest(calls, criteria, _of_params), "nearest calls", _of_params)

    # ------------------------------------------------------------ reading

    def _calls(self) -> list[Call]:
        return self._journal.calls()

    def _granted(self, criteria: Sequence[Criterion]) -> list[Call]:
        granted = (call for call in self._calls() if call.order is not None and call.job_keys)
        return [call for call in granted if all(c.agrees(_of_order(call, c.name)) for c in criteria)]

    def _endpoint(self, endpoint: str) -> str:
        name = endpoint.removeprefix("/").removeprefix("api/").removesuffix(".json").removesuffix(".jl")
        name = "run" if name == "schedule" else name
        if name not in self._endpoints:
            raise UsageError(f"there is no endpoint {endpoint!r} (known: {', '.join(sorted(self._endpoints))})")
        return name

    def _assert_deed(self, kind: type[Deed], verb: str, job: JobLike, criteria: Sequence[Criterion]) -> None:
        __tracebackhide__ = True
        wanted = [Criterion("job", job_key(job)), *criteria]
        calls = [call for call in self._calls() if any(isinstance(deed, kind) for deed in call.deeds)]

        def read(call: Call, name: str) -> Any:
            deed = next(deed for deed in call.deeds if isinstance(deed, kind))
            if name == "job":
                return wanted[0].wanted if wanted[0].wanted in deed.jobs else _one_or_all(deed.jobs)
            return list(getattr(deed, name))

        if not any(all(c.agrees(read(call, c.name)) for c in wanted) for call in calls):
            headline = f"no client {verb} {self._described(wanted[0].wanted)}{' so' if criteria else ''}:"
            raise self._failure(headline, wanted, self._nearest(calls, wanted, read), "nearest calls", read)

    def _described(self, key: Any) -> str:
        try:
            record = self._cloud.record_of(key)
        except JobNotFound:
            return f"{key} (there is no such job)"
        return f"{key} ({record.spider}, {record.state})"

    # ------------------------------------------------------------ failing

    def _need_all_calls(self, what: str) -> None:
        __tracebackhide__ = True
        if self._journal.dropped:
            raise AssertionError(f"cannot say {what}: the oldest {self._journal.dropped} calls are not kept any more")

    @staticmethod
    def _nearest(calls: Sequence[Call], criteria: Sequence[Criterion], read: Read) -> list[Call]:
        """Return the calls that miss by least, the latest first where they miss alike."""
        scored = [(sum(c.distance(read(call, c.name)) for c in criteria), -call.number, call) for call in calls]
        return [call for _, _, call in sorted(scored, key=lambda row: row[:2])[:NEAREST]]

    def _failure(
        self, headline: str, criteria: Sequence[Criterion], shown: Sequence[Call], title: str, read: Read | None = None
    ) -> AssertionError:
        __tracebackhide__ = True
        lines = [headline, *(f"    {criterion}" for criterion in criteria)]
        if shown:
            lines.append(f"{title}:")
            for call in shown:
                lines += [f"  {call}", *_misses(call, criteria, read)]
        rest = [call for call in self._calls() if call not in shown]
        if rest:
            lines.append("what else was asked:")
            lines += [f"  … {len(rest) - LINES} earlier ones"] if len(rest) > LINES else []
            lines += [f"  {call}" for call in rest[-LINES:]]
        elif not shown:
            lines.append("no client has called at all")
        if self._journal.dropped:
            lines.append(f"(the oldest {self._journal.dropped} calls are not kept any more and were not looked at)")
        return AssertionError("\n".join(lines))


def _misses(call: Call, criteria: Sequence[Criterion], read: Read | None) -> list[str]:
    if read is None:
        return []
    lines = [f"      {c.miss(got)}" for c in criteria if not c.agrees(got := read(call, c.name))]
    agreed = [c.name for c in criteria if c.agrees(read(call, c.name))]
    if agreed:
        lines.append(f"      agrees: {', '.join(agreed)}")
    if call.failure:
        lines.append(f"      refused: {call.failure}")
    return lines


def _of_order(call: Call, name: str) -> Any:
    return getattr(call.order, name)


def _of_params(call: Call, name: str) -> Any:
    return (call.params or {}).get(name)


def _one_or_all(jobs: tuple[str, ...]) -> Any:
    return jobs[0] if len(jobs) == 1 else list(jobs)
