"""The control door as a WSGI application: which caller may in, which verb is meant, what it answers."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fakejobs import quoting
from fakejobs.binding import bind
from fakejobs.control import PREFIX
from fakejobs.control.payloads import as_json
from fakejobs.errors import FakeJobsError, NotFound, TooLarge, UsageError
from fakejobs.nearest import hint
from fakejobs.web.request import Request
from fakejobs.web.runner import StartResponse, standard_reason

DEEPEST = 150
"""Levels of objects and lists within each other that a body may have: a seed's steps, and the values of their arguments."""

Verbs = Mapping[str, Callable[..., Any]]
Readings = Mapping[str, Callable[[Mapping[str, str], str], Any]]
Answer = tuple[int, Any, tuple[tuple[str, str], ...]]


class ControlDoor:
    """The verbs of one fake, over HTTP.

    verbs: what may be called with POST, by name. readings: what may be read with GET, by name; each is given the query
    and the base URL under which the caller reaches the fake, and returns JSON data, or text as it is. hosts: names besides
    the loopback ones that a Host header may carry. broke: told of defects. shown: gives what may be shown of a mistake's text.
    """

    def __init__(
        self,
        verbs: Verbs,
        readings: Readings,
        hosts: Iterable[str],
        broke: Callable[[str, BaseException], None],
        shown: Callable[[str], str],
    ) -> None:
        self._verbs = verbs
        self._readings = readings
        self._hosts = frozenset(_hostname(host) or host.lower() for host in hosts)
        self._broke = broke
        self._shown = shown

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        request = Request(environ)
        name = request.path.removeprefix(PREFIX).strip("/")
        try:
            status, answer, headers = self._answer(request, name)
        except NotFound as error:
            status, answer, headers = 404, self._mistake(error), ()
        except TooLarge as error:
            status, answer, headers = 413, self._mistake(error), ()
        except FakeJobsError as error:
            status, answer, headers = 400, self._mistake(error), ()
        except Exception as error:  # noqa: BLE001  # a defect of ours must reach the test, whatever it is
            self._broke(f"{request.method} {request.path}", error)
            status, answer, headers = 500, self._mistake(error), ()
        body = answer.encode() if isinstance(answer, str) else (json.dumps(answer) + "\n").encode()
        media_type = "text/plain; charset=utf-8" if isinstance(answer, str) else "application/json"
        length = ("Content-Length", str(len(body)))
        start_response(f"{status} {standard_reason(status)}", [("Content-Type", media_type), length, *headers])
        return [] if request.method == "HEAD" else [body]

    def _answer(self, request: Request, name: str) -> Answer:
        closed = self._closed_to(request.environ)
        if closed:
            return 403, {"error": "Forbidden", "message": closed}, ()
        if name and name not in self._verbs and name not in self._readings:
            known = sorted([*self._verbs, *self._readings])
            return 404, {"error": "NotFound", "message": f"there is no verb {name!r}{hint(name, known)}"}, ()
        allowed = ("POST",) if name in self._verbs else ("GET", "HEAD")
        if request.method not in allowed:
            message = f"{request.method} is not allowed here, {allowed[0]} is"
            return 405, {"error": "WrongMethod", "message": message}, (("Allow", ", ".join(allowed)),)
        if name in self._verbs:
            return self._call(name, request)
        if name:
            query = parse_qs(request.environ.get("QUERY_STRING", ""))
            base = f"{request.environ.get('wsgi.url_scheme', 'http')}://{request.environ['HTTP_HOST']}"
            return 200, as_json(self._readings[name]({key: values[-1] for key, values in query.items()}, base)), ()
        return 200, self._contents(), ()

    def _call(self, name: str, request: Request) -> Answer:
        verb = self._verbs[name]
        arguments = _arguments(name, verb, request.body())
        try:
            bound = bind(verb, arguments)
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from None
        try:
            with quoting.as_json() if not name.startswith("assert_") else nullcontext():
                answer = verb(*bound.args, **bound.kwargs)
            return 200, as_json(answer), ()
        except AssertionError as error:
            if not name.startswith("assert_"):
                raise
            return 409, self._mistake(error), ()

    def _contents(self) -> dict[str, Any]:
        return {"verbs": {name: _described(verb) for name, verb in self._verbs.items()}, "readings": sorted(self._readings)}

    def _mistake(self, error: BaseException) -> dict[str, str]:
        return {"error": type(error).__name__, "message": self._shown(str(error))}

    def _closed_to(self, environ: Mapping[str, Any]) -> str | None:
        """Return why a caller may not in, or None."""
        host = environ.get("HTTP_HOST", "")
        if not self._knows(_hostname(host)):
            return f"the control door does not know the host {host!r} (serve --control-host NAME lets it in)"
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and not self._knows(_hostname(origin.partition("://")[2])):
            return f"the control door is closed to the foreign origin {origin!r}"
        return None

    def _knows(self, host: str | None) -> bool:
        if host is None:
            return False
        if host in self._hosts or host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False


def _hostname(authority: str) -> str | None:
    """Return the name or address of a host that may have a port; None if it is not written as one."""
    if not authority or any(c in authority for c in "@/\\?#, \t"):
        return None
    try:
        parts = urlsplit(f"//{authority}")
        parts.port  # noqa: B018  # raises ValueError if it is none
    except ValueError:
        return None
    return parts.hostname.lower() if parts.hostname else None


def _arguments(name: str, verb: Callable[..., Any], body: bytes) -> dict[str, Any]:
    """Return the keyword arguments that a body holds; a list is the one argument of a verb that takes a list alone."""
    try:
        arguments = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: the body is no JSON: {error}") from None
    if isinstance(arguments, list) and name == "load":
        arguments = {"seed": arguments}
    if not isinstance(arguments, dict):
        raise UsageError(f"{name}: the body is a JSON object of keyword arguments, such as {_example(verb)}")
    if _is_deeper(arguments, DEEPEST):
        raise UsageError(f"{name}: the arguments are nested more than {DEEPEST} levels deep")
    return arguments


def _is_deeper(value: Any, levels: int) -> bool:
    rows = [value]
    for _ in range(levels):
        inner = [item for row in rows for item in (row.values() if isinstance(row, dict) else row)]
        rows = [item for item in inner if isinstance(item, (dict, list))]
        if not rows:
            return False
    return True


def _example(verb: Callable[..., Any]) -> str:
    return json.dumps(dict.fromkeys([*inspect.signature(verb).parameters][:1], "..."))


def _described(verb: Callable[..., Any]) -> dict[str, str]:
    arguments = ", ".join(_written(parameter) for parameter in inspect.signature(verb).parameters.values())
    return {"arguments": arguments, "doc": (inspect.getdoc(verb) or "").partition("\n")[0]}


def _written(parameter: inspect.Parameter) -> str:
    """Return an argument as `name: type = default in JSON`; a default of `...` stands for one that is not compared."""
    stars = 2 if parameter.kind is inspect.Parameter.VAR_KEYWORD else 1 if parameter.kind is inspect.Parameter.VAR_POSITIONAL else 0
    star = "*" * stars
    default = parameter.default
    if default is inspect.Parameter.empty:
        return f"{star}{parameter.name}: {parameter.annotation}"
    return f"{parameter.name}: {parameter.annotation} = {'...' if default is ... else json.dumps(default)}"
