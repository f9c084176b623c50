"""What each of the older endpoints does with the verbs; records are read without the lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.dash.legacy.params import ItemParams, JobPathParams, LogParams, ReadingParams, ReportParams, TableParams
from fakejobs.dash.legacy.payloads import item_line, log_line, table
from fakejobs.dash.legacy.reading import rows_of, size_of
from fakejobs.dash.views import OK
from fakejobs.domain.deploys import Report
from fakejobs.domain.keys import JobKey
from fakejobs.domain.log import line_of
from fakejobs.domain.records import Snapshot
from fakejobs.errors import JobNotFound
from fakejobs.web.endpoint import Reply

MOST_IN_AN_ARRAY = 100
"""How many items items.json has at most."""


def items(cloud: Cloud, params: ItemParams, account: Account) -> Reply:
    """Read items; there is no status line before them."""
    return _items(_snapshots(cloud, params, "items"), params)


def items_array(cloud: Cloud, params: ItemParams, account: Account) -> Reply:
    """Read items as one array, which has a limit."""
    return _items(_snapshots(cloud, params, "items"), params, MOST_IN_AN_ARRAY)


def items_table(cloud: Cloud, params: TableParams, account: Account) -> Reply:
    """Read items as a table."""
    snapshots = _snapshots(cloud, params, "items")
    offset, count = _window(snapshots, params)
    read = partial(rows_of, snapshots, offset, count)
    lines = table(read, params.fields, params.meta, headed=params.include_headers)
    return Reply(lines, count=size_of(snapshots, offset, count))


def item_stats(cloud: Cloud, params: JobPathParams, account: Account) -> Reply:
    """Sum up the items of a job."""
    return Reply(cloud.records.stats("items", params.key))


def log(cloud: Cloud, params: LogParams, account: Account) -> Reply:
    """Read log records as JSON."""
    snapshots = _snapshots(cloud, params, "logs")
    return Reply(map(log_line, _log(snapshots, params)), count=_log_size(snapshots, params))


def log_as_text(cloud: Cloud, params: LogParams, account: Account) -> Reply:
    """Read log records as text."""
    snapshots = _snapshots(cloud, params, "logs")
    return Reply((line_of(record).encode() for record in _log(snapshots, params)), count=_log_size(snapshots, params))


def add_report(cloud: Cloud, params: ReportParams, account: Account) -> Reply:
    """Attach a report to a job."""
    key = JobKey.parse(params.job)
    if key is None or key.project_id != params.project:
        raise JobNotFound(params.job)
    cloud.uploads.add_report(key, Report(params.key, params.content.content, params.content_type))
    return Reply(OK, jobs=(key,))


def _items(snapshots: Sequence[Snapshot], params: ItemParams, most: int | None = None) -> Reply:
    offset, count = _window(snapshots, params, most)
    lines = (item_line(row, params.meta) for row in rows_of(snapshots, offset, count))
    return Reply(lines, count=size_of(snapshots, offset, count))


def _window(snapshots: Sequence[Snapshot], params: ItemParams, most: int | None = None) -> tuple[int, int | None]:
    """Return from which item on how many are wanted, but no more than `most`; a count below 0 means the last ones."""
    offset, count = params.offset, params.count
    wanted = most if count is None else abs(count) if most is None else min(abs(count), most)
    if count is not None and count < 0:
        offset += max(0, size_of(snapshots, offset) - (wanted or 0))
    return offset, wanted


def _log(snapshots: Sequence[Snapshot], params: LogParams) -> Iterator[dict[str, Any]]:
    if not params.level:
        return (row.value() for row in rows_of(snapshots, params.offset, params.count))
    loud = (record for row in rows_of(snapshots) if (record := row.value())["level"] >= params.level)
    return islice(loud, params.offset, None if params.count is None else params.offset + params.count)


def _log_size(snapshots: Sequence[Snapshot], params: LogParams) -> int | None:
    """Return how many records _log() yields; None if they must be read for that."""
    return None if params.level else size_of(snapshots, params.offset, params.count)


def _snapshots(cloud: Cloud, params: ReadingParams, kind: str) -> Sequence[Snapshot]:
    """Return what the job that is meant holds now; nothing if there is no such job."""
    params.require_one()
    key = JobKey.parse(params.job) if params.job is not None else _last_of(cloud, params)
    if key is None or key.project_id != params.project:
        return ()
    return cloud.records.read(kind, key.project_id, key.spider_id, key.job_id)


def _last_of(cloud: Cloud, params: ReadingParams) -> JobKey | None:
    """Return the job of a spider that finished last, if any did."""
    with cloud.lock:
        spider = cloud.projects.spider_named(params.project, params.spider or "")
        record = None if spider is None else cloud.jobs.last_finished(params.project, spider.spider_id)
        return None if record is None else record.key
