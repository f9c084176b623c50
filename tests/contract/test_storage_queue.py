"""The queue over the wire: /jobq, /jobs, /ids, /spiders, /projects, /botgroups, to the letter, and what they refuse."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from contextlib import nullcontext
from typing import Any, NamedTuple

import pytest

from fakejobs import FakeJobs
from fakejobs.access import DEFAULT_USER
from fakejobs.journal import Deed, Deleted, Finished
from tests.contract.caller import Answer, Caller
from tests.contract.conftest import START

LINES = "application/x-jsonlines"
JSON = "application/json"
META = "text/html; charset=utf-8"
SETTINGS = "text/plain; charset=utf-8"


def call(wire: Caller, request: str, body: str | bytes = "", **more: Any) -> Answer:
    """Send "METHOD PATH?QUERY", with a body and no content type, as the official clients do."""
    method, target = request.split(" ", 1)
    path, _, query = target.partition("?")
    return wire.send(method, path, query=query.encode(), body=body if isinstance(body, bytes) else body.encode(), **more)


def rows(wire: Caller, request: str, body: str = "") -> list[Any]:
    """Return the lines of a good answer as JSON data."""
    answer = call(wire, request, body)
    assert (answer.status, answer.headers["Content-Type"]) == (200, LINES), answer.text
    assert not answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]


def keys(wire: Caller, request: str) -> list[str]:
    """Return the jobs that a listing shows, without their project."""
    return [row["key"].partition("/")[2] for row in rows(wire, request)]


# ---------------------------------------------------------------- what the journal keeps


@pytest.mark.parametrize(
    ("born", "state", "deeds"),
    [
        ("pending", "running", []),
        ("pending", "finished", [Finished(("1/1/1",))]),
        ("pending", "pending", []),
        ("pending", None, []),
        ("running", "running", []),
        ("running", "finished", [Finished(("1/1/1",))]),
        ("finished", "finished", []),
        ("finished", "deleted", [Deleted(("1/1/1",))]),
        ("deleted", "deleted", []),
        ("deleted", None, []),
    ],
)
def test_an_update_is_a_deed_if_it_ends_or_deletes_a_job(
    fake: FakeJobs, wire: Caller, born: str, state: str | None, deeds: list[Deed]
) -> None:
    fake.add_job("a", project=1, state=born)
    body = {"key": "1/1/1", "note": 1, **({} if state is None else {"state": state})}
    assert rows(wire, "POST /jobq/1/update", json.dumps(body)) == [{"prevstate": born, "key": "1/1/1"}]
    [update] = fake.calls
    assert list(update.deeds) == deeds
    assert update.job_keys == ("1/1/1",)
    with nullcontext() if state == "deleted" != born else pytest.raises(AssertionError):
        fake.assert_deleted("1/1/1")


def test_a_push_asks_for_what_its_lines_say(fake: FakeJobs, wire: Caller) -> None:
    whole = {
        "spider": "a",
        "spider_args": {"page": "1"},
        "tags": ["x", "y"],
        "priority": 4,
        "units": 3,
        "job_settings": {"S": 1},
        "environment": {"E": "e"},
        "cmd_args": "--all",
        "note": [1],
    }
    rows(wire, "POST /jobq/1/push", "\n".join(map(json.dumps, [whole, {"spider": "b", "tags": None, "spider_args": None}])))
    assert fake.assert_scheduled(**{name: value for name, value in whole.items() if name != "note"}, meta={"note": [1]}).key == "1/1/1"
    bare: dict[str, Any] = {"spider_args": {}, "job_settings": {}, "environment": {}, "meta": {}}
    assert fake.assert_scheduled("b", project=1, tags=[], priority=2, units=1, cmd_args=None, **bare).key == "1/2/1"


def test_each_job_that_an_update_ends_is_a_deed_of_its_own(fake: FakeJobs, wire: Caller) -> None:
    for state in ("pending", "finished", "running"):
        fake.add_job("a", project=1, state=state)
    lines = [{"key": "1/1/3", "state": "finished"}, {"key": "1/1/2", "state": "deleted"}, {"key": "1/1/1", "state": "finished"}]
    rows(wire, "POST /jobq/1/update", "\n".join(map(json.dumps, lines)))
    assert fake.calls[0].deeds == (Finished(("1/1/3",)), Deleted(("1/1/2",)), Finished(("1/1/1",)))
    assert fake.calls[0].job_keys == ("1/1/3", "1/1/2", "1/1/1")


# ---------------------------------------------------------------- answers to the letter


class Step(NamedTuple):
    """A request and its whole answer, which is 200 OK."""

    request: str
    body: str
    content_type: str
    answer: str


PUSHED = Step("POST /jobq/1/push", '{"spider": "a"}', LINES, '{"key": "1/1/1", "auth": null}')
FINISH = Step(
    "POST /jobq/1/update",
    '{"key": "1/1/1", "state": "finished", "close_reason": "no_reason"}',
    LINES,
    '{"prevstate": "pending", "key": "1/1/1"}',
)
NONE_OF_STATE = '{"summary": [], "name": "%s", "count": 0}'
FACTS: dict[str, list[Step]] = {
    "push": [
        PUSHED,
        Step(
            "POST /jobq/1/push", '{"spider": "b"}\n{"spider": "a"}', LINES, '{"key": "1/2/1", "auth": null}\n{"key": "1/1/2", "auth": null}'
        ),
        Step("POST /jobq/1/push", '{"spider": "a", "state": "deleted"}\n', LINES, '{"key": "1/1/3", "auth": null}'),
        Step("GET /jobq/1/count?state=pending&state=running&state=finished", "", JSON, "3"),
    ],
    "push of a held unique is refused with 200 and burns a number": [
        Step("POST /jobq/1/push", '{"unique": "h1", "spider": "a"}', LINES, '{"key": "1/1/1", "auth": null}'),
        Step(
            "POST /jobq/1/push",
            '{"unique": "h1", "spider": "b"}',
            LINES,
            '{"request": {"unique": "h1", "spider": "b"}, "error": "Active job exists with key h1"}',
        ),
        Step("POST /jobq/2/push", '{"unique": "h1", "spider": "a"}', LINES, '{"key": "2/1/1", "auth": null}'),
        Step("POST /jobq/1/push", '{"unique": null, "spider": "b"}', LINES, '{"key": "1/2/2", "auth": null}'),
        Step("POST /jobq/1/push", '{"unique": null, "spider": "b"}', LINES, '{"key": "1/2/3", "auth": null}'),
        FINISH,
        Step("POST /jobq/1/push", '{"unique": "h1", "spider": "b"}', LINES, '{"key": "1/2/4", "auth": null}'),
    ],
    "startjob of an empty queue is empty": [
        Step("POST /jobq/1/startjob", "{}", JSON, ""),
        Step("POST /jobq/startjob", "", JSON, ""),
        PUSHED,
        Step("POST /jobq/2/startjob", "{}", JSON, ""),
    ],
    "update": [
        PUSHED,
        Step("POST /jobq/1/update", '{"key": "1/1/1", "state": "running"}', LINES, '{"prevstate": "pending", "key": "1/1/1"}'),
        Step("POST /jobq/1/update", '{"key": "1/1/1", "state": "finished"}', LINES, '{"prevstate": "running", "key": "1/1/1"}'),
        Step("POST /jobq/1/update", '{"key": "1/1/1", "state": "finished"}', LINES, '{"prevstate": "finished", "key": "1/1/1"}'),
        Step("GET /jobs/1/1/1/close_reason", "", JSON, "null"),
        Step("POST /jobq/1/update", '{"key": "1/1/1", "state": "deleted"}', LINES, '{"prevstate": "finished", "key": "1/1/1"}'),
        Step("GET /jobs/1/1/1/state", "", JSON, '"deleted"'),
        Step("GET /jobs/1/1/1/spider", "", JSON, '"a"'),
        Step("GET /jobq/1/list?state=finished", "", LINES, ""),
    ],
    "update of unknown jobs gives no line": [
        Step("POST /jobq/1/update", '{"key": "1/1/1", "state": "finished"}', LINES, ""),
        Step("POST /jobq/1/update", '{"key": "1/9", "state": "finished"}', LINES, ""),
        Step("POST /jobq/1/update", '{"key": "2/1/1", "state": "finished"}', LINES, ""),
        Step("POST /jobq/1/update", "", LINES, ""),
    ],
    "update keeps values of any JSON type": [
        PUSHED,
        Step("POST /jobq/1/update", '{"key": "1/1/1", "n": null, "f": false, "o": {}}', LINES, '{"prevstate": "pending", "key": "1/1/1"}'),
        Step("GET /jobs/1/1/1/n", "", JSON, "null"),
        Step("GET /jobs/1/1/1/f", "", JSON, "false"),
        Step("GET /jobs/1/1/1/o", "", JSON, "{}"),
    ],
    "cancel of one": [
        PUSHED,
        Step("POST /jobq/1/1/1/cancel", "", JSON, '{"count": 1}'),
        Step("GET /jobs/1/1/1/state", "", JSON, '"finished"'),
        Step("GET /jobs/1/1/1/close_reason", "", JSON, '"cancelled"'),
        Step("POST /jobq/1/1/1/cancel", "", JSON, '{"count": 0}'),
        Step("POST /jobq/1/1/9/cancel", "", JSON, '{"count": 0}'),
    ],
    "cancel of a running one is a request": [
        PUSHED,
        Step("POST /jobq/1/update", '{"key": "1/1/1", "state": "running"}', LINES, '{"prevstate": "pending", "key": "1/1/1"}'),
        Step("POST /jobq/1/1/1/cancel", "", JSON, '{"count": 1}'),
        Step("GET /jobs/1/1/1/state", "", JSON, '"running"'),
    ],
    "cancel of an array": [
        Step(
            "POST /jobq/1/push", '{"spider": "a"}\n{"spider": "a"}', LINES, '{"key": "1/1/1", "auth": null}\n{"key": "1/1/2", "auth": null}'
        ),
        Step("POST /jobq/1/cancel", '[{"key": "1/1/1"}, {"key": "1/1/2"}, {"key": "1/1/9"}, {"key": "2/1/1"}]', JSON, '{"count": 2}'),
        Step("POST /jobq/1/cancel", "[]", JSON, '{"count": 0}'),
    ],
    "cancel of so many takes those whose turn is next": [
        Step(
            "POST /jobq/1/push",
            '{"spider": "a"}\n{"spider": "b"}\n{"spider": "c", "priority": 4}',
            LINES,
            '{"key": "1/1/1", "auth": null}\n{"key": "1/2/1", "auth": null}\n{"key": "1/3/1", "auth": null}',
        ),
        Step("POST /jobq/1/cancel?count=2", "", JSON, '{"count": 2}'),
        Step("GET /jobq/1/list?state=pending&jobmeta=x", "", LINES, f'{{"key": "1/2/1", "state": "pending", "elapsed": 1, "ts": {START}}}'),
    ],
    "list shows finished jobs unless asked": [
        PUSHED,
        Step("GET /jobq/1/list", "", LINES, ""),
        Step("GET /jobq/1/count", "", JSON, "0"),
        Step(
            "GET /jobq/1/list?state=pending",
            "",
            LINES,
            f'{{"key": "1/1/1", "state": "pending", "elapsed": 1, "ts": {START}, "spider": "a", "pending_time": {START}}}',
        ),
        FINISH,
        Step(
            "GET /jobq/1/list",
            "",
            LINES,
            f'{{"key": "1/1/1", "state": "finished", "elapsed": 1, "ts": {START}, "spider": "a",'
            f' "pending_time": {START}, "finished_time": {START}, "close_reason": "no_reason"}}',
        ),
        Step("GET /jobq/1/count", "", JSON, "1"),
    ],
    "jobmeta takes the place of the default fields": [
        PUSHED,
        FINISH,
        Step(
            "GET /jobq/1/list?jobmeta=close_reason&jobmeta=nothing&jobmeta=key",
            "",
            LINES,
            f'{{"key": "1/1/1", "state": "finished", "elapsed": 1, "ts": {START}, "close_reason": "no_reason"}}',
        ),
    ],
    "summary": [
        Step("GET /jobq/1/summary", "", LINES, "\n".join(NONE_OF_STATE % state for state in ("pending", "running", "finished"))),
        Step("GET /jobq/1/summary/running", "", LINES, NONE_OF_STATE % "running"),
        Step("GET /jobq/1/7/summary/pending", "", LINES, NONE_OF_STATE % "pending"),
        PUSHED,
        Step(
            "GET /jobq/1/1/summary/pending?jobmeta=spider",
            "",
            LINES,
            f'{{"summary": [{{"key": "1/1/1", "state": "pending", "elapsed": 1, "ts": {START}, "spider": "a"}}],'
            ' "name": "pending", "count": 1}',
        ),
    ],
    "lastjobsummary": [
        PUSHED,
        Step("GET /spiders/1/lastjobsummary", "", LINES, ""),
        FINISH,
        Step("GET /spiders/2/lastjobsummary", "", LINES, ""),
        Step("GET /spiders/1/2/lastjobsummary", "", LINES, ""),
        Step(
            "GET /spiders/1/1/lastjobsummary",
            "",
            LINES,
            f'{{"key": "1/1/1", "state": "finished", "elapsed": 1, "ts": {START}, "spider": "a",'
            f' "pending_time": {START}, "finished_time": {START}, "close_reason": "no_reason"}}',
        ),
    ],
    "ids": [
        Step("GET /ids/1/spider/a", "", JSON, "null"),
        Step("GET /ids/1/spider/a?create=1", "", JSON, "1"),
        Step("GET /ids/1/spider/b?create=True", "", JSON, "2"),
        Step("GET /ids/1/spider/b?create=0", "", JSON, "2"),
        Step("GET /ids/1/spider/a%2Fb%20%C3%A9?create=1", "", JSON, "3"),
        Step("GET /ids/2/spider/b", "", JSON, "null"),
    ],
    "projects": [
        Step(
            "GET /projects/1/jobsummary",
            "",
            JSON,
            '{"project": 1, "running_units_count": 0, "pending": 0, "running": 0, "finished": 0,'
            ' "pending_units_max": null, "has_capacity": true}',
        ),
        Step("GET /projects/jobsummaries", "", JSON, "[]"),
        PUSHED,
        Step("GET /projects/jobsummaries", "", JSON, '[{"project": 1, "has_capacity": true, "pending": 1, "running": 0, "finished": 0}]'),
        Step(
            "GET /projects/jobsummaries?state=running&state=pending",
            "",
            JSON,
            '[{"project": 1, "has_capacity": true, "running": 0, "pending": 1}]',
        ),
    ],
    "settings": [
        Step("GET /projects/1/settings", "", JSON, "{}"),
        Step("POST /projects/1/settings", '{"units": 2, "l": [1, {"a": null}]}', SETTINGS, ""),
        Step("POST /projects/1/settings", '{"units": 3}', SETTINGS, ""),
        Step("GET /projects/1/settings", "", JSON, '{"units": 3, "l": [1, {"a": null}]}'),
        Step("GET /projects/1/settings/units", "", JSON, "3"),
        Step("GET /projects/1/settings/other", "", JSON, "null"),
        Step("DELETE /projects/1/settings/units", "", SETTINGS, ""),
        Step("DELETE /projects/1/settings/units", "", SETTINGS, ""),
        Step("GET /projects/1/settings", "", JSON, '{"l": [1, {"a": null}]}'),
        Step("GET /projects/2/settings", "", JSON, "{}"),
    ],
    "botgroups": [
        Step("POST /botgroups/g/max_running", "null", JSON, "null"),
        Step("DELETE /botgroups/g", "", JSON, "null"),
    ],
    "metadata": [
        PUSHED,
        Step(
            "GET /jobs/1/1/1",
            "",
            LINES,
            '{"project": 1, "spider": "a", "state": "pending", "priority": 2, "units": 1,'
            f' "pending_time": {START}, "scheduled_by": "{DEFAULT_USER}"}}',
        ),
        Step("POST /jobs/1/1/1", '{"x": {"y": [1]}, "priority": 3}', META, ""),
        Step("POST /jobs/1/1/1/z", '"text"', META, ""),
        Step("GET /jobs/1/1/1/x", "", JSON, '{"y": [1]}'),
        Step("GET /jobs/1/1/1/z", "", JSON, '"text"'),
        Step("GET /jobs/1/1/1/priority", "", JSON, "3"),
        Step("DELETE /jobs/1/1/1/x", "", META, ""),
        Step("DELETE /jobs/1/1/1/x", "", META, ""),
        Step("GET /jobs/1/1/1/x", "", JSON, "null"),
    ],
    "what a job is, is not changed by a write of metadata": [
        PUSHED,
        Step("POST /jobs/1/1/1", '{"state": "finished", "spider": "b", "project": 9, "key": "1/1/9", "_key": 1, "auth": "t"}', META, ""),
        Step("GET /jobs/1/1/1/state", "", JSON, '"pending"'),
        Step("GET /jobs/1/1/1/spider", "", JSON, '"a"'),
        Step("GET /jobs/1/1/1/project", "", JSON, "1"),
        Step("GET /jobs/1/1/1/auth", "", JSON, "null"),
    ],
    "metadata of an unknown job is an empty answer": [
        Step("GET /jobs/1/1/1", "", LINES, ""),
        Step("GET /jobs/1/1/1/state", "", JSON, "null"),
        Step("DELETE /jobs/1/1/1", "", META, ""),
    ],
    "a script has its words as job_cmd": [
        Step("POST /jobq/1/push", '{"spider": "py:a.py"}', LINES, '{"key": "1/1/1", "auth": null}'),
        Step("GET /jobs/1/1/1/job_cmd", "", JSON, '["py:a.py"]'),
        Step("POST /jobs/1/1/1", '{"job_cmd": ["py:a.py", "x"]}', META, ""),
        Step("GET /jobs/1/1/1/job_cmd", "", JSON, '["py:a.py", "x"]'),
    ],
    "a job is deleted": [
        PUSHED,
        FINISH,
        Step("DELETE /jobs/1/1/1", "", META, ""),
        Step("DELETE /jobs/1/1/1", "", META, ""),
        Step("GET /jobs/1/1/1/state", "", JSON, '"deleted"'),
    ],
}


@pytest.mark.parametrize("steps", FACTS.values(), ids=FACTS)
def test_an_answer_to_the_letter(wire: Caller, steps: list[Step]) -> None:
    for step in steps:
        answer = call(wire, step.request, step.body)
        assert (answer.status, answer.reason) == (200, "OK"), (step.request, answer.text)
        assert answer.text == step.answer, step.request
        assert answer.headers["Content-Type"] == step.content_type, step.request
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


# ---------------------------------------------------------------- windows and filters


@pytest.fixture
def listed(fake: FakeJobs) -> FakeJobs:
    """Two spiders' jobs, one a second: a/1 finished, a/2 running, b/1 finished, b/2 pending, a/3 finished, a/4 deleted."""
    tags: list[list[str]] = [["x"], ["x", "y"], ["y"], [], [], ["x"]]
    for spider, state, own in zip("aabbaa", ("finished", "running", "finished", "pending", "finished", "deleted"), tags, strict=True):
        fake.add_job(spider, project=1, state=state, tags=own)
        fake.clock.advance(seconds=1)
    return fake


