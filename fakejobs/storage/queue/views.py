"""What each endpoint of the queue does with the verbs.

A request that writes is checked as a whole before anything is allocated or changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.domain.job import DEFAULT_PRIORITY, DEFAULT_UNITS, JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import ACTIVE, JobEvent, JobState, next_state
from fakejobs.domain.metadata import is_text, metadata_of, with_metadata
from fakejobs.domain.query import LISTED, RANK, JobQuery
from fakejobs.errors import AlreadyScheduled, BadBody, BadQuery
from fakejobs.journal import Deed, Deleted, Finished, Order, Stopped
from fakejobs.quoting import quoted
from fakejobs.storage.bodies import json_lines, json_object, json_value
from fakejobs.storage.paths import JobParams
from fakejobs.storage.queue import params as read
from fakejobs.storage.queue.payloads import job_row
from fakejobs.storage.spaced import JSON, NO_JSON
from fakejobs.web.accept import prefers_array
from fakejobs.web.endpoint import Reply

SHUB_WORKER = "fakejobs"
NOT_METADATA = ("spider", "state", "unique")
_SPIDER = re.compile(r"([0-9]{1,18})/([0-9]{1,18})")
EVENT_TO = {JobState.RUNNING: JobEvent.START, JobState.FINISHED: JobEvent.FINISH, JobState.DELETED: JobEvent.DELETE}


# ---------------------------------------------------------------- jobs into the queue and through it


def push(cloud: Cloud, params: read.PushParams, account: Account) -> Reply:
    """Put jobs into the queue; a line whose `unique` is held by an active job is refused, with a 200, and burns a number."""
    rows = json_lines(params.content)
    for row in rows:
        _check_push(params.project, row)
    answers: list[dict[str, Any]] = []
    keys: list[str | None] = []
    with cloud.lock:
        for row in rows:
            key = _push_one(cloud, params.project, row, account)
            keys.append(key)
            if key is None:
                answers.append({"request": row, "error": f"Active job exists with key {row['unique']}"})
            else:
                answers.append({"key": key, "auth": cloud.keys.token_of(key)})
    return Reply(answers, jobs=keys)


def orders_of(cloud: Cloud, params: read.PushParams) -> list[Order]:
    """Return what a push wants to be scheduled, line by line."""
    try:
        rows = json_lines(params.content)
    except BadBody:
        return []
    known = ("spider", "spider_args", "tags", "priority", "units", "job_settings", "environment", "cmd_args")
    return [
        Order(
            project=params.project,
            spider=row.get("spider"),
            spider_args=row.get("spider_args") or {},
            tags=row.get("tags") or (),
            priority=row.get("priority", DEFAULT_PRIORITY),
            units=row.get("units", DEFAULT_UNITS),
            job_settings=row.get("job_settings") or {},
            meta={name: value for name, value in row.items() if name not in known},
            environment=row.get("environment") or {},
            cmd_args=row.get("cmd_args"),
        )
        for row in rows
    ]


def start(cloud: Cloud, params: read.StartParams, account: Account) -> Reply:
    """Start the pending job whose turn it is; an empty answer if none is pending."""
    fields = json_object(params.content)
    if params.project is None and account.projects is not None:
        raise BadQuery("which project? this key may not start jobs of every project")
    with_metadata(_blank(params.project or 0, "any"), fields)
    with cloud.lock:
        job = cloud.jobs.start_next(params.project, botgroup=fields.get("botgroup"), by=account.user)
        if job is None:
            return Reply("", format=NO_JSON)
        cloud.jobs.update_metadata(job.key, {**fields, "_shub_worker": SHUB_WORKER})
        return Reply({**metadata_of(cloud.jobs.stored(job.key)), "key": job.key, "auth": cloud.keys.token_of(job.key)}, jobs=(job.key,))


def update(cloud: Cloud, params: read.UpdateParams, account: Account) -> Reply:
    """Change the state and the metadata of jobs, one a line or all of a spider; unknown jobs give no line."""
    rows = json_lines(params.content)
    answers: list[dict[str, Any]] = []
    deeds: list[Deed] = []
    with cloud.lock:
        planned = _plan(cloud, params.project, rows)
        for key, state, fields in planned:
            before = cloud.jobs.stored(key).state
            _change(cloud, key, before, state, account)
            cloud.jobs.update_metadata(key, fields)
            answers.append({"prevstate": before.value, "key": key})
            if state is not before and state in (JobState.FINISHED, JobState.DELETED):
                deeds.append((Finished if state is JobState.FINISHED else Deleted)((key,)))
    return Reply(answers, jobs=[key for key, _, _ in planned], notes=deeds)


def cancel_job(cloud: Cloud, params: JobParams, account: Account) -> Reply:
    """Ask a job to stop; `count` is 0 if it is over or unknown."""
    return _cancelled(cloud, params.project, [params.key], account)


def cancel(cloud: Cloud, params: read.CancelParams, account: Account) -> Reply:
    """Ask several jobs to stop, or so many of the queue."""
    if params.count is not None:
        with cloud.lock:
            turns = [record.key for record in cloud.jobs.pending_in_turn(params.project)]
            return _cancelled(cloud, params.project, turns[: params.count], account)
    rows = json_value(params.content)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("key"), str) for row in rows):
        raise BadBody("the body is no JSON array of objects with a key")
    if len(rows) > read.LIMIT:
        raise BadBody(f"{len(rows)} keys are more than {read.LIMIT}")
    keys = [row["key"] for row in rows]
    return _cancelled(cloud, params.project, keys, account)


# ---------------------------------------------------------------- lists and counts


def list_jobs(cloud: Cloud, params: read.ListParams, account: Account) -> Reply:
    """List jobs, newest change of state first; at most 1,000."""
    query = params.query(params.start, min(params.count, read.LIMIT), params.stop)
    answer = _listed(cloud, query, params.jobmeta)
    return replace(answer, payload=list(answer.payload), format=JSON) if prefers_array(params.format, params.accept) else answer


def count_jobs(cloud: Cloud, params: read.FilterParams, account: Account) -> Reply:
    """Count jobs: a bare number."""
    total = cloud.jobs.count(params.query())
    return Reply(total, why="" if total else cloud.jobs.why_none(params.query()))


def summary(cloud: Cloud, params: read.SummaryParams, account: Account) -> Reply:
    """Show each state's newest jobs and how many there are in all; of one state, or of pending, running and finished."""
    name = None if params.spider is None else cloud.projects.name_of(params.project, params.spider)
    lines: list[dict[str, Any]] = []
    shown: list[object] = []
    with cloud.lock:
        for state in LISTED if params.state is None else (params.state,):
            query = JobQuery(project=params.project, spider=name, states=(state,), by_time=True, offset=params.start, count=params.count)
            known = params.spider is None or name is not None
            answer = _listed(cloud, query, params.jobmeta) if known else Reply([])
            rows = list(answer.payload)
            shown += answer.rows
            lines.append({"summary": rows, "name": state.value, "count": cloud.jobs.count(query) if known else 0})
    return Reply(lines, rows=shown, count=len(lines))


