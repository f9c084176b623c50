"""The sleepers of a loop, and what stands in place of asyncio.sleep; loaded where asyncio is."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import sys
import weakref
from asyncio.base_events import BaseEventLoop
from collections.abc import Collection, Hashable
from heapq import heappop, heappush
from itertools import count
from math import inf
from threading import get_ident
from types import FrameType
from typing import Any, Protocol

from fakejobs.errors import Ended
from fakejobs.own_code import frames_of_task
from fakejobs.sleeping.patience import Patience
from fakejobs.sleeping.places import Place, StandIns
from fakejobs.sleeping.process import Process, Sleep
from fakejobs.sleeping.spans import FOR_EVER_S, as_asyncio_sleep_reads, milliseconds, seconds_of

QUIET_PASSES = 2
"""Passes of a loop at rest: the second one has asked the sockets after the first one saw that nothing is under way."""
BLIND_PASSES = 50
"""The same, for loops that do not say what is ready."""
BUSY_PASSES = 10_000
"""Passes in a row, nothing being under way outside, after which a loop never comes to rest."""
PASSES = 200_000
"""Passes in all, between two moves of the clock, after which it never does."""
HASTE = 100
"""By so much less, once a loop was found that never comes to rest."""

_ASYNCIO = Place(asyncio, "sleep")
_TASKS = Place(asyncio.tasks, "sleep")
_EXECUTOR = Place(BaseEventLoop, "run_in_executor")


# ------------------------------------------------------------ what stands in place of the real ones


@functools.wraps(asyncio.sleep)
def _asyncio_sleep(*args: Any, **options: Any) -> Any:
    active = Process.active
    if active is not None and active.thread == get_ident():
        caller = sys._getframe(1)  # noqa: SLF001
        if active.callers.include(caller):
            return _sleep_in_loop(active.callers.place(caller), *args, **options)
    if Process.watches:
        return _sleep_watched(sys._getframe(1), *args, **options)  # noqa: SLF001
    return _ASYNCIO.real(*args, **options)


async def _sleep_in_loop(place: str, delay: Any, result: Any = None) -> Any:
    active, span = Process.active, milliseconds(delay, as_asyncio_sleep_reads, FOR_EVER_S)
    if active is None or active.thread != get_ident() or span is None:
        return await _ASYNCIO.real(delay, result)
    await active.sleep_in_loop(asyncio.get_running_loop(), span, place)
    return result


async def _sleep_watched(caller: FrameType, delay: Any, result: Any = None) -> Any:
    """Sleep as asyncio.sleep does, and let it count with the first watch that counts it."""
    seconds = seconds_of(delay, as_asyncio_sleep_reads, FOR_EVER_S)
    if seconds is None:
        return await _ASYNCIO.real(delay, result)
    for watch in Process.watches:
        nap_s = watch.begin(seconds, caller)
        if nap_s is not None:
            place = watch.place(caller)
            try:
                await _ASYNCIO.real(nap_s)
            finally:
                watch.over(nap_s)
            watch.judge(seconds, place)
            return await _ASYNCIO.real(seconds - nap_s, result) if seconds > nap_s else result
    return await _ASYNCIO.real(delay, result)


@functools.wraps(BaseEventLoop.run_in_executor)
def _run_in_executor(loop: asyncio.AbstractEventLoop, *args: Any, **options: Any) -> Any:
    future = _EXECUTOR.real(loop, *args, **options)
    active = Process.active
    if active is not None and isinstance(future, asyncio.Future):
        active.work.add(future)
        future.add_done_callback(active.work.discard)
    return future


if sys.version_info >= (3, 12):
    inspect.markcoroutinefunction(_asyncio_sleep)
else:
    _asyncio_sleep._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]  # noqa: SLF001

ASYNC_SLEEP = StandIns((_ASYNCIO, _asyncio_sleep), (_TASKS, _asyncio_sleep), (_EXECUTOR, _run_in_executor))


# ------------------------------------------------------------ the sleepers of one loop


class Owner(Sleep, Protocol):
    """The sleep that is virtual, as the sleepers of a loop need it."""

    def now_ms(self) -> int:
        """Return where the clock stands."""

    def move_to(self, moment: int, place: str) -> None:
        """Move the clock to the deadline of a sleeper; raises Ended."""

    def outside(self, loop: Any) -> set[Hashable]:
        """Return what is under way outside of a loop and will come to an end."""


class LoopSleepers:
    """The tasks of one loop that sleep virtually, and the callback that wakes them when the loop has come to rest.

    The callback runs once a pass of the loop for as long as anybody sleeps.
    """

    def __init__(self, sleep: Owner, loop: asyncio.AbstractEventLoop) -> None:
        self._sleep = sleep
        self._loop = weakref.ref(loop)
        self._ready = self._list_of_ready(loop)
        self._context = contextvars.Context()
        self._asleep: list[tuple[int, int, asyncio.Future[None], str]] = []
        self._order = count()
        self._looks = False
        self._ends = False
        self._quiet = self._busy = self._passes = 0
        self._haste = 1
        self._patience = Patience()

    async def wait_until(self, deadline: int, place: str) -> None:
        """Sleep until a moment; raises Ended, and what goes wrong while the clock moves."""
        future = self._open_loop().create_future()
        heappush(self._asleep, (deadline, next(self._order), future, place))
        self._look_soon()
        await future

    @staticmethod
    def _list_of_ready(loop: asyncio.AbstractEventLoop) -> Collection[object] | None:
        ready: Collection[object] | None = getattr(loop, "_ready", None)
        return ready

    def _open_loop(self) -> asyncio.AbstractEventLoop:
        loop = self._loop()
        if loop is None:
            raise AssertionError("a loop whose callbacks run is there")
        return loop

    def _look_soon(self) -> None:
        if not self._looks:
            self._looks = True
            self._open_loop().call_soon(self._look, context=self._context)

    def _look(self) -> None:
        """Wake who is due; if nobody is and the loop is at rest, let the clock go to the earliest deadline."""
        self._looks = False
        if Process.active is not self._sleep:
            self._wake(None)  # what sleeps on now would do so for ever
            return
        while self._asleep and self._asleep[0][2].done():  # cancelled
            heappop(self._asleep)
        if self._asleep:
            self._go_on()
        elif self._ends and self._is_at_rest():
            self._ends = False
            self._cancel_the_rest()
        if self._asleep or self._ends:
            self._look_soon()

    def _go_on(self) -> None:
        """Let the clock go to the earliest deadline if it may, and wake who is due; what goes wrong is the earliest sleeper's."""
        deadline, _, _, place = self._asleep[0]
        try:
            if deadline > self._sleep.now_ms() and self._is_at_rest(deadline - self._sleep.now_ms()):
                self._start_over()
                self._sleep.move_to(deadline, place)
            self._wake(self._sleep.now_ms())
        except Ended as error:
            self._ends = True
            self._fail(len(self._asleep), error)
        except Exception as error:  # noqa: BLE001  # it is raised where the code sleeps
            self._fail(1, error)

    def _wake(self, now: int | None) -> None:
        while self._asleep and (now is None or self._asleep[0][0] <= now):
            future = heappop(self._asleep)[2]
            if not future.done():
                future.set_result(None)
                self._start_over()

    def _fail(self, number: int, error: BaseException) -> None:
        for _ in range(number):
            future = heappop(self._asleep)[2]
            if not future.done():
                future.set_exception(error)

    def _cancel_the_rest(self) -> None:
        """End the code under test that waits for the sleepers which have been ended, and for nothing else."""
        for task in asyncio.all_tasks(self._open_loop()):
            if any(map(self._sleep.callers.include, frames_of_task(task))):
                task.cancel("it waits for code that has slept too long")

    # ------------------------------------------------------------ when a loop is at rest

    def _start_over(self) -> None:
        self._quiet = self._busy = self._passes = 0
        self._patience.start_over()

    def _is_at_rest(self, span: float = inf) -> bool:
        """Say whether whatever can go on without the clock has done so, as far as can be told; asked once a pass.

        span: milliseconds from now to the earliest deadline.
        """
        self._passes += 1
        if self._ready:
            self._quiet = 0
            self._busy += 1
            return self._never_rests()
        if self._patience.nap_for(self._sleep.outside(self._open_loop()), span / 1000):
            self._quiet = self._busy = 0
            return self._never_rests()
        self._quiet += 1
        self._busy = 0
        at_rest = self._quiet >= (BLIND_PASSES if self._ready is None else QUIET_PASSES)
        if at_rest:
            self._haste = 1
        return at_rest

    def _never_rests(self) -> bool:
        """Say whether the loop has been given its chance to come to rest; it gets a smaller one next time."""
        if self._busy * self._haste < BUSY_PASSES and self._passes * self._haste < PASSES:
            return False
        self._haste = HASTE
        return True
