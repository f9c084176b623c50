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

SHOWN = 20
"""Jobs and calls that a failed test shows, the latest ones."""

MakeFakeJobs = Callable[..., AbstractContextManager["FakeJobs"]]


# ------------------------------------------------------------ fixtures


@pytest.fixture
def fakejobs(fakejobs_options: Mapping[str, Any], request: pytest.FixtureRequest) -> Iterator[FakeJobs]:
    """A fresh, empty fake of Scrapy Cloud; for the duration of the test, clients without arguments reach it."""
    options = {**fakejobs_options, **_marked(request.node)}
    with request.config.stash[_FAKES].serve(options, environ=True) as fake:
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


def _behind(fake: FakeJobs) -> Backstage:
    from fakejobs.fake import behind

    return behind(fake)


_FAKES = pytest.StashKey[_Fakes]()


def _make(options: Mapping[str, Any]) -> FakeJobs:
    from fakejobs.errors import UsageError
    from fakejobs.fake import FakeJobs

    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        from fakejobs.nearest import hint

        raise UsageError(f"fakejobs has no option {unknown[0]!r}{hint(unknown[0], OPTIONS)}")
    return FakeJobs(**options)


def _marked(node: pytest.Item) -> dict[str, Any]:
    """Return the options that the markers of a test give, the nearest winning."""
    options: dict[str, Any] = {}
    for marker in node.iter_markers("fakejobs"):
        if marker.args:
            from fakejobs.errors import UsageError

            raise UsageError("@pytest.mark.fakejobs takes keywords, as in @pytest.mark.fakejobs(clock='sleep')")
        options = {**marker.kwargs, **options}
    return options


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
    config.stash[_FAKES] = _Fakes(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a failed set-up with its real reason; what a good one left unseen is raised with the call."""
    __tracebackhide__ = True
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
    if report.failed and call.when != "teardown":
        for url, fake in item.config.stash[_FAKES].shown_for(item).items():
            jobs = f"{_seen(_clock, fake)}\n{_seen(_jobs, fake)}"
            report.sections += [(f"fakejobs: jobs at {url}", jobs), (f"fakejobs: last calls to {url}", _seen(_calls, fake))]
    return report


def _surface(item: pytest.Item, outcome: BaseException | None) -> None:
    __tracebackhide__ = True
    if isinstance(outcome, (KeyboardInterrupt, pytest.exit.Exception)):
        return
    with suppress(Exception) if isinstance(outcome, pytest.xfail.Exception) else nullcontext():
        item.config.stash[_FAKES].surface(outcome)


# ------------------------------------------------------------ what a failed test shows


def _seen(look: Callable[[FakeJobs], str], fake: FakeJobs) -> str:
    """Return what is seen; whoever looks lets happen what is due, and a callable of the test's may fail on that way."""
    try:
        return look(fake)
    except Exception as error:  # noqa: BLE001  # the report of another failure must not be lost
        return f"not shown, {type(error).__name__}: {error}"


def _clock(fake: FakeJobs) -> str:
    from fakejobs.timeline import clock_line

    stage = _behind(fake)
    return clock_line(stage.cloud, stage.clock_mode)


def _jobs(fake: FakeJobs) -> str:
    from fakejobs.domain.lifecycle import JobState

    jobs = fake.list_jobs(state=list(JobState))
    rows = [("key", "spider", "state", "close_reason", "tags", "args")]
    for job in (job.snapshot() for job in jobs[:SHOWN]):
        spider_args = " ".join(f"{name}={value}" for name, value in job.spider_args.items())
        rows.append(
            (str(job.key), _cell(job.spider), str(job.state), _cell(job.close_reason), _cell(", ".join(job.tags)), _cell(spider_args))
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(jobs) > SHOWN:
        lines.append(f"... and {len(jobs) - SHOWN} more")
    return "\n".join(lines) if jobs else "there are none"


def _calls(fake: FakeJobs) -> str:
    from fakejobs.journal.calls import folded

    lines = folded(fake.calls, keys=True)
    if len(lines) > SHOWN:
        lines = [f"... {len(lines) - SHOWN} earlier ones", *lines[-SHOWN:]]
    return "\n".join(lines) if lines else "no client has called"


def _cell(text: str | None) -> str:
    text = text or ""
    shown = text if text.isprintable() else ascii(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."
