"""Filters of storage: what each operator says, and what is no filter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakejobs.errors import BadParam
from fakejobs.storage.filters import NEGATIONS, OPERATORS, all_match, parse_filter

RECORD = {"n": 5, "text": "simple-msg", "flag": True, "none": None, "list": ["a", 1], "empty": "", "map": {"a": 1}}


def passes(field: str, op: str, *values: Any) -> bool:
    return parse_filter("filter", json.dumps([field, op, values])).matches(RECORD)


@pytest.mark.parametrize(
    ("field", "op", "values", "passed"),
    [
        ("n", "=", [5], True),
        ("n", "=", [5.0], True),
        ("n", "=", ["5"], False),
        ("n", "=", [4, 5], True),
        ("n", "=", [], False),
        ("flag", "=", [1], False),
        ("flag", "=", [True], True),
        ("n", "=", [True], False),
        ("none", "=", [None], True),
        ("missing", "=", [None], False),
        ("map", "=", [{"a": 1}], True),
        ("n", "!=", [4], True),
        ("n", "!=", [4, 5], False),
        ("n", "!=", [], True),
        ("missing", "!=", [4], True),
        ("n", "in", [4, 5], True),
        ("n", "in", [4], False),
        ("n", ">", [4], True),
        ("n", ">", [5], False),
        ("n", ">=", [5], True),
        ("n", "<", [6], True),
        ("n", "<", [5], False),
        ("n", "<=", [5], True),
        ("n", ">", ["4"], False),
        ("text", ">", ["simple"], True),
        ("text", ">", [1], False),
        ("none", "<", [1], False),
        ("missing", "<", [1], False),
        ("list", ">", [1], False),
        ("text", "contains", ["simple"], True),
        ("text", "contains", ["nope", "msg"], True),
        ("text", "contains", ["SIMPLE"], False),
        ("text", "contains", [1], False),
        ("empty", "contains", [""], True),
        ("list", "contains", ["a"], True),
        ("n", "contains", [5], False),
        ("missing", "contains", [""], False),
        ("list", "haselement", ["a"], True),
        ("list", "haselement", [True], False),
        ("text", "haselement", ["s"], False),
        ("list", "hasnotelement", ["b"], True),
        ("list", "hasnotelement", ["b", "a"], False),
        ("missing", "hasnotelement", ["b"], True),
    ],
)  # fmt: skip
def test_an_operator(field: str, op: str, values: list[Any], passed: bool) -> None:
    assert passes(field, op, *values) is passed


def test_every_operator_is_in_the_test() -> None:
    [rows] = [mark.args[1] for mark in test_an_operator.pytestmark]
    assert {row[1] for row in rows} == {*OPERATORS, *NEGATIONS}


def test_several_filters_all_hold() -> None:
    filters = [parse_filter("filter", text) for text in ('["n", ">", [4]]', '["text", "contains", ["msg"]]')]
    assert all_match(filters, RECORD)
    assert not all_match(filters, {**RECORD, "n": 4})
    assert all_match([], RECORD)


@pytest.mark.parametrize("record", [[1, 2], "text", 5, None])
def test_what_has_no_fields_lacks_this_one(record: Any) -> None:
    assert not parse_filter("filter", '["n", "=", [5]]').matches(record)
    assert parse_filter("filter", '["n", "!=", [5]]').matches(record)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "level",
        "{}",
        "[]",
        '["a", "="]',
        '["a", "=", 5]',
        '["a", "=", [5], 1]',
        '["a", "==", [5]]',
        '["a", [], [5]]',
        '["a", {}, [5]]',
        '[1, "=", [5]]',
        '["a", "=", {"b": 1}]',
        '["a", "=", [' + "[" * 200 + "]" * 200 + "]]",
        "[" * 10_000,
        '["a", "=", ["\ud800"]]',
    ],
    ids=repr,
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(BadParam, match="invalid value for filter: "):
        parse_filter("filter", text)
