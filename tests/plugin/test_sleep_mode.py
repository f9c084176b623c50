"""Fakes whose clock moves when the code under test sleeps: how it is asked for, real polling loops, and what is left."""

from __future__ import annotations

from time import perf_counter

import pytest

from tests.plugin.conftest import Run

APP = """
import asyncio
import time
from asyncio import sleep as pause
from time import sleep

import httpx
import requests


def state(fake, key, get=requests.get):
    return get(fake.api_url + "jobs/list.json", params={"project": 1, "job": key}, auth=(fake.key, "")).json()["jobs"][0]["state"]


def wait(fake, key, every=10):
    polls = 1
    while state(fake, key) != "finished":
        polls += 1
        (sleep if polls % 2 else time.sleep)(every)
    return polls


async def wait_in_loop(fake, client, key, every=10):
    polls = 0
    while True:
        polls += 1
        answer = await client.get(fake.api_url + "jobs/list.json", params={"project": 1, "job": key}, auth=(fake.key, ""))
        if answer.json()["jobs"][0]["state"] == "finished":
            return polls
        await (pause if polls % 2 else asyncio.sleep)(every)


async def wait_in_thread(fake, key, every=10):
    polls = 1
    while await asyncio.to_thread(state, fake, key) != "finished":
        polls += 1
        await asyncio.sleep(every)
    return polls
"""

REAL = """
import asyncio, time, threading
from asyncio.base_events import BaseEventLoop
REAL = (time.sleep, asyncio.sleep, asyncio.tasks.sleep, BaseEventLoop.run_in_executor)

def all_is_real():
    import app
    assert (time.sleep, asyncio.sleep, asyncio.tasks.sleep, BaseEventLoop.run_in_executor) == REAL
    assert (app.sleep, app.pause) == REAL[:2]
    return not [thread for thread in threading.enumerate() if "fakejobs" in thread.name]
"""


@pytest.fixture(autouse=True)
def _app(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(app=APP)


# ------------------------------------------------------------ how it is asked for

POLLS = """
import app
from fakejobs.fake import behind

def test(fakejobs):
    assert behind(fakejobs).clock_mode == "sleep"
    fakejobs.pace(pending=5, running=60)
    key = fakejobs.add_job("books", project=1).key
    before = fakejobs.clock.now
    assert app.wait(fakejobs, key) == 8
    assert (fakejobs.clock.now - before).total_seconds() == 70
    assert (fakejobs.get_job(key).finished_time - before).total_seconds() == 65
"""
FIXTURE = """
import pytest
@pytest.fixture
def fakejobs_options():
    return {"clock": "%s"}
"""


@pytest.mark.parametrize(
    ("head", "ini", "arguments"),
    [
        ("import pytest\npytestmark = pytest.mark.fakejobs(clock='sleep')", "", ()),
        (FIXTURE % "sleep", "", ()),
        ("", "fakejobs_clock = sleep", ()),
        ("", "", ("--fakejobs-clock", "sleep")),
        ("", "fakejobs_clock = manual", ("--fakejobs-clock=sleep",)),
        (FIXTURE % "sleep", "fakejobs_clock = real", ("--fakejobs-clock", "manual")),
        (FIXTURE % "real" + "pytestmark = pytest.mark.fakejobs(clock='sleep')", "", ("--fakejobs-clock", "manual")),
    ],
    ids=["marker", "fixture", "ini", "command line", "command line over ini", "fixture over both", "marker over all"],
)
def test_ways_to_ask_for_it(run: Run, pytester: pytest.Pytester, head: str, ini: str, arguments: tuple[str, ...]) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    run(REAL + head + POLLS + "def test_after():\n    assert all_is_real()\n", *arguments).assert_outcomes(passed=2)


def test_the_nearest_marker_wins_and_others_stay(run: Run) -> None:
    run("""
        import pytest
        from fakejobs.fake import behind
        pytestmark = pytest.mark.fakejobs(clock="poll", start=1577923200000)

        @pytest.mark.fakejobs(clock="sleep")
        class Test:
            def test_class(self, fakejobs):
                assert (behind(fakejobs).clock_mode, behind(fakejobs).cloud.now_ms()) == ("sleep", 1577923200000)

            @pytest.mark.fakejobs(clock="manual")
            def test_method(self, fakejobs):
                assert (behind(fakejobs).clock_mode, behind(fakejobs).cloud.now_ms()) == ("manual", 1577923200000)

        def test_module(fakejobs):
            assert behind(fakejobs).clock_mode == "poll"
    """).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("@pytest.mark.fakejobs('sleep')\ndef test(fakejobs): pass", "@pytest.mark.fakejobs* takes keywords*"),
        ("@pytest.mark.fakejobs(clocks='sleep')\ndef test(fakejobs): pass", "@pytest.mark.fakejobs has no option 'clocks'*"),
        ("@pytest.mark.fakejobs(clock='sleep', sleep_limit=5)\ndef test(fakejobs): pass", "*positive timedelta, not 5"),
        ("@pytest.mark.fakejobs(clock='poll', patch_time=True)\ndef test(fakejobs): pass", "patch_time=True is for clock='sleep'*"),
        ("@pytest.mark.fakejobs(clock='sleep', patch_time=1)\ndef test(fakejobs): pass", "patch_time=1 is neither true nor false"),
        (
            """
@pytest.fixture
def other(make_fakejobs):
    with make_fakejobs(clock="sleep") as fake:
        yield fake

@pytest.mark.fakejobs(clock="sleep")
def test(fakejobs, other):
    pass
""",
            "sleep is virtual already in this process*",
        ),
    ],
    ids=["position", "unknown", "limit", "time with another clock", "no flag", "two at once"],
)
def test_mistakes(run: Run, source: str, text: str) -> None:
    result = run(REAL + "import pytest\n" + source + "\ndef test_after():\n    assert all_is_real()\n")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([f"E *UsageError: {text}"])


