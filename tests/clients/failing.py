"""What clients make of answers that fail: cases, each with a fake of its own, and the clients that try them all, unmodified."""

from __future__ import annotations

import asyncio
import base64
import gzip
import http.client
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import aiohttp
import httpx
import requests
from werkzeug.test import Client

from fakejobs import FakeJobs, serve
from fakejobs.fake import behind

PATIENCE_S = 60.0
IMPATIENCE_S = {"timeout": 2.0, "stall": 2.0}
"""The time-outs of clients that are held: by then the call must have been made, and the head of an answer that stalls have come."""
AT_A_TIME = 24
ROWS = [{"n": number, "t": "é日"} for number in range(20)]
FORM = b"project=1&spider=films"
FORM_TYPE = "application/x-www-form-urlencoded"


class Kind(NamedTuple):
    """A kind of answer. target, accept, encoding, method: of the request that gets it."""

    target: str
    accept: str = "*/*"
    encoding: str = "identity"
    method: str = "GET"


KINDS = {
    "JSON": Kind("/items/1/1/1?format=json"),
    "lines": Kind("/items/1/1/1"),
    "MessagePack": Kind("/items/1/1/1", "application/x-msgpack"),
    "compressed": Kind("/items/1/1/1", encoding="gzip"),
    "empty": Kind("/items/1/1/1?start=1/1/1/99"),
    "head": Kind("/items/1/1/1", method="HEAD"),
    "write": Kind("/api/run.json", method="POST"),
}
ERRORS: dict[str, dict[str, Any]] = {
    "503": {"status": 503},
    "reset": {"error": "reset"},
    "close": {"error": "close"},
    "timeout": {"error": "timeout", "hold": 3600},
    "cut": {"error": "cut"},
    "stall": {"error": "stall", "hold": 3600},
    "garbage": {"error": "garbage"},
    "malformed": {"error": "malformed"},
    "slow": {"error": "slow", "real_delay": 0.001, "rate": 1_000_000},
}


