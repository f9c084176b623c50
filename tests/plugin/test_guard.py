"""The guard in a run: what a test shows that reached for the real service, and the values of fakejobs_guard."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import PLUGIN, STRICT, Run

WORDS = "your code called app.zyte.com: its client was built before the fixture, or has a fixed host"
ALONE = "your code called app.zyte.com, and no fake stands in for it in this test"


def test_one_screen_says_what_happened_where_and_what_to_write(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        films="""
        import requests

        API = "https://app.zyte.com/api/"

        def order(spider):
            try:
                return requests.post(API + "run.json", {"project": 123, "spider": spider}, auth=("KEY", ""))
            except Exception:
                return None
        """
    )
    result = run(
        """
        import films

        def test_guarded(fakejobs):
            films.order("books")

        def test_patched(fakejobs, monkeypatch):
            monkeypatch.setattr(films, "API", fakejobs.api_url)
            films.order("books").close()
            fakejobs.assert_scheduled(spider="books")
        """,
        "--tb=short",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            f"E *UsageError: {WORDS}",
            'E *  at *films.py:7: return requests.post(API + "run.json", *',
            "E *write in the test (it takes the fixture monkeypatch), so that it reaches the fake:",
            'E *  monkeypatch.setattr(films, "API", fakejobs.api_url)',
            "E *fakejobs_guard = false*",
        ],
    )
    assert "During handling" not in result.stdout.str()
    assert "direct cause" not in result.stdout.str()


def test_one_that_swallowed_everything_fails_too(run: Run) -> None:
    result = run("""
        import socket

        def test(fakejobs):
            for _ in range(3):
                try:
                    socket.gethostbyname("app.zyte.com")
                except:
                    pass
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *Error: {WORDS}", '*  at *.py:6: socket.gethostbyname("app.zyte.com")'])


def test_nothing_of_it_stays_in_the_code_under_test(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(bound="from socket import gethostbyname\n")
    result = run("""
        import socket
        import bound
        import pytest

        real = bound.gethostbyname, socket.gethostbyname, dict(vars(socket.socket))

        def test_ended(fakejobs):
            with pytest.raises(BaseException, match="your code called"):
                bound.gethostbyname("app.zyte.com")
            assert bound.gethostbyname is not real[0]

        def test_failing(fakejobs): assert 0

        def test_after():
            assert (bound.gethostbyname, socket.gethostbyname, dict(vars(socket.socket))) == real
    """)
    result.assert_outcomes(failed=2, passed=1)


# ------------------------------------------------------------ fakejobs_guard


ALWAYS = """
        import contextlib, socket
        import pytest

        def call():
            socket.create_connection(("app.zyte.com", 443))

        def test_without(): call()

        @pytest.mark.parametrize("n", [1])
        def test_swallowed(n):
            with contextlib.suppress(BaseException): call()

        def test_with(fakejobs): call()

        def test_beside(make_fakejobs):
            with make_fakejobs() as fake:
                call()

        def test_other():
            with contextlib.suppress(OSError): socket.getaddrinfo("127.0.0.1", 1)
"""


def test_always_also_guards_tests_without_a_fake(run_apart: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfakejobs_guard = always\n")
    result = run_apart(ALWAYS, "--tb=short")
    result.assert_outcomes(failed=4, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_without _*",
            f"E *UsageError: {ALONE}",
            'E *  at *.py:5: socket.create_connection(("app.zyte.com", 443))',
            "E *  def test_without(fakejobs):",
            "*_ test_swallowed?1? _*",
            f"E *UsageError: {ALONE}",
            "*  def test_swallowed(fakejobs):",
            "*_ test_with _*",
            f"E *UsageError: {WORDS}",
            "*_ test_beside _*",
            f"E *UsageError: {ALONE}",
        ]
    )


def test_without_always_no_hook_is_there(run_apart: Run) -> None:
    result = run_apart("""
        import sys

        def test(fakejobs): pass
        def test_after(): assert "fakejobs.guard.always" not in sys.modules
    """)
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("value", ["false", "off", "0", "False", "NO"])
def test_it_can_be_turned_off(run: Run, value: str) -> None:
    result = run(
        "import socket\nlook = socket.getaddrinfo\ndef test(fakejobs): assert socket.getaddrinfo is look", "-o", f"fakejobs_guard={value}"
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("value", ["true", "on", "1"])
def test_it_is_on(run: Run, value: str) -> None:
    result = run(
        "import socket\nlook = socket.getaddrinfo\ndef test(fakejobs): assert socket.getaddrinfo is not look",
        "-o",
        f"fakejobs_guard={value}",
    )
    result.assert_outcomes(passed=1)


def test_a_misspelled_value_is_told_before_anything_runs(run: Run) -> None:
    result = run("def test(): pass", "-o", "fakejobs_guard=alway")
    result.stderr.fnmatch_lines(["ERROR: fakejobs_guard = alway is not one of true, false, always (did you mean 'always'?)"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.skipif(pytest.version_tuple < (9, 2), reason="pytest knows options of two types since 9.2")
@pytest.mark.parametrize(("value", "is_on"), [("false", False), ("true", True), ('"always"', True)])
def test_a_file_in_toml_may_give_a_truth_value(run_apart: Run, pytester: pytest.Pytester, value: str, *, is_on: bool) -> None:
    pytester.makepyprojecttoml(f"[tool.pytest]\nfakejobs_guard = {value}\n")
    result = run_apart(f"import socket\nlook = socket.getaddrinfo\ndef test(fakejobs): assert (socket.getaddrinfo is not look) is {is_on}")
    result.assert_outcomes(passed=1)


def test_the_values_stand_in_the_help(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*PLUGIN, *STRICT, "--help")
    result.stdout.fnmatch_lines(["*fakejobs_guard (*):*", "*: true, false, or", "*always, which also ends tests without a fake*"])
