"""The lives of the jobs and the calls of the clients, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobState
from fakejobs.forking import fresh_properties_after_fork

REFUSED = 400
"""Statuses from here on refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The life of one job so far.

    scheduled, started, ended, deleted: aware UTC datetimes; None: it has not happened, or nobody has said when.
    due: when its next change comes by itself, if any does; next: which, `starts`, `ends`, or, where its project's units are
    limited, `may start`. waits_for_units: whether it is ready to start but for the units.
    """

    key: JobKey
    spider: str
    state: JobState
    close_reason: str | None
    tags: tuple[str, ...]
    scheduled: datetime | None
    started: datetime | None
    ended: datetime | None
    deleted: datetime | None
    cancel_requested: bool
    waits_for_units: bool
    due: datetime | None
    next: str | None

    @property
    def moments(self) -> list[datetime]:
        """The moments of its life that are known, first to last step."""
        return [moment for moment in (self.scheduled, self.started, self.ended, self.deleted) if moment is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A call of a client.

    endpoint: its name in the table, or None. status: None while the call is being served, and where its client saw none. job_keys: the
    jobs it made or changed. has_failed: whether a fault took it.
    """

    time: datetime
    method: str
    path: str
    endpoint: str | None
    status: int | None
    job_keys: tuple[str, ...]
    has_failed: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether the fake itself has refused it."""
        return self.status is not None and self.status >= REFUSED and not self.has_failed


@dataclass(frozen=True, kw_only=True)
class Story:
    """What happened in a fake up to a moment.

    now: where the clock stood. jobs: deleted ones too, in the order of their first moment. calls: oldest first.
    """

    now: datetime
    jobs: tuple[Life, ...]
    calls: tuple[Tick, ...]

    @cached_property
    def start(self) -> datetime:
        """The first moment that is known of a job or a call; now, if there is none or a seed gave later ones only."""
        return min([self.now, *(min(job.moments) for job in self.jobs), *(call.time for call in self.calls)])

    def after(self, moment: datetime) -> int:
        """Return how many milliseconds after the start a moment is."""
        return (moment - self.start) // timedelta(milliseconds=1)


fresh_properties_after_fork(Story)
