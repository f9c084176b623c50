"""scrapinghub.Connection: everything it does with jobs, unmodified, on dash."""

from __future__ import annotations

import pytest
from scrapinghub import APIError, Connection

from fakejobs import FakeJobs


def test_project_ids(fake: FakeJobs, legacy: Connection) -> None:
    assert legacy.project_ids() == []
    fake.add_project(7)
    fake.add_job("books", project=3)
    assert legacy.project_ids() == [3, 7]


def test_schedule(fake: FakeJobs, legacy: Connection) -> None:
    key = legacy[123].schedule("books", page="2", add_tag=["a", "b"], priority=4)
    assert key == "123/1/1"
    job = fake.assert_scheduled(project=123, spider="books", spider_args={"page": 2}, tags=["b", "a"], priority=4)
    assert (job.key, job.state, job.tags) == (key, "pending", ["a", "b"])
    assert fake.calls[0].path == "/api/schedule.json"


def test_a_duplicate_is_refused_and_burns_a_number(fake: FakeJobs, legacy: Connection) -> None:
    legacy[123].schedule("books")
    with pytest.raises(APIError, match="books already scheduled") as refused:
        legacy[123].schedule("books")
    assert refused.value._type == APIError.ERR_BAD_REQUEST
    assert legacy[123].schedule("books", page="2") == "123/1/3"


def test_spiders(fake: FakeJobs, legacy: Connection) -> None:
    fake.add_spider("books", project=123)
    fake.add_spider("films", project=123)
    assert [spider["id"] for spider in legacy[123].spiders()] == ["books", "films"]
    assert legacy[123].spiders()[0] == {"id": "books", "tags": [], "type": "manual", "version": None}


def test_jobs_are_iterated_newest_first_and_running_before_finished(fake: FakeJobs, legacy: Connection) -> None:
    for state in ("finished", "running", "finished", "deleted"):
        fake.add_job("books", project=123, state=state)
    assert [job.id for job in legacy[123].jobs()] == ["123/1/2", "123/1/3", "123/1/1"]
    assert [job.id for job in legacy[123].jobs(state="finished", count=1)] == ["123/1/3"]
    assert [job.id for job in legacy[123].jobs(state=["running", "deleted"])] == ["123/1/2", "123/1/4"]
    assert [job.id for job in legacy[123].jobs(offset=1)] == ["123/1/3", "123/1/1"]


def test_jobs_by_spider_and_tags(fake: FakeJobs, legacy: Connection) -> None:
    fake.add_job("books", project=123, tags=["a"])
    fake.add_job("books", project=123, tags=["b"])
    fake.add_job("films", project=123)
    project = legacy[123]
    assert {job.id for job in project.jobs(spider="books")} == {"123/1/1", "123/1/2"}
    assert {job.id for job in project.jobs(has_tag=["a", "b"])} == {"123/1/1", "123/1/2"}
    assert {job.id for job in project.jobs(lacks_tag=["a", "b"])} == {"123/2/1"}
    assert list(project.jobs(spider="nobody")) == []


def test_count(fake: FakeJobs, legacy: Connection) -> None:
    for number in range(3):
        fake.add_job("books", project=123, state="finished", spider_args={"n": number})
    fake.add_job("books", project=123)
    assert legacy[123].jobs().count() == 4
    assert legacy[123].jobs(state="finished", count=1).count() == 3


def test_the_row_of_one_job(fake: FakeJobs, legacy: Connection) -> None:
    fake.add_job("books", project=123)
    job = fake.add_job("books", project=123, state="finished", spider_args={"page": "2"}, tags=["a"], items=10, pages=12, errors=1, logs=29)
    found = legacy[123].job(job.key)
    assert found.id == "123/1/2"
    assert found.info["state"] == "finished"
    assert found.info["spider_args"] == {"page": "2"}
    assert (found.info["items_scraped"], found.info["responses_received"], found.info["errors_count"]) == (10, 12, 1)
    assert legacy[123].job("123/1/99") is None


def test_a_job_is_tagged_stopped_and_deleted(fake: FakeJobs, legacy: Connection) -> None:
    job = fake.add_job("books", project=123, state="running", tags=["a"])
    found = legacy[123].job(job.key)
    assert found.update(add_tag=["b", "c"], remove_tag="a") == 1
    fake.assert_tagged(job, add=["c", "b"], remove=["a"])
    assert job.tags == ["b", "c"]
    assert found.delete() == 0
    assert found.stop() is True
    fake.assert_stopped(job)
    assert (job.state, job.cancel_requested) == ("running", True)
    fake.finish_job(job)
    assert job.close_reason == "cancelled"
    assert found.delete() == 1
    fake.assert_deleted(job)
    assert job.state == "deleted"
    assert list(legacy[123].jobs()) == []


def test_many_jobs_at_once(fake: FakeJobs, legacy: Connection) -> None:
    for _ in range(3):
        fake.add_job("books", project=123)
    fake.add_job("films", project=123, state="finished")
    assert legacy[123].jobs(spider="books").update(add_tag="seen") == 3
    assert legacy[123].jobs(has_tag="seen").count() == 3
    legacy[123].jobs(spider="books").stop()
    assert {job.state for job in fake.list_jobs(spider="books")} == {"finished"}
    legacy[123].jobs(state="finished").delete()
    assert fake.list_jobs() == []
    assert len([call for call in fake.calls if call.endpoint == "jobs/delete"]) == 4


def test_an_update_without_filter_or_modifier_is_refused(fake: FakeJobs, legacy: Connection) -> None:
    with pytest.raises(APIError, match="No query filters provided"):
        legacy[123].jobs().update(add_tag="seen")
    with pytest.raises(APIError, match="No update modifiers provided"):
        legacy[123].jobs(spider="books").update()


def test_a_bad_key_is_an_authentication_error(fake: FakeJobs) -> None:
    fake.add_key("good")
    connection = Connection("bad", url=fake.api_url)
    with pytest.raises(APIError, match="Authentication failed") as refused:
        connection.project_ids()
    assert refused.value._type == APIError.ERR_AUTH_ERROR
    connection._session.close()


def test_a_foreign_project_is_a_bad_request(fake: FakeJobs, legacy: Connection) -> None:
    fake.add_key(fake.key, user="ann", projects=[1])
    with pytest.raises(APIError, match="User 'ann' doesn't have access to project 2") as refused:
        legacy[2].schedule("books")
    assert refused.value._type == APIError.ERR_BAD_REQUEST
    assert legacy.project_ids() == [1]


def test_without_arguments_it_reaches_the_fixture(fakejobs: FakeJobs) -> None:
    connection = Connection()
    assert connection[123].schedule("books") == "123/1/1"
    fakejobs.assert_scheduled(spider="books")
    connection._session.close()
