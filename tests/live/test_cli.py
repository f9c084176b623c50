"""The commands as real processes: exec around other commands, env against a running server, and a terminal's Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakejobs import FakeJobs, serve

ROOT = str(Path(__file__).parents[2])
PATIENCE_S = 60.0
ENVIRONMENT = {**os.environ, "PYTHONPATH": ROOT}
for _name in ("NO_PROXY", "no_proxy"):
    ENVIRONMENT.pop(_name, None)

WAITER = """
import signal, sys
number = signal.SIGTERM if sys.argv[1] == "TERM" else signal.SIGINT
signal.pthread_sigmask(signal.SIG_BLOCK, [number])
print("waiting", flush=True)
signal.sigwait([number])
print("got it", flush=True)
sys.exit(5)
"""
"""A command that waits for a signal and then ends with exit code 5."""

COUNTER = """
import signal
received = []
signal.signal(signal.SIGINT, lambda *_: received.append(1))
print("counting", flush=True)
input()
print("received", len(received), flush=True)
"""
"""A command that counts SIGINT until it reads a line."""

ASKER = """
import base64, json, os, urllib.request
key = base64.b64encode(os.environ["SH_APIKEY"].encode() + b":").decode()
asked = urllib.request.Request(os.environ["SHUB_APIURL"] + "jobs/list.json?project=1", headers={"Authorization": f"Basic {key}"})
print(json.load(urllib.request.urlopen(asked))["total"])
"""
"""A command that asks the fake how many jobs project 1 has."""

FORGETTER = f"""{ASKER}
door = os.environ["SHUB_STORAGE"] + "__fakejobs__/reset"
urllib.request.urlopen(urllib.request.Request(door, b"{{}}", method="POST")).read()
"""
"""A command that asks, and then lets the fake forget all calls."""


def fakejobs(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run one of our commands to its end."""
    command = [sys.executable, "-m", "fakejobs", *arguments]
    settings = {"env": ENVIRONMENT, "timeout": PATIENCE_S, **options}
    return subprocess.run(command, capture_output=True, text=True, check=False, **settings)


