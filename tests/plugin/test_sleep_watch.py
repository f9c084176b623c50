"""Code that asks for a job and really sleeps, while nobody moves the clock: it is told within a second, and only where it is a mistake."""

from __future__ import annotations

from time import perf_counter

import pytest

from tests.plugin.conftest import Run

HEAD = """
import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
import requests

REAL = time.sleep, asyncio.sleep, asyncio.tasks.sleep

@pytest.fixture(autouse=True)
def quick(monkeypatch):
    import fakejobs.sleeping.watch
    monkeypatch.setattr(fakejobs.sleeping.watch, "LIMIT_S", 0.1)

def state(fake, key):
    return requests.get(f"{fake.url}/jobs/{key}/state", auth=(fake.key, "")).json()

def wait(fake, key, span=10, sleep=lambda span: time.sleep(span)):
    while state(fake, key) != "finished":
        try:
            sleep(span)
        except Exception:
            pass

def test_after():
    assert (time.sleep, asyncio.sleep, asyncio.tasks.sleep) == REAL
    assert sleep is REAL[0]
    from fakejobs.sleeping.process import Process
    assert (Process.active, Process.watches, Process.hurried) == (None, (), 0)
"""
SINCE = "The test was ended after 0.1 s of such sleep: nothing has happened since a client was shown 123/1/1 (books, pending)"
DUE = "why: 123/1/1 starts in 5 s, but nobody moves the clock (clock='*')*"
SLEEP = 'write: @pytest.mark.fakejobs(clock="sleep")  # the code*s sleeps move the clock'
POLL = 'write: @pytest.mark.fakejobs(clock="poll")  # each look moves the clock: the loop runs in a thread'
PACE = "write: fakejobs.pace(pending=5, running=60)  # before the job is made*"
NOTHING = "why: a job does nothing by itself until a rule says how jobs live"


def told(
    run: Run,
    body: str,
    slept: str,
    *lines: str,
    pace: str = "fakejobs.pace(pending=5, running=60)",
    marker: str = "",
    is_wait: bool = False,
) -> None:
    """Check that a test ends at once, and which lines its failure has behind the first, which says what was slept, or waited."""
    began = perf_counter()
    source = f"{marker}\ndef test(fakejobs):\n    {pace}\n    key = fakejobs.add_job('books', project=123).key\n    {body}\n"
    result = run(HEAD.replace("def test_after", f"{source}\ndef test_after"))
    result.assert_outcomes(failed=1, passed=1)
    first = slept.replace(" s", " s at *test_*.py:*", 1)
    since = SINCE.replace("such sleep", "such waiting") if is_wait else SINCE
    does = "waits" if is_wait else "sleeps"
    result.stdout.fnmatch_lines([f"E *{does} for real: {first}. {since}", *(f"E * {line}" for line in lines)], consecutive=True)
    assert perf_counter() - began < 60


@pytest.mark.parametrize(
    ("body", "slept"),
    [
        ("wait(fakejobs, key)", "10 s"),
        ("wait(fakejobs, key, sleep=lambda span: sleep(span))", "10 s"),
        ("wait(fakejobs, key, 0.02)", "0.02 s"),
        ("wait(fakejobs, key, sleep=lambda span: asyncio.run(asyncio.sleep(span)))", "10 s"),
        ("state(fakejobs, key); time.sleep(3_600)", "3600 s"),
    ],
    ids=["time.sleep", "bound", "many short ones", "asyncio.sleep", "one long one"],
)
def test_a_loop_that_sleeps_for_real_under_the_manual_clock(run: Run, body: str, slept: str) -> None:
    told(run, body, slept, DUE, SLEEP)


@pytest.mark.parametrize("marker", ["", "@pytest.mark.fakejobs(clock='sleep')"], ids=["manual", "sleep"])
def test_waits_for_an_event_are_told_that_only_asking_moves_a_clock_for_them(run: Run, marker: str) -> None:
    poll = POLL.partition("#")[0] + "# each look moves the clock: the code does not sleep between its looks, or not itself"
    body = "never = threading.Event()\n    wait(fakejobs, key, 0.02, sleep=lambda span: never.wait(span))"
    told(run, body, "0.02 s", DUE, poll, marker=marker, is_wait=True)


def test_a_thread_that_waits_for_an_event_is_told_too(run: Run) -> None:
    body = "ThreadPoolExecutor(1, 'crew').submit(wait, fakejobs, key, 0.02, lambda span: threading.Event().wait(span)).result()"
    told(run, body, "0.02 s, in the thread crew_0", DUE, POLL, is_wait=True)


