"""What a failed sentence says in each situation: word for word, so that a stranger can go on from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest

from fakejobs import FakeJobs, UsageError
from fakejobs.journal.differences import differences, told
from tests.contract.caller import Caller

SECRET = "0123456789abcdef0123456789abcdef"


def failure_of(sentence: Callable[[], Any]) -> list[str]:
    """Return the lines of a sentence that is not true."""
    with pytest.raises(AssertionError) as failure:
        sentence()
    return str(failure.value).splitlines()


def run(client: Caller, spider: str = "books", project: int = 123, **more: Any) -> None:
    pairs = [(name, value) for name, given in more.items() for value in (given if isinstance(given, list) else [given])]
    client.post("run.json", [("project", project), ("spider", spider), *pairs])


# ------------------------------------------------------------ what was scheduled


def test_a_spider_that_is_misspelled(fake: FakeJobs, client: Caller) -> None:
    run(client)
    assert failure_of(lambda: fake.assert_scheduled("bokos")) == [
        "no client scheduled such a job:",
        "    spider: 'bokos' (clients asked for 'books')",
        "the nearest call:",
        "  #1 POST /api/run.json project=123 spider=books -> 200 OK [123/1/1]",
        "      spider: 'books' != 'bokos'",
    ]


def test_another_project(fake: FakeJobs, client: Caller) -> None:
    run(client)
    assert failure_of(lambda: fake.assert_scheduled("books", project=124))[-2:] == ["      project: 123 != 124", "      agrees: spider"]


def test_arguments_one_by_one(fake: FakeJobs, client: Caller) -> None:
    run(client, page="2", lang="en")
    lines = failure_of(lambda: fake.assert_scheduled(spider_args={"page": 3, "deep": True, "lang": "en"}))
    assert lines[-3:] == [
        "      spider_args: {'page': '2', 'lang': 'en'} != {'page': '3', 'deep': 'True', 'lang': 'en'}",
        "          .page: '2' != '3'",
        "          .deep: nothing != 'True'",
    ]


def test_arguments_that_came_besides(fake: FakeJobs, client: Caller) -> None:
    run(client, page="2", lang="en")
    assert failure_of(lambda: fake.assert_scheduled(spider_args={"page": 2}))[-2:] == [
        "          .lang: 'en' != nothing",
        "          spider_args is compared as a whole; name its other fields too, or use a matcher such as IsPartialDict",
    ]


def test_a_list_argument_that_came_as_repeated_fields(fake: FakeJobs, client: Caller) -> None:
    run(client, urls=["a", "b", "c"])
    assert failure_of(lambda: fake.assert_scheduled(spider_args={"urls": ["a", "b", "c"]}))[-2:] == [
        "      spider_args: {'urls': 'c'} != {'urls': ['a', 'b', 'c']}",
        "      urls came 3 times, as a list is sent in a form, and the last one counts: send one text, such as JSON",
    ]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (None, "no key came along"),
        ("x" * 28 + "nown", "the key ****nown is not known here; known: ****jobs, **** (ann)"),
        ("123/1/1:token", "a job's token opens only that job's own data, and only while it runs"),
    ],
)
def test_a_wrong_key(fake: FakeJobs, key: str | None, why: str) -> None:
    fake.add_key(SECRET, user="ann", projects=[5, 6])
    run(Caller(fake, key))
    lines = failure_of(lambda: fake.assert_scheduled("books"))
    assert f"      refused: Authentication failed ({why})" in lines
    assert f"-> 403 FORBIDDEN: Authentication failed ({why})" in str(fake.calls[0])


def test_a_key_of_other_projects(fake: FakeJobs) -> None:
    fake.add_key(SECRET, user="ann", projects=[6, 5])
    run(Caller(fake, SECRET))
    assert failure_of(lambda: fake.assert_scheduled("books"))[-1] == (
        "      refused: User 'ann' doesn't have access to project 123 (the key opens projects 5, 6)"
    )


# ------------------------------------------------------------ what was done


def test_deleting_a_running_job(fake: FakeJobs, client: Caller) -> None:
    job = fake.add_job("books", project=123, state="running")
    client.post("jobs/delete.json", {"project": 123, "job": job.key})
    assert failure_of(lambda: fake.assert_deleted(job)) == [
        "no client deleted 123/1/1 (books, running):",
        "    job: '123/1/1'",
        "the nearest call:",
        "  #1 POST /api/jobs/delete.json project=123 job=123/1/1 -> 200 OK (123/1/1 is running: only finished jobs are deleted)",
        "      the call named 123/1/1, but it is running: only finished jobs are deleted",
    ]
    fake.finish_job(job)
    assert failure_of(lambda: fake.assert_deleted(job))[-1].endswith("only finished jobs are deleted (so it was then; now it is finished)")


def test_stopping_in_another_project(fake: FakeJobs, client: Caller) -> None:
    job = fake.add_job("books", project=123, state="running")
    fake.add_project(124)
    client.post("jobs/stop.json", {"project": 124, "job": job.key})
    told = "the call named 123/1/1, but it is a job of project 123, and the call is about project 124"
    assert f"      {told}" in failure_of(lambda: fake.assert_stopped(job))
    assert f"      {told}" in failure_of(lambda: fake.assert_cancelled(job))


def test_tagging_a_deleted_job(fake: FakeJobs, client: Caller) -> None:
    job = fake.add_job("books", project=123, state="finished")
    fake.delete_job(job)
    client.post("jobs/update.json", {"project": 123, "job": job.key, "add_tag": "x"})
    lines = failure_of(lambda: fake.assert_tagged(job, add=["x"]))
    assert lines[0] == "no client edited the tags of 123/1/1 (books, deleted) so:"
    assert lines[-2:] == ["      the call named 123/1/1, but it is deleted", "      agrees: add"]


def test_a_call_that_was_refused(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=123, state="running")
    fake.add_key(SECRET, user="ann")
    Caller(fake, "unknown").post("jobs/stop.json", {"project": 123, "job": job.key})
    assert failure_of(lambda: fake.assert_stopped(job))[-1] == (
        "      the call named 123/1/1, but was refused: Authentication failed (the key **** is not known here; known: ****jobs, **** (ann))"
    )


def test_a_key_with_another_project(fake: FakeJobs, client: Caller) -> None:
    fake.add_job("books", project=123, state="running")
    client.post("jobs/stop.json", {"project": 123, "job": "123/1/1"})
    lines = failure_of(lambda: fake.assert_stopped("124/1/1"))
    assert lines[0] == "no client asked to stop 124/1/1 (there is no such job, but 123/1/1: books, running):"
    assert lines[-1] == "      job: '123/1/1' != '124/1/1'"


# ------------------------------------------------------------ what was called


@pytest.mark.parametrize(
    ("made", "arguments", "headline"),
    [
        (0, {}, "no client called run:"),
        (1, {"params": {"spider": "x"}}, "no client called run with these parameters:"),
        (1, {"status": 503}, "no client called run with this status:"),
        (1, {"params": {"spider": "x"}, "status": 503}, "no client called run with these parameters and this status:"),
        (1, {"count": 2}, "clients called run once, wanted twice:"),
        (2, {"count": 1}, "clients called run twice, wanted once:"),
        (3, {"count": 0}, "clients called run 3 times, wanted never:"),
        (0, {"count": 3}, "clients never called run, wanted 3 times:"),
        (2, {"count": 4, "params": {"spider": "books"}}, "clients called run with these parameters twice, wanted 4 times:"),
    ],
)
def test_how_often(fake: FakeJobs, client: Caller, made: int, arguments: dict[str, Any], headline: str) -> None:
    for number in range(made):
        run(client, page=number)
    assert failure_of(lambda: fake.assert_called("run", **arguments))[0] == headline


def test_the_status_of_an_answer(fake: FakeJobs, client: Caller) -> None:
    run(client)
    run(client)
    [refused] = fake.assert_called("run", status=400)
    assert refused.number == 2
    assert len(fake.assert_called("run", params={"spider": "books"}, status=200, count=1)) == 1
    assert "      status of the answer: 200 != 503" in failure_of(lambda: fake.assert_called("run", status=503))
    for status in (99, 600, "x", True):
        with pytest.raises(UsageError, match="status="):
            fake.assert_called("run", status=status)  # type: ignore[arg-type]


def test_a_parameter_under_another_name(fake: FakeJobs, client: Caller) -> None:
    client.get("jobs/list.json", {"project": 123, "has_tag": "a"})
    assert failure_of(lambda: fake.assert_called("jobs/list", params={"hastag": "a", "project": 123}))[-3:] == [
        "      hastag: absent != 'a'",
        "      it has 'has_tag', not 'hastag'",
        "      agrees: project",
    ]


def test_not_called(fake: FakeJobs, client: Caller) -> None:
    run(client)
    fake.assert_not_called("jobs/delete")
    fake.assert_not_called("run", params={"spider": "films"})
    assert failure_of(lambda: fake.assert_not_called("run", params={"spider": "books"})) == [
        "clients called run with these parameters once, wanted never:",
        "    spider: 'books'",
        "such calls:",
        "  #1 POST /api/run.json project=123 spider=books -> 200 OK [123/1/1]",
    ]
    with pytest.raises(UsageError, match="there is no endpoint 'jobs/lists'"):
        fake.assert_not_called("jobs/lists")


def test_calls_in_their_order(fake: FakeJobs, client: Caller) -> None:
    run(client)
    client.get("jobs/list.json", {"project": 123})
    client.post("jobs/stop.json", {"project": 123, "job": "123/1/1"})
    assert [call.number for call in fake.assert_called_in_order("run", "jobs/stop")] == [1, 3]
    steps = (("run", {"spider": ANY}), "jobs/list.json", ["jobs/stop", {"job": "123/1/1"}])
    assert [call.number for call in fake.assert_called_in_order(*steps)] == [1, 2, 3]


def test_calls_out_of_order(fake: FakeJobs, client: Caller) -> None:
    fake.add_job("toys", project=124)
    client.get("jobs/list.json", {"project": 124})
    run(client)
    client.post("jobs/stop.json", {"project": 123, "job": "123/1/1"})
    assert failure_of(lambda: fake.assert_called_in_order("run", "jobs/list", "jobs/stop")) == [
        "clients did not make these calls in this order: after #2, call 2 of 3 did not come:",
        "    1. run: came: #2 POST /api/run.json project=123 spider=books -> 200 OK [123/1/1]",
        "    2. jobs/list: did not come",
        "    3. jobs/stop: not looked for",
        "it came before, and not after: #1 GET /api/jobs/list.json project=124 -> 200 OK, 1 job",
        "what came after #2 instead:",
        "  #3 POST /api/jobs/stop.json project=123 job=123/1/1 -> 200 OK [123/1/1]",
    ]


def test_a_call_in_order_with_other_parameters(fake: FakeJobs, client: Caller) -> None:
    run(client)
    run(client, "films")
    lines = failure_of(lambda: fake.assert_called_in_order("run", ("run", {"spider": "songs"})))
    assert lines[2:6] == [
        "    2. run with spider: 'songs': did not come",
        "the nearest that came:",
        "  #2 POST /api/run.json project=123 spider=films -> 200 OK [123/2/1]",
        "      spider: 'films' != 'songs'",
    ]
    assert failure_of(lambda: fake.assert_called_in_order("run", "run", "run"))[-1] == "nothing came after #2"
    assert failure_of(lambda: FakeJobs().assert_called_in_order("run"))[-1] == "no client has called at all"


@pytest.mark.parametrize("steps", [(), (5,), (("run",),), (("run", {}, 1),), (("run", "x"),), ("runs",)], ids=repr)
def test_steps_that_are_none(fake: FakeJobs, steps: tuple[Any, ...]) -> None:
    with pytest.raises(UsageError):
        fake.assert_called_in_order(*steps)


# ------------------------------------------------------------ what a job holds


def test_items_field_by_field(fake: FakeJobs) -> None:
    items = [{"title": "A", "price": 1, "offers": [{"by": "x"}, {"by": "y"}]}, {"title": "B", "odd key": 1}, {"title": "C"}]
    job = fake.add_job("books", project=123, state="finished", items=items)
    wanted = [{"title": "A", "price": 2, "offers": [{"by": "x"}, {"by": "z"}]}, {"title": "B", "new": 1}, {"title": ANY}]
    assert failure_of(lambda: fake.assert_items(job, wanted)) == [
        "123/1/1 (books, finished) has other items than those wanted:",
        "    item 0 .price: 1 != 2",
        "    item 0 .offers[1].by: 'y' != 'z'",
        "    item 1 .new: nothing != 1",
        "    item 1 ['odd key']: 1 != nothing",
    ]


def test_too_few_items_and_none(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=123, state="finished", items=[{"n": 1}])
    assert failure_of(lambda: fake.assert_items(job, [{"n": 1}, {"n": 2}])) == [
        "123/1/1 (books, finished) has 1 item, wanted 2:",
        "    item 1: nothing != {'n': 2}",
    ]
    assert failure_of(lambda: fake.assert_items(job, []))[0] == "123/1/1 (books, finished) has 1 item, wanted none:"


def test_a_counter_alone(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=123, state="finished", items=10)
    assert failure_of(lambda: fake.assert_items(job, [{"n": 1}])) == [
        "123/1/1 (books, finished) has no items, wanted 1:",
        "    item 0: nothing != {'n': 1}",
        "    items=10 set the counter alone, and there are no records: give a list of items, or call add_items()",
    ]
    fake.add_items(job, [{"n": 2}])
    assert failure_of(lambda: fake.assert_items(job, [{"n": 1}]))[-1] == (
        "    the job's counter says 10 items: it was set by itself, and does not follow the records"
    )


def test_metadata_of_another_name(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=123, state="running", job_settings={"A": 1, "B": {"c": 2}})
    assert failure_of(lambda: fake.assert_metadata(job, stat="running", job_settings={"A": 1, "B": {"c": 3}}))[1:4] == [
        "    stat: None != 'running' (did you mean 'state'?)",
        "    job_settings: {'A': 1, 'B': {'c': 2}} != {'A': 1, 'B': {'c': 3}}",
        "        .B.c: 2 != 3",
    ]


def test_long_texts_from_where_they_part() -> None:
    one, other = "x" * 100 + "a" + "y" * 200, "x" * 100 + "b" + "y" * 200
    [text] = told([*differences({"t": one}, {"t": other})])
    assert text == f".t: …'{'x' * 20}a{'y' * 99}'… != …'{'x' * 20}b{'y' * 99}'… (from character 100 on)"
    assert told([*differences({"t": "x" * 60}, {"t": "x" * 61})]) == [
        f".t: …'{'x' * 20}' != …'{'x' * 21}' (from character 60 on)",
    ]


def test_many_differences_are_counted() -> None:
    assert told([*differences({}, {str(number): 1 for number in range(7)})])[-1] == "… and 2 more"


@pytest.mark.parametrize(
    "sentence", ["assert_scheduled('x')", "assert_called('run', count=2)", "assert_called('nothing')", "assert_tagged('1/1/1', add='x')"]
)
def test_the_place_of_a_failure_is_the_line_of_the_test(sentence: str, fake: FakeJobs) -> None:
    """Every frame of ours between the test and what is raised is hidden."""
    with pytest.raises((AssertionError, UsageError)) as failure:
        eval(f"fake.{sentence}", {"fake": fake})
    shown = failure.traceback.filter(failure)
    assert all("fakejobs/journal" not in str(entry.path) and "fakejobs/verbs" not in str(entry.path) for entry in shown)
