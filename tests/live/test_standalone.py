"""The standalone server as real processes: where it says it is, the lines it prints, and how it ends."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from fakejobs.fake import behind
from fakejobs.journal import Call
from fakejobs.lines import CallLines, LineWriter
from fakejobs.standalone import StandaloneFake

ROOT = str(Path(__file__).parents[2])
PATIENCE_S = 60.0
KEY = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
READY = re.compile(r"fakejobs ready: (http://.+:\d+)\n")


class Server:
    """A `fakejobs serve` process that has said where it is."""

    def __init__(self, *options: str, **popen: Any) -> None:
        environment = {**os.environ, "PYTHONPATH": ROOT, "NO_PROXY": "private.example"}
        command = [sys.executable, "-m", "fakejobs", "serve", "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **popen)
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        match = READY.fullmatch(self.first_line)
        assert match is not None, f"{self.first_line!r} {self.process.communicate(timeout=PATIENCE_S)}"
        self.url = match[1]
        self.host, self.port = urlsplit(self.url).hostname, urlsplit(self.url).port

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection to the server."""
        assert self.host is not None
        return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)

    def ask(self, method: str, path: str, form: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Any:
        """Send one request on a connection of its own and return the JSON of the answer."""
        connection = self.connect()
        try:
            body = None if form is None else urlencode(form, doseq=True)
            kind = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
            connection.request(method, path, body, {**kind, **(headers or {})})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def do(self, verb: str, **arguments: Any) -> Any:
        """Call a verb of the control door."""
        connection = self.connect()
        try:
            connection.request("POST", f"/__fakejobs__/{verb}", json.dumps(arguments))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; return the exit code and what else was printed."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Start servers; those that still run after the test are killed."""
    servers: list[Server] = []

    def start_server(*options: str, **popen: Any) -> Server:
        servers.append(Server(*options, **popen))
        return servers[-1]

    yield start_server
    for server in servers:
        server.process.kill()
        server.process.communicate()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "fakejobs", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        timeout=PATIENCE_S,
        check=False,
    )


# ------------------------------------------------------------ what it prints


def test_the_first_line_says_where_and_the_port_is_bound(start: Callable[..., Server]) -> None:
    server = start()
    assert re.fullmatch(r"fakejobs ready: http://127\.0\.0\.1:\d+\n", server.first_line)
    assert server.ask("GET", "/__fakejobs__/ready") == {"ready": True, "url": server.url}
    assert server.end() == (0, "", "")


def test_equal_calls_are_folded() -> None:
    lines: list[str] = []
    told = [
        "#1 GET /x -> 200 OK",
        "    the same 10 times more",
        "    the same 100 times more",
        "    the same 120 times more",
        "#122 GET /y -> 200 OK",
        "    the same 1 time more",
    ]
    with CallLines(lines.append) as folding:
        for number in range(1, 122):
            folding.take(Call(number, NOW, "GET", "/x", status=200, reason="OK"))
        assert lines == told[:3]
        for number in (122, 123):
            folding.take(Call(number, NOW, "GET", "/y", status=200, reason="OK"))
    assert lines == told


def test_polls_of_a_client_are_one_line_and_how_many(start: Callable[..., Server]) -> None:
    server = start()
    for _ in range(5):
        server.ask("GET", f"/api/jobs/list.json?project=1&apikey={KEY}")
    _, out, _ = server.end()
    assert out.splitlines() == [
        "#1 GET /api/jobs/list.json project=1 -> 200 OK, 0 jobs (project 1 has no jobs, nor has any other)",
        "    the same 4 times more",
    ]


def test_one_line_a_call_and_no_key_in_it(start: Callable[..., Server]) -> None:
    server = start()
    server.ask("POST", "/api/run.json", {"project": 1, "spider": "books", "page": "2", "apikey": KEY})
    server.ask("GET", f"/api/jobs/list.json?project=1&apikey={KEY}")
    server.ask("POST", "/api/jobs/stop.json", {"project": 1, "apikey": KEY})
    server.ask("GET", "/api/no%0Asuch%1B[31m?a=%0D%0Aforged")
    server.do("add_job", spider="books", project=1)
    code, out, err = server.end()
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "#1 POST /api/run.json project=1 spider=books page=2 -> 200 OK [1/1/1]",
        "#2 GET /api/jobs/list.json project=1 -> 200 OK, 1 job",
        "#3 POST /api/jobs/stop.json project=1 -> 400 missing 'job' argument",
        "#4 GET '/api/no\\nsuch\\x1b[31m' a='\\r\\nforged' -> 404 NOT FOUND: 'no such path: /api/no\\nsuch\\x1b[31m'",
    ]
    assert KEY not in out


def test_quiet_drops_the_lines_of_calls_only(start: Callable[..., Server]) -> None:
    server = start("--quiet")
    server.ask("GET", f"/api/jobs/list.json?project=1&apikey={KEY}")
    assert server.end() == (0, "", "")


