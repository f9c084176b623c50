"""Frontiers as tests see them: the queue of a slot as a sequence, and steps that make another fake equal."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs import FakeJobs, InvalidValue, ManualClock, UsageError
from fakejobs.fake import behind
from tests.unit.verbs.dumped import NOW, steps_of


def test_a_slot_is_the_sequence_of_its_requests(fake: FakeJobs) -> None:
    slot = fake.frontier("books", "site.com", project=1)
    assert (len(slot), list(slot), slot.batches, slot.fingerprints) == (0, [], [], [])
    assert slot.add([{"fp": "/b", "p": 1, "qdata": {"depth": 1}}, {"fp": "/a", "fdata": 1}]) == 2
    assert slot == [{"fp": "/a", "p": 0, "qdata": None}, {"fp": "/b", "p": 1, "qdata": {"depth": 1}}]
    assert slot == fake.frontier("books", "site.com", project=1)
    assert slot != []
    assert slot != "/a"
    assert slot[1]["fp"] == "/b"
    assert slot[:1] == [{"fp": "/a", "p": 0, "qdata": None}]
    assert {"fp": "/a", "p": 0, "qdata": None} in slot
    assert slot.fingerprints == ["/a", "/b"]
    assert slot.batches == [
        {"id": f"00{NOW:x}00001", "requests": [["/a", None]]},
        {"id": f"01{NOW:x}00001", "requests": [["/b", {"depth": 1}]]},
    ]
    assert repr(slot[:1]) in repr(slot).replace(", {'fp': '/b', 'p': 1, 'qdata': {'depth': 1}}", "")
    behind(fake).cloud.frontiers.remove(1, "books", "site.com", [f"00{NOW:x}00001"])
    assert [request["fp"] for request in slot] == ["/b"]
    assert slot.fingerprints == ["/a", "/b"]


@pytest.mark.parametrize(
    ("requests", "error", "text"),
    [
        ([{"fp": "/a"}, {"p": 1}], UsageError, "is no mapping of fp, p, qdata and fdata"),
        ([{"fp": "/a"}, {"fp": "/b", "url": "/"}], UsageError, "is no mapping of fp, p, qdata and fdata"),
        ([{"fp": "/a"}, {"fp": ""}], UsageError, "fp is empty"),
        ([{"fp": "/a"}, {"fp": "/b", "p": 256}], InvalidValue, "p 256 is not between 0 and 255"),
        ([{"fp": "/a"}, {"fp": "/b", "qdata": {1}}], UsageError, "nothing that JSON can say"),
        ({"fp": "/a"}, UsageError, "give a list of mappings"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_queued(fake: FakeJobs, requests: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        fake.add_to_frontier("books", "site.com", project=1, requests=requests)
    assert behind(fake).cloud.frontiers.names(1) == []


@pytest.mark.parametrize(
    ("batch", "text"),
    [
        ({"id": "x", "requests": [["/a", None]]}, "is no batch"),
        ({"id": "00aa", "requests": "/a"}, "is no batch"),
        ({"id": "00aa", "requests": []}, "batch 00aa has no requests"),
        ({"id": "00aa", "requests": [["/a"]]}, "is no pair of fingerprint and qdata"),
    ],
)
def test_a_batch_that_is_none_is_named(fake: FakeJobs, batch: Any, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        fake.load([{"restore_frontier": {"frontier": "books", "slot": "site.com", "project": 1, "batches": [batch]}}])
    assert behind(fake).cloud.frontiers.names(1) == []


def test_steps_make_another_cloud_equal(fake: FakeJobs) -> None:
    fake.add_to_frontier("books", "x", project=1, requests=[{"fp": f"/{n}", "p": n % 2, "fdata": n or None} for n in range(250)])
    fake.add_to_frontier("books", "x", project=1, requests=[{"fp": "/again", "qdata": [1]}])
    behind(fake).cloud.frontiers.remove(1, "books", "x", [f"00{NOW:x}00001"])
    fake.add_to_frontier("other", "y", project=2, requests=[{"fp": "/"}])
    twin = FakeJobs(clock=ManualClock(NOW))
    twin.load(steps_of(fake, "restore_frontier"))
    assert steps_of(twin, "restore_frontier") == steps_of(fake, "restore_frontier")
    for one in (fake, twin):
        assert one.add_to_frontier("books", "x", project=1, requests=[{"fp": "/0"}, {"fp": "/new"}]) == 1
    assert steps_of(twin, "restore_frontier") == steps_of(fake, "restore_frontier")


def test_fingerprints_of_restored_batches_are_known(fake: FakeJobs) -> None:
    batch = {"id": "05aa00001", "requests": [["/a", None]]}
    fake.load([{"restore_frontier": {"frontier": "books", "slot": "x", "project": 1, "batches": [batch]}}])
    slot = fake.frontier("books", "x", project=1)
    assert slot == [{"fp": "/a", "p": 5, "qdata": None}]
    assert slot.add([{"fp": "/a"}]) == 0
