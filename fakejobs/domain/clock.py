"""The clock: the one place where time comes from, and the only file that may ask the machine for it.

Times are whole milliseconds since the epoch (Millis) inside, aware UTC datetimes at the Python door. A ManualClock
stands still until it is told to move; order inside one millisecond comes from the store's sequence numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import NewType, Protocol

from fakejobs.errors import UsageError
from fakejobs.nearest import hint
from fakejobs.quoting import quoted

Millis = NewType("Millis", int)

CLOCKS = ("manual", "sleep", "poll", "real")
"""Who moves the clock of a fake: the test alone; sleeping code under test; clients that ask again; the machine."""

EARLIEST = Millis(100_000_000_000)
"""Smaller numbers are refused: 100,000,000,000 ms is March 1973, but the year 5138 in seconds."""
UNITS_OF_TIME = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds")
MAX_SPEED = 1_000_000
"""How much faster than the machine's a clock may run."""
LATEST = Millis(253_402_300_799_999)
"""The last millisecond of the year 9999, where datetime ends."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """Where a fake gets its time from."""

    def now_ms(self) -> Millis:
        """Return the present moment."""

    def advance(self, by_ms: int) -> None:
        """Move the clock forward; raises UsageError if this clock cannot be moved."""

    def set_back(self, to_ms: Millis) -> None:
        """Return to a moment read before, when what happened since is undone."""


class SystemClock:
    """The machine's clock.

    speed: how many seconds pass on it while one passes on the machine, from the moment it is made; default 1.
    """

    def __init__(self, speed: float = 1) -> None:
        if isinstance(speed, bool) or not isinstance(speed, (int, float)) or not 0 < speed <= MAX_SPEED:
            raise UsageError(f"speed={quoted(speed)} is no number above 0 and up to {MAX_SPEED:,}")
        self._speed = speed
        self._start = time.time_ns() // 1_000_000

    def now_ms(self) -> Millis:
        """Return the machine's time, or how far a faster clock has come; its last moment is the end of the year 9999."""
        now = time.time_ns() // 1_000_000
        return Millis(now if self._speed == 1 else min(LATEST, self._start + int((now - self._start) * self._speed)))

    def advance(self, by_ms: int) -> None:
        """Refuse: real time moves by itself."""
        raise UsageError("the clock is the machine's own and cannot be moved (clock='manual' gives one that can)")

    def real_s(self, by_ms: int) -> float:
        """Return how many seconds of the machine pass while this clock goes on by so many milliseconds."""
        return by_ms / 1000 / self._speed

    def set_back(self, to_ms: Millis) -> None:
        """Do nothing: real time has moved on by itself, and goes on."""


class ManualClock:
    """A clock that stands still until it is advanced.

    start_ms: where it begins, in milliseconds since the epoch or as an aware datetime; default: the moment it is made.
    """

    def __init__(self, start_ms: datetime | Millis | None = None) -> None:
        self._now = SystemClock().now_ms() if start_ms is None else as_millis("start_ms", start_ms)
        self.on_move: Callable[[int], None] | None = None
        """Told by how many milliseconds it was moved; fewer than 0 if back."""

    def now_ms(self) -> Millis:
        """Return where the clock stands."""
        return self._now

    def advance(self, by_ms: int) -> None:
        """Move forward by so many milliseconds."""
        if self._now + by_ms > LATEST:
            raise UsageError(f"the clock cannot go beyond {as_datetime(LATEST):%Y-%m-%d}")
        self._move_to(Millis(self._now + by_ms))

    def set_back(self, to_ms: Millis) -> None:
        """Return to a moment read before."""
        self._move_to(to_ms)

    def _move_to(self, moment: Millis) -> None:
        by_ms, self._now = moment - self._now, moment
        if by_ms and self.on_move is not None:
            self.on_move(by_ms)


def as_datetime(moment: Millis) -> datetime:
    """Return a moment as an aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=moment)


def as_millis(name: str, moment: datetime | int | str) -> Millis:
    """Return a moment that a test gave, in milliseconds since the epoch; a text is a time as ISO 8601 writes it.

    Raises UsageError, naming the argument, for a naive datetime and for a number that is no whole number of
    milliseconds between 1973 and 9999: most likely it means seconds.
    """
    if isinstance(moment, str):
        return _read_iso(name, moment)
    if isinstance(moment, datetime):
        if moment.utcoffset() is None:
            raise UsageError(f"{name}={quoted(moment)} has no time zone: {_with_a_zone(moment)}")
        moment = (moment - _EPOCH) // _MILLISECOND
    elif isinstance(moment, bool) or not isinstance(moment, (int, float)):
        raise UsageError(f"{name}={quoted(moment)} is no time: give an aware datetime or milliseconds since the epoch")
    if 0 <= moment < EARLIEST:
        example = f": write {int(moment * 1000)}" if moment * 1000 >= EARLIEST else ""
        raise UsageError(f"{name}={quoted(moment)} looks like seconds: times are milliseconds since the epoch, or aware datetimes{example}")
    if not EARLIEST <= moment <= LATEST or moment != int(moment):
        raise UsageError(f"{name}={quoted(moment)} is no whole number of milliseconds between 1973 and 9999")
    return Millis(int(moment))


def _read_iso(name: str, text: str) -> Millis:
    try:
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        raise UsageError(f"{name}={text!r} is no time: write 2024-01-01T00:00:00Z, or milliseconds since the epoch") from None
    if moment.utcoffset() is None:
        raise UsageError(f"{name}={text!r} has no time zone: write {moment.isoformat()}Z")
    return as_millis(name, moment)


def _with_a_zone(moment: datetime) -> str:
    """Return how a naive datetime is written with its zone: as it is, and as the present moment."""
    parts = ", ".join(str(part) for part in (*moment.timetuple()[:5], *([moment.second] if moment.second else [])))
    return f"write datetime({parts}, tzinfo=timezone.utc), or datetime.now(timezone.utc) for the present moment"


def as_duration(by: object, units: Mapping[str, float], name: str = "advance") -> int:
    """Return a span that a test gave as timedelta or by timedelta's keywords (weeks … milliseconds), in milliseconds.

    name: the verb or argument to which it was given. Raises UsageError, naming it, for a negative span, for keywords that
    timedelta does not know, and for both forms at once.
    """
    if by is not None and units:
        raise UsageError(f"{name} takes a timedelta or keywords such as minutes=5, not both")
    if by is not None and not isinstance(by, timedelta):
        seconds = f": write seconds={quoted(by)}" if isinstance(by, (int, float)) else ""
        raise UsageError(f"{name} takes a timedelta or keywords such as minutes=5, not {quoted(by)}{seconds}")
    unknown = next((unit for unit in units if unit not in UNITS_OF_TIME), None)
    if unknown is not None:
        raise UsageError(f"{name} has no unit {unknown!r}{hint(unknown, UNITS_OF_TIME)}")
    try:
        span = timedelta(**units) if by is None else by
    except (TypeError, OverflowError, ValueError) as error:
        raise UsageError(f"{name}: {error} (known: {', '.join(UNITS_OF_TIME)})") from None
    if span < timedelta(0):
        raise UsageError(f"{name}: {span.total_seconds():g} s is negative, and time does not run backwards")
    return span // _MILLISECOND


def evenly(start: Millis, span: int, index: int, total: int) -> Millis:
    """Return when thing number `index` of so many comes, if they come evenly over a span of milliseconds: the last at its end."""
    return Millis(start - -(index + 1) * span // total)
