"""The control door as a WSGI application: which caller may in, which verb is meant, what it answers."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fakejobs.control.payloads import as_json
from fakejobs.errors import FakeJobsError, NotFound, TooLarge
from fakejobs.web.request import Request
from fakejobs.web.runner import StartResponse, standard_reason

PREFIX = "/__fakejobs__"

Verbs = Mapping[str, Callable[..., Any]]


class ControlDoor:
    """The verbs of one fake, over HTTP.

    verbs: what may be called, by name. readings: what may be read with GET, by name; each is given the query and returns
    JSON data, or text as it is. hosts: names besides the loopback ones that a Host header may carry. broke: told of defects.
    """

    def __init__(self, verbs: Verbs, readings: Verbs, hosts: Iterable[str], broke: Callable[[str, BaseException], None]) -> None:
        self._verbs = verbs
        self._readings = readings
        self._hosts = frozenset(host.lower() for host in hosts)
        self._broke = broke

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        request = Request(environ)
        name = request.path.removeprefix(PREFIX).strip("/")
        try:
            status, answer, headers = self._answer(request, name)
        except AssertionError as error:
            status, answer, headers = 409, _mistake(error), ()
        except NotFound as error:
            status, answer, headers = 404, _mistake(error), ()
        except TooLarge as error:
            status, answer, headers = 413, _mistake(error), ()
        except FakeJobsError as error:
            status, answer, headers = 400, _mistake(error), ()
        except Exception as error:  # noqa: BLE001  # a defect of ours must reach the test, whatever it is
            self._broke(f"{request.method} {request.path}", error)
            status, answer, headers = 500, _mistake(error), ()
        body = answer.encode() if isinstance(answer, str) else (json.dumps(answer) + "\n").encode()
        media_type = "text/plain; charset=utf-8" if isinstance(answer, str) else "application/json"
        length = ("Content-Length", str(len(body)))
        start_response(f"{status} {standard_reason(status)}", [("Content-Type", media_type), length, *headers])
        return [body]

    def _answer(self, request: Request, name: str) -> tuple[int, Any, tuple[tuple[str, str], ...]]:
        closed = self._closed_to(request.environ)
        if closed:
            return 403, {"error": "Forbidden", "message": closed}, ()
        if name in self._verbs or name in self._readings or not name:
            wanted = "POST" if name in self._verbs else "GET"
            if request.method not in (wanted, "HEAD" if wanted == "GET" else wanted):
                message = f"{request.method} is not allowed here, {wanted} is"
                return 405, {"error": "WrongMethod", "message": message}, (("Allow", wanted),)
        if not name:
            return 200, self._contents(), ()
        if name in self._readings:
            query = parse_qs(request.environ.get("QUERY_STRING", ""))
            return 200, as_json(self._readings[name]({key: values[-1] for key, values in query.items()})), ()
        if name in self._verbs:
            return self._call(name, request)
        known = ", ".join(sorted([*self._verbs, *self._readings]))
        return 404, {"error": "NotFound", "message": f"there is no verb {name!r} (known: {known})"}, ()

    def _call(self, name: str, request: Request) -> tuple[int, Any, tuple[tuple[str, str], ...]]:
        try:
            arguments = json.loads(request.body() or b"{}")
        except (ValueError, RecursionError) as error:
            return 400, {"error": "UsageError", "message": f"{name}: the body is no JSON: {error}"}, ()
        if not isinstance(arguments, dict):
            return 400, {"error": "UsageError", "message": f"{name}: the body is a JSON object of keyword arguments"}, ()
        verb = self._verbs[name]
        try:
            bound = inspect.signature(verb).bind(**arguments)
        except TypeError as error:
            return 400, {"error": "UsageError", "message": f"{name}: {error}"}, ()
        return 200, as_json(verb(*bound.args, **bound.kwargs)), ()

    def _contents(self) -> dict[str, Any]:
        return {"verbs": {name: _described(verb) for name, verb in self._verbs.items()}, "readings": sorted(self._readings)}

    def _closed_to(self, environ: Mapping[str, Any]) -> str | None:
        """Return why a caller may not in, or None."""
        host = environ.get("HTTP_HOST", "")
        if not self._knows(_hostname("//" + host)):
            return f"the control door does not know the host {host!r} (serve --control-host NAME lets it in)"
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and not self._knows(_hostname(origin)):
            return f"the control door is closed to the foreign origin {origin!r}"
        return None

    def _knows(self, host: str) -> bool:
        if host in self._hosts or host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False


def _hostname(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _mistake(error: BaseException) -> dict[str, str]:
    return {"error": type(error).__name__, "message": str(error)}


def _described(verb: Callable[..., Any]) -> dict[str, str]:
    signature = str(inspect.signature(verb).replace(return_annotation=inspect.Signature.empty)).replace("'", "")
    return {"arguments": signature, "doc": (inspect.getdoc(verb) or "").partition("\n")[0]}