def test_packages_whose_sleep_counts(run: Run, pytester: pytest.Pytester) -> None:
    library = pytester.mkpydir("site-packages").joinpath("polite.py")
    library.write_text("import time\nfrom time import sleep\ndef a(): time.sleep(0.001)\ndef b(): sleep(0.001)\n")
    source = """
        import sys
        import pytest
        sys.path.insert(0, "site-packages")
        import polite
        from fakejobs.fake import behind

        @pytest.mark.fakejobs(clock="sleep")
        def test(fakejobs):
            before = behind(fakejobs).cloud.now_ms()
            polite.a()
            polite.b()
            assert behind(fakejobs).cloud.now_ms() - before == {}
            assert behind(fakejobs).clock_mode == "sleep"
    """
    run(source.format(0)).assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nfakejobs_sleepers = polite\n")
    run(source.format(2)).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("scrapinhub", "there is no package 'scrapinhub' to be loaded (did you mean 'scrapinghub'?)"),
        ("zzzz", "there is no package 'zzzz' to be loaded (there without being named: shub_workflow, scrapinghub, *urllib3.util.retry)"),
        ("!urlib3.util.retry", "'urlib3.util.retry' is not among those that can be taken away (did you mean 'urllib3.util.retry'?)"),
        ("subprocess", "'subprocess' is Python's own: *"),
        ("!", "fakejobs_sleepers=[[]'!']: give a list of names of packages"),
    ],
)
def test_sleepers_that_are_not_there(run: Run, pytester: pytest.Pytester, names: str, text: str) -> None:
    pytester.makeini(f"[pytest]\nfakejobs_sleepers = {names}\n")
    result = run("import pytest\n@pytest.mark.fakejobs(clock='sleep')\ndef test(fakejobs): pass\ndef test_manual(make_fakejobs): pass\n")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([f"E *UsageError: *{text}"])


RETRIES = """
import pytest
import requests
from requests.adapters import HTTPAdapter
from retrying import retry
from scrapinghub import HubstorageClient
from urllib3.util.retry import Retry

@pytest.mark.fakejobs(clock="sleep")
class Test:
    def until_it_works(self, fakejobs, path, ask):
        for _ in range(3):
            fakejobs.httpserver.expect_oneshot_request(path).respond_with_data("busy", status=503)
        moment = fakejobs.clock.now
        ask()
        assert len([call for call in fakejobs.calls if call.status == 503]) == 3
        return (fakejobs.clock.now - moment).total_seconds()

    def test_official(self, fakejobs):
        key = fakejobs.add_job("books", project=1).key
        client = HubstorageClient(fakejobs.key, endpoint=fakejobs.url)
        assert self.until_it_works(fakejobs, f"/jobs/{key}", lambda: client.get_job(key).metadata.apiget()) > 5

    def test_urllib3(self, fakejobs):
        key = fakejobs.add_job("books", project=1).key
        session = requests.Session()
        session.mount("http://", HTTPAdapter(max_retries=Retry(total=3, backoff_factor=10, status_forcelist=[503])))
        url = f"{fakejobs.url}/jobs/{key}"
        assert self.until_it_works(fakejobs, f"/jobs/{key}", lambda: session.get(url, auth=(fakejobs.key, ""))) == SPAN

    def test_retrying(self, fakejobs):
        key = fakejobs.add_job("books", project=1).key

        @retry(wait_fixed=10_000)
        def ask():
            requests.get(f"{fakejobs.url}/jobs/{key}", auth=(fakejobs.key, "")).raise_for_status()

        assert self.until_it_works(fakejobs, f"/jobs/{key}", ask) == 30
"""


