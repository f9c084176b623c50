"""What calls are answered with that a fault lets fail with a status: each family's own refusal, or a page of the proxy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Answer, Caller

PHRASES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    413: "Content Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    520: "Unknown Error",
}
RECORDED_403 = '{"status": "error", "message": "Authentication failed"}'
PAGES = {
    502: ("Bad Gateway", "The server returned an invalid or incomplete response."),
    503: ("Service Unavailable", "No server is available to handle this request."),
    504: ("Gateway Time-out", "The server didn't respond in time."),
}
GONE = {"Cache-Control": "no-cache", "Connection": "close"}


class Family(NamedTuple):
    """How a family of the service refuses. call: one that would succeed. headers: those of all its answers to this call."""

    call: Callable[[Caller], Answer]
    reason: Callable[[str], str]
    body: Callable[[str], str]
    content_type: str
    headers: Mapping[str, str]


def dash(phrase: str) -> str:
    return f'{{"status": "error", "message": "{phrase}"}}'


def queue(phrase: str) -> str:
    return json.dumps({"error": phrase, "message": phrase}, indent=2)


DASH, STORAGE = {"Vary": "Cookie"}, {"Access-Control-Allow-Origin": "*"}
JSON, TEXT = "application/json", "text/plain; charset=UTF-8"
FAMILIES: dict[str, Family] = {
    "run": Family(
        lambda client: client.post("run.json", {"project": 1, "spider": "b"}),
        str.upper,
        dash,
        JSON,
        {**DASH, "Allow": "POST, OPTIONS"},
    ),
    "jobs/list": Family(lambda client: client.get("jobs/list.json", {"project": 1}), str.upper, dash, JSON, DASH),
    "jobs/list.jl": Family(lambda client: client.get("jobs/list.jl", {"project": 1}), str.upper, dash, JSON, DASH),
    "v2": Family(
        lambda client: client.send("PATCH", "/api/v2/projects/1/spiders/1/tags", body=b'{"add": ["x"]}'),
        str,
        lambda phrase: f'{{"detail":"{phrase}"}}',
        JSON,
        DASH,
    ),
    "queue": Family(lambda client: client.get("/jobq/1/count"), str.upper, queue, JSON, STORAGE),
    "queue, writing": Family(lambda client: client.send("POST", "/jobq/1/push", body=b'{"spider": "b"}'), str.upper, queue, JSON, STORAGE),
    "records": Family(lambda client: client.get("/items/1/1/1"), str, lambda phrase: f"{phrase}\n", TEXT, STORAGE),
    "records, writing": Family(
        lambda client: client.send("POST", "/items/1/1/1", body=b'{"n": 2}'), str, lambda phrase: f"{phrase}\n", TEXT, STORAGE
    ),
    "collections": Family(lambda client: client.get("/collections/1/s/shop"), str, lambda phrase: f"{phrase}\n", TEXT, STORAGE),
}


@pytest.fixture
def client(fake: FakeJobs) -> Caller:
    fake.add_job("a", project=1, state="running", items=[{"n": 1}])
    fake.add_collection("shop", project=1, items=[{"_key": "k"}])
    return Caller(fake)


def sized(answer: Answer) -> dict[str, str]:
    """Return an answer's headers without its length, which must be right."""
    headers = dict(answer.headers)
    assert headers.pop("Content-Length") == str(len(answer.body))
    return headers


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("status", PHRASES)
def test_a_family_s_own_refusal(fake: FakeJobs, client: Caller, name: str, status: int) -> None:
    family, phrase = FAMILIES[name], PHRASES[status]
    with fake.fail(status=status):
        answer = family.call(client)
    assert (answer.status, answer.reason) == (status, family.reason(phrase))
    is_dash_403 = status == 403 and family.body is dash
    assert answer.text == (RECORDED_403 if is_dash_403 else family.body(phrase))
    is_bare = status in (401, 404) and family.content_type == TEXT
    asks = {"WWW-Authenticate": 'Basic realm="apikey"'} if status == 401 and family.body is queue else {}
    assert sized(answer) == {**({} if is_bare else {"Content-Type": family.content_type}), **family.headers, **asks}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("status", PAGES)
