"""Periodic jobs: what the calendar starts, in which order with all else that is due, and what it costs to move far."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs import FakeJobs, InvalidValue, JobRecord, ManualClock, NotFound, SeedError, UsageError
from fakejobs.cloud import periodic
from fakejobs.domain.clock import Millis
from fakejobs.domain.periodic import PeriodicJob
from fakejobs.fake import behind
from fakejobs.timeline.timeline import clock_line

START = Millis(1_446_000_000_000)
"""2015-10-28T02:40:00 UTC, a Wednesday."""
NOW = datetime(2015, 10, 28, 2, 40, tzinfo=timezone.utc)


@pytest.fixture
def fake() -> FakeJobs:
    return FakeJobs(clock=ManualClock(START))


def times(fake: FakeJobs, **filters: Any) -> list[str]:
    """Return when jobs were scheduled, oldest first."""
    return [f"{job.pending_time:%d %H:%M}" for job in sorted(fake.list_jobs(**filters), key=lambda job: job.key)]


# ---------------------------------------------------------------- firing


def test_the_calendar_starts_jobs(fake: FakeJobs) -> None:
    fake.add_deploy(project=1, version="r7")
    fake.add_periodic_job("books", project=1, hour=3, priority=4, spider_args={"page": 1}, tags=["nightly"])
    fake.advance(minutes=19)
    assert fake.list_jobs() == []
    fake.advance(minutes=30)
    [job] = fake.list_jobs()
    assert (job.key, job.state, job.scheduled_by, job.spider_type) == ("1/1/1", "pending", "periodicjobs", "manual")
    assert (job.priority, job.tags, job.spider_args, job.units, job.version) == (4, ["nightly"], {"page": "1"}, 1, "r7")
    assert job.pending_time == NOW + timedelta(minutes=20)
    assert fake.metadata(job)["deploy_id"] == 1
    [event] = fake.activity(project=1)
    assert event == {"event": "job:scheduled", "job": "1/1/1", "user": "periodicjobs"}
    fake.finish_job(job)
    fake.advance(days=1)
    assert times(fake) == ["28 03:00", "29 03:00"]


def test_what_is_due_fires_when_somebody_looks(fake: FakeJobs) -> None:
    clock = ManualClock(START)
    fake = FakeJobs(clock=clock)
    fake.add_periodic_job("books", project=1)
    clock.advance(3_600_000)
    assert fake.count_jobs() == 1


def test_jobs_end_before_the_calendar_fires_at_the_same_moment(fake: FakeJobs) -> None:
    fake.pace(running=60)
    fake.add_periodic_job("books", project=1, minute="*")
    fake.advance(minutes=5)
    assert [(job.key, job.state) for job in reversed(fake.list_jobs())] == [
        *((f"1/1/{number}", "finished") for number in range(1, 5)),
        ("1/1/5", "running"),
    ]
    assert [event["event"] for event in reversed(fake.activity(project=1))][:4] == [
        "job:scheduled",
        "job:started",
        "job:completed",
        "job:scheduled",
    ]


def test_due_order_with_what_jobs_do_by_themselves(fake: FakeJobs) -> None:
    fake.add_project(1, units=1)
    fake.pace(running=90)
    fake.add_periodic_job("a", project=1, minute="*")
    fake.add_periodic_job("b", project=1, minute="*")
    fake.advance(minutes=6)
    told = [(f"{job.spider}", f"{job.running_time:%H:%M:%S}") for job in reversed(fake.list_jobs()) if job.running_time]
    assert told == [("a", "02:41:00"), ("b", "02:42:30"), ("a", "02:44:00"), ("b", "02:45:30")]


def test_an_active_twin_burns_a_number(fake: FakeJobs) -> None:
    fake.add_periodic_job("books", project=1)
    fake.advance(hours=5)
    [job] = fake.list_jobs()
    fake.finish_job(job)
    fake.advance(hours=1)
    assert [job.key for job in fake.list_jobs()] == ["1/1/6", "1/1/1"]


def test_several_tasks(fake: FakeJobs) -> None:
    tasks: list[dict[str, Any]] = [{"spider": "films"}, {"spider": "films"}, {"spider": "books", "spider_args": {"page": 2}, "priority": 0}]
    fake.add_periodic_job("books", project=1, tasks=tasks)
    fake.advance(hours=1)
    assert sorted((job.key, job.priority) for job in fake.list_jobs()) == [("1/1/1", 2), ("1/1/2", 0), ("1/2/1", 2)]
    assert fake.add_job("films", project=1).key == "1/2/3"


def test_scripts(fake: FakeJobs) -> None:
    fake.add_periodic_job("py:tidy.py", project=1, cmd_args="--days '2 3'")
    fake.advance(hours=1)
    assert fake.metadata("1/1/1")["job_cmd"] == ["py:tidy.py", "--days", "2 3"]


def test_a_disabled_one_and_one_that_is_replaced(fake: FakeJobs) -> None:
    job = fake.add_periodic_job("books", project=1, disabled=True)
    fake.advance(hours=2)
    assert fake.list_jobs() == []
    fake.add_periodic_job("films", project=1, periodic_id=job.periodic_id)
    fake.advance(hours=1)
    assert [job.spider for job in fake.list_jobs()] == ["films"]
    assert fake.add_periodic_job("shoes", project=2).periodic_id == 2
    assert [job.tasks[0].spider for job in fake.periodic_jobs()] == ["films", "shoes"]
    assert [job.periodic_id for job in fake.periodic_jobs(project=2)] == [2]


def test_a_project_that_was_closed_since(fake: FakeJobs) -> None:
    fake.add_periodic_job("books", project=1)
    fake.add_spider("films", project=1)
    fake.advance(hours=3)
    assert fake.list_jobs() == []
    fake.add_spider("books", project=1)
    fake.advance(hours=1)
    assert [job.key for job in fake.list_jobs()] == ["1/2/1"]


def test_numbers_that_are_used_up(fake: FakeJobs) -> None:
    fake.add_spider("books", project=1, next_job=10**18 - 1)
    fake.add_periodic_job("books", project=1)
    fake.advance(days=1000)
    assert fake.list_jobs() == []


# ---------------------------------------------------------------- verbs


def test_firing_one_now(fake: FakeJobs) -> None:
    job = fake.add_periodic_job("books", project=1, tasks=[{"spider": "films"}], disabled=True)
    started = fake.fire_periodic_job(job)
    assert [(job.key, job.scheduled_by, job.pending_time) for job in started] == [
        ("1/1/1", "periodicjobs", NOW),
        ("1/2/1", "periodicjobs", NOW),
    ]
    fake.finish_job("1/2/1")
    assert [job.key for job in fake.fire_periodic_job(job.periodic_id)] == ["1/2/2"]
    with pytest.raises(NotFound, match="there is no periodic job 9"):
        fake.fire_periodic_job(9)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({}, UsageError, "which spider"),
        ({"spider": "a", "minute": 60}, InvalidValue, r"minute 60 is neither \* nor a number from 0 to 59"),
        ({"spider": "a", "hour": "*/5"}, InvalidValue, r"hour '\*/5' is neither \* nor a number from 0 to 23"),
        ({"spider": "a", "dayofmonth": 0}, InvalidValue, "dayofmonth 0 is neither"),
        ({"spider": "a", "dayofmonth": 30, "month": 2}, InvalidValue, "month 2 has no day 30"),
        ({"spider": "a", "minute": True}, InvalidValue, "minute True is neither"),
        ({"spider": "a", "tasks": [{"name": "b"}]}, UsageError, "is no mapping of spider"),
        ({"spider": "a", "tasks": [{"spider": "py:b.py"}]}, UsageError, "spiders or scripts, not both"),
        ({"spider": "a", "priority": 5}, InvalidValue, "priority 5 is not one of"),
        ({"spider": "a", "periodic_id": 0}, UsageError, "periodic_id=0 is not between 1"),
    ],
    ids=str,
)
def test_mistakes_change_nothing(fake: FakeJobs, arguments: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        fake.add_periodic_job(**{"project": 1, **arguments})
    assert fake.dump() == []


def test_a_dump_a_copy_and_a_reset(fake: FakeJobs) -> None:
    tasks: list[dict[str, Any]] = [{"spider": "py:tidy.py", "cmd_args": "-x", "priority": 1}, {"spider": "py:mend.py"}]
    fake.add_periodic_job(project=2, tasks=tasks, tags=["x"], description="two", dayofweek=7)
    fake.add_periodic_job("books", project=1, minute="*", spider_args={"a": 1})
    fake.pace(running=150)
    fake.advance(minutes=4)
    twin = FakeJobs(clock=ManualClock(Millis(START + 240_000)))
    twin.load(json.loads(json.dumps(fake.dump())))
    assert twin.periodic_jobs() == fake.periodic_jobs()
    assert twin.dump() == fake.dump()
    for one in (fake, twin):
        one.advance(minutes=30)
    assert times(twin) == times(fake) != []
    before = fake.dump()
    with pytest.raises(SeedError):
        fake.load([{"add_periodic_job": {"spider": "x", "project": 1, "minute": "*"}}, {"advance": {"hours": 1}}, {"nonsense": {}}])
    assert fake.dump() == before
    fake.reset()
    fake.advance(days=1)
    assert (fake.periodic_jobs(), fake.list_jobs(), fake.dump()) == ([], [], [])


def test_a_failed_report_says_what_fires_next(fake: FakeJobs) -> None:
    fake.add_periodic_job("books", project=1)
    assert clock_line(behind(fake).cloud, "manual").endswith("; next due: periodic job 1 fires in 20 min")


# ---------------------------------------------------------------- verbs that wait


def test_finish_all_lets_the_calendar_rest(fake: FakeJobs) -> None:
    """Else it would never come to an end."""
    fake.pace(running=3 * 3600)
    fake.add_periodic_job("books", project=1)
    job = fake.add_job("films", project=1)
    assert fake.finish_all() == [job]
    assert fake.clock.now == NOW + timedelta(hours=3)
    assert fake.count_jobs() == 1
    fake.advance(minutes=20)
    assert times(fake, spider="books") == ["28 06:00"]


def test_run_until_waits_for_jobs_and_not_for_the_calendar(fake: FakeJobs) -> None:
    fake.add_periodic_job("books", project=1, minute="*")
    job = fake.add_job("films", project=1)
    with pytest.raises(UsageError, match="nothing is due"):
        fake.run_until(job, "finished")
    fake.script("films", pending=150, running=60)
    other = fake.add_job("films", project=1, spider_args={"page": 1})
    assert fake.run_until(other, "finished").finished_time == NOW + timedelta(seconds=210)
    assert times(fake, spider="books") == ["28 02:41"]


def test_run_until_has_an_end(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakejobs.cloud.pace.MOST", 20)
    fake.pace(running=90)
    fake.add_periodic_job("books", project=1, minute="*", priority=4)
    fake.add_periodic_job("films", project=1, minute="*", priority=4)
    fake.script("films", running=3600)
    fake.script("shoes", pending=None)
    fake.advance(minutes=1)
    job = fake.add_job("shoes", project=1)
    with pytest.raises(UsageError, match="1/3/1 is still pending, and periodic jobs have started 20 jobs on the way"):
        fake.run_until(job, "running")


# ---------------------------------------------------------------- moving far


def test_a_year_of_refusals_is_only_counted(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done minute by minute while nothing can start."""
    fired: list[Millis] = []
    fire = periodic.Periodic._fire

    def counted(self: periodic.Periodic, job: PeriodicJob, at: Millis) -> list[JobRecord]:
        fired.append(at)
        return fire(self, job, at)

    monkeypatch.setattr(periodic.Periodic, "_fire", counted)
    for spider in ("books", "films"):
        fake.add_periodic_job(spider, project=1, minute="*")
    fake.advance(days=365)
    assert len(fired) < 10
    fake.finish_job("1/1/1")
    fake.advance(minutes=1)
    assert [job.key for job in fake.list_jobs(spider="books", state="pending")] == [f"1/1/{365 * 24 * 60 + 1}"]