LIVE = "state=pending&state=running&state=finished"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["1/3", "2/1", "1/1"]),
        (LIVE, ["1/3", "2/2", "2/1", "1/2", "1/1"]),
        ("state=deleted", ["1/4"]),
        ("state=running", ["1/2"]),
        (f"{LIVE}&spider=a", ["1/3", "1/2", "1/1"]),
        ("spider=nobody", []),
        (f"{LIVE}&has_tag=x", ["1/2", "1/1"]),
        (f"{LIVE}&has_tag=x&has_tag=y", ["2/1", "1/2", "1/1"]),
        (f"{LIVE}&lacks_tag=x", ["1/3", "2/2", "2/1"]),
        (f"{LIVE}&lacks_tag=x&lacks_tag=y", ["1/3", "2/2"]),
        (f"{LIVE}&has_tag=x&lacks_tag=y", ["1/1"]),
        (f"{LIVE}&key=1/1/1&key=1/2/2&key=1/1/9&key=2/1/1", ["1/1", "2/2"]),
        ("key=1/1/2&key=1/1/1", ["1/1"]),
        ("count=2", ["1/3", "2/1"]),
        ("count=0", []),
        ("start=1", ["2/1", "1/1"]),
        ("start=1&count=1", ["2/1"]),
        ("start=9", []),
        (f"{LIVE}&stop=1/2/1", ["1/3", "2/2"]),
        (f"{LIVE}&stop=1/1/9", ["1/3", "2/2", "2/1", "1/2", "1/1"]),
        (f"startts={START + 2000}", ["1/3", "2/1"]),
        (f"endts={START + 2000}", ["1/1"]),
        (f"startts={START + 2000}&endts={START + 4000}", ["2/1"]),
        (f"startts={START + 2000}&endts={START}", ["1/3", "2/1"]),
        ("count=100000000", ["1/3", "2/1", "1/1"]),
        ("unknown=1&filter=x", ["1/3", "2/1", "1/1"]),
    ],
)
def test_list_and_count(listed: FakeJobs, wire: Caller, query: str, wanted: list[str]) -> None:
    assert keys(wire, f"GET /jobq/1/list?{query}") == wanted
    windows = ("start", "stop", "count")
    filters = "&".join(pair for pair in query.split("&") if pair.partition("=")[0] not in windows)
    if filters == query:
        assert call(wire, f"GET /jobq/1/count?{query}").json == len(wanted)


