"""What dash answers, from what the domain knows: field names, presence and time formats as recorded."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.projects import Spider

SPIDER_TYPE = "manual"

_OVER = (JobState.FINISHED, JobState.DELETED)
_SECONDS = tuple(f":{second:02}" for second in range(60))


def job_row(record: JobRecord, now: Millis) -> dict[str, Any]:
    """Return a job as a row of jobs/list.

    Counters are always there, but `logs` only above 0. `version` and `spider_args` only if known; `started_time` and `updated_time`
    not for a job that never ran; `close_reason` only of a job that is over. `elapsed` is the time since the last touch, in ms.
    """
    row: dict[str, Any] = {
        "responses_received": record.pages or 0,
        "items_scraped": record.items or 0,
        "errors_count": record.errors or 0,
        "tags": list(record.tags),
        "spider": record.spider,
        "priority": record.priority,
        "state": record.state.value,
        "spider_type": SPIDER_TYPE,
        "id": record.key,
        "elapsed": max(0, now - record.last_touch),
    }
    if record.logs:
        row["logs"] = record.logs
    if record.close_reason is not None and record.state in _OVER:
        row["close_reason"] = record.close_reason
    if record.version is not None:
        row["version"] = record.version
    if record.spider_args:
        row["spider_args"] = dict(record.spider_args)
    if record.running_time is not None:
        row["started_time"] = iso(record.running_time)
    updated = record.last_update
    if updated is not None:
        row["updated_time"] = iso(updated)
    return row


def spider_row(spider: Spider) -> dict[str, Any]:
    """Return a spider as an entry of spiders/list; `id` is its name."""
    return {"version": None, "tags": list(spider.tags), "id": spider.name, "type": SPIDER_TYPE}


def iso(moment: Millis) -> str:
    """Return a moment as dash writes it: UTC, without zone and fraction."""
    minute, second = divmod(moment // 1000, 60)
    return _minute(minute) + _SECONDS[second]


@lru_cache(maxsize=1024)
def _minute(minute: int) -> str:
    """Return a minute since the epoch; neighbours in a listing mostly share theirs, and writing it is the dear part of a row."""
    return datetime.fromtimestamp(minute * 60, timezone.utc).strftime("%Y-%m-%dT%H:%M")
