"""Faults at the other doors: seeds and dumps, the control door, the command line; and no key in clear at any of them."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from fakejobs import FakeJobs, SeedError, UsageError, cli
from fakejobs.control.payloads import as_json
from fakejobs.domain.faults import Declared
from fakejobs.fake import behind
from fakejobs.reporting import sections_of
from tests.contract.caller import Answer, Caller

KEY = "0123456789abcdef0123456789abcdef"
LOCAL = "http://127.0.0.1:6805"

STEPS: list[dict[str, Any]] = [
    {"fail": {"endpoint": "run", "status": 503, "times": 2}},
    {"fail": {"endpoint": "jobs/list", "status": 429, "retry_after": 5, "after": 3}},
    {"fail": {"endpoint": "run", "error": "reset", "when": "after", "spider": "films"}},
    {"fail": {"endpoint": "items", "error": "cut", "after_rows": 3, "job": "1/1/1"}},
    {"fail": {"error": "timeout", "spider": "books", "project": 1, "hold": 0.5, "params": {"state": ["a", "b"], "x": None}}},
    {"fail": {"status": [503, 200], "times": None, "probability": 0.5, "seed": 7, "strict": True}},
    {"fail": {"endpoint": "jobs/count", "status": 500, "body": '{"a": 1}', "headers": {"X-Reason": "full"}, "delay": 1.5}},
    {"fail": {"error": "slow", "real_delay": 0.25, "rate": 100.0}},
    {"fail": {"error": "refused", "for_s": 0.5}},
    {"outage": {"error": "close", "when": "after"}},
]
TOML = """
[[step]]
verb = "fail"
endpoint = "run"
status = [503, 502]
times = 2
params = {page = 1}

