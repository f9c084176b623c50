"""What each endpoint of periodic jobs does with the verbs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.dash.periodic.params import ChangingParams, ListParams, NewParams, PeriodicParams, ReplacingParams, TaskDraft, drafted
from fakejobs.dash.periodic.payloads import periodic_object
from fakejobs.dash.v2.pages import page_of
from fakejobs.domain.periodic import PeriodicJob, PeriodicTask
from fakejobs.errors import BadBody, NotFound, SpiderNotFound
from fakejobs.web.endpoint import NO_BODY, Reply

PATH = "/projects/<project>/periodicjobs"


def periodic_jobs(cloud: Cloud, params: ListParams, account: Account) -> Reply:
    """List the periodic jobs of a project, a page of them."""
    with cloud.lock:
        rows = [_object(cloud, job) for job in cloud.periodic.of(params.project)]
    page, count = page_of(rows, params, f"/api/v2{PATH.replace('<project>', str(params.project))}")
    return Reply(page, count=count)


def add(cloud: Cloud, params: NewParams, account: Account) -> Reply:
    """Add a periodic job."""
    with cloud.lock:
        return Reply(_object(cloud, cloud.periodic.add(_new(cloud, 0, params.project, params.content))), 201)


def periodic_job(cloud: Cloud, params: PeriodicParams, account: Account) -> Reply:
    """Describe a periodic job."""
    with cloud.lock:
        return Reply(_object(cloud, _found(cloud, params)))


def put(cloud: Cloud, params: ReplacingParams, account: Account) -> Reply:
    """Put a periodic job in place of another."""
    with cloud.lock:
        job = _new(cloud, _found(cloud, params).periodic_id, params.project, params.content)
        return Reply(_object(cloud, cloud.periodic.keep(job)))


def patch(cloud: Cloud, params: ChangingParams, account: Account) -> Reply:
    """Change a periodic job."""
    with cloud.lock:
        found = _found(cloud, params)
        changes = _named(cloud, params.project, drafted(params.content, found.type))
        return Reply(_object(cloud, cloud.periodic.keep(replace(found, **changes))))


def remove(cloud: Cloud, params: PeriodicParams, account: Account) -> Reply:
    """Remove a periodic job."""
    with cloud.lock:
        cloud.periodic.remove(_found(cloud, params).periodic_id)
        return Reply(NO_BODY, 204)


def _found(cloud: Cloud, params: PeriodicParams) -> PeriodicJob:
    found = next((job for job in cloud.periodic.of(params.project) if job.periodic_id == params.periodicjob), None)
    if found is None:
        raise NotFound("Not found.")
    return found


def _new(cloud: Cloud, periodic_id: int, project: int, content: bytes) -> PeriodicJob:
    draft = drafted(content)
    for name in ("tasks", "cron"):
        if name not in draft:
            raise BadBody(f'"{name}" is missing')
    return PeriodicJob(periodic_id=periodic_id, project=project, **_named(cloud, project, draft))


def _named(cloud: Cloud, project: int, draft: dict[str, Any]) -> dict[str, Any]:
    """Return a draft with tasks whose spiders the project has; raises BadBody, naming one that it has not."""
    if "tasks" not in draft:
        return draft
    tasks = tuple(_task(cloud, project, task) for task in draft["tasks"])
    if len({task.type for task in tasks}) > 1:
        raise BadBody('"tasks" has spiders and scripts')
    return {**draft, "tasks": tasks}


def _task(cloud: Cloud, project: int, draft: TaskDraft) -> PeriodicTask:
    name = draft.name if draft.name is not None else cloud.projects.name_of(project, draft.jobq_id or 0)
    if name is None:
        raise BadBody(f"project {project} has no spider of the number {draft.jobq_id}")
    try:
        cloud.projects.require_spider(project, name)
    except SpiderNotFound as error:
        raise BadBody(str(error)) from None
    return draft.with_name(name)


def _object(cloud: Cloud, job: PeriodicJob) -> dict[str, Any]:
    def spider_id(name: str) -> int | None:
        known = cloud.projects.spider_named(job.project, name)
        return None if known is None else known.spider_id

    return periodic_object(job, spider_id)