@dataclass(frozen=True)
class Case:
    """One call that fails. is_reused: whether its connection has served another call before."""

    error: str
    kind: str
    is_reused: bool
    url: str = ""

    @property
    def method(self) -> str:
        """The method of the call."""
        return KINDS[self.kind].method

    @property
    def body(self) -> bytes | None:
        """What the call sends."""
        return FORM if self.method == "POST" else None

    @property
    def target(self) -> str:
        """The URL of the call."""
        return self.url + KINDS[self.kind].target

    @property
    def before(self) -> str | None:
        """The URL of the call that the connection has served before."""
        return f"{self.url}/items/1/1/1/stats" if self.is_reused else None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the call."""
        kind = KINDS[self.kind]
        headers = {"Accept": kind.accept, "Accept-Encoding": kind.encoding, "Authorization": "Basic azo="}
        return headers if self.body is None else {**headers, "Content-Type": FORM_TYPE}

    @property
    def timeout_s(self) -> float:
        """How long the client waits."""
        return IMPATIENCE_S.get(self.error, PATIENCE_S)


CASES = [
    Case(error, kind, is_reused)
    for error in sorted(ERRORS, key=lambda error: error not in IMPATIENCE_S)  # the long ones first, all at a time
    for kind in KINDS
    for is_reused in (False, True)
    if kind != "head" or error == "cut"
]
Try = Callable[[Sequence[Case]], Sequence["Seen"]]


class Seen(NamedTuple):
    """What a client shows of a call: the name of an error, or else status and content."""

    error: str | None = None
    status: int = 0
    content: bytes = b""


def outcomes(attempt: Try, cases: Sequence[Case]) -> dict[Case, str]:
    """Let a client try cases, and return in a word or two what it has seen of each.

    That is the name of an error, or a status that is not 200; else "whole", or "broken" if it is not what the service answers; "again" if
    it is whole because the client has asked twice by itself.
    """
    with ExitStack() as stack:
        fakes = {case: stack.enter_context(_failing(case)) for case in cases}
        whole = {kind: _whole(kind) for kind in KINDS}
        seen = attempt([replace(case, url=fake.url) for case, (fake, _) in fakes.items()])
        return {
            case: _outcome(case, fake, ports, one, whole[case.kind]) for (case, (fake, ports)), one in zip(fakes.items(), seen, strict=True)
        }


@contextmanager
def _failing(case: Case) -> Iterator[tuple[FakeJobs, list[str]]]:
    """Serve a fake that fails so, and note from which port each call comes."""
    with serve(lint="off") as fake:
        fake.add_job("books", project=1, state="finished", items=ROWS)
        fake.fail("run" if case.kind == "write" else "items", **ERRORS[case.error])
        listener = behind(fake)._listener
        assert listener is not None
        app, ports = listener._app, []

        def noting(environ: Any, start_response: Any) -> Any:
            ports.append(environ["REMOTE_PORT"])
            return app(environ, start_response)

        listener._app = noting
        yield fake, ports


def _whole(kind: str) -> bytes:
    """Return the whole content of an answer."""
    with FakeJobs() as fake:
        fake.add_job("books", project=1, state="finished", items=ROWS)
        method, body = KINDS[kind].method, FORM if kind == "write" else None
        headers = {"Accept": KINDS[kind].accept, "Authorization": "Basic azo="}
        answer = Client(fake.app).open(KINDS[kind].target, method=method, data=body, content_type=body and FORM_TYPE, headers=headers)
        return b"" if method == "HEAD" else answer.data


def _outcome(case: Case, fake: FakeJobs, ports: Sequence[str], seen: Seen, whole: bytes) -> str:
    """Return what was seen in a word or two. ports: from which the calls came."""
    asked = [call.fault for call in fake.calls if call.endpoint in ("items", "run")]
    is_again = asked == [1, None]
    assert (case, asked, len(set(ports[: 1 + case.is_reused]))) == (case, [1, None][: len(asked)], 1)
    if seen.error is not None:
        return seen.error
    if seen.status != 200:
        return str(seen.status)
    return ("again" if is_again else "whole") if seen.content == whole else "broken"


# ------------------------------------------------------------ the clients


def _in_threads(ask: Callable[[Case], Seen]) -> Try:
    def attempt(cases: Sequence[Case]) -> list[Seen]:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return list(pool.map(lambda case: _caught(lambda: ask(case)), cases))

    return attempt


def _caught(ask: Callable[[], Seen]) -> Seen:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  # which one it is, is the question
        return Seen(type(error).__name__)


@_in_threads
def by_requests(case: Case) -> Seen:
    """Ask with a session."""
    with requests.Session() as session:
        if case.before is not None:
            session.get(case.before, headers=case.headers, timeout=PATIENCE_S)
        answer = session.request(case.method, case.target, data=case.body, headers=case.headers, timeout=case.timeout_s)
        return Seen(None, answer.status_code, answer.content)


@_in_threads
def by_httpx(case: Case) -> Seen:
    """Ask with a client."""
    with httpx.Client(verify=False) as client:  # the certificates of a context take their time
        if case.before is not None:
            client.get(case.before, headers=case.headers, timeout=PATIENCE_S)
        answer = client.request(case.method, case.target, content=case.body, headers=case.headers, timeout=case.timeout_s)
        return Seen(None, answer.status_code, answer.content)


@_in_threads
def by_urllib(case: Case) -> Seen:
    """Ask with urllib, which ends each connection."""
    request = urllib.request.Request(case.target, case.body, case.headers, method=case.method)
    try:
        with urllib.request.urlopen(request, timeout=case.timeout_s) as answer:
            content = answer.read()
            return Seen(None, answer.status, gzip.decompress(content) if answer.headers.get("Content-Encoding") else content)
    except urllib.error.HTTPError as error:
        with error:
            return Seen(None, error.code)
    except urllib.error.URLError as error:
        return Seen(f"URLError({type(error.reason).__name__})")


@_in_threads
def by_http_client(case: Case) -> Seen:
    """Ask with the connection of Python's library."""
    connection = http.client.HTTPConnection(case.url.removeprefix("http://"), timeout=PATIENCE_S)
    try:
        if case.before is not None:
            connection.request("GET", case.before.removeprefix(case.url), headers=case.headers)
            connection.getresponse().read()
        else:
            connection.connect()
        connection.sock.settimeout(case.timeout_s)
        connection.request(case.method, case.target.removeprefix(case.url), case.body, case.headers)
        answer = connection.getresponse()
        content = answer.read()
        return Seen(None, answer.status, gzip.decompress(content) if answer.headers.get("Content-Encoding") else content)
    finally:
        connection.close()


