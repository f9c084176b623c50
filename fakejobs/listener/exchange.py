"""One connection: requests come in as h11 events, go to the application as WSGI, and answers go out.

Rules:

- A request is read whole before the application is called, so nothing can wait for a body that somebody else has read,
  and a refused request leaves a clean connection. Over the limits it is refused with 431 (head) or 413 (body).
- A refusal is written by hand: h11's state machine may stand anywhere by then. The connection ends after it.
- A connection ends so that the client gets what was sent: we stop sending, then read (and drop) a bounded amount of what it
  still sends. Closing at once would reset the connection, and the answer would be lost with it.
- The application failed before bytes left: 500. After that: the connection is cut, and the client can tell.
- A client that goes away is no error. Nothing escapes ``serve()``.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.utils import formatdate
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import h11

from fakejobs.listener.answer import Answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MAX_HEAD = 1024 * 1024
"""Bytes of a request line with its headers; beyond, 431."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a request's body; beyond, 413."""

LINGER_S = 1.0
"""Seconds to wait for the client's next bytes when we end a connection first."""

LINGER_BYTES = 256 * 1024 * 1024
"""Bytes we read and drop when we end a connection first: enough for a client that sends all of a refused body before it listens."""

_RECEIVE_BYTES = 64 * 1024
_MAX_MESSAGE = 500
_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_CONTINUE = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://([^/?#]*)(.*)", re.IGNORECASE)


class Phase(Enum):
    """What the thread of a connection does."""

    WORKS = "works"
    READS = "reads"
    """It waits until the client sends something; as long as there is nothing to read, the client's turn it is."""
    WRITES = "writes"
    """It waits until there is room for an answer; as long as there is none, the client's turn it is."""
    IS_OVER = "is over"
    """The last answer has left."""


class ClientLeft(Exception):
    """The client has closed or reset the connection, or we have shut it down; raised by ``Connection`` towards its own loop."""


class Refusal(Exception):
    """The request is not acceptable: ``status`` and ``message`` are the answer."""

    def __init__(self, status: int, message: str) -> None:
        """Refuse with an HTTP ``status`` of 400 or more and a ``message`` for humans."""
        super().__init__(message)
        self.status = status
        self.message = message


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
            raise Refusal(400, f"the request target {target[:_MAX_MESSAGE]!r} is neither a path nor a URL")
        host, target = match[1], match[2]
        if not target.startswith("/"):
            target = f"/{target}"
    path, _, query = target.partition("?")
    return path, query, host


