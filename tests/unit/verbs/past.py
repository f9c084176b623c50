"""Jobs of the past: spans, the times of one that ran for an hour and ended a month ago, and how the times of a job are read."""

from __future__ import annotations

from datetime import timedelta

from fakejobs import Job
from fakejobs.domain.clock import Millis
from tests.unit.verbs.dumped import NOW

HOUR = 3_600_000
DAY = 24 * HOUR
MONTH = timedelta(days=31)
TIMES = ("pending_time", "running_time", "finished_time", "deleted_time", "updated_time", "touched_time")
AGO = Millis(NOW - 31 * DAY)
RUN = {"pending_time": AGO - HOUR, "running_time": AGO - HOUR, "finished_time": AGO, "updated_time": AGO}


def times_of(job: Job) -> dict[str, int]:
    """Return the times that a job has, in milliseconds."""
    record = job.snapshot()
    return {name: getattr(record, name) for name in TIMES if getattr(record, name) is not None}
