"""Answers that come late, or slowly: by the fake's clock or for real, and what ends that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

import fakejobs
from fakejobs import FakeJobs
from fakejobs.fake import behind
from fakejobs.listener.exchange import Connection
from fakejobs.listener.holding import Held
from tests.live.wire import Client, Connect, held, request, until, until_held

LONG_S = 3600.0
TINY_S = 0.001
SLOWEST = 1 / LONG_S
"""A rate at which the second byte takes an hour."""


@pytest.fixture
def manual(nothing_is_left: None) -> Iterator[FakeJobs]:
    """A fake whose clock stands still unless something moves it."""
    with fakejobs.serve(clock="manual") as fake:
        yield fake


@pytest.fixture
def real(nothing_is_left: None) -> Iterator[FakeJobs]:
    """A fake whose clock is the machine's."""
    with fakejobs.serve(clock="real") as fake:
        yield fake


def counting(fake: FakeJobs) -> bytes:
    return request(fake, "/api/jobs/count.json?project=1")


@pytest.mark.parametrize("fault", [{"error": "slow"}, {"status": 503}])
@pytest.mark.parametrize("delay", [90, timedelta(minutes=1, seconds=30)])
def test_a_delay_moves_the_clock(manual: FakeJobs, connect: Connect, fault: dict[str, Any], delay: Any) -> None:
    now_ms = behind(manual).cloud.now_ms
    before = now_ms()
    manual.fail("jobs/count", delay=delay, **fault)
    assert connect(manual).ask(counting(manual)).status == fault.get("status", 200)
    assert now_ms() - before == 90_000
    assert manual.calls[-1].failed.endswith("90 s late")


def test_under_a_real_clock_a_delay_waits(real: FakeJobs, connect: Connect) -> None:
    real.fail("jobs/count", error="slow", delay=TINY_S)
    assert connect(real).ask(counting(real)).json()["total"] == 0
    fault = real.fail("jobs/count", error="slow", delay=LONG_S)
    client = connect(real)
    client.send(counting(real))
    until_held(real)
    fault.remove()
    assert client.reply().json()["total"] == 0


@pytest.mark.parametrize("more", ["", "Accept-Encoding: gzip\r\n"])
def test_one_that_is_late_comes_whole_and_the_connection_is_kept(fake: FakeJobs, connect: Connect, more: str) -> None:
    client = connect(fake)
    whole = client.ask(request(fake, more=more)).body
    fake.fail("items", error="slow", real_delay=TINY_S)
    assert client.ask(request(fake, more=more)).body == whole
    assert client.ask(request(fake, more=more)).body == whole


@pytest.mark.parametrize("fault", [{"rate": 1_000_000}, {"real_delay": TINY_S, "rate": 10.0**9}])
@pytest.mark.parametrize("more", ["", "Accept-Encoding: gzip\r\n"])
def test_one_that_is_slow_comes_whole_and_says_that_it_is_the_last(
    fake: FakeJobs, connect: Connect, fault: dict[str, Any], more: str
) -> None:
    """A fault that ends in the middle of it ends the connection, on which a client might send its next request meanwhile."""
    client = connect(fake)
    whole = client.ask(request(fake, more=more)).body
    fake.fail("items", error="slow", **fault)
    reply = client.ask(request(fake, more=more))
    assert (reply.body, reply.headers["connection"]) == (whole, "close")
    assert client.is_at_end()


ENDS: dict[str, Callable[[FakeJobs], object]] = {"remove()": lambda fake: fake.faults[0].remove(), "reset()": FakeJobs.reset}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    ("method", "fault"),
    [("GET", {"real_delay": LONG_S}), ("HEAD", {"real_delay": LONG_S}), ("GET", {"rate": SLOWEST, "real_delay": TINY_S})],
)
@pytest.mark.parametrize("target", ["/items/1/1/1", "/api/jobs/list.json?project=1"])
def test_what_is_left_comes_at_once_when_the_fault_ends(
    fake: FakeJobs, connect: Connect, target: str, method: str, fault: dict[str, Any], end: str
) -> None:
    fake.fail(error="slow", times=None, **fault)
    clients = [connect(fake) for _ in range(5)]
    for client in clients:
        client.send(request(fake, target, method))
    until_held(fake, 5)
    ENDS[end](fake)
    for client in clients:
        reply = client.reply(method)
        assert (reply.status, reply.complete) == (200, True)
        assert (len(reply.body) > 90) == (method == "GET")
        client.close()
    until(lambda: held(fake) == 0)


@pytest.mark.parametrize("fault", [{"real_delay": LONG_S}, {"rate": SLOWEST}])
@pytest.mark.parametrize("leave", [Client.close, Client.reset], ids=["end", "reset"])
def test_a_client_that_leaves(fake: FakeJobs, connect: Connect, fault: dict[str, Any], leave: Callable[[Client], None]) -> None:
    fake.fail("items", error="slow", **fault)
    client = connect(fake)
    client.send(request(fake))
    until_held(fake)
    if "rate" in fault:
        assert client.file.readline() == b"HTTP/1.1 200 OK\r\n"
    leave(client)
    listener = behind(fake)._listener
    assert listener is not None
    until(lambda: held(fake) == len(listener._connections) == 0)


def test_the_rate_is_that_of_the_bytes(fake: FakeJobs, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by how long it means to wait; twenty pieces a second."""
    waits: list[float] = []

    def hold(connection: Connection, seconds: float) -> Held:
        waits.append(seconds)
        return Held.OVER

    monkeypatch.setattr(Connection, "hold", hold)
    whole = connect(fake).ask(request(fake)).body
    fake.fail("items", error="slow", rate=200, real_delay=7)
    assert connect(fake).ask(request(fake)).body == whole
    assert (len(whole), waits) == (100, [7, *[0.05] * 10])
    waits.clear()
    fake.fail("items", error="slow", rate=0.5)
    assert connect(fake).ask(request(fake)).body == whole
    assert waits == [2] * 100


def test_one_that_ends_in_the_middle_of_a_slow_answer(fake: FakeJobs, connect: Connect) -> None:
    """Closing the fake ends it as any connection."""
    fake.fail("items", error="slow", rate=SLOWEST)
    client = connect(fake)
    client.send(request(fake))
    until_held(fake)
    fake.close()
    assert client.until_end()[0].startswith(b"HTTP/1.1 200 OK\r\n")
