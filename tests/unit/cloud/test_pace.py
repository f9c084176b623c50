"""Jobs that live by themselves: rules and what they cover, due changes, progress, stops, units, and the doors to all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any
from unittest.mock import Mock

import pytest

import fakejobs.cloud.pace
from fakejobs import Call, FakeJobs, Job, ManualClock, SeedError, UsageError
from fakejobs.domain.clock import LATEST, Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.fake import behind
from tests.contract.caller import Caller

NOW = 1_446_000_000_000
FAR = timedelta(days=365)


@pytest.fixture
def fake() -> FakeJobs:
    return FakeJobs(clock=ManualClock(Millis(NOW)))


@pytest.fixture
def wire(fake: FakeJobs) -> Caller:
    return Caller(fake)


def push(wire: Caller, project: int, *rows: dict[str, Any]) -> list[str]:
    answer = wire.send("POST", f"/jobq/{project}/push", body="\n".join(map(json.dumps, rows)).encode())
    return [json.loads(line)["key"] for line in answer.text.splitlines()]


def run(wire: Caller, spider: str, **more: Any) -> str:
    key: str = wire.post("run.json", {"project": 1, "spider": spider, **more}).json["jobid"]
    return key


def startjob(wire: Caller, project: int | None = None) -> str | None:
    answer = wire.send("POST", "/jobq/startjob" if project is None else f"/jobq/{project}/startjob", body=b"{}")
    return json.loads(answer.text)["key"] if answer.text else None


def times(job: Job) -> tuple[int | None, int | None]:
    """Return after how many milliseconds a job started and ended."""
    record = job.snapshot()
    return tuple(None if moment is None else moment - NOW for moment in (record.running_time, record.finished_time))  # type: ignore[return-value]


# ------------------------------------------------------------ spans


@pytest.mark.parametrize(
    ("rule", "states"),
    [
        ({}, [(0, "running"), (1e6, "running")]),
        ({"pending": 5}, [(0, "pending"), (4.999, "pending"), (5, "running"), (1e6, "running")]),
        ({"pending": 5, "running": 60}, [(5, "running"), (64.999, "running"), (65, "finished")]),
        ({"running": 60}, [(0, "running"), (59.999, "running"), (60, "finished")]),
        ({"running": 0}, [(0, "finished")]),
        ({"pending": None, "running": 1}, [(1e6, "pending")]),
        ({"running": None}, [(1e6, "running")]),
        ({"pending": timedelta(minutes=1), "running": timedelta(milliseconds=1)},
            [(59.999, "pending"), (60, "running"), (60.001, "finished")]),
        ({"pending": 0.5, "running": 0.0004}, [(0.499, "pending"), (0.5, "finished")]),
    ],
    ids=repr,
)  # fmt: skip
def test_a_job_lives_at_its_pace(fake: FakeJobs, rule: dict[str, Any], states: list[tuple[float, str]]) -> None:
    fake.pace(**rule)
    job = fake.add_job("a", project=1)
    for seconds, state in states:
        fake.clock.advance_to(NOW + round(seconds * 1000))
        assert job.state == state


def test_without_a_rule_a_job_stays_where_it_is(fake: FakeJobs) -> None:
    jobs = [fake.add_job("a", project=1, state=state) for state in ("pending", "running")]
    fake.clock.advance(FAR)
    assert [str(job.state) for job in jobs] == ["pending", "running"]


def test_a_change_carries_the_time_at_which_it_was_due(fake: FakeJobs) -> None:
    fake.pace(pending=5, running=60)
    job = fake.add_job("a", project=1)
    fake.clock.advance(FAR)
    assert times(job) == (5_000, 65_000)
    assert (job.started_by, job.completed_by, job.close_reason) == ("jobrunner", "jobrunner", "finished")
    assert [event["event"] for event in fake.activity(project=1)] == ["job:completed", "job:started", "job:scheduled"]


def test_due_changes_of_all_jobs_come_in_due_order(fake: FakeJobs) -> None:
    for number, (pending, running) in enumerate([(30, 1), (10, 100), (20, 2)]):
        fake.script(f"s{number}", pending=pending, running=running)
        fake.add_job(f"s{number}", project=1)
    fake.clock.advance(FAR)
    order = [(event["job"], event["event"]) for event in reversed(fake.activity(project=1))][3:]
    keys = ("1/2/1", "1/3/1", "1/3/1", "1/1/1", "1/1/1", "1/2/1")
    events = ("job:started", "job:started", "job:completed", "job:started", "job:completed", "job:completed")
    assert order == list(zip(keys, events, strict=True))


@pytest.mark.parametrize(
    ("verb", "arguments", "text"),
    [
        ("pace", {"running": -1}, "running=-1 is negative"),
        ("pace", {"running": float("-inf")}, "running=-inf is negative"),
        ("pace", {"running": float("inf")}, "running=inf is more than 300 years: give seconds, a timedelta, or None for ever"),
        ("pace", {"running": float("nan")}, "running=nan is no span"),
        ("pace", {"pending": timedelta.max}, "is more than 300 years"),
        ("pace", {"pending": timedelta(microseconds=-1)}, "is negative"),
        ("pace", {"pending": True}, "pending=True is no span"),
        ("pace", {"pending": "5"}, "pending='5' is no span"),
        ("pace", {"pending": lambda job: 5}, "pending is a span of time, not a callable"),
        ("pace", {"stopping": lambda job: 5}, "stopping is a span of time, not a callable"),
        ("pace", {"ignores_stop": "no"}, "ignores_stop='no' is neither true nor false"),
        ("pace", {"project": "x"}, "project='x' is no whole number"),
        ("script", {"spider": ""}, "spider is empty"),
        ("script", {"spider": "a", "spider_args": [1]}, "spider_args"),
        ("script", {"spider": "a", "items": [5]}, r"items\[0\]=5 is no mapping"),
        ("script", {"spider": "a", "items": {"a": 1}}, "give a list"),
        ("script", {"spider": "a", "items": -1}, "items=-1 is not between"),
        ("script", {"spider": "a", "logs": [("LOUD", "x")]}, "level 'LOUD' is none of"),
        ("script", {"spider": "a", "pages": [1]}, "is no whole number"),
        ("script", {"spider": "a", "close_reason": 5}, "is no text"),
        ("script", {"spider": "a", "outcomes": []}, "outcomes is empty"),
        ("script", {"spider": "a", "outcomes": "failed"}, "give a list of close reasons"),
        ("script", {"spider": "a", "outcomes": [None]}, "is no text"),
        ("script", {"spider": "a", "outcomes": ["a"], "close_reason": None}, "give close_reason or outcomes, not both"),
        ("add_project", {"project": 1, "units": 0}, "units=0 is not between 1"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_is_refused_at_once_and_changes_nothing(
    fake: FakeJobs, verb: str, arguments: dict[str, Any], text: str
) -> None:
    with pytest.raises(UsageError, match=text):
        getattr(fake, verb)(**arguments)
    assert fake.dump() == []


# ------------------------------------------------------------ which rules cover which jobs

ALL = ("pace", {"pending": 1, "running": 1})


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([ALL], (1, 2)),
        ([ALL, ("pace", {"project": 1, "running": 2})], (1, 3)),
        ([("pace", {"project": 1, "running": 2}), ALL], (1, 3)),
        ([ALL, ("pace", {"project": 2, "running": 2})], (1, 2)),
        ([ALL, ("pace", {"running": 5})], (1, 6)),
        ([ALL, ("pace", {"running": None})], (1, None)),
        ([ALL, ("script", {"spider": "a", "pending": 3})], (3, 4)),
        ([("script", {"spider": "a", "pending": 3}), ALL], (3, 4)),
        ([ALL, ("script", {"spider": "b", "pending": 3})], (1, 2)),
        ([("script", {"spider": "a", "running": None}), ALL], (1, None)),
        ([("script", {"spider": "a", "pending": None}), ALL], (None, None)),
        ([("script", {"spider": "a", "pending": 3}), ("pace", {"project": 1, "pending": 7}), ALL], (3, 4)),
        ([("script", {"spider": "a", "project": 1, "pending": 3}), ("script", {"spider": "a", "pending": 4}), ALL], (3, 4)),
        ([("script", {"spider": "a", "project": 2, "pending": 3}), ("script", {"spider": "a", "pending": 4}), ALL], (4, 5)),
        ([("script", {"spider": "a", "spider_args": {"x": 1}, "pending": 3}), ("script", {"spider": "a", "pending": 4}), ALL], (3, 4)),
        ([("script", {"spider": "a", "spider_args": {"x": 2}, "pending": 3}), ALL], (1, 2)),
        ([("script", {"spider": "a", "spider_args": {"x": 1, "z": 1}, "pending": 3}), ALL], (1, 2)),
        ([("script", {"spider": "a", "spider_args": {"x": 1, "y": 1}, "pending": 3}),
          ("script", {"spider": "a", "spider_args": {"x": 1}, "pending": 4, "running": 5})], (3, 8)),
        ([("script", {"spider": "a", "spider_args": {"x": 1}, "pending": 3}),
          ("script", {"spider": "a", "project": 1, "pending": 4, "running": 5})], (3, 8)),
        ([("script", {"spider": "a", "spider_args": {}, "pending": 3}), ("script", {"spider": "a", "pending": 4})], (4, None)),
    ],
    ids=repr,
)  # fmt: skip
def test_rules_merge_field_by_field_and_the_nearest_wins(
    fake: FakeJobs, rules: list[tuple[str, dict[str, Any]]], expected: tuple[float | None, float | None]
) -> None:
    for verb, arguments in rules:
        getattr(fake, verb)(**arguments)
    job = fake.add_job("a", project=1, spider_args={"x": "1", "y": "1"})
    fake.clock.advance(FAR)
    assert times(job) == tuple(None if seconds is None else seconds * 1000 for seconds in expected)


SCHEDULING: dict[str, Callable[[FakeJobs, Caller], str]] = {
    "run.json": lambda fake, wire: run(wire, "a", x="1"),
    "push": lambda fake, wire: push(wire, 1, {"spider": "a", "spider_args": {"x": "1"}})[0],
    "add_job": lambda fake, wire: fake.add_job("a", project=1, spider_args={"x": 1}).key,
}
RUNNING: dict[str, Callable[[FakeJobs, Caller], str]] = {
    "run.json": lambda fake, wire: run(wire, "a", x="1", meta='{"state": "running"}'),
    "push": lambda fake, wire: push(wire, 1, {"spider": "a", "spider_args": {"x": "1"}, "state": "running"})[0],
    "add_job": lambda fake, wire: fake.add_job("a", project=1, spider_args={"x": 1}, state="running").key,
}


@pytest.mark.parametrize("schedule", SCHEDULING.values(), ids=SCHEDULING)
def test_a_rule_covers_jobs_scheduled_after_it_through_every_door(
    fake: FakeJobs, wire: Caller, schedule: Callable[[FakeJobs, Caller], str]
) -> None:
    before = fake.get_job(schedule(fake, wire))
    fake.finish_job(fake.add_job("a", project=1))
    fake.cancel_job(before)
    earlier = fake.get_job(schedule(fake, wire))
    fake.script("a", spider_args={"x": "1"}, pending=5, running=60)
    fake.update_metadata(earlier, {"spider_args": {"x": "2"}})  # so that the next is no twin
    later = fake.get_job(schedule(fake, wire))
    fake.clock.advance(FAR)
    assert (str(earlier.state), times(later)) == ("pending", (5_000, 65_000))


@pytest.mark.parametrize("begin", RUNNING.values(), ids=RUNNING)
def test_a_job_born_running_gets_the_running_part(fake: FakeJobs, wire: Caller, begin: Callable[[FakeJobs, Caller], str]) -> None:
    fake.script("a", spider_args={"x": "1"}, pending=5, running=60, items=10)
    job = fake.get_job(begin(fake, wire))
    fake.clock.advance(seconds=30)
    assert (job.state, job.items) == ("running", 5)
    fake.clock.advance(FAR)
    assert job.snapshot().finished_time == NOW + 60_000


STARTING: dict[str, Callable[[FakeJobs, Caller, str], object]] = {
    "start_job": lambda fake, wire, key: fake.start_job(key),
    "start_next": lambda fake, wire, key: fake.start_next(1),
    "startjob": lambda fake, wire, key: startjob(wire, 1),
    "update": lambda fake, wire, key: wire.send("POST", "/jobq/1/update", body=json.dumps({"key": key, "state": "running"}).encode()),
}


@pytest.mark.parametrize("start", STARTING.values(), ids=STARTING)
@pytest.mark.parametrize("covered_first", [True, False])
def test_a_job_that_somebody_starts_gets_the_running_part(
    fake: FakeJobs, wire: Caller, start: Callable[[FakeJobs, Caller, str], object], *, covered_first: bool
) -> None:
    if covered_first:
        fake.pace(pending=50, running=60)
    job = fake.add_job("a", project=1)
    if not covered_first:
        fake.pace(pending=50, running=60)
    fake.clock.advance(seconds=10)
    start(fake, wire, job.key)
    fake.clock.advance(FAR)
    assert times(job) == (10_000, 70_000)


def test_a_rule_said_later_does_not_change_a_job_that_waits(fake: FakeJobs) -> None:
    fake.pace(pending=5, running=60)
    job = fake.add_job("a", project=1)
    fake.pace(pending=1, running=1)
    fake.clock.advance(FAR)
    assert times(job) == (5_000, 65_000)


def test_a_job_with_a_time_in_the_past_is_due_from_there(fake: FakeJobs) -> None:
    fake.pace(pending=5, running=60)
    pending = fake.add_job("a", project=1, pending_time=NOW - 10_000)
    running = fake.add_job("a", project=1, state="running", running_time=NOW - 90_000)
    assert times(pending) == (-5_000, None)
    assert times(running) == (-90_000, -30_000)


def test_reset_forgets_rules_plans_and_units(fake: FakeJobs) -> None:
    fake.pace(running=1)
    fake.add_project(1, units=1)
    fake.add_job("a", project=1)
    fake.reset()
    jobs = [fake.add_job("a", project=1) for _ in range(2)]
    fake.clock.advance(FAR)
    assert [str(job.state) for job in jobs] == ["pending", "pending"]
    assert all(startjob(Caller(fake), 1) for _ in jobs)


# ------------------------------------------------------------ outcomes


def test_outcomes_count_a_rule_s_starts_in_their_order(fake: FakeJobs) -> None:
    fake.script("a", pending=5, running=1, outcomes=["failed", "memusage_exceeded", "finished"])
    jobs = [fake.add_job("a", project=project) for project in (1, 2, 1, 2)]
    fake.start_job(jobs[3])
    fake.clock.advance(FAR)
    assert [job.close_reason for job in jobs] == ["memusage_exceeded", "finished", "finished", "failed"]


def test_each_rule_counts_its_own_outcomes(fake: FakeJobs) -> None:
    fake.script("a", running=1, outcomes=["one", "two"])
    fake.script("a", spider_args={"x": "1"}, outcomes=["near one", "near two"])
    reasons = []
    for args in ({}, {"x": "1"}, {}, {"x": "1"}, {"x": "1"}):
        job = fake.add_job("a", project=1, spider_args=args)
        reasons.append(fake.run_until(job, "finished").close_reason)
    assert reasons == ["one", "near one", "two", "near two", "near two"]


@pytest.mark.parametrize(
    ("near", "reason"),
    [({"close_reason": "banned"}, "banned"), ({"close_reason": None}, "finished"), ({"outcomes": ["a"]}, "a"), ({}, "failed")],
    ids=repr,
)
def test_outcomes_and_close_reason_are_one_field(fake: FakeJobs, near: dict[str, Any], reason: str) -> None:
    fake.script("a", running=1, outcomes=["failed"])
    fake.script("a", project=1, **near)
    assert fake.run_until(fake.add_job("a", project=1), "finished").close_reason == reason


def test_a_run_counts_even_if_the_job_is_ended_in_the_same_breath(fake: FakeJobs) -> None:
    fake.script("a", pending=None, running=1, outcomes=["failed", "finished"], items=[{"a": 1}])
    first, second = fake.add_job("a", project=1), fake.add_job("a", project=1)
    with behind(fake).cloud.lock:  # as a request with several changes does
        fake.start_job(first)
        fake.finish_job(first)
    fake.start_job(second)
    fake.clock.advance(FAR)
    assert second.close_reason == "finished"


# ------------------------------------------------------------ progress

LIFE: dict[str, Any] = {
    "running": 60,
    "items": [{"n": n} for n in range(4)],
    "logs": ["INFO started", ("ERROR", "oops"), "DEBUG x"],
    "pages": 12,
}


@pytest.mark.parametrize(
    ("seconds", "items", "logs", "errors", "pages", "updated"),
    [
        (0, 0, 0, 0, 0, "02:40:00"),
        (4.999, 0, 0, 0, 0, "02:40:00"),
        (5, 0, 0, 0, 1, "02:40:05"),
        (15, 1, 0, 0, 3, "02:40:15"),
        (20, 1, 1, 0, 4, "02:40:20"),
        (30, 2, 1, 0, 6, "02:40:30"),
        (39, 2, 1, 0, 7, "02:40:35"),
        (40, 2, 2, 1, 8, "02:40:40"),
        (59.999, 3, 2, 1, 11, "02:40:55"),
        (60, 4, 3, 1, 12, "02:41:00"),
        (1e6, 4, 3, 1, 12, "02:41:00"),
    ],
)
@pytest.mark.parametrize("seen_before", [(), (1, 10, 25, 35, 45)], ids=["at once", "after other looks"])
def test_a_job_s_writing_is_spread_over_its_running_time_on_both_wires(
    fake: FakeJobs,
    wire: Caller,
    seen_before: tuple[int, ...],
    seconds: float,
    items: int,
    logs: int,
    errors: int,
    pages: int,
    updated: str,
) -> None:
    fake.script("a", **LIFE)
    job = fake.add_job("a", project=1)
    assert job.state == "running"
    for earlier in [second for second in seen_before if second < seconds]:
        fake.clock.advance_to(NOW + earlier * 1000)
        fake.items(job), fake.logs(job), fake.dump()
    fake.clock.advance_to(NOW + round(seconds * 1000))
    [row] = wire.get("jobs/list.json", {"project": 1}).json["jobs"]
    shown = (row["items_scraped"], row.get("logs", 0), row["errors_count"], row["responses_received"], row["updated_time"][11:])
    assert shown == (items, logs, errors, pages, updated)
    touched = job.updated_time or job.running_time
    assert touched is not None
    assert row["elapsed"] == (fake.clock.now - touched).total_seconds() * 1000
    [queued] = wire.send("GET", "/jobq/1/list", query=b"state=running&state=finished").text.splitlines()
    assert [json.loads(queued).get(name) or 0 for name in ("items", "logs", "errors", "pages")] == [items, logs, errors, pages]
    assert [job.items or 0, job.logs or 0, job.errors or 0, job.pages or 0] == [items, logs, errors, pages]
    assert fake.items(job) == [{"n": n} for n in range(items)]
    assert len(fake.logs(job)) == logs
    assert [log["time"] - NOW for log in fake.logs(job)] == [20_000, 40_000, 60_000][:logs]
    stats = json.loads(wire.send("GET", f"/items/{job.key}/stats").text)
    assert stats["totals"]["input_values"] == items
    lines = wire.send("GET", f"/items/{job.key}", query=b"meta=_ts", headers={"Accept": "application/x-jsonlines"}).text.splitlines()
    assert [json.loads(line)["_ts"] - NOW for line in lines] == [15_000, 30_000, 45_000, 60_000][:items]


def test_records_of_a_job_without_a_running_time_appear_at_its_finish(fake: FakeJobs) -> None:
    fake.script("a", items=[{"n": 1}, {"n": 2}], logs=["ERROR x"], pages=7)
    job = fake.add_job("a", project=1)
    fake.clock.advance(seconds=10)
    assert (job.state, job.items, job.pages, fake.items(job)) == ("running", None, None, [])
    fake.finish_job(job)
    assert (job.items, job.logs, job.errors, job.pages, len(fake.items(job))) == (2, 1, 1, 7, 2)


@pytest.mark.parametrize("end", ["finish_job", "cancel_job"])
def test_a_job_that_ends_early_has_written_its_part(fake: FakeJobs, end: str) -> None:
    fake.script("a", **LIFE)
    job = fake.add_job("a", project=1)
    fake.clock.advance(seconds=30)
    getattr(fake, end)(job)
    fake.clock.advance(FAR)
    assert (job.items, job.logs, job.pages, len(fake.items(job))) == (2, 1, 6, 2)
    assert job.close_reason == {"finish_job": "finished", "cancel_job": "cancelled"}[end]


def test_a_counter_that_was_set_stays_and_looks_do_not_move_it(fake: FakeJobs) -> None:
    fake.script("a", **LIFE)
    job = fake.add_job("a", project=1, state="running", items=100)
    seen = []
    for _ in range(3):
        fake.clock.advance(seconds=20)
        seen.append((job.items, len(fake.items(job)), job.logs))
    assert seen == [(100, 1, 1), (100, 2, 2), (100, 4, 3)]


def test_clients_may_write_to_a_scripted_job_too(fake: FakeJobs, wire: Caller) -> None:
    fake.script("a", **LIFE)
    job = fake.add_job("a", project=1)
    fake.clock.advance(seconds=20)
    wire.send("POST", f"/items/{job.key}", body=b'{"mine": 1}\n')
    fake.clock.advance(seconds=10)
    assert (job.items, fake.items(job)) == (3, [{"n": 0}, {"mine": 1}, {"n": 1}])
    fake.clock.advance(FAR)
    assert (job.items, fake.items(job)[2:]) == (5, [{"n": 1}, {"n": 2}, {"n": 3}])


def test_a_touch_is_not_taken_back_by_what_came_before_it(fake: FakeJobs) -> None:
    fake.script("a", **LIFE)
    job = fake.add_job("a", project=1)
    fake.clock.advance(seconds=33)
    fake.update_tags(job, add=["x"])
    fake.clock.advance(seconds=1)
    before = job.snapshot()
    fake.items(job)
    assert job.snapshot() == before
    assert before.touched_time == NOW + 33_000


# ------------------------------------------------------------ callables


def test_callables_are_called_once_when_the_job_starts_with_its_record(fake: FakeJobs) -> None:
    seen: list[JobRecord] = []

    def running(job: JobRecord) -> int:
        seen.append(job)
        return 10 * int(job.spider_args["pages"])

    fake.script(
        "a",
        pending=5,
        running=running,
        items=lambda job: [{"page": page} for page in range(int(job.spider_args["pages"]))],
        pages=lambda job: int(job.spider_args["pages"]),
        close_reason=lambda job: "because",
        ignores_stop=lambda job: True,
    )
    job = fake.add_job("a", project=1, spider_args={"pages": 3})
    fake.clock.advance(seconds=4)
    assert seen == []
    fake.clock.advance(seconds=11)
    assert (job.items, job.pages) == (1, 1)
    fake.clock.advance(FAR)
    assert times(job) == (5_000, 35_000)
    assert (job.close_reason, len(fake.items(job)), job.pages) == ("because", 3, 3)
    [record] = seen
    assert (record.key, record.state, record.running_time) == (job.key, "running", NOW + 5_000)


@pytest.mark.parametrize(
    ("field", "wrong", "text"),
    [
        ("running", lambda job: 1 / 0, "running of job 1/1/1 failed: division by zero"),
        ("running", lambda job: job.spider_args["pages"], "running of job 1/1/1 failed: 'pages'"),
        ("running", lambda job: -1, "running of job 1/1/1 failed: running=-1 is negative"),
        ("running", lambda job: lambda job: 1, "running of job 1/1/1 failed: running is a callable that gives a callable"),
        ("items", lambda job: [5], r"items of job 1/1/1 failed: items\[0\]=5 is no mapping"),
        ("ignores_stop", lambda job: 1, "ignores_stop of job 1/1/1 failed: ignores_stop=1 is neither true nor false"),
    ],
    ids=["error", "missing argument", "negative", "callable", "no item", "no flag"],
)
def test_an_error_in_a_callable_is_told_as_the_tests_and_is_no_answer_to_a_client(
    fake: FakeJobs, wire: Caller, field: str, wrong: Any, text: str
) -> None:
    rule: dict[str, Any] = {field: wrong}
    fake.script("a", **rule)
    job = fake.add_job("a", project=1)
    assert wire.get("jobs/list.json", {"project": 1}).status == 500
    with pytest.raises(RuntimeError, match=rf"{text}.* in the test's own .*<lambda>, {re.escape(__file__)}:\d+\), called while") as failure:
        behind(fake).raise_unseen()
    assert str(failure.value).endswith("called while fakejobs served GET /api/jobs/list.json")
    assert failure.value.__cause__ is not None
    assert failure.value.__cause__.__traceback__ is not None
    assert wire.get("jobs/list.json", {"project": 1}).json["jobs"][0]["state"] == "running"  # once, and the job goes on
    fake.clock.advance(FAR)
    assert job.state == "running"
    behind(fake).cloud.world.store.check()


class Sizes:
    """A callable that is no function."""

    def __call__(self, job: JobRecord) -> int:
        """Fail."""
        raise ValueError("no size")


def _fails(size: int, job: JobRecord) -> int:
    raise ValueError("no size")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        (_fails, "_fails, .*test_pace.py"),
        (partial(_fails, 5), "_fails, .*test_pace.py"),
        (Sizes(), "Sizes, .*test_pace.py"),
        (Sizes().__call__, r"Sizes.__call__, .*test_pace.py"),
        (Mock(side_effect=ValueError("no size")), r"Mock\)"),
        (int, r"int\)"),
    ],
    ids=["function", "partial", "object", "method", "mock", "type"],
)
def test_a_failure_names_the_callable(fake: FakeJobs, called: Any, name: str) -> None:
    fake.script("a", running=called)
    with pytest.raises(RuntimeError, match=f"running of job 1/1/1 failed: .* \\(.*Error in the test's own {name}"):
        fake.run_until(fake.add_job("a", project=1), "finished")


def test_who_is_told_of_calls_may_fail_and_the_client_is_answered() -> None:
    def on_call(call: Call) -> None:
        raise ValueError("no")

    fake = FakeJobs(clock=ManualClock(Millis(NOW)), on_call=on_call)
    assert Caller(fake).get("jobs/count.json", {"project": 1}).status == 200
    with pytest.raises(RuntimeError, match=r"on_call failed: no \(ValueError in the test's own .*on_call, .*GET /api/jobs/count.json$"):
        behind(fake).raise_unseen()


def test_an_error_in_a_callable_comes_out_of_the_verb_that_meets_it(fake: FakeJobs) -> None:
    fake.script("a", pending=1, running=lambda job: float(job.spider_args["pages"]))
    fake.script("b", running=1)
    fake.add_job("a", project=1)
    other = fake.add_job("b", project=1)
    with pytest.raises(RuntimeError, match="the script of 'a': running of job 1/1/1 failed"):
        fake.clock.advance(seconds=5)
    assert other.state == "finished"


def test_a_callable_may_call_verbs(fake: FakeJobs) -> None:
    made: list[Job] = []

    def items(job: JobRecord) -> list[dict[str, str]]:
        made.append(fake.add_job("child", project=1, spider_args={"parent": job.key}))
        fake.update_tags(job.key, add=["parent"])
        return [{"child": made[-1].key, "state": made[-1].state.value}]

    fake.script("a", running=10, items=items)
    fake.script("child", pending=1, running=2)
    job = fake.add_job("a", project=1)
    fake.clock.advance(seconds=60)
    assert len(made) == 1
    assert fake.items(job) == [{"child": made[0].key, "state": "pending"}]
    assert (job.tags, str(job.state), str(made[0].state)) == (["parent"], "finished", "finished")
    behind(fake).cloud.world.store.check()


MOVES: dict[str, Callable[[FakeJobs, Job], object]] = {
    "advance": lambda fake, job: fake.clock.advance(seconds=100),
    "advance_to": lambda fake, job: fake.clock.advance_to(NOW + 100_000),
    "run_until": lambda fake, job: fake.run_until(job, "finished"),
    "finish_all": lambda fake, job: fake.finish_all(),
    "move_on_to": lambda fake, job: behind(fake).cloud.realm.move_to(Millis(NOW + 100_000)),
    "advance of a seed": lambda fake, job: fake.load([{"advance": {"seconds": 100}}]),
    "advance_to of a seed": lambda fake, job: fake.load([{"add_project": {"project": 5}}, {"advance_to": {"moment": NOW + 100_000}}]),
    "finish_all of a seed": lambda fake, job: fake.load([{"finish_all": {}}]),
    "a look": lambda fake, job: job.state,
    "a request": lambda fake, job: Caller(fake).get("jobs/list.json", {"project": 1}),
    "a poll that jumps": lambda fake, job: [Caller(fake).get("jobs/list.json", {"project": 1}) for _ in range(3)],
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_callables_run_without_the_lock_whoever_meets_them(move: Callable[[FakeJobs, Job], object]) -> None:
    fake = FakeJobs(clock="poll", start=NOW)
    in_time: list[bool] = []

    def running(job: JobRecord) -> int:
        done = Event()

        def look() -> None:
            fake.get_job(job.key).tags  # noqa: B018  # a verb of another thread
            fake.list_jobs()
            done.set()

        Thread(target=look, daemon=True).start()
        in_time.append(done.wait(10))
        return 50

    fake.script("a", pending=0 if move is MOVES["a look"] or move is MOVES["a request"] else 5, running=running)
    job = fake.add_job("a", project=1)
    move(fake, job)
    assert in_time == [True]


def test_a_callable_that_is_due_in_a_seed_may_ask_and_write_as_a_client(fake: FakeJobs) -> None:
    def items(job: JobRecord) -> list[dict[str, Any]]:
        with ThreadPoolExecutor(1) as pool:  # a client asks from a thread of its own: that of the server
            listed = pool.submit(Caller(fake).get, "jobs/list.json", {"project": 1}).result(10).json
            pool.submit(lambda: run(Caller(fake), "child", parent=job.key)).result(10)
        return [{"seen": [row["id"] for row in listed["jobs"]]}]

    fake.script("a", running=10, items=items)
    fake.load([{"add_job": {"spider": "a", "project": 1}}, {"advance": {"seconds": 60}}, {"add_job": {"spider": "b", "project": 1}}])
    assert fake.items("1/1/1") == [{"seen": ["1/1/1"]}]
    assert [(job.spider, str(job.state)) for job in fake.list_jobs()] == [("b", "pending"), ("child", "pending"), ("a", "finished")]
    before = [job.snapshot() for job in fake.list_jobs()]
    with pytest.raises(SeedError, match=r"seed\[2\]"):
        fake.load([{"add_job": {"spider": "a", "project": 1}}, {"advance": {"seconds": 60}}, {"add_job": {"spider": "b"}}])
    assert [job.snapshot() for job in fake.list_jobs()] == before
    behind(fake).cloud.world.store.check()


@pytest.mark.parametrize("verb", ["run_until", "finish_all"])
def test_a_callable_cannot_wait_for_what_waits_for_it(fake: FakeJobs, verb: str) -> None:
    fake.script("a", running=lambda job: getattr(fake, verb)(*[job.key, "finished"][: 2 * (verb == "run_until")]))
    job = fake.add_job("a", project=1)
    with pytest.raises(RuntimeError, match=f"{verb} waits for what is due, and what is due waits for the callable that calls it"):
        fake.run_until(job, "finished")


@pytest.mark.parametrize(
    "deed",
    [
        lambda fake, key: fake.cancel_job(key),
        lambda fake, key: fake.finish_job(key),
        lambda fake, key: fake.delete_job(fake.finish_job(key)),
        lambda fake, key: fake.reset(),
        lambda fake, key: fake.update_metadata(key, {"units": 3}),
    ],
    ids=["cancel", "finish", "delete", "reset", "edit"],
)
def test_a_job_may_change_while_its_callables_are_called_and_they_are_not_called_again(
    fake: FakeJobs, deed: Callable[[FakeJobs, str], object]
) -> None:
    calls: list[str] = []

    def running(job: JobRecord) -> int:
        calls.append(job.key)
        deed(fake, job.key)
        return 60

    fake.script("a", pending=1, running=running, stopping=5)
    fake.add_job("a", project=1)
    fake.clock.advance(FAR)
    assert calls == ["1/1/1"]
    behind(fake).cloud.world.store.check()
    ended = {job.close_reason for job in fake.list_jobs()}
    assert ended <= {"cancelled", "finished"}


# ------------------------------------------------------------ stops

STOPS: dict[str, Callable[[Caller, str], object]] = {
    "jobs/stop.json": lambda wire, key: wire.post("jobs/stop.json", {"project": 1, "job": key}),
    "jobq/cancel": lambda wire, key: wire.send("POST", "/jobq/1/cancel", body=json.dumps([{"key": key}]).encode()),
    "cancel_job": lambda wire, key: wire.fake.cancel_job(key),
}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
@pytest.mark.parametrize(
    ("rule", "end", "reason"),
    [
        ({}, 10_001, "cancelled"),
        ({"running": 60}, 10_001, "cancelled"),
        ({"stopping": 0}, 10_001, "cancelled"),
        ({"stopping": 0.001}, 10_001, "cancelled"),
        ({"stopping": 30}, 40_000, "cancelled"),
        ({"stopping": 30, "running": 20, "close_reason": "done"}, 20_000, "done"),
        ({"stopping": 30, "running": 20}, 20_000, "cancelled"),
        ({"stopping": None, "running": 400}, 400_000, "cancelled"),
        ({"stopping": None}, None, None),
        ({"ignores_stop": True}, 310_000, "cancel_timeout"),
        ({"ignores_stop": True, "stopping": 3}, 310_000, "cancel_timeout"),
        ({"ignores_stop": True, "running": 400, "close_reason": "x"}, 310_000, "cancel_timeout"),
        ({"ignores_stop": True, "running": 310, "close_reason": "x"}, 310_000, "x"),
        ({"ignores_stop": True, "running": 60}, 60_000, "finished"),
        ({"ignores_stop": lambda job: True}, 310_000, "cancel_timeout"),
        ({"ignores_stop": lambda job: False}, 10_001, "cancelled"),
        ({"ignores_stop": None}, 10_001, "cancelled"),
    ],
    ids=lambda value: re.sub(" at 0x[0-9a-f]+", "", repr(value)) if isinstance(value, dict) else None,
)
def test_a_stopped_job_that_a_rule_covers_ends_by_itself(
    fake: FakeJobs, wire: Caller, stop: Callable[[Caller, str], object], rule: dict[str, Any], end: int | None, reason: str | None
) -> None:
    fake.script("a", **rule)
    job = fake.add_job("a", project=1)
    fake.clock.advance(seconds=10)
    stop(wire, job.key)
    assert (job.state, job.cancel_requested) == ("running", True)  # never in the next verb at the same moment
    fake.clock.advance(milliseconds=1)
    assert job.state == ("finished" if end == 10_001 else "running")
    fake.clock.advance(seconds=2)
    if job.state == "running":
        stop(wire, job.key)  # asking again changes nothing
    fake.clock.advance(FAR)
    assert (times(job)[1], job.close_reason) == (end, reason)


def test_a_stop_of_a_job_that_no_rule_covers_is_a_request(fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1, state="running")
    fake.script("b", running=1)
    fake.cancel_job(job)
    fake.clock.advance(FAR)
    assert job.state == "running"


def test_a_pending_job_is_cancelled_at_once(fake: FakeJobs) -> None:
    fake.pace(pending=5, running=60, stopping=30)
    job = fake.add_job("a", project=1)
    fake.cancel_job(job)
    fake.clock.advance(FAR)
    assert (times(job), job.close_reason) == ((None, 0), "cancelled")


def test_a_job_born_with_a_stop_ends_by_it(fake: FakeJobs) -> None:
    fake.pace(running=60, stopping=7)
    job = fake.add_job("a", project=1, state="running", cancel_requested=True)
    fake.clock.advance(FAR)
    assert (times(job)[1], job.close_reason) == (7_000, "cancelled")


# ------------------------------------------------------------ run_until, finish_all


def test_run_until_goes_from_one_due_change_to_the_next(fake: FakeJobs) -> None:
    fake.pace(pending=5, running=60)
    job, other = fake.add_job("a", project=1), fake.add_job("b", project=1, state="running")
    assert fake.run_until(job, "running").running_time == fake.clock.now
    assert fake.run_until(job.key, "finished").state == "finished"
    assert (behind(fake).cloud.now_ms() - NOW, other.state) == (65_000, "finished")


@pytest.mark.parametrize("state", ["pending", "deleted"])
def test_run_until_refuses_a_state_that_a_job_will_not_come_to_and_moves_nothing(fake: FakeJobs, state: str) -> None:
    fake.pace(running=60)
    job = fake.add_job("a", project=1)
    assert job.state == "running"
    with pytest.raises(UsageError, match=f"1/1/1 is running and will not be {state} by itself"):
        fake.run_until(job, state)
    assert behind(fake).cloud.now_ms() == NOW


def test_run_until_says_that_nothing_is_due(fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1)
    with pytest.raises(UsageError, match=r"1/1/1 is pending and will not be running by itself: nothing is due \(see pace\(\)\)"):
        fake.run_until(job, "running")


def test_finish_all_ends_jobs_in_the_order_of_their_ends(fake: FakeJobs) -> None:
    fake.script("paced", pending=5, running=60)
    fake.script("later", pending=None, running=30)
    born = {spider: fake.add_job(spider, project=1) for spider in ("paced", "later", "plain")}
    running = fake.add_job("plain", project=1, state="running")
    assert fake.finish_all() == [born["paced"], running, born["later"], born["plain"]]
    assert times(born["later"]) == (65_000, 95_000)
    assert {str(job.state) for job in fake.list_jobs()} == {"finished"}
    assert fake.finish_all() == []


def test_finish_all_respects_units(fake: FakeJobs) -> None:
    fake.add_project(1, units=2)
    fake.pace(project=1, running=10)
    jobs = [fake.add_job("a", project=1, units=units) for units in (1, 2, 2, 1, 6)]
    assert fake.finish_all() == jobs
    assert [times(job)[0] for job in jobs] == [0, 10_000, 20_000, 30_000, 40_000]


# ------------------------------------------------------------ units


def states(jobs: list[Job]) -> str:
    return "".join(job.state[0] for job in jobs)


def test_jobs_wait_while_the_running_ones_use_up_the_units(fake: FakeJobs) -> None:
    fake.add_project(123, units=3)
    fake.pace(running=10)
    jobs = [fake.add_job("a", project=123, units=units) for units in (1, 2, 1, 1, 1, 1)]
    elsewhere = fake.add_job("a", project=124, units=6)
    seen = []
    for _ in range(5):
        seen.append(states(jobs))
        fake.clock.advance(seconds=5)
    assert seen == ["rrpppp", "rrpppp", "ffrrrp", "ffrrrp", "fffffr"]
    assert times(jobs[-1])[0] == 20_000
    assert elsewhere.state == "finished"


def test_higher_priority_comes_first_then_the_oldest(fake: FakeJobs) -> None:
    fake.add_project(1, units=1)
    fake.pace(running=10)
    jobs = [fake.add_job("a", project=1, priority=priority) for priority in (0, 2, 4, 2, 0, 4)]
    fake.finish_all()
    assert [times(job)[0] for job in jobs] == [0, 30_000, 10_000, 40_000, 50_000, 20_000]  # the first found them free


def test_a_job_that_does_not_fit_blocks_those_behind_it(fake: FakeJobs) -> None:
    fake.add_project(1, units=3)
    fake.pace(running=10)
    fake.script("long", running=30)
    jobs = [fake.add_job("a", project=1, units=1), fake.add_job("long", project=1, units=1)]
    jobs += [fake.add_job("a", project=1, units=units) for units in (3, 1)]
    seen = []
    for _ in range(5):
        seen.append(states(jobs))
        fake.clock.advance(seconds=10)
    assert seen == ["rrpp", "frpp", "frpp", "ffrp", "fffr"]


def cancel_first(fake: FakeJobs, jobs: list[Job]) -> None:
    fake.cancel_job(jobs[1])


UNBLOCKING: dict[str, tuple[Callable[[FakeJobs, list[Job]], object], str]] = {
    "more units": (lambda fake, jobs: fake.add_project(1, units=4), "rrp"),
    "a cancel of the one that blocks": (cancel_first, "rfr"),
    "a lower priority of the one that blocks": (lambda fake, jobs: fake.update_metadata(jobs[1], {"priority": 0}), "rpr"),
    "a higher priority of the one behind": (lambda fake, jobs: fake.update_metadata(jobs[2], {"priority": 4}), "rpr"),
    "fewer units of the one that blocks": (lambda fake, jobs: fake.update_metadata(jobs[1], {"units": 1}), "rrp"),
    "fewer units of the one that runs": (lambda fake, jobs: fake.update_metadata(jobs[0], {"units": 1}), "rrp"),
    "the end of the one that runs": (lambda fake, jobs: fake.finish_job(jobs[0]), "frr"),
}


@pytest.mark.parametrize(("deed", "expected"), UNBLOCKING.values(), ids=UNBLOCKING)
def test_the_queue_moves_as_soon_as_it_can(fake: FakeJobs, deed: Callable[[FakeJobs, list[Job]], object], expected: str) -> None:
    fake.add_project(1, units=3)
    fake.pace(running=None)
    jobs = [fake.add_job("a", project=1, units=units) for units in (2, 2, 1)]
    assert states(jobs) == "rpp"
    deed(fake, jobs)
    assert states(jobs) == expected
    assert behind(fake).cloud.now_ms() == NOW


def test_jobs_queue_from_when_they_have_waited_their_time(fake: FakeJobs) -> None:
    fake.add_project(1, units=1)
    fake.script("slow", pending=20, running=10)
    fake.script("quick", pending=5, running=30)
    jobs = [fake.add_job("slow", project=1, priority=4), fake.add_job("quick", project=1), fake.add_job("quick", project=1)]
    fake.clock.advance(FAR)
    assert [times(job)[0] for job in jobs] == [35_000, 5_000, 45_000]


def test_a_worker_that_starts_over_the_wire_respects_the_units(fake: FakeJobs, wire: Caller) -> None:
    fake.add_project(1, units=3)
    jobs = [fake.add_job("a", project=1, units=units) for units in (2, 2, 1)]
    assert [startjob(wire, 1) for _ in range(3)] == [jobs[0].key, None, None]
    fake.finish_job(jobs[0])
    assert [startjob(wire, 1) for _ in range(3)] == [jobs[1].key, jobs[2].key, None]


def test_a_worker_of_all_projects_passes_over_those_without_free_units(fake: FakeJobs, wire: Caller) -> None:
    fake.add_project(1, units=1)
    blocked = [fake.add_job("a", project=1, priority=4, units=2), fake.add_job("a", project=1, priority=4)]
    free = fake.add_job("a", project=2)
    assert [startjob(wire) for _ in range(2)] == [free.key, None]
    assert states(blocked) == "pp"


def test_startjob_and_the_pace_never_start_the_same_job_twice(fake: FakeJobs, wire: Caller) -> None:
    fake.add_project(1, units=2)
    fake.pace(pending=5, running=10)
    jobs = [fake.add_job("a", project=1) for _ in range(6)]
    started = []
    while any(job.state != "finished" for job in jobs):
        started.append(startjob(wire, 1))
        fake.clock.advance(seconds=2.5)
    assert [started[0], started[2]] == [jobs[0].key, None]
    events = [event["job"] for event in fake.activity(project=1) if event["event"] == "job:started"]
    assert sorted(events) == sorted(job.key for job in jobs)


def test_summaries_and_lists_tell_the_truth(fake: FakeJobs, wire: Caller) -> None:
    fake.add_project(1, units=3)
    fake.add_project(2)
    fake.pace(project=1, running=10)
    for number, units in enumerate((1, 2, 2, 1)):
        run(wire, "a", units=units, number=number)

    def summary(project: int = 1) -> tuple[Any, ...]:
        row = wire.send("GET", f"/projects/{project}/jobsummary").json
        rows = {row["project"]: row for row in wire.send("GET", "/projects/jobsummaries").json}
        assert {name: row[name] for name in rows[project]} == rows[project]
        return tuple(row[name] for name in ("pending", "running", "finished", "running_units_count", "pending_units_max", "has_capacity"))

    def listed() -> list[str]:
        return [row["state"] for row in wire.get("jobs/list.json", {"project": 1}).json["jobs"]]

    assert summary() == (2, 2, 0, 3, 2, False)
    assert sorted(listed()) == ["pending", "pending", "running", "running"]
    fake.clock.advance(seconds=10)
    assert summary() == (0, 2, 2, 3, None, False)
    fake.clock.advance(seconds=10)
    assert (summary(), set(listed())) == ((0, 0, 4, 0, None, True), {"finished"})
    fake.add_job("a", project=2, units=6)
    fake.add_job("a", project=2, units=5, state="running")
    assert summary(2) == (1, 1, 0, 5, 6, True)


# ------------------------------------------------------------ the doors

STEPS: list[dict[str, Any]] = [
    {"add_project": {"project": 1, "units": 1}},
    {"pace": {"pending": 5, "running": 60}},
    {"script": {"spider": "a", "running": 1.5, "items": [{"n": 1}], "logs": ["ERROR x"], "pages": 3, "outcomes": ["failed", "finished"]}},
    {"script": {"spider": "b", "running": None, "stopping": 2, "ignores_stop": False}},
    {"add_job": {"spider": "a", "project": 1}},
    {"add_job": {"spider": "a", "project": 1}},
    {"add_job": {"spider": "b", "project": 1}},
]
TOML = """
[[step]]
verb = "add_project"
project = 1
units = 1

