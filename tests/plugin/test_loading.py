"""The ways of loading the plugin, and of doing without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import PLUGIN, ROOT, STRICT, Run

TEST = """
    import os
    import urllib.request

    def test(fakejobs):
        url = f"{fakejobs.api_url}jobs/count.json?project=1&apikey={os.environ['SH_APIKEY']}"
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b'{"status": "ok", "total": 0}'
"""


@pytest.fixture
def installed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the checkout look installed: with the entry point of pyproject.toml."""
    about = pytester.mkdir("installed") / "fakejobs-0.1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: fakejobs\nVersion: 0.1.0\n")
    about.joinpath("entry_points.txt").write_text("[pytest11]\nfakejobs.pytest_plugin = fakejobs.pytest_plugin\n")
    assert '"fakejobs.pytest_plugin" = "fakejobs.pytest_plugin"' in ROOT.joinpath("pyproject.toml").read_text()
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{about.parent}" if sys.platform != "win32" else f"{ROOT};{about.parent}")


@pytest.mark.parametrize(
    ("plugin", "conftest", "has_autoload", "is_installed"),
    [
        pytest.param((), "", True, True, id="entry point"),
        pytest.param(PLUGIN, "", True, False, id="-p"),
        pytest.param(PLUGIN, "", True, True, id="entry point and -p"),
        pytest.param((), "pytest_plugins = ('fakejobs.pytest_plugin',)", True, False, id="pytest_plugins"),
        pytest.param((), "pytest_plugins = ('fakejobs.pytest_plugin',)", True, True, id="entry point and pytest_plugins"),
        pytest.param(PLUGIN, "pytest_plugins = ('fakejobs.pytest_plugin',)", True, False, id="-p and pytest_plugins"),
        pytest.param(("-p", "conftest_plugin"), "", True, False, id="conftest_plugin"),
        pytest.param(("-p", "conftest_plugin"), "", True, True, id="entry point and conftest_plugin"),
        pytest.param(PLUGIN, "", False, True, id="-p without autoload"),
        pytest.param(("-p", "conftest_plugin"), "", False, False, id="conftest_plugin without autoload"),
    ],
)
def test_every_way_of_loading(
    run_apart: Run,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    plugin: tuple[str, ...],
    conftest: str,
    *,
    has_autoload: bool,
    is_installed: bool,
) -> None:
    if conftest:
        pytester.makeconftest(conftest)
    if is_installed:
        request.getfixturevalue("installed")
    if not has_autoload:
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    result = run_apart(TEST, plugin=plugin)
    result.assert_outcomes(passed=1)
    assert result.ret == 0


def test_it_can_be_switched_off(run_apart: Run, installed: None) -> None:
    result = run_apart(TEST, "-p", "no:fakejobs.pytest_plugin", plugin=())
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'fakejobs' not found*"])


def test_under_xdist(run_apart: Run, pytester: pytest.Pytester) -> None:
    """Each test has its fake, and a failure's sections come through."""
    source = """
        import os
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test(fakejobs, number):
            fakejobs.add_job("books", project=number + 1)
            assert os.environ["SHUB_APIURL"] == fakejobs.api_url
            assert [job.project for job in fakejobs.list_jobs()] == [number + 1]
            assert number != 3
    """
    result = run_apart(source, "-n", "2")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["*fakejobs: jobs at http://127.0.0.1:*", "4/1/1*books*pending*"])


def test_importing_the_plugin_loads_nothing_beyond_pytest() -> None:
    program = """
import sys
import pytest
before = set(sys.modules)
import fakejobs.pytest_plugin
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))
print(*sorted(name for name in sys.modules if name.startswith("fakejobs")))
"""
    result = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    assert result.stdout.split("\n") == ["fakejobs", "fakejobs fakejobs.pytest_plugin", ""]


def test_a_run_that_uses_no_fixture_loads_nothing_either(
    run_apart: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest("""
        import sys

        def pytest_unconfigure():
            ours = ("fakejobs.", "werkzeug", "h11", "sortedcontainers", "pytest_httpserver")
            assert [name for name in sys.modules if name.startswith(ours)] == ["fakejobs.pytest_plugin"]
    """)
    result = run_apart("def test(): pass\ndef test_failing(): assert 0")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1


def test_fixtures_and_ini_options_are_described(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*PLUGIN, *STRICT, "--fixtures")
    result.stdout.fnmatch_lines(
        ["fakejobs -- *", "    A fresh, empty fake of Scrapy Cloud*", "fakejobs_options -- *", "make_fakejobs*session scope* -- *"]
    )
    result = pytester.runpytest_inprocess(*PLUGIN, *STRICT, "--help")
    result.stdout.fnmatch_lines(["*fakejobs_guard (*):*"])


def test_our_own_tests_run_from_a_checkout_and_installed(run_apart: Run, pytester: pytest.Pytester, installed: None) -> None:
    """tests/conftest.py names the plugin as the entry point does, so it is never registered twice."""
    pytester.makeconftest(Path(ROOT, "tests", "conftest.py").read_text())
    run_apart(TEST, plugin=()).assert_outcomes(passed=1)


# ------------------------------------------------------------ what is loaded, and how


def test_our_modules_are_not_parsed_anew_and_others_are(run_apart: Run, pytester: pytest.Pytester) -> None:
    """Asserts of tests, of conftest files and of other plugins go on to show their values."""
    pytester.makepyfile(other_plugin="def check(x):\n    assert x == 2\n")
    pytester.makeconftest(
        """
        import pytest
        pytest.register_assert_rewrite("other_plugin")
        """
    )
    result = run_apart(
        """
        import sys
        import other_plugin

        def test_values(fakejobs):
            x = 1
            assert x == 3

        def test_values_of_others():
            other_plugin.check(1)

        def test_ours(fakejobs):
            fakejobs.add_job("books", project=1)
            kinds = {type(module.__loader__).__name__ for name, module in sys.modules.items() if name.startswith("fakejobs.cloud")}
            assert kinds == {"SourceFileLoader"}
        """,
        plugin=("-p", "fakejobs.pytest_plugin"),
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["E *assert 1 == 3", "E *assert 1 == 2"])


def test_nothing_of_it_stays(pytester: pytest.Pytester, run: Run) -> None:
    before = list(sys.meta_path)
    run("def test(fakejobs): pass").assert_outcomes(passed=1)
    assert sys.meta_path == before


LEFT_OUT = (
    "fakejobs.storage",
    "fakejobs.seeds",
    "fakejobs.timeline",
    "fakejobs.control.door",
    "fakejobs.dash.deploys",
    "msgspec",
    "asyncio",
)


def test_a_test_that_speaks_dash_loads_no_more_than_that(run_apart: Run) -> None:
    result = run_apart(
        f"""
        import http.client
        import sys

        def test(fakejobs):
            before = set(sys.modules)
            fakejobs.add_job("films", project=1)
            connection = http.client.HTTPConnection(fakejobs.url.partition("//")[2])
            headers = {{"Authorization": "Basic azo=", "Content-Type": "application/x-www-form-urlencoded"}}
            connection.request("POST", "/api/run.json", "project=1&spider=books", headers)
            assert connection.getresponse().status == 200
            connection.close()
            fakejobs.assert_scheduled(spider="books")
            assert [name for name in sys.modules if name.startswith({LEFT_OUT!r}) and name not in before] == []
            assert [name for name in sys.modules if name.startswith(("fakejobs.storage", "msgspec"))] == []
        """
    )
    result.assert_outcomes(passed=1)
