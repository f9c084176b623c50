"""The table of contents of periodic jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakejobs.dash.periodic import views
from fakejobs.dash.periodic.params import ChangingParams, ListParams, NewParams, PeriodicParams, ReplacingParams
from fakejobs.dash.v2.wire import V2
from fakejobs.evidence import Source, assumed, documented
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.formats import COMPACT_JSON

_ALL = (views.PATH, f"/v2{views.PATH}")
_ONE = tuple(f"{path}/<periodicjob>" for path in _ALL)


def _row(
    name: str, method: str, paths: tuple[str, ...], params: type[Any], view: Callable[..., Any], doc: str, *sources: Source
) -> Endpoint[Any]:
    return Endpoint(name, V2, method, paths, params, view, COMPACT_JSON, doc, (documented("the page"), *sources), form=False)


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    _row(
        "periodicjobs/list",
        "GET",
        _ALL,
        ListParams,
        views.periodic_jobs,
        "List the periodic jobs of a project, a page at a time.",
        documented("count, next and results; each has id, disabled, project, tasks, addtags, type, description and cron"),
        assumed("a script's task is named py:NAME; jobq_id is null as long as the spider has no number"),
    ),
    _row(
        "periodicjobs/add",
        "POST",
        _ALL,
        NewParams,
        views.add,
        "Add a periodic job.",
        assumed("201, and the answer is the periodic job; its number counts up over all projects"),
        assumed("a spider that its project does not declare, where it declares any, is a 400"),
    ),
    _row("periodicjobs", "GET", _ONE, PeriodicParams, views.periodic_job, "Describe a periodic job."),
    _row(
        "periodicjobs/put",
        "PUT",
        _ONE,
        ReplacingParams,
        views.put,
        "Put a periodic job in place of another.",
        assumed("the answer is the periodic job"),
    ),
    _row(
        "periodicjobs/patch",
        "PATCH",
        _ONE,
        ChangingParams,
        views.patch,
        "Change a periodic job.",
        assumed("the answer is the periodic job"),
    ),
    _row("periodicjobs/remove", "DELETE", _ONE, PeriodicParams, views.remove, "Remove a periodic job.", assumed("204, an empty answer")),
)
