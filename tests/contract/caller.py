"""A client without a socket: it calls a fake's WSGI application, with any bytes where bytes may stand."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from fakejobs import FakeJobs

FORM = "application/x-www-form-urlencoded"
Text = str | bytes | int
Pairs = Mapping[str, Any] | Iterable[tuple[Any, Any]]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON data."""
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        """The body as lines of JSON; each ends with a newline."""
        assert self.body.endswith(b"\n")
        return [json.loads(line) for line in self.body.splitlines()]


@dataclass
class Caller:
    """Calls one fake. key: the user name of Basic credentials; None: no credentials."""

    fake: FakeJobs
    key: str | bytes | None = "k"

    def get(self, path: str, pairs: Pairs = (), **more: Any) -> Answer:
        """Send a GET with parameters in its query."""
        return self.send("GET", path, query=form(pairs), **more)

    def post(self, path: str, pairs: Pairs = (), **more: Any) -> Answer:
        """Send a POST with parameters in its form."""
        return self.send("POST", path, body=form(pairs), content_type=FORM, **more)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: bytes = b"",
        body: bytes = b"",
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request. path: below /api/, or absolute; percent signs in it are read as a server reads them."""
        target = unquote_to_bytes(path if path.startswith("/") else f"/api/{path}")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": target.decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_HOST": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
        }
        if content_type is not None:
            environ["CONTENT_TYPE"] = content_type
        if self.key is not None:
            environ["HTTP_AUTHORIZATION"] = basic(self.key)
        environ.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()})
        heads: list[tuple[str, list[tuple[str, str]]]] = []
        chunks = self.fake.app(environ, lambda status, fields, exc_info=None: heads.append((status, fields)))
        answer = b"".join(chunks)
        [(line, fields)] = heads
        assert len({name.lower() for name, _ in fields}) == len(fields), fields
        code, _, reason = line.partition(" ")
        return Answer(int(code), reason, dict(fields), answer)


def basic(key: str | bytes) -> str:
    """Return an Authorization header with a key as user name."""
    raw = key if isinstance(key, bytes) else key.encode()
    return "Basic " + base64.b64encode(raw + b":").decode()


def form(pairs: Pairs) -> bytes:
    """Return parameters, percent-encoded."""
    rows = pairs.items() if isinstance(pairs, Mapping) else pairs
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in rows).encode()


def _quoted(value: Text) -> str:
    return quote_from_bytes(value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass"), safe="")
