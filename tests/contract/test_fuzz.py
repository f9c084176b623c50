"""Every endpoint under hostile requests: always a valid answer, never a 500, nothing changed by a refusal, no defect."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from fakejobs import FakeJobs, ManualClock
from fakejobs.domain.clock import Millis
from fakejobs.fake import behind
from fakejobs.routes import router
from tests.contract.caller import FORM, Answer, Caller, form

PATHS = sorted({endpoint.wire.base + path for endpoint in router().endpoints for path in endpoint.paths})
JOBS_API = {
    f"/api/{path}"
    for path in (
        *("run.json", "schedule.json", "jobs/list.json", "jobs/list.jl", "jobs/count.json", "jobs/update.json", "jobs/delete.json"),
        *("jobs/stop.json", "spiders/list.json", "scrapyd/listprojects.json"),
    )
}
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "FOO", "G\u00c4T"]
NAMES: list[Any] = [
    *(
        "project",
        "spider",
        "jobq_id",
        "job",
        "state",
        "has_tag",
        "lacks_tag",
        "add_tag",
        "remove_tag",
        "count",
        "offset",
        "priority",
        "units",
    ),
    *(
        "job_settings",
        "meta",
        "environment",
        "cmd_args",
        "apikey",
        "page",
        "",
        "\0",
        b"\xff",
        "ä",
        "a\r\nb",
        "self",
        "__class__",
        "project[]",
    ),
]
VALUES: list[Any] = [
    *(
        "1",
        "2",
        "",
        "0",
        "-1",
        "9" * 18,
        "9" * 40,
        "1_0",
        "\u0661",
        "a",
        "b",
        "pending",
        "running",
        "finished",
        "deleted",
        "1/1/1",
        "1/1/2",
        "2/1/1",
    ),
    *(
        "1/1",
        "x",
        "{}",
        "[]",
        '{"state": "running"}',
        '{"state": []}',
        '{"a": 1e999}',
        "{" * 500,
        '{"a":' + "[" * 950 + "]" * 950 + "}",
        "NaN",
    ),
    *(b"\xff\xfe", "a\0b", "a\r\nX: y", "\ud800", "😀", "%", "x" * 10_000, "'; DROP TABLE jobs", "../../etc/passwd", "\x1b[2J"),
]
FIELDS = [
    *("_key", "key", "spider", "state", "unique", "tags", "priority", "fp", "qdata", "p"),
    *("message", "level", "time", "url", "close_reason"),
]
JSON_VALUES: list[Any] = [
    *("1/1/1", "1/1", "a", "", "running", "finished", "deleted", "k" * 2000, "a\0b", "\ud800", "😀"),
    *(None, True, False, 0, -1, 4, 10**30, 1.5, float("nan"), float("inf")),
    *([], ["x"], [["x"]], {}, {"a": {"b": []}}),
]
CONTENT_TYPES = [
    FORM,
    FORM,
    FORM,
    None,
    "",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=b",
    "a/b; c",
    "\xff",
    "text/plain; charset=x",
]
HEADERS = [
    {},
    {"Authorization": "Basic"},
    {"Authorization": "Basic =="},
    {"Authorization": "Bearer x"},
    {"Authorization": "Basic \xff"},
    {"Accept": "application/x-msgpack"},
    {"Content-Encoding": "gzip"},
    {"Range": "bytes=0-1"},
    {"Transfer-Encoding": "chunked"},
    {"X-HTTP-Method-Override": "DELETE"},
]


def a_fake() -> FakeJobs:
    fake = FakeJobs(clock=ManualClock(Millis(1_446_000_000_000)))
    for state in ("pending", "running", "finished"):
        fake.add_job("a", project=1, state=state, tags=["x"], spider_args={"n": state})
    fake.add_job("b", project=2)
    return fake


def world_of(fake: FakeJobs) -> Any:
    """Return what a refusal may not change: everything but the numbers that refused duplicates burn, and spiders of those."""
    return [step for step in fake.dump() if "add_spider" not in step]


def document_of(chance: random.Random) -> Any:
    """Return a JSON document such as storage takes, or nearly."""
    if chance.random() < 0.1:
        return chance.choice(JSON_VALUES)
    document = {chance.choice(FIELDS): chance.choice(JSON_VALUES) for _ in range(chance.randrange(5))}
    sound = {"_key": "k", "key": "1/1/1", "spider": "a", "fp": "f", "message": "m", "url": "u"}
    return {**document, **{name: value for name, value in sound.items() if chance.random() < 0.3}}


def body_of(chance: random.Random) -> bytes:
    pairs = [(chance.choice(NAMES), chance.choice(VALUES)) for _ in range(chance.randrange(7))]
    if chance.random() < 0.7:
        pairs += [("project", chance.choice(["1", "1", "2"])), *([("spider", "a")] if chance.random() < 0.5 else [])]
    kind = chance.randrange(10)
    if kind == 0:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(60)))
    if kind == 1:
        return (
            b"".join(
                b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (form([(n, "")])[:-1], form([("", v)])[1:])
                for n, v in pairs
            )
            + b"--b--"
        )
    if kind in (3, 4, 5):
        lines = [json.dumps(document_of(chance)) for _ in range(chance.randrange(4))]
        return (json.dumps([document_of(chance)]) if kind == 5 else "\n".join(lines)).encode()
    if kind == 2:
        return json.dumps({str(name): str(value) for name, value in pairs}).encode()
    return form(pairs)


def check_head(answer: Answer, told: str) -> None:
    """Check what holds of every answer."""
    assert answer.status < 500 or answer.status == 501, told
    assert answer.reason, told
    assert answer.reason.isascii(), told
    assert answer.reason.isprintable(), told
    assert all(value.isprintable() for value in answer.headers.values()), told
    if "Content-Length" in answer.headers:
        assert answer.headers["Content-Length"] == str(len(answer.body)), told


def check_body(answer: Answer, told: str) -> None:
    """Check the body of an answer of the jobs API: JSON that says how it went."""
    if answer.body and answer.headers["Content-Type"] == "application/json":
        assert answer.json["status"] in ("ok", "error", "badrequest"), told
    elif answer.body:
        assert answer.lines[0] == {"status": "ok"}, told


def spelled(path: str, chance: random.Random) -> str:
    """Return a path with something in place of each of its variables."""
    return re.sub("<[^>]*>", lambda _: chance.choice(["1", "1", "1/1/1", "a", "x%00", "%ff", "%0d%0a", "-1", "s", "9" * 30]), path)


@pytest.mark.parametrize("path", PATHS)
def test_hostile_requests(path: str) -> None:
    chance = random.Random(path)
    statuses: set[int] = set()
    for turn in range(200 if path in JOBS_API else 60):
        if turn % 50 == 0:
            fake = a_fake()
            if turn % 100 == 50:
                fake.add_key("k", projects=[1])
                fake.add_spider("a", project=1)
        caller = Caller(fake, chance.choice(["k", "k", "k", "other", "", None, b"\xff"]))
        method = chance.choice(METHODS) if chance.random() < 0.3 else chance.choice(["GET", "POST"])
        body = body_of(chance)
        query = body_of(chance) if chance.random() < 0.8 else b""
        before = world_of(fake)
        target = spelled(path, chance)
        answer = caller.send(
            method, target, query=query, body=body, content_type=chance.choice(CONTENT_TYPES), headers=chance.choice(HEADERS)
        )
        told = f"{method} {target}?{query!r} {body!r} -> {answer}"
        assert behind(fake).unseen.defects == [], told
        check_head(answer, told)
        if path in JOBS_API:
            check_body(answer, told)
            if answer.status >= 400 or method in ("GET", "HEAD", "OPTIONS"):
                assert world_of(fake) == before, told
        assert f"{fake.calls[-1]}".isprintable(), told
        statuses.add(answer.status)
        behind(fake).cloud.world.store.check()
    if path in JOBS_API:
        assert {200, 400, 403, 405} <= statuses, "the requests reach every kind of answer"


def test_hostile_paths() -> None:
    chance = random.Random(1)
    fake = a_fake()
    before = fake.dump()
    parts = [
        "",
        "api",
        "jobs",
        "list.json",
        "run.json",
        "..",
        ".",
        "%2e",
        "%00",
        "%ff",
        "%0d%0a",
        "ä",
        "<project>",
        "|",
        "x" * 3000,
        "*",
        "jobq",
        "1",
        "items",
        " ",
    ]
    for _ in range(500):
        path = "/" + "/".join(chance.choice(parts) for _ in range(chance.randrange(6)))
        answer = Caller(fake).send(chance.choice(METHODS), path, query=b"project=x")
        assert behind(fake).unseen.defects == [], path
        assert answer.status < 500 or answer.status == 501, path
        assert answer.reason.isprintable()
    for call in fake.calls:
        assert f"{call}".isprintable()
        assert len(f"{call}") < 1000
    assert fake.dump() == before


@pytest.mark.parametrize("path", ["", "*", "/", "//", "///api///run.json", "/api", "/api/", "run.json", "\x00"])
def test_targets_that_are_hardly_paths(path: str) -> None:
    fake = a_fake()
    statuses = []
    for method in METHODS:
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": "127.0.0.1"}
        b"".join(fake.app(environ, lambda status, headers: statuses.append(status)))
    assert behind(fake).unseen.defects == []
    assert {status[:3] for status in statuses} <= {"200", "403", "404", "405", "501"}


def test_the_fuzz_knows_the_jobs_api() -> None:
    assert set(PATHS) >= JOBS_API
