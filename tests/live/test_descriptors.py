"""A server whose clients take more descriptors than there are."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from unittest import mock

import pytest

from fakejobs import FakeJobs, backstage, standalone
from fakejobs.fake import behind
from fakejobs.routes import TABLES
from fakejobs.web.router import Router
from tests.live.test_standalone import PATIENCE_S, Server
from tests.live.wire import GET

if sys.platform == "win32":
    pytest.skip("no limit of descriptors there", allow_module_level=True)

import resource

FEW = 64


def _take_few() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(preexec_fn=_take_few)
    yield server
    if server.process.poll() is None:
        server.process.kill()
    server.process.communicate()


def connected(server: Server) -> socket.socket:
    assert server.port is not None
    return socket.create_connection((server.host, server.port), timeout=PATIENCE_S)


def test_after_the_first_line_everything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request must not need descriptors for the modules that serve it."""
    own = Router(TABLES)
    monkeypatch.setattr(backstage, "router", lambda: own)
    behind(FakeJobs()).load_tables()
    assert set(own._adapters) == {table.prefixes for table in TABLES}


def test_a_lack_of_descriptors_at_the_start_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Router, "load", mock.Mock(side_effect=OSError(24, "Too many open files")))
    standalone._load_the_rest(FakeJobs())


def test_it_serves_on_when_connections_want_more_than_there_are(server: Server) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(connected(server)) for _ in range(100)]
        for client in crowd[:20]:
            client.sendall(GET)
        assert [client.recv(12) for client in crowd[:20]] == [b"HTTP/1.1 404"] * 20
        assert server.process.poll() is None
    assert server.ask("GET", "/items/1/1/1/stats?apikey=k") == {"counts": {}, "totals": {"input_bytes": 0, "input_values": 0}}
    assert server.ask("GET", "/api/jobs/count.json?project=1&apikey=k")["status"] == "ok"
    code, _, errors = server.end()
    assert (code, errors) == (0, "")


def test_those_that_found_no_room_are_served_when_others_leave(server: Server) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(connected(server)) for _ in range(100)]
        for client in crowd:
            client.sendall(GET)
        for client in crowd:
            assert client.recv(12) == b"HTTP/1.1 404"
            client.close()
    assert server.end()[0] == 0
