"""Answers of which a part comes: then the connection ends, is held, or is reset.

The part is measured in the content before it is compressed; a cut beyond its end comes before the last byte. An answer without
content comes in chunks of which the last is missing; where no content may come, the first line breaks off.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

from fakejobs.faults.delivery import Delivery
from fakejobs.faults.lost import connection_of, hold_now, reset_now
from fakejobs.faults.rows import end_of_rows
from fakejobs.listener.answer import NO_BODY as WITHOUT_CONTENT
from fakejobs.listener.exchange import NoAnswer
from fakejobs.web.endpoint import NO_BODY
from fakejobs.web.gzipped import HEADERS

_FASTEST = 1
_BROKEN_OFF = b"HTTP/1.1 2"
"""No client takes it for the head of an answer, as some take one that breaks off behind its first line."""


def cut(delivery: Delivery) -> Iterable[bytes]:
    """Send a part, and end the connection so that any client can tell."""
    return _part(delivery, _end)


def stall(delivery: Delivery) -> Iterable[bytes]:
    """Send a part, and hold the connection."""
    return _part(delivery, hold_now)


def reset(delivery: Delivery) -> Iterable[bytes]:
    """Send a part, and reset the connection."""
    return _part(delivery, _reset)


def _end(delivery: Delivery) -> NoReturn:
    connection = connection_of(delivery)
    if connection.ends_bodies:
        reset_now(connection)
    raise NoAnswer


def _reset(delivery: Delivery) -> NoReturn:
    reset_now(connection_of(delivery))


def _part(delivery: Delivery, end: Callable[[Delivery], NoReturn]) -> Iterable[bytes]:
    """Send as much of an answer as its fault lets come, and then end it in a way."""
    outgoing = delivery.outgoing
    if delivery.is_head or outgoing.status in WITHOUT_CONTENT:
        if delivery.connection is not None:
            delivery.connection.send_raw(_BROKEN_OFF)
        end(delivery)
    part, length = (b"", 0) if outgoing.payload is NO_BODY else _measured(delivery)
    if outgoing.gzips and length:
        deflater = zlib.compressobj(_FASTEST, wbits=31)
        part = deflater.compress(part) + deflater.flush(zlib.Z_SYNC_FLUSH)
        delivery.begin(*HEADERS)
    elif isinstance(outgoing.chunks, (list, tuple)) and length:
        delivery.begin(("Content-Length", str(length)))
    else:
        delivery.begin()
    return _sent(delivery, part, end)


def _sent(delivery: Delivery, part: bytes, end: Callable[[Delivery], NoReturn]) -> Iterator[bytes]:
    if delivery.connection is not None and not part:
        delivery.connection.send_head()
    yield part
    end(delivery)


def _measured(delivery: Delivery) -> tuple[bytes, int]:
    """Return the part of the content that comes, and how long the whole is."""
    rule, outgoing = delivery.rule, delivery.outgoing
    content = b"".join(outgoing.chunks)
    if rule.after_rows is not None:
        end = end_of_rows(content, rule.after_rows, outgoing.form.content_type or "")
    else:
        end = len(content) // 2 if rule.after_bytes is None else rule.after_bytes
    return content[: max(0, min(end, len(content) - 1))], len(content)
