"""Answers of which nothing comes, byte by byte: on fresh and kept connections, before and after the effect, with any method."""

from __future__ import annotations

import pytest

from fakejobs import FakeJobs
from fakejobs.faults.lost import NO_HTTP
from fakejobs.verbs.faults import Fault
from tests.live.wire import Client, Connect, request, until_held

LOST = {"reset": (b"", "reset"), "close": (b"", "end"), "garbage": (NO_HTTP, "end"), "timeout": (b"", "reset")}
"""What comes of an answer, and how its connection ends; one that is held is so as soon as its fault is removed."""
TOLD = {"reset": "reset", "close": "closed", "garbage": "garbage", "timeout": "held"}
FORM = b"project=1&spider=films"
HEAD_OF_FORM = b"Host: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 22\r\n"


def post(fake: FakeJobs, more: bytes = b"") -> tuple[bytes, bytes]:
    """Return the head and the body of a request that schedules a job."""
    return b"POST /api/run.json?apikey=%b HTTP/1.1\r\n%b%b\r\n" % (fake.key.encode(), HEAD_OF_FORM, more), FORM


def what_came(fake: FakeJobs, client: Client, fault: Fault) -> tuple[bytes, str]:
    """Return what a client is sent, and how its connection ends; if it is held, once the fault has been removed."""
    if fault.as_data()["error"] == "timeout":
        until_held(fake)
        fault.remove()
    return client.until_end()


@pytest.fixture(params=LOST)
def way(request: pytest.FixtureRequest) -> str:
    """Each of these ways of failing."""
    return str(request.param)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_nothing_comes(fake: FakeJobs, connect: Connect, way: str, version: str, method: str, when: str) -> None:
    client = connect(fake)
    fault = fake.fail("items", error=way, when=when)
    client.send(request(fake, method=method, version=version))
    assert what_came(fake, client, fault) == LOST[way]
    told = TOLD[way] if when == "before" else f"{TOLD[way]} after the effect"
    assert [(call.status, call.fault, call.failed) for call in fake.calls] == [(None, 1, told)]
    assert (fault.calls, fault.hits) == (1, 1)
    assert connect(fake).ask(request(fake)).status == 200


def test_on_a_kept_connection(fake: FakeJobs, connect: Connect, way: str) -> None:
    client = connect(fake)
    fault = fake.fail("items", error=way, after=2)
    for _ in range(2):
        assert client.ask(request(fake)).complete
    client.send(request(fake))
    assert what_came(fake, client, fault) == LOST[way]
    assert (fault.calls, fault.hits) == (3, 1)


@pytest.mark.parametrize("when", ["before", "after"])
def test_of_a_write(fake: FakeJobs, connect: Connect, way: str, when: str) -> None:
    client = connect(fake)
    fault = fake.fail("run", error=way, when=when)
    client.send(b"".join(post(fake)))
    assert what_came(fake, client, fault) == LOST[way]
    assert [job.key for job in fake.list_jobs(spider="films")] == (["1/2/1"] if when == "after" else [])


def test_of_a_client_that_asked_whether_to_go_on(fake: FakeJobs, connect: Connect, way: str) -> None:
    """It may send its body first, as ever."""
    client = connect(fake)
    fault = fake.fail("run", error=way)
    head, body = post(fake, b"Expect: 100-continue\r\n")
    assert client.ask(head).status == 100
    client.send(body)
    assert what_came(fake, client, fault) == LOST[way]


def test_of_a_body_in_chunks(fake: FakeJobs, connect: Connect, way: str) -> None:
    client = connect(fake)
    fault = fake.fail("items/write", error=way, when="after")
    client.send(request(fake, "/items/1/1/1", "POST", more="Transfer-Encoding: chunked\r\n") + b'7\r\n{"n":9}\r\n0\r\n\r\n')
    assert what_came(fake, client, fault) == LOST[way]
    assert connect(fake).ask(request(fake, "/items/1/1/1/5?format=json")).body == b'[{"n":9}]'


def test_requests_that_were_sent_ahead_are_not_served(fake: FakeJobs, connect: Connect, way: str) -> None:
    client = connect(fake)
    fault = fake.fail("items", error=way)
    client.send(request(fake) + request(fake))
    data, end = what_came(fake, client, fault)
    assert (data, end) in [LOST[way], (LOST[way][0], "reset")]  # who has sent what nobody reads may see a reset in any case
    assert len(fake.calls) == 1


def test_an_error_is_lost_like_any_answer(fake: FakeJobs, connect: Connect) -> None:
    client = connect(fake)
    fake.fail("jobs/update", error="reset", when="after")
    client.send(b"POST /api/jobs/update.json?apikey=%b HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" % fake.key.encode())
    assert client.until_end() == (b"", "reset")
    assert fake.calls[-1].failed == "reset after the refusal"
