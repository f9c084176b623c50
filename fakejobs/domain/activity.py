"""The activity of a project: events in the order in which they came, written by the service and by clients.

Most events say what happened to a job. There are as many of these as jobs, so they are kept as bare tuples and become
mappings when they are read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any, Union

from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey

Event = Mapping[str, Any]
_Row = Union["tuple[Millis, Event]", "tuple[Millis, str, JobKey, str]"]


class Activity:
    """The events of all projects, oldest first.

    An event has the time of its writing, and no two writings have the same, whatever their projects; one that tells of the past has
    the time at which it happened.
    """

    def __init__(self) -> None:
        self._rows: dict[int, list[_Row]] = {}
        self._last: Millis | None = None

    def copy(self) -> Activity:
        """Return an independent copy; the events, never written to, are shared."""
        twin = Activity()
        twin._rows = {project: list(rows) for project, rows in self._rows.items()}
        twin._last = self._last
        return twin

    def happened(self, event: str, job: JobKey, user: str, now: Millis) -> None:
        """Write that something happened to a job, such as `job:started`, and who caused it."""
        rows = self._rows.setdefault(job.project_id, [])
        rows.append((self._moment_after(now), event, job, user))

    def recalled(self, event: str, job: JobKey, user: str, then: Millis) -> None:
        """Write that something happened to a job at a moment that has passed, behind all that is not younger."""
        rows = self._rows.setdefault(job.project_id, [])
        rows.insert(bisect_right(rows, then, key=itemgetter(0)), (then, event, job, user))

    def append(self, project: int, events: Iterable[Event], now: Millis) -> None:
        """Write events of one moment."""
        rows = self._rows.setdefault(project, [])
        moment = self._moment_after(now)
        rows.extend((moment, event) for event in events)

    def newest_first(self, project: int) -> Iterator[tuple[Millis, Event]]:
        """Iterate over a project's events and their times, newest first, as they are now; reading some costs these."""
        rows = self._rows.get(project, [])
        return (_shown(rows[index]) for index in range(len(rows) - 1, -1, -1))

    def replace(self, project: int, events: Iterable[tuple[Millis, Event]]) -> None:
        """Let a project's activity be these events, oldest first, each with its time."""
        self._rows[project] = list[_Row](events)
        self._last = max((rows[-1][0] for rows in self._rows.values() if rows), default=None)

    def keep_jobs(self, is_known: Callable[[JobKey], bool]) -> None:
        """Let go of what the service wrote about jobs that are not known any more; who reads already goes on."""
        for project, rows in self._rows.items():
            self._rows[project] = [row for row in rows if len(row) == 2 or is_known(row[2])]

    def _moment_after(self, now: Millis) -> Millis:
        """Return the time of a writing: now, or later if something was written by now already."""
        self._last = now if self._last is None else Millis(max(now, self._last + 1))
        return self._last

    def projects(self) -> list[int]:
        """Return the projects that have events, in ascending order."""
        return sorted(self._rows)


def _shown(row: _Row) -> tuple[Millis, Event]:
    if len(row) == 2:
        return row
    moment, event, job, user = row
    return moment, {"event": event, "job": str(job), "user": user}
