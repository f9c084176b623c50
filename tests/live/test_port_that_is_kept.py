"""The port of a listener that refuses connections: nobody else gets it, and what comes of it if somebody does all the same."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from fakejobs.listener import Listener
from tests.live.test_refusing import TINY_S, is_refused
from tests.live.wire import GET, Client, hello, until

Serve = Callable[..., Listener]
Connect = Callable[[Listener], Client]


@pytest.mark.skipif(os.name != "posix", reason="reuse means something else there")
@pytest.mark.parametrize("allows_reuse", [False, True])
@pytest.mark.parametrize("has_clients", [False, True])
def test_nobody_else_gets_the_port(serve: Serve, connect: Connect, *, has_clients: bool, allows_reuse: bool) -> None:
    listener = serve(hello)
    if has_clients:
        assert connect(listener).ask(GET).body == b"hello"
    for _ in range(2):
        listener.refuse()
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, allows_reuse)
            with pytest.raises(OSError, match="in use"):
                other.bind((listener.host, listener.port))
        listener.accept_again()
        assert not is_refused(listener)


def test_a_port_that_is_lost_is_told_who_asks(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """It should not happen, and yet neither the accepting thread may end nor anybody wait for it."""
    listener = serve(hello)
    client = connect(listener)
    assert client.ask(GET).body == b"hello"
    monkeypatch.setattr("fakejobs.listener.listener.refusing", _is_lost)
    with pytest.raises(OSError, match="has lost its port while it refused connections: somebody has it"):
        listener.refuse()
    listener.refuse()
    for _ in range(2):
        with pytest.raises(OSError, match="has lost its port while it refused connections"):
            listener.accept_again()
    assert is_refused(listener)
    assert client.ask(GET).body == b"hello"


def test_a_port_that_is_lost_when_the_time_is_over(serve: Serve, monkeypatch: pytest.MonkeyPatch, errors: list[Any]) -> None:
    listener = serve(hello)
    monkeypatch.setattr("fakejobs.listener.listener.listening_again", _is_lost)
    listener.refuse(TINY_S)
    until(lambda: errors)
    told = f"{listener.url} has lost its port while it refused connections: somebody has it"
    assert [(where, str(error)) for where, error in errors] == [("accepting connections again", told)]
    assert is_refused(listener)


def _is_lost(sock: socket.socket) -> socket.socket:
    sock.close()
    raise OSError("somebody has it")
