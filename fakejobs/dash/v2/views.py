"""What each endpoint of v2 does with the verbs."""

from __future__ import annotations

from typing import Any

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.dash.v2.pages import page_of
from fakejobs.dash.v2.params import NoParams, ProjectParams, SpiderListParams, SpiderParams, TagParams
from fakejobs.dash.v2.payloads import project_object, spider_object, user_object
from fakejobs.dash.v2.wire import V2
from fakejobs.domain.projects import Spider
from fakejobs.errors import NotFound
from fakejobs.web.endpoint import Reply

SPIDERS = "/v2/projects/<project>/spiders"
SORTABLE = ("id", "jobq_id", "name", "created_at", "modified_at", "last_run")
"""The fields by which spiders can be sorted."""


def me(cloud: Cloud, params: NoParams, account: Account) -> Reply:
    """Say whose key it is."""
    return Reply(user_object(account))


def project(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """Describe a project; one that nobody has used yet is as good as any."""
    return Reply(project_object(params.project))


def spiders(cloud: Cloud, params: SpiderListParams, account: Account) -> Reply:
    """Describe the spiders of a project, a page of them."""
    part = (params.search or "").lower()
    with cloud.lock:
        known = [found for found in cloud.projects.spiders(params.project) if part in found.name.lower()]
        rows = [_described(cloud, params.project, found) for found in (() if params.archived else known)]
    field = (params.ordering or "").removeprefix("-")
    if field in SORTABLE:
        rows.sort(key=lambda row: (row[field] is not None, row[field]), reverse=(params.ordering or "").startswith("-"))
    path = f"{V2.base}{SPIDERS.replace('<project>', str(params.project))}"
    page, count = page_of(rows, params, path, params.asked())
    return Reply(page, count=count)


def spider(cloud: Cloud, params: SpiderParams, account: Account) -> Reply:
    """Describe a spider."""
    with cloud.lock:
        return Reply(_described(cloud, params.project, _spider(cloud, params)))


def edit_tags(cloud: Cloud, params: TagParams, account: Account) -> Reply:
    """Remove and add tags of a spider, and describe it."""
    add, remove = params.tags()
    with cloud.lock:
        edited = cloud.projects.edit_tags(_spider(cloud, params).name, params.project, add, remove)
        return Reply(_described(cloud, params.project, edited))


def _described(cloud: Cloud, project: int, spider: Spider) -> dict[str, Any]:
    return spider_object(project, spider, cloud.jobs.last_finished(project, spider.spider_id))


def _spider(cloud: Cloud, params: SpiderParams) -> Spider:
    found = cloud.projects.spider_of(params.project, params.spider)
    if found is None:
        raise NotFound("Not found.")
    return found
