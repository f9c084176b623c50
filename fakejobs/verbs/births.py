"""What add_job() is told of a job's life so far, read: when it came into its state, whether it ran, and what it wrote on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from fakejobs import arguments
from fakejobs.domain.clock import EARLIEST, Millis, as_millis, evenly
from fakejobs.domain.job import BIRTH_STAMPS, CANCELLED, FINISHED
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.metadata import COUNTERS
from fakejobs.domain.records import Rows
from fakejobs.errors import UsageError
from fakejobs.quoting import quoted
from fakejobs.verbs.plain_records import encoded, plain_records

OVER = (JobState.FINISHED, JobState.DELETED)
"""The states of a job that has run, unless it is said that it never did."""

MOMENTS = 1000
"""At so many moments of its run, at most, a job has written what it is born with."""

Batches = list[tuple[Millis, Rows]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """How a job is born.

    told: its times, as far as they were given. ago: how long ago it came into its state, or ended; None: now, or as told.
    ran: how long its run took. never_ran: whether it ended without one. Spans are milliseconds.
    """

    state: JobState
    told: Mapping[str, Millis]
    ago: int | None
    ran: int
    never_ran: bool

    @property
    def has_run(self) -> bool:
        """Whether the job has a run behind it."""
        return self.state in OVER and not self.never_ran

    def times(self, now: Millis) -> dict[str, Millis]:
        """Return the times of the job as of now; raises UsageError if they lie beyond what a time can be."""
        told = dict(self.told)
        if now - (self.ago or 0) - self.ran < EARLIEST:
            raise UsageError(f"{'ago and ran reach' if self.ran else 'ago reaches'} back beyond 1973, where times begin")
        if self.state not in OVER:
            return told if self.ago is None else {BIRTH_STAMPS[self.state]: Millis(now - self.ago), **told}
        own = BIRTH_STAMPS[self.state]
        end = told.get("finished_time", told.get(own, Millis(now - (self.ago or 0))))
        told.setdefault(own, end)
        if self.never_ran:
            return told
        start = told.setdefault("running_time", Millis(end - self.ran))
        return {"pending_time": start, "finished_time": end, "updated_time": end, **told}

    def close_reason(self, given: object, *, stopped: bool) -> str | None:
        """Return why the job ended: what is given, none if that is empty, else what an end means. stopped: whether a stop was asked for."""
        if given is None and self.has_run:
            return CANCELLED if stopped else FINISHED
        return arguments.optional_text("close_reason", given)


def birth_of(state: JobState, times: Mapping[str, Any], ago: object, ran: object, never_ran: object) -> Birth:
    """Return how a job is born; raises UsageError, naming what would be legal, for what makes no sense together."""
    told = {name: as_millis(name, moment) for name, moment in times.items() if moment is not None}
    spans = {name: arguments.span(name, span) for name, span in (("ago", ago), ("ran", ran)) if span is not None}
    birth = Birth(
        state=state,
        told=told,
        ago=spans.get("ago"),
        ran=spans.get("ran", 0),
        never_ran=arguments.flag("never_ran", never_ran),
    )
    for span in spans:
        for name in told:
            raise UsageError(f"give {span} or {name}, not both: ago and ran stand for all times of a job")
    if state not in OVER and birth.never_ran:
        raise UsageError(f"never_ran=True: a {state} job is not over (legal: state finished or deleted)")
    if state not in OVER and "ran" in spans:
        raise UsageError(f"ran={quoted(ran)}: the run of a {state} job is not over (legal: ago alone, or state finished or deleted)")
    if birth.never_ran:
        for name in ("ran", "running_time"):
            if name in spans or name in told:
                raise UsageError(f"never_ran=True and {name}: who never ran has no time of a run (legal: ago, or the other times)")
    return birth


def written_by(given: Mapping[str, object], *, never_ran: bool) -> dict[str, list[Any]]:
    """Return the records that a job is born with, by kind, as a client would write them; a number is a counter alone.

    never_ran: whether the job ended without a run, which wrote nothing; raises UsageError then, if there are any.
    """
    written = {
        kind: plain_records(kind, value)
        for kind, value in given.items()
        if value is not None and (kind not in COUNTERS or _is_records(value))
    }
    if never_ran and written:
        raise UsageError(f"never_ran=True and {next(iter(written))}: who never ran wrote nothing (legal: leave one of them out)")
    return written


def _is_records(value: object) -> bool:
    return isinstance(value, Iterable) and not arguments.is_number(value)


def spread(kind: str, records: list[Any], times: Mapping[str, Millis], now: Millis) -> Batches:
    """Return the records that a job is born with, encoded, each at its moment: evenly over the job's run, up to its end or now."""
    end = times.get("finished_time", times.get("deleted_time", now))
    start = min(end, times.get("running_time", end))
    return [(moment, encoded(kind, rows, moment)) for moment, rows in _at_moments(records, start, end - start)]


def _at_moments(records: list[Any], start: Millis, span: int) -> Iterator[tuple[Millis, list[Any]]]:
    total, steps = len(records), min(len(records), MOMENTS)
    moments = ((evenly(start, span, place * steps // total, steps), record) for place, record in enumerate(records))
    return ((moment, [record for _, record in group]) for moment, group in groupby(moments, key=itemgetter(0)))
