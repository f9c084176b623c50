"""Collections: named shelves of values by key, sorted by key.

A shelf is known by project, type and name. Its types are `s` (store), `vs` (versioned), `cs` (cached) and `vcs` (both);
a value of a cached one is gone after a month. Values are never written to: a new one takes the place of the old one, and
a deleted collection takes its shelves along, so that who reads a shelf can go on without the lock. The names of deleted
collections stay known, but are not listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from sortedcontainers import SortedDict

from fakejobs.domain.clock import Millis

_NAME = re.compile(r"\w+")

TYPES = ("s", "vs", "cs", "vcs")
"""The types of collections, in the order in which they are listed."""
CACHED = frozenset({"cs", "vcs"})
MONTH_MS = 30 * 24 * 60 * 60 * 1000
"""How long a cached value is kept."""

Value = Mapping[str, Any]


class Row(NamedTuple):
    """A value on a shelf, and when it was written."""

    moment: Millis
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Which rows of a shelf a reader wants; they come sorted by key.

    keys: only these; None: any. prefixes: keys that begin with one of them; none: any. per_prefix: at most so many rows of
    each prefix. start: the first key, start_after: the key before it. since: the earliest moment, until: the one after
    the latest. wants: a condition on the value. count: at most so many rows.
    """

    keys: tuple[str, ...] | None = None
    prefixes: tuple[str, ...] = ()
    per_prefix: int | None = None
    start: str | None = None
    start_after: str | None = None
    since: Millis | None = None
    until: Millis | None = None
    wants: Callable[[Value], bool] | None = None
    count: int | None = None


class Tally(NamedTuple):
    """How many rows a scan matches, how many it looked at, and the key where counting has to go on, if it has to."""

    matched: int
    scanned: int
    next_start: str | None


class Shelf:
    """The rows of one collection.

    life_ms: how long a row is kept; None: until it is removed. is_listed: False after the collection was deleted.
    """

    def __init__(self, life_ms: int | None = None, *, is_listed: bool = True) -> None:
        self.is_listed = is_listed
        self._rows: SortedDict[str, Row] = SortedDict()
        self._life_ms = life_ms
        self._last: Millis | None = None

    def copy(self) -> Shelf:
        """Return an independent copy; the rows, never written to, are shared."""
        twin = Shelf(self._life_ms, is_listed=self.is_listed)
        twin._rows = self._rows.copy()
        twin._last = self._last
        return twin

    def put(self, values: Iterable[tuple[str, Value]], now: Millis) -> None:
        """Write values of one moment; no two writings of a shelf have the same."""
        moment = now if self._last is None else Millis(max(now, self._last + 1))
        self._last = moment
        self._rows.update((key, Row(moment, value)) for key, value in values)

    def put_back(self, key: str, row: Row) -> None:
        """Write a value of a moment of its own."""
        self._last = row.moment if self._last is None else max(self._last, row.moment)
        self._rows[key] = row

    def remove(self, keys: Iterable[str]) -> None:
        """Remove values; an absent one is fine."""
        for key in keys:
            self._rows.pop(key, None)

    def find(self, key: str, now: Millis) -> Row | None:
        """Return the value under a key, or None."""
        row: Row | None = self._rows.get(key)
        return row if row is not None and self._is_kept(row, now) else None

    def scan(self, scan: Scan, now: Millis) -> list[tuple[str, Row]]:
        """Return the rows that a scan wants; it costs as many as it has to look at."""
        matching = ((key, row) for key, row, matches in self._walk(scan, now) if matches)
        return list(islice(matching, scan.count))

    def tally(self, scan: Scan, now: Millis, limit: int) -> Tally:
        """Count the rows that a scan matches, whatever its count. limit: look at no more rows than so many."""
        matched = scanned = 0
        for key, _, matches in self._walk(scan, now):
            if scanned == limit:
                return Tally(matched, scanned, key)
            scanned += 1
            matched += matches
        return Tally(matched, scanned, None)

    def clear(self, scan: Scan, now: Millis, limit: int) -> Tally:
        """Remove the rows that a scan matches, whatever its count. limit: look at no more rows than so many."""
        walk = self._walk(scan, now)
        seen = list(islice(walk, limit))
        rest = next(walk, None)
        matching = [key for key, _, matches in seen if matches]
        self.remove(matching)
        return Tally(len(matching), len(seen), None if rest is None else rest[0])

    def _walk(self, scan: Scan, now: Millis) -> Iterator[tuple[str, Row, bool]]:
        """Iterate over the rows that a scan has to look at, and whether it matches them."""
        if scan.keys is not None:
            keys: Iterator[str] = iter(sorted({key for key in scan.keys if key in self._rows}))
            yield from self._matched((key for key in keys if _is_wanted(key, scan)), scan, now)
        elif not scan.prefixes:
            yield from self._matched(self._from(scan, ""), scan, now)
        else:
            before = None
            runs = (self._matched(self._from(scan, prefix), scan, now, scan.per_prefix) for prefix in sorted(set(scan.prefixes)))
            for found in merge(*runs, key=lambda found: found[0]):
                if found[0] != before:
                    yield found
                before = found[0]

    def _from(self, scan: Scan, prefix: str) -> Iterator[str]:
        first = max(prefix, scan.start or "", scan.start_after or "")
        for key in self._rows.irange(first):
            if not key.startswith(prefix):
                break
            if key != scan.start_after:
                yield key

    def _matched(self, keys: Iterator[str], scan: Scan, now: Millis, most: int | None = None) -> Iterator[tuple[str, Row, bool]]:
        matching = 0
        for key in keys:
            if matching == most:
                return
            row: Row = self._rows[key]
            if self._is_kept(row, now):
                matches = _is_of_time(row, scan) and (scan.wants is None or scan.wants(row.value))
                matching += matches
                yield key, row, matches

    def _is_kept(self, row: Row, now: Millis) -> bool:
        return self._life_ms is None or now - row.moment < self._life_ms


