"""The verbs on the activity of projects; what happens to jobs is written into it by the verbs on jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from fakejobs import arguments
from fakejobs.domain.activity import Event
from fakejobs.domain.clock import Millis, as_millis
from fakejobs.errors import UsageError

if TYPE_CHECKING:
    from fakejobs.cloud.jobs import JobVerbs

MOMENT = "_ts"


class ActivityVerbs:
    """What can be done with the activity of a cloud's projects."""

    def __init__(self, cloud: JobVerbs) -> None:
        self._cloud = cloud

    # ------------------------------------------------------------ for the wire

    def write(self, project: int, events: Iterable[Event]) -> None:
        """Write events, all of one moment, behind those that are there."""
        with self._cloud.lock:
            self._cloud.world.activity.append(project, events, self._cloud.now_ms())

    def newest_first(self, project: int) -> Iterator[tuple[Millis, Event]]:
        """Iterate, without the lock, over a project's events as they are now, newest first, each with its time."""
        with self._cloud.lock:
            return self._cloud.world.activity.newest_first(project)

    # ------------------------------------------------------------ for tests and seeds

    def of(self, project: int) -> list[dict[str, Any]]:
        """Return a project's events, newest first, as clients read them."""
        return [deepcopy(dict(event)) for _, event in self.newest_first(arguments.whole_number("project", project))]

    def add(self, events: Iterable[Mapping[str, Any]], *, project: int) -> None:
        """Write events, which are JSON objects, oldest first, behind those that are there."""
        number, checked = arguments.whole_number("project", project), [_event_of(event) for event in _listed(events)]
        self.write(number, checked)

    def restore(self, events: Iterable[Mapping[str, Any]], *, project: int) -> None:
        """Let a project's activity be these events and no others, oldest first.

        Each is a JSON object with its time as `_ts`, in milliseconds since the epoch.
        """
        number = arguments.whole_number("project", project)
        rows: list[tuple[Millis, Event]] = []
        for event in map(_event_of, _listed(events)):
            if MOMENT not in event:
                raise UsageError(f"{event!r} has no {MOMENT}")
            moment = as_millis(MOMENT, event[MOMENT])
            if rows and moment < rows[-1][0]:
                raise UsageError(f"{event!r} is older than the event before it")
            rows.append((moment, {name: value for name, value in event.items() if name != MOMENT}))
        with self._cloud.lock:
            self._cloud.world.activity.replace(number, rows)

    def steps(self) -> list[dict[str, Any]]:
        """Return the arguments of the calls of restore() that make another fake's activity equal to this."""
        with self._cloud.lock:
            return [
                {
                    "project": project,
                    "events": [{**deepcopy(dict(event)), MOMENT: moment} for moment, event in self.newest_first(project)][::-1],
                }
                for project in self._cloud.world.activity.projects()
            ]


def _listed(events: object) -> list[Any]:
    if isinstance(events, (str, bytes, Mapping)) or not isinstance(events, Iterable):
        raise UsageError(f"events={events!r}: give a list of JSON objects")
    return list(events)


def _event_of(event: object) -> Event:
    if not isinstance(event, Mapping):
        raise UsageError(f"events: {event!r} is no mapping")
    return arguments.json_object("event", event)
