"""scrapinghub.ScrapinghubClient: what of it reaches dash, unmodified; how it encodes, and which exceptions come of refusals."""

from __future__ import annotations

from typing import Any

import pytest
from scrapinghub import ScrapinghubClient
from scrapinghub.client.exceptions import BadRequest, DuplicateJobError, ServerError, Unauthorized

from fakejobs import FakeJobs
from tests.clients.conftest import close


def test_projects(fake: FakeJobs, client: ScrapinghubClient) -> None:
    fake.add_project(7)
    fake.add_job("books", project=3)
    assert client.projects.list() == [3, 7]
    assert list(client.projects.iter()) == [3, 7]


def test_run(fake: FakeJobs, client: ScrapinghubClient) -> None:
    job = client.get_project(123).jobs.run("books")
    assert job.key == "123/1/1"
    assert fake.assert_scheduled(project=123, spider="books", spider_args={}, tags=[], priority=2, units=1).key == job.key
    assert fake.calls[0].path == "/api/run.json"


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"job_args": {"page": "2", "lang": "fr"}}, {"spider_args": {"page": "2", "lang": "fr"}}),
        ({"job_args": {"page": 2, "deep": True, "ratio": 0.5}}, {"spider_args": {"page": "2", "deep": "True", "ratio": "0.5"}}),
        ({"job_args": {"none": None}}, {"spider_args": {}}),
        ({"job_args": {"empty": ""}}, {"spider_args": {"empty": ""}}),
        ({"job_args": {"many": ["a", "b"]}}, {"spider_args": {"many": "b"}}),
        ({"job_args": {"q": "a&b=c d+e%20\u00e9\u65e5\U0001f600"}}, {"spider_args": {"q": "a&b=c d+e%20\u00e9\u65e5\U0001f600"}}),
        ({"job_args": {"\u00fcber key": "x"}}, {"spider_args": {"\u00fcber key": "x"}}),
        ({"job_args": {"page": "1"}, "page": "2"}, {"spider_args": {"page": "2"}}),
        ({"add_tag": "one"}, {"tags": ["one"]}),
        ({"add_tag": ["b", "a", "\u00e9"]}, {"tags": ["b", "a", "\u00e9"]}),
        ({"add_tag": []}, {"tags": []}),
        ({"priority": 0}, {"priority": 0}),
        ({"priority": 4, "units": 6}, {"priority": 4, "units": 6}),
        ({"meta": {"a": {"b": [1, None, True]}}}, {"meta": {"a": {"b": [1, None, True]}}}),
        ({"meta": {}, "job_settings": {}, "environment": {}}, {"meta": {}, "job_settings": {}, "environment": {}}),
        ({"meta": {"state": "running"}}, {"state": "running", "meta": {}}),
        ({"job_settings": {"DOWNLOAD_DELAY": 0.5, "X": "\u00e9"}}, {"job_settings": {"DOWNLOAD_DELAY": 0.5, "X": "\u00e9"}}),
        ({"environment": {"TOKEN": "t", "N": "1"}}, {"environment": {"TOKEN": "t", "N": "1"}}),
        ({"cmd_args": "--name 'two words' x"}, {"cmd_args": "--name 'two words' x"}),
    ],
)
def test_run_encodings(fake: FakeJobs, client: ScrapinghubClient, asked: dict[str, Any], kept: dict[str, Any]) -> None:
    key = client.get_project(123).jobs.run("books", **asked).key
    job = fake.get_job(key)
    assert {name: getattr(job, name) for name in kept} == kept
    fake.assert_scheduled(spider="books", **{name: value for name, value in kept.items() if name not in ("state", "meta")})


