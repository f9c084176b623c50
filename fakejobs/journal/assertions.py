"""The sentences of a test about what clients did, and what a failed one shows.

A failure names what was wanted, the three nearest things that clients asked, criterion by criterion, refused ones with
their refusal, and everything else that was asked in one line each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from fakejobs.cloud import Cloud
from fakejobs.domain.keys import JobKey
from fakejobs.errors import UsageError
from fakejobs.journal.calls import Call, Deed, Deleted, Journal, Stopped, Tagged, folded
from fakejobs.journal.criteria import Criterion, criteria_of, param_criteria
from fakejobs.nearest import hint
from fakejobs.quoting import quoted

_NOTHING = object()

NEAREST = 3
LINES = 20
"""Other calls that a failure lists, the latest ones."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that a call asked for or did, to be held against criteria. read: the value of a criterion's field."""

    call: Call
    read: Callable[[str], Any]
    job: str | None = None

    def meets(self, criteria: Sequence[Criterion]) -> bool:
        """Say whether all criteria agree."""
        return all(criterion.agrees(self.read(criterion.name)) for criterion in criteria)

    def distance(self, criteria: Sequence[Criterion]) -> float:
        """Return how far off it is from meeting them all."""
        return sum(criterion.distance(self.read(criterion.name)) for criterion in criteria)

    def explained(self, criteria: Sequence[Criterion]) -> list[str]:
        """Return lines that say which criteria miss and how, which agree, and whether the call was refused."""
        lines = [f"  {self.call}"]
        agreed = []
        for criterion in criteria:
            got = self.read(criterion.name)
            if criterion.agrees(got):
                agreed.append(criterion.name)
            else:
                lines.append(f"      {criterion.miss(got)}")
        if agreed:
            lines.append(f"      agrees: {', '.join(agreed)}")
        if self.call.failure:
            lines.append(f"      refused: {self.call.failure if self.call.failure.isprintable() else ascii(self.call.failure)}")
        return lines


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
        __tracebackhide__ = True
        criteria = self._masked(criteria)
        found = self._granted(criteria)
        if len(found) == 1:
            _need_all("that exactly one such job was scheduled", self._journal.dropped_orders)
            return _key_of(found[0])
        if found:
            raise self._failure(f"clients scheduled {len(found)} such jobs, wanted exactly one:", criteria, met=found)
        raise self._failure("no client scheduled such a job:", criteria, missed=self._orders())

    def assert_not_scheduled(self, criteria: Sequence[Criterion]) -> None:
        """Check that clients scheduled no job that meets all criteria."""
        __tracebackhide__ = True
        criteria = self._masked(criteria)
        found = self._granted(criteria)
        if found:
            raise self._failure(f"clients scheduled {len(found)} such jobs, wanted none:", criteria, met=found)
        _need_all("that no such job was scheduled", self._journal.dropped_orders)

    def assert_stopped(self, job: JobKey) -> None:
        """Check that a client asked a job to stop."""
        __tracebackhide__ = True
        self._assert_deed(Stopped, "asked to stop", job, [])

    def assert_deleted(self, job: JobKey) -> None:
        """Check that a client deleted a job."""
        __tracebackhide__ = True
        self._assert_deed(Deleted, "deleted", job, [])

    def assert_tagged(self, job: JobKey, add: Any, remove: Any) -> None:
        """Check that one call of a client edited a job's tags so; what is left out is not compared."""
        __tracebackhide__ = True
        self._assert_deed(Tagged, "edited the tags of", job, criteria_of(add=add, remove=remove))

    def assert_items(self, job: JobKey, got: Sequence[Any], items: Sequence[Any]) -> None:
        """Check that a job's items are those wanted, in their order; a failure shows the first that differ."""
        __tracebackhide__ = True
        if list(got) == items:
            return
        lines = [f"{self._described(job)} has {len(got)} items, wanted {len(items)}:" if len(got) != len(items) else ""]
        lines[0] = lines[0] or f"{self._described(job)} has other items than those wanted:"
        differing = [place for place, (have, want) in enumerate(zip_longest(got, items, fillvalue=_NOTHING)) if have != want]
        lines += [f"    item {place}: {_item(got, place)} != {_item(items, place)}" for place in differing[:NEAREST]]
        if len(differing) > NEAREST:
            lines.append(f"    … and {len(differing) - NEAREST} more")
        raise self._failed(lines)

    def assert_metadata(self, key: JobKey, metadata: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        """Check that fields of a job's metadata have these values; a failure shows those that do not, and who wrote to it."""
        __tracebackhide__ = True
        missed = [criterion for criterion in map(Criterion, fields, fields.values()) if not criterion.agrees(metadata.get(criterion.name))]
        if not missed:
            return
        lines = [f"the metadata of {self._described(key)} is other than wanted:"]
        masks = self._cloud.keys.masks
        lines += [f"    {miss.masked(masks).miss(masks.named(miss.name, metadata.get(miss.name)))}" for miss in missed]
        lines.append(f"    it has: {', '.join(sorted(metadata))}")
        writers = [call for call in self._journal.calls() if key in call.job_keys]
        lines += ["calls that made or changed it:", *(f"  {call}" for call in writers[-LINES:])] if writers else []
        raise self._failed(lines)

    def assert_called(self, endpoint: str, params: Mapping[str, Any] | None, count: int | None) -> list[Call]:
        """Return the calls of an endpoint whose parameters are those given; others may have come along.

        count: exactly so many such calls are wanted; default: at least one.
        """
        __tracebackhide__ = True
        name = self._endpoint(endpoint)
        criteria = self._masked(param_criteria(params))
        candidates = [Candidate(call, (call.params or {}).get) for call in self._journal.calls() if call.endpoint == name]
        found = [candidate for candidate in candidates if candidate.meets(criteria)]
        if count is not None:
            _need_all(f"how often {name} was called", self._journal.dropped_calls(name))
        if len(found) == count or (count is None and found):
            return [candidate.call for candidate in found]
        wanted = "at least once" if count is None else f"{count} times"
        headline = f"clients called {name} so {len(found)} times, wanted {wanted}:"
        raise self._failure(headline, criteria, met=found, missed=candidates)

    # ------------------------------------------------------------ reading

    def _masked(self, criteria: Sequence[Criterion]) -> list[Criterion]:
        """Return criteria as they agree with the calls that are written down, in which the keys are masked."""
        masks = self._cloud.keys.masks
        return [criterion.masked(masks) for criterion in criteria]

    def _orders(self) -> list[Candidate]:
        return [
            Candidate(call, lambda name, order=order: getattr(order, name), order.job)  # type: ignore[misc]
            for call in self._journal.calls()
            for order in call.orders
        ]

    def _granted(self, criteria: Sequence[Criterion]) -> list[Candidate]:
        return [candidate for candidate in self._orders() if candidate.job is not None and candidate.meets(criteria)]

    def _endpoint(self, endpoint: str) -> str:
        name = endpoint if isinstance(endpoint, str) else ""
        name = name.removeprefix("/").removeprefix("api/").removesuffix(".json").removesuffix(".jl")
        name = "run" if name == "schedule" else name
        known = self._endpoints()
        if name not in known:
            raise UsageError(f"there is no endpoint {quoted(endpoint)}{hint(name, sorted(known))}")
        return name

    def _assert_deed(self, kind: type[Deed], verb: str, key: JobKey, criteria: Sequence[Criterion]) -> None:
        __tracebackhide__ = True
        wanted = [Criterion("job", key), *self._masked(criteria)]
        deeds = [(call, deed) for call in self._journal.calls() for deed in call.deeds if isinstance(deed, kind)]
        candidates = [Candidate(call, _reader_of(deed, key)) for call, deed in deeds]
        if not any(candidate.meets(wanted) for candidate in candidates):
            headline = f"no client {verb} {self._described(key)}{' so' if criteria else ''}:"
            raise self._failure(headline, wanted, missed=candidates)

    def _described(self, key: JobKey) -> str:
        record = self._cloud.jobs.find(key)
        if record is None:
            return f"{key} (there is no such job)"
        return f"{key} ({record.spider}, {record.state})"

    # ------------------------------------------------------------ failing

    def _failure(
        self, headline: str, criteria: Sequence[Criterion], met: Sequence[Candidate] = (), missed: Sequence[Candidate] = ()
    ) -> AssertionError:
        """Return the error of a failed assertion: `met` are too many, or `missed` holds the nearest misses."""
        lines = [headline, *(f"    {criterion}" for criterion in criteria)]
        shown = list(met) or sorted(missed, key=lambda miss: (miss.distance(criteria), -miss.call.number))[:NEAREST]
        if met:
            lines += ["such calls:", *(f"  {candidate.call}" for candidate in met)]
        elif shown:
            lines += ["nearest calls:", *(line for candidate in shown for line in candidate.explained(criteria))]
        numbers = {candidate.call.number for candidate in shown}
        rest = [call for call in self._journal.calls() if call.number not in numbers]
        if rest:
            lines.append("what else was asked:")
            told = folded(rest)
            lines += [f"  … {len(told) - LINES} earlier ones"] if len(told) > LINES else []
            lines += [f"  {line}" for line in told[-LINES:]]
        elif not shown:
            lines.append("no client has called at all")
        if self._journal.dropped:
            lines.append(f"(the oldest {self._journal.dropped} calls are not kept any more and were not looked at)")
        return self._failed(lines)

    def _failed(self, lines: Sequence[str]) -> AssertionError:
        return AssertionError(self._cloud.keys.masks.text("\n".join(lines)))


def _key_of(granted: Candidate) -> JobKey:
    return JobKey(granted.job or "")


def _item(items: Sequence[Any], place: int) -> str:
    return quoted(items[place], None) if place < len(items) else "nothing"


def _reader_of(deed: Deed, key: JobKey) -> Callable[[str], Any]:
    def read(name: str) -> Any:
        if name != "job":
            return list(getattr(deed, name))
        if key in deed.jobs:
            return key
        return deed.jobs[0] if len(deed.jobs) == 1 else list(deed.jobs)

    return read


def _need_all(what: str, dropped: int) -> None:
    """Fail if calls that would count are not kept any more."""
    __tracebackhide__ = True
    if dropped:
        raise AssertionError(f"cannot say {what}: of the calls that count, the oldest {dropped} are not kept any more")
