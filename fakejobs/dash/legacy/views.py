"""What each of the older endpoints does with the verbs; records are read without the lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from fakejobs.access import Account
from fakejobs.cloud import FakeCloud
from fakejobs.dash.legacy.params import ItemParams, LogParams, ReadingParams, ReportParams, TableParams
from fakejobs.dash.legacy.payloads import item_line, log_line, table
from fakejobs.dash.legacy.reading import rows_of
from fakejobs.dash.views import OK
from fakejobs.domain.keys import JobKey
from fakejobs.domain.log import line_of
from fakejobs.domain.records import Snapshot
from fakejobs.errors import JobNotFound
from fakejobs.web.endpoint import Reply


def items(cloud: FakeCloud, params: ItemParams, account: Account) -> Reply:
    """Read items; there is no status line before them."""
    rows = rows_of(_snapshots(cloud, params, "items"), params.offset, params.count)
    return Reply(item_line(row, params.meta) for row in rows)


def items_table(cloud: FakeCloud, params: TableParams, account: Account) -> Reply:
    """Read items as a table."""
    read = partial(rows_of, _snapshots(cloud, params, "items"), params.offset, params.count)
    return Reply(table(read, params.fields, params.meta))


def log(cloud: FakeCloud, params: LogParams, account: Account) -> Reply:
    """Read log records as JSON."""
    return Reply(map(log_line, _log(cloud, params)))


def log_as_text(cloud: FakeCloud, params: LogParams, account: Account) -> Reply:
    """Read log records as text."""
    return Reply(line_of(record).encode() for record in _log(cloud, params))


def add_report(cloud: FakeCloud, params: ReportParams, account: Account) -> Reply:
    """Attach a report to a job."""
    key = JobKey.parse(params.job)
    if key is None or key.project_id != params.project:
        raise JobNotFound(params.job)
    cloud.uploads.add_report(key, params.key, content=params.content.content, content_type=params.content_type)
    return Reply(OK, jobs=(key,))


def _log(cloud: FakeCloud, params: LogParams) -> Iterator[dict[str, Any]]:
    snapshots = _snapshots(cloud, params, "logs")
    if not params.level:
        return (row.value() for row in rows_of(snapshots, params.offset, params.count))
    loud = (record for row in rows_of(snapshots) if (record := row.value())["level"] >= params.level)
    return islice(loud, params.offset, None if params.count is None else params.offset + params.count)


def _snapshots(cloud: FakeCloud, params: ReadingParams, kind: str) -> Sequence[Snapshot]:
    """Return what the job that is meant holds now; nothing if there is no such job."""
    params.require_one()
    key = JobKey.parse(params.job) if params.job is not None else _last_of(cloud, params)
    if key is None or key.project_id != params.project:
        return ()
    return cloud.records.read(kind, key.project_id, key.spider_id, key.job_id)


def _last_of(cloud: FakeCloud, params: ReadingParams) -> JobKey | None:
    """Return the job of a spider that finished last, if any did."""
    with cloud.lock:
        spider = cloud.world.store.find_spider(params.project, params.spider or "")
        record = None if spider is None else cloud.last_finished(params.project, spider.spider_id)
        return None if record is None else record.key
