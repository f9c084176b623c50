"""Who lets calls fail: what is told of faults that never end, and of those that no call met."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fakejobs import FakeJobs, UsageError
from fakejobs.domain.clock import SystemClock
from fakejobs.fake import behind
from fakejobs.faults import saboteur
from tests.contract.caller import Caller

KEY = "0123456789abcdef0123456789abcdef"
WHY = "  why: it takes every call until it is removed, and the code tries again without end"


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saboteur, "MOST_IN_A_ROW", 5)


def told(fake: FakeJobs) -> list[str]:
    return behind(fake).unseen.complaints


class Client:
    """A client in another thread than the test's, as they are with a socket: what ends the test is not raised in its calls."""

    def __init__(self, fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("fakejobs.backstage.is_called_by_test", lambda: False)
        self._caller = Caller(fake)

    def call(self, times: int = 1, endpoint: str = "jobs/list.json") -> None:
        for _ in range(times):
            self._caller.get(endpoint, {"project": 1})


@pytest.mark.parametrize("clock", ["manual", "poll", "sleep"])
def test_a_fault_that_never_ends_ends_the_test(clock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeJobs(clock=clock)
    client = Client(fake, monkeypatch)
    fake.fail("jobs/list", status=503, times=None)
    client.call(4)
    assert told(fake) == []
    client.call()
    assert told(fake)[0].splitlines() == [
        "5 calls in a row failed by fault #1, fail('jobs/list', status=503, times=None), and nothing else happened",
        WHY,
        "  write: give times=, as in times=2, or remove() the fault, as the end of its `with` does",
    ]


def test_so_does_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeJobs()
    fake.outage()
    Client(fake, monkeypatch).call(5)
    assert told(fake)[0].splitlines() == [
        "5 calls in a row failed by fault #1, outage(status=503), and nothing else happened",
        WHY,
        "  write: remove() the fault, as the end of its `with` does",
    ]


def test_a_test_that_calls_the_application_itself_is_ended_there() -> None:
    fake = FakeJobs(key=KEY)
    fake.fail(status=503, times=None, params={"project": "1"}, headers={"X-Key": KEY})

    def loop() -> None:
        for _ in range(1000):
            Caller(fake).get("jobs/list.json", {"project": 1})

    with pytest.raises(BaseException, match=r"^5 calls in a row failed by fault #1, fail\(.*\*\*\*\*cdef") as caught:
        loop()
    assert KEY not in str(caught.value)
    assert len(fake.calls) == 5
    with pytest.raises(UsageError, match=r"^5 calls in a row"):
        behind(fake).raise_unseen()


@pytest.mark.parametrize("clock", ["real", SystemClock(1000)], ids=["real", "own"])
def test_real_time_is_the_clients_own(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeJobs(clock=clock)
    fake.outage()
    Client(fake, monkeypatch).call(20)
    assert told(fake) == []


def test_faults_that_end_are_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeJobs()
    fake.fail(status=503, times=50)
    Client(fake, monkeypatch).call(50)
    assert told(fake) == []


@pytest.mark.parametrize(
    "between", ["a call as ever", "one that a row lets through", "a verb", "another fault", "a rule", "a seed", "a test"]
)
def test_whatever_else_happens_begins_anew(between: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeJobs()
    client = Client(fake, monkeypatch)
    fake.fail("jobs/list", status=503, times=None)
    row = fake.fail("spiders/list", status=[200, 503], times=None)
    for turn in range(5):
        client.call(3)
        if between == "a call as ever":
            client.call(1, "jobs/count.json")
        elif between == "one that a row lets through":
            client.call(1, "spiders/list.json")
            row.remove()
            row = fake.fail("spiders/list", status=[200, 503], times=None)
        elif between == "a verb":
            fake.add_job("a", project=1)
        elif between == "another fault":
            with fake.fail("jobs/count", status=502):
                client.call(1, "jobs/count.json")
        elif between == "a rule":
            fake.pace(running=turn + 1)
        elif between == "a seed":
            fake.load([{"add_project": {"project": turn + 2}}])
        else:
            behind(fake).start_over()
    assert told(fake) == []


def test_two_that_never_end_are_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeJobs()
    client = Client(fake, monkeypatch)
    fake.fail("jobs/list", status=503, times=None)
    fake.fail("jobs/count", error="malformed", times=None)
    client.call(4)
    client.call(1, "jobs/count.json")
    assert told(fake)[0].startswith("5 calls in a row failed by fault #2, fail('jobs/count', error='malformed', times=None), and nothing")


def test_time_that_passes_is_nothing_that_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeJobs(clock="sleep")
    client = Client(fake, monkeypatch)
    fake.fail(status=503, times=None, delay=60)
    for _ in range(5):
        client.call()
        fake.clock.advance(timedelta(minutes=1))
    assert told(fake)[0].startswith("5 calls in a row failed by fault #1")


# ------------------------------------------------------------ unmet


def test_what_is_said_of_faults_that_no_call_met() -> None:
    fake = FakeJobs(key=KEY)
    client = Caller(fake)
    fake.fail("run", status=503)
    fake.fail("jobs/list", status=502, after=3)
    fake.fail("jobs/list", status=503)
    fake.fail("jobs/list", status=504)
    fake.fail("jobs/list", status=503, probability=0)
    with fake.fail("items", error="cut", spider=f"x{KEY}"):
        pass
    fake.fail(error="refused").remove()
    fake.fail("jobs/count", status=[200, 503])
    client.get("jobs/count.json", {"project": 1})
    client.get("jobs/list.json", {"project": 1})
    others = "1 call fitted it, and none failed: another fault took them"
    assert behind(fake).saboteur.unmet() == [
        "fault #1, fail('run', status=503): no call met it",
        "fault #2, fail('jobs/list', status=502, after=3): 1 call fitted it, and none failed: after=3 lets them through",
        f"fault #4, fail('jobs/list', status=504): {others}",
        f"fault #5, fail('jobs/list', status=503, probability=0): {others}, or its probability let them through",
        "fault #6, fail('items', error='cut', spider='x****cdef'): no call met it",
        "fault #8, fail('jobs/count', status=[200, 503]): 1 call fitted it, and none failed: the 200 in its row let them through",
    ]
    fake.reset()
    assert behind(fake).saboteur.unmet() == []


def test_a_strict_fault_is_told_once() -> None:
    fake = FakeJobs()
    fake.fail("run", status=503, strict=True)
    with pytest.raises(
        UsageError, match=r"^fault #1, fail\('run', status=503, strict=True\): no call met it; strict=True wants one to fail$"
    ):
        behind(fake).raise_unseen()
    behind(fake).raise_unseen()
    fake.close()


def test_a_strict_fault_is_told_although_a_reset_has_forgotten_it() -> None:
    fake = FakeJobs()
    fake.fail("run", status=503, strict=True)
    fake.reset()
    fake.reset()
    with pytest.raises(UsageError, match=r"^fault #1, fail\('run', status=503, strict=True\): no call met it; strict=True"):
        behind(fake).raise_unseen()
    behind(fake).raise_unseen()
    fake.close()


def test_a_strict_fault_is_not_told_of_what_failed_otherwise() -> None:
    fake = FakeJobs()
    fake.fail("run", status=503, strict=True)
    behind(fake).raise_unseen(ValueError("x"))
    fake.close()


def test_a_strict_fault_that_was_met_and_one_that_is_not_strict() -> None:
    with FakeJobs() as fake:
        fake.fail("jobs/list", status=503, strict=True)
        fake.fail("jobs/list", status=503)
        Caller(fake).get("jobs/list.json", {"project": 1})
