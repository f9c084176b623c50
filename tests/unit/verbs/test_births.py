"""Jobs of the past as add_job() makes them: their times, their run, and what cannot be said at once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from fakejobs import FakeJobs, SeedError, UsageError
from fakejobs.domain.clock import Millis, as_datetime
from tests.contract.caller import Caller
from tests.unit.verbs.dumped import NOW
from tests.unit.verbs.past import AGO, DAY, HOUR, MONTH, RUN, TIMES, times_of

OVER = ("finished", "deleted")


def past(*, pending: int, running: int, finished: int, **more: int) -> dict[str, int]:
    """Return times as milliseconds before NOW; the last data came at the end."""
    given = {"pending": pending, "running": running, "finished": finished, "updated": finished, **more}
    return {f"{name}_time": NOW - before for name, before in given.items()}


# ------------------------------------------------------------ a job that has run


@pytest.mark.parametrize(
    ("given", "times"),
    [
        ({}, past(pending=0, running=0, finished=0)),
        ({"finished_time": AGO}, past(pending=31 * DAY, running=31 * DAY, finished=31 * DAY)),
        ({"running_time": NOW - HOUR}, past(pending=HOUR, running=HOUR, finished=0)),
        ({"pending_time": NOW - HOUR}, past(pending=HOUR, running=0, finished=0)),
        ({"running_time": NOW - 2 * HOUR, "finished_time": NOW - HOUR}, past(pending=2 * HOUR, running=2 * HOUR, finished=HOUR)),
        ({"finished_time": NOW - HOUR, "updated_time": NOW - 2}, past(pending=HOUR, running=HOUR, finished=HOUR, updated=2)),
        ({"finished_time": NOW - HOUR, "touched_time": NOW}, past(pending=HOUR, running=HOUR, finished=HOUR, touched=0)),
        ({"ago": MONTH}, past(pending=31 * DAY, running=31 * DAY, finished=31 * DAY)),
        ({"ago": {"days": 31}, "ran": {"hours": 1}}, RUN),
        ({"ran": timedelta(hours=1)}, past(pending=HOUR, running=HOUR, finished=0)),
        ({"ago": {"weeks": 1, "days": 1}}, past(pending=8 * DAY, running=8 * DAY, finished=8 * DAY)),
        ({"ago": timedelta(0), "ran": {}}, past(pending=0, running=0, finished=0)),
    ],
    ids=repr,
)
def test_a_job_that_is_over_has_run(fake: FakeJobs, given: dict[str, Any], times: dict[str, int]) -> None:
    job = fake.add_job("books", project=1, state="finished", **given)
    assert (times_of(job), job.close_reason) == (times, "finished")
    gone = fake.add_job("books", project=1, state="deleted", **given)
    assert (times_of(gone), gone.close_reason) == ({**times, "deleted_time": times["finished_time"]}, "finished")


def test_a_deleted_job_ended_before_it_was_deleted(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=1, state="deleted", deleted_time=NOW - HOUR)
    assert times_of(job) == {**past(pending=HOUR, running=HOUR, finished=HOUR), "deleted_time": NOW - HOUR}
    job = fake.add_job("books", project=1, state="deleted", finished_time=AGO, deleted_time=NOW - HOUR)
    assert (times_of(job)["finished_time"], times_of(job)["deleted_time"]) == (AGO, NOW - HOUR)


@pytest.mark.parametrize(
    ("given", "reason"),
    [({}, "finished"), ({"cancel_requested": True}, "cancelled"), ({"close_reason": "failed"}, "failed"), ({"close_reason": ""}, None)],
)
def test_why_a_job_that_has_run_ended(fake: FakeJobs, given: dict[str, Any], reason: str | None) -> None:
    assert fake.add_job("books", project=1, state="finished", **given).close_reason == reason


@pytest.mark.parametrize("state", OVER)
def test_a_job_that_never_ran_has_the_time_of_its_state_alone(fake: FakeJobs, state: str) -> None:
    job = fake.add_job("books", project=1, state=state, never_ran=True)
    assert (times_of(job), job.close_reason) == ({f"{state}_time": NOW}, None)
    job = fake.add_job("books", project=1, state=state, never_ran=True, ago=MONTH, close_reason="cancelled")
    assert (times_of(job), job.close_reason) == ({f"{state}_time": AGO}, "cancelled")
    job = fake.add_job("books", project=1, state=state, never_ran=True, pending_time=AGO)
    assert times_of(job) == {"pending_time": AGO, f"{state}_time": NOW}


@pytest.mark.parametrize("state", OVER)
def test_it_is_what_a_push_makes(fake: FakeJobs, state: str) -> None:
    """Recorded: a job that the queue is given in a state has that state's time, and no other."""
    Caller(fake).send("POST", "/jobq/1/push", body=json.dumps({"spider": "a", "state": state}).encode())
    pushed, job = fake.get_job("1/1/1"), fake.add_job("a", project=1, state=state, never_ran=True)
    assert (times_of(pushed), pushed.close_reason) == (times_of(job), job.close_reason)


