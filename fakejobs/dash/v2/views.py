"""What each endpoint of v2 does with the verbs."""

from __future__ import annotations

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.dash.v2.params import NoParams, SpiderParams, TagParams
from fakejobs.dash.v2.payloads import spider_object, user_object
from fakejobs.domain.projects import Spider
from fakejobs.errors import NotFound
from fakejobs.web.endpoint import Reply


def me(cloud: Cloud, params: NoParams, account: Account) -> Reply:
    """Say whose key it is."""
    return Reply(user_object(account))


def spider(cloud: Cloud, params: SpiderParams, account: Account) -> Reply:
    """Describe a spider."""
    return Reply(spider_object(params.project, _spider(cloud, params)))


def edit_tags(cloud: Cloud, params: TagParams, account: Account) -> Reply:
    """Remove and add tags of a spider, and describe it."""
    add, remove = params.tags()
    with cloud.lock:
        edited = cloud.projects.edit_tags(_spider(cloud, params).name, params.project, add, remove)
        return Reply(spider_object(params.project, edited))


def _spider(cloud: Cloud, params: SpiderParams) -> Spider:
    found = cloud.projects.spider_of(params.project, params.spider)
    if found is None:
        raise NotFound("Not found.")
    return found
