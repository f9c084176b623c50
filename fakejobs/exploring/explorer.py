"""The hooks of pytest by which tests explore or replay; a plugin that is there only in a run that has such tests."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any, Protocol

import pytest

from fakejobs.errors import UsageError
from fakejobs.exploring.asked import Explore, Replay, asked_of
from fakejobs.exploring.attempts import Attempt, around_method
from fakejobs.exploring.exploration import Exploration
from fakejobs.exploring.mistakes import mistake_of_fixtures, not_met, other_fixture, unnamed_fixture
from fakejobs.fake import FakeJobs, behind


class FakesOfRun(Protocol):
    """What the fakes of a run do for an explorer."""

    of_fixture: FakeJobs | None
    """That of the fixture `fakejobs`, while the present test has it."""
    usual_clock: str | None
    """Who moves the clock of that fixture's fake where neither the fixture's options nor a marker says so; None: as the run has it."""


class Explorer:
    """Runs the tests that are to explore, and lets fail what one is to replay.

    attribute: the one of a report that is to hold what exploring came to, in a form that goes from a worker of xdist to who reports.
    """

    def __init__(self, fakes: FakesOfRun, attribute: str) -> None:
        self._fakes = fakes
        self._attribute = attribute
        self._asked: Explore | Replay | None = None
        self._exploration: Exploration | None = None
        self._attempt: Attempt | None = None
        self._mistake: UsageError | None = None
        self._is_overlooked = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a test that explores, all of its runs; each of them comes here again, from inside."""
        if self._exploration is not None:
            self._attempt = self._exploration.attempt
            self._exploration.run_once()
            return True
        self._begin(item)
        if not isinstance(self._asked, Explore):
            return None
        exploration = self._exploration = Exploration(item, nextitem, self._asked)
        self._attempt = exploration.attempt
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        try:
            reports = exploration.run()
        finally:
            self._exploration = self._attempt = None
        for report in reports:
            if report.when == "call" and exploration.explored is not None:
                vars(report)[self._attribute] = list(exploration.explored)
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _begin(self, item: pytest.Item) -> None:
        """Read what is asked of a test; a mistake is told when it is set up."""
        self._asked = self._mistake = self._attempt = None
        self._is_overlooked = False
        try:
            self._asked = asked_of(item)
            if self._asked is not None:
                self._mistake = mistake_of_fixtures(item)
        except UsageError as mistake:
            self._mistake = mistake
        if self._mistake is not None or "fakejobs" not in getattr(item, "fixturenames", ()):
            self._is_overlooked, self._asked = self._asked is not None, None
        if isinstance(self._asked, Replay):
            self._attempt = Attempt(self._asked.schedule)
        self._fakes.usual_clock = None if self._asked is None else "sleep"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Tell the mistakes of a test that is to explore or replay."""
        __tracebackhide__ = True
        result = yield
        if self._mistake is not None:
            raise self._mistake
        if self._asked is not None and self._fakes.of_fixture is None:
            raise other_fixture(item)
        return result

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Count the calls of the test itself, and let one of them fail."""
        __tracebackhide__ = True
        fake, attempt = self._fakes.of_fixture, self._attempt
        if fake is None or attempt is None:
            result = yield
            if self._is_overlooked and self._fakes.of_fixture is not None:
                raise unnamed_fixture(item)
            return result
        opened = partial(attempt.under_way, behind(fake))
        testcase = getattr(item, "instance", None)
        with around_method(testcase, opened) if hasattr(testcase, "_callTestMethod") else opened():
            result = yield
        if isinstance(self._asked, Replay) and not attempt.hits:
            raise not_met(self._asked, attempt)
        return result

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Tear down after one of several runs what is of the test's own, and after the last one what is wider, too."""
        __tracebackhide__ = True
        try:
            result = yield
            if self._exploration is not None:
                self._exploration.collect_garbage()
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:
            if self._exploration is not None:
                self._exploration.note("teardown", error)
                self._exploration.after_tear_down()
            raise
        if self._exploration is not None:
            self._exploration.after_tear_down()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Take note of what failed in one of several runs."""
        report = yield
        if self._exploration is not None and call.excinfo is not None:
            self._exploration.note(call.when, call.excinfo.value)
        return report
