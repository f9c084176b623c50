"""What each endpoint of a job's metadata does with the cloud."""

from __future__ import annotations

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.domain.lifecycle import JobState
from fakejobs.errors import BadQuery
from fakejobs.journal import Deed, Deleted
from fakejobs.storage.bodies import json_object, json_value
from fakejobs.storage.metadata import params as read
from fakejobs.storage.metadata.payloads import metadata
from fakejobs.storage.paths import JobParams, ProjectParams
from fakejobs.storage.spaced import JSON, WRITTEN_METADATA
from fakejobs.web.endpoint import Reply


def read_metadata(cloud: Cloud, params: read.MetadataParams, account: Account) -> Reply:
    """Show a job's metadata on one line; an empty answer for an unknown job."""
    record = cloud.jobs.find(params.key)
    return Reply([] if record is None else [metadata(record, params.host, summary_at=cloud.now_ms() if params.add_summary else None)])


def write_metadata(cloud: Cloud, params: read.MetadataWriteParams, account: Account) -> Reply:
    """Merge an object into a job's metadata."""
    cloud.jobs.update_metadata(params.key, json_object(params.content))
    return Reply("", format=WRITTEN_METADATA, jobs=(params.key,))


def read_field(cloud: Cloud, params: read.FieldParams, account: Account) -> Reply:
    """Show one field; null if it is not there."""
    record = cloud.jobs.find(params.key)
    if record is None:
        return Reply(None, format=JSON)
    if params.field == "auth":
        return Reply(cloud.keys.token_of(params.key), format=JSON)
    return Reply(metadata(record, params.host).get(params.field))


def write_field(cloud: Cloud, params: read.FieldWriteParams, account: Account) -> Reply:
    """Set one field."""
    cloud.jobs.update_metadata(params.key, {params.field: json_value(params.content)})
    return Reply("", format=WRITTEN_METADATA, jobs=(params.key,))


def delete_field(cloud: Cloud, params: read.FieldParams, account: Account) -> Reply:
    """Remove one field; an absent one is fine."""
    cloud.jobs.delete_metadata(params.key, params.field)
    return Reply("", format=WRITTEN_METADATA, jobs=(params.key,))


def delete_job(cloud: Cloud, params: JobParams, account: Account) -> Reply:
    """Delete a finished job; a deleted or unknown one is fine."""
    deeds: list[Deed] = []
    with cloud.lock:
        record = cloud.jobs.find(params.key)
        if record is not None and record.state is not JobState.DELETED:
            cloud.jobs.delete(params.key, by=account.user)
            deeds.append(Deleted((params.key,)))
    return Reply("", format=WRITTEN_METADATA, notes=deeds)


def refuse_project_metadata(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """Refuse the metadata of a whole project."""
    raise BadQuery("which job? the metadata of a whole project is not served")
