"""Collections as tests see them: a live mapping, and steps that make another fake equal."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs import FakeJobs, InvalidValue, UsageError
from fakejobs.fake import behind
from tests.unit.verbs.dumped import steps_of


def test_a_collection_is_a_mapping(fake: FakeJobs) -> None:
    books = fake.collection("books", project=1)
    assert (len(books), dict(books)) == (0, {})
    books["b"] = {"n": 1}
    books.update({"a": {"n": 2}})
    assert list(books) == ["a", "b"]
    assert books == {"a": {"n": 2}, "b": {"n": 1}}
    assert books["b"] == {"n": 1}
    assert "c" not in books
    assert repr(books) == "<collection s/books of project 1: {'a': {'n': 2}, 'b': {'n': 1}}>"
    del books["b"]
    with pytest.raises(KeyError):
        books["b"]
    with pytest.raises(KeyError):
        del books["b"]
    assert fake.collection("books", project=1, type="cs") == {}
    assert behind(fake).cloud.collections.of(1) == [("s", "books")]


def test_values_are_copies(fake: FakeJobs) -> None:
    value = {"tags": ["x"]}
    books = fake.collection("books", project=1)
    books["a"] = value
    value["tags"].append("y")
    books["a"]["tags"].append("z")
    assert books["a"] == {"tags": ["x"]}


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"name": "a-b"}, InvalidValue, "name 'a-b' has other characters than letters, digits and underscores"),
        ({"type": "x"}, InvalidValue, "type 'x' is not one of s, vs, cs, vcs"),
        ({"project": "x"}, UsageError, "project='x' is no whole number"),
        ({"items": {"_key": "a"}}, UsageError, "give a list of JSON objects"),
        ({"items": [{"_key": "a"}, {"n": 1}]}, UsageError, "is no mapping with a _key"),
        ({"items": [{"_key": "a"}, {"_key": "b", "v": {1}}]}, UsageError, "nothing that JSON can say"),
        ({"items": [{"_key": "a"}, {"_key": 1}]}, UsageError, "_key=1 is no text"),
        ({"items": [{"_key": "a"}, {"_key": "b", "_ts": 1}]}, UsageError, "_ts=1 looks like seconds"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_put(fake: FakeJobs, arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        fake.add_collection(**{"name": "books", "project": 1, **arguments})
    assert behind(fake).cloud.collections.of(1) == []


def test_a_value_must_be_a_mapping(fake: FakeJobs) -> None:
    with pytest.raises(UsageError, match=r"a=\[\]: a value of a collection is a mapping"):
        fake.collection("books", project=1)["a"] = []  # type: ignore[assignment]


def test_steps_make_another_cloud_equal(fake: FakeJobs) -> None:
    behind(fake).cloud.collections.put(1, "s", "books", [("b", {"n": 1}), ("a", {})])
    behind(fake).cloud.collections.put(1, "s", "books", [("c", {"x": None})])
    behind(fake).cloud.collections.put(2, "vcs", "other", [("a", {})])
    behind(fake).cloud.collections.remove(2, "vcs", "other", ["a"])
    twin = FakeJobs()
    twin.load(steps_of(fake, "add_collection"))
    assert steps_of(twin, "add_collection") == steps_of(fake, "add_collection")
    assert behind(twin).cloud.collections.of(2) == [("vcs", "other")]
    assert twin.collection("books", project=1) == {"a": {}, "b": {"n": 1}, "c": {"x": None}}


def test_a_seed_that_fails_takes_its_values_back(fake: FakeJobs) -> None:
    books = fake.add_collection("books", project=1, items=[{"_key": "a"}])

    def fail() -> None:
        with behind(fake).cloud.realm.all_or_nothing():
            books["b"] = {}
            raise UsageError

    with pytest.raises(UsageError):
        fail()
    assert list(books) == ["a"]
    fake.reset()
    assert list(books) == []
