"""Clocks, and the moments and spans that a test gives."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from fakejobs import ManualClock, SystemClock, UsageError
from fakejobs.domain.clock import EARLIEST, LATEST, Millis, as_datetime, as_duration, as_millis, evenly

MOMENT = datetime(2024, 5, 6, 7, 8, 9, 123000, tzinfo=timezone.utc)
MOMENT_MS = 1_714_979_289_123


def test_the_system_clock_runs_and_cannot_be_moved() -> None:
    clock = SystemClock()
    first = clock.now_ms()
    assert EARLIEST < first < LATEST
    assert isinstance(first, int)
    assert clock.now_ms() >= first
    with pytest.raises(UsageError, match="the clock is the machine's own"):
        clock.advance(1)
    clock.set_back(first)


def test_a_fast_clock_ends_where_datetime_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock(speed=1_000_000)
    later = time.time_ns() + 10 * 365 * 86_400 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert clock.now_ms() == LATEST


def test_a_manual_clock_stands_still_until_moved() -> None:
    clock = ManualClock(Millis(MOMENT_MS))
    assert clock.now_ms() == clock.now_ms() == MOMENT_MS
    clock.advance(1500)
    assert clock.now_ms() == MOMENT_MS + 1500
    clock.set_back(Millis(MOMENT_MS))
    assert clock.now_ms() == MOMENT_MS


def test_a_manual_clock_starts_at_the_moment_it_is_made() -> None:
    before = SystemClock().now_ms()
    assert before <= ManualClock().now_ms() <= SystemClock().now_ms()


def test_where_a_manual_clock_may_start() -> None:
    assert ManualClock(MOMENT).now_ms() == MOMENT_MS
    odd: Any
    for odd in (1_714_979_289, MOMENT.replace(tzinfo=None), "2024", -1, True):
        with pytest.raises(UsageError, match=r"^start_ms="):
            ManualClock(odd)


def test_a_manual_clock_ends_where_datetime_ends() -> None:
    clock = ManualClock(LATEST)
    assert as_datetime(clock.now_ms()).year == 9999
    with pytest.raises(UsageError, match="cannot go beyond 9999-12-31"):
        clock.advance(1)
    assert clock.now_ms() == LATEST


@pytest.mark.parametrize(
    "moment",
    [
        MOMENT,
        MOMENT_MS,
        float(MOMENT_MS),
        MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30))),
        MOMENT + timedelta(microseconds=999),
    ],
    ids=["datetime", "milliseconds", "whole float", "another zone", "microseconds are cut"],
)
def test_moments(moment: Any) -> None:
    assert as_millis("running_time", moment) == MOMENT_MS
    assert type(as_millis("running_time", moment)) is int
    assert as_datetime(Millis(MOMENT_MS)) == MOMENT
    assert as_datetime(Millis(MOMENT_MS)).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("moment", "complaint"),
    [
        (datetime(2024, 5, 6), "has no time zone"),  # noqa: DTZ001  # that is the point
        (1_714_979_289, "looks like seconds"),
        (1_714_979_289.5, "looks like seconds"),
        (0, "looks like seconds"),
        (-1, "is no whole number of milliseconds between 1973 and 9999"),
        (MOMENT_MS + 0.5, "is no whole number of milliseconds"),
        (float("nan"), "is no whole number of milliseconds"),
        (float("inf"), "is no whole number of milliseconds"),
        (10**30, "is no whole number of milliseconds"),
        (datetime(1970, 1, 1, tzinfo=timezone.utc), "looks like seconds"),
        (True, "is no time"),
        ("2024-05-06T07:08:09", "has no time zone"),
        ("at noon", "is no time"),
        (date(2024, 5, 6), "is no time"),
        ([], "is no time"),
        ({}, "is no time"),
    ],
)
def test_what_is_no_moment(moment: Any, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        as_millis("running_time", moment)
    assert str(caught.value).startswith("running_time=")


@pytest.mark.parametrize(
    ("by", "units", "span"),
    [
        (timedelta(minutes=5), {}, 300_000),
        (None, {"days": 1, "hours": 1, "minutes": 1, "seconds": 1, "milliseconds": 1}, 90_061_001),
        (None, {"weeks": 1}, 604_800_000),
        (None, {"seconds": 0.5}, 500),
        (None, {}, 0),
        (timedelta(0), {}, 0),
    ],
)
def test_spans(by: timedelta | None, units: dict[str, float], span: int) -> None:
    assert as_duration(by, units) == span


@pytest.mark.parametrize(
    ("by", "units", "complaint"),
    [
        (timedelta(seconds=-1), {}, "time does not run backwards"),
        (None, {"minutes": -5}, "time does not run backwards"),
        (timedelta(1), {"minutes": 5}, "not both"),
        (300, {}, "not 300"),
        ("5m", {}, "not '5m'"),
        (None, {"fortnights": 1}, "advance has no unit 'fortnights' .known: weeks, days, hours, minutes, seconds, milliseconds"),
        (None, {"minute": 1}, "advance has no unit 'minute' .did you mean 'minutes'"),
        (None, {"minutes": "5"}, "known:"),
        (None, {"minutes": None}, "known:"),
        (None, {"minutes": float("nan")}, "known:"),
        (None, {"days": 10**12}, "known:"),
    ],
)
def test_what_is_no_span(by: Any, units: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        as_duration(by, units)


def test_a_mistake_in_a_span_names_where_it_was_given() -> None:
    with pytest.raises(UsageError, match=r"^ago: -1 s is negative"):
        as_duration(timedelta(seconds=-1), {}, "ago")


@pytest.mark.parametrize(
    ("span", "total", "moments"), [(10, 2, [105, 110]), (10, 3, [104, 107, 110]), (0, 2, [100, 100]), (1, 3, [101] * 3)]
)
def test_things_come_evenly_and_the_last_at_the_end(span: int, total: int, moments: list[int]) -> None:
    assert [evenly(Millis(100), span, index, total) for index in range(total)] == moments
