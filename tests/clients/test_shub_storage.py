"""`shub items|log|requests|cancel` as real processes, pointed at a fake by its environment; and under `fakejobs exec`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakejobs import FakeJobs
from tests.clients.test_shub import DEAD_PROXY, PATIENCE_S, shub

ROOT = Path(__file__).parents[2]


@pytest.fixture
def job(fake: FakeJobs) -> str:
    """The key of a finished job that has written something."""
    key = fake.add_job("books", project=123, state="finished", items=[{"n": 1, "t": "\u00e9"}, {"n": 2}]).key
    fake.add_logs(key, [{"message": "started", "level": "INFO", "time": 1_446_000_000_000}, ("ERROR", "oops")])
    fake.add_requests(key, [{"url": "http://a.example/", "status": 200, "time": 1_446_000_000_000}])
    return str(key)


def test_items(fake: FakeJobs, job: str, tmp_path: Path) -> None:
    done = shub(fake, tmp_path, "items", job)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"n": 1, "t": "\u00e9", "_key": f"{job}/0"},
        {"n": 2, "_key": f"{job}/1"},
    ]


def test_the_last_items(fake: FakeJobs, job: str, tmp_path: Path) -> None:
    done = shub(fake, tmp_path, "items", "-n", "1", job)
    assert [json.loads(line)["n"] for line in done.stdout.splitlines()] == [2], done.stderr


def test_log(fake: FakeJobs, job: str, tmp_path: Path) -> None:
    done = shub(fake, tmp_path, "log", "--follow", job)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "2015-10-28 02:40:00 INFO started"
    assert second.endswith(" ERROR oops")


def test_requests(fake: FakeJobs, job: str, tmp_path: Path) -> None:
    done = shub(fake, tmp_path, "requests", job)
    assert [json.loads(line)["url"] for line in done.stdout.splitlines()] == ["http://a.example/"], done.stderr


def test_a_job_that_is_not_there(fake: FakeJobs, tmp_path: Path) -> None:
    done = shub(fake, tmp_path, "items", "123/1/9")
    assert done.returncode != 0
    assert "does not exist" in done.stderr


def test_cancel(fake: FakeJobs, tmp_path: Path) -> None:
    pending, running = (fake.add_job("books", project=123, state=state) for state in ("pending", "running"))
    done = shub(fake, tmp_path, "cancel", "--force", "123", "1/1", "1/2", "1/9")
    assert (done.returncode, done.stdout) == (0, "{'count': 2}\n"), done.stderr
    for job in (pending, running):
        fake.assert_cancelled(job)
    assert (pending.state, pending.close_reason, running.state) == ("finished", "cancelled", "running")


def test_under_exec(tmp_path: Path) -> None:
    shell = f"{sys.executable} -W ignore -m shub schedule 123/books -a page=2 && {sys.executable} -W ignore -m shub items 123/1/2"
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps([{"add_job": {"spider": "books", "project": 123, "key": "123/1/2", "items": [{"n": 1}]}}]))
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), DEAD_PROXY)
    done = subprocess.run(
        [sys.executable, "-m", "fakejobs", "exec", "--seed", str(seed), "--", "sh", "-c", shell],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **proxies, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Spider books scheduled, job ID: 123/1/3" in done.stdout
    assert done.stdout.splitlines()[-1] == '{"n":1,"_key":"123/1/2/0"}'
