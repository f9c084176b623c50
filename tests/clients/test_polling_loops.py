"""Polling loops of every kind under a clock that jumps for those who ask again: as many polls as there are states to see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import httpx
import pytest
import requests
from scrapinghub import Connection, ScrapinghubClient

from fakejobs import FakeJobs, serve

Look = Callable[[FakeJobs, str], str]
SEEN = ["pending", "running", "finished"]


@pytest.fixture
def fake() -> Iterator[FakeJobs]:
    with serve(clock="poll") as served:
        served.pace(pending=5, running=3600)
        yield served


def client_of(fake: FakeJobs) -> ScrapinghubClient:
    return ScrapinghubClient(fake.key, dash_endpoint=fake.api_url, endpoint=f"{fake.url}/")


def by_metadata(fake: FakeJobs, key: str) -> str:
    return str(client_of(fake).get_job(key).metadata.get("state"))


def by_jobs_list(fake: FakeJobs, key: str) -> str:
    jobs = client_of(fake).get_project(1).jobs.list(state=["pending", "running", "finished"])
    return str(next(job["state"] for job in jobs if job["key"] == key))


def by_legacy_connection(fake: FakeJobs, key: str) -> str:
    return str(Connection(fake.key, url=fake.api_url)[1].job(key).info["state"])


def by_requests(fake: FakeJobs, key: str) -> str:
    answer = requests.get(f"{fake.api_url}jobs/list.json", params={"project": "1", "job": key}, auth=(fake.key, ""), timeout=10)
    return str(answer.json()["jobs"][0]["state"])


@pytest.mark.parametrize("look", [by_metadata, by_jobs_list, by_legacy_connection, by_requests])
def test_a_loop_polls_once_a_state(fake: FakeJobs, look: Look) -> None:
    key = client_of(fake).get_project(1).jobs.run("books").key
    seen = [look(fake, key)]
    while seen[-1] != "finished":
        seen.append(look(fake, key))
    assert seen == SEEN
    job = fake.get_job(key)
    assert job.finished_time is not None
    assert job.pending_time is not None
    assert job.finished_time - job.pending_time == timedelta(seconds=3605)


def test_tasks_of_httpx_poll_side_by_side(fake: FakeJobs) -> None:
    async def wait(client: httpx.AsyncClient, spider: str) -> list[str]:
        scheduled = await client.post("run.json", data={"project": "1", "spider": spider})
        seen: list[str] = []
        while not seen or seen[-1] != "finished":
            answer = await client.get("jobs/list.json", params={"project": "1", "job": scheduled.json()["jobid"]})
            seen.append(answer.json()["jobs"][0]["state"])
        return seen

    async def everybody() -> list[list[str]]:
        async with httpx.AsyncClient(base_url=fake.api_url, auth=(fake.key, ""), trust_env=False) as client:
            waits: list[Awaitable[list[str]]] = [wait(client, f"spider-{number}") for number in range(5)]
            return await asyncio.gather(*waits)

    for seen in asyncio.run(everybody()):
        assert seen == sorted(seen, key=SEEN.index)
        assert seen[-1] == "finished"
        assert len(seen) <= len(SEEN)
