"""What is answered of a job's metadata, from what the domain knows."""

from __future__ import annotations

from typing import Any

from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.metadata import counters_of, metadata_of

LATEST_DEPLOY = "latest"


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
        shown.update(
            key=record.key,
            ts=record.state_time,
            elapsed=max(1, summary_at - record.state_time),
            **counters_of(record),
        )
    return shown
