"""What a failed test shows, and what fails a test that would have passed: defects of ours, calls of the real service."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run

WORDS = "your code called app.zyte.com: its client was built before the fixture, or has a fixed host"

# ------------------------------------------------------------ sections


def test_a_failed_test_shows_its_jobs_and_calls_with_masked_keys(run: Run) -> None:
    result = run("""
        import requests

        def test(fakejobs):
            fakejobs.add_job("books", project=7, state="finished", close_reason="done", tags=["a", "b"], spider_args={"page": 1})
            form = {"project": 7, "spider": "toys", "apikey": "0123456789abcdef0123456789abcdef"}
            with requests.Session() as session:
                session.post(fakejobs.api_url + "run.json", data=form)
            assert fakejobs.count_jobs() == 3
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError*",
            "*fakejobs: jobs at http://127.0.0.1:*",
            "clock: *(manual, has not moved); nothing is due",
            "key    spider  state     when               close_reason  tags  args",
            "7/2/1  toys    pending   scheduled 0 s ago",
            "7/1/1  books   finished  ended 0 s ago      done          a, b  page=1",
            "*fakejobs: last calls to http://127.0.0.1:*",
            "[#]1 POST /api/run.json project=7 spider=toys -> 200 OK [[]7/2/1[]] (key [*][*][*][*]cdef)",
        ]
    )
    assert "0123456789abcdef" not in result.stdout.str().partition("fakejobs: jobs at")[2]


def test_an_unused_fake_says_so(run: Run) -> None:
    result = run("def test(fakejobs): assert not fakejobs")
    result.stdout.fnmatch_lines(["*fakejobs: jobs at*", "no jobs", "*fakejobs: last calls to*", "no client has called"])


def test_long_lists_are_cut(run: Run) -> None:
    result = run("""
        import pytest
        import urllib.request

        @pytest.mark.fakejobs(lint="off")
        def test(fakejobs):
            for number in range(25):
                fakejobs.add_job("s" * 100, project=1, spider_args={"number": f"{number}\\n"})
                urllib.request.urlopen(f"{fakejobs.api_url}jobs/count.json?project=1&spider=s{number}&apikey=k{number}").close()
            assert 0
    """)
    output = result.stdout.str()
    assert output.count("\n1/1/") == 20
    assert output.count("jobs/count.json project=1 spider=s") == 20
    assert "s" * 57 + "..." in output
    assert "'number=24\\n'" in output
    result.stdout.fnmatch_lines(
        [
            "... and 5 more",
            "… 5 earlier ones",
            "[#]6 GET *",
            "[#]25 GET */jobs/count.json project=1 spider=s24 -> 200 OK, 0 jobs (project 1 has no spider 's24'*) (key [*][*][*][*])",
        ]
    )


