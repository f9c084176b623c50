"""General HTTP clients, unmodified: the same questions through each of them, and what each makes of reason phrases."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import httpx
import pytest
import requests

from fakejobs import FakeJobs

PATIENCE_S = 30.0
Form = list[tuple[str, str]]

NODE = """
const [url, method, key, body] = process.argv.slice(1);
const headers = { Authorization: "Basic " + Buffer.from(key + ":").toString("base64") };
if (body !== undefined) headers["Content-Type"] = "application/x-www-form-urlencoded";
const answer = await fetch(url, { method, headers, body });
const seen = { status: answer.status, reason: answer.statusText, kind: answer.headers.get("content-type"), text: await answer.text() };
console.log(JSON.stringify(seen));
"""


@dataclass(frozen=True)
class Seen:
    """An answer as a client shows it. reason: None where the client does not tell."""

    status: int
    reason: str | None
    kind: str | None
    text: str

    def json(self) -> Any:
        """Return the body as data."""
        return json.loads(self.text)


Ask = Callable[[str, str, str, "Form | None"], Seen]


def by_requests(method: str, url: str, key: str, form: Form | None) -> Seen:
    answer = requests.request(method, url, auth=(key, ""), data=form, timeout=PATIENCE_S)
    return Seen(answer.status_code, answer.reason, answer.headers.get("Content-Type"), answer.text)


def by_httpx(method: str, url: str, key: str, form: Form | None) -> Seen:
    with httpx.Client(auth=(key, ""), timeout=PATIENCE_S) as client:
        return _of_httpx(client.request(method, url, **_httpx_body(form)))


def by_httpx_async(method: str, url: str, key: str, form: Form | None) -> Seen:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(auth=(key, ""), timeout=PATIENCE_S) as client:
            return await client.request(method, url, **_httpx_body(form))

    return _of_httpx(asyncio.run(ask()))


def _httpx_body(form: Form | None) -> dict[str, Any]:
    if form is None:
        return {}
    return {"content": urlencode(form), "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


def _of_httpx(answer: httpx.Response) -> Seen:
    return Seen(answer.status_code, answer.reason_phrase, answer.headers.get("Content-Type"), answer.text)


def by_aiohttp(method: str, url: str, key: str, form: Form | None) -> Seen:
    async def ask() -> Seen:
        headers = {"Authorization": f"Basic {_basic(key)}"}
        async with (
            aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session,
            session.request(method, url, data=None if form is None else aiohttp.FormData(form)) as answer,
        ):
            return Seen(answer.status, answer.reason, answer.headers.get("Content-Type"), await answer.text())

    return asyncio.run(ask())


def by_urllib(method: str, url: str, key: str, form: Form | None) -> Seen:
    data = None if form is None else urlencode(form).encode()
    request = urllib.request.Request(url, data, {"Authorization": f"Basic {_basic(key)}"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return Seen(answer.status, answer.reason, answer.headers.get("Content-Type"), answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Seen(error.code, error.reason, error.headers.get("Content-Type"), error.read().decode())


def by_curl(method: str, url: str, key: str, form: Form | None) -> Seen:
    options = ["-X", method] if method != "HEAD" else ["--head"]
    for name, value in form or ():
        options += ["--data-urlencode", f"{name}={value}"]
    command = ["curl", "--silent", "--show-error", "--include", "--globoff", "--noproxy", "*", "-u", f"{key}:", *options, url]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=True)
    return _of_bytes(done.stdout)


def by_http_1_0(method: str, url: str, key: str, form: Form | None) -> Seen:
    """Speak as programs did before 1.1: no Host, no keep-alive, the body ends with the connection."""
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    body = b"" if form is None else urlencode(form).encode()
    head = [f"{method} /{path} HTTP/1.0", f"Authorization: Basic {_basic(key)}"]
    if form is not None:
        head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    with socket.create_connection((name, int(port)), timeout=PATIENCE_S) as sock, sock.makefile("rb") as file:
        sock.sendall("\r\n".join([*head, "", ""]).encode() + body)
        return _of_bytes(file.read())


def by_node(method: str, url: str, key: str, form: Form | None) -> Seen:
    body = [] if form is None else [urlencode(form)]
    command = ["node", "--input-type=module", "-e", NODE, url, method, key, *body]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=True)
    return Seen(**json.loads(done.stdout))


def _basic(key: str) -> str:
    return base64.b64encode(f"{key}:".encode()).decode()


def _of_bytes(data: bytes) -> Seen:
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    _, status, reason = status_line.split(" ", 2)
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Seen(int(status), reason, headers.get("content-type"), body.decode())


def _needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not on PATH")


CLIENTS = [
    pytest.param(by_requests, id="requests"),
    pytest.param(by_httpx, id="httpx"),
    pytest.param(by_httpx_async, id="httpx async"),
    pytest.param(by_aiohttp, id="aiohttp"),
    pytest.param(by_urllib, id="urllib"),
    pytest.param(by_curl, id="curl", marks=_needs("curl")),
    pytest.param(by_http_1_0, id="HTTP/1.0"),
    pytest.param(by_node, id="node", marks=_needs("node")),
]


@pytest.fixture(params=CLIENTS)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Each client in turn."""
    chosen: Ask = request.param
    return chosen