def test_rows_bring_tags_only_where_there_are_some(listed: FakeJobs, wire: Caller) -> None:
    assert [row.get("tags") for row in rows(wire, "GET /jobq/1/list")] == [None, ["y"], ["x"]]
    assert [row.get("tags") for row in rows(wire, "GET /jobq/1/list?jobmeta=spider")] == [None, None, None]
    assert [row.get("tags") for row in rows(wire, "GET /jobq/1/list?jobmeta=spider&has_tag=x")] == [["x"]]


@pytest.mark.parametrize(
    ("query", "accept", "is_array"),
    [
        ("", "*/*", False),
        ("", "application/json", True),
        ("", "application/json, text/plain, */*", True),
        ("", "*/*;q=0.8, application/json", True),
        ("", "*/*, application/json", False),
        ("format=json", "*/*", True),
        ("format=jl", "application/json", False),
    ],
)
def test_a_list_is_one_array_where_that_is_asked_for(listed: FakeJobs, wire: Caller, query: str, accept: str, is_array: bool) -> None:
    answer = wire.send("GET", "/jobq/1/list", query=query.encode(), headers={"Accept": accept})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json" if is_array else LINES)
    read = answer.json if is_array else [json.loads(line) for line in answer.text.splitlines()]
    assert [row["key"] for row in read] == ["1/1/3", "1/2/1", "1/1/1"]
    assert "Content-Length" in answer.headers or not is_array
    [call] = listed.calls
    assert call.rows == 3


