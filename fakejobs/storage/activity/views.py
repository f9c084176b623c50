"""What each endpoint of activity does with the verbs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from fakejobs import codec
from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.errors import BadBody, BadQuery, Unauthenticated
from fakejobs.storage.activity.params import ProjectsParams, ReadParams, WriteParams
from fakejobs.storage.filters import Filter, all_match
from fakejobs.web.endpoint import Reply


def read(cloud: Cloud, params: ReadParams, account: Account) -> Reply:
    """List a project's events, newest first."""
    events = _events(cloud, params.project, params.filter, params.meta)
    return Reply(islice(events, params.count))


def read_projects(cloud: Cloud, params: ProjectsParams, account: Account) -> Reply:
    """List the events of several projects, one project after the other, each newest first."""
    if account.job is not None:
        raise Unauthenticated
    projects = [project for project in dict.fromkeys(params.projects) if account.may_use(project)]
    if not projects:
        raise BadQuery("need at least one project that a user has permission to view")
    parts = [islice(_events(cloud, project, params.filter, params.meta), params.pcount) for project in projects]
    return Reply(islice(chain.from_iterable(parts), params.count))


def write(cloud: Cloud, params: WriteParams, account: Account) -> Reply:
    """Write events."""
    events = codec.load_lines(params.content)
    for event in events:
        if not isinstance(event, dict):
            raise BadBody("Error parsing data, an event is no JSON object")
    cloud.activity.write(params.project, events)
    return Reply("")


def _events(cloud: Cloud, project: int, filters: Sequence[Filter], meta: Sequence[str]) -> Iterator[dict[str, Any]]:
    found = cloud.activity.newest_first(project)
    told = [name for name in ("_project", "_ts") if name in meta]
    for moment, event in found:
        if all_match(filters, event):
            row = dict(event)
            for name in told:
                row[name] = moment if name == "_ts" else project
            yield row
