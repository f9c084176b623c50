"""The public door as a test's author uses it: the doors example line by line, and what each of its names promises."""

from __future__ import annotations

import inspect
import json
import re
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from dirty_equals import IsPartialDict, IsStr

import fakejobs
from fakejobs import FakeJobs, JobKey, SeedError, UsageError, serve
from fakejobs.fake import behind
from tests.contract.caller import Caller


def test_a_fake_on_a_socket() -> None:
    with serve() as fake:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", fake.url)
        assert fake.api_url == f"{fake.url}/api/"
        assert {"SHUB_APIURL": fake.api_url, "SHUB_STORAGE": f"{fake.url}/", "SH_APIKEY": fake.key}.items() <= fake.env.items()
        with urllib.request.urlopen(f"{fake.api_url}scrapyd/listprojects.json?apikey=k", timeout=10) as answer:
            assert json.load(answer) == {"projects": [], "status": "ok"}
        [call] = fake.calls
        assert (call.endpoint, call.method, call.status) == ("scrapyd/listprojects", "GET", 200)
    with pytest.raises(UsageError, match="no socket"):
        _ = fake.url


def test_serve_takes_host_port_seed_and_environ() -> None:
    assert {"host", "port", "seed", "environ", "clock"} <= set(inspect.signature(serve).parameters)
    with serve(host="127.0.0.1", port=0, seed=[{"add_job": {"spider": "books", "project": 123}}], environ=False) as fake:
        assert fake.count_jobs() == 1


def test_a_fake_without_a_socket(tmp_path: Path) -> None:
    fake = FakeJobs()
    for name in ("url", "api_url", "env"):
        with pytest.raises(UsageError, match="no socket"):
            getattr(fake, name)

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
    assert job.spider_args == {"page": "1"}
    record = job.snapshot()

    job = fake.add_job("books", project=123)
    fake.start_job(job)
    assert (job.state, record.state) == ("running", "finished")
    fake.finish_job(job, close_reason=None, items=3)
    assert (job.items, job.close_reason) == (3, "finished")
    other = fake.add_job("books", project=123)
    fake.cancel_job(other)
    fake.delete_job(other)
    fake.update_tags(job, add=["x"], remove=["y"])
    assert fake.get_job("123/1/2").tags == ["x"]
    assert fake.list_jobs(project=123, state="running") == []
    assert fake.count_jobs(project=123) == 2
    fake.add_project(123)
    fake.add_spider("books", project=123, spider_id=None, next_job=None)
    fake.add_key("k", user="ann", projects=[123])
    before = fake.clock.now
    assert fake.clock.advance(minutes=5) - before == timedelta(minutes=5)
    fake.dump(str(tmp_path / "seed.json"))
    fake.reset()
    assert fake.dump() == []
    fake.load(str(tmp_path / "seed.json"))
    assert fake.get_job("123/1/2").items == 3

    client = Caller(fake)
    run = {
        "project": 123,
        "spider": "books",
        "page": 2,
        "add_tag": "x",
        "job_settings": '{"A": 1}',
        "environment": '{"E": "1"}',
        "meta": '{"m": 1}',
    }
    key = client.post("run.json", run).json["jobid"]
    [call] = fake.calls
    assert (call.endpoint, call.method, call.path, call.key) == ("run", "POST", "/api/run.json", "**** (ann)")
    assert (call.status, call.reason, call.job_keys, call.time) == (200, "OK", (key,), fake.clock.now)
    assert call.params == {name: str(value) for name, value in run.items()}
    job = fake.assert_scheduled(
        spider="books",
        project=123,
        spider_args={"page": 2},
        tags=["x"],
        priority=2,
        units=1,
        job_settings={"A": 1},
        meta={"m": 1},
        environment={"E": "1"},
    )
    assert job.key == key
    assert fake.scheduled(spider="books") == [job]
    fake.assert_not_scheduled(spider="quotes")
    client.post("jobs/stop.json", {"project": 123, "job": key})
    client.post("jobs/update.json", {"project": 123, "job": key, "add_tag": "y", "remove_tag": "x"})
    client.post("jobs/delete.json", {"project": 123, "job": key})
    client.get("jobs/list.json", {"project": 123, "state": "deleted"})
    fake.assert_stopped(job)
    fake.assert_deleted(job)
    fake.assert_tagged(job, add=["y"], remove=["x"])
    fake.assert_called("jobs/list", params={"state": "deleted"}, count=None)


