"""Frontiers: slots of requests to be crawled, in batches.

A slot remembers every fingerprint that was ever added to it, so that a request comes into its queue once. What one writing
adds is kept in batches of at most 100 requests, those of the lowest priority number first, then in the order of writing.
Reading takes nothing away: batches stay until they are removed by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sortedcontainers import SortedDict

from fakejobs.domain.clock import Millis

BATCH_SIZE = 100
PRIORITIES = range(256)
"""The numbers that fit into the two hex digits with which a batch's id begins; the lowest comes first."""

Turn = tuple[int, int]
"""(priority, number of the batch in its slot): the smallest is read first."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to be crawled. fingerprint: what makes it the same as another. qdata, fdata: whatever goes with the request
    in the queue, and with its fingerprint."""

    fingerprint: str
    priority: int = 0
    qdata: Any = None
    fdata: Any = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Requests of one priority that are read and removed together."""

    id: str
    requests: tuple[Request, ...]

    @property
    def priority(self) -> int:
        """The priority of its requests."""
        return self.requests[0].priority


class Slot:
    """The queue of one slot, and the fingerprints that it has seen."""

    def __init__(self) -> None:
        self._seen: dict[str, Any] = {}
        self._queue: SortedDict[Turn, Batch] = SortedDict()
        self._turns: dict[str, Turn] = {}
        self._number = 0
        self._last: Millis | None = None

    def copy(self) -> Slot:
        """Return an independent copy; the batches, being frozen, are shared."""
        twin = Slot()
        twin._seen = dict(self._seen)
        twin._queue = self._queue.copy()
        twin._turns = dict(self._turns)
        twin._number, twin._last = self._number, self._last
        return twin

    def add(self, requests: Iterable[Request], now: Millis) -> int:
        """Queue the requests whose fingerprints are new, and return how many these are."""
        new: dict[int, list[Request]] = {}
        count = 0
        for request in requests:
            if request.fingerprint not in self._seen:
                self._seen[request.fingerprint] = request.fdata
                new.setdefault(request.priority, []).append(request)
                count += 1
        if count:
            self._last = now if self._last is None else Millis(max(now, self._last + 1))
            for priority, queued in new.items():
                for number, batch in enumerate(_batches(queued)):
                    self.put_back(Batch(batch_id(priority, self._last, number), batch))
        return count

    def put_back(self, batch: Batch) -> None:
        """Queue a batch with an id of its own, behind those of its priority, in the place of one that had its id."""
        self.remove([batch.id])
        self._number += 1
        turn = self._turns[batch.id] = batch.priority, self._number
        self._queue[turn] = batch

    def see(self, fingerprints: Mapping[str, Any], last: Millis | None = None) -> None:
        """Remember fingerprints, each with its fdata, without queueing anything. last: the moment of the last writing."""
        self._seen.update(fingerprints)
        if last is not None:
            self._last = last if self._last is None else max(self._last, last)

    def read(self, least: int | None = None) -> list[Batch]:
        """Return batches from the front of the queue. least: until there are so many requests; None: all."""
        found: list[Batch] = []
        requests = 0
        for batch in self._queue.values():
            if least is not None and requests >= least:
                break
            found.append(batch)
            requests += len(batch.requests)
        return found

    def count(self, start: str | None, limit: int) -> tuple[int, str | None]:
        """Count the requests of whole batches, so many at most, but at least one batch; return also where to go on, if anywhere.

        start: the id from which on batches count.
        """
        requests = 0
        for batch in self._queue.values():
            if start is None or batch.id >= start:
                if requests and requests + len(batch.requests) > limit:
                    return requests, batch.id
                requests += len(batch.requests)
        return requests, None

    def remove(self, ids: Iterable[str]) -> None:
        """Remove batches; an unknown id is fine."""
        for name in ids:
            turn = self._turns.pop(name, None)
            if turn is not None:
                del self._queue[turn]

    def fingerprints(self) -> dict[str, Any]:
        """Return every fingerprint ever added, sorted, and its fdata."""
        return {name: self._seen[name] for name in sorted(self._seen)}

    @property
    def last(self) -> Millis | None:
        """The moment of the last writing that added something."""
        return self._last


class Frontiers:
    """The frontiers of all projects: names, and slots in them. One without slots is gone."""

    def __init__(self) -> None:
        self._slots: dict[int, dict[str, dict[str, Slot]]] = {}

    def copy(self) -> Frontiers:
        """Return an independent copy."""
        twin = Frontiers()
        twin._slots = {
            project: {frontier: {name: slot.copy() for name, slot in slots.items()} for frontier, slots in frontiers.items()}
            for project, frontiers in self._slots.items()
        }
        return twin

    def find(self, project: int, frontier: str, slot: str) -> Slot | None:
        """Return a slot, or None if nothing was ever added to it."""
        return self._slots.get(project, {}).get(frontier, {}).get(slot)

    def open(self, project: int, frontier: str, slot: str) -> Slot:
        """Return a slot; it is made if there is none."""
        return self._slots.setdefault(project, {}).setdefault(frontier, {}).setdefault(slot, Slot())

    def drop(self, project: int, frontier: str, slot: str) -> None:
        """Delete a slot with all in it; an absent one is fine."""
        frontiers = self._slots.get(project, {})
        slots = frontiers.get(frontier, {})
        slots.pop(slot, None)
        if not slots:
            frontiers.pop(frontier, None)

    def names(self, project: int) -> list[str]:
        """Return the names of a project's frontiers, sorted."""
        return sorted(self._slots.get(project, ()))

    def slots(self, project: int, frontier: str) -> list[str]:
        """Return the names of a frontier's slots, sorted."""
        return sorted(self._slots.get(project, {}).get(frontier, ()))

    def projects(self) -> list[int]:
        """Return the projects that have frontiers, in ascending order."""
        return sorted(project for project, frontiers in self._slots.items() if frontiers)


def batch_id(priority: int, moment: Millis, number: int) -> str:
    """Return the id of a batch. number: 0 for the first batch of a priority in one writing, then counting up."""
    return f"{priority:02x}{moment:x}00001" + (f"{number - 1:02x}" if number else "")


def _batches(requests: list[Request]) -> Iterator[tuple[Request, ...]]:
    return (tuple(requests[start : start + BATCH_SIZE]) for start in range(0, len(requests), BATCH_SIZE))
