"""Records as tests write and read them: their forms, the counters of their job, and steps that make another fake equal."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from fakejobs import Job, JobKey, ManualClock, UsageError
from fakejobs.cloud import FakeCloud
from fakejobs.cloud.records import plain_records
from fakejobs.cloud.rows import encode_items
from fakejobs.domain.clock import Millis
from fakejobs.errors import JobNotFound

NOW = Millis(1_446_000_000_000)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud(ManualClock(NOW))


@pytest.fixture
def job(cloud: FakeCloud) -> Job:
    return cloud.add_job("books", project=1, state="running")


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        ("items", {"a": (1, {"b": None})}, {"a": [1, {"b": None}]}),
        ("items", {}, {}),
        ("logs", "hello", {"level": 20, "message": "hello"}),
        ("logs", "INFO started", {"level": 20, "message": "started"}),
        ("logs", "ERROR  oops", {"level": 40, "message": " oops"}),
        ("logs", "ERROR", {"level": 20, "message": "ERROR"}),
        ("logs", "Error: oops", {"level": 20, "message": "Error: oops"}),
        ("logs", ("ERROR", "oops"), {"level": 40, "message": "oops"}),
        ("logs", ["warning", "oops"], {"level": 30, "message": "oops"}),
        ("logs", (35, 7), {"level": 35, "message": "7"}),
        ("logs", {"message": "a", "time": NOW, "more": 1}, {"time": NOW, "level": 20, "message": "a"}),
        ("logs", {"message": "a", "level": "debug", "time": datetime(2015, 10, 28, 2, 40, tzinfo=timezone.utc)},
            {"time": NOW, "level": 10, "message": "a"}),
        ("requests", {"url": "http://a/", "status": 200}, {"url": "http://a/", "status": 200}),
        ("samples", (1, 2), [1, 2]),
    ],
)  # fmt: skip
def test_a_record_is_brought_into_the_form_of_a_client(kind: str, value: Any, plain: Any) -> None:
    assert plain_records(kind, [value]) == [plain]


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        ("items", [{}, 5], r"items\[1\]=5 is no mapping"),
        ("items", [{"a": {1}}], r"items\[0\]\['a'\]"),
        ("items", {"a": 1}, "items={'a': 1}: give a list"),
        ("items", "text", "items='text': give a list"),
        ("items", 5, "items=5: give a list"),
        ("logs", [5], r"logs\[0\]=5 is no log record"),
        ("logs", [("a", "b", "c")], r"logs\[0\]=\('a', 'b', 'c'\) is no log record"),
        ("logs", [{"level": 20}], r"logs\[0\]=\{'level': 20\} is no log record"),
        ("logs", [("LOUD", "a")], r"logs\[0\]: level 'LOUD' is none of DEBUG, INFO"),
        ("logs", [{"message": "a", "time": 5}], r"logs\[0\]\['time'\]=5 looks like seconds"),
        ("requests", [{"status": 200}], r"requests\[0\]=\{'status': 200\} has no url"),
        ("samples", [{}], r"samples\[0\]=\{\} is no list of numbers"),
        ("prints", [], "kind 'prints' is not one of items, logs, requests, samples"),
    ],
)
def test_what_is_no_record_is_named_and_nothing_is_kept(cloud: FakeCloud, job: Job, kind: str, values: Any, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        cloud.records.add(job, kind, values)
    assert cloud.records.steps() == []


def test_records_are_added_behind_each_other_and_read_back(cloud: FakeCloud, job: Job) -> None:
    item = {"a": [1]}
    assert cloud.records.add(job, "items", [item, {}]) == 2
    item["a"].append(2)
    cloud.records.add(job.key, "items", ({"n": number} for number in range(2)))
    assert cloud.records.of(str(job.key), "items") == [{"a": [1]}, {}, {"n": 0}, {"n": 1}]
    assert cloud.records.of("1/1/2", "items") == []
    cloud.records.of(job, "items")[0]["a"].append(3)
    assert cloud.records.of(job, "items")[0] == {"a": [1]}
    assert job.items == 4


def test_a_job_that_does_not_exist_takes_nothing_from_a_test(cloud: FakeCloud) -> None:
    with pytest.raises(JobNotFound, match="there is no job 1/1/1"):
        cloud.records.add("1/1/1", "items", [{}])
    assert cloud.records.of("1/1/1", "items") == []


def test_logs_count_errors(cloud: FakeCloud, job: Job) -> None:
    cloud.records.add(job, "logs", ["INFO a", ("ERROR", "b"), ("CRITICAL", "c")])
    assert cloud.records.of(job, "logs")[1] == {"time": NOW, "level": 40, "message": "b"}
    assert (job.logs, job.errors) == (3, 2)


def test_what_came_earlier_is_written_down_later(cloud: FakeCloud, job: Job) -> None:
    moments = [Millis(NOW - 500), Millis(NOW - 400)]
    cloud.records.write_down(job.key, "items", [(moment, encode_items([{}])) for moment in moments])
    [snapshot] = cloud.records.read("items", 1)
    assert [batch.moment for batch in snapshot.beyond(0)] == moments
    record = cloud.record_of(job.key)
    assert (record.items, record.updated_time, record.touched_time) == (2, NOW - 400, NOW - 400)


def test_what_is_written_down_later_does_not_take_touches_back(cloud: FakeCloud, job: Job) -> None:
    cloud.update_tags(job, add=["a"])
    cloud.records.write_down(job.key, "items", [(Millis(NOW - 500), encode_items([{}]))])
    record = cloud.record_of(job.key)
    assert (record.items, record.updated_time, record.touched_time) == (1, NOW - 500, NOW)


def test_steps_make_another_fake_equal(cloud: FakeCloud, job: Job) -> None:
    cloud.records.append(JobKey("1/1/1"), "items", encode_items([{"c": 3}]), start=2)
    cloud.advance(seconds=1)
    cloud.records.append(JobKey("1/1/1"), "items", encode_items([{"a": 1}, {"b": [None, "é"]}]), start=0)
    cloud.records.add(job, "logs", ["ERROR a"])
    cloud.records.add(job, "requests", [{"url": "http://a/", "fp": None}])
    cloud.records.add(job, "samples", [[1, 2.5]])
    cloud.finish_job(job, logs=9)
    steps = cloud.records.steps()

    twin = FakeCloud(ManualClock(NOW))
    record = cloud.record_of(job.key)
    twin.add_job("books", project=1, state="running", items=record.items, logs=9, pages=1, errors=1, updated_time=record.updated_time)
    for _ in range(2):
        for step in steps:
            twin.records.restore(**step)
    assert twin.records.steps() == steps
    for kind in ("items", "logs", "requests", "samples"):
        assert twin.records.of(job, kind) == cloud.records.of(job, kind)
        assert twin.records.stats(kind, job.key) == cloud.records.stats(kind, job.key)
    assert twin.record_of(job.key).items == 3
    for fake in (cloud, twin):
        fake.records.add(job, "items", [{}])
        fake.records.add(job, "logs", ["b"])
        assert (fake.get_job(job).items, fake.get_job(job).logs) == (4, 9), "what follows goes on following"


@pytest.mark.parametrize(
    ("batches", "text"),
    [
        ([5], "batches: 5 is no mapping of _ts, start and records"),
        ([{"_ts": NOW, "records": []}], "is no mapping of _ts, start and records"),
        ([{"_ts": 5, "start": 0, "records": []}], "_ts=5 looks like seconds"),
        ([{"_ts": NOW, "start": -1, "records": []}], "start=-1 is not between"),
        ([{"_ts": NOW, "start": 0, "records": [5]}], r"items\[0\]=5 is no mapping"),
        ([{"_ts": NOW, "start": 0, "records": [{}]}, {"_ts": NOW + 1, "start": 0, "records": [{}]}], "is taken twice"),
        ([{"_ts": NOW, "start": 1, "records": [{}]}, {"_ts": NOW + 1, "start": 0, "records": [{}, {}]}], "taken twice"),
        ({}, r"batches=\{\}: give a list"),
    ],
)
def test_batches_that_make_no_sense_are_refused(cloud: FakeCloud, job: Job, batches: Any, text: str) -> None:
    cloud.records.add(job, "items", [{"a": 1}])
    with pytest.raises(UsageError, match=text):
        cloud.records.restore(job, "items", batches)
    assert cloud.records.of(job, "items") == [{"a": 1}]


def test_all_or_nothing_takes_records_back(cloud: FakeCloud, job: Job) -> None:
    cloud.records.add(job, "items", [{"a": 1}])

    def half() -> None:
        with cloud.all_or_nothing():
            cloud.records.add(job, "items", [{}, {}])
            assert job.items == 3
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert cloud.records.of(job, "items") == [{"a": 1}]
    cloud.records.add(job, "items", [{"b": 1}])
    assert job.items == 2
    cloud.reset()
    assert cloud.records.steps() == []
