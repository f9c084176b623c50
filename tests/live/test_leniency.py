"""What clients send that is not quite right, over a socket, and what the whole fake makes of it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import requests

from fakejobs import FakeJobs
from fakejobs.fake import behind
from fakejobs.journal import Call
from tests.live.wire import PATIENCE_S, Client

CALLS: list[Call] = []


@pytest.fixture
def fake(nothing_is_left: None) -> Iterator[FakeJobs]:
    CALLS.clear()
    with FakeJobs(on_call=CALLS.append) as fake:
        fake.listen()
        yield fake


def ask(fake: FakeJobs, data: bytes) -> tuple[int, bytes]:
    """Send bytes on a connection of their own; return status and body of the answer."""
    listener = behind(fake)._listener
    assert listener is not None
    with closing(Client(listener)) as client:
        reply = client.ask(data)
        return reply.status, reply.body


def head(line: str, *headers: str) -> bytes:
    """Return the bytes of a request without a body."""
    return "\r\n".join([line, "Host: h", "Authorization: Basic azo=", *headers, "", ""]).encode()


@pytest.mark.parametrize(
    "data",
    [
        head("GET //api//jobs/list.json?project=1 HTTP/1.1"),
        head("GET /api/jobs/list.json?project=1 HTTP/1.1", "X Odd Name: 1", "Oops"),
        head("GET /api/jobs/list.json?project=1&tag=\u00e9 HTTP/1.1"),
        b"\r\n" + head("GET /api/jobs/list.json?project=1 HTTP/1.1"),
    ],
)
def test_it_is_taken(fake: FakeJobs, data: bytes) -> None:
    fake.add_job("books", project=1, tags=["\u00e9"])
    status, body = ask(fake, data)
    assert (status, b'"total": 1' in body) == (200, True)
    assert "\u00e9" in (fake.calls[-1].params or {}).get("tag", "\u00e9")


def test_a_method_in_small_letters_is_a_wrong_one(fake: FakeJobs) -> None:
    status, body = ask(fake, head("get /api/jobs/list.json?project=1 HTTP/1.1"))
    assert (status, b"get is not allowed" in body) == (405, True)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /api/x?apikey=SEKRET99 HTTP/3.3.3\r\n\r\n",
        b"GET /api/x?a=1&api_key=SEKRET99  HTTP/1.1\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: a\r\nauthorization: Basic SEKRET99\0\r\n\r\n",
    ],
)
def test_no_refusal_shows_a_key(fake: FakeJobs, sent: bytes) -> None:
    status, body = ask(fake, sent)
    assert (status, b"SEKRET99" in body) == (400, False)
    assert "SEKRET99" not in repr(fake.calls)


def test_what_is_refused_is_among_the_calls(fake: FakeJobs) -> None:
    assert ask(fake, b"GET /a b?c HTTP/1.1\r\nHost: h\r\n\r\n")[0] == 400
    assert ask(fake, b"\x16\x03\x01\x02\x00\x01\x00")[0] == 400
    told = [str(call) for call in CALLS]
    assert told == [str(call) for call in fake.calls]
    assert told == [
        "#1 GET /a b -> 400 Bad Request: illegal request line: 'GET /a b?... HTTP/1.1'",
        (
            "#2 ? '\\x16\\x03\\x01\\x02\\x00\\x01\\x00' -> 400 Bad Request:"
            " illegal request line: this is TLS (https), and the server speaks HTTP without it"
        ),
    ]


@pytest.mark.parametrize("path", ["api/jobs/list.json?project=1", "api/nothing", "jobq/1/count", "items/1/1/1", "__fakejobs__/"])
def test_an_answer_that_is_made_whole_has_a_length(fake: FakeJobs, path: str) -> None:
    fake.add_job("books", project=1)
    with requests.get(f"{fake.url}/{path}", auth=("k", ""), timeout=PATIENCE_S) as answer:
        assert answer.headers["Content-Length"] == str(len(answer.content))


def test_one_that_is_made_bit_by_bit_comes_in_chunks(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=1, state="running")
    fake.add_items(job, [{"n": n} for n in range(5_000)])
    with closing(http.client.HTTPConnection(urlsplit(fake.url).netloc, timeout=PATIENCE_S)) as connection:
        connection.request("GET", f"/items/{job.key}", headers={"Authorization": "Basic azo="})
        answer = connection.getresponse()
        assert (answer.getheader("Transfer-Encoding"), answer.getheader("Content-Length")) == ("chunked", None)
        assert len(answer.read().splitlines()) == 5_000
