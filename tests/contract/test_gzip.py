"""Answers in gzip: which are, for whom, and that they say the same."""

from __future__ import annotations

import gzip
import json

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Caller

PACKED = [
    "/items/1/1/1",
    "/items/1/1/1/0",
    "/items/1/1/1/n",
    "/items/1",
    "/logs/1/1/1",
    "/requests/1/1",
    "/samples/1/1/1",
    "/collections/1/s/books",
    "/collections/1/s/books/k",
    "/collections/1/s/books/k/v",
    "/collections/1/list",
    "/activity/1",
    "/activity/projects?p=1",
]
PLAIN = [
    "/items/1/1/1/stats",
    "/items/1/1/2",
    "/items/x",
    "/collections/1/s/none",
    "/collections/1/s/books?prefix=x",
    "/collections/1/s/books/count",
    "/hcf/1/list",
    "/jobq/1/list?state=running",
    "/jobs/1/1/1",
    "/api/jobs/list.json?project=1",
    "/system/ts",
]


@pytest.fixture
def shelf(wire: Caller, fake: FakeJobs) -> Caller:
    """A client of a fake that has something of everything."""
    job = fake.add_job("a", project=1, state="running")
    fake.add_items(job, [{"n": number} for number in range(50)])
    fake.add_logs(job, ["INFO started"])
    fake.add_requests(job, [{"url": "http://a/"}])
    fake.add_samples(job, [[1, 2]])
    fake.add_collection("books", project=1, items=[{"_key": "k", "v": "bar"}])
    return wire


def path_and_query(target: str) -> tuple[str, bytes]:
    path, _, query = target.partition("?")
    return path, query.encode()


@pytest.mark.parametrize("target", PACKED)
@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate", "deflate, gzip;q=0.5", "br, *", "x-gzip"])
def test_what_leaves_in_gzip(shelf: Caller, target: str, accepted: str) -> None:
    path, query = path_and_query(target)
    plain = shelf.send("GET", path, query=query)
    packed = shelf.send("GET", path, query=query, headers={"Accept-Encoding": accepted})
    assert plain.body
    assert "Content-Encoding" not in plain.headers
    assert (packed.status, packed.headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers.get("Content-Length", str(len(packed.body))) == str(len(packed.body))
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"]


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "deflate", "gzip;q=0, *", "*;q=0"])
def test_who_does_not_take_gzip_gets_none(shelf: Caller, accepted: str) -> None:
    answer = shelf.get("/items/1/1/1", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert json.loads(answer.body.splitlines()[0]) == {"n": 0}


@pytest.mark.parametrize("target", PLAIN)
def test_what_never_leaves_in_gzip(shelf: Caller, target: str) -> None:
    path, query = path_and_query(target)
    plain = shelf.send("GET", path, query=query)
    asked = shelf.send("GET", path, query=query, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in asked.headers
    assert (asked.status, asked.body, asked.headers) == (plain.status, plain.body, plain.headers)


@pytest.mark.parametrize("form", ["json", "msgpack", "csv", "xml", "text"])
def test_every_format_can_leave_in_gzip(shelf: Caller, form: str) -> None:
    pairs = {"format": form, "fields": "n"}
    packed = shelf.get("/items/1/1/1", pairs, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.body) == shelf.get("/items/1/1/1", pairs).body


def test_a_long_answer_is_streamed_in_gzip(wire: Caller, fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1, state="running")
    fake.add_items(job, [{"text": f"{number}" * 100} for number in range(5000)])
    packed = wire.get("/items/1/1/1", headers={"Accept-Encoding": "gzip"})
    assert "Content-Length" not in packed.headers
    assert gzip.decompress(packed.body).count(b"\n") == 5000
