"""shub-workflow's managers as real processes: crawl, generator and graph, while a thread plays the platform over the wire.

It is no part of the `test` extra, because it brings Scrapy, boto3 and some 150 MB along: `pip install shub-workflow==1.14.44.3`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from scrapinghub import HubstorageClient

from fakejobs import FakeJobs
from fakejobs.fake import behind
from tests.clients.test_shub import DEAD_PROXY, PATIENCE_S

pytestmark = pytest.mark.skipif(find_spec("shub_workflow") is None, reason="shub-workflow is not installed")

PROJECT = 7
MANAGERS = '''
import sys

from shub_workflow.base import CachedFinishedJobsMixin
from shub_workflow.crawl import CrawlManager, GeneratorCrawlManager
from shub_workflow.graph import GraphManager
from shub_workflow.graph.task import SpiderTask, Task


class Crawl(CrawlManager):
    """One spider job."""

    name = "crawl"
    loop_mode = 0.05


class Generate(CachedFinishedJobsMixin, GeneratorCrawlManager):
    """One job for each page, two at a time; what fails is tried once more."""

    name = "generate"
    spider = "books"
    loop_mode = 0.05
    default_max_jobs = 2
    MAX_RETRIES = 1

    def set_parameters_gen(self):
        for page in range(1, 5):
            yield {"page": str(page)}


class Graph(GraphManager):
    """A spider, then two scripts at once, then one after both."""

    name = "graph"
    loop_mode = 0.05

    def configure_workflow(self):
        first = SpiderTask("first", "books", tags=["FIRST"], page="1")
        tidy = Task("tidy", "py:tidy.py --part {% raw %}1{% endraw %}\\npy:tidy.py --part 2", init_args=["--name", "two words"])
        last = Task("last", "py:last.py", retries=0)
        first.add_next_task(tidy)
        tidy.add_next_task(last)
        return (first,)


{"crawl": Crawl, "generate": Generate, "graph": Graph}[sys.argv.pop(1)]().run()
'''

Play = Callable[[dict[str, Any]], dict[str, Any]]
"""What the platform does with a job that it has started, and what it writes into the job's metadata at its end."""


@contextmanager
def platform(fake: FakeJobs, play: Play = lambda job: {"close_reason": "finished"}) -> Iterator[list[str]]:
    """Start and finish jobs over the wire in a thread until the `with` is left; yields the keys of those that it has finished."""
    over, done = threading.Event(), list[str]()

    def run() -> None:
        hub = HubstorageClient(auth=fake.key, endpoint=f"{fake.url}/")
        queue = hub.get_project(PROJECT).jobq
        while not over.wait(0.02):
            for job in iter(queue.start, None):
                list(queue.finish(job, **play(job)))
                done.append(job["key"])
        hub.session.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join(PATIENCE_S)


def manage(fake: FakeJobs, folder: Path, *arguments: str, own_job: str | None = None) -> str:
    """Run a manager to its end and return what it logged. own_job: it runs on the platform, as this job."""
    (folder / "managers.py").write_text(MANAGERS)
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), DEAD_PROXY)
    own = {} if own_job is None else {"SHUB_JOBKEY": own_job}
    environment = {**os.environ, **fake.env, **proxies, **own, "PROJECT_ID": str(PROJECT), "HOME": str(folder), "DASH_RETRY_MAX": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "managers.py", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert behind(fake).unseen.defects == []
    return done.stderr


def test_the_crawl_manager(fake: FakeJobs, tmp_path: Path) -> None:
    own = fake.add_job("py:managers.py", project=PROJECT, state="running")
    with platform(fake) as done:
        manage(
            fake, tmp_path, "crawl", "books", "--spider-args", '{"page": "1"}', "--flow-id", "flow1", "-t", "EXTRA", own_job=str(own.key)
        )
    tags = ["EXTRA", "FLOW_ID=flow1", "PARENT_NAME=crawl"]
    job = fake.assert_scheduled(project=PROJECT, spider="books", spider_args={"page": "1"}, tags=tags)
    assert done == [job.key]
    assert (job.state, job.close_reason) == ("finished", "finished")
    assert (own.state, own.tags) == ("running", ["FLOW_ID=flow1", "NAME=crawl"])


def test_the_crawl_manager_ends_as_its_job_did(fake: FakeJobs, tmp_path: Path) -> None:
    own = fake.add_job("py:managers.py", project=PROJECT, state="running")
    with platform(fake, lambda job: {"close_reason": "failed", "scrapystats": {"item_scraped_count": 3}}):
        manage(fake, tmp_path, "crawl", "books", own_job=str(own.key))
    assert (own.state, own.close_reason) == ("finished", "failed")


def test_the_generator_manager(fake: FakeJobs, tmp_path: Path) -> None:
    fake.pace(pending=0, running=0.05)
    fake.script("books", spider_args={"page": "2"}, outcomes=["failed", "finished"])
    manage(fake, tmp_path, "generate")
    jobs = fake.scheduled(project=PROJECT, spider="books")
    assert sorted(job.spider_args["page"] for job in jobs) == ["1", "2", "2", "3", "4"]
    assert {job.state for job in jobs} == {"finished"}
    [failed] = [job for job in jobs if job.close_reason == "failed"]
    again = fake.assert_scheduled(spider_args={"page": "2", "retry_num": "1"})
    assert {f"RETRIED_FROM={failed.key}", "JOBSEQ=0000000002.r1"} <= set(again.tags)
    starts = sorted((job.pending_time, 1) for job in jobs if job.pending_time is not None)
    ends = sorted((job.finished_time, -1) for job in jobs if job.finished_time is not None)
    running, most = 0, 0
    for _, step in sorted([*starts, *ends]):
        running += step
        most = max(most, running)
    assert most == 2


def test_the_graph_manager(fake: FakeJobs, tmp_path: Path) -> None:
    failed: list[str] = []

    def play(job: dict[str, Any]) -> dict[str, Any]:
        if job["spider"] == "books" and not failed:
            failed.append(job["key"])
            return {"close_reason": "memusage_exceeded"}
        return {"close_reason": "finished"}

    with platform(fake, play) as done:
        manage(fake, tmp_path, "graph", "--root-jobs")
    jobs = [fake.get_job(key) for key in done]
    assert [job.spider for job in jobs] == ["books", "books", "py:tidy.py", "py:tidy.py", "py:last.py"]
    assert [job.close_reason for job in jobs] == ["memusage_exceeded", *["finished"] * 4]
    assert {"FIRST", "TASK_ID=first", "PARENT_NAME=graph"} <= set(jobs[0].tags)
    commands = [fake.metadata(job)["job_cmd"] for job in jobs[2:]]
    assert commands == [["py:tidy.py", "--part", part, "--name", "two words"] for part in "12"] + [["py:last.py"]]