def test_libraries_that_try_again_do_not_wait(run_apart: Run) -> None:
    began = perf_counter()
    run_apart(RETRIES.replace("SPAN", "60"), "-W", "default::DeprecationWarning", "-W", "default::UserWarning").assert_outcomes(passed=3)
    assert perf_counter() - began < 60


def test_a_sleeper_can_be_taken_away(run_apart: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakejobs_sleepers = !urllib3\n")
    source = RETRIES.replace("SPAN", "0").replace("backoff_factor=10", "backoff_factor=0.001")
    quiet = ("-W", "default::DeprecationWarning", "-W", "default::UserWarning")
    run_apart(source, "-k", "urllib3", *quiet).assert_outcomes(passed=1, deselected=2)


def test_a_fake_of_a_wider_scope(run: Run) -> None:
    run(
        REAL
        + """
import app, pytest

@pytest.fixture(scope="module")
def wide(make_fakejobs):
    with make_fakejobs(clock="sleep") as fake:
        fake.pace(running=60)
        yield fake

@pytest.mark.parametrize("number", range(3))
def test(wide, number):
    assert app.wait(wide, wide.add_job("books", project=1).key) == 7
"""
    ).assert_outcomes(passed=3)


def test_serve_makes_sleep_virtual_under_the_working_directory(run: Run) -> None:
    run(
        REAL
        + """
import app
from fakejobs import serve

def test():
    with serve(clock="sleep") as fake:
        fake.pace(running=60)
        assert app.wait(fake, fake.add_job("books", project=1).key) == 7
    assert all_is_real()
"""
    ).assert_outcomes(passed=1)


# ------------------------------------------------------------ time that user code can believe


def test_a_deadline_of_the_code_under_test_strikes(run: Run) -> None:
    run(
        """
import time
from datetime import datetime, timedelta, timezone
from time import monotonic
import pytest, requests, time_machine

def looks_until(fakejobs, now, span):
    key, looks, deadline = fakejobs.add_job("books", project=1).key, 0, now() + span
    while now() < deadline:
        looks += 1
        requests.get(f"{fakejobs.url}/jobs/{key}", auth=(fakejobs.key, ""))
        time.sleep(10)
    return looks

@pytest.mark.fakejobs(clock="sleep")
class Test:
    def test_time(self, fakejobs):
        assert 355 < looks_until(fakejobs, time.time, 3_600) <= 360

    def test_monotonic(self, fakejobs):
        assert 355 < looks_until(fakejobs, lambda: monotonic(), 3_600) <= 360

    def test_advanced(self, fakejobs):
        before = time.time()
        fakejobs.advance(hours=2)
        assert 7_200 <= time.time() - before < 7_260

    @time_machine.travel("2026-01-01T00:00Z")
    def test_datetime(self, fakejobs):
        assert 355 < looks_until(fakejobs, lambda: datetime.now(timezone.utc), timedelta(hours=1)) <= 360
        before = datetime.now(timezone.utc)
        fakejobs.advance(hours=2)
        assert timedelta(hours=2) <= datetime.now(timezone.utc) - before < timedelta(hours=2, minutes=1)

@pytest.mark.fakejobs(clock="sleep", patch_time=False)
def test_off(fakejobs):
    real = time.time
    time.sleep(3_600)
    assert real is time.time and type(real).__name__ == "builtin_function_or_method"

def test_after():
    assert type(time.time).__name__ == type(monotonic).__name__ == "builtin_function_or_method"
"""
    ).assert_outcomes(passed=6)


# ------------------------------------------------------------ real polling loops

LOOPS = """
import asyncio
import httpx, pytest
import app

pytestmark = pytest.mark.fakejobs(clock="sleep")

def client():
    return httpx.AsyncClient(trust_env=False)

async def ten_pollers(fakejobs):
    fakejobs.pace(pending=5, running=60)
    keys = [fakejobs.add_job(f"books{number}", project=1).key for number in range(10)]
    before = fakejobs.clock.now
    async with client() as shared:
        assert await asyncio.gather(*(app.wait_in_loop(fakejobs, shared, key) for key in keys)) == [8] * 10
    assert (fakejobs.clock.now - before).total_seconds() == 70
    assert len(fakejobs.calls) == 80

async def different_intervals(fakejobs):
    fakejobs.pace(pending=5, running=60)
    keys = [fakejobs.add_job(f"books{number}", project=1).key for number in range(3)]
    before = fakejobs.clock.now
    async with client() as a, client() as b, client() as c:
        waits = (app.wait_in_loop(fakejobs, client, key, every) for client, key, every in zip((a, b, c), keys, (7, 11, 13)))
        assert await asyncio.gather(*waits) == [11, 7, 6]
    assert (fakejobs.clock.now - before).total_seconds() == 70

async def pollers_in_threads(fakejobs):
    fakejobs.pace(pending=5, running=60)
    keys = [fakejobs.add_job(f"books{number}", project=1).key for number in range(4)]
    before = fakejobs.clock.now
    assert await asyncio.gather(*(app.wait_in_thread(fakejobs, key) for key in keys)) == [8] * 4
    assert (fakejobs.clock.now - before).total_seconds() == 70
"""


def test_loops_of_asyncio(run: Run) -> None:
    names = ("ten_pollers", "different_intervals", "pollers_in_threads")
    tests = "".join(f"def test_{name}(fakejobs):\n    asyncio.run({name}(fakejobs))\n" for name in names)
    run(REAL + LOOPS + tests + "def test_after():\n    assert all_is_real()\n").assert_outcomes(passed=4)


@pytest.mark.parametrize(("plugin", "mark"), [("pytest_asyncio.plugin", "asyncio"), ("anyio.pytest_plugin", "anyio")])
def test_loops_under_plugins_for_async_tests(run_apart: Run, pytester: pytest.Pytester, plugin: str, mark: str) -> None:
    ini = "asyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n" if mark == "asyncio" else ""
    pytester.makeini(f"[pytest]\n{ini}")
    fixture = "@pytest.fixture\ndef anyio_backend(): return 'asyncio'\n" if mark == "anyio" else ""
    tests = "".join(
        f"@pytest.mark.{mark}\nasync def test_{name}(fakejobs): await {name}(fakejobs)\n" for name in ("ten_pollers", "pollers_in_threads")
    )
    stuck = f"@pytest.mark.{mark}\nasync def test_stuck(fakejobs):\n    while True: await asyncio.sleep(3600)\n"
    waits = f"""
@pytest.mark.{mark}
async def test_waits_for_one_that_is_stuck(fakejobs):
    async def polls():
        while True: await asyncio.sleep(3600)
    poller = asyncio.create_task(polls())
    try:
        await asyncio.Event().wait()
    finally:
        assert type(poller.exception()).__name__ == "Ended"
"""
    ends = [stuck, waits] if mark == "asyncio" else [stuck]  # anyio's runner leaves the second one's garbage to a collection in pytest
    after = "def test_after(): assert all_is_real()\n"
    result = run_apart(REAL + LOOPS + fixture + tests + "".join(ends) + after, plugin=("-p", "fakejobs.pytest_plugin", "-p", plugin))
    result.assert_outcomes(passed=3, failed=len(ends))
    assert result.stdout.str().count("nothing was due") >= len(ends)


def test_the_clients_of_scrapinghub_and_others(run_apart: Run) -> None:
    run_apart(
        """
        import time
        import pytest
        import requests
        from scrapinghub import Connection, ScrapinghubClient

        pytestmark = pytest.mark.fakejobs(clock="sleep")

        @pytest.fixture(autouse=True)
        def pace(fakejobs):
            fakejobs.pace(pending=5, running=60)

        def polls(over):
            count = 1
            while not over():
                time.sleep(10)
                count += 1
            return count

        def test_metadata(fakejobs):
            job = ScrapinghubClient().get_project(1).jobs.run("books")
            assert polls(lambda: job.metadata.get("state") == "finished") == 8

        def test_list(fakejobs):
            jobs = ScrapinghubClient().get_project(1).jobs
            key = jobs.run("books").key
            assert polls(lambda: [job["key"] for job in jobs.list(state="finished")] == [key]) == 8

        def test_legacy(fakejobs):
            project = Connection()[1]
            project.schedule("books")
            assert polls(lambda: [job.info["state"] for job in project.jobs()] == ["finished"]) == 8

        def test_requests(fakejobs):
            fakejobs.add_job("books", project=1)
            with requests.Session() as session:
                url = fakejobs.api_url + "jobs/list.json?project=1"
                assert polls(lambda: session.get(url, auth=(fakejobs.key, "")).json()["jobs"][0]["state"] == "finished") == 8

        def test_the_number_of_polls_is_the_same_each_time(fakejobs):
            jobs = ScrapinghubClient().get_project(1).jobs
            for _ in range(20):
                job = jobs.run("films")
                assert polls(lambda: job.metadata.get("state") == "finished") == 8
    """,
        "-W",
        "default::DeprecationWarning",
        "-W",
        "default::UserWarning",
    ).assert_outcomes(passed=5)


def test_a_request_that_is_slow_to_be_answered_holds_the_clock(run: Run) -> None:
    run("""
        import asyncio
        import httpx, pytest
        from werkzeug import Response
        from fakejobs.fake import behind

        @pytest.mark.fakejobs(clock="sleep")
        def test(fakejobs):
            real = __import__("time").sleep.__wrapped__

            def slow(request):
                real(0.05)
                return Response(str(behind(fakejobs).cloud.now_ms()))

            fakejobs.httpserver.expect_request("/slow").respond_with_handler(slow)
            before = behind(fakejobs).cloud.now_ms()

            async def main():
                async with httpx.AsyncClient(trust_env=False) as client:
                    answer, _ = await asyncio.gather(client.get(fakejobs.url + "/slow"), asyncio.sleep(10))
                return int(answer.text)

            assert asyncio.run(main()) == before
            assert behind(fakejobs).cloud.now_ms() - before == 10_000
    """).assert_outcomes(passed=1)


# ------------------------------------------------------------ failures, and what is left

STUCK = """
import app, pytest
from datetime import timedelta

@pytest.mark.fakejobs(clock="sleep", sleep_limit=timedelta(hours=1), patience=None)
def test_stuck(fakejobs):
    job = fakejobs.add_job("books", project=1)
    while True:
        try:
            assert app.state(fakejobs, job.key) == "finished"
            break
        except Exception:
            app.sleep(600)

@pytest.mark.fakejobs(clock="sleep", sleep_limit=timedelta(hours=1))
def test_swallowed(fakejobs):
    try:
        while True:
            app.sleep(600)
    except BaseException:
        pass

def test_after():
    assert all_is_real()
"""


def test_sleeping_in_vain_fails_the_test_and_says_the_way_out(run: Run) -> None:
    result = run(REAL + STUCK)
    result.assert_outcomes(failed=2, passed=1)
    way_out = "*has slept 6 times, 1:00:00 of virtual time in all, *at *test_*.py:*nothing was due"
    limit = "(the limit is 1:00:00; for a longer wait: @pytest.mark.fakejobs(clock=*, sleep_limit=timedelta(hours=48)))"
    result.stdout.fnmatch_lines([f"E *UsageError: {way_out}", f"E * {limit}", f"E *UsageError: {way_out}", f"  *{limit}"])


def test_a_forgotten_pace_is_told_after_a_thousand_sleeps(run_apart: Run) -> None:
    result = run_apart(
        """
        import time
        import pytest
        from scrapinghub import ScrapinghubClient

        @pytest.mark.fakejobs(clock="sleep")
        def test(fakejobs):
            job = ScrapinghubClient().get_project(1).jobs.run("books")
            while job.metadata.get("state") != "finished":
                try:
                    time.sleep(10)
                except Exception:
                    pass
    """,
        "-W",
        "default::DeprecationWarning",
        "-W",
        "default::UserWarning",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *slept 1,000 times, 2:46:40 of virtual time in all*", "E * (the limit is 1,000 sleeps, or 1 day; for a longer wait: *"]
    )


def test_code_that_waits_for_a_night_of_the_calendar_or_a_long_job_is_not_stuck(run: Run) -> None:
    run(
        """
import time, pytest
from datetime import timedelta

@pytest.mark.fakejobs(clock="sleep", start=1_700_000_000_000)
def test_calendar(fakejobs):
    fakejobs.add_periodic_job("books", project=1, hour=22)
    for _ in range(144):
        time.sleep(600)
    assert len(fakejobs.list_jobs()) == 1

@pytest.mark.fakejobs(clock="sleep")
def test_job(fakejobs):
    fakejobs.pace(running=timedelta(hours=4))
    job = fakejobs.add_job("books", project=1)
    while job.state != "finished":
        time.sleep(60)

@pytest.mark.fakejobs(clock="sleep")
def test_very_long_job(fakejobs):
    fakejobs.pace(running=timedelta(days=4))
    job = fakejobs.add_job("books", project=1)
    while job.state != "finished":
        time.sleep(3600)

@pytest.mark.fakejobs(clock="sleep", sleep_limit=timedelta(days=2))
def test_limit(fakejobs):
    for _ in range(2_000):
        time.sleep(60)

@pytest.mark.fakejobs(clock="sleep")
def test_writes(fakejobs):
    for _ in range(12):
        fakejobs.add_job("books", project=1)
        for _ in range(100):
            time.sleep(60)
"""
    ).assert_outcomes(passed=5)


def test_a_test_that_moves_its_jobs_itself_is_not_stuck(run: Run) -> None:
    run(
        REAL
        + """
import app, pytest
from datetime import timedelta

@pytest.mark.fakejobs(clock="sleep", sleep_limit=timedelta(hours=1))
def test(fakejobs):
    for _ in range(20):
        fakejobs.add_job("books", project=1)
        app.sleep(3000)
"""
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "end",
    [
        "assert False",
        "raise KeyboardInterrupt",
        "raise SystemExit(3)",
        "pytest.exit('enough')",
        "pytest.skip('enough')",
        "fakejobs.close()",
    ],
)
def test_nothing_is_left_however_a_test_ends(run_apart: Run, pytester: pytest.Pytester, end: str) -> None:
    pytester.makeconftest(
        REAL + "def pytest_unconfigure():\n    threads = all_is_real()\n    print('\\nall is real' if threads else '\\nthreads are left')\n"
    )
    result = run_apart(f"""
        import time
        import app
        import pytest

        @pytest.mark.fakejobs(clock="sleep")
        def test(fakejobs):
            app.sleep(3600)
            time.sleep(3600)
            {end}
    """)
    result.stdout.fnmatch_lines(["all is real"])


def test_a_monkeypatch_that_is_undone_later(run: Run) -> None:
    run(
        REAL
        + """
import app, pytest

@pytest.mark.fakejobs(clock="sleep")
def test(monkeypatch, fakejobs):
    monkeypatch.setattr("time.sleep", print)
    monkeypatch.setattr("app.sleep", print)
    monkeypatch.setattr("asyncio.sleep", print)

def test_after():
    assert all_is_real()
"""
    ).assert_outcomes(passed=2)


def test_under_xdist(run_apart: Run) -> None:
    source = (
        REAL + "import pytest\n" + POLLS.replace("def test(fakejobs)", "@pytest.mark.parametrize('n', range(6))\ndef test(fakejobs, n)")
    )
    run_apart(source, "-n", "2", "--fakejobs-clock", "sleep").assert_outcomes(passed=6)


@pytest.mark.parametrize(
    "frozen",
    ["freezegun.freeze_time('2020-01-01')", "time_machine.travel('2020-01-01T00:00Z', tick=False)"],
    ids=["freezegun", "time-machine"],
)
def test_under_frozen_time(run: Run, frozen: str) -> None:
    source = f"""
import asyncio, freezegun, httpx, pytest, time, time_machine
import app

def polls(fakejobs):
    fakejobs.pace(pending=5, running=60)
    keys = [fakejobs.add_job(f"books{{n}}", project=1).key for n in range(4)]
    before = fakejobs.clock.now
    assert app.wait(fakejobs, keys[0]) == 8
    async def main():
        async with httpx.AsyncClient(trust_env=False) as client:
            await asyncio.gather(*(app.wait_in_loop(fakejobs, client, key) for key in keys[1:]))
    asyncio.run(main())
    assert (fakejobs.clock.now - before).total_seconds() == 70

@pytest.mark.fakejobs(clock="sleep")
def test_inside(fakejobs):
    with {frozen}:
        polls(fakejobs)

@pytest.fixture
def frozen():
    with {frozen}:
        yield

@pytest.mark.fakejobs(clock="sleep")
def test_outside(frozen, fakejobs):
    assert fakejobs.clock.now.year == 2020
    polls(fakejobs)
"""
    run(source).assert_outcomes(passed=2)
