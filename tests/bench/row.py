"""One line of the speed table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was measured, and how much of it there may be.

    measured, limit: in `unit`; "x" stands for a ratio. limit None: shown for information. note: the figures behind it.
    """

    what: str
    measured: float
    limit: float | None = None
    unit: str = "x"
    note: str = ""

    def __str__(self) -> str:
        """One line of the table; a figure over its limit is marked."""
        limit = "" if self.limit is None else f"{self.limit:,g} {self.unit}"
        mark = "!" if self.limit is not None and self.measured > self.limit else " "
        return f"{self.what:<56} | {self.measured:>9,.2f} {self.unit:<6} {mark} | {limit:>11} | {self.note}".rstrip(" |")


HEAD = f"{'what':<56} | {'measured':>9} {'':<6}   | {'at most':>11} | figures"


def milliseconds(seconds: float) -> str:
    """Write a duration in milliseconds."""
    return f"{seconds * 1e3:.2f} ms"


def microseconds(seconds: float) -> str:
    """Write a duration in microseconds."""
    return f"{seconds * 1e6:.0f} us"
