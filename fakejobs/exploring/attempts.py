"""One run of a test: the fault that it is under, the calls that came, and what failed first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from fakejobs.backstage import Backstage
from fakejobs.domain.faults import TRIAL
from fakejobs.errors import FakeJobsError
from fakejobs.exploring.failures import Failure, failure_of
from fakejobs.exploring.schedules import Schedule, Seen
from fakejobs.journal.book import KEPT, Entry
from fakejobs.routes import router

MORE, TIMES = 1000, 10
"""A run under a fault may make so many calls more than so many times those of the plain run: code that never ends is ended."""
LINES = "application/x-jsonlines"
"""The type of answers that are made of rows, whose number is not always known before they leave."""


class Attempt:
    """One run of a test.

    schedule: what is to fail; None: nothing. plain_calls: how many calls come where nothing fails, if that is known.
    """

    def __init__(self, schedule: Schedule | None = None, plain_calls: int | None = None) -> None:
        self.schedule = schedule
        self._plain_calls = plain_calls
        self.reports: list[pytest.TestReport] = []
        self.calls: Sequence[Seen] = ()
        """Those that the test itself made."""
        self.hits = 0
        """How many calls the fault has taken."""
        self.faulted: int | None = None
        """The place of the call that it took, 1 for the first, if that is known."""
        self.failure: Failure | None = None
        self.is_skipped = False
        self.is_in_order = True
        """Whether the calls before the fault were those of the plain run."""
        self.is_whole = True
        """Whether all of the calls are known."""
        self._stage: Backstage | None = None

    @contextmanager
    def under_way(self, stage: Backstage) -> Iterator[None]:
        """Under this `with` the test itself runs: its calls count, and one of them fails."""
        self._stage = stage
        faults = stage.cloud.faults
        most = None if self._plain_calls is None else MORE + TIMES * self._plain_calls
        with stage.journal.recorded(most, lambda: stage.unseen.end(self._endless(most))) as record:
            try:
                with nullcontext() if self.schedule is None else faults.on_trial(self.schedule.rule):
                    yield
            finally:
                entries = [entry for entry in record.answered() if not entry.is_spared and entry.endpoint is not None]
                self.is_whole = record.count <= KEPT
                self.calls = [_seen(entry) for entry in entries]
                self.faulted = next((place for place, entry in enumerate(entries, 1) if entry.fault == TRIAL), None)
                self.hits = 0 if self.schedule is None else faults.counts(TRIAL)[1]

    def note(self, item: pytest.Item, when: str, error: BaseException | None) -> None:
        """Take note of how a phase of the run has ended; what fails first counts."""
        if error is None or self.failure is not None or self.is_skipped:
            return
        if isinstance(error, (pytest.skip.Exception, pytest.xfail.Exception)):
            self.is_skipped = True
            return
        self.failure = failure_of(error, item, when, self._stage)

    def _endless(self, most: int | None) -> str:
        return f"more than {most:,} calls came, and {self._plain_calls:,} where nothing fails: the code tries again, or waits, without end"

    @property
    def is_good(self) -> bool:
        """Whether the test has passed."""
        return self.failure is None and not self.is_skipped

    def settle(self, plain: Attempt) -> None:
        """Compare the calls with those of the plain run, and let go of what is not needed any more."""
        before = (self.faulted or 1) - 1
        self.is_in_order = [call.known_by for call in self.calls[:before]] == [call.known_by for call in plain.calls[:before]]
        self.calls = ()
        if self.failure is None:
            for report in self.reports:
                report.sections.clear()


@contextmanager
def around_method(testcase: Any, opened: Callable[[], Any]) -> Iterator[None]:
    """Under this `with`, a context is entered while the method of a unittest.TestCase runs, and not for its set-up and tear-down."""
    call = testcase._callTestMethod  # noqa: SLF001  # unittest has no public way to tell the method from its set-up

    def called(method: Callable[[], Any]) -> None:
        with opened():
            call(method)

    testcase._callTestMethod = called  # noqa: SLF001
    try:
        yield
    finally:
        del testcase._callTestMethod  # noqa: SLF001


def _seen(entry: Entry) -> Seen:
    params = tuple((name, tuple(texts)) for name, texts in sorted(entry.params.items()))
    try:
        endpoint = router().match(entry.method, entry.path)[0]
    except FakeJobsError:  # its path was too long to be kept whole
        return Seen(entry.endpoint or "", entry.path, params, is_write=entry.method != "GET", is_listing=entry.rows is not None)
    has_rows = entry.rows is not None or str(endpoint.format.content_type).startswith(LINES)
    return Seen(endpoint.name, entry.path, params, is_write=endpoint.method != "GET", is_listing=has_rows and endpoint.method == "GET")
