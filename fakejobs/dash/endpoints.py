"""The table of contents of the Jobs API itself; legacy/, deploys/ and v2/ have those of its neighbours on dash."""

from __future__ import annotations

from typing import Any

from fakejobs.dash import views
from fakejobs.dash.params import FilterParams, JobParams, ListParams, NoParams, RunParams, SpiderListParams, UpdateParams
from fakejobs.dash.wire import DASH
from fakejobs.domain.lifecycle import NO_DELETE_OF_ACTIVE_JOBS
from fakejobs.evidence import Source, assumed, documented, recorded
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.formats import COMPACT_JSON, JSON_LINES, SPACED_JSON

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        name="run",
        wire=DASH,
        method="POST",
        paths=("/run.json", "/schedule.json"),
        params=RunParams,
        view=views.run,
        format=COMPACT_JSON,
        headers=(("Allow", "POST, OPTIONS"),),
        asks=views.orders_of,
        doc="Schedule a job.",
        sources=(
            recorded("125 calls; a pending or running twin is refused and burns a job number"),
            recorded("version and deploy_id are those of the latest deploy, null while meta says deploy_id latest"),
        ),
    ),
    Endpoint(
        name="jobs/list",
        wire=DASH,
        method="GET",
        paths=("/jobs/list.json",),
        params=ListParams,
        view=views.list_json,
        format=SPACED_JSON,
        doc="List jobs, newest change of state first.",
        sources=(
            recorded("14 calls; total equals count"),
            recorded("running before finished, then newest change of state first"),
            recorded("items_scraped, responses_received and errors_count are there at 0, too"),
            assumed("logs are not; pending jobs come before running ones; their rows have zero counters and no times"),
        ),
    ),
    Endpoint(
        name="jobs/list",
        wire=DASH,
        method="GET",
        paths=("/jobs/list.jl",),
        params=ListParams,
        view=views.list_jl,
        format=JSON_LINES,
        doc="List jobs as JSON lines after a status line.",
        sources=(documented("the page; the official client reads the status line"),),
    ),
    Endpoint(
        name="jobs/count",
        wire=DASH,
        method="GET",
        paths=("/jobs/count.json",),
        params=FilterParams,
        view=views.count,
        format=SPACED_JSON,
        doc="Count jobs.",
        sources=(documented("the official client calls it"), assumed("count and offset are ignored")),
    ),
    Endpoint(
        name="jobs/update",
        wire=DASH,
        method="POST",
        paths=("/jobs/update.json",),
        params=UpdateParams,
        view=views.update,
        format=SPACED_JSON,
        doc="Add and remove tags of the jobs that filters match.",
        sources=(recorded("count is the number of matched jobs; both refusals"),),
    ),
    Endpoint(
        name="jobs/delete",
        wire=DASH,
        method="POST",
        paths=("/jobs/delete.json",),
        params=JobParams,
        view=views.delete,
        format=SPACED_JSON,
        doc="Delete finished jobs.",
        sources=(
            recorded("count is the number really deleted"),
            assumed("pending and running jobs are neither deleted nor counted"),
        ),
    ),
    Endpoint(
        name="jobs/stop",
        wire=DASH,
        method="POST",
        paths=("/jobs/stop.json",),
        params=JobParams,
        view=views.stop,
        format=SPACED_JSON,
        doc="Ask jobs to stop: a pending one ends at once, a running one when it is finished.",
        sources=(recorded("ok without a count, also for finished and unknown jobs"), assumed("several jobs are stopped in one call")),
    ),
    Endpoint(
        name="scrapyd/listprojects",
        wire=DASH,
        method="GET",
        paths=("/scrapyd/listprojects.json",),
        params=NoParams,
        view=views.list_projects,
        format=SPACED_JSON,
        scoped=False,
        doc="List the account's projects.",
        sources=(recorded("numbers, possibly none"),),
    ),
    Endpoint(
        name="spiders/list",
        wire=DASH,
        method="GET",
        paths=("/spiders/list.json",),
        params=SpiderListParams,
        view=views.list_spiders,
        format=SPACED_JSON,
        doc="List the spiders of a project.",
        sources=(recorded("exactly four keys; id is the name"),),
    ),
)

EVERYWHERE: tuple[Source, ...] = (
    recorded("the order of the checks: key, project is a number, project is open to the key's user, everything else"),
    recorded("parameters are those of the query for GET, of the form for POST"),
    documented("a body without a content type is a form: the vendor's Go client sends such"),
    assumed("a JSON object is read as the form that says the same: an array repeats its name, null is nothing, an object is its text"),
    assumed("true and false there are True and False, as the official client sends them in a form"),
    assumed("another body is a 400 that says what came"),
    assumed("a job's token is no key: 403, for reading too"),
    assumed("a parameter with a blank value counts as not given, but for spider arguments"),
    assumed("bytes that are no UTF-8 and NUL characters are refused: invalid value for NAME"),
    assumed("a decimal number has at most 18 digits, and nothing but digits"),
    assumed("OPTIONS is answered 200, empty, with Allow"),
    NO_DELETE_OF_ACTIVE_JOBS,
)
"""What is true of every endpoint of dash, or of none in particular."""
