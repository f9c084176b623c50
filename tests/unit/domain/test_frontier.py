"""Frontiers: batches by priority and writing, and fingerprints that come once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakejobs.domain.clock import Millis
from fakejobs.domain.frontier import BATCH_SIZE, Batch, Frontiers, Request, Slot, batch_id

NOW = Millis(1_509_468_855_416)


@pytest.mark.parametrize(
    ("priority", "moment", "number", "name"),
    [
        (0, 0x15F77DD5C78, 0, "0015f77dd5c7800001"),
        (1, 0x15F77DD5CA1, 0, "0115f77dd5ca100001"),
        (0, 0x15F77DE6ACE, 1, "0015f77de6ace0000100"),
        (0, 0x15F77DE6ACE, 2, "0015f77de6ace0000101"),
        (255, 0x15F77DE6ACE, 256, "ff15f77de6ace00001ff"),
    ],
)
def test_ids_as_recorded(priority: int, moment: int, number: int, name: str) -> None:
    assert batch_id(priority, Millis(moment), number) == name


@given(writes=st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), max_size=5), max_size=8))
def test_the_queue_against_a_plain_list(writes: list[list[tuple[int, int]]]) -> None:
    slot, seen = Slot(), {}
    plain: list[tuple[int, int]] = []
    for write in writes:
        fresh: dict[int, int] = {}
        for fingerprint, priority in write:
            if fingerprint not in seen:
                seen[fingerprint] = fresh[fingerprint] = priority
        plain += [(priority, fingerprint) for fingerprint, priority in fresh.items()]
        assert slot.add([Request(str(fingerprint), priority) for fingerprint, priority in write], NOW) == len(fresh)
    plain.sort(key=lambda pair: pair[0])
    found = [(batch.priority, int(request.fingerprint)) for batch in slot.read() for request in batch.requests]
    assert found == plain
    assert len({batch.id for batch in slot.read()}) == len(slot.read())
    assert list(slot.fingerprints()) == sorted(str(fingerprint) for fingerprint in seen)


def test_batches_are_read_until_there_are_enough_and_removed_by_id() -> None:
    slot = Slot()
    slot.add([Request(str(number)) for number in range(2 * BATCH_SIZE + 1)], NOW)
    sizes = [len(batch.requests) for batch in slot.read()]
    assert sizes == [BATCH_SIZE, BATCH_SIZE, 1]
    assert len(slot.read(BATCH_SIZE)) == 1
    assert len(slot.read(BATCH_SIZE + 1)) == 2
    slot.remove([slot.read()[0].id, "nope"])
    assert [len(batch.requests) for batch in slot.read()] == sizes[1:]
    assert slot.add([Request("0")], NOW) == 0


def test_a_batch_that_is_put_back_takes_the_place_of_its_namesake() -> None:
    slot = Slot()
    slot.add([Request("a"), Request("b", 1)], NOW)
    [first, second] = slot.read()
    slot.put_back(Batch(first.id, (Request("c"),)))
    assert [request.fingerprint for batch in slot.read() for request in batch.requests] == ["c", "b"]
    slot.remove([first.id])
    assert slot.read() == [second]


def test_a_frontier_without_slots_is_gone() -> None:
    frontiers = Frontiers()
    for frontier, slot in [("b", "x"), ("a", "y"), ("a", "x")]:
        frontiers.open(1, frontier, slot).add([Request("/")], NOW)
    assert frontiers.names(1) == ["a", "b"]
    assert frontiers.slots(1, "a") == ["x", "y"]
    frontiers.drop(1, "a", "x")
    frontiers.drop(1, "b", "x")
    frontiers.drop(2, "b", "x")
    assert frontiers.names(1) == ["a"]
    assert frontiers.find(1, "a", "x") is None
    assert frontiers.projects() == [1]


def test_a_copy_is_independent() -> None:
    frontiers = Frontiers()
    frontiers.open(1, "a", "x").add([Request("/")], NOW)
    twin = frontiers.copy()
    assert twin.open(1, "a", "x").add([Request("/"), Request("/new")], NOW) == 1
    assert len(frontiers.open(1, "a", "x").read()) == 1
    assert [batch.id for batch in twin.open(1, "a", "x").read()] == [batch_id(0, NOW, 0), batch_id(0, Millis(NOW + 1), 0)]


def test_a_writing_that_adds_nothing_is_no_writing() -> None:
    slot = Slot()
    assert slot.add([Request("1")], Millis(NOW)) == 1
    assert slot.add([Request("1")], Millis(NOW + 5)) == 0
    assert slot.last == NOW
    assert slot.add([], Millis(NOW + 9)) == 0
    assert slot.last == NOW
