"""Activity as tests see it: plain lists, and steps that make another fake equal."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs import FakeJobs, ManualClock, UsageError
from tests.unit.verbs.dumped import NOW, steps_of

DAY = 24 * 3_600_000


def test_events_are_read_newest_first_and_are_copies(fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1)
    fake.add_activity([{"a": [1]}, {"b": 2}], project=1)
    found = fake.activity(project=1)
    assert found == [{"b": 2}, {"a": [1]}, {"event": "job:scheduled", "job": job.key, "user": "fakeuser"}]
    found[1]["a"].append(2)
    assert fake.activity(project=1)[1] == {"a": [1]}
    assert fake.activity(project=2) == []


@pytest.mark.parametrize(
    ("verb", "events", "text"),
    [
        ("add_activity", {"a": 1}, "give a list of JSON objects"),
        ("add_activity", [{}, "x"], "'x' is no mapping"),
        ("add_activity", [{}, {"a": {1}}], "nothing that JSON can say"),
        ("restore_activity", [{"_ts": NOW}, {}], "has no _ts"),
        ("restore_activity", [{"_ts": NOW}, {"_ts": 1}], "_ts=1 looks like seconds"),
        ("restore_activity", [{"_ts": NOW}, {"_ts": NOW - 1}], "is older than the event before it"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(fake: FakeJobs, verb: str, events: Any, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        fake.load([{verb: {"events": events, "project": 1}}])
    assert fake.activity(project=1) == []


def test_steps_make_another_cloud_equal(fake: FakeJobs) -> None:
    fake.finish_job(fake.add_job("a", project=1))
    fake.add_activity([{"a": None}, {"a": 2}], project=1)
    fake.add_activity([{"b": 1}], project=2)
    twin = FakeJobs(clock=ManualClock(NOW))
    twin.add_job("a", project=1)
    twin.load(steps_of(fake, "restore_activity"))
    assert steps_of(twin, "restore_activity") == steps_of(fake, "restore_activity")
    assert twin.activity(project=1) == fake.activity(project=1)


def test_what_is_told_of_a_job_of_the_past_has_the_time_of_then(fake: FakeJobs) -> None:
    fake.add_activity([{"event": "other"}], project=1)
    for days in (1, 31, 1):
        fake.add_job("books", project=1, state="finished", never_ran=True, finished_time=NOW - days * DAY)
    fake.add_job("books", project=1, pending_time=NOW - 2 * DAY)
    fake.add_job("books", project=1, state="deleted", never_ran=True, deleted_time=NOW - 2 * DAY)
    fake.add_job("books", project=1, state="running", running_time=NOW + DAY)
    [step] = steps_of(fake, "restore_activity")
    assert [(event["event"], event.get("job"), event["_ts"] - NOW) for event in reversed(step["restore_activity"]["events"])] == [
        ("job:started", "1/1/6", 1),
        ("other", None, 0),
        ("job:completed", "1/1/3", -DAY),
        ("job:completed", "1/1/1", -DAY),
        ("job:scheduled", "1/1/4", -2 * DAY),
        ("job:completed", "1/1/2", -31 * DAY),
    ]
    twin = FakeJobs(clock=ManualClock(NOW))
    twin.load(fake.dump())
    assert twin.activity(project=1) == fake.activity(project=1)


def test_of_a_job_that_ran_its_whole_life_is_told(fake: FakeJobs) -> None:
    past = {"pending_time": NOW - 5 * DAY, "running_time": NOW - 4 * DAY, "finished_time": NOW - 3 * DAY, "deleted_time": NOW - DAY}
    fake.add_job("books", project=1, state="deleted", **past)  # type: ignore[arg-type]
    [step] = steps_of(fake, "restore_activity")
    assert [(event["event"], event["_ts"] - NOW) for event in step["restore_activity"]["events"]] == [
        ("job:scheduled", -5 * DAY),
        ("job:started", -4 * DAY),
        ("job:completed", -3 * DAY),
        ("job:deleted", -DAY),
    ]
    fake.add_job("books", project=2, state="finished")
    assert [event["event"] for event in fake.activity(project=2)] == ["job:completed", "job:started", "job:scheduled"]
