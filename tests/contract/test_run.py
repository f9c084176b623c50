"""run.json and its old name: what is stored, what is answered, which number comes next, and what counts as the same job."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs import FakeJobs, JobState
from tests.contract.caller import Caller

NAMES = ["run.json", "schedule.json"]


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_compact(wire: Caller, name: str) -> None:
    """Recorded."""
    answer = wire.post(name, {"project": 2222222, "spider": "hs-test-spider"})
    assert (answer.status, answer.reason, answer.body) == (200, "OK", b'{"status":"ok","jobid":"2222222/1/1"}')
    assert answer.headers == {
        "Content-Type": "application/json",
        "Vary": "Cookie",
        "Allow": "POST, OPTIONS",
        "Content-Length": str(len(answer.body)),
    }


STORED: list[tuple[str, list[tuple[str, Any]], dict[str, Any]]] = [
    ("recorded: tags in the order given", [("add_tag", "b"), ("add_tag", "a")], {"tags": ["b", "a"], "spider_args": {}}),
    ("assumed: a tag counts once", [("add_tag", "b"), ("add_tag", "a"), ("add_tag", "b")], {"tags": ["b", "a"]}),
    ("assumed: a blank tag is none", [("add_tag", "")], {"tags": []}),
    ("recorded: defaults", [], {"priority": 2, "units": 1, "tags": [], "state": "pending", "spider_type": "manual"}),
    *((f"documented: priority {n}", [("priority", n)], {"priority": n}) for n in range(5)),
    *((f"documented: units {n}", [("units", n)], {"units": n}) for n in range(1, 7)),
    (
        "documented: settings",
        [("job_settings", '{"A": "10", "B": {"c": [1, null]}}')],
        {"job_settings": {"A": "10", "B": {"c": [1, None]}}},
    ),
    ("recorded: environment", [("environment", '{"E": "1"}')], {"environment": {"E": "1"}}),
    ("recorded: meta", [("meta", '{"field": 1, "other": "x"}')], {"meta": {"field": 1, "other": "x"}, "state": "pending"}),
    (
        "seen: shub sends empty objects",
        [("priority", 2), ("job_settings", "{}"), ("meta", "{}"), ("environment", "{}")],
        {"job_settings": {}, "meta": {}, "environment": {}, "priority": 2},
    ),
    ("assumed: blank is not given", [("priority", ""), ("units", ""), ("meta", ""), ("cmd_args", "")], {"priority": 2, "cmd_args": None}),
    ("seen: a command line", [("cmd_args", '--name "two words" x')], {"cmd_args": '--name "two words" x', "spider_args": {}}),
    ("documented: a command line as a JSON list of its words", [("cmd_args", '["val1", "val 2", 3]')], {"cmd_args": "val1 'val 2' 3"}),
    ("assumed: no list of words is a text", [("cmd_args", "[x] [[1]]")], {"cmd_args": "[x] [[1]]"}),
    ("assumed: nor is a nested list", [("cmd_args", '[["x"]]')], {"cmd_args": '[["x"]]'}),
    ("assumed: several are the words of one", [("cmd_args", "a b"), ("cmd_args", "c")], {"cmd_args": "'a b' c"}),
    (
        "recorded: any other parameter is an argument, a text",
        [("page", 1), ("flag", "True")],
        {"spider_args": {"page": "1", "flag": "True"}},
    ),
    ("assumed: the last of equal names wins", [("page", 1), ("page", 2)], {"spider_args": {"page": "2"}}),
    ("assumed: arguments may be blank and nameless", [("page", ""), ("", "x")], {"spider_args": {"page": "", "": "x"}}),
    (
        "recorded: job and other likely names are arguments",
        [("state", "running"), ("job", "1"), ("tags", "x")],
        {"spider_args": {"state": "running", "job": "1", "tags": "x"}},
    ),
    (
        "no ASCII",
        [("add_tag", "日本"), ("büch", "😀"), ("plus", "a+b c&d=e%")],
        {"tags": ["日本"], "spider_args": {"büch": "😀", "plus": "a+b c&d=e%"}},
    ),
]


@pytest.mark.parametrize(("pairs", "stored"), [row[1:] for row in STORED], ids=[row[0] for row in STORED])
def test_what_is_stored(wire: Caller, fake: FakeJobs, pairs: list[tuple[str, Any]], stored: dict[str, Any]) -> None:
    answer = wire.post("run.json", [("project", 1), ("spider", "a"), *pairs])
    assert answer.json == {"status": "ok", "jobid": "1/1/1"}
    record = fake.get_job("1/1/1").snapshot()
    assert {name: list(value) if name == "tags" else value for name in stored for value in [getattr(record, name)]} == stored


@pytest.mark.parametrize(
    ("meta", "state", "times", "by"),
    [
        ("{}", "pending", ["pending_time"], "scheduled_by"),
        ('{"state": "pending"}', "pending", ["pending_time"], "scheduled_by"),
        ('{"state": "running"}', "running", ["running_time"], "started_by"),
        ('{"state": "finished"}', "finished", ["finished_time"], "completed_by"),
    ],
)
def test_a_job_is_born_in_a_state(wire: Caller, fake: FakeJobs, meta: str, state: str, times: list[str], by: str) -> None:
    """Recorded: only the state's own time is set, and no pending fields on a job born later in its life."""
    fake.add_key("k", user="ann")
    wire.post("run.json", {"project": 1, "spider": "a", "meta": meta})
    record = fake.get_job("1/1/1").snapshot()
    assert record.state == state
    assert [f"{name}_time" for name in JobState if getattr(record, f"{name}_time")] == times
    assert record.touched_time is record.updated_time is None
    assert record.meta == {}
    assert [name for name in record.__dataclass_fields__ if name.endswith("_by") and getattr(record, name)] == [by]
    assert getattr(record, by) == "ann"


