"""Faults of a fake whose application is called without a socket: the exceptions that a client would see, and broken bodies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.fake import behind

AUTH = {"Authorization": "Basic a2V5Og=="}
ROWS = [{"n": number, "t": "é日"} for number in range(5)]


@pytest.fixture
def fake() -> Iterator[FakeJobs]:
    """A fake without a socket, in which a job is finished."""
    with FakeJobs() as fake:
        fake.add_job("books", project=1, state="finished", items=ROWS, meta={"pages": 42})
        yield fake


def read(fake: FakeJobs, path: str = "/items/1/1/1", **headers: str) -> Any:
    return Client(fake.app).get(path, headers={**AUTH, **headers})


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        ("reset", ConnectionResetError, "fault #1: reset"),
        ("close", ConnectionResetError, "fault #1: close"),
        ("garbage", ConnectionResetError, "fault #1: garbage"),
        ("timeout", TimeoutError, "fault #1: nothing more comes"),
        ("cut", ConnectionResetError, "fault #1: cut"),
        ("stall", TimeoutError, "fault #1: nothing more comes"),
    ],
)
@pytest.mark.parametrize("path", ["/items/1/1/1", "/api/jobs/list.json?project=1", "/items/1/1/1?start=1/1/1/9"])
def test_what_is_raised(fake: FakeJobs, error: str, kind: type[Exception], text: str, path: str) -> None:
    fault = fake.fail(error=error)
    with pytest.raises(kind, match=f"^{text}$"):
        read(fake, path).get_data()
    assert fault.hits == 1
    assert read(fake, path).status_code == 200


def test_a_part_comes_before_it_is_raised(fake: FakeJobs) -> None:
    fake.fail("items", error="reset", after_rows=2)
    pieces = iter(read(fake).response)
    assert [json.loads(line) for line in next(pieces).splitlines()] == ROWS[:2]
    with pytest.raises(ConnectionResetError, match=r"^fault #1: reset$"):
        next(pieces)


@pytest.mark.parametrize("fault", [{"delay": 90}, {"real_delay": 3600}, {"rate": 0.001}])
def test_who_has_no_socket_does_not_wait(fake: FakeJobs, fault: dict[str, Any]) -> None:
    before = behind(fake).cloud.now_ms()
    fake.fail("items", error="slow", **fault)
    assert len(read(fake).data.splitlines()) == 5
    assert behind(fake).cloud.now_ms() - before == fault.get("delay", 0) * 1000


def test_what_is_refused_is_only_a_socket(fake: FakeJobs) -> None:
    fake.fail(error="refused")
    assert read(fake).status_code == 200


# ------------------------------------------------------------ complete answers that nobody can read


def _json(data: bytes) -> None:
    json.loads(data)


def _lines(data: bytes) -> None:
    for line in data.splitlines():
        json.loads(line)


def _packed(data: bytes) -> None:
    unpacker = msgpack.Unpacker()
    unpacker.feed(data)
    list(unpacker)


def _text(data: bytes) -> None:
    data.decode()


@pytest.mark.parametrize(
    ("path", "accept", "decode", "kind"),
    [
        ("/items/1/1/1", "*/*", _lines, ValueError),
        ("/items/1/1/1", "application/json", _json, ValueError),
        ("/items/1/1/1", "application/x-msgpack", _packed, msgpack.exceptions.FormatError),
        ("/items/1/1/1?format=csv&fields=n,t", "*/*", _text, UnicodeDecodeError),
        ("/items/1/1/1?start=1/1/1/9", "*/*", _lines, ValueError),
        ("/items/1/1/1?start=1/1/1/9", "application/x-msgpack", _packed, msgpack.exceptions.FormatError),
        ("/items/1/1/1/stats", "*/*", _json, ValueError),
        ("/jobs/1/1/1/pages", "*/*", _json, ValueError),
        ("/api/jobs/list.json?project=1", "*/*", _json, ValueError),
        ("/api/jobs/list.jl?project=1", "*/*", _lines, ValueError),
    ],
)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_malformed(fake: FakeJobs, path: str, accept: str, decode: Any, kind: type[Exception], encoding: str) -> None:
    headers = {"Accept": accept, "Accept-Encoding": encoding}
    usual = read(fake, path, **headers)
    fake.fail(error="malformed")
    answer = read(fake, path, **headers)
    assert (answer.status_code, answer.content_type) == (200, usual.content_type)
    assert len(answer.data) == int(answer.headers["Content-Length"]) > 0
    data = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
    with pytest.raises(kind):
        decode(data)
    assert fake.calls[-1].failed == "malformed"


@pytest.mark.parametrize(("when", "jobs"), [("before", 0), ("after", 1)])
def test_a_malformed_answer_to_a_write(fake: FakeJobs, when: str, jobs: int) -> None:
    fake.fail("run", error="malformed", when=when)
    answer = Client(fake.app).post("/api/run.json", data={"project": 1, "spider": "films"}, headers=AUTH)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(answer.data)
    assert len(fake.list_jobs(spider="films")) == jobs
