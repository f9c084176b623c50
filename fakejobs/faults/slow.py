"""Answers that come late, or slowly. How much of the fake's time passes is said elsewhere; here it is real.

One that comes slowly says in its head that it is the last one on its connection: a fault that ends meanwhile ends that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fakejobs.faults.delivery import Delivery
from fakejobs.listener.exchange import ClientLeft, Connection
from fakejobs.listener.holding import Held

PIECES_A_SECOND = 20


def leave(delivery: Delivery) -> Iterable[bytes]:
    """Send the answer late or slowly; without a socket, at once."""
    rule, connection = delivery.rule, delivery.connection
    if connection is None:
        return delivery.whole()
    if rule.real_delay_s is not None:
        _wait(delivery, connection, rule.real_delay_s)
    chunks = delivery.whole()
    if rule.rate is None:
        return chunks
    connection.end_after_answer()
    return _slowly(delivery, connection, chunks, rule.rate)


def _slowly(delivery: Delivery, connection: Connection, chunks: Iterable[bytes], rate: float) -> Iterator[bytes]:
    """Yield the pieces of a body so that it comes at a rate of bytes a second; once the fault has ended, at once."""
    size = max(1, int(rate / PIECES_A_SECOND))
    is_slow = True
    for chunk in chunks:
        place = 0
        while place < len(chunk):
            piece = chunk[place : place + size] if is_slow else chunk[place:]
            place += len(piece)
            yield piece
            is_slow = is_slow and _wait(delivery, connection, len(piece) / rate)


def _wait(delivery: Delivery, connection: Connection, seconds: float) -> bool:
    """Wait; say whether the fault goes on, and let the answer end if the client has left."""
    held = delivery.waits.pause(delivery.number, connection, seconds)
    if held is Held.LEFT:
        raise ClientLeft
    return held is Held.OVER
