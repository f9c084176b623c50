"""What each endpoint of dash does with the verbs: one short function each.

A view returns what is to be answered and what the journal should keep of it. Where dash tolerates what the life cycle
does not know (stopping a job that is over), the tolerance is here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.dash.params import FilterParams, JobParams, ListParams, NoParams, RunParams, SpiderListParams, UpdateParams
from fakejobs.dash.payloads import job_row, spider_row
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.lifecycle import ACTIVE, JobState
from fakejobs.domain.query import JobQuery
from fakejobs.errors import BadParam, BadQuery, MissingParam
from fakejobs.journal import Deed, Deleted, Order, Stopped, Tagged
from fakejobs.web.endpoint import Reply

OK = {"status": "ok"}
BIRTH_STATES = (JobState.PENDING, JobState.RUNNING, JobState.FINISHED)
"""The states in which run.json can birth a job."""
ONLY_FINISHED = "only finished jobs are deleted"


def run(cloud: Cloud, params: RunParams, account: Account) -> Reply:
    """Schedule a job of the latest deploy; a pending or running twin refuses it and burns a job number."""
    spider = _spider_of(cloud, params)
    meta = dict(params.meta)
    state = meta.pop("state", JobState.PENDING)
    if state not in BIRTH_STATES:
        raise BadParam("meta", json.dumps({"state": state}))
    job = cloud.scheduling.schedule(
        params.project,
        spider,
        state=JobState(state),
        tags=tuple(dict.fromkeys(params.add_tag)),
        priority=params.priority,
        units=params.units,
        spider_args=params.spider_args,
        job_settings=params.job_settings,
        environment=params.environment,
        meta=meta,
        cmd_args=params.command_line,
        by=account.user,
    )
    return Reply({"status": "ok", "jobid": job.key}, jobs=(job.key,))


def orders_of(cloud: Cloud, params: RunParams) -> list[Order]:
    """Return what a call of run.json wants, whether or not it is granted."""
    named = params.spider if params.jobq_id is None else cloud.projects.name_of(params.project, params.jobq_id)
    order = Order(
        project=params.project,
        spider=named,
        spider_args=params.spider_args,
        tags=params.add_tag,
        priority=params.priority,
        units=params.units,
        job_settings=params.job_settings,
        meta=params.meta,
        environment=params.environment,
        cmd_args=params.command_line,
    )
    return [order]


def list_json(cloud: Cloud, params: ListParams, account: Account) -> Reply:
    """List jobs in one JSON object; `total` is the size of the answer, as recorded."""
    query = params.query(params.offset, params.count)
    records, now = cloud.jobs.select(query)
    rows = [job_row(record, now) for record in records]
    answer = {**OK, "count": len(rows), "total": len(rows), "jobs": rows}
    return Reply(answer, rows=records, count=len(records), why="" if records else cloud.jobs.why_none(query))


def list_jl(cloud: Cloud, params: ListParams, account: Account) -> Reply:
    """List jobs as lines after a status line; written without the lock."""
    query = params.query(params.offset, params.count)
    records, now = cloud.jobs.select(query)
    why = "" if records else cloud.jobs.why_none(query)
    return Reply(chain([OK], _rows(records, now)), rows=records, count=len(records), why=why)


def count(cloud: Cloud, params: FilterParams, account: Account) -> Reply:
    """Count jobs; a window is ignored."""
    total = cloud.jobs.count(params.query())
    return Reply({**OK, "total": total}, why="" if total else cloud.jobs.why_none(params.query()))


def update(cloud: Cloud, params: UpdateParams, account: Account) -> Reply:
    """Remove and add tags of every job that the filters match; `count` is the number matched."""
    query = params.query()
    if not query.selects:
        raise BadQuery("No query filters provided")
    if not params.add_tag and not params.remove_tag:
        raise BadQuery("No update modifiers provided")
    with cloud.lock:
        records, _ = cloud.jobs.select(query)
        for record in records:
            cloud.jobs.update_tags(record.key, params.add_tag, params.remove_tag)
        keys = tuple(record.key for record in records)
        missed = cloud.jobs.passed_over(query, keys) if len(keys) < len(params.jobs) else ()
        why = "" if keys or missed else cloud.jobs.why_none(query)
    return _done({"count": len(keys)}, Tagged(keys, params.add_tag, params.remove_tag, missed=missed), why)


def delete(cloud: Cloud, params: JobParams, account: Account) -> Reply:
    """Delete finished jobs; others are neither deleted nor counted."""
    with cloud.lock:
        keys = tuple(record.key for record in _named(cloud, params) if record.state is JobState.FINISHED)
        finished = JobQuery(project=params.project, keys=params.jobs, states=(JobState.FINISHED,))
        missed = cloud.jobs.passed_over(finished, keys, ONLY_FINISHED) if len(keys) < len(params.jobs) else ()
        for key in keys:
            cloud.jobs.delete(key, by=account.user)
    return _done({"count": len(keys)}, Deleted(keys, missed=missed))


def stop(cloud: Cloud, params: JobParams, account: Account) -> Reply:
    """Ask jobs to stop; the answer is ok also for jobs that are over or unknown."""
    with cloud.lock:
        records = _named(cloud, params)
        keys = tuple(record.key for record in records)
        missed = cloud.jobs.passed_over(_by_key(params), keys) if len(keys) < len(params.jobs) else ()
        for record in records:
            if record.state in ACTIVE:
                cloud.jobs.cancel(record.key, by=account.user)
    return _done({}, Stopped(keys, missed=missed))


def list_projects(cloud: Cloud, params: NoParams, account: Account) -> Reply:
    """List the account's projects: on an open fake those declared or ever used."""
    numbers = cloud.projects.numbers() if account.projects is None else sorted(account.projects)
    return Reply({"projects": numbers, **OK}, count=len(numbers))


def list_spiders(cloud: Cloud, params: SpiderListParams, account: Account) -> Reply:
    """List the spiders of a project, or those of them that are named, in the order of their ids."""
    spiders = [spider for spider in cloud.projects.spiders(params.project) if not params.spiders or spider.name in params.spiders]
    return Reply({"spiders": [spider_row(spider) for spider in spiders], **OK}, count=len(spiders))


def _spider_of(cloud: Cloud, params: RunParams) -> str:
    if params.jobq_id is not None:
        named = cloud.projects.name_of(params.project, params.jobq_id)
        if named is None:
            raise BadParam("jobq_id", str(params.jobq_id), f"no spider of project {params.project} has this number")
        return named
    if params.spider is None:
        raise MissingParam("spider")
    return params.spider


def _rows(records: list[JobRecord], now: Millis) -> Iterator[dict[str, Any]]:
    return (job_row(record, now) for record in records)


def _named(cloud: Cloud, params: JobParams) -> list[JobRecord]:
    """Return the jobs that `job` names and that exist and are not deleted."""
    if not params.jobs:
        raise MissingParam("job")
    return cloud.jobs.select(_by_key(params))[0]


def _by_key(params: JobParams) -> JobQuery:
    return JobQuery(project=params.project, keys=params.jobs)


def _done(answer: dict[str, Any], deed: Deed, why: str = "") -> Reply:
    return Reply({**OK, **answer}, jobs=deed.jobs, notes=(deed,), why=why or deed.why)
