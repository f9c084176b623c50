"""The table of contents of the older readings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakejobs.dash.legacy import views
from fakejobs.dash.legacy.params import ItemParams, JobPathParams, LogParams, ReportParams, TableParams
from fakejobs.dash.legacy.payloads import ARRAY, LINES, TABLE, TEXT
from fakejobs.dash.wire import DASH
from fakejobs.evidence import Source, assumed, documented
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.formats import COMPACT_JSON, SPACED_JSON, Format


def _reading(path: str, params: type[Any], view: Callable[..., Any], form: Format, doc: str, *sources: Source) -> Endpoint[Any]:
    return Endpoint(path.partition(".")[0], DASH, "GET", (f"/{path}",), params, view, form, doc, sources)


_LOG = (
    documented("the fields are logLevel, message and time"),
    assumed("logLevel is the number, time is UTC without zone and fraction"),
)

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    _reading(
        "items.jl",
        ItemParams,
        views.items,
        LINES,
        "Read the items of a job as JSON lines.",
        documented("job.items of the legacy Connection takes every line for an item: no status line"),
        assumed("a newline behind each line"),
    ),
    _reading(
        "items.json",
        ItemParams,
        views.items_array,
        ARRAY,
        "Read the items of a job as a JSON array, 100 at most.",
        documented("the older page: at most 100, whatever count says"),
    ),
    _reading(
        "items.csv",
        TableParams,
        views.items_table,
        TABLE,
        "Read the items of a job as CSV.",
        documented("the page"),
        assumed("the content type names UTF-8"),
        assumed("texts as they are, other values as JSON, what is missing or null empty"),
    ),
    Endpoint(
        name="items/stats",
        wire=DASH,
        method="GET",
        paths=("/items/<project>/<spider>/<job>/stats",),
        params=JobPathParams,
        view=views.item_stats,
        format=COMPACT_JSON,
        doc="Sums of the items of a job.",
        sources=(documented("the vendor's tool reads it here as on storage"), assumed("the same JSON as on storage")),
    ),
    _reading(
        "log.jl",
        LogParams,
        views.log,
        LINES,
        "Read the log of a job as JSON lines.",
        documented("job.log of the legacy Connection takes every line for a record: no status line"),
        *_LOG,
    ),
    _reading("log.json", LogParams, views.log, ARRAY, "Read the log of a job as a JSON array.", *_LOG),
    _reading(
        "log.txt",
        LogParams,
        views.log_as_text,
        TEXT,
        "Read the log of a job as text.",
        documented("the page"),
        assumed("a line is time, name of the level, message; the lines of a message stay as they are"),
    ),
    Endpoint(
        name="reports/add",
        wire=DASH,
        method="POST",
        paths=("/reports/add.json",),
        params=ReportParams,
        view=views.add_report,
        format=SPACED_JSON,
        doc="Attach a report to a job.",
        sources=(documented("job.add_report of the legacy Connection wants status ok"),),
    ),
)
