"""Items, logs, requests and samples over the wire: what is kept of what is written, and every way to read it."""

from __future__ import annotations

import gzip
import json
import random
from base64 import b64encode
from typing import Any, NamedTuple

import msgspec
import pytest

from fakejobs import FakeJobs, Job
from fakejobs.domain.records import KINDS
from fakejobs.fake import behind
from fakejobs.web.formats import CHUNK
from tests.contract.caller import Answer, Caller

NOW = 1_446_000_000_000
TEXT = "text/plain; charset=UTF-8"
LINES = "application/x-jsonlines; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
MSGPACK = "application/x-msgpack; charset=UTF-8"

LOG = b'{"message": "simple", "level": 20, "time": 1476803148638, "appendmode": true}\n'
REQUEST = {"url": "http://a/", "status": 200, "time": 7, "method": "GET", "parent": None, "duration": 5, "rs": 1337, "fp": None}


def pairs_of(query: str) -> list[tuple[str, str]]:
    """Return the parameters of a query that is not percent-encoded."""
    return [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)]


def write(wire: Caller, path: str, body: bytes, query: bytes = b"start=0", **headers: str) -> Answer:
    """Write records as the batch writer of the official client does. headers: with underscores for hyphens."""
    return wire.send("POST", path, query=query, body=body, headers={"Content_Encoding": "identity", **headers})


