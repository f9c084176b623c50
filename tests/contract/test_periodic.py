"""Periodic jobs over HTTP, below projects and below v2."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Answer, Caller

PATH = "projects/1/periodicjobs"
TASK = {"name": "books", "priority": 3, "spider_args": {"page": 1}}
WHOLE = {"type": "spider", "tasks": [TASK], "cron": {"minute": 30, "hour": "*"}, "addtags": ["x"], "description": "d", "disabled": False}


def send(wire: Caller, method: str, path: str, body: Any = None) -> Answer:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return wire.send(method, path, body=content, content_type="application/json")


@pytest.mark.parametrize("base", ["", "v2/"])
def test_a_life(fake: FakeJobs, wire: Caller, base: str) -> None:
    """Documented: list, create, read, change and remove, at both places."""
    path = base + PATH
    made = send(wire, "POST", path, WHOLE)
    assert (made.status, made.reason, made.headers["Content-Type"]) == (201, "Created", "application/json")
    assert made.text == (
        '{"id":1,"disabled":false,"project":1,'
        '"tasks":[{"name":"books","priority":3,"spider_args":{"page":"1"},"script_args":null,"jobq_id":null}],'
        '"addtags":["x"],"type":"spider","description":"d",'
        '"cron":{"minute":30,"hour":"*","dayofmonth":"*","month":"*","dayofweek":"*"}}'
    )
    assert wire.get(f"{path}/1").json == made.json
    listed = wire.get(path)
    assert listed.json == {"count": 1, "next": None, "previous": None, "results": [made.json]}
    assert (fake.calls[-1].rows, fake.calls[-1].endpoint) == (1, "periodicjobs/list")
    changed = send(wire, "PATCH", f"{path}/1", {"disabled": True, "cron": {"day": "1", "day_of_week": "*"}})
    assert changed.json == {
        **made.json,
        "disabled": True,
        "cron": {"minute": 0, "hour": "*", "dayofmonth": 1, "month": "*", "dayofweek": "*"},
    }
    put = send(wire, "PUT", f"{path}/1", {"tasks": [{"name": "films"}], "cron": "* * * * *"})
    assert (put.json["id"], put.json["disabled"], put.json["addtags"], put.json["cron"]["minute"]) == (1, False, [], "*")
    gone = send(wire, "DELETE", f"{path}/1")
    assert (gone.status, gone.reason, gone.body) == (204, "No Content", b"")
    assert wire.get(f"{path}/1").status == 404
    assert wire.get(path).json["count"] == 0
    assert send(wire, "POST", path, WHOLE).json["id"] == 2


def test_what_it_starts(fake: FakeJobs, wire: Caller) -> None:
    send(wire, "POST", PATH, WHOLE)
    fake.advance(hours=1)
    [row] = wire.get("jobs/list.json", {"project": 1}).json["jobs"]
    assert (row["spider"], row["priority"], row["tags"], row["spider_args"]) == ("books", 3, ["x"], {"page": "1"})
    assert wire.get("/jobs/1/1/1/scheduled_by").json == "periodicjobs"
    assert wire.get("/jobs/1/1/1/pending_time").json == 1_446_000_000_000 + 50 * 60_000
    assert wire.get(f"{PATH}/1").json["tasks"][0]["jobq_id"] == 1
    assert fake.scheduled() == []  # no client has scheduled it


@pytest.mark.parametrize(
    ("given", "name", "words"),
    [
        ({"name": "tidy.py", "script_args": "--days '2 3'"}, "py:tidy.py", ["--days", "2 3"]),
        ({"name": "py:tidy.py", "script_args": ["--days", "2 3"]}, "py:tidy.py", ["--days", "2 3"]),
        ({"name": "tidy.py", "script_args": []}, "py:tidy.py", []),
    ],
    ids=str,
)
def test_scripts(fake: FakeJobs, wire: Caller, given: dict[str, Any], name: str, words: list[str]) -> None:
    made = send(wire, "POST", PATH, {"type": "script", "tasks": [given], "cron": {}}).json
    assert (made["type"], made["tasks"][0]["name"]) == ("script", name)
    assert send(wire, "PUT", f"{PATH}/1", made).json == made
    assert send(wire, "PATCH", f"{PATH}/1", {"tasks": [given]}).json == made
    fake.advance(hours=1)
    assert wire.get("/jobs/1/1/1/job_cmd").json == [name, *words]


def test_a_spider_by_its_number(fake: FakeJobs, wire: Caller) -> None:
    fake.add_spider("books", project=1, spider_id=7)
    made = send(wire, "POST", PATH, {"tasks": [{"jobq_id": 7}], "cron": {}}).json
    assert (made["tasks"][0]["name"], made["tasks"][0]["jobq_id"]) == ("books", 7)
    assert send(wire, "POST", PATH, {"tasks": [{"jobq_id": 8}], "cron": {}}).json == {
        "non_field_errors": ["project 1 has no spider of the number 8"]
    }
    assert "has no spider 'films'" in send(wire, "POST", PATH, {"tasks": [{"name": "films"}], "cron": {}}).text


def test_pages(fake: FakeJobs, wire: Caller) -> None:
    for _ in range(3):
        fake.add_periodic_job("books", project=1)
    fake.add_periodic_job("books", project=2)
    page = wire.get(PATH, {"page_size": 2, "page": 2}, headers={"Host": "127.0.0.1:1"}).json
    assert (page["count"], page["next"], [row["id"] for row in page["results"]]) == (3, None, [3])
    assert page["previous"] == "http://127.0.0.1:1/api/v2/projects/1/periodicjobs?page=1&page_size=2"


CRON_TEXT = '"cron" as a text is five words: minute, hour, dayofmonth, month, dayofweek'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": None}, '"tasks" is no list of one task at least'),
        ({"tasks": []}, '"tasks" is no list of one task at least'),
        ({"tasks": ["books"]}, "a task is no JSON object"),
        ({"tasks": [{}]}, "a task has neither name nor jobq_id"),
        ({"tasks": [{"name": 5}]}, "name=5 is no text"),
        ({"tasks": [{**TASK, "priority": 5}]}, "priority 5 is not one of 0, 1, 2, 3, 4"),
        ({"tasks": [{**TASK, "spider_args": {"a": []}}]}, "spider_args['a']=[]: spider arguments are texts"),
        ({"tasks": [{**TASK, "script_args": {}}]}, "script_args={} is no text"),
        ({"tasks": [{**TASK, "jobq_id": "x", "name": None}]}, "jobq_id='x' is no whole number"),
        ({"tasks": [TASK, {"name": "py:a.py"}]}, '"tasks" has spiders and scripts'),
        ({"cron": 5}, '"cron" is no JSON object'),
        ({"cron": {"minute": 60}}, "minute 60 is neither * nor a number from 0 to 59"),
        ({"cron": {"minute": "*/5"}}, "minute '*/5' is neither * nor a number from 0 to 59"),
        ({"cron": {"minute": None}}, "minute None is neither * nor a number from 0 to 59"),
        ({"cron": {"second": 1}}, "cron has no field 'second' (known: minute, hour, dayofmonth, month, dayofweek)"),
        ({"cron": {"month": 4, "day": 31}}, "month 4 has no day 31"),
        ({"cron": "0 3 * *"}, CRON_TEXT),
        ({"type": "crawl"}, '"type" is not one of spider, script'),
        ({"addtags": "x"}, "addtags='x': give a list of tags"),
        ({"description": 5}, "description=5 is no text"),
        ({"disabled": "no"}, "disabled='no' is neither true nor false"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_what_makes_no_sense_changes_nothing(fake: FakeJobs, wire: Caller, method: str, change: dict[str, Any], message: str) -> None:
    send(wire, "POST", PATH, WHOLE)
    before = fake.dump()
    answer = send(wire, method, PATH if method == "POST" else f"{PATH}/1", change if method == "PATCH" else {**WHOLE, **change})
    [told] = answer.json["non_field_errors"]
    assert (answer.status, told[: len(message)]) == (400, message)
    assert fake.dump() == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "payload"),
    [
        ("POST", PATH, b"", 400, {"non_field_errors": ["the body is no JSON"]}),
        ("POST", PATH, b"\xff", 400, {"non_field_errors": ["the body is no JSON"]}),
        ("POST", PATH, b"[]", 400, {"non_field_errors": ["the body is no JSON object"]}),
        ("POST", PATH, {"tasks": [TASK]}, 400, {"non_field_errors": ['"cron" is missing']}),
        ("PUT", f"{PATH}/1", {"cron": {}}, 400, {"non_field_errors": ['"tasks" is missing']}),
        ("PATCH", f"{PATH}/1", {"type": "script"}, 400, {"non_field_errors": ['"type" is changed together with "tasks"']}),
        ("GET", f"{PATH}/2", None, 404, {"detail": "Not found."}),
        ("DELETE", f"{PATH}/9", None, 404, {"detail": "Not found."}),
        ("GET", f"{PATH}/x", None, 400, {"non_field_errors": ["invalid value for periodicjob: x"]}),
        ("GET", "projects/2/periodicjobs", None, 403, {"detail": "User 'ann' doesn't have access to project 2"}),
        ("GET", "projects/nothing", None, 404, {"detail": "no such path: /api/projects/nothing"}),
    ],
)
def test_refusals(fake: FakeJobs, method: str, path: str, body: Any, status: int, payload: Any) -> None:
    fake.add_key("good", user="ann", projects=[1])
    fake.add_periodic_job("books", project=1)
    fake.add_periodic_job("books", project=2)
    before = fake.dump()
    answer = send(Caller(fake, "good"), method, path, body)
    assert (answer.status, answer.json) == (status, payload)
    assert Caller(fake, "bad").get(PATH).json == {"detail": "Authentication failed"}
    assert fake.dump() == before


def test_a_wrong_method_says_what_is_allowed(wire: Caller) -> None:
    assert wire.send("PUT", PATH).headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert wire.send("POST", f"{PATH}/1").headers["Allow"] == "DELETE, GET, HEAD, PATCH, PUT, OPTIONS"
