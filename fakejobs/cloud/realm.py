"""What every noun needs, and nothing else: the world, its clock, its one lock, and what is due first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from fakejobs.cloud.lock import VerbLock
from fakejobs.cloud.world import World
from fakejobs.domain.clock import Clock, Millis, SystemClock
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.errors import JobNotFound


class Realm:
    """The world of one fake; who reads or writes it holds the lock.

    clock: where its time comes from. world: what it begins with.
    """

    def __init__(self, clock: Clock, world: World) -> None:
        self.world = world
        self.lock = VerbLock()
        self.is_moving = False
        """Whether what is due is applied because the clock was told to move."""
        self._clock = clock
        self._is_far: Callable[[int], bool] | None = None

    def settle_with(self, due: Callable[[], None], is_far: Callable[[int], bool]) -> None:
        """Say what applies that which is due: it is called, under the lock, before anything else is done.

        is_far: whether the clock moves so far, in milliseconds, that it may be refused on the way; then nothing of it has happened.
        """
        self.lock.settle, self._is_far = due, is_far

    def now_ms(self) -> Millis:
        """Return the present moment, in milliseconds since the epoch."""
        return self._clock.now_ms()

    def record(self, key: JobKey) -> JobRecord:
        """Return the record of a job; raises JobNotFound. The lock is held."""
        record = self.world.store.find(key)
        if record is None:
            raise JobNotFound(key, self.world.store.around(key))
        return record

    def move_to(self, moment: Millis) -> None:
        """Move the clock forward to a moment, if it is not there yet, and let happen what is due by then."""
        with self.lock:
            self._move(max(0, moment - self.now_ms()))

    def move_by(self, span: int) -> None:
        """Move the clock forward by so many milliseconds, and let happen what is due by then."""
        with self.lock:
            self._move(span)

    def real_s(self, span: int) -> float | None:
        """Return how many real seconds so many milliseconds take; None if the clock has to be moved."""
        return self._clock.real_s(span) if isinstance(self._clock, SystemClock) else None

    def _move(self, span: int) -> None:
        with self.all_or_nothing() if self._is_far is not None and self._is_far(span) else nullcontext():
            self.is_moving = True
            try:
                self._clock.advance(span)
                if self.lock.settle is not None:
                    self.lock.settle()
            finally:
                self.is_moving = False

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Under this `with` all succeeds or, if it is left by an exception, leaves no trace.

        The lock is held throughout, so nobody sees half of it; but for the callables of a test's that are due under it, which may
        ask the fake themselves: while they are called, others find what has been done so far, and what they write is part of it.
        """
        with self.lock:
            world, moment = self.world, self.now_ms()
            self.world = world.copy()
            try:
                yield
            except BaseException:
                self.world = world
                self._clock.set_back(moment)
                raise