def lines_of(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def unpacked(data: bytes, count: int) -> list[Any]:
    """Return MessagePack values that stand one behind the other."""
    values: list[Any] = msgspec.msgpack.decode(b"\xdd" + count.to_bytes(4, "big") + data)
    return values


@pytest.fixture
def job(fake: FakeJobs) -> Job:
    """A running job, 1/1/1."""
    return fake.add_job("books", project=1, state="running")


@pytest.fixture
def shelf(wire: Caller, job: Job) -> Caller:
    """A client of a fake with five items in two batches, and records of the other kinds, of job 1/1/1."""
    write(wire, "/items/1/1/1", lines_of({"id": 0, "text": "é,\u2028"}, {"id": 1, "more": {"a": [1, None]}}))
    write(wire, "/items/1/1/1", lines_of({}, {"id": 3, "text": 'say "no"'}, {"id": 4, "text": None}), b"start=2")
    write(wire, "/logs/1/1/1", LOG + b'{"message": "bad", "level": 40, "time": 8}')
    write(wire, "/requests/1/1/1", lines_of(REQUEST, {**REQUEST, "parent": 0, "fp": "1234", "other": 1}))
    write(wire, "/samples/1/1/1", b"[1476803148638, 1, 2, 3]\n[1476803148639, 5, 9, 4]\n")
    return wire


# ------------------------------------------------------------ reading, to the letter

ITEMS = [
    '{"id":0,"text":"é,\\u2028"}',
    '{"id":1,"more":{"a":[1,null]}}',
    "{}",
    '{"id":3,"text":"say \\"no\\""}',
    '{"id":4,"text":null}',
]
LOGS = ['{"time":1476803148638,"level":20,"message":"simple"}', '{"time":8,"level":40,"message":"bad"}']
TEXT = "text/plain; charset=UTF-8"
LOGS_AS_TEXT = "2016-10-18 15:05:48 INFO simple\n1970-01-01 00:00:00 ERROR bad"
REQUESTS = [
    '{"time":7,"duration":5,"status":200,"method":"GET","rs":1337,"url":"http://a/"}',
    '{"time":7,"parent":0,"duration":5,"status":200,"method":"GET","rs":1337,"url":"http://a/","fp":"1234"}',
]
SAMPLES = ["[1476803148638,1,2,3]", "[1476803148639,5,9,4]"]


def ended(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


class Reading(NamedTuple):
    """A request for records of job 1/1/1, or of more, and its whole answer."""

    path: str
    query: str
    content_type: str
    body: str


READINGS = [
    Reading("/items/1/1/1", "", LINES, ended(*ITEMS)),
    Reading("/items/1/1", "", LINES, ended(*ITEMS)),
    Reading("/items/1", "", LINES, ended(*ITEMS)),
    Reading("/items/1/1/1/1", "", LINES, ended(ITEMS[1])),
    Reading("/items/1/1/1/5", "", LINES, ""),
    Reading("/items/1/1/2", "", LINES, ""),
    Reading("/items/1/2", "", LINES, ""),
    Reading("/items/2", "", LINES, ""),
    Reading("/items/1/1/1", "count=2", LINES, ended(*ITEMS[:2])),
    Reading("/items/1/1/1", "count=0", LINES, ""),
    Reading("/items/1/1/1", "start=1/1/1/3", LINES, ended(*ITEMS[3:])),
    Reading("/items/1/1/1", "start=1/1/1/1&count=2", LINES, ended(*ITEMS[1:3])),
    Reading("/items/1/1/1", "startafter=1/1/1/3", LINES, ended(*ITEMS[4:])),
    Reading("/items/1/1/1", "startafter=1/1/1/9", LINES, ""),
    Reading("/items/1/1/1", "start=1/1/2/0", LINES, ""),
    Reading("/items/1", "start=1/1/0/9", LINES, ended(*ITEMS)),
    Reading("/items/1/1/1", "index=3&index=1&index=3&index=7", LINES, ended(ITEMS[1], ITEMS[3])),
    Reading("/items/1/1/1", "index=3&index=1&start=1/1/1/2", LINES, ended(ITEMS[3])),
    Reading("/items/1/1/1", f"startts={NOW + 1}", LINES, ended(*ITEMS[2:])),
    Reading("/items/1/1/1", f"endts={NOW + 1}", LINES, ended(*ITEMS[:2])),
    Reading("/items/1/1/1", 'filter=["id",">",[0]]', LINES, ended(ITEMS[1], ITEMS[3], ITEMS[4])),
    Reading("/items/1/1/1", 'filter=["id",">",[0]]&filter=["text","contains",["no"]]', LINES, ended(ITEMS[3])),
    Reading("/items/1/1/1", 'filter=["id",">",[0]]&count=2', LINES, ended(ITEMS[1], ITEMS[3])),
    Reading("/items/1/1/1", 'filter=["id",">",[9]]', LINES, ""),
    Reading("/items/1/1/1/1", "meta=_key", LINES, ended('{"id":1,"more":{"a":[1,null]},"_key":"1/1/1/1"}')),
    Reading("/items/1/1/1/2", "meta=_key&meta=_ts", LINES, ended(f'{{"_key":"1/1/1/2","_ts":{NOW + 1}}}')),
    Reading("/items/1/1/1/4", "meta=_project&meta=_ts", LINES, ended(f'{{"id":4,"text":null,"_project":1,"_ts":{NOW + 1}}}')),
    Reading("/items/1/1/1", "meta=_key&meta=_key&nodata=1&count=2", LINES, ended('{"_key":"1/1/1/0"}', '{"_key":"1/1/1/1"}')),
    Reading("/items/1/1/1", "nodata=1&count=2", LINES, ended("{}", "{}")),
    Reading("/items/1/1/1", "nodata=0&count=1", LINES, ended(ITEMS[0])),
    Reading("/items/1/1/1", "format=jl&count=1", LINES, ended(ITEMS[0])),
    Reading("/items/1/1/1", "format=json", JSON, f"[{','.join(ITEMS)}]"),
    Reading("/items/1/1/1", "format=json&meta=_key&index=0&index=2", JSON, f'[{ITEMS[0][:-1]},"_key":"1/1/1/0"}},{{"_key":"1/1/1/2"}}]'),
    Reading("/items/1/1/2", "format=json", JSON, "[]"),
    Reading("/items/1/1/1", "format=csv&fields=id,text,more", "text/csv; charset=UTF-8",
            '0,"é,\u2028",\n1,,"{""a"":[1,null]}"\n,,\n3,"say ""no""",\n4,,\n'),
    Reading("/items/1/1/1", "format=csv&fields=id,text&include_headers=Y&start=1/1/1/3&sep=;&quote='&escape=/&lineend=|",
            "text/csv; charset=UTF-8", "'id';'text'|3;'say \"no\"'|4;|"),
    Reading("/items/1/1/1", 'format=csv&fields=text&index=3&escape=\\', "text/csv; charset=UTF-8", '"say \\"no\\""\n'),
    Reading("/items/1/1/1", "format=text&count=2", TEXT, ended(*ITEMS[:2])),
    Reading("/items/1/1/1", "start=3", LINES, ended(*ITEMS[3:])),
    Reading("/items/1", "start=4", LINES, ended(*ITEMS[4:])),
    Reading("/requests/1/1/1", "start=1", LINES, REQUESTS[1]),
    Reading("/items/1/1/1/", "", LINES, ended(*ITEMS)),
    Reading("/items/1/1/", "count=1", LINES, ended(ITEMS[0])),
    Reading("/items/1/", "", LINES, ended(*ITEMS)),
    Reading("/items/1/1/1/1/", "", LINES, ended(ITEMS[1])),
    Reading("/items/1/1/1/1", "format=json", JSON, f"[{ITEMS[1]}]"),
    Reading("/items/1/1/1/text", "", TEXT, 'é,\u2028\nsay "no"\nnull\n'),
    Reading("/items/1/1/1/id", "count=2", TEXT, "0\n1\n"),
    Reading("/items/1/1/1/3/text", "", TEXT, 'say "no"\n'),
    Reading("/items/1/1/1/1/more", "", TEXT, '{"a":[1,null]}\n'),
    Reading("/items/1/1/1/1/text", "", TEXT, ""),
    Reading("/items/1/1/1/7/text", "", TEXT, ""),
    Reading("/items/1/1/1", "field=id&part=3&count=1", LINES, ended(ITEMS[0])),
    Reading("/items/1/1/1/3", "field=id", LINES, ended(ITEMS[3])),
    Reading("/logs/1/1/1/message", "", TEXT, "simple\nbad\n"),
    Reading("/requests/1/1/1/0/url/", "", TEXT, "http://a/\n"),
    Reading("/items/1/1/1", "format=csv&fields=_key,id&meta=_key&include_headers=1&count=1", "text/csv; charset=UTF-8",
            '"_key","id"\n"1/1/1/0",0\n'),
    Reading("/items/1/1/1", "format=xml&index=1&index=3", "application/xml; charset=UTF-8",
            '<?xml version="1.0" encoding="UTF-8"?>\n<items>\n'
            "<item><value><struct><member><name>id</name><value><int>1</int></value></member>"
            "<member><name>more</name><value><struct><member><name>a</name><value><array><data><value><int>1</int></value>"
            "<value><nil/></value></data></array></value></member></struct></value></member></struct></value></item>\n"
            "<item><value><struct><member><name>id</name><value><int>3</int></value></member>"
            '<member><name>text</name><value><string>say "no"</string></value></member></struct></value></item>\n</items>\n'),
    Reading("/items/1/1/1/stats", "", JSON, '{"counts":{"id":4,"text":3,"more":1},"totals":{"input_bytes":64,"input_values":5}}'),
    Reading("/items/1/1/2/stats", "", JSON, '{"counts":{},"totals":{"input_bytes":0,"input_values":0}}'),
    Reading("/logs/1/1/1", "", LINES, "\n".join(LOGS)),
    Reading("/logs/1/1/1", "format=text", TEXT, LOGS_AS_TEXT),
    Reading("/logs/1/1/1", "format=text&count=1&meta=_key", TEXT, LOGS_AS_TEXT.partition("\n")[0]),
    Reading("/logs/1/1/2", "format=text", TEXT, ""),
    Reading("/logs/1/1/1/0", "", LINES, LOGS[0]),
    Reading("/logs/1/1/2", "", LINES, ""),
    Reading("/logs/1/1/1", "meta=_key", LINES, "\n".join(f'{{"_key":"1/1/1/{n}",{line[1:]}' for n, line in enumerate(LOGS))),
    Reading("/logs/1/1/1", 'filter=["level", ">=", [40]]&meta=_key', LINES, f'{{"_key":"1/1/1/1",{LOGS[1][1:]}'),
    Reading("/logs/1/1/1", "format=json", JSON, f"[{','.join(LOGS)}]"),
    Reading("/logs/1/1/1", "format=csv&fields=level,message", "text/csv; charset=UTF-8", '20,"simple"\n40,"bad"\n'),
    Reading("/logs/1/1/1", "format=csv&count=1", "text/csv; charset=UTF-8", '1476803148638,20,"simple"\n'),
    Reading("/logs/1/1/1/", "format=text", TEXT, LOGS_AS_TEXT),
    Reading("/logs/1/1/1/stats", "", JSON, '{"counts":{"20":1,"40":1},"totals":{"input_bytes":11,"input_values":2}}'),
    Reading("/requests/1/1/1", "", LINES, "\n".join(REQUESTS)),
    Reading("/requests/1/1/1/1", "meta=_key", LINES, f'{{"_key":"1/1/1/1",{REQUESTS[1][1:]}'),
    Reading("/requests/1/1/1/stats", "", JSON,
            '{"counts":{"duration":2,"status":2,"method":2,"rs":2,"url":2,"parent":1,"fp":1},"totals":{"input_bytes":44,"input_values":2}}'),
    Reading("/samples/1/1/1", "", LINES, "\n".join(SAMPLES)),
    Reading("/samples/1/1/1", "meta=_key&count=1", LINES, SAMPLES[0]),
    Reading("/samples/1/1/1", "format=csv&fields=0,3,9&start=1/1/1/1", "text/csv; charset=UTF-8", "1476803148639,4,\n"),
]  # fmt: skip


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: f"{reading.path}?{reading.query}")
def test_reading(shelf: Caller, reading: Reading) -> None:
    answer = shelf.get(reading.path, pairs_of(reading.query))
    assert (answer.status, answer.reason) == (200, "OK"), answer
    assert answer.headers["Content-Type"] == reading.content_type
    assert answer.text == reading.body
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("path", "query", "values"),
    [
        ("/items/1/1/1", "", [json.loads(line) for line in ITEMS]),
        ("/items/1/1/1/2", "meta=_key&meta=_ts", [{"_key": "1/1/1/2", "_ts": NOW + 1}]),
        ("/items/1/1/1", "nodata=1&meta=_key&count=1", [{"_key": "1/1/1/0"}]),
        ("/items/1/1/1", 'filter=["id","=",[3]]&meta=_project', [{**json.loads(ITEMS[3]), "_project": 1}]),
        ("/items/1/1/2", "", []),
        ("/logs/1/1/1", "meta=_key", [json.loads(line) for line in LOGS]),
        ("/requests/1/1/1/0", "meta=_key", [{"_key": "1/1/1/0", **json.loads(REQUESTS[0])}]),
        ("/samples/1/1/1", "", [json.loads(line) for line in SAMPLES]),
    ],
)
@pytest.mark.parametrize("way", ["Accept", "format"])
def test_reading_as_msgpack(shelf: Caller, path: str, query: str, values: list[Any], way: str) -> None:
    headers = {"Accept": "application/x-msgpack"} if way == "Accept" else {}
    answer = shelf.get(path, pairs_of(query) + ([("format", "msgpack")] if way == "format" else []), headers=headers)
    assert (answer.status, answer.headers["Content-Type"]) == (200, MSGPACK)
    read = unpacked(answer.body, len(values))
    assert read == values
    assert [list(value) for value in read] == [list(value) for value in values], "keys in their order"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", LINES),
        ("*/*", LINES),
        ("application/x-jsonlines", LINES),
        ("application/json", JSON),
        ("application/json, text/plain, */*", JSON),
        ("application/x-msgpack", MSGPACK),
        ("application/json;q=0.5, application/x-msgpack", MSGPACK),
        ("application/x-msgpack;q=0, */*", LINES),
        ("application/xml", "application/xml; charset=UTF-8"),
        ("image/png", LINES),
        (";;=,,q=", LINES),
        ("application/json;q=a", LINES),
    ],
)
def test_accept_chooses_the_format(shelf: Caller, accept: str, content_type: str) -> None:
    assert shelf.get("/items/1/1/1", headers={"Accept": accept}).headers["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("path", "accept", "content_type"),
    [
        ("/logs/1/1/1", "text/plain", TEXT),
        ("/logs/1/1/1", "text/plain, application/json", TEXT),
        ("/items/1/1/1", "text/plain", TEXT),
        ("/items/1/1/1", "application/json, text/plain, */*", JSON),
        ("/samples/1/1/1", "text/plain;q=0.5, application/json", JSON),
    ],
)
def test_text_is_chosen_by_accept_too(shelf: Caller, path: str, accept: str, content_type: str) -> None:
    assert shelf.get(path, headers={"Accept": accept}).headers["Content-Type"] == content_type


