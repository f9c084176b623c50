"""The parameters of the activity room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.arrays import accept_header, format_param
from fakejobs.storage.filters import Filter, filter_param
from fakejobs.storage.saving import saveas_param
from fakejobs.web.params import body, number, param, text


def _count(doc: str) -> Any:
    return param(number, default=None, doc=doc, sources=[recorded("count=20"), assumed("all unless given")])


def _meta() -> Any:
    return param(
        text,
        repeat=True,
        doc="What to say beside the event: `_ts`, when it was written, `_project`; repeatable.",
        sources=[
            recorded("_ts, behind the event's own fields"),
            documented("_project; of several projects in front of them"),
            assumed("other names are passed over"),
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the readings of activity share."""

    meta: tuple[str, ...] = _meta()
    filter: tuple[Filter, ...] = filter_param(
        "Only events for which this holds, as a JSON array of field, operator and values; repeatable."
    )
    format: str | None = format_param()
    saveas: str | None = saveas_param()
    accept: str = accept_header()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadParams(Reading):
    """GET /activity/P."""

    project: int = param(number, doc="Project number, in the path.", sources=[recorded("/activity/2222222")])
    count: int | None = _count("At most so many events.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteParams:
    """POST /activity/P."""

    project: int = param(number, doc="Project number, in the path.", sources=[recorded("/activity/2222222")])
    content: bytes = body(
        doc="Events, JSON objects, one a line.",
        sources=[recorded("any fields"), assumed("what is no JSON object is a 400, and nothing is written")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectsParams(Reading):
    """GET /activity/projects."""

    projects: tuple[int, ...] = param(
        number,
        name="p",
        repeat=True,
        doc="Project number; repeatable.",
        sources=[
            documented("no project that the user may view: need at least one project that a user has permission to view"),
            assumed("projects that the user may not view are left out; no number: invalid value for p"),
        ],
    )
    pcount: int | None = param(
        number, default=None, doc="At most so many events of each project.", sources=[documented("pcount"), assumed("all unless given")]
    )
    count: int | None = _count("At most so many events of all projects together.")