def test_a_job_is_scheduled_and_listed(fake: FakeJobs, ask: Ask) -> None:
    value = "a&b=c d+e%20\u00e9\u65e5"
    form = [("project", "1"), ("spider", "books"), ("add_tag", "x"), ("add_tag", "y"), ("q", value)]
    seen = ask("POST", f"{fake.api_url}run.json", fake.key, form)
    assert seen == Seen(200, "OK", "application/json", '{"status":"ok","jobid":"1/1/1"}')
    fake.assert_scheduled(project=1, spider="books", tags=["x", "y"], spider_args={"q": value})
    seen = ask("GET", f"{fake.api_url}jobs/list.json?project=1&has_tag=x&has_tag=%C3%A9", fake.key, None)
    assert (seen.status, seen.kind) == (200, "application/json")
    assert [(row["id"], row["tags"], row["spider_args"]) for row in seen.json()["jobs"]] == [("1/1/1", ["x", "y"], {"q": value})]


def test_a_streamed_listing(fake: FakeJobs, ask: Ask) -> None:
    for number in range(2000):
        fake.add_job("books", project=1, tags=[f"tag {number}"])
    seen = ask("GET", f"{fake.api_url}jobs/list.jl?project=1", fake.key, None)
    first, *rows = seen.text.splitlines()
    assert (seen.status, seen.kind, first) == (200, "application/x-jsonlines", '{"status": "ok"}')
    assert [json.loads(row)["id"] for row in rows] == [f"1/1/{number}" for number in range(2000, 0, -1)]


@pytest.mark.parametrize(
    ("method", "path", "form", "key", "status", "reason", "answer"),
    [
        ("GET", "jobs/list.json?project=1", None, "bad", 403, "FORBIDDEN", {"status": "error", "message": "Authentication failed"}),
        (
            *("POST", "jobs/update.json", [("project", "1")], "good", 400, "No query filters provided"),
            {"status": "badrequest", "message": "No query filters provided"},
        ),
        (
            *("GET", "jobs/list.json?project=2", None, "good", 400, "User 'ann' doesn't have access to project 2"),
            {"status": "badrequest", "message": "User 'ann' doesn't have access to project 2"},
        ),
        (
            *("GET", "jobs/list.json?project=1&count=a%0D%0Ab%C3%A9", None, "good", 400, "invalid value for count: a??b?"),
            {"status": "badrequest", "message": "invalid value for count: a\r\nb\u00e9"},
        ),
        (
            *("POST", "run.json", [("project", "1"), ("spider", "busy")], "good", 400, "Bad Request"),
            {"status": "error", "message": "busy already scheduled"},
        ),
        ("GET", "nothing.json", None, "good", 404, "NOT FOUND", {"status": "error", "message": "no such path: /api/nothing.json"}),
    ],
    ids=["key", "no filter", "foreign project", "line break", "twin", "path"],
)
def test_refusals(
    fake: FakeJobs, ask: Ask, method: str, path: str, form: Form | None, key: str, status: int, reason: str, answer: dict[str, str]
) -> None:
    fake.add_key("good", user="ann", projects=[1])
    fake.add_job("busy", project=1)
    seen = ask(method, f"{fake.api_url}{path}", key, form)
    assert (seen.status, seen.reason, seen.kind) == (status, reason, "application/json")
    assert seen.json() == answer
    assert fake.calls[-1].reason == reason


