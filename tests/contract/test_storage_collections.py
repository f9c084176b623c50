"""Collections over the wire: what is answered, to the letter, and what a scan gives."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from typing import Any, NamedTuple

import msgspec
import pytest

from fakejobs import FakeJobs
from fakejobs.domain.collections import Scan
from fakejobs.fake import behind
from tests.contract.caller import Answer, Caller

STORE = "/collections/1/s/books"
LINES = "application/x-jsonlines; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
MSGPACK = "application/x-msgpack; charset=UTF-8"
MOMENT = 1_446_000_000_000


def put(wire: Caller, *values: dict[str, Any], path: str = STORE) -> Answer:
    """Write values, one a line, as the batch writer of the official client does."""
    lines = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    return wire.send("POST", path, query=b"start=0", body=lines, headers={"Content-Encoding": "identity"})


def keys(answer: Answer) -> list[str]:
    """Return the keys of the rows of an answer that was asked for them."""
    return [json.loads(line)["_key"] for line in answer.body.splitlines()]


@pytest.fixture
def shelf(wire: Caller) -> Caller:
    """A client of a fake with a collection of a1 … a3 and b1 … b3, written one after the other, `n` counting from 1."""
    for number, key in enumerate(["b1", "a1", "a2", "b2", "a3", "b3"], 1):
        put(wire, {"_key": key, "n": number})
    return wire


def pairs_of(query: str) -> list[tuple[str, str]]:
    """Return the parameters of a query that is not percent-encoded."""
    return [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)]


class Fact(NamedTuple):
    """A request and its whole answer."""

    request: str
    body: bytes
    line: str
    content_type: str | None
    answer: str


MISSING = "Error parsing data, missing value for _key field\n"
NO_JSON = "Error parsing data, line 1 is no JSON\n"
ONE_OBJECT = "Error parsing data, the body is not one JSON object\n"
INVALID = "Error parsing data, invalid value for _key field\n"

FACTS = [
    Fact(f"POST {STORE}", b'{"_key": "k", "v": 1}', "200 OK", TEXT, ""),
    Fact(f"POST {STORE}", b"", "200 OK", TEXT, ""),
    Fact(f"POST {STORE}", b'{"foo": 42}', "400 Bad Request", TEXT, MISSING),
    Fact(f"POST {STORE}", b'{"_key": null}', "400 Bad Request", TEXT, MISSING),
    Fact(f"POST {STORE}", b'{"_key": []}', "400 Bad Request", TEXT, INVALID),
    Fact(f"POST {STORE}", b'{"_key": ""}', "400 Bad Request", TEXT, INVALID),
    Fact(f"POST {STORE}", b'{"_key": "a\\u0000"}', "400 Bad Request", TEXT, INVALID),
    Fact(f"POST {STORE}", b'["_key"]', "400 Bad Request", TEXT, "Error parsing data, a value is no JSON object\n"),
    Fact(f"POST {STORE}", b'{"_key": "k"}\n{"_key"', "400 Bad Request", TEXT, "Error parsing data, line 2 is no JSON\n"),
    Fact(
        f"POST {STORE}",
        json.dumps({"_key": "large", "value": "x" * 1024**2}).encode(),
        "413 Content Too Large",
        TEXT,
        "Error parsing data, Serialized value too large - max 1048576 bytes\n",
    ),
    Fact(f"POST {STORE}", b'[{"_key": "k"}, {"_key": "l"}]\n{"_key": "m"}', "200 OK", TEXT, ""),
    Fact(f"POST {STORE}", b'[{"_key": "k"}, {}]', "400 Bad Request", TEXT, MISSING),
    Fact(f"POST {STORE}", b'{"_key": "k", "v": NaN}', "400 Bad Request", TEXT, "Error parsing data, line 1 is no JSON\n"),
    Fact(f"POST {STORE}", b'{"_key": "k", "v": -Infinity}', "400 Bad Request", TEXT, "Error parsing data, line 1 is no JSON\n"),
    Fact(f"POST {STORE}", b'{"_key": "k", "v": 1e999}', "400 Bad Request", TEXT, "Error parsing data, line 1 is no JSON\n"),
    Fact(f"POST {STORE}", b'{"_key": "k", "v": 1' + b"0" * 400 + b".5}", "400 Bad Request", TEXT, NO_JSON),
    Fact(f"POST {STORE}", b'{"_key": "1e999", "v": 1e300}', "200 OK", TEXT, ""),
    Fact(f"POST {STORE}/k", b'{"_key": "other", "v": 1}', "200 OK", TEXT, ""),
    Fact(f"POST {STORE}/k", b"", "400 Bad Request", TEXT, ONE_OBJECT),
    Fact(f"POST {STORE}/k", b'{"v": 1}\n{"v": 2}', "400 Bad Request", TEXT, ONE_OBJECT),
    Fact(f"POST {STORE}/k", b"[{}]", "400 Bad Request", TEXT, ONE_OBJECT),
    Fact(f"GET {STORE}", b"", "404 Not Found", TEXT, "unknown collection books\n"),
    Fact(f"GET {STORE}/", b"", "404 Not Found", TEXT, "unknown collection books\n"),
    Fact(f"GET {STORE}/does_not_exist", b"", "404 Not Found", None, "Not Found\n"),
    Fact(f"DELETE {STORE}", b"", "200 OK", JSON, '{"deleted":0,"scanned":0}'),
    Fact(f"DELETE {STORE}/k", b"", "200 OK", TEXT, ""),
    Fact("POST /collections/1/rename?name=books&new_name=films", b"", "404 Not Found", TEXT, "unknown collection books\n"),
    Fact("POST /collections/1/rename?name=books", b"", "400 Bad Request", TEXT, "missing 'new_name' argument\n"),
    Fact(f"GET {STORE}/count", b"", "200 OK", JSON, '{"count":0,"scanned":0}'),
    Fact(f"POST {STORE}/deleted", b'"a"\n"b"', "200 OK", TEXT, ""),
    Fact(f"POST {STORE}/deleted", b'"a"\n1', "400 Bad Request", TEXT, "Error parsing data, a key is no text\n"),
    Fact("GET /collections/1/list", b"", "200 OK", LINES, ""),
    Fact("POST /collections/1/delete?name=books", b"", "202 Accepted", JSON, '{"status":"success","deleted":"books"}'),
    Fact("POST /collections/1/delete", b"", "400 Bad Request", TEXT, "missing 'name' argument\n"),
    Fact("GET /collections/x/list", b"", "400 Bad Request", TEXT, "invalid value for project: x\n"),
    Fact("GET /collections/1/x/books", b"", "400 Bad Request", TEXT, "invalid value for type: x (s, vs, cs, vcs)\n"),
    Fact("GET /collections/1/s/a-b", b"", "400 Bad Request", TEXT, "invalid value for name: a-b (letters, digits and underscores)\n"),
    Fact(f"GET {STORE}?count=-1", b"", "400 Bad Request", TEXT, "invalid value for count: -1\n"),
    Fact(f"GET {STORE}?startts=soon", b"", "400 Bad Request", TEXT, "invalid value for startts: soon\n"),
    Fact(f"GET {STORE}?nodata=maybe", b"", "400 Bad Request", TEXT, "invalid value for nodata: maybe (1 or 0)\n"),
    Fact(f'GET {STORE}?filter=["a"]', b"", "400 Bad Request", TEXT, 'invalid value for filter: ["a"] (["field", "operator", [values]])\n'),
    Fact(
        f"PUT {STORE}/k",
        b"",
        "405 Method Not Allowed",
        TEXT,
        f"PUT is not allowed for {STORE}/k (allowed: DELETE, GET, HEAD, POST, OPTIONS)\n",
    ),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.request} {fact.body[:24]!r}")
def test_an_answer_to_the_letter(wire: Caller, fact: Fact) -> None:
    method, target = fact.request.split(" ")
    path, _, query = target.partition("?")
    answer = wire.send(method, path, query=query.encode(), body=fact.body)
    assert f"{answer.status} {answer.reason}" == fact.line
    assert answer.headers.get("Content-Type") == fact.content_type
    assert answer.text == fact.answer


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact.request.startswith("POST") and fact.line[0] == "4"])
def test_a_refused_write_leaves_no_trace(shelf: Caller, fact: Fact) -> None:
    before = shelf.get(STORE, {"meta": "_key"}).body
    path = fact.request.split(" ")[1].partition("?")[0]
    good = b'"a1"\n' if path.endswith("deleted") else b'{"_key": "new"}\n' if path == STORE else b""
    assert shelf.send("POST", path, body=good + fact.body).status >= 400
    assert shelf.get(STORE, {"meta": "_key"}).body == before


@pytest.mark.parametrize("type_", ["s", "cs", "vs", "vcs"])
def test_a_value_is_put_read_replaced_and_removed(wire: Caller, type_: str) -> None:
    path = f"/collections/1/{type_}/books"
    put(wire, {"z": 1, "_key": "k", "a": [{"b": None}]}, path=path)
    answer = wire.get(f"{path}/k")
    assert (answer.text, answer.headers["Content-Type"]) == ('{"z":1,"a":[{"b":null}]}\n', LINES)
    put(wire, {"_key": "k", "new": True}, path=path)
    assert wire.get(f"{path}/k").lines == [{"new": True}]
    assert wire.send("POST", f"{path}/deleted", body=b'"k"').status == 200
    assert wire.get(f"{path}/k").status == 404


def test_a_large_value_is_taken(wire: Caller) -> None:
    line = b'{"_key":"k","v":"%b"}' % (b"x" * (1024**2 - 19))
    assert len(line) == 1024**2
    assert wire.send("POST", STORE, body=line).status == 200


def test_gzip(wire: Caller) -> None:
    body = gzip.compress(b'{"_key": "k", "v": 1}\n')
    assert wire.send("POST", STORE, body=body, headers={"Content-Encoding": "gzip"}).status == 200
    broken = wire.send("POST", STORE, body=body[:-9], headers={"Content-Encoding": "gzip"})
    assert (broken.status, broken.text) == (400, "the gzip body is cut off\n")
    assert wire.get(f"{STORE}/k").lines == [{"v": 1}]


def test_messagepack(shelf: Caller) -> None:
    accept = {"Accept": "application/x-msgpack"}
    one = shelf.get(f"{STORE}/a1", headers=accept)
    assert (one.headers["Content-Type"], msgspec.msgpack.decode(one.body)) == (MSGPACK, {"n": 2})
    rows = shelf.get(STORE, {"meta": "_key", "count": 2}, headers=accept)
    assert rows.headers["Content-Type"] == MSGPACK
    assert rows.body == msgspec.msgpack.encode({"n": 2, "_key": "a1"}) + msgspec.msgpack.encode({"n": 3, "_key": "a2"})
    assert shelf.get(f"{STORE}/nope", headers=accept).text == "Not Found\n"


SCANS: list[tuple[str, list[str]]] = [
    ("", ["a1", "a2", "a3", "b1", "b2", "b3"]),
    ("count=2", ["a1", "a2"]),
    ("count=0", []),
    ("key=b2&key=a3&key=nope", ["a3", "b2"]),
    ("key=b2&key=a3&prefix=b", ["b2"]),
    ("key=a1&key=a2&key=a3&startafter=a1&count=1", ["a2"]),
    ("prefix=b", ["b1", "b2", "b3"]),
    ("prefix=b&prefix=a1&prefix=b1", ["a1", "b1", "b2", "b3"]),
    ("prefix=a&prefixcount=2", ["a1", "a2"]),
    ("prefix=b&prefix=a&prefixcount=1", ["a1", "b1"]),
    ("prefix=zz", []),
    ("start=a3", ["a3", "b1", "b2", "b3"]),
    ("start=a4", ["b1", "b2", "b3"]),
    ("startafter=a3", ["b1", "b2", "b3"]),
    ("startafter=a4", ["b1", "b2", "b3"]),
    ("start=a2&prefix=a", ["a2", "a3"]),
    (f"startts={MOMENT + 2}", ["a2", "a3", "b2", "b3"]),
    (f"endts={MOMENT + 2}", ["a1", "b1"]),
    (f"startts={MOMENT + 2}&endts={MOMENT + 4}&count=1", ["a2"]),
    ('filter=["n", ">", [4]]', ["a3", "b3"]),
    ('filter=["n", ">", [1]]&filter=["n", "<", [5]]&prefix=b', ["b2"]),
    ('filter=["n", ">", [2]]&prefix=a&prefixcount=1', ["a2"]),
    ('filter=["nope", "=", [1]]', []),
    ("unknown=1&fields=x", ["a1", "a2", "a3", "b1", "b2", "b3"]),
]


@pytest.mark.parametrize(("query", "wanted"), SCANS, ids=[query for query, _ in SCANS])
def test_a_scan_is_sorted_by_key(shelf: Caller, query: str, wanted: list[str]) -> None:
    pairs = pairs_of(query)
    answer = shelf.get(STORE, [*pairs, ("meta", "_key")])
    assert answer.headers["Content-Type"] == LINES
    assert keys(answer) == wanted
    if "count=" not in query.replace("prefixcount=", ""):
        assert shelf.get(f"{STORE}/count", pairs).json["count"] == len(wanted)


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("", '{"n":2}'),
        ("meta=_key", '{"n":2,"_key":"a1"}'),
        ("meta=_key&meta=_ts", f'{{"n":2,"_key":"a1","_ts":{MOMENT + 1}}}'),
        ("meta=_ts&meta=_other", f'{{"n":2,"_ts":{MOMENT + 1}}}'),
        ("nodata=True&meta=_key", '{"_key":"a1"}'),
        ("nodata=1", "{}"),
        ("nodata=False", '{"n":2}'),
    ],
)
def test_what_is_said_beside_a_value(shelf: Caller, query: str, line: str) -> None:
    assert shelf.send("GET", STORE, query=f"key=a1&{query}".encode()).text == line + "\n"
    if "nodata" not in query:
        assert shelf.send("GET", f"{STORE}/a1", query=query.encode()).text == line + "\n"


def test_the_time_of_a_write_is_its_own(wire: Caller, fake: FakeJobs) -> None:
    put(wire, {"_key": "a"}, {"_key": "b", "_ts": 1})
    put(wire, {"_key": "c"})
    fake.advance(seconds=1)
    put(wire, {"_key": "d"})
    assert wire.get(STORE, {"meta": "_ts"}).lines == [{"_ts": MOMENT + late} for late in (0, 0, 1, 1000)]


def test_the_list_is_by_name_then_type_and_keeps_emptied_ones(wire: Caller) -> None:
    for name in ("b", "a"):
        for type_ in ("vcs", "cs", "vs", "s"):
            put(wire, {"_key": "k"}, path=f"/collections/1/{type_}/{name}")
    wire.send("POST", "/collections/1/s/a/deleted", body=b'"k"')
    answer = wire.get("/collections/1/list")
    wanted = [f'{{"type":"{type_}","name":"{name}"}}' for name in ("a", "b") for type_ in ("s", "vs", "cs", "vcs")]
    assert (answer.text, answer.headers["Content-Type"]) == ("\n".join(wanted), LINES)
    assert wire.get("/collections/2/list").body == b""


def test_a_deleted_collection_is_empty_in_every_type_and_listed_no_more(shelf: Caller) -> None:
    put(shelf, {"_key": "k"}, path="/collections/1/cs/books")
    put(shelf, {"_key": "k"}, path="/collections/1/s/other")
    assert shelf.send("POST", "/collections/1/delete", query=b"name=books").status == 202
    for type_ in ("s", "cs"):
        answer = shelf.get(f"/collections/1/{type_}/books")
        assert (answer.status, answer.body) == (200, b"")
    assert shelf.get("/collections/1/list").text == '{"type":"s","name":"other"}'


def test_what_is_known_of_a_name(shelf: Caller, fake: FakeJobs) -> None:
    put(shelf, {"_key": "k"}, path="/collections/1/vs/books")
    assert shelf.get("/collections/1/cs/books").text == "unknown collection books\n"
    assert shelf.get("/collections/1/s/films/k").text == "unknown collection films\n"
    assert shelf.get(f"{STORE}/none").text == "Not Found\n"
    assert shelf.get("/collections/2/s/books").text == "unknown collection books\n"
    shelf.send("POST", "/collections/1/delete", query=b"name=books")
    assert (shelf.get(STORE).status, shelf.get(f"{STORE}/a1").text) == (200, "Not Found\n")
    assert shelf.get("/collections/1/cs/books").status == 404
    assert shelf.get("/collections/1/list").text == ""
    again = FakeJobs()
    again.load(fake.dump())
    assert (Caller(again).get(STORE).status, Caller(again).get("/collections/1/list").text) == (200, "")
    put(shelf, {"_key": "k"})
    assert shelf.get("/collections/1/list").text == '{"type":"s","name":"books"}'


def test_a_renamed_collection_is_known_by_its_new_name_alone(shelf: Caller) -> None:
    put(shelf, {"_key": "k", "type": "vs"}, path="/collections/1/vs/books")
    put(shelf, {"_key": "k"}, path="/collections/1/s/taken")
    taken = shelf.send("POST", "/collections/1/rename", query=b"name=books&new_name=taken")
    assert (taken.status, taken.text) == (400, "there is a collection taken already\n")
    answer = shelf.send("POST", "/collections/1/rename", query=b"name=books&new_name=films")
    assert (answer.status, answer.json) == (202, {"status": "success", "renamed": "books", "new_name": "films"})
    assert keys(shelf.get("/collections/1/s/films", {"meta": "_key"})) == ["a1", "a2", "a3", "b1", "b2", "b3"]
    assert shelf.get("/collections/1/vs/films/k").lines == [{"type": "vs"}]
    assert shelf.get(STORE).text == "unknown collection books\n"
    assert shelf.get(f"{STORE}/count").json == {"count": 0, "scanned": 0}


def test_one_value_is_written_and_removed_by_its_path(shelf: Caller) -> None:
    assert shelf.send("POST", f"{STORE}/a1", body=b'{"_key": "x", "n": "new"}').status == 200
    assert shelf.send("POST", f"{STORE}/c/d/", body=b'{"n": 7}').status == 200
    assert shelf.get(f"{STORE}/a1/").lines == [{"n": "new"}]
    assert keys(shelf.get(STORE, {"meta": "_key"})) == ["a1", "a2", "a3", "b1", "b2", "b3", "c/d"]
    assert shelf.send("DELETE", f"{STORE}/a1").status == 200
    assert shelf.get(f"{STORE}/a1").text == "Not Found\n"


def test_one_field_is_read_by_its_path(shelf: Caller) -> None:
    put(shelf, {"_key": "k", "value": "bar", "more": {"a": 1}, "a/b": 2}, {"_key": "k/value2", "x": 1})
    answer = shelf.get(f"{STORE}/k/value")
    assert (answer.text, answer.headers["Content-Type"]) == ("bar\n", TEXT)
    assert shelf.get(f"{STORE}/k/more/").text == '{"a":1}\n'
    assert shelf.get(f"{STORE}/k/value2").lines == [{"x": 1}]
    assert shelf.get(f"{STORE}/k/none").text == "Not Found\n"


@pytest.mark.parametrize(
    ("query", "deleted", "left"),
    [
        ("", 6, []),
        ("prefix=a", 3, ["b1", "b2", "b3"]),
        ("prefix=a&prefix=b&prefixcount=1", 2, ["a2", "a3", "b2", "b3"]),
        ("key=a2&key=b2&key=none", 2, ["a1", "a3", "b1", "b3"]),
        (f"startts={MOMENT + 4}", 2, ["a1", "a2", "b1", "b2"]),
        (f"endts={MOMENT + 1}", 1, ["a1", "a2", "a3", "b2", "b3"]),
        ("prefix=c", 0, ["a1", "a2", "a3", "b1", "b2", "b3"]),
    ],
)
def test_a_deletion_removes_what_its_filters_match(shelf: Caller, query: str, deleted: int, left: list[str]) -> None:
    answer = shelf.send("DELETE", STORE, query=query.encode())
    assert (answer.status, answer.json["deleted"]) == (200, deleted)
    assert answer.json["scanned"] >= deleted
    assert keys(shelf.get(STORE, {"meta": "_key"})) == left
    assert shelf.get("/collections/1/list").text == '{"type":"s","name":"books"}'


def test_a_deletion_goes_on_where_it_stopped(shelf: Caller, fake: FakeJobs) -> None:
    fake.limit_scans(4)
    first = shelf.send("DELETE", STORE, query=b'filter=["n","!=",[1]]').json
    assert first == {"deleted": 3, "scanned": 4, "nextstart": "b2"}
    second = shelf.send("DELETE", STORE, query=b'filter=["n","!=",[1]]&start=b2').json
    assert second == {"deleted": 2, "scanned": 2}
    assert keys(shelf.get(STORE, {"meta": "_key"})) == ["b1"]


@pytest.mark.parametrize(
    ("query", "accept", "is_array"),
    [
        ("", "*/*", False),
        ("format=json", "*/*", True),
        ("", "application/json, text/plain, */*", True),
        ("format=jl", "application/json", False),
    ],
)
def test_a_scan_is_one_array_where_that_is_asked_for(shelf: Caller, query: str, accept: str, is_array: bool) -> None:
    answer = shelf.get(STORE, [*pairs_of(query), ("prefix", "a")], headers={"Accept": accept})
    assert answer.headers["Content-Type"] == (JSON if is_array else LINES)
    assert (answer.json if is_array else answer.lines) == [{"n": 2}, {"n": 3}, {"n": 5}]


def test_saveas_names_the_file(shelf: Caller) -> None:
    assert shelf.get(STORE, {"saveas": "books.jl"}).headers["Content-Disposition"] == "Attachment; filename=books.jl"


def test_counting_goes_on_where_it_stopped(shelf: Caller, fake: FakeJobs) -> None:
    fake.limit_scans(4)
    pairs = {"filter": '["n", "!=", [1]]'}
    first = shelf.get(f"{STORE}/count", pairs).json
    assert first == {"count": 3, "scanned": 4, "nextstart": "b2"}
    assert shelf.get(f"{STORE}/count", {**pairs, "start": first["nextstart"]}).json == {"count": 2, "scanned": 2}


def test_cached_values_are_gone_after_a_month(wire: Caller, fake: FakeJobs) -> None:
    for type_ in ("s", "vs", "cs", "vcs"):
        put(wire, {"_key": "k"}, path=f"/collections/1/{type_}/c")
    fake.advance(days=29)
    put(wire, {"_key": "later"}, path="/collections/1/cs/c")
    fake.advance(days=1)
    left = {type_: keys(wire.get(f"/collections/1/{type_}/c", {"meta": "_key"})) for type_ in ("s", "vs", "cs", "vcs")}
    assert left == {"s": ["k"], "vs": ["k"], "cs": ["later"], "vcs": []}
    assert wire.get("/collections/1/cs/c/k").status == 404
    assert wire.get("/collections/1/cs/c/count").json == {"count": 1, "scanned": 1}


@pytest.mark.parametrize("key", ["count", "deleted", "a/b", "ä ö", "x.y:z?", "100%"])
def test_keys_that_look_like_something_else(wire: Caller, key: str) -> None:
    put(wire, {"_key": key, "v": 1})
    assert keys(wire.get(STORE, {"meta": "_key"})) == [key]
    if key != "count":
        path = "".join(f"%{byte:02X}" for byte in key.encode())
        assert wire.get(f"{STORE}/{path}").lines == [{"v": 1}]


def test_odd_json_is_kept(wire: Caller) -> None:
    body = b'{"_key":"k","big":123456789012345678901234567890,"half":"\\ud800","line":"\\u2028"}'
    assert wire.send("POST", STORE, body=body).status == 200
    answer = wire.get(f"{STORE}/k")
    assert len(answer.text.splitlines()) == 1
    assert answer.json["line"] == "\u2028"
    assert wire.get(f"{STORE}/k", headers={"Accept": "application/x-msgpack"}).status == 200


def test_a_reader_keeps_what_it_began_to_read(shelf: Caller, fake: FakeJobs) -> None:
    rows = behind(fake).cloud.collections.scan(1, "s", "books", Scan())
    shelf.send("POST", "/collections/1/delete", query=b"name=books")
    assert [key for key, _ in rows] == ["a1", "a2", "a3", "b1", "b2", "b3"]


def test_who_may(wire: Caller, fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1, state="running")
    token = b64encode(f"{job.key}:{behind(fake).cloud.keys.token_of(job.key)}".encode()).decode()
    inside = {"Authorization": f"Basic {token}"}
    assert wire.send("POST", STORE, body=b'{"_key": "k"}', headers=inside).status == 200
    assert wire.get(f"{STORE}/k", headers=inside).status == 200
    assert wire.get("/collections/1/list", headers=inside).text == '{"type":"s","name":"books"}'
    assert wire.get("/collections/2/s/books", headers=inside).status == 403
    fake.finish_job(job)
    assert wire.get(STORE, headers=inside).status == 401
    fake.add_key("mine", projects=[1])
    mine = Caller(fake, "mine")
    assert mine.get(STORE).status == 200
    assert mine.get("/collections/2/s/books").status == 403
    answer = Caller(fake, "other").get(STORE)
    assert (answer.status, answer.text, answer.headers.get("Content-Type")) == (401, "Unauthorized\n", None)
