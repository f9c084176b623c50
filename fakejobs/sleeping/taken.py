"""The sleeps of the code under test, as one fake takes them: virtual, watched where they stay real, short for the batch writer.

What each needs is loaded when it is needed: a test in which nobody sleeps, and no client sees an unfinished job, loads none of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Hashable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fakejobs.cloud import Cloud
from fakejobs.domain.clock import Clock, ManualClock
from fakejobs.domain.keys import JobKey
from fakejobs.errors import UsageError

if TYPE_CHECKING:
    from fakejobs.sleeping.virtual import VirtualSleep
    from fakejobs.sleeping.watch import Watch
    from fakejobs.sleeping.writer import HurriedWriter


class Sleeps:
    """The sleeps of the code that one fake serves, from take() until close().

    mode: who moves the clock. limit, patch_time: as for FakeJobs. end: gives what ends a test. complain: told of a mistake that ends
    none. changes: returns something that is equal as long as nothing happens but that the clock moves. why: says of a job why
    nothing happens to it, and what to write; it is told `is_in_test`, whether the test's own thread asks, and `sleeps`, whether it
    sleeps meanwhile. looks: returns how many looks in a row were in vain. under_way: returns what the fake is busy with.
    was_refused: says whether the last call was.
    """

    def __init__(
        self,
        cloud: Cloud,
        clock: Clock,
        mode: str,
        *,
        limit: timedelta | None,
        patch_time: bool,
        end: Callable[[str], BaseException],
        complain: Callable[[str], None],
        changes: Callable[[], tuple[int, ...]],
        why: Callable[..., str],
        looks: Callable[[], int],
        under_way: Callable[[], Collection[Hashable]],
        was_refused: Callable[[], bool],
    ) -> None:
        self._cloud = cloud
        self._clock = clock
        self._mode = mode
        self._limit = limit
        self._patch_time = patch_time
        self._end = end
        self._complain = complain
        self._changes = changes
        self._why = why
        self._looks = looks
        self._under_way = under_way
        self._was_refused = was_refused
        self._taken: tuple[Path, Sequence[str], int] | None = None
        self._key: JobKey | None = None
        """The job that a client was shown last, and that was not over."""
        self._virtual: VirtualSleep | None = None
        self._watch: Watch | None = None
        self._writer: HurriedWriter | None = None

    def take(self, root: Path, sleepers: Sequence[str] = ()) -> None:
        """Let time.sleep and asyncio.sleep of the code under test move the clock, and return at once.

        Unless the mode is "sleep" they stay real. Where the clock stands still meanwhile, they are watched from the first look of a
        client at a job that is not over: see fakejobs.sleeping.watch. root: the folder of the code under test; sleepers: packages whose
        sleeps count too, besides those that always do, or with a `!` before it one that does not. Raises UsageError if the sleeps are
        taken by this fake already, or by another one with clock="sleep"; then also for a package that is not there.
        """
        if self._taken is not None:
            raise UsageError("the sleeps of the code under test are taken once")
        self._taken = (root, sleepers, threading.get_ident())
        if self._mode != "sleep":
            return
        from fakejobs.sleeping.callers import sleepers_of
        from fakejobs.sleeping.clock import CloudClock
        from fakejobs.sleeping.virtual import VirtualSleep

        virtual = VirtualSleep(
            CloudClock(self._cloud),
            root,
            sleepers_of(sleepers),
            self._limit,
            self._end,
            under_way=self._under_way,
            changes=self._changes,
            patch_time=self._patch_time,
            began_ms=self._cloud.began,
            why=lambda: None if self._key is None else self._why(self._key, is_in_test=True),
        )
        self._virtual = virtual.__enter__()
        if isinstance(self._clock, ManualClock):
            self._clock.on_move = virtual.clock_moved

    @property
    def are_seen(self) -> bool:
        """Whether the code under test sleeps, as far as that is watched."""
        return self._watch is None or self._watch.has_slept

    def look(self, key: JobKey) -> None:
        """Watch the real sleeps of the code under test, now that a client was shown a job that is not over."""
        self._key = key
        if self._watch is None and self._taken is not None and self._mode != "real":
            from fakejobs.sleeping.callers import callers_of, sleepers_of
            from fakejobs.sleeping.watch import Watch

            root, sleepers, thread = self._taken
            try:
                callers = callers_of(root, sleepers_of(sleepers))
            except UsageError as error:  # a client is no one to tell
                self._complain(str(error))
                return
            self._watch = Watch(
                self._cloud,
                self._mode,
                callers,
                thread,
                changes=self._changes,
                why=self._why,
                looks=self._looks,
                was_refused=self._was_refused,
                end=self._end,
            )
        if self._watch is not None:
            self._watch.look(key)

    def start_over(self) -> None:
        """Take note that another test begins."""
        self._key = None
        if self._watch is not None:
            self._watch.start_over()

    def hurry_writer(self) -> None:
        """Let the official batch writer hurry, now that a write was refused."""
        if self._writer is None:
            from fakejobs.sleeping.writer import HurriedWriter

            self._writer = HurriedWriter()
        self._writer.hurry()

    def sweep(self) -> None:
        """Put the real sleeps back once more, after clean-ups of others that ran later than close()."""
        for sleep in (self._virtual, self._watch):
            if sleep is not None:
                sleep.sweep()

    def close(self) -> None:
        """Put the real sleeps back, but for those of the batch writer, who may still be writing."""
        if self._virtual is not None:
            self._virtual.__exit__(None, None, None)
        if self._watch is not None:
            self._watch.close()

    def release_writer(self) -> None:
        """Let the batch writer sleep as it will."""
        if self._writer is not None:
            self._writer.close()
