"""Ending a test from outside: the thread that runs it is woken with an exception, whatever it waits for.

Rules:

- The one way into a lock's or a socket's wait is the handler of a signal, which runs in the main thread. The signal is SIGURG: a process
  that has no handler for it ignores it, so one that comes too late harms nobody. The handler is ours while a Waker is on, and goes back.
- Code of fakejobs and of pytest is never struck in the middle of its work: who wakes tries again until code of the test's own runs.
  Nor is what Python calls to tidy up (``__del__``, callbacks of weak references), where every exception is lost.
- In an event loop the exception may stay in a task that nobody awaits. If the loop still runs after a number of passes, its tasks are
  cancelled.
- Whoever swallows the exception meets it again at the next mistake, which wakes again; the tenth time it is told aloud, too.
- In a forked child it is no such exception but an ordinary one, which comes to the parent as others do.
- Where there is no such signal (Windows), no main thread of ours (a fake that another thread made) or no handler (a forked child), nobody
  is woken: the mistake is told when the test ends by itself.
- An Ended that ends a thread, or is lost all the same, prints no traceback: the test tells it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from threading import get_ident, main_thread
from types import CodeType, FrameType, ModuleType, TracebackType
from typing import Any, TypeVar
from weakref import WeakSet

from fakejobs.errors import Ended, UsageError
from fakejobs.own_code import is_ours, is_own

SIGNAL = getattr(signal, "SIGURG", None)
"""What wakes the main thread; None where there is no such thing."""

TRIES, TRY_S = 100, 0.01
"""How often, and with how long a wait in between, a thread in the middle of our work is tried again."""
ALOUD = 10
"""After so many exceptions that were swallowed the mistake is told aloud: a bare `except:` in an endless loop outlives them all."""
PASSES = 100
"""Passes of an event loop after which those that still wait are cancelled."""

_HARNESS = frozenset({"_pytest", "pluggy"})
_CALLERS = frozenset({"_pytest.python", "_pytest.fixtures", "_pytest.unittest", "_pytest.doctest"})
"""The modules of pytest that call tests and fixtures; all of pluggy calls hooks, with which other plugins run a loop."""
_TIDYING = frozenset({"weakref", "_weakrefset"})
"""The modules whose functions are called when something is no more."""

_PASSING: set[CodeType] = set()
"""The code of what stands in place of functions of Python's, and does no work of ours while those are called."""

F = TypeVar("F", bound=Callable[..., Any])


def passes_on(function: F) -> F:
    """Make a function of ours known as one that calls on, so that its caller can be woken meanwhile."""
    code = getattr(function, "__code__", None)
    if code is not None:
        _PASSING.add(code)
    return function


class _Process:
    """What this process has one of."""

    on = 0
    """How many wakers are on."""
    before: Any = None
    """The handler that ours stands in for."""
    ended: WeakSet[threading.Thread] = WeakSet()
    """The threads for which an Ended was made, and which it may end."""
    waking: deque[Waker] = deque()
    """Those whose exceptions are on their way, the oldest first; each stands here once for each that is still to be raised."""


