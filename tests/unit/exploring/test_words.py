"""Schedules as texts: what is written can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.exploring.schedules import Schedule, Way
from fakejobs.exploring.words import schedule_of, text_of

NAMES = st.text(st.characters(blacklist_characters="=/", blacklist_categories=["Cs"]), min_size=1)
PARAMS = st.dictionaries(NAMES, st.lists(st.text(), min_size=1, max_size=2).map(tuple), min_size=1, max_size=3)
SCHEDULES = st.builds(
    Schedule,
    st.just("items"),
    st.none() | st.text().map(lambda text: f"/{text}"),
    st.none() | PARAMS.map(lambda params: tuple(sorted(params.items()))),
    st.integers(min_value=1, max_value=999_999_999),
    st.sampled_from([Way.UNAVAILABLE, Way.RESET, Way.CUT, Way.TIMEOUT]),
)


@given(SCHEDULES)
def test_what_is_written_is_read(schedule: Schedule) -> None:
    assert schedule_of(text_of(schedule), "fault=...") == schedule


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("run lost", Schedule("run", None, None, 1, Way.LOST)),
        ("run 1 lost", Schedule("run", None, None, 1, Way.LOST)),
        ("jobs/list state=running 'tag=a b' 2 cut", Schedule("jobs/list", None, (("state", ("running",)), ("tag", ("a b",))), 2, Way.CUT)),
        (
            "jobs/list state=running state=pending 503",
            Schedule("jobs/list", None, (("state", ("running", "pending")),), 1, Way.UNAVAILABLE),
        ),
        ("items /items/1/2/3 2 reset", Schedule("items", "/items/1/2/3", None, 2, Way.RESET)),
        ("items /items/1/2/3 cut", Schedule("items", "/items/1/2/3", None, 1, Way.CUT)),
    ],
)
def test_how_it_may_be_written(text: str, schedule: Schedule) -> None:
    assert schedule_of(text, "fault=...") == schedule