@_in_threads
def by_curl(case: Case) -> Seen:
    """Ask with curl, which says with which code it ended."""
    options = ["--silent", "--globoff", "--noproxy", "*", *(part for header in case.headers.items() for part in ("-H", ": ".join(header)))]
    command = ["curl", *options, *([case.before, "-o", "/dev/null", "--next", *options] if case.before is not None else []), case.target]
    command += ["--compressed", "--max-time", str(case.timeout_s), "-w", "\n%{http_code}"]
    command += ["--data-binary", case.body.decode()] if case.body is not None else ["--head"] if case.method == "HEAD" else []
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
    content, _, status = done.stdout.rpartition(b"\n")
    return Seen(f"exit {done.returncode}" if done.returncode else None, int(status), b"" if case.method == "HEAD" else content)


def by_aiohttp(cases: Sequence[Case]) -> list[Seen]:
    """Ask with a session each, all in one loop."""

    turns = asyncio.Semaphore(AT_A_TIME)

    async def ask(case: Case) -> Seen:
        try:
            async with turns, aiohttp.ClientSession() as session:
                if case.before is not None:
                    async with session.get(case.before, headers=case.headers) as answer:
                        await answer.read()
                limit = aiohttp.ClientTimeout(total=case.timeout_s)
                async with session.request(case.method, case.target, data=case.body, headers=case.headers, timeout=limit) as answer:
                    return Seen(None, answer.status, await answer.read())
        except Exception as error:  # noqa: BLE001  # which one it is, is the question
            return Seen(type(error).__name__)

    async def ask_all() -> list[Seen]:
        return await asyncio.gather(*map(ask, cases))

    return asyncio.run(ask_all())


NODE = """
const ask = async ({ before, target, method, headers, body, milliseconds }) => {
  if (before) {
    await (await fetch(before, { headers })).text();
    await new Promise(setImmediate);  // which lets the connection return
  }
  try {
    const answer = await fetch(target, { method, headers, body, signal: AbortSignal.timeout(milliseconds) });
    const content = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, content: content.toString("base64") };
  } catch (error) {
    return { error: error.name };
  }
};
let text = "";
for await (const piece of process.stdin) text += piece;
const cases = JSON.parse(text);
const seen = [];
let next = 0;
const worker = async () => {
  for (let place = next++; place < cases.length; place = next++) seen[place] = await ask(cases[place]);
};
await Promise.all(Array.from({ length: Number(process.argv[1]) }, worker));
console.log(JSON.stringify(seen));
process.exit();
"""


def by_node(cases: Sequence[Case]) -> list[Seen]:
    """Ask with fetch, all in one process."""
    asked = [
        {
            "before": case.before,
            "target": case.target,
            "method": case.method,
            "headers": case.headers,
            "body": case.body and case.body.decode(),
            "milliseconds": case.timeout_s * 1000,
        }
        for case in cases
    ]
    command = ["node", "--input-type=module", "-e", NODE, str(AT_A_TIME)]
    done = subprocess.run(command, input=json.dumps(asked).encode(), capture_output=True, timeout=PATIENCE_S, check=True)
    return [Seen(one.get("error"), one.get("status", 0), base64.b64decode(one.get("content", ""))) for one in json.loads(done.stdout)]
