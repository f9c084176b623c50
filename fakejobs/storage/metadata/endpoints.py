"""The table of contents of a job's metadata: /jobs."""

from __future__ import annotations

from typing import Any

from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.metadata import params as read
from fakejobs.storage.metadata import views
from fakejobs.storage.paths import JobParams, ProjectParams
from fakejobs.storage.rows import queue_row
from fakejobs.storage.spaced import JSON, LINES
from fakejobs.web.endpoint import Endpoint

_JOB = "/jobs/<project>/<spider>/<job>"

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    queue_row(
        "jobs/metadata",
        "GET",
        _JOB,
        read.MetadataParams,
        views.read_metadata,
        LINES,
        "Show a job's metadata.",
        recorded("one object; no key, no auth, no counters"),
        documented("an unknown job: empty"),
    ),
    queue_row(
        "jobs/metadata/update",
        "POST",
        _JOB,
        read.MetadataWriteParams,
        views.write_metadata,
        LINES,
        "Merge into a job's metadata.",
        recorded("200, empty, text/html"),
        documented('tags that are a text, as in {"tags": "obsolete"}, are taken as they are'),
        assumed("these are shown, no filter sees a tag in them, and the next update of tags replaces them"),
        assumed("an unknown job: 404; any other known field of another type: 400"),
    ),
    queue_row(
        "jobs/delete",
        "DELETE",
        _JOB,
        JobParams,
        views.delete_job,
        LINES,
        "Delete a job.",
        documented("the official client's own suite ends with it"),
        assumed("a pending or running job: 400"),
    ),
    queue_row(
        "jobs/field",
        "GET",
        f"{_JOB}/<field>",
        read.FieldParams,
        views.read_field,
        JSON,
        "Show one metadata field.",
        recorded("null if it is not there"),
        assumed("null for an unknown job too"),
    ),
    queue_row(
        "jobs/field/set",
        "POST",
        f"{_JOB}/<field>",
        read.FieldWriteParams,
        views.write_field,
        JSON,
        "Set one metadata field.",
        recorded("200, empty, text/html"),
    ),
    queue_row(
        "jobs/field/delete",
        "DELETE",
        f"{_JOB}/<field>",
        read.FieldParams,
        views.delete_field,
        JSON,
        "Remove one metadata field.",
        recorded("200, empty, text/html; also if it is not there"),
    ),
    queue_row(
        "jobs",
        "GET",
        "/jobs/<project>",
        ProjectParams,
        views.refuse_project_metadata,
        JSON,
        "Refused: the metadata of a whole project.",
        documented("400 since 2015"),
    ),
)