@pytest.mark.parametrize("path", ["run.json", "jobs/list.json?project=1"])
def test_head_has_no_body(fake: FakeJobs, ask: Ask, path: str) -> None:
    seen = ask("HEAD", f"{fake.api_url}{path}", fake.key, None)
    assert (seen.status, seen.text) == (405 if path == "run.json" else 200, "")


# ------------------------------------------------------------ what only some clients do


def test_many_requests_go_over_one_connection(fake: FakeJobs) -> None:
    with closing(http.client.HTTPConnection(fake.url.removeprefix("http://"), timeout=PATIENCE_S)) as connection:
        connection.connect()
        sock = connection.sock
        for method, path in 2 * [("GET", "/api/jobs/list.jl?project=1"), ("POST", "/api/run.json"), ("HEAD", "/api/x"), ("GET", "/x")]:
            connection.request(method, path, "project=1" if method == "POST" else None, {"Authorization": f"Basic {_basic(fake.key)}"})
            connection.getresponse().read()
            assert connection.sock is sock
    assert len(fake.calls) == 8


def test_a_chunked_request_body(fake: FakeJobs) -> None:
    pieces = (piece for piece in (b"project=1&spi", b"der=books&pa", b"ge=2"))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{fake.api_url}run.json", data=pieces, headers=headers, auth=(fake.key, ""), timeout=PATIENCE_S)
    assert answer.json() == {"status": "ok", "jobid": "1/1/1"}
    fake.assert_scheduled(spider="books", spider_args={"page": 2})


def test_a_multipart_form(fake: FakeJobs) -> None:
    fields = {"project": (None, "1"), "spider": (None, "books"), "page": (None, "\u00e9")}
    answer = requests.post(f"{fake.api_url}run.json", files=fields, auth=(fake.key, ""), timeout=PATIENCE_S)
    assert answer.json()["jobid"] == "1/1/1"
    fake.assert_scheduled(spider="books", spider_args={"page": "\u00e9"})


@_needs("curl")
def test_curl_waits_for_100_continue_with_a_large_body(fake: FakeJobs, tmp_path: Path) -> None:
    (tmp_path / "body").write_text(urlencode({"project": 1, "spider": "books", "big": "x" * 2_000_000}))
    command = ["curl", "--silent", "--verbose", "--noproxy", "*", "-u", f"{fake.key}:", "--data", f"@{tmp_path}/body"]
    done = subprocess.run(
        [*command, "-H", "Expect: 100-continue", f"{fake.api_url}run.json"], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert json.loads(done.stdout) == {"status": "ok", "jobid": "1/1/1"}
    assert "100 Continue" in done.stderr
    assert len(fake.get_job("1/1/1").spider_args["big"]) == 2_000_000


@_needs("curl")
@pytest.mark.parametrize("place", [pytest.param("query", marks=pytest.mark.wrong_on_purpose), "form"])
def test_the_key_as_a_parameter(fake: FakeJobs, place: str) -> None:
    fake.add_key("good")
    url = f"{fake.api_url}run.json" + ("?apikey=good" if place == "query" else "")
    options = ["-d", "project=1", "-d", "spider=books"] + (["-d", "apikey=good"] if place == "form" else [])
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", *options, url], capture_output=True, timeout=PATIENCE_S, check=True)
    assert json.loads(done.stdout)["jobid"] == "1/1/1"
    assert fake.get_job("1/1/1").spider_args == {}


def test_many_clients_at_once_in_one_event_loop(fake: FakeJobs) -> None:
    async def ask_all() -> list[int]:
        async with httpx.AsyncClient(auth=(fake.key, ""), timeout=PATIENCE_S) as client:

            async def ask() -> int:
                return (await client.post(f"{fake.api_url}run.json", data={"project": "1", "spider": "books"})).status_code

            return sorted(await asyncio.gather(*(ask() for _ in range(20))))

    assert asyncio.run(ask_all()) == [200] + [400] * 19
    assert len(fake.list_jobs()) == 1


def test_a_wrong_method_names_the_right_one(fake: FakeJobs) -> None:
    answer = requests.get(f"{fake.api_url}run.json", auth=(fake.key, ""), timeout=PATIENCE_S)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
