"""The one lock of a cloud. Whoever takes it from outside first applies what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from fakejobs.forking import fresh_after_fork


class _Hold:
    """The lock itself, how often its holder has taken it, and which thread that is."""

    __slots__ = ("acquire", "depth", "holder", "release")

    def __init__(self) -> None:
        lock = threading.RLock()
        self.acquire, self.release = lock.acquire, lock.release
        self.depth = 0
        self.holder: int | None = None


class VerbLock:
    """A lock that its holder may take again. In a forked child it is free, unless the thread that forked holds it.

    settle: called with the lock held, each time a thread takes it that did not hold it: the head of a verb. Default: nothing is due.
    """

    def __init__(self) -> None:
        self._hold = fresh_after_fork(self, "_hold", _Hold)
        self.settle: Callable[[], None] | None = None

    def is_held(self) -> bool:
        """Say whether this thread holds the lock."""
        return self._hold.holder == threading.get_ident()

    def __enter__(self) -> None:
        hold = self._take()
        if hold.depth == 1 and self.settle is not None:
            try:
                self.settle()
            except BaseException:
                self._leave()
                raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Under this `with` the lock is free for others, however often its holder has taken it."""
        taken = self._hold.depth
        for _ in range(taken):
            self._leave()
        try:
            yield
        finally:
            for _ in range(taken):
                self._take()

    def _take(self) -> _Hold:
        hold = self._hold
        hold.acquire()
        hold.depth += 1
        hold.holder = threading.get_ident()
        return hold

    def _leave(self) -> None:
        hold = self._hold
        hold.depth -= 1
        if hold.depth == 0:
            hold.holder = None
        hold.release()