def test_counters_of_0_are_left_out_of_rows(fake: FakeJobs, wire: Caller) -> None:
    fake.add_job("a", project=1, state="finished", items=0, pages=3, errors=0, logs=0)
    [row] = rows(wire, "GET /jobq/1/list")
    assert [name for name in ("items", "pages", "errors", "logs") if name in row] == ["pages"]
    [row] = rows(wire, "GET /jobq/1/list?jobmeta=items&jobmeta=pages")
    assert [name for name in ("items", "pages") if name in row] == ["pages"]
    [row] = wire.get("jobs/list.json", {"project": 1}).json["jobs"]
    assert (row["items_scraped"], row["responses_received"], row["errors_count"]) == (0, 3, 0)


def test_tags_that_are_a_text_are_kept_until_the_next_ones(fake: FakeJobs, wire: Caller) -> None:
    job = fake.add_job("a", project=1, state="finished", tags=["old"])
    assert call(wire, "POST /jobs/1/1/1", '{"tags": "obsolete"}').status == 200
    assert call(wire, "GET /jobs/1/1/1/tags").json == "obsolete"
    assert rows(wire, "GET /jobs/1/1/1")[0]["tags"] == "obsolete"
    assert keys(wire, "GET /jobq/1/list?has_tag=obsolete&has_tag=old") == []
    assert keys(wire, "GET /jobq/1/list?lacks_tag=obsolete") == ["1/1"]
    again = FakeJobs()
    again.load(fake.dump())
    assert again.metadata("1/1/1")["tags"] == "obsolete"
    wire.post("jobs/update.json", {"project": 1, "job": job.key, "add_tag": "new"})
    assert call(wire, "GET /jobs/1/1/1/tags").json == ["new"]
    call(wire, "POST /jobs/1/1/1", '{"tags": "obsolete"}')
    call(wire, "POST /jobs/1/1/1/tags", '["newer"]')
    assert (job.tags, fake.metadata(job)["tags"]) == (["newer"], ["newer"])
    call(wire, "POST /jobs/1/1/1/tags", '"x"')
    call(wire, "DELETE /jobs/1/1/1/tags")
    assert job.tags == []
    assert fake.metadata(job)["tags"] == []


