"""What dash refuses, to the letter: status, reason phrase, headers and body, one row a fact, in the recorded order of checks."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import FORM, Caller, Pairs, form

RECORDED, DOCUMENTED, ASSUMED = "recorded", "documented", "assumed"

DENIED = '{"status": "error", "message": "Authentication failed"}'


def badrequest(message: str) -> tuple[str, str]:
    """Return the status line and the body of a refused parameter: the message is the reason phrase."""
    return f"400 {message}", f'{{"status": "badrequest", "message": "{message}"}}'


class Fact(NamedTuple):
    """A request and its refusal."""

    evidence: str
    request: str
    pairs: Pairs
    line: str
    body: str


NO_ACCESS = badrequest("User 'someuser' doesn't have access to project 2")
BAD_PROJECT = badrequest("invalid value for project: invalid")
NO_JOB = badrequest("missing 'job' argument")

NO_STATE = "invalid value for state: foo (pending, running, finished, deleted)"

FACTS = [
    # the project, before anything else that is wrong
    *(
        Fact(RECORDED, f"GET jobs/{name}", {"project": "invalid", "state": "foo"}, *BAD_PROJECT)
        for name in ("list.json", "list.jl", "count.json")
    ),
    *(
        Fact(RECORDED, f"POST {name}", {"project": "invalid", "spider": ""}, *BAD_PROJECT)
        for name in ("run.json", "schedule.json", "jobs/update.json", "jobs/delete.json", "jobs/stop.json")
    ),
    Fact(RECORDED, "GET spiders/list.json", {"project": "invalid"}, *BAD_PROJECT),
    *(Fact(RECORDED, f"GET jobs/{name}", {"project": 2, "count": "abc"}, *NO_ACCESS) for name in ("list.json", "list.jl", "count.json")),
    *(
        Fact(RECORDED, f"POST {name}", {"project": 2}, *NO_ACCESS)
        for name in ("run.json", "schedule.json", "jobs/update.json", "jobs/delete.json", "jobs/stop.json")
    ),
    Fact(RECORDED, "GET spiders/list.json", {"project": 2}, *NO_ACCESS),
    *(
        Fact(ASSUMED, request, {"spider": "a"}, *badrequest("missing 'project' argument"))
        for request in ("POST run.json", "GET jobs/list.json", "GET jobs/count.json", "POST jobs/update.json", "POST jobs/stop.json")
    ),
    Fact(ASSUMED, "GET jobs/list.json", {"project": ""}, *badrequest("missing 'project' argument")),
    # run
    Fact(ASSUMED, "POST run.json", {"project": 1}, *badrequest("missing 'spider' argument")),
    Fact(ASSUMED, "POST run.json", {"project": 1, "spider": ""}, *badrequest("missing 'spider' argument")),
    Fact(
        ASSUMED,
        "POST run.json",
        {"project": 1, "jobq_id": 99},
        *badrequest("invalid value for jobq_id: 99 (no spider of project 1 has this number)"),
    ),
    Fact(ASSUMED, "POST run.json", {"project": 1, "jobq_id": "one"}, *badrequest("invalid value for jobq_id: one")),
    Fact(
        RECORDED,
        "POST run.json",
        {"project": 1, "spider": "active"},
        "400 Bad Request",
        '{"status":"error","message":"active already scheduled"}',
    ),
    Fact(
        RECORDED,
        "POST schedule.json",
        {"project": 1, "spider": "active", "add_tag": "x", "priority": 4},
        "400 Bad Request",
        '{"status":"error","message":"active already scheduled"}',
    ),
    *(
        Fact(
            ASSUMED,
            "POST run.json",
            {"project": 1, "spider": "a", name: text.partition(" ")[0]},
            *badrequest(f"invalid value for {name}: {text}"),
        )
        for name, text in [
            ("priority", "9 (0 to 4)"),
            ("priority", "-1 (0 to 4)"),
            ("units", "0 (1 to 6)"),
            ("units", "7 (1 to 6)"),
            ("meta", "[] (a JSON object)"),
            ("meta", "{ (a JSON object)"),
            ("job_settings", "1 (a JSON object)"),
        ]
    ),
    # list and count
    *(
        Fact(ASSUMED, f"GET jobs/{name}", {"project": 1, "state": "foo"}, *badrequest(NO_STATE))
        for name in ("list.json", "list.jl", "count.json")
    ),
    *(
        Fact(ASSUMED, f"GET jobs/{name}", {"project": 1, what: "abc"}, *badrequest(f"invalid value for {what}: abc"))
        for name in ("list.json", "list.jl")
        for what in ("count", "offset")
    ),
    # update: filters are asked for before modifiers
    Fact(RECORDED, "POST jobs/update.json", {"project": 1}, *badrequest("No query filters provided")),
    Fact(RECORDED, "POST jobs/update.json", {"project": 1, "add_tag": "x"}, *badrequest("No query filters provided")),
    Fact(ASSUMED, "POST jobs/update.json", {"project": 1, "job": "", "add_tag": "x"}, *badrequest("No query filters provided")),
    *(
        Fact(RECORDED, "POST jobs/update.json", {"project": 1, name: value}, *badrequest("No update modifiers provided"))
        for name, value in [("job", "1/1/1"), ("spider", "a"), ("state", "running"), ("has_tag", "x"), ("lacks_tag", "x")]
    ),
    Fact(
        ASSUMED,
        "POST jobs/update.json",
        {"project": 1, "state": "foo", "add_tag": "x"},
        *badrequest(NO_STATE),
    ),
    # delete and stop
    Fact(RECORDED, "POST jobs/delete.json", {"project": 1}, *NO_JOB),
    Fact(ASSUMED, "POST jobs/delete.json", {"project": 1, "spider": "a", "state": "finished"}, *NO_JOB),
    Fact(ASSUMED, "POST jobs/delete.json", {"project": 1, "job": ""}, *NO_JOB),
    Fact(ASSUMED, "POST jobs/stop.json", {"project": 1}, *NO_JOB),
]


@pytest.fixture
def closed(fake: FakeJobs) -> Caller:
    """A client whose key may use project 1 only."""
    fake.add_key("good", user="someuser", projects=[1])
    fake.add_job("active", project=1)
    return Caller(fake, "good")


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.evidence} {fact.request} {dict(fact.pairs)}")
def test_refusals(fact: Fact, closed: Caller, fake: FakeJobs) -> None:
    before = fake.dump()
    method, _, path = fact.request.partition(" ")
    answer = closed.get(path, fact.pairs) if method == "GET" else closed.post(path, fact.pairs)
    assert f"{answer.status} {answer.reason}" == fact.line
    assert answer.text == fact.body
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Vary"] == "Cookie"
    if "already scheduled" in fact.body:  # recorded: the refusal burns a job number
        assert before[2]["add_spider"].pop("next_job") == 2
    after = fake.dump()
    if "already scheduled" in fact.body:
        assert after[2]["add_spider"].pop("next_job") == 3
    assert after == before
    assert fake.calls[-1].status == answer.status
    assert fake.calls[-1].failure in answer.json["message"] or "already scheduled as 1/1/1" in str(fake.calls[-1].failure)


REQUESTS = [
    ("GET", "jobs/list.json"),
    ("GET", "jobs/list.jl"),
    ("GET", "jobs/count.json"),
    ("POST", "run.json"),
    ("POST", "schedule.json"),
    ("POST", "jobs/update.json"),
    ("POST", "jobs/delete.json"),
    ("POST", "jobs/stop.json"),
    ("GET", "spiders/list.json"),
    ("GET", "scrapyd/listprojects.json"),
]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
@pytest.mark.parametrize("key", [None, "", "bad"], ids=["no key", "blank key", "bad key"])
@pytest.mark.parametrize(
    "pairs", [{"project": 1}, {"project": "invalid", "state": "foo"}, {"project": b"\xff"}], ids=["good", "bad", "no UTF-8"]
)
def test_a_bad_key_comes_before_everything_else(fake: FakeJobs, method: str, path: str, key: str | None, pairs: Pairs) -> None:
    """Recorded: 403, not 401, in capitals, also when other parameters are wrong as well."""
    fake.add_key("good")
    caller = Caller(fake, key)
    answer = caller.get(path, pairs) if method == "GET" else caller.post(path, pairs)
    assert (answer.status, answer.reason, answer.text) == (403, "FORBIDDEN", DENIED)
    assert answer.headers["Content-Type"] == "application/json"
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("key", [None, ""])
def test_an_open_fake_wants_a_key_too(fake: FakeJobs, key: str | None) -> None:
    answer = Caller(fake, key).get("jobs/list.json", {"project": 1})
    assert (answer.status, answer.text) == (403, DENIED)


def test_where_a_key_may_stand(fake: FakeJobs) -> None:
    """Documented and seen: Basic user name, `apikey` in the query, `apikey` as a form field; Basic wins."""
    fake.add_key("good", user="ann", projects=[1])
    nobody, good, bad = Caller(fake, None), Caller(fake, "good"), Caller(fake, "bad")
    run = {"project": 1, "spider": "a"}
    assert good.get("jobs/list.json", {"project": 1}).status == 200
    assert nobody.get("jobs/list.json", {"project": 1, "apikey": "good"}).status == 200
    assert nobody.post("run.json", {**run, "apikey": "good"}).json == {"status": "ok", "jobid": "1/1/1"}
    sent = nobody.send("POST", "run.json", query=b"apikey=good", body=form({**run, "n": 2}), content_type=FORM)
    assert sent.json == {"status": "ok", "jobid": "1/1/2"}
    assert [job.spider_args for job in fake.list_jobs()] == [{"n": "2"}, {}]
    assert good.get("jobs/list.json", {"project": 1, "apikey": "bad"}).status == 200
    assert bad.get("jobs/list.json", {"project": 1, "apikey": "good"}).status == 403
    assert [job.scheduled_by for job in fake.list_jobs()] == ["ann", "ann"]


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic ", "Basic !!!", "Basic Z29vZDo", "Bearer Z29vZDo=", "basic", "Digest x", "Basic \xff\xfe", "Basic //8="],
)
def test_credentials_that_say_nothing(fake: FakeJobs, header: str) -> None:
    fake.add_key("good")
    answer = Caller(fake, None).send("GET", "jobs/list.json", query=b"project=1", headers={"Authorization": header})
    assert (answer.status, answer.text) == (403, DENIED)


@pytest.mark.parametrize("header", ["Basic Z29vZDo=", "basic Z29vZDo=", "BASIC  Z29vZDo=", "Basic Z29vZDpwYXNzd29yZA=="])
def test_credentials_that_open(fake: FakeJobs, header: str) -> None:
    fake.add_key("good")
    answer = Caller(fake, None).send("GET", "jobs/list.json", query=b"project=1", headers={"Authorization": header})
    assert answer.status == 200


def test_the_exported_key_stays_good(fake: FakeJobs) -> None:
    fake.add_key("other", projects=[1])
    assert Caller(fake, fake.key).get("jobs/list.json", {"project": 2}).status == 200
    assert Caller(fake, "third").get("jobs/list.json", {"project": 1}).status == 403
    fake.reset()
    assert Caller(fake, "third").get("jobs/list.json", {"project": 1}).status == 200
    assert Caller(fake, fake.key).get("jobs/list.json", {"project": 1}).status == 200


def test_a_declared_projects_unknown_spider_is_named_and_burns_nothing(fake: FakeJobs, wire: Caller) -> None:
    fake.add_spider("books", project=1)
    answer = wire.post("run.json", {"project": 1, "spider": "nooks"})
    assert (answer.status, answer.reason) == (400, "Bad Request")
    assert answer.json == {"status": "error", "message": "project 1 has no spider 'nooks' (declared: books)"}
    assert wire.post("run.json", {"project": 1, "spider": "books"}).json["jobid"] == "1/1/1"
    assert wire.post("run.json", {"project": 2, "spider": "nooks"}).json["jobid"] == "2/1/1"
    for request in ("jobs/list.json", "jobs/count.json"):
        assert wire.get(request, {"project": 1, "spider": "nooks"}).status == 200
    assert wire.post("jobs/update.json", {"project": 1, "spider": "nooks", "add_tag": "x"}).json == {"status": "ok", "count": 0}
