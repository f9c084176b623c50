"""What a failed test shows of its fakes: the clock, the jobs and the last calls, as sections of its report."""

from __future__ import annotations

from collections.abc import Callable

from fakejobs.domain.lifecycle import JobState
from fakejobs.fake import FakeJobs, behind
from fakejobs.journal.calls import folded
from fakejobs.timeline import clock_line

SHOWN = 20
"""Jobs and calls that are shown, the latest ones."""


def sections_of(url: str, fake: FakeJobs) -> list[tuple[str, str]]:
    """Return the sections about a fake, each a title and a text; whatever fails on the way is named in its place."""
    jobs, calls = f"{_seen(_clock, fake)}\n{_seen(_jobs, fake)}", _seen(_calls, fake)
    masks = behind(fake).cloud.keys.masks
    return [(f"fakejobs: jobs at {url}", masks.text(jobs)), (f"fakejobs: last calls to {url}", masks.text(calls))]


def _seen(look: Callable[[FakeJobs], str], fake: FakeJobs) -> str:
    """Return what is seen; whoever looks lets happen what is due, and a callable of the test's may fail on that way."""
    try:
        return look(fake)
    except Exception as error:  # noqa: BLE001  # the report of another failure must not be lost
        return f"not shown, {type(error).__name__}: {error}"


def _clock(fake: FakeJobs) -> str:
    stage = behind(fake)
    return clock_line(stage.cloud, stage.clock_mode)


def _jobs(fake: FakeJobs) -> str:
    jobs, masks = fake.list_jobs(state=list(JobState)), behind(fake).cloud.keys.masks
    rows: list[tuple[str, ...]] = [("key", "spider", "state", "close_reason", "tags", "args")]
    for job in (job.snapshot() for job in jobs[:SHOWN]):
        spider_args = " ".join(f"{name}={value}" for name, value in job.spider_args.items())
        cells = (job.spider, str(job.state), job.close_reason, ", ".join(job.tags), spider_args)
        rows.append((str(job.key), *(_cell(masks.text(text or "")) for text in cells)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(jobs) > SHOWN:
        lines.append(f"... and {len(jobs) - SHOWN} more")
    return "\n".join(lines) if jobs else "there are none"


def _calls(fake: FakeJobs) -> str:
    lines = folded(fake.calls, keys=True)
    if len(lines) > SHOWN:
        lines = [f"... {len(lines) - SHOWN} earlier ones", *lines[-SHOWN:]]
    return "\n".join(lines) if lines else "no client has called"


def _cell(text: str) -> str:
    shown = text if text.isprintable() else ascii(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."