[[step]]
verb = "outage"
status = 504
retry_after = 2026-01-02T03:04:05Z
"""


def declared(fake: FakeJobs) -> list[Declared]:
    return behind(fake).cloud.faults.declared()


def run(fake: FakeJobs, spider: str = "books") -> Answer:
    return Caller(fake).post("run.json", {"project": 1, "spider": spider})


# ------------------------------------------------------------ seeds


def test_seeds_declare_faults(tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text(json.dumps(STEPS))
    fake, twin = FakeJobs(seed=tmp_path / "seed.json"), FakeJobs()
    for step in STEPS:
        [(verb, arguments)] = step.items()
        getattr(twin, verb)(**arguments)
    assert declared(fake) == declared(twin)
    assert len(fake.faults) == len(STEPS)


def test_seeds_of_toml_declare_faults(tmp_path: Path) -> None:
    (tmp_path / "seed.toml").write_text(TOML)
    fake = FakeJobs(seed=tmp_path / "seed.toml")
    row, outage = (fault.rule for fault in declared(fake))
    assert (row.statuses, row.times, row.criteria.params) == ((503, 502), 2, {"page": ["1"]})
    assert (outage.is_outage, outage.statuses, outage.retry_after) == (True, (504,), "Fri, 02 Jan 2026 03:04:05 GMT")
    assert run(fake).status == 504


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"fail": {}}, "fail: give status or error, as in status=503 or error='reset'"),
        ({"fail": {"status": 200}}, "fail: status=200: 200 lets a call through, which only goes in a row such as status=[503, 200]"),
        ({"fail": {"error": "rest"}}, "fail: error='rest' is no way to fail (did you mean 'reset'?)"),
        ({"fail": {"status": 503, "strict": "x"}}, "fail: strict='x' is neither true nor false"),
        ({"fail": {"stats": 503}}, "fail: there is no argument 'stats' (did you mean 'status'?)"),
        ({"outage": {"times": 2}}, "outage: there is no argument 'times' (known: "),
        ({"fails": {"status": 503}}, ": there is no verb 'fails' (did you mean 'fail'?)"),
        ({"restore_fault": {"number": 1, "calls": 0, "turns": 0, "hits": 0}}, "restore_fault: there is a fault #1 already"),
        ({"restore_fault": {"number": 0, "calls": 0, "turns": 0, "hits": 0}}, "restore_fault: number=0 is not between 1 and "),
        ({"restore_fault": {"number": 9, "calls": "x", "turns": 0, "hits": 0}}, "restore_fault: calls='x' is no whole number"),
        ({"add_job": {"spider": "a", "project": 1, "state": "done"}}, "add_job: state 'done' is not one of "),
    ],
)
def test_a_seed_with_a_wrong_step_leaves_no_fault(step: dict[str, Any], said: str) -> None:
    fake = FakeJobs()
    fake.fail("run", status=502)
    before = fake.dump()
    with pytest.raises(SeedError) as caught:
        fake.load([*STEPS, {"add_project": {"project": 1}}, step])
    assert str(caught.value).startswith(f"seed[{len(STEPS) + 1}]")
    assert said in str(caught.value)
    assert fake.dump() == before
    assert run(fake).status == 502
    assert run(fake).status == 200
    assert fake.fail("run", status=503).number == 2


def test_a_fault_to_restore_where_none_is_declared() -> None:
    with pytest.raises(SeedError, match=r"^seed\[0\].restore_fault: no fault is declared$"):
        FakeJobs(seed=[{"restore_fault": {"number": 1, "calls": 0, "turns": 0, "hits": 0}}])


def test_check_knows_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.json").write_text(json.dumps(STEPS))
    Path("bad.json").write_text(json.dumps([*STEPS, {"fail": {"endpoint": "rum", "status": 503}}, {"outage": {"when": "never"}}]))
    assert cli.main(["check", "good.json"]) == 0
    assert cli.main(["check", "bad.json"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "fakejobs check: bad.json[10].fail: there is no endpoint 'rum' (did you mean 'run'?)"
    assert second.startswith("fakejobs check: bad.json[11].outage: when='never' is not one of before, after")


# ------------------------------------------------------------ dumps


def test_a_dump_loads_to_the_same_faults_met_as_often() -> None:
    fake = FakeJobs()
    fake.load(STEPS[:-2])
    for _ in range(3):
        with suppress(ConnectionResetError, TimeoutError):
            run(fake, "films")
        run(fake)
    other = FakeJobs(seed=json.loads(json.dumps(fake.dump())))
    assert declared(other) == declared(fake)
    assert any(fault.hits for fault in declared(fake))
    assert other.dump() == fake.dump()
    for fakes in (fake, other):
        fakes.add_project(1)
    assert [run(fake).status for _ in range(5)] == [run(other).status for _ in range(5)]


def test_faults_that_were_removed_leave_gaps_in_a_dump() -> None:
    fake = FakeJobs()
    fake.load(STEPS)
    for fault in [*fake.faults[:3], fake.faults[5]]:
        fault.remove()
    other = FakeJobs(seed=fake.dump())
    assert [fault.number for fault in other.faults] == [4, 5, 7, 8, 9, 10]
    assert declared(other) == declared(fake)
    assert other.dump() == fake.dump()
    assert other.fail(status=503).number == fake.fail(status=503).number == 11


def test_a_row_goes_on_where_it_was() -> None:
    fake = FakeJobs()
    fake.fail("run", status=[503, 502, 504])
    assert run(fake).status == 503
    other = FakeJobs(seed=fake.dump())
    assert [run(other).status for _ in range(3)] == [502, 504, 200]


def test_a_dump_on_top_of_other_faults() -> None:
    fake, other = FakeJobs(), FakeJobs()
    fake.fail(status=503)
    fake.fail(status=504)
    fake.faults[0].remove()
    other.fail(status=502)
    other.load(fake.dump())
    assert [fault.as_data()["status"] for fault in other.faults] == [502, 504]
    with pytest.raises(SeedError, match=r"there is a fault #2 already$"):
        other.load(fake.dump())
    assert len(other.faults) == 2


def test_bytes_cannot_be_dumped() -> None:
    fake = FakeJobs()
    fake.fail("run", status=503, body=b"\xff")
    with pytest.raises(UsageError, match=r"^fault #1 has bytes as body, which cannot be written down$"):
        fake.dump()


# ------------------------------------------------------------ the control door


class Door:
    """The control door of a fake."""

    def __init__(self, fake: FakeJobs) -> None:
        self._client = Client(fake.app)

    def ask(self, verb: str, /, **arguments: Any) -> TestResponse:
        return self._client.post(f"/__fakejobs__/{verb}", data=json.dumps(arguments), base_url=LOCAL)

    def read(self, name: str) -> TestResponse:
        return self._client.get(f"/__fakejobs__/{name}", base_url=LOCAL)


def test_faults_come_and_go_at_the_control_door() -> None:
    fake = FakeJobs()
    door = Door(fake)
    first = door.ask("fail", endpoint="run", status=503, times=2, params={"page": 1})
    assert first.json == {"number": 1, "calls": 0, "hits": 0, "endpoint": "run", "status": 503, "times": 2, "params": {"page": "1"}}
    assert door.ask("outage", error="malformed").json == {"number": 2, "calls": 0, "hits": 0, "error": "malformed"}
    run(fake)
    assert [fault["hits"] for fault in door.read("faults").json or ()] == [0, 1]
    assert door.ask("remove_fault", number=2).status_code == 200
    assert door.ask("remove_fault", number=2).status_code == 200
    assert [fault["number"] for fault in door.read("faults").json or ()] == [1]
    door.ask("reset")
    assert door.read("faults").json == []


@pytest.mark.parametrize(
    ("verb", "arguments", "said"),
    [
        ("fail", {}, "give status or error"),
        ("fail", {"status": 503, "nope": 1}, "there is no argument 'nope'"),
        ("remove_fault", {"number": 9}, "there is no fault #9 (none is declared)"),
        ("remove_fault", {"number": "x"}, "is no whole number"),
        ("fail", {"error": "refused"}, "error='refused' needs for_s here, in real seconds"),
        ("outage", {"error": "refused"}, "error='refused' needs for_s here, in real seconds"),
        ("load", {"seed": [{"fail": {"error": "refused"}}]}, "seed[0].fail: error='refused' needs for_s here, in real seconds"),
        ("load", {"seed": [{"outage": {"error": "refused"}}]}, "seed[0].outage: error='refused' needs for_s here, in real seconds"),
    ],
)
def test_what_the_control_door_refuses_changes_nothing(verb: str, arguments: dict[str, Any], said: str) -> None:
    fake = FakeJobs()
    answer = Door(fake).ask(verb, **arguments)
    assert answer.status_code == 400
    assert said in answer.text
    assert fake.faults == []


def test_the_control_door_takes_refusals_that_end_and_dumps_of_them() -> None:
    fake = FakeJobs()
    door = Door(fake)
    assert door.ask("fail", error="refused", for_s=0.5).status_code == 200
    assert door.ask("load", seed=STEPS).status_code == 200
    assert len(fake.faults) == len(STEPS) + 1


def test_the_control_door_is_never_faulted_and_counts_nothing() -> None:
    fake = FakeJobs()
    outage = fake.outage(error="reset")
    assert Door(fake).read("faults").status_code == 200
    assert Door(fake).ask("add_project", project=1).status_code == 200
    assert outage.calls == 0


# ------------------------------------------------------------ the command line


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["exec"]])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "give status or error, as in status=503 or error='reset'"),
        ("run", "give status or error, as in status=503 or error='reset'"),
        ("rum status=503", "there is no endpoint 'rum' (did you mean 'run'?)"),
        ("run status=200", "status=200: 200 lets a call through, which only goes in a row such as status=[503, 200]"),
        ("run stats=503", "there is no argument 'stats' (did you mean 'status'?)"),
        ("run 503", "'503' is no name=value, as in 'run status=503 times=2'"),
        ("run status=503 run", "'run' is no name=value, as in 'run status=503 times=2'"),
        ("run status=503 status=502", "status is given twice"),
        ("run endpoint=run status=503", "endpoint is given twice"),
        ("run status=503 body='", "No closing quotation: quotes come in pairs"),
        ("run error=rest", "error='rest' is no way to fail (did you mean 'reset'?)"),
        ("run status=503 strict=yes", "strict='yes' is neither true nor false"),
        ("error=refused", "error='refused' needs for_s here, in real seconds: who is refused cannot remove the fault"),
    ],
)
def test_a_wrong_fault_is_one_line_and_exit_code_2(command: list[str], text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    rest = ["--", "no-such-command-of-anybody"] if command == ["exec"] else []
    assert cli.main([*command, "--fail", "run status=503", "--fail", text, *rest]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"fakejobs {command[0]}: --fail {text!r}: {said}\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run status=503 times=2", "fail('run', status=503, times=2)"),
        ("endpoint=run status=[503,200]", "fail('run', status=[503, 200])"),
        ("error=timeout spider=books hold=0.5", "fail(error='timeout', spider='books', hold=0.5)"),
        ("status=503 times=null strict=true", "fail(status=503, times=None, strict=True)"),
        ("status=503 times=None strict=True", "fail(status=503, times=None, strict=True)"),
        ("jobs/list error=cut after_rows=3", "fail('jobs/list', error='cut', after_rows=3)"),
        ("run status=429 body='too many' retry_after=5", "fail('run', status=429, retry_after='5', body='too many')"),
        ("""run status=503 params='{"page": 1}'""", "fail('run', status=503, params={'page': '1'})"),
        ("error=refused for_s=2", "fail(error='refused', for_s=2)"),
        ("  run   status=503 ", "fail('run', status=503)"),
    ],
)
def test_a_fault_on_the_command_line_is_the_verb(text: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from fakejobs import standalone

    seen: list[str] = []
    close = standalone.StandaloneFake.close

    def look_and_close(fake: FakeJobs) -> None:
        seen.extend(map(repr, fake.faults))
        close(fake)

    monkeypatch.setattr(standalone.StandaloneFake, "close", look_and_close)
    assert cli.main(["exec", "--fail", "run status=504", "--fail", text, "--", "true"]) == 0
    assert seen == ["<Fault #1 fail('run', status=504)>", f"<Fault #2 {words}>"]


# ------------------------------------------------------------ keys


FAULTS: list[dict[str, Any]] = [
    {"params": {"token": KEY}},
    {"params": {"apikey": KEY}},
    {"spider": KEY},
    {"body": f"for {KEY}"},
    {"body": {"token": KEY}},
    {"body": KEY.encode()},
    {"headers": {"X-Key": KEY, "Authorization": f"Basic {KEY}"}},
    {"retry_after": KEY},
]


@pytest.mark.parametrize("given", FAULTS, ids=str)
def test_no_door_shows_a_key(given: dict[str, Any]) -> None:
    fake = FakeJobs(key=KEY)
    door = Door(fake)
    unmet = fake.fail("run", status=503, strict=True, **given)
    fake.fail("jobs/list", status=503, **({**given, "params": {}} if "params" in given else {**given, "spider": None}))
    answer = Caller(fake, KEY).get("jobs/list.json", {"project": 1, "token": KEY})
    assert answer.status == 503
    shown = [repr(unmet), repr(fake.faults), json.dumps(as_json(fake.faults)), door.read("faults").text, door.read("calls").text]
    shown += [*map(repr, fake.calls), *map(str, fake.calls), *(text for _, text in sections_of("url", fake))]
    with pytest.raises(UsageError) as told:
        behind(fake).raise_unseen()
    shown.append(str(told.value))
    for text in shown:
        assert KEY[:8] not in text
        assert base64.b64encode(KEY.encode()).decode()[:12] not in text
    assert any("****" in text for text in shown)


@pytest.mark.parametrize(
    "given",
    [
        {"status": KEY},
        {"error": KEY},
        {"when": KEY},
        {"params": KEY},
        {"headers": KEY},
        {"headers": {f"{KEY} ": 1}},
        {"headers": {"X-Key": f"{KEY}\n"}},
        {"retry_after": f"{KEY}\n"},
        {"endpoint": KEY},
        {"job": KEY},
    ],
    ids=str,
)
def test_no_mistake_at_a_door_shows_a_key(given: dict[str, Any]) -> None:
    fake = FakeJobs(key=KEY)
    arguments = {**({} if "error" in given else {"status": 503}), **given}
    with pytest.raises(SeedError) as caught:
        fake.load([{"fail": arguments}])
    answer = Door(fake).ask("fail", **arguments)
    assert answer.status_code == 400
    for text in (str(caught.value), answer.text):
        assert KEY[:8] not in text
