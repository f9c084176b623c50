"""The one lock of a cloud. Whoever takes it from outside first applies what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from types import TracebackType


class VerbLock:
    """A lock that its holder may take again.

    settle: called with the lock held, each time a thread takes it that did not hold it: the head of a verb. Default: nothing is due.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._depth = 0
        self.settle: Callable[[], None] | None = None

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1
        if self._depth == 1 and self.settle is not None:
            try:
                self.settle()
            except BaseException:
                self._leave()
                raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._depth -= 1
        self._lock.release()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Under this `with` the lock is free for others; if it was taken more than once, it stays held."""
        if self._depth > 1:
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._lock.acquire()
            self._depth += 1

    def _leave(self) -> None:
        self._depth -= 1
        self._lock.release()
