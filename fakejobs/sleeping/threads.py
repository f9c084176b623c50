"""The sleep of a thread: what stands in place of time.sleep."""

from __future__ import annotations

import functools
import sys
import time
from threading import current_thread, get_ident
from typing import Any

from fakejobs.ending import passes_on
from fakejobs.sleeping.places import Place, StandIns
from fakejobs.sleeping.process import WRITER, Process

TIME_SLEEP = Place(time, "sleep")
"""Where time.sleep is reached."""
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


SLEEP = StandIns((TIME_SLEEP, _time_sleep))
