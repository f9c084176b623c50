"""How long somebody wants to sleep, and how long that is for the machine."""

from __future__ import annotations

import operator
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

LONGEST_S = 9_223_372_036.0
"""Beyond, time.sleep refuses."""
FOR_EVER_S = 100 * 365 * 86_400.0
"""asyncio.sleep for longer is an idiom for "until cancelled"."""


def milliseconds(delay: Any, read: Callable[[Any], float], longest_s: float) -> int | None:
    """Return a span in whole milliseconds, rounded up; None if the real sleep is to deal with it, or to refuse it."""
    seconds = seconds_of(delay, read, longest_s)
    return None if seconds is None else -int(-round(seconds * 1000, 6) // 1)


def seconds_of(delay: Any, read: Callable[[Any], float], longest_s: float) -> float | None:
    """Return a span in seconds; None if the real sleep is to deal with it, or to refuse it."""
    try:
        seconds = read(delay)
    except Exception:  # noqa: BLE001  # whatever it is, the real sleep says it
        return None
    return seconds if 0 < seconds <= longest_s else None


def as_time_sleep_reads(delay: Any) -> float:
    """Return a number of seconds as time.sleep reads it."""
    return delay if isinstance(delay, float) else operator.index(delay)


def as_asyncio_sleep_reads(delay: Any) -> float:
    """Return a number of seconds as asyncio.sleep reads it."""
    return 0.0 + delay  # type: ignore[no-any-return]


def readable(span_ms: int) -> str:
    """Return a span as people write it."""
    return str(timedelta(milliseconds=span_ms)).removesuffix(", 0:00:00")


def real_s() -> float:
    """Return the machine's seconds since some moment; what freezes time.time and time.monotonic does not stop it."""
    return time.monotonic() if sys.platform == "win32" else time.clock_gettime(time.CLOCK_MONOTONIC)
