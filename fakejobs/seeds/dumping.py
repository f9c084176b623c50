"""A dump: the steps that make an empty fake equal to this one, written by the verbs of the Python door where there is one."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import fields
from typing import Any

from fakejobs.cloud import Cloud
from fakejobs.cloud.rows import decode_rows
from fakejobs.domain.collections import Scan
from fakejobs.domain.cron import EVERY, RANGES
from fakejobs.domain.deploys import Deploy, Expected
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.limits import Limits
from fakejobs.domain.pacing import Outcomes, Plan, Rule
from fakejobs.domain.periodic import PeriodicTask
from fakejobs.domain.projects import Project
from fakejobs.errors import UsageError
from fakejobs.seeds.restoring import MOMENT, PAST
from fakejobs.verbs.births import OVER
from fakejobs.verbs.fault_rules import arguments_of
from fakejobs.verbs.live import FrontierSlot


def dump(cloud: Cloud) -> list[dict[str, Any]]:
    """Return the steps that make an empty fake equal to this one.

    Spiders that were used but never declared come with declared=False, so that loading closes nothing. Raises UsageError if a
    rule holds a callable, which no seed can.
    """
    with cloud.lock:
        cloud.progress.flow_all()
        parts = (
            _access_steps,
            _project_steps,
            _job_steps,
            _record_steps,
            _comment_steps,
            _collection_steps,
            _frontier_steps,
            _upload_steps,
            _activity_steps,
            _pacing_steps,
            _periodic_steps,
            _fault_steps,
        )
        return deepcopy([step for part in parts for step in part(cloud)])


def _access_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    for key, account in cloud.world.access:
        projects = {} if account.projects is None else {"projects": sorted(account.projects)}
        yield {"add_key": {"key": key, "user": account.user, **projects}}


def _project_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    settings, units = cloud.world.settings, cloud.world.pacing.units
    for number, project in sorted(cloud.world.store.projects.items()):
        yield {"add_project": {"project": number, **({"units": units[number]} if number in units else {})}}
        yield from _spider_steps(project)
    if cloud.world.limits != Limits():
        yield {"limit_scans": {"rows": cloud.world.limits.scan}}
    for number in settings.projects():
        yield {"update_settings": {"values": settings.of(number), "project": number}}


def _spider_steps(project: Project) -> Iterator[dict[str, Any]]:
    for spider in sorted(project, key=lambda spider: spider.spider_id):
        arguments = {
            "name": spider.name,
            "project": project.project_id,
            "spider_id": spider.spider_id,
            "next_job": spider.last_job + 1,
            "declared": spider.declared,
        }
        later = {"tags": list(spider.tags), "created_time": spider.created_time, "modified_time": spider.modified_time}
        arguments.update((name, value) for name, value in later.items() if value)
        yield {"add_spider": arguments}


def _job_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    for record in cloud.world.store:
        yield {"add_job": dict(_job_arguments(record))}
        lacks = [name for name in PAST if getattr(record, name) is None] if _has_run(record) else []
        if lacks:
            yield {"restore_times": {"job": str(record.key), "lacks": lacks}}


def _has_run(record: JobRecord) -> bool:
    """Say whether add_job() makes a job that has run of this one, and fills in what nobody says of its run."""
    return record.state in OVER and record.has_run


def _job_arguments(record: JobRecord) -> Iterator[tuple[str, Any]]:
    """Yield the arguments that make a job again; the key under which one was pushed only while it holds that key."""
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name == "key":
            yield "key", str(value)
        elif field.name == "state":
            yield "state", value.value
        elif field.name == "tags":
            yield "tags", list(value)
        elif field.name == "spider_type":
            yield "spider_type", value
        elif field.name == "close_reason" and value is None and _has_run(record):
            yield "close_reason", ""
        elif field.name == "running_time" and value is None and record.state in OVER:
            yield "never_ran", True
        elif field.name == "unique" and not record.is_active:
            continue
        elif field.name != "sequence" and value is not None and value is not False and value != {}:
            yield field.name, deepcopy(value)


def _record_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    records = cloud.world.records
    for kind, key in records.jobs():
        batches = [
            {"_ts": batch.moment, "start": batch.first, "records": decode_rows(batch.cut(0, len(batch.ends)))}
            for snapshot in records.snapshots(kind, key.project_id, key.spider_id, key.job_id)
            for batch in snapshot.beyond(0)
        ]
        yield {"restore_records": {"job": str(key), "kind": kind, "batches": batches, "followed": dict(records.followed.get(key, {}))}}


def _comment_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    for job in cloud.world.comments.jobs():
        for comment in cloud.world.comments.of(job):
            told = {"field": comment.field, "archived_time": comment.archived}
            step = {"job": str(job), "text": comment.text, "item": comment.item, "by": comment.author, "created_time": comment.created}
            yield {"add_comment": {**step, "comment_id": comment.comment_id, **_given(told)}}


def _collection_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    collections = cloud.world.collections
    for project in collections.projects():
        for type_, name in collections.of(project):
            rows = cloud.collections.scan(project, type_, name, Scan())
            items = [{"_key": key, "_ts": row.moment, **row.value} for key, row in rows]
            yield {"add_collection": {"name": name, "project": project, "type": type_, "items": items}}
        for type_, name in collections.of(project, is_listed=False):
            yield {"restore_deleted_collection": {"name": name, "project": project, "type": type_}}


def _frontier_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    frontiers = cloud.world.frontiers
    for project in frontiers.projects():
        for frontier in frontiers.names(project):
            for slot in frontiers.slots(project, frontier):
                known = frontiers.open(project, frontier, slot)
                batches = FrontierSlot(cloud, project, frontier, slot).batches
                seen = [{"fp": name} if fdata is None else {"fp": name, "fdata": fdata} for name, fdata in known.fingerprints().items()]
                step = {"frontier": frontier, "slot": slot, "project": project, "batches": batches, "fingerprints": seen}
                yield {"restore_frontier": step if known.last is None else {**step, "last": known.last}}


def _activity_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    for project in cloud.world.activity.projects():
        events = [{**event, MOMENT: moment} for moment, event in cloud.activity.newest_first(project)]
        yield {"restore_activity": {"project": project, "events": events[::-1]}}


def _upload_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    deploys = cloud.world.deploys
    for project in deploys.projects():
        for deploy in deploys.of(project):
            yield {"add_deploy": _deploy_arguments(deploy)}
        for egg in deploys.eggs(project):
            content = _text_of(egg.content)
            yield {"add_egg": {"name": egg.name, "project": project, "version": egg.version, "content": content, "time": egg.time}}
        expected = deploys.expected(project)
        if expected != Expected():
            told = {"spiders": list(expected.spiders), "scripts": list(expected.scripts), "error": expected.error}
            yield {"expect_deploy": {"project": project, **_given(told)}}
    for job in deploys.reported_jobs():
        for report in deploys.reports(job):
            content = _text_of(report.content)
            yield {"add_report": {"job": str(job), "key": report.key, "content": content, "content_type": report.content_type}}


def _deploy_arguments(deploy: Deploy) -> dict[str, Any]:
    told = {
        "spiders": list(deploy.spiders),
        "scripts": list(deploy.scripts),
        "image_url": deploy.image_url,
        "project_type": deploy.project_type,
        "stack": deploy.stack,
        "files": [{"field": file.field, "filename": file.filename, "content": _text_of(file.content)} for file in deploy.files],
        "error": deploy.error,
    }
    return {"project": deploy.project, "version": deploy.version, "by": deploy.user, "time": deploy.time, **_given(told)}


def _given(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value}


def _text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _pacing_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """Yield the step with all rules and plans, if there are any.

    The plans stand in the order in which something is due, as that decides between what is due at one moment; then those
    of which nothing is. Raises UsageError if a rule holds a callable.
    """
    pacing = cloud.world.pacing
    if pacing.rules or pacing.plans:
        in_turn = dict.fromkeys([*(change.key for change in pacing.all_due() if change.key is not None), *sorted(pacing.plans)])
        plans = [_plan_step(key, pacing.plans[key], waits=pacing.waits(key)) for key in in_turn]
        yield {"restore_pacing": {"rules": [_rule_step(rule) for rule in pacing.rules], "plans": plans, "runs": pacing.runs()}}


def _periodic_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    for job in cloud.world.periodic.of():
        cron = {name: EVERY if (value := getattr(job.cron, name)) is None else value for name in RANGES}
        told = {"tags": list(job.tags), "description": job.description, "disabled": job.disabled}
        tasks = [_task_step(task) for task in job.tasks]
        yield {"add_periodic_job": {"periodic_id": job.periodic_id, "project": job.project, "tasks": tasks, **cron, **_given(told)}}


def _fault_steps(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """Yield the faults, each with how often it was met; raises UsageError if one answers with bytes, which JSON cannot say."""
    for fault in cloud.world.faults.declared():
        given = arguments_of(fault.rule)
        if isinstance(given.get("body"), bytes):
            raise UsageError(f"fault #{fault.number} has bytes as body, which cannot be written down")
        yield {"outage" if fault.rule.is_outage else "fail": given}
        yield {"restore_fault": {"number": fault.number, "calls": fault.calls, "turns": fault.turns, "hits": fault.hits}}


def _task_step(task: PeriodicTask) -> dict[str, Any]:
    told = {"spider_args": dict(task.spider_args), "cmd_args": task.cmd_args}
    return {"spider": task.spider, "priority": task.priority, **_given(told)}


def _rule_step(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON data; raises UsageError if it holds a callable."""
    for name, value in rule.values.items():
        if callable(value):
            raise UsageError(f"a rule for {rule.spider or 'all spiders'} has a callable as {name}, which cannot be written down")
    scope = {"project": rule.project, "spider": rule.spider, "spider_args": rule.spider_args}
    return {**{name: value for name, value in scope.items() if value is not None}, "values": _values_step(rule.values)}


def _plan_step(key: JobKey, plan: Plan, *, waits: bool) -> dict[str, Any]:
    """Return a job's plan as JSON data. waits: whether the job queues for units."""
    known = {
        "ready_at": plan.ready_at,
        "stop_at": plan.stop_at,
        "end_at": plan.end_at,
        "end_reason": plan.end_reason,
        "flowed": dict(plan.flowed) or None,
        "started": plan.script.start if plan.script is not None else None,
        "close_reason": plan.script.close_reason if plan.script is not None else None,
        "waits": waits or None,
    }
    return {"job": str(key), "values": _values_step(plan.values), **{name: value for name, value in known.items() if value is not None}}


def _values_step(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _outcomes_step(value) if isinstance(value, Outcomes) else value for name, value in values.items()}


def _outcomes_step(outcomes: Outcomes) -> dict[str, Any]:
    return {"rule": outcomes.rule, "reasons": list(outcomes.reasons)}
