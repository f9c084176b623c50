"""Connections that faults hold: whatever ends that ends it at once, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

import fakejobs
from fakejobs import FakeJobs
from fakejobs.fake import behind
from fakejobs.listener.exchange import Connection
from fakejobs.listener.holding import Held, drops
from tests.live.wire import Client, Connect, held, request, until, until_held

LONG_S = 3600
MANY = 50
PART = b"[" + ",".join(f'{{"n":{number},"t":"é日"}}' for number in range(2)).encode()
STALLED = b"\r\n%x\r\n%b\r\n" % (len(PART), PART)


def array(fake: FakeJobs) -> bytes:
    return request(fake, "/items/1/1/1?format=json")


def connections(fake: FakeJobs) -> int:
    listener = behind(fake)._listener
    return 0 if listener is None else len(listener._connections)


def _removed_by_a_client(fake: FakeJobs) -> None:
    body = b'{"number": 1}'
    fields = b"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    with closing(Client(fake)) as client:
        assert client.ask(b"POST /__fakejobs__/remove_fault HTTP/1.1\r\n%b\r\n%b" % (fields, body)).status == 200


ENDS: dict[str, Callable[[FakeJobs], object]] = {
    "remove()": lambda fake: fake.faults[0].remove(),
    "reset()": FakeJobs.reset,
    "close()": FakeJobs.close,
    "leaving the with": lambda fake: fake.faults[0].__exit__(None, None, None),
    "the control door": _removed_by_a_client,
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("error", ["timeout", "stall"])
def test_all_that_a_fault_holds_ends_with_it(fake: FakeJobs, connect: Connect, error: str, end: str) -> None:
    fake.fail("items", error=error, times=None, hold=LONG_S, after_rows=2 if error == "stall" else None)
    clients = [connect(fake) for _ in range(MANY)]
    for client in clients:
        client.send(array(fake))
    until_held(fake, MANY)
    ENDS[end](fake)
    for client in clients:
        data, how = client.until_end()
        assert data[-len(STALLED) :] == (b"" if error == "timeout" else STALLED)
        assert how == "reset" or end == "close()"  # which ends all connections, whatever happens on them
    until(lambda: connections(fake) == held(fake) == 0)


@pytest.mark.parametrize("error", ["timeout", "stall"])
@pytest.mark.parametrize("leave", [Client.close, Client.reset], ids=["end", "reset"])
def test_a_client_that_leaves_is_held_no_more(connect: Connect, error: str, leave: Callable[[Client], None]) -> None:
    with fakejobs.serve() as fake:  # which raises at its end what was wrong
        fake.add_job("books", project=1, state="finished", items=[{"n": 1}, {"n": 2}])
        fake.fail("items", error=error, hold=LONG_S)
        client = connect(fake)
        client.send(array(fake))
        until_held(fake)
        if error == "stall":
            assert client.file.readline() == b"HTTP/1.1 200 OK\r\n"
        leave(client)
        until(lambda: connections(fake) == held(fake) == 0)
        assert connect(fake).ask(array(fake)).complete


def test_a_request_that_comes_after_its_fault_was_removed_is_not_held(fake: FakeJobs, connect: Connect, monkeypatch: Any) -> None:
    """Between taking the call and holding it, that is."""
    fault = fake.fail("items", error="timeout", hold=LONG_S)
    hold = Connection.hold

    def remove_and_hold(connection: Connection, seconds: float) -> Held:
        fault.remove()
        return hold(connection, seconds)

    monkeypatch.setattr(Connection, "hold", remove_and_hold)
    client = connect(fake)
    client.send(array(fake))
    assert client.until_end() == (b"", "reset")


def test_a_fault_with_the_number_of_one_that_was_removed_holds(fake: FakeJobs, connect: Connect) -> None:
    fake.fail("items", error="timeout", hold=LONG_S)
    steps = [step for step in fake.dump() if "fail" in step or "restore_fault" in step]
    for _ in range(2):
        client = connect(fake)
        client.send(array(fake))
        until_held(fake)
        fake.faults[0].remove()
        assert client.until_end() == (b"", "reset")
        fake.reset()
        fake.load(steps)
        assert [fault.number for fault in fake.faults] == [1]


@pytest.mark.skipif(drops(), reason="there is no telling that a client leaves but by reading what it sends")
def test_what_a_client_sends_meanwhile_neither_ends_the_wait_nor_is_served(fake: FakeJobs, connect: Connect) -> None:
    fake.fail("items", error="timeout", hold=LONG_S)
    client = connect(fake)
    client.send(array(fake))
    until_held(fake)
    client.send(array(fake) * 2)
    other = connect(fake)
    assert other.ask(array(fake)).complete
    assert held(fake) == 1
    fake.faults[0].remove()
    assert client.until_end() == (b"", "reset")
    assert len(fake.calls) == 2


@pytest.fixture
def sleeping() -> Iterator[FakeJobs]:
    """A fake whose clock moves when somebody sleeps."""
    with fakejobs.serve(clock="sleep") as fake:
        yield fake


@pytest.mark.parametrize("error", ["timeout", "stall"])
def test_who_is_held_is_not_under_way(nothing_is_left: None, sleeping: FakeJobs, connect: Connect, error: str) -> None:
    """So that the sleeps of others, which wait for what is under way, go on."""
    sleeping.fail("jobs/list", error=error, hold=LONG_S)
    client = connect(sleeping)
    client.send(request(sleeping, "/api/jobs/list.json?project=1"))
    until_held(sleeping)
    listener = behind(sleeping)._listener
    assert listener is not None
    until(lambda: not listener.under_way())
    assert held(sleeping) == 1


def test_spared_calls_are_not_held(fake: FakeJobs, connect: Connect) -> None:
    fault = fake.fail("items", error="timeout", hold=LONG_S, times=None)
    with fake.spared():
        assert connect(fake).ask(array(fake)).complete
    assert (fault.calls, fault.hits) == (0, 0)
