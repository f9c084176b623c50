"""The life of a listener: ports, threads, and an end that leaves nothing behind, whatever is going on when it comes."""

from __future__ import annotations

import _socket
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest
import requests

from fakejobs.listener import Listener, ListenerBusy, sockets, threads
from fakejobs.listener.listener import GRACE_S
from tests.live.wire import GET, PATIENCE_S, Client, hello

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Serve = Callable[..., Listener]
Connect = Callable[[Listener], Client]
Errors = list[tuple[str, BaseException]]

ROOT = Path(__file__).parents[2]
SCRIPT_PATH = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])


class Gate:
    """An application that holds each request until the gate is opened."""

    def __init__(self) -> None:
        self.inside = threading.Semaphore(0)
        self.opened = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.inside.release()
        assert self.opened.wait(PATIENCE_S)
        return hello(environ, start_response)

    def wait_for_request(self) -> None:
        """Wait until one more request is inside."""
        assert self.inside.acquire(timeout=PATIENCE_S)


@pytest.fixture
def gate(nothing_is_left: None) -> Iterator[Gate]:
    """A gate that is opened after the test at the latest."""
    gate = Gate()
    yield gate
    gate.opened.set()


def is_refused(listener: Listener) -> bool:
    """Tell whether the kernel refuses connections to the listener's port."""
    try:
        socket.create_connection((listener.host, listener.port), timeout=PATIENCE_S).close()
    except ConnectionRefusedError:
        return True
    return False


def run_script(script: str, *arguments: str) -> str:
    """Run Python code in a process of its own, which can import the package and ``wire``, and return what it printed."""
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", script, *arguments]
    environment = {**os.environ, "PYTHONPATH": SCRIPT_PATH}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=4 * PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# Opening


def test_it_is_open_from_the_start(serve: Serve) -> None:
    with serve(hello) as listener:
        assert listener.host == "127.0.0.1"
        assert listener.port > 0
        assert listener.url == f"http://127.0.0.1:{listener.port}"
        assert repr(listener) == f"<Listener {listener.url}>"
        with requests.Session() as session:
            assert session.get(listener.url, timeout=PATIENCE_S).text == "hello"
    assert repr(listener) == f"<Listener {listener.url} closed>"
    assert is_refused(listener)


def has_ipv6() -> bool:
    """Tell whether this machine can listen on the IPv6 loopback."""
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_ipv6(serve: Serve) -> None:
    def address(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["REMOTE_ADDR"].encode()]

    listener = serve(address, host="::1")
    assert listener.url == f"http://[::1]:{listener.port}"
    with requests.Session() as session:
        assert session.get(listener.url, timeout=PATIENCE_S).text == "::1"


def test_a_host_name(serve: Serve, connect: Connect) -> None:
    listener = serve(hello, host="localhost")
    assert listener.url == f"http://localhost:{listener.port}"
    with Listener(hello, "127.0.0.1") as other:
        assert connect(other).ask(GET).body == b"hello"


def test_a_taken_port_is_refused(serve: Serve, connect: Connect) -> None:
    listener = serve(hello)
    with pytest.raises(OSError, match=r"(?i)in use|10048"):
        Listener(hello, port=listener.port)
    assert connect(listener).ask(GET).body == b"hello"


def test_a_host_of_somebody_else_is_refused(nothing_is_left: None) -> None:
    with pytest.raises(OSError, match=r"(?i)assign|10049"):
        Listener(hello, "192.0.2.1")


def test_a_port_can_be_opened_again_by_number(serve: Serve, connect: Connect) -> None:
    first = serve(hello)
    client = connect(first)
    client.ask(b"GET / HTTP/1.0\r\n\r\n")  # we close first, so that the port stays in TIME_WAIT
    assert client.is_at_end()
    first.close()
    second = serve(hello, port=first.port)
    assert second.port == first.port
    assert connect(second).ask(GET).body == b"hello"


def test_the_default_timeout_of_sockets_does_not_matter(serve: Serve, connect: Connect, gate: Gate) -> None:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.01)
    try:
        listener = serve(gate)
        client = connect(listener)
        client.send(GET[:5])
        one, other = socket.socketpair()
        with one, other, pytest.raises(TimeoutError):
            one.recv(1)
    finally:
        socket.setdefaulttimeout(before)
    gate.opened.set()
    assert client.ask(GET[5:]).body == b"hello"


