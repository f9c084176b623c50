"""Every public method of the pinned official client, and the test that calls it against a fake, or why it speaks no HTTP."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import scrapinghub
from scrapinghub import APIError, Connection

from fakejobs import FakeJobs

HERE = Path(__file__).parent

CLIENT = "test_scrapinghub_client"
MODERN = "test_scrapinghub_storage"
HUB = "test_hubstorage"
LEGACY = "test_legacy_connection"
DEPLOY = "test_shub_deploy"
OWN = "test_official_table"

NO_HTTP = "no HTTP: it "
HANDS_OUT = f"{NO_HTTP}hands out another object"
REMEMBERS = f"{NO_HTTP}says what it was told"
WRAPS = f"{NO_HTTP}passes a request on, and is called by all others"

TABLE: dict[str, dict[str, str]] = {
    "client.ScrapinghubClient": {
        "get_project": HANDS_OUT,
        "get_job": HANDS_OUT,
        "close": f"{NO_HTTP}waits for the writers",
    },
    "client.HubstorageClient": {"request": WRAPS},
    "client.projects.Projects": {
        "get": HANDS_OUT,
        "list": f"{CLIENT}.test_projects",
        "iter": f"{CLIENT}.test_projects",
        "summary": f"{MODERN}.test_project_summaries",
    },
    "client.projects.Settings": {"set": f"{MODERN}.test_settings"},
    "client.spiders.Spiders": dict.fromkeys(("get", "list", "iter"), f"{MODERN}.test_spiders"),
    "client.spiders.Spider": dict.fromkeys(("update_tags", "list_tags"), f"{MODERN}.test_spiders"),
    "client.jobs.Jobs": {
        "run": f"{CLIENT}.test_run",
        "get": HANDS_OUT,
        "count": f"{MODERN}.test_lists_of_jobs",
        "iter": f"{MODERN}.test_lists_of_jobs",
        "list": f"{MODERN}.test_lists_of_jobs",
        "cancel": f"{MODERN}.test_cancels",
        "summary": f"{MODERN}.test_summaries_and_last_jobs",
        "iter_last": f"{MODERN}.test_summaries_and_last_jobs",
        "update_tags": f"{CLIENT}.test_tags_of_a_spiders_jobs",
    },
    "client.jobs.Job": {
        "update_tags": f"{CLIENT}.test_tags_of_one_job",
        "close_writers": f"{MODERN}.test_all_writers_are_closed_together",
        "start": f"{MODERN}.test_states_of_a_job",
        "finish": f"{MODERN}.test_states_of_a_job",
        "delete": f"{MODERN}.test_states_of_a_job",
        "update": f"{MODERN}.test_states_of_a_job",
        "cancel": f"{MODERN}.test_the_life_of_a_job",
    },
    "client.proxy._Proxy": {"list": f"{MODERN}.test_items"},
    "client.proxy._MappingProxy": dict.fromkeys(("get", "set", "update", "delete", "iter"), f"{MODERN}.test_metadata"),
    "client.proxy._ItemsResourceProxy": {
        **dict.fromkeys(("get", "write", "iter", "flush", "close"), f"{MODERN}.test_samples"),
        "stats": f"{MODERN}.test_items",
    },
    "client.proxy._DownloadableProxyMixin": {"iter": f"{MODERN}.test_items"},
    "client.items.Items": {"list_iter": f"{MODERN}.test_items"},
    "client.logs.Logs": dict.fromkeys(("log", "debug", "info", "warn", "warning", "error", "batch_write_start"), f"{MODERN}.test_logs"),
    "client.requests.Requests": {"add": f"{MODERN}.test_requests"},
    "client.activity.Activity": dict.fromkeys(("iter", "add"), f"{MODERN}.test_activity"),
    "client.collections.Collections": {
        "get": HANDS_OUT,
        "get_store": HANDS_OUT,
        "get_cached_store": HANDS_OUT,
        "get_versioned_store": HANDS_OUT,
        "get_versioned_cached_store": HANDS_OUT,
        "iter": f"{MODERN}.test_a_collection",
        "list": f"{MODERN}.test_a_collection",
    },
    "client.collections.Collection": {
        **dict.fromkeys(("get", "set", "delete", "truncate", "count", "iter", "list"), f"{MODERN}.test_a_collection"),
        "create_writer": f"{MODERN}.test_a_collection_is_written_in_batches",
    },
    "client.frontiers.Frontiers": {
        "get": HANDS_OUT,
        "newcount": REMEMBERS,
        **dict.fromkeys(("iter", "list", "flush", "close"), f"{MODERN}.test_a_frontier"),
    },
    "client.frontiers.Frontier": {
        "get": HANDS_OUT,
        "newcount": REMEMBERS,
        **dict.fromkeys(("iter", "list", "flush"), f"{MODERN}.test_a_frontier"),
    },
    "client.frontiers.FrontierSlot": {
        "f": HANDS_OUT,
        "q": HANDS_OUT,
        "newcount": REMEMBERS,
        **dict.fromkeys(("delete", "flush"), f"{MODERN}.test_a_frontier"),
    },
    "client.frontiers.FrontierSlotFingerprints": dict.fromkeys(("add", "iter", "list"), f"{MODERN}.test_a_frontier"),
    "client.frontiers.FrontierSlotQueue": dict.fromkeys(("add", "iter", "list", "delete"), f"{MODERN}.test_a_frontier"),
    "hubstorage.client.HubstorageClient": {
        "request": f"{HUB}.test_the_client",
        "get_job": HANDS_OUT,
        "get_project": HANDS_OUT,
        "push_job": f"{HUB}.test_the_client",
        "server_timestamp": f"{HUB}.test_the_client",
        "batchuploader": HANDS_OUT,
        "close": f"{NO_HTTP}waits for the writers",
    },
    "hubstorage.client.Projects": {"get": HANDS_OUT, "jobsummaries": f"{HUB}.test_the_client"},
    "hubstorage.project.Project": {
        "get_job": HANDS_OUT,
        "get_jobs": f"{HUB}.test_lists_of_the_queue",
        "push_job": f"{HUB}.test_the_platforms_side_of_a_job",
        "jobsummary": f"{HUB}.test_the_client",
    },
    "hubstorage.project.Jobs": {"list": f"{HUB}.test_metadata_of_a_whole_project_is_refused"},
    "hubstorage.project.Items": {"list": f"{HUB}.test_items"},
    "hubstorage.project.Logs": {"list": f"{HUB}.test_logs"},
    "hubstorage.project.Samples": {"list": f"{HUB}.test_samples"},
    "hubstorage.project.Ids": {"spider": f"{HUB}.test_ids"},
    "hubstorage.project.Spiders": {"lastjobsummary": f"{HUB}.test_lists_of_the_queue"},
    "hubstorage.jobq.JobQ": {
        "push": f"{HUB}.test_a_push_of_a_held_unique",
        **dict.fromkeys(("jobsummary", "summary", "list"), f"{HUB}.test_lists_of_the_queue"),
        **dict.fromkeys(("start", "finish", "update", "delete"), f"{HUB}.test_the_platforms_side_of_a_job"),
        "request_cancel": f"{HUB}.test_cancels_and_purges",
    },
    "hubstorage.job.Job": {
        "close_writers": f"{HUB}.test_closing_all_writers",
        "update_metadata": f"{HUB}.test_metadata_is_a_mapping",
        "request_cancel": f"{HUB}.test_cancels_and_purges",
        "purged": f"{HUB}.test_cancels_and_purges",
    },
    "hubstorage.job.JobMeta": {"authtoken": f"{HUB}.test_a_running_jobs_token"},
    "hubstorage.job.Logs": {
        **dict.fromkeys(("log", "debug", "info", "warn", "warning", "error"), f"{HUB}.test_logs"),
        "batch_write_start": f"{HUB}.test_logs_that_go_on_where_others_ended",
    },
    "hubstorage.job.Requests": {"add": f"{HUB}.test_requests"},
    "hubstorage.job.Samples": {"stats": f"{HUB}.test_samples"},
    "hubstorage.resourcetype.ResourceType": dict.fromkeys(
        ("apirequest", "apipost", "apiget", "apidelete"), f"{HUB}.test_any_resource_by_hand"
    ),
    "hubstorage.resourcetype.DownloadableResource": dict.fromkeys(("iter_values", "iter_msgpack", "iter_json"), f"{HUB}.test_items"),
    "hubstorage.resourcetype.ItemsResourceType": dict.fromkeys(
        ("batch_write_start", "writer", "flush", "close", "write", "list", "get", "stats"), f"{HUB}.test_items"
    ),
    "hubstorage.resourcetype.MappingResourceType": {
        "expire": f"{NO_HTTP}forgets what it has read",
        "save": f"{HUB}.test_metadata_is_a_mapping",
        "liveget": f"{HUB}.test_metadata_is_a_mapping",
    },
    "hubstorage.batchuploader.BatchUploader": dict.fromkeys(("create_writer", "close", "interrupt"), f"{HUB}.test_a_writer_of_ones_own"),
    "hubstorage.batchuploader._BatchWriter": dict.fromkeys(("write", "flush", "close"), f"{HUB}.test_a_writer_of_ones_own"),
    "hubstorage.activity.Activity": dict.fromkeys(("list", "get", "post", "add"), f"{HUB}.test_activity"),
    "hubstorage.collectionsrt.Collections": {
        **dict.fromkeys(
            ("get", "set", "delete", "truncate", "iter_json", "iter_msgpack", "create_writer", "count"), f"{HUB}.test_collections"
        ),
        "new_collection": HANDS_OUT,
        "new_store": HANDS_OUT,
        "new_cached_store": HANDS_OUT,
        "new_versioned_store": HANDS_OUT,
        "new_versioned_cached_store": HANDS_OUT,
    },
    "hubstorage.collectionsrt.Collection": dict.fromkeys(
        ("create_writer", "get", "set", "delete", "truncate", "count", "iter_json", "iter_values"), f"{HUB}.test_a_collection_of_its_own"
    ),
    "hubstorage.frontier.Frontier": dict.fromkeys(("close", "flush", "add", "read", "delete", "delete_slot"), f"{HUB}.test_frontiers"),
    "legacy.Connection": {
        "auth": REMEMBERS,
        "project_ids": f"{LEGACY}.test_project_ids",
        "project_names": f"{OWN}.test_what_is_left_of_the_legacy_connection",
    },
    "legacy.Project": {
        "name": REMEMBERS,
        "schedule": f"{LEGACY}.test_schedule",
        "jobs": HANDS_OUT,
        "job": f"{LEGACY}.test_the_row_of_one_job",
        "spiders": f"{LEGACY}.test_spiders",
        "autoscraping_project_slybot": f"{OWN}.test_what_is_not_faked_of_the_legacy_connection",
        "autoscraping_spider_properties": f"{OWN}.test_what_is_not_faked_of_the_legacy_connection",
    },
    "legacy.JobSet": {
        "count": f"{LEGACY}.test_count",
        **dict.fromkeys(("update", "stop", "delete"), f"{LEGACY}.test_many_jobs_at_once"),
    },
    "legacy.Job": {
        "id": REMEMBERS,
        **dict.fromkeys(("update", "stop", "delete"), f"{LEGACY}.test_a_job_is_tagged_stopped_and_deleted"),
        **dict.fromkeys(("items", "log", "add_report"), f"{DEPLOY}.test_the_legacy_connection_reads_and_reports"),
    },
}
"""Class by class, as they define their methods, base classes too: method -> test, or why it speaks no HTTP."""


def classes() -> Iterator[tuple[str, type]]:
    """Yield every class that the installed client defines, but its exceptions."""
    for module in pkgutil.walk_packages(scrapinghub.__path__, "scrapinghub."):
        for name, found in vars(importlib.import_module(module.name)).items():
            if inspect.isclass(found) and found.__module__ == module.name and not issubclass(found, BaseException):
                yield f"{module.name.removeprefix('scrapinghub.')}.{name}", found


def public(defined: type) -> set[str]:
    """Return the public methods and properties that a class defines itself."""
    members = vars(defined).items()
    return {name for name, value in members if not name.startswith("_") and (inspect.isroutine(value) or isinstance(value, property))}


@cache
def read_tests(module: str) -> dict[str, str]:
    """Return the tests of a file beside this one, with their text."""
    text = (HERE / f"{module}.py").read_text(encoding="utf-8")
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {node.name: ast.get_source_segment(text, node) or "" for node in functions}


def test_the_table_knows_every_public_method_of_the_installed_client() -> None:
    installed = {name: public(defined) for name, defined in classes() if public(defined)}
    assert {name: set(methods) for name, methods in TABLE.items()} == installed


def test_the_named_tests_call_the_methods() -> None:
    missing = []
    for name, methods in TABLE.items():
        for method, target in methods.items():
            module, _, test = target.partition(".")
            if not target.startswith(NO_HTTP) and not re.search(rf"\.{method}\b", read_tests(module)[test]):
                missing.append(f"{target} does not call {name}.{method}")
    assert missing == []


def test_what_is_left_of_the_legacy_connection(fake: FakeJobs, legacy: Connection) -> None:
    fake.add_project(7)
    with pytest.warns(UserWarning, match="deprecated"):
        assert legacy.project_names() == [7]
    with pytest.warns(UserWarning, match="deprecated"):
        assert legacy.auth == (fake.key, "")
    with pytest.warns(UserWarning, match="deprecated"):
        assert legacy[7].name == legacy[7].id == 7


def test_what_is_not_faked_of_the_legacy_connection(fake: FakeJobs, legacy: Connection) -> None:
    for ask in (legacy[1].autoscraping_project_slybot, lambda: legacy[1].autoscraping_spider_properties("books")):
        with pytest.raises(APIError, match="Internal server error"):
            ask()
    assert [(call.status, call.failure) for call in fake.calls] == [
        (501, "not faked yet: GET /api/as/project-slybot.zip (downloading a Portia project)"),
        (501, "not faked yet: GET /api/as/spider-properties.json (reading spider properties)"),
    ]
