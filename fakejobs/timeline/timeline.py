"""Timeline: what happened, as str() and svg() show it; and how it is read from a cloud."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fakejobs.cloud import Cloud
from fakejobs.domain.clock import LATEST, Millis, as_datetime
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.pacing import Due
from fakejobs.journal import Call
from fakejobs.masking import Masks
from fakejobs.timeline.drawing import draw
from fakejobs.timeline.lives import Life, Story, Tick
from fakejobs.timeline.table import table
from fakejobs.timeline.words import span, stamp

STARTS, MAY_START, ENDS = "starts", "may start", "ends"


@dataclass(frozen=True, kw_only=True, repr=False)
class Timeline(Story):
    """What happened in a fake up to a moment. str() is a table of it, svg() a drawing.

    now: where the clock stood. jobs: deleted ones too, in the order of their first moment. calls: oldest first.
    """

    def __repr__(self) -> str:
        return f"<Timeline of {len(self.jobs)} jobs and {len(self.calls)} calls>"

    def __str__(self) -> str:
        """Return a table: one line a job, moments from the first one on."""
        return table(self)

    def svg(self, path: str | Path | None = None) -> str:
        """Return a drawing as SVG, a bar a job and calls as ticks, and write it to a file if one is named."""
        drawn = draw(self)
        if path is not None:
            Path(path).write_text(drawn, encoding="utf-8")
        return drawn


def timeline_of(cloud: Cloud, calls: Iterable[Call]) -> Timeline:
    """Return what happened in a cloud up to now, and these calls."""
    ticks = tuple(_tick_of(call) for call in calls)
    with cloud.lock:
        now = cloud.now_ms()
        records = list(cloud.world.store)
        dues = _dues(cloud, records)
        limited = frozenset(cloud.world.pacing.units)
        waiting = frozenset(record.key for record in records if cloud.world.pacing.waits(record.key))
    masks = cloud.keys.masks
    lives = [_life(record, dues.get(record.key), limited, waiting, masks) for record in records]
    lives.sort(key=lambda life: (min(life.moments), life.key))
    return Timeline(now=as_datetime(now), jobs=tuple(lives), calls=ticks)


def clock_line(cloud: Cloud, mode: str) -> str:
    """Return in a line where the clock stands, who moves it, how far it has moved, and what is due next."""
    with cloud.lock:
        now, change = cloud.now_ms(), cloud.world.pacing.next_due()
        periodic, firing = cloud.world.periodic.next_one(), cloud.world.periodic.next_due
        limited = frozenset(cloud.world.pacing.units)
    moved = f"moved by {span(now - cloud.began)}" if now > cloud.began else "has not moved"
    where = f"clock: {stamp(as_datetime(now))} ({mode}, {moved}); "
    if periodic is not None and firing is not None and (change is None or firing < change.at):
        return f"{where}next due: periodic job {periodic.periodic_id} fires in {span(max(0, firing - now))}"
    if change is None or change.key is None:
        return f"{where}nothing is due"
    what = ENDS if change.what is Due.END else _start(change.key, limited)
    return f"{where}next due: {change.key} {what} in {span(max(0, change.at - now))}"


def _dues(cloud: Cloud, records: Iterable[JobRecord]) -> dict[JobKey, Millis]:
    """Return when the next change of each job is due that has one; the lock is held."""
    dues: dict[JobKey, Millis] = {}
    of_queue: dict[int, Millis | None] = {}  # the same for all jobs that wait for the units of a project
    for key in (record.key for record in records if record.is_active):
        if not cloud.world.pacing.waits(key):
            due = cloud.pace.next_change(key)
        else:
            if key.project_id not in of_queue:
                of_queue[key.project_id] = cloud.pace.next_change(key)
            due = of_queue[key.project_id]
        if due is not None and due <= LATEST:  # the clock ends there
            dues[key] = due
    return dues


def _life(record: JobRecord, due: Millis | None, limited: frozenset[int], waiting: frozenset[JobKey], masks: Masks) -> Life:
    change = ENDS if record.state is JobState.RUNNING else _start(record.key, limited)
    return Life(
        key=record.key,
        spider=masks.text(record.spider),
        state=record.state,
        close_reason=masks.value(record.close_reason),
        tags=masks.value(record.tags),
        scheduled=_moment(record.pending_time),
        started=_moment(record.running_time),
        ended=_moment(record.finished_time),
        deleted=_moment(record.deleted_time),
        cancel_requested=record.cancel_requested,
        waits_for_units=record.key in waiting,
        due=_moment(due),
        next=None if due is None else change,
    )


def _start(key: JobKey, limited: frozenset[int]) -> str:
    return MAY_START if key.project_id in limited else STARTS


def _moment(moment: Millis | None) -> datetime | None:
    return None if moment is None else as_datetime(moment)


def _tick_of(call: Call) -> Tick:
    shared = {name: getattr(call, name) for name in ("time", "method", "path", "endpoint", "status", "job_keys")}
    return Tick(**shared, has_failed=call.fault is not None)