def test_a_duplicate_is_a_duplicate_job_error(fake: FakeJobs, client: ScrapinghubClient) -> None:
    jobs = client.get_project(123).jobs
    jobs.run("books", job_args={"page": "1"})
    with pytest.raises(DuplicateJobError, match="books already scheduled"):
        jobs.run("books", job_args={"page": "1"}, add_tag="other", priority=4)
    assert jobs.run("books", job_args={"page": "2"}).key == "123/1/3"
    fake.finish_job("123/1/1")
    assert jobs.run("books", job_args={"page": "1"}).key == "123/1/4"


def test_tags_of_a_spiders_jobs(fake: FakeJobs, client: ScrapinghubClient) -> None:
    for state in ("pending", "running", "finished", "deleted"):
        fake.add_job("books", project=123, state=state, tags=["old"])
    assert client.get_project(123).jobs.update_tags(add=["new", "newer"], remove=["old"], spider="books") == 3
    assert [job.tags for job in fake.list_jobs()] == [["new", "newer"]] * 3
    assert client.get_project(123).jobs.update_tags(add=["x"], spider="nobody") == 0


def test_tags_of_one_job(fake: FakeJobs, client: ScrapinghubClient) -> None:
    job = fake.add_job("books", project=123, tags=["a"])
    client.get_job(job.key).update_tags(add=["b"], remove=["a"])
    assert job.tags == ["b"]
    fake.assert_tagged(job, add=["b"], remove=["a"])
    with pytest.raises(BadRequest, match="No update modifiers provided"):
        client.get_job(job.key).update_tags()


def test_spiders(fake: FakeJobs, client: ScrapinghubClient) -> None:
    fake.add_spider("books", project=123)
    fake.add_job("films", project=123)
    assert [spider["id"] for spider in client.get_project(123).spiders.list()] == ["books", "films"]


def test_a_bad_key_is_unauthorized(fake: FakeJobs) -> None:
    fake.add_key("good")
    client = ScrapinghubClient("bad", dash_endpoint=fake.api_url, endpoint=f"{fake.url}/")
    with pytest.raises(Unauthorized, match="Authentication failed"):
        client.projects.list()
    with pytest.raises(Unauthorized, match="Authentication failed"):
        client.get_project(1).jobs.run("books")
    fake.assert_not_scheduled()
    close(client)


def test_a_foreign_project_is_a_bad_request(fake: FakeJobs, client: ScrapinghubClient) -> None:
    fake.add_key(fake.key, user="ann", projects=[1])
    with pytest.raises(BadRequest, match="User 'ann' doesn't have access to project 2"):
        client.get_project(2).jobs.run("books")
    assert client.projects.list() == [1]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"priority": 9}, "invalid value for priority: 9"),
        ({"units": 7}, "invalid value for units: 7"),
        pytest.param({"meta": {"state": "deleted"}}, "invalid value for meta: ", marks=pytest.mark.wrong_on_purpose),
    ],
)
def test_a_bad_value_is_a_bad_request_that_names_it(fake: FakeJobs, client: ScrapinghubClient, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        client.get_project(1).jobs.run("books", **asked)
    assert fake.list_jobs() == []


def test_an_undeclared_spider_of_a_closed_project_is_a_bad_request(fake: FakeJobs, client: ScrapinghubClient) -> None:
    fake.add_spider("books", project=1)
    with pytest.raises(BadRequest, match="films"):
        client.get_project(1).jobs.run("films")


def test_what_is_not_faked_is_a_server_error_and_named_in_the_journal(fake: FakeJobs, client: ScrapinghubClient) -> None:
    with pytest.raises(ServerError):
        client._connection._get("as_spider_properties", "json", {"project": 1})
    [call] = fake.calls
    assert (call.status, call.failure) == (501, "not faked yet: GET /api/as/spider-properties.json (reading spider properties)")


def test_without_arguments_it_reaches_the_fixture(fakejobs: FakeJobs) -> None:
    client = ScrapinghubClient()
    job = client.get_project(123).jobs.run("books", job_args={"page": 1})
    assert fakejobs.assert_scheduled(spider="books", spider_args={"page": 1}).key == job.key
    close(client)
