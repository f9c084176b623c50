"""A client that a fault holds for longer than it may: the test fails, and is told what the client lacks."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run

WAITED = "*the client waited 0.01 s: it has no time-out, or a longer one (hold=)"


@pytest.mark.parametrize("error", ["timeout", "stall"])
@pytest.mark.parametrize("is_caught", [False, True])
def test_it_ends_the_test(run: Run, error: str, *, is_caught: bool) -> None:
    read = "requests.get(fakejobs.url + '/items/1/1/1', auth=('k', '')).json()"
    body = f"with pytest.raises(Exception): {read}" if is_caught else read
    result = run(f"""
        import pytest, requests

        def test(fakejobs):
            fakejobs.add_job("books", project=1, state="finished", items=[{{"n": 1}}, {{"n": 2}}])
            fakejobs.fail("items", error={error!r}, hold=0.01)
            {body}

        def test_after(fakejobs):
            assert requests.get(fakejobs.url + "/items/1/1/1", auth=("k", "")).ok
    """)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([WAITED, f"E *fault: fail('items', error={error!r}, hold=0.01)"])


def test_a_client_that_leaves_in_time_is_no_mistake(run: Run) -> None:
    result = run("""
        import pytest, requests

        @pytest.mark.parametrize("error", ["timeout", "stall"])
        def test(fakejobs, error):
            fakejobs.add_job("books", project=1, state="finished", items=[{"n": 1}, {"n": 2}])
            fault = fakejobs.fail("items", error=error, hold=3600)
            with pytest.raises((requests.Timeout, requests.ConnectionError)):
                requests.get(fakejobs.url + "/items/1/1/1", auth=("k", ""), timeout=0.05)
            assert fault.hits == 1
    """)
    result.assert_outcomes(passed=2)


def test_one_that_is_held_when_the_test_ends_is_let_go(run: Run) -> None:
    """With its thread, and without a word."""
    result = run("""
        import threading
        import pytest, requests

        waiting = []

        def read(url):
            try:
                requests.get(url, auth=("k", ""))
            except requests.ConnectionError as error:
                waiting.append(error)

        def test(fakejobs):
            fault = fakejobs.fail("items", error="timeout", hold=3600)
            waiting.append(threading.Thread(target=read, args=[fakejobs.url + "/items/1/1/1"]))
            waiting[0].start()
            never = threading.Event()
            while not fault.hits:
                never.wait(0.001)

        def test_after():
            waiting[0].join(60)
            assert not waiting[0].is_alive()
            assert isinstance(waiting[1], requests.ConnectionError)
            assert not [thread for thread in threading.enumerate() if thread.name.startswith("fakejobs")]
    """)
    result.assert_outcomes(passed=2)


def test_sleeps_of_others_go_on_while_a_client_is_held(run: Run) -> None:
    """The clock moves by them; if what is held counted as under way, they would wait for it."""
    result = run(
        """
        import threading, time
        import requests

        def read(url):
            try:
                requests.get(url, auth=("k", ""))
            except requests.ConnectionError:
                pass

        def test(fakejobs):
            fault = fakejobs.fail("items", error="timeout", hold=3600)
            thread = threading.Thread(target=read, args=[fakejobs.url + "/items/1/1/1"])
            thread.start()
            while not fault.hits:
                threading.Event().wait(0.001)
            for _ in range(100):
                time.sleep(60)
            fault.remove()
            thread.join(60)
            assert not thread.is_alive()
    """,
        "-o",
        "fakejobs_clock=sleep",
    )
    result.assert_outcomes(passed=1)
