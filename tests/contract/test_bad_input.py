"""Bad input of any kind is a documented 4xx that names the parameter and changes nothing; odd but fine input is accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakejobs import FakeJobs
from fakejobs.fake import behind
from fakejobs.web.request import MAX_BODY
from tests.contract.caller import FORM, Caller, form

Row = tuple[str, str, list[tuple[Any, Any]], str]
RUN = [("project", 1), ("spider", "a")]
LONG = "9" * 300

WORDS: list[tuple[str, Any]] = [
    ("no UTF-8", b"\xff"),
    ("half a character", b"\xe2\x82"),
    ("a surrogate", b"\xed\xa0\x80"),
    ("an overlong character", b"\xc0\xaf"),
    ("NUL", "a\0b"),
]
NO_NUMBERS: list[Any] = [
    "abc",
    "1_0",
    " 1",
    "1 ",
    "+1",
    "-1",
    "1.0",
    "1e2",
    "0x1",
    "\u0661",
    "\uff11",
    LONG,
    "9" * 19,
    "1\n",
    "\r\nX-Evil: 1",
    "null",
    "[]",
    "\u00b2",
]
NO_OBJECTS = [
    "{",
    "[]",
    "[1]",
    "1",
    '"x"',
    "null",
    "true",
    "{'a': 1}",
    "NaN",
    '{"a": NaN}',
    '{"a": -Infinity}',
    '{"a": 1e999}',
    '{"a": 1} x',
    "\ufeff{}",
    '{"a":' + "[" * 2000,
    '{"a":' + "[" * 900 + "]" * 900 + "}",
    "[" * 100_000,
    '{"a": "\n"}',
]

ROWS: list[Row] = [
    *(("POST", "run.json", [("project", 1), ("spider", word)], "spider") for _, word in WORDS),
    *(("POST", "run.json", [*RUN, ("add_tag", "fine"), ("add_tag", word)], "add_tag") for _, word in WORDS),
    *(("POST", "run.json", [*RUN, ("page", word)], "page") for _, word in WORDS),
    *(("POST", "run.json", [*RUN, (word, "value")], "") for _, word in WORDS),
    *(("POST", "run.json", [*RUN, ("cmd_args", word)], "cmd_args") for _, word in WORDS),
    *(("POST", "run.json", [*RUN, ("meta", word)], "meta") for _, word in WORDS),
    *(
        ("GET", "jobs/list.json", [("project", 1), (name, word)], name)
        for _, word in WORDS
        for name in ("spider", "job", "has_tag", "lacks_tag", "state", "other")
    ),
    *(
        ("POST", "jobs/update.json", [("project", 1), ("job", "1/1/1"), (name, word)], name)
        for _, word in WORDS
        for name in ("add_tag", "remove_tag")
    ),
    *(
        ("POST", f"jobs/{verb}.json", [("project", 1), ("job", "1/1/1"), ("job", word)], "job")
        for _, word in WORDS
        for verb in ("delete", "stop")
    ),
    *(
        (method, path, [("project", value), ("spider", "a"), ("job", "1/1/1")], "project")
        for value in NO_NUMBERS
        for method, path in (("POST", "run.json"), ("GET", "jobs/list.jl"), ("POST", "jobs/stop.json"), ("GET", "spiders/list.json"))
    ),
    *(("POST", "run.json", [*RUN, (name, value)], name) for value in [*NO_NUMBERS, "9", "7", "99"] for name in ("priority", "units")),
    *(("POST", "run.json", [*RUN, ("units", value)], "units") for value in ("0", "00")),
    *(("POST", "run.json", [("project", 1), ("jobq_id", value)], "jobq_id") for value in [*NO_NUMBERS, "99", "0"]),
    *(("GET", "jobs/list.json", [("project", 1), (name, value)], name) for value in NO_NUMBERS for name in ("count", "offset")),
    *(("POST", "run.json", [*RUN, (name, value)], name) for value in NO_OBJECTS for name in ("meta", "job_settings", "environment")),
    *(
        ("GET", path, [("project", 1), ("state", value)], "state")
        for value in ("foo", "Running", "running ", "run\r\nning", "pending,running")
        for path in ("jobs/list.json", "jobs/count.json")
    ),
    ("GET", "jobs/list.json", [("project", 1), ("state", "running"), ("state", "foo")], "state"),
    ("POST", "jobs/update.json", [("project", 1), ("state", "foo"), ("add_tag", "x")], "state"),
]


@pytest.fixture
def used(fake: FakeJobs) -> FakeJobs:
    fake.add_job("b", project=1, tags=["x"])
    fake.add_job("b", project=1, state="finished")
    return fake


def words_of(rows: list[Row]) -> list[str]:
    return [f"{method} {path} {ascii(pairs[-1])[:60]}" for method, path, pairs, _ in rows]


@pytest.mark.parametrize(("method", "path", "pairs", "name"), ROWS, ids=words_of(ROWS))
def test_bad_values_are_refused_by_name_and_change_nothing(
    wire: Caller, used: FakeJobs, method: str, path: str, pairs: list[tuple[Any, Any]], name: str
) -> None:
    before = used.dump()
    answer = wire.get(path, pairs) if method == "GET" else wire.post(path, pairs)
    assert 400 <= answer.status < 500
    assert answer.json["status"] == "badrequest"
    assert answer.json["message"].startswith(f"invalid value for {name}")
    assert answer.reason.isascii()
    assert answer.reason.isprintable()
    assert answer.reason.startswith(f"invalid value for {name}")
    assert len(answer.reason) <= 1000
    assert len(answer.body) < 2000
    assert used.dump() == before
    behind(used).cloud.world.store.check()
    assert f"{used.calls[-1]}".isprintable()
    assert answer.headers["Content-Type"] == "application/json"


def test_the_body_has_the_exact_message_where_the_reason_phrase_cannot(wire: Caller) -> None:
    answer = wire.get("jobs/list.json", {"project": "1\r\nSet-Cookie: x=1\t\u00e4\x7f"})
    assert answer.json["message"] == "invalid value for project: 1\r\nSet-Cookie: x=1\t\u00e4\x7f"
    assert answer.reason == "invalid value for project: 1??Set-Cookie: x=1????"[: len(answer.reason)]
    assert "\n" not in answer.reason
    assert "\r" not in answer.reason


def test_a_login_that_is_no_reason_phrase(fake: FakeJobs) -> None:
    fake.add_key("k", user="ann\r\nX: 1 \u00e4", projects=[1])
    answer = Caller(fake).get("jobs/list.json", {"project": 2})
    assert answer.reason == "User 'ann??X: 1 ?' doesn't have access to project 2"
    assert answer.json["message"] == "User 'ann\r\nX: 1 \u00e4' doesn't have access to project 2"


def test_a_long_name_does_not_make_a_long_reason(wire: Caller) -> None:
    answer = wire.post("run.json", [*RUN, (b"\xff" + b"x" * 500_000, "y")])
    assert answer.status == 400
    assert len(answer.reason) == 1000


@pytest.mark.parametrize(("value", "message"), [(b"\xff", "?"), (b"x\xe2\x82", "x??"), (b"a\0b", "a\0b")])
def test_multipart_values_that_are_no_text(wire: Caller, used: FakeJobs, value: bytes, message: str) -> None:
    before = used.dump()
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair
        for pair in ((b"project", b"1"), (b"spider", b"a"), (b"page", value))
    ]
    answer = wire.send("POST", "run.json", body=b"".join(parts) + b"--b--", content_type="multipart/form-data; boundary=b")
    assert (answer.status, answer.json["message"]) == (400, f"invalid value for page: {message}")
    assert used.dump() == before


@pytest.mark.parametrize("path", ["run.json", "jobs/update.json", "jobs/delete.json", "jobs/stop.json"])
@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data; boundary=b"])
def test_a_body_over_the_limit_is_413(wire: Caller, fake: FakeJobs, path: str, content_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakejobs.web.request.MAX_BODY", 1000)
    answer = wire.send("POST", path, body=b"project=1&spider=a&x=" + b"y" * 2000, content_type=content_type)
    assert answer.status == 413
    assert answer.reason == "CONTENT TOO LARGE"
    assert answer.json == {"status": "error", "message": "the request body is over the limit of 1000 bytes"}
    assert fake.dump() == []
    assert MAX_BODY == 64 * 1024 * 1024


MEGABYTE = "x" * 1_000_000

FINE: list[tuple[str, list[tuple[Any, Any]], dict[str, Any]]] = [
    ("a megabyte argument", [("page", MEGABYTE)], {"spider_args": {"page": MEGABYTE}}),
    ("thousands of tags", [("add_tag", f"t{n}") for n in range(5000)], {"tags": [f"t{n}" for n in range(5000)]}),
    ("thousands of arguments", [(f"a{n}", n) for n in range(5000)], {"spider_args": {f"a{n}": str(n) for n in range(5000)}}),
    ("a long tag", [("add_tag", MEGABYTE)], {"tags": [MEGABYTE]}),
    ("line breaks and tabs in an argument", [("page", "a\r\nb\tc")], {"spider_args": {"page": "a\r\nb\tc"}}),
    ("blanks", [(" ", " "), ("add_tag", " ")], {"spider_args": {" ": " "}, "tags": [" "]}),
    ("no value and no name", [("", ""), ("flag", "")], {"spider_args": {"": "", "flag": ""}}),
    ("emoji and right to left", [("add_tag", "😀"), ("\u05d0", "\u202e")], {"tags": ["😀"], "spider_args": {"\u05d0": "\u202e"}}),
    ("not normalised text", [("add_tag", "e\u0301"), ("add_tag", "\u00e9")], {"tags": ["e\u0301", "\u00e9"]}),
    ("a character outside the plane and a non-character", [("add_tag", "\U0010ffff\ufffe\ufffd")], {"tags": ["\U0010ffff\ufffe\ufffd"]}),
    ("control characters", [("page", "\x01\x1b[31m\x7f")], {"spider_args": {"page": "\x01\x1b[31m\x7f"}}),
    ("a hundred levels of settings", [("job_settings", '{"a":' + "[" * 99 + "]" * 99 + "}")], {}),
    (
        "a big number in meta",
        [("meta", '{"n": 123456789012345678901234567890, "f": 1e300}')],
        {"meta": {"n": 123456789012345678901234567890, "f": 1e300}},
    ),
    ("escaped surrogates in meta", [("meta", '{"s": "\\ud83d\\ude00", "lone": "\\ud83d"}')], {"meta": {"s": "😀", "lone": "\ud83d"}}),
    ("doubled keys in meta", [("meta", '{"a": 1, "a": 2}')], {"meta": {"a": 2}}),
    ("leading zeros", [("priority", "03"), ("units", "006")], {"priority": 3, "units": 6}),
]


@pytest.mark.parametrize(("pairs", "stored"), [row[1:] for row in FINE], ids=[row[0] for row in FINE])
def test_odd_but_fine(wire: Caller, fake: FakeJobs, pairs: list[tuple[Any, Any]], stored: dict[str, Any]) -> None:
    answer = wire.post("run.json", [*RUN, *pairs])
    assert (answer.status, answer.json) == (200, {"status": "ok", "jobid": "1/1/1"})
    job = fake.get_job("1/1/1")
    assert {name: getattr(job, name) for name in stored} == stored
    [row] = wire.get("jobs/list.json", {"project": 1}).json["jobs"]
    assert row["tags"] == job.tags
    assert row.get("spider_args", {}) == job.spider_args
    twin = FakeJobs()
    twin.load(json.loads(json.dumps(fake.dump())))
    assert twin.dump() == fake.dump()
    assert len(str(fake.calls[0])) < 1_000_000
    fake.assert_scheduled(spider="a")


def test_long_lists_of_keys_and_tags(wire: Caller, fake: FakeJobs) -> None:
    for _ in range(3000):
        fake.add_job("a", project=1, state="finished")
    keys = [("job", f"1/1/{number}") for number in range(1, 5001)]
    assert wire.get("jobs/list.json", [("project", 1), *keys]).json["count"] == 3000
    assert wire.post("jobs/update.json", [("project", 1), *keys, ("add_tag", "x")]).json["count"] == 3000
    lacks = [("lacks_tag", f"t{number}") for number in range(5000)]
    assert wire.get("jobs/count.json", [("project", 1), ("has_tag", "x"), *lacks]).json["total"] == 3000
    assert wire.post("jobs/delete.json", [("project", 1), *keys]).json["count"] == 3000


@pytest.mark.parametrize("project", ["0", "1", "007", "9" * 18])
def test_project_numbers(wire: Caller, project: str) -> None:
    answer = wire.post("run.json", {"project": project, "spider": "a"})
    assert answer.json["jobid"] == f"{int(project)}/1/1"
    assert wire.get("jobs/count.json", {"project": project}).json["total"] == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"&&&",
        b"=",
        b"project",
        b"project=1&spider=%",
        b"project=1&spider=%zz",
        b"project=1&spider=a%2",
        b"project=1;spider=a",
        b"%00=%00",
        b"\xff=\xff",
    ],
)
def test_bodies_that_are_hardly_forms(wire: Caller, fake: FakeJobs, body: bytes) -> None:
    answer = wire.send("POST", "run.json", body=body, content_type=FORM)
    assert answer.status in (200, 400)
    assert answer.json["status"] in ("ok", "badrequest")


def test_what_the_parser_takes_a_broken_escape_for(wire: Caller, fake: FakeJobs) -> None:
    wire.send("POST", "run.json", body=b"project=1&spider=100%25&a=%zz&b=%", content_type=FORM)
    job = fake.get_job("1/1/1")
    assert (job.spider, job.spider_args) == ("100%", {"a": "%zz", "b": "%"})


def test_forms_are_encoded_as_clients_do(wire: Caller, fake: FakeJobs) -> None:
    wire.send("POST", "run.json", body=b"project=1&spider=a+b&x=%C3%A4&y=\xc3\xa4", content_type=FORM)
    job = fake.get_job("1/1/1")
    assert (job.spider, job.spider_args) == ("a b", {"x": "ä", "y": "ä"})
    assert form({"a b": "ä"}) == b"a%20b=%C3%A4"
