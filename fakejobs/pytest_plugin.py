"""The pytest plugin: the fixtures `fakejobs`, `fakejobs_options` and `make_fakejobs`, and what a test must not miss.

Whatever goes wrong unseen while a test runs (a defect inside a fake, a call of the real service) fails that test, also
when the code under test swallowed the exception. A failed test shows the clock, the jobs and the last calls of its fakes.
Loading this module loads nothing but pytest and the standard library; the fake comes with the first fixture that is used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakejobs.fake import FakeJobs
    from fakejobs.fakes_of_run import Fakes

LINT_MODES = ("report", "fail", "off")
"""What may become of what the lint finds."""

MakeFakeJobs = Callable[..., AbstractContextManager["FakeJobs"]]


# ------------------------------------------------------------ fixtures


@pytest.fixture
def fakejobs(fakejobs_options: Mapping[str, Any]) -> Iterator[FakeJobs]:
    """A fresh, empty fake of Scrapy Cloud; for the duration of the test, clients without arguments reach it."""
    fakes = _RUNS[-1]  # a fixture that asks for `request` or `pytestconfig` takes half as long again
    with fakes.serve_for_test(fakejobs_options) as fake:
        yield fake


@pytest.fixture
def fakejobs_options() -> dict[str, Any]:
    """What `fakejobs` is made with; override it: clock, start, speed, seed, key, patience, sleep_limit, patch_time, lint."""
    return {}


@pytest.fixture(scope="session")
def make_fakejobs(pytestconfig: pytest.Config) -> MakeFakeJobs:
    """Make fakes for wider scopes, or several at once: `with make_fakejobs(seed=..., environ=False) as fake`."""
    fakes = pytestconfig.stash[_FAKES]

    def make(*, environ: bool = False, **options: Any) -> AbstractContextManager[FakeJobs]:
        """Serve a fake until the context is left.

        environ: also point the environment at it, which one fake at a time can have. options: as in fakejobs_options.
        """
        return fakes.serve(options, environ=environ)

    return make


# ------------------------------------------------------------ the run


_FOUND = "fakejobs_lint"
"""The attribute of a report that holds what the lint found."""
_EXPLORED = "fakejobs_explored"
"""The attribute of a report that holds what exploring its test came to."""
_EXPLORER = "fakejobs-explorer"
_FAKES = pytest.StashKey["Fakes"]()
_RUNS: list[Fakes] = []
"""Those of the runs of this process: the present one is the last, after those inside whose tests it runs."""


def _refuse_unknown_names(config: pytest.Config) -> None:
    """Refuse names of ours in the file of options that there are not; pytest warns of them at most."""
    known = [name for name in getattr(config._parser, "_inidict", ()) if name.startswith("fakejobs_")]  # noqa: SLF001  # no public way
    given = vars(config).get("_inicfg", vars(config).get("inicfg", ()))  # the one or the other, with the version of pytest
    unknown = next((name for name in given if name.startswith("fakejobs_") and name not in known), None)
    if unknown is not None and known:
        from fakejobs.nearest import hint

        where = f"{config.inipath.name}: " if config.inipath else ""
        raise pytest.UsageError(f"{where}there is no option {unknown}{hint(unknown, known)}")


# ------------------------------------------------------------ hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    guard_help = (
        "end a test that calls a host of the real Scrapy Cloud while a fake has the environment: true, false, or always, which also"
    )
    kind: Any = bool | str if pytest.version_tuple >= (9, 2) else "string"  # a native TOML file may say true or "always"
    parser.addini("fakejobs_guard", f"{guard_help} ends tests without a fake (default: true)", type=kind, default="true")
    clock_help = "who moves the clock of fakes: manual, sleep, poll or real (default: manual)"
    parser.addini("fakejobs_clock", clock_help, default="manual")
    parser.getgroup("fakejobs").addoption("--fakejobs-clock", dest="fakejobs_clock", metavar="CLOCK", help=clock_help)
    explore_help = "run each test again for every call that it makes and every way in which that may fail"
    parser.getgroup("fakejobs").addoption("--fakejobs-explore", dest="fakejobs_explore", action="store_true", help=explore_help)
    fault_help = "let one call fail, as exploring tells it: 'run 1 lost' is the first call of run, whose answer is lost"
    parser.getgroup("fakejobs").addoption("--fakejobs-fault", dest="fakejobs_fault", metavar="SCHEDULE", help=fault_help)
    sleepers_help = "further packages whose sleeps move the clock, with clock=sleep; !name takes away one that does so by itself"
    parser.addini("fakejobs_sleepers", sleepers_help, type="args", default=[])
    lint_help = "what becomes of mistakes of clients that the service takes without a word: report, fail or off (default: report)"
    parser.addini("fakejobs_lint", lint_help, default="report")


class _AsTheyAre(MetaPathFinder):
    """Finds the modules of fakejobs, and no others, as they are.

    pytest rewrites the asserts of a plugin's whole distribution; ours holds none, and parsing it anew costs most where nothing may
    be cached, as in containers. Without this finder all works the same, but later.
    """

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where a module of fakejobs is; None for any other."""
        return PathFinder.find_spec(name, path, target) if name.startswith("fakejobs.") else None


