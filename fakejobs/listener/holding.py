"""How a connection waits while nothing is sent on it: until its client leaves or the time is over."""

from __future__ import annotations

import select
import socket
from enum import Enum

_PIECE = 64 * 1024
_LEAVES = getattr(select, "POLLRDHUP", 0)
"""What poll tells of a client that ends the connection, where it can."""


class Held(Enum):
    """How a connection has come to be held no more."""

    LEFT = "left"
    """Its client has ended it."""
    RELEASED = "released"
    """release(), or we have shut it down."""
    OVER = "over"
    """The time is over."""


def drops() -> bool:
    """Say whether what a client sends while it waits is dropped."""
    return not (_LEAVES and hasattr(select, "poll"))


def lasts(sock: socket.socket, seconds: float) -> bool:
    """Wait so many real seconds, or until the connection ends; say whether it has lasted.

    Where the system cannot tell that a client leaves but by reading, what it sends is dropped, and each piece begins the wait anew.
    """
    try:
        if not drops():
            poll = select.poll()
            poll.register(sock, _LEAVES)
            return not poll.poll(seconds * 1000)
        sock.settimeout(seconds)
        try:
            while sock.recv(_PIECE):
                pass
        finally:
            sock.settimeout(None)  # what is sent later takes the time that it takes
    except TimeoutError:
        return True
    except (OSError, ValueError):  # it is closed
        pass
    return False