class Collections:
    """The collections of all projects."""

    def __init__(self) -> None:
        self._shelves: dict[int, dict[tuple[str, str], Shelf]] = {}

    def copy(self) -> Collections:
        """Return an independent copy."""
        twin = Collections()
        twin._shelves = {project: {place: shelf.copy() for place, shelf in shelves.items()} for project, shelves in self._shelves.items()}
        return twin

    def find(self, project: int, type: str, name: str) -> Shelf | None:  # noqa: A002  # the wire's word
        """Return a collection's shelf, or None if there never was one of this name, or it has another name now."""
        return self._shelves.get(project, {}).get((name, type))

    def open(self, project: int, type: str, name: str) -> Shelf:  # noqa: A002
        """Return a collection's shelf; it is made if there is none, and listed from now on."""
        shelves = self._shelves.setdefault(project, {})
        if (name, type) not in shelves:
            shelves[name, type] = _empty(type)
        shelves[name, type].is_listed = True
        return shelves[name, type]

    def drop(self, project: int, name: str) -> None:
        """Delete a collection with all in it, of every type; an absent one is fine."""
        for type_ in TYPES:
            if self.find(project, type_, name) is not None:
                self.forget(project, type_, name)

    def forget(self, project: int, type: str, name: str) -> None:  # noqa: A002
        """Let a collection be one that was deleted, of one type."""
        self._shelves.setdefault(project, {})[name, type] = _empty(type, is_listed=False)

    def rename(self, project: int, name: str, new_name: str) -> None:
        """Give a collection of every type another name, which none has; nobody knows the old one any more."""
        shelves = self._shelves.get(project, {})
        for type_ in TYPES:
            if (name, type_) in shelves:
                shelves[new_name, type_] = shelves.pop((name, type_))

    def of(self, project: int, *, is_listed: bool = True) -> list[tuple[str, str]]:
        """Return type and name of a project's collections, sorted by name, emptied ones too; or of those that were deleted."""
        shelves = self._shelves.get(project, {})
        places = [place for place, shelf in shelves.items() if shelf.is_listed is is_listed]
        return [(type_, name) for name, type_ in sorted(places, key=lambda place: (place[0], TYPES.index(place[1])))]

    def any(self, project: int) -> bool:
        """Say whether a project has collections, or had some."""
        return bool(self._shelves.get(project))

    def projects(self) -> list[int]:
        """Return the projects that have collections, or had some, in ascending order."""
        return sorted(project for project, shelves in self._shelves.items() if shelves)


def _empty(type: str, *, is_listed: bool = True) -> Shelf:  # noqa: A002
    return Shelf(MONTH_MS if type in CACHED else None, is_listed=is_listed)


def _is_wanted(key: str, scan: Scan) -> bool:
    if scan.prefixes and not key.startswith(scan.prefixes):
        return False
    return not (scan.start is not None and key < scan.start) and not (scan.start_after is not None and key <= scan.start_after)


def _is_of_time(row: Row, scan: Scan) -> bool:
    return not (scan.since is not None and row.moment < scan.since) and not (scan.until is not None and row.moment >= scan.until)


def is_name(name: str) -> bool:
    """Say whether a text can be the name of a collection: letters, digits and underscores."""
    return _NAME.fullmatch(name) is not None