def test_the_report_tells_of_the_clock_of_ages_and_of_rules_that_no_job_met(run: Run) -> None:
    result = run("""
        from datetime import datetime, timezone
        import pytest

        @pytest.mark.fakejobs(start=datetime(2026, 1, 1, tzinfo=timezone.utc))
        def test(fakejobs):
            fakejobs.add_job("books", project=7, state="finished", ago={"days": 31})
            fakejobs.add_job("books", project=7, spider_args={"page": 1})
            fakejobs.add_job("books", project=7, spider_args={"page": 2})
            fakejobs.pace(pending=5, running=60)
            fakejobs.script("bokos", outcomes=["failed", "finished"], items=lambda record: 3)
            fakejobs.script("toys", project=7, spider_args={"a": 1}, items=[{"n": 1}], running=0.5)
            fakejobs.script("toys", running=None)
            fakejobs.add_job("toys", project=7)
            fakejobs.add_periodic_job("films", project=7)
            fakejobs.advance(hours=3)
            assert 0
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "clock: 2026-01-01T03:00:00Z (manual, moved by 3 h); next due: *",
            "7/1/1 * books * finished * ended 31 d 3 h ago*",
            "pace(pending=5, running=60): 7/1/*, 7/1/* were there before: a rule is for jobs that come after it",
            "script('bokos', items=<lambda>, outcomes=[[]'failed', 'finished'[]]): no job met it (did you mean 'books'?)",
            "script('toys', project=7, spider_args={'a': '1'}, running=0.5, items=[[]1 record[]]): no job met it",
        ]
    )
    assert "script('toys', running=None)" not in result.stdout.str()


def test_the_report_tells_of_firings_in_vain(run: Run) -> None:
    result = run("""
        def test(fakejobs):
            fakejobs.add_periodic_job("films", project=7)
            fakejobs.advance(hours=5)
            assert 0
    """)
    result.stdout.fnmatch_lines(["periodic job 1 started no films 4 times: one with the same arguments was still active"])


def test_polls_do_not_push_the_order_out_of_the_report(run: Run) -> None:
    result = run("""
        import urllib.request

        def call(fake, path, data=None):
            urllib.request.urlopen(f"{fake.api_url}{path}", data).close()

        def test(fakejobs):
            call(fakejobs, "run.json", b"project=7&spider=books&apikey=k")
            for number in range(60):
                call(fakejobs, f"jobs/list.json?project=7&offset={number}&apikey=k")
                call(fakejobs, "jobs/count.json?project=7&apikey=k")
            assert 0
    """)
    result.stdout.fnmatch_lines(["*last calls*", "[#]1 POST /api/run.json * [[]7/1/1[]] *", "… 101 other ones", "[#]103 GET *"])


def test_equal_calls_in_a_row_are_one_line(run: Run) -> None:
    result = run("""
        import urllib.request

        def test(fakejobs):
            for spider in ("a", "a", "a", "b"):
                urllib.request.urlopen(f"{fakejobs.api_url}jobs/count.json?project=1&spider={spider}&apikey=k").close()
            fakejobs.assert_scheduled("a")
    """)
    told = "/api/jobs/count.json project=1 spider=a -> 200 OK, 0 jobs (project 1 has no jobs, nor has any other)"
    assert "#2 GET" not in result.stdout.str()
    assert "#3 GET" not in result.stdout.str().replace("to #3 GET", "")
    result.stdout.fnmatch_lines([f"*[#]1 to #3 GET {told} (3 times)", f"[#]1 to #3 GET {told} (key [*][*][*][*]) (3 times)"])


def test_a_passed_or_skipped_test_shows_nothing(run: Run) -> None:
    result = run(
        """
        import pytest

        def test_passed(fakejobs): pass
        def test_skipped(fakejobs): pytest.skip("not today")
        @pytest.mark.xfail(strict=True)
        def test_xfailed(fakejobs): assert 0
        """,
        "-rA",
    )
    result.assert_outcomes(passed=1, skipped=1, xfailed=1)
    assert "fakejobs: jobs" not in result.stdout.str()


def test_the_sections_are_in_the_report_of_the_call_and_not_of_its_teardown(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.fixture
        def broken_end():
            yield
            assert 0

        def test(broken_end, fakejobs): pass
    """)
    result.assert_outcomes(passed=1, errors=1)
    assert "fakejobs: jobs" not in result.stdout.str()


def test_fakes_of_wider_scopes_are_shown_to_those_who_can_see_them(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.fixture(scope="module")
        def wide(make_fakejobs):
            with make_fakejobs() as fake:
                fake.add_job("wide", project=1)
                yield fake

        def test_seeing(wide, make_fakejobs):
            with make_fakejobs() as inner:
                inner.add_job("inner", project=1)
                assert 0

        def test_blind():
            assert 0
    """)
    result.assert_outcomes(failed=2)
    seeing, blind = result.stdout.str().split("test_blind ___")
    assert seeing.count("fakejobs: jobs at") == 2
    assert "1/1/1  wide " in seeing
    assert "1/1/1  inner" in seeing
    assert "fakejobs: jobs at" not in blind


# ------------------------------------------------------------ the guard


def test_a_call_of_the_real_service_fails_the_test_although_it_was_swallowed(run: Run, pytester: pytest.Pytester) -> None:
    result = run("""
        import contextlib, socket

        def test(fakejobs):
            with contextlib.suppress(BaseException):
                socket.create_connection(("app.zyte.com", 443))
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f"E *UsageError: {WORDS}",
            '*  at *.py:5: socket.create_connection(("app.zyte.com", 443))',
            "*fakejobs_guard = false*",
            "FAILED *",
        ]
    )


