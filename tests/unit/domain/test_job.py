"""Records: what follows from what they hold, and the records that come after them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from fakejobs import JobEvent, JobKey, JobState
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import NOTHING, JobRecord, after_event, with_tags


def a_record(**fields: Any) -> JobRecord:
    fields = {"state": JobState.PENDING, "pending_time": Millis(100), **fields}
    return JobRecord(key=JobKey("1/2/3"), spider="a", **fields)


RUNNING = {"state": JobState.RUNNING, "running_time": Millis(200)}
FINISHED = {"state": JobState.FINISHED, "running_time": Millis(200), "finished_time": Millis(300)}


def test_a_record_is_frozen_and_defaults_to_nothing_known() -> None:
    record = a_record()
    assert record.tags == ()
    assert (record.priority, record.units) == (2, 1)
    assert record.spider_args is record.meta is record.environment is record.job_settings is NOTHING
    with pytest.raises(FrozenInstanceError):
        record.spider = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("fields", "last_update", "last_touch"),
    [
        ({}, None, 100),
        ({"updated_time": Millis(150)}, 150, 150),
        (RUNNING, 200, 200),
        ({**RUNNING, "updated_time": Millis(250)}, 250, 250),
        (FINISHED, 300, 300),
        ({**FINISHED, "updated_time": Millis(299)}, 299, 300),
        ({**FINISHED, "updated_time": Millis(310)}, 310, 310),
        ({**FINISHED, "touched_time": Millis(900)}, 300, 900),
        ({**FINISHED, "touched_time": Millis(1)}, 300, 1),
        ({"state": JobState.FINISHED, "finished_time": Millis(300)}, None, 300),
        ({**FINISHED, "state": JobState.DELETED, "deleted_time": Millis(400)}, 300, 400),
    ],
)
def test_last_update_and_last_touch(fields: dict[str, Any], last_update: int | None, last_touch: int) -> None:
    record = a_record(**fields)
    assert record.last_update == last_update
    assert record.last_touch == last_touch


def test_a_state_without_its_time_is_a_defect() -> None:
    with pytest.raises(AssertionError, match="running job 1/2/3 has no running_time"):
        _ = JobRecord(key=JobKey("1/2/3"), spider="a", state=JobState.RUNNING).state_time


@pytest.mark.parametrize(
    ("fields", "same"),
    [
        ({}, True),
        ({"tags": ("x",), "priority": 4, "units": 6, "meta": {"m": 1}, "environment": {"E": "1"}, "job_settings": {"S": 1}}, True),
        (RUNNING, True),
        ({"spider_args": {"a": "1", "b": "2"}}, False),
        ({"cmd_args": "--x"}, False),
    ],
    ids=["alike", "what does not count", "state", "arguments", "command line"],
)
def test_what_makes_two_jobs_the_same(fields: dict[str, Any], same: bool) -> None:
    assert (a_record(**fields).identity == a_record().identity) is same


def test_the_order_of_arguments_makes_no_difference() -> None:
    assert a_record(spider_args={"a": "1", "b": "2"}).identity == a_record(spider_args={"b": "2", "a": "1"}).identity


@pytest.mark.parametrize(
    ("fields", "given", "reason"),
    [
        (RUNNING, None, "finished"),
        (RUNNING, "memusage_exceeded", "memusage_exceeded"),
        ({**RUNNING, "cancel_requested": True}, None, "cancelled"),
        ({**RUNNING, "cancel_requested": True}, "cancel_timeout", "cancel_timeout"),
    ],
)
def test_close_reason_of_a_finish(fields: dict[str, Any], given: str | None, reason: str) -> None:
    after = after_event(a_record(**fields), JobEvent.FINISH, Millis(900), 2, "ann", close_reason=given)
    assert after.close_reason == reason


def test_counters_are_data_and_touch_the_job_also_when_it_is_over() -> None:
    record = a_record(**FINISHED, sequence=7)
    after = after_event(record, JobEvent.FINISH, Millis(900), 8, "ann", items=3, logs=None)
    assert (after.items, after.logs) == (3, None)
    assert (after.updated_time, after.touched_time) == (900, 900)
    assert (after.finished_time, after.sequence, after.state) == (300, 7, JobState.FINISHED)


@pytest.mark.parametrize(
    ("tags", "add", "remove", "left"),
    [
        ((), ("x",), (), ("x",)),
        (("tag1",), ("tagA1", "tagA2"), (), ("tag1", "tagA1", "tagA2")),
        (("tagA1", "tagA2"), ("tagB",), ("tagA2",), ("tagA1", "tagB")),
        (("x", "y"), ("x",), (), ("x", "y")),
        (("x", "y"), (), ("z",), ("x", "y")),
        (("x", "y"), ("x",), ("x",), ("y", "x")),
        ((), ("x", "x"), (), ("x",)),
        ((), (), (), ()),
    ],
)
def test_tags_are_removed_then_added_at_the_end(
    tags: tuple[str, ...], add: tuple[str, ...], remove: tuple[str, ...], left: tuple[str, ...]
) -> None:
    record = a_record(**FINISHED, tags=tags)
    after = with_tags(record, add, remove, Millis(900))
    assert after.tags == left
    assert after.touched_time == 900
    assert after.last_update == record.last_update
    assert record.tags == tags


def test_thousands_of_tags_are_edited_at_once() -> None:
    many = tuple(f"t{number}" for number in range(20_000))
    after = with_tags(
        a_record(**FINISHED, tags=many), add=tuple(f"u{number}" for number in range(20_000)), remove=many[1:], now=Millis(900)
    )
    assert (len(after.tags), after.tags[:2]) == (20_001, ("t0", "u0"))
