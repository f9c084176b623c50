"""One connection: requests come in as h11 events, go to the application as WSGI, and answers go out.

Rules:

- What nginx forgives in a head is forgiven here, too: see heads.py.
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
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.utils import formatdate
from enum import Enum
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

import h11

from fakejobs.listener.answer import Answer
from fakejobs.listener.heads import MAX_MESSAGE, Refusal, Refused, cleaned, environ_of, first_line, in_words, is_chunked, split_target
from fakejobs.listener.holding import Held, drops, lasts

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
_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_CONTINUE = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")


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


class NoAnswer(Exception):
    """Nothing more is sent, and the connection ends as after a last answer; raised by the application towards the connection's loop."""


class Connection:
    """One open connection and its requests, one after the other. The application finds it in ``environ["fakejobs.connection"]``."""

    def __init__(
        self,
        sock: socket.socket,
        peer: tuple[str, int],
        server: tuple[str, int],
        app: WSGIApplication,
        on_error: Callable[[str, BaseException], None] | None,
        on_refused: Callable[[Refused], None] | None = None,
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
        self._on_refused = on_refused
        self._max_head = max_head
        self._max_body = max_body
        self._protocol = self._new_protocol()
        self._asked: h11.Request | None = None
        self._came = bytearray()
        """What has come of the present request, until its head is read."""
        self._is_head = False
        self._last = False
        self._closed = False
        self._released = False
        self._answer: Answer | None = None
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
            self._released = True
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
        if self.ends_bodies:
            self.reset()
        self.close()

    @property
    def ends_bodies(self) -> bool:
        """Whether the end of the connection may end a body: its client speaks HTTP/1.0."""
        return (self._protocol.their_http_version or b"1.0") < b"1.1"

    def reset(self) -> None:
        """Reset the connection: what has not been sent yet is dropped, and the client is told that something went wrong."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            with suppress(OSError):
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.sock.close()

    def hold(self, seconds: float) -> Held:
        """Wait until the client has left, somebody else calls release(), or so many real seconds are over; and say which.

        Where what the client sends meanwhile may be dropped, the connection is good for no further request.
        """
        self.turn += 1
        self.phase = Phase.READS
        self._last = self._last or drops()
        is_over = not self._released and lasts(self.sock, seconds)
        self.phase = Phase.WORKS
        return Held.RELEASED if self._released else Held.OVER if is_over else Held.LEFT

    def release(self) -> None:
        """End hold() from another thread, also one that has not begun yet."""
        self._last = True
        with self._lock:
            self._released = True
            if not self._closed:
                with suppress(OSError):
                    self.sock.shutdown(socket.SHUT_RD)  # which wakes who waits for it, and tells the client nothing

    def send_head(self) -> None:
        """Send the head of the answer that is being made, before any of its body."""
        if self._answer is not None:
            self._answer.send_head()

    def send_raw(self, data: bytes) -> None:
        """Send bytes past the protocol, in place of an answer."""
        self._send(data)

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
        self._came = bytearray(self._protocol.trailing_data[0])
        self._asked = None
        try:
            environ = self._read()
        except h11.RemoteProtocolError as error:
            self._refuse_request(error.error_status_hint, in_words(str(error), bytes(self._came)))
            return False
        except Refusal as refusal:
            self._refuse_request(refusal.status, refusal.message)
            return False
        if environ is None:
            raise ClientLeft
        try:
            self._respond(environ)
        except NoAnswer:
            return False
        if self._protocol.our_state is not h11.DONE or self._last:
            return False
        self._protocol.start_next_cycle()
        return True

    # Requests

    def _new_protocol(self) -> h11.Connection:
        return h11.Connection(h11.SERVER, max_incomplete_event_size=self._max_head)

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
        environ: WSGIEnvironment = {}
        body = bytearray()
        self._is_head = False
        while True:
            event = self._next_event()
            if event is h11.NEED_DATA:
                if self._protocol.client_is_waiting_for_100_continue:
                    self._send(self._protocol.send(_CONTINUE))
                data = self._receive()
                if self._asked is None:
                    self._came += data
                self._protocol.receive_data(data)
            elif isinstance(event, h11.Request):
                self._asked = event
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

    def _next_event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        """Return the next event; a head that h11 refuses is cleaned of what is forgiven, and read once more."""
        try:
            return self._protocol.next_event()
        except h11.RemoteProtocolError as error:
            if self._asked is not None or error.error_status_hint != HTTPStatus.BAD_REQUEST:
                raise
            clean = cleaned(bytes(self._came))
            if clean == self._came:
                raise
            self._came = bytearray(clean)
            self._protocol = self._new_protocol()
            if clean:
                self._protocol.receive_data(clean)
            return self._protocol.next_event()

    def _environ(self, request: h11.Request) -> WSGIEnvironment:
        """Return the environ of a request head, or raise ``Refusal``."""
        self._is_head = request.method == b"HEAD"
        environ = {**self._base, **environ_of(request, self._max_head), "wsgi.errors": sys.stderr}
        if "CONTENT_LENGTH" in environ:
            if is_chunked(request):  # RFC 9112 6.1: the length does not count, and nothing may follow
                self._last = True
            elif int(environ["CONTENT_LENGTH"]) > self._max_body:
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
        answer = self._answer = Answer(self._protocol, self._send, environ["REQUEST_METHOD"], last=lambda: self._last)
        try:
            pieces = self._app(environ, answer.start_response)
            try:
                _send_body(answer, pieces)
            finally:
                if (close := getattr(pieces, "close", None)) is not None:
                    close()
        except (ClientLeft, NoAnswer):
            raise
        except BaseException as error:  # the application may raise anything, and this is where it ends
            self._report(self.request, error)
            self._last = True
            if answer.head_left:
                self.cut()
                raise ClientLeft from error
            self._refuse(500, f"fakejobs failed: {type(error).__name__}")
        finally:
            self.request = self._answer = None

    def _report(self, where: str, error: BaseException) -> None:
        if self._on_error is not None:
            with suppress(BaseException):
                self._on_error(where, error)

    def _refuse_request(self, status: int, message: str) -> None:
        """Refuse a request that the application has not seen."""
        if self._on_refused is not None:
            if self._asked is not None:
                method, target = self._asked.method.decode("ascii"), self._asked.target.decode("ascii")
            else:
                method, target = first_line(bytes(self._came))
            with suppress(Exception):
                self._on_refused(Refused(method, target, status, message[:MAX_MESSAGE]))
        self._refuse(status, message)

    def _refuse(self, status: int, message: str) -> None:
        """Send an answer of our own, which is the last one on this connection."""
        body = json.dumps({"status": "error", "message": message[:MAX_MESSAGE]}).encode("ascii")
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
    if isinstance(pieces, (list, tuple)) and not answer.head_left:
        answer.length = sum(map(len, pieces))
    if answer.takes_body():
        for piece in pieces:
            if not answer.takes_body():  # a generator calls start_response only now
                break
            answer.write(piece)
    answer.end()
