"""The rules of the lint: what each one finds, and the request next to it that is fine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from fakejobs import FakeJobs, UsageError
from fakejobs.dash.endpoints import ENDPOINTS
from fakejobs.lint.bounds import LONG, MANY
from fakejobs.lint.findings import MOST_TOLD, Code, Finding, told
from fakejobs.lint.mode import LintMode
from fakejobs.lint.names import MEANT
from fakejobs.lint.rules import RULES
from fakejobs.storage.queue.endpoints import ENDPOINTS as QUEUE
from fakejobs.web.params import schema_of
from tests.contract.caller import FORM, Caller, form

P = ("project", 123)
RUN = (P, ("spider", "books"))
LIST = "jobs/list.json"


def a_fake() -> FakeJobs:
    """Return a fake of a project with the spiders books, whose number is 1, and films, and a finished job of the former."""
    fake = FakeJobs()
    fake.add_job("books", project=123, state="finished", tags=["x,y"])
    fake.add_spider("films", project=123, declared=False)
    return fake


def found_in(method: str, path: str, pairs: Any, **more: Any) -> list[Finding]:
    """Return what is found in one call."""
    fake = a_fake()
    caller = Caller(fake)
    if method == "GET":
        caller.get(path, pairs, **more)
    else:
        caller.post(path, pairs, **more)
    return fake.lint


LOUD: list[Any] = [
    ("GET", "jobs/list.json", [P, ("has_tag", "a,b")], Code.TAGS_IN_ONE, "has_tag=a has_tag=b, each as a parameter of its own"),
    ("GET", "jobs/count.json", [P, ("lacks_tag", "a, b")], Code.TAGS_IN_ONE, "lacks_tag=a lacks_tag=b, each as a parameter of its own"),
    ("GET", "/jobq/123/list", [("has_tag", "a,b")], Code.TAGS_IN_ONE, "has_tag=a has_tag=b, each as a parameter of its own"),
    ("POST", "jobs/update.json", [P, ("has_tag", "a,b"), ("add_tag", "c")], Code.TAGS_IN_ONE, "has_tag=a *"),
    ("POST", "run.json", [*RUN, ("add_tag", '["a", "b"]')], Code.TAGS_AS_LIST, "add_tag=a add_tag=b, each as a parameter of its own"),
    ("POST", "run.json", [*RUN, ("add_tag", "['a']")], Code.TAGS_AS_LIST, "add_tag=a"),
    ("POST", "run.json", [*RUN, ("add_tag", "[]")], Code.TAGS_AS_LIST, "no add_tag at all"),
    ("GET", "jobs/list.json", [P, ("has_tag", '["a","b"]')], Code.TAGS_AS_LIST, "has_tag=a has_tag=b, each as a parameter of its own"),
    ("GET", "jobs/list.json", [P, ("has_tag", "('a', 'b')")], Code.TAGS_AS_LIST, "has_tag=a has_tag=b, *"),
    ("POST", "jobs/update.json", [P, ("job", "123/1/1"), ("remove_tag", '["a"]')], Code.TAGS_AS_LIST, "remove_tag=a"),
    (
        "POST",
        "run.json",
        [*RUN, ("add_tag[0]", "a"), ("add_tag[1]", "b")],
        Code.ARRAY_NAME,
        "add_tag=... without brackets, *",
    ),
    ("POST", "run.json", [*RUN, ("job_settings[A]", "1")], Code.ARRAY_NAME, "job_settings as one value, without brackets"),
    ("POST", "run.json", [*RUN, ("spider_args[page]", "1")], Code.ARRAY_NAME, "page=..., each argument as a parameter of its own"),
    ("POST", "jobs/stop.json", [P, ("job", "123/1/1"), ("job[]", "123/1/2")], Code.ARRAY_NAME, "job=... without brackets, *"),
    ("GET", "jobs/list.json", [P, ("state[]", "running")], Code.ARRAY_NAME, "state=... without brackets, *"),
    ("POST", "run.json", [*RUN, ("spider_args", '{"page": 2, "q": "x"}')], Code.ARGUMENTS_IN_ONE, "page=2 q=x, each argument as *"),
    ("POST", "run.json", [*RUN, ("args", "page=2")], Code.ARGUMENTS_IN_ONE, "NAME=VALUE, each argument as a parameter of its own"),
    ("GET", "jobs/list.json", [P, ("tag", "a")], Code.UNKNOWN_PARAMETER, "has_tag"),
    ("GET", "jobs/list.json", [P, ("limit", 10)], Code.UNKNOWN_PARAMETER, "count"),
    ("GET", "jobs/list.json", [P, ("has_tags", "a")], Code.UNKNOWN_PARAMETER, "has_tag"),
    ("GET", "jobs/list.json", [P, ("cuont", 1)], Code.UNKNOWN_PARAMETER, "a name that it knows (did you mean 'count'?)"),
    ("GET", "jobs/list.json", [P, ("start", 10)], Code.UNKNOWN_PARAMETER, "offset"),
    ("POST", "jobs/update.json", [P, ("job", "123/1/1"), ("tag", "a"), ("add_tag", "b")], Code.UNKNOWN_PARAMETER, "has_tag"),
    ("POST", "jobs/delete.json", [P, ("job_id", "123/1/1")], Code.UNKNOWN_PARAMETER, "job"),
    ("GET", "/jobq/123/list", [("limit", 10)], Code.UNKNOWN_PARAMETER, "count"),
    ("GET", "/jobq/123/list", [("offset", 10)], Code.UNKNOWN_PARAMETER, "start"),
    ("GET", "/items/123/1/1", [("limit", 10)], Code.UNKNOWN_PARAMETER, "count"),
    ("GET", "jobs/list.json", [P, ("job", "124/1/1")], Code.OTHER_PROJECT, "project=124"),
    ("POST", "jobs/stop.json", [P, ("job", "123/1/1"), ("job", "124/1/1")], Code.OTHER_PROJECT, "project=124"),
    ("GET", "/jobq/123/list", [("key", "124/1/1")], Code.OTHER_PROJECT, "project=124"),
    ("POST", "run.json", [P, ("spider", 1)], Code.SPIDER_NUMBER, "spider=books, or jobq_id=1"),
    ("GET", "jobs/list.json", [P, ("spider", 1)], Code.SPIDER_NUMBER, "spider=books"),
    ("GET", "/jobq/123/count", [("spider", 2)], Code.SPIDER_NUMBER, "spider=films"),
    ("GET", "jobs/list.json", [P, ("count", "+2")], Code.NUMBER_SPELLING, "count=2"),
    ("GET", "jobs/list.json", [P, ("count", " 2")], Code.NUMBER_SPELLING, "count=2"),
    ("POST", "run.json", [*RUN, ("priority", "2.0")], Code.NUMBER_SPELLING, "priority=2"),
    ("POST", "run.json", [*RUN, ("units", "+1")], Code.NUMBER_SPELLING, "units=1"),
    ("GET", "jobs/list.json", [("project", "123.0")], Code.NUMBER_SPELLING, "project=123"),
    ("GET", "/jobq/123/list", [("count", "2.0")], Code.NUMBER_SPELLING, "count=2"),
    ("GET", "/items/123/1/1", [("start", "+0")], Code.NUMBER_SPELLING, "start=0"),
    ("GET", "jobs/list.json", [P, ("apikey", "k")], Code.KEY_IN_URL, "the key as the user name of Basic credentials, *"),
    ("GET", "/items/123/1/1", [("apikey", "k")], Code.KEY_IN_URL, "the key as the user name of Basic credentials, *"),
    ("GET", "no/such/path", [("apikey", "k")], Code.KEY_IN_URL, "the key as the user name of Basic credentials, *"),
    ("GET", "jobs/list.json", [P, ("state", "cancelled")], Code.UNKNOWN_STATE, "one of pending, running, finished, deleted"),
    ("GET", "/jobq/123/list", [("state", "Finished")], Code.UNKNOWN_STATE, "one of pending, running, finished, deleted"),
    ("GET", "/jobq/123/summary/deleted", [], Code.UNKNOWN_STATE, "one of pending, running, finished"),
    ("POST", "run.json", [*RUN, ("meta", '{"state": "done"}')], Code.UNKNOWN_STATE, "one of pending, running, finished"),
]

FINE: list[Any] = [
    ("GET", "jobs/list.json", [P, ("has_tag", "a"), ("has_tag", "b")]),
    ("GET", "jobs/list.json", [P, ("has_tag", "x,y")]),
    ("POST", "run.json", [*RUN, ("add_tag", "a,b")]),
    ("POST", "run.json", [*RUN, ("has_tag", "a,b")]),
    ("POST", "run.json", [*RUN, ("add_tag", "[draft] a")]),
    ("POST", "run.json", [*RUN, ("add_tag", "[a, b]")]),
    ("POST", "run.json", [*RUN, ("urls[]", "a"), ("filter[tag]", "b")]),
    ("POST", "run.json", [*RUN, ("page", "2"), ("tag", "humor"), ("limit", "10"), ("state", "CA"), ("count", "2.0"), ("job", "9/9/9")]),
    ("POST", "run.json", [*RUN, ("arguments", '{"page": 2}')]),
    ("POST", "run.json", [*RUN, ("meta", '{"state": "finished"}')]),
    ("POST", "run.json", [P, ("jobq_id", 1)]),
    ("POST", "run.json", [P, ("spider", 9)]),
    ("POST", "run.json", [*RUN, ("apikey", "k")]),
    ("GET", "jobs/list.json", [P, ("count", 10), ("offset", 2)]),
    ("GET", "jobs/list.json", [P, ("count", "two")]),
    ("GET", "jobs/list.json", [P, ("job", "123/1/1"), ("job", "x")]),
    ("GET", "jobs/list.json", [P, ("state", "deleted"), ("state", "")]),
    ("GET", "/jobq/123/summary/finished", []),
    ("GET", "/jobq/123/list", [("key", "123/1/1"), ("startts", 1), ("endts", 2), ("jobmeta", "tags")]),
    ("GET", "/collections/123/s/mine", [("key", "124/1/1")]),
    ("GET", "/items/123/1/1", [("start", "123/1/1/0"), ("meta", "_key"), ("nodata", 1)]),
    ("GET", "items.json", [P, ("job", "123/1/1"), ("count", -20)]),
    ("GET", "v2/users/me", [("apikey", "k")]),
    ("GET", "no/such/path", [("tag", "k")]),
    ("POST", "run.json?", [*RUN, ("environment", "{}")]),
]


@pytest.mark.parametrize(("method", "path", "pairs", "code", "instead"), LOUD, ids=lambda part: str(part)[:60])
def test_what_is_found(method: str, path: str, pairs: Any, code: Code, instead: str) -> None:
    found = found_in(method, path, pairs)
    assert [finding.code for finding in found] == [code]
    [finding] = found
    wanted, star, _ = instead.partition("*")
    assert finding.instead.startswith(wanted) if star else finding.instead == wanted
    assert finding.call.number == 1
    assert finding.sentence.isprintable()


@pytest.mark.parametrize(("method", "path", "pairs"), FINE, ids=lambda part: str(part)[:60])
def test_what_is_not_found(method: str, path: str, pairs: Any) -> None:
    assert found_in(method, path.removesuffix("?"), pairs) == []


def test_the_table_of_rules_has_every_code_once() -> None:
    assert [rule.code for rule in RULES] == list(Code)
    loud = {row[3] for row in LOUD}
    assert set(Code) - loud == {Code.PARAMETER_IN_QUERY, Code.LIST_WITHOUT_COUNT, Code.SAME_LIST_AGAIN}


def test_what_is_meant_is_what_an_endpoint_has() -> None:
    known = {about.name for endpoint in (*ENDPOINTS, *QUEUE) for about in schema_of(endpoint.params)}
    assert set(MEANT) <= known


# ------------------------------------------------------------ rules that need more than one request


def send(fake: FakeJobs, query: Mapping[str, Any], body: Mapping[str, Any], path: str = "run.json") -> None:
    Caller(fake).send("POST", path, query=form(query), body=form(body), content_type=FORM)


def test_parameters_in_the_query_of_a_post() -> None:
    fake = a_fake()
    send(fake, {"project": 123, "add_tag": "x"}, {"project": 123, "spider": "books"})
    [finding] = fake.lint
    assert finding.code is Code.PARAMETER_IN_QUERY
    assert finding.sentence == "run reads the parameters of its form, not those of its query: 'project', 'add_tag'"


def test_a_query_that_is_read_is_none_of_these() -> None:
    fake = a_fake()
    send(fake, {"count": 1}, {}, "/jobq/123/cancel")
    send(fake, {}, {"project": 123, "spider": "books"})
    assert fake.lint == []


def test_a_json_body_is_a_form() -> None:
    fake = a_fake()
    caller = Caller(fake)
    order = {"project": 123, "spider": "books", "add_tag": ["a", "b"], "priority": 2, "job_settings": {"A": 1}}
    caller.send("POST", "run.json", body=json.dumps(order).encode(), content_type="application/json")
    assert fake.lint == []
    order = {**order, "spider_args": {"page": 2}, "units": 1.0}
    caller.send("POST", "run.json", body=json.dumps(order).encode(), content_type="application/json")
    assert [finding.code for finding in fake.lint] == [Code.ARGUMENTS_IN_ONE, Code.NUMBER_SPELLING]


@pytest.mark.parametrize("path", ["/jobq/123/push", "/jobq/123/update"])
def test_a_state_in_a_body(path: str) -> None:
    fake = a_fake()
    Caller(fake).send("POST", path, body=json.dumps({"key": "123/1/1", "spider": "books", "state": "done"}).encode())
    [finding] = fake.lint
    assert finding.code is Code.UNKNOWN_STATE
    assert "done" in finding.sentence


def test_a_spider_that_the_test_has_given_a_number_as_its_name() -> None:
    fake = a_fake()
    fake.add_job("2", project=123)
    Caller(fake).get("jobs/list.json", {"project": 123, "spider": "2"})
    assert fake.lint == []


def test_a_number_that_is_a_name_of_a_declared_project_is_found_in_the_refused_call() -> None:
    fake = FakeJobs()
    fake.add_spider("books", project=123)
    assert Caller(fake).post("run.json", {"project": 123, "spider": 1}).status == 400
    assert [finding.code for finding in fake.lint] == [Code.SPIDER_NUMBER]


@pytest.mark.parametrize(
    ("jobs", "path", "query", "is_found"),
    [
        (LONG + 1, "jobs/list.json", {}, True),
        (LONG, "jobs/list.json", {}, False),
        (LONG + 1, "jobs/list.json", {"count": LONG + 1}, False),
        (LONG + 1, "jobs/list.jl", {}, False),
        (LONG + 1, "/jobq/1/list", {"state": "pending"}, False),
    ],
)
def test_a_long_list_without_count(jobs: int, path: str, query: Mapping[str, Any], *, is_found: bool) -> None:
    fake = FakeJobs()
    for _ in range(jobs):
        fake.add_job("books", project=1)
    pairs = query if path.startswith("/") else {"project": 1, **query}
    Caller(fake).get(path, pairs)
    assert [finding.code for finding in fake.lint] == [Code.LIST_WITHOUT_COUNT] * is_found


# ------------------------------------------------------------ the same list again and again


def look(fake: FakeJobs, times: int = 1, path: str = LIST, **query: Any) -> None:
    for _ in range(times):
        Caller(fake).get(path, query if path.startswith("/") else {"project": 123, **query})


@pytest.mark.parametrize("path", ["jobs/list.json", "jobs/count.json", "/jobq/123/list", "/jobq/123/count", "/jobq/123/summary"])
def test_the_same_list_again_and_again(path: str) -> None:
    fake = a_fake()
    look(fake, MANY - 1, path)
    assert fake.lint == []
    look(fake, MANY, path)
    [finding] = fake.lint
    assert (finding.code, finding.call.number) == (Code.SAME_LIST_AGAIN, MANY)


def test_something_between_begins_a_new_row() -> None:
    fake = a_fake()
    between: list[Callable[[], object]] = [
        lambda: fake.advance(seconds=1),
        lambda: fake.add_job("books", project=123, state="finished"),
        lambda: look(fake, state="finished"),
        lambda: Caller(fake).post("jobs/update.json", {"project": 123, "job": "123/1/1", "add_tag": "z"}),
        lambda: look(fake, path="/items/123/1/1"),
    ]
    for happen in between:
        look(fake, MANY - 1)
        happen()
    look(fake, MANY - 1)
    assert fake.lint == []


def test_a_job_may_be_looked_at_again_and_again() -> None:
    fake = a_fake()
    look(fake, MANY + 1, "/jobs/123/1/1/state")
    assert fake.lint == []


def test_a_little_time_is_no_pause() -> None:
    fake = a_fake()
    for _ in range(MANY):
        look(fake)
        fake.advance(timedelta(milliseconds=20))
    assert [finding.code for finding in fake.lint] == [Code.SAME_LIST_AGAIN]


# ------------------------------------------------------------ findings as they are handed out


def test_a_finding_never_shows_a_key() -> None:
    key = "0123456789abcdef" * 2
    fake = FakeJobs(key=key)
    look(fake, tag=key, apikey=key, has_tag=f"{key},b", spider=f"[{key}]")
    send(fake, {key: 1, "apikey": key}, {"args": key, "project": 123})
    assert len(fake.lint) >= 5
    assert key not in "\n".join(map(repr, fake.lint))


def test_findings_that_say_the_same_are_told_once() -> None:
    fake = a_fake()
    look(fake, 3, limit=1)
    assert told(fake.lint) == [
        "unknown-parameter: jobs/list knows no parameter 'limit', and passes over it",
        "    instead: count",
        "    3 calls, the first: #1 GET /api/jobs/list.json project=123 limit=1 -> 200 OK, 1 job",
    ]
    assert str(fake.lint[2]).splitlines()[-1].startswith("    #3 GET")
    for number in range(MOST_TOLD):
        look(fake, 1, LIST, **{f"x{number}": 1})
    assert told(fake.lint)[-1] == "... and 1 more kinds"
    fake.reset()
    assert fake.lint == []


def test_what_an_odd_request_holds_does_no_harm() -> None:
    fake = a_fake()
    caller = Caller(fake)
    for name in ("tag\n", "[", "a[", "job[", "\udcff", "x" * 70_000, "{", "spider_args[[]]"):
        for value in ("\n", "[" * 5000, "{" * 5000, "\udcff", "9" * 5000, "1/2/3/4", "\0"):
            caller.get("jobs/list.json", {"project": 123, name: value, "has_tag": value, "count": value, "state": value, "spider": value})
            caller.post("run.json", {"project": 123, "spider": value, name: value, "add_tag": value, "meta": value, "args": value})
    assert all(finding.sentence.isprintable() and len(finding.sentence) < 500 for finding in fake.lint)
    assert len(fake.lint) > 20


def test_off_looks_for_nothing_and_another_word_is_refused() -> None:
    fake = FakeJobs(lint="off")
    look(fake, limit=1)
    assert fake.lint == []
    assert FakeJobs(lint=LintMode.FAIL).lint == []
    with pytest.raises(UsageError, match=r"^lint='repport' is not one of report, fail, off \(did you mean 'report'\?\)$"):
        FakeJobs(lint="repport")
    with pytest.raises(UsageError, match=r"^lint=None is not one of report, fail, off$"):
        FakeJobs(lint=None)  # type: ignore[arg-type]


def test_fail_fails_at_the_end_what_passes_else() -> None:
    def visit(mode: str, error: BaseException | None = None) -> None:
        with FakeJobs(lint=mode) as fake:
            look(fake, limit=1)
            if error is not None:
                raise error

    visit("report")
    with pytest.raises(UsageError, match=r"(?s)^lint: clients send.*\nunknown-parameter: .*\n    instead: count\n    #1 GET "):
        visit("fail")
    with pytest.raises(ZeroDivisionError):
        visit("fail", ZeroDivisionError())