class Waker:
    """Wakes the thread that runs a test while it is on, which is between take() and give_back()."""

    def __init__(self) -> None:
        self.is_on = False
        self.shout: Callable[[str], None] | None = None
        """Told what nobody hears otherwise, since it is swallowed again and again."""
        self._strikes = 0
        self._pid = 0
        self._text = ""
        self._struck = threading.Event()
        self._turn = threading.Lock()

    def take(self) -> None:
        """Stand ready to wake the main thread; does nothing where it cannot be woken."""
        if self.is_on or SIGNAL is None or threading.current_thread() is not main_thread():
            return
        if not _Process.on:
            before = signal.getsignal(SIGNAL)
            if before is None:  # it was not set from Python, and could not be put back
                return
            _Process.before = before
            signal.signal(SIGNAL, _strike)
        _Process.on += 1
        self.is_on, self._pid, self._strikes = True, os.getpid(), 0

    def give_back(self) -> None:
        """Wake nobody any more, and put the signal's handler back; does nothing the second time."""
        if not self.is_on:
            return
        self.is_on = False
        self.call_off()
        _Process.on -= 1
        if not _Process.on and SIGNAL is not None and threading.current_thread() is main_thread() and signal.getsignal(SIGNAL) is _strike:
            signal.signal(SIGNAL, _Process.before)

    def start_over(self) -> None:
        """Take note that another test begins."""
        self._strikes = 0

    def wake(self, text: str) -> None:
        """Raise Ended in the thread that runs the test, unless it is the caller's: that one raises it itself, and a loop of its ends.

        Comes back when it is raised, or after a second in which no code of the test's own was to be met.
        """
        if self.is_on and self._pid == os.getpid() and get_ident() == main_thread().ident:
            self._text = text
            self._end_running_loop()
        if not self._can_wake():
            return
        with self._turn:
            self._text = text
            self._struck.clear()
            _Process.waking.append(self)
            for _ in range(TRIES):
                if not self._can_wake() or self not in _Process.waking:
                    break
                signal.pthread_kill(main_thread().ident or 0, SIGNAL or 0)
                if self._struck.wait(TRY_S):
                    return
            self.call_off()

    def call_off(self) -> None:
        """Raise nothing that is still to be raised: the test has met it, or is over."""
        with suppress(ValueError):
            _Process.waking.remove(self)

    @property
    def is_forked(self) -> bool:
        """Whether this process is a child of the one whose test it could wake."""
        return self.is_on and self._pid != os.getpid()

    def _can_wake(self) -> bool:
        return self.is_on and self._pid == os.getpid() and get_ident() != main_thread().ident

    def strike(self) -> Ended:
        """Return what is raised in the thread that runs the test; whoever waits for that in wake() goes on."""
        self._struck.set()
        self._strikes += 1
        if self._strikes == ALOUD and self.shout is not None:
            self.shout(self._text)
        self._end_running_loop()
        return ended(self._text)

    def _end_running_loop(self) -> None:
        """See to it that a loop ends in which the exception may stay in a task that nobody awaits."""
        loop = _running_loop()
        if loop is not None:
            loop.call_soon(self._end_loop, loop, PASSES)
            task = sys.modules["asyncio"].current_task(loop)
            if task is not None:
                task.add_done_callback(_look_at)

    def _end_loop(self, loop: Any, passes: int) -> None:
        """Cancel what still runs in a loop after so many passes."""
        if not self.is_on:
            return
        if passes:
            loop.call_soon(self._end_loop, loop, passes - 1)
            return
        for task in sys.modules["asyncio"].all_tasks(loop):
            task.cancel(self._text)


def _strike(number: int, frame: FrameType | None) -> None:
    """Raise what a waker has sent, in the main thread, if it is in code of the test's own."""
    if not _Process.waking:
        if callable(_Process.before):
            _Process.before(number, frame)
        return
    if not _runs_test(frame):
        return
    with suppress(IndexError):  # it may have been called off just now
        raise _Process.waking.popleft().strike() from None


def _runs_test(frame: FrameType | None) -> bool:
    """Say whether a frame is in code of the test's own, or in what that has called, and not in our work or the harness's."""
    if frame is not None and _package(frame) in _HARNESS:
        return False
    has_harness = has_own = is_inside = False
    is_at_work = False  # whether the harness itself has called the library that runs
    while frame is not None:
        name = _module(frame)
        package = name.partition(".")[0]
        if package == "fakejobs" and is_ours(frame.f_code.co_filename) and frame.f_code not in _PASSING:
            return False
        if name in _TIDYING or frame.f_code.co_name == "__del__":
            return False
        if package in _HARNESS:
            is_at_work = is_at_work or not (is_inside or package == "pluggy" or name in _CALLERS)
            has_harness = is_inside = True
            if frame.f_code.co_name == "from_call":  # what pytest calls so is a phase of a test
                return has_own or not is_at_work
        else:
            is_inside = False
            has_own = has_own or is_own(frame.f_code.co_filename)
        frame = frame.f_back
    return not has_harness


