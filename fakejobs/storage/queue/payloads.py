"""What the queue answers, from what the domain knows: rows, metadata, and their formats."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.metadata import TIMES, metadata_of
from fakejobs.web.formats import CHUNK, Format

COUNTERS = ("items", "pages", "errors", "logs")
LATEST_DEPLOY = "latest"

_encode = json.JSONEncoder().encode


def _joined(rows: Iterable[Any]) -> Iterator[bytes]:
    """Write rows as lines without a final newline, in chunks."""
    gathered: list[str] = []
    size = 0
    for row in rows:
        if size >= CHUNK:
            yield ("\n".join(gathered) + "\n").encode()
            gathered, size = [], 0
        line = _encode(row)
        gathered.append(line)
        size += len(line)
    yield "\n".join(gathered).encode()


LINES = Format("application/x-jsonlines", _joined)
JSON = Format("application/json", lambda payload: [_encode(payload).encode()])
NO_JSON = Format("application/json", lambda _: [b""])
WRITTEN_METADATA = Format("text/html; charset=utf-8", lambda _: [b""])
WRITTEN_SETTINGS = Format("text/plain; charset=utf-8", lambda _: [b""])


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
        known = {**_counters(record), **metadata_of(record)}
        row.update({name: known[name] for name in jobmeta if name in known and name not in row})
    else:
        row["spider"] = record.spider
        row.update(_present(record, (*TIMES, "version", "close_reason", *COUNTERS)))
    if record.tags and (tags or not jobmeta):
        row["tags"] = list(record.tags)
    return row


def metadata(record: JobRecord, host: str, *, summary_at: Millis | None = None) -> dict[str, Any]:
    """Return a job's metadata; of a job scheduled over dash also where the platform is, as the client reaches it.

    summary_at: add key, ts, elapsed and counters, as of this moment.
    """
    shown = metadata_of(record)
    if record.spider_type is not None:
        base = f"http://{host or 'localhost'}"
        platform = {"api_url": f"{base}/api/", "portia_url": f"{base}/portia/", "portia_stack_version": LATEST_DEPLOY}
        shown = {**platform, **shown}
    if record.state is JobState.PENDING and shown.get("deploy_id") == LATEST_DEPLOY:
        shown["deploy_id"] = None
    if summary_at is not None:
        shown.update(key=record.key, ts=record.state_time, elapsed=max(1, summary_at - record.state_time), **_counters(record))
    return shown


def _counters(record: JobRecord) -> dict[str, int]:
    return {name: getattr(record, name) or 0 for name in COUNTERS}


def _present(record: JobRecord, names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(record, name)) is not None}
