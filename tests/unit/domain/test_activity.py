"""Activity: events in the order of writing, each writing with a time of its own."""

from __future__ import annotations

from itertools import islice

from fakejobs.domain.activity import Activity
from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey

NOW = Millis(1_446_000_000_000)


def test_events_come_newest_first_and_every_writing_has_its_time() -> None:
    activity = Activity()
    activity.append(1, [{"a": 1}, {"a": 2}], NOW)
    activity.happened("job:started", JobKey.of(1, 2, 3), "me", NOW)
    activity.append(1, [{"a": 3}], Millis(NOW + 50))
    assert list(activity.newest_first(1)) == [
        (NOW + 50, {"a": 3}),
        (NOW + 1, {"event": "job:started", "job": "1/2/3", "user": "me"}),
        (NOW, {"a": 2}),
        (NOW, {"a": 1}),
    ]
    assert list(activity.newest_first(2)) == []
    assert activity.projects() == [1]


def test_a_reader_sees_what_was_there_when_it_asked() -> None:
    activity = Activity()
    activity.append(1, [{"a": 1}, {"a": 2}], NOW)
    events = activity.newest_first(1)
    activity.append(1, [{"a": 3}], NOW)
    activity.replace(1, [(NOW, {"b": 1})])
    assert [event for _, event in islice(events, 5)] == [{"a": 2}, {"a": 1}]
    assert list(activity.newest_first(1)) == [(NOW, {"b": 1})]


def test_what_is_written_next_comes_right_behind_what_was_put_in_place() -> None:
    activity = Activity()
    activity.append(1, [{"a": 1}], NOW)
    activity.append(1, [{"a": 2}], NOW)
    activity.replace(1, [(NOW, {"b": 1})])
    activity.append(1, [{"b": 2}], NOW)
    assert list(activity.newest_first(1)) == [(NOW + 1, {"b": 2}), (NOW, {"b": 1})]


def test_a_copy_is_independent() -> None:
    activity = Activity()
    activity.append(1, [{"a": 1}], NOW)
    twin = activity.copy()
    twin.append(1, [{"a": 2}], NOW)
    assert len(list(activity.newest_first(1))) == 1
    assert len(list(twin.newest_first(1))) == 2
