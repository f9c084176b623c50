"""Where a report ends: mistakes at the user's line, in each of pytest's forms; defects of ours with all of their frames."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import ROOT, Run

HOUSE = "fakejobs/"

MISTAKES = {
    "a value": "fakejobs.add_job('books', project=1, state='finnished')",
    "a name": "fakejobs.add_job('books', project=1, spyder_args={})",
    "a step": "fakejobs.delete_job(fakejobs.add_job('books', project=1))",
    "a job": "fakejobs.get_job('1/1/1')",
    "a seed": "fakejobs.load([{'add_job': {'spider': 'books'}}])",
    "an assertion": "fakejobs.assert_scheduled('books')",
    "a clock": "fakejobs.clock.advance(minuts=1)",
}
FORMS = ("--tb=auto", "--tb=short", "--tb=long", "--tb=native", "--tb=line")


def ours(result: pytest.RunResult) -> list[str]:
    """Return the lines that show code of ours, but for the hooks, which stand before the test in the native form."""
    report = result.stdout.str().partition("fakejobs: jobs at")[0]
    places = (f"{ROOT}/{HOUSE}", f"{HOUSE}verbs/", f"{HOUSE}cloud/", f"{HOUSE}seeds/", f"{HOUSE}binding.py", f"{HOUSE}fake.py")
    return [line for line in report.splitlines() if any(place in line for place in places) and "in pytest_runtest_call" not in line]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("call", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_shown_where_it_was_written(run: Run, call: str, form: str) -> None:
    result = run(f"def test(fakejobs):\n    {call}\n", form)
    result.assert_outcomes(failed=1)
    assert ours(result) == []
    if form != "--tb=line":
        assert call in result.stdout.str()
    file = "test_a_mistake_is_shown_where_it_was_written.py"
    assert any(file in line and (":2" in line or "line 2" in line) for line in result.stdout.lines)


@pytest.mark.parametrize("call", MISTAKES.values(), ids=MISTAKES)
def test_all_frames_are_shown_to_who_asks_for_them(run: Run, call: str) -> None:
    assert ours(run(f"def test(fakejobs):\n    {call}\n", "--full-trace")) != []


def test_a_mistake_in_a_context_and_in_a_callable(run: Run) -> None:
    result = run(
        """
        def test_context(make_fakejobs):
            with make_fakejobs(clok="sleep"):
                pass

        def test_cause(fakejobs):
            try:
                fakejobs.get_job("1/1/1")
            except Exception as error:
                raise KeyError("mine") from error
        """,
        "--tb=native",
    )
    result.assert_outcomes(failed=2)
    assert ours(result) == []
    assert 'with make_fakejobs(clok="sleep"):' in result.stdout.str()


def test_a_mistake_in_the_options_shows_no_frame_of_ours(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.fakejobs(clok="sleep")
        def test(fakejobs): pass
        """,
        "--tb=short",
    )
    result.assert_outcomes(errors=1)
    assert ours(result) == []
    result.stdout.re_match_lines([r"test_.*\.py:\d+: in test$", r"ERROR test_.*\.py::test - fakejo.*"])


def test_a_unittest_ends_there_too(run: Run) -> None:
    result = run(
        """
        import unittest
        import pytest

        class TestBooks(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _fake(self, fakejobs):
                self.fake = fakejobs

            def test(self):
                self.fake.add_job("books", project=1, state="finnished")
        """,
        "--tb=native",
    )
    result.assert_outcomes(failed=1)
    assert ours(result) == []
    assert 'self.fake.add_job("books"' in result.stdout.str()


@pytest.mark.parametrize("form", ["--tb=short", "--tb=native"])
def test_a_defect_of_ours_shows_its_frames(run: Run, form: str) -> None:
    result = run(
        """
        def test(fakejobs, monkeypatch):
            monkeypatch.setattr("fakejobs.arguments.tags_of", None)
            fakejobs.add_job("books", project=1)
        """,
        form,
    )
    result.assert_outcomes(failed=1)
    assert any(f"{HOUSE}verbs/jobs.py" in line for line in ours(result))