def test_what_lacks_besides_the_clock_is_told_too(run: Run) -> None:
    told(run, "wait(fakejobs, key)", "10 s", f"{DUE}running= is missing, so it will not end", PACE, SLEEP, pace="fakejobs.pace(pending=5)")


def test_of_a_library_that_sleeps_the_code_that_called_it_is_named(run: Run) -> None:
    body = "__import__('retrying').retry(wait_fixed=10_000, retry_on_result=lambda _: True)(state)(fakejobs, key)"
    told(run, body, "10 s", DUE, SLEEP)


def test_where_nothing_is_due_pace_is_named_too(run: Run) -> None:
    told(run, "wait(fakejobs, key)", "10 s", NOTHING, PACE, SLEEP, pace="pass")


@pytest.mark.parametrize("marker", ["", "@pytest.mark.fakejobs(clock='sleep')"], ids=["manual", "sleep"])
def test_threads_are_told_of_the_clock_for_them(run: Run, marker: str) -> None:
    body = "ThreadPoolExecutor(1, 'crew').submit(wait, fakejobs, key).result()"
    told(run, body, "10 s, in the thread crew_0", DUE, POLL, marker=marker)


def test_asking_moves_no_clock_where_nothing_is_due(run: Run) -> None:
    told(run, "wait(fakejobs, key)", "10 s", NOTHING, PACE, pace="pass", marker="@pytest.mark.fakejobs(clock='poll')")


def test_a_bare_except_meets_it_again(run: Run) -> None:
    body = "key = fakejobs.add_job('books', project=1).key\n    state(fakejobs, key)\n    for _ in range(3):\n"
    source = f"def test(fakejobs):\n    {body}        try: time.sleep(10)\n        except: pass\n"
    run(HEAD.replace("def test_after", f"{source}\ndef test_after")).assert_outcomes(failed=1, passed=1)


HARMLESS = """
def test_nobody_looks(fakejobs):
    fakejobs.add_job("books", project=1)
    assert time.sleep is REAL[0]
    time.sleep(0.15)

def test_looks_at_what_is_over(fakejobs):
    state(fakejobs, fakejobs.add_job("books", project=1, state="finished").key)
    assert time.sleep is REAL[0]

def test_short_sleeps(fakejobs):
    state(fakejobs, fakejobs.add_job("books", project=1).key)
    assert time.sleep is not REAL[0]
    time.sleep(0.01)
    time.sleep(0)

def test_something_happens(fakejobs):
    key = fakejobs.add_job("books", project=1).key
    for number in range(12):
        state(fakejobs, key)
        time.sleep(0.01)
        (fakejobs.advance(seconds=1) if number % 2 else fakejobs.add_job("films", project=1, spider_args={"n": number}))

def test_something_happens_meanwhile(fakejobs):
    key = fakejobs.add_job("books", project=1).key
    state(fakejobs, key)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(lambda: time.sleep(0.15))
        fakejobs.start_job(key)
        done.result()

def test_an_event_that_comes(fakejobs):
    fakejobs.pace(pending=5, running=60)
    state(fakejobs, fakejobs.add_job("books", project=1).key)
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: (REAL[0](0.15), done.set()))
        assert done.wait(20) is done.wait() is True
    assert done.wait(timeout=0) and done.wait(None) and not threading.Event().wait(0.01)
    with pytest.raises(TypeError):
        threading.Event().wait("long")

def test_a_wait_that_is_mocked(fakejobs, monkeypatch):
    monkeypatch.setattr(threading.Event, "wait", mock := lambda event, timeout=None: True)
    state(fakejobs, fakejobs.add_job("books", project=1).key)
    assert threading.Event.wait is mock and time.sleep is not REAL[0]

def test_a_wait_for_an_event_is_given_back():
    assert "fakejobs" not in threading.Event.wait.__code__.co_filename

def test_looks_that_are_slow_to_come(fakejobs):
    fakejobs.pace(pending=5, running=60)
    key = fakejobs.add_job("books", project=1).key
    state(fakejobs, key)
    REAL[0](1.05)  # as code that computes, or a machine that is busy
    state(fakejobs, key)

def test_a_sleep_that_wakes_late(fakejobs, monkeypatch):
    from fakejobs.sleeping.threads import TIME_SLEEP
    fakejobs.pace(pending=5, running=60)
    state(fakejobs, fakejobs.add_job("books", project=1).key)
    with monkeypatch.context() as busy:
        busy.setattr(TIME_SLEEP, "real", lambda span: REAL[0](0.15))
        time.sleep(0.05)

def test_side_by_side(fakejobs):
    state(fakejobs, fakejobs.add_job("books", project=1).key)
    async def all_of_them():
        await asyncio.gather(*(asyncio.sleep(0.02) for _ in range(20)))
    asyncio.run(all_of_them())

def test_a_result_comes_back(fakejobs):
    state(fakejobs, fakejobs.add_job("books", project=1).key)
    assert asyncio.run(asyncio.sleep(0.001, "result")) == "result"

def test_sleeps_after_a_refusal(fakejobs):
    key = fakejobs.add_job("books", project=1).key
    state(fakejobs, key)
    fakejobs.httpserver.expect_request("/busy").respond_with_data("busy", status=503)
    requests.get(fakejobs.url + "/busy")
    time.sleep(0.15)

@pytest.mark.fakejobs(patience=None)
def test_patience_off(fakejobs):
    state(fakejobs, fakejobs.add_job("books", project=1).key)
    time.sleep(0.15)

@pytest.mark.fakejobs(clock="real")
def test_real(fakejobs):
    state(fakejobs, fakejobs.add_job("books", project=1).key)
    time.sleep(0.15)

@pytest.mark.fakejobs(clock="poll")
def test_poll(fakejobs):
    fakejobs.pace(pending=5, running=5)
    wait(fakejobs, fakejobs.add_job("books", project=1).key, 0.15)

@pytest.mark.fakejobs(clock="sleep")
def test_sleep(fakejobs):
    fakejobs.pace(pending=5, running=5)
    wait(fakejobs, fakejobs.add_job("books", project=1).key)
"""


