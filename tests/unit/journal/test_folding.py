"""Many calls as few lines: polls are folded, also several in turn, and do not push out what the client did."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from fakejobs.journal.calls import Call
from fakejobs.journal.folding import folded, latest

NOW = datetime(2024, 5, 6, tzinfo=timezone.utc)


def calls(*paths: str, **fields: Any) -> list[Call]:
    """Return a call of each path; one that begins with `!` made a job."""
    made = {"!": ("1/1/1",)}
    return [
        Call(number, NOW, "GET", path.lstrip("!"), status=200, reason="OK", job_keys=made.get(path[:1], ()), **fields)
        for number, path in enumerate(paths, 1)
    ]


def test_calls_in_turn_are_a_line_each() -> None:
    assert folded(calls("/run", *["/a", "/b"] * 3, "/c")) == [
        "#1 GET /run -> 200 OK",
        "#2, #4, … #6 GET /a -> 200 OK (3 times)",
        "#3, #5, … #7 GET /b -> 200 OK (3 times)",
        "#8 GET /c -> 200 OK",
    ]


def test_two_rounds_of_several_calls_are_told_call_by_call() -> None:
    assert len(folded(calls("/a", "/b", "/a", "/b"))) == 4


def test_a_round_that_is_cut_off_ends_with_its_last_calls() -> None:
    assert folded(calls(*["/a", "/b", "/c"] * 3, "/a")) == [
        "#1, #4, … #7 GET /a -> 200 OK (3 times)",
        "#2, #5, … #8 GET /b -> 200 OK (3 times)",
        "#3, #6, … #9 GET /c -> 200 OK (3 times)",
        "#10 GET /a -> 200 OK",
    ]


def test_keys_tell_calls_apart() -> None:
    assert folded([*calls("/a", key="k"), *calls("/a", key="l")], keys=True) == [
        "#1 GET /a -> 200 OK (key k)",
        "#1 GET /a -> 200 OK (key l)",
    ]


def test_the_latest_lines_and_how_many_are_left_out() -> None:
    paths = [f"/{number}" for number in range(1, 8)]
    assert latest(calls(*paths), 7) == folded(calls(*paths))
    assert latest(calls(*paths), 5)[:2] == ["… 2 earlier ones", "#3 GET /3 -> 200 OK"]
    assert latest(calls(*paths), 6)[0] == "… 1 earlier one"


def test_calls_that_did_something_stay() -> None:
    told = latest(calls("!/run", "/0", *[f"/{number}" for number in range(1, 30)]), 6)
    assert told[:3] == ["#1 GET /run -> 200 OK [1/1/1]", "… 25 other ones", "#27 GET /25 -> 200 OK"]
    assert len(told) == 7


def test_ten_thousand_calls_are_few_lines() -> None:
    assert len(folded(calls("!/run", *["/a", "/b", "/c", "/d"] * 2500))) == 5
