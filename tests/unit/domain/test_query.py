"""Queries: what matches, and which states stand for none given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakejobs import JobKey, JobState
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.query import JobQuery

RECORD = JobRecord(key=JobKey("1/2/3"), spider="a", state=JobState.RUNNING, running_time=Millis(1), tags=("x", "y"))
DELETED = JobRecord(key=JobKey("1/2/4"), spider="a", state=JobState.DELETED, deleted_time=Millis(1))


@pytest.mark.parametrize(
    ("filters", "matches"),
    [
        ({}, True),
        ({"project": 2}, False),
        ({"spider": "a"}, True),
        ({"spider": "b"}, False),
        ({"states": (JobState.RUNNING,)}, True),
        ({"states": (JobState.PENDING, JobState.RUNNING)}, True),
        ({"states": (JobState.PENDING,)}, False),
        ({"has_tags": ("x",)}, True),
        ({"has_tags": ("z", "y")}, True),
        ({"has_tags": ("z",)}, False),
        ({"lacks_tags": ("z",)}, True),
        ({"lacks_tags": ("z", "x")}, False),
        ({"has_tags": ("x",), "lacks_tags": ("y",)}, False),
        ({"keys": ("1/2/3",)}, True),
        ({"keys": ("1/2/4", "1/2/3")}, True),
        ({"keys": ("1/2/4",)}, False),
        ({"keys": ("nonsense",)}, False),
        ({"offset": 5, "count": 0}, True),
    ],
)
def test_matches(filters: dict[str, Any], matches: bool) -> None:
    assert JobQuery(**{"project": 1, **filters}).matches(RECORD) is matches


def test_deleted_jobs_match_only_where_asked_for() -> None:
    assert not JobQuery(project=1).matches(DELETED)
    assert not JobQuery(project=1, keys=("1/2/4",)).matches(DELETED)
    assert JobQuery(project=1, states=(JobState.DELETED,)).matches(DELETED)
    assert JobQuery(project=1, keys=("1/2/4",), states=(JobState.DELETED,)).matches(DELETED)


def test_states_are_chained_in_their_rank_and_once() -> None:
    pending, running, finished, deleted = JobState
    assert JobQuery(project=1).ranked_states == (pending, running, finished)
    assert JobQuery(project=1, states=(deleted, running, deleted, pending)).ranked_states == (pending, running, deleted)


def test_keys_are_those_of_the_project_each_once_in_the_order_asked() -> None:
    query = JobQuery(project=1, keys=("1/1/2", "2/1/1", "nonsense", "1/1/1", "1/1/2"))
    assert query.job_keys() == ["1/1/2", "1/1/1"]
    assert JobQuery(project=1).job_keys() == []


@pytest.mark.parametrize(
    ("filters", "selects"),
    [
        ({}, False),
        ({"count": 1, "offset": 1}, False),
        ({"keys": ("1/1/1",)}, True),
        ({"spider": "a"}, True),
        ({"states": (JobState.DELETED,)}, True),
        ({"has_tags": ("x",)}, True),
        ({"lacks_tags": ("x",)}, True),
    ],
)
def test_what_narrows_a_query_down(filters: dict[str, Any], selects: bool) -> None:
    assert JobQuery(project=1, **filters).selects is selects


def test_thousands_of_tags_match_as_few_do() -> None:
    many = tuple(f"t{number}" for number in range(20_000))
    tagged = replace(RECORD, tags=many)
    assert JobQuery(project=1, has_tags=("x", many[-1])).matches(tagged)
    assert JobQuery(project=1, has_tags=(*(f"u{number}" for number in range(20_000)), many[0])).matches(tagged)
    assert JobQuery(project=1, lacks_tags=tuple(f"u{number}" for number in range(20_000))).matches(tagged)
    assert not JobQuery(project=1, lacks_tags=(*(f"u{number}" for number in range(20_000)), many[0])).matches(tagged)
