"""Answers of which nothing comes: the connection is reset, ends, is held, or carries what is no HTTP.

Without a socket, the caller of the application gets the exception that a client would.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from fakejobs.faults.delivery import Delivery
from fakejobs.listener.exchange import ClientLeft, Connection, NoAnswer
from fakejobs.listener.holding import Held

NO_HTTP = b"\x16\x03\x01\x00 this is no answer of HTTP\r\n\r\n"


def reset(delivery: Delivery) -> Iterable[bytes]:
    """Reset the connection."""
    reset_now(connection_of(delivery))


def close(delivery: Delivery) -> Iterable[bytes]:
    """End the connection without a byte."""
    connection_of(delivery)
    raise NoAnswer


def hold(delivery: Delivery) -> Iterable[bytes]:
    """Send nothing, and hold the connection."""
    hold_now(delivery)


def garbage(delivery: Delivery) -> Iterable[bytes]:
    """Send what is no HTTP, and end the connection."""
    connection_of(delivery).send_raw(NO_HTTP)
    raise NoAnswer


def reset_now(connection: Connection) -> NoReturn:
    """Reset a connection, of which nothing more comes."""
    connection.reset()
    raise ClientLeft


def hold_now(delivery: Delivery) -> NoReturn:
    """Hold a connection, of which nothing more comes, and reset it then."""
    if delivery.connection is None:
        raise TimeoutError(f"fault #{delivery.number}: nothing more comes")
    if delivery.waits.hold(delivery.number, delivery.connection, delivery.rule) is not Held.LEFT:
        delivery.connection.reset()
    raise ClientLeft


def connection_of(delivery: Delivery) -> Connection:
    """Return the connection; without one, raise what a client would see."""
    if delivery.connection is None:
        raise ConnectionResetError(f"fault #{delivery.number}: {delivery.rule.way}")
    return delivery.connection
