"""What went wrong while nobody looked: defects of fakejobs, code of the test's own that failed, and mistakes that only a client met.

A client gets a refusal or a 500, and the code under test may swallow it. So it is kept here, and raised where the test sees it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable

from fakejobs.errors import CallableFailed, UsageError


class Unseen:
    """What is kept for one fake until raise_first()."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.defects: list[tuple[str, BaseException]] = []

    def complain(self, text: str) -> None:
        """Take note of a mistake of the test's, once for each text."""
        if text not in self.complaints:
            self.complaints.append(text)

    def broke(self, where: str, error: BaseException) -> None:
        """Take note of a defect of fakejobs, or of the test's own code (CallableFailed), that came to light while a call was served."""
        if not any(error is known for _, known in self.defects):
            self.defects.append((where, error))

    def raise_first(self, outcome: BaseException | None = None, shown: Callable[[str], str] = str) -> None:
        """Raise the first complaint, or else the first defect; of its kind the others are forgotten.

        outcome: the exception with which the test ends anyway; it becomes the cause of the one raised. shown: gives what of a text
        may be shown.
        """
        __tracebackhide__ = True
        if self.complaints:
            complaint, self.complaints = self.complaints[0], []
            if complaint != str(outcome):
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
