"""What the plugin says of mistakes in options, markers and settings: each text whole, and what must stay silent."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run

OPTIONS = [
    ('{"clok": "sleep"}', "fakejobs has no option 'clok' (did you mean 'clock'?)"),
    ('{"port": 1}', "fakejobs has no option 'port' (known: seed, start, key, clock, speed, patience, sleep_limit, patch_time, lint)"),
    ('{"clock": "sleeep"}', "clock='sleeep' is not one of manual, sleep, poll, real, and no Clock (did you mean 'sleep'?)"),
    (
        '[{"add_job": {"spider": "books"}}]',
        (
            "the fixture fakejobs_options gives a dict of options, not [{'add_job': {'spider': 'books'}}]: "
            "for a seed return {\"seed\": [{'add_job': {'spider': 'books'}}]}"
        ),
    ),
    (
        "None",
        'the fixture fakejobs_options gives a dict of options, not None: end it with a return, as in return {"clock": "sleep"}',
    ),
    ("'sleep'", "the fixture fakejobs_options gives a dict of options, not 'sleep': return {'clock': 'sleep'}"),
    ("5", 'the fixture fakejobs_options gives a dict of options, not 5: return a dict, as in return {"clock": "sleep"}'),
]


@pytest.mark.parametrize(("options", "text"), OPTIONS, ids=[options for options, _ in OPTIONS])
def test_mistakes_in_options(run: Run, options: str, text: str) -> None:
    result = run(f"""
        import pytest

        @pytest.fixture
        def fakejobs_options():
            return {options}

        def test(fakejobs): pass
    """)
    result.assert_outcomes(errors=1)
    assert f"E   fakejobs.errors.UsageError: {text}" in result.stdout.lines


MARKERS = [
    ("'sleep'", "@pytest.mark.fakejobs('sleep') takes keywords: write @pytest.mark.fakejobs(clock='sleep')"),
    ("'shop.json'", "@pytest.mark.fakejobs('shop.json') takes keywords: write @pytest.mark.fakejobs(seed='shop.json')"),
    ("{'clock': 'sleep'}", "@pytest.mark.fakejobs({'clock': 'sleep'}) takes keywords: write @pytest.mark.fakejobs(**{'clock': 'sleep'})"),
    ("clok='sleep'", "@pytest.mark.fakejobs has no option 'clok' (did you mean 'clock'?)"),
    ("clock='sleeep'", "clock='sleeep' is not one of manual, sleep, poll, real, and no Clock (did you mean 'sleep'?)"),
]


@pytest.mark.parametrize(("given", "text"), MARKERS, ids=[given for given, _ in MARKERS])
def test_mistakes_in_markers(run: Run, given: str, text: str) -> None:
    result = run(f"""
        import pytest

        @pytest.mark.fakejobs({given})
        def test(fakejobs): pass
    """)
    result.assert_outcomes(errors=1)
    assert f"E   fakejobs.errors.UsageError: {text}" in result.stdout.lines


IDLE = (
    "@pytest.mark.fakejobs(clock='sleep') does nothing here: {0} does not use the fixture fakejobs. "
    "Write def {0}(fakejobs), or add @pytest.mark.usefixtures('fakejobs')"
)


def test_a_marker_without_the_fixture(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.mark.fakejobs(clock="sleep")
        def test_plain(): raise AssertionError("it has begun")

        @pytest.mark.fakejobs(clock="sleep")
        @pytest.mark.parametrize("number", [1])
        def test_rows(number): pass

        @pytest.mark.fakejobs(clock="sleep")
        def test_that_could_have_asked(request): pass
    """)
    result.assert_outcomes(errors=2, failed=1)
    for name in ("test_plain", "test_rows", "test_that_could_have_asked"):
        assert any(line.endswith(f"UsageError: {IDLE.format(name)}") for line in result.stdout.lines)
    assert "it has begun" not in result.stdout.str()


def test_markers_that_have_their_fixture(run: Run) -> None:
    result = run("""
        import unittest
        import pytest

        mark = pytest.mark.fakejobs(start=1_000_000_000_000)

        @mark
        def test_argument(fakejobs): pass

        @mark
        @pytest.mark.usefixtures("fakejobs")
        def test_used(): pass

        @pytest.fixture
        def cloud(fakejobs): return fakejobs

        @mark
        def test_through_another(cloud): pass

        @mark
        def test_asked_for(request):
            assert request.getfixturevalue("fakejobs").clock.now.year == 2001

        @pytest.fixture
        def chosen(request): return request.getfixturevalue(request.param)

        @mark
        @pytest.mark.parametrize("chosen", ["fakejobs"], indirect=True)
        def test_indirect(chosen): pass

        @pytest.mark.parametrize("number", [pytest.param(1, marks=mark), 2])
        def test_row(fakejobs, number): pass

        @pytest.fixture
        def own(make_fakejobs, request):
            with make_fakejobs(**request.node.get_closest_marker("fakejobs").kwargs) as fake:
                yield fake

        @mark
        def test_that_reads_it_itself(own): pass

        @mark
        class TestClass:
            def test_with(self, fakejobs): pass
            def test_without(self): pass

        class TestAuto:
            @pytest.fixture(autouse=True)
            def _fake(self, fakejobs): pass
            @mark
            def test(self): pass

        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _fake(self, fakejobs): pass
            @mark
            def test(self): pass

        @mark
        @pytest.mark.skip
        def test_skipped(): pass
    """)
    result.assert_outcomes(passed=12, skipped=1)


def test_a_marker_of_a_module_is_for_whom_it_may_concern(run: Run) -> None:
    run("""
        import pytest

        pytestmark = pytest.mark.fakejobs(clock="sleep")

        def test_with(fakejobs): pass
        def test_without(): pass
    """).assert_outcomes(passed=2)


SETTINGS = [
    ("fakejobs_clock = sleeep", (), "tox.ini: fakejobs_clock = sleeep is not one of manual, sleep, poll, real (did you mean 'sleep'?)"),
    ("", ("--fakejobs-clock", "pol"), "--fakejobs-clock=pol is not one of manual, sleep, poll, real (did you mean 'poll'?)"),
    ("fakejobs_clok = sleep", (), "tox.ini: there is no option fakejobs_clok (did you mean 'fakejobs_clock'?)"),
]


@pytest.mark.parametrize(("line", "arguments", "text"), SETTINGS, ids=[text for _, _, text in SETTINGS])
def test_mistakes_in_settings_stop_the_run(pytester: pytest.Pytester, line: str, arguments: tuple[str, ...], text: str) -> None:
    pytester.makefile(".ini", tox=f"[pytest]\n{line}\n")
    pytester.makepyfile("def test(fakejobs): pass")
    result = pytester.runpytest_inprocess("-p", "fakejobs.pytest_plugin", "-p", "no:asyncio", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {text}" in result.stderr.lines


def test_settings_that_are_right(pytester: pytest.Pytester) -> None:
    pytester.makefile(".ini", tox="[pytest]\nfakejobs_clock = poll\n")
    pytester.makepyfile("def test(fakejobs): pass")
    pytester.runpytest_inprocess("-p", "fakejobs.pytest_plugin", "-p", "no:asyncio", "--fakejobs-clock=real").assert_outcomes(passed=1)
