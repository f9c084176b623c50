"""What is said of mistakes in what a test is asked to explore or replay, and of tests that cannot."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run
from tests.plugin.shop import SHOP

WAYS = "(known: 503, reset, lost, 504, cut, timeout)"
FORM = "it is written as 'jobs/list 2 cut': the endpoint, which of its calls, and the way"
MARKERS = [
    ("explore='503'", "explore='503' is neither True nor a list of ways: write explore=['503']"),
    ("explore=503", "explore=503 is neither True nor a list of ways: write explore=[503]"),
    ("explore=[]", f"explore=[] names no way {WAYS}"),
    ("explore=['503', 'rest']", "explore=['503', 'rest'] names 'rest', which is no way of failing (did you mean 'reset'?)"),
    ("explore=[None]", f"explore=[None] names None, which is no way of failing {WAYS}"),
    ("explore='all'", "explore='all' is neither True nor a list of ways"),
    ("explore=[404]", f"explore=[404] names 404, which is no way of failing {WAYS}"),
    ("explore=True, explore_limit=0", "explore_limit=0 is not between 1 and 999999999999999999"),
    ("explore=True, explore_limit='many'", "explore_limit='many' is no whole number"),
    ("explore=True, fault='run 1 lost'", "explore= tries every schedule and fault= one alone: take one of them away"),
    ("exlore=True", "@pytest.mark.fakejobs has no option 'exlore' (did you mean 'explore'?)"),
    ("fault=3", f"fault=3 is no text: {FORM}"),
    ("fault='run'", f"fault='run' names no call and no way: {FORM}"),
    ("fault='run \\''", f'fault="run \'" names no call and no way: {FORM}'),
    ("fault='jobs/lst 2 cut'", "fault='jobs/lst 2 cut': there is no endpoint 'jobs/lst' (did you mean 'jobs/list'?)"),
    ("fault='jobs/list 2 cutt'", "fault='jobs/list 2 cutt' names 'cutt', which is no way of failing (did you mean 'cut'?)"),
    ("fault='jobs/list 0 cut'", f"fault='jobs/list 0 cut': '0' is not which of the calls, 1 being the first: {FORM}"),
    ("fault='run 9999999999 lost'", f"fault='run 9999999999 lost': '9999999999' is not which of the calls, 1 being the first: {FORM}"),
    ("fault='jobs/list two cut'", f"fault='jobs/list two cut': 'two' is not which of the calls, 1 being the first: {FORM}"),
    ("fault='jobs/list one 2 cut'", "fault='jobs/list one 2 cut': 'one' is no parameter, which is written as name=value"),
    ("fault='jobs/list 1 lost'", "fault='jobs/list 1 lost': lost is for calls that write, and jobs/list is none"),
    ("fault='run 1 cut'", "fault='run 1 cut': cut is for listings, and run is none"),
]


@pytest.mark.parametrize(("given", "text"), MARKERS, ids=[given for given, _ in MARKERS])
def test_mistakes_in_markers(run: Run, given: str, text: str) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs({given})
def test(fakejobs): schedule(fakejobs)
""")
    result.assert_outcomes(errors=1)
    assert f"E   fakejobs.errors.UsageError: {text}" in result.stdout.lines


def test_a_way_that_fits_no_call_of_the_test(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=["503", "cut"])
def test(fakejobs): schedule(fakejobs)

