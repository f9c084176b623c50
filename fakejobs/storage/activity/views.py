"""What each endpoint of activity does with the verbs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from fakejobs import codec
from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.domain.activity import Event
from fakejobs.domain.clock import Millis
from fakejobs.errors import BadBody, BadQuery, Unauthenticated
from fakejobs.storage.activity.params import ProjectsParams, Reading, ReadParams, WriteParams
from fakejobs.storage.filters import Filter, all_match
from fakejobs.storage.saving import saved_as
from fakejobs.storage.streams import JSON_ARRAY, JSON_LINES
from fakejobs.web.accept import prefers_array
from fakejobs.web.endpoint import Reply


def read(cloud: Cloud, params: ReadParams, account: Account) -> Reply:
    """List a project's events, newest first."""
    shown = ({**event, **_beside(params, project, moment)} for moment, project, event in _events(cloud, params.project, params.filter))
    return _listed(params, islice(shown, params.count))


def read_projects(cloud: Cloud, params: ProjectsParams, account: Account) -> Reply:
    """List the events of several projects, newest first."""
    if account.job is not None:
        raise Unauthenticated
    projects = [project for project in dict.fromkeys(params.projects) if account.may_use(project)]
    if not projects:
        raise BadQuery("need at least one project that a user has permission to view")
    parts = [islice(_events(cloud, project, params.filter), params.pcount) for project in projects]
    newest = merge(*parts, key=lambda found: -found[0])
    shown = ({**_beside(params, project, moment), **event} for moment, project, event in newest)
    return _listed(params, islice(shown, params.count))


def write(cloud: Cloud, params: WriteParams, account: Account) -> Reply:
    """Write events."""
    events = codec.load_lines(params.content)
    for event in events:
        if not isinstance(event, dict):
            raise BadBody("Error parsing data, an event is no JSON object")
    cloud.activity.write(params.project, events)
    return Reply("")


def _events(cloud: Cloud, project: int, filters: Sequence[Filter]) -> Iterator[tuple[Millis, int, Event]]:
    """Iterate over a project's events that pass the filters, newest first, each with its time and its project."""
    found = cloud.activity.newest_first(project)
    return ((moment, project, event) for moment, event in found if all_match(filters, event))


def _beside(params: Reading, project: int, moment: Millis) -> dict[str, int]:
    """Return what is said beside an event."""
    known = {"_project": project, "_ts": moment}
    return {name: value for name, value in known.items() if name in params.meta}


def _listed(params: Reading, rows: Iterator[dict[str, Any]]) -> Reply:
    form = JSON_ARRAY if prefers_array(params.format, params.accept) else JSON_LINES
    return Reply(rows, format=form, headers=saved_as(params.saveas))
