"""Fixtures of the tests with real sockets: listeners and clients that end with their test, and a look at what is left after it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import fakejobs
from fakejobs import FakeJobs
from fakejobs.listener import Listener
from tests.live.wire import Client

DESCRIPTORS = Path("/proc/self/fd")


def open_descriptors() -> dict[str, str]:
    """Return this process's descriptors and what they are, where the system tells."""
    found = {}
    for entry in DESCRIPTORS.iterdir() if DESCRIPTORS.exists() else ():
        with suppress(FileNotFoundError):  # the one that the listing itself used
            found[entry.name] = str(entry.readlink())
    return found


@pytest.fixture
def nothing_is_left() -> Iterator[None]:
    """Fail the test if it leaves a thread or a descriptor behind."""
    threads = set(threading.enumerate())
    descriptors = open_descriptors()
    yield
    assert set(threading.enumerate()) - threads == set()
    assert {number: what for number, what in open_descriptors().items() if descriptors.get(number) != what} == {}


@pytest.fixture
def errors() -> list[tuple[str, BaseException]]:
    """What the listeners of this test reported through ``on_error``."""
    return []


@pytest.fixture
def serve(nothing_is_left: None, errors: list[tuple[str, BaseException]]) -> Iterator[Callable[..., Listener]]:
    """Open listeners: ``serve(app, **options)``; they are closed after the test."""
    listeners: list[Listener] = []

    def open_listener(app: Any, **options: Any) -> Listener:
        options.setdefault("on_error", lambda where, error: errors.append((where, error)))
        listeners.append(Listener(app, **options))
        return listeners[-1]

    yield open_listener
    for listener in listeners:
        listener.close()


@pytest.fixture
def fake(nothing_is_left: None) -> Iterator[FakeJobs]:
    """A fake on a socket, in which three jobs of five items each are finished; it ends before the clients of this test do."""
    with fakejobs.serve() as fake:
        for _ in range(3):
            fake.add_job("books", project=1, state="finished", items=[{"n": number, "t": "é日"} for number in range(5)])
        yield fake


@pytest.fixture
def connect(nothing_is_left: None) -> Iterator[Callable[[Listener | FakeJobs], Client]]:
    """Open client connections: ``connect(listener)``, or a fake; they are closed after the test."""
    clients: list[Client] = []

    def open_client(listener: Listener | FakeJobs) -> Client:
        clients.append(Client(listener))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()