def test_criteria_are_compared_with_equality() -> None:
    fake = FakeJobs()
    Caller(fake).post("run.json", {"project": 1, "spider": "books", "page": 1, "deep": "True"})
    fake.assert_scheduled()
    fake.assert_scheduled(spider=ANY, spider_args={"page": ANY, "deep": True})
    fake.assert_scheduled(spider=IsStr(regex="b.+"), spider_args=IsPartialDict(page="1"))
    with pytest.raises(AssertionError, match=re.escape("spider_args: {'page': '1', 'deep': 'True'} != {'page': '2', 'deep': 'True'}")):
        fake.assert_scheduled(spider_args={"page": 2, "deep": True})


@pytest.mark.parametrize(
    ("verb", "parameters"),
    [
        ("add_project", "project"),
        ("add_spider", "name project spider_id next_job declared"),
        ("add_key", "key user projects"),
        ("start_job", "job"),
        ("finish_job", "job close_reason items"),
        ("cancel_job", "job"),
        ("delete_job", "job"),
        ("update_tags", "job add remove"),
        ("get_job", "key"),
        ("list_jobs", "project spider state has_tag lacks_tag"),
        ("count_jobs", "project spider state has_tag lacks_tag"),
        ("assert_scheduled", "spider project spider_args tags priority units job_settings meta environment"),
        ("assert_not_scheduled", "spider project spider_args tags priority units job_settings meta environment"),
        ("scheduled", "spider project spider_args tags priority units job_settings meta environment"),
        ("assert_called", "endpoint params count"),
        ("assert_tagged", "job add remove"),
        ("dump", "path"),
        ("load", "seed"),
    ],
)
def test_names_of_arguments(verb: str, parameters: str) -> None:
    assert set(parameters.split()) <= set(inspect.signature(getattr(FakeJobs, verb)).parameters)


def test_defaults_of_the_clocks() -> None:
    assert inspect.signature(FakeJobs).parameters["clock"].default == "manual"
    assert inspect.signature(serve).parameters["clock"].default == "real"
    fake = FakeJobs()
    assert abs(fake.clock.now - FakeJobs(clock="real").clock.now) < timedelta(minutes=1)
    assert fake.clock.now == fake.clock.now
    assert fake.clock.now.tzinfo is timezone.utc
    with pytest.raises(UsageError, match=r"clock='slow' is not one of manual, .*real"):
        FakeJobs(clock="slow")


def test_loading_is_all_or_nothing() -> None:
    fake = FakeJobs()
    with pytest.raises(SeedError, match=re.escape("seed[1].add_job: state 'done' is not one of")):
        fake.load([{"add_project": {"project": 1}}, {"add_job": {"spider": "a", "project": 1, "state": "done"}}])
    assert fake.dump() == []
    with pytest.raises(SeedError):
        FakeJobs(seed="nowhere.json")


def test_the_exported_key_stays_good_after_a_reset() -> None:
    fake = FakeJobs(key="exported-key")
    fake.add_key("other")
    fake.reset()
    fake.add_key("third")
    assert Caller(fake, "exported-key").get("scrapyd/listprojects.json").status == 200
    assert Caller(fake, "other").get("scrapyd/listprojects.json").status == 403


def test_what_breaks_inside_the_fake_is_raised_when_it_is_left() -> None:
    fake = FakeJobs()
    behind(fake).cloud.projects.numbers = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    with fake:
        answer = Caller(fake).get("scrapyd/listprojects.json")
        assert (answer.status, answer.json) == (500, {"status": "error", "message": "fakejobs failed: ZeroDivisionError"})
        assert fake.calls[0].status == 500
        left = pytest.raises(RuntimeError, match=re.escape("fakejobs itself failed while it served GET /api/scrapyd/listprojects.json"))
        with left as caught:
            fake.close()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert behind(fake).unseen.defects == []


def test_an_answer_that_cannot_be_written_is_a_defect_as_well() -> None:
    fake = FakeJobs()
    behind(fake).cloud.projects.numbers = lambda: [{1}]  # type: ignore[method-assign,list-item]
    answer = Caller(fake).get("scrapyd/listprojects.json")
    assert (answer.status, answer.json["message"]) == (500, "fakejobs failed: TypeError")
    assert [type(error) for _, error in behind(fake).unseen.defects] == [TypeError]
    assert fake.calls[0].status == 500


def test_public_names() -> None:
    for name in fakejobs.__all__:
        assert getattr(fakejobs, name) is getattr(fakejobs, name)
        assert name in dir(fakejobs)
    assert {"FakeJobs", "serve", "JobKey", "JobState", "UsageError", "SeedError", "AlreadyScheduled"} <= set(fakejobs.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = fakejobs.nothing
    assert fakejobs.JobKey is JobKey


def test_times_are_aware() -> None:
    job = FakeJobs().add_job("a", project=1, state="finished")
    moments: list[Any] = [job.finished_time, FakeJobs().clock.now]
    assert all(isinstance(moment, datetime) and moment.utcoffset() == timedelta(0) for moment in moments)
