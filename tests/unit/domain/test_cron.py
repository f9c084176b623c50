"""When a cron fires: examples, and every answer against a walk through the minutes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakejobs.domain.clock import LATEST, Millis, as_datetime, as_millis
from fakejobs.domain.cron import RANGES, Cron

NOW = datetime(2015, 10, 28, 2, 40, tzinfo=timezone.utc)
"""A Wednesday."""


def fires_at(cron: Cron, moment: datetime) -> bool:
    """Say, the slow way, whether a cron fires at a whole minute."""
    day = [cron.dayofmonth in (None, moment.day), cron.dayofweek is None or cron.dayofweek % 7 == moment.isoweekday() % 7]
    fits = any(day) if None not in (cron.dayofmonth, cron.dayofweek) else all(day)
    return fits and cron.minute in (None, moment.minute) and cron.hour in (None, moment.hour) and cron.month in (None, moment.month)


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ({}, "2015-10-28 03:00"),
        ({"minute": None}, "2015-10-28 02:41"),
        ({"minute": 40}, "2015-10-28 03:40"),
        ({"minute": 41}, "2015-10-28 02:41"),
        ({"hour": 2}, "2015-10-29 02:00"),
        ({"hour": 2, "minute": None}, "2015-10-28 02:41"),
        ({"hour": 23, "minute": 59}, "2015-10-28 23:59"),
        ({"hour": 0, "dayofmonth": 28}, "2015-11-28 00:00"),
        ({"hour": 0, "dayofmonth": 31, "month": 12}, "2015-12-31 00:00"),
        ({"hour": 0, "dayofmonth": 1, "month": 1}, "2016-01-01 00:00"),
        ({"hour": 0, "dayofmonth": 29, "month": 2}, "2016-02-29 00:00"),
        ({"hour": 0, "dayofweek": 0}, "2015-11-01 00:00"),
        ({"hour": 0, "dayofweek": 7}, "2015-11-01 00:00"),
        ({"hour": 9, "dayofweek": 3}, "2015-10-28 09:00"),
        ({"hour": 0, "dayofweek": 5, "dayofmonth": 13}, "2015-10-30 00:00"),
        ({"hour": 0, "dayofweek": 5, "month": 4}, "2016-04-01 00:00"),
        ({"hour": 0, "dayofmonth": 30, "month": 2, "dayofweek": 1}, "2016-02-01 00:00"),
    ],
    ids=str,
)
def test_first_firing(fields: dict[str, int | None], first: str) -> None:
    found = Cron(**fields).next_after(as_millis("now", NOW))
    assert found is not None
    assert f"{as_datetime(found):%Y-%m-%d %H:%M}" == first


def test_an_instant_before_and_at_a_firing() -> None:
    at = as_millis("now", NOW)
    cron = Cron(minute=40)
    assert cron.next_after(Millis(at - 1)) == at
    assert cron.next_after(at) == at + 3_600_000
    assert [cron.count(Millis(at - 1), at), cron.count(at, at), cron.count(at, Millis(at + 3_600_000))] == [1, 0, 1]


def test_the_end_of_the_calendar() -> None:
    assert Cron(minute=None).next_after(LATEST) is None
    assert Cron(dayofmonth=29, month=2).next_after(as_millis("late", datetime(9996, 3, 1, tzinfo=timezone.utc))) is None
    assert Cron(dayofmonth=30, month=2).next_after(as_millis("now", NOW)) is None
    assert Cron(dayofmonth=30, month=2).count(as_millis("now", NOW), LATEST) == 0
    assert [Cron(dayofmonth=day, month=2).can_fire for day in (28, 29, 30)] == [True, True, False]


def test_a_cron_as_text() -> None:
    assert [str(Cron()), str(Cron(minute=None, hour=3, dayofweek=0))] == ["0 * * * *", "* 3 * * 0"]


FIELDS = st.fixed_dictionaries({name: st.none() | st.sampled_from(legal) for name, legal in RANGES.items()})
CRONS = FIELDS.map(lambda fields: Cron(**fields))
MOMENTS = st.integers(0, 2 * 366 * 24 * 3_600_000).map(lambda ms: NOW + timedelta(milliseconds=ms))


@given(CRONS, MOMENTS, st.integers(0, 3 * 24 * 60))
@example(Cron(minute=None), datetime(2016, 2, 28, 23, 59, 59, 999_000, tzinfo=timezone.utc), 1)
def test_the_same_as_walking(cron: Cron, start: datetime, minutes: int) -> None:
    first = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
    walked = [moment for step in range(minutes) if fires_at(cron, moment := first + timedelta(minutes=step))]
    after, until = as_millis("start", start), as_millis("end", first + timedelta(minutes=minutes) - timedelta(milliseconds=1))
    assert cron.count(after, until) == len(walked)
    found: list[datetime] = []
    due = cron.next_after(after)
    while due is not None and due <= until and len(found) < 50:
        found.append(as_datetime(due))
        due = cron.next_after(due)
    assert found == walked[:50]
