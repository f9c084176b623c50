"""The pytest plugin: the fixtures `fakejobs`, `fakejobs_options` and `make_fakejobs`, and what a test must not miss.

Whatever goes wrong unseen while a test runs (a defect inside a fake, a call of the real service) fails that test, also
when the code under test swallowed the exception. A failed test shows the clock, the jobs and the last calls of its fakes.
Loading this module loads nothing but pytest and the standard library; the fake comes with the first fixture that is used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakejobs.backstage import Backstage
    from fakejobs.fake import FakeJobs

OPTIONS = ("seed", "start", "key", "clock", "speed", "patience", "sleep_limit")
"""What `fakejobs_options`, the marker `fakejobs` and make_fakejobs() take."""

MakeFakeJobs = Callable[..., AbstractContextManager["FakeJobs"]]


# ------------------------------------------------------------ fixtures


@pytest.fixture
def fakejobs(fakejobs_options: Mapping[str, Any]) -> Iterator[FakeJobs]:
    """A fresh, empty fake of Scrapy Cloud; for the duration of the test, clients without arguments reach it."""
    fakes = _RUNS[-1]  # a fixture that asks for `request` or `pytestconfig` takes half as long again
    with fakes.serve({**fakejobs_options, **fakes.marked()}, environ=True) as fake:
        yield fake


@pytest.fixture
def fakejobs_options() -> dict[str, Any]:
    """What `fakejobs` is made with; override it: seed, key, clock, start (datetime or ms), speed, patience, sleep_limit."""
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


# ------------------------------------------------------------ the fakes of a run


class _Fakes:
    """The fakes of one pytest run."""

    def __init__(self, config: pytest.Config) -> None:
        self._guard = config.getini("fakejobs_guard")
        self._clock = config.getoption("fakejobs_clock") or config.getini("fakejobs_clock")
        self._root = config.rootpath
        self._sleepers = config.getini("fakejobs_sleepers")
        self._open: dict[str, FakeJobs] = {}
        self._of_test: dict[str, FakeJobs] = {}  # opened since the present test began, closed or not
        self._test: pytest.Item | None = None

    @contextmanager
    def serve(self, options: Mapping[str, Any], *, environ: bool) -> Iterator[FakeJobs]:
        """Serve a fake until the context is left; raises UsageError for options that do not fit."""
        with _make({"clock": self._clock, **options}) as fake:
            stage = _behind(fake)
            stage.listen()
            if environ:
                stage.take_environment(guard=self._guard)
            if stage.clock_mode == "sleep":
                stage.take_sleep(self._root, self._sleepers)
            url = fake.url
            self._open[url] = self._of_test[url] = fake
            try:
                yield fake
            finally:
                del self._open[url]

    def begin_test(self, item: pytest.Item) -> None:
        """Take note of the present test."""
        self._test = item

    def marked(self) -> dict[str, Any]:
        """Return the options that the markers of the present test give, the nearest winning."""
        options: dict[str, Any] = {}
        for marker in self._test.iter_markers("fakejobs") if self._test is not None else ():
            if marker.args:
                from fakejobs.errors import UsageError

                raise UsageError("@pytest.mark.fakejobs takes keywords, as in @pytest.mark.fakejobs(clock='sleep')")
            options = {**marker.kwargs, **options}
        return options

    def surface(self, outcome: BaseException | None = None) -> None:
        """Raise what went wrong unseen; outcome: the exception with which the phase ends anyway."""
        __tracebackhide__ = True
        for fake in self._open.values():
            _behind(fake).raise_unseen(outcome)

    def shown_for(self, item: pytest.Item) -> dict[str, FakeJobs]:
        """Return the fakes that concern a test, by url: those it opened, and the wider ones if it can see them."""
        return {**self._of_test, **(self._open if "make_fakejobs" in getattr(item, "fixturenames", ()) else {})}

    def forget_test(self) -> None:
        """Let go of what the present test has left."""
        for fake in self._of_test.values():
            _behind(fake).sweep()
        self._of_test.clear()
        self._test = None


def _behind(fake: FakeJobs) -> Backstage:
    from fakejobs.fake import behind

    return behind(fake)


_FAKES = pytest.StashKey[_Fakes]()
_RUNS: list[_Fakes] = []
"""Those of the runs of this process: the present one is the last, after those inside whose tests it runs."""


def _make(options: Mapping[str, Any]) -> FakeJobs:
    from fakejobs.errors import UsageError
    from fakejobs.fake import FakeJobs

    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        from fakejobs.nearest import hint

        raise UsageError(f"fakejobs has no option {unknown[0]!r}{hint(unknown[0], OPTIONS)}")
    return FakeJobs(**options)


# ------------------------------------------------------------ hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    help_text = "fail a test that looks up a host of the real Scrapy Cloud while a fake has the environment (default: true)"
    parser.addini("fakejobs_guard", help_text, type="bool", default=True)
    clock_help = "who moves the clock of fakes: manual, sleep, poll or real (default: manual)"
    parser.addini("fakejobs_clock", clock_help, default="manual")
    parser.getgroup("fakejobs").addoption("--fakejobs-clock", dest="fakejobs_clock", metavar="CLOCK", help=clock_help)
    sleepers_help = "installed packages whose sleeps move the clock too, with clock=sleep (default: shub_workflow)"
    parser.addini("fakejobs_sleepers", sleepers_help, type="args", default=["shub_workflow"])


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
    marker = "fakejobs(clock='manual', ...): what the fixture fakejobs is made with, by keyword, as in fakejobs_options"
    config.addinivalue_line("markers", marker)
    fakes = config.stash[_FAKES] = _Fakes(config)
    _RUNS.append(fakes)
    config.add_cleanup(lambda: _RUNS.remove(fakes))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a failed set-up with its real reason; what a good one left unseen is raised with the call."""
    __tracebackhide__ = True
    item.config.stash[_FAKES].begin_test(item)
    try:
        return (yield)
    except BaseException as outcome:
        _surface(item, outcome)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test in which something went wrong unseen."""
    __tracebackhide__ = True
    try:
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
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a tear-down in which something went wrong unseen, and let go of the test."""
    __tracebackhide__ = True
    try:
        result = yield
        _surface(item, None)
    finally:
        item.config.stash[_FAKES].forget_test()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the clock, the jobs and the last calls to the report of a failed test."""
    report = yield
    fakes = item.config.stash[_FAKES].shown_for(item) if report.failed and call.when != "teardown" else {}
    if fakes:
        from fakejobs.reporting import sections_of

        report.sections += [section for url, fake in fakes.items() for section in sections_of(url, fake)]
    return report


def _surface(item: pytest.Item, outcome: BaseException | None) -> None:
    __tracebackhide__ = True
    if isinstance(outcome, (KeyboardInterrupt, pytest.exit.Exception)):
        return
    with suppress(Exception) if isinstance(outcome, pytest.xfail.Exception) else nullcontext():
        item.config.stash[_FAKES].surface(outcome)