def test_lines_that_nobody_reads_hold_nobody_up(start: Callable[..., Server]) -> None:
    server = start()
    connection = server.connect()
    for _ in range(1500):  # the lines of these do not fit into a pipe
        connection.request("GET", "/api/" + 60 * "x")
        assert connection.getresponse().read()
    connection.close()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(PATIENCE_S) == 0


def test_a_reader_that_has_gone_ends_nothing(start: Callable[..., Server]) -> None:
    server = start()
    assert server.process.stdout is not None
    server.process.stdout.close()
    server.process.stdout = None
    for _ in range(3):
        assert server.ask("GET", "/api/x")["status"] == "error"
    assert server.end()[0] == 0


def test_it_serves_without_a_standard_output() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = f'exec "$0" -m fakejobs serve --host 0.0.0.0 --port {port} >&-'
    process = subprocess.Popen(["sh", "-c", script, sys.executable], stderr=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stderr is not None
        assert "warning" in process.stderr.readline()  # printed when the port is bound
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        connection.request("GET", "/api/x")
        assert connection.getresponse().status == 404
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=PATIENCE_S)[1] == ""
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


# ------------------------------------------------------------ how it ends


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_at_once_with_clients_connected(start: Callable[..., Server], number: int) -> None:
    server = start("--quiet")
    server.do("load", seed=[{"add_job": {"spider": "books", "project": 1, "tags": ["x" * 2000]}}] * 5000)
    idle, kept, stuck, half = server.connect(), server.connect(), server.connect(), server.connect()
    for connection in (idle, half, stuck, kept):
        connection.connect()
    kept.request("GET", "/api/x")
    kept.getresponse().read()
    stuck.request("GET", f"/api/jobs/list.jl?project=1&apikey={KEY}")  # and never reads the answer
    half.send(b"POST /api/run.json HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nproject")
    try:
        assert server.end(number) == (0, "", "")
    finally:
        for connection in (idle, half, stuck, kept):
            connection.close()


def test_nothing_is_left_in_the_temporary_directory(start: Callable[..., Server], tmp_path: Path) -> None:
    os.environ["TMPDIR"], before = str(tmp_path), os.environ.get("TMPDIR")
    try:
        server = start()
    finally:
        del os.environ["TMPDIR"]
        os.environ.update({"TMPDIR": before} if before is not None else {})
    variables = server.ask("GET", "/__fakejobs__/env?format=json")
    assert Path(variables["SHUB_GLOBAL_CONFIG"]).parent == tmp_path
    assert "private.example" not in variables["NO_PROXY"]
    assert server.end()[0] == 0
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------ how it begins


