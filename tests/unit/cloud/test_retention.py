"""A cloud that keeps only the latest jobs that are over: what goes, what stays, and that no number comes twice."""

from __future__ import annotations

import pytest

from fakejobs import FakeJobs, UsageError
from fakejobs.cloud.retention import Retention
from fakejobs.errors import JobNotFound
from fakejobs.fake import behind
from tests.contract.caller import Caller


@pytest.fixture
def fake() -> FakeJobs:
    fake = FakeJobs()
    behind(fake).keep_jobs(3)
    return fake


def run(fake: FakeJobs, number: int, project: int = 1) -> str:
    """Let a job run that writes an item and a line of log, and return its key."""
    fake.advance(seconds=1)
    job = fake.add_job("books", project=project, spider_args={"n": number}, tags=["nightly"], meta={"n": number})
    fake.start_job(job)
    fake.add_items(job, [{"n": number}])
    fake.add_logs(job, ["line"])
    fake.add_comment(job, "odd", item=0)
    fake.add_report(job, "stats", content=b"good")
    fake.finish_job(job)
    return str(job.key)


def test_the_latest_are_kept_and_older_ones_are_gone_with_all_that_is_theirs(fake: FakeJobs) -> None:
    keys = [run(fake, number) for number in range(6)]
    assert [str(job.key) for job in fake.list_jobs()] == keys[:2:-1]
    assert behind(fake).cloud.world.records.jobs() == [(kind, key) for kind in ("items", "logs") for key in keys[3:]]
    assert set(behind(fake).cloud.world.records.followed) == set(keys[3:])
    assert fake.items(keys[3]) == [{"n": 3}]
    assert behind(fake).cloud.world.comments.jobs() == behind(fake).cloud.world.deploys.reported_jobs() == keys[3:]
    with pytest.raises(JobNotFound):
        fake.get_job(keys[2])
    wire = Caller(fake)
    assert wire.get("jobs/list.json", {"project": 1}).json["total"] == 3
    assert wire.get("jobs/list.json", {"project": 1, "has_tag": "nightly"}).json["total"] == 3
    assert wire.get("jobs/list.json", {"project": 1, "job": keys[0]}).json["total"] == 0
    assert wire.send("GET", f"/items/{keys[0]}").text == ""
    behind(fake).cloud.world.store.check()


def test_deleted_ones_count_and_active_ones_do_not(fake: FakeJobs) -> None:
    old = fake.add_job("old", project=2)
    keys = [run(fake, number, project=1 + number % 2) for number in range(3)]
    fake.advance(seconds=1)
    fake.delete_job(keys[0])
    keys.append(run(fake, 3))
    assert {str(record.key) for record in behind(fake).cloud.world.store} - {keys[1]} == {keys[0], keys[2], keys[3], str(old.key)}
    assert fake.get_job(old.key).state == "pending"
    with pytest.raises(JobNotFound):
        fake.get_job(keys[1])
    behind(fake).cloud.world.store.check()


def test_no_number_is_given_out_twice(fake: FakeJobs) -> None:
    assert [run(fake, number) for number in range(10)] == [f"1/1/{number}" for number in range(1, 11)]
    twin = FakeJobs()
    twin.load(fake.dump())
    assert twin.add_job("books", project=1).key == "1/1/11"


def test_the_activity_is_swept_now_and_then(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Retention, "SWEEP", 5)
    fake.add_activity([{"event": "mine"}], project=1)
    keys = [run(fake, number) for number in range(8)]
    fake.list_jobs()
    events = fake.activity(project=1)
    assert {event["job"] for event in events if "job" in event} == set(keys[5:])
    assert [event["event"] for event in events if "job" not in event] == ["mine"]


def test_of_those_that_end_together_the_latest_are_kept(fake: FakeJobs) -> None:
    for number in range(6):
        fake.add_job("books", project=1, spider_args={"n": number})
    assert len(fake.finish_all()) == 3
    assert len(fake.list_jobs()) == 3


def test_a_seed_that_fails_brings_back_what_was_let_go(fake: FakeJobs) -> None:
    keys = [run(fake, number) for number in range(3)]
    step = {"add_job": {"spider": "books", "project": 1, "state": "finished"}}
    with pytest.raises(UsageError):
        fake.load([*([step] * 5), {"finish_job": {"job": "9/9/9"}}])
    assert [str(job.key) for job in fake.list_jobs()] == keys[::-1]
    behind(fake).cloud.world.store.check()


def test_unless_it_is_told_a_fake_keeps_all() -> None:
    fake = FakeJobs()
    for number in range(5):
        run(fake, number)
    assert len(fake.list_jobs()) == 5
