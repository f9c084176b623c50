"""The table of contents of the activity room."""

from __future__ import annotations

from typing import Any

from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.activity import views
from fakejobs.storage.activity.params import ProjectsParams, ReadParams, WriteParams
from fakejobs.storage.streams import JSON_LINES, TEXT
from fakejobs.storage.wire import RECORDS
from fakejobs.web.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        name="activity",
        wire=RECORDS,
        method="GET",
        paths=("/activity/<project>",),
        params=ReadParams,
        view=views.read,
        format=JSON_LINES,
        form=False,
        gzip=True,
        doc="List what happened in a project, newest first.",
        sources=(
            recorded("clients' own events, and those that the service writes itself when something happens to a job"),
            recorded("a pending job that is cancelled is not completed; finishing a finished job is no event"),
            recorded("a job that is born running or finished is not scheduled"),
            assumed("keys only, no job tokens"),
        ),
    ),
    Endpoint(
        name="activity/write",
        wire=RECORDS,
        method="POST",
        paths=("/activity/<project>",),
        params=WriteParams,
        view=views.write,
        format=TEXT,
        form=False,
        doc="Write events into a project's activity.",
        sources=(recorded("an empty text"), assumed("all events of a call have the same _ts, and no two calls' events have")),
    ),
    Endpoint(
        name="activity/projects",
        wire=RECORDS,
        method="GET",
        paths=("/activity/projects",),
        params=ProjectsParams,
        view=views.read_projects,
        format=JSON_LINES,
        scoped=False,
        form=False,
        gzip=True,
        doc="List what happened in several projects.",
        sources=(documented("p, pcount, and the refusal; newest first over all projects together"),),
    ),
)