SUPPORTED = "application/x-msgpack, application/xml, text/csv, application/json, application/x-jsonlines"


@pytest.mark.parametrize(
    ("path", "accept", "form", "supported"),
    [
        ("/items/1/1/1", "application/x-msgpack", "csv", SUPPORTED),
        ("/requests/1/1/1", "application/json", "jl", SUPPORTED),
        ("/items/1/1/1", "text/plain;q=0, application/json", "text", SUPPORTED),
        ("/logs/1/1/1", "image/*", "json", f"{SUPPORTED}, text/plain"),
    ],
)
def test_accept_and_format_that_disagree_are_not_acceptable(shelf: Caller, path: str, accept: str, form: str, supported: str) -> None:
    answer = shelf.get(path, {"format": form, "fields": "id"}, headers={"Accept": accept})
    assert (answer.status, answer.reason, answer.headers["Content-Type"]) == (406, "Not Acceptable", TEXT)
    assert answer.text == (
        f"No acceptable content types matching header '{accept}' and format '{form}' The following are supported: {supported}\n"
    )


@pytest.mark.parametrize(
    ("accept", "form", "content_type"),
    [
        ("*/*", "csv", "text/csv; charset=UTF-8"),
        ("", "json", JSON),
        ("text/html, */*;q=0.1", "json", JSON),
        ("text/*", "csv", "text/csv; charset=UTF-8"),
        ("text/xml", "xml", "application/xml; charset=UTF-8"),
        (";;=,,q=", "json", JSON),
    ],
)
def test_format_goes_before_an_accept_that_takes_it(shelf: Caller, accept: str, form: str, content_type: str) -> None:
    answer = shelf.get("/items/1/1/1", {"format": form, "fields": "id"}, headers={"Accept": accept})
    assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)


