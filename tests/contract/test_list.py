"""jobs/list and jobs/count: filters, order, window, the fields of a row and when they are there."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Caller

T0 = datetime(2015, 7, 22, 23, 2, 13, 900_000, tzinfo=timezone.utc)
ALWAYS = {"id", "spider", "state", "priority", "spider_type", "tags", "items_scraped", "responses_received", "errors_count", "elapsed"}


@pytest.fixture
def filled(fake: FakeJobs) -> FakeJobs:
    """Jobs of project 1, by key: states and tags as their lines say."""
    fake.add_job("one", project=1, state="finished", finished_time=T0, tags=["foo"])  # 1/1/1
    fake.add_job("one", project=1, state="finished", finished_time=T0 + timedelta(hours=2), tags=["foo", "bar"])  # 1/1/2
    fake.add_job("two", project=1, state="finished", finished_time=T0 + timedelta(hours=1))  # 1/2/1
    fake.add_job("two", project=1, state="running", running_time=T0, tags=["bar"])  # 1/2/2
    fake.add_job("two", project=1, state="running", running_time=T0 + timedelta(hours=1))  # 1/2/3
    fake.add_job("one", project=1, state="deleted", deleted_time=T0, tags=["foo"])  # 1/1/3
    fake.add_job("one", project=1, pending_time=T0)  # 1/1/4
    fake.add_job("one", project=2, state="finished", finished_time=T0)  # 2/1/1
    return fake


EVERY = ["1/1/4", "1/2/3", "1/2/2", "1/1/2", "1/2/1", "1/1/1"]

FILTERS: list[tuple[str, list[tuple[str, Any]], list[str]]] = [
    ("documented: no state is no filter; recorded: deleted jobs are left out; running before finished, newest change first", [], EVERY),
    ("recorded: one state", [("state", "finished")], ["1/1/2", "1/2/1", "1/1/1"]),
    ("recorded: running", [("state", "running")], ["1/2/3", "1/2/2"]),
    ("documented: deleted can be asked for", [("state", "deleted")], ["1/1/3"]),
    ("inferred: several states", [("state", "finished"), ("state", "running")], ["1/2/3", "1/2/2", "1/1/2", "1/2/1", "1/1/1"]),
    ("several states with deleted", [("state", "deleted"), ("state", "pending"), ("state", "pending")], ["1/1/4", "1/1/3"]),
    ("recorded: spider", [("spider", "two")], ["1/2/3", "1/2/2", "1/2/1"]),
    ("recorded: unknown spider", [("spider", "nobody")], []),
    ("recorded: has_tag", [("has_tag", "foo")], ["1/1/2", "1/1/1"]),
    ("recorded: several has_tag are any of", [("has_tag", "foo"), ("has_tag", "bar")], ["1/2/2", "1/1/2", "1/1/1"]),
    ("recorded: unknown tag", [("has_tag", "nothing")], []),
    ("recorded: lacks_tag", [("lacks_tag", "foo")], ["1/1/4", "1/2/3", "1/2/2", "1/2/1"]),
    ("recorded: several lacks_tag are none of", [("lacks_tag", "foo"), ("lacks_tag", "bar")], ["1/1/4", "1/2/3", "1/2/1"]),
    ("has and lacks", [("has_tag", "foo"), ("lacks_tag", "bar")], ["1/1/1"]),
    ("different filters combine", [("spider", "one"), ("state", "finished"), ("has_tag", "bar")], ["1/1/2"]),
    ("recorded: job", [("job", "1/2/1")], ["1/2/1"]),
    ("recorded: several jobs in the order asked", [("job", "1/1/1"), ("job", "1/2/3"), ("job", "1/1/2")], ["1/1/1", "1/2/3", "1/1/2"]),
    ("a job asked for twice comes once", [("job", "1/1/2"), ("job", "1/1/1"), ("job", "1/1/2")], ["1/1/2", "1/1/1"]),
    ("recorded: unknown job", [("job", "1/123/123")], []),
    ("assumed: malformed keys match nothing", [("job", "nonsense"), ("job", "1/1"), ("job", "01/1/1"), ("job", "1/1/1")], ["1/1/1"]),
    ("assumed: jobs of another project match nothing", [("job", "2/1/1")], []),
    ("assumed: a deleted job under job=", [("job", "1/1/3")], []),
    ("assumed: a deleted job under job= and state=deleted", [("job", "1/1/3"), ("state", "deleted")], ["1/1/3"]),
    ("job and other filters", [("job", "1/1/1"), ("job", "1/2/3"), ("spider", "two")], ["1/2/3"]),
    ("inferred: unknown parameters are harmless", [("meta", "x"), ("add_tag", "y"), ("", "z")], EVERY),
    ("assumed: a blank filter is none", [("spider", ""), ("state", ""), ("job", ""), ("has_tag", "")], EVERY),
    ("the last of equal names counts", [("spider", "two"), ("spider", "one")], ["1/1/4", "1/1/2", "1/1/1"]),
]


@pytest.mark.parametrize(("pairs", "keys"), [row[1:] for row in FILTERS], ids=[row[0] for row in FILTERS])
def test_filters(wire: Caller, filled: FakeJobs, pairs: list[tuple[str, Any]], keys: list[str]) -> None:
    answer = wire.get("jobs/list.json", [("project", 1), *pairs]).json
    assert [job["id"] for job in answer["jobs"]] == keys
    assert (answer["status"], answer["count"], answer["total"]) == ("ok", len(keys), len(keys))
    assert [job.get("id") for job in wire.get("jobs/list.jl", [("project", 1), *pairs]).lines] == [None, *keys]
    assert wire.get("jobs/count.json", [("project", 1), *pairs]).json == {"status": "ok", "total": len(keys)}


WINDOWS = [
    ({"count": 3}, EVERY[:3]),
    ({"count": 0}, []),
    ({"count": 99}, EVERY),
    ({"offset": 2}, EVERY[2:]),
    ({"offset": 2, "count": 2}, EVERY[2:4]),
    ({"offset": 6}, []),
    ({"offset": "9" * 18, "count": "9" * 18}, []),
    ({"count": "", "offset": ""}, EVERY),
]


@pytest.mark.parametrize(("window", "keys"), WINDOWS)
def test_windows(wire: Caller, filled: FakeJobs, window: dict[str, Any], keys: list[str]) -> None:
    """Recorded: total equals count, the size of the answer, not of all matches; assumed: count.json ignores the window."""
    answer = wire.get("jobs/list.json", {"project": 1, **window}).json
    assert [job["id"] for job in answer["jobs"]] == keys
    assert answer["count"] == answer["total"] == len(keys)
    assert len(wire.get("jobs/list.jl", {"project": 1, **window}).lines) == len(keys) + 1
    assert wire.get("jobs/count.json", {"project": 1, **window, "count": "abc"}).json == {"status": "ok", "total": 6}


def test_keys_and_a_window(wire: Caller, filled: FakeJobs) -> None:
    pairs = [("project", 1), ("job", "1/1/1"), ("job", "1/9/9"), ("job", "1/2/1"), ("job", "1/1/2"), ("offset", 1), ("count", 1)]
    assert [job["id"] for job in wire.get("jobs/list.json", pairs).json["jobs"]] == ["1/2/1"]


def test_there_is_no_default_limit(wire: Caller, fake: FakeJobs) -> None:
    for _ in range(1500):
        fake.add_job("a", project=1, state="finished")
    assert wire.get("jobs/list.json", {"project": 1}).json["count"] == 1500
    assert len(wire.get("jobs/list.jl", {"project": 1}).lines) == 1501


def test_nothing_found_is_200_with_spaces(wire: Caller) -> None:
    """Recorded: also for a project that nobody has used."""
    answer = wire.get("jobs/list.json", {"project": 404})
    assert (answer.status, answer.reason) == (200, "OK")
    assert answer.body == b'{"status": "ok", "count": 0, "total": 0, "jobs": []}'
    assert answer.headers == {"Content-Type": "application/json", "Vary": "Cookie", "Content-Length": str(len(answer.body))}
    assert wire.get("jobs/count.json", {"project": 404}).body == b'{"status": "ok", "total": 0}'


def test_lines_open_with_the_status_line(wire: Caller, filled: FakeJobs) -> None:
    """Seen in a client: the first line is no job, and without it the client fails."""
    answer = wire.get("jobs/list.jl", {"project": 1, "count": 1})
    assert answer.headers == {"Content-Type": "application/x-jsonlines", "Vary": "Cookie"}
    first, second = answer.body.splitlines()
    assert first == b'{"status": "ok"}'
    assert second.startswith(b'{"responses_received": 0, ')
    assert wire.get("jobs/list.jl", {"project": 404}).body == b'{"status": "ok"}\n'


def test_both_forms_have_the_same_rows(wire: Caller, filled: FakeJobs) -> None:
    assert wire.get("jobs/list.json", {"project": 1}).json["jobs"] == wire.get("jobs/list.jl", {"project": 1}).lines[1:]


def row_of(wire: Caller, **filters: Any) -> dict[str, Any]:
    [row] = wire.get("jobs/list.json", {"project": 1, **filters}).json["jobs"]
    assert isinstance(row, dict)
    return row


def test_a_literal_row(wire: Caller, fake: FakeJobs) -> None:
    """Recorded in production, July 2015; elapsed counts from the last touch, not from the finish."""
    now = datetime(2015, 10, 28, 2, 40, tzinfo=timezone.utc)
    fake.add_job(
        "spider_one",
        key="1/1/6",
        state="finished",
        tags=["foo", "bar"],
        version="1434570463",
        running_time=T0,
        finished_time=datetime(2015, 7, 23, 1, 26, 37, 999_000, tzinfo=timezone.utc),
        touched_time=now - timedelta(milliseconds=4_672_821),
        close_reason="cancel_timeout",
        items=1030,
        pages=5323,
        errors=4,
        logs=167,
    )
    assert row_of(wire) == {
        "responses_received": 5323,
        "items_scraped": 1030,
        "close_reason": "cancel_timeout",
        "logs": 167,
        "tags": ["foo", "bar"],
        "version": "1434570463",
        "spider": "spider_one",
        "updated_time": "2015-07-23T01:26:37",
        "priority": 2,
        "state": "finished",
        "spider_type": "manual",
        "started_time": "2015-07-22T23:02:13",
        "id": "1/1/6",
        "errors_count": 4,
        "elapsed": 4_672_821,
    }


PRESENCE: list[tuple[str, dict[str, Any], set[str]]] = [
    ("assumed: pending", {}, set()),
    ("running", {"state": "running"}, {"started_time", "updated_time"}),
    ("assumed: no log is no field", {"state": "finished", "logs": 0}, {"started_time", "updated_time", "close_reason"}),
    ("born finished: never ran", {"state": "finished", "never_ran": True}, set()),
    (
        "finished after a run",
        {"state": "finished", "running_time": T0, "close_reason": "finished"},
        {"started_time", "updated_time", "close_reason"},
    ),
    ("never ran, but logged", {"state": "finished", "never_ran": True, "logs": 3}, {"logs"}),
    (
        "a close reason is shown only of a job that is over",
        {"state": "running", "close_reason": "x"},
        {"started_time", "updated_time"},
    ),
    ("since late 2015: arguments only if there are any", {"spider_args": {"page": 1}}, {"spider_args"}),
    ("version if known", {"version": "1.0"}, {"version"}),
    (
        "neither units nor meta nor settings",
        {"units": 3, "meta": {"a": 1}, "job_settings": {"A": 1}, "environment": {"E": "1"}, "cmd_args": "x"},
        set(),
    ),
]


@pytest.mark.parametrize(("fields", "present"), [row[1:] for row in PRESENCE], ids=[row[0] for row in PRESENCE])
def test_which_fields_are_there(wire: Caller, fake: FakeJobs, fields: dict[str, Any], present: set[str]) -> None:
    fake.add_job("a", project=1, **fields)
    row = row_of(wire)
    assert set(row) == ALWAYS | present
    assert (row["items_scraped"], row["responses_received"], row["errors_count"], row["tags"]) == (0, 0, 0, [])
    assert row.get("spider_args", {}) == {name: str(value) for name, value in fields.get("spider_args", {}).items()}
    assert row.get("logs") == (fields.get("logs", 0) if "logs" in present else None)


def test_a_job_cancelled_while_pending(wire: Caller, fake: FakeJobs) -> None:
    """Recorded 2018: no started_time, updated_time, logs, but zero counters and a close reason."""
    job = fake.add_job("a", project=1, version="1", spider_args={"a": "b"})
    wire.post("jobs/stop.json", {"project": 1, "job": job.key})
    row = row_of(wire)
    assert set(row) == ALWAYS | {"close_reason", "version", "spider_args"}
    assert (row["close_reason"], row["state"]) == ("cancelled", "finished")


def test_elapsed_is_the_time_since_the_last_touch(wire: Caller, fake: FakeJobs) -> None:
    """Recorded: it grows on every call, also of finished jobs; tags touch a job, and updated_time does not move then."""

    def look() -> tuple[int, Any]:
        row = row_of(wire)
        return row["elapsed"], row.get("updated_time")

    job = fake.add_job("a", project=1)
    assert look() == (0, None)
    fake.clock.advance(seconds=10)
    assert look() == (10_000, None)
    fake.start_job(job)
    assert look() == (0, "2015-10-28T02:40:10")
    fake.clock.advance(seconds=5)
    assert look() == (5000, "2015-10-28T02:40:10")
    fake.finish_job(job)
    fake.clock.advance(milliseconds=1500)
    assert look() == (1500, "2015-10-28T02:40:15")
    wire.post("jobs/update.json", {"project": 1, "job": job.key, "add_tag": "consumed"})
    assert look() == (0, "2015-10-28T02:40:15")
    fake.clock.advance(days=30)
    wire.post("jobs/update.json", {"project": 1, "job": job.key, "add_tag": "consumed"})
    assert look() == (0, "2015-10-28T02:40:15")
    fake.clock.advance(seconds=1)
    fake.finish_job(job)
    assert look() == (1000, "2015-10-28T02:40:15"), "finishing a finished job moves no time"


def test_elapsed_of_seeded_jobs(wire: Caller, fake: FakeJobs) -> None:
    now = fake.clock.now
    for key, fields, elapsed in [
        ("1/1/1", {"state": "finished", "finished_time": now - timedelta(hours=1)}, 3_600_000),
        ("1/1/2", {"state": "running", "running_time": now - timedelta(hours=1), "updated_time": now - timedelta(seconds=1)}, 1000),
        ("1/1/3", {"state": "finished", "finished_time": now - timedelta(hours=1), "touched_time": now - timedelta(hours=2)}, 7_200_000),
        ("1/1/4", {"state": "finished", "finished_time": now + timedelta(hours=1)}, 0),
    ]:
        fake.add_job("a", key=key, **fields)  # type: ignore[arg-type]
        assert row_of(wire, job=key)["elapsed"] == elapsed


def test_order_is_by_last_change_of_state_only(wire: Caller, fake: FakeJobs) -> None:
    """Recorded: neither tags nor job numbers nor start times move a job; ties inside a millisecond go by sequence."""
    jobs = [fake.add_job("a", project=1) for _ in range(4)]
    for job in jobs[:3]:
        fake.start_job(job)
    for number in (1, 0, 2):
        fake.finish_job(jobs[number])
    fake.add_job("b", project=1, state="finished")
    wire.post("jobs/update.json", {"project": 1, "job": "1/1/2", "add_tag": "x"})
    assert [row["id"] for row in wire.get("jobs/list.json", {"project": 1}).json["jobs"]] == ["1/1/4", "1/2/1", "1/1/3", "1/1/1", "1/1/2"]


def test_a_list_is_that_of_one_moment(wire: Caller, fake: FakeJobs) -> None:
    """Rows of a streamed list are those of the moment of the call, also if jobs change while it is read."""
    for _ in range(3):
        fake.add_job("a", project=1)
    heads: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/api/jobs/list.jl", "QUERY_STRING": "project=1&apikey=k"}
    chunks = iter(fake.app(environ, lambda status, headers: heads.append(status)))
    fake.clock.advance(hours=1)
    fake.reset()
    lines = b"".join(chunks).splitlines()
    assert heads == ["200 OK"]
    assert len(lines) == 4
    assert all(b'"elapsed": 0' in line for line in lines[1:])
