"""What a process has one of: whose sleeps are stood in for."""

from __future__ import annotations

import os
import threading
from types import FrameType
from typing import Any, Protocol

from fakejobs.sleeping.callers import Callers

WRITER = "scrapinghub.hubstorage.batchuploader"
"""The official batch writer, which works in a thread of its own."""


class Sleep(Protocol):
    """What stands in place of the real functions asks these of a sleep that is virtual."""

    callers: Callers
    """Whose sleep is virtual."""
    thread: int
    """The thread in which it is."""
    elsewhere: str | None
    """Where code under test sleeps for real, if it does."""
    work: set[Any]
    """Work that loops gave to threads and that has not come back."""

    def shift_ms(self) -> int | None:
        """Return by how much time is ahead of the machine's for whose sleep is virtual; None if it is not."""

    def sleep(self, delay: Any, caller: FrameType) -> bool:
        """Sleep in virtual time; False if the real sleep is to deal with this delay."""

    async def sleep_in_loop(self, loop: Any, span: int, place: str) -> None:
        """Sleep in virtual time beside the other tasks of a loop. span: ms; place: file and line of the caller."""


class RealSleeps(Protocol):
    """What stands in place of the real functions asks these of a watch on real sleeps."""

    def sleep(self, delay: Any, caller: FrameType) -> bool:
        """Sleep as time.sleep does, and count it; False if it does not count."""

    def begin(self, seconds: float, caller: FrameType, *, is_wait: bool = False) -> float | None:
        """Take note that a sleep begins; return how long it may last before it is judged, None if it does not count.

        is_wait: it is a wait for an event, which is a sleep if nobody ends it.
        """

    def place(self, caller: FrameType) -> str:
        """Return the file and line of the code under test that sleeps."""

    def over(self, span_s: float) -> None:
        """Take note that a sleep is over, or has lasted until it is judged. span_s: no more of it counts, however late it woke."""

    def judge(self, seconds: float, place: str, *, is_wait: bool = False) -> None:
        """Raise what ends the test if sleeping on is in vain."""


class Process:
    """Whose sleeps are stood in for now, and the lock under which that changes."""

    lock = threading.Lock()
    active: Sleep | None = None
    """The sleep that is virtual."""
    watches: tuple[RealSleeps, ...] = ()
    """Those that watch real sleeps."""
    hurried = 0
    """How many want the official batch writer to hurry."""


def sleep_for_real() -> None:
    """Let this process, the child of a fork, sleep for real: its clock is a copy."""
    Process.lock = threading.Lock()
    Process.active, Process.watches, Process.hurried = None, (), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=sleep_for_real)
