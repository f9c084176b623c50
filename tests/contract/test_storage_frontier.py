"""Frontiers over the wire: what is answered, to the letter, and how requests are batched."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any, NamedTuple

import pytest

from fakejobs import FakeJobs
from fakejobs.fake import behind
from tests.contract.caller import Answer, Caller

SLOT = "/hcf/1/books/s/site.com"
LINES = "application/x-jsonlines; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
MOMENT = 1_446_000_000_000
HEX = f"{MOMENT:x}"


def add(wire: Caller, *requests: dict[str, Any], path: str = SLOT) -> Answer:
    """Add requests, one a line, as the batch writer of the official client does."""
    lines = b"".join(json.dumps(request).encode() + b"\n" for request in requests)
    return wire.send("POST", path, query=b"start=0", body=lines, headers={"Content-Encoding": "identity"})


def pages(first: int, last: int, **more: Any) -> list[dict[str, Any]]:
    """Return requests with numbered fingerprints."""
    return [{"fp": f"/{number}", **more} for number in range(first, last)]


def batches(wire: Caller, **params: Any) -> list[tuple[str, int]]:
    """Return id and size of the batches in the queue."""
    return [(row["id"], len(row["requests"])) for row in map(json.loads, wire.get(f"{SLOT}/q", params).body.splitlines())]


class Fact(NamedTuple):
    """A request and its whole answer."""

    request: str
    body: bytes
    line: str
    content_type: str | None
    answer: str


FACTS = [
    Fact(f"POST {SLOT}", b'{"fp": "/a"}\n{"fp": "/b"}\n', "200 OK", JSON, '{"newcount":2}'),
    Fact(f"POST {SLOT}", b'{"fp": "/a"}\n{"fp": "/a"}\n', "200 OK", JSON, '{"newcount":1}'),
    Fact(f"POST {SLOT}", b"", "200 OK", JSON, '{"newcount":0}'),
    Fact(f"POST {SLOT}", b"{}", "400 Bad Request", TEXT, "Error parsing data, missing value for fp field\n"),
    Fact(f"POST {SLOT}", b'{"fp": 1}', "400 Bad Request", TEXT, "Error parsing data, invalid value for fp field\n"),
    Fact(f"POST {SLOT}", b'{"fp": ""}', "400 Bad Request", TEXT, "Error parsing data, invalid value for fp field\n"),
    *(
        Fact(f"POST {SLOT}", b'{"fp": "/c", "p": %b}' % p, "400 Bad Request", TEXT, "Error parsing data, invalid value for p field\n")
        for p in (b"-1", b"256", b"1.5", b"true", b'"1"')
    ),
    Fact(f"POST {SLOT}", b'"/a"', "400 Bad Request", TEXT, "Error parsing data, a request is no JSON object\n"),
    Fact(f"POST {SLOT}", b"{", "400 Bad Request", TEXT, "Error parsing data, line 1 is no JSON\n"),
    Fact(f"GET {SLOT}/q", b"", "200 OK", LINES, ""),
    Fact(f"GET {SLOT}/q?mincount=x", b"", "400 Bad Request", TEXT, "invalid value for mincount: x\n"),
    Fact(f"GET {SLOT}/f", b"", "200 OK", LINES, ""),
    Fact(f"POST {SLOT}/q/deleted", b'"00aa00001"\n"nope"', "200 OK", None, ""),
    Fact(f"POST {SLOT}/q/deleted", b"[1]", "400 Bad Request", TEXT, "Error parsing data, the id of a batch is no text\n"),
    Fact(f"DELETE {SLOT}", b"", "200 OK", None, ""),
    Fact("GET /hcf/1/list", b"", "200 OK", JSON, "[]"),
    Fact("GET /hcf/1/books/list", b"", "200 OK", JSON, "[]"),
    Fact("GET /hcf/x/list", b"", "400 Bad Request", TEXT, "invalid value for project: x\n"),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.request} {fact.body[:24]!r}")
def test_an_answer_to_the_letter(wire: Caller, fact: Fact) -> None:
    method, target = fact.request.split(" ")
    path, _, query = target.partition("?")
    answer = wire.send(method, path, query=query.encode(), body=fact.body)
    assert f"{answer.status} {answer.reason}" == fact.line
    assert answer.headers.get("Content-Type") == fact.content_type
    assert answer.text == fact.answer


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact.request == f"POST {SLOT}" and fact.line[0] == "4"])
def test_a_refused_write_leaves_no_trace(wire: Caller, fact: Fact) -> None:
    assert wire.send("POST", SLOT, body=b'{"fp": "/good"}\n' + fact.body).status == 400
    assert wire.get("/hcf/1/list").json == []
    assert add(wire, {"fp": "/good"}).json == {"newcount": 1}


def test_batches_come_by_priority_then_in_the_order_of_writing(wire: Caller) -> None:
    add(wire, {"fp": "/late", "p": 1, "qdata": {"depth": 1}}, {"fp": "/early"}, {"fp": "/latest", "p": 255, "fdata": 1})
    add(wire, {"fp": "/next", "qdata": [None]})
    assert wire.get(f"{SLOT}/q").text == (
        f'{{"id":"00{HEX}00001","requests":[["/early",null]]}}\n'
        f'{{"id":"00{MOMENT + 1:x}00001","requests":[["/next",[null]]]}}\n'
        f'{{"id":"01{HEX}00001","requests":[["/late",{{"depth":1}}]]}}\n'
        f'{{"id":"ff{HEX}00001","requests":[["/latest",null]]}}\n'
    )


def test_one_write_is_kept_in_batches_of_a_hundred(wire: Caller) -> None:
    assert add(wire, *pages(0, 300)).json == {"newcount": 300}
    assert batches(wire) == [(f"00{HEX}00001", 100), (f"00{HEX}0000100", 100), (f"00{HEX}0000101", 100)]
    rows = wire.get(f"{SLOT}/q").lines
    assert [fingerprint for row in rows for fingerprint, _ in row["requests"]] == [f"/{number}" for number in range(300)]


@pytest.mark.parametrize(("mincount", "read"), [("", 3), (1, 1), (50, 1), (51, 2), (100, 2), (101, 3), (1000, 3)])
def test_reading_stops_at_enough_requests_and_takes_nothing(wire: Caller, mincount: object, read: int) -> None:
    for first in (0, 50, 100):
        add(wire, *pages(first, first + 50))
    assert [size for _, size in batches(wire, mincount=mincount)] == [50] * read
    assert [size for _, size in batches(wire)] == [50] * 3


def test_a_known_fingerprint_is_neither_counted_nor_queued(wire: Caller) -> None:
    add(wire, *pages(0, 50))
    assert add(wire, *pages(0, 60)).json == {"newcount": 10}
    assert [size for _, size in batches(wire)] == [50, 10]
    ids = [name for name, _ in batches(wire)]
    wire.send("POST", f"{SLOT}/q/deleted", body="\n".join(map(json.dumps, ids)).encode())
    assert batches(wire) == []
    assert add(wire, *pages(0, 60)).json == {"newcount": 0}
    assert wire.get(f"{SLOT}/f").lines == [{"fp": f"/{number}"} for number in sorted(range(60), key=str)]


def test_fingerprints_come_with_their_data(wire: Caller) -> None:
    add(wire, {"fp": "/b", "fdata": {"x": 1}}, {"fp": "/a"})
    answer = wire.get(f"{SLOT}/f")
    assert (answer.text, answer.headers["Content-Type"]) == ('{"fp":"/a"}\n{"fp":"/b","fdata":{"x":1}}\n', LINES)


def test_batches_are_removed_by_single_ids_and_by_arrays(wire: Caller) -> None:
    add(wire, *pages(0, 350))
    ids = [name for name, _ in batches(wire)]
    body = json.dumps(ids[:2]) + "\n" + json.dumps(ids[2])
    assert wire.send("POST", f"{SLOT}/q/deleted/", body=body.encode()).status == 200
    assert [name for name, _ in batches(wire)] == ids[3:]
    refused = wire.send("POST", f"{SLOT}/q/deleted", body=b'["x", 1]')
    assert (refused.status, refused.text) == (400, "Error parsing data, the id of a batch is no text\n")


def test_the_requests_of_a_queue_are_counted(wire: Caller, fake: FakeJobs) -> None:
    assert wire.get(f"{SLOT}/q/count").json == {"count": 0}
    add(wire, *pages(0, 250))
    assert wire.get(f"{SLOT}/q/count").json == {"count": 250}
    fake.limit_scans(150)
    counted: list[int] = []
    start: dict[str, str] = {}
    while True:
        answer = wire.get(f"{SLOT}/q/count", start).json
        counted.append(answer["count"])
        if "nextstart" not in answer:
            break
        start = {"start": answer["nextstart"]}
    assert counted == [100, 150]
    fake.limit_scans(1)
    assert wire.get(f"{SLOT}/q/count").json["count"] == 100


def test_a_slot_is_deleted_with_a_slash_at_the_end(wire: Caller) -> None:
    add(wire, {"fp": "/"})
    assert wire.send("DELETE", f"{SLOT}/").status == 200
    assert wire.get("/hcf/1/list").json == []


def test_ids_never_repeat_though_the_clock_stands_still(wire: Caller, fake: FakeJobs) -> None:
    for number in range(3):
        add(wire, {"fp": f"/{number}"})
    fake.advance(milliseconds=10)
    add(wire, {"fp": "/later"})
    assert [name for name, _ in batches(wire)] == [f"00{MOMENT + late:x}00001" for late in (0, 1, 2, 10)]


def test_lists_name_frontiers_and_slots_until_they_are_deleted(wire: Caller) -> None:
    for path in ("/hcf/1/b/s/y", "/hcf/1/b/s/x", "/hcf/1/a/s/x", "/hcf/2/c/s/x"):
        add(wire, {"fp": "/"}, path=path)
    assert wire.get("/hcf/1/list").text == '["a","b"]'
    assert wire.get("/hcf/1/b/list").text == '["x","y"]'
    wire.send("DELETE", "/hcf/1/b/s/x")
    wire.send("DELETE", "/hcf/1/a/s/x")
    assert wire.get("/hcf/1/list").json == ["b"]
    assert wire.get("/hcf/1/b/list").json == ["y"]
    assert add(wire, {"fp": "/"}, path="/hcf/1/b/s/x").json == {"newcount": 1}


def test_who_may(wire: Caller, fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1, state="running")
    token = b64encode(f"{job.key}:{behind(fake).cloud.keys.token_of(job.key)}".encode()).decode()
    inside = {"Authorization": f"Basic {token}"}
    assert wire.send("POST", SLOT, body=b'{"fp": "/"}', headers=inside).json == {"newcount": 1}
    assert wire.get(f"{SLOT}/q", headers=inside).status == 200
    assert wire.get("/hcf/1/list/", headers=inside).status == 200
    assert wire.get("/hcf/2/list", headers=inside).status == 403
    fake.finish_job(job)
    assert wire.get(f"{SLOT}/q", headers=inside).status == 401
    fake.add_key("mine", projects=[1])
    assert Caller(fake, "mine").get(f"{SLOT}/q").status == 200
    assert Caller(fake, "mine").get("/hcf/2/list").status == 403
    assert Caller(fake, "other").get("/hcf/1/list").text == "Unauthorized\n"
