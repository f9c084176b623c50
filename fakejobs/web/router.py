"""All tables on one werkzeug Map: which endpoint a path and a method name.

The Map is built on first use and then serves every fake of the process, because building one costs milliseconds; the
fake itself comes with the call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from fakejobs.errors import NoSuchRoute, NotFaked, WrongMethod
from fakejobs.web.endpoint import Endpoint, Unfaked, Wire


class Router:
    """Finds endpoints.

    wires: the families; a path belongs to that of the longest prefix, and to the first one if it is under no prefix.
    """

    def __init__(self, wires: Iterable[Wire], endpoints: Iterable[Endpoint[Any]], unfaked: Iterable[Unfaked]) -> None:
        self.wires = tuple(wires)
        self.endpoints = tuple(endpoints)
        rules = [
            Rule(endpoint.wire.base + path, methods=[endpoint.method], endpoint=endpoint)
            for endpoint in self.endpoints
            for path in endpoint.paths
        ]
        rules += [Rule(row.path, endpoint=row) for row in unfaked]
        self._adapter = Map(rules, merge_slashes=False, strict_slashes=True).bind("fakejobs")
        self._fixed = {
            (endpoint.method, endpoint.wire.base + path): endpoint
            for endpoint in reversed(self.endpoints)
            for path in endpoint.paths
            if "<" not in path
        }  # the paths without values need no matching

    def wire_of(self, path: str) -> Wire:
        """Return the family that answers for a path."""
        return max(self.wires, key=lambda wire: max((len(prefix) for prefix in wire.prefixes if path.startswith(prefix)), default=0))

    def match(self, method: str, path: str) -> tuple[Endpoint[Any], dict[str, Any]]:
        """Return the endpoint and the values in its path; raises WrongMethod, NotFaked or NoSuchRoute."""
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed, {}
        try:
            rule, values = self._adapter.match(path, method, return_rule=True)
        except MethodNotAllowed:
            raise WrongMethod(method, path, self.allowed(path)) from None
        except HTTPException:
            raise NoSuchRoute(path) from None
        if isinstance(rule.endpoint, Unfaked):
            raise NotFaked(method, rule.endpoint.path, rule.endpoint.caller)
        return rule.endpoint, dict(values)

    def allowed(self, path: str) -> tuple[str, ...]:
        """Return the methods that a path of a table answers, as the Allow header lists them; none if it is in no table."""
        methods = sorted(self._adapter.allowed_methods(path))
        return (*methods, "OPTIONS") if methods else ()