def test_names_are_not_looked_up(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> str:
        raise AssertionError("a name was looked up")

    for name in ("getfqdn", "gethostbyname", "gethostbyaddr", "gethostname"):
        monkeypatch.setattr(socket, name, fail)
    assert connect(serve(hello)).ask(GET).body == b"hello"


def test_importing_it_is_light() -> None:
    loaded = run_script("import fakejobs.listener, sys; print(*sys.modules)").split()
    assert "h11" in loaded
    assert not {"werkzeug", "requests", "pytest", "fakejobs.cloud", "fakejobs.domain"} & set(loaded)


# Ports


def test_port_memory_forgets_the_oldest() -> None:
    memory = sockets.PortMemory(3)
    for port in (1, 2, 3, 1, 4):
        memory.remember(port)
    assert [port in memory for port in (1, 2, 3, 4)] == [True, False, True, True]
    assert len(memory) == 3


def test_a_port_used_lately_is_passed_over(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "PORTS", sockets.PortMemory(1))  # the system may hand out a port of an earlier test
    used = serve(hello)
    used.close()
    bind = sockets._bind
    asked = []

    def repeat(host: str, port: int) -> socket.socket:
        asked.append(port)
        return bind(host, used.port if len(asked) < 4 else port)

    monkeypatch.setattr(sockets, "_bind", repeat)
    assert serve(hello).port != used.port
    assert asked == [0, 0, 0, 0]


def test_a_port_used_lately_is_taken_when_there_is_no_other(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    used = serve(hello)
    used.close()
    bind = sockets._bind
    monkeypatch.setattr(sockets, "_bind", lambda host, port: bind(host, used.port))
    assert serve(hello).port == used.port


def test_ports_do_not_repeat(nothing_is_left: None) -> None:
    ports = set()
    for _ in range(200):
        with Listener(hello) as listener:
            ports.add(listener.port)
    assert len(ports) == 200


# Threads


def test_threads_have_names(serve: Serve, connect: Connect) -> None:
    names = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        names.append(threading.current_thread().name)
        assert threading.current_thread().daemon
        return hello(environ, start_response)

    listener = serve(app)
    for _ in range(2):
        assert connect(listener).ask(GET).status == 200
    assert names == [f"fakejobs-connection-{listener.port}-{n}" for n in (1, 2)]
    assert f"fakejobs-listener-{listener.port}" in {thread.name for thread in threading.enumerate()}


def test_many_connections_at_once(serve: Serve, connect: Connect) -> None:
    everybody = threading.Barrier(64, timeout=PATIENCE_S)

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        everybody.wait()
        return hello(environ, start_response)

    listener = serve(app)
    clients = [connect(listener) for _ in range(64)]
    for _ in range(3):
        for client in clients:
            client.send(GET)
        assert [client.reply().body for client in clients] == [b"hello"] * 64


def test_connections_wait_in_the_kernel_while_nobody_accepts(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = serve(hello)
    go_on = threading.Event()
    accept = listener._accept
    monkeypatch.setattr(listener, "_accept", lambda: go_on.wait(PATIENCE_S) and accept())
    clients = [connect(listener) for _ in range(200)]
    go_on.set()
    assert [client.ask(GET).status for client in clients] == [200] * 200


def test_it_survives_when_no_thread_can_be_started(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = serve(hello)
    start = threads.start
    refused: list[threading.Thread] = []

    def start_later(thread: threading.Thread) -> None:
        if not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threads, "start", start_later)
    assert connect(listener).is_at_end()
    assert connect(listener).ask(GET).body == b"hello"


NO_DESCRIPTORS = """
import os, resource, socket
from fakejobs.listener import Listener
from wire import GET, hello

resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
with Listener(hello) as listener, socket.socket() as client:
    taken = []
    try:
        while len(taken) < 64:
            taken.append(os.dup(0))
    except OSError:
        pass
    client.settimeout(0.3)
    client.connect((listener.host, listener.port))
    client.sendall(GET)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    try:
        print(client.recv(1000))
    except TimeoutError:
        print("waits")
    print("busy" if resource.getrusage(resource.RUSAGE_SELF).ru_utime - before > 0.1 else "idle")
    for descriptor in taken:
        os.close(descriptor)
    client.settimeout(5)
    print(client.recv(1000)[:12].decode())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of descriptors there")
def test_it_survives_when_there_are_no_descriptors() -> None:
    assert run_script(NO_DESCRIPTORS).splitlines() == ["waits", "idle", "HTTP/1.1 200"]


@pytest.mark.parametrize("target", ["threading.Thread", "threading.Thread.start", "threading.Thread.join"])
def test_it_serves_while_a_test_patches_threads(serve: Serve, connect: Connect, target: str) -> None:
    early = serve(hello)
    with mock.patch(target):
        late = serve(hello)
        assert [connect(listener).ask(GET).body for listener in (early, late)] == [b"hello", b"hello"]
        late.close()
    early.close()


@pytest.mark.parametrize("error", [None, RuntimeError("no sockets"), PermissionError("none")])
def test_it_serves_while_a_test_patches_sockets(serve: Serve, connect: Connect, error: Exception | None) -> None:
    """A client of another process has a socket all the same."""
    listener = serve(hello)
    client = _socket.socket()
    with mock.patch("socket.socket", side_effect=error):
        client.connect((listener.host, listener.port))
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.settimeout(10)
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    client.close()
    assert connect(listener).ask(GET).body == b"hello"
    listener.close()


# Closing


def test_closing_again_does_nothing(serve: Serve) -> None:
    listener = serve(hello)
    listener.close()
    listener.close()
    assert is_refused(listener)


MOMENTS: dict[str, bytes] = {
    "before its first request": b"",
    "within a head": GET[:20],
    "within a body": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc",
    "within a chunk": b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
}


@pytest.mark.parametrize("has_history", [True, False])
@pytest.mark.parametrize("moment", MOMENTS)
def test_it_closes_while_a_client_is(serve: Serve, connect: Connect, errors: Errors, moment: str, has_history: bool) -> None:
    listener = serve(hello)
    client = connect(listener)
    if has_history:
        assert client.ask(GET).status == 200
    client.send(MOMENTS[moment])
    listener.close()
    with suppress(ConnectionResetError):  # what it had sent may have been unread
        client.rest()
    assert is_refused(listener)
    assert errors == []


def test_it_closes_while_a_client_does_not_read(serve: Serve, connect: Connect, errors: Errors) -> None:
    closed = threading.Event()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            for _ in range(1_000):
                yield b"x" * 1_000_000
        finally:
            closed.set()

    listener = serve(app)
    client = connect(listener)
    client.send(GET)
    assert client.file.read(1)
    listener.close()
    assert closed.is_set()
    assert errors == []


def test_it_closes_while_it_waits_for_a_refused_client(serve: Serve, connect: Connect) -> None:
    grace_s = 120.0
    listener = serve(hello, grace_s=grace_s)
    client = connect(listener)
    assert client.ask(b"garbage\r\n\r\n").status == 400
    assert client.is_at_end()  # and the client stays
    started = time.perf_counter()
    listener.close()
    assert time.perf_counter() - started < grace_s / 2


def test_a_request_that_returns_in_time_does_not_fail_the_close(serve: Serve, connect: Connect, gate: Gate, errors: Errors) -> None:
    listener = serve(gate)
    client = connect(listener)
    client.send(GET)
    gate.wait_for_request()
    closing = threading.Thread(target=listener.close)
    closing.start()
    assert client.is_at_end()
    gate.opened.set()
    closing.join(PATIENCE_S)
    assert not closing.is_alive()
    assert errors == []


def test_requests_that_do_not_return_are_named(serve: Serve, connect: Connect, gate: Gate) -> None:
    listener = serve(gate, grace_s=0.05)
    idle, *clients = (connect(listener) for _ in range(4))
    for client, path in zip(clients, (b"/a", b"/api/run.json", b"/c"), strict=True):
        client.send(b"POST %s?apikey=secret HTTP/1.1\r\nHost: h\r\n\r\n" % path)
        gate.wait_for_request()
    threads = [thread for thread in threading.enumerate() if thread.name.startswith(f"fakejobs-connection-{listener.port}-")]
    assert len(threads) == 4
    with pytest.raises(ListenerBusy) as caught:
        listener.close()
    message = str(caught.value)
    assert message.startswith(f"closed {listener.url}, but still inside the app after 0.05 s: ")
    named = re.findall(r"POST (\S+) \(thread fakejobs-connection-\d+-\d\)", message)
    assert sorted(named) == ["/a", "/api/run.json", "/c"]
    assert "secret" not in message
    assert is_refused(listener)
    assert all(client.is_at_end() for client in (idle, *clients))
    listener.close()
    gate.opened.set()
    for thread in threads:
        thread.join(PATIENCE_S)


def test_the_grace_is_a_second_by_default() -> None:
    assert GRACE_S == 1.0


def test_it_can_be_closed_from_inside_a_request(serve: Serve, connect: Connect, errors: Errors) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        listener.close()
        return hello(environ, start_response)

    listener = serve(app)
    idle, client = connect(listener), connect(listener)
    reply = client.ask(GET)
    assert (reply.body, reply.headers["connection"]) == (b"hello", "close")
    assert client.is_at_end()
    assert idle.is_at_end()
    assert is_refused(listener)
    listener.close()  # ends what the call from inside had to leave
    assert errors == []


def test_it_can_be_closed_by_many_at_once(serve: Serve, connect: Connect, errors: Errors) -> None:
    everybody = threading.Barrier(8, timeout=PATIENCE_S)

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        everybody.wait()
        listener.close()
        return hello(environ, start_response)

    listener = serve(app)
    clients = [connect(listener) for _ in range(7)]
    for client in clients:
        client.send(GET)
    everybody.wait()
    listener.close()
    for client in clients:
        client.rest()
    assert [error for _, error in errors if not isinstance(error, ListenerBusy)] == []


def open_call_close() -> float:
    """Return how long a listener takes that answers one client."""
    started = time.perf_counter()
    listener = Listener(hello)
    client = Client(listener)
    assert client.ask(GET).status == 200
    listener.close()
    took = time.perf_counter() - started
    client.close()
    return took


def bare_open_call_close() -> float:
    """Return how long the same takes of a bare socket and a thread that sends back what it is sent."""
    started = time.perf_counter()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with server.accept()[0] as peer:
                peer.sendall(peer.recv(1000))

        thread = threading.Thread(target=answer)
        thread.start()
        with socket.create_connection(server.getsockname()) as client:
            client.sendall(GET)
            assert client.recv(1000) == GET
            thread.join()
    return time.perf_counter() - started


def test_opening_and_closing_is_cheap(nothing_is_left: None) -> None:
    pairs = [(open_call_close(), bare_open_call_close()) for _ in range(20)]
    assert min(took for took, _ in pairs) < 15 * min(bare for _, bare in pairs)


# Fork

FORK = """
import os, socket, sys
from fakejobs.listener import Listener
from wire import GET, Client, hello

listener = Listener(hello)
client = Client(listener)
assert client.ask(GET).status == 200
ready, tell_ready = os.pipe()
may_end, let_end = os.pipe()
child = os.fork()
if child == 0:
    os.close(let_end)
    if sys.argv[1] == "closes":
        listener.close()
        with Listener(hello) as own:
            other = Client(own)
            assert other.ask(GET).body == b"hello"
            other.close()
    os.write(tell_ready, b"x")
    os.read(may_end, 1)
    os._exit(0)
os.close(may_end)
assert os.read(ready, 1) == b"x"
assert client.ask(GET).body == b"hello", "the child has not cut the parent's connections"
other = Client(listener)
assert other.ask(GET).body == b"hello", "the child has not closed the parent's port"
listener.close()
assert client.is_at_end() and other.is_at_end()
try:
    socket.create_connection((listener.host, listener.port), timeout=1)
except ConnectionRefusedError:
    print("refused")
assert os.waitpid(child, os.WNOHANG) == (0, 0), "the child is still there"
os.write(let_end, b"x")
print("child", os.waitpid(child, 0)[1])
client.close()
other.close()
"""

FORK_IN_REQUEST = """
import os
from fakejobs.listener import Listener
from wire import GET, Client, hello

def app(environ, start_response):
    if environ["PATH_INFO"] == "/fork":
        children.append(os.fork())
    return hello(environ, start_response)

children = []
with Listener(app) as listener:
    client = Client(listener)
    assert client.ask(GET.replace(b"/ ", b"/fork ", 1)).body == b"hello"
    print("child", os.waitpid(children[0], 0)[1])
    reply = client.ask(GET)
    assert (reply.status, reply.body) == (200, b"hello"), "one answer a request"
    client.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("child", ["closes", "stays"])
def test_a_forked_child_neither_keeps_nor_hurts_the_listener(child: str) -> None:
    assert run_script(FORK, child).splitlines() == ["refused", "child 0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_by_a_request_does_not_answer_it() -> None:
    assert run_script(FORK_IN_REQUEST).splitlines() == ["child 0"]
