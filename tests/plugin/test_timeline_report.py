"""The report of a failed test says where the clock stood and what was due next."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run

OPTIONS = """
        import pytest
        from datetime import datetime, timezone

        @pytest.fixture
        def fakejobs_options():
            return {"start": datetime(2026, 11, 24, 10, tzinfo=timezone.utc)}
"""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        pytest.param("pass", "clock: 2026-11-24T10:00:00Z (manual, has not moved); nothing is due", id="nothing"),
        pytest.param(
            "fakejobs.pace(pending=45)", "clock: 2026-11-24T10:00:00Z (manual, has not moved); next due: 1/1/1 starts in 45 s", id="start"
        ),
        pytest.param(
            "fakejobs.pace(running=60); fakejobs.add_job('books', project=1); fakejobs.advance(seconds=15)",
            "clock: 2026-11-24T10:00:15Z (manual, moved by 15 s); next due: 1/1/1 ends in 45 s",
            id="end",
        ),
    ],
)
def test_a_failed_test_says_where_the_clock_stood(run: Run, body: str, line: str) -> None:
    result = run(f"""{OPTIONS}
        def test(fakejobs):
            {body}
            fakejobs.add_job("books", project=1)
            assert 0
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*fakejobs: jobs at http://127.0.0.1:*", line, "key *", "1/1/1 *"], consecutive=False)


def test_it_names_the_mode(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.mark.fakejobs(clock="poll")
        def test_poll(fakejobs): assert 0

        @pytest.mark.fakejobs(clock="real")
        def test_real(fakejobs): assert 0
    """)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["clock: 2*Z (poll, has not moved); nothing is due", "no jobs", "clock: 2*Z (real, *); nothing is due"])


def test_a_callable_of_the_test_that_fails_does_not_hide_the_failure(run: Run) -> None:
    result = run(f"""{OPTIONS}
        def test(fakejobs):
            fakejobs.pace(running=lambda job: 1 / 0)
            fakejobs.add_job("books", project=1)
            assert "what came" == "what was wanted"
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *what came*",
            "not shown, CallableFailed: *running of job 1/1/1 failed: division by zero (ZeroDivisionError in the test's own *",
            "1/1/1 *running*",
            "no client has called",
        ]
    )
