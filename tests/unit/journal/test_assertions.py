"""The sentences of a test about what clients did, and what a failed one shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest
from dirty_equals import IsPartialDict

from fakejobs import FakeJobs, UsageError
from fakejobs.fake import behind
from fakejobs.journal import Assertions, Journal
from tests.contract.caller import Caller


def text_of(failure: pytest.ExceptionInfo[AssertionError]) -> str:
    assert type(failure.value) is AssertionError
    return str(failure.value)


def run(client: Caller, spider: str = "books", project: int = 1, **more: Any) -> str:
    pairs = [(name, value) for name, given in more.items() for value in (given if isinstance(given, list) else [given])]
    return str(client.post("run.json", [("project", project), ("spider", spider), *pairs]).json.get("jobid"))


def test_a_test_s_own_verbs_are_not_read(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=1)
    fake.update_tags(job, add=["x"])
    fake.cancel_job(job)
    fake.delete_job(job)
    assert fake.calls == []
    assert fake.scheduled() == []
    fake.assert_not_scheduled()
    sentences: list[Callable[[], Any]] = [
        fake.assert_scheduled,
        lambda: fake.assert_stopped(job),
        lambda: fake.assert_deleted(job),
        lambda: fake.assert_tagged(job),
    ]
    for failing in sentences:
        with pytest.raises(AssertionError, match="no client has called at all"):
            failing()


def test_scheduled_by_every_criterion(fake: FakeJobs, client: Caller) -> None:
    settings: dict[str, Any] = {"job_settings": '{"A": 1}', "meta": '{"m": [1]}', "environment": '{"E": "1"}'}
    key = run(client, page="1", deep="True", add_tag=["b", "a"], priority=3, units=2, cmd_args="--x", **settings)
    run(client, page="2")
    job = fake.assert_scheduled(
        project=1,
        spider="books",
        spider_args={"page": 1, "deep": True},
        tags=["a", "b"],
        priority=3,
        units=2,
        job_settings={"A": 1},
        meta={"m": [1]},
        environment={"E": "1"},
        cmd_args="--x",
    )
    assert job == fake.get_job(key)
    for criteria in (
        {"spider_args": IsPartialDict(deep="True")},
        {"tags": [ANY, "b"]},
        {"priority": 3},
        {"units": 2},
        {"cmd_args": ANY, "meta": {"m": ANY}},
    ):
        assert fake.assert_scheduled(**criteria).key == key
    assert [job.key for job in fake.scheduled(spider="books")] == ["1/1/1", "1/1/2"]
    assert [job.key for job in fake.scheduled(priority=2)] == ["1/1/2"]
    assert fake.scheduled(spider="nooks") == []
    fake.assert_not_scheduled(spider="books", tags=["c"])


def test_what_a_client_asked_for_is_compared_not_what_became_of_it(fake: FakeJobs, client: Caller) -> None:
    job = fake.get_job(run(client, add_tag="x"))
    fake.update_tags(job, add=["y"], remove=["x"])
    assert fake.assert_scheduled(tags=["x"]) == job
    fake.finish_job(job)
    fake.delete_job(job)
    assert fake.assert_scheduled(spider="books").state == "deleted"


def test_a_failure_shows_the_nearest_calls_criterion_by_criterion(fake: FakeJobs, client: Caller) -> None:
    run(client, "quotes", page="2")
    run(client, "books", page="1", add_tag="x")
    run(client, "books", page="3")
    run(client, "nooks", page="2")
    client.get("jobs/list.json", {"project": 1})
    with pytest.raises(AssertionError) as failure:
        fake.assert_scheduled(spider="books", spider_args={"page": 2}, tags=["x"])
    assert text_of(failure).splitlines() == [
        "no client scheduled such a job:",
        "    spider: 'books'",
        "    spider_args: {'page': '2'}",
        "    tags: ['x']",
        "nearest calls:",
        "  #2 POST /api/run.json project=1 spider=books page=1 add_tag=x -> 200 OK [1/2/1]",
        "      spider_args: {'page': '1'} != {'page': '2'}",
        "      agrees: spider, tags",
        "  #4 POST /api/run.json project=1 spider=nooks page=2 -> 200 OK [1/3/1]",
        "      spider: 'nooks' != 'books'",
        "      tags: [] != ['x']",
        "      agrees: spider_args",
        "  #3 POST /api/run.json project=1 spider=books page=3 -> 200 OK [1/2/2]",
        "      spider_args: {'page': '3'} != {'page': '2'}",
        "      tags: [] != ['x']",
        "      agrees: spider",
        "what else was asked:",
        "  #1 POST /api/run.json project=1 spider=quotes page=2 -> 200 OK [1/1/1]",
        "  #5 GET /api/jobs/list.json project=1 -> 200 OK, 4 jobs",
    ]


def test_refused_attempts_are_shown_with_the_refusal(fake: FakeJobs, client: Caller) -> None:
    fake.add_job("books", project=1)
    run(client)
    run(client, priority="9")
    with pytest.raises(AssertionError) as failure:
        fake.assert_scheduled(spider="books", priority=2)
    lines = text_of(failure).splitlines()
    assert "  #1 POST /api/run.json project=1 spider=books -> 400 Bad Request: books already scheduled as 1/1/1" in lines
    assert "      refused: books already scheduled as 1/1/1" in lines
    assert "      priority: '9' != 2" in lines
    assert "      refused: invalid value for priority: 9 (0 to 4)" in lines
    fake.assert_not_scheduled(spider="books")
    assert fake.scheduled() == []


def test_a_refusal_stays_on_its_line(fake: FakeJobs, client: Caller) -> None:
    run(client, page=b"x\n\xff")
    with pytest.raises(AssertionError) as failure:
        fake.assert_scheduled(spider="books", priority=3)
    lines = text_of(failure).splitlines()
    assert len(lines) == 8
    assert all(line.isprintable() for line in lines)


def test_too_many_and_unwanted_jobs(fake: FakeJobs, client: Caller) -> None:
    run(client, page="1")
    run(client, page="2")
    with pytest.raises(AssertionError) as failure:
        fake.assert_scheduled(spider="books")
    assert text_of(failure).splitlines() == [
        "clients scheduled 2 such jobs, wanted exactly one:",
        "    spider: 'books'",
        "such calls:",
        "  #1 POST /api/run.json project=1 spider=books page=1 -> 200 OK [1/1/1]",
        "  #2 POST /api/run.json project=1 spider=books page=2 -> 200 OK [1/1/2]",
        "(name what tells them apart, such as spider_args=; for all of them: fakejobs.scheduled())",
    ]
    with pytest.raises(AssertionError) as failure:
        fake.assert_not_scheduled(spider_args={"page": 2})
    assert text_of(failure).splitlines()[:2] == ["clients scheduled one such job, wanted none:", "    spider_args: {'page': '2'}"]


def test_stopped_deleted_and_tagged(fake: FakeJobs, client: Caller) -> None:
    one, two, over = (fake.add_job("a", project=1, state=state) for state in ("running", "running", "finished"))
    failing: Callable[[], Any]
    for failing in (lambda: fake.assert_stopped(one), lambda: fake.assert_deleted(over), lambda: fake.assert_tagged(one)):
        with pytest.raises(AssertionError, match="no client has called at all"):
            failing()
    client.post("jobs/stop.json", {"project": 1, "job": one.key})
    client.post("jobs/delete.json", [("project", 1), ("job", over.key), ("job", two.key), ("job", "1/1/99")])
    client.post("jobs/update.json", {"project": 1, "spider": "a", "add_tag": "x", "remove_tag": "y"})
    fake.assert_stopped(one)
    fake.assert_stopped("1/1/1")
    fake.assert_deleted(over)
    fake.assert_tagged(one, add=["x"], remove=["y"])
    fake.assert_tagged(two, add=["x"])
    fake.assert_tagged(two.key)
    with pytest.raises(AssertionError, match=r"no client asked to stop 1/1/2 \(a, running\):") as failure:
        fake.assert_stopped(two)
    assert "job: '1/1/1' != '1/1/2'" in text_of(failure)
    with pytest.raises(AssertionError, match=r"no client deleted 1/1/2 \(a, running\):"):
        fake.assert_deleted(two)
    with pytest.raises(AssertionError, match=r"no client deleted 9/9/9 \(there is no such job\):"):
        fake.assert_deleted("9/9/9")
    with pytest.raises(AssertionError, match=r"no client edited the tags of 1/1/1 .* so:") as failure:
        fake.assert_tagged(one, add=["z"], remove=["y"])
    assert "add: ['x'] != ['z']" in text_of(failure)
    assert "agrees: job, remove" in text_of(failure)
    with pytest.raises(AssertionError, match="no client edited the tags of 1/1/3"):
        fake.assert_tagged(over)


def test_stopping_a_job_that_is_over_counts_as_asking(fake: FakeJobs, client: Caller) -> None:
    over = fake.add_job("a", project=1, state="finished")
    client.post("jobs/stop.json", {"project": 1, "job": over.key})
    fake.assert_stopped(over)


@pytest.mark.parametrize("name", ["jobs/list", "jobs/list.json", "jobs/list.jl", "/api/jobs/list.json", "api/jobs/list"])
def test_called_by_any_of_its_names(fake: FakeJobs, client: Caller, name: str) -> None:
    client.get("jobs/list.json", [("project", 1), ("state", "running"), ("state", "pending"), ("count", 3)])
    [call] = fake.assert_called(name)
    assert call is not None
    assert (call.endpoint, call.method, call.status) == ("jobs/list", "GET", 200)
    fake.assert_called(name, params={"project": 1, "state": ["running", "pending"], "count": "3"})
    fake.assert_called(name, params={"project": ANY, "offset": None}, count=1)
    for params in ({"project": 2}, {"state": "running"}, {"count": None}, {"offset": 0}):
        with pytest.raises(AssertionError, match="no client called jobs/list with these parameters:"):
            fake.assert_called(name, params=params)


def test_called_so_often(fake: FakeJobs, client: Caller) -> None:
    assert fake.assert_called("run", count=0) == []
    with pytest.raises(AssertionError, match="no client called run:"):
        fake.assert_called("run")
    client.post("schedule.json", {"project": 1, "spider": "a"})
    client.post("run.json", {"project": 1, "spider": "b"})
    assert len(fake.assert_called("run", count=2)) == len(fake.assert_called("schedule")) == 2
    with pytest.raises(AssertionError) as failure:
        fake.assert_called("run", params={"spider": "a"}, count=2)
    assert text_of(failure).splitlines()[:3] == [
        "clients called run with these parameters once, wanted twice:",
        "    spider: 'a'",
        "such calls:",
    ]


@pytest.mark.parametrize("endpoint", ["", "jobs/lists", None, 5, ["run"], b"run"], ids=repr)
def test_an_endpoint_that_is_not_there(fake: FakeJobs, endpoint: Any) -> None:
    with pytest.raises(UsageError, match=r"there is no endpoint .* \((known: .*jobs/list.*run|did you mean '(jobs/list|run)'\?)"):
        fake.assert_called(endpoint)


@pytest.mark.parametrize(
    "arguments", [{"params": [1]}, {"params": "x"}, {"count": -1}, {"count": "two"}, {"count": 1.5}, {"count": True}], ids=repr
)
def test_arguments_of_assert_called(fake: FakeJobs, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        fake.assert_called("run", **arguments)


@pytest.mark.parametrize("job", [None, 5, "1/1", [], {}], ids=repr)
def test_jobs_that_are_none(fake: FakeJobs, job: Any) -> None:
    for verb in (fake.assert_stopped, fake.assert_deleted, fake.assert_tagged):
        with pytest.raises(UsageError, match="names no job"):
            verb(job)


def test_other_calls_are_listed_up_to_a_limit(fake: FakeJobs, client: Caller) -> None:
    for number in range(25):
        client.get("jobs/count.json", {"project": number})
    with pytest.raises(AssertionError) as failure:
        fake.assert_scheduled()
    lines = text_of(failure).splitlines()
    assert lines[:3] == ["no client scheduled such a job:", "what was asked:", "  … 5 earlier ones"]
    assert len(lines) == 23


def short_memory(fake: FakeJobs, kept: int) -> None:
    behind(fake).journal = fake._journal = Journal(behind(fake).cloud.now_ms, kept)
    fake._assertions = Assertions(behind(fake).cloud, fake._journal, lambda: ["run", "jobs/list"])


def test_an_assertion_that_needs_a_dropped_call_says_so(fake: FakeJobs, client: Caller) -> None:
    short_memory(fake, 2)
    run(client, page="1")
    run(client, page="2")
    fake.assert_scheduled(spider_args={"page": 1})
    run(client, page="3")
    assert [job.spider_args["page"] for job in fake.scheduled()] == ["2", "3"]
    sentences: dict[str, Callable[[], Any]] = {
        "that exactly one such job was scheduled": lambda: fake.assert_scheduled(spider_args={"page": 2}),
        "that no such job was scheduled": lambda: fake.assert_not_scheduled(spider="nobody"),
        "how often run was called": lambda: fake.assert_called("run", count=2),
    }
    for wanted, failing in sentences.items():
        with pytest.raises(AssertionError) as failure:
            failing()
        assert text_of(failure) == f"cannot say {wanted}: of the calls that count, the oldest 1 are not kept any more"
    with pytest.raises(AssertionError, match="the oldest 1 calls are not kept any more and were not looked at"):
        fake.assert_scheduled(spider_args={"page": 1})


def test_dropped_calls_that_do_not_count_do_not_matter(fake: FakeJobs, client: Caller) -> None:
    short_memory(fake, 2)
    for _ in range(5):
        client.get("jobs/list.json", {"project": 1})
    run(client)
    fake.assert_scheduled(spider="books")
    fake.assert_not_scheduled(spider="nooks")
    fake.assert_called("run", count=1)
    with pytest.raises(AssertionError, match="how often jobs/list was called"):
        fake.assert_called("jobs/list", count=1)


def test_calls_are_a_list_and_carry_masked_keys(fake: FakeJobs, client: Caller) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    Caller(fake, secret).get("jobs/list.json", {"project": 1})
    Caller(fake, None).get("jobs/list.json", {"project": 1, "apikey": secret})
    Caller(fake, None).post("run.json", {"project": 1, "spider": "a", "apikey": secret})
    fake.add_key(secret, user="ann")
    Caller(fake, secret).get("jobs/list.json", {"project": "x"})
    Caller(fake, "unknown" * 4).get("jobs/list.json", {"project": 1})
    calls = fake.calls
    assert isinstance(calls, list)
    assert [call.key for call in calls] == ["****cdef", "****cdef", "****cdef", "**** (ann)", "****nown"]
    assert [call.status for call in calls] == [200, 200, 200, 400, 403]
    assert secret not in "".join(f"{call!r} {call}" for call in calls)
    assert all("apikey" not in (call.params or {}) for call in calls)
    assert "spider_args={}" in repr(calls[2].orders)
