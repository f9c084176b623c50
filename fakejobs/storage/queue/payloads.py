"""What the queue answers, from what the domain knows: rows, metadata, and their formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.metadata import COUNTERS, TIMES, counters_of, metadata_of


def job_row(record: JobRecord, now: Millis, jobmeta: Sequence[str] = (), *, tags: bool = False) -> dict[str, Any]:
    """Return a job as a row of lists and summaries.

    jobmeta: fields that take the place of the default ones. tags: bring the tags along, as rows chosen by has_tag do.
    `elapsed` is never 0, because clients take it to be above.
    """
    row: dict[str, Any] = {
        "key": record.key,
        "state": record.state.value,
        "elapsed": max(1, now - record.state_time),
        "ts": record.state_time,
    }
    if jobmeta:
        known = {**counters_of(record), **metadata_of(record)}
        row.update({name: known[name] for name in jobmeta if name in known and name not in row and not _is_zero(name, known[name])})
    else:
        row["spider"] = record.spider
        row.update(_present(record, (*TIMES, "version", "close_reason", *COUNTERS)))
    if record.tags and (tags or not jobmeta):
        row["tags"] = list(record.tags)
    return row


def _present(record: JobRecord, names: Sequence[str]) -> dict[str, Any]:
    found = ((name, getattr(record, name)) for name in names)
    return {name: value for name, value in found if value is not None and not _is_zero(name, value)}


def _is_zero(name: str, value: object) -> bool:
    """Say whether this is a counter of 0, which rows do not have."""
    return name in COUNTERS and value == 0
