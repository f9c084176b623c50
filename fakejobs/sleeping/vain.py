"""Sleeping in vain: how often and how long, while nothing happens, before the test ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fakejobs.errors import Ended, UsageError
from fakejobs.quoting import quoted
from fakejobs.sleeping.spans import readable

SLEEPS = 1000
"""How often the code under test may sleep while nothing happens."""
LIMIT = timedelta(days=1)
"""How long it may sleep in all, in virtual time, while nothing happens."""
_HOUR_MS = 3_600_000


class Vain:
    """The sleeps since anything happened.

    limit: how long they may last in all; default: LIMIT while nothing is due, and SLEEPS sleeps whatever is due. Single sleeps that are
    as long as that count by their number alone. changes: returns something that is equal as long as nothing happens. due: returns in
    how many milliseconds anything is due; None if nothing is. why: says why nothing happens, and what to write, if that is known.
    elsewhere: returns where code under test sleeps for real, if it does. end: gives what is raised.
    """

    def __init__(
        self,
        limit: timedelta | None,
        *,
        changes: Callable[[], object],
        due: Callable[[], int | None],
        why: Callable[[], str | None],
        elsewhere: Callable[[], str | None],
        end: Callable[[str], BaseException] = Ended,
    ) -> None:
        if limit is not None and (not isinstance(limit, timedelta) or limit <= timedelta(0)):
            raise UsageError(f"the limit of sleep is a positive timedelta, not {quoted(limit)}")
        self._limit = LIMIT if limit is None else limit
        self._most = SLEEPS if limit is None else None
        self._changes = changes
        self._due = due
        self._why = why
        self._elsewhere = elsewhere
        self._end = end
        self.start_over()

    def start_over(self) -> None:
        """Take note that something has happened."""
        self._seen = self._changes()
        self._sleeps = self._slept_ms = 0
        self._counted = timedelta(0)
        self._told: str | None = None

    def check(self, place: Callable[[], str]) -> None:
        """Take note that the code under test is about to sleep; raises what `end` gives if that is in vain."""
        if self._changes() != self._seen:
            self.start_over()
        is_many = self._most is not None and self._sleeps >= self._most
        if self._told is None and (is_many or self._counted >= self._limit):
            due = self._due()
            if is_many or due is None:
                self._told = self._text(place(), due)
        if self._told is not None:
            raise self._end(self._told) from None
        self._sleeps += 1

    def slept(self, span_ms: int) -> None:
        """Take note of how far a sleep moved the clock."""
        span = timedelta(milliseconds=span_ms)
        self._slept_ms += span_ms
        self._counted += span if span < self._limit else self._limit / SLEEPS

    def _bound(self) -> str:
        longest = readable(round(self._limit / timedelta(milliseconds=1)))
        return longest if self._most is None else f"{self._most:,} sleeps, or {longest}"

    def _text(self, place: str, due: int | None) -> str:
        times = "once" if self._sleeps == 1 else f"{self._sleeps:,} times"
        what = "nothing was due" if due is None else f"what is due next is {readable(due)} away"
        why = self._why() if due is None else None
        hours = -(-(self._slept_ms + (due or 0)) // _HOUR_MS) + 1
        longer = f'@pytest.mark.fakejobs(clock="sleep", sleep_limit=timedelta(hours={hours if due is not None else max(48, hours)}))'
        shorter = "" if due is None else ", shorter: spans are seconds"
        told = (
            f"the code under test has slept {times}, {readable(self._slept_ms)} of virtual time in all, the last time at {place}, and"
            f" nothing happened in that time: no client wrote, the test did nothing, {what}"
        )
        lines = [
            told,
            why or f"  write: fakejobs.pace(pending=5, running=60)  # say how jobs live, before the code waits for them{shorter}",
            f"  (the limit is {self._bound()}; for a longer wait: {longer})",
        ]
        others = self._elsewhere()
        if others is not None:
            lines.append(
                f"  (code under test also sleeps for real, {others}: clock='sleep' is for the test's thread, clock='poll' for others)"
            )
        return "\n".join(lines)
