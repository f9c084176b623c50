"""The table of contents of what is said of projects: /ids, /projects, /botgroups."""

from __future__ import annotations

from typing import Any

from fakejobs.evidence import assumed, recorded
from fakejobs.storage.paths import ProjectParams
from fakejobs.storage.projects import params as read
from fakejobs.storage.projects import views
from fakejobs.storage.rows import queue_row
from fakejobs.storage.spaced import JSON
from fakejobs.web.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    queue_row(
        "projects/jobsummary",
        "GET",
        "/projects/<project>/jobsummary",
        ProjectParams,
        views.project_summary,
        JSON,
        "Count a project's jobs and running units.",
        recorded("one object"),
        assumed("has_capacity: whether a unit is free, where units are limited; pending_units_max: the most that a pending job wants"),
    ),
    queue_row(
        "projects/jobsummaries",
        "GET",
        "/projects/jobsummaries",
        read.SummariesParams,
        views.project_summaries,
        JSON,
        "Count the jobs of every project.",
        recorded("one array"),
        scoped=False,
    ),
    queue_row(
        "ids/spider",
        "GET",
        "/ids/<project>/spider/<path:name>",
        read.SpiderNameParams,
        views.spider_id,
        JSON,
        "Tell a spider's number in job keys.",
        recorded("null with 200 for an unknown name"),
    ),
    queue_row(
        "projects/settings",
        "GET",
        "/projects/<project>/settings",
        ProjectParams,
        views.read_settings,
        JSON,
        "Show a project's settings.",
        recorded("one object"),
    ),
    queue_row(
        "projects/settings/update",
        "POST",
        "/projects/<project>/settings",
        read.SettingsParams,
        views.write_settings,
        JSON,
        "Merge into a project's settings.",
        recorded("200, empty, text/plain"),
    ),
    queue_row(
        "projects/setting",
        "GET",
        "/projects/<project>/settings/<key>",
        read.SettingParams,
        views.read_setting,
        JSON,
        "Show one setting.",
        recorded("null if it is not there"),
    ),
    queue_row(
        "projects/setting/delete",
        "DELETE",
        "/projects/<project>/settings/<key>",
        read.SettingParams,
        views.delete_setting,
        JSON,
        "Remove one setting.",
        recorded("200, empty, text/plain"),
    ),
    queue_row(
        "botgroups/max_running",
        "POST",
        "/botgroups/<name>/max_running",
        read.BotgroupParams,
        views.botgroup,
        JSON,
        "Accepted without effect.",
        recorded("null"),
        scoped=False,
    ),
    queue_row(
        "botgroups/delete",
        "DELETE",
        "/botgroups/<name>",
        read.BotgroupParams,
        views.botgroup,
        JSON,
        "Accepted without effect.",
        recorded("null"),
        scoped=False,
    ),
)
