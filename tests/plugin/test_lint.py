"""What the lint finds, in the report of a failed test, at the end of the run, and as a failure."""

from __future__ import annotations

import pytest

from fakejobs import pytest_plugin
from fakejobs.lint.mode import LintMode
from tests.plugin.conftest import Run

CALLS = """
        import base64
        import urllib.error
        import urllib.request
        import pytest

        def ask(fakejobs, query, **data):
            headers = {"Authorization": "Basic " + base64.b64encode(f"{fakejobs.key}:".encode()).decode()}
            request = urllib.request.Request(f"{fakejobs.api_url}jobs/list.json?project=1&{query}", headers=headers)
            urllib.request.urlopen(request, timeout=10).close()
"""
SECTION = "=* fakejobs: lint =*"
LIMIT = "unknown-parameter: jobs/list knows no parameter 'limit', and passes over it"


def test_one_section_for_the_whole_run(run: Run) -> None:
    result = run(f"""{CALLS}
        @pytest.mark.parametrize("number", range(3))
        def test_limit(fakejobs, number):
            for _ in range(number):
                ask(fakejobs, "limit=1")

        def test_tag(fakejobs):
            ask(fakejobs, "tag=a")

        def test_fine(fakejobs):
            ask(fakejobs, "count=1")
    """)
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        [
            SECTION,
            LIMIT,
            "    instead: count",
            "    3 calls, the first: *::test_limit[[]1[]]: #1 GET /api/jobs/list.json project=1 limit=1 -> 200 OK, 0 jobs*",
            "unknown-parameter: jobs/list knows no parameter 'tag', and passes over it",
            "    instead: has_tag",
            "    *::test_tag: #1 GET /api/jobs/list.json project=1 tag=a -> 200 OK, 0 jobs*",
        ],
        consecutive=True,
    )


def test_a_run_without_findings_says_nothing(run: Run) -> None:
    result = run(f"""{CALLS}
        def test(fakejobs): ask(fakejobs, "count=1")
        def test_stub(fakejobs):
            fakejobs.httpserver.expect_request("/api/jobs/list.json").respond_with_json({{}})
            ask(fakejobs, "limit=1")
    """)
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*lint*")


def test_the_report_of_a_failed_test_and_an_error_in_its_tear_down(run: Run) -> None:
    result = run(f"""{CALLS}
        @pytest.fixture
        def late(fakejobs):
            yield
            ask(fakejobs, "tag=a")
            assert 0, "late"

        def test(fakejobs, late):
            ask(fakejobs, "limit=1")
            assert 0, "early"
    """)
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "-* fakejobs: last calls to http://127.0.0.1:* -*",
            "-* fakejobs: lint of the calls to http://127.0.0.1:* -*",
            LIMIT,
            "    instead: count",
            SECTION,
            LIMIT,
            "unknown-parameter: jobs/list knows no parameter 'tag'*",
        ]
    )


def test_a_wider_fake_tells_each_finding_for_the_test_in_which_the_call_came(run: Run) -> None:
    result = run(f"""{CALLS}
        @pytest.fixture(scope="module")
        def cloud(make_fakejobs):
            with make_fakejobs() as fake:
                yield fake

        def test_one(cloud): ask(cloud, "limit=1")
        def test_reset(cloud):
            cloud.reset()
            ask(cloud, "tag=1")
        def test_other(cloud): ask(cloud, "limit=1")
    """)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            SECTION,
            LIMIT,
            "    2 calls, the first: *::test_one: #1 *",
            "unknown-parameter: jobs/list knows no parameter 'tag'*",
            "    *::test_reset: #1 *",
        ]
    )


FAILING = f"""{CALLS}
        def test_limit(fakejobs):
            ask(fakejobs, "limit=1")

        def test_fine(fakejobs):
            ask(fakejobs, "count=1")

        def test_failing(fakejobs):
            ask(fakejobs, "limit=1")
            assert 0, "its own failure"

        @pytest.fixture
        def late(fakejobs):
            yield
            ask(fakejobs, "limit=1")

        def test_late(late): pass
"""
FAILED = "E *UsageError: lint: clients send what the service does not do as they mean it"


