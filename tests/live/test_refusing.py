"""Connections that are refused: at once and only new ones, on a port that stays, until that is over."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Barrier, Thread
from typing import Any

import pytest

import fakejobs
from fakejobs import FakeJobs, SeedError, serve
from fakejobs.fake import behind
from fakejobs.listener import Listener
from tests.live.wire import GET, PATIENCE_S, Client, Connect, hello, request, until

LONG_S = 3600.0
TINY_S = 0.001

Serve = Callable[..., Listener]


def is_refused(listener: Listener | FakeJobs) -> bool:
    """Say whether a connection is refused now; who waits in vain fails."""
    try:
        Client(listener).close()
    except ConnectionRefusedError:
        return True
    return False


def test_new_connections_are_refused_and_open_ones_served(serve: Serve, connect: Connect) -> None:
    listener = serve(hello)
    client = connect(listener)
    assert client.ask(GET).body == b"hello"
    listener.refuse()
    assert [is_refused(listener) for _ in range(3)] == [True] * 3
    assert client.ask(GET).body == b"hello"
    listener.accept_again()
    assert connect(listener).ask(GET).body == b"hello"
    assert client.ask(GET).body == b"hello"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("is_by_number", [False, True])
def test_the_port_stays(serve: Serve, connect: Connect, host: str, *, is_by_number: bool) -> None:
    if host == "::1" and not _has_ipv6():
        pytest.skip("there is no IPv6 here")
    port = 0
    if is_by_number:
        with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as free:
            port = free.getsockname()[1]
    listener = serve(hello, host=host, port=port)
    url, port = listener.url, listener.port
    for _ in range(3):
        listener.refuse()
        assert is_refused(listener)
        listener.accept_again()
        assert connect(listener).ask(GET).body == b"hello"
    assert (listener.url, listener.port) == (url, port)


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def test_nobody_else_gets_the_port(serve: Serve) -> None:
    listener = serve(hello)
    listener.refuse()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((listener.host, listener.port))


def test_who_waits_to_be_accepted_is_reset(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = serve(hello)
    inside, go_on = Barrier(2, timeout=PATIENCE_S), Barrier(2, timeout=PATIENCE_S)
    accept = listener._accept

    def slowly() -> bool:
        monkeypatch.setattr(listener, "_accept", accept)
        inside.wait()
        go_on.wait()
        return accept()

    monkeypatch.setattr(listener, "_accept", slowly)
    first = connect(listener)
    inside.wait()
    waiting = [connect(listener) for _ in range(5)]
    refusing = Thread(target=listener.refuse)
    refusing.start()
    until(lambda: listener._wishes)
    go_on.wait()
    refusing.join(PATIENCE_S)
    assert [client.until_end() for client in waiting] == [(b"", "reset")] * 5
    assert first.ask(GET).body == b"hello"


def test_for_a_while(serve: Serve, connect: Connect) -> None:
    listener = serve(hello)
    listener.refuse(LONG_S)
    assert is_refused(listener)
    listener.refuse(TINY_S)
    until(lambda: not is_refused(listener))
    assert connect(listener).ask(GET).body == b"hello"


def test_what_was_said_last_counts(serve: Serve) -> None:
    listener = serve(hello)
    listener.accept_again()
    assert not is_refused(listener)
    listener.refuse(TINY_S)
    listener.refuse()
    assert is_refused(listener)
    listener.refuse(LONG_S)
    listener.accept_again()
    listener.accept_again()
    assert not is_refused(listener)


def test_many_threads_may_ask(serve: Serve) -> None:
    listener = serve(hello)

    def ask() -> None:
        for _ in range(20):
            listener.refuse(LONG_S)
            listener.accept_again()

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with suppress(ConnectionResetError):  # it came just before they were refused
            is_refused(listener)
    listener.accept_again()
    assert not is_refused(listener)


def test_close_while_it_refuses(serve: Serve, connect: Connect) -> None:
    listener = serve(hello)
    client = connect(listener)
    client.ask(GET)
    listener.refuse(LONG_S)
    listener.close()
    assert client.is_at_end()
    assert is_refused(listener)
    listener.refuse()
    listener.accept_again()
    assert is_refused(listener)


def test_close_and_wishes_at_once(serve: Serve) -> None:
    for _ in range(20):
        listener = serve(hello)
        threads = [Thread(target=listener.refuse) for _ in range(4)] + [Thread(target=listener.close)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert not any(thread.is_alive() for thread in threads)


def test_the_watched_one_has_nothing_under_way_while_it_refuses(serve: Serve, connect: Connect) -> None:
    listener = serve(hello, watched=True)
    client = connect(listener)
    client.ask(GET)
    listener.refuse()
    assert is_refused(listener)
    until(lambda: not listener.under_way())
    client.ask(GET)
    until(lambda: not listener.under_way())
    listener.accept_again()
    late = connect(listener)
    late.send(GET)
    while listener.under_way():
        pass
    late.sock.settimeout(0)
    assert late.sock.recv(1, socket.MSG_PEEK) == b"H"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_has_nothing_of_it(serve: Serve, connect: Connect) -> None:
    listener = serve(hello)
    client = connect(listener)
    client.ask(GET)
    listener.refuse(LONG_S)
    ready, write = os.pipe()
    child = os.fork()
    if not child:  # nothing of the test may run on here
        try:
            listener.accept_again()
            listener.close()
            os.write(write, b"%d" % listener._socket.fileno())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(ready, "rb") as told:
        assert told.read() == b"-1"
    os.waitpid(child, 0)
    assert is_refused(listener)
    assert client.ask(GET).body == b"hello"
    listener.accept_again()
    assert connect(listener).ask(GET).body == b"hello"


# ------------------------------------------------------------ as a fault


def items(fake: FakeJobs) -> bytes:
    return request(fake, "/items/1/1/1")


def test_as_a_fault(fake: FakeJobs, connect: Connect) -> None:
    client = connect(fake)
    assert client.ask(items(fake)).complete  # so that it is accepted by now
    with fake.fail(error="refused") as fault:
        assert is_refused(fake)
        assert client.ask(items(fake)).complete
    assert connect(fake).ask(items(fake)).complete
    with fake.outage(error="refused"):
        assert is_refused(fake)
    assert not is_refused(fake)
    assert (fault.calls, [call.fault for call in fake.calls]) == (0, [None] * 3)


def test_who_is_connected_already_may_remove_it(fake: FakeJobs, connect: Connect) -> None:
    client = connect(fake)
    host = "Host: 127.0.0.1\r\nContent-Type: application/json\r\n"

    def told(verb: str, body: str) -> int:
        return client.ask(f"POST /__fakejobs__/{verb} HTTP/1.1\r\n{host}Content-Length: {len(body)}\r\n\r\n{body}".encode()).status

    assert told("fail", '{"error": "refused"}') == 400
    assert not is_refused(fake)
    assert told("fail", '{"error": "refused", "for_s": 3600}') == 200
    assert is_refused(fake)
    assert told("remove_fault", '{"number": 1}') == 200
    assert not is_refused(fake)


@pytest.mark.parametrize("end", [lambda fake: fake.reset(), lambda fake: fake.faults[0].remove()], ids=["reset()", "remove()"])
def test_it_is_over_when_its_fault_is(fake: FakeJobs, end: Callable[[FakeJobs], object]) -> None:
    fake.fail(error="refused", for_s=LONG_S)
    assert is_refused(fake)
    end(fake)
    assert not is_refused(fake)


def test_as_long_as_one_of_two_refuses(fake: FakeJobs) -> None:
    first, second = fake.fail(error="refused"), fake.fail(error="refused", for_s=LONG_S)
    first.remove()
    assert is_refused(fake)
    second.remove()
    assert not is_refused(fake)


def test_another_refuses_after_the_time_of_the_first(fake: FakeJobs) -> None:
    fake.fail(error="refused", for_s=TINY_S)
    until(lambda: not is_refused(fake))
    second = fake.fail(error="refused")
    assert is_refused(fake)
    second.remove()
    assert not is_refused(fake)


def test_the_longest_of_some_counts(fake: FakeJobs) -> None:
    fake.fail(error="refused", for_s=LONG_S)
    fake.fail(error="refused", for_s=TINY_S)
    fake.faults[1].remove()
    assert is_refused(fake)
    fake.fail(error="refused", for_s=TINY_S)
    fake.faults[0].remove()
    until(lambda: not is_refused(fake))


def test_a_fault_whose_time_is_over_does_not_refuse_anew(fake: FakeJobs) -> None:
    fake.fail(error="refused", for_s=TINY_S)
    until(lambda: not is_refused(fake))
    fake.fail(status=503).remove()
    assert not is_refused(fake)


def test_close_of_a_fake_that_refuses(nothing_is_left: None) -> None:
    with serve() as fake:
        fake.fail(error="refused")
    with serve() as fake:
        fake.fail(error="refused", for_s=LONG_S)


def test_declared_before_there_is_a_socket(nothing_is_left: None) -> None:
    with FakeJobs() as fake:
        fault = fake.fail(error="refused")
        behind(fake).listen()
        assert is_refused(fake)
        fault.remove()
        assert not is_refused(fake)


def test_of_a_seed(nothing_is_left: None) -> None:
    steps: list[dict[str, Any]] = [{"fail": {"error": "refused"}}]
    with serve() as fake:
        fake.load(steps)
        assert is_refused(fake)
        fake.faults[0].remove()
        with pytest.raises(SeedError, match=r"seed\[1\].finish_job"):
            fake.load([*steps, {"finish_job": {"job": "1/1/1"}}])
        assert (fake.faults, is_refused(fake)) == ([], False)


def test_a_seed_that_fails_leaves_what_refuses(fake: FakeJobs) -> None:
    fault = fake.fail(error="refused")
    with pytest.raises(SeedError, match=r"seed\[1\].finish_job"):
        fake.load([{"fail": {"error": "refused", "for_s": TINY_S}}, {"finish_job": {"job": "9/9/9"}}])
    assert (fake.faults, is_refused(fake)) == ([fault], True)
    fault.remove()
    assert not is_refused(fake)


@pytest.fixture
def sleeping(nothing_is_left: None) -> Iterator[FakeJobs]:
    """A fake whose clock moves when somebody sleeps."""
    with fakejobs.serve(clock="sleep") as fake:
        yield fake


def test_while_somebody_sleeps(sleeping: FakeJobs) -> None:
    listener = behind(sleeping)._listener
    assert listener is not None
    with sleeping.fail(error="refused"):
        assert is_refused(sleeping)
        until(lambda: not listener.under_way())
    assert not is_refused(sleeping)
