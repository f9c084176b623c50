"""`shub schedule` as a real process, pointed at the fake by its environment; a dead proxy stands between it and the world."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakejobs import FakeJobs

PATIENCE_S = 60.0
DEAD_PROXY = "http://127.0.0.1:1"


def shub(fake: FakeJobs, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run shub with a home of its own and the fake's variables."""
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), DEAD_PROXY)
    environment = {**os.environ, **fake.env, **proxies, "HOME": str(home)}
    command = [sys.executable, "-W", "ignore", "-m", "shub", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=home, env=environment, timeout=PATIENCE_S, check=False)


def test_schedule(fake: FakeJobs, tmp_path: Path) -> None:
    done = shub(
        *(fake, tmp_path, "schedule", "123/books", "-a", "page=2", "-s", "DELAY=1", "-t", "one", "-t", "two"),
        *("-p", "3", "-u", "2", "-e", "TOKEN=t"),
    )
    assert done.returncode == 0, done.stderr
    assert "Spider books scheduled, job ID: 123/1/1" in done.stdout
    job = fake.assert_scheduled(
        project=123,
        spider="books",
        spider_args={"page": 2},
        tags=["one", "two"],
        priority=3,
        units=2,
        job_settings={"DELAY": "1"},
        environment={"TOKEN": "t"},
        meta={},
    )
    assert job.key == "123/1/1"


@pytest.mark.parametrize(
    ("closed", "message"),
    [("twin", "books already scheduled"), ("project", "doesn't have access to project 123"), ("priority", "invalid value for priority: 9")],
)
def test_a_refusal_is_told(fake: FakeJobs, tmp_path: Path, closed: str, message: str) -> None:
    if closed == "twin":
        fake.add_job("books", project=123)
    elif closed == "project":
        fake.add_key(fake.key, projects=[1])
    done = shub(fake, tmp_path, "schedule", "123/books", *(["-p", "9"] if closed == "priority" else []))
    assert done.returncode != 0
    assert message in done.stderr
