"""Masks: keys that a fake knows stand in nothing that is written down, under whatever name and in whatever spelling."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY
from urllib.parse import quote

import pytest

from fakejobs import FakeJobs, ManualClock, SeedError
from fakejobs.control.payloads import as_json
from fakejobs.domain.clock import Millis
from fakejobs.fake import behind
from fakejobs.masking import Masks
from fakejobs.reporting import sections_of
from tests.contract.caller import Caller

KEY = "0123456789abcdef0123456789abcdef"
ODD = 'schlüssel "mit" \\ allem 日本'
SHORT = "sesame"
MASKS = Masks({KEY: "****cdef", ODD: "**** (ann)", SHORT: "****", KEY[:20]: "****mine"})


# ------------------------------------------------------------ values


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("nothing", "nothing"),
        (KEY, "****cdef"),
        (f"a{KEY}b{KEY}", "a****cdefb****cdef"),
        (KEY[:20], "****mine"),
        (KEY[:19], KEY[:19]),
        (f"/x/{ODD}/y", "/x/**** (ann)/y"),
        (json.dumps({"K": ODD}), '{"K": "**** (ann)"}'),
        (json.dumps({"K": ODD}, ensure_ascii=False), '{"K": "**** (ann)"}'),
        (repr([ODD]), "['**** (ann)']"),
        (ascii([ODD]), "['**** (ann)']"),
        (quote(ODD), "**** (ann)"),
        (f"Basic {base64.b64encode(KEY.encode() + b':').decode()}", "Basic ****cdef"),
        ("open sesame", "open sesame"),
        ("apikey=sesame", "apikey=****"),
        ("x --api_key sesame", "x --api_key sesame"),
        ("x --api_key=sesame y", "x --api_key=**** y"),
        ("'API-KEY': 'sesame'", "'API-KEY': '****'"),
        ("SH_APIKEY=sesame", "SH_APIKEY=****"),
        ("Authorization: Basic sesame", "Authorization: Basic ****"),
        ("apikey=sesames", "apikey=sesames"),
        ("apikey=sesame-street", "apikey=sesame-street"),
        ("keys=sesame", "keys=sesame"),
    ],
)
def test_texts(text: str, shown: str) -> None:
    assert MASKS.text(text) == shown
    assert MASKS.text(shown) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("a", KEY, "****cdef"),
        ("a", SHORT, SHORT),
        ("api_key", SHORT, "****"),
        ("Authorization", SHORT, "****"),
        ("sh-apikey", SHORT, "****"),
        ("api_key", "sesame street", "sesame street"),
        ("environment", {"A": SHORT, "B": f"x{KEY}"}, {"A": "****", "B": "x****cdef"}),
        ("environment", '{"A": "sesame", "B": "sesame street"}', '{"A": "****", "B": "sesame street"}'),
        ("meta", {"environment": {"A": [SHORT]}, "b": [SHORT]}, {"environment": {"A": ["****"]}, "b": [SHORT]}),
        ("meta", {KEY: 1}, {"****cdef": 1}),
        ("meta", {"a": [{"b": (KEY, 1)}]}, {"a": [{"b": ("****cdef", 1)}]}),
        ("tags", {KEY, "a"}, {"****cdef", "a"}),
        ("tags", None, None),
        ("priority", 2, 2),
        ("any", ANY, ANY),
    ],
)
def test_values_under_names(name: str, value: Any, shown: Any) -> None:
    assert MASKS.named(name, value) == shown


def test_a_key_may_be_one_character_or_as_short_as_a_long_one() -> None:
    masks = Masks({"k": "****", "x" * 15: "****", "y" * 16: "****yyyy"})
    assert masks.named("api_key", "k") == "****"
    assert masks.named("a", "x" * 15) == "x" * 15
    assert masks.named("apikey", "x" * 15) == "****"
    assert masks.named("a", "y" * 16) == "****yyyy"


@pytest.mark.parametrize("value", ["a", ["a"], {"a": [1, {"b": None}]}, ("x",), 5])
def test_what_holds_no_key_is_not_copied(value: object) -> None:
    assert MASKS.named("environment", value) is value


# ------------------------------------------------------------ calls, reports, assertions


@pytest.fixture
def fake() -> FakeJobs:
    fake = FakeJobs(clock=ManualClock(Millis(1_446_000_000_000)), key=KEY)
    fake.add_key(SHORT, user="short")
    fake.add_key("another-" + KEY[::-1], user="ann")
    return fake


SECRETS = (KEY, "another-" + KEY[::-1])
HIDDEN: dict[str, Callable[[Caller, str], Any]] = {
    "a parameter": lambda wire, key: wire.get("jobs/list.json", {"project": 1, "api_key": key}),
    "a spider argument": lambda wire, key: wire.post("run.json", {"project": 1, "spider": "a", "my_key": f"x{key}", "n": 1}),
    "the name of one": lambda wire, key: wire.post("run.json", {"project": 1, "spider": "a", key: 1}),
    "a tag": lambda wire, key: wire.post("run.json", {"project": 1, "spider": "a", "add_tag": key}),
    "tags of an edit": lambda wire, key: wire.post(
        "jobs/update.json", {"project": 1, "state": "pending", "add_tag": key, "remove_tag": key}
    ),
    "the environment": lambda wire, key: wire.post("run.json", {"project": 1, "spider": "a", "environment": json.dumps({"K": key})}),
    "a command line": lambda wire, key: wire.post("run.json", {"project": 1, "spider": "py:a", "cmd_args": f"--key={key}"}),
    "settings of a push": lambda wire, key: wire.send(
        "POST", "/jobq/1/push", body=json.dumps({"spider": "a", "job_settings": {"K": [key]}, "environment": {"A": key}}).encode()
    ),
    "a path": lambda wire, key: wire.get(f"nowhere/{key}/x.json"),
    "a path of a known table": lambda wire, key: wire.send("GET", f"/collections/1/s/c/{key}"),
    "a refusal": lambda wire, key: wire.get("jobs/list.json", {"project": 1, "count": key}),
    "a method": lambda wire, key: wire.send(key, "/api/jobs/list.json"),
    "a long parameter": lambda wire, key: wire.get("jobs/list.json", {"project": 1, "x": "y" * (64 * 1024 - 20) + key + "z" * 1000}),
    "a long path": lambda wire, key: wire.get("x" * 1990 + key),
}


@pytest.mark.parametrize("secret", SECRETS, ids=["exported", "declared"])
@pytest.mark.parametrize("call", HIDDEN.values(), ids=HIDDEN)
def test_no_call_and_no_report_shows_a_key(fake: FakeJobs, secret: str, call: Callable[[Caller, str], Any]) -> None:
    call(Caller(fake, KEY), secret)
    shown = [*map(repr, fake.calls), *map(str, fake.calls), json.dumps(as_json(fake.calls)), str(fake.timeline()), fake.timeline().svg()]
    shown += [text for _, text in sections_of("url", fake)]
    with pytest.raises(AssertionError) as failure:
        fake.assert_scheduled("nobody", environment={"K": secret}, spider_args={"my_key": secret})
    shown.append(str(failure.value))
    with pytest.raises(AssertionError) as failure:
        fake.assert_called("run", params={"api_key": secret, "nothing": "x"})
    shown.append(str(failure.value))
    for text in shown:
        assert secret[:17] not in text
    assert any("****" in text for text in map(repr, fake.calls))


def test_no_call_shows_a_short_key_where_one_belongs(fake: FakeJobs) -> None:
    wire = Caller(fake, SHORT)
    wire.post("run.json", {"project": 1, "spider": "a", "api_key": SHORT, "environment": json.dumps({"SH_APIKEY": SHORT})})
    wire.send("POST", "/jobq/1/push", body=json.dumps({"spider": "a", "environment": {"SH_APIKEY": SHORT}}).encode())
    assert SHORT not in "".join([*map(repr, fake.calls), *map(str, fake.calls), *(text for _, text in sections_of("u", fake))])


def test_criteria_with_keys_agree_all_the_same(fake: FakeJobs) -> None:
    wire = Caller(fake, KEY)
    for key in (KEY, SHORT):
        form = {"project": 1, "spider": "a", "token": key, "environment": json.dumps({"K": key}), "meta": json.dumps({"m": [key]})}
        key_of_job = wire.post("run.json", {**form, "add_tag": key}).json["jobid"]
        job = fake.assert_scheduled("a", spider_args={"token": key}, environment={"K": key}, meta={"m": [key]}, tags=[key])
        assert (job.key, job.environment, job.spider_args) == (key_of_job, {"K": key}, {"token": key})
        fake.assert_called("run", params={"token": key, "environment": json.dumps({"K": key})}, count=1)
        wire.post("jobs/update.json", {"project": 1, "job": key_of_job, "add_tag": f"x{key}"})
        fake.assert_tagged(key_of_job, add=[f"x{key}"])
        fake.assert_metadata(key_of_job, environment={"K": key})
        assert fake.scheduled(environment={"K": "other"}) == []


@pytest.mark.parametrize(
    "check",
    [
        lambda fake: fake.assert_items("1/1/1", [{"k": "other"}]),
        lambda fake: fake.assert_items("1/1/1", [{"k": KEY}, {"k": KEY}]),
        lambda fake: fake.assert_metadata("1/1/1", environment={"A": KEY}, note=KEY),
        lambda fake: fake.assert_metadata("1/1/1", environment={"K": SHORT}),
    ],
)
def test_assertions_about_jobs_show_no_key(fake: FakeJobs, check: Callable[[FakeJobs], object]) -> None:
    fake.add_job("a", project=1, items=[{"k": KEY}], environment={"K": KEY, "S": SHORT}, spider_args={"x": "y" * 45, "k": KEY})
    with pytest.raises(AssertionError) as failure:
        check(fake)
    assert "0123" not in str(failure.value)
    assert SHORT not in str(failure.value)
    assert "0123" not in "".join(text for _, text in sections_of("u", fake))


def test_a_defect_is_told_without_the_key_in_its_path(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(f"with {KEY}")

    for outcome in (None, ValueError("x")):
        with monkeypatch.context() as patch:
            patch.setattr(behind(fake).cloud.keys, "account", broken)
            assert Caller(fake, KEY).send("GET", f"/collections/1/s/c/{KEY}").status == 500
        with pytest.raises(RuntimeError, match=r"served GET /collections/1/s/c/\*\*\*\*cdef") as failure:
            behind(fake).raise_unseen(outcome)
        assert KEY not in str(failure.value)


def test_a_key_that_was_forgotten_is_no_longer_hidden(fake: FakeJobs) -> None:
    fake.reset()
    Caller(fake, KEY).get("jobs/list.json", {"project": 1, "api_key": SHORT, "k": KEY})
    assert fake.calls[0].params == {"project": "1", "api_key": SHORT, "k": "****cdef"}


@pytest.mark.parametrize("step", [[KEY], KEY, [["add_key", {"key": KEY}]], (KEY,), 5, None, {"a": KEY, "b": KEY}], ids=str)
def test_a_mistake_of_a_seed_shows_nothing_of_what_is_no_step(fake: FakeJobs, step: Any) -> None:
    with pytest.raises(SeedError, match=r"seed\[0\]: a step is one verb") as failure:
        fake.load([step])
    assert "0123" not in str(failure.value)
    assert "add_key" not in str(failure.value)


def test_a_mistake_of_a_seed_shows_no_known_key(fake: FakeJobs) -> None:
    with pytest.raises(SeedError, match=r"seed\[1\].add_job: ") as failure:
        fake.load([{"add_key": {"key": "k" * 20}}, {"add_job": {"spider": "a", "project": 1, "state": "k" * 20}}])
    assert "kkk" not in str(failure.value)


def test_what_cannot_be_asked_whether_it_is_empty_stays_as_it_is() -> None:
    class Odd:
        def __bool__(self) -> bool:
            raise ValueError("ambiguous")

    odd = Odd()
    assert MASKS.named("environment", odd) is odd
