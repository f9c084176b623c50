"""Whole numbers that Python will not write: refused by every verb as a mistake, and nothing is changed; so on the wire."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakejobs import FakeJobs, ManualClock, SeedError, UsageError, cli, seeds
from fakejobs.domain.clock import Millis
from fakejobs.errors import FakeJobsError
from fakejobs.fake import READING_VERBS, behind
from fakejobs.seeds.restoring import RESTORERS
from tests.contract.caller import Caller

HUGE = 10**5000
LARGEST = 10**4300 - 1
JOB = "1/1/1"
GIVEN: dict[str, Any] = {
    "spider": "a",
    "name": "a",
    "project": 1,
    "job": JOB,
    "key": JOB,
    "state": "running",
    "fields": {},
    "values": {},
    "items": [],
    "logs": [],
    "requests": [],
    "samples": [],
    "events": [],
    "frontier": "f",
    "slot": "s",
    "version": "1",
    "moment": 1_446_000_000_000,
    "kind": "items",
    "batches": [],
    "endpoint": "run",
    "type": "s",
}
"""A value for every argument that a verb may need."""


@pytest.fixture
def fake() -> FakeJobs:
    fake = FakeJobs(clock=ManualClock(Millis(1_446_000_000_000)))
    fake.add_job("a", project=1)
    return fake


def named(verb: str) -> Callable[..., Any]:
    found: Callable[..., Any] = RESTORERS[verb] if verb in RESTORERS else getattr(FakeJobs, verb)
    return found


def places() -> list[tuple[str, str]]:
    """Return every verb with each of its arguments."""
    verbs = (*seeds.VERBS, *RESTORERS, *READING_VERBS)
    return [(verb, name) for verb in verbs for name in inspect.signature(named(verb)).parameters if name not in ("self", "cloud")]


@pytest.mark.parametrize(("verb", "argument"), places())
def test_no_argument_of_any_verb_takes_one_or_stumbles_over_it(fake: FakeJobs, verb: str, argument: str) -> None:
    before = fake.dump()
    parameters = inspect.signature(named(verb)).parameters
    needed = {name: GIVEN.get(name, "a") for name, known in parameters.items() if known.default is known.empty}
    for name in ("self", "cloud", "by", "units", "criteria"):
        needed.pop(name, None)
    for value in (HUGE, -HUGE, [HUGE], {"a": HUGE}, [{"a": HUGE}], [["a", HUGE]], [{"url": "u", "time": HUGE, "message": HUGE}]):
        arguments = {**needed, argument: value}
        try:
            if verb in READING_VERBS:
                getattr(fake, verb)(**arguments)
            else:
                fake.load([{verb: arguments}])
        except (FakeJobsError, AssertionError) as error:
            assert str(error)  # noqa: PT017  # whichever it is
        else:
            assert argument in NOT_KEPT or verb in READING_VERBS, (verb, argument, value)
        if verb != "reset":
            assert fake.dump() == before


NOT_KEPT = {"by"}
"""Arguments that may be left out, and are dropped."""


@pytest.mark.parametrize("number", [LARGEST, -LARGEST], ids=["positive", "negative"])
def test_the_largest_is_kept_dumped_and_read(fake: FakeJobs, tmp_path: Path, number: int) -> None:
    fake.add_items(JOB, [{"n": number}])
    fake.update_metadata(JOB, {"n": number})
    fake.update_settings({"n": number}, project=1)
    fake.dump(tmp_path / "seed.json")
    twin = FakeJobs(clock=ManualClock(Millis(1_446_000_000_000)), seed=tmp_path / "seed.json")
    assert twin.metadata(JOB)["n"] == twin.settings(project=1)["n"] == number
    wire = Caller(twin)
    for path in ("/items/1/1/1", "/jobs/1/1/1", "/projects/1/settings", "/items/1/1/1?format=json"):
        assert wire.send("GET", path.partition("?")[0], query=path.partition("?")[2].encode()).status == 200
    assert wire.send("GET", "/items/1/1/1", headers={"Accept": "application/x-msgpack"}).status == 200


def test_a_job_whose_records_cannot_be_kept_is_not_there(fake: FakeJobs) -> None:
    before = fake.dump()
    with pytest.raises(UsageError, match=r"items\[0\]\['a'\] is a whole number of more than 4,300 digits"):
        fake.add_job("b", project=2, items=[{"a": HUGE}])
    with pytest.raises(UsageError, match=r"logs\[0\]: level is a whole number of more than 4,300 digits"):
        fake.add_job("b", project=2, logs=[(HUGE, "x")])
    with pytest.raises(UsageError, match=r"logs\[0\]: message=<int that is too large to be shown> cannot be written"):
        fake.add_job("b", project=2, logs=[("INFO", HUGE)])
    assert fake.dump() == before


def test_records_of_a_script_are_read_when_it_is_given(fake: FakeJobs) -> None:
    with pytest.raises(UsageError, match="more than 4,300 digits"):
        fake.script("a", items=[{"a": HUGE}])
    with pytest.raises(UsageError, match=r"requests\[0\]: time='now' is no number"):
        fake.script("a", requests=[{"url": "u", "time": "now"}])


def test_a_seed_in_toml_writes_them_in_hexadecimal(fake: FakeJobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "seed.toml"
    file.write_text(f'[[step]]\nverb = "add_project"\nproject = 0x{"f" * 5000}\n')
    with pytest.raises(SeedError, match=r"seed.toml\[0\].add_project: project=<int that is too large to be shown> is not between"):
        fake.load(file)
    assert cli.main(["check", str(file)]) != 0
    assert "too large to be shown" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "check",
    [
        lambda fake: fake.assert_scheduled(spider_args={"a": HUGE}),
        lambda fake: fake.assert_scheduled(tags=[HUGE]),
        lambda fake: fake.assert_scheduled(meta={"a": [HUGE]}),
        lambda fake: fake.assert_called("jobs/list", params={"a": HUGE}),
        lambda fake: fake.assert_called("run", params={"a": [HUGE]}),
        lambda fake: fake.assert_items(JOB, [{"a": HUGE}]),
        lambda fake: fake.assert_metadata(JOB, priority=HUGE),
    ],
)
def test_an_assertion_that_wants_one_fails_as_one(fake: FakeJobs, check: Callable[[FakeJobs], object]) -> None:
    Caller(fake).post("run.json", {"project": 1, "spider": "b", "a": "1", "add_tag": "x"})
    with pytest.raises(AssertionError, match="too large to be shown"):
        check(fake)


WRITES = [
    ("POST", "/jobq/1/push", b'{"spider": "b", "n": %s}'),
    ("POST", "/jobq/1/push", b'{"spider": "b", "priority": %s}'),
    ("POST", "/jobq/1/update", b'{"key": "1/1/1", "n": %s}'),
    ("POST", "/jobq/1/update", b'{"key": "1/%s", "state": "finished"}'),
    ("POST", "/jobq/1/update", b'{"key": "%s/1", "state": "finished"}'),
    ("POST", "/jobq/1/cancel", b'[{"key": "1/1/%s"}]'),
    ("POST", "/jobq/1/startjob", b'{"n": %s}'),
    ("POST", "/jobs/1/1/1", b'{"n": %s}'),
    ("POST", "/projects/1/settings", b'{"n": %s}'),
    ("POST", "/items/1/1/1", b'{"n": %s}'),
    ("POST", "/logs/1/1/1", b'{"message": "m", "level": %s}'),
    ("POST", "/logs/1/1/1", b'{"message": "m", "time": -%s}'),
    ("POST", "/requests/1/1/1", b'{"url": "u", "status": %s}'),
    ("POST", "/samples/1/1/1", b"[1, %s]"),
    ("POST", "/collections/1/s/c", b'{"_key": "k", "n": %s}'),
    ("POST", "/hcf/1/f/s/f", b'{"fp": "1", "qdata": %s}'),
    ("POST", "/hcf/1/f/s/f", b'{"fp": "1", "p": %s}'),
    ("POST", "/activity/1", b'{"event": "e", "n": %s}'),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=[f"{path} {body.decode()}" for _, path, body in WRITES])
def test_a_client_that_writes_one_is_refused_whole(fake: FakeJobs, method: str, path: str, body: bytes) -> None:
    before, wire = fake.dump(), Caller(fake)
    answer = wire.send(method, path, body=body % (b"9" * 5000))
    assert answer.status in ((200,) if path.endswith("/cancel") else (400,)), answer.text
    assert fake.dump() == before
    assert behind(fake).unseen.defects == []


@pytest.mark.parametrize("sign", [b"", b"-"])
def test_the_largest_that_a_client_can_write_is_kept(fake: FakeJobs, sign: bytes) -> None:
    wire, number = Caller(fake), sign + b"9" * 4300
    for path, body in (("/items/1/1/1", b'{"n": %s}'), ("/collections/1/s/c", b'{"_key": "k", "n": %s}'), ("/jobs/1/1/1", b'{"n": %s}')):
        assert wire.send("POST", path, body=body % number).status in (200, 204)
        assert number in wire.send("GET", path).body
    FakeJobs(clock=ManualClock(Millis(1_446_000_000_000)), seed=fake.dump())
    assert behind(fake).unseen.defects == []


@pytest.mark.parametrize("name", ["meta", "job_settings", "environment"])
def test_so_is_one_that_schedules_with_it(fake: FakeJobs, name: str) -> None:
    before = fake.dump()
    answer = Caller(fake).post("run.json", {"project": 1, "spider": "b", name: json.dumps({"n": 1}).replace("1", "9" * 5000)})
    assert (answer.status, answer.json["message"].partition(":")[0]) == (400, f"invalid value for {name}")
    assert fake.dump() == before


def test_a_filter_with_one_is_refused(fake: FakeJobs) -> None:
    answer = Caller(fake).get("/items/1/1/1", {"filter": f'["n", "=", [{"9" * 5000}]]'})
    assert (answer.status, answer.text[:24]) == (400, "invalid value for filter")
