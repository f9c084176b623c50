"""The fakes of one pytest run: how they are made, what a test must not miss of them, and what they are asked at its end.

Loading this module loads nothing but pytest and the standard library; the fake comes with the first one that is made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakejobs.backstage import Backstage
    from fakejobs.fake import FakeJobs
    from fakejobs.served import Served
    from fakejobs.unseen import Unseen

OPTIONS = ("seed", "start", "key", "clock", "speed", "patience", "sleep_limit", "patch_time", "lint")
"""What `fakejobs_options`, the marker `fakejobs` and make_fakejobs() take."""
EXPLORING = ("explore", "explore_limit", "fault")
"""What the marker takes besides: what becomes of the test, and not of its fake."""


class Guarded(Enum):
    """Which tests end when they reach for a host of the real service: the values of the ini option fakejobs_guard."""

    TRUE = "true"
    """Those whose fake has the environment."""
    FALSE = "false"
    """None."""
    ALWAYS = "always"
    """All, also those without a fake."""


_GUARDED_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "y", "t", "on"), Guarded.TRUE),
    **dict.fromkeys(("false", "0", "no", "n", "f", "off"), Guarded.FALSE),
    "always": Guarded.ALWAYS,
}
"""How the values may be written: as pytest reads a truth value, too."""


def _guard_of(config: pytest.Config) -> Guarded:
    """Return what the ini option says; raises pytest.UsageError if it is misspelled."""
    given = config.getini("fakejobs_guard")
    found = _GUARDED_WORDS.get(str(given).strip().lower())
    if found is None:
        from fakejobs.mistaken import wrong_choice

        raise pytest.UsageError(wrong_choice(f"fakejobs_guard = {given}", given, [value.value for value in Guarded]))
    return found


class Fakes:
    """The fakes of one pytest run."""

    def __init__(self, config: pytest.Config) -> None:
        self._guard = _guard_of(config)
        self._clock = _clock_of(config)
        self._root = config.rootpath
        self._config = config
        self._sleepers = config.getini("fakejobs_sleepers")
        self._lint = config.getini("fakejobs_lint")
        self._found: list[list[Any]] = []  # what the lint found in the calls of the present test, as a report can carry it
        self._open: dict[str, FakeJobs] = {}
        self._of_test: dict[str, FakeJobs] = {}  # opened since the present test began, closed or not
        self.of_fixture: FakeJobs | None = None
        """That of the fixture `fakejobs`, while the present test has it."""
        self.usual_clock: str | None = None
        """Who moves its clock where neither the fixture's options nor a marker says so; None: as the run has it."""
        self._test: pytest.Item | None = None
        self._served = 0  # the number of the last fake that serve() had made when the present test began
        self._unseen: Unseen | None = None  # of a test, beside what its fakes keep
        self._stop_listening: Callable[[], None] | None = None

    @contextmanager
    def serve_for_test(self, options: Mapping[str, Any]) -> Iterator[FakeJobs]:
        """Serve the fake of the present test, which has the environment. options: those of the fixture; the test's markers win."""
        _need_a_mapping(options)
        clock = self.usual_clock or self._clock
        with self.serve({"clock": clock, **options, **self.marked()}, environ=True) as fake:
            self.of_fixture = fake
            try:
                yield fake
            finally:
                self.of_fixture = None

    @contextmanager
    def serve(self, options: Mapping[str, Any], *, environ: bool) -> Iterator[FakeJobs]:
        """Serve a fake until the context is left; raises UsageError for options that do not fit."""
        with _make({"clock": self._clock, "lint": self._lint, **options}) as fake:
            stage = _behind(fake)
            stage.listen()
            stage.unseen.waker.shout = self._shout
            if environ:
                stage.take_environment(guard=self._guard is not Guarded.FALSE)
            stage.take_sleep(self._root, self._sleepers)
            url = fake.url
            self._open[url] = self._of_test[url] = fake
            try:
                with self.quiet():
                    yield fake
            finally:
                del self._open[url]
                self._look_at(fake)

    def _shout(self, text: str) -> None:
        """Show at once, past what captures the output, what a test swallows again and again."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"\nfakejobs: {text}", flush=True)

    def begin_test(self, item: pytest.Item) -> None:
        """Take note of the present test."""
        self._test = item
        made = _served()
        for fake in {*self._open.values(), *(fake for fake, _ in made)}:
            _behind(fake).start_over()
        self._served = made[-1][1].number if made else 0
        if self._guard is Guarded.ALWAYS:
            from fakejobs.guard.always import listen
            from fakejobs.unseen import Unseen

            self._unseen = Unseen()
            self._stop_listening = listen(self._unseen.end, item.name)

    def marked(self) -> dict[str, Any]:
        """Return the options that the markers of the present test give, the nearest winning."""
        options: dict[str, Any] = {}
        for marker in self._test.iter_markers("fakejobs") if self._test is not None else ():
            if marker.args:
                from fakejobs.mistaken import positional_marker

                raise positional_marker(marker.args)
            _refuse_unknown(marker.kwargs, "@pytest.mark.fakejobs", (*OPTIONS, *EXPLORING))
            options = {**marker.kwargs, **options}
        return {name: value for name, value in options.items() if name not in EXPLORING}

    def refuse_idle_marker(self, item: pytest.Item, *, at_the_end: bool = False) -> None:
        """Refuse the marker of a test that has no fake; one of its class or module may be for other tests there.

        A test with `request` may ask for the fixture as it runs, so it is judged at its end.
        """
        __tracebackhide__ = True
        if not any(marker.name == "fakejobs" for marker in item.own_markers):
            return
        fixtures = getattr(item, "fixturenames", ())
        if "fakejobs" in fixtures or ("request" in fixtures and (not at_the_end or self._of_test or self._open)):
            return
        from fakejobs.mistaken import idle_marker

        _refuse(idle_marker(item.name.partition("[")[0], next(marker for marker in item.own_markers if marker.name == "fakejobs")))

    def surface(self, outcome: BaseException | None = None) -> None:
        """Raise what went wrong unseen; outcome: the exception with which the phase ends anyway."""
        __tracebackhide__ = True
        for fake in self._open.values():
            _behind(fake).raise_unseen(outcome)
        if self._unseen is not None:
            self._unseen.raise_first(outcome)
        if outcome is not None and "fakejobs.ending" in sys.modules:
            from fakejobs.ending import ended_in, told_alone

            ended = ended_in(outcome)
            if ended is None:
                return
            for fake, _ in _served():
                if _behind(fake).is_listening:
                    _behind(fake).raise_unseen(outcome)
            raise told_alone(ended, outcome) from None  # the fake that told it is closed already

    def quiet(self) -> AbstractContextManager[None]:
        """Under this `with`, a mistake that has ended a thread, or was lost on its way, prints nothing: the test tells it.

        The thread may outlive its test, and the next one is none the worse for it, with a fake of its own or without.
        """
        if "fakejobs.ending" not in sys.modules:  # no fake has been made
            return nullcontext()
        from fakejobs.ending import has_ended_threads, quiet

        if not self._of_test and not self._open and not has_ended_threads():
            return nullcontext()
        return quiet()

    def shown_for(self, item: pytest.Item) -> dict[str, FakeJobs]:
        """Return the fakes that concern a test, by url: those it opened, in whatever way, and the wider ones if it can see them."""
        served = {
            made.url: fake
            for fake, made in _served()
            if made.number > self._served or (_is_of_unittest(item) and _behind(fake).is_listening)
        }
        return {**served, **self._of_test, **(self._open if "make_fakejobs" in getattr(item, "fixturenames", ()) else {})}

    def look_at_calls(self) -> None:
        """Take note of what the lint finds in the calls that came in the present test to fakes that stay open."""
        for fake in self._open.values():
            self._look_at(fake)

    def _look_at(self, fake: FakeJobs) -> None:
        findings = _behind(fake).findings_to_report()
        if findings:
            from fakejobs.lint.findings import grouped

            self._found += [list(row) for row in grouped(findings)]

    def take_found(self) -> list[list[Any]]:
        """Return what was found in the calls of the last test, once."""
        found, self._found = self._found, []
        return found

    def forget_test(self) -> None:
        """Let go of what the present test has left."""
        if self._stop_listening is not None:
            self._stop_listening()
            self._unseen = self._stop_listening = None
        for fake in self._of_test.values():
            _behind(fake).sweep()
        self._of_test.clear()
        self._test = None


def _behind(fake: FakeJobs) -> Backstage:
    from fakejobs.fake import behind

    return behind(fake)


def _served() -> list[tuple[FakeJobs, Served]]:
    """Return the fakes that serve() made and that live, in their order; loads nothing."""
    module = sys.modules.get("fakejobs.served")
    return [] if module is None else module.all_served()


def _is_of_unittest(item: pytest.Item) -> bool:
    unittest = sys.modules.get("unittest.case")
    return unittest is not None and issubclass(getattr(item, "cls", None) or object, unittest.TestCase)


def _make(options: Mapping[str, Any]) -> FakeJobs:
    from fakejobs.fake import FakeJobs

    _refuse_unknown(options)
    return FakeJobs(**options)


def _refuse_unknown(options: Mapping[str, Any], where: str = "fakejobs", known: tuple[str, ...] = OPTIONS) -> None:
    """Refuse options that there are not. where: what has been given them. known: those that it takes."""
    unknown = sorted(set(options) - set(known), key=str)
    if unknown:
        from fakejobs.mistaken import option_of_marker, unknown_option

        raise option_of_marker(unknown[0], options[unknown[0]]) if unknown[0] in EXPLORING else unknown_option(where, unknown[0], known)


def _refuse(mistake: Exception) -> None:
    raise mistake


def _need_a_mapping(options: object) -> None:
    if not isinstance(options, Mapping):
        from fakejobs.mistaken import no_options

        raise no_options(options)


def _clock_of(config: pytest.Config) -> str:
    """Return who moves the clock, as the command line or else the file of options says; raises pytest.UsageError, naming which."""
    inside = config.getini("fakejobs_clock")
    for said, clock in (("--fakejobs-clock=", config.getoption("fakejobs_clock")), ("fakejobs_clock = ", inside)):
        if clock not in (None, "manual"):
            from fakejobs.domain.clock import CLOCKS
            from fakejobs.mistaken import wrong_choice

            if clock not in CLOCKS:
                where = f"{config.inipath.name}: " if said.endswith(" ") and config.inipath else ""
                raise pytest.UsageError(wrong_choice(f"{where}{said}{clock}", clock, CLOCKS))
    return str(config.getoption("fakejobs_clock") or inside)
