"""The activity of projects: what the service wrote about jobs, and what clients did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fakejobs.access import DEFAULT_USER
from fakejobs.cloud.realm import Realm
from fakejobs.domain.activity import Event
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord


class Activity:
    """The events of a cloud's projects."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def write(self, project: int, events: Iterable[Event]) -> None:
        """Write events, all of one moment, behind those that are there."""
        with self._realm.lock:
            self._realm.world.activity.append(project, events, self._realm.now_ms())

    def happened(self, event: str, record: JobRecord, by: str | None, at: Millis) -> None:
        """Write what the service says when something happens to a job. The lock is held."""
        self._realm.world.activity.happened(event, record.key, by or DEFAULT_USER, at)

    def recalled(self, event: str, record: JobRecord, by: str | None, then: Millis) -> None:
        """Write what the service said when something happened to a job at a moment that has passed. The lock is held."""
        self._realm.world.activity.recalled(event, record.key, by or DEFAULT_USER, then)

    def newest_first(self, project: int) -> Iterator[tuple[Millis, Event]]:
        """Iterate, without the lock, over a project's events as they are now, newest first, each with its time."""
        with self._realm.lock:
            return self._realm.world.activity.newest_first(project)

    def replace(self, project: int, rows: Sequence[tuple[Millis, Event]]) -> None:
        """Let a project's activity be these events and no others, oldest first."""
        with self._realm.lock:
            self._realm.world.activity.replace(project, list(rows))
