"""What real clients see of each way of failing, for each kind of answer, on a fresh connection and on one that has served a call."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
import pytest
import requests

from fakejobs import FakeJobs
from tests.clients import failing
from tests.clients.failing import CASES, ERRORS, PATIENCE_S, Case, Try, outcomes

TABLE = """
error      on     call   requests              httpx                aiohttp                  urllib                curl     Node
503        any    any    503                   503                  503                      503                   503      503
reset      fresh  read   ConnectionError       ReadError            again                    ConnectionResetError  exit 56  TypeError
reset      kept   read   ConnectionError       ReadError            again                    ConnectionResetError  again    TypeError
reset      fresh  write  ConnectionError       ReadError            ClientOSError            ConnectionResetError  exit 56  TypeError
reset      kept   write  ConnectionError       ReadError            ClientOSError            ConnectionResetError  again    TypeError
close      fresh  read   ConnectionError       RemoteProtocolError  again                    RemoteDisconnected    exit 52  TypeError
close      kept   read   ConnectionError       RemoteProtocolError  again                    RemoteDisconnected    again    TypeError
close      fresh  write  ConnectionError       RemoteProtocolError  ServerDisconnectedError  RemoteDisconnected    exit 52  TypeError
close      kept   write  ConnectionError       RemoteProtocolError  ServerDisconnectedError  RemoteDisconnected    again    TypeError
timeout    any    any    ReadTimeout           ReadTimeout          TimeoutError             TimeoutError          exit 28  TimeoutError
cut        any    read   ChunkedEncodingError  RemoteProtocolError  ClientPayloadError       IncompleteRead        exit 18  TypeError
cut        any    write  ChunkedEncodingError  RemoteProtocolError  ClientPayloadError       IncompleteRead        exit 18  TypeError
cut        fresh  head   ConnectionError       RemoteProtocolError  again                    BadStatusLine         exit 52  TypeError
cut        kept   head   ConnectionError       RemoteProtocolError  again                    BadStatusLine         again    TypeError
stall      any    any    ConnectionError       ReadTimeout          TimeoutError             TimeoutError          exit 28  TimeoutError
garbage    any    any    ConnectionError       RemoteProtocolError  ClientResponseError      BadStatusLine         exit 1   TypeError
malformed  any    any    broken                broken               broken                   broken                broken   broken
slow       any    any    whole                 whole                whole                    whole                 whole    whole
"""
"""A row for calls that fail alike: on any, a fresh or a kept connection; reads are GET, of each kind of answer, the write is a POST.

again: the client has asked a second time by itself, and shows nothing of the first, with times=1. broken: complete, and nobody can read
it. urllib: also the connections of http.client, which are kept.
"""
CALLS = ("any", "read", "head", "write")


def _seen_by(client: str, case: Case) -> str:
    """Return what the table says that a client sees of a case."""
    heads, *rows = [line.split(maxsplit=3) for line in TABLE.strip().splitlines()]
    place = heads[3].split().index(client)
    on, call = "kept" if case.is_reused else "fresh", case.kind if case.kind in CALLS else "read"
    fitting = [row[3] for row in rows if row[0] == case.error and row[1] in ("any", on) and row[2] in ("any", call)]
    (cells,) = fitting  # each case has one row, and no two
    return cells.replace("exit ", "exit~").split()[place].replace("~", " ")


def _needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not on PATH")


@pytest.mark.parametrize(
    ("attempt", "client", "keeps"),
    [
        pytest.param(failing.by_requests, "requests", True, id="requests"),
        pytest.param(failing.by_httpx, "httpx", True, id="httpx"),
        pytest.param(failing.by_aiohttp, "aiohttp", True, id="aiohttp"),
        pytest.param(failing.by_urllib, "urllib", False, id="urllib"),
        pytest.param(failing.by_http_client, "urllib", True, id="http.client"),
        pytest.param(failing.by_curl, "curl", True, id="curl", marks=_needs("curl")),
        pytest.param(failing.by_node, "Node", True, id="Node", marks=_needs("node")),
    ],
)
def test_what_a_client_sees(attempt: Try, client: str, *, keeps: bool) -> None:
    cases = [case for case in CASES if keeps or not case.is_reused]
    assert outcomes(attempt, cases) == {case: _seen_by(client, case) for case in cases}


# ------------------------------------------------------------ many at a time

AT_A_TIME, CALLS_IN_ALL = 8, 40
FORMS = [{"project": "1", "spider": f"spider {number}"} for number in range(CALLS_IN_ALL)]
HEADERS = {"Authorization": "Basic azo="}
Ask = Callable[[str], list[int]]


def _by_requests(url: str) -> list[int]:
    with requests.Session() as session, ThreadPoolExecutor(AT_A_TIME) as pool:

        def ask(form: dict[str, str]) -> int:
            try:
                return session.post(url, data=form, headers=HEADERS, timeout=PATIENCE_S).status_code
            except requests.ConnectionError:
                return 0

        return list(pool.map(ask, FORMS))


def _by_httpx(url: str) -> list[int]:
    with httpx.Client(headers=HEADERS, timeout=PATIENCE_S) as client, ThreadPoolExecutor(AT_A_TIME) as pool:

        def ask(form: dict[str, str]) -> int:
            try:
                return client.post(url, data=form).status_code
            except httpx.TransportError:
                return 0

        return list(pool.map(ask, FORMS))


def _by_aiohttp(url: str) -> list[int]:
    async def ask(session: aiohttp.ClientSession, form: dict[str, str]) -> int:
        try:
            async with session.post(url, data=form) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0

    async def ask_all() -> list[int]:
        async with aiohttp.ClientSession(headers=HEADERS, connector=aiohttp.TCPConnector(limit=AT_A_TIME)) as session:
            return await asyncio.gather(*(ask(session, form) for form in FORMS))

    return asyncio.run(ask_all())


@pytest.mark.parametrize("ask", [_by_requests, _by_httpx, _by_aiohttp], ids=["requests", "httpx", "aiohttp"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("error", ["503", "reset", "close"])
def test_three_times_is_three_times(fake: FakeJobs, ask: Ask, error: str, when: str) -> None:
    """Whoever asks first, and in however many threads."""
    fault = fake.fail("run", when=when, times=3, after=10, **ERRORS[error])
    lost = 503 if error == "503" else 0
    assert sorted(ask(f"{fake.api_url}run.json")) == sorted([lost] * 3 + [200] * (CALLS_IN_ALL - 3))
    assert (fault.calls, fault.hits, sum(call.fault == 1 for call in fake.calls)) == (CALLS_IN_ALL, 3, 3)
    assert len(fake.list_jobs()) == (CALLS_IN_ALL if when == "after" else CALLS_IN_ALL - 3)