@pytest.mark.fakejobs(explore=["lost"])
def test_idle(fakejobs): pass
""")
    result.assert_outcomes(failed=2)
    said = "explore names 'cut', which makes no sense for any call of the test: for them there are 503, reset, lost, 504, timeout"
    assert f"E   fakejobs.errors.UsageError: {said}" in result.stdout.lines
    said = "explore names 'lost', which makes no sense for any call of the test: it makes none while it runs"
    assert f"E   fakejobs.errors.UsageError: {said}" in result.stdout.lines


COMMAND_LINES = [
    (["--fakejobs-fault=run 1 losd"], "--fakejobs-fault='run 1 losd' names 'losd', which is no way of failing (did you mean 'lost'?)"),
    (
        ["--fakejobs-fault=run 1 lost", "--fakejobs-explore"],
        "--fakejobs-explore tries every schedule and --fakejobs-fault one alone: take one of them away",
    ),
]


@pytest.mark.parametrize(("given", "text"), COMMAND_LINES)
def test_mistakes_on_the_command_line(run: Run, given: list[str], text: str) -> None:
    result = run("def test(fakejobs): pass", *given)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {text}"])


def test_an_option_of_the_marker_among_those_of_the_fake(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.fixture
        def fakejobs_options(): return {"explore": True}

        def test(fakejobs): pass
    """)
    text = "explore is for the marker of a test: write @pytest.mark.fakejobs(explore=True)"
    assert f"E   fakejobs.errors.UsageError: {text}" in result.stdout.lines


FRESH = "to explore or replay needs a fake that is fresh in each run, and {} {}: write def {}(fakejobs) with the plugin's own fixture; "
"""The beginning of what is said where a fake of another kind is used."""
OTHER_FAKES = """
        import pytest

        MARK = pytest.mark.fakejobs({0})

        @pytest.fixture(scope="module")
        def cloud(make_fakejobs):
            with make_fakejobs() as fake:
                yield fake

        @MARK
        def test_wide(cloud): pass

        @MARK
        def test_both(cloud, fakejobs): pass

        @MARK
        def test_asked_for(request): request.getfixturevalue("fakejobs")
"""
OVERRIDDEN = """
        import pytest
        from fakejobs import serve

        @pytest.fixture(scope="module")
        def fakejobs():
            with serve() as fake:
                yield fake

        @pytest.mark.fakejobs({0})
        def test_overridden(fakejobs): pass
"""


@pytest.mark.parametrize("given", ["explore=True", "fault='run 1 lost'"])
def test_fakes_of_wider_scope(run: Run, given: str) -> None:
    said = run(OTHER_FAKES.format(given)).stdout.lines + run(OVERRIDDEN.format(given)).stdout.lines
    assert sum("ERROR at setup" in line for line in said) == 4
    for test, what in (
        ("test_wide", "uses make_fakejobs"),
        ("test_both", "uses make_fakejobs"),
        ("test_asked_for", "does not name the fixture fakejobs"),
        ("test_overridden", "has a fixture fakejobs of its own, or of a wider scope"),
    ):
        assert any(line.startswith(f"E   fakejobs.errors.UsageError: {FRESH.format(test, what, test)}") for line in said)


@pytest.mark.parametrize("given", ["explore=True", "fault='run 1 lost'"])
def test_fakes_that_nobody_named_but_who_got_them(run: Run, given: str) -> None:
    result = run(f"""{SHOP}
import unittest

pytestmark = pytest.mark.fakejobs({given})

def test_late(request): schedule(request.getfixturevalue("fakejobs"))

class TestShop(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _fake(self, request): self.fake = request.getfixturevalue("fakejobs")

    def test_early(self): schedule(self.fake)

def test_none(request): pass
""")
    result.assert_outcomes(failed=2, passed=1)
    for test in ("test_late", "test_early"):
        said = f"E   fakejobs.errors.UsageError: {FRESH.format(test, 'does not name the fixture fakejobs', test)}"
        assert any(line.startswith(said) for line in result.stdout.lines)


def test_a_test_without_a_fake(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.mark.fakejobs(explore=True)
        def test(): pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *@pytest.mark.fakejobs(explore=True) does nothing here: test does not use the fixture fakejobs.*"])


def test_given(run_apart: Run) -> None:
    result = run_apart("""
        import pytest
        from hypothesis import HealthCheck, given, settings, strategies as st

        @pytest.mark.fakejobs(explore=True)
        @settings(suppress_health_check=list(HealthCheck), database=None)
        @given(number=st.integers())
        def test(fakejobs, number): pass
    """)
    result.assert_outcomes(errors=1)
    said = "test has @given, which runs it once for each example with one and the same fake: "
    assert f"E   fakejobs.errors.UsageError: {said}explore or replay a test of one example, without @given" in result.stdout.lines
