"""The collections of projects: shelves of values by key."""

from __future__ import annotations

from collections.abc import Iterable

from fakejobs.cloud.realm import Realm
from fakejobs.domain.collections import TYPES, Row, Scan, Tally, Value
from fakejobs.errors import CollectionNotFound, InvalidValue

NOTHING = Tally(0, 0, None)


class Collections:
    """What can be done with the collections of a cloud."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def put(self, project: int, type: str, name: str, values: Iterable[tuple[str, Value]]) -> None:  # noqa: A002  # the wire's word
        """Write values under keys, all of one moment; a value under a key that was there is replaced."""
        with self._realm.lock:
            self._realm.world.collections.open(project, type, name).put(values, self._realm.now_ms())

    def put_back(self, project: int, type: str, name: str, rows: Iterable[tuple[str, Row]]) -> None:  # noqa: A002
        """Write values under keys, each with the time at which it was written."""
        with self._realm.lock:
            shelf = self._realm.world.collections.open(project, type, name)
            for key, row in rows:
                shelf.put_back(key, row)

    def remove(self, project: int, type: str, name: str, keys: Iterable[str]) -> None:  # noqa: A002
        """Remove the values under keys; an absent one is fine."""
        with self._realm.lock:
            shelf = self._realm.world.collections.find(project, type, name)
            if shelf is not None:
                shelf.remove(keys)

    def clear(self, project: int, type: str, name: str, scan: Scan) -> Tally:  # noqa: A002
        """Remove what a scan matches, looking at no more rows than one call may."""
        with self._realm.lock:
            shelf = self._realm.world.collections.find(project, type, name)
            return NOTHING if shelf is None else shelf.clear(scan, self._realm.now_ms(), self._realm.world.limits.scan)

    def knows(self, project: int, type: str, name: str) -> bool:  # noqa: A002
        """Say whether there is a collection, or was one that was deleted."""
        with self._realm.lock:
            return self._realm.world.collections.find(project, type, name) is not None

    def any(self, project: int) -> bool:
        """Say whether a project has collections, or had some."""
        with self._realm.lock:
            return self._realm.world.collections.any(project)

    def find(self, project: int, type: str, name: str, key: str) -> Row | None:  # noqa: A002
        """Return the value under a key, or None."""
        with self._realm.lock:
            shelf = self._realm.world.collections.find(project, type, name)
            return None if shelf is None else shelf.find(key, self._realm.now_ms())

    def scan(self, project: int, type: str, name: str, scan: Scan) -> list[tuple[str, Row]]:  # noqa: A002
        """Return the rows that a scan wants, sorted by key; none of a collection that does not exist."""
        with self._realm.lock:
            shelf = self._realm.world.collections.find(project, type, name)
            return [] if shelf is None else shelf.scan(scan, self._realm.now_ms())

    def tally(self, project: int, type: str, name: str, scan: Scan) -> Tally:  # noqa: A002
        """Count what a scan matches, looking at no more rows than one call may."""
        with self._realm.lock:
            shelf = self._realm.world.collections.find(project, type, name)
            return NOTHING if shelf is None else shelf.tally(scan, self._realm.now_ms(), self._realm.world.limits.scan)

    def drop(self, project: int, name: str) -> None:
        """Delete a collection with all in it, of every type; an absent one is fine."""
        with self._realm.lock:
            self._realm.world.collections.drop(project, name)

    def forget(self, project: int, type: str, name: str) -> None:  # noqa: A002
        """Let a collection be one that was deleted, of one type."""
        with self._realm.lock:
            self._realm.world.collections.forget(project, type, name)

    def rename(self, project: int, name: str, new_name: str) -> None:
        """Give a collection of every type another name.

        Raises CollectionNotFound if nobody knows it, InvalidValue if the new name is taken.
        """
        with self._realm.lock:
            collections = self._realm.world.collections
            if all(collections.find(project, type_, name) is None for type_ in TYPES):
                raise CollectionNotFound(name)
            if name != new_name and new_name in (taken for _, taken in collections.of(project)):
                raise InvalidValue(f"there is a collection {new_name} already")
            collections.rename(project, name, new_name)

    def of(self, project: int) -> list[tuple[str, str]]:
        """Return type and name of a project's collections, sorted by name."""
        with self._realm.lock:
            return self._realm.world.collections.of(project)