def test_too_many_jobs_in_one_move_are_refused_and_nothing_happens(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "MOST", 100)
    fake.pace(running=30)
    fake.add_periodic_job("books", project=1, minute="*")
    fake.advance(minutes=100)
    assert fake.count_jobs() == 100
    before = fake.dump()
    words = r"the clock moves too far: by 2015-10-28 06:01 the calendar has started 100 jobs, and periodic job 1 of project 1 \(\* \*"
    for minutes in (101, 365 * 24 * 60):
        with pytest.raises(UsageError, match=words):
            fake.advance(minutes=minutes)
        assert (fake.dump(), fake.clock.now) == (before, NOW + timedelta(minutes=100))
    fake.advance(minutes=100)
    assert fake.count_jobs() == 200


def test_a_clock_that_moves_by_itself_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "MOST", 100)
    clock = ManualClock(START)
    fake = FakeJobs(clock=clock)
    fake.pace(running=30)
    fake.add_periodic_job("books", project=1, minute="*")
    clock.advance(365 * 24 * 3_600_000)
    assert fake.count_jobs() == 100
    clock.advance(60_000)
    assert fake.count_jobs() == 101


SPIDERS = st.sampled_from(["a", "b"])
MINUTES = st.sampled_from(["*", 0, 1, 2, 30])
PERIODIC = st.tuples(SPIDERS, MINUTES, st.sampled_from(["*", 2, 3]))
SPANS = st.none() | st.sampled_from([0, 30, 60, 90, 600, 4000])


