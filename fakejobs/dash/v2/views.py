"""What each endpoint of v2 does with the verbs."""

from __future__ import annotations

from fakejobs.access import Account
from fakejobs.cloud import FakeCloud
from fakejobs.dash.v2.params import NoParams, SpiderParams, TagParams
from fakejobs.dash.v2.payloads import spider_object, user_object
from fakejobs.domain.projects import Spider
from fakejobs.errors import NotFound
from fakejobs.web.endpoint import Reply


def me(cloud: FakeCloud, params: NoParams, account: Account) -> Reply:
    """Say whose key it is."""
    return Reply(user_object(account))


def spider(cloud: FakeCloud, params: SpiderParams, account: Account) -> Reply:
    """Describe a spider."""
    return Reply(spider_object(params.project, _spider(cloud, params)))


def edit_tags(cloud: FakeCloud, params: TagParams, account: Account) -> Reply:
    """Remove and add tags of a spider, and describe it."""
    add, remove = params.tags()
    with cloud.lock:
        cloud.update_spider_tags(_spider(cloud, params).name, project=params.project, add=add, remove=remove)
        return Reply(spider_object(params.project, _spider(cloud, params)))


def _spider(cloud: FakeCloud, params: SpiderParams) -> Spider:
    found = cloud.find_spider(params.project, params.spider)
    if found is None:
        raise NotFound("Not found.")
    return found
