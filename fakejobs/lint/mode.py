"""What becomes of findings."""

from __future__ import annotations

from enum import Enum

from fakejobs.errors import UsageError
from fakejobs.nearest import did_you_mean
from fakejobs.quoting import quoted


class LintMode(str, Enum):
    """What becomes of findings."""

    REPORT = "report"
    """They are shown: with a failed test, and in one section at the end of the run."""
    FAIL = "fail"
    """They fail the test, or the end of a `with`, that passes else."""
    OFF = "off"
    """None are looked for."""

    def __str__(self) -> str:
        return self.value


def lint_mode(value: object) -> LintMode:
    """Return the mode of this name; raises UsageError with the names that there are."""
    try:
        return LintMode(value)
    except ValueError:
        known = [mode.value for mode in LintMode]
        raise UsageError(f"lint={quoted(value)} is not one of {', '.join(known)}{did_you_mean(value, known)}") from None