def test_seeds_are_applied_in_order(start: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('[{"add_job": {"key": "1/1/7", "spider": "books", "state": "running"}}]')
    (tmp_path / "two.toml").write_text('[[step]]\nverb = "finish_job"\njob = "1/1/7"\nitems = 3\n')
    server = start("--seed", str(tmp_path / "one.json"), "--seed", str(tmp_path / "two.toml"))
    [job] = server.do("list_jobs")
    assert (job["key"], job["state"], job["items"]) == ("1/1/7", "finished", 3)
    assert server.ask("GET", f"/api/jobs/count.json?project=1&apikey={KEY}") == {"status": "ok", "total": 1}


def test_it_keeps_the_latest_jobs_that_are_over(start: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text(json.dumps([{"add_job": {"spider": "a", "project": 1, "state": "finished"}}] * 5))
    server = start("--keep", "2", "--seed", str(tmp_path / "seed.json"))
    assert [job["id"] for job in server.ask("GET", f"/api/jobs/list.json?project=1&apikey={KEY}")["jobs"]] == ["1/1/5", "1/1/4"]
    assert server.do("add_job", spider="a", project=1)["key"] == "1/1/6"


def test_a_taken_port_is_one_line_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"fakejobs serve: cannot listen on 127.0.0.1 port {port}: Address already in use (`fakejobs env --url http://127.0.0.1:{port}` "
        f"says whether a fakejobs server has it, `lsof -i :{port}` who else; --port 0, in Python port=0, takes a free one)\n"
    )


def test_a_bad_seed_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text('[{"add_project": {"project": 1}}, {"add_job": {"spider": "a", "project": 1, "priority": 9}}]')
    done = run("serve", "--port", "0", "--seed", str(tmp_path / "seed.json"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "fakejobs serve: seed.json[1].add_job: priority 9 is not one of 0, 1, 2, 3, 4 (4 is the highest, 2 the default)\n"


def test_another_host_is_served_with_a_warning(start: Callable[..., Server]) -> None:
    server = start("--host", "0.0.0.0", "--control-host", "fakejobs.example")
    assert server.url.startswith("http://0.0.0.0:")
    server.host = "127.0.0.1"
    assert server.ask("GET", "/__fakejobs__/ready", headers={"Host": "fakejobs.example:1"})["ready"] is True
    assert server.ask("GET", "/__fakejobs__/ready", headers={"Host": "0.0.0.0"})["error"] == "Forbidden"
    variables = server.ask("GET", "/__fakejobs__/env?format=json", headers={"Host": "fakejobs.example:1"})
    assert variables["SHUB_APIURL"] == "http://fakejobs.example:1/api/"
    code, _, err = server.end()
    assert code == 0
    assert err.count("\n") == 1
    assert err.startswith("fakejobs: warning: 0.0.0.0 can be reached from other machines")


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6 loopback")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_host(start: Callable[..., Server], host: str) -> None:
    server = start("--host", host)
    assert server.url == f"http://[::1]:{server.port}"
    assert server.ask("GET", "/__fakejobs__/ready")["url"] == server.url
    assert server.end() == (0, "", "")


# ------------------------------------------------------------ its parts


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe: the end to read and the end to write."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A pseudo-terminal: the end that a person sees, and the end to write."""
    ends = os.openpty()
    yield ends
    for end in ends:
        os.close(end)


def read_until(descriptor: int, ending: str) -> str:
    """Return what comes, up to a text that is its end."""
    text = ""
    while not text.endswith(ending):
        text += os.read(descriptor, 10_000).decode()
    return text


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_person_at_a_terminal_sees_every_call_at_once_in_one_line(terminal: tuple[int, int]) -> None:
    seen, descriptor = terminal
    lines = LineWriter(descriptor)
    assert lines.is_terminal
    lines.start("ready")
    with CallLines(lines.put, lines.amend) as folding:
        for number, told in [
            (1, "ready\r\n#1 GET /x -> 200 OK\r\n"),
            (2, "\r    the same 1 time more"),
            (3, "\r    the same 2 times more"),
        ]:
            folding.take(Call(number, NOW, "GET", "/x", status=200, reason="OK"))
            assert read_until(seen, told[-10:]) == told
        folding.take(Call(4, NOW, "GET", "/y", status=200, reason="OK"))
        assert read_until(seen, "OK\r\n") == "\r\n#4 GET /y -> 200 OK\r\n"
        folding.take(Call(5, NOW, "GET", "/y", status=200, reason="OK"))
    lines.close()
    assert read_until(seen, "more\r\n") == "\r    the same 1 time more\r\n"


def test_changes_that_wait_are_one_line(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LineWriter, "KEPT", 2)
    lines = LineWriter(pipe[1])
    lines.put("a")
    for number in range(1000):
        lines.amend(f"{number} times")
    lines.start("first")
    lines.close()
    assert os.read(pipe[0], 10_000).decode() == "first\na\n\r999 times\n"


def test_lines_that_do_not_fit_are_dropped_and_counted(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LineWriter, "KEPT", 3)
    lines = LineWriter(pipe[1])
    for number in range(5):
        lines.put(f"line {number}")
    lines.start("first")
    lines.close()
    assert os.read(pipe[0], 10_000).decode() == "first\nline 0\nline 1\nline 2\n(2 lines were dropped: nobody read them)\n"


def test_a_line_is_one_line_of_limited_length(pipe: tuple[int, int]) -> None:
    lines = LineWriter(pipe[1])
    lines.start("a\nb\x1b\u2028")
    lines.put("x" * 5000)
    lines.close()
    first, second = os.read(pipe[0], 10_000).decode().splitlines()
    assert (first, second) == ("a\\nb\\x1b\\u2028", "x" * LineWriter.LONGEST)


def test_a_full_pipe_makes_nobody_wait_and_close_gives_up(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LineWriter, "PATIENCE_S", 0.05)
    lines = LineWriter(pipe[1])
    lines.start("first")
    for _ in range(2000):
        lines.put("x" * 900)
    lines.close()
    assert lines._thread.is_alive()
    while lines._thread.is_alive():
        os.read(pipe[0], 1_000_000)
        lines._thread.join(0.001)


def test_a_descriptor_that_does_not_wait_is_waited_for(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    with suppress(BlockingIOError):
        while True:
            os.write(pipe[1], b"." * 4096)
    lines = LineWriter(pipe[1])
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(lines.start, "first")
        lines.put("second")
        assert read_until(pipe[0], "second\n").lstrip(".") == "first\nsecond\n"
        begun.result(PATIENCE_S)
    lines.close()


def test_a_writer_without_a_descriptor_keeps_nothing() -> None:
    lines = LineWriter(None)
    lines.start("first")
    lines.put("second")
    assert not lines._lines
    lines.close()
    lines._thread.join()
    assert "fakejobs-lines" not in {thread.name for thread in threading.enumerate()}


def test_a_defect_is_shown_at_once_and_not_kept(capsys: pytest.CaptureFixture[str]) -> None:
    with StandaloneFake() as fake:
        behind(fake).unseen.broke("GET /api/x", ValueError("broken"))
        assert not behind(fake).unseen.defects
    err = capsys.readouterr().err
    assert err.startswith("fakejobs itself failed while it served GET /api/x\n")
    assert err.endswith("ValueError: broken\n")
