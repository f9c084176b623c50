"""What went wrong while nobody looked: defects of fakejobs, code of the test's own that failed, and mistakes that only a client met.

A client gets a refusal or a 500, and the code under test may swallow it. So it is kept here, and raised where the test sees it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable

from fakejobs.ending import Waker, ended, ended_in, errors_behind, place_in_test, told_alone
from fakejobs.errors import CallableFailed, UsageError


class Unseen:
    """What is kept for one fake until raise_first().

    has_test: whether a test stands behind the fake, which can be ended. waker: wakes the thread that runs it.
    """

    has_test = True

    def __init__(self) -> None:
        self.waker = Waker()
        self.complaints: list[str] = []
        self.defects: list[tuple[str, BaseException]] = []
        self._is_told = False

    def stand_ready(self) -> None:
        """Stand ready to end the test of this thread, until stand_down()."""
        if self.has_test:
            self.waker.take()

    def stand_down(self) -> None:
        """End no test any more."""
        self.waker.give_back()

    def start_over(self) -> None:
        """Take note that another test begins."""
        self._is_told = False
        self.waker.start_over()

    def complain(self, text: str) -> None:
        """Take note of a mistake of the test's, once for each text; of a test that was told one already no more."""
        if text not in self.complaints and not self._is_told:
            self.complaints.append(text)

    def end(self, text: str) -> BaseException:
        """Take note of a mistake of the test's that must end it, and wake the thread that runs it.

        Returns what the caller raises where code of the test's own runs; a thread that serves a call raises nothing.
        """
        if self.waker.is_forked:
            return UsageError(text)
        self.complain(text)
        if not self._is_told:
            self.waker.wake(text)
        return ended(text)

    def broke(self, where: str, error: BaseException) -> None:
        """Take note of a defect of fakejobs, or of the test's own code (CallableFailed), that came to light while a call was served."""
        if not any(error is known for _, known in self.defects):
            self.defects.append((where, error))

    def raise_first(self, outcome: BaseException | None = None, shown: Callable[[str], str] = str) -> None:
        """Raise the first complaint, or else the first defect; of its kind the others are forgotten.

        outcome: the exception with which the test ends anyway; it becomes the cause of the one raised, unless it came from end(): then
        only where that met the test's code is kept of it. shown: gives what of a text may be shown.
        """
        __tracebackhide__ = True
        if self.complaints:
            complaint, self.complaints = self.complaints[0], []
            self._is_told = True
            self.waker.call_off()
            met = ended_in(outcome)
            if met is not None:
                raise told_alone(met, outcome) from None
            if any(str(error) == complaint for error in errors_behind(outcome)):  # a loop was ended, and what waited in it was cancelled so
                raise UsageError(complaint).with_traceback(place_in_test(outcome)) from None
            raise UsageError(complaint) from outcome
        if self.defects:
            (where, error), self.defects = self.defects[0], []
            headline, cause = told(where, error)
            if outcome is None:
                raise RuntimeError(shown(headline)) from cause
            raise RuntimeError(shown(f"{headline}:\n{''.join(traceback.format_exception(cause))}")) from outcome


def told(where: str, error: BaseException) -> tuple[str, BaseException]:
    """Return in one line whose failure it is that came to light while a call was served, and the exception that shows it best."""
    if isinstance(error, CallableFailed):
        return f"{error}, called while fakejobs served {where}", error.__cause__ or error
    return f"fakejobs itself failed while it served {where}", error