@pytest.mark.parametrize("state", ['"deleted"', '"done"', "null", "5", "[]", '["running"]', "{}", '""', "true"])
def test_a_job_is_born_in_no_other_state(wire: Caller, fake: FakeJobs, state: str) -> None:
    answer = wire.post("run.json", {"project": 1, "spider": "a", "meta": f'{{"state": {state}}}'})
    assert (answer.status, answer.json["status"]) == (400, "badrequest")
    assert answer.json["message"].startswith('invalid value for meta: {"state": ')
    assert fake.dump() == []


def test_jobq_id_stands_for_the_spider(wire: Caller, fake: FakeJobs) -> None:
    """Documented; assumed: it beats the name where both are given."""
    fake.add_job("other", project=123)
    fake.add_job("somespider", project=123, state="finished")
    assert wire.post("run.json", {"project": 123, "jobq_id": 2, "page": 1}).json["jobid"] == "123/2/2"
    assert wire.post("run.json", {"project": 123, "jobq_id": 2, "spider": "other"}).json["jobid"] == "123/2/3"
    assert wire.post("run.json", {"project": 123, "jobq_id": "002", "page": 2}).json["jobid"] == "123/2/4"
    assert fake.get_job("123/2/3").spider == "somespider"
    fake.add_spider("declared", project=123)
    assert wire.post("run.json", {"project": 123, "jobq_id": 2, "page": 3}).status == 400, "not declared"
    assert wire.post("run.json", {"project": 123, "jobq_id": 3}).json["jobid"] == "123/3/1"


def test_numbers(wire: Caller, fake: FakeJobs) -> None:
    """Recorded: spider ids per project by first use, job numbers per spider, shared, never reused; a refusal burns one."""

    def run(spider: str, project: int = 1, **more: Any) -> str:
        return str(wire.post("run.json", {"project": project, "spider": spider, **more}).json.get("jobid"))

    assert [run("a"), run("b"), run("c", project=2), run("b", project=2)] == ["1/1/1", "1/2/1", "2/1/1", "2/2/1"]
    assert run("a", page=1) == "1/1/2"
    assert [run("a"), run("a", page=1), run("a", page=2)] == ["None", "None", "1/1/5"]
    job = fake.finish_job("1/1/5")
    fake.delete_job(job)
    assert run("a", page=2) == "1/1/6"
    assert fake.add_job("a", project=1).key == "1/1/7"
    assert run("new") == "1/3/1"
    assert run("a", priority=9) == "None", "a bad parameter burns nothing"
    assert run("a", page=3) == "1/1/8"
    fake.add_job("a", key="1/1/20", state="finished")
    assert run("a", page=4) == "1/1/21"


