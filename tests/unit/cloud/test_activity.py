"""Activity as tests see it: plain lists, and steps that make another fake equal."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs import ManualClock, UsageError
from fakejobs.cloud import FakeCloud
from fakejobs.domain.clock import Millis

NOW = Millis(1_446_000_000_000)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud(ManualClock(NOW))


def test_events_are_read_newest_first_and_are_copies(cloud: FakeCloud) -> None:
    job = cloud.add_job("a", project=1)
    cloud.activities.add([{"a": [1]}, {"b": 2}], project=1)
    found = cloud.activities.of(1)
    assert found == [{"b": 2}, {"a": [1]}, {"event": "job:scheduled", "job": job.key, "user": "fakeuser"}]
    found[1]["a"].append(2)
    assert cloud.activities.of(1)[1] == {"a": [1]}
    assert cloud.activities.of(2) == []


@pytest.mark.parametrize(
    ("verb", "events", "text"),
    [
        ("add", {"a": 1}, "give a list of JSON objects"),
        ("add", [{}, "x"], "'x' is no mapping"),
        ("add", [{}, {"a": {1}}], "nothing that JSON can say"),
        ("restore", [{"_ts": NOW}, {}], "has no _ts"),
        ("restore", [{"_ts": NOW}, {"_ts": 1}], "_ts=1 looks like seconds"),
        ("restore", [{"_ts": NOW}, {"_ts": NOW - 1}], "is older than the event before it"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(cloud: FakeCloud, verb: str, events: Any, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        getattr(cloud.activities, verb)(events, project=1)
    assert cloud.activities.of(1) == []


def test_steps_make_another_cloud_equal(cloud: FakeCloud) -> None:
    cloud.finish_job(cloud.add_job("a", project=1))
    cloud.activities.add([{"a": None}, {"a": 2}], project=1)
    cloud.activities.add([{"b": 1}], project=2)
    twin = FakeCloud(ManualClock(NOW))
    twin.add_job("a", project=1)
    for step in cloud.activities.steps():
        twin.activities.restore(**step)
    assert twin.activities.steps() == cloud.activities.steps()
    assert twin.activities.of(1) == cloud.activities.of(1)