def test_active_jobs_are_born_some_time_ago(fake: FakeJobs) -> None:
    pending, running = (fake.add_job("books", project=1, state=state, ago=MONTH) for state in ("pending", "running"))
    assert (times_of(pending), times_of(running)) == ({"pending_time": AGO}, {"running_time": AGO})
    assert (pending.close_reason, running.close_reason) == (None, None)


def test_a_paced_job_that_began_some_time_ago_is_where_it_should_be_by_now(fake: FakeJobs) -> None:
    fake.pace(pending=60, running=3600)
    waiting, begun, over = (fake.add_job("books", project=1, ago=timedelta(minutes=ago)) for ago in (0, 31, 120))
    assert [job.state for job in (waiting, begun, over)] == ["pending", "running", "finished"]
    assert over.finished_time == as_datetime(Millis(NOW - 120 * 60_000 + 3_660_000))


# ------------------------------------------------------------ what cannot be said at once

REFUSED: list[tuple[dict[str, Any], str]] = [
    *(({"state": "finished", "ago": MONTH, name: NOW}, f"give ago or {name}, not both: ago and ran stand for all times") for name in TIMES),
    ({"state": "finished", "ran": MONTH, "finished_time": NOW}, "give ran or finished_time, not both"),
    ({"ago": MONTH, "pending_time": NOW}, "give ago or pending_time, not both"),
    ({"ran": MONTH}, r"ran=.*: the run of a pending job is not over \(legal: ago alone, or state finished or deleted\)"),
    ({"state": "running", "ran": MONTH}, r"the run of a running job is not over \(legal: ago alone, or state finished or deleted\)"),
    ({"state": "running", "ago": MONTH, "ran": MONTH}, "the run of a running job is not over"),
    ({"never_ran": True}, r"never_ran=True: a pending job is not over \(legal: state finished or deleted\)"),
    ({"never_ran": True, "state": "running"}, r"never_ran=True: a running job is not over \(legal: state finished or deleted\)"),
    (
        {"never_ran": True, "state": "finished", "running_time": NOW},
        r"never_ran=True and running_time: .* \(legal: ago, or the other times\)",
    ),
    ({"never_ran": True, "state": "deleted", "ran": MONTH}, "never_ran=True and ran: who never ran has no time of a run"),
    ({"never_ran": "yes", "state": "finished"}, "never_ran='yes' is neither true nor false"),
    ({"ago": timedelta(seconds=-1)}, "ago: -1 s is negative, and time does not run backwards"),
    ({"state": "finished", "ran": {"days": -1}}, "ran: -86400 s is negative"),
    ({"ago": {"dayz": 31}}, r"ago has no unit 'dayz' \(did you mean 'days'\?\)"),
    ({"ago": {"fortnights": 2}}, r"ago has no unit 'fortnights' \(known: weeks, days, hours"),
    ({"ago": {"days": "31"}}, "ago: .*known: weeks, days"),
    ({"ago": 31}, r'ago=31 is no span: give a timedelta, or its keywords, as in \{"days": 31\}'),
    ({"ago": "31 days"}, "ago='31 days' is no span"),
    ({"state": "finished", "ago": {"days": 31}, "ran": 5}, "ran=5 is no span"),
    ({"ago": {"weeks": 5000}}, "ago reaches back beyond 1973"),
    ({"state": "finished", "ran": {"weeks": 5000}}, "ago and ran reach back beyond 1973"),
    ({"requests": 5}, "requests=5: give a list"),
    ({"samples": [5]}, r"samples\[0\]=5 is no list"),
    ({"requests": [{"url": "http://a/"}, {"url": "http://b/", "time": "x"}]}, "time='x' is no number"),
]


@pytest.mark.parametrize(("given", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_what_makes_no_sense_together_is_refused_and_nothing_changes(fake: FakeJobs, given: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        fake.add_job("books", project=1, **given)
    with pytest.raises(SeedError, match=rf"seed\[0\]\.add_job: .*{text}"):
        fake.load([{"add_job": {"spider": "books", "project": 1, **given}}])
    assert fake.dump() == []