SAME = [
    ("recorded", "nothing else", {}, True),
    ("inferred", "tags", {"add_tag": "x"}, True),
    ("inferred", "priority", {"priority": 4}, True),
    ("assumed", "units", {"units": 2}, True),
    ("inferred", "meta", {"meta": '{"x": 1}'}, True),
    ("inferred", "state", {"meta": '{"state": "running"}'}, True),
    ("assumed", "settings", {"job_settings": '{"A": 1}'}, True),
    ("assumed", "environment", {"environment": '{"A": "1"}'}, True),
    ("recorded", "arguments", {"subid": 1}, False),
    ("assumed", "command line", {"cmd_args": "--x"}, False),
]


@pytest.mark.parametrize(("difference", "same"), [row[2:] for row in SAME], ids=[f"{row[0]} {row[1]}" for row in SAME])
@pytest.mark.parametrize("state", ["pending", "running", "stopping"])
@pytest.mark.parametrize("name", NAMES)
def test_what_counts_as_the_same_job(wire: Caller, fake: FakeJobs, name: str, state: str, difference: dict[str, Any], same: bool) -> None:
    job = fake.add_job("a", project=1)
    if state != "pending":
        fake.start_job(job)
    if state == "stopping":
        fake.cancel_job(job)
    answer = wire.post(name, {"project": 1, "spider": "a", **difference})
    if same:
        assert (answer.status, answer.reason) == (400, "Bad Request")
        assert answer.body == b'{"status":"error","message":"a already scheduled"}'
        assert answer.headers["Allow"] == "POST, OPTIONS"
        assert fake.count_jobs() == 1
    else:
        assert answer.json["jobid"] == "1/1/2"


@pytest.mark.parametrize("end", ["finished", "cancelled while pending", "born finished", "deleted", "another project", "another spider"])
def test_when_a_job_is_free_to_be_scheduled_again(wire: Caller, fake: FakeJobs, end: str) -> None:
    """Recorded for finished jobs and for jobs born so."""
    elsewhere: dict[str, dict[str, Any]] = {"another project": {"project": 2}, "another spider": {"spider": "b"}}
    state = "finished" if end == "born finished" else "pending"
    job = fake.add_job(**{"spider": "a", "project": 1, "state": state, **elsewhere.get(end, {})})
    if end == "finished":
        fake.start_job(job)
        fake.finish_job(job)
    if end in ("cancelled while pending", "deleted"):
        wire.post("jobs/stop.json", {"project": 1, "job": job.key})
    if end == "deleted":
        wire.post("jobs/delete.json", {"project": 1, "job": job.key})
    assert wire.post("run.json", {"project": 1, "spider": "a"}).status == 200
    assert wire.post("run.json", {"project": 1, "spider": "a"}).status == 400


def test_editing_tags_does_not_free_a_job(wire: Caller, fake: FakeJobs) -> None:
    wire.post("run.json", {"project": 1, "spider": "a", "add_tag": "x"})
    wire.post("jobs/update.json", {"project": 1, "spider": "a", "add_tag": "y", "remove_tag": "x"})
    assert wire.post("run.json", {"project": 1, "spider": "a"}).status == 400
    fake.finish_job("1/1/1")
    wire.post("jobs/update.json", {"project": 1, "spider": "a", "remove_tag": "y"})
    assert wire.post("run.json", {"project": 1, "spider": "a"}).json["jobid"] == "1/1/3"


def test_seeded_twins_all_have_to_end(wire: Caller, fake: FakeJobs) -> None:
    """Recorded: plain pushes are not checked, even if identical."""
    twins = [fake.add_job("a", project=1) for _ in range(3)]
    for twin in twins:
        assert wire.post("run.json", {"project": 1, "spider": "a"}).status == 400
        fake.cancel_job(twin)
    assert wire.post("run.json", {"project": 1, "spider": "a"}).json["jobid"] == "1/1/7"


def test_the_message_names_the_spider_whatever_its_name_is(wire: Caller) -> None:
    for spider in ("a b", "ä", "x\ny", "😀", '"', "x" * 5000):
        wire.post("run.json", {"project": 1, "spider": spider})
        answer = wire.post("run.json", {"project": 1, "spider": spider})
        assert (answer.status, answer.reason) == (400, "Bad Request")
        assert answer.json == {"status": "error", "message": f"{spider} already scheduled"}
