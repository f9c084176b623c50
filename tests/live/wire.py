"""A client that speaks in bytes, and the small applications that the tests of this folder serve.

The client hides nothing: what a test sends is what goes out, and a reply shows how it was framed.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakejobs import FakeJobs
from fakejobs.fake import behind
from fakejobs.listener import Listener

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATIENCE_S = 60.0
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


@dataclass
class Reply:
    """One answer as it was on the wire; ``framing`` is none, length, chunked or close."""

    version: str
    status: int
    reason: str
    headers: dict[str, str]
    framing: str = "none"
    body: bytes = b""
    chunks: list[bytes] = field(default_factory=list)
    complete: bool = True

    def json(self) -> Any:
        """Return the body as data."""
        return json.loads(self.body)


class Client:
    """One connection to a listener."""

    def __init__(self, listener: Listener | FakeJobs) -> None:
        host, _, port = listener.url.removeprefix("http://").rpartition(":")
        self.sock = socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")

    def close(self) -> None:
        """Leave as well-behaved clients do."""
        self.file.close()
        self.sock.close()

    def reset(self) -> None:
        """Leave with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def send(self, data: bytes, *, step: int = 0) -> None:
        """Send ``data``, at once or in pieces of ``step`` bytes."""
        for start in range(0, len(data), step) if step else ():
            self.sock.sendall(data[start : start + step])
        if not step:
            self.sock.sendall(data)

    def rest(self) -> bytes:
        """Return everything until the listener ends the connection."""
        return self.file.read()

    def until_end(self) -> tuple[bytes, str]:
        """Return everything until the connection ends, and how: in an "end" or a "reset"."""
        data = bytearray()
        try:
            while piece := self.file.read1(65_536):
                data += piece
        except ConnectionResetError:
            return bytes(data), "reset"
        return bytes(data), "end"

    def is_at_end(self) -> bool:
        """Tell whether the listener has ended the connection and nothing is left to read; wait for it."""
        return self.file.read(1) == b""

    def ask(self, data: bytes, *, method: str = "GET") -> Reply:
        """Send ``data`` and read one answer."""
        self.send(data)
        return self.reply(method)

    def reply(self, method: str = "GET") -> Reply:
        """Read one answer to a request of ``method``, an informational one too."""
        line = self.file.readline().decode("latin-1")
        assert line.endswith("\r\n"), f"no status line but {line!r}"
        version, status, *reason = line[:-2].split(" ", 2)
        headers: dict[str, str] = {}
        while (line := self.file.readline().decode("latin-1")) != "\r\n":
            name, _, value = line.partition(": ")
            assert value.endswith("\r\n"), f"no header line but {line!r}"
            assert name.lower() not in headers, f"{name} comes twice"
            headers[name.lower()] = value[:-2]
        reply = Reply(version, int(status), reason[0], headers)
        if method == "HEAD" or reply.status < 200 or reply.status in (204, 304):
            return reply
        if headers.get("transfer-encoding") == "chunked":
            self._read_chunks(reply)
        elif "content-length" in headers:
            reply.framing = "length"
            reply.body = self.file.read(int(headers["content-length"]))
            reply.complete = len(reply.body) == int(headers["content-length"])
        else:
            reply.framing = "close"
            reply.body = self.file.read()
        return reply

    def _read_chunks(self, reply: Reply) -> None:
        reply.framing = "chunked"
        reply.complete = False
        while (line := self.file.readline()) not in (b"", b"0\r\n"):
            reply.chunks.append(self.file.read(int(line, 16)))
            assert self.file.readline() == b"\r\n"
        if line:
            assert self.file.readline() == b"\r\n"
            reply.complete = True
        reply.body = b"".join(reply.chunks)


Connect = Callable[[Listener | FakeJobs], Client]
"""Opens a connection; see the fixture."""


def request(fake: FakeJobs, target: str = "/items/1/1/1", method: str = "GET", version: str = "1.1", more: str = "") -> bytes:
    """Return the head of a request with a fake's key. more: further lines of it."""
    sign = "&" if "?" in target else "?"
    return f"{method} {target}{sign}apikey={fake.key} HTTP/{version}\r\nHost: h\r\n{more}\r\n".encode()


def until(is_so: Callable[[], object]) -> None:
    """Let other threads run until something is so; fail if it never is."""
    end = time.monotonic() + PATIENCE_S
    never = threading.Event()
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        never.wait(0.001)


def held(fake: FakeJobs) -> int:
    """Return how many connections the faults of a fake hold now."""
    waits = behind(fake).saboteur._waits
    return 0 if waits is None else len(waits._held)


def until_held(fake: FakeJobs, number: int = 1) -> None:
    """Wait until the faults of a fake hold so many connections."""
    until(lambda: held(fake) == number)


def hello(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with a greeting."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the environ and the body that the application was given."""
    seen = {key: value for key, value in environ.items() if isinstance(value, (str, bool))}
    seen["body"] = environ["wsgi.input"].read().decode("latin-1")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(seen).encode("ascii")]
