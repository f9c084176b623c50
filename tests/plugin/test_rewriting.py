"""Our modules are loaded as Python does, without pytest's rewriting of assertions; everybody else's are rewritten as ever."""

from __future__ import annotations

import shutil
from pathlib import Path
from textwrap import dedent

import pytest

from tests.plugin.conftest import PLUGIN, ROOT, Run

THEIRS = """
    def check(number):
        assert number + 1 == 63
"""
CONFTEST = """
    import pytest

    @pytest.fixture
    def check():
        def check(number):
            assert number + 1 == 53
        return check
"""
TEST = """
    import sys
    import theirs

    def test_ours(fakejobs):
        from fakejobs.domain.keys import JobKey
        loaders = {name: type(module.__loader__).__name__ for name, module in sys.modules.items() if name.startswith("fakejobs.")}
        assert len(loaders) > 20
        assert {name for name, loader in loaders.items() if loader != "SourceFileLoader"} <= {"fakejobs.pytest_plugin"}

    def test_mine():
        mine = 41
        assert mine + 1 == 43

    def test_in_conftest(check):
        check(51)

    def test_in_another_plugin():
        theirs.check(61)
"""
REWRITTEN = ["E*assert (41 + 1) == 43", "E*assert (51 + 1) == 53", "E*assert (61 + 1) == 63"]
"""What pytest shows of assertions that it has rewritten; of others it shows nothing."""


@pytest.fixture
def site(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, run_apart: Run) -> Path:
    """Make us look installed, with the list of files from which pytest learns what to rewrite, and another plugin beside us."""
    folder = pytester.mkdir("site")
    shutil.copytree(ROOT / "fakejobs", folder / "fakejobs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "conftest_plugin.py", folder)
    folder.joinpath("theirs.py").write_text(dedent(THEIRS))
    for name, module, file in (("fakejobs", "fakejobs.pytest_plugin", "fakejobs/__init__.py"), ("theirs", "theirs", "theirs.py")):
        about = folder / f"{name}-0.1.0.dist-info"
        about.mkdir()
        about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
        about.joinpath("RECORD").write_text(f"{file},,\n")
        about.joinpath("entry_points.txt").write_text(f"[pytest11]\n{module} = {module}\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    return folder


def rewritten(site: Path) -> list[str]:
    """Return the files of the site of which pytest has written bytecode of its own."""
    return sorted(path.name.partition(".")[0] for path in site.rglob("*-pytest-*.pyc"))


@pytest.mark.parametrize("plugin", [(), PLUGIN, ("-p", "conftest_plugin")], ids=["entry point", "-p", "conftest_plugin"])
@pytest.mark.parametrize("early", ["", "import fakejobs.fake"], ids=["", "a conftest.py imports us"])
def test_ours_alone_are_not_rewritten(run_apart: Run, pytester: pytest.Pytester, site: Path, plugin: tuple[str, ...], early: str) -> None:
    pytester.makeconftest(f"{early}\n{dedent(CONFTEST)}")
    result = run_apart(TEST, plugin=plugin)
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(REWRITTEN)
    assert set(rewritten(site)) - {"conftest_plugin"} == {"__init__", "pytest_plugin", "theirs"}


def test_a_run_inside_a_run(run_apart: Run, pytester: pytest.Pytester, site: Path) -> None:
    """Both load us plainly; the inner one takes away its own finder and no other."""
    pytester.makeconftest("pytest_plugins = ('pytester',)")
    result = run_apart("""
        import sys

        def ours():
            return [finder for finder in sys.meta_path if type(finder).__module__ == "fakejobs.pytest_plugin"]

        def test_outer(pytester):
            outer = ours()
            assert len(outer) == 1
            pytester.makepyfile("def test(fakejobs): assert fakejobs.url != 'mine'")
            pytester.inline_run("-p", "no:cacheprovider").assertoutcome(passed=1)
            assert ours() == outer
    """)
    result.assert_outcomes(passed=1)
    assert set(rewritten(site)) == {"__init__", "pytest_plugin", "theirs"}


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--no-such-option"], ["no_such_file.py"], ["--assert=plain"]], ids=" ".join)
def test_nothing_of_ours_stays_where_python_looks_for_modules(pytester: pytest.Pytester, site: Path, arguments: list[str]) -> None:
    pytester.makepyfile(test_it="def test(fakejobs): assert fakejobs.calls == []")
    program = f"""
        import sys
        import pytest

        pytest.main({["-p", "no:cacheprovider", *arguments]!r})
        assert "fakejobs.pytest_plugin" in sys.modules
        assert [finder for finder in sys.meta_path if type(finder).__module__.startswith("fakejobs")] == []
    """
    result = pytester.runpython(pytester.makepyfile(program=dedent(program)))
    assert (result.ret, result.errlines[-3:] if result.ret else []) == (0, [])


def test_a_pytest_that_rewrites_in_another_way_runs_us_all_the_same(run_apart: Run, pytester: pytest.Pytester, site: Path) -> None:
    """Where nothing is marked for it, and where the way into the imports is another one."""
    pytester.makeconftest("""
        import sys

        for finder in list(sys.meta_path):
            if type(finder).__name__ in ("AssertionRewritingHook", "_AsTheyAre"):
                sys.meta_path.remove(finder)
    """)
    run_apart("def test(fakejobs): assert fakejobs.calls == []").assert_outcomes(passed=1)