def test_elapsed_is_the_time_since_the_change_of_state_and_never_0(fake: FakeJobs, wire: Caller) -> None:
    job = fake.add_job("a", project=1, state="finished")
    assert rows(wire, "GET /jobq/1/list")[0]["elapsed"] == 1
    fake.clock.advance(seconds=5)
    fake.update_tags(job, add=["t"])
    assert (rows(wire, "GET /jobq/1/list")[0]["elapsed"], rows(wire, "GET /jobq/1/list")[0]["ts"]) == (5000, START)


def test_jobs_of_one_millisecond_are_listed_newest_first(fake: FakeJobs, wire: Caller) -> None:
    for _ in range(5):
        rows(wire, "POST /jobq/1/push", '{"spider": "a", "state": "finished"}')
    assert keys(wire, "GET /jobq/1/list") == ["1/5", "1/4", "1/3", "1/2", "1/1"]


def test_a_list_has_1000_rows_at_most(fake: FakeJobs, wire: Caller) -> None:
    for _ in range(1003):
        fake.add_job("a", project=1, state="finished")
    assert len(keys(wire, "GET /jobq/1/list")) == len(keys(wire, "GET /jobq/1/list?count=1001")) == 1000
    assert keys(wire, "GET /jobq/1/list?start=1000") == ["1/3", "1/2", "1/1"]
    assert call(wire, "GET /jobq/1/count").json == 1003


def test_a_summary_shows_five_rows_and_the_whole_count(fake: FakeJobs, wire: Caller) -> None:
    for spider in "aaaabbbb":
        fake.add_job(spider, project=1)
    pending = rows(wire, "GET /jobq/1/summary")[0]
    assert ([row["key"] for row in pending["summary"]], pending["count"]) == (["1/2/4", "1/2/3", "1/2/2", "1/2/1", "1/1/4"], 8)
    [pending] = rows(wire, "GET /jobq/1/summary/pending?count=2&start=1")
    assert ([row["key"] for row in pending["summary"]], pending["count"]) == (["1/2/3", "1/2/2"], 8)
    [pending] = rows(wire, "GET /jobq/1/1/summary/pending?count=1")
    assert ([row["key"] for row in pending["summary"]], pending["count"]) == (["1/1/4"], 4)
    assert [line["name"] for line in rows(wire, "GET /jobq/1/1/summary")] == ["pending", "running", "finished"]


def test_jobsummary_comes_in_the_order_of_its_keys(listed: FakeJobs, wire: Caller) -> None:
    asked = "key=1/2/2&key=1/1/9&key=1/1/4&key=1/1/1&jobmeta=spider&jobmeta=state"
    assert [(row["key"], row["state"], row["spider"]) for row in rows(wire, f"GET /jobq/1/jobsummary?{asked}")] == [
        ("1/2/2", "pending", "b"),
        ("1/1/4", "deleted", "a"),
        ("1/1/1", "finished", "a"),
    ]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["1/3", "2/1"]),
        ("count=1", ["1/3"]),
        ("start=2", ["2/1"]),
        ("startafter=1", ["2/1"]),
        ("startafter=1/2", []),
        ("start=1/1", ["1/3", "2/1"]),
        ("start=2&startafter=0", ["2/1"]),
        ("start=1&startafter=1", ["2/1"]),
        ("startafter=x", ["1/3", "2/1"]),
        ("startafter=0", ["1/3", "2/1"]),
        (f"startafter={'9' * 18}", []),
        (f"startafter={'9' * 19}", ["1/3", "2/1"]),
    ],
)
def test_the_last_finished_job_of_every_spider(listed: FakeJobs, wire: Caller, query: str, wanted: list[str]) -> None:
    assert keys(wire, f"GET /spiders/1/lastjobsummary?{query}") == wanted


def test_a_project_summary_counts_the_units_that_run(fake: FakeJobs, wire: Caller) -> None:
    for state, units in (("running", 2), ("running", 3), ("pending", 4), ("finished", 5), ("deleted", 6)):
        fake.add_job("a", project=1, state=state, units=units)
    wanted = {"project": 1, "running_units_count": 5, "running": 2, "pending": 1, "finished": 1, "pending_units_max": 4}
    assert call(wire, "GET /projects/1/jobsummary").json == {**wanted, "has_capacity": True}


# ---------------------------------------------------------------- the life of a job


def test_startjob_takes_the_highest_priority_then_the_oldest_and_shows_the_job(fake: FakeJobs, wire: Caller) -> None:
    rows(wire, "POST /jobq/1/push", '{"spider": "a"}\n{"spider": "b", "priority": 3, "x": 1}\n{"spider": "c"}')
    rows(wire, "POST /jobq/2/push", '{"spider": "a", "priority": 0}')
    fake.clock.advance(seconds=1)
    first = call(wire, "POST /jobq/1/startjob", '{"botgroup_note": "n"}')
    assert first.headers["Content-Type"] == JSON
    shown = first.json
    auth = shown.pop("auth")
    assert shown == {
        "key": "1/2/1",
        "project": 1,
        "spider": "b",
        "state": "running",
        "priority": 3,
        "units": 1,
        "pending_time": START,
        "running_time": START + 1000,
        "scheduled_by": DEFAULT_USER,
        "started_by": DEFAULT_USER,
        "x": 1,
        "botgroup_note": "n",
        "_shub_worker": "fakejobs",
    }
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", auth)
    started = [call(wire, f"POST {path}/startjob", "{}") for path in ("/jobq", "/jobq", "/jobq", "/jobq")]
    assert [answer.json["key"] if answer.body else None for answer in started] == ["1/1/1", "1/3/1", "2/1/1", None]


def test_startjob_of_a_botgroup(fake: FakeJobs, wire: Caller) -> None:
    rows(wire, "POST /jobq/1/push", '{"spider": "a"}\n{"spider": "b", "botgroup": "g"}')
    assert call(wire, "POST /jobq/1/startjob", '{"botgroup": "g"}').json["key"] == "1/2/1"
    assert call(wire, "POST /jobq/1/startjob", '{"botgroup": "g"}').text == ""


