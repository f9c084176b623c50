"""Exploring one test: its plain run, a run for each schedule, and the one set of reports that these come to.

Between two runs what is of the test's own scope is torn down and what is wider stays, as if the next test were the same one again. With
the last run everything goes that the real next test does not need.
"""

from __future__ import annotations

import copy
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import pytest
from _pytest.runner import runtestprotocol  # what whoever runs a test again calls, as pytest-rerunfailures does

from fakejobs.errors import UsageError
from fakejobs.exploring.asked import Explore
from fakejobs.exploring.attempts import Attempt
from fakejobs.exploring.schedules import Planned, Way, plan
from fakejobs.exploring.table import Explored, table_of
from fakejobs.exploring.words import text_of
from fakejobs.journal.book import KEPT
from fakejobs.quoting import quoted


class Exploration:
    """The runs of one test. next_item: the test that comes after it."""

    def __init__(self, item: pytest.Item, next_item: pytest.Item | None, asked: Explore) -> None:
        self.item = item
        self.attempt = Attempt()
        """The present run."""
        self.explored: Explored | None = None
        """What it all came to; None: the plain run has not passed, or there was a mistake."""
        self._plain = self.attempt
        self._next = next_item
        self._same = copy.copy(item)  # in place of the next test, it keeps pytest from tearing down what is wider
        self._asked = asked
        self._planned: Sequence[Planned] = ()
        self._total = 0
        self._tried: list[tuple[Planned, Attempt]] = []
        self._mistake: UsageError | None = None
        self._is_torn_down = self._has_wider_failed = False

    # ------------------------------------------------------------ the runs

    def run(self) -> list[pytest.TestReport]:
        """Run the test as it is, and then once for each schedule; return its reports."""
        with _old_garbage_left():
            self._run_all()
        return self._reports()

    def _run_all(self) -> None:
        self.run_once()
        if self._planned and self._plain.is_good:
            cancel = getattr(self.item.ihook, "pytest_timeout_cancel_timer", None)
            if cancel is not None:  # pytest-timeout starts anew with each run
                cancel(item=self.item)
            for planned in self._planned:
                self.attempt = Attempt(planned.schedule, len(self._plain.calls))
                self._tried.append((planned, self.attempt))
                self.item.ihook.pytest_runtest_protocol(item=self.item, nextitem=self._same)
                self.attempt.settle(self._plain)
                if self._is_over():
                    break

    def run_once(self) -> None:
        """Run the test under its present fault; pytest asks for it, inside of what all plugins do around a test."""
        with nullcontext() if self.attempt is self._plain else _as_new(self.item):
            self.attempt.reports = runtestprotocol(self.item, log=False, nextitem=self._same)

    def note(self, when: str, error: BaseException) -> None:
        """Take note of how a phase of the present run has ended. when: which one, as pytest names it."""
        if not self._has_wider_failed:
            self.attempt.note(self.item, when, error)

    def collect_garbage(self) -> None:
        """Find what the present run has left unclosed, so that its warning is one of this run, and not of a later one."""
        gc.collect()
        plugin = self.item.config.pluginmanager.get_plugin("unraisableexception")
        with_warnings = getattr(plugin, "collect_unraisable", None)  # from pytest 8.4 on; before, its wrappers hear of it at once
        if with_warnings is not None:
            with_warnings(self.item.config)
        gc.freeze()

    def after_tear_down(self) -> None:
        """Find what is to be tried once the plain run has ended, and tear down what is wider after the last run."""
        if self.attempt is self._plain and self._plain.is_good:
            self._plan()
        if self._is_over():
            self._tear_down_wider()

    def _tear_down_wider(self) -> None:
        self._is_torn_down = True
        next_item = None if self._ends_session() else self._next
        try:
            self.item.session._setupstate.teardown_exact(next_item)  # noqa: SLF001  # pytest has no public way to tear down a part
        except BaseException:
            self._has_wider_failed = True
            raise

    def _plan(self) -> None:
        """Find the schedules that the plain run gives."""
        calls = self._plain.calls
        if not self._plain.is_whole:
            self._mistake = UsageError(f"the test makes more calls than the {KEPT:,} that a fake remembers: explore a smaller one")
            return
        idle = [way for way in self._asked.ways if not any(way.fits(call) for call in calls)] if self._asked.is_chosen else []
        if idle:
            fitting = ", ".join(way for way in Way if any(way.fits(call) for call in calls))
            legal = f"for them there are {fitting}" if fitting else "it makes none while it runs"
            self._mistake = UsageError(f"explore names {quoted(str(idle[0]))}, which makes no sense for any call of the test: {legal}")
            return
        every = plan(calls, self._asked.ways)
        self._planned, self._total = every[: self._asked.limit], len(every)

    def _is_over(self) -> bool:
        """Say whether no further run follows."""
        session = self.item.session
        if session.shouldfail or session.shouldstop or len(self._tried) == len(self._planned):
            return True
        if self.attempt is self._plain:
            return not self._plain.is_good
        return self.attempt.failure is not None and self.item.config.getoption("maxfail", default=0) == 1

    def _ends_session(self) -> bool:
        """Say whether no further test is run, as this one fails and so many may not."""
        most = self.item.config.getoption("maxfail", default=0) or 0
        has_failed = any(attempt.failure is not None for attempt in (self._plain, *(attempt for _, attempt in self._tried)))
        is_expected = self.item.get_closest_marker("xfail") is not None
        return has_failed and not is_expected and 0 < most <= self.item.session.testsfailed + 1

    # ------------------------------------------------------------ the reports

    def _reports(self) -> list[pytest.TestReport]:
        """Return one report for each phase: those of the plain run, with what the others have found."""
        self.attempt = Attempt()  # what follows is no run
        reports = {str(report.when): report for report in self._plain.reports}
        if "call" in reports and (self._tried or self._mistake or self._plain.is_good):
            reports["call"] = self._report_of_call(reports["call"])
        if self._tried and self._has_wider_failed:
            reports["teardown"] = self._tried[-1][1].reports[-1]
        if not self._is_torn_down:  # what failed last came to light when it was too late
            late = pytest.CallInfo.from_call(self._tear_down_wider, "teardown")
            if late.excinfo is not None:
                reports["teardown"] = self._made(late)
        return list(reports.values())

    def _report_of_call(self, plain: pytest.TestReport) -> pytest.TestReport:
        explored = self._explored()
        failed = [(planned, attempt.failure, attempt) for planned, attempt in self._tried if attempt.failure is not None]
        report = plain
        if self._mistake is not None:
            report = self._failed(self._mistake)
        else:
            self.explored = explored
        if failed:
            table = table_of(explored, [(planned, failure, bool(attempt.hits)) for planned, failure, attempt in failed])
            report = self._failed(pytest.fail.Exception(table, pytrace=False))
            shown = next((run.sections for run in failed[0][2].reports if run.failed), [])
            report.sections += [(f"{title} (first of the table)", text) for title, text in shown]
        report.duration = plain.duration + sum(run.duration for _, attempt in self._tried for run in attempt.reports)
        return report

    def _failed(self, error: BaseException) -> pytest.TestReport:
        """Return the report of a call that failed so, as pytest makes it, at the place of the test."""
        report = self._made(pytest.CallInfo.from_call(partial(_raise, error), "call"))
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is not None:
            file, line, _ = self.item.location
            crash.path, crash.lineno = file, (line or 0) + 1
            crash.message = crash.message.partition("\n")[0]  # the line of a summary, which CI has in full
        return report

    def _made(self, call: pytest.CallInfo[Any]) -> pytest.TestReport:
        report: pytest.TestReport = self.item.ihook.pytest_runtest_makereport(item=self.item, call=call)
        return report

    def _explored(self) -> Explored:
        attempts = [(text_of(planned.schedule), attempt) for planned, attempt in self._tried]
        return Explored(
            len(self._plain.calls),
            len(attempts),
            self._total,
            sum(attempt.failure is not None for _, attempt in attempts),
            [text for text, attempt in attempts if not attempt.hits and attempt.failure is None and not attempt.is_skipped],
            [text for text, attempt in attempts if attempt.is_skipped],
            [text for text, attempt in attempts if not attempt.is_in_order],
        )


