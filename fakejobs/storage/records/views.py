"""What each endpoint of the records does: one short function for each, made for a kind of records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakejobs import codec
from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.cloud.rows import encode
from fakejobs.domain.records import Rows
from fakejobs.errors import BadParam
from fakejobs.storage.records.params import JobParams, JobReading, NoParams, ProjectReading, SpiderReading, Writing
from fakejobs.storage.records.payloads import FORMATS, as_values
from fakejobs.storage.saving import saved_as
from fakejobs.web.endpoint import Reply

View = Callable[[Cloud, Any, Account], Reply]


def writer(kind: str) -> View:
    """Make the view that keeps records, all of a body or none."""

    def write(cloud: Cloud, params: Writing, account: Account) -> Reply:
        values, now, first = codec.load_lines(params.records), cloud.now_ms(), params.first()
        rows = encode(kind, values, now)

        def part(low: int, high: int) -> Rows:
            return encode(kind, values[low:high], now)

        cloud.records.append(params.key, kind, rows, start=first, part=part)
        return Reply("", jobs=(params.key,))

    return write


def reader(kind: str) -> View:
    """Make the view that answers records, of a project, a spider or a job; written without the lock."""

    def read(cloud: Cloud, params: ProjectReading, account: Account) -> Reply:
        spider = params.spider if isinstance(params, SpiderReading) else None
        job = params.job if isinstance(params, JobReading) else None
        field = params.wanted_field() if isinstance(params, JobReading) else None
        if field is not None and kind == "samples":
            raise BadParam("index", field, "samples have no fields")
        form = FORMATS[params.form(kind)](params.look(kind)) if field is None else as_values(params.look(kind), field)
        snapshots = cloud.records.read(kind, params.project, spider, job)
        window = params.window()
        return Reply(window.pieces(snapshots), format=form, headers=saved_as(params.saveas), count=window.known(snapshots))

    return read


def sums(kind: str) -> View:
    """Make the view that answers how many records a job has, and of what size."""

    def stats(cloud: Cloud, params: JobParams, account: Account) -> Reply:
        return Reply(cloud.records.stats(kind, params.key))

    return stats


def timestamp(cloud: Cloud, params: NoParams, account: Account) -> Reply:
    """Answer the present moment in milliseconds."""
    return Reply(cloud.now_ms())