def test_a_job_born_running_or_finished_has_only_the_time_of_its_state(fake: FakeJobs, wire: Caller) -> None:
    pushed = rows(
        wire, "POST /jobq/1/push", '{"spider": "a", "state": "running"}\n{"spider": "a", "state": "finished", "close_reason": "failed"}'
    )
    assert [type(row["auth"]) for row in pushed] == [str, type(None)]
    assert set(rows(wire, "GET /jobs/1/1/1")[0]) == {"project", "spider", "state", "priority", "units", "running_time", "started_by"}
    finished = rows(wire, "GET /jobs/1/1/2")[0]
    assert (finished["finished_time"], finished["completed_by"], finished["close_reason"]) == (START, DEFAULT_USER, "failed")
    assert not {"pending_time", "running_time", "scheduled_by", "started_by"} & set(finished)


def test_the_time_of_every_state_is_kept(fake: FakeJobs, wire: Caller) -> None:
    rows(wire, "POST /jobq/1/push", '{"spider": "a"}')
    for state in ("running", "finished", "finished", "deleted"):
        fake.clock.advance(seconds=1)
        rows(wire, "POST /jobq/1/update", json.dumps({"key": "1/1/1", "state": state}))
    [shown] = rows(wire, "GET /jobs/1/1/1")
    assert [shown[f"{state}_time"] - START for state in ("pending", "running", "finished", "deleted")] == [0, 1000, 2000, 4000]
    assert [shown[f"{deed}_by"] for deed in ("scheduled", "started", "completed", "deleted")] == [DEFAULT_USER] * 4


def test_an_update_of_a_spider_begins_with_the_oldest_change_and_passes_deleted_jobs_over(fake: FakeJobs, wire: Caller) -> None:
    for _ in range(3):
        fake.add_job("a", project=1)
    fake.add_job("a", project=1, state="deleted")
    fake.add_job("b", project=1)
    fake.clock.advance(seconds=1)
    rows(wire, "POST /jobq/1/update", '{"key": "1/1/1", "state": "running"}')
    fake.clock.advance(seconds=1)
    changed = rows(wire, "POST /jobq/1/update", '{"key": "1/1", "state": "finished", "x": 1}')
    assert changed == [
        {"prevstate": "pending", "key": "1/1/2"},
        {"prevstate": "pending", "key": "1/1/3"},
        {"prevstate": "running", "key": "1/1/1"},
    ]
    assert [fake.metadata(f"1/1/{number}").get("x") for number in range(1, 5)] == [1, 1, 1, None]
    assert fake.get_job("1/2/1").state == "pending"


def test_summaries_of_metadata(fake: FakeJobs, wire: Caller) -> None:
    fake.add_job("a", project=1, state="finished", items=3, logs=2)
    fake.clock.advance(seconds=2)
    [shown] = rows(wire, "GET /jobs/1/1/1?add_summary=1")
    assert {name: shown[name] for name in ("key", "ts", "elapsed", "items", "pages", "logs", "errors")} == {
        "key": "1/1/1",
        "ts": START,
        "elapsed": 2000,
        "items": 3,
        "pages": 0,
        "logs": 2,
        "errors": 0,
    }
    assert "items" not in rows(wire, "GET /jobs/1/1/1")[0]


def test_the_deploy_of_the_latest_is_open_until_the_job_starts(fake: FakeJobs, wire: Caller) -> None:
    assert wire.post("run.json", {"project": 1, "spider": "a", "meta": '{"deploy_id": "latest"}'}).status == 200
    assert [call(wire, f"GET /jobs/1/1/1/{name}").json for name in ("version", "deploy_id")] == [None, None]


# ---------------------------------------------------------------- dumps


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/jobq/1/push", '{"spider": "a"}'),
        ("/jobq/1/push", '{"spider": "a", "close_reason": "", "version": "", "spider_type": "", "scheduled_by": ""}'),
        ("/jobq/1/push", '{"spider": "a", "unique": "u", "state": "finished"}\n{"spider": "a", "unique": "u"}'),
        ("/jobq/1/push", '{"spider": "a", "unique": "u", "x": {"y": [null, "\\ud800"]}, "": 0}'),
        ("/logs/1/1/1", '{"message": "m", "time": 1}\n{"message": 7, "time": -5, "level": 99}'),
    ],
)
def test_a_dump_of_what_clients_wrote_makes_an_equal_fake(fake: FakeJobs, wire: Caller, path: str, body: str) -> None:
    if not path.startswith("/jobq"):
        fake.add_job("a", project=1, state="running")
    assert call(wire, f"POST {path}", body).status == 200
    twin = FakeJobs()
    twin.load(json.loads(json.dumps(fake.dump())))
    assert twin.dump() == fake.dump()
    for job in fake.list_jobs():
        assert (twin.metadata(job.key), twin.logs(job.key)) == (fake.metadata(job.key), fake.logs(job.key))


def test_a_dump_lets_go_of_a_unique_that_is_held_by_another_job_since(fake: FakeJobs, wire: Caller) -> None:
    rows(wire, "POST /jobq/1/push", '{"spider": "a", "unique": "u", "state": "finished"}\n{"spider": "a", "unique": "u"}')
    rows(wire, "POST /jobq/1/update", '{"key": "1/1/1", "state": "deleted"}')
    twin = FakeJobs()
    twin.load(fake.dump())
    assert twin.dump() == fake.dump()
    assert "Active job exists with key u" in call(Caller(twin), "POST /jobq/1/push", '{"spider": "a", "unique": "u"}').text


# ---------------------------------------------------------------- keys and tokens


def test_a_job_token_opens_the_job_while_it_runs_and_nothing_else(fake: FakeJobs, wire: Caller) -> None:
    [pushed] = rows(wire, "POST /jobq/1/push", '{"spider": "a", "state": "running"}')
    rows(wire, "POST /jobq/1/push", '{"spider": "a", "state": "running"}')
    token = Caller(fake, key=None)

    def status(request: str, body: str = "") -> int:
        credentials = b64encode(f"1/1/1:{pushed['auth']}".encode()).decode()
        return call(token, request, body, headers={"Authorization": f"Basic {credentials}"}).status

    assert status("GET /jobs/1/1/1") == status("POST /jobs/1/1/1", '{"x": 1}') == status("GET /jobs/1/1/1/state") == 200
    assert status("GET /jobs/1/1/2") == status("GET /jobq/1/list") == status("POST /jobq/1/push", '{"spider": "a"}') == 401
    fake.finish_job("1/1/1")
    assert status("GET /jobs/1/1/1") == 401
    assert fake.metadata("1/1/1")["x"] == 1


