"""Shelves of opaque rows: numbers that stay taken, moments, snapshots that nothing changes, and their order."""

from __future__ import annotations

import random

import pytest

from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey
from fakejobs.domain.records import Records, Rows, Shelf, Snapshot

KEY = JobKey("1/1/1")
NOW = Millis(1_446_000_000_000)


def rows_of(*lines: str) -> Rows:
    return Rows.of("".join(f"{line}\n" for line in lines).encode(), sum(map(len, lines)), {"lines": len(lines)})


def add(shelf: Shelf, start: int | None, *lines: str, now: int = NOW) -> int:
    return shelf.add(rows_of(*lines), start, Millis(now), lambda low, high: rows_of(*lines[low:high]))


def held(shelf: Shelf) -> dict[int, str]:
    snapshot = Snapshot(KEY, shelf.batches, len(shelf.batches))
    return {
        number: line.decode()
        for batch in snapshot.beyond(0)
        for number, line in enumerate(batch.cut(0, len(batch.ends)), batch.first)
    }  # fmt: skip


def test_rows_know_where_they_end() -> None:
    rows = rows_of("a", "", "ccc")
    assert (len(rows), list(rows.ends)) == (3, [2, 3, 7])
    assert len(Rows.of(b"")) == 0


@pytest.mark.parametrize(
    ("writes", "stored", "kept"),
    [
        pytest.param([(0, "ab"), (2, "c")], [2, 1], {0: "a", 1: "b", 2: "c"}, id="one batch behind the other"),
        pytest.param([(None, "ab"), (None, "c")], [2, 1], {0: "a", 1: "b", 2: "c"}, id="without numbers"),
        pytest.param([(0, "ab"), (0, "ab")], [2, 0], {0: "a", 1: "b"}, id="a batch sent again"),
        pytest.param([(0, "ab"), (1, "XcdE")], [2, 3], {0: "a", 1: "b", 2: "c", 3: "d", 4: "E"}, id="a batch that overlaps"),
        pytest.param([(0, "a"), (3, "d")], [1, 1], {0: "a", 3: "d"}, id="a gap"),
        pytest.param([(2, "cd"), (0, "ab")], [2, 2], {0: "a", 1: "b", 2: "c", 3: "d"}, id="the second half first"),
        pytest.param([(1, "b"), (3, "d"), (0, "aXcXe")], [1, 1, 3], {0: "a", 1: "b", 2: "c", 3: "d", 4: "e"}, id="around what is there"),
        pytest.param([(0, ""), (None, "")], [0, 0], {}, id="nothing"),
    ],
)
def test_a_number_that_is_taken_stays_taken(writes: list[tuple[int | None, str]], stored: list[int], kept: dict[int, str]) -> None:
    shelf = Shelf()
    assert [add(shelf, start, *lines) for start, lines in writes] == stored
    assert held(shelf) == kept
    assert shelf.values == shelf.size == shelf.counts["lines"] == len(kept)


def test_any_order_of_writing_gives_the_same_rows() -> None:
    chance = random.Random(5)
    lines = [str(number) for number in range(40)]
    for _ in range(50):
        shelf = Shelf()
        spans = [(start, start + chance.randrange(1, 9)) for start in range(40)]
        chance.shuffle(spans)
        for start, stop in spans:
            add(shelf, start, *lines[start:stop])
        assert held(shelf) == dict(enumerate(lines))
        assert shelf.values == 40
        assert [batch.first for batch in shelf.batches] == sorted(batch.first for batch in shelf.batches)


def test_every_writing_has_a_moment_of_its_own() -> None:
    shelf = Shelf()
    for start, now in [(0, NOW), (2, NOW), (4, NOW - 5), (6, NOW + 9)]:
        add(shelf, start, "a", "b", now=now)
    assert [batch.moment for batch in shelf.batches] == [NOW, NOW + 1, NOW + 2, NOW + 9]
    add(shelf, 0, "a", "b")
    assert add(shelf, None, "c", now=NOW) == 1
    assert shelf.batches[-1].moment == NOW + 10, "a batch sent again takes no moment"


