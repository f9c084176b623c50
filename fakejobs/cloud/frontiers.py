"""The frontiers of projects: requests that wait to be crawled, in batches, and their fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fakejobs.cloud.realm import Realm
from fakejobs.domain.clock import Millis
from fakejobs.domain.frontier import Batch, Request


class Frontiers:
    """What can be done with the frontiers of a cloud."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def queue(self, project: int, frontier: str, slot: str, requests: Sequence[Request]) -> int:
        """Queue the requests whose fingerprints are new, in batches, and return how many these are."""
        with self._realm.lock:
            if not requests:
                return 0
            return self._realm.world.frontiers.open(project, frontier, slot).add(requests, self._realm.now_ms())

    def read(self, project: int, frontier: str, slot: str, least: int | None = None) -> list[Batch]:
        """Return batches from the front of a queue. least: until there are so many requests; None: all."""
        with self._realm.lock:
            found = self._realm.world.frontiers.find(project, frontier, slot)
            return [] if found is None else found.read(least)

    def count(self, project: int, frontier: str, slot: str, start: str | None = None) -> tuple[int, str | None]:
        """Count the requests of a queue, looking at no more than one call may.

        start: the id of the first batch. Returns the count, and the id of the batch where counting has to go on, if it has to.
        """
        with self._realm.lock:
            found = self._realm.world.frontiers.find(project, frontier, slot)
            return (0, None) if found is None else found.count(start, self._realm.world.limits.scan)

    def remove(self, project: int, frontier: str, slot: str, ids: Iterable[str]) -> None:
        """Remove batches from a queue; an unknown id is fine."""
        with self._realm.lock:
            found = self._realm.world.frontiers.find(project, frontier, slot)
            if found is not None:
                found.remove(ids)

    def fingerprints(self, project: int, frontier: str, slot: str) -> dict[str, Any]:
        """Return every fingerprint ever added to a slot, sorted, and its fdata."""
        with self._realm.lock:
            found = self._realm.world.frontiers.find(project, frontier, slot)
            return {} if found is None else found.fingerprints()

    def drop(self, project: int, frontier: str, slot: str) -> None:
        """Delete a slot with all in it; an absent one is fine."""
        with self._realm.lock:
            self._realm.world.frontiers.drop(project, frontier, slot)

    def names(self, project: int) -> list[str]:
        """Return the names of a project's frontiers, sorted."""
        with self._realm.lock:
            return self._realm.world.frontiers.names(project)

    def slots(self, project: int, frontier: str) -> list[str]:
        """Return the names of a frontier's slots, sorted."""
        with self._realm.lock:
            return self._realm.world.frontiers.slots(project, frontier)

    def put_back(
        self, project: int, frontier: str, slot: str, batches: Iterable[Batch], seen: Mapping[str, Any], last: Millis | None
    ) -> None:
        """Put a slot into a state that it had.

        seen: every fingerprint that was ever added, those of the batches too, and its fdata. last: when something was last added.
        """
        with self._realm.lock:
            opened = self._realm.world.frontiers.open(project, frontier, slot)
            opened.see(seen, last)
            for batch in batches:
                opened.put_back(batch)
