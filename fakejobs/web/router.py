"""Which endpoint a path and a method name: tables that are loaded when they are needed, and a werkzeug Map a family.

A path without values in it is found in a dictionary. Only one that is not there needs its family's Map, which is built then,
because building one costs milliseconds. A router serves every fake of the process; the fake itself comes with the call.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from fakejobs.errors import NoSuchRoute, NotFaked, WrongMethod
from fakejobs.evidence import Source, assumed
from fakejobs.forking import fresh_after_fork
from fakejobs.nearest import nearest_path
from fakejobs.web.endpoint import Endpoint, Unfaked, Wire

if TYPE_CHECKING:
    from werkzeug.routing import MapAdapter


LONGEST_MEANT = 200
"""Characters of a path, at most, for which the nearest one is looked up."""
MOST_MERGED = 12
"""Rows of slashes in a path that are merged one by one: no path of a table has more parts."""

EVERYWHERE: tuple[Source, ...] = (
    assumed("several slashes in a path count as one, as nginx merges them; in the key of a collection they stay"),
    assumed("a method in small letters is a wrong one: 405"),
    assumed("as nginx has it: illegal header lines are dropped, empty lines before a request skipped, UTF-8 in its target taken"),
)
"""What is true of every request."""

_SLASHES = re.compile("//+")


class Answers(NamedTuple):
    """What a table holds. wires: the families that it brings; unfaked: paths that are known and not answered yet."""

    wires: Sequence[Wire]
    endpoints: Sequence[Endpoint[Any]]
    unfaked: Sequence[Unfaked] = ()


class Table(NamedTuple):
    """A table before it is loaded. prefixes: the beginnings of the paths that it may know."""

    prefixes: tuple[str, ...]
    load: Callable[[], Answers]


class Router:
    """Finds endpoints.

    tables: in the order in which they are asked. Tables with the same prefixes are one family, whose paths have one Map. A path
    belongs to the wire of the longest prefix, and to the first one of all if it is under no prefix.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tables
        self._loaded: dict[int, Answers] = {}
        self._fixed: dict[tuple[str, str], Endpoint[Any]] = {}
        self._adapters: dict[tuple[str, ...], MapAdapter] = {}
        self._lock = fresh_after_fork(self, "_lock", threading.RLock)

    @property
    def endpoints(self) -> tuple[Endpoint[Any], ...]:
        """Every endpoint of every table, in their order."""
        return tuple(endpoint for number in range(len(self._tables)) for endpoint in self._answers(number).endpoints)

    def load(self) -> None:
        """Load every table and build every Map, so that no path needs to any more."""
        for number, table in enumerate(self._tables):
            self._answers(number)
            self._adapter_of(table.prefixes[0])

    def wire_of(self, path: str) -> Wire:
        """Return the family that answers for a path."""
        path = _with_one_slash(_SLASHES.sub("/", path))
        wires = [wire for number in self._asked(path) or (0,) for wire in self._answers(number).wires]
        return max(wires, key=lambda wire: max((len(prefix) for prefix in wire.prefixes if path.startswith(prefix)), default=0))

    def match(self, method: str, path: str) -> tuple[Endpoint[Any], dict[str, Any]]:
        """Return the endpoint and the values in its path; raises WrongMethod, NotFaked or NoSuchRoute.

        Several slashes count as one. Only in a value that may hold slashes, such as a collection's key, they stay as they are.
        """
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed, {}
        for spelling in _spellings(path):
            with suppress(NoSuchRoute):
                return self._match(method, spelling)
        raise NoSuchRoute(path, self.nearest(path))

    def nearest(self, path: str) -> str | None:
        """Return the path of a table that is nearest to one that is in none, with the values of that; None if none is near."""
        if len(path) > LONGEST_MEANT or not path.isprintable():
            return None
        patterns = dict.fromkeys(f"{endpoint.wire.base}{known}" for endpoint in self.endpoints for known in endpoint.paths)
        return nearest_path(path, patterns)

    def allowed(self, path: str) -> tuple[str, ...]:
        """Return the methods that a path of a table answers, as the Allow header lists them; none if it is in no table."""
        for spelling in _spellings(path):
            adapter = self._adapter_of(spelling)
            methods = sorted(adapter.allowed_methods(spelling)) if adapter is not None else []
            if methods:
                return (*methods, "OPTIONS")
        return ()

    def _match(self, method: str, path: str) -> tuple[Endpoint[Any], dict[str, Any]]:
        asked = (method, path)
        for number in self._asked(_with_one_slash(path)):
            if number not in self._loaded:
                self._answers(number)
            if asked in self._fixed:
                return self._fixed[asked], {}
        return self._match_values(method, path)

    def _match_values(self, method: str, path: str) -> tuple[Endpoint[Any], dict[str, Any]]:
        from werkzeug.exceptions import HTTPException, MethodNotAllowed

        adapter = self._adapter_of(path)
        if adapter is None:
            raise NoSuchRoute(path)
        if method != method.upper() and self.allowed(path):  # werkzeug would take it for the method in capitals
            raise WrongMethod(method, path, self.allowed(path))
        try:
            rule, values = adapter.match(path, method, return_rule=True)
        except MethodNotAllowed:
            raise WrongMethod(method, path, self.allowed(path)) from None
        except HTTPException:
            raise NoSuchRoute(path) from None
        if isinstance(rule.endpoint, Unfaked):
            raise NotFaked(method, rule.endpoint.path, rule.endpoint.caller)
        return rule.endpoint, dict(values)

    def _asked(self, path: str) -> list[int]:
        """Return the numbers of the tables that may know a path."""
        return [number for number, table in enumerate(self._tables) if path.startswith(table.prefixes)]

    def _answers(self, number: int) -> Answers:
        """Return what a table holds, loading it if that has not happened."""
        loaded = self._loaded.get(number)
        if loaded is not None:
            return loaded
        with self._lock:
            answers = self._tables[number].load()
            for endpoint in answers.endpoints:
                for path in endpoint.paths:
                    if "<" not in path:
                        self._fixed.setdefault((endpoint.method, endpoint.wire.base + path), endpoint)
            return self._loaded.setdefault(number, answers)

    def _adapter_of(self, path: str) -> MapAdapter | None:
        """Return the Map of a path's family, building it if that has not happened; None if it is under no prefix."""
        numbers = self._asked(_with_one_slash(path))
        if not numbers:
            return None
        family = self._tables[numbers[0]].prefixes
        with self._lock:
            if family not in self._adapters:
                self._adapters[family] = self._build([self._answers(number) for number in numbers])
                self._adapters[family].map.update()  # its rules are sorted now, under this lock
            return self._adapters[family]

    @staticmethod
    def _build(tables: Sequence[Answers]) -> MapAdapter:
        from werkzeug.routing import Map, Rule

        rules = [
            Rule(endpoint.wire.base + path, methods=[endpoint.method], endpoint=endpoint)
            for table in tables
            for endpoint in table.endpoints
            for path in _written(endpoint)
        ]
        rules += [Rule(row.path, endpoint=row) for table in tables for row in table.unfaked]
        return Map(rules, merge_slashes=False, strict_slashes=True).bind("fakejobs")


def _written(endpoint: Endpoint[Any]) -> tuple[str, ...]:
    """Return an endpoint's paths, as clients may write them."""
    return (*endpoint.paths, *(f"{path}/" for path in endpoint.paths)) if endpoint.wire.slash_at_end else endpoint.paths


def _spellings(path: str) -> Iterator[str]:
    """Yield a path as it came, and then with its rows of slashes made one slash each: the first one, the first two, and so on, all."""
    yield path
    for _ in range(MOST_MERGED):
        shorter = _SLASHES.sub("/", path, count=1)
        if shorter == path:
            return
        yield shorter
        path = shorter
    yield _SLASHES.sub("/", path)


def _with_one_slash(path: str) -> str:
    """Return a path as a Map reads it: with one slash at its head, however many came."""
    return f"/{path.lstrip('/')}"
