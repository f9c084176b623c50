"""Waiting until a client leaves or the time is over, also where the system tells of one that leaves only who reads."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from fakejobs.listener import holding
from tests.live.wire import PATIENCE_S

TINY_S = 0.001
Ends = tuple[socket.socket, socket.socket]


@pytest.fixture(params=[True, False], ids=["told", "by reading"])
def is_told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the system tells."""
    if not request.param:
        monkeypatch.setattr(holding, "_LEAVES", 0)
    elif holding.drops():
        pytest.skip("this system does not")
    return bool(request.param)


@pytest.fixture
def ends(nothing_is_left: None) -> Iterator[Ends]:
    """A connection: our end, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as theirs:
        ours, _ = listening.accept()
        with ours:
            yield ours, theirs


def _reset(theirs: socket.socket) -> None:
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()


LEAVING: dict[str, Callable[[Ends], object]] = {
    "close": lambda ends: ends[1].close(),
    "reset": lambda ends: _reset(ends[1]),
    "end of sending": lambda ends: ends[1].shutdown(socket.SHUT_WR),
    "release": lambda ends: ends[0].shutdown(socket.SHUT_RD),
    "end of both": lambda ends: ends[0].shutdown(socket.SHUT_RDWR),
}


@pytest.mark.parametrize("leave", LEAVING)
@pytest.mark.parametrize("sent", [b"", b"x" * 1000])
def test_it_ends_with_the_connection(ends: Ends, leave: str, sent: bytes, *, is_told: bool) -> None:
    lasted: list[bool] = []
    thread = Thread(target=lambda: lasted.append(holding.lasts(ends[0], PATIENCE_S)))
    thread.start()
    ends[1].sendall(sent)
    LEAVING[leave](ends)
    thread.join(PATIENCE_S)
    assert lasted == [False]


@pytest.mark.parametrize("sent", [b"", b"x" * 1000])
def test_it_ends_with_the_time(ends: Ends, sent: bytes, *, is_told: bool) -> None:
    ends[1].sendall(sent)
    assert holding.lasts(ends[0], TINY_S)
    assert ends[0].gettimeout() is None  # what is sent later may take longer
    assert holding.drops() is not is_told
    if is_told and sent:
        assert ends[0].recv(2000) == sent


def test_of_a_closed_connection(ends: Ends, *, is_told: bool) -> None:
    ends[0].close()
    assert not holding.lasts(ends[0], PATIENCE_S)
