"""Sleeping without waiting: sleeps of the code under test move a fake's clock and return at once.

Rules:

- Whose sleep: time.sleep and asyncio.sleep called in the thread that entered the VirtualSleep, by code whose file lies under
  the root (installed packages and the standard library excepted) or whose module is named. Everybody else sleeps for real:
  other threads, subprocess, HTTP clients, retrying, tenacity, queues, children. time.time and time.monotonic are nobody's business here.
- The caller is who calls. A name that a module of the code under test bound (`from time import sleep`, under any name) counts. A sleep
  that was put away elsewhere before (a default argument, an attribute of a class or object, a functools.partial) sleeps for
  real, and so does one that a library calls, such as anyio.sleep, unless that library is named. Code without a file
  (exec, doctest of a text) counts as the test's. Compiled code leaves no frame: its caller counts.
- time.sleep blocks its thread, so the clock goes on by the whole span, as it would; requests of other threads that the fake is
  serving are answered first. A span counts in milliseconds, rounded up.
- asyncio.sleep lets the clock go to the earliest of the deadlines in its loop, and only when the loop has come to rest:
  nothing is ready to run, no request is being served by the fake, and no work that the loop gave to a thread
  (asyncio.to_thread, run_in_executor) is under way. So ten pollers of ten seconds need ten seconds.
- What else code may wait for does not hold the clock: events of other tasks (they would wait for ever), answers of other
  servers outside of the loop, children, threads that the loop does not know, timers (asyncio.wait_for and call_later are real
  time). Who asks for the end of such a thing again and again, sleeping in between, sees the clock race ahead.
- Requests hold no sleep longer than it would last for real, and PATIENCE_S at most, however many of them come.
- Nobody hangs: who never comes to rest (a task that spins on sleep(0)) and what never ends (a thread that waits for a
  sleeper) hold the clock for a bounded number of passes or PATIENCE_S of real time, the first time; less or not at all from then on.
- A loop without a list of what is ready (uvloop) gets a number of passes instead, and its threads are not known.
- A forked child sleeps for real: its clock would be a copy.
- No thread, no timer: frozen time (freezegun, time-machine) stops nothing here.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import operator
import os
import sys
import sysconfig
import threading
import time
import weakref
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Collection, Hashable, Sequence
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from math import inf
from pathlib import Path
from threading import get_ident
from types import FrameType, ModuleType, TracebackType
from typing import Any, Protocol

from fakejobs.errors import UsageError
from fakejobs.quoting import quoted

SLEEPERS = ("shub_workflow",)
"""Installed packages whose sleeps are virtual all the same, unless others are named."""

LIMIT = timedelta(weeks=1)
"""How long the code under test may sleep, in virtual time, while nothing can happen."""

PATIENCE_S = 5.0
"""Seconds of real time for which one and the same thing that is under way outside of the loop holds the clock."""

_QUIET_PASSES = 2  # the second one has asked the sockets after the first one saw that nothing is under way
_BLIND_PASSES = 50  # for loops that do not say what is ready
_BUSY_PASSES = 10_000  # in a row, nothing being under way outside
_PASSES = 200_000  # in all, between two moves of the clock
_HASTE = 100  # by so much less, once a loop was found that never comes to rest
_SHORTEST_NAP_S, _LONGEST_NAP_S = 0.00001, 0.001

_LONGEST_S = 9_223_372_036.0  # beyond, time.sleep refuses
_FOR_EVER_S = 100 * 365 * 86_400.0  # asyncio.sleep for longer is an idiom for "until cancelled"
_FOREIGN = frozenset({"site-packages", "dist-packages"})


class SleepClock(Protocol):
    """The clock that sleeps move."""

    def now_ms(self) -> int:
        """Return the present moment."""

    def advance_to_ms(self, moment: int) -> None:
        """Go forward to a moment and apply what is due by then; a moment in the past does nothing."""

    def next_due_ms(self) -> int | None:
        """Return when anything is due next; None if nothing is."""


class SleptTooLong(BaseException):
    """The code under test slept and slept while nothing could happen.

    No Exception: a loop that waits often goes on after any of those, and this one has to end.
    """


class _Place:
    """A name under which a function is reached, which ours stands in for while a VirtualSleep is entered."""

    def __init__(self, owner: Any, name: str) -> None:
        self._owner = owner
        self._name = name
        self.real: Callable[..., Any] = vars(owner)[name]
        """What ours stands in for."""

    def take(self, ours: Callable[..., Any]) -> None:
        found = vars(self._owner)[self._name]
        if found is not ours:  # a clean-up of others may have brought it back
            self.real = found
            setattr(self._owner, self._name, ours)

    def give_back(self, ours: Callable[..., Any]) -> None:
        """Put the real one back, unless others have put something in place of ours."""
        if vars(self._owner).get(self._name) is ours:
            setattr(self._owner, self._name, self.real)


_TIME = _Place(time, "sleep")
_ASYNCIO = _Place(asyncio, "sleep")
_TASKS = _Place(asyncio.tasks, "sleep")
_EXECUTOR = _Place(BaseEventLoop, "run_in_executor")


class _Process:
    """What this process has one of."""

    lock = threading.Lock()
    active: VirtualSleep | None = None


def _sleep_for_real_after_fork() -> None:
    _Process.lock = threading.Lock()
    _Process.active = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_sleep_for_real_after_fork)


# ------------------------------------------------------------ what stands in place of the real ones


@functools.wraps(time.sleep)
def _time_sleep(*args: Any, **options: Any) -> None:
    active = _Process.active
    if active is not None and active.thread == get_ident() and len(args) == 1 and not options:
        caller = sys._getframe(1)  # noqa: SLF001  # inspect.stack() would read every source file
        if active.callers.include(caller) and active.sleep(args[0], caller):
            return
    _TIME.real(*args, **options)


@functools.wraps(asyncio.sleep)
def _asyncio_sleep(*args: Any, **options: Any) -> Any:
    active = _Process.active
    if active is not None and active.thread == get_ident():
        caller = sys._getframe(1)  # noqa: SLF001
        if active.callers.include(caller):
            return _sleep_in_loop(f"{caller.f_code.co_filename}:{caller.f_lineno}", *args, **options)
    return _ASYNCIO.real(*args, **options)


async def _sleep_in_loop(place: str, delay: Any, result: Any = None) -> Any:
    active, span = _Process.active, _milliseconds(delay, lambda delay: 0.0 + delay, _FOR_EVER_S)
    if active is None or active.thread != get_ident() or span is None:
        return await _ASYNCIO.real(delay, result)
    await active.sleep_in_loop(asyncio.get_running_loop(), span, place)
    return result


@functools.wraps(BaseEventLoop.run_in_executor)
def _run_in_executor(loop: asyncio.AbstractEventLoop, *args: Any, **options: Any) -> Any:
    future = _EXECUTOR.real(loop, *args, **options)
    active = _Process.active
    if active is not None and isinstance(future, asyncio.Future):
        active.work.add(future)
        future.add_done_callback(active.work.discard)
    return future


if sys.version_info >= (3, 12):
    inspect.markcoroutinefunction(_asyncio_sleep)
else:
    _asyncio_sleep._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]  # noqa: SLF001


def _milliseconds(delay: Any, read: Callable[[Any], float], longest_s: float) -> int | None:
    """Return a span in whole milliseconds, rounded up; None if the real sleep is to deal with it, or to refuse it."""
    try:
        seconds = read(delay)
    except Exception:  # noqa: BLE001  # whatever it is, the real sleep says it
        return None
    return -int(-round(seconds * 1000, 6) // 1) if 0 < seconds <= longest_s else None


def _as_time_sleep_reads(delay: Any) -> float:
    return delay if isinstance(delay, float) else operator.index(delay)


# ------------------------------------------------------------ whose sleep is virtual


class Callers:
    """Who calls: the code under test, or somebody else.

    root: the folder of the code under test. sleepers: names of modules or packages that count too, wherever they lie.
    """

    def __init__(self, root: Path, sleepers: Sequence[str] = SLEEPERS) -> None:
        if isinstance(sleepers, str) or not all(isinstance(name, str) and name for name in sleepers):
            raise UsageError(f"sleepers={quoted(sleepers)}: give a list of names of packages")
        self._roots = _spellings(root)
        self._sleepers = frozenset(sleepers)
        libraries = sysconfig.get_paths()
        foreign = {libraries[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
        foreign |= {prefix for prefix in (sys.prefix, sys.base_prefix) if not self._is_inside(prefix)}
        self._foreign = {spelling for folder in foreign for spelling in _spellings(folder)}
        self._known: dict[tuple[Any, Any], bool] = {}

    def _is_inside(self, folder: str) -> bool:
        """Say whether the root itself lies in a folder such as /usr, which then tells nothing about the code in it."""
        return any(_lies_in(root, spelling) for root in self._roots for spelling in _spellings(folder))

    def include(self, frame: FrameType) -> bool:
        """Say whether a frame runs code under test."""
        names = frame.f_globals
        key = names.get("__name__"), names.get("__file__") or frame.f_code.co_filename
        known = self._known.get(key)
        return self._judge(*key) if known is None else known

    def include_module(self, names: dict[str, Any]) -> bool:
        """Say whether a module, given by its names, is code under test."""
        key = names.get("__name__"), names.get("__file__")
        known = self._known.get(key)
        return self._judge(*key) if known is None else known

    def _judge(self, name: Any, file: Any) -> bool:
        package = name.partition(".")[0] if isinstance(name, str) else None
        if package in self._sleepers or name in self._sleepers:
            verdict = True
        elif not isinstance(file, str):
            verdict = False
        elif file.startswith("<"):
            verdict = not file.startswith("<frozen") and package not in sys.stdlib_module_names
        elif not _FOREIGN.isdisjoint(Path(file).parts):
            verdict = False
        else:
            paths = _spellings(file)
            verdict = any(_lies_in(path, root) for path in paths for root in self._roots) and not any(map(self._is_foreign, paths))
        self._known[name, file] = verdict
        return verdict

    def _is_foreign(self, path: str) -> bool:
        return not _FOREIGN.isdisjoint(Path(path).parts) or any(_lies_in(path, folder) for folder in self._foreign)


@functools.lru_cache(maxsize=4)
def _callers(root: Path, sleepers: Sequence[str]) -> Callers:
    """Return who calls; it knows from earlier times where modules lie."""
    return Callers(root, sleepers)


def _spellings(path: str | Path) -> set[str]:
    return {os.path.normcase(os.path.abspath(path)), os.path.normcase(os.path.realpath(path))}  # noqa: PTH100


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


# ------------------------------------------------------------ the sleep


class VirtualSleep:
    """While entered, sleeps of the code under test move a clock; left, everything is as it was.

    clock: what they move. root, sleepers: whose sleeps, see Callers. limit: how long they may sleep in sum while nothing is due;
    then on_stuck is called, once, with a text that says what to do, and the sleep raises SleptTooLong.
    under_way: returns what the fake is busy with and will come to an end; it holds the clock of a loop. changes: returns
    something that is equal as long as no job has changed.

    One at a time in a process: entering a second one raises UsageError.
    """

    def __init__(
        self,
        clock: SleepClock,
        root: Path,
        sleepers: Sequence[str] = SLEEPERS,
        limit: timedelta = LIMIT,
        on_stuck: Callable[[str], None] | None = None,
        *,
        under_way: Callable[[], Collection[Hashable]] = tuple,
        changes: Callable[[], object] = lambda: None,
    ) -> None:
        if not isinstance(limit, timedelta) or limit <= timedelta(0):
            raise UsageError(f"the limit of sleep is a positive timedelta, not {quoted(limit)}")
        self.callers = _callers(root, sleepers if isinstance(sleepers, str) else tuple(sleepers))
        self.thread = 0
        self.work: set[asyncio.Future[Any]] = set()
        """Work that loops gave to threads and that has not come back."""
        self._clock = clock
        self._limit = limit
        self._on_stuck = on_stuck
        self._under_way = under_way
        self._changes = changes
        self._seen: object = None
        self._vain_ms = 0
        self._is_stuck = False
        self._loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopSleepers] = weakref.WeakKeyDictionary()
        self._patience = _Patience()
        self._bound: list[dict[str, Any]] = []
        self._before: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> VirtualSleep:
        with _Process.lock:
            if _Process.active is not None:
                raise UsageError("sleep is virtual already in this process, and it can move the clock of one fake only")
            _Process.active = self
        self.thread = get_ident()
        self._vain_ms, self._seen, self._is_stuck = 0, self._changes(), False
        try:
            self._take()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if _Process.active is not self:
            return
        _Process.active = None
        self.work.clear()
        self._loops.clear()
        self.sweep()

    def sweep(self) -> None:
        """Put the real ones back once more, if clean-ups of others that ran later than the exit brought ours back."""
        if _Process.active is not None:
            return
        for place, ours in _STANDING_IN:
            place.give_back(ours)
        real = {id(ours): place.real for place, ours in _STANDING_IN}
        for names in [*self._bound, *(names for name, names in _modules() if self._may_have_ours(name, names))]:
            _rebind(names, real)

    # ------------------------------------------------------------ sleeping

    def sleep(self, delay: Any, caller: FrameType) -> bool:
        """Sleep in virtual time; False if the real sleep is to deal with this delay."""
        span = _milliseconds(delay, _as_time_sleep_reads, _LONGEST_S)
        if span is None:
            return False
        self._check(lambda: f"{caller.f_code.co_filename}:{caller.f_lineno}")
        self._patience.start_over()
        while self._patience.nap_for(set(self._under_way()), span / 1000):  # other threads may be asking
            pass
        self._advance(self._clock.now_ms() + span)
        return True

    async def sleep_in_loop(self, loop: asyncio.AbstractEventLoop, span: int, place: str) -> None:
        """Sleep in virtual time beside the other tasks of a loop. span: ms; place: file and line of the caller."""
        sleepers = self._loops.get(loop)
        if sleepers is None:
            sleepers = self._loops[loop] = _LoopSleepers(self, loop)
        await sleepers.wait_until(self._clock.now_ms() + span, place)

    def now_ms(self) -> int:
        """Return where the clock stands."""
        return self._clock.now_ms()

    def move_to(self, moment: int, place: str) -> None:
        """Move the clock to the deadline of a sleeper; raises SleptTooLong."""
        self._check(lambda: place)
        self._advance(moment)

    def outside(self, loop: asyncio.AbstractEventLoop) -> set[Hashable]:
        """Return what is under way outside of a loop and will come to an end."""
        return {*self._under_way(), *(future for future in self.work if future.get_loop() is loop)}

    def _advance(self, moment: int) -> None:
        before = self._clock.now_ms()
        self._clock.advance_to_ms(moment)
        self._vain_ms += max(0, self._clock.now_ms() - before)

    def _check(self, place: Callable[[], str]) -> None:
        """Raise SleptTooLong if sleeping on is in vain."""
        seen = self._changes()
        if seen != self._seen or self._clock.next_due_ms() is not None:
            self._seen, self._vain_ms, self._is_stuck = seen, 0, False
        elif timedelta(milliseconds=self._vain_ms) >= self._limit:
            text = (
                f"the code under test has slept for {_readable(self._vain_ms)} of virtual time, the last time at {place()}, and nothing"
                " was due in all that time: no job changes by itself. Say how jobs live, as in fakejobs.pace(pending=5, running=60) or"
                " fakejobs.script('books', running=60), or move them before the code waits for them (a longer wait: sleep_limit)"
            )
            if not self._is_stuck:
                self._is_stuck = True
                if self._on_stuck is not None:
                    self._on_stuck(text)
            raise SleptTooLong(text)

    # ------------------------------------------------------------ taking the place of the real ones

    def _take(self) -> None:
        for place, ours in _STANDING_IN:
            place.take(ours)
        modules = _modules()
        self._before = dict(modules)
        ours_of = {id(_TIME.real): _time_sleep, id(_ASYNCIO.real): _asyncio_sleep}
        self._bound = [names for _, names in modules if self.callers.include_module(names) and _rebind(names, ours_of)]

    def _may_have_ours(self, name: str, names: dict[str, Any]) -> bool:
        """Say whether a module can have bound ours: it was loaded meanwhile, or is code under test."""
        return self._before.get(name) is not names or self.callers.include_module(names)


_STANDING_IN = ((_TIME, _time_sleep), (_ASYNCIO, _asyncio_sleep), (_TASKS, _asyncio_sleep), (_EXECUTOR, _run_in_executor))


def _modules() -> list[tuple[str, dict[str, Any]]]:
    """Return the modules that are loaded, with their names, and without waking those that load themselves when touched."""
    listed = list(sys.modules.items())  # objects that only say that they are modules, as cffi's libraries do, have no names to bind
    loaded = [(name, module) for name, module in listed if issubclass(type(module), ModuleType) and name != __name__]
    return [(name, object.__getattribute__(module, "__dict__")) for name, module in loaded]


def _rebind(names: dict[str, Any], others: dict[int, Any]) -> bool:
    """Bind names of a module to others, given by what they are bound to; say whether there was any."""
    found = [(name, others[id(value)]) for name, value in list(names.items()) if id(value) in others]
    names.update(found)
    return bool(found)


def _readable(milliseconds: int) -> str:
    return str(timedelta(milliseconds=milliseconds)).removesuffix(", 0:00:00")


class _Patience:
    """How long what is under way outside of a thread holds the clock: to its end, or until it has been the same for too long.

    A sleep is held no longer than it would last for real, and PATIENCE_S at most, whatever is under way.
    """

    def __init__(self) -> None:
        self._held_by: set[Hashable] = set()
        self._held_s = 0.0
        self._given_up: set[Hashable] = set()
        self._began_s: float | None = None
        self._naps_s = 0.0

    def start_over(self) -> None:
        """Take note that another sleep begins."""
        self._began_s, self._naps_s = None, 0.0

    def nap_for(self, outside: set[Hashable], span_s: float = PATIENCE_S) -> bool:
        """Wait a moment for what is under way, for real; False if there is nothing that is worth waiting for.

        span_s: how long the sleep that is held would last.
        """
        self._given_up &= outside
        outside = outside - self._given_up
        if outside != self._held_by:
            self._held_by, self._held_s = outside, 0.0
        if not outside:
            return False
        now_s = _real_s()
        if self._began_s is None:
            self._began_s = now_s
        in_all_s = max(now_s - self._began_s, self._naps_s)
        if max(in_all_s, self._held_s) >= PATIENCE_S:
            self._given_up |= outside
            return False
        left_s = span_s - in_all_s
        if left_s <= 0:
            return False
        nap_s = min(_LONGEST_NAP_S, max(_SHORTEST_NAP_S, self._held_s / 2), left_s)
        _TIME.real(nap_s)
        self._naps_s += nap_s
        self._held_s += max(nap_s, _real_s() - now_s)
        return True


def _real_s() -> float:
    """Return the machine's seconds since some moment; what freezes time.time and time.monotonic does not stop it."""
    return time.monotonic() if sys.platform == "win32" else time.clock_gettime(time.CLOCK_MONOTONIC)


