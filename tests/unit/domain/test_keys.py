"""Job keys: what is one, what it knows, how it compares, orders and travels."""

from __future__ import annotations

import copy
import itertools
import json
import pickle

import pytest

from fakejobs import JobKey

NO_KEYS = [
    "",
    "1/1",
    "1/1/1/1",
    "a/1/1",
    "01/1/1",
    "1/01/1",
    "1/1/01",
    "-1/1/1",
    "+1/1/1",
    "1_0/1/1",
    " 1/1/1",
    "1/1/1 ",
    "1/1/1\n",
    "1//1",
    "1/1/",
    "/1/1",
    "\u0661/1/1",
    "1/1/1000000000000000000",
    "1.0/1/1",
]


def test_a_key_is_a_text_that_knows_its_numbers() -> None:
    key = JobKey("123/4/56")
    assert isinstance(key, str)
    assert key == "123/4/56"
    assert (key.project_id, key.spider_id, key.job_id) == (123, 4, 56)
    assert repr(key) == "'123/4/56'"
    assert f"{key}" == str(key) == "123/4/56"
    assert json.dumps(key) == '"123/4/56"'
    assert hash(key) == hash("123/4/56")
    by_key: dict[str, int] = {key: 1}
    assert by_key["123/4/56"] == 1
    assert {"123/4/56": 1}[key] == 1


@pytest.mark.parametrize("text", NO_KEYS)
def test_what_is_no_key(text: str) -> None:
    assert JobKey.parse(text) is None
    with pytest.raises(ValueError, match="is no job key: three numbers, as in 123/1/2"):
        JobKey(text)


@pytest.mark.parametrize("text", ["0/0/0", "1/1/1", "999999999999999999/999999999999999999/999999999999999999"])
def test_what_is_a_key(text: str) -> None:
    parsed = JobKey.parse(text)
    assert parsed == text
    assert parsed is not None
    assert JobKey.of(parsed.project_id, parsed.spider_id, parsed.job_id) == text


def test_keys_order_by_their_numbers() -> None:
    texts = ["1/1/9", "1/1/10", "1/2/1", "1/10/1", "2/1/1", "10/1/1"]
    keys = [JobKey(text) for text in texts]
    assert sorted({*keys}) == keys
    for low, high in itertools.pairwise(keys):
        assert low < high
        assert low <= high
        assert high > low
        assert high >= low
        assert not high < low
        assert not low >= high
    assert keys[0] <= JobKey("1/1/9")
    assert keys[0] >= JobKey("1/1/9")


def test_a_key_and_a_plain_text_order_as_texts() -> None:
    assert JobKey("1/1/9") > "1/1/10"
    assert JobKey("1/1/10") < "1/1/9"
    assert JobKey("1/1/9") >= "1/1/9"
    assert JobKey("1/1/9") <= "1/1/9"


@pytest.mark.parametrize(
    "travel", [copy.copy, copy.deepcopy, lambda key: pickle.loads(pickle.dumps(key))], ids=["copy", "deepcopy", "pickle"]
)
def test_a_copied_key_keeps_its_numbers(travel: object) -> None:
    assert callable(travel)
    key = travel(JobKey("1/2/3"))
    assert type(key) is JobKey
    assert (key.project_id, key.spider_id, key.job_id) == (1, 2, 3)
