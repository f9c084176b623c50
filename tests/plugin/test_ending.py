"""A mistake ends the test at once, whatever it waits for, and is told in one place."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run
from tests.plugin.mistakes import HEAD, MISTAKES, Mistake


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_whoever_would_wait_is_ended_where_it_stands(run: Run, run_apart: Run, mistake: Mistake) -> None:
    has_thread = "HubstorageClient(" in mistake.body or "Thread(" in mistake.body  # which may live on in this process
    result = (run_apart if has_thread else run)(mistake.source, "-p", "no:threadexception")
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1
    text = result.stdout.str()
    assert f"UsageError: {mistake.says}" in text
    if "# THE LINE" in mistake.body:
        result.stdout.re_match_lines([r"> .*# THE LINE"])
    if "fork" in mistake.body:  # multiprocessing shows the whole way of a child's exception
        return
    assert "/requests/" not in text
    assert "/urllib3/" not in text
    assert "exception was the direct cause" not in text or "CancelledError" in text or "except:" in mistake.body


def test_a_bare_except_that_swallows_it_for_ever_is_told_aloud(run: Run) -> None:
    result = run(
        HEAD
        + """
def test_it(fakejobs):
    schedule()
    for _ in range(112):
        try:
            ask(fakejobs)
        except:
            pass
    print("the end of the test")
    raise AssertionError("not before")
"""
    )
    lines = result.stdout.lines
    aloud = next(number for number, line in enumerate(lines) if line.startswith("fakejobs: 100 requests in a row"))
    assert aloud < next(number for number, line in enumerate(lines) if "FAILURES" in line)


def test_the_next_test_is_not_struck(run_apart: Run) -> None:
    result = run_apart(
        MISTAKES["a thread that is joined"].source
        + """
def test_next(fakejobs):
    assert schedule().metadata.get("state") == "pending"
""",
        "-p",
        "no:threadexception",
    )
    assert result.parseoutcomes() == {"failed": 1, "passed": 1}


def test_a_thread_that_outlives_its_test_harms_no_other(run_apart: Run) -> None:
    result = run_apart(
        HEAD
        + """
GO = threading.Event()

def call():
    try:
        requests.get("https://app.zyte.com/")
    finally:
        GO.wait()

def test_it(fakejobs):
    threading.Thread(target=call).start()
    threading.Event().wait()  # a join that is struck takes the thread for ended

def test_without_a_fake():
    GO.set()
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()
"""
    )
    assert result.parseoutcomes() == {"failed": 1, "passed": 1}
    assert "Exception in thread" not in result.stdout.str() + result.stderr.str()


def test_unittest_alone_is_ended_too(run_apart: Run, pytester: pytest.Pytester) -> None:
    path = pytester.makepyfile(
        alone=HEAD
        + """
from fakejobs import serve

class TestIt(unittest.TestCase):
    def test_it(self):
        with serve(environ=True, clock="manual") as fake:
            schedule()
            ask_on_and_on(fake)

unittest.main()
"""
    )
    result = pytester.runpython(path)
    result.stderr.fnmatch_lines(["fakejobs.errors.UsageError: 100 requests in a row showed 123/1/1*", "FAILED (errors=1)"])
