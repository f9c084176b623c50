"""The sleeps of the official batch writer, before it tries a refused write again.

It tries some 200 times in 30 hours, in a thread of its own. These sleeps are over in a moment, under every clock but the real one. They
move no clock: what happened is that a write was refused, and no time has to pass for the next try. What ends a writer that is
refused for ever is not here; without that, its tries are used up within a second.
"""

from __future__ import annotations

import sys

from fakejobs.sleeping.process import WRITER, Process
from fakejobs.sleeping.threads import SLEEP


class HurriedWriter:
    """Its sleeps are short from hurry() until close()."""

    def __init__(self) -> None:
        self._is_on = False

    def hurry(self) -> None:
        """Let it hurry, if it is loaded; asked each time that a write was refused."""
        if not self._is_on and WRITER in sys.modules and SLEEP.are_real():
            self._is_on = True
            with Process.lock:
                Process.hurried += 1
            SLEEP.take(None)

    def close(self) -> None:
        """Let it sleep as it will."""
        if self._is_on:
            self._is_on = False
            with Process.lock:
                Process.hurried -= 1
            SLEEP.give_back(None)
