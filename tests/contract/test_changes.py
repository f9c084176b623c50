"""jobs/update, jobs/delete and jobs/stop: whom they reach, what they count, what they change."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Caller

OK = b'{"status": "ok"}'


@pytest.fixture
def filled(fake: FakeJobs) -> FakeJobs:
    """1/1/1 pending, 1/1/2 running and tagged, 1/1/3 finished, 1/1/4 deleted, 1/2/1 finished and tagged; 2/1/1 finished."""
    fake.add_job("a", project=1)
    fake.add_job("a", project=1, state="running", tags=["x"])
    fake.add_job("a", project=1, state="finished", tags=["tag1"])
    fake.add_job("a", project=1, state="deleted")
    fake.add_job("b", project=1, state="finished", tags=["x", "y"])
    fake.add_job("a", project=2, state="finished")
    return fake


REACHED: list[tuple[str, list[tuple[str, Any]], list[str]]] = [
    ("recorded: by job", [("job", "1/1/3")], ["1/1/3"]),
    ("recorded: by several jobs", [("job", "1/1/3"), ("job", "1/2/1"), ("job", "1/1/3")], ["1/1/3", "1/2/1"]),
    ("inferred: unknown job", [("job", "1/9/9")], []),
    ("assumed: malformed key and another project's", [("job", "x"), ("job", "2/1/1")], []),
    ("recorded: by spider, all states but deleted", [("spider", "a")], ["1/1/1", "1/1/2", "1/1/3"]),
    ("by state", [("state", "finished")], ["1/1/3", "1/2/1"]),
    ("by deleted state", [("state", "deleted")], ["1/1/4"]),
    ("recorded: by has_tag", [("has_tag", "x")], ["1/1/2", "1/2/1"]),
    ("recorded: by lacks_tag, all of the project", [("lacks_tag", "zzz")], ["1/1/1", "1/1/2", "1/1/3", "1/2/1"]),
    ("all of them", [("spider", "b"), ("state", "finished"), ("has_tag", "y"), ("lacks_tag", "tag1")], ["1/2/1"]),
    ("inferred: other parameters are ignored", [("spider", "b"), ("count", "0"), ("offset", "9"), ("priority", "9")], ["1/2/1"]),
]


@pytest.mark.parametrize(("pairs", "keys"), [row[1:] for row in REACHED], ids=[row[0] for row in REACHED])
def test_update_reaches(wire: Caller, filled: FakeJobs, pairs: list[tuple[str, Any]], keys: list[str]) -> None:
    """Recorded: count is the number of matched jobs, whether or not a tag changed."""
    before = {job.key: job.tags for job in filled.list_jobs(state=["pending", "running", "finished", "deleted"])}
    for tag, left in [("new", ["new"]), ("new", ["new"])]:
        answer = wire.post("jobs/update.json", [("project", 1), *pairs, ("add_tag", tag)])
        assert answer.body == b'{"status": "ok", "count": %d}' % len(keys)
        assert answer.headers == {"Content-Type": "application/json", "Vary": "Cookie", "Content-Length": str(len(answer.body))}
        for key, tags in before.items():
            assert filled.get_job(key).tags == (tags + left if key in keys else tags)
    assert sorted(filled.calls[-1].job_keys) == sorted(keys)


EDITS: list[tuple[str, list[str], list[str], list[str], list[str]]] = [
    ("recorded", ["tag1"], ["tagA1", "tagA2"], [], ["tag1", "tagA1", "tagA2"]),
    ("recorded", ["tagA1", "tagA2"], ["tagB"], ["tagA2"], ["tagA1", "tagB"]),
    ("recorded", ["x"], [], ["absent"], ["x"]),
    ("inferred", ["x", "y"], ["x"], [], ["x", "y"]),
    ("assumed", ["x", "y"], ["x"], ["x"], ["y", "x"]),
    ("assumed", [], ["a", "a"], [], ["a"]),
    ("no ASCII", ["ä"], ["日本", "a b&c"], ["ä"], ["日本", "a b&c"]),
]


@pytest.mark.parametrize(("evidence", "tags", "add", "remove", "left"), EDITS)
def test_tags(wire: Caller, fake: FakeJobs, evidence: str, tags: list[str], add: list[str], remove: list[str], left: list[str]) -> None:
    job = fake.add_job("a", project=1, tags=tags)
    pairs = [("project", 1), ("job", job.key), *(("add_tag", tag) for tag in add), *(("remove_tag", tag) for tag in remove)]
    assert wire.post("jobs/update.json", pairs).json == {"status": "ok", "count": 1}
    assert job.tags == left
    for tag in {*tags, *add, *remove}:
        assert wire.get("jobs/count.json", {"project": 1, "has_tag": tag}).json["total"] == (tag in left)
    fake.assert_tagged(job, add=add, remove=remove)


DELETED: list[tuple[str, list[str], list[str]]] = [
    ("recorded: one", ["1/1/3"], ["1/1/3"]),
    ("recorded: several", ["1/1/3", "1/2/1"], ["1/1/3", "1/2/1"]),
    ("recorded: unknown, count 0", ["1/9/9"], []),
    ("assumed: pending and running jobs stay", ["1/1/1", "1/1/2", "1/1/3"], ["1/1/3"]),
    ("deleted already", ["1/1/4"], []),
    ("twice in one call counts once", ["1/1/3", "1/1/3"], ["1/1/3"]),
    ("malformed and another project's", ["x", "2/1/1", "1/1"], []),
]


@pytest.mark.parametrize(("jobs", "gone"), [row[1:] for row in DELETED], ids=[row[0] for row in DELETED])
def test_delete(wire: Caller, filled: FakeJobs, jobs: list[str], gone: list[str]) -> None:
    before = {job.key: job.state for job in filled.list_jobs(state=["pending", "running", "finished", "deleted"])}
    answer = wire.post("jobs/delete.json", [("project", 1), *(("job", job) for job in jobs)])
    assert answer.body == b'{"status": "ok", "count": %d}' % len(gone)
    after = {job.key: job.state for job in filled.list_jobs(state=["pending", "running", "finished", "deleted"])}
    assert after == {key: "deleted" if key in gone else state for key, state in before.items()}
    assert wire.post("jobs/delete.json", [("project", 1), *(("job", job) for job in jobs)]).json["count"] == 0
    for key in gone:
        filled.assert_deleted(key)
        assert filled.get_job(key).deleted_by == "fakeuser"
    assert list(filled.calls[0].job_keys) == gone


def test_a_deleted_job_is_gone_from_unfiltered_answers_but_its_fields_stay(wire: Caller, filled: FakeJobs) -> None:
    """Recorded."""
    job = filled.get_job("1/2/1")
    wire.post("jobs/delete.json", {"project": 1, "job": job.key})
    assert wire.get("jobs/count.json", {"project": 1, "spider": "b"}).json["total"] == 0
    assert wire.post("jobs/update.json", {"project": 1, "spider": "b", "add_tag": "z"}).json["count"] == 0
    assert (job.tags, job.spider, job.state, job.finished_time) == (["x", "y"], "b", "deleted", filled.clock.now)


STOPPED: list[tuple[str, list[str]]] = [
    ("recorded: pending", ["1/1/1"]),
    ("recorded: running", ["1/1/2"]),
    ("recorded: finished", ["1/1/3"]),
    ("recorded: unknown", ["1/123/123"]),
    ("deleted", ["1/1/4"]),
    ("malformed and another project's", ["x", "2/1/1"]),
    ("older pages: several", ["1/1/1", "1/1/2", "1/1/3", "1/1/1"]),
]


@pytest.mark.parametrize("jobs", [row[1] for row in STOPPED], ids=[row[0] for row in STOPPED])
def test_stop(wire: Caller, filled: FakeJobs, jobs: list[str]) -> None:
    """Recorded: ok without a count; a pending job ends at once, a running one runs on."""
    before: dict[str, tuple[str, str | None]] = {
        job.key: (job.state, job.close_reason) for job in filled.list_jobs(state=["pending", "running", "finished", "deleted"])
    }
    answer = wire.post("jobs/stop.json", [("project", 1), *(("job", job) for job in jobs)])
    assert (answer.status, answer.body) == (200, OK)
    after = {key: (filled.get_job(key).state, filled.get_job(key).close_reason) for key in before}
    expected = dict(before)
    if "1/1/1" in jobs:
        expected["1/1/1"] = ("finished", "cancelled")
    assert after == expected
    assert filled.get_job("1/1/2").cancel_requested is ("1/1/2" in jobs)


def test_a_stopped_running_job_ends_cancelled_when_it_is_finished(wire: Caller, filled: FakeJobs) -> None:
    wire.post("jobs/stop.json", {"project": 1, "job": "1/1/2"})
    job = filled.get_job("1/1/2")
    assert (job.state, job.cancelled_by) == ("running", "fakeuser")
    assert wire.get("jobs/list.json", {"project": 1, "job": job.key}).json["jobs"][0]["state"] == "running"
    filled.finish_job(job)
    [row] = wire.get("jobs/list.json", {"project": 1, "job": job.key}).json["jobs"]
    assert (row["state"], row["close_reason"]) == ("finished", "cancelled")


def test_projects_and_spiders(wire: Caller, fake: FakeJobs) -> None:
    """Recorded: numbers; four keys, id is the name; names that were only ever scheduled are listed, too."""
    assert wire.get("scrapyd/listprojects.json").body == b'{"projects": [], "status": "ok"}'
    assert wire.get("spiders/list.json", {"project": 1}).body == b'{"spiders": [], "status": "ok"}'
    fake.add_project(7)
    wire.post("run.json", {"project": 1, "spider": "hs-test-spider"})
    fake.add_spider("declared", project=1)
    assert wire.get("scrapyd/listprojects.json").json == {"projects": [1, 7], "status": "ok"}
    assert wire.get("spiders/list.json", {"project": 1}).json == {
        "spiders": [
            {"version": None, "tags": [], "id": "hs-test-spider", "type": "manual"},
            {"version": None, "tags": [], "id": "declared", "type": "manual"},
        ],
        "status": "ok",
    }
    fake.add_key("k", projects=[9, 1])
    assert wire.get("scrapyd/listprojects.json").json["projects"] == [1, 9]
    assert wire.get("jobs/count.json", {"project": 404}).status == 400


def test_reading_declares_nothing(wire: Caller, fake: FakeJobs) -> None:
    for path in ("jobs/list.json", "jobs/list.jl", "jobs/count.json", "spiders/list.json"):
        wire.get(path, {"project": 5, "spider": "x", "job": "5/1/1"})
    for path in ("jobs/update.json", "jobs/delete.json", "jobs/stop.json"):
        wire.post(path, {"project": 5, "spider": "x", "job": "5/1/1", "add_tag": "y"})
    assert fake.dump() == []
