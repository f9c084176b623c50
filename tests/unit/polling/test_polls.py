"""Clients that ask again: the clock that jumps for them, and the refusal of those who ask in vain."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from fakejobs import FakeJobs, Job, UsageError, serve
from fakejobs.errors import Ended
from fakejobs.fake import behind
from fakejobs.polling import polls

Ask = Callable[[FakeJobs, Job], Any]


def get(fake: FakeJobs, path: str) -> Any:
    return Client(fake.app).get(path, headers={"Authorization": "Basic azo="})


def state_in_list(fake: FakeJobs, job: Job) -> Any:
    return get(fake, f"/api/jobs/list.json?project=1&job={job.key}").json["jobs"][0]["state"]


ASKING: dict[str, Ask] = {
    "jobs/list.json by key": state_in_list,
    "jobs/list.json": lambda fake, job: get(fake, "/api/jobs/list.json?project=1").json["jobs"][0]["state"],
    "jobs/list.jl": lambda fake, job: get(fake, "/api/jobs/list.jl?project=1").text.split('"state": "')[1].split('"')[0],
    "jobs/KEY/state": lambda fake, job: get(fake, f"/jobs/{job.key}/state").json,
    "jobq/list": lambda fake, job: (
        get(fake, "/jobq/1/list?state=pending&state=running&state=finished").text.split('"state": "')[1].split('"')[0]
    ),
}


@pytest.fixture
def polled() -> FakeJobs:
    fake = FakeJobs(clock="poll")
    fake.pace(pending=5, running=60)
    return fake


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_whoever_asks_again_finds_the_next_change(polled: FakeJobs, ask: Ask) -> None:
    job = polled.add_job("books", project=1)
    assert [str(ask(polled, job)) for _ in range(4)] == ["pending", "running", "finished", "finished"]
    assert job.finished_time is not None
    assert job.pending_time is not None
    assert job.finished_time - job.pending_time == timedelta(seconds=65)


def test_the_first_time_never_jumps_whatever_was_asked_of_other_jobs(polled: FakeJobs) -> None:
    first, second = polled.add_job("a", project=1), polled.add_job("b", project=1)
    assert [state_in_list(polled, first) for _ in range(2)] == ["pending", "running"]
    assert state_in_list(polled, second) == "running"  # five seconds have passed for it, too
    assert state_in_list(polled, second) == "finished"


def test_a_list_jumps_to_the_earliest_change_of_what_it_shows_again(polled: FakeJobs) -> None:
    polled.script("quick", running=1)
    slow, quick = polled.add_job("slow", project=1), polled.add_job("quick", project=1)
    for _ in range(3):
        get(polled, "/api/jobs/list.json?project=1")
    assert (slow.state, quick.state) == ("running", "finished")


def test_held_turns_the_jumps_off(polled: FakeJobs) -> None:
    job = polled.add_job("books", project=1)
    with polled.clock.held():
        assert [state_in_list(polled, job) for _ in range(3)] == ["pending"] * 3
    assert state_in_list(polled, job) == "running"


def test_the_answer_after_a_jump_is_made_anew(polled: FakeJobs) -> None:
    job = polled.add_job("books", project=1)
    path = f"/api/jobs/list.json?project=1&job={job.key}&state=pending"
    assert get(polled, path).json["count"] == 1
    assert get(polled, path).json["count"] == 0


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_who_asks_in_vain_is_refused_and_the_test_fails_with_the_way_out(ask: Ask) -> None:
    fake = FakeJobs(patience=5)
    job = fake.add_job("books", project=1)
    for _ in range(4):
        assert ask(fake, job) == "pending"
    with ThreadPoolExecutor(1) as threads:  # as a server's thread would: it gets an answer
        answer = threads.submit(get, fake, f"/api/jobs/list.json?project=1&job={job.key}").result()
    assert (answer.status_code, answer.json["status"]) == (409, "error")
    assert "fakejobs.pace" in answer.json["message"]
    with pytest.raises(UsageError, match=r"(?s)5 requests in a row showed 1/1/1 \(books, pending\).*pace.*clock=\"poll\""):
        fake.close()


def test_a_test_that_calls_the_application_itself_is_ended_by_it() -> None:
    fake = FakeJobs(patience=5)
    job = fake.add_job("books", project=1)
    assert {state_in_list(fake, job) for _ in range(4)} == {"pending"}
    with pytest.raises(Ended, match="5 requests in a row showed 1/1/1"):
        state_in_list(fake, job)


CHANGES: dict[str, Callable[[FakeJobs], object]] = {
    "the clock": lambda fake: fake.clock.advance(milliseconds=1),
    "a verb of the test": lambda fake: fake.add_job("other", project=2),
    "a rule": lambda fake: fake.pace(running=5),
    "a write of a client": lambda fake: Client(fake.app).post(
        "/api/jobs/update.json", data={"project": 1, "job": "1/9/9", "add_tag": "x"}, headers={"Authorization": "Basic azo="}
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_happens_between_makes_asking_no_longer_vain(change: Callable[[FakeJobs], object]) -> None:
    fake = FakeJobs(patience=3)
    job = fake.add_job("books", project=1, state="running")
    for _ in range(5):
        assert state_in_list(fake, job) == "running"
        assert state_in_list(fake, job) == "running"
        change(fake)
    fake.close()


def test_of_jobs_that_are_over_nothing_is_known_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polls, "MOST_SHOWN", 5)
    fake = FakeJobs(clock="poll")
    waiting = fake.add_job("films", project=1)
    for number in range(20):
        job = fake.add_job("books", project=1, spider_args={"n": number})
        state_in_list(fake, job)
        state_in_list(fake, waiting)
        fake.finish_job(job)
    assert len(behind(fake).polls._shown) <= 6
    assert behind(fake).polls._shown[waiting.key] == 20


@pytest.mark.parametrize("fake", [FakeJobs(patience=None), FakeJobs(clock="real", patience=3)], ids=["no patience set", "real clock"])
def test_where_nobody_counts_nobody_is_refused(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=1)
    assert {state_in_list(fake, job) for _ in range(10)} == {"pending"}
    fake.close()


def test_jobs_that_are_over_are_never_asked_for_in_vain() -> None:
    fake = FakeJobs(patience=3)
    job = fake.add_job("books", project=1, state="finished")
    assert {state_in_list(fake, job) for _ in range(10)} == {"finished"}
    fake.close()


def test_reset_forgets_who_has_asked(polled: FakeJobs) -> None:
    state_in_list(polled, polled.add_job("books", project=1))
    polled.reset()
    polled.pace(pending=5)
    assert state_in_list(polled, polled.add_job("books", project=1)) == "pending"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"clock": "later"}, "clock='later' is not one of manual, sleep, poll, real"),
        ({"clock": 5}, "clock=5 is not one of manual, sleep, poll, real, and no Clock"),
        ({"speed": 60}, "speed=60 is for clock='real'"),
        ({"clock": "real", "speed": 0}, "speed=0 is no number above 0"),
        ({"clock": "real", "speed": True}, "speed=True is no number"),
        ({"patience": "x"}, "patience='x' is no whole number"),
    ],
)
def test_mistakes_are_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        FakeJobs(**options)


def test_a_faster_clock_lets_due_changes_come_sooner() -> None:
    with serve(clock="real", speed=1_000_000) as fake:
        fake.pace(running=3600)
        job = fake.add_job("books", project=1)
        while job.state != "finished":  # an hour passes in 3.6 ms
            pass
        assert job.finished_time is not None
        assert job.running_time is not None
        assert job.finished_time - job.running_time == timedelta(hours=1)
