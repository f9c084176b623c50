"""One WSGI answer on its way out: what ``start_response`` was told, and which bytes that makes.

Rules:

- The head waits for the first piece of the body, so that both leave in one send; later pieces leave as they come.
- A known length is sent as Content-Length (the application set it, returned a list of one, or sent nothing); otherwise
  h11 chooses the framing that the client understands: chunked, or the end of the connection for HTTP/1.0.
- The reason phrase is cleaned here as the last defence; a header that could split the head is refused by h11.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING

import h11

if TYPE_CHECKING:
    from _typeshed import OptExcInfo

MAX_REASON = 1_000
"""Characters of a reason phrase; clients give up on a status line over 64 KiB."""

NO_BODY = frozenset({204, 304})
"""Statuses whose answers end with their head, whatever the application returns."""

_STATUS = re.compile(r"(\d{3})(?: (.*))?", re.ASCII | re.DOTALL)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def clean_reason(reason: str) -> bytes:
    """Return ``reason`` fit for a status line: printable ASCII, everything else a question mark, 1,000 characters at most."""
    reason = reason[:MAX_REASON]
    if not (reason.isascii() and reason.isprintable()):
        reason = _UNPRINTABLE.sub("?", reason)
    return reason.encode("ascii")


class Answer:
    """The answer to one request; its methods are called by the application (WSGI) and by the connection."""

    __slots__ = (
        "_ended",
        "_headers",
        "_last",
        "_method",
        "_protocol",
        "_reason",
        "_send",
        "_sent",
        "_status",
        "_takes_body",
        "head_left",
        "length",
    )

    def __init__(self, protocol: h11.Connection, send: Callable[[bytes], None], method: str, *, last: Callable[[], bool]) -> None:
        """Prepare the answer to a request of ``method``.

        ``send`` puts bytes on the wire; ``last`` says, when the head is written, whether the connection will end after this answer.
        """
        self._protocol = protocol
        self._send = send
        self._method = method
        self._last = last
        self._status: int | None = None
        self._reason = b""
        self._headers: list[tuple[str, str]] = []
        self._sent = 0
        self._ended = False
        self.length: int | None = None
        """The length of the body in bytes, when it is known before the head leaves."""
        self._takes_body = True
        self.head_left = False
        """Whether bytes have left: from then on the answer cannot be replaced."""

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: OptExcInfo | None = None, /) -> Callable[[bytes], None]:
        """Take status line and headers, as PEP 3333 has it; raise ValueError on a status that is no number and phrase.

        A second call is legal only with ``exc_info``; it replaces the first answer, or re-raises when that has left already.
        """
        if exc_info is not None:
            if self.head_left and exc_info[1] is not None:
                raise exc_info[1].with_traceback(exc_info[2])
        elif self._status is not None:
            raise RuntimeError("start_response was called a second time without exc_info")
        match = _STATUS.fullmatch(status)
        if match is None:
            raise ValueError(f"status {status!r} is not a number of three digits, a blank and a phrase")
        self._status = int(match[1])
        self._reason = clean_reason(match[2] or "")
        self._headers = headers
        self._takes_body = self._method != "HEAD" and self._status not in NO_BODY
        return self.write

    def takes_body(self) -> bool:
        """Tell whether this answer may carry a body; it may until ``start_response`` says otherwise."""
        return self._takes_body

    def write(self, piece: bytes) -> None:
        """Send one piece of the body, behind the head if that has not left yet; drop it if this answer has no body."""
        if not piece or not self._takes_body:
            return
        head = b"" if self.head_left else self._head()
        data = head + self._protocol.send(h11.Data(data=piece))
        self._sent += len(piece)
        if self._sent == self.length:  # nothing may follow: the work of ending is done while the client waits anyway
            data += self._protocol.send(h11.EndOfMessage())
            self._ended = True
        self._put(data)

    def send_head(self) -> None:
        """Send the head now, if it has not left yet."""
        if not self.head_left:
            self._put(self._head())

    def end(self) -> None:
        """Send what is left: the head of an answer without a body, or the mark that ends a body of unknown length."""
        if self._ended:
            return
        if self.head_left:
            head = b""
        else:
            if self._takes_body:
                self.length = 0
            head = self._head()
        self._put(head + self._protocol.send(h11.EndOfMessage()))

    def _put(self, data: bytes) -> None:
        if data:
            self.head_left = True
            self._send(data)

    def _head(self) -> bytes:
        if self._status is None:
            raise RuntimeError("the application answered without calling start_response")
        headers: list[tuple[bytes, bytes]] = []
        is_dated = False
        measured: bytes | None = None
        for name, value in self._headers:
            header = name.encode("latin-1"), value.strip(" \t").encode("latin-1")
            headers.append(header)
            lower = header[0].lower()
            if lower == b"date":
                is_dated = True
            elif lower == b"content-length":
                measured = header[1]
        if not is_dated:
            headers.append((b"Date", formatdate(usegmt=True).encode("ascii")))
        if self.length is not None and measured is None and self._status not in NO_BODY:
            headers.append((b"Content-Length", b"%d" % self.length))
        if self._last():
            headers.append((b"Connection", b"close"))
        response = h11.Response(status_code=self._status, headers=headers, reason=self._reason)
        if measured is not None:
            self.length = int(measured) if measured.isdigit() else None
        return self._protocol.send(response)
