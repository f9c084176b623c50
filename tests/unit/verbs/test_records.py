"""Records as tests write and read them: their forms, the counters of their job, and steps that make another fake equal."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from fakejobs import FakeJobs, Job, JobKey, ManualClock, SeedError, UsageError
from fakejobs.cloud.rows import encode_items
from fakejobs.cloud.shelves import Shelves
from fakejobs.domain.clock import Millis
from fakejobs.errors import JobNotFound
from fakejobs.fake import behind
from fakejobs.verbs.plain_records import plain_records
from tests.unit.verbs.dumped import NOW, steps_of


def shelves_of(fake: FakeJobs) -> Shelves:
    """Return what writes a fake's records down."""
    return Shelves(behind(fake).cloud.realm)


@pytest.fixture
def job(fake: FakeJobs) -> Job:
    return fake.add_job("books", project=1, state="running")


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
        ("logs", "Infoo started", {"level": 20, "message": "Infoo started"}),
        ("logs", "WARN slow", {"level": 30, "message": "slow"}),
        ("logs", "NO ITEMS FOUND", {"level": 20, "message": "NO ITEMS FOUND"}),
        ("logs", "GET http://a/", {"level": 20, "message": "GET http://a/"}),
        ("logs", "", {"level": 20, "message": ""}),
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
        ("logs", [("eror", "a")], r"logs\[0\]: level 'eror' is none of .*, and no number \(did you mean 'ERROR'\?\)"),
        ("logs", ["a", "INFOO started"], r"logs\[1\]='INFOO started' begins with 'INFOO', which is no level \(did you mean 'INFO'\?\)"),
        ("logs", ["ERROR: oops"], r"is no level \(did you mean 'ERROR'\?\): give a level and a message, as in \"ERROR oops\", or a pair"),
        ("logs", ["DEBG"], r"is no level \(did you mean 'DEBUG'\?\)"),
        ("logs", [{"message": "a", "time": 5}], r"logs\[0\]\['time'\]=5 looks like seconds"),
        ("requests", [{"status": 200}], r"requests\[0\]=\{'status': 200\} has no url"),
        ("samples", [{}], r"samples\[0\]=\{\} is no list of numbers"),
    ],
)
def test_what_is_no_record_is_named_and_nothing_is_kept(fake: FakeJobs, job: Job, kind: str, values: Any, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        getattr(fake, f"add_{kind}")(job, values)
    assert steps_of(fake, "restore_records") == []


def test_records_are_added_behind_each_other_and_read_back(fake: FakeJobs, job: Job) -> None:
    item = {"a": [1]}
    fake.add_items(job, [item, {}])
    item["a"].append(2)
    fake.add_items(job.key, ({"n": number} for number in range(2)))
    assert fake.items(str(job.key)) == [{"a": [1]}, {}, {"n": 0}, {"n": 1}]
    assert fake.items("1/1/2") == []
    fake.items(job)[0]["a"].append(3)
    assert fake.items(job)[0] == {"a": [1]}
    assert job.items == 4


def test_a_job_that_does_not_exist_takes_nothing_from_a_test(fake: FakeJobs) -> None:
    with pytest.raises(JobNotFound, match="there is no job 1/1/1"):
        fake.add_items("1/1/1", [{}])
    assert fake.items("1/1/1") == []


def test_logs_count_errors(fake: FakeJobs, job: Job) -> None:
    fake.add_logs(job, ["INFO a", ("ERROR", "b"), ("CRITICAL", "c")])
    assert fake.logs(job)[1] == {"time": NOW, "level": 40, "message": "b"}
    assert (job.logs, job.errors) == (3, 2)


def test_what_came_earlier_is_written_down_later(fake: FakeJobs, job: Job) -> None:
    moments = [Millis(NOW - 500), Millis(NOW - 400)]
    shelves_of(fake).keep_late(job.key, "items", [(moment, encode_items([{}])) for moment in moments])
    [snapshot] = behind(fake).cloud.records.read("items", 1)
    assert [batch.moment for batch in snapshot.beyond(0)] == moments
    record = job.snapshot()
    assert (record.items, record.updated_time, record.touched_time) == (2, NOW - 400, NOW - 400)


def test_what_is_written_down_later_does_not_take_touches_back(fake: FakeJobs, job: Job) -> None:
    fake.update_tags(job, add=["a"])
    shelves_of(fake).keep_late(job.key, "items", [(Millis(NOW - 500), encode_items([{}]))])
    record = job.snapshot()
    assert (record.items, record.updated_time, record.touched_time) == (1, NOW - 500, NOW)


def test_steps_make_another_fake_equal(fake: FakeJobs, job: Job) -> None:
    behind(fake).cloud.records.append(JobKey("1/1/1"), "items", encode_items([{"c": 3}]), start=2)
    fake.advance(seconds=1)
    behind(fake).cloud.records.append(JobKey("1/1/1"), "items", encode_items([{"a": 1}, {"b": [None, "é"]}]), start=0)
    fake.add_logs(job, ["ERROR a"])
    fake.add_requests(job, [{"url": "http://a/", "fp": None}])
    fake.add_samples(job, [[1, 2.5]])
    fake.finish_job(job, logs=9)
    steps = steps_of(fake, "restore_records")

    twin = FakeJobs(clock=ManualClock(NOW))
    record = job.snapshot()
    twin.add_job("books", project=1, state="running", items=record.items, logs=9, pages=1, errors=1, updated_time=record.updated_time)
    for _ in range(2):
        twin.load(steps)
    assert steps_of(twin, "restore_records") == steps
    for kind in ("items", "logs", "requests", "samples"):
        assert getattr(twin, kind)(job) == getattr(fake, kind)(job)
        assert behind(twin).cloud.records.stats(kind, job.key) == behind(fake).cloud.records.stats(kind, job.key)
    assert twin.get_job(job.key).items == 3
    for one in (fake, twin):
        one.add_items(job, [{}])
        one.add_logs(job, ["b"])
        assert (one.get_job(job).items, one.get_job(job).logs) == (4, 9), "what follows goes on following"


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
def test_batches_that_make_no_sense_are_refused(fake: FakeJobs, job: Job, batches: Any, text: str) -> None:
    fake.add_items(job, [{"a": 1}])
    with pytest.raises(UsageError, match=text):
        fake.load([{"restore_records": {"job": "1/1/1", "kind": "items", "batches": batches}}])
    assert fake.items(job) == [{"a": 1}]


def test_all_or_nothing_takes_records_back(fake: FakeJobs, job: Job) -> None:
    fake.add_items(job, [{"a": 1}])

    def half() -> None:
        with behind(fake).cloud.realm.all_or_nothing():
            fake.add_items(job, [{}, {}])
            assert job.items == 3
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert fake.items(job) == [{"a": 1}]
    fake.add_items(job, [{"b": 1}])
    assert job.items == 2
    fake.reset()
    assert steps_of(fake, "restore_records") == []


MISSPELLED = {"logs": ["INFO begun", "INFOO started"]}


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("add_job", {"spider": "books", "project": 1, **MISSPELLED}),
        ("add_logs", {"job": "1/1/1", **MISSPELLED}),
        ("script", {"spider": "books", **MISSPELLED}),
    ],
)
def test_a_misspelled_level_is_refused_wherever_logs_are_given(fake: FakeJobs, job: Job, verb: str, arguments: dict[str, Any]) -> None:
    before = fake.dump()
    with pytest.raises(UsageError, match=r"logs\[1\]='INFOO started' .*did you mean 'INFO'"):
        getattr(fake, verb)(**arguments)
    with pytest.raises(SeedError, match=rf"seed\[0\].{verb}: logs\[1\]='INFOO started' .*did you mean 'INFO'"):
        fake.load([{verb: arguments}])
    assert fake.dump() == before