def test_what_is_no_mistake_stays_as_it_is(run: Run) -> None:
    run(HEAD.replace("def test_after", f"{HARMLESS}\ndef test_after")).assert_outcomes(passed=18)


def test_a_sleeper_that_is_not_there_is_told_to_the_test_not_to_its_client(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakejobs_sleepers = tenacityy\n")
    body = "assert state(fakejobs, fakejobs.add_job('books', project=1).key) == 'pending'"
    result = run(HEAD.replace("def test_after", f"def test(fakejobs):\n    {body}\n\ndef test_after"))
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["E *UsageError: fakejobs_sleepers: there is no package 'tenacityy' *"])


def test_serve_watches_too(run: Run) -> None:
    run(
        HEAD
        + """
def test(fakejobs):
    from fakejobs import UsageError, serve
    from fakejobs.errors import Ended
    with pytest.raises(UsageError, match="sleeps for real"):
        with serve(clock="manual") as fake, pytest.raises(Ended, match="sleeps for real"):
            wait(fake, fake.add_job("books", project=1).key)
"""
    ).assert_outcomes(passed=2)


# ------------------------------------------------------------ the batch writer

WRITER = """
import time
import pytest
from scrapinghub import HubstorageClient

def written(fakejobs, refusals):
    key = fakejobs.add_job("books", project=1, state="running").key
    for _ in range(refusals):
        fakejobs.httpserver.expect_oneshot_request(f"/logs/{key}", method="POST").respond_with_data("busy", status=503)
    moment = fakejobs.clock.now
    client = HubstorageClient(fakejobs.key, endpoint=fakejobs.url)
    client.get_job(key).logs.info("a line")
    client.close()
    assert [line["message"] for line in fakejobs.logs(key)] == ["a line"]
    assert fakejobs.clock.now == moment

@pytest.mark.parametrize("clock", ["manual", "sleep", "poll"])
def test_refused(make_fakejobs, clock):
    with make_fakejobs(clock=clock) as fake:
        written(fake, 5)

def test_a_fake_that_is_never_closed():
    from werkzeug.test import Client
    from fakejobs import FakeJobs
    assert Client(FakeJobs().app).post("/api/run.json").status_code >= 400

def test_after():
    from fakejobs.sleeping.process import Process
    assert Process.hurried == 0
    assert type(time.sleep).__name__ == "builtin_function_or_method"
"""


def test_the_batch_writer_tries_again_at_once(run_apart: Run) -> None:
    began = perf_counter()
    run_apart(WRITER, "-W", "default::DeprecationWarning", "-W", "default::UserWarning").assert_outcomes(passed=5)
    assert perf_counter() - began < 60