def test_it_fails_a_test_that_fails_anyway_and_shows_both(run: Run) -> None:
    result = run("""
        import contextlib, socket

        def test(fakejobs):
            with contextlib.suppress(BaseException):
                socket.create_connection(("app.zyte.com", 443))
            assert "what came" == "what was wanted"
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *what came*", "*direct cause*", f"E *{WORDS}*"])


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        pytest.param("pytest.skip('no network')", {"failed": 1}, id="skip"),
        pytest.param("pytest.fail('no')", {"failed": 1}, id="fail"),
        pytest.param("raise SystemExit(0)", {"failed": 1}, id="exit of the program"),
        pytest.param("pytest.xfail('known')", {"xfailed": 1}, id="xfail"),
    ],
)
def test_however_the_test_ends(run: Run, ending: str, outcome: dict[str, int]) -> None:
    result = run(f"""
        import contextlib, socket, pytest

        def test(fakejobs):
            with contextlib.suppress(BaseException):
                socket.gethostbyname("APP.zyte.com.")
            {ending}
    """)
    result.assert_outcomes(**outcome)
    assert (WORDS in result.stdout.str()) == ("failed" in outcome)


def test_the_end_of_a_run_is_respected(run: Run) -> None:
    result = run("""
        import contextlib, socket, pytest

        def test(fakejobs):
            with contextlib.suppress(BaseException):
                socket.gethostbyname("app.zyte.com")
            pytest.exit("enough")
    """)
    assert "Exit: enough" in result.stdout.str()


def test_a_call_in_a_fixture_fails_the_test_and_one_after_the_test_its_tear_down(run: Run) -> None:
    result = run("""
        import contextlib, socket, pytest

        def call():
            with contextlib.suppress(BaseException):
                socket.gethostbyname("app.zyte.com")

        @pytest.fixture
        def early(fakejobs): call()

        @pytest.fixture
        def late(fakejobs):
            yield
            call()

        @pytest.fixture
        def broken(fakejobs):
            call()
            pytest.skip("cannot be set up")

        def test_early(early): pass
        def test_late(late): pass
        def test_broken(broken): pass
        def test_other(fakejobs): pass
    """)
    result.assert_outcomes(failed=1, passed=2, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_late*",
            f"E *{WORDS}*",
            "*ERROR at setup of test_broken*",
            f"E *{WORDS}*",
            "*_ test_early _*",
            f"E *{WORDS}*",
        ]
    )


def test_the_guard_can_be_turned_off(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakejobs_guard = false\n")
    result = run("""
        import os, socket
        lookup = socket.getaddrinfo

        def test(fakejobs):
            assert socket.getaddrinfo is lookup
            assert "zyte.com" not in os.environ["NO_PROXY"]
            assert os.environ["SHUB_APIURL"] == fakejobs.api_url
    """)
    result.assert_outcomes(passed=1)


def test_the_guard_is_off_without_a_fake_that_has_the_environment(run: Run) -> None:
    result = run("""
        import socket
        lookup = socket.getaddrinfo

        def test_none(): assert socket.getaddrinfo is lookup
        def test_one(fakejobs): assert socket.getaddrinfo is not lookup
        def test_other(make_fakejobs):
            with make_fakejobs():
                assert socket.getaddrinfo is lookup
            with make_fakejobs(environ=True):
                assert socket.getaddrinfo is not lookup
            assert socket.getaddrinfo is lookup
    """)
    result.assert_outcomes(passed=3)


# ------------------------------------------------------------ defects of ours

BREAK = """
        import contextlib, urllib.request
        import pytest

        def call(fake):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{fake.api_url}jobs/count.json?project=1&apikey=k")

        @pytest.fixture
        def broken(monkeypatch):
            def count(*arguments): raise ZeroDivisionError("a bug of ours")
            monkeypatch.setattr("fakejobs.cloud.jobs.Jobs.count", count)
"""


def test_an_exception_inside_the_fake_fails_the_test_that_caused_it(run: Run) -> None:
    result = run(f"""{BREAK}
        def test_before(fakejobs): call(fakejobs)
        def test_swallowing(broken, fakejobs): call(fakejobs)
        def test_failing(broken, fakejobs):
            call(fakejobs)
            assert "what came" == "what was wanted"
        def test_after(fakejobs): call(fakejobs)
    """)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_swallowing _*",
            "E *ZeroDivisionError: a bug of ours",
            "E *RuntimeError: fakejobs itself failed while it served GET /api/jobs/count.json",
            "*fakejobs: last calls*",
            "[#]1 GET */jobs/count.json *500 *",
            "*_ test_failing _*",
            "E *what came*",
            "E *RuntimeError: fakejobs itself failed while it served GET /api/jobs/count.json:",
            "*ZeroDivisionError: a bug of ours",
        ]
    )


def test_the_defect_of_a_wider_fake_fails_the_test_that_caused_it(run: Run) -> None:
    result = run(f"""{BREAK}
        @pytest.fixture(scope="session")
        def wide(make_fakejobs):
            with make_fakejobs() as fake:
                yield fake

        @pytest.fixture
        def late(broken, wide):
            yield
            call(wide)

        def test_before(wide): call(wide)
        def test_causing(wide, broken): call(wide)
        def test_late(late): pass
        def test_after(wide): call(wide)
    """)
    result.assert_outcomes(passed=3, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_late*", "*_ test_causing _*", "E *RuntimeError: fakejobs itself failed*"])


def test_the_defect_of_a_fake_inside_a_test_is_raised_when_it_is_left(run: Run) -> None:
    result = run(f"""{BREAK}
        def test(broken, make_fakejobs):
            with pytest.raises(RuntimeError, match="fakejobs itself failed while it served GET /api/"), make_fakejobs() as fake:
                call(fake)
    """)
    result.assert_outcomes(passed=1)
