"""What the verbs return, as JSON: a job is its snapshot, a time is milliseconds since the epoch, bytes are base64."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from fakejobs.domain.clock import as_millis
from fakejobs.domain.comments import Comment
from fakejobs.domain.cron import Cron
from fakejobs.domain.deploys import Deploy, Egg, Report, UploadedFile
from fakejobs.domain.job import JobRecord
from fakejobs.domain.periodic import PeriodicJob, PeriodicTask
from fakejobs.journal import Call
from fakejobs.lint.findings import Finding
from fakejobs.timeline import Life, Tick, Timeline
from fakejobs.verbs import Job
from fakejobs.verbs.faults import Fault


def as_json(value: Any) -> Any:
    """Return what a verb returned, as JSON data."""
    if isinstance(value, Job):
        return as_json(value.snapshot())
    if isinstance(value, Fault):
        return as_json(value.as_data())
    if isinstance(value, JobRecord):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value) if field.name != "sequence"}
    if isinstance(value, Call):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value) if field.name not in ("orders", "deeds")}
    if isinstance(value, (Comment, Cron, Deploy, Egg, Finding, PeriodicJob, PeriodicTask, Report, UploadedFile, Timeline, Life, Tick)):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return as_millis("time", value)
    if isinstance(value, Mapping):
        return {name: as_json(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_json(inner) for inner in value]
    return value
