"""The table of contents of the records room: what the spiders wrote, and what time it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.cloud.rows import FACTS
from fakejobs.domain.records import KINDS
from fakejobs.evidence import Source, assumed, documented, recorded
from fakejobs.storage.records import views
from fakejobs.storage.records.params import JobParams, JobReading, NoParams, ProjectReading, SpiderReading, Writing
from fakejobs.storage.records.payloads import FORMATS, ONE_LINE, WRITTEN, Look
from fakejobs.storage.wire import RECORDS, RecordsWire
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.formats import Format
from fakejobs.web.request import Request

JOB = "<project>/<spider>/<job>"


class OpenWire(RecordsWire):
    """The records' family, where no credentials are needed."""

    def authenticate(self, cloud: Cloud, request: Request) -> Account:
        """Let everybody in."""
        return Account()


OPEN = OpenWire()


def _row(
    name: str, method: str, paths: tuple[str, ...], params: type[Any], view: views.View, form: Format, doc: str, *sources: Source
) -> Endpoint[Any]:
    gzip = issubclass(params, ProjectReading)
    return Endpoint(name, RECORDS, method, paths, params, view, form, doc, sources, form=False, gzip=gzip)


def _of_kind(kind: str) -> Iterator[Endpoint[Any]]:
    read, lines = views.reader(kind), FORMATS["jl"](Look(kind))
    last = "a newline at the end" if kind == "items" else "no newline at the end"
    yield _row(
        f"{kind}/write",
        "POST",
        (f"/{kind}/{JOB}",),
        Writing,
        views.writer(kind),
        WRITTEN,
        f"Append {kind} to a job.",
        recorded("an empty answer; by API key and by a job's token"),
        *FACTS[kind],
        assumed("a job that nobody knows takes records, too"),
        assumed("counters that were set before the first record, or since, do not follow what is written"),
    )
    yield _row(
        kind,
        "GET",
        (f"/{kind}/{JOB}", f"/{kind}/{JOB}/<part>", f"/{kind}/{JOB}/<part>/<field>"),
        JobReading,
        read,
        lines,
        f"Read the {kind} of a job, one of them, or one of their fields.",
        recorded(f"JSON lines, {last}; nothing there: 200, empty"),
        recorded("records of a deleted job stay readable"),
        assumed("an unknown job is an empty answer"),
    )
    yield _row(
        kind,
        "GET",
        (f"/{kind}/<project>/<spider>",),
        SpiderReading,
        read,
        lines,
        f"Read the {kind} of all jobs of a spider.",
        recorded("count=1"),
        assumed("in the order of job keys"),
    )
    yield _row(
        kind,
        "GET",
        (f"/{kind}/<project>",),
        ProjectReading,
        read,
        lines,
        f"Read the {kind} of all jobs of a project.",
        documented("the page"),
        assumed("in the order of job keys"),
    )
    if kind != "samples":
        yield _row(
            f"{kind}/stats",
            "GET",
            (f"/{kind}/{JOB}/stats",),
            JobParams,
            views.sums(kind),
            ONE_LINE,
            f"Sums of the {kind} of a job.",
            recorded("counts and totals"),
            assumed("nothing there: no counts, and totals of 0"),
        )


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    *(endpoint for kind in KINDS for endpoint in _of_kind(kind)),
    Endpoint(
        "system/ts",
        OPEN,
        "GET",
        ("/system/ts",),
        NoParams,
        views.timestamp,
        ONE_LINE,
        "The present moment, in ms.",
        (recorded("a number, without credentials"),),
        scoped=False,
        form=False,
    ),
)