@settings(max_examples=60, deadline=None)
@given(st.lists(PERIODIC, min_size=1, max_size=3), st.lists(st.tuples(SPIDERS, SPANS, SPANS), max_size=2), st.none() | st.integers(1, 2))
def test_one_move_is_as_many_small_ones(periodic_jobs: list[Any], scripts: list[Any], units: int | None) -> None:
    """What is only counted comes to the same as what is done step by step."""
    fakes = [FakeJobs(clock=ManualClock(START)) for _ in range(2)]
    for fake in fakes:
        fake.add_project(1, units=units)
        for spider, pending, running in scripts:
            fake.script(spider, pending=pending, running=running)
        for spider, minute, hour in periodic_jobs:
            fake.add_periodic_job(spider, project=1, minute=minute, hour=hour)
    far, near = fakes
    far.advance(hours=3)
    for _ in range(180 * 2):
        near.advance(seconds=30)
    assert far.dump() == near.dump()


def test_numbers_are_burnt_in_the_order_of_the_firings() -> None:
    keys = []
    for steps in (1, 180):
        fake = FakeJobs(clock=ManualClock(START))
        fake.add_job("books", project=1)
        fake.add_periodic_job("books", project=1, minute="*")
        fake.add_periodic_job("books", project=1, minute=0, spider_args={"page": 1})
        for _ in range(steps):
            fake.advance(minutes=180 / steps)
            for job in fake.list_jobs(state="pending"):
                if job.spider_args and steps > 1:
                    assert job.key == "1/1/22"
        keys.append([job.key for job in fake.list_jobs()])
    assert keys[0] == keys[1] == ["1/1/22", "1/1/1"]
