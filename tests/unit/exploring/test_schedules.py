"""Which schedules a recorded run gives, and how each is named."""

from __future__ import annotations

import pytest

from fakejobs.domain.faults import FaultRule, When
from fakejobs.domain.faults import Way as Fault
from fakejobs.exploring.schedules import USUAL, Schedule, Seen, Way, plan
from fakejobs.exploring.words import text_of

RUN = Seen("run", "/api/run.json", (("spider", ("books",)),), is_write=True)
COUNT = Seen("jobs/count", "/api/jobs/count.json", ())
LIST = Seen("jobs/list", "/api/jobs/list.json", (("project", ("1",)),), is_listing=True)


def listing(**params: str) -> Seen:
    return Seen("jobs/list", "/api/jobs/list.json", tuple((name, (text,)) for name, text in sorted(params.items())), is_listing=True)


def texts(*calls: Seen, ways: tuple[Way, ...] = USUAL) -> list[str]:
    return [text_of(planned.schedule) for planned in plan(calls, ways)]


def test_each_call_fails_in_the_ways_that_make_sense_for_it() -> None:
    assert texts(RUN, COUNT, LIST) == [
        *("run 1 503", "run 1 reset", "run 1 lost", "run 1 504"),
        *("jobs/count 1 503", "jobs/count 1 reset"),
        *("jobs/list 1 503", "jobs/list 1 reset", "jobs/list 1 cut"),
    ]
    assert texts(RUN, COUNT, ways=(Way.LOST, Way.TIMEOUT)) == ["run 1 lost", "run 1 timeout", "jobs/count 1 timeout"]


@pytest.mark.parametrize(("often", "tried"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (9, [1, 2, 9])])
def test_of_equal_calls_the_first_the_second_and_the_last_are_tried(often: int, tried: list[int]) -> None:
    planned = plan([LIST, COUNT] * often, (Way.RESET,))
    assert [(one.schedule.endpoint, one.schedule.occurrence, one.place) for one in planned] == [
        (call.endpoint, number, 2 * number - 1 + place) for number in tried for place, call in enumerate((LIST, COUNT))
    ]


def test_parameters_tell_calls_of_an_endpoint_apart() -> None:
    calls = [listing(state="pending"), listing(state="running"), listing(state="running"), listing()]
    assert texts(*calls, ways=(Way.CUT,)) == [
        "jobs/list state=pending 1 cut",
        "jobs/list state=running 1 cut",
        "jobs/list state=running 2 cut",
        "jobs/list 4 cut",
    ]
    assert plan(calls, (Way.CUT,))[-1].schedule == Schedule("jobs/list", None, None, 4, Way.CUT)


def test_paths_tell_calls_of_an_endpoint_apart() -> None:
    one, other = (Seen("items", f"/items/1/1/{job}", (("count", ("3",)),), is_listing=True) for job in (1, 2))
    assert texts(one, other, other, ways=(Way.CUT,)) == ["items /items/1/1/1 1 cut", "items /items/1/1/2 1 cut", "items /items/1/1/2 2 cut"]
    assert texts(one, Seen("items", "/items/1/1/2", (), is_listing=True), ways=(Way.CUT,)) == [
        "items /items/1/1/1 count=3 1 cut",
        "items /items/1/1/2 1 cut",
    ]


@pytest.mark.parametrize(
    ("way", "rule"),
    [
        (Way.UNAVAILABLE, FaultRule(Fault.STATUS, statuses=(503,))),
        (Way.RESET, FaultRule(Fault.RESET)),
        (Way.LOST, FaultRule(Fault.RESET, when=When.AFTER)),
        (Way.GATEWAY, FaultRule(Fault.STATUS, statuses=(504,), when=When.AFTER)),
        (Way.CUT, FaultRule(Fault.CUT)),
        (Way.TIMEOUT, FaultRule(Fault.TIMEOUT, hold_s=1)),
    ],
)
def test_each_way_is_one_fault_of_one_call(way: Way, rule: FaultRule) -> None:
    made = Schedule("run", "/api/run.json", (("spider", ("a", "b")),), 3, way).rule
    assert (made.way, made.statuses, made.when, made.hold_s) == (rule.way, rule.statuses, rule.when, rule.hold_s)
    assert (made.times, made.after) == (1, 2)
    criteria = made.criteria
    assert (criteria.endpoint, criteria.path, criteria.params, criteria.is_exact) == (
        "run",
        "/api/run.json",
        {"spider": ["a", "b"]},
        True,
    )
    assert not Schedule("run", None, None, 1, way).rule.criteria.is_exact
