"""Calls and the journal that keeps them: one line each, the last ones only, and small."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from fakejobs.domain.clock import Millis
from fakejobs.journal.book import MAX_PATH, MAX_VALUE, Journal
from fakejobs.journal.calls import Call, Deleted, Order, Tagged
from fakejobs.journal.folding import folded
from fakejobs.web.runner import Entry

NOW = datetime(2024, 5, 6, tzinfo=timezone.utc)
ORDER = Order(1, "a", {}, (), 2, 1, {}, {}, {}, None)


def an_entry(path: str = "/api/jobs/list.json", **fields: Any) -> Entry:
    entry = Entry("GET", path)
    for name, value in fields.items():
        setattr(entry, name, value)
    return entry


def a_journal(kept: int = 10_000) -> Journal:
    return Journal(lambda: Millis(1_446_000_000_000), kept)


def journaled(*entries: Entry, kept: int = 10_000) -> Journal:
    journal = a_journal(kept)
    for entry in entries:
        journal.arrive(entry)
        journal.complete(entry)
    return journal


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "#1 GET /api/x -> in progress"),
        ({"status": 200, "reason": "OK"}, "#1 GET /api/x -> 200 OK"),
        ({"status": 200, "reason": "OK", "params": {"a": "1", "b": ["2", "3"]}}, "#1 GET /api/x a=1 b=['2', '3'] -> 200 OK"),
        ({"status": 400, "reason": "No filters", "failure": "No filters"}, "#1 GET /api/x -> 400 No filters"),
        ({"status": 403, "reason": "FORBIDDEN", "failure": "why"}, "#1 GET /api/x -> 403 FORBIDDEN: why"),
        ({"status": 200, "reason": "OK", "job_keys": ("1/1/1", "1/1/2")}, "#1 GET /api/x -> 200 OK [1/1/1, 1/1/2]"),
        ({"status": 200, "reason": "OK", "job_keys": tuple("abcdef")}, "#1 GET /api/x -> 200 OK [a, b, c, d, e, …]"),
        ({"params": {"a": "x\ny"}}, "#1 GET /api/x a='x\\ny' -> in progress"),
        ({"params": {"a\nb": "\x1b[31m"}}, "#1 GET /api/x 'a\\nb'='\\x1b[31m' -> in progress"),
        ({"params": {"a": ["x\ny", "\udcff"]}}, "#1 GET /api/x a=['x\\ny', '\\udcff'] -> in progress"),
        ({"params": {"ä": "日本"}}, "#1 GET /api/x ä=日本 -> in progress"),
        ({"path": "/api/x\ny"}, "#1 GET '/api/x\\ny' -> in progress"),
        ({"method": "G\rET"}, "#1 'G\\rET' /api/x -> in progress"),
        ({"params": {"a": "x" * 100}}, f"#1 GET /api/x a={'x' * 77}... -> in progress"),
        ({"path": "/" + "x" * 1000}, f"#1 GET /{'x' * 196}... -> in progress"),
    ],
)
def test_a_call_is_one_line(fields: dict[str, Any], line: str) -> None:
    assert str(Call(**{"number": 1, "time": NOW, "method": "GET", "path": "/api/x", **fields})) == line
    assert line.isprintable()


def test_a_call_in_progress_shows_only_what_is_known() -> None:
    journal = a_journal()
    entry = an_entry(params={"a": ["1"]}, endpoint="jobs/list")
    journal.arrive(entry)
    [call] = journal.calls()
    assert (call.number, call.method, call.path, call.status, call.params) == (1, "GET", "/api/jobs/list.json", None, None)
    entry.status, entry.reason = 200, "OK"
    journal.complete(entry)
    [call] = journal.calls()
    assert (call.status, call.reason, call.endpoint, call.params) == (200, "OK", "jobs/list", {"a": "1"})
    assert call.time == datetime(2015, 10, 28, 2, 40, tzinfo=timezone.utc)


def test_calls_are_in_the_order_of_arrival() -> None:
    journal = a_journal()
    first, second = an_entry("/1"), an_entry("/2")
    journal.arrive(first)
    journal.arrive(second)
    journal.complete(second)
    journal.complete(first)
    assert [(call.number, call.path) for call in journal.calls()] == [(1, "/1"), (2, "/2")]


def test_what_a_call_asked_for_and_did() -> None:
    [call] = journaled(an_entry(asks=(ORDER,), jobs=("1/1/1",), notes=(Deleted(("1/1/2",)), "other"))).calls()
    assert [order.job for order in call.orders] == ["1/1/1"]
    assert call.job_keys == ("1/1/1",)
    assert call.deeds == (Deleted(("1/1/2",)),)
    [refused] = journaled(an_entry(asks=(ORDER,), failure="no")).calls()
    assert [order.job for order in refused.orders] == [None]


def test_a_journal_keeps_the_last_calls() -> None:
    journal = journaled(*(an_entry(f"/{number}") for number in range(1, 8)), kept=3)
    assert [(call.number, call.path) for call in journal.calls()] == [(5, "/5"), (6, "/6"), (7, "/7")]
    assert journal.dropped == 4
    journal.clear()
    assert (journal.calls(), journal.dropped) == ([], 0)
    late = an_entry()
    journal.complete(late)
    assert journal.calls() == []


@pytest.mark.parametrize(("letter", "kept"), [("x", 16), ("\u00e9", 16), ("\u20ac", 8), ("\U0001f600", 4)])
def test_a_journal_keeps_so_many_bytes(letter: str, kept: int) -> None:
    """A character is one byte in memory, or two, or four."""
    journal = Journal(lambda: Millis(1_446_000_000_000), most_bytes=1_000_000)
    for number in range(1, 31):
        entry = an_entry(params={"a": [letter * 58_000], "number": [str(number)]}, endpoint="run", asks=(ORDER,), jobs=("1/1/1",))
        journal.arrive(entry)
        journal.complete(entry)
    numbers = [call.number for call in journal.calls()]
    assert numbers == list(range(31 - len(numbers), 31))
    assert kept - 1 <= len(numbers) <= kept
    assert journal.dropped == journal.dropped_orders == journal.dropped_calls("run") == 30 - len(numbers)


def test_the_last_call_is_kept_whatever_it_takes_and_small_ones_go_for_it() -> None:
    journal = Journal(lambda: Millis(1_446_000_000_000), most_bytes=50_000)
    early, *others = [an_entry(f"/{number}") for number in range(5)]
    for entry in (early, *others):
        journal.arrive(entry)
    for entry in others[:-1]:
        journal.complete(entry)
    others[-1].asks = [Order(1, "a", {"x": "y" * 60_000}, (), 2, 1, {"a": [{"b": 1}] * 1000}, {}, {}, None)]
    others[-1].params = {"a": ["z" * 10_000]}
    journal.complete(others[-1])
    assert [call.path for call in journal.calls()] == ["/4"]
    journal.complete(early)  # it is not kept any more, and weighs nothing
    assert (journal.dropped, journal._size) == (4, journal._rows[0].size)
    journal.clear()
    assert journal._size == 0


def test_a_call_that_was_forgotten_while_it_was_served_stays_forgotten() -> None:
    journal = a_journal()
    entry = an_entry(status=200)
    journal.arrive(entry)
    journal.clear()
    journal.complete(entry)
    assert journal.calls() == []


def size_of(call: Call) -> int:
    params = call.params or {}
    values = [text for value in params.values() for text in ([value] if isinstance(value, str) else value)]
    return len(call.path) + len(call.method) + len(call.failure or "") + sum(map(len, params)) + sum(map(len, values))


BIG = 10 * MAX_VALUE
HUGE: dict[str, dict[str, Any]] = {
    "one value": {"params": {"project": ["1"], "a": ["x" * BIG]}},
    "one name": {"params": {"project": ["1"], "x" * BIG: ["1"]}},
    "many names": {"params": {"project": ["1"], **{f"name{number}": ["x" * 100] for number in range(10_000)}}},
    "many values": {"params": {"project": ["1"], "add_tag": ["x" * 100] * 10_000}},
    "many tiny values": {"params": {"project": ["1"], "add_tag": ["x"] * BIG}},
    "path and failure": {"path": "/" + "x" * BIG, "failure": "no such path: /" + "x" * BIG, "params": {"project": ["1"]}},
    "method": {"method": "X" * BIG, "params": {"project": ["1"]}},
}


@pytest.mark.parametrize("fields", HUGE.values(), ids=HUGE.keys())
def test_a_call_is_kept_small(fields: dict[str, Any]) -> None:
    [call] = journaled(an_entry(**fields)).calls()
    assert size_of(call) <= MAX_VALUE + 10_000
    assert call.params is not None
    assert call.params["project"] == "1", "short values are kept whole"
    assert "more" in f"{call.params}{call.path}{call.method}", "it says that something was cut"


def test_values_keep_their_order_when_long_ones_are_cut() -> None:
    [call] = journaled(an_entry(params={"a": ["b" * 10, "x" * BIG, "a"], "c": ["d"]})).calls()
    assert call.params is not None
    assert list(call.params) == ["a", "c"]
    first, cut, last = list(call.params["a"])
    assert (first, last, cut[:3]) == ("b" * 10, "a", "xxx")


def test_up_to_the_limit_nothing_is_cut() -> None:
    params = {"a": ["x" * (MAX_VALUE - 1)]}
    [call] = journaled(an_entry(params=params)).calls()
    assert call.params == {"a": "x" * (MAX_VALUE - 1)}


def test_what_a_huge_call_was_refused_or_did_to_no_job_is_not_kept() -> None:
    params = {"a": ["x" * BIG]}
    [refused] = journaled(an_entry(params=dict(params), asks=(ORDER,), failure="no")).calls()
    [granted] = journaled(an_entry(params=dict(params), asks=(ORDER,), jobs=("1/1/1",))).calls()
    [idle] = journaled(an_entry(params=dict(params), notes=(Tagged((), ("x" * BIG,), ()),))).calls()
    [busy] = journaled(an_entry(params=dict(params), notes=(Tagged(("1/1/1",), ("x",), ()),))).calls()
    assert (len(refused.orders), len(granted.orders), len(idle.deeds), len(busy.deeds)) == (0, 1, 0, 1)


def test_what_is_dropped_is_counted_by_its_own_kind() -> None:
    ordering: dict[str, Any] = {"endpoint": "run", "asks": (ORDER,)}
    journal = journaled(
        an_entry(endpoint="jobs/list"),
        an_entry(**ordering, jobs=("1/1/1",)),
        an_entry(**ordering, jobs=(None,)),
        an_entry(endpoint="jobs/count"),
        an_entry(endpoint="jobs/count"),
        kept=2,
    )
    assert (journal.dropped, journal.dropped_orders) == (3, 1)
    assert [journal.dropped_calls(name) for name in ("jobs/list", "run", "jobs/count")] == [1, 2, 0]


@pytest.mark.parametrize(("length", "more"), [(MAX_PATH - 1, ""), (MAX_PATH, ""), (MAX_PATH + 1, "... (1 more characters)")])
def test_only_what_is_over_the_limit_is_cut(length: int, more: str) -> None:
    [call] = journaled(an_entry("/" * length)).calls()
    assert call.path == "/" * min(length, MAX_PATH) + more


def test_equal_calls_are_folded_with_their_numbers_and_how_many() -> None:
    calls = [
        Call(number, NOW, "GET", path, key=key) for number, path, key in [(1, "/a", "k"), (2, "/a", "k"), (3, "/a", "l"), (4, "/b", "l")]
    ]
    assert folded(calls) == ["#1 to #3 GET /a -> in progress (3 times)", "#4 GET /b -> in progress"]
    assert folded(calls, keys=True) == [
        "#1 to #2 GET /a -> in progress (key k) (2 times)",
        "#3 GET /a -> in progress (key l)",
        "#4 GET /b -> in progress (key l)",
    ]


def test_answered_calls_come_with_what_was_written_down_of_them() -> None:
    journal, entries = a_journal(), [an_entry(f"/{number}", params={"a": ["1"]}) for number in range(3)]
    for entry in entries:
        journal.arrive(entry)
    assert (journal.count, journal.answered()) == (3, [])
    journal.complete(entries[2])
    journal.complete(entries[0])
    assert [(call.number, entry) for call, entry in journal.answered()] == [(1, entries[0]), (3, entries[2])]
    assert [call.number for call, _ in journal.answered(after=1)] == [3]
    journal.clear()
    assert (journal.count, journal.answered()) == (0, [])
