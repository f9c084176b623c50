"""What exploring has found in shub-workflow's crawl manager: a job that is scheduled twice, and listings whose cut ends the manager.

Both are as that version is. If a test fails here after an update of shub-workflow, it may be that one of them is mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(find_spec("shub_workflow") is None, reason="shub-workflow is not installed")

ROOT = Path(__file__).resolve().parents[2]
MANAGER = """
import gc

import pytest
from shub_workflow.crawl import CrawlManager


class Books(CrawlManager):
    name = "crawl"
    spider = "books"
    loop_mode = 30


@pytest.fixture
def run(fakejobs, monkeypatch):
    own = fakejobs.add_job("py:crawl.py", project=123, state="running", tags=["FLOW_ID=f1"])
    fakejobs.pace(pending=5, running=100)
    monkeypatch.setenv("PROJECT_ID", "123")
    monkeypatch.setenv("SHUB_JOBKEY", str(own.key))
    monkeypatch.setattr("sys.argv", ["manager", "--flow-id", "f1"])
    yield lambda: Books().run()
    gc.collect()  # the official client leaves the answer of a 5xx unread, with its socket


pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
    pytest.mark.fakejobs(MARK),
]
"""
ONE_JOB = """
def test_one_job(fakejobs, run):
    run()
    assert len(fakejobs.scheduled(spider="books")) == 1
"""
RESUMED = """
def test_it_goes_on_with_the_job_that_it_had(fakejobs, run):
    fakejobs.add_job("books", project=123, state="running", tags=["FLOW_ID=f1", "PARENT_NAME=crawl"])
    fakejobs.add_job("py:crawl.py", project=123, state="finished", tags=["FLOW_ID=f1", "NAME=crawl"])
    run()
    fakejobs.assert_not_scheduled(spider="books")
"""
Manage = Callable[[str, str], pytest.RunResult]


@pytest.fixture
def manage(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Manage:
    """Run a test of the manager in a process of its own: `manage(marker's argument, test)`."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(mark: str, test: str) -> pytest.RunResult:
        pytester.makepyfile(test_manager=MANAGER.replace("MARK", mark) + test)
        return pytester.runpytest_subprocess("-p", "fakejobs.pytest_plugin", "-W", "error")

    return run


def found(result: pytest.RunResult, endpoint: str) -> list[tuple[str, str]]:
    """Return of each row of the table that is about an endpoint the way, and what failed first."""
    rows = (re.split(r"\s{2,}", line) for line in result.outlines if re.match(rf"#?\d+\.? {endpoint} ", line))
    return [(way, what) for _, way, what, *_ in rows]


def test_a_lost_answer_lets_it_schedule_the_spider_twice(manage: Manage) -> None:
    """It takes the duplicate for somebody else's job, asks again until that has finished, and then schedules another one."""
    twice = "AssertionError: assert 2 == 1"
    assert found(manage("explore=True", ONE_JOB), "run") == [("lost", twice), ("504", twice)]
    manage("fault='run 1 lost'", ONE_JOB).stdout.fnmatch_lines(
        [
            "*POST /api/run.json * -> reset after the effect [[]123/2/1[]] (fault *",
            "* -> 400 Bad Request: books already scheduled as 123/2/1 *(2 times)",
            "* -> 200 OK [[]123/2/4[]] *",
        ]
    )


def test_a_listing_that_is_cut_ends_it(manage: Manage) -> None:
    """Its retries are around a generator, which fails only when it is read; and such an error is none that they know."""
    assert found(manage("explore=['cut']", RESUMED), "jobq/list") == [("cut", "ChunkedEncodingError: Response ended prematurely")] * 3
