"""The parameters of a job's metadata."""

from __future__ import annotations

from dataclasses import dataclass

from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.paths import JobParams
from fakejobs.web.params import body, header, param, text


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataParams(JobParams):
    """GET /jobs/P/S/J."""

    host: str = header("Host", doc="Where the client reaches the fake; api_url says so.", sources=[recorded("api_url is the dash base")])
    add_summary: str = param(text, default="", doc="Add key, ts, elapsed and counters.", sources=[documented("a vendor tool asks for it")])


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataWriteParams(JobParams):
    """POST /jobs/P/S/J."""

    content: bytes = body(
        doc="A JSON object that is merged into the metadata; key, project, spider and state are passed over.",
        sources=[recorded("JSON lines without a content type"), assumed("what is no JSON object is a 400, and nothing happens")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldParams(JobParams):
    """GET and DELETE /jobs/P/S/J/FIELD."""

    field: str = param(text, doc="Name of the metadata field, in the path.", sources=[recorded("an unknown one is null")])
    host: str = header("Host", doc="Where the client reaches the fake; api_url says so.", sources=[recorded("api_url is the dash base")])


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWriteParams(FieldParams):
    """POST /jobs/P/S/J/FIELD."""

    content: bytes = body(doc="The field's JSON value.", sources=[recorded("test_metadata_set"), assumed("no JSON: 400")])