def test_saveas_names_the_file(shelf: Caller) -> None:
    answer = shelf.get("/items/1/1/1", {"format": "csv", "fields": "id", "saveas": "all items.csv"})
    assert answer.headers["Content-Disposition"] == "Attachment; filename=all items.csv"
    assert "Content-Disposition" not in shelf.get("/items/1/1/1").headers


def test_xml_holds_whatever_comes(wire: Caller, job: Job) -> None:
    write(wire, "/items/1/1/1", lines_of({"a b": "<&>", "xmlns": "\x00\x0b\ufffe", "1": 1.5, "ü": True, "": ["]]>"]}))
    [row] = [line for line in wire.get("/items/1/1/1", {"format": "xml"}).text.splitlines() if line.startswith("<item>")]
    assert row == (
        "<item><value><struct><member><name>a b</name><value><string>&lt;&amp;&gt;</string></value></member>"
        "<member><name>xmlns</name><value><string>\ufffd\ufffd\ufffd</string></value></member>"
        "<member><name>1</name><value><double>1.5</double></value></member>"
        "<member><name>ü</name><value><boolean>1</boolean></value></member>"
        "<member><name></name><value><array><data><value><string>]]&gt;</string></value></data></array></value></member>"
        "</struct></value></item>"
    )


# ------------------------------------------------------------ readings that do not go through


