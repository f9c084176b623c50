"""The example of what the doors in Python offer, from top to bottom."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import ANY

import pytest
import requests

import fakejobs as package
from fakejobs import FakeJobs, serve


def test_a_fake_with_a_socket() -> None:
    with serve() as fake:
        assert fake.url.startswith("http://127.0.0.1:")
        assert fake.api_url == f"{fake.url}/api/"
        assert fake.env["SHUB_APIURL"] == fake.api_url


def test_a_fake_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fake = FakeJobs()
    assert callable(fake.app)
    job = fake.add_job(
        "books",
        project=123,
        key=None,
        state="finished",
        tags=["a"],
        priority=2,
        units=1,
        spider_args={"page": 1},
        job_settings={},
        environment={},
        meta={},
        cmd_args=None,
        version=None,
        close_reason=None,
        pending_time=None,
        running_time=None,
        finished_time=None,
        updated_time=None,
        touched_time=None,
        items=10,
        pages=12,
        errors=0,
        logs=29,
    )
    assert job.key == "123/1/1"
    assert isinstance(job.key, str)
    assert (job.key.project_id, job.key.spider_id, job.key.job_id) == (123, 1, 1)
    assert job.state == "finished"
    frozen = job.snapshot()

    job = fake.add_job("books", project=123)
    fake.start_job(job)
    fake.finish_job(job, close_reason=None, items=3)
    assert (job.state, job.close_reason, job.items) == ("finished", "finished", 3)
    fake.delete_job(job)
    other = fake.add_job("books", project=123)
    fake.cancel_job(other)
    fake.update_tags(job, add=["x"], remove=["y"])
    assert job.tags == ["x"]
    assert fake.get_job("123/1/1").snapshot() == frozen
    assert fake.list_jobs(project=123, state="running") == []
    assert fake.count_jobs(project=123) == 2

    fake.add_project(123)
    fake.add_spider("books", project=123, spider_id=None, next_job=None)
    fake.add_key("k", user="ann", projects=[123])
    before = fake.clock.now
    assert (fake.clock.advance(minutes=5) - before).total_seconds() == 300
    steps = fake.dump("seed.json")
    fake.reset()
    assert fake.count_jobs() == 0
    fake.load("seed.json")
    assert fake.dump() == steps


def test_calls_and_assertions() -> None:
    with serve() as fake:
        done = fake.add_job("books", project=123, state="finished")
        running = fake.add_job("films", project=123, state="running")
        auth = (fake.key, "")
        form = {"project": "123", "spider": "books", "page": "1", "add_tag": "a", "priority": "3", "units": "2", "job_settings": '{"A": 1}'}
        requests.post(f"{fake.api_url}run.json", {**form, "meta": '{"m": 1}', "environment": '{"E": "x"}'}, auth=auth)
        requests.post(f"{fake.api_url}jobs/update.json", {"project": "123", "job": done.key, "add_tag": "x", "remove_tag": "y"}, auth=auth)
        requests.post(f"{fake.api_url}jobs/stop.json", {"project": "123", "job": running.key}, auth=auth)
        requests.post(f"{fake.api_url}jobs/delete.json", {"project": "123", "job": done.key}, auth=auth)
        requests.get(f"{fake.api_url}jobs/list.json", {"project": 123}, auth=auth)

        job = fake.assert_scheduled(
            spider="books",
            project=123,
            spider_args={"page": ANY},
            tags=["a"],
            priority=3,
            units=2,
            job_settings={"A": 1},
            meta={"m": 1},
            environment={"E": "x"},
        )
        assert fake.scheduled(spider="books", project=123) == [job]
        fake.assert_not_scheduled(spider="films")
        fake.assert_stopped(running)
        fake.assert_deleted(done)
        fake.assert_tagged(done, add=["x"], remove=["y"])
        fake.assert_called("jobs/list", params={"project": 123}, count=None)
        call = fake.calls[0]
        assert (call.endpoint, call.method, call.path, call.status, call.reason) == ("run", "POST", "/api/run.json", 200, "OK")
        assert call.params is not None
        assert call.params["spider"] == "books"
        assert call.key not in (None, fake.key)
        assert call.job_keys == (job.key,)
        assert call.time <= fake.clock.now


@pytest.mark.parametrize("name", package.__all__)
def test_public_names(name: str) -> None:
    assert getattr(package, name).__name__ == name
