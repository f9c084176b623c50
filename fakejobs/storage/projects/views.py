"""What is said of projects: the numbers of their spiders, counts of their jobs, their settings, bot groups."""

from __future__ import annotations

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.query import LISTED, JobQuery
from fakejobs.storage.bodies import json_object
from fakejobs.storage.paths import ProjectParams
from fakejobs.storage.projects import params as read
from fakejobs.storage.spaced import JSON, WRITTEN_SETTINGS
from fakejobs.web.endpoint import Reply


def spider_id(cloud: Cloud, params: read.SpiderNameParams, account: Account) -> Reply:
    """Tell the number of a spider, making the name known if asked to; null if it is not known."""
    with cloud.lock:
        known = next((spider.spider_id for spider in cloud.projects.spiders(params.project) if spider.name == params.name), None)
        if known is None and (params.create or "").lower() in ("1", "true", "yes"):
            known = cloud.projects.add_spider(params.name, params.project, declared=False).spider_id
    return Reply(known, format=JSON)


def read_settings(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """Show a project's settings."""
    return Reply(cloud.settings.of(params.project))


def write_settings(cloud: Cloud, params: read.SettingsParams, account: Account) -> Reply:
    """Merge an object into a project's settings."""
    values = json_object(params.content)
    cloud.settings.update(params.project, values)
    return Reply("", format=WRITTEN_SETTINGS)


def read_setting(cloud: Cloud, params: read.SettingParams, account: Account) -> Reply:
    """Show one setting; null if it is not there."""
    return Reply(cloud.settings.of(params.project).get(params.key))


def delete_setting(cloud: Cloud, params: read.SettingParams, account: Account) -> Reply:
    """Remove one setting; an absent one is fine."""
    cloud.settings.remove(params.project, params.key)
    return Reply("", format=WRITTEN_SETTINGS)


def botgroup(cloud: Cloud, params: read.BotgroupParams, account: Account) -> Reply:
    """Accept whatever is said of a bot group."""
    return Reply(None)


def project_summary(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """Count a project's jobs, the units that run, and the most that a pending job wants."""
    with cloud.lock:
        row = {
            "project": params.project,
            "running_units_count": cloud.units.running(params.project),
            **_counts(cloud, params.project, LISTED),
            "pending_units_max": cloud.units.largest_pending(params.project),
            "has_capacity": cloud.units.has_capacity(params.project),
        }
    return Reply(row)


def project_summaries(cloud: Cloud, params: read.SummariesParams, account: Account) -> Reply:
    """Count the jobs of every project that the account may use."""
    with cloud.lock:
        numbers = [number for number in cloud.projects.numbers() if account.may_use(number)]
        rows = [{"project": n, "has_capacity": cloud.units.has_capacity(n), **_counts(cloud, n, params.states or LISTED)} for n in numbers]
    return Reply(rows, count=len(rows))


def _counts(cloud: Cloud, project: int, states: tuple[JobState, ...]) -> dict[str, int]:
    return {state.value: cloud.jobs.count(JobQuery(project=project, states=(state,))) for state in states}