# ------------------------------------------------------------ the sleepers of one loop


class _LoopSleepers:
    """The tasks of one loop that sleep virtually, and the callback that wakes them when the loop has come to rest.

    The callback runs once a pass of the loop for as long as anybody sleeps.
    """

    def __init__(self, sleep: VirtualSleep, loop: asyncio.AbstractEventLoop) -> None:
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
        self._patience = _Patience()

    async def wait_until(self, deadline: int, place: str) -> None:
        """Sleep until a moment; raises SleptTooLong, and what goes wrong while the clock moves."""
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
        if _Process.active is not self._sleep:
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
        except SleptTooLong as error:
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
            if self._runs_code_under_test(task):
                task.cancel("it waits for code that has slept too long")

    def _runs_code_under_test(self, task: asyncio.Task[Any]) -> bool:
        waiting: Any = task.get_coro()
        while waiting is not None:
            frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
            if frame is not None and self._sleep.callers.include(frame):
                return True
            waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)
        return False

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
        at_rest = self._quiet >= (_BLIND_PASSES if self._ready is None else _QUIET_PASSES)
        if at_rest:
            self._haste = 1
        return at_rest

    def _never_rests(self) -> bool:
        """Say whether the loop has been given its chance to come to rest; it gets a smaller one next time."""
        if self._busy * self._haste < _BUSY_PASSES and self._passes * self._haste < _PASSES:
            return False
        self._haste = _HASTE
        return True