def test_nothing_that_happens_later_changes_a_snapshot() -> None:
    records = Records()
    shelf = records.shelf("items", KEY)
    add(shelf, 2, "c")
    [snapshot] = records.snapshots("items", 1)
    add(shelf, 0, "a")
    add(shelf, 3, "d")
    assert [batch.first for batch in snapshot.beyond(0)] == [2]
    [later] = records.snapshots("items", 1)
    assert [batch.first for batch in later.beyond(0)] == [0, 2, 3]
    assert [batch.first for batch in later.beyond(2)] == [2, 3]
    assert [batch.first for batch in later.beyond(4)] == []


@pytest.mark.parametrize(("number", "first"), [(0, 0), (1, 0), (2, None), (5, 5), (6, None)])
def test_find_gives_the_batch_of_a_number(number: int, first: int | None) -> None:
    shelf = Shelf()
    add(shelf, 0, "a", "b")
    add(shelf, 5, "f")
    batch = Snapshot(KEY, shelf.batches, 2).find(number)
    assert (batch and batch.first) == first


@pytest.mark.parametrize(
    ("start", "stop", "size", "end"),
    [(0, 4, 100, 4), (0, 4, 4, 2), (0, 4, 5, 2), (0, 4, 1, 1), (1, 3, 4, 3), (2, 4, 0, 3), (3, 4, 1, 4)],
)
def test_fitting_takes_at_least_one_row(start: int, stop: int, size: int, end: int) -> None:
    shelf = Shelf()
    add(shelf, 0, "a", "b", "c", "d")
    assert shelf.batches[0].fitting(start, stop, size) == end


def test_jobs_come_in_the_order_of_their_numbers() -> None:
    records = Records()
    for text in ["1/2/1", "1/1/10", "1/1/9", "2/1/1", "10/1/1"]:
        add(records.shelf("items", JobKey(text)), 0, "a")
    assert [snapshot.key for snapshot in records.snapshots("items", 1)] == ["1/1/9", "1/1/10", "1/2/1"]
    assert [snapshot.key for snapshot in records.snapshots("items", 1, 1)] == ["1/1/9", "1/1/10"]
    assert [snapshot.key for snapshot in records.snapshots("items", 1, 1, 10)] == ["1/1/10"]
    assert [snapshot.key for snapshot in records.snapshots("items", 1, 1, 11)] == []
    assert [snapshot.key for snapshot in records.snapshots("logs", 1)] == []
    assert records.jobs()[-1] == ("items", "10/1/1")


def test_a_reading_ends_before_its_neighbours() -> None:
    records, held = Records(), ["0/9/9", "1/0/0", "1/0/9", "1/1/0", "1/1/1", "1/1/2", "1/2/0", "1/2/1", "1/3/0", "2/0/0", "2/0/1", "3/1/1"]
    for text in held:
        add(records.shelf("items", JobKey(text)), 0, "a")

    def read(*place: int) -> list[str]:
        return [snapshot.key for snapshot in records.snapshots("items", *place)]

    assert read(1) == [text for text in held if text.startswith("1/")]
    assert read(1, 1) == ["1/1/0", "1/1/1", "1/1/2"]
    assert read(1, 2) == ["1/2/0", "1/2/1"]
    assert read(1, 0) == ["1/0/0", "1/0/9"]
    assert read(1, 1, 1) == ["1/1/1"]
    assert read(1, 1, 0) == ["1/1/0"]
    assert read(2) == ["2/0/0", "2/0/1"]


def test_a_copy_is_independent() -> None:
    records = Records()
    add(records.shelf("items", KEY), 0, "a")
    records.followed[KEY] = {"items": 1}
    twin = records.copy()
    add(twin.shelf("items", KEY), 1, "b")
    twin.followed[KEY]["items"] = 2
    assert held(records.shelf("items", KEY)) == {0: "a"}
    assert held(twin.shelf("items", KEY)) == {0: "a", 1: "b"}
    assert records.followed == {KEY: {"items": 1}}
    shelf = twin.find("items", KEY)
    assert shelf is not None
    assert (shelf.values, shelf.counts["lines"]) == (2, 2)