@contextmanager
def _old_garbage_left() -> Iterator[None]:
    """Under this `with`, what is there already is not collected: it is none of the runs, and looking through it takes long."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _as_new(item: pytest.Item) -> Iterator[None]:
    """Under this `with`, a test that has run runs as if it had not: on an instance of its own, and its reports are of this run alone."""
    sections, properties = item._report_sections, len(item.user_properties)  # noqa: SLF001  # each run adds to them
    sections.clear()
    vars(item).pop("_excinfo", None)  # how the test of a unittest.TestCase ended
    hooks_of = item.session.gethookproxy
    vars(item.session)["gethookproxy"] = lambda path: _Unreported(hooks_of(path))
    if isinstance(item.parent, pytest.Class) and vars(item).pop("_instance", None) is not None:
        vars(item)["_obj"] = None
    try:
        yield
    finally:
        del vars(item.session)["gethookproxy"]
        sections.clear()
        vars(item).pop("_excinfo", None)
        del item.user_properties[properties:]


class _Unreported:
    """The hooks of pytest, but that no report is handed on: those of subtests come while a test runs."""

    def __init__(self, hooks: Any) -> None:
        self._hooks = hooks

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Let a report go: what failed has been taken note of when it was made."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hooks, name)


def _raise(error: BaseException) -> None:
    raise error