def _module(frame: FrameType) -> str:
    name = frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""


def _package(frame: FrameType) -> str:
    return _module(frame).partition(".")[0]


def _look_at(task: Any) -> None:
    """Keep a loop from complaining that nobody has looked at what ended a task: the test tells it."""
    if not task.cancelled():
        task.exception()


def _running_loop() -> Any:
    """Return the event loop that runs in this thread, if there is one."""
    asyncio = sys.modules.get("asyncio")
    return None if asyncio is None else asyncio._get_running_loop()  # noqa: SLF001  # the public one raises


def is_called_by_test() -> bool:
    """Say whether this thread runs a test, of pytest or unittest, that has called us."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # inspect.stack() would read every source file
    while frame is not None:
        if _package(frame) in ("_pytest", "unittest"):
            return True
        frame = frame.f_back
    return False


def ended_in(error: BaseException | None) -> Ended | None:
    """Return the Ended that an exception is, holds as a group, or came from; None if there is none."""
    return next((one for one in errors_behind(error) if isinstance(one, Ended)), None)


def errors_behind(error: BaseException | None, *, suppressed: bool = True) -> Iterator[BaseException]:
    """Yield an exception and all that it holds as a group or came from. suppressed: also what came before a `from None`."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            context = one.__context__ if suppressed or not one.__suppress_context__ else None
            waiting += [*getattr(one, "exceptions", ()), one.__cause__, context]


def ended(text: str) -> Ended:
    """Return the exception that ends a test; under pytest it is an outcome of pytest's too, so that what must be cleaned up is.

    A thread for which it is made is taken note of: it may end late, see has_ended_threads().
    """
    if get_ident() != main_thread().ident:
        _Process.ended.add(threading.current_thread())
    return _kind()(text)


@cache
def _kind() -> type[Ended]:
    outcomes = sys.modules.get("_pytest.outcomes")
    return Ended if outcomes is None else type("Ended", (Ended, outcomes.Failed), {"__module__": Ended.__module__})


def told_alone(met: Ended, outcome: BaseException | None = None) -> UsageError:
    """Return the mistake that ended a test, where it met code of the test's own, and nothing else.

    outcome: what became of the Ended on its way out; it has the place if that has none.
    """
    return UsageError(str(met)).with_traceback(place_in_test(met) or place_in_test(outcome))


def place_in_test(error: BaseException | None) -> TracebackType | None:
    """Return where an exception came through code of the test's own, as a traceback without the libraries between."""
    entries = []
    entry = None if error is None else error.__traceback__
    while entry is not None:
        if is_own(entry.tb_frame.f_code.co_filename):
            entries.append(entry)
        entry = entry.tb_next
    place: TracebackType | None = None
    for entry in reversed(entries):
        place = TracebackType(place, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return place


def has_ended_threads() -> bool:
    """Say whether a thread still lives for which an Ended was made, and which that may yet end."""
    return any(thread.is_alive() for thread in list(_Process.ended))


@contextmanager
def quiet() -> Iterator[None]:
    """Under this `with`, an Ended that nobody can catch prints nothing: one that ends a thread, or that is raised while Python tidies up.

    Within another one it does nothing.
    """
    with _deaf_to_ended(threading, "excepthook"), _deaf_to_ended(sys, "unraisablehook"):
        yield


@contextmanager
def _deaf_to_ended(module: ModuleType, name: str) -> Iterator[None]:
    """Under this `with`, a hook for exceptions is not told of an Ended."""
    before = getattr(module, name)
    if hasattr(before, "is_deaf"):
        yield
        return

    def told(args: Any) -> None:
        if ended_in(args.exc_value) is None:
            before(args)

    told.is_deaf = True  # type: ignore[attr-defined]
    setattr(module, name, told)
    try:
        yield
    finally:
        if getattr(module, name) is told:
            setattr(module, name, before)
