"""Answers of which a part comes: how much of them, in each form that an answer has, and how a client can tell."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import NamedTuple

import msgpack  # type: ignore[import-untyped]
import pytest

from fakejobs import FakeJobs
from tests.live.wire import Client, Connect, request, until_held

LONG_S = 3600
ROWS = [{"n": number, "t": "é日"} for number in range(5)]


class Form(NamedTuple):
    """A form of an answer. read: reads the rows of a part that ends with one."""

    target: str
    read: Callable[[bytes], list[object]]
    more: str = ""


def _lines(part: bytes) -> list[object]:
    return [json.loads(line) for line in part.splitlines()]


def _packed(part: bytes) -> list[object]:
    unpacker = msgpack.Unpacker()
    unpacker.feed(part)
    return list(unpacker)


def _array(part: bytes) -> list[object]:
    rows: list[object] = json.loads(part + b"]")
    return rows


def _table(part: bytes) -> list[object]:
    return [{"n": int(line[0:1]), "t": line[3:-1].decode()} for line in part.splitlines()]


FORMS = {
    "lines": Form("/items/1/1/1", _lines),
    "MessagePack": Form("/items/1/1/1", _packed, "Accept: application/x-msgpack\r\n"),
    "array": Form("/items/1/1/1?format=json", _array),
    "older array": Form("/api/items.json?project=1&job=1/1/1", _array),
    "CSV": Form("/items/1/1/1?format=csv&fields=n,t", _table),
    "gzip": Form("/items/1/1/1", _lines, "Accept-Encoding: gzip\r\n"),
    "gzip of MessagePack": Form("/items/1/1/1", _packed, "Accept: application/x-msgpack\r\nAccept-Encoding: gzip\r\n"),
}


class Came(NamedTuple):
    """What came of an answer. head: before its body. how: in what its connection ended."""

    head: bytes
    body: bytes
    how: str

    @property
    def is_chunked(self) -> bool:
        """Whether the body came in chunks."""
        return b"Transfer-Encoding: chunked" in self.head

    def content(self) -> bytes:
        """Return the content that has come, which one chunk holds if any does; a compressed one as far as it can be read."""
        body = self.body
        if self.is_chunked and body:
            size, _, rest = body.partition(b"\r\n")
            body, end = rest[: int(size, 16)], rest[int(size, 16) :]
            assert end == b"\r\n"
        if b"Content-Encoding: gzip" not in self.head:
            return body
        inflater = zlib.decompressobj(wbits=31)
        content = inflater.decompress(body)
        assert not inflater.eof
        return content


def came(client: Client) -> Came:
    data, how = client.until_end()
    head, _, body = data.partition(b"\r\n\r\n")
    return Came(head, body, how)


def after(fake: FakeJobs, client: Client, error: str) -> Came:
    """Return what comes; of one that stalls, until its fault is removed."""
    if error == "stall":
        until_held(fake)
        fake.faults[-1].remove()
    return came(client)


@pytest.fixture(params=["cut", "stall", "reset"])
def error(request: pytest.FixtureRequest) -> str:
    """Each way of failing that lets a part come."""
    return str(request.param)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("version", "is_kept"), [("1.0", False), ("1.1", False), ("1.1", True)], ids=["1.0", "1.1", "1.1 kept"])
def test_after_so_many_rows(fake: FakeJobs, connect: Connect, error: str, version: str, form: str, *, is_kept: bool) -> None:
    target, read, more = FORMS[form]
    client = connect(fake)
    if is_kept:
        client.ask(request(fake, target, more=more))
    fake.fail(error=error, after_rows=3)
    client.send(request(fake, target, version=version, more=more))
    seen = after(fake, client, error)
    assert seen.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert seen.how == ("end" if error == "cut" and version == "1.1" else "reset")
    assert seen.is_chunked == (version == "1.1")
    assert read(seen.content()) == ROWS[:3]
    told = {"cut": "cut after 3 rows", "stall": "stalled after 3 rows", "reset": "reset after 3 rows"}[error]
    assert (fake.calls[-1].status, fake.calls[-1].failed) == (200, told)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_of_a_whole_answer_the_length_is_said(fake: FakeJobs, connect: Connect, error: str, version: str) -> None:
    """Of all of it, so that the client misses the rest."""
    target = "/api/jobs/list.json?project=1"
    whole = connect(fake).ask(request(fake, target)).body
    fake.fail("jobs/list", error=error, after_rows=2)
    client = connect(fake)
    client.send(request(fake, target, version=version))
    seen = after(fake, client, error)
    jobs = json.loads(seen.body + b"]}")["jobs"]
    assert [job["id"] for job in jobs] == ["1/1/3", "1/1/2"]
    length = next(int(line.split(b": ")[1]) for line in seen.head.splitlines() if line.startswith(b"Content-Length"))
    assert abs(length - len(whole)) < 100  # times in it have grown
    assert seen.how == ("end" if error == "cut" and version == "1.1" else "reset")


@pytest.mark.parametrize("number", range(0, 60, 7))
@pytest.mark.parametrize("form", ["lines", "MessagePack", "gzip"])
def test_after_so_many_bytes(fake: FakeJobs, connect: Connect, form: str, number: int) -> None:
    """Of the content before it is compressed; also inside a character or a value."""
    target, _, more = FORMS[form]
    whole = connect(fake).ask(request(fake, target, more="" if form == "gzip" else more)).body
    fake.fail("items", error="cut", after_bytes=number)
    client = connect(fake)
    client.send(request(fake, target, more=more))
    assert came(client).content() == whole[: min(number, len(whole) - 1)]


def test_inside_a_character(fake: FakeJobs, connect: Connect) -> None:
    fake.fail("items", error="cut", after_bytes=len(b'{"n":0,"t":"\xc3'))
    client = connect(fake)
    client.send(request(fake))
    content = came(client).content()
    with pytest.raises(UnicodeDecodeError, match="unexpected end of data"):
        content.decode()


@pytest.mark.parametrize("form", ["lines", "MessagePack", "array", "CSV", "gzip"])
@pytest.mark.parametrize("field", ["after_rows", "after_bytes"])
def test_beyond_the_end_the_last_byte_is_missing(fake: FakeJobs, connect: Connect, error: str, form: str, field: str) -> None:
    target, _, more = FORMS[form]
    whole = connect(fake).ask(request(fake, target, more="" if form == "gzip" else more)).body
    fake.fail("items", error=error, **{field: 1_000})  # type: ignore[arg-type]
    client = connect(fake)
    client.send(request(fake, target, more=more))
    assert after(fake, client, error).content() == whole[:-1]


@pytest.mark.parametrize(
    ("target", "more", "content"),
    [
        ("/items/1/1/1", "", b""),
        ("/items/1/1/1", "Accept-Encoding: gzip\r\n", b""),
        ("/items/1/1/1?format=json", "", b"["),
        ("/api/spiders/list.json?project=1", "", b'{"spiders": ['),
        ("/items/1/1/1/stats", "", b""),
    ],
)
def test_no_rows(fake: FakeJobs, connect: Connect, error: str, target: str, more: str, content: bytes) -> None:
    """The head comes all the same."""
    fake.fail(error=error, after_rows=0)
    client = connect(fake)
    client.send(request(fake, target, more=more))
    seen = after(fake, client, error)
    assert seen.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert seen.content() == content


@pytest.mark.parametrize("field", ["after_rows", "after_bytes"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize(("target", "method"), [("/items/1/1/1?start=1/1/1/99", "GET"), ("/items/1/1/1", "POST")])
def test_of_what_is_empty_the_last_chunk_is_missing(
    fake: FakeJobs, connect: Connect, error: str, version: str, target: str, method: str, field: str
) -> None:
    """Where there are chunks; clients believe in the end of a head that breaks off."""
    fake.fail(error=error, **{field: 2})  # type: ignore[arg-type]
    client = connect(fake)
    body = '{"n": 5}' if method == "POST" else ""
    client.send(request(fake, target, method, version, more=f"Content-Length: {len(body)}\r\n") + body.encode())
    seen = after(fake, client, error)
    assert seen.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (seen.is_chunked, seen.body) == (version == "1.1", b"")
    assert seen.how == ("end" if error == "cut" and version == "1.1" else "reset")
    if method == "POST":
        assert connect(fake).ask(request(fake, "/items/1/1/1/5?format=json")).body == b'[{"n":5}]'


@pytest.mark.parametrize("field", ["after_rows", "after_bytes"])
@pytest.mark.parametrize("method", ["HEAD", "DELETE"])
def test_of_what_may_have_no_content_the_first_line_breaks_off(
    fake: FakeJobs, connect: Connect, error: str, method: str, field: str
) -> None:
    fake.add_periodic_job("books", project=1)
    fake.fail(error=error, **{field: 2})  # type: ignore[arg-type]
    client = connect(fake)
    client.send(request(fake, "/api/v2/projects/1/periodicjobs/1" if method == "DELETE" else "/items/1/1/1", method))
    seen = after(fake, client, error)
    assert (seen.head, seen.body) == (b"HTTP/1.1 2", b"")


def test_half_of_it_unless_it_is_said(fake: FakeJobs, connect: Connect) -> None:
    whole = connect(fake).ask(request(fake)).body
    fake.fail("items", error="cut")
    client = connect(fake)
    client.send(request(fake))
    assert came(client).content() == whole[: len(whole) // 2]
    assert fake.calls[-1].failed == "cut halfway"


def test_of_a_long_listing(fake: FakeJobs, connect: Connect) -> None:
    """More than a client's window takes at once."""
    fake.add_job("films", project=1, state="finished", items=[{"n": number, "t": "x" * 1_000} for number in range(4_000)])
    fake.fail("items", error="cut", after_rows=3_500)
    client = connect(fake)
    client.send(request(fake, "/items/1/2/1"))
    assert len(_lines(came(client).content())) == 3_500


def test_a_refusal_may_be_cut(fake: FakeJobs, connect: Connect) -> None:
    whole = connect(fake).ask(request(fake, "/api/jobs/list.json")).body
    fake.fail("jobs/list", error="cut", after_bytes=10)
    client = connect(fake)
    client.send(request(fake, "/api/jobs/list.json"))
    seen = came(client)
    assert (seen.head[:12], seen.body) == (b"HTTP/1.1 400", whole[:10])
