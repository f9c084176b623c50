"""The verbs on faults: what goes with what, how values are read, and what a fault says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fakejobs import FakeJobs, UsageError
from fakejobs.domain.faults import Criteria, FaultRule, Way, When
from fakejobs.errors import WrongCall
from fakejobs.fake import behind
from fakejobs.verbs.fault_rules import ERRORS, arguments_of
from fakejobs.verbs.faults import ending_by_itself
from tests.contract.caller import Caller

KEY = "0123456789abcdef0123456789abcdef"

GOES_WITH: Mapping[str, tuple[str, ...]] = {
    "status": ("when", "retry_after", "body", "headers", "delay"),
    "reset": ("when", "after_rows", "after_bytes"),
    "close": ("when",),
    "timeout": ("when", "hold"),
    "cut": ("after_rows", "after_bytes"),
    "stall": ("after_rows", "after_bytes", "hold"),
    "garbage": ("when",),
    "malformed": ("when",),
    "slow": ("delay", "real_delay", "rate"),
    "refused": ("for_s",),
}
"""The table of what goes with what, as its users have it."""
EXAMPLES: Mapping[str, Any] = {
    "when": "after",
    "retry_after": "5",
    "body": "<p>",
    "headers": {"X-Reason": "full"},
    "delay": 2,
    "after_rows": 1,
    "after_bytes": 1,
    "hold": 1,
    "real_delay": 1,
    "rate": 10,
    "for_s": 1,
}
WHICH: Mapping[str, Any] = {
    "endpoint": "run",
    "project": 1,
    "spider": "a",
    "job": "1/1/1",
    "params": {"x": 1},
    "times": 2,
    "after": 1,
    "probability": 0.5,
    "seed": 3,
    "strict": True,
}
"""What says which calls and how often, which goes with all but `refused`."""


def way_of(name: str) -> dict[str, Any]:
    """Return the arguments that name a way of failing; of `slow` the least that it needs is left to the caller."""
    return {"status": 503} if name == "status" else {"error": name}


def rule(fake: FakeJobs) -> FaultRule:
    """Return the rule of the fault that was declared last."""
    return behind(fake).cloud.faults.declared()[-1].rule


# ------------------------------------------------------------ what goes with what


def test_the_table_has_every_way() -> None:
    assert [*GOES_WITH][1:] == [str(way) for way in ERRORS]
    assert set(EXAMPLES) == {name for names in GOES_WITH.values() for name in names}


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("way", GOES_WITH)
def test_what_goes_with_a_way_and_what_does_not(fake: FakeJobs, way: str, name: str) -> None:
    arguments = {**way_of(way), name: EXAMPLES[name]}
    if name in GOES_WITH[way]:
        assert fake.fail(**arguments).as_data()[name] == arguments[name]
        return
    with pytest.raises(UsageError) as caught:
        fake.fail(**arguments)
    told = str(caught.value)
    said = "a status" if way == "status" else f"error={way!r}"
    assert told.startswith(f"{name} does not go with {said}")
    assert f"(takes: {', '.join(GOES_WITH[way])}" in told
    others = ["a status" if other == "status" else f"error={other!r}" for other, names in GOES_WITH.items() if name in names]
    assert way == "refused" or told.endswith(f"; it goes with {', '.join(others)}")
    assert fake.faults == []


@pytest.mark.parametrize("name", WHICH)
@pytest.mark.parametrize("way", GOES_WITH)
def test_every_way_but_one_takes_which_calls_and_how_often(fake: FakeJobs, way: str, name: str) -> None:
    arguments = {**way_of(way), **({"delay": 1} if way == "slow" else {}), name: WHICH[name]}
    if way != "refused":
        assert fake.fail(**arguments).as_data()[name] == (arguments[name] if name != "params" else {"x": "1"})
        return
    with pytest.raises(UsageError, match=f"^{name} does not go with error='refused': no connection is accepted, whatever would be called"):
        fake.fail(**arguments)
    assert fake.faults == []


@pytest.mark.parametrize("way", GOES_WITH)
def test_an_outage_takes_what_goes_with_its_way(fake: FakeJobs, way: str) -> None:
    for name in GOES_WITH[way]:
        arguments = {**way_of(way), name: EXAMPLES[name]}
        assert fake.outage(**arguments).as_data()[name] == EXAMPLES[name]
    with pytest.raises(UsageError, match=" does not go with "):
        fake.outage(**way_of(way), **{name: EXAMPLES[name] for name in EXAMPLES if name not in GOES_WITH[way]})


@pytest.mark.parametrize("name", sorted(WHICH))
def test_an_outage_is_for_all_calls(fake: FakeJobs, name: str) -> None:
    with pytest.raises(WrongCall, match=f"outage: there is no argument '{name}'"):
        fake.outage(**{name: WHICH[name]})


def test_defaults_go_with_everything(fake: FakeJobs) -> None:
    fake.fail(error="reset", hold=5, times=1, after=0, seed=0, strict=False, when="before", retry_after=None, body=None)
    assert rule(fake) == FaultRule(Way.RESET)
    fake.fail(error="refused", when="before", hold=5, times=1, after=0, seed=0, strict=False)
    assert rule(fake).way is Way.REFUSED


# ------------------------------------------------------------ how values are read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"status": 503}, {"statuses": (503,)}),
        ({"status": "503"}, {"statuses": (503,)}),
        ({"status": [503, 200, 502]}, {"statuses": (503, 200, 502)}),
        ({"status": (503, 502)}, {"statuses": (503, 502)}),
        ({"when": "after"}, {"when": When.AFTER}),
        ({"times": None}, {"times": None}),
        ({"times": 3, "after": 2}, {"times": 3, "after": 2}),
        ({"endpoint": "run"}, {"criteria": Criteria(endpoint="run")}),
        ({"project": "7", "spider": "a"}, {"criteria": Criteria(project=7, spider="a")}),
        ({"params": {"a": 1, "b": [True, "x"], "c": None}}, {"criteria": Criteria(params={"a": ["1"], "b": ["True", "x"], "c": None})}),
        ({"retry_after": 5}, {"retry_after": "5"}),
        ({"retry_after": 0}, {"retry_after": "0"}),
        ({"retry_after": "a while"}, {"retry_after": "a while"}),
        ({"retry_after": datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)}, {"retry_after": "Fri, 02 Jan 2026 03:04:05 GMT"}),
        (
            {"retry_after": datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))},
            {"retry_after": "Fri, 02 Jan 2026 01:04:05 GMT"},
        ),
        ({"body": "text"}, {"body": "text"}),
        ({"body": b"\xff"}, {"body": b"\xff"}),
        ({"body": {"a": [1]}}, {"body": '{"a": [1]}'}),
        ({"body": []}, {"body": "[]"}),
        ({"headers": {"X-A": 1, "x-b": "c"}}, {"headers": (("X-A", "1"), ("x-b", "c"))}),
        ({"delay": 1.5}, {"delay_ms": 1500}),
        ({"delay": timedelta(minutes=1)}, {"delay_ms": 60_000}),
        ({"probability": 1}, {"probability": 1.0}),
        ({"strict": True}, {"is_strict": True}),
    ],
)
def test_how_a_status_is_read(fake: FakeJobs, given: dict[str, Any], read: dict[str, Any]) -> None:
    fake.fail(**{"status": 503, **given})
    assert rule(fake) == FaultRule(Way.STATUS, **{"statuses": (503,), **read})


def test_a_body_that_is_no_text_is_refused(fake: FakeJobs) -> None:
    with pytest.raises(UsageError, match=r"^body='\\ud800' cannot be written as UTF-8: give bytes$"):
        fake.fail("run", status=503, body="\ud800")
    assert fake.faults == []


def test_a_job_names_itself(fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1)
    for name in (job, job.key, "1/1/1"):
        fake.fail(status=503, job=name)
        assert rule(fake).criteria == Criteria(job=job.key)


def test_an_outage_is_503_for_all_until_it_is_over(fake: FakeJobs) -> None:
    fake.outage()
    assert rule(fake) == FaultRule(Way.STATUS, statuses=(503,), times=None, is_outage=True)
    fake.outage(error="reset")
    assert rule(fake) == FaultRule(Way.RESET, times=None, is_outage=True)


# ------------------------------------------------------------ what a fault says of itself


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"status": 503}, "fail(status=503)"),
        ({"endpoint": "run", "status": 503, "times": 2}, "fail('run', status=503, times=2)"),
        ({"status": [503, 200], "times": None}, "fail(status=[503, 200], times=None)"),
        ({"error": "reset", "when": "after", "after_rows": 0}, "fail(error='reset', when='after', after_rows=0)"),
        ({"error": "timeout", "hold": 0.5}, "fail(error='timeout', hold=0.5)"),
        ({"error": "slow", "delay": 60, "rate": 10}, "fail(error='slow', delay=60, rate=10)"),
        ({"status": 429, "retry_after": 5, "job": "1/2/3"}, "fail(status=429, job='1/2/3', retry_after='5')"),
        ({"status": 503, "params": {"a": ["x"], "b": None}}, "fail(status=503, params={'a': 'x', 'b': None})"),
        ({"status": 503, "probability": 0.25, "seed": 4, "strict": True}, "fail(status=503, probability=0.25, seed=4, strict=True)"),
    ],
)
def test_its_words_are_the_verb_that_made_it(fake: FakeJobs, given: dict[str, Any], words: str) -> None:
    fault = fake.fail(**given)
    assert repr(fault) == f"<Fault #1 {words}>"
    assert repr(eval(f"fake.{words}", {"fake": fake})) == f"<Fault #2 {words}>"


def test_an_outage_in_words(fake: FakeJobs) -> None:
    assert repr(fake.outage()) == "<Fault #1 outage(status=503)>"
    assert repr(fake.outage(error="refused", for_s=2)) == "<Fault #2 outage(error='refused', for_s=2)>"


@pytest.mark.parametrize("verb", ["fail", "outage"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_arguments_of_a_rule_make_the_same_rule(fake: FakeJobs, verb: str, name: str) -> None:
    for way, names in GOES_WITH.items():
        if name in names:
            getattr(fake, verb)(**way_of(way), **{name: EXAMPLES[name]})
            made = rule(fake)
            getattr(fake, verb)(**json.loads(json.dumps(arguments_of(made))))
            assert rule(fake) == made


def test_counts_and_data(fake: FakeJobs) -> None:
    fault = fake.fail("run", status=503, after=1)
    client = Caller(fake)
    for _ in range(3):
        client.post("run.json", {"project": 1, "spider": "a"})
    assert (fault.number, fault.calls, fault.hits) == (1, 3, 1)
    assert fault.as_data() == {"number": 1, "calls": 3, "hits": 1, "endpoint": "run", "status": 503, "after": 1}


def test_faults_are_those_that_are_there_the_oldest_first(fake: FakeJobs) -> None:
    first, second, outage = fake.fail(status=503), fake.fail(status=502), fake.outage()
    assert fake.faults == [first, second, outage]
    assert len({*fake.faults, first}) == 3
    second.remove()
    second.remove()
    assert fake.faults == [first, outage]
    assert fake.faults != [first, second]
    assert first != 1
    fake.reset()
    assert fake.faults == []


def test_the_end_of_a_block_removes_it(fake: FakeJobs) -> None:
    def failing() -> None:
        with fake.fail("run", status=503, times=None) as fault:
            assert fake.faults == [fault]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert fake.faults == []


def test_a_name_that_a_fault_does_not_have(fake: FakeJobs) -> None:
    fault: Any = fake.fail("run", status=503)
    with pytest.raises(AttributeError, match=r"^a fault has no 'hit' \(did you mean 'hits'\?\)$"):
        fault.hit  # noqa: B018
    with pytest.raises(AttributeError, match=r"^a fault has no 'end' \(known: number, calls, hits, remove, as_data\)$"):
        fault.end()
    with pytest.raises(AttributeError):
        fault.hits = 0


def test_who_cannot_remove_it_says_how_long_connections_are_refused(fake: FakeJobs) -> None:
    for verb in (fake.fail, fake.outage):
        ending = ending_by_itself(verb)
        with pytest.raises(
            UsageError, match=r"^error='refused' needs for_s here, in real seconds: who is refused cannot remove the fault$"
        ):
            ending(error="refused")
        ending(error="refused", for_s=1)
        ending(error="reset")
    assert len(fake.faults) == 4


# ------------------------------------------------------------ keys


@pytest.mark.parametrize(
    "given",
    [
        {"params": {"apikey": KEY}},
        {"params": {"x": ["y" * 55, KEY]}},
        {"params": {KEY: None}},
        {"body": "x" * 50 + KEY},
        {"body": {"token": KEY}},
        {"body": KEY.encode()},
        {"headers": {"X-Key": KEY}},
        {"retry_after": KEY},
        {"spider": KEY},
    ],
    ids=str,
)
def test_no_reading_of_a_fault_shows_a_key(given: dict[str, Any]) -> None:
    fake = FakeJobs(key=KEY)
    fault = fake.fail("run", status=503, **given)
    for text in (repr(fault), str(fault.as_data()), str(fake.faults)):
        assert KEY[:8] not in text
    assert "****cdef" in str(fault.as_data())
    kept = [step["fail"] for step in fake.dump() if "fail" in step] if not isinstance(given.get("body"), bytes) else []
    assert KEY in str(kept) or isinstance(given.get("body"), bytes)
