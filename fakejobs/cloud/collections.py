"""The verbs on collections, and a collection as tests see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from fakejobs import arguments
from fakejobs.domain.clock import Millis, as_millis
from fakejobs.domain.collections import TYPES, Row, Scan, Tally, Value
from fakejobs.errors import InvalidValue, UsageError

if TYPE_CHECKING:
    from fakejobs.cloud.jobs import JobVerbs

STORE = "s"
"""The type of a plain collection."""
META = frozenset({"_key", "_ts"})
"""What is said about a value in it, and is no part of it."""

_NAME = re.compile(r"\w+")


class Collection(MutableMapping[str, dict[str, Any]]):
    """A collection, live: a mapping of keys, sorted, to values, which are copies.

    What is assigned is a JSON object; a value that is changed has to be assigned again.
    """

    def __init__(self, verbs: CollectionVerbs, project: int, type: str, name: str) -> None:  # noqa: A002  # the wire's word
        self._verbs = verbs
        self._place = (project, type, name)

    def __getitem__(self, key: str) -> dict[str, Any]:
        row = self._verbs.find(*self._place, key)
        if row is None:
            raise KeyError(key)
        return deepcopy(dict(row.value))

    def __setitem__(self, key: str, value: Mapping[str, Any]) -> None:
        self._verbs.put(*self._place, [(arguments.text("key", key), _value_of(key, value))])

    def __delitem__(self, key: str) -> None:
        self[key]
        self._verbs.remove(*self._place, [key])

    def __iter__(self) -> Iterator[str]:
        return iter([key for key, _ in self._verbs.scan(*self._place, Scan())])

    def __len__(self) -> int:
        return len(self._verbs.scan(*self._place, Scan()))

    def __repr__(self) -> str:
        project, type_, name = self._place
        return f"<collection {type_}/{name} of project {project}: {dict(self)!r}>"


class CollectionVerbs:
    """What can be done with the collections of a cloud."""

    def __init__(self, cloud: JobVerbs) -> None:
        self._cloud = cloud

    # ------------------------------------------------------------ for the wire

    def put(self, project: int, type: str, name: str, values: Iterable[tuple[str, Value]]) -> None:  # noqa: A002
        """Write values under keys, all of one moment; a value under a key that was there is replaced."""
        with self._cloud.lock:
            self._cloud.world.collections.open(project, type, name).put(values, self._cloud.now_ms())

    def remove(self, project: int, type: str, name: str, keys: Iterable[str]) -> None:  # noqa: A002
        """Remove the values under keys; an absent one is fine."""
        with self._cloud.lock:
            shelf = self._cloud.world.collections.find(project, type, name)
            if shelf is not None:
                shelf.remove(keys)

    def find(self, project: int, type: str, name: str, key: str) -> Row | None:  # noqa: A002
        """Return the value under a key, or None."""
        with self._cloud.lock:
            shelf = self._cloud.world.collections.find(project, type, name)
            return None if shelf is None else shelf.find(key, self._cloud.now_ms())

    def scan(self, project: int, type: str, name: str, scan: Scan) -> list[tuple[str, Row]]:  # noqa: A002
        """Return the rows that a scan wants, sorted by key; none of a collection that does not exist."""
        with self._cloud.lock:
            shelf = self._cloud.world.collections.find(project, type, name)
            return [] if shelf is None else shelf.scan(scan, self._cloud.now_ms())

    def tally(self, project: int, type: str, name: str, scan: Scan, limit: int) -> Tally:  # noqa: A002
        """Count what a scan matches, looking at no more rows than `limit`."""
        with self._cloud.lock:
            shelf = self._cloud.world.collections.find(project, type, name)
            return Tally(0, 0, None) if shelf is None else shelf.tally(scan, self._cloud.now_ms(), limit)

    def drop(self, project: int, name: str) -> None:
        """Delete a collection with all in it, of every type; an absent one is fine."""
        with self._cloud.lock:
            self._cloud.world.collections.drop(project, name)

    def of(self, project: int) -> list[tuple[str, str]]:
        """Return type and name of a project's collections, sorted by name."""
        with self._cloud.lock:
            return self._cloud.world.collections.of(project)

    # ------------------------------------------------------------ for tests and seeds

    def collection(self, name: str, *, project: int, type: str = STORE) -> Collection:  # noqa: A002
        """Return a collection as a live mapping; it need not exist. type: s, vs, cs or vcs."""
        return Collection(self, *_place_of(name, project, type))

    def add(self, name: str, *, project: int, type: str = STORE, items: Iterable[Mapping[str, Any]] = ()) -> Collection:  # noqa: A002
        """Put items into a collection, which is listed from then on, and return it.

        items: JSON objects, each with its `_key`; `_ts`, if it is there, is when it was written, else it is now.
        Raises UsageError for anything else, and then nothing is put.
        """
        place = _place_of(name, project, type)
        now = self._cloud.now_ms()
        rows = [_row_of(item, now) for item in _listed("items", items)]
        with self._cloud.lock:
            shelf = self._cloud.world.collections.open(*place)
            for key, row in rows:
                shelf.put_back(key, row)
        return Collection(self, *place)

    def steps(self) -> list[dict[str, Any]]:
        """Return the arguments of the calls of add() that make an empty fake's collections equal to these."""
        with self._cloud.lock:
            collections = self._cloud.world.collections
            places = [(project, type_, name) for project in collections.projects() for type_, name in collections.of(project)]
            return [
                {
                    "name": name,
                    "project": project,
                    "type": type_,
                    "items": [
                        {"_key": key, "_ts": row.moment, **deepcopy(dict(row.value))}
                        for key, row in self.scan(project, type_, name, Scan())
                    ],
                }
                for project, type_, name in places
            ]


def is_name(name: str) -> bool:
    """Say whether a text can be the name of a collection: letters, digits and underscores."""
    return _NAME.fullmatch(name) is not None


def _place_of(name: object, project: object, type_: object) -> tuple[int, str, str]:
    spelled = arguments.text("name", name)
    if not is_name(spelled):
        raise InvalidValue(f"name {spelled!r} has other characters than letters, digits and underscores")
    if type_ not in TYPES:
        raise InvalidValue(f"type {type_!r} is not one of {', '.join(TYPES)}")
    return arguments.whole_number("project", project), str(type_), spelled


def _listed(name: str, items: object) -> list[Any]:
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        raise UsageError(f"{name}={items!r}: give a list of JSON objects")
    return list(items)


def _row_of(item: object, now: Millis) -> tuple[str, Row]:
    if not isinstance(item, Mapping) or "_key" not in item:
        raise UsageError(f"items: {item!r} is no mapping with a _key")
    key = arguments.text("_key", item["_key"])
    moment = as_millis("_ts", item["_ts"]) if "_ts" in item else now
    return key, Row(moment, _value_of(key, {name: value for name, value in item.items() if name not in META}))


def _value_of(key: str, value: object) -> Value:
    if not isinstance(value, Mapping):
        raise UsageError(f"{key}={value!r}: a value of a collection is a mapping")
    return {name: inner for name, inner in arguments.json_object(key, value).items() if name not in META}
