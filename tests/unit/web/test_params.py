"""Parameters as data: what a schema reads from the texts of a request, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from fakejobs.errors import BadParam, MissingParam
from fakejobs.evidence import assumed
from fakejobs.web.params import Parse, Schema, json_object, number, number_in, one_of, param, schema_of, text

WHY = [assumed("for the test")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    """Parameters of an endpoint that is not there."""

    project: int = param(number, doc="", sources=WHY)
    page: int = param(number_in(range(1, 3)), default=1, doc="", sources=WHY)
    settings: Mapping[str, Any] = param(json_object, default=dict, doc="", sources=WHY)
    tags: tuple[str, ...] = param(text, name="tag", repeat=True, doc="", sources=WHY)
    rest: Mapping[str, str] = param(text, rest=True, doc="", sources=WHY)


SCHEMA: Schema[Some] = schema_of(Some)


def test_a_schema_is_made_once_and_knows_its_parameters() -> None:
    assert schema_of(Some) is SCHEMA
    assert [about.name for about in SCHEMA] == ["project", "page", "settings", "tag", "rest"]
    assert [about.required for about in SCHEMA] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"project": ["1"]}, Some(project=1, rest={})),
        ({"project": ["1", "2", ""]}, Some(project=2, rest={})),
        ({"project": ["1"], "page": [""], "settings": [""], "tag": ["", ""]}, Some(project=1, rest={})),
        ({"project": ["1"], "tag": ["b", "a", "b"], "page": ["2"]}, Some(project=1, page=2, tags=("b", "a", "b"), rest={})),
        ({"project": ["1"], "settings": ['{"a": [1]}']}, Some(project=1, settings={"a": [1]}, rest={})),
        ({"project": ["1"], "x": ["1", "2"], "": [""], "tags": ["t"]}, Some(project=1, rest={"x": "2", "": "", "tags": "t"})),
    ],
)
def test_decoding(given: dict[str, list[str]], read: Some) -> None:
    assert SCHEMA.decode(given) == read
    assert SCHEMA.decode_leniently(given) == read


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"project": ["x"]}, "invalid value for project: x"),
        ({"project": ["1"], "page": ["3"]}, "invalid value for page: 3 (1 to 2)"),
        ({"project": ["1"], "tag": ["a", "a\0"]}, "invalid value for tag: a\0"),
        ({"project": ["1"], "y": ["\udcff"]}, "invalid value for y: ?"),
        ({"project": ["1"], "\udcff": ["y"]}, "invalid value for ?: ?"),
        ({"project": ["1"], "n\0": ["y"]}, "invalid value for n\0: n\0"),
        ({"project": ["y" * 500]}, f"invalid value for project: {'y' * 200}..."),
    ],
)
def test_bad_values_are_refused_by_name(given: dict[str, list[str]], message: str) -> None:
    with pytest.raises(BadParam) as caught:
        SCHEMA.decode(given)
    assert str(caught.value) == message


def test_a_missing_parameter_is_named() -> None:
    given: Any
    for given in ({}, {"project": [""]}, {"project": []}):
        with pytest.raises(MissingParam, match=r"^missing 'project' argument$"):
            SCHEMA.decode(given)


def test_lenient_decoding_keeps_the_text() -> None:
    read: Any = SCHEMA.decode_leniently({"page": ["9"], "settings": ["{"], "tag": ["\udcff"], "y": ["\0"]})
    assert (read.project, read.page, read.settings, read.tags, read.rest) == (None, "9", "{", ("\udcff",), {"y": "\0"})


@pytest.mark.parametrize(("word", "value"), [("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_numbers(word: str, value: int) -> None:
    assert number("n", word) == value


@pytest.mark.parametrize(
    "word", ["", " 1", "1 ", "1_0", "+1", "-1", "1.0", "1e2", "0x1", "\u0661", "\uff11", "9" * 19, "1\n", "abc", "\u00b2"]
)
def test_what_is_no_number(word: str) -> None:
    with pytest.raises(BadParam, match="invalid value for n"):
        number("n", word)


@pytest.mark.parametrize(
    "word",
    ["", "{", "[]", "1", '"x"', "null", "NaN", '{"a": NaN}', '{"a": Infinity}', '{"a": 1e999}', "{'a': 1}", '{"a": 1} x', "{" * 100_000],
    ids=lambda word: word[:20],
)
def test_what_is_no_json_object(word: str) -> None:
    with pytest.raises(BadParam, match="invalid value for meta"):
        json_object("meta", word)


@pytest.mark.parametrize("depth", [101, 500, 900, 3000, 50_000])
def test_json_nested_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(BadParam, match="invalid value for meta"):
        json_object("meta", '{"a":' + "[" * depth + "]" * depth + "}")
    assert json_object("meta", '{"a":' + "[" * 100 + "]" * 100 + "}")["a"]


def test_words() -> None:
    parse: Parse = one_of(("a", "b"))
    assert [parse("w", word) for word in "ab"] == ["a", "b"]
    for word in ("", "A", "ab"):
        with pytest.raises(BadParam, match="invalid value for w"):
            parse("w", word)
