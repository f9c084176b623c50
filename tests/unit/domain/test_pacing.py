"""Rules, plans, scripts and due changes, without a cloud around them."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs import JobKey, JobState
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.pacing import CANCEL_TIMEOUT_MS, Due, Outcomes, Pacing, Plan, Rule, Script

START = Millis(1000)


def record(key: str = "1/1/1", **fields: Any) -> JobRecord:
    times: dict[str, Any] = {"pending_time": Millis(1), "running_time": START}
    return JobRecord(**{"key": JobKey(key), "spider": "a", "state": JobState.RUNNING, **times, **fields})


def rule(number: int, *, project: int | None = None, spider: str | None = None, args: Any = None, **values: Any) -> Rule:
    return Rule(number=number, project=project, spider=spider, spider_args=args, values=values)


def script(span: int | None = 100, **fields: Any) -> Script:
    return Script(**{"start": START, "span": span, "close_reason": None, "amounts": {}, "rows": {}, **fields})


# ------------------------------------------------------------ rules


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        ({}, True),
        ({"project": 1}, True),
        ({"project": 2}, False),
        ({"spider": "a"}, True),
        ({"spider": "b"}, False),
        ({"spider": "a", "args": {}}, True),
        ({"spider": "a", "args": {"x": "1"}}, True),
        ({"spider": "a", "args": {"x": "2"}}, False),
        ({"spider": "a", "args": {"x": "1", "z": "1"}}, False),
    ],
    ids=repr,
)
def test_a_rule_covers_what_is_in_its_scope(scope: dict[str, Any], *, covers: bool) -> None:
    assert rule(0, **scope).covers(record(spider_args={"x": "1", "y": "2"})) is covers


def test_nearer_rules_are_larger() -> None:
    rising = [
        rule(9),
        rule(8, project=1),
        rule(7, spider="a"),
        rule(6, spider="a", project=1),
        rule(3, spider="a", args={"x": "1"}),
        rule(4, spider="a", args={"x": "1"}),
        rule(2, spider="a", project=1, args={"x": "1"}),
        rule(1, spider="a", args={"x": "1", "y": "1"}),
    ]
    nearness = [each.nearness for each in rising]
    assert nearness == sorted(set(nearness))


def test_rules_are_merged_field_by_field() -> None:
    pacing = Pacing()
    assert pacing.merged(record()) is None
    pacing.add_rule(rule(0, spider="a", running=5, pages=None))
    pacing.add_rule(rule(1, pending=1, running=1, pages=1))
    pacing.add_rule(rule(2, spider="b", running=7))
    assert pacing.merged(record()) == {"pending": 1, "running": 5, "pages": None}
    assert pacing.merged(record(spider="b")) == {"pending": 1, "running": 7, "pages": 1}
    assert pacing.merged(record(spider="c")) == {"pending": 1, "running": 1, "pages": 1}


def test_outcomes_are_counted_by_rule_and_the_last_is_for_ever() -> None:
    pacing, first, second = Pacing(), Outcomes(0, ("a", "b")), Outcomes(1, ("c",))
    assert [pacing.outcome(each) for each in (first, second, first, first, second)] == ["a", "c", "b", "b", "c"]
    twin = Pacing()
    twin.set_runs(pacing.runs())
    assert twin.runs() == {"0": 3, "1": 2}


# ------------------------------------------------------------ scripts


@pytest.mark.parametrize("span", [0, 1, 7, 100, 101])
@pytest.mark.parametrize("total", [0, 1, 3, 10, 250])
def test_what_is_visible_agrees_with_when_it_came(span: int, total: int) -> None:
    plan = script(span)
    moments = [plan.moment(index, total) for index in range(total)]
    assert moments == sorted(moments)
    for now in range(START - 2, START + span + 3):
        came = sum(1 for moment in moments if moment <= now)
        assert plan.visible(total, Millis(now)) == came
    assert plan.visible(total, Millis(START + span)) == total
    assert plan.visible(total, Millis(START - 1)) == 0


def test_without_a_span_nothing_is_visible() -> None:
    assert script(None, amounts={"pages": 5}).counters(Millis(START + 10**9)) == {"pages": 0}
    assert script(None, amounts={"pages": 5}).last_data(Millis(START + 10**9)) is None


def test_counters_follow_rows_but_for_those_given_as_numbers() -> None:
    plan = script(rows={"items": "abcd", "logs": "abc", "requests": "ab"}, amounts={"pages": 10}, error_logs=(0, 2))
    assert plan.rows_by(Millis(START + 50)) == {"items": 2, "logs": 1, "requests": 1}
    assert plan.counted({"items": 2, "logs": 1, "requests": 1}) == {"items": 2, "logs": 1, "errors": 1}
    assert plan.counters(Millis(START + 50)) == {"pages": 5}
    assert plan.last_data(Millis(START + 59)) == START + 50
    assert plan.last_data(Millis(START + 9)) is None


@pytest.mark.parametrize(
    ("before", "followed", "shown"),
    [
        ({}, {}, (2, 1, 0, 6, START + 50)),
        ({"items": 100}, {}, (100, 1, 0, 6, START + 50)),
        ({"items": 7}, {"items": 7}, (9, 1, 0, 6, START + 50)),
        ({"items": 7}, {"items": 5}, (7, 1, 0, 6, START + 50)),
        ({"items": 7}, {"items": None}, (7, 1, 0, 6, START + 50)),
        ({"pages": 99}, {}, (2, 1, 0, 6, START + 50)),
        ({"updated_time": Millis(START + 52)}, {}, (2, 1, 0, 6, START + 52)),
    ],
    ids=repr,
)
def test_a_record_is_shown_as_far_as_it_has_come(before: dict[str, Any], followed: dict[str, int | None], shown: tuple[int, ...]) -> None:
    pacing = Pacing()
    pacing.plans[JobKey("1/1/1")] = Plan(
        values={}, script=script(rows={"items": "abcd", "logs": "abc"}, amounts={"pages": 12}, error_logs=(1,))
    )
    seen = pacing.shown(record(**before), Millis(START + 50), followed)
    assert (seen.items, seen.logs, seen.errors, seen.pages, seen.updated_time) == shown
    assert seen.touched_time == max(START + 50, shown[-1])


def test_a_record_without_a_script_is_shown_as_it_is() -> None:
    pacing, plain = Pacing(), record()
    for plan in (None, Plan(values={}), Plan(values={}, script=script(None, amounts={"pages": 1})), Plan(values={}, script=script())):
        if plan is not None:
            pacing.plans[plain.key] = plan
        assert pacing.shown(plain, Millis(START + 50), {}) is plain


# ------------------------------------------------------------ ends

KILLED = START + 10 + CANCEL_TIMEOUT_MS


@pytest.mark.parametrize(
    ("values", "span", "reason", "stop_at", "end"),
    [
        ({}, None, None, None, (None, None)),
        ({}, 100, None, None, (START + 100, None)),
        ({}, 100, "failed", None, (START + 100, "failed")),
        ({}, None, None, 10, (START + 11, None)),
        ({"stopping": 0}, 100, "failed", 10, (START + 11, None)),
        ({"stopping": 5}, 100, "failed", 10, (START + 15, None)),
        ({"stopping": 90}, 100, "failed", 10, (START + 100, "failed")),
        ({"stopping": 500}, 100, None, 10, (START + 100, None)),
        ({"stopping": None}, None, None, 10, (None, None)),
        ({"stopping": None}, 100, "failed", 10, (START + 100, "failed")),
        ({"ignores_stop": True}, None, None, 10, (KILLED, "cancel_timeout")),
        ({"ignores_stop": True, "stopping": 5}, 10**9, "failed", 10, (KILLED, "cancel_timeout")),
        ({"ignores_stop": True}, 100, None, 10, (START + 100, "finished")),
        ({"ignores_stop": True}, 100, "failed", 10, (START + 100, "failed")),
        ({"ignores_stop": None}, None, None, 10, (START + 11, None)),
    ],
)
def test_a_job_ends_by_its_script_or_by_a_stop(
    values: dict[str, Any], span: int | None, reason: str | None, stop_at: int | None, end: tuple[int | None, str | None]
) -> None:
    stopped = None if stop_at is None else Millis(START + stop_at)
    plan = Plan(values=values, script=script(span, close_reason=reason), stop_at=stopped).with_end()
    assert (plan.end_at, plan.end_reason) == end


# ------------------------------------------------------------ due changes


def test_due_changes_come_by_time_and_then_in_the_order_of_planning() -> None:
    pacing, keys = Pacing(), [JobKey(f"1/1/{number}") for number in range(5)]
    assert pacing.is_idle
    for key, at in zip(keys, (30, 10, 20, 10, 30), strict=True):
        pacing.plans[key] = Plan(values={}, ready_at=Millis(at))
        pacing.plan(Millis(at), Due.READY, key)
    wanted = [keys[1], keys[3], keys[2], keys[0], keys[4]]
    assert [change.key for change in pacing.all_due()] == wanted
    came = []
    while (change := pacing.next_due()) is not None:
        came.append(change.key)
        pacing.drop_next()
    assert came == wanted
    assert pacing.is_idle


def test_what_no_longer_stands_is_passed_over() -> None:
    pacing, keys = Pacing(), [JobKey(f"1/1/{number}") for number in range(4)]
    for key, due in zip(keys, (Due.READY, Due.END, Due.SCRIPT, Due.END), strict=True):
        pacing.plans[key] = Plan(values={}, ready_at=Millis(5), end_at=Millis(5))
        pacing.plan(Millis(5), due, key)
    pacing.plan(Millis(7), Due.ADMIT, project=3)
    pacing.plans[keys[0]] = Plan(values={})
    pacing.plans[keys[1]] = Plan(values={}, end_at=Millis(4))
    del pacing.plans[keys[2]]
    left = [(change.at, change.what, change.key, change.project) for change in pacing.all_due()]
    assert left == [(5, Due.END, keys[3], 0), (7, Due.ADMIT, None, 3)]
    first = pacing.next_due()
    assert first is not None
    assert first.key == keys[3]


def test_the_queue_is_by_priority_then_age_then_birth() -> None:
    pacing = Pacing()
    rows = [("1/1/1", 2, 9, 1), ("1/1/2", 2, 5, 2), ("1/1/3", 4, 9, 3), ("1/1/4", 2, 5, 4), ("2/1/1", 4, 1, 5)]
    waiting = [
        record(key, state=JobState.PENDING, priority=priority, pending_time=Millis(at), sequence=sequence)
        for key, priority, at, sequence in rows
    ]
    for each in waiting:
        pacing.wait(each)
    pacing.wait(record("1/1/4", state=JobState.PENDING, priority=3, pending_time=Millis(5), sequence=4))
    order = []
    while (key := pacing.next_waiting(1)) is not None:
        order.append(str(key))
        pacing.stop_waiting(key)
        assert not pacing.waits(key)
    assert order == ["1/1/3", "1/1/4", "1/1/2", "1/1/1"]
    assert pacing.waits(JobKey("2/1/1"))
    pacing.stop_waiting(JobKey("1/1/1"))  # not there: nothing happens


def test_a_copy_is_independent() -> None:
    pacing, key = Pacing(), JobKey("1/1/1")
    pacing.add_rule(rule(0, running=1))
    pacing.plans[key] = Plan(values={}, ready_at=Millis(5))
    pacing.plan(Millis(5), Due.READY, key)
    pacing.units[1] = 2
    pacing.wait(record(state=JobState.PENDING))
    pacing.outcome(Outcomes(0, ("a", "b")))
    twin = pacing.copy()
    twin.add_rule(rule(1, spider="a", running=2))
    twin.drop_next()
    twin.plans.clear()
    twin.units[1] = 9
    twin.stop_waiting(key)
    twin.outcome(Outcomes(0, ("a", "b")))
    assert pacing.merged(record()) == {"running": 1}
    assert twin.merged(record()) == {"running": 2}
    assert ([change.key for change in pacing.all_due()], pacing.units, pacing.waits(key), pacing.runs()) == ([key], {1: 2}, True, {"0": 1})
    assert (list(twin.all_due()), twin.waits(key), twin.runs()) == ([], False, {"0": 2})
