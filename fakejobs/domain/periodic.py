"""Periodic jobs: what is started again and again by the calendar, and when each is due next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from fakejobs.domain.clock import Millis
from fakejobs.domain.cron import Cron
from fakejobs.domain.job import DEFAULT_PRIORITY, NOTHING
from fakejobs.domain.metadata import SCRIPT


class PeriodicType(str, Enum):
    """What a periodic job starts."""

    SPIDER = "spider"
    SCRIPT = "script"

    def __str__(self) -> str:
        return self.value


def _nothing() -> Mapping[str, str]:
    return NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicTask:
    """A job that a periodic job starts each time it fires.

    spider: its name; that of a script begins with `py:`. cmd_args: the command line of a script.
    """

    spider: str
    priority: int = DEFAULT_PRIORITY
    spider_args: Mapping[str, str] = field(default_factory=_nothing)
    cmd_args: str | None = None

    @property
    def type(self) -> PeriodicType:
        """Whether it is a spider or a script."""
        return PeriodicType.SCRIPT if self.spider.startswith(SCRIPT) else PeriodicType.SPIDER


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicJob:
    """What is started by the calendar.

    periodic_id: 1 for the first of a fake. tasks: all spiders, or all scripts; one at least. cron: when, in UTC. tags: of the jobs
    that it starts. disabled: whether it is off.
    """

    periodic_id: int
    project: int
    tasks: tuple[PeriodicTask, ...]
    cron: Cron
    tags: tuple[str, ...] = ()
    description: str = ""
    disabled: bool = False

    @property
    def type(self) -> PeriodicType:
        """Whether it starts spiders or scripts."""
        return self.tasks[0].type


class PeriodicJobs:
    """The periodic jobs of all projects, and when each of those that are not disabled is due next."""

    def __init__(self) -> None:
        self._jobs: dict[int, PeriodicJob] = {}
        self._due: dict[int, Millis] = {}
        self._last_id = 0
        self.refused: Counter[tuple[int, str]] = Counter()
        """How often a periodic job found the job of a task pending or running, and started nothing: by its number and the task's spider."""
        self.next_due: Millis | None = None
        """When one of them is due next."""

    def copy(self) -> PeriodicJobs:
        """Return an independent copy; the periodic jobs, being frozen, are shared."""
        twin = PeriodicJobs()
        twin._jobs, twin._due = dict(self._jobs), dict(self._due)
        twin._last_id, twin.next_due = self._last_id, self.next_due
        twin.refused = self.refused.copy()
        return twin

    def next_id(self) -> int:
        """Return the number of the next periodic job."""
        return self._last_id + 1

    def keep(self, job: PeriodicJob, now: Millis) -> None:
        """Keep a periodic job, in place of the earlier one of its number; it is due after now."""
        self._jobs[job.periodic_id] = job
        self._last_id = max(self._last_id, job.periodic_id)
        self.plan(job, now)

    def drop(self, periodic_id: int) -> None:
        """Remove a periodic job."""
        del self._jobs[periodic_id]
        self._set_due(periodic_id, None)

    def find(self, periodic_id: int) -> PeriodicJob | None:
        """Return a periodic job by its number, if there is one."""
        return self._jobs.get(periodic_id)

    def of(self, project: int | None = None) -> list[PeriodicJob]:
        """Return the periodic jobs of a project or of all, by their numbers."""
        return [job for _, job in sorted(self._jobs.items()) if project in (None, job.project)]

    def plan(self, job: PeriodicJob, after: Millis) -> None:
        """Let a periodic job be due the first time after a moment, unless it is disabled."""
        self._set_due(job.periodic_id, None if job.disabled else job.cron.next_after(after))

    def pass_over(self, now: Millis) -> None:
        """Let nothing be due by now."""
        for number in [number for number, due in self._due.items() if due <= now]:
            self.plan(self._jobs[number], now)

    def next_one(self) -> PeriodicJob | None:
        """Return the periodic job that is due next, of several the one with the smallest number."""
        return self._jobs[min(number for number, due in self._due.items() if due == self.next_due)] if self._due else None

    def enabled(self) -> Iterable[tuple[PeriodicJob, Millis]]:
        """Return the periodic jobs that will fire, each with the moment at which it is due."""
        return [(self._jobs[number], due) for number, due in self._due.items()]

    def _set_due(self, periodic_id: int, due: Millis | None) -> None:
        if due is None:
            self._due.pop(periodic_id, None)
        else:
            self._due[periodic_id] = due
        self.next_due = min(self._due.values(), default=None)
