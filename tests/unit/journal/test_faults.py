"""What the journal says of calls that a fault took, and which of them the sentences of a test count."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from fakejobs import FakeJobs, UsageError
from tests.contract.caller import Caller

Call = Callable[[Caller], Any]
RUN: Call = lambda client: client.post("run.json", {"project": 1, "spider": "b"})  # noqa: E731
AGAIN: Call = lambda client: client.post("run.json", {"project": 1, "spider": "a"})  # noqa: E731
LIST: Call = lambda client: client.get("jobs/list.json", {"project": 1})  # noqa: E731
ITEMS: Call = lambda client: client.send("GET", "/items/1/1/1")  # noqa: E731
STOP: Call = lambda client: client.post("jobs/stop.json", {"project": 1, "job": "1/1/1"})  # noqa: E731
CANCEL: Call = lambda client: client.send("POST", "/jobq/1/1/1/cancel")  # noqa: E731
TAG: Call = lambda client: client.post("jobs/update.json", {"project": 1, "job": "1/1/1", "add_tag": "x"})  # noqa: E731
DELETE: Call = lambda client: client.post("jobs/delete.json", {"project": 1, "job": "1/1/2"})  # noqa: E731
PUSH: Call = lambda client: client.send("POST", "/jobq/1/push", body=b'{"spider": "b"}')  # noqa: E731


@pytest.fixture
def fake() -> FakeJobs:
    """A fake with a running and a finished job of spider a."""
    fake = FakeJobs()
    fake.add_job("a", project=1, state="running", items=[{"n": 1}])
    fake.add_job("a", project=1, state="finished")
    return fake


def failing(fake: FakeJobs, call: Call, **fault: Any) -> str:
    """Let a call fail, and return its line."""
    with fake.fail(**fault), suppress(ConnectionResetError, TimeoutError):
        call(Caller(fake))
    return str(fake.calls[-1])


R, L, ROWS, S = (
    "POST /api/run.json project=1 spider=b",
    "GET /api/jobs/list.json project=1",
    "GET /items/1/1/1",
    "POST /api/jobs/stop.json project=1 job=1/1/1",
)
REFUSED = "POST /api/run.json project=1 spider=a"
WHY = "a already scheduled as 1/1/1"

LINES: list[tuple[Call, dict[str, Any], str]] = [
    (RUN, {"status": 503}, f"{R} -> 503 Service Unavailable (fault #1)"),
    (RUN, {"status": 429}, f"{R} -> 429 TOO MANY REQUESTS (fault #1)"),
    (RUN, {"status": 503, "delay": 90}, f"{R} -> 503 Service Unavailable, 90 s late (fault #1)"),
    (RUN, {"status": 504, "when": "after"}, f"{R} -> 504 Gateway Time-out, after the effect [1/2/1] (fault #1)"),
    (
        RUN,
        {"status": 504, "when": "after", "delay": 0.5},
        f"{R} -> 504 Gateway Time-out, after the effect, 0.5 s late [1/2/1] (fault #1)",
    ),
    (RUN, {"error": "reset"}, f"{R} -> reset (fault #1)"),
    (RUN, {"error": "reset", "when": "after"}, f"{R} -> reset after the effect [1/2/1] (fault #1)"),
    (RUN, {"error": "close", "when": "after"}, f"{R} -> closed after the effect [1/2/1] (fault #1)"),
    (RUN, {"error": "timeout"}, f"{R} -> held (fault #1)"),
    (RUN, {"error": "timeout", "when": "after"}, f"{R} -> held after the effect [1/2/1] (fault #1)"),
    (RUN, {"error": "garbage"}, f"{R} -> garbage (fault #1)"),
    (RUN, {"error": "malformed"}, f"{R} -> 200 OK, malformed (fault #1)"),
    (RUN, {"error": "malformed", "when": "after"}, f"{R} -> 200 OK, malformed after the effect [1/2/1] (fault #1)"),
    (RUN, {"error": "cut"}, f"{R} -> 200 OK, cut halfway [1/2/1] (fault #1)"),
    (RUN, {"error": "stall", "after_bytes": 1}, f"{R} -> 200 OK, stalled after 1 byte [1/2/1] (fault #1)"),
    (RUN, {"error": "slow", "rate": 10}, f"{R} -> 200 OK, slow [1/2/1] (fault #1)"),
    (RUN, {"error": "slow", "delay": 2}, f"{R} -> 200 OK, slow, 2 s late [1/2/1] (fault #1)"),
    (AGAIN, {"status": 503}, f"{REFUSED} -> 503 Service Unavailable (fault #1)"),
    (AGAIN, {"status": 504, "when": "after"}, f"{REFUSED} -> 504 Gateway Time-out, after the refusal: {WHY} (fault #1)"),
    (AGAIN, {"error": "reset", "when": "after"}, f"{REFUSED} -> reset after the refusal: {WHY} (fault #1)"),
    (AGAIN, {"error": "cut", "after_bytes": 9}, f"{REFUSED} -> 400 Bad Request, cut after 9 bytes: {WHY} (fault #1)"),
    (LIST, {"status": 503}, f"{L} -> 503 Service Unavailable (fault #1)"),
    (LIST, {"error": "reset", "when": "after"}, f"{L} -> reset after the effect (fault #1)"),
    (LIST, {"error": "cut", "after_rows": 1}, f"{L} -> 200 OK, cut after 1 row, 2 jobs (fault #1)"),
    (ITEMS, {"error": "reset", "after_rows": 0}, f"{ROWS} -> 200 OK, reset after 0 rows, 1 row (fault #1)"),
    (ITEMS, {"error": "stall"}, f"{ROWS} -> 200 OK, stalled halfway, 1 row (fault #1)"),
    (STOP, {"status": 502}, f"{S} -> 502 Bad Gateway (fault #1)"),
    (STOP, {"error": "close", "when": "after"}, f"{S} -> closed after the effect [1/1/1] (fault #1)"),
]


@pytest.mark.parametrize(("call", "fault", "line"), LINES, ids=[line.partition(" -> ")[2] for *_, line in LINES])
def test_a_line_says_what_happened(fake: FakeJobs, call: Call, fault: dict[str, Any], line: str) -> None:
    assert failing(fake, call, **fault) == f"#1 {line}"


def test_a_call_that_a_row_lets_through_has_no_fault(fake: FakeJobs) -> None:
    fake.fail("jobs/list", status=[200, 503])
    client = Caller(fake)
    LIST(client), LIST(client)
    first, second = fake.calls
    assert (first.fault, first.status, first.rows) == (None, 200, 2)
    assert (second.fault, second.status, second.is_undone) == (1, 503, True)


@pytest.mark.parametrize(
    ("fault", "status", "is_undone"),
    [
        ({"status": 503}, 503, True),
        ({"status": 503, "when": "after"}, 503, False),
        ({"error": "reset"}, None, True),
        ({"error": "timeout", "when": "after"}, None, False),
        ({"error": "cut"}, 200, False),
        ({"error": "malformed"}, 200, True),
    ],
)
def test_a_lost_call_has_no_status_and_one_without_effect_is_undone(
    fake: FakeJobs, fault: dict[str, Any], status: int | None, is_undone: bool
) -> None:
    failing(fake, RUN, **fault)
    [call] = fake.calls
    assert (call.status, call.is_undone, bool(call.job_keys)) == (status, is_undone, not is_undone)
    assert call.params == {"project": "1", "spider": "b"}
    assert call.orders[0].spider == "b"


# ------------------------------------------------------------ what counts


def test_faulted_calls_are_called_and_their_status_is_a_criterion(fake: FakeJobs) -> None:
    client = Caller(fake)
    fake.fail("run", status=[503, 502])
    RUN(client), RUN(client)
    failing(fake, RUN, error="reset", when="after")
    AGAIN(client)
    assert len(fake.assert_called("run", count=4)) == 4
    assert [call.number for call in fake.assert_called("run", status=503, count=1)] == [1]
    assert [call.number for call in fake.assert_called("run", params={"spider": "b"}, status=502)] == [2]
    fake.assert_called("run", status=400)
    fake.assert_called("run", status=200, count=0)
    fake.assert_called_in_order(("run", {"spider": "b"}), ("run", {"spider": "a"}))
    fake.assert_not_called("jobs/list")
    with pytest.raises(AssertionError, match=r"^clients called run 4 times, wanted never:"):
        fake.assert_not_called("run")


def test_a_job_is_scheduled_whose_answer_was_lost_and_not_one_whose_call_was(fake: FakeJobs) -> None:
    failing(fake, RUN, error="reset")
    fake.assert_not_scheduled(spider="b")
    assert fake.scheduled() == []
    failing(fake, RUN, error="reset", when="after")
    assert fake.assert_scheduled("b").key == "1/2/1"
    assert [job.key for job in fake.scheduled()] == ["1/2/1"]


def test_a_push_is_one_too(fake: FakeJobs) -> None:
    failing(fake, PUSH, status=503)
    fake.assert_not_scheduled()
    failing(fake, PUSH, status=503, when="after")
    assert fake.assert_scheduled("b").key == "1/2/1"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (STOP, lambda fake: fake.assert_stopped("1/1/1")),
        (STOP, lambda fake: fake.assert_cancelled("1/1/1")),
        (CANCEL, lambda fake: fake.assert_stopped("1/1/1")),
        (TAG, lambda fake: fake.assert_tagged("1/1/1", add=["x"])),
        (DELETE, lambda fake: fake.assert_deleted("1/1/2")),
    ],
)
def test_a_deed_is_done_whose_answer_was_lost_and_not_one_whose_call_was(
    fake: FakeJobs, call: Call, sentence: Callable[[FakeJobs], object]
) -> None:
    failing(fake, call, status=503)
    with pytest.raises(AssertionError) as failure:
        sentence(fake)
    assert "but fault #1 took it before it had any effect" in str(failure.value)
    failing(fake, call, error="close", when="after")
    sentence(fake)


def test_spared_calls_count_as_ever(fake: FakeJobs) -> None:
    fake.outage()
    with fake.spared():
        RUN(Caller(fake))
    assert fake.assert_scheduled("b").key == "1/2/1"


# ------------------------------------------------------------ near misses


def test_a_miss_says_which_fault_took_the_call(fake: FakeJobs) -> None:
    failing(fake, RUN, status=503)
    failing(fake, LIST, error="reset")
    with pytest.raises(AssertionError) as failure:
        fake.assert_scheduled("b", tags=["x"])
    assert str(failure.value).splitlines() == [
        "no client scheduled such a job:",
        "    spider: 'b'",
        "    tags: ['x']",
        "the nearest call:",
        f"  #1 {R} -> 503 Service Unavailable (fault #1)",
        "      tags: [] != ['x']",
        "      agrees: spider",
        "      lost: fault #1 took it before it had any effect",
        "what else was asked:",
        f"  #2 {L} -> reset (fault #2)",
    ]


def test_a_miss_of_a_job_whose_answer_was_lost_is_one_as_ever(fake: FakeJobs) -> None:
    failing(fake, RUN, error="reset", when="after")
    failing(fake, AGAIN, error="reset", when="after")
    with pytest.raises(AssertionError) as failure:
        fake.assert_scheduled("c")
    assert str(failure.value).splitlines()[2:] == [
        "nearest calls:",
        f"  #2 {REFUSED} -> reset after the refusal: {WHY} (fault #2)",
        "      spider: 'a' != 'c'",
        f"      refused: {WHY}",
        f"  #1 {R} -> reset after the effect [1/2/1] (fault #1)",
        "      spider: 'b' != 'c'",
    ]


def test_a_deed_that_was_lost_is_the_nearest(fake: FakeJobs) -> None:
    failing(fake, RUN, status=503)
    failing(fake, STOP, error="timeout")
    with pytest.raises(AssertionError) as failure:
        fake.assert_stopped("1/1/1")
    assert str(failure.value).splitlines() == [
        "no client asked to stop 1/1/1 (a, running):",
        "    job: '1/1/1'",
        "the nearest call:",
        f"  #2 {S} -> held (fault #2)",
        "      the call named 1/1/1, but fault #2 took it before it had any effect",
        "what else was asked:",
        f"  #1 {R} -> 503 Service Unavailable (fault #1)",
    ]


def test_a_miss_by_status(fake: FakeJobs) -> None:
    failing(fake, RUN, status=502)
    failing(fake, RUN, error="reset")
    with pytest.raises(AssertionError) as failure:
        fake.assert_called("run", status=503)
    assert str(failure.value).splitlines() == [
        "no client called run with this status:",
        "    status of the answer: 503",
        "nearest calls:",
        f"  #2 {R} -> reset (fault #2)",
        "      status of the answer: no answer != 503",
        f"  #1 {R} -> 502 Bad Gateway (fault #1)",
        "      status of the answer: 502 != 503",
    ]
    with pytest.raises(AssertionError, match=r"^clients called run with this status once, wanted twice:\n"):
        fake.assert_called("run", status=502, count=2)
    with pytest.raises(AssertionError, match=r"^clients never called run with these parameters and this status, wanted once:\n"):
        fake.assert_called("run", params={"spider": "a"}, status=502, count=1)


def test_a_status_that_no_answer_has(fake: FakeJobs) -> None:
    for status in (0, 99, 600, -1):
        with pytest.raises(UsageError, match=r"^status=-?[0-9]+ is no"):
            fake.assert_called("run", status=status)
