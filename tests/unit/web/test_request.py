"""Requests: parameters, credentials and bodies, read from a WSGI environ."""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from fakejobs.errors import BadBody, TooLarge
from fakejobs.web.request import Request
from tests.contract.caller import FORM, basic


def request(method: str = "GET", *, query: str = "", body: bytes = b"", content_type: str = FORM, **environ: Any) -> Request:
    return Request(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": "/api/run.json",
            "QUERY_STRING": query,
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            **environ,
        }
    )


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("", {}),
        ("a=1", {"a": ["1"]}),
        ("a=1&b=2&a=3", {"a": ["1", "3"], "b": ["2"]}),
        ("a=&=b&c", {"a": [""], "": ["b"], "c": [""]}),
        ("a=1;b=2", {"a": ["1;b=2"]}),
        ("a+b=c%20d", {"a b": ["c d"]}),
        ("a=%C3%A4", {"a": ["ä"]}),
        ("a=\xc3\xa4", {"a": ["ä"]}),
        ("a=%FF", {"a": ["\udcff"]}),
        ("a=\xff", {"a": ["\udcff"]}),
        ("a=%zz%", {"a": ["%zz%"]}),
        ("a=1&apikey=secret", {"a": ["1"]}),
    ],
)
def test_parameters(text: str, params: dict[str, list[str]]) -> None:
    assert request("GET", query=text).params == params
    assert request("HEAD", query=text).params == params
    assert request("POST", body=text.encode("latin-1")).params == params
    assert request("POST", query="x=1&" + text, body=text.encode("latin-1")).params == params


@pytest.mark.parametrize(
    ("made", "key"),
    [
        (request(), None),
        (request(query="apikey=q"), "q"),
        (request(query="apikey=q&apikey=r"), "r"),
        (request("POST", body=b"apikey=f"), "f"),
        (request("POST", query="apikey=q"), "q"),
        (request("POST", query="apikey=q", body=b"apikey=f"), "f"),
        (request(query="apikey=q", HTTP_AUTHORIZATION=basic("b")), "b"),
        (request(query="apikey=q", HTTP_AUTHORIZATION=basic("")), "q"),
        (request(query="apikey=q", HTTP_AUTHORIZATION="Bearer x"), "q"),
        (request(HTTP_AUTHORIZATION=basic("ä")), "ä"),
        (request(HTTP_AUTHORIZATION=basic(b"\xff")), "\udcff"),
        (request(HTTP_AUTHORIZATION="Basic %%%"), None),
    ],
)
def test_keys_are_found_and_taken_out(made: Request, key: str | None) -> None:
    assert made.key == key
    assert "apikey" not in made.params


def test_a_body_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakejobs.web.request.MAX_BODY", 10)
    assert request("POST", body=b"a=12345678").params == {"a": ["12345678"]}
    with pytest.raises(TooLarge, match="limit of 10 bytes"):
        _ = request("POST", body=b"a=123456789").params


@pytest.mark.parametrize(
    ("method", "query", "unread", "has_key"),
    [
        ("GET", "a=1&apikey=k", [], True),
        ("POST", "", [], False),
        ("POST", "a=1&b=2&a=3", ["a", "b"], False),
        ("POST", "apikey=k", [], True),
        ("POST", f"{'x' * 200}=1", ["x" * 100], False),
        ("POST", "&".join(f"{number}=" for number in range(50)), [str(number) for number in range(20)], False),
    ],
)
def test_what_a_query_holds_that_nothing_reads(method: str, query: str, unread: list[str], *, has_key: bool) -> None:
    asked = request(method, query=query, body=b"c=3&apikey=form")
    assert "apikey" not in asked.params
    assert (list(asked.unread), asked.has_key_in_url) == (unread, has_key)


def test_a_query_that_is_read_holds_nothing_else() -> None:
    asked = request("POST", query="start=0", body=b"{}")
    asked.reads_form = False
    assert asked.params == {"start": ["0"]}
    assert list(asked.unread) == []


def test_a_path_is_text() -> None:
    assert request(PATH_INFO="/a\xc3\xa4").path == "/aä"
    assert request(PATH_INFO="/a\xff").path == "/a\ufffd"


# ------------------------------------------------------------ gzip


def zipped(body: bytes) -> Request:
    return request("POST", body=body, HTTP_CONTENT_ENCODING="gzip")


@pytest.mark.parametrize("sizes", [[0], [1], [255, 256, 257], [0] * 50, [1000] * 50, [100_000, 1, 100_000]], ids=str)
def test_gzip_of_one_member_and_of_many(sizes: list[int]) -> None:
    plain = [bytes(number % 251 for number in range(size)) for size in sizes]
    whole = b"".join(gzip.compress(part, mtime=0) for part in plain)
    assert zipped(whole).content() == b"".join(plain)
    with pytest.raises(BadBody, match="cut off"):
        zipped(whole[:-1]).content()
    with pytest.raises(BadBody, match="no gzip"):
        zipped(whole + b"beyond").content()


def test_gzip_of_many_members_is_read_in_proportion_to_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    class Inflater:
        def __init__(self, wbits: int) -> None:
            self.real = zlib.decompressobj(wbits)

        def decompress(self, data: bytes, most: int) -> bytes:
            nonlocal read
            read += len(data)
            return self.real.decompress(data, most)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    body = gzip.compress(b"", mtime=0) * 5000 + gzip.compress(bytes(100_000), compresslevel=0, mtime=0)
    monkeypatch.setattr("fakejobs.web.request.zlib", SimpleNamespace(decompressobj=Inflater, error=zlib.error))
    assert zipped(body).content() == bytes(100_000)
    assert read < 20 * len(body)


def test_unzipped_bodies_are_limited_over_all_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakejobs.web.request.MAX_BODY", 100)
    member = gzip.compress(b"x" * 50, mtime=0)
    assert zipped(member * 2).content() == b"x" * 100
    with pytest.raises(TooLarge, match="limit of 100 bytes"):
        zipped(member * 2 + gzip.compress(b"x", mtime=0)).content()