def test_a_page_of_the_proxy_is_the_same_on_every_wire(fake: FakeJobs, client: Caller, name: str, status: int) -> None:
    reason, sentence = PAGES[status]
    with fake.fail(status=status):
        answer = FAMILIES[name].call(client)
    assert (answer.status, answer.reason) == (status, reason)
    assert answer.text == f"<html><body><h1>{status} {reason}</h1>\n{sentence}\n</body></html>\n"
    assert sized(answer) == {"Content-Type": "text/html", **(GONE if status != 504 else {})}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_refusal_by_a_fault_is_that_of_an_unknown_key(fake: FakeJobs, client: Caller, name: str) -> None:
    stranger = Caller(fake, None)
    refused = FAMILIES[name].call(stranger)
    assert refused.status in (401, 403)
    if name == "v2":  # where the body says why
        return
    with fake.fail(status=refused.status):
        assert FAMILIES[name].call(client) == refused


@pytest.mark.parametrize("status", [301, 400, 418, 451, 501, 522, 599])
def test_any_other_status(fake: FakeJobs, client: Caller, status: int) -> None:
    for family in FAMILIES.values():
        with fake.fail(status=status):
            answer = family.call(client)
        assert answer.status == status
        assert answer.reason


# ------------------------------------------------------------ what a fault says of its answer


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (5, "5"),
        (0, "0"),
        ("Fri, 02 Jan 2026 03:04:05 GMT", "Fri, 02 Jan 2026 03:04:05 GMT"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), "Fri, 02 Jan 2026 03:04:05 GMT"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(fake: FakeJobs, client: Caller, status: int, given: Any, said: str) -> None:
    with fake.fail(status=status, retry_after=given):
        assert FAMILIES["run"].call(client).headers["Retry-After"] == said
    with fake.fail(status=status):
        assert "Retry-After" not in FAMILIES["run"].call(client).headers


@pytest.mark.parametrize(
    ("body", "content_type", "content"),
    [
        ("plain", "text/plain; charset=utf-8", b"plain"),
        ("", "text/plain; charset=utf-8", b""),
        ("ä", "text/plain; charset=utf-8", "ä".encode()),
        (" <p>sorry</p>", "text/html", b" <p>sorry</p>"),
        ('{"a": 1}', "application/json", b'{"a": 1}'),
        ("[1]", "application/json", b"[1]"),
        (b"\xff\x00", "application/octet-stream", b"\xff\x00"),
        (b"", "application/octet-stream", b""),
        ({"a": [1, None]}, "application/json", b'{"a": [1, null]}'),
        ([], "application/json", b"[]"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("name", ["run", "queue", "records"])
def test_a_body(fake: FakeJobs, client: Caller, name: str, status: int, body: Any, content_type: str, content: bytes) -> None:
    with fake.fail(status=status, body=body):
        answer = FAMILIES[name].call(client)
    assert (answer.status, answer.body, sized(answer)["Content-Type"]) == (status, content, content_type)


def test_headers_come_along_and_replace_those_of_that_name(fake: FakeJobs, client: Caller) -> None:
    headers = {"X-Reason": "full", "vary": "Accept", "ALLOW": "GET", "content-type": "text/x-own"}
    with fake.fail(status=429, headers=headers):
        assert sized(FAMILIES["run"].call(client)) == headers
    with fake.fail(status=503, headers={"cache-control": "max-age=1"}):
        assert sized(FAMILIES["run"].call(client)) == {"Content-Type": "text/html", "Connection": "close", "cache-control": "max-age=1"}
    with fake.fail(status=503, headers={"Content-Type": "text/x-own", "Retry-After": "1"}, body="<p>"):
        assert sized(FAMILIES["run"].call(client)) == {**GONE, "Content-Type": "text/x-own", "Retry-After": "1"}
    with fake.fail(status=429, headers={"Retry-After": "7"}, retry_after=5):
        assert FAMILIES["run"].call(client).headers["Retry-After"] == "7"


def test_an_answer_after_the_effect_is_the_same(fake: FakeJobs, client: Caller) -> None:
    for status in (*PHRASES, *PAGES):
        for family in FAMILIES.values():
            with fake.fail(status=status):
                before = family.call(client)
            with fake.fail(status=status, when="after"):
                assert family.call(client) == before


def test_an_answer_that_a_fault_made_is_not_compressed(fake: FakeJobs, client: Caller) -> None:
    path, accept = "/items/1/1/1", {"Accept-Encoding": "gzip"}
    assert client.send("GET", path, headers=accept).headers["Content-Encoding"] == "gzip"
    for when in ("before", "after"):
        with fake.fail(status=429, when=when):
            assert "Content-Encoding" not in client.send("GET", path, headers=accept).headers


def test_a_call_that_would_be_refused_anyway_fails_as_the_fault_says(fake: FakeJobs, client: Caller) -> None:
    for when in ("before", "after"):
        with fake.fail(status=502, when=when):
            assert Caller(fake, None).get("jobs/list.json").status == 502
