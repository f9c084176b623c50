"""The activity of projects over the wire: what clients and the service write, and how it is read."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any, NamedTuple

import pytest

from fakejobs import FakeJobs
from fakejobs.domain.lifecycle import JobState
from fakejobs.fake import behind
from tests.contract.caller import Answer, Caller

ACTIVITY = "/activity/1"
LINES = "application/x-jsonlines; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"
MOMENT = 1_446_000_000_000
NO_PROJECT = "need at least one project that a user has permission to view\n"


def write(wire: Caller, *events: dict[str, Any], project: int = 1) -> Answer:
    """Write events, one a line, without a newline at the end, as the official client does."""
    return wire.send("POST", f"/activity/{project}", body="\n".join(map(json.dumps, events)).encode())


def rows(answer: Answer) -> list[Any]:
    """Return the rows of an answer, maybe none."""
    assert (answer.status, answer.headers["Content-Type"]) == (200, LINES)
    return [json.loads(line) for line in answer.body.splitlines()]


def pairs_of(query: str) -> list[tuple[str, str]]:
    """Return the parameters of a query that is not percent-encoded."""
    return [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)]


class Fact(NamedTuple):
    """A request and its whole answer."""

    request: str
    body: bytes
    line: str
    content_type: str | None
    answer: str


FACTS = [
    Fact(f"POST {ACTIVITY}", b'{"c": 0}\n{"c": 1}', "200 OK", TEXT, ""),
    Fact(f"POST {ACTIVITY}", b"", "200 OK", TEXT, ""),
    Fact(f"POST {ACTIVITY}", b"[1]", "400 Bad Request", TEXT, "Error parsing data, an event is no JSON object\n"),
    Fact(f"POST {ACTIVITY}", b"\xff", "400 Bad Request", TEXT, "Error parsing data, line 1 is no UTF-8\n"),
    Fact(f"GET {ACTIVITY}", b"", "200 OK", LINES, ""),
    Fact(f"GET {ACTIVITY}?count=x", b"", "400 Bad Request", TEXT, "invalid value for count: x\n"),
    Fact(f"GET {ACTIVITY}?filter=x", b"", "400 Bad Request", TEXT, 'invalid value for filter: x (["field", "operator", [values]])\n'),
    Fact("GET /activity/x", b"", "400 Bad Request", TEXT, "invalid value for project: x\n"),
    Fact("GET /activity/projects", b"", "400 Bad Request", TEXT, NO_PROJECT),
    Fact("GET /activity/projects?p=x", b"", "400 Bad Request", TEXT, "invalid value for p: x\n"),
    Fact("GET /activity/projects?p=1", b"", "200 OK", LINES, ""),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.request} {fact.body[:24]!r}")
def test_an_answer_to_the_letter(wire: Caller, fact: Fact) -> None:
    method, target = fact.request.split(" ")
    path, _, query = target.partition("?")
    answer = wire.send(method, path, query=query.encode(), body=fact.body)
    assert f"{answer.status} {answer.reason}" == fact.line
    assert answer.headers.get("Content-Type") == fact.content_type
    assert answer.text == fact.answer


def test_a_refused_write_leaves_no_trace(wire: Caller) -> None:
    assert wire.send("POST", ACTIVITY, body=b'{"c": 0}\n1').status == 400
    assert rows(wire.get(ACTIVITY)) == []


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ("count=2", [9, 8]),
        ("count=0", []),
        ('filter=["c", ">", [5]]&count=2', [9, 8]),
        ('filter=["c", "<", [3]]', [2, 1, 0]),
        ('filter=["d", "=", [3]]', []),
        ("unknown=1", [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    ],
)
def test_reading_is_newest_first(wire: Caller, query: str, wanted: list[int]) -> None:
    write(wire, *({"c": number} for number in range(6)))
    write(wire, *({"c": number} for number in range(6, 10)))
    pairs = pairs_of(query)
    assert rows(wire.get(ACTIVITY, pairs)) == [{"c": number} for number in wanted]


def test_the_last_line_ends_too(wire: Caller) -> None:
    write(wire, {"b": "x", "a": None}, {})
    assert wire.get(ACTIVITY).text == '{}\n{"b":"x","a":null}\n'


@pytest.mark.parametrize(
    ("query", "beside"),
    [
        ("meta=_ts", {"_ts": MOMENT + 1}),
        ("meta=_project", {"_project": 1}),
        ("meta=_ts&meta=_project", {"_project": 1, "_ts": MOMENT + 1}),
        ("meta=_other", {}),
    ],
)
def test_what_is_said_beside_an_event(wire: Caller, query: str, beside: dict[str, int]) -> None:
    write(wire, {"first": 1})
    write(wire, {"foo": "bar"})
    assert rows(wire.send("GET", ACTIVITY, query=f"count=1&{query}".encode())) == [{"foo": "bar", **beside}]


def events_of(wire: Caller) -> list[str]:
    """Return the names of a project's events, oldest first, without `job:`."""
    return [row["event"].removeprefix("job:") for row in reversed(rows(wire.get(ACTIVITY)))]


