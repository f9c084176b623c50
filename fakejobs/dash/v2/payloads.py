"""What v2 answers: the large object of a spider, and the user of a key."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from fakejobs.access import Account
from fakejobs.dash.payloads import SPIDER_TYPE
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.projects import Spider

ORGANIZATION = 1
"""The number of the organization to which every project belongs."""


def project_object(project: int) -> dict[str, Any]:
    """Return a project."""
    return {"id": project, "name": project_name(project), "organization": ORGANIZATION}


def project_name(project: int) -> str:
    """Return the name of a project, which nobody has said."""
    return f"project {project}"


def spider_object(project: int, spider: Spider, last: JobRecord | None) -> dict[str, Any]:
    """Return a spider; what the platform sums up over its jobs stays empty, as recorded of one whose jobs are gone.

    last: the job of it that finished last, if any did.
    """
    return {
        "default_kumo_units": None,
        "tags": list(spider.tags),
        "settings": {},
        "id": spider.spider_id,
        "name": spider.name,
        "jobq_id": spider.spider_id,
        "stats": {},
        "type": SPIDER_TYPE,
        "archived": False,
        "deleted": False,
        "version": None,
        "created_at": moment(spider.created_time),
        "modified_at": moment(spider.modified_time),
        "project": {"id": project, "name": project_name(project)},
        "avg_item_count": None,
        "avg_response_count": None,
        "avg_runtime": None,
        "fields_count": {},
        "first_run": None,
        "last_error_count": None,
        "last_item_count": None,
        "last_job_id": None,
        "last_outcome": None,
        "last_response_count": None,
        "last_run": None if last is None or last.running_time is None else moment(last.running_time),
    }


def user_object(account: Account) -> dict[str, Any]:
    """Return the user of a key."""
    return {"username": account.user}


def moment(time: Millis) -> str:
    """Return a moment as v2 writes it: UTC, with microseconds and Z."""
    whole = datetime.fromtimestamp(time // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{time % 1000:03d}000Z"