_FINDER = pytest.StashKey[_AsTheyAre]()


def _load_as_they_are(config: pytest.Config) -> None:
    """Find our modules before pytest does, until the run is over."""
    if _FINDER not in config.stash:
        finder = config.stash[_FINDER] = _AsTheyAre()
        sys.meta_path.insert(0, finder)
        config.add_cleanup(lambda: sys.meta_path.remove(finder) if finder in sys.meta_path else None)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Keep pytest from rewriting what a conftest.py imports of ours; for a plugin that a conftest.py names it is too late."""
    _load_as_they_are(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, prepare the list of fakes, and keep pytest from rewriting what they load."""
    _load_as_they_are(config)
    lint = config.getini("fakejobs_lint")
    if lint not in LINT_MODES:
        from fakejobs.mistaken import wrong_choice

        raise pytest.UsageError(wrong_choice(f"fakejobs_lint = {lint}", lint, LINT_MODES))
    marker = (
        "fakejobs(clock='manual', ...): what the fixture fakejobs is made with, by keyword, as in fakejobs_options; "
        "explore=True runs the test again for every single failure, fault='run 1 lost' with one of them alone"
    )
    config.addinivalue_line("markers", marker)
    _refuse_unknown_names(config)
    if config.getoption("fakejobs_fault") is not None:
        from fakejobs.exploring.asked import refuse_command_line

        refuse_command_line(config)
    from fakejobs.fakes_of_run import Fakes  # now, as pytest would rewrite what the plugin imports

    fakes = config.stash[_FAKES] = Fakes(config)
    _RUNS.append(fakes)
    config.add_cleanup(lambda: _RUNS.remove(fakes))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Load what explores and replays, if a test of this run is to."""
    config = session.config
    from fakejobs.fakes_of_run import EXPLORING

    given = (name for item in session.items for marker in item.iter_markers("fakejobs") for name in marker.kwargs)
    is_asked = config.getoption("fakejobs_explore") or config.getoption("fakejobs_fault") is not None
    if (is_asked or not set(EXPLORING).isdisjoint(given)) and not config.pluginmanager.has_plugin(_EXPLORER):
        from fakejobs.exploring.explorer import Explorer

        config.pluginmanager.register(Explorer(config.stash[_FAKES], _EXPLORED), _EXPLORER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a failed set-up with its real reason; what a good one left unseen is raised with the call."""
    __tracebackhide__ = True
    item.config.stash[_FAKES].begin_test(item)
    try:
        with item.config.stash[_FAKES].quiet():
            result = yield
    except BaseException as outcome:
        _surface(item, outcome)
        raise
    item.config.stash[_FAKES].refuse_idle_marker(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test in which something went wrong unseen."""
    __tracebackhide__ = True
    try:
        with item.config.stash[_FAKES].quiet():
            result = yield
    except BaseException as outcome:
        _surface(item, outcome)
        raise
    kept = getattr(item, "_excinfo", None) or []  # where pytest keeps how the test of a unittest.TestCase ended
    try:
        _surface(item, kept[-1].value if kept else None)
    except BaseException:
        kept.clear()
        raise
    item.config.stash[_FAKES].refuse_idle_marker(item, at_the_end=True)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a tear-down in which something went wrong unseen, and let go of the test."""
    __tracebackhide__ = True
    try:
        with item.config.stash[_FAKES].quiet():
            result = yield
        _surface(item, None)
    except BaseException as outcome:
        _surface(item, outcome)
        raise
    finally:
        fakes = item.config.stash[_FAKES]
        try:
            fakes.look_at_calls()
        finally:
            fakes.forget_test()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """End a mistake's report at the user's line; add what the fakes saw to a failed one, and to each last one what the lint found."""
    _end_at_user(item, call.excinfo)
    report = yield
    if call.excinfo is not None and not call.excinfo.traceback and "fakejobs.places" in sys.modules:
        from fakejobs.places import place_at_test

        place_at_test(report, item, call.excinfo.exconly())
    found = item.config.stash[_FAKES].take_found() if call.when == "teardown" else []
    if found:
        vars(report)[_FOUND] = found  # it goes from a worker of xdist to the one who reports
    fakes = item.config.stash[_FAKES].shown_for(item) if report.failed and call.when != "teardown" else {}
    if fakes:
        from fakejobs.reporting import sections_of

        report.sections += [section for url, fake in fakes.items() for section in sections_of(url, fake)]
    return report


def _end_at_user(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException] | None) -> None:
    """Take our frames off the traceback of a mistake, unless all are asked for, with --full-trace, or none can be there."""
    kept = getattr(item, "_excinfo", None)  # where pytest keeps how the test of a unittest.TestCase ended
    endings = [*([excinfo] if excinfo is not None else []), *(kept or [])]
    if not endings or item.config.getoption("fulltrace", default=False) or "fakejobs.errors" not in sys.modules:
        return
    from fakejobs.places import end_at_user, is_without_user

    for ended in endings:
        end_at_user(ended.value)
        ended.traceback = type(ended.traceback)([] if is_without_user(ended.value) else ended.tb)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what exploring came to, and in one section what the lint found in the calls of all tests."""
    explored = _reports_with(_EXPLORED, terminalreporter)
    if explored:
        from fakejobs.exploring.table import Explored, lines_of

        results = [(report.nodeid, Explored(*getattr(report, _EXPLORED))) for report in explored]
        terminalreporter.section("fakejobs: every single failure")
        for line in lines_of(results, is_verbose=terminalreporter.verbosity > 0):
            terminalreporter.line(line)
    found = _reports_with(_FOUND, terminalreporter)
    if found:
        _show_lint(found, terminalreporter)


def _reports_with(name: str, terminalreporter: pytest.TerminalReporter) -> list[Any]:
    """Return the reports of the run that carry something of ours."""
    return [report for reports in terminalreporter.stats.values() for report in reports if getattr(report, name, None)]


def _show_lint(reports: Sequence[Any], terminalreporter: pytest.TerminalReporter) -> None:
    from fakejobs.lint.findings import Told, lines_of, merged

    rows = [Told(*row) for report in reports for row in getattr(report, _FOUND)]
    tests = [report.nodeid for report in reports for _ in getattr(report, _FOUND)]
    found = merged(row._replace(first=f"{test}: {row.first}") for test, row in zip(tests, rows, strict=True))
    terminalreporter.section("fakejobs: lint")
    for line in lines_of(found):
        terminalreporter.line(line)


def _surface(item: pytest.Item, outcome: BaseException | None) -> None:
    __tracebackhide__ = True
    if isinstance(outcome, (KeyboardInterrupt, pytest.exit.Exception)):
        return
    with suppress(Exception) if isinstance(outcome, pytest.xfail.Exception) else nullcontext():
        item.config.stash[_FAKES].surface(outcome)
