"""The watch on real sleeps: code that asks for a job and sleeps for real, while nobody moves the clock.

It begins when a client is shown a job that is not over. From then on, until anything happens, the real sleeps of the code under test
are counted, in whatever threads, those that run side by side once; in the test's thread those of libraries that it calls, too. If the
job's change is due, the test ends after a second in all, in the middle of the sleep; else after two looks and two seconds, or a
second of a sleep that is to last five. A wait for an event counts once it has timed out. A sleep after a refusal is not counted, it
waits before it tries again, nor are those of the official batch writer. What is mocked is left alone. Tests in which no client ever
sees such a job never load this file.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from math import inf
from threading import get_ident
from types import FrameType
from typing import Any

from fakejobs.cloud import Cloud
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.ending import passes_on
from fakejobs.sleeping import spans
from fakejobs.sleeping.callers import Callers
from fakejobs.sleeping.places import StandIns
from fakejobs.sleeping.process import WRITER, Process
from fakejobs.sleeping.spans import LONGEST_S, as_time_sleep_reads, seconds_of
from fakejobs.sleeping.threads import EVENT, SLEEP, TIME_SLEEP

LIMIT_S = 1.0
"""How long the code under test may sleep for real in all, after a look at a job whose change is due, while nothing happens."""
LONG_S = 5.0
"""While nothing is due, a sleep that is to last so long is ended as soon: nobody waits so long for somebody else to move the job."""
TWICE = 2
"""While nothing is due, so many looks, and so many times the limit, are needed where sleeps are shorter."""
_TICK_S = 0.001


class Watch:
    """The watch on the real sleeps of the code that one fake serves, from the first look until close().

    mode: who moves the fake's clock. callers: the code under test. thread: that of the test. changes: returns something that is
    equal as long as nothing happens but that the clock moves. why: says of a job why nothing happens to it, and what to write; told whether
    the test's thread asks. was_refused: says whether the last call was refused. end: gives what is raised where the code sleeps.
    """

    def __init__(
        self,
        cloud: Cloud,
        mode: str,
        callers: Callers,
        thread: int,
        *,
        changes: Callable[[], tuple[int, ...]],
        why: Callable[..., str],
        looks: Callable[[], int],
        was_refused: Callable[[], bool],
        end: Callable[[str], BaseException],
    ) -> None:
        self._cloud = cloud
        self._mode = mode
        self._callers = callers
        self._thread = thread
        self._changes = changes
        self._why = why
        self._looks = looks
        self._was_refused = was_refused
        self._end = end
        self._lock = threading.Lock()
        self._taken: list[StandIns] = []
        self._key: JobKey | None = None
        self._mark: tuple[int, ...] = ()
        self._asleep = 0
        self._since_s = self._slept_s = 0.0
        self._told: str | None = None

    @property
    def has_slept(self) -> bool:
        """Whether the code under test has really slept since the first look."""
        return self._slept_s > 0

    def look(self, key: JobKey) -> None:
        """Take note that a client was shown a job that is not over, the first time since anything happened."""
        if self._mode == "poll" and self._cloud.pace.next_change(key) is not None:
            return  # the next question moves the clock
        with self._lock:
            self._key, self._mark, self._told = key, self._now(), None
            self._since_s, self._slept_s = spans.real_s(), 0.0
        if not self._taken and SLEEP.are_real():
            with Process.lock:
                Process.watches = (*Process.watches, self)
            self._take(SLEEP)
            if EVENT.are_real():
                self._take(EVENT)
            if "asyncio" in sys.modules:
                from fakejobs.sleeping.loops import ASYNC_SLEEP

                self._take(ASYNC_SLEEP)

    def start_over(self) -> None:
        """Take note that another test begins, whose sleeps are counted from its own first look."""
        self._key = None

    def close(self) -> None:
        """Watch no more."""
        with Process.lock:
            Process.watches = tuple(watch for watch in Process.watches if watch is not self)
        self._key = None
        for taken in self._taken:
            taken.give_back(self._callers)

    def sweep(self) -> None:
        """Put the real sleeps back once more, after clean-ups of others that ran later than close()."""
        for taken in self._taken:
            taken.sweep()

    def _take(self, stand_ins: StandIns) -> None:
        stand_ins.take(self._callers)
        self._taken.append(stand_ins)

    # ------------------------------------------------------------ sleeps of the code under test

    @passes_on
    def sleep(self, delay: Any, caller: FrameType) -> bool:
        """Sleep as time.sleep does, and count it; False if it does not count. Raises what `end` gives."""
        seconds = seconds_of(delay, as_time_sleep_reads, LONGEST_S)
        nap_s = None if seconds is None else self.begin(seconds, caller)
        if seconds is None or nap_s is None:
            return False
        try:
            TIME_SLEEP.real(nap_s)
        finally:
            self.over(nap_s)
        self.judge(seconds, self.place(caller), None if self._callers.include(caller) else caller)
        if seconds > nap_s:
            TIME_SLEEP.real(seconds - nap_s)
        return True

    def begin(self, seconds: float, caller: FrameType, *, is_wait: bool = False) -> float | None:
        """Take note that a sleep begins; return how long it may last before it is judged, None if it does not count.

        is_wait: it is a wait for an event, which is a sleep if nobody ends it, and moves no clock.
        """
        is_in_test = get_ident() == self._thread
        if self._callers.include(caller):
            is_writer = caller.f_globals.get("__name__") == WRITER  # its thread may be that of an earlier test
            if is_writer or (is_in_test and self._mode == "sleep" and not is_wait):
                return None
        elif not is_in_test or not self._callers.called(caller):
            return None
        limit_s = self._limit_s(seconds)
        with self._lock:
            if self._key is None or self._mark != self._now() or self._was_refused():
                return None
            now_s = spans.real_s()
            if not self._asleep:
                self._since_s = now_s
            self._asleep += 1
            return min(seconds, max(0.0, limit_s - self._slept_s - (now_s - self._since_s)))

    def _limit_s(self, seconds: float) -> float:
        """Return how long sleeps may last in all; takes the cloud's lock, under which look() takes ours, so never under ours.

        seconds: how long the present one is to last.
        """
        key = self._key
        if seconds >= LONG_S or (key is not None and self._cloud.pace.next_change(key) is not None):
            return LIMIT_S
        return TWICE * LIMIT_S if self._looks() >= TWICE else inf

    def place(self, caller: FrameType) -> str:
        """Return the file and line of the code under test that sleeps."""
        return self._callers.place(caller)

    def over(self, span_s: float) -> None:
        """Take note that a sleep is over, or has lasted until it is judged. span_s: no more of it counts, however late it woke."""
        with self._lock:
            self._asleep -= 1
            now_s = spans.real_s()
            passed_s = now_s - self._since_s
            self._slept_s += passed_s if self._asleep else min(span_s, passed_s)  # while others sleep all of it is sleep
            self._since_s = now_s

    def judge(self, seconds: float, place: str, stranger: FrameType | None = None, *, is_wait: bool = False) -> None:
        """Raise what `end` gives if that was too long in all, and nothing has happened.

        seconds: how long the sleep was to last. stranger: the library that slept, if that does not count as the code under test.
        is_wait: it was a wait for an event.
        """
        limit_s = self._limit_s(seconds)
        with self._lock:
            key = self._key
            if key is None or self._slept_s < limit_s - _TICK_S or self._mark != self._now():
                return
        if self._told is None:
            self._told = self._text(key, limit_s, f"{seconds:g} s at {place}", stranger, is_wait=is_wait)
        raise self._end(self._told) from None

    def _now(self) -> tuple[int, ...]:
        return (*self._changes(), self._cloud.now_ms())

    def _text(self, key: JobKey, limit_s: float, sleep: str, stranger: FrameType | None, *, is_wait: bool) -> str:
        """Return what is told: how it slept, since it was shown which job, why nothing happened to that, and what to write."""
        is_elsewhere = get_ident() != self._thread
        thread = f", in the thread {threading.current_thread().name}" if is_elsewhere else ""
        why = self._why(key, is_in_test=not is_elsewhere, sleeps=not is_wait)
        does, doing = ("waits", "waiting") if is_wait else ("sleeps", "sleep")
        if stranger is not None and self._mode == "sleep":
            package = str(stranger.f_globals.get("__name__", "")).partition(".")[0]
            why = f"{why.partition(chr(10))[0]}\n  write: fakejobs_sleepers = {package}  # an ini option: its sleeps move the clock, too"
        return (
            f"the code under test {does} for real: {sleep}{thread}. The test was ended after {limit_s:g} s of such"
            f" {doing}: nothing has happened since a client was shown {_shown(key, self._cloud.world.store.find(key))}\n"
            f"{why}\n  (@pytest.mark.fakejobs(patience=None) lets it sleep)"
        )


def _shown(key: JobKey, record: JobRecord | None) -> str:
    return str(key) if record is None else f"{key} ({record.spider}, {record.state})"