def job_summary(cloud: Cloud, params: read.JobSummaryParams, account: Account) -> Reply:
    """Show jobs by their keys, in the order asked; unknown ones are passed over."""
    query = JobQuery(project=params.project, keys=params.keys, states=(*LISTED, JobState.DELETED))
    return _listed(cloud, query, params.jobmeta)


def last_jobs(cloud: Cloud, params: read.LastJobParams, account: Account) -> Reply:
    """Show the job that finished last of each spider, by spider number."""
    first = max(_number_of(params.start), _number_of(params.startafter) + 1 if params.startafter else 0)
    with cloud.lock:
        numbers = [spider.spider_id for spider in cloud.projects.spiders(params.project) if params.spider in (None, spider.spider_id)]
        found = [cloud.jobs.last_finished(params.project, number) for number in numbers if number >= first]
        now = cloud.now_ms()
    rows = [job_row(record, now) for record in found if record is not None][: params.count]
    return Reply(rows, count=len(rows))


# ---------------------------------------------------------------- inside


def _blank(project: int, spider: str) -> JobRecord:
    return JobRecord(key=JobKey.of(project, 0, 0), spider=spider, state=JobState.PENDING)


def _check_push(project: int, row: Mapping[str, Any]) -> None:
    spider, unique = row.get("spider"), row.get("unique")
    if not isinstance(spider, str) or not spider:
        raise BadBody("job must contain a spider")
    if row.get("state", "pending") not in tuple(state.value for state in JobState):
        raise BadBody(f"invalid value for state: {quoted(row['state'])}")
    if not is_text(spider):
        raise BadBody(f"invalid value for spider: {quoted(spider)}")
    if unique is not None and (not is_text(unique) or not unique):
        raise BadBody(f"invalid value for unique: {quoted(unique)}")
    with_metadata(_blank(project, spider), row)