def check_failing(result: pytest.RunResult) -> None:
    """Check that one test fails by the lint, one by itself, and that one has an error in its tear-down."""
    result.assert_outcomes(passed=2, failed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_late*",
            FAILED,
            "*_ test_limit _*",
            FAILED,
            f"*{LIMIT}",
            "*instead: count",
            "*[#]1 GET /api/jobs/list.json project=1 limit=1 -> 200 OK, 0 jobs*",
            "*_ test_failing _*",
            "E *AssertionError: its own failure",
            "-* fakejobs: lint of the calls to *",
        ]
    )
    result.stdout.no_fnmatch_line(SECTION)


def test_fail_fails_the_test(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakejobs_lint = fail\n")
    check_failing(run(FAILING))


def test_fail_as_an_option_of_the_fixture(run: Run) -> None:
    check_failing(
        run(f"""{FAILING}
        @pytest.fixture
        def fakejobs_options():
            return {{"lint": "fail"}}
    """)
    )


def test_a_marker_goes_before_the_ini_file(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakejobs_lint = fail\n")
    result = run(f"""{CALLS}
        @pytest.mark.fakejobs(lint="off")
        def test_off(fakejobs):
            ask(fakejobs, "limit=1")
            assert fakejobs.lint == []

        @pytest.mark.fakejobs(lint="report")
        def test_report(fakejobs):
            ask(fakejobs, "tag=a")
            assert len(fakejobs.lint) == 1

        def test_unittest(fakejobs):
            ask(fakejobs, "limit=1")
            pytest.skip("nothing to see")
    """)
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines([SECTION, "*'tag'*"])
    result.stdout.no_fnmatch_line(f"*{LIMIT}*")


def test_a_misspelled_value_is_told_with_the_legal_ones(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakejobs_lint = fial\n")
    result = run("def test(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: fakejobs_lint = fial is not one of report, fail, off (did you mean 'fail'?)"])
    pytester.makeini("[pytest]\n")
    result = run("""
        import pytest

        @pytest.mark.fakejobs(lint="fial")
        def test(fakejobs): pass
    """)
    result.stdout.fnmatch_lines(["E *UsageError: lint='fial' is not one of report, fail, off (did you mean 'fail'[?])"])
    assert [mode.value for mode in LintMode] == list(pytest_plugin.LINT_MODES)


def test_under_xdist(run_apart: Run) -> None:
    result = run_apart(
        f"""{CALLS}
        @pytest.mark.parametrize("number", range(4))
        def test(fakejobs, number):
            ask(fakejobs, "limit=1")
        """,
        "-n",
        "2",
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines([SECTION, LIMIT, "    instead: count", "    4 calls, the first: *::test[[]*[]]: #1 GET *"])


def test_plain_calls_load_no_rules(run_apart: Run) -> None:
    """A run.json as most tests send it, and a list: the first look lets them through."""
    result = run_apart(
        f"""{CALLS}
        import sys

        def test(fakejobs):
            fakejobs.add_job("films", project=1)
            key = base64.b64encode(f"{{fakejobs.key}}:".encode()).decode()
            headers = {{"Authorization": "Basic " + key, "Content-Type": "application/x-www-form-urlencoded"}}
            order = b"project=1&spider=books&add_tag=nightly&url=http://x.example/?a[]=1"
            urllib.request.urlopen(urllib.request.Request(fakejobs.api_url + "run.json", order, headers), timeout=10).close()
            ask(fakejobs, "state=pending&count=2")

        def test_after(): assert "fakejobs.lint.rules" not in sys.modules
        def test_other(fakejobs): ask(fakejobs, "limit=1")
        def test_in_the_end(): assert "fakejobs.lint.rules" in sys.modules
        """
    )
    result.assert_outcomes(passed=4)