[[step]]
verb = "pace"
pending = 5
running = 60

[[step]]
verb = "script"
spider = "a"
running = 1.5
items = [{n = 1}]
logs = ["ERROR x"]
pages = 3
outcomes = ["failed", "finished"]

[[step]]
verb = "script"
spider = "b"
running = 1000000000
stopping = 2
ignores_stop = false

[[step]]
verb = "add_job"
spider = "a"
project = 1

[[step]]
verb = "add_job"
spider = "a"
project = 1

[[step]]
verb = "add_job"
spider = "b"
project = 1
"""


def _from_verbs(fake: FakeJobs, folder: Path) -> None:
    for step in STEPS:
        for verb, arguments in step.items():
            getattr(fake, verb)(**arguments)


def _from_json(fake: FakeJobs, folder: Path) -> None:
    path = folder / "seed.json"
    path.write_text(json.dumps(STEPS))
    fake.load(path)


def _from_toml(fake: FakeJobs, folder: Path) -> None:
    path = folder / "seed.toml"
    path.write_text(TOML)
    fake.load(path)


def _through_the_control_door(fake: FakeJobs, folder: Path) -> None:
    wire = Caller(fake)
    for step in STEPS:
        for verb, arguments in step.items():
            answer = wire.send("POST", f"/__fakejobs__/{verb}", body=json.dumps(arguments).encode())
            assert answer.status == 200, answer.text


def _through_a_dump(fake: FakeJobs, folder: Path) -> None:
    other = FakeJobs(clock=ManualClock(Millis(NOW)))
    _from_verbs(other, folder)
    fake.load(other.dump())


DOORS = (_from_verbs, _from_json, _from_toml, _through_the_control_door, _through_a_dump)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__.strip("_"))
def test_every_door_knows_pace_script_and_units(fake: FakeJobs, tmp_path: Path, door: Callable[[FakeJobs, Path], None]) -> None:
    door(fake, tmp_path)
    fake.clock.advance(seconds=9)
    first, second, third = sorted(fake.list_jobs(), key=lambda job: job.key)
    assert (times(first), times(second), times(third)) == ((5_000, 6_500), (6_500, 8_000), (8_000, None))
    assert [first.close_reason, second.close_reason, first.items, first.errors, second.pages] == ["failed", "finished", 1, 1, 3]
    fake.cancel_job(third)
    fake.clock.advance(FAR)
    assert times(third)[1] == 11_000


def test_a_dump_cannot_hold_a_callable_and_says_which(fake: FakeJobs) -> None:
    fake.script("a", running=lambda job: 1)
    with pytest.raises(UsageError, match="a rule for a has a callable as running, which cannot be written down"):
        fake.dump()


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ({"plans": [{"job": "1/1/1", "values": {}}]}, r"seed\[0\].restore_pacing: there is no job 1/1/1"),
        ({"rules": [{}]}, "a rule: {} has no values"),
        ({"rules": [{"values": {"speed": 1}}]}, "there is no field 'speed'"),
        ({"rules": 5}, "rules=5: give a list of mappings"),
        ({"runs": {"x": 1}}, "runs='x' is no whole number"),
        ({"runs": {"0": -5}}, "runs=-5 is not between 0 and"),
        ({"runs": [1]}, r"runs: \[1\] is no mapping"),
        ({"rules": [5]}, "a rule: 5 is no mapping"),
        (
            {"rules": [{"values": {}, "spyder": "a"}]},
            "a rule: there is no field 'spyder'",
        ),
        ({"rules": [{"values": {}, "project": "x"}]}, "project='x' is no whole number"),
        ({"rules": [{"values": {"running": -1}}]}, "running=-1 is not between 0"),
        ({"rules": [{"values": {"running": 10**14}}]}, "running=100000000000000 is more than 300 years"),
        ({"rules": [{"values": {"items": {"rule": 0, "reasons": ["x"]}}}]}, "items={.rule.: 0, .reasons.: .* give a list"),
        ({"rules": [{"values": {"close_reason": {"rule": 0, "reasons": []}}}]}, "reasons is empty"),
        ({"rules": [{"values": {"close_reason": {"rule": 0, "reasons": [5]}}}]}, "reasons=5 is no text"),
        ({"plans": [{"job": "7/1/1", "values": {}, "ready_at": "x"}]}, "ready_at='x' is no time"),
        ({"plans": [{"job": "7/1/1", "values": {}, "waits": "yes"}]}, "waits='yes' is neither true nor false"),
        ({"plans": [{"job": "7/1/1", "values": {}, "started": NOW}]}, "started=1446000000000: job 7/1/1 is pending"),
        ({"plans": [{"job": "7/1/1", "values": {}}, {"job": "7/1/1", "values": {}}]}, "job 7/1/1 has two plans"),
        ({"plans": [{"job": "7/1/2", "values": {}, "waits": True}]}, "waits=true: job 7/1/2 is running"),
        ({"plans": [{"job": "7/1/2", "values": {}, "end_at": NOW}]}, "end_at=.* does not say when it started"),
        (
            {"plans": [{"job": "7/1/2", "values": {}, "started": NOW, "flowed": {"items": 1}}]},
            "as its script has fewer",
        ),
        ({"plans": [{"job": "7/1/2", "values": {"items": [{}]}, "started": NOW, "flowed": {"items": 2}}]}, "as its script has fewer"),
        ({"plans": [{"job": "7/1/2", "values": {"items": [{}]}, "started": NOW, "flowed": {"items": -1}}]}, "=-1 is not between 0"),
        ({"plans": [{"job": "7/1/3", "values": {}}]}, "job 7/1/3 is finished: only pending and running jobs have plans"),
    ],
)
def test_what_is_no_dump_of_rules_is_refused_whole(fake: FakeJobs, steps: dict[str, Any], text: str) -> None:
    for state in ("pending", "running", "finished"):
        fake.add_job("a", project=7, state=state)
    fake.pace(running=1)
    before = fake.dump()
    with pytest.raises(UsageError, match=text):
        fake.load([{"restore_pacing": steps}])
    assert fake.dump() == before


def test_what_is_due_beyond_the_last_year_is_not_due_at_all(fake: FakeJobs) -> None:
    fake.pace(pending=timedelta(days=99_999))
    fake.script("r", running=timedelta(days=99_999), pending=0)
    fake.script("i", ignores_stop=True)
    pending = fake.add_job("a", project=1, pending_time=LATEST)
    running = fake.add_job("r", project=1, state="running", running_time=LATEST)
    stopped = fake.add_job("i", project=1, state="running", running_time=LATEST)
    fake.advance_to(LATEST)
    fake.cancel_job(stopped)
    assert {life.key: life.due for life in fake.timeline().jobs} == dict.fromkeys((pending.key, running.key, stopped.key))
    FakeJobs(seed=fake.dump())
    assert {job.state for job in fake.finish_all()} == {"finished"}


def _end_at_once_in_reverse(fake: FakeJobs) -> list[Job]:
    """Have two jobs that end at one moment, the one that was born later planned first."""
    fake.script("a", pending=10, running=5)
    fake.script("b", pending=5, running=10)
    jobs = [fake.add_job("a", project=1), fake.add_job("b", project=1)]
    fake.clock.advance(seconds=12)
    return jobs


def test_what_is_due_at_one_moment_keeps_its_order_through_a_dump(fake: FakeJobs) -> None:
    _end_at_once_in_reverse(fake)
    twin = FakeJobs(clock=ManualClock(Millis(behind(fake).cloud.now_ms())))
    twin.load(fake.dump())
    for each in (fake, twin):
        each.clock.advance(seconds=12)
    assert twin.dump() == fake.dump()
    assert [job.key for job in fake.list_jobs()] == ["1/1/1", "1/2/1"]


# ------------------------------------------------------------ threads


def test_verbs_of_many_threads_under_a_clock_that_runs() -> None:
    fake = FakeJobs(clock="real", speed=1000)
    fake.add_project(1, units=5)
    fake.pace(pending=0.5, running=lambda job: 0.25 * len(job.key), stopping=0.1)
    fake.script("b", items=[{"n": n} for n in range(5)], outcomes=["failed", "finished"])

    def work(number: int) -> int:
        wire, done = Caller(fake), 0
        for turn in range(30):
            job = fake.add_job("ab"[turn % 2], project=1 + number % 2, units=1 + turn % 3, spider_args={"n": f"{number}/{turn}"})
            if turn % 5 == 0:
                startjob(wire, 1)
            if turn % 7 == 0:
                wire.post("jobs/stop.json", {"project": job.project, "job": job.key})
            if turn % 11 == 0:
                fake.items(job)
                wire.get("jobs/list.json", {"project": job.project, "count": 20})
            done += job.state in ("pending", "running", "finished")
        return done

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(16))) == [30] * 16
    behind(fake).cloud.world.store.check()
    assert behind(fake).unseen.defects == []
    jobs = fake.list_jobs()
    assert len(jobs) == 480
    for job in jobs:
        record = job.snapshot()
        if record.finished_time is not None and record.running_time is not None:
            assert record.running_time <= record.finished_time
    starts = [event["job"] for project in (1, 2) for event in fake.activity(project=project) if event["event"] == "job:started"]
    assert len(starts) == len(set(starts))
    assert sum(job.units for job in fake.list_jobs(project=1, state="running")) <= 5


def test_a_verb_of_another_thread_does_not_see_what_waits_for_a_callable() -> None:
    """While a callable is called, what is due behind it is held, and comes at its time."""
    fake = FakeJobs(clock=ManualClock(Millis(NOW)))
    asked, go = Event(), Event()

    def running(job: JobRecord) -> int:
        asked.set()
        assert go.wait(10)
        return 10

    fake.script("a", pending=5, running=running)
    fake.script("b", pending=7, running=1)
    slow, quick = fake.add_job("a", project=1), fake.add_job("b", project=1)
    mover = Thread(target=fake.advance, kwargs={"seconds": 60})
    mover.start()
    assert asked.wait(10)
    assert (slow.state, quick.state) == ("running", "pending")
    go.set()
    mover.join(10)
    assert (times(slow), times(quick)) == ((5_000, 15_000), (7_000, 8_000))


class SlowScript:
    """A script whose callable does not return before it may, called by a thread of its own."""

    def __init__(self, fake: FakeJobs) -> None:
        self.may_return = Event()
        asked = Event()

        def running(job: JobRecord) -> int:
            asked.set()
            assert self.may_return.wait(20)
            return 10

        fake.script("slow", pending=5, running=running)
        self.job = fake.add_job("slow", project=1)
        self.mover = Thread(target=fake.advance, kwargs={"seconds": 5})
        self.mover.start()
        assert asked.wait(10)

    def end(self) -> None:
        """Let the callable return."""
        self.may_return.set()
        self.mover.join(10)


VERBS: dict[str, Callable[[FakeJobs, Job], object]] = {
    "run_until": lambda fake, job: fake.run_until(job, "finished"),
    "finish_all": lambda fake, job: fake.finish_all(),
}


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_wait_for_a_callable_that_another_thread_calls(fake: FakeJobs, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowScript(fake)
    pace = behind(fake).cloud.pace
    tries: list[str] = []
    waits = Event()
    wait_for = pace._wait_for_callables

    def note(verb: str, key: JobKey) -> None:
        tries.append(verb)
        waits.set()
        wait_for(verb, key)

    monkeypatch.setattr(pace, "_wait_for_callables", note)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(VERBS[verb], fake, slow.job)
        assert waits.wait(10)
        assert slow.job.state == "running"  # the lock is free
        slow.end()
        done.result(10)
    assert tries == [verb]
    assert times(slow.job) == (5_000, 15_000)


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_do_not_wait_for_ever_for_a_callable(fake: FakeJobs, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fakejobs.cloud.pace, "PATIENCE_S", 0.01)
    slow = SlowScript(fake)
    with pytest.raises(UsageError, match=f"{verb} waits for the script of job 1/1/1, .* have not returned for 0.01 s"):
        VERBS[verb](fake, slow.job)
    slow.end()
    VERBS[verb](fake, slow.job)
    assert times(slow.job) == (5_000, 15_000)


def test_a_seed_does_not_wait_for_a_callable_that_waits_for_it(fake: FakeJobs) -> None:
    slow = SlowScript(fake)
    with pytest.raises(UsageError, match="finish_all waits for the script of job 1/1/1"):
        fake.load([{"add_job": {"spider": "b", "project": 2}}, {"finish_all": {}}])
    assert fake.list_jobs(project=2) == []
    slow.end()
    assert times(slow.job) == (5_000, None)


def test_an_edit_makes_nothing_due_where_units_are_not_limited(fake: FakeJobs) -> None:
    fake.pace(pending=None)
    limited = fake.add_job("a", project=2, units=2)
    fake.add_project(2, units=1)
    fake.advance(seconds=1)
    job = fake.add_job("a", project=1)
    fake.update_metadata(job, {"priority": 4, "units": 3})
    fake.update_metadata(limited, {"note": 1})
    assert behind(fake).cloud.world.pacing.is_idle
    fake.update_metadata(limited, {"priority": 4})
    assert not behind(fake).cloud.world.pacing.is_idle