def begin(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start one of our commands."""
    return subprocess.Popen([sys.executable, "-m", "fakejobs", *arguments], text=True, env=ENVIRONMENT, **options)


# ------------------------------------------------------------ exec


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -TERM $$", 143)], ids=["0", "3", "SIGKILL", "SIGTERM"]
)
def test_exec_passes_the_exit_code_on(script: str, code: int) -> None:
    done = fakejobs("exec", "--", "sh", "-c", script)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("fakejobs exec: no client called the fake. It is found by SHUB_APIURL, ")


def test_exec_is_silent_if_a_client_called() -> None:
    done = fakejobs("exec", "--", "sh", "-c", "curl -s -u $SHUB_APIKEY: ${SHUB_APIURL}scrapyd/listprojects.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"projects": [], "status": "ok"}', "")


def test_exec_prints_what_the_lint_finds_at_its_end() -> None:
    done = fakejobs("exec", "--", "sh", "-c", "curl -s -u $SHUB_APIKEY: $SHUB_APIURL'jobs/count.json?project=1&tag=a'; exit 3")
    assert (done.returncode, done.stdout) == (3, '{"status": "ok", "total": 0}')
    assert done.stderr.splitlines() == [
        "fakejobs exec: lint: the command sent what the service does not do as it means it",
        "unknown-parameter: jobs/count knows no parameter 'tag', and passes over it",
        "    instead: has_tag",
        "    #1 GET /api/jobs/count.json project=1 tag=a -> 200 OK, 0 jobs (project 1 has no jobs, nor has any other)",
    ]


def test_exec_says_nothing_of_a_call_that_came_and_was_forgotten() -> None:
    done = fakejobs("exec", "--", sys.executable, "-c", FORGETTER)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


def test_exec_of_a_command_that_is_not_there_is_127() -> None:
    done = fakejobs("exec", "--", "no-such-command-of-anybody")
    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr == "fakejobs exec: no-such-command-of-anybody: No such file or directory\n"


def test_exec_of_a_file_that_cannot_be_run_is_126(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    done = fakejobs("exec", "--", str(tmp_path / "text"))
    assert done.returncode == 126
    assert done.stderr == f"fakejobs exec: {tmp_path / 'text'}: Permission denied\n"


def test_exec_gives_the_command_the_environment_and_the_seeds(tmp_path: Path) -> None:
    seeds = []
    for number in (1, 2):
        seeds += ["--seed", str(tmp_path / f"{number}.json")]
        (tmp_path / f"{number}.json").write_text(json.dumps([{"add_job": {"spider": "books", "project": 1}}] * number))
    done = fakejobs("exec", *seeds, "--", sys.executable, "-c", ASKER)
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


def test_exec_leaves_the_commands_own_options_alone() -> None:
    done = fakejobs("exec", "--", "printf", "%s\n", "--seed", "--", "-q")
    assert (done.returncode, done.stdout) == (0, "--seed\n--\n-q\n")


def test_exec_keeps_proxy_exceptions_and_connects_standard_input() -> None:
    environment = {**ENVIRONMENT, "NO_PROXY": "private.example"}
    done = fakejobs("exec", "--", "sh", "-c", 'cat; echo "$NO_PROXY $no_proxy"', env=environment, input="typed ")
    exceptions = "private.example,127.0.0.1,localhost"
    assert done.stdout == f"typed {exceptions} {exceptions}\n"


def test_exec_leaves_no_server_and_no_file_behind(tmp_path: Path) -> None:
    done = fakejobs("exec", "--", "sh", "-c", "cat $SHUB_GLOBAL_CONFIG", env={**ENVIRONMENT, "TMPDIR": str(tmp_path)})
    assert "endpoints:" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["TERM", "INT"])
def test_exec_passes_a_signal_on_and_waits_for_the_command(name: str) -> None:
    process = begin("exec", "--", sys.executable, "-c", WAITER, name, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(getattr(signal, f"SIG{name}"))
        assert process.communicate(timeout=PATIENCE_S)[0] == "got it\n"
        assert process.returncode == 5
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminals_ctrl_c_reaches_the_command_once() -> None:
    import fcntl
    import termios

    ours, theirs = os.openpty()
    process = begin(
        *("exec", "--", sys.executable, "-c", COUNTER),
        stdin=theirs,
        stdout=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "counting\n"
        os.write(ours, b"\x03")
        os.write(ours, b"\n")
        assert process.communicate(timeout=PATIENCE_S)[0] == "received 1\n"
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("arguments", [[], ["--"]], ids=["nothing", "dashes"])
def test_exec_without_a_command_is_exit_code_2(arguments: list[str]) -> None:
    done = fakejobs("exec", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "fakejobs exec: which command? fakejobs exec [--seed FILE] -- CMD...\n"


def test_exec_with_a_bad_seed_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text("[{}]")
    done = fakejobs("exec", "--seed", str(tmp_path / "seed.json"), "--", "touch", str(tmp_path / "touched"))
    assert done.returncode == 2
    assert done.stderr.startswith("fakejobs exec: seed.json[0]: a step is one verb")
    assert not (tmp_path / "touched").exists()


# ------------------------------------------------------------ env


@pytest.fixture
def fake() -> Iterator[FakeJobs]:
    """A fake in this process, which the command asks."""
    with serve() as fake:
        yield fake


def test_env_is_read_by_a_shell(fake: FakeJobs) -> None:
    command = f'eval "$("{sys.executable}" -m fakejobs env --url {fake.url})"'
    script = f"{command}; set -u; {command}; env"
    own = {"NO_PROXY": "upper.example", "no_proxy": "lower.example"}
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env={**ENVIRONMENT, **own}, check=True)
    seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    for name, value in fake.env.items():
        if name.lower() != "no_proxy":
            assert seen[name] == value
    assert seen["NO_PROXY"] == seen["no_proxy"]
    assert seen["NO_PROXY"].startswith("upper.example,lower.example,127.0.0.1,localhost")


def test_env_in_a_shell_without_proxy_exceptions(fake: FakeJobs) -> None:
    script = f'set -eu; eval "$("{sys.executable}" -m fakejobs env --url {fake.url})"; echo "$NO_PROXY $no_proxy"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    assert done.stdout == "127.0.0.1,localhost 127.0.0.1,localhost\n"


def test_env_as_json_and_as_dotenv(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    written = fakejobs("env", "--url", fake.url, "--format", "json").stdout
    assert json.loads(written) == fake.env
    lines = fakejobs("env", "--url", fake.url, "--format", "dotenv").stdout.splitlines()
    assert dict(line.split("=", 1) for line in lines) == fake.env


def test_env_does_not_go_through_a_proxy(fake: FakeJobs) -> None:
    done = fakejobs("env", "--url", fake.url, env={**ENVIRONMENT, "http_proxy": "http://127.0.0.1:9"})
    assert (done.returncode, done.stderr) == (0, "")


# ------------------------------------------------------------ output that is not read to its end


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    done = subprocess.run(
        ["sh", "-c", '"$0" -m fakejobs endpoints --format markdown | head -n 1', sys.executable],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=True,
    )
    assert done.stdout == "## Endpoints\n"
    assert done.stderr == ""