class Connection:
    """One open connection and its requests, one after the other. The application finds it in ``environ["fakejobs.connection"]``."""

    def __init__(
        self,
        sock: socket.socket,
        peer: tuple[str, int],
        server: tuple[str, int],
        app: WSGIApplication,
        on_error: Callable[[str, BaseException], None] | None,
        *,
        max_head: int,
        max_body: int,
        watched: bool = False,
    ) -> None:
        """Take over ``sock``; ``peer`` and ``server`` are host and port of the two ends, the limits are in bytes.

        ``watched``: let ``phase`` tell the truth at any moment, which costs a call of the system for each piece that is read.
        """
        self.sock = sock
        self.peer = peer
        self.request: str | None = None
        """The request inside the application now, as ``METHOD /path``."""
        self.phase = Phase.WORKS
        """What the thread that serves it does now; of a connection that is not watched, what it did lately."""
        self.turn = 0
        """How often it has begun to read."""
        self._watched = watched
        self._app = app
        self._on_error = on_error
        self._max_head = max_head
        self._max_body = max_body
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=max_head)
        self._is_head = False
        self._last = False
        self._closed = False
        self._lock = threading.Lock()
        self._base: WSGIEnvironment = {
            "SCRIPT_NAME": "",
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
            "REMOTE_ADDR": peer[0],
            "REMOTE_PORT": str(peer[1]),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            "fakejobs.connection": self,
        }

    # The life of a connection

    def serve(self) -> None:
        """Answer requests until either side ends the connection; then close it."""
        try:
            while self._exchange():
                pass
            self._linger()
        except ClientLeft:
            pass
        except BaseException as error:  # noqa: BLE001 - nothing escapes a connection's thread
            self._report(self.request or "between requests", error)
        finally:
            self.phase = Phase.IS_OVER
            self.close()

    def end_after_answer(self) -> None:
        """Let the answer that is being made be the last one on this connection."""
        self._last = True

    def shut_down(self) -> None:
        """End the connection from another thread: both ends see it at once, and the thread that serves it returns."""
        self._last = True
        with self._lock:
            if not self._closed:
                with suppress(OSError):
                    self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket, for a forked copy of it too; calling it again does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()

    def let_go(self) -> None:
        """Close this process's copy of the socket only; for the child of a fork, where nobody else can hold the lock."""
        self._lock = threading.Lock()
        self._closed = True
        self.sock.close()

    def cut(self) -> None:
        """Close in the middle of an answer so that the client can tell: with a reset where the end of the connection would end the body."""
        with self._lock:
            if not self._closed and (self._protocol.their_http_version or b"1.0") < b"1.1":
                self._closed = True
                with suppress(OSError):
                    self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self.sock.close()
        self.close()

    def _linger(self) -> None:
        self.phase = Phase.IS_OVER
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            self.sock.settimeout(LINGER_S)
            left = LINGER_BYTES
            while left > 0 and (data := self.sock.recv(_RECEIVE_BYTES)):
                left -= len(data)

    def _exchange(self) -> bool:
        """Read one request and answer it; return whether another may follow."""
        try:
            environ = self._read()
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint, str(error))
            return False
        except Refusal as refusal:
            self._refuse(refusal.status, refusal.message)
            return False
        if environ is None:
            raise ClientLeft
        self._respond(environ)
        if self._protocol.our_state is not h11.DONE or self._last:
            return False
        self._protocol.start_next_cycle()
        return True

    # Requests

    def _receive(self) -> bytes:
        try:
            if self._watched:  # what is there must not be taken before the phase has changed
                self.turn += 1
                self.phase = Phase.READS
                self.sock.recv(1, socket.MSG_PEEK)
                self.phase = Phase.WORKS
            return self.sock.recv(_RECEIVE_BYTES)
        except OSError as error:
            raise ClientLeft from error

    def _read(self) -> WSGIEnvironment | None:
        """Return the environ of the next request, its body read; None when the client has ended the connection instead."""
        protocol = self._protocol
        environ: WSGIEnvironment = {}
        body = bytearray()
        self._is_head = False
        while True:
            event = protocol.next_event()
            if event is h11.NEED_DATA:
                if protocol.client_is_waiting_for_100_continue:
                    self._send(protocol.send(_CONTINUE))
                protocol.receive_data(self._receive())
            elif isinstance(event, h11.Request):
                environ = self._environ(event)
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._max_body:
                    raise self._body_too_large()
            elif isinstance(event, h11.EndOfMessage):
                environ["CONTENT_LENGTH"] = str(len(body))
                environ["wsgi.input"] = BytesIO(body)
                return environ
            else:
                return None

    def _environ(self, request: h11.Request) -> WSGIEnvironment:
        """Return the environ of a request head, or raise ``Refusal``."""
        method = request.method.decode("ascii")
        target = request.target.decode("ascii")
        self._is_head = method == "HEAD"
        if request.http_version[:1] != b"1":
            raise Refusal(505, f"HTTP/{request.http_version.decode('ascii')} is not spoken here, but HTTP/1.1")
        if method == "CONNECT":
            raise Refusal(501, "CONNECT is not supported: this is not a proxy")
        path, query, host = split_target(target)
        environ = self._base.copy()
        environ["REQUEST_METHOD"] = method
        environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path
        environ["QUERY_STRING"] = query
        environ["RAW_URI"] = environ["REQUEST_URI"] = target
        environ["SERVER_PROTOCOL"] = "HTTP/1.1" if request.http_version == b"1.1" else "HTTP/1.0"
        environ["wsgi.errors"] = sys.stderr
        size = len(method) + len(target) + len("  HTTP/1.1\r\n\r\n")
        for name, value in request.headers.raw_items():
            size += len(name) + len(value) + len(": \r\n")
            key = environ_key(name)
            if key is not None:
                text = value.decode("latin-1")
                environ[key] = f"{environ[key]},{text}" if key in environ else text
        if size > self._max_head:  # h11 notices only heads that come in pieces
            raise Refusal(431, f"the head of the request is over {self._max_head} bytes")
        if host is not None:
            environ["HTTP_HOST"] = host
        if "CONTENT_LENGTH" in environ and int(environ["CONTENT_LENGTH"]) > self._max_body:
            raise self._body_too_large()
        return environ

    def _body_too_large(self) -> Refusal:
        return Refusal(413, f"the body of the request is over {self._max_body} bytes")

    # Answers

    def _send(self, data: bytes) -> None:
        self.phase = Phase.WRITES
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise ClientLeft from error
        self.phase = Phase.WORKS

    def _respond(self, environ: WSGIEnvironment) -> None:
        """Call the application and send what it answers; a failure of it becomes a 500, or cuts an answer that is under way."""
        self.request = f"{environ['REQUEST_METHOD']} {split_target(environ['RAW_URI'])[0]}"
        answer = Answer(self._protocol, self._send, environ["REQUEST_METHOD"], last=lambda: self._last)
        try:
            pieces = self._app(environ, answer.start_response)
            try:
                _send_body(answer, pieces)
            finally:
                if (close := getattr(pieces, "close", None)) is not None:
                    close()
        except ClientLeft:
            raise
        except BaseException as error:  # the application may raise anything, and this is where it ends
            self._report(self.request, error)
            self._last = True
            if answer.head_left:
                self.cut()
                raise ClientLeft from error
            self._refuse(500, f"fakejobs failed: {type(error).__name__}")
        finally:
            self.request = None

    def _report(self, where: str, error: BaseException) -> None:
        if self._on_error is not None:
            with suppress(BaseException):
                self._on_error(where, error)

    def _refuse(self, status: int, message: str) -> None:
        """Send an answer of our own, which is the last one on this connection."""
        body = json.dumps({"status": "error", "message": message[:_MAX_MESSAGE]}).encode("ascii")
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            f"Date: {formatdate(usegmt=True)}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        ).encode("ascii")
        self._send(head if self._is_head else head + body)


def _send_body(answer: Answer, pieces: Iterable[bytes]) -> None:
    """Send the pieces that an application returned, as they come, and end the answer."""
    if isinstance(pieces, (list, tuple)) and len(pieces) == 1:
        answer.length = len(pieces[0])
    if answer.takes_body():
        for piece in pieces:
            if not answer.takes_body():  # a generator calls start_response only now
                break
            answer.write(piece)
    answer.end()
