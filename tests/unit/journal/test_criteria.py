"""Criteria: what agrees with what, how misses are worded and ranked."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import pytest
from dirty_equals import Contains, HasLen, IsInt, IsList, IsPartialDict, IsPositiveInt, IsStr

from fakejobs import UsageError
from fakejobs.journal.criteria import Criterion, criteria_of, param_criteria


def criterion(name: str, wanted: Any) -> Criterion:
    [made] = criteria_of(**{name: wanted})
    return made


def sorted_text(value: Any) -> str:
    """Return a name that is the same in every process, also of a set."""
    return f"set {sorted(value)}" if isinstance(value, (set, frozenset)) else str(value)


AGREE: list[tuple[str, Any, Any]] = [
    ("spider", "books", "books"),
    ("spider", ANY, "books"),
    ("spider", ANY, None),
    ("spider", IsStr(regex="b.*"), "books"),
    ("project", 123, 123),
    ("project", "123", 123),
    ("project", IsInt, 123),
    ("priority", IsPositiveInt, 2),
    ("cmd_args", None, None),
    ("spider_args", {"page": 1, "deep": True, "gone": None}, {"page": "1", "deep": "True"}),
    ("spider_args", {}, {}),
    ("spider_args", {"page": ANY}, {"page": "1"}),
    ("spider_args", {"page": IsStr(regex=r"\d")}, {"page": "1"}),
    ("spider_args", IsPartialDict(page="1"), {"page": "1", "x": "2"}),
    ("job_settings", {"A": {"b": [1, 2]}}, {"A": {"b": [1, 2]}}),
    ("meta", {"n": IsInt}, {"n": 1}),
    ("tags", [], ()),
    ("tags", ["a", "b"], ("b", "a")),
    ("tags", ("a", "b"), ("a", "b")),
    ("tags", {"a", "b"}, ("b", "a")),
    ("tags", frozenset("ab"), ("b", "a")),
    ("tags", ["a", "a"], ("a",)),
    ("tags", ["a"], ("a", "a")),
    ("tags", [1], ("1",)),
    ("tags", ANY, ("a",)),
    ("tags", [ANY], ("a",)),
    ("tags", [ANY, "a"], ("a", "b")),
    ("tags", [ANY, IsStr(regex="a.*"), "ab"], ("ab", "ac", "b")),
    ("tags", IsList("a", "b", check_order=False), ("b", "a")),
    ("tags", Contains("a"), ("b", "a")),
    ("tags", HasLen(2), ("b", "a")),
    ("add", ["x"], ("x",)),
]

MISS: list[tuple[str, Any, Any]] = [
    ("spider", "books", "book"),
    ("spider", None, "books"),
    ("spider", IsStr(regex="c.*"), "books"),
    ("project", 123, 124),
    ("project", 123, "abc"),
    ("priority", 2, "9"),
    ("spider_args", {"page": 1}, {"page": "2"}),
    ("spider_args", {"page": 1}, {"page": "1", "x": "2"}),
    ("spider_args", {"page": 1}, {}),
    ("spider_args", None, {}),
    ("job_settings", {"A": 1}, {"A": "1"}),
    ("job_settings", {"A": 1}, "{"),
    ("tags", ["a"], ("a", "b")),
    ("tags", ["a", "b"], ("a",)),
    ("tags", [], ("a",)),
    ("tags", [ANY], ("a", "b")),
    ("tags", [ANY, "c"], ("a", "b")),
    ("tags", [IsStr(regex="a.*"), IsStr(regex="a.*")], ("a", "b")),
    ("tags", IsList("a", "b"), ("b", "a")),
    ("remove", ["x"], ()),
]


@pytest.mark.parametrize(("name", "wanted", "got"), AGREE, ids=sorted_text)
def test_what_agrees(name: str, wanted: Any, got: Any) -> None:
    assert criterion(name, wanted).agrees(got)
    assert criterion(name, wanted).distance(got) == 0


@pytest.mark.parametrize(("name", "wanted", "got"), MISS, ids=sorted_text)
def test_what_misses(name: str, wanted: Any, got: Any) -> None:
    assert not criterion(name, wanted).agrees(got)
    assert 0 < criterion(name, wanted).distance(got) <= 2


def test_a_criterion_left_out_is_not_compared() -> None:
    assert criteria_of(spider=..., tags=...) == []
    assert [c.name for c in criteria_of(spider=..., project=1)] == ["project"]


@pytest.mark.parametrize("name", ["tags", "add", "remove"])
def test_a_text_is_no_list_of_tags(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}='ab': give a list of tags"):
        criterion(name, "ab")


def test_misses_are_worded() -> None:
    assert criterion("spider_args", {"page": 2}).miss({"page": "1"}) == "spider_args: {'page': '1'} != {'page': '2'}"
    assert criterion("tags", ["b", "a"]).miss(("c",)) == "tags: ['c'] != ['b', 'a']"
    assert criterion("project", "7").miss(8) == "project: 8 != 7"
    assert str(criterion("spider", "a")) == "spider: 'a'"
    long = criterion("spider", "a").miss("x" * 100_000)
    assert len(long) < 600
    assert "\n" not in criterion("spider", "a\nb").miss("c\nd")


def test_the_nearer_miss_is_nearer() -> None:
    def distance(name: str, wanted: Any, got: Any) -> float:
        return criterion(name, wanted).distance(got)

    assert distance("spider", "books", "nooks") < distance("spider", "books", "xyz")
    assert distance("spider_args", {"a": 1, "b": 2}, {"a": "1", "b": "3"}) < distance("spider_args", {"a": 1, "b": 2}, {"c": "1"})
    assert distance("tags", ["a", "b"], ("a",)) < distance("tags", ["a", "b"], ("c",))
    assert distance("spider_args", {"a": 1}, {"a": "2"}) < distance("spider", "books", "quotes")


@pytest.mark.parametrize(
    ("wanted", "got", "agrees"),
    [
        ("1", "1", True),
        (1, "1", True),
        (True, "True", True),
        (["a", "b"], ["a", "b"], True),
        (["b", "a"], ["a", "b"], False),
        (["a"], "a", True),
        ("a", ["a", "b"], False),
        ([1, 2], ["1", "2"], True),
        (None, None, True),
        (None, "x", False),
        (ANY, "x", True),
        (IsStr, "x", True),
        ("x", None, False),
    ],
)
def test_parameters(wanted: Any, got: Any, agrees: bool) -> None:
    [made] = param_criteria({"name": wanted})
    assert made.agrees(got) is agrees
    assert param_criteria(None) == param_criteria({}) == []
