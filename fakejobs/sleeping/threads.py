"""The sleep of a thread: what stands in place of time.sleep, and of a wait for an event, which is a sleep if nobody ends it."""

from __future__ import annotations

import functools
import sys
import time
from threading import Event, current_thread, get_ident
from typing import Any

from fakejobs.ending import passes_on
from fakejobs.sleeping.places import Place, StandIns
from fakejobs.sleeping.process import WRITER, Process
from fakejobs.sleeping.spans import LONGEST_S, as_time_sleep_reads, seconds_of

TIME_SLEEP = Place(time, "sleep")
"""Where time.sleep is reached."""
_EVENT_WAIT = Place(Event, "wait")
MOMENT_S = 0.001
"""How long the batch writer sleeps where it is to hurry: other threads may run."""


@passes_on
@functools.wraps(time.sleep)
def _time_sleep(*args: Any, **options: Any) -> None:
    if len(args) == 1 and not options:
        active, caller = Process.active, sys._getframe(1)  # noqa: SLF001  # inspect.stack() would read every source file
        if active is not None and active.callers.include(caller):
            if active.thread != get_ident():
                active.elsewhere = f"in {current_thread().name} at {active.callers.place(caller)}"
            elif active.sleep(args[0], caller):
                return
        for watch in Process.watches:
            if watch.sleep(args[0], caller):
                return
        if Process.hurried and caller.f_globals.get("__name__") == WRITER:
            args = (MOMENT_S,)
    TIME_SLEEP.real(*args, **options)


@passes_on
@functools.wraps(Event.wait)
def _event_wait(event: Event, timeout: float | None = None) -> bool:
    seconds = seconds_of(timeout, as_time_sleep_reads, LONGEST_S) if Process.watches else None
    if seconds is not None:
        caller = sys._getframe(1)  # noqa: SLF001  # as above
        for watch in Process.watches:
            if watch.begin(seconds, caller, is_wait=True) is not None:
                is_set: bool = True
                try:
                    is_set = _EVENT_WAIT.real(event, timeout)
                finally:
                    watch.over(0.0 if is_set else seconds)
                if not is_set:
                    watch.judge(seconds, watch.place(caller), is_wait=True)
                return is_set
    return _EVENT_WAIT.real(event, timeout)  # type: ignore[no-any-return]


SLEEP = StandIns((TIME_SLEEP, _time_sleep))
EVENT = StandIns((_EVENT_WAIT, _event_wait))
