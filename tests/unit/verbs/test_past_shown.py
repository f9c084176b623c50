"""Jobs of the past as they are seen: what they wrote in their run, what clients and tests are shown of it, and their dump."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from fakejobs import FakeJobs, ManualClock, SeedError
from fakejobs.domain.clock import Millis
from tests.contract.caller import Caller
from tests.unit.verbs.dumped import NOW, steps_of
from tests.unit.verbs.past import AGO, DAY, HOUR, MONTH, RUN, times_of

# ------------------------------------------------------------ what it wrote


def rows(wire: Caller, path: str, **query: Any) -> list[Any]:
    """Return the lines of JSON that a client gets."""
    return [json.loads(line) for line in wire.get(path, query).body.splitlines()]


def written(fake: FakeJobs, kind: str, key: str = "1/1/1") -> list[int]:
    """Return when a job's records of a kind were written, as a client reads it."""
    return [row["_ts"] - NOW for row in rows(Caller(fake), f"/{kind}/{key}", meta="_ts")]


def test_a_job_of_the_past_wrote_its_records_in_its_run(fake: FakeJobs) -> None:
    job = fake.add_job(
        "books",
        project=1,
        state="finished",
        ago={"days": 31},
        ran={"hours": 1},
        items=[{"n": number} for number in range(4)],
        logs=["INFO a", {"message": "b", "time": NOW - 40 * DAY}, "ERROR c"],
        requests=[{"url": "http://a/"}, {"url": "http://b/", "time": NOW - 40 * DAY}],
        samples=[[NOW, 1]],
    )
    end, start = -31 * DAY, -31 * DAY - HOUR
    assert written(fake, "items") == [start + HOUR // 4, start + HOUR // 2, start + 3 * HOUR // 4, end]
    assert written(fake, "logs") == [start + HOUR // 3, start + 2 * HOUR // 3, end]
    assert [log["time"] - NOW for log in fake.logs(job)] == [start + HOUR // 3, -40 * DAY, end]
    assert [request["time"] - NOW for request in fake.requests(job)] == [start + HOUR // 2, -40 * DAY]
    assert [row[0] for row in fake.samples(job)] == [NOW]
    assert (job.items, job.logs, job.errors, job.pages) == (4, 3, 1, 2)
    assert times_of(job) == RUN


def test_many_records_of_a_short_run_come_at_the_same_moments(fake: FakeJobs) -> None:
    fake.add_job("books", project=1, state="finished", ago=MONTH, ran={"milliseconds": 2}, items=[{}] * 5)
    assert [moment + 31 * DAY for moment in written(fake, "items")] == [-1, -1, 0, 0, 0]
    fake.add_job("books", project=1, state="finished", ago=MONTH, items=[{}] * 5)
    assert written(fake, "items", "1/1/2") == [-31 * DAY] * 5


def test_very_many_records_come_in_a_thousand_steps(fake: FakeJobs) -> None:
    fake.add_job("books", project=1, state="finished", ago=MONTH, ran={"seconds": 1}, items=[{}] * 2500)
    moments = written(fake, "items")
    assert (len(moments), sorted(set(moments))) == (2500, [-31 * DAY + step for step in range(-999, 1)])


@pytest.mark.parametrize(
    ("given", "moments"),
    [
        ({"state": "running", "ago": {"seconds": 4}}, [-2000, 0]),
        ({"state": "running"}, [0, 0]),
        ({"state": "pending", "ago": {"seconds": 4}}, [0, 0]),
        ({"state": "deleted", "running_time": NOW - 9000, "finished_time": NOW - 5000, "deleted_time": NOW - 1000}, [-7000, -5000]),
        ({"state": "finished", "running_time": NOW, "finished_time": NOW - 5000}, [-5000, -5000]),
    ],
    ids=repr,
)
def test_when_other_jobs_wrote_theirs(fake: FakeJobs, given: dict[str, Any], moments: list[int]) -> None:
    job = fake.add_job("books", project=1, items=[{}, {}], **given)
    assert written(fake, "items") == moments
    assert times_of(job)["updated_time"] == NOW + moments[-1]
    assert "touched_time" not in times_of(job)


def test_times_that_are_told_stay_beside_records(fake: FakeJobs) -> None:
    told: dict[str, Any] = {"finished_time": AGO, "updated_time": AGO - 5, "touched_time": AGO + 5}
    job = fake.add_job("books", project=1, state="finished", items=[{}], **told)
    assert times_of(job) == {"pending_time": AGO, "running_time": AGO, **told}


def test_what_is_written_to_a_job_of_the_past_is_written_now(fake: FakeJobs) -> None:
    bare, full = (
        fake.add_job("a", project=1, state="finished", ago=MONTH),
        fake.add_job("a", project=1, state="finished", ago=MONTH, items=[{}]),
    )
    for job in (bare, full):
        fake.add_items(job, [{}])
        assert (times_of(job)["updated_time"], times_of(job)["touched_time"]) == (NOW, NOW)
    assert written(fake, "items", full.key) == [-31 * DAY, 0]
    assert (bare.items, full.items) == (1, 2)


# ------------------------------------------------------------ what clients see of it


@pytest.fixture
def wire(fake: FakeJobs) -> Caller:
    """A client of a fake with a job that ran for an hour and ended a month ago, and one that ended just now."""
    fake.add_job("new", project=1, state="finished", items=[{}])
    fake.add_job("old", project=1, state="finished", ago=MONTH, ran={"hours": 1}, items=[{}, {}], logs=["a"], requests=[{"url": "/"}])
    return Caller(fake)


def test_the_rows_of_the_queue(wire: Caller) -> None:
    row = {"ts": AGO, "elapsed": 31 * DAY, "pending_time": AGO - HOUR, "running_time": AGO - HOUR, "finished_time": AGO}
    new, old = rows(wire, "/jobq/1/list")
    assert (new["spider"], new["ts"], old["spider"], old["close_reason"]) == ("new", NOW, "old", "finished")
    assert {name: old[name] for name in row} == row
    finished = next(line for line in rows(wire, "/jobq/1/summary") if line["name"] == "finished")
    assert finished["summary"] == [new, old]
    assert [job["key"] for job in rows(wire, "/jobq/1/list", endts=AGO + 1)] == [old["key"]]
    assert [job["key"] for job in rows(wire, "/jobq/1/list", startts=AGO + 1)] == [new["key"]]
    shown = wire.get(f"/jobs/{old['key']}", {"add_summary": "1"}).json
    assert {name: shown[name] for name in row} == row
    assert (shown["items"], shown["pages"], shown["logs"], shown["close_reason"]) == (2, 1, 1, "finished")


def test_the_rows_of_dash(wire: Caller) -> None:
    new, old = wire.get("jobs/list.json", {"project": 1}).json["jobs"]
    assert (new["spider"], new["elapsed"], new["updated_time"]) == ("new", 0, "2015-10-28T02:40:00")
    assert (old["spider"], old["elapsed"]) == ("old", 31 * DAY)
    assert (old["started_time"], old["updated_time"]) == ("2015-09-27T01:40:00", "2015-09-27T02:40:00")


def test_records_are_found_by_the_time_of_their_writing(wire: Caller) -> None:
    assert len(rows(wire, "/items/1/2/1", endts=AGO)) == 1
    assert len(rows(wire, "/items/1", startts=AGO + 1)) == 1


def test_the_timeline_of_the_past(fake: FakeJobs) -> None:
    fake.add_job("books", project=1, state="finished", ago={"minutes": 1}, ran={"seconds": 30}, items=[{}])
    assert str(fake.timeline()).splitlines()[2].split() == ["1/1/1", "books", "0", "s", "0", "s", "30", "s", "finished"]


# ------------------------------------------------------------ seeds and dumps


def test_a_seed_and_its_dump(fake: FakeJobs) -> None:
    seed = {"spider": "books", "project": 1, "state": "finished", "ago": {"days": 31}, "ran": {"hours": 1}, "items": [{}, {}]}
    fake.load([{"add_job": seed}])
    [step] = steps_of(fake, "add_job")
    assert {name: step["add_job"][name] for name in RUN} == RUN
    assert not {"ago", "ran", "never_ran", "touched_time"} & set(step["add_job"])
    assert step["add_job"]["close_reason"] == "finished"
    assert steps_of(fake, "restore_times") == []
    twin = FakeJobs(clock=ManualClock(Millis(NOW + DAY)))
    twin.load(fake.dump())
    assert twin.dump() == fake.dump()
    assert times_of(twin.get_job("1/1/1")) == RUN


def test_a_dump_of_jobs_that_came_another_way(fake: FakeJobs) -> None:
    """Jobs that were pushed, cancelled while they were pending, or begun by a test lack times; a dump gives them none."""
    wire = Caller(fake)
    pushed = [
        {"spider": "a", "state": "finished"},
        {"spider": "a", "state": "deleted"},
        {"spider": "a", "state": "deleted", "running_time": AGO},
        {"spider": "a", "state": "finished", "running_time": AGO},
    ]
    wire.send("POST", "/jobq/1/push", body="\n".join(map(json.dumps, pushed)).encode())
    fake.cancel_job(fake.add_job("a", project=1))
    fake.finish_job(fake.add_job("a", project=1, state="running"), close_reason="")
    fake.delete_job(fake.finish_job(fake.add_job("a", project=1, state="running", items=[{}])))
    twin = FakeJobs(clock=ManualClock(Millis(NOW + DAY)))
    twin.load(json.loads(json.dumps(fake.dump())))
    assert twin.dump() == fake.dump()
    for number in range(1, 8):
        assert times_of(twin.get_job(f"1/1/{number}")) == times_of(fake.get_job(f"1/1/{number}"))
        assert twin.get_job(f"1/1/{number}").close_reason == fake.get_job(f"1/1/{number}").close_reason
    assert steps_of(fake, "restore_times")[0] == {
        "restore_times": {"job": "1/1/3", "lacks": ["pending_time", "finished_time", "updated_time"]}
    }


@pytest.mark.parametrize(
    ("lacks", "text"),
    [
        (["running_time"], r"lacks: a finished job does not lack 'running_time' \(legal: pending_time, updated_time\)"),
        (["finished_time"], "a finished job does not lack 'finished_time'"),
        ("pending_time", "lacks='pending_time': give a list of times"),
        ([[]], r"does not lack \[\]"),
    ],
)
def test_a_time_that_no_job_lacks_is_refused(fake: FakeJobs, lacks: Any, text: str) -> None:
    job = fake.add_job("a", project=1, state="finished")
    with pytest.raises(SeedError, match=text):
        fake.load([{"restore_times": {"job": job.key, "lacks": lacks}}])
    assert isinstance(job.pending_time, datetime)
