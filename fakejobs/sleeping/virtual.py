"""The sleep that is virtual: it moves a clock and returns at once."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import get_ident
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from fakejobs.errors import Ended, UsageError
from fakejobs.sleeping.arrivals import Arrivals
from fakejobs.sleeping.believed import KEEPERS, TIMES, let_keepers_keep, move_others, real_while_loading
from fakejobs.sleeping.callers import SLEEPERS, callers_of
from fakejobs.sleeping.patience import Patience
from fakejobs.sleeping.places import StandIns
from fakejobs.sleeping.process import Process
from fakejobs.sleeping.spans import LONGEST_S, as_time_sleep_reads, milliseconds
from fakejobs.sleeping.threads import SLEEP
from fakejobs.sleeping.vain import Vain

if TYPE_CHECKING:
    from fakejobs.sleeping.loops import LoopSleepers


class SleepClock(Protocol):
    """The clock that sleeps move."""

    def now_ms(self) -> int:
        """Return the present moment."""

    def advance_to_ms(self, moment: int) -> None:
        """Go forward to a moment and apply what is due by then; a moment in the past does nothing."""

    def next_due_ms(self) -> int | None:
        """Return when anything is due next, of jobs or of the calendar; None if nothing is."""


class VirtualSleep:
    """While entered, sleeps of the code under test move a clock; left, everything is as it was.

    clock: what they move. root, sleepers: whose sleeps, see Callers. limit: how long they may sleep in all, see Vain; then the
    sleep raises what `end` gives for a text that says what to do.
    under_way: returns what the fake is busy with and will come to an end; it holds the clock of a loop. changes: returns
    something that is equal as long as nothing happens. patch_time: whether time.time and its kin go
    on by what was slept, see `believed`. began_ms: where the clock stood when the fake began; default: where it stands. why:
    says why nothing happens to the job that was asked for last, and what to write; None if none was.

    One at a time in a process: entering a second one raises UsageError.
    """

    def __init__(
        self,
        clock: SleepClock,
        root: Path,
        sleepers: Sequence[str] = SLEEPERS,
        limit: timedelta | None = None,
        end: Callable[[str], BaseException] = Ended,
        *,
        under_way: Callable[[], Collection[Hashable]] = tuple,
        changes: Callable[[], object] = lambda: None,
        patch_time: bool = True,
        began_ms: int | None = None,
        why: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.elsewhere: str | None = None
        """Where code under test sleeps for real, if it does."""
        self._vain = Vain(limit, changes=changes, due=self._due_in, why=why, elsewhere=lambda: self.elsewhere, end=end)
        self.callers = callers_of(root, sleepers if isinstance(sleepers, str) else tuple(sleepers))
        self.thread = 0
        self.work: set[Any] = set()
        """Work that loops gave to threads and that has not come back."""
        self._clock = clock
        self._patches_time = patch_time
        self._began_ms = clock.now_ms() if began_ms is None else began_ms
        self._shift_ms = 0
        self._under_way = under_way
        self._loops: weakref.WeakKeyDictionary[Any, LoopSleepers] = weakref.WeakKeyDictionary()
        self._patience = Patience()
        self._taken: list[StandIns] = []
        self._arrivals = Arrivals({"asyncio": self._when_asyncio_comes, **dict.fromkeys(KEEPERS if patch_time else (), real_while_loading)})

    def __enter__(self) -> VirtualSleep:
        with Process.lock:
            if Process.active is not None:
                raise UsageError("sleep is virtual already in this process, and it can move the clock of one fake only")
            Process.active = self
        self.thread = get_ident()
        self._vain.start_over()
        self.elsewhere = None
        self._taken = []
        try:
            self._take(SLEEP)
            if "asyncio" in sys.modules:
                self._take_asyncio()
            if self._patches_time:
                let_keepers_keep()
                self._take(TIMES)
            self._arrivals.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if Process.active is not self:
            return
        Process.active = None
        self._arrivals.stop()
        self.work.clear()
        self._loops.clear()
        for taken in self._taken:
            taken.give_back(self.callers)

    def sweep(self) -> None:
        """Put the real ones back once more, if clean-ups of others that ran later than the exit brought ours back."""
        for taken in self._taken:
            taken.sweep()

    # ------------------------------------------------------------ sleeping

    def sleep(self, delay: Any, caller: FrameType) -> bool:
        """Sleep in virtual time; False if the real sleep is to deal with this delay."""
        span = milliseconds(delay, as_time_sleep_reads, LONGEST_S)
        if span is None:
            return False
        self._vain.check(lambda: self.callers.place(caller))
        self._patience.start_over()
        while self._patience.nap_for(set(self._under_way()), span / 1000):  # other threads may be asking
            pass
        self._advance(self._clock.now_ms() + span)
        return True

    async def sleep_in_loop(self, loop: Any, span: int, place: str) -> None:
        """Sleep in virtual time beside the other tasks of a loop. span: ms; place: file and line of the caller."""
        sleepers = self._loops.get(loop)
        if sleepers is None:
            from fakejobs.sleeping.loops import LoopSleepers

            sleepers = self._loops[loop] = LoopSleepers(self, loop)
        await sleepers.wait_until(self._clock.now_ms() + span, place)

    def shift_ms(self) -> int | None:
        """Return how far the clock has come, which never gets less; None if nobody is to see it."""
        if not self._patches_time:
            return None
        self._shift_ms = max(self._shift_ms, self._clock.now_ms() - self._began_ms)
        return self._shift_ms

    def clock_moved(self, by_ms: int) -> None:
        """Take note that the clock has moved, whoever moved it."""
        if self._patches_time and Process.active is self:
            TIMES.keep()
            move_others(by_ms)

    def now_ms(self) -> int:
        """Return where the clock stands."""
        return self._clock.now_ms()

    def move_to(self, moment: int, place: str) -> None:
        """Move the clock to the deadline of a sleeper; raises what `end` gives."""
        self._vain.check(lambda: place)
        self._advance(moment)

    def outside(self, loop: Any) -> set[Hashable]:
        """Return what is under way outside of a loop and will come to an end."""
        return {*self._under_way(), *(future for future in self.work if future.get_loop() is loop)}

    def _advance(self, moment: int) -> None:
        before = self._clock.now_ms()
        self._clock.advance_to_ms(moment)
        self._vain.slept(max(0, self._clock.now_ms() - before))

    def _due_in(self) -> int | None:
        due = self._clock.next_due_ms()
        return None if due is None else max(0, due - self._clock.now_ms())

    # ------------------------------------------------------------ taking the place of the real ones

    def _take(self, stand_ins: StandIns) -> None:
        if stand_ins not in self._taken:
            stand_ins.take(self.callers)
            self._taken.append(stand_ins)

    def _take_asyncio(self) -> None:
        from fakejobs.sleeping.loops import ASYNC_SLEEP

        self._take(ASYNC_SLEEP)

    @contextmanager
    def _when_asyncio_comes(self) -> Iterator[None]:
        yield
        if "asyncio.base_events" in sys.modules and Process.active is self:
            self._take_asyncio()
