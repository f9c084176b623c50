"""The documented page: each of its curl lines runs, host changed, on a fake of its own and is answered as the page says.

The page is not ours, so it is read where it is at hand beside the checkout. The same ground is covered without it by the
other contract tests.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from fakejobs import FakeJobs, ManualClock, serve
from fakejobs.domain.clock import Millis
from fakejobs.fake import behind

PAGE = Path(__file__).parents[3] / "shared" / "jobs-api.txt"
HOST = "https://app.scrapinghub.com/"
NOW = datetime(2015, 11, 9, 15, 28, 28, tzinfo=timezone.utc)

pytestmark = [
    pytest.mark.skipif(not PAGE.exists(), reason="the page of the Jobs API is not at hand"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl"),
]


@dataclass(frozen=True)
class Line:
    """A curl line of the page and the answer that stands below it, if one does."""

    words: tuple[str, ...]
    answer: Any

    def run(self, base: str) -> Any:
        """Send it to another host and return the answer."""
        words = [word.replace(HOST, f"{base}/") for word in self.words]
        assert words != list(self.words)
        done = subprocess.run(
            [*words, "--silent", "--show-error", "--noproxy", "*"], capture_output=True, text=True, timeout=30, check=True
        )
        return json.loads(done.stdout)


def lines_of(text: str) -> Iterator[Line]:
    """Yield the curl lines of the page."""
    text = text.replace("\\\n", " ")
    for found in re.finditer(r"^\$ (curl .*)$", text, re.MULTILINE):
        rest = text[found.end() :].lstrip("\n")
        answer = json.JSONDecoder().raw_decode(rest)[0] if rest.startswith("{") else None
        yield Line(tuple(shlex.split(found[1])), answer)


def lines() -> list[Line]:
    return list(lines_of(PAGE.read_text(encoding="utf-8")))


def from_row(fake: FakeJobs, row: dict[str, Any]) -> None:
    """Seed the job that a row of the page shows."""

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(row[name]).replace(tzinfo=timezone.utc) if name in row else None

    fake.add_job(
        row["spider"],
        key=row["id"],
        state=row["state"],
        tags=row["tags"],
        priority=row["priority"],
        version=row["version"],
        close_reason=row.get("close_reason"),
        running_time=moment("started_time"),
        finished_time=moment("updated_time") if row["state"] == "finished" else None,
        updated_time=moment("updated_time"),
        items=row["items_scraped"],
        pages=row["responses_received"],
        errors=row["errors_count"],
        logs=row["logs"],
    )


def nothing(fake: FakeJobs, line: Line) -> None:
    """Leave the fake empty."""


def a_known_spider(fake: FakeJobs, line: Line) -> None:
    """Make spider 1 known, without a job."""
    fake.add_spider("somespider", project=123, declared=False)


def rows(fake: FakeJobs, line: Line) -> None:
    """Seed what the page's answer shows, and jobs that the line's filters leave out."""
    for row in line.answer["jobs"]:
        from_row(fake, row)
    for state in ("pending", "deleted"):
        fake.add_job("left out", project=123, state=state, tags=["consumed"])
    fake.add_job("left out", project=123, state="finished", tags=["consumed"], finished_time=1_400_000_000_000)
    fake.add_job("somespider", project=124, state="finished")
    fake.add_job("someotherspider", project=124, state="running")


def finished_jobs(fake: FakeJobs, line: Line) -> None:
    """Seed jobs 1, 2 and 3, finished."""
    for _ in range(3):
        fake.add_job("somespider", project=123, state="finished")


def a_running_job(fake: FakeJobs, line: Line) -> None:
    """Seed a running job."""
    fake.add_job("somespider", project=123, state="running")


OK = {"status": "ok"}

SEEDS: list[tuple[Callable[[FakeJobs, Line], None], Any]] = [
    (nothing, None),
    (a_known_spider, None),
    (rows, None),
    (rows, None),
    (rows, None),
    (finished_jobs, {**OK, "count": 1}),
    (finished_jobs, {**OK, "count": 2}),
    (a_running_job, OK),
]
"""For each curl line of the page: its seed, and the answer where the page shows none."""


@pytest.fixture
def fake() -> Iterator[FakeJobs]:
    with serve(clock=ManualClock(Millis(int(NOW.timestamp()) * 1000))) as fake:
        yield fake


def same(got: Any, wanted: Any, name: str = "") -> bool:
    """Compare two JSON values; elapsed and times by type."""
    if name == "elapsed":
        return type(got) is type(wanted) is int and got >= 0
    if name.endswith("_time"):
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", got))
    if isinstance(wanted, dict) and isinstance(got, dict):
        return set(got) == set(wanted) and all(same(got[key], value, key) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(got, list):
        return len(got) == len(wanted) and all(map(same, got, wanted))
    return type(got) is type(wanted) and bool(got == wanted)


def test_the_page_has_a_seed_for_each_of_its_lines() -> None:
    assert len(lines()) == len(SEEDS)


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_each_line_is_answered_as_the_page_says(fake: FakeJobs, number: int) -> None:
    line, (seed, answer) = lines()[number], SEEDS[number]
    wanted = line.answer if answer is None else answer
    seed(fake, line)
    got = line.run(fake.url)
    assert same(got, wanted), f"{got} is not as {wanted}"
    assert [call.status for call in fake.calls] == [200]
    assert fake.lint == []
    behind(fake).cloud.world.store.check()


def test_what_the_lines_do(fake: FakeJobs) -> None:
    run, _, *_, update, delete, stop = lines()
    run.run(fake.url)
    job = fake.assert_scheduled(
        project=123,
        spider="somespider",
        units=2,
        tags=["sometag"],
        spider_args={"spiderarg1": "example"},
        job_settings={"CLOSESPIDER_PAGECOUNT": "10"},
    )
    stop.run(fake.url)
    fake.assert_stopped(job)
    assert job.close_reason == "cancelled"
    for _ in range(2):
        fake.add_job("somespider", project=123, state="finished")
    update.run(fake.url)
    fake.assert_tagged("123/1/2", add=["consumed"])
    delete.run(fake.url)
    fake.assert_deleted("123/1/2")
    fake.assert_deleted("123/1/3")


def test_the_first_two_lines_in_sequence_are_refused(fake: FakeJobs) -> None:
    """They schedule the same spider with the same arguments."""
    first, second, *_ = lines()
    assert first.run(fake.url) == {"status": "ok", "jobid": "123/1/1"}
    assert second.run(fake.url) == {"status": "error", "message": "somespider already scheduled"}
    assert [(call.status, call.reason) for call in fake.calls] == [(200, "OK"), (400, "Bad Request")]
    fake.finish_job("123/1/1")
    assert second.run(fake.url) == {"status": "ok", "jobid": "123/1/3"}
