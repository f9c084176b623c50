"""What the head of a request says, and what is forgiven in it.

nginx, which was recorded in front of the real service, forgives what h11 refuses: empty lines before the request line, header
lines with an illegal name, bytes of UTF-8 in the target. A head that h11 has refused is cleaned of these, and read again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

import h11

MAX_MESSAGE = 500
"""Characters of a refusal's message."""
MAX_SHOWN = 200
"""Characters of a broken request line that are shown."""

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://([^/?#]*)(.*)", re.IGNORECASE)
_END = re.compile(rb"\n\r?\n")
_HEADER = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+:")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_BYTES = re.compile(r"""\bb(?=(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))""")
_BYTEARRAY = re.compile(r"""\bbytearray\(b('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)""")
_SECRETS = re.compile(r"""(authorization: *|\?)(?:(?<=\?)[^\s'"]*|(?<!\?)[^'"]*)""", re.IGNORECASE)
"""A query, and the credentials of a header: no refusal repeats what may hold a key."""
_TLS = b"\x16\x03"


class Refusal(Exception):
    """The request is not acceptable: ``status`` and ``message`` are the answer."""

    def __init__(self, status: int, message: str) -> None:
        """Refuse with an HTTP ``status`` of 400 or more and a ``message`` for humans."""
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that the application never saw, and our answer to it. target: path and query, as they came."""

    method: str
    target: str
    status: int
    message: str

    @property
    def reason(self) -> str:
        """The phrase of the status line."""
        return HTTPStatus(self.status).phrase


@lru_cache(maxsize=1024)
def environ_key(name: bytes) -> str | None:
    """Return the environ key of a header ``name``, or None if the header does not reach the application.

    Names with an underscore would be taken for their twins with a hyphen; a transfer coding has been undone.
    """
    key = name.decode("latin-1").upper()
    if "_" in key or key == "TRANSFER-ENCODING":
        return None
    key = key.replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def split_target(target: str) -> tuple[str, str, str | None]:
    """Split a request target into its raw path, its raw query and, for ``http://host/path`` as proxies get it, the host.

    Raises ``Refusal`` (400) for a target that is none of a path, a URL or ``*``.
    """
    host = None
    if not target.startswith("/") and target != "*":
        match = _ABSOLUTE.fullmatch(target)
        if match is None:
            raise Refusal(400, f"the request target {target[:MAX_MESSAGE]!r} is neither a path nor a URL")
        host, target = match[1], match[2]
        if not target.startswith("/"):
            target = f"/{target}"
    path, _, query = target.partition("?")
    return path, query, host


def environ_of(request: h11.Request, max_head: int) -> dict[str, str]:
    """Return what a request head says, as a WSGI environ has it; raise ``Refusal`` if it is not spoken here, or over ``max_head`` bytes."""
    method, target = request.method.decode("ascii"), request.target.decode("ascii")
    if request.http_version[:1] != b"1":
        raise Refusal(505, f"HTTP/{request.http_version.decode('ascii')} is not spoken here, but HTTP/1.1")
    if method == "CONNECT":
        raise Refusal(501, "CONNECT is not supported: this is not a proxy")
    path, query, host = split_target(target)
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1") if "%" in path else path,
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_PROTOCOL": "HTTP/1.1" if request.http_version == b"1.1" else "HTTP/1.0",
    }
    size = len(method) + len(target) + len("  HTTP/1.1\r\n\r\n")
    for name, value in request.headers.raw_items():
        size += len(name) + len(value) + len(": \r\n")
        key = environ_key(name)
        if key is not None:
            text = value.decode("latin-1")
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    if size > max_head:  # h11 notices only heads that come in pieces
        raise Refusal(431, f"the head of the request is over {max_head} bytes")
    if host is not None:
        environ["HTTP_HOST"] = host
    return environ


def is_chunked(request: h11.Request) -> bool:
    """Say whether the body of a request comes in chunks, which h11 has checked."""
    return any(name == b"transfer-encoding" for name, _ in request.headers)


def cleaned(data: bytes) -> bytes:
    """Return what came of a request without that which is forgiven; the same if there is none of it, or the head is not whole.

    Empty lines at the beginning go, header lines whose name is illegal (with the lines that continue them) go, and bytes beyond
    ASCII in the request line are written as %XX.
    """
    data = data.lstrip(b"\r\n")
    end = _END.search(data)
    if end is None:
        return data
    first, *headers = data[: end.start()].split(b"\n")
    kept = [_BEYOND_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], first)]
    is_kept = False
    for line in headers:
        if not line.startswith((b" ", b"\t")):
            is_kept = _HEADER.match(line) is not None
        if is_kept:
            kept.append(line)
    return b"\n".join(kept) + data[end.start() :]


def first_line(data: bytes) -> tuple[str, str]:
    """Return method and target of a request that cannot be read, as far as they can be told: its first line, cut to a readable length."""
    line = bytes(data[: 4 * MAX_SHOWN]).lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r").decode("latin-1")
    method, blank, rest = line.partition(" ")
    if not blank or not (method.isascii() and method.isalpha()):
        return "?", _shown(line)
    target, _, version = rest.rpartition(" ")
    return _shown(method), _shown(target if version.startswith("HTTP/") else rest)


def in_words(message: str, data: bytes) -> str:
    """Return what h11 says of a request that it refuses, for humans. data: what came of it."""
    if data.startswith(_TLS):
        return "illegal request line: this is TLS (https), and the server speaks HTTP without it"
    return _SECRETS.sub(r"\1...", _BYTES.sub("", _BYTEARRAY.sub(r"\1", message)))


def _shown(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