@pytest.mark.parametrize(
    ("path", "query", "status", "text"),
    [
        ("/items/1/1/1", "count=x", 400, "invalid value for count: x"),
        ("/items/1/1/1", "count=-1", 400, "invalid value for count: -1"),
        ("/items/1/1/1", "count=" + "9" * 19, 400, "invalid value for count: " + "9" * 19),
        ("/items/1/1/1", "start=1/1/1", 400, "invalid value for start: 1/1/1 (an offset or P/S/J/N)"),
        ("/items/1/1/1", "start=1/1/1/-1", 400, "invalid value for start: 1/1/1/-1 (an offset or P/S/J/N)"),
        ("/items/1/1/1", "startafter=1/1/1/1/1", 400, "invalid value for startafter: 1/1/1/1/1 (P/S/J/N)"),
        ("/items/1/1/1", "startts=now", 400, "invalid value for startts: now"),
        ("/items/1/1/1", "index=a", 400, "invalid value for index: a"),
        ("/items/1/1/1", "meta=_shoe", 400, "invalid value for meta: _shoe (_key, _ts, _project)"),
        ("/items/1/1/1", "nodata=maybe", 400, "invalid value for nodata: maybe (1 or 0)"),
        ("/items/1/1/1", "format=pdf", 400, "invalid value for format: pdf (jl, json, msgpack, csv, xml, text)"),
        ("/items/1/1/1", "format=csv&fields=id&sep=x&quote=x", 400, "invalid value for sep: x (another one than quote)"),
        ("/items/1/1/1", "format=csv&fields=id&sep=ab", 400, "invalid value for sep: ab (one character)"),
        ("/items/1/1/1", "saveas=a\r\nb", 400, "invalid value for saveas: a\r\nb"),
        ("/items/1/1/1/x/id", "", 400, "invalid value for index: x"),
        ("/logs/1/1/1", "format=html", 400, "invalid value for format: html (jl, json, msgpack, csv, xml, text)"),
        ("/items/1/1/1", "format=csv", 400, "missing 'fields' argument"),
        ("/items/1/1/1", "filter=[]", 400, 'invalid value for filter: [] (["field", "operator", [values]])'),
        ("/items/1/1/1", 'filter=["a",[],[1]]', 400, 'invalid value for filter: ["a",[],[1]] (["field", "operator", [values]])'),
        ("/items/1/1/1", "filter=" + "[" * 5000, 400, "invalid value for filter: " + "[" * 200 + '... (["field", "operator", [values]])'),
        ("/samples/1/1/1/x", "", 400, "invalid value for index: x (samples have no fields)"),
        ("/samples/1/1/1/stats", "", 400, "invalid value for index: stats (samples have no fields)"),
        ("/items/1/1/x", "", 400, "invalid value for job: x"),
        ("/items/1/-1", "", 400, "invalid value for spider: -1"),
        ("/items/x", "", 400, "invalid value for project: x"),
        ("/items/1/1/1/1/1/1", "", 404, "Not Found"),
        ("/items", "", 404, "Not Found"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_reading_that_makes_no_sense_is_refused(shelf: Caller, path: str, query: str, status: int, text: str) -> None:
    answer = shelf.get(path, pairs_of(query))
    assert (answer.status, answer.text) == (status, f"{text}\n")
    assert answer.headers.get("Content-Type") == (TEXT if status == 400 else None)


@pytest.mark.parametrize("query", [b"filter=%FF", b"start=%00", b"meta=%C3%28", b"fields=%ED%A0%80&format=csv"])
def test_bytes_that_are_no_text_are_refused(shelf: Caller, query: bytes) -> None:
    assert shelf.send("GET", "/items/1/1/1", query=query).status == 400


# ------------------------------------------------------------ writing


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_has_nothing_to_say(wire: Caller, job: Job, kind: str) -> None:
    body = {"items": b'{"a": 1}\n', "logs": LOG, "requests": lines_of(REQUEST), "samples": b"[1]"}[kind]
    answer = write(wire, f"/{kind}/1/1/1", body)
    assert (answer.status, answer.reason, answer.text, answer.headers["Content-Type"]) == (200, "OK", "", TEXT)
    assert write(wire, f"/{kind}/1/1/1", b"", b"start=1").status == 200
    assert len(wire.get(f"/{kind}/1/1/1").body.splitlines()) == 1


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_content_encoding_is_followed(wire: Caller, job: Job, encoding: str) -> None:
    body = lines_of(*({"x": number} for number in range(111)))
    sent = gzip.compress(body, mtime=0) if encoding == "gzip" else body
    assert write(wire, "/items/1/1/1", sent, Content_Encoding=encoding).status == 200
    stats = wire.get("/items/1/1/1/stats")
    assert stats.json == {"counts": {"x": 111}, "totals": {"input_bytes": 444, "input_values": 111}}


@pytest.mark.parametrize(
    ("writes", "kept"),
    [
        pytest.param([("start=0", "ab"), ("start=2", "c")], {0: "a", 1: "b", 2: "c"}, id="batches"),
        pytest.param([("start=0", "ab"), ("start=0", "ab"), ("start=2", "c")], {0: "a", 1: "b", 2: "c"}, id="a batch sent again"),
        pytest.param([("start=0", "ab"), ("start=1", "Bc")], {0: "a", 1: "b", 2: "c"}, id="an overlap"),
        pytest.param([("start=2", "c"), ("start=0", "ab")], {0: "a", 1: "b", 2: "c"}, id="the second batch first"),
        pytest.param([("", "ab"), ("", "c")], {0: "a", 1: "b", 2: "c"}, id="without start"),
        pytest.param([("start=5", "f"), ("", "g")], {5: "f", 6: "g"}, id="a gap"),
        pytest.param([("items 0-1/*", "ab"), ("items 0-1/*", "ab"), ("items 2-/*", "c")], {0: "a", 1: "b", 2: "c"}, id="Content-Range"),
    ],
)
def test_a_number_is_stored_once(wire: Caller, job: Job, writes: list[tuple[str, str]], kept: dict[int, str]) -> None:
    for where, texts in writes:
        query, span = (b"", where) if where.startswith("items") else (where.encode(), "")
        assert write(wire, "/items/1/1/1", lines_of(*({"v": text} for text in texts)), query, Content_Range=span).status == 200
    read = wire.get("/items/1/1/1", {"meta": "_key"}).lines
    assert {int(row["_key"].rpartition("/")[2]): row["v"] for row in read} == kept
    assert wire.get("/items/1/1/1/stats").json["totals"]["input_values"] == len(kept)
    assert job.items == len(kept)


def test_all_of_a_write_has_one_time_and_no_two_writes_the_same(wire: Caller, job: Job) -> None:
    for start in (0, 2, 4):
        write(wire, "/items/1/1/1", lines_of({}, {}), f"start={start}".encode())
    assert [row["_ts"] for row in wire.get("/items/1/1/1", {"meta": "_ts"}).lines] == [NOW, NOW, NOW + 1, NOW + 1, NOW + 2, NOW + 2]


@pytest.mark.parametrize(
    ("kind", "body", "status", "text"),
    [
        ("items", b'{"a": 1}\n{"b":', 400, "Error parsing data, line 2 is no JSON"),
        ("items", b"nothing", 400, "Error parsing data, line 1 is no JSON"),
        ("items", b'{"a": 1}\n[1]', 400, "Error parsing data, item 2 is not a JSON object"),
        ("items", b"null", 400, "Error parsing data, item 1 is not a JSON object"),
        ("items", b'[{"a": 1}]', 400, "Error parsing data, item 1 is not a JSON object"),
        ("items", b'{"a": "\xff"}', 400, "Error parsing data, line 1 is no UTF-8"),
        ("items", b"\x81\xa1a", 400, "Error parsing data, line 1 is no UTF-8"),
        ("items", b"\0", 400, "Error parsing data, line 1 is no JSON"),
        ("items", b'{"a":' * 101 + b"1" + b"}" * 101, 400, "Error parsing data, a value is nested more than 100 levels deep"),
        ("items", b'{"a": 1}\n{"a": "%s"}' % (b"x" * 2**20), 413, "Error parsing data, Serialized value too large - max 1048576 bytes"),
        ("logs", b'{"level": 20}', 400, "Error parsing data, missing value for message field"),
        ("logs", b'{"message": "a", "level": "high"}', 400, "Error parsing data, level is no number"),
        ("logs", b'{"message": "a", "time": null}', 400, "Error parsing data, time is no number"),
        ("logs", b'{"message": "a", "level": true}', 400, "Error parsing data, level is no number"),
        ("logs", b'"text"', 400, "Error parsing data, log record 1 is not a JSON object"),
        ("requests", b'{"status": 200}', 400, "Error parsing data, missing value for url field"),
        ("requests", b'{"url": 5}', 400, "Error parsing data, missing value for url field"),
        ("requests", b"[]", 400, "Error parsing data, request 1 is not a JSON object"),
        ("samples", b"[1]\n{}", 400, "Error parsing data, sample 2 is not a JSON array"),
        ("samples", b"1", 400, "Error parsing data, sample 1 is not a JSON array"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_of_a_body_with_a_mistake_nothing_is_kept(wire: Caller, job: Job, kind: str, body: bytes, status: int, text: str) -> None:
    for sent, encoding in ((body, "identity"), (gzip.compress(body, mtime=0), "gzip")):
        answer = write(wire, f"/{kind}/1/1/1", sent, Content_Encoding=encoding)
        assert (answer.status, answer.text, answer.headers["Content-Type"]) == (status, f"{text}\n", TEXT)
    assert wire.get(f"/{kind}/1/1/1").body == b""
    assert (job.items, job.logs, job.pages, job.updated_time) == (None, None, None, None)


@pytest.mark.parametrize(
    ("query", "headers", "body", "text"),
    [
        (b"start=-1", {}, b"{}", "invalid value for start: -1"),
        (b"start=1.5", {}, b"{}", "invalid value for start: 1.5"),
        (b"start=" + b"9" * 30, {}, b"{}", "invalid value for start: " + "9" * 30),
        (b"", {"Content_Range": "bytes 0-1/*"}, b"{}", "invalid value for Content-Range: bytes 0-1/*"),
        (b"", {"Content_Range": "items */*"}, b"{}", "invalid value for Content-Range: items */*"),
        (b"", {"Content_Encoding": "gzip"}, b"{}", "the body is no gzip, though Content-Encoding says so"),
        (b"", {"Content_Encoding": "gzip"}, gzip.compress(b"{}", mtime=0)[:-3], "the gzip body is cut off"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_write_that_makes_no_sense_is_refused(
    wire: Caller, job: Job, query: bytes, headers: dict[str, str], body: bytes, text: str
) -> None:
    answer = write(wire, "/items/1/1/1", body, query, **headers)
    assert (answer.status, answer.text) == (400, f"{text}\n")
    assert wire.get("/items/1/1/1").body == b""


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        pytest.param(b'{"a": NaN, "b": Infinity, "c": 1e999}', '{"a":null,"b":null,"c":null}', id="no numbers"),
        pytest.param(b'{"a": "\\ud800"}', '{"a":"\ufffd"}', id="half a surrogate pair"),
        pytest.param(b'{"a": 123456789012345678901234567890}', '{"a":123456789012345678901234567890}', id="a large number"),
        pytest.param(b'{"a": "\\u0000\\n"}', '{"a":"\\u0000\\n"}', id="controls"),
        pytest.param(b'{"_key": "mine", "a": 1}', '{"_key":"mine","a":1}', id="fields of the client that look like meta"),
        pytest.param(b'{"a": 1, "a": 2}', '{"a":2}', id="a field twice"),
        pytest.param(b'{"b": 1.0, "a": -0.5e-7}', '{"b":1.0,"a":-5e-8}', id="floats"),
    ],
)
def test_odd_items_are_kept_in_a_form_that_everybody_reads(wire: Caller, job: Job, body: bytes, kept: str) -> None:
    assert write(wire, "/items/1/1/1", body).status == 200
    assert wire.get("/items/1/1/1").text == f"{kept}\n"
    assert len(unpacked(wire.get("/items/1/1/1", {"format": "msgpack"}).body, 1)) == 1


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"message": "a"}', f'{{"time":{NOW},"level":20,"message":"a"}}'),
        (b'{"message": {"a": [1]}, "level": 10.0, "time": 5.9}', '{"time":5,"level":10,"message":"{\\"a\\":[1]}"}'),
        (b'{"message": "two\\nlines", "level": 1e300, "time": 1}', f'{{"time":1,"level":{int(1e300)},"message":"two\\nlines"}}'),
    ],
)
def test_logs_are_brought_into_their_form(wire: Caller, job: Job, body: bytes, kept: str) -> None:
    assert write(wire, "/logs/1/1/1", body).status == 200
    assert wire.get("/logs/1/1/1").text == kept
    assert wire.get("/logs/1/1/1/stats").json["totals"]["input_values"] == 1


# ------------------------------------------------------------ the job


def test_the_counters_of_a_job_follow_what_is_written(fake: FakeJobs, wire: Caller, job: Job) -> None:
    fake.advance(seconds=5)
    write(wire, "/items/1/1/1", lines_of({}, {}))
    assert (job.items, job.pages, job.logs, job.errors) == (2, None, None, None)
    write(wire, "/logs/1/1/1", b'{"message": "a", "level": 40}\n{"message": "b", "level": 50}\n{"message": "c", "level": 39}')
    write(wire, "/requests/1/1/1", lines_of(REQUEST))
    write(wire, "/samples/1/1/1", b"[1]")
    fake.advance(seconds=5)
    write(wire, "/items/1/1/1", lines_of({}, {}, {}))
    assert (job.items, job.pages, job.logs, job.errors) == (3, 1, 3, 2)
    assert job.updated_time == job.touched_time == fake.clock.now
    fake.advance(seconds=5)
    write(wire, "/items/1/1/1", lines_of({}, {}, {}))
    assert job.updated_time != fake.clock.now, "a batch sent again is no data"
    [row] = wire.get("jobs/list.json", {"project": 1}).json["jobs"]
    assert (row["items_scraped"], row["responses_received"], row["errors_count"], row["logs"], row["elapsed"]) == (3, 1, 2, 3, 5000)


def test_counters_that_the_test_has_set_stay(fake: FakeJobs, wire: Caller) -> None:
    job = fake.add_job("books", project=1, state="running", items=100, errors=7, updated_time=NOW - 9)
    updated = job.updated_time
    for start in (0, 2):
        write(wire, "/items/1/1/1", lines_of({}, {}), f"start={start}".encode())
        write(wire, "/logs/1/1/1", b'{"message": "a", "level": 40}', f"start={start}".encode())
    assert (job.items, job.errors, job.logs, job.updated_time) == (100, 7, 2, updated)


def test_a_counter_that_is_set_later_stays_from_then_on(fake: FakeJobs, wire: Caller, job: Job) -> None:
    write(wire, "/items/1/1/1", lines_of({}))
    fake.finish_job(job, items=50)
    write(wire, "/items/1/1/1", lines_of({}), b"start=1")
    assert job.items == 50


def test_a_job_token_opens_its_own_records_while_it_runs(fake: FakeJobs, wire: Caller, job: Job) -> None:
    other = fake.add_job("books", project=1, state="running")

    def tried(method: str, path: str) -> int:
        token = b64encode(f"{job.key}:{tokens[job.key]}".encode()).decode()
        return (
            Caller(fake, None)
            .send(method, path, body=b"[1]" if method == "POST" else b"", headers={"Authorization": f"Basic {token}"})
            .status
        )

    tokens = {job.key: behind(fake).cloud.keys.token_of(job.key)}
    assert [tried("POST", f"/samples/{job.key}"), tried("GET", f"/samples/{job.key}"), tried("GET", f"/items/{job.key}/stats")] == [200] * 3
    assert [tried("POST", f"/samples/{other.key}"), tried("GET", f"/items/{other.key}"), tried("GET", "/items/1")] == [401] * 3
    fake.finish_job(job)
    assert tried("POST", f"/samples/{job.key}") == 401
    assert wire.get(f"/samples/{job.key}").text == "[1]"


def test_keys_and_projects_are_checked(fake: FakeJobs, wire: Caller, job: Job) -> None:
    fake.add_key("ann", projects=[2])
    for kind in KINDS:
        nobody = Caller(fake, None).get(f"/{kind}/1/1/1")
        assert (nobody.status, nobody.reason, nobody.text, nobody.headers.get("Content-Type")) == (
            401,
            "Unauthorized",
            "Unauthorized\n",
            None,
        )
        assert Caller(fake, "ann").get(f"/{kind}/1").status == 403
        assert write(Caller(fake, "ann"), f"/{kind}/1/1/1", b"{}").status == 403
        assert Caller(fake, "ann").get(f"/{kind}/2").status == 200


def test_records_outlive_their_job_but_no_reset(fake: FakeJobs, shelf: Caller, job: Job) -> None:
    fake.finish_job(job)
    fake.delete_job(job)
    assert shelf.get("/items/1/1/1").text == ended(*ITEMS)
    fake.reset()
    assert [shelf.get(f"/{kind}/1").body for kind in KINDS] == [b""] * 4
    assert shelf.get("/items/1/1/1/stats").json["totals"]["input_values"] == 0


def test_a_job_that_nobody_knows_takes_records(wire: Caller) -> None:
    assert write(wire, "/items/7/8/9", b'{"a": 1}').status == 200
    assert wire.get("/items/7/8/9", {"meta": "_key"}).text == '{"a":1,"_key":"7/8/9/0"}\n'


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/items/1"), ("POST", "/items/1/1/1/1"), ("DELETE", "/items/1/1/1"), ("PUT", "/logs/1/1/1")]
)
def test_a_wrong_method_is_named(wire: Caller, method: str, path: str) -> None:
    answer = wire.send(method, path, body=b"{}")
    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


# ------------------------------------------------------------ streams


def test_jobs_are_read_in_the_order_of_their_numbers(fake: FakeJobs, wire: Caller) -> None:
    for key in ("1/1/10", "1/2/1", "1/1/9", "2/1/1"):
        write(wire, f"/items/{key}", lines_of({}, {}))
    keys = [row["_key"] for row in wire.get("/items/1", {"meta": "_key"}).lines]
    assert keys == ["1/1/9/0", "1/1/9/1", "1/1/10/0", "1/1/10/1", "1/2/1/0", "1/2/1/1"]
    rest = wire.get("/items/1", {"meta": "_key", "startafter": "1/1/9/1", "count": 3}).lines
    assert [row["_key"] for row in rest] == keys[2:5]
    assert [row["_key"] for row in wire.get("/items/1/1", {"meta": "_key", "index": 1}).lines] == ["1/1/9/1", "1/1/10/1"]


@pytest.mark.parametrize("kind", ["items", "samples"])
def test_every_window_over_many_chunks_is_what_a_list_would_give(wire: Caller, job: Job, kind: str) -> None:
    chance = random.Random(3)
    values: list[Any] = []
    while len(values) < 4000:
        batch = [[number, "x" * chance.randrange(200)] for number in range(len(values), len(values) + chance.choice([1, 7, 900]))]
        write(
            wire,
            f"/{kind}/1/1/1",
            lines_of(*(batch if kind == "samples" else ({"v": row} for row in batch))),
            f"start={len(values)}".encode(),
        )
        values += batch
    for _ in range(15):
        start, count = chance.randrange(len(values)), chance.choice([1, 100, 3000, 9000])
        answer = wire.get(f"/{kind}/1/1/1", {"start": f"1/1/1/{start}", "count": count})
        read = [json.loads(line) for line in answer.body.split(b"\n") if line]
        assert [row if kind == "samples" else row["v"] for row in read] == values[start : start + count]
        assert answer.body.endswith(b"\n") == (kind == "items")


def test_a_reading_streams_without_the_lock_and_does_not_see_what_comes_later(fake: FakeJobs, wire: Caller, job: Job) -> None:
    big = {"a": "x" * 1000}
    write(wire, "/items/1/1/1", lines_of(*[big] * 500))
    heads: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/items/1/1/1", "QUERY_STRING": "apikey=k", "SERVER_NAME": "x", "SERVER_PORT": "80"}
    chunks = iter(fake.app(environ, lambda status, headers, exc_info=None: heads.append(status)))
    first = next(chunks)
    assert CHUNK / 2 < len(first) < CHUNK * 2
    write(wire, "/items/1/1/1", lines_of(*[big] * 500), b"start=500")
    fake.reset()
    body = first + b"".join(chunks)
    assert len(body.splitlines()) == 500
    assert heads == ["200 OK"]


# ------------------------------------------------------------ time


def test_the_time_needs_no_credentials(fake: FakeJobs) -> None:
    fake.add_key("ann", projects=[])
    fake.advance(seconds=1)
    for key in (None, "ann", "nobody"):
        answer = Caller(fake, key).get("/system/ts")
        assert (answer.status, answer.headers["Content-Type"], answer.text) == (200, JSON, str(NOW + 1000))


@pytest.mark.parametrize(
    ("path", "query", "rows"),
    [
        ("/items/1/1/1", "", 5),
        ("/items/1", "", 5),
        ("/items/1/1/1", "count=2", 2),
        ("/items/1/1/9", "", 0),
        ("/logs/1/1/1", "format=text", 2),
        ("/items/1/1/1", 'filter=["id",">",[0]]', None),
        ("/items/1/1/1", "start=1/1/1/3", 2),
        ("/items/1/1/1/stats", "", None),
        ("/jobq/1/list", "state=running", 1),
    ],
)
def test_a_call_knows_its_rows_where_that_costs_nothing(fake: FakeJobs, shelf: Caller, path: str, query: str, rows: int | None) -> None:
    assert shelf.get(path, pairs_of(query)).status == 200
    assert fake.calls[-1].rows == rows
    told = str(fake.calls[-1])
    assert (f", {rows} row" in told or f", {rows} job" in told) is (rows is not None)