def test_no_credentials_are_a_pretty_401(fake: FakeJobs) -> None:
    answer = call(Caller(fake, key=None), "GET /jobq/1/list")
    assert (answer.status, answer.reason, answer.headers["Content-Type"]) == (401, "UNAUTHORIZED", JSON)
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="apikey"'
    assert answer.text == '{\n  "error": "Unauthorized",\n  "message": "Unauthorized"\n}'


def test_projects_of_others_are_closed(fake: FakeJobs, wire: Caller) -> None:
    fake.add_project(1)
    fake.add_project(2)
    fake.add_key("k", user="ann", projects=[1])
    assert call(wire, "GET /jobq/1/list").status == 200
    assert call(wire, "GET /jobq/2/list").status == 403
    assert call(wire, "POST /jobq/startjob", "{}").status == 400
    assert [row["project"] for row in call(wire, "GET /projects/jobsummaries").json] == [1]


# ---------------------------------------------------------------- bad input


class Refusal(NamedTuple):
    """A request that is refused, and what its message names."""

    request: str
    body: str | bytes
    status: int
    names: str


NO_JSON: list[tuple[str | bytes, str]] = [
    ('{"spider": "a"', "line 1"),
    ("x", "line 1"),
    ('{"spider": "a"}\n[]', "line 2"),
    ("null", "line 1"),
    ('"a"', "line 1"),
    (b'{"spider": "\xff"}', "UTF-8"),
    (b'{"spider": "a\x00"}', "NUL"),
    ('{"spider": "a", "n": NaN}', "NaN"),
    ('{"spider": "a", "n": -1e999}', "-1e999 is no JSON number"),
    ("[" * 100_000, "line 1"),
    ('{"spider": "a"}\n{"spider": "a", "n": ' + "[" * 100 + "]" * 100 + "}", "nested more than 100 levels deep"),
    ('{"spider": "a", "job_settings": {"n": ' + "[" * 99 + "]" * 99 + "}}", "nested more than 100 levels deep"),
]
DEEP = '{"n": ' + "[" * 500 + "]" * 500 + "}"
REFUSALS = [
    *(Refusal(f"POST /jobq/1/{verb}", body, 400, names) for verb in ("push", "update") for body, names in NO_JSON),
    Refusal("POST /jobq/1/push", "{}", 400, "job must contain a spider"),
    Refusal("POST /jobq/1/push", '{"spider": ""}', 400, "job must contain a spider"),
    Refusal("POST /jobq/1/push", '{"spider": 7}', 400, "job must contain a spider"),
    Refusal("POST /jobq/1/push", '{"spider": "a"}\n{"spider": "a", "state": "dead"}', 400, "invalid value for state: 'dead'"),
    Refusal("POST /jobq/1/push", '{"spider": "a"}\n{"spider": "a", "priority": 9}', 400, "invalid value for priority: 9"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "units": 0}', 400, "invalid value for units: 0"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "tags": 7}', 400, "invalid value for tags: 7"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "tags": [1]}', 400, "invalid value for tags"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "spider_args": []}', 400, "invalid value for spider_args"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "tags": ["\\ud800"]}', 400, "invalid value for tags"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "version": "\\ud800"}', 400, "invalid value for version"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "spider_args": {"\\ud800": "x"}}', 400, "invalid value for spider_args"),
    *(
        Refusal("POST /jobq/1/push", f'{{"spider": "a"}}\n{{"spider": "b", {pair}}}', 400, f"invalid value for {name}")
        for name, pair in {
            "spider": '"spider": "\\ud800"',
            "unique": '"unique": "\\u0000"',
            "tags": '"tags": ["\\u0000"]',
            "version": '"version": "\\u0000"',
            "spider_args": '"spider_args": {"a": "\\u0000"}',
        }.items()
    ),
    Refusal("POST /jobq/1/push", '{"spider": "a", "pending_time": 1446000000}', 400, "invalid value for pending_time"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "unique": 7}', 400, "invalid value for unique: 7"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "state": []}', 400, "invalid value for state"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "state": null}', 400, "invalid value for state"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "pending_time": -1}', 400, "invalid value for pending_time"),
    Refusal("POST /jobq/1/push", '{"spider": "a", "finished_time": 1e300}', 400, "invalid value for finished_time"),
    Refusal("POST /jobq/x/push", '{"spider": "a"}', 400, "invalid value for project: x"),
    Refusal("POST /jobq/1/update", "{}", 400, "key"),
    Refusal("POST /jobq/1/update", '{"key": 7}', 400, "key"),
    Refusal("POST /jobq/1/update", '{"key": "1"}', 400, "invalid value for key: 1"),
    Refusal("POST /jobq/1/update", '{"key": "1/x/1"}', 400, "invalid value for key: 1/x/1"),
    Refusal("POST /jobq/1/update", '{"key": "1/1/1/1"}', 400, "invalid value for key"),
    Refusal("POST /jobq/1/update", '{"key": "1/1/1", "state": "dead"}', 400, "invalid value for state: 'dead'"),
    Refusal("POST /jobq/1/update", '{"key": "1/1/1", "state": {}}', 400, "invalid value for state"),
    Refusal("POST /jobq/1/update", '{"key": "1/1/1", "x": 1}\n{"key": "1/1/1", "state": "deleted"}', 400, "1/1/1"),
    Refusal("POST /jobq/1/update", '{"key": "1/1/2", "state": "deleted"}', 400, "1/1/2"),
    Refusal("POST /jobq/1/update", '{"key": "1/1/2", "state": "pending"}', 400, "1/1/2"),
    Refusal("POST /jobq/1/update", '{"key": "1/1/3", "state": "running"}', 400, "1/1/3"),
    Refusal("POST /jobq/1/update", '{"key": "1/1/4", "state": "finished"}', 400, "1/1/4"),
    Refusal("POST /jobq/1/update", '{"key": "1/1", "state": "deleted"}', 400, "1/1/"),
    Refusal("POST /jobq/1/update", '{"key": "1/1/1", "x": 1, "priority": "high"}', 400, "invalid value for priority"),
    Refusal("POST /jobq/1/startjob", "x", 400, "JSON"),
    Refusal("POST /jobq/1/startjob", DEEP, 400, "nested"),
    Refusal("POST /jobq/1/startjob", '{"n": 1e999}', 400, "1e999"),
    Refusal("POST /jobq/1/startjob", "[]", 400, "JSON object"),
    Refusal("POST /jobq/1/startjob", '{"tags": 7}', 400, "invalid value for tags: 7"),
    Refusal("POST /jobq/startjob", '{"priority": 7}', 400, "invalid value for priority: 7"),
    Refusal("POST /jobq/1/cancel", "", 400, "JSON"),
    Refusal("POST /jobq/1/cancel", "{}", 400, "JSON array"),
    Refusal("POST /jobq/1/cancel", '["1/1/1"]', 400, "key"),
    Refusal("POST /jobq/1/cancel", '[{"key": "1/1/1"}, {"key": 7}]', 400, "key"),
    Refusal("POST /jobq/1/cancel", json.dumps([{"key": "1/1/1"}] * 1001), 400, "1000"),
    Refusal("POST /jobq/1/cancel?count=x", "", 400, "invalid value for count: x"),
    Refusal("POST /jobq/1/cancel?count=-1", "", 400, "invalid value for count: -1"),
    Refusal("POST /jobq/1/x/1/cancel", "", 400, "invalid value for spider: x"),
    Refusal("POST /jobq/1/1/x/cancel", "", 400, "invalid value for job: x"),
    *(
        Refusal(f"GET /jobq/1/{view}?{name}={value}", "", 400, f"invalid value for {name}")
        for view, names in {
            "list": ("count", "start", "startts", "endts"),
            "count": ("startts", "endts"),
            "summary": ("count", "start"),
            "1/summary/pending": ("count",),
        }.items()
        for name in names
        for value in ("x", "-1", "1.5", "9" * 40)
    ),
    Refusal("GET /jobq/1/list?state=dead", "", 400, "invalid value for state: dead"),
    Refusal("GET /jobq/1/count?state=dead", "", 400, "invalid value for state: dead"),
    Refusal("GET /jobq/1/summary/deleted", "", 400, "invalid value for state: deleted"),
    Refusal("GET /jobq/1/summary/dead", "", 400, "invalid value for state: dead"),
    Refusal("GET /jobq/1/x/summary", "", 400, "invalid value for spider: x"),
    Refusal("GET /jobq/x/list", "", 400, "invalid value for project: x"),
    Refusal("GET /jobq/1/list?spider=%FF", "", 400, "spider"),
    Refusal("GET /spiders/1/lastjobsummary?count=x", "", 400, "invalid value for count: x"),
    Refusal("GET /spiders/1/x/lastjobsummary", "", 400, "invalid value for spider: x"),
    Refusal("GET /projects/x/jobsummary", "", 400, "invalid value for project: x"),
    Refusal("GET /projects/jobsummaries?state=deleted", "", 400, "invalid value for state: deleted"),
    Refusal("GET /ids/x/spider/a?create=1", "", 400, "invalid value for project: x"),
    Refusal("GET /ids/1/spider/%FF?create=1", "", 400, "invalid value for name: ?"),
    Refusal("POST /projects/1/settings", "x", 400, "JSON"),
    Refusal("POST /projects/1/settings", DEEP, 400, "nested"),
    Refusal("POST /projects/1/settings", '{"n": 1e999}', 400, "1e999"),
    Refusal("POST /projects/1/settings", "[]", 400, "JSON object"),
    Refusal("POST /projects/1/settings", b"\xff", 400, "UTF-8"),
    Refusal("POST /jobs/1/1/1", "x", 400, "JSON"),
    Refusal("POST /jobs/1/1/1", "7", 400, "JSON object"),
    Refusal("POST /jobs/1/1/1", '{"x": 1, "units": 7}', 400, "invalid value for units: 7"),
    Refusal("POST /jobs/1/1/1", '{"x": 1, "close_reason": 7}', 400, "invalid value for close_reason: 7"),
    Refusal("POST /jobs/1/1/1/units", '"2"', 400, "invalid value for units: '2'"),
    Refusal("POST /jobs/1/1/1/x", "", 400, "JSON"),
    Refusal("POST /jobs/1/1/1/x", "{", 400, "JSON"),
    Refusal("POST /jobs/1/1/9", "{}", 404, "1/1/9"),
    Refusal("POST /jobs/1/1/9/x", "1", 404, "1/1/9"),
    Refusal("DELETE /jobs/1/1/9/x", "", 404, "1/1/9"),
    Refusal("DELETE /jobs/1/1/1", "", 400, "1/1/1"),
    Refusal("DELETE /jobs/1/1/2", "", 400, "1/1/2"),
    Refusal("GET /jobs/1/1/x", "", 400, "invalid value for job: x"),
    Refusal("GET /jobs/1", "", 400, "project"),
    Refusal("GET /jobq/1/push", "", 405, "POST"),
    Refusal("DELETE /jobq/1/list", "", 405, "GET"),
    Refusal("GET /jobq/1/nothing", "", 404, "/jobq/1/nothing"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda row: f"{row.request[:48]} {row.body[:40]!r}")
def test_a_refusal_names_what_is_wrong_and_changes_nothing(fake: FakeJobs, wire: Caller, refusal: Refusal) -> None:
    for state in ("pending", "running", "finished", "deleted"):
        fake.add_job("a", project=1, state=state)
    before = fake.dump()
    answer = call(wire, refusal.request, refusal.body)
    assert answer.status == refusal.status, answer.text
    assert answer.reason == answer.reason.upper()
    assert answer.headers["Content-Type"] == JSON
    assert set(answer.json) >= {"error", "message"}
    assert refusal.names in answer.json["message"]
    assert fake.dump() == before


@pytest.mark.parametrize("path", ["/jobq/1/push", "/jobq/1/update", "/jobs/1/1/1", "/projects/1/settings"])
def test_broken_gzip_is_refused(fake: FakeJobs, wire: Caller, path: str) -> None:
    fake.add_job("a", project=1)
    before = fake.dump()
    answer = call(wire, f"POST {path}", b"\x1f\x8b\x08nothing", headers={"Content-Encoding": "gzip"})
    assert answer.status == 400
    assert "gzip" in answer.json["message"]
    assert fake.dump() == before
