"""What a listener says is under way: all that goes on without a further act of a client's, and nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING

import pytest

from fakejobs.listener import Listener
from tests.live.wire import GET, PATIENCE_S, Client

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Application:
    """It waits at a gate, if there is one, and answers with so many pieces of 64 KiB."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.inside = threading.Event()
        self.pieces = 1

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.inside.set()
        assert self.gate.wait(PATIENCE_S)
        start_response("200 OK", [])
        return (b"x" * 65_536 for _ in range(self.pieces))


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def watched(application: Application) -> Iterator[Listener]:
    with Listener(application, watched=True) as listener:
        yield listener
        application.gate.set()


def until(listener: Listener, wanted: Callable[[set[Hashable]], bool]) -> set[Hashable]:
    """Ask until the answer is as wanted; every question lets the other threads run."""
    never = threading.Event()
    for _ in range(2_000):
        found = listener.under_way()
        if wanted(found):
            return found
        never.wait(0.001)
    pytest.fail(f"still under way: {found}")


def nothing(found: set[Hashable]) -> bool:
    return not found


def test_a_request_from_its_arrival_to_its_answer(watched: Listener, application: Application) -> None:
    client = Client(watched)
    until(watched, nothing)
    application.gate.clear()
    for _ in range(2):
        application.inside.clear()
        client.sock.sendall(GET)
        arrived = watched.under_way()
        assert len(arrived) == 1
        assert application.inside.wait(PATIENCE_S)
        assert watched.under_way() == arrived
        application.gate.set()
        assert len(client.reply().body) == 65_536
        until(watched, nothing)
        application.gate.clear()
    client.close()
    until(watched, nothing)


def test_equal_values_stand_for_the_same_request(watched: Listener, application: Application) -> None:
    application.gate.clear()
    clients = [Client(watched), Client(watched)]
    for client in clients:
        client.sock.sendall(GET)
    both = until(watched, lambda found: len(found) == 2 and watched not in found)
    assert watched.under_way() == both
    application.gate.set()
    for client in clients:
        client.reply()
    until(watched, nothing)
    application.gate.clear()
    clients[0].sock.sendall(GET)
    assert until(watched, bool).isdisjoint(both)
    application.gate.set()
    for client in clients:
        client.close()


def test_connections_that_wait_to_be_accepted(watched: Listener) -> None:
    for _ in range(20):
        with socket.create_connection((watched.host, watched.port)) as client:
            client.sendall(GET)
            while watched.under_way():
                pass
            client.settimeout(0)
            assert client.recv(1, socket.MSG_PEEK) == b"H"
    until(watched, nothing)


def test_what_waits_for_its_client_is_not_under_way(watched: Listener, application: Application) -> None:
    application.pieces = 1_000
    reader, writer, idle = (Client(watched) for _ in range(3))
    reader.sock.sendall(GET)
    writer.sock.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345")
    until(watched, nothing)
    for client in (reader, writer, idle):
        client.close()


def test_a_listener_that_is_closed_has_nothing_under_way(application: Application) -> None:
    with Listener(application, watched=True) as listener, socket.create_connection((listener.host, listener.port)):
        until(listener, nothing)
    assert listener.under_way() == set()


def test_no_moment_between_request_and_answer_looks_idle(watched: Listener, application: Application) -> None:
    client = Client(watched)
    client.sock.sendall(GET)
    client.reply()
    client.sock.settimeout(0)
    for _ in range(300):
        until(watched, nothing)
        client.sock.sendall(GET)
        while watched.under_way():
            pass
        assert client.sock.recv(1, socket.MSG_PEEK) == b"H"
        client.sock.settimeout(PATIENCE_S)
        client.reply()
    client.close()
