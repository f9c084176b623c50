"""What exploring leaves alone in a test: its own faults and their numbers, its dumps, and its reset()."""

from __future__ import annotations

from tests.plugin.conftest import Run
from tests.plugin.shop import SHOP


def test_the_fault_that_is_tried_is_none_of_the_test(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=True)
def test(fakejobs):
    assert fakejobs.faults == []
    fault = fakejobs.fail("jobs/count", status=500)
    schedule(fakejobs)
    assert (fakejobs.faults, fault.number, fault.calls) == ([fault], 1, 0)
    assert [verb for step in fakejobs.dump() for verb in step if "fault" in verb or verb == "fail"] == ["fail", "restore_fault"]
""")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["explored 4 schedules of 1 call"])


def test_a_fault_of_the_test_does_not_come_before_the_one_that_is_tried(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=["lost"])
def test(fakejobs):
    with fakejobs.outage():
        try:
            call(fakejobs, "run.json", project=1, spider="books")
        except SOME:
            pass
    schedule(fakejobs, "shoes")
    assert not fakejobs.scheduled(spider="books")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["explored 2 schedules of 2 calls, 1 failed", "1. run *  lost  AssertionError: *"])


def test_reset_forgets_neither_the_calls_before_nor_the_fault_that_is_tried(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.fixture
def used(fakejobs):
    for _ in range(3):
        listed(fakejobs)
    return fakejobs

@pytest.mark.fakejobs(explore=["503"])
def test(used):
    schedule(used, "books")
    used.reset()
    schedule(used, "books")
    schedule(used, "shoes")
    assert len(used.calls) == 2, used.calls[0].failed or used.calls[0]
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["explored 3 schedules of 3 calls, 2 failed", "2. run *", "3. run *"])
    result.stdout.no_fnmatch_line("*not met*")
    result.stdout.fnmatch_lines(["#1 POST * -> 503 Service Unavailable (fault of the schedule) *"])


def test_what_a_run_leaves_unclosed_is_told_of_that_run(run: Run) -> None:
    result = run(f"""{SHOP}
import socket

@pytest.mark.fakejobs(explore=["503", "reset"])
def test(fakejobs):
    for spider in "abc":
        try:
            call(fakejobs, "run.json", project=1, spider=spider)
        except requests.HTTPError:
            left = [socket.socket()]
            left.append(left)  # none but the collector of garbage finds it
        except SOME:
            pass

def test_after(): pass
""")
    result.assert_outcomes(failed=1, passed=1)
    told = "PytestUnraisableExceptionWarning: Exception ignored in: <socket.socket fd=…, *"
    rows = [f"{place}. run project=1 spider={spider}  503  {told}" for place, spider in enumerate("abc", 1)]
    result.stdout.fnmatch_lines(["explored 6 schedules of 3 calls, 3 failed", *rows])