def _push_one(cloud: Cloud, project: int, row: Mapping[str, Any], account: Account) -> JobKey | None:
    state, unique = row.get("state", JobState.PENDING), row.get("unique")
    args = with_metadata(_blank(project, row["spider"]), row).spider_args
    try:
        job = cloud.jobs.add(
            project,
            row["spider"],
            state=JobState(state),
            spider_args=args,
            spider_type=None,
            unique=unique,
            checked=unique is not None,
            by=account.user,
        )
    except AlreadyScheduled:
        return None
    cloud.jobs.update_metadata(job.key, {name: value for name, value in row.items() if name not in NOT_METADATA})
    return job.key


def _plan(cloud: Cloud, project: int, rows: list[dict[str, Any]]) -> list[tuple[JobKey, JobState, dict[str, Any]]]:
    """Return what an update will do, job by job; raises if any of it is not possible."""
    planned: list[tuple[JobKey, JobState, dict[str, Any]]] = []
    states: dict[JobKey, JobState] = {}
    for row in rows:
        if not isinstance(row.get("key"), str):
            raise BadBody("an update names the key of a job, or of a spider")
        fields = {name: value for name, value in row.items() if name not in ("key", "state")}
        for record in _meant(cloud, project, row["key"]):
            before = states.get(record.key, record.state)
            wanted = before if row.get("state") is None else _state(row["state"])
            if wanted is not before:
                if wanted not in EVENT_TO:
                    raise BadBody(f"a {before} job cannot become {wanted} again: {record.key}")
                next_state(before, EVENT_TO[wanted], record.key)
            with_metadata(record, fields)
            states[record.key] = wanted
            planned.append((record.key, wanted, fields))
    return planned


def _meant(cloud: Cloud, project: int, key: str) -> list[JobRecord]:
    """Return the jobs that a key means: one job, or a spider's, oldest change of state first; deleted ones only by key."""
    parsed = JobKey.parse(key)
    if parsed is not None:
        record = _find(cloud, parsed) if parsed.project_id == project else None
        return [] if record is None else [record]
    spider = _SPIDER.fullmatch(key)
    if spider is None:
        raise BadBody(f"invalid value for key: {key}")
    name = cloud.projects.name_of(project, int(spider[2])) if int(spider[1]) == project else None
    if name is None:
        return []
    return cloud.jobs.select(JobQuery(project=project, spider=name, by_time=True))[0][::-1]


def _state(value: Any) -> JobState:
    try:
        return JobState(value)
    except ValueError:
        raise BadBody(f"invalid value for state: {quoted(value)}") from None


def _change(cloud: Cloud, key: JobKey, before: JobState, wanted: JobState, account: Account) -> None:
    if wanted is before:
        return
    if wanted is JobState.RUNNING:
        cloud.jobs.start(key, by=account.user)
    elif wanted is JobState.FINISHED:
        cloud.jobs.finish(key, close_reason="", by=account.user)
    else:
        cloud.jobs.delete(key, by=account.user)


def _cancelled(cloud: Cloud, project: int, keys: list[str] | list[JobKey], account: Account) -> Reply:
    named = JobQuery(project=project, keys=tuple(dict.fromkeys(keys)), states=RANK)
    with cloud.lock:
        found = cloud.jobs.select(named)[0]
        missed = cloud.jobs.passed_over(named, [record.key for record in found]) if len(found) < len(named.keys or ()) else ()
        active = [record.key for record in found if record.state in ACTIVE]
        for key in active:
            cloud.jobs.cancel(key, by=account.user)
    deed = Stopped(tuple(record.key for record in found), missed=missed)
    return Reply({"count": len(active)}, jobs=deed.jobs, notes=(deed,), why=deed.why)


def _listed(cloud: Cloud, query: JobQuery, jobmeta: tuple[str, ...]) -> Reply:
    records, now = cloud.jobs.select(query)
    tags = bool(query.has_tags)
    why = "" if records else cloud.jobs.why_none(query)
    return Reply((job_row(record, now, jobmeta, tags=tags) for record in records), rows=records, count=len(records), why=why)


def _find(cloud: Cloud, key: str) -> JobRecord | None:
    return cloud.jobs.find(key)


def _number_of(spider: str | None) -> int:
    """Return the number that a spider's number or key (P/S) ends in; 0 for none."""
    tail = (spider or "0").rpartition("/")[2]
    return int(tail) if tail.isdecimal() and tail.isascii() and len(tail) <= 18 else 0