@pytest.mark.parametrize(
    ("born", "steps", "wanted"),
    [
        ("pending", "", "scheduled"),
        ("pending", "start finish delete", "scheduled started completed deleted"),
        ("pending", "cancel", "scheduled cancelled"),
        ("pending", "cancel delete", "scheduled cancelled deleted"),
        ("pending", "start cancel", "scheduled started cancelled"),
        ("pending", "start cancel finish", "scheduled started cancelled completed"),
        ("pending", "finish", "scheduled completed"),
        ("pending", "start finish finish", "scheduled started completed"),
        ("running", "finish", "started completed"),
        ("finished", "", "scheduled started completed"),
        ("finished", "finish delete", "scheduled started completed deleted"),
        ("deleted", "", "scheduled started completed deleted"),
    ],
)
def test_the_service_writes_what_happens_to_jobs(wire: Caller, fake: FakeJobs, born: str, steps: str, wanted: str) -> None:
    job = fake.add_job("a", project=1, state=JobState(born))
    for step in steps.split():
        getattr(fake, f"{step}_job")(job)
    assert events_of(wire) == wanted.split()


@pytest.mark.parametrize(("state", "wanted"), [("finished", ["completed"]), ("deleted", [])])
def test_of_a_job_that_never_ran_little_is_told(wire: Caller, fake: FakeJobs, state: str, wanted: list[str]) -> None:
    fake.add_job("a", project=1, state=state, never_ran=True)
    assert events_of(wire) == wanted
    wire.send("POST", "/jobq/2/push", body=b'{"spider": "a", "state": "finished"}')
    assert [row["event"] for row in rows(wire.get("/activity/2"))] == ["job:completed"]


def test_an_event_names_the_job_and_who_did_it(wire: Caller, fake: FakeJobs) -> None:
    fake.add_key("k", user="admin")
    job = wire.post("run.json", {"project": 1, "spider": "a"}).json["jobid"]
    wire.post("jobs/stop.json", {"project": 1, "job": job})
    wanted = [{"event": f"job:{name}", "job": job, "user": "admin"} for name in ("cancelled", "scheduled")]
    assert rows(wire.get(ACTIVITY)) == wanted


def test_a_refused_duplicate_is_no_event(wire: Caller) -> None:
    for _ in range(2):
        wire.post("run.json", {"project": 1, "spider": "a"})
    assert events_of(wire) == ["scheduled"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("p=1&p=2", [(2, 1), (2, 0), (1, 1), (1, 0)]),
        ("p=2&p=1&p=2&pcount=1", [(2, 1), (1, 1)]),
        ("p=1&p=2&pcount=0", []),
        ("p=1&p=2&count=3", [(2, 1), (2, 0), (1, 1)]),
        ('p=1&p=2&filter=["c", "=", [0]]&pcount=1', [(2, 0), (1, 0)]),
        ("p=1&p=3", [(1, 1), (1, 0)]),
        ("p=3", None),
    ],
)
def test_several_projects(wire: Caller, fake: FakeJobs, query: str, wanted: list[tuple[int, int]] | None) -> None:
    for project in (1, 2, 3):
        write(wire, {"c": 0}, {"c": 1}, project=project)
        fake.advance(seconds=1)
    fake.add_key("k", projects=[1, 2])
    pairs = pairs_of(query)
    answer = wire.get("/activity/projects", [*pairs, ("meta", "_project")])
    if wanted is None:
        assert (answer.status, answer.text) == (400, NO_PROJECT)
    else:
        assert rows(answer) == [{"_project": project, "c": number} for project, number in wanted]
        assert all(list(row) == ["_project", "c"] for row in rows(answer))


def test_the_events_of_several_projects_are_newest_first_together(wire: Caller) -> None:
    for number, project in enumerate([1, 2, 1, 2, 2]):
        write(wire, {"n": number}, project=project)  # all in one millisecond
    assert [row["n"] for row in rows(wire.get("/activity/projects/", [("p", 1), ("p", 2)]))] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("query", "accept", "is_array"),
    [
        ("", "*/*", False),
        ("", "application/json", True),
        ("", "application/json, text/plain, */*", True),
        ("", "*/*, application/json", False),
        ("", "application/json;q=0.5, */*", False),
        ("", "application/x-jsonlines, application/json", False),
        ("format=json", "*/*", True),
        ("format=jl", "application/json", False),
    ],
)
@pytest.mark.parametrize("path", [ACTIVITY, f"{ACTIVITY}/", "/activity/projects"])
def test_activity_is_one_array_where_that_is_asked_for(wire: Caller, path: str, query: str, accept: str, is_array: bool) -> None:
    write(wire, {"c": 0}, {"c": 1})
    answer = wire.get(path, [*pairs_of(query), ("p", 1), ("count", 2), ("saveas", "a.json")], headers={"Accept": accept})
    assert answer.headers["Content-Disposition"] == "Attachment; filename=a.json"
    assert answer.headers["Content-Type"] == ("application/json; charset=UTF-8" if is_array else LINES)
    assert (answer.json if is_array else answer.lines) == [{"c": 1}, {"c": 0}]


def test_a_reader_keeps_what_it_began_to_read(wire: Caller, fake: FakeJobs) -> None:
    write(wire, {"c": 0}, {"c": 1})
    events = behind(fake).cloud.activity.newest_first(1)
    write(wire, {"c": 2})
    fake.reset()
    assert [event for _, event in events] == [{"c": 1}, {"c": 0}]


def test_who_may(wire: Caller, fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1, state=JobState.RUNNING)
    token = {"Authorization": "Basic " + b64encode(f"{job.key}:{behind(fake).cloud.keys.token_of(job.key)}".encode()).decode()}
    assert wire.get(ACTIVITY, headers=token).status == 401
    assert wire.get("/activity/projects", {"p": 1}, headers=token).status == 401
    fake.add_key("mine", projects=[1])
    assert Caller(fake, "mine").get(ACTIVITY).status == 200
    assert Caller(fake, "mine").get("/activity/2").status == 403
    assert Caller(fake, "other").get(ACTIVITY).text == "Unauthorized\n"
