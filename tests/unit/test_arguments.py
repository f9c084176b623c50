"""What the author of a test wrote, read and refused by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest

from fakejobs import FakeJobs, InvalidValue, JobKey, JobState, UsageError, arguments
from fakejobs.domain.job import NOTHING

NAN = float("nan")


class Thing:
    """Something that is of no use as an argument, and always prints alike, so that the names of tests are the same in every process."""

    def __repr__(self) -> str:
        return "a thing"


THING = Thing()


class Word(str, Enum):
    """Texts with names, as a test's author may keep them."""

    BOOKS = "books"


class Number(int, Enum):
    """Numbers with names."""

    TWO = 2


ODD: list[Any] = [
    None,
    True,
    1.5,
    NAN,
    float("inf"),
    -1,
    10**18,
    "x",
    "\u0661",
    "1_0",
    " 1",
    "",
    b"1",
    [],
    [1],
    {},
    {"a": 1},
    THING,
    len,
]


@pytest.mark.parametrize(("value", "number"), [(0, 0), (7, 7), ("7", 7), ("007", 7), (10**18 - 1, 10**18 - 1)])
def test_whole_numbers(value: Any, number: int) -> None:
    assert arguments.whole_number("project", value) == number


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_what_is_no_whole_number(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^project="):
        arguments.whole_number("project", value)
    with pytest.raises(UsageError, match=r"^items="):
        arguments.whole_number("items", value)


def test_the_least_number() -> None:
    assert arguments.whole_number("spider_id", 1, least=1) == 1
    with pytest.raises(UsageError, match="spider_id=0 is not between 1 and"):
        arguments.whole_number("spider_id", 0, least=1)


@pytest.mark.parametrize(
    ("read", "name", "legal", "out"),
    [(arguments.priority_of, "priority", (0, 4), (-1, 5, 9)), (arguments.units_of, "units", (1, 6), (0, 7))],
)
def test_priority_and_units(read: Callable[[object], int], name: str, legal: tuple[int, ...], out: tuple[int, ...]) -> None:
    for value in legal:
        assert read(value) == value
    for value in out:
        with pytest.raises(InvalidValue, match=rf"^{name} {value} is not one of "):
            read(value)
    odd: Any
    for odd in (True, None, "2", 2.0, NAN, [], {}):
        with pytest.raises(UsageError, match=rf"^{name}=.* is no whole number"):
            read(odd)


@pytest.mark.parametrize("value", [None, 5, b"x", ["x"], {}, NAN, True, "", "a\0b", "\ud800"], ids=repr)
def test_what_is_no_text(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^spider"):
        arguments.text("spider", value)
    if value not in (None, ""):
        with pytest.raises(UsageError, match=r"^version"):
            arguments.optional_text("version", value)


@pytest.mark.parametrize("value", ["a", "ä", "日本", "😀", "a b/c", "x" * 1_000_000, " ", "a\nb"], ids=lambda value: ascii(value[:10]))
def test_texts(value: str) -> None:
    assert arguments.text("spider", value) == value


def test_optional_texts_may_be_empty() -> None:
    assert arguments.optional_text("version", None) is None
    assert arguments.optional_text("version", "") is None
    assert arguments.optional_text("version", "1.0") == "1.0"


@pytest.mark.parametrize("state", [*JobState, *(state.value for state in JobState)])
def test_states(state: Any) -> None:
    assert arguments.state_of(state) is JobState(state)
    assert arguments.states_of(state) == (JobState(state),)


@pytest.mark.parametrize("value", ["done", "", "Running", None, 5, NAN, True, [], ["running"], {}, {"running": 1}, b"running"], ids=repr)
def test_what_is_no_state(value: Any) -> None:
    with pytest.raises(InvalidValue) as caught:
        arguments.state_of(value)
    assert str(caught.value).startswith(f"state {value!r} is not one of pending, running, finished, deleted")


def test_several_states() -> None:
    assert arguments.states_of(None) == ()
    assert arguments.states_of(["running", JobState.DELETED]) == (JobState.RUNNING, JobState.DELETED)
    for odd in (5, [5], [["running"]], b"running", NAN):
        with pytest.raises(InvalidValue, match="is not one of pending, running, finished, deleted"):
            arguments.states_of(odd)


@pytest.mark.parametrize(
    ("value", "tags"),
    [((), ()), (["b", "a", "b"], ("b", "a")), ({"a": 1}.keys(), ("a",)), (iter("ab"), ("a", "b")), (frozenset("a"), ("a",))],
)
def test_tags(value: Any, tags: tuple[str, ...]) -> None:
    assert arguments.tags_of("tags", value) == tags


@pytest.mark.parametrize("value", ["a", b"a", {"a": 1}, None, 5, NAN, True, [5], [None], [["a"]], [""], ["a\0"], [b"a"]], ids=repr)
def test_what_are_no_tags(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^add( |=)"):
        arguments.tags_of("add", value)


def test_tags_of_a_filter() -> None:
    assert arguments.one_or_more_tags("has_tag", None) == ()
    assert arguments.one_or_more_tags("has_tag", "ab") == ("ab",)
    assert arguments.one_or_more_tags("has_tag", ["a", "b"]) == ("a", "b")
    for odd in (5, {"a": 1}, b"a", ""):
        with pytest.raises(UsageError, match=r"^has_tag"):
            arguments.one_or_more_tags("has_tag", odd)


@pytest.mark.parametrize(
    ("value", "args"),
    [
        (None, {}),
        ({}, {}),
        ({"page": 1, "deep": True, "rate": 0.5, "name": "x"}, {"page": "1", "deep": "True", "rate": "0.5", "name": "x"}),
        ({"gone": None, "empty": "", "": "no name"}, {"empty": "", "": "no name"}),
        (OrderedDict(a=1), {"a": "1"}),
        (MappingProxyType({"ä": "日本"}), {"ä": "日本"}),
    ],
)
def test_spider_arguments_become_texts(value: Any, args: dict[str, str]) -> None:
    read = arguments.spider_args_of(value)
    assert read == args
    assert type(read) is dict
    assert (read is NOTHING) is (not args)


@pytest.mark.parametrize(
    "value",
    [
        5,
        "a=1",
        [("a", 1)],
        {1: "a"},
        {None: "a"},
        {"a": []},
        {"a": {}},
        {"a": b"x"},
        {"a": THING},
        {"a": "\0"},
        {"\ud800": "x"},
        {"a\0": 1},
        NAN,
    ],
    ids=ascii,
)
def test_what_are_no_spider_arguments(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^spider_args"):
        arguments.spider_args_of(value)


def test_json_objects_hold_plain_texts_and_numbers() -> None:
    class Level(int):
        pass

    read = arguments.json_object("meta", {JobKey("1/2/3"): [JobKey("1/2/4"), JobState.RUNNING, Level(5), True]})
    assert read == {"1/2/3": ["1/2/4", "running", 5, True]}
    [(name, inner)] = read.items()
    assert [type(value) for value in (name, *inner)] == [str, str, str, int, bool]


def test_json_objects_are_copied_whole() -> None:
    inner = {"list": [1, {"x": None}], "tuple": (1, 2), "flag": True, "rate": 0.5}
    read = arguments.json_object("meta", {"a": inner})
    inner["list"].append(9)  # type: ignore[attr-defined]
    assert read == {"a": {"list": [1, {"x": None}], "tuple": [1, 2], "flag": True, "rate": 0.5}}
    assert arguments.json_object("meta", None) is arguments.json_object("meta", {}) is NOTHING


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (5, "meta=5"),
        ([], "meta="),
        ("{}", "meta="),
        ({1: 2}, "meta: the key 1"),
        ({"a": {1: 2}}, r"meta\['a'\]: the key 1"),
        ({"a": [0, NAN]}, r"meta\['a'\]\[1\]=nan is no JSON number"),
        ({"a": float("-inf")}, r"meta\['a'\]=-inf"),
        ({"a": b"x"}, r"meta\['a'\]="),
        ({"a": {1, 2}}, r"meta\['a'\]="),
        ({"a": {"b": THING}}, r"meta\['a'\]\['b'\]="),
    ],
    ids=repr,
)
def test_what_json_cannot_say(value: Any, place: str) -> None:
    with pytest.raises(UsageError, match=rf"^{place}"):
        arguments.json_object("meta", value)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_json_is_nested_only_so_deep() -> None:
    deep = {"a": nested(100)}
    assert arguments.json_object("meta", deep) == deep
    job = FakeJobs().add_job("a", project=1, meta=deep)
    assert job.meta == deep
    endless: dict[str, Any] = {}
    endless["a"] = [endless]
    for value in ({"a": nested(101)}, {"a": nested(5000)}, endless):
        with pytest.raises(UsageError, match=r"^meta is nested deeper than 100 levels$"):
            arguments.json_object("meta", value)


class Holder:
    """Something with a key, as a job has one."""

    def __init__(self, key: object) -> None:
        self.key = key

    def __repr__(self) -> str:
        return f"Holder({self.key!r})"


@pytest.mark.parametrize(
    "value", [JobKey("1/2/3"), "1/2/3", Holder("1/2/3"), Holder(JobKey("1/2/3"))], ids=["key", "text", "holder of text", "job"]
)
def test_what_names_a_job(value: Any) -> None:
    key = arguments.job_key(value)
    assert type(key) is JobKey
    assert key == "1/2/3"


@pytest.mark.parametrize("value", [None, 5, NAN, True, "1/2", "01/2/3", "", b"1/2/3", [], ["1/2/3"], {}, Holder(None), THING], ids=repr)
def test_what_names_no_job(value: Any) -> None:
    with pytest.raises(UsageError, match="names no job: give a job, its key, or a text such as '123/1/2'"):
        arguments.job_key(value)


def test_members_of_enumerations_count_as_their_values() -> None:
    read: list[object] = [
        arguments.text("spider", Word.BOOKS),
        *arguments.tags_of("tags", [Word.BOOKS]),
        *arguments.spider_args_of({Word.BOOKS: Word.BOOKS}).items(),
        arguments.whole_number("project", Number.TWO),
        arguments.priority_of(Number.TWO),
        arguments.units_of(Number.TWO),
    ]
    assert read == ["books", "books", ("books", "books"), 2, 2, 2]
    assert {type(value) for value in read} == {str, int, tuple}
    job = FakeJobs().add_job(Word.BOOKS, project=Number.TWO, tags=[Word.BOOKS], spider_args={"a": Word.BOOKS})
    assert job.key == "2/1/1"
    assert f"{job.spider} {job.tags} {job.spider_args}" == "books ['books'] {'a': 'books'}"
