"""Locks that a forked child can take: what another thread held at the fork would never come free there.

Before a fork every lock that is known here is taken, so that the child finds nothing half done, and released after it, in the
parent and in the child. One that does not come free in time is made anew in the child. Who owns a lock is not kept alive.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable
from functools import cached_property
from itertools import count
from threading import RLock, local
from typing import Any, NamedTuple, Protocol, TypeVar

PATIENCE_S = 1.0
"""Seconds that a fork waits for a lock."""


class Lockable(Protocol):
    """A lock, or what is taken and released as one."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # as those of threading
        """Take it; say whether that was done in time."""

    def release(self) -> None:
        """Release it."""


L = TypeVar("L", bound=Lockable)


class _Place(NamedTuple):
    """Where a lock is kept, and what makes a fresh one."""

    owner: weakref.ref[Any]
    name: str
    make: Callable[[], Any]


class _OfThisFork(local):
    """The locks that the forking thread has tried to take, and whether it has got them."""

    def __init__(self) -> None:
        self.tried: list[tuple[_Place, Any, bool]] = []


_NUMBERS = count()
_PLACES: dict[int, _Place] = {}
_CLASSES: list[type] = []
_FORK = _OfThisFork()


def fresh_after_fork(owner: object, name: str, make: Callable[[], L]) -> L:
    """Return a new lock that is safe to fork; the owner keeps it as its attribute of this name.

    make: makes a lock. Where two are held at a time, the one that is taken first was made first.
    """
    number = next(_NUMBERS)
    _PLACES[number] = _Place(weakref.ref(owner, lambda _: _PLACES.pop(number, None)), name, make)
    return make()


def fresh_properties_after_fork(*classes: type) -> None:
    """Let the cached properties of classes have fresh locks in a forked child; Python 3.12 and later have none in them."""
    _CLASSES.extend(classes)


def _before() -> None:
    for place in list(_PLACES.values()):
        lock = getattr(place.owner(), place.name, None)
        if lock is not None:
            _FORK.tried.append((place, lock, lock.acquire(timeout=PATIENCE_S)))


def _in_parent() -> None:
    tried, _FORK.tried = _FORK.tried, []
    for _, lock, is_held in reversed(tried):
        if is_held:
            lock.release()


def _in_child() -> None:
    tried, _FORK.tried = _FORK.tried, []
    for place, lock, is_held in reversed(tried):
        if is_held:
            lock.release()
        else:
            setattr(place.owner(), place.name, place.make())
    if sys.version_info < (3, 12):
        for kept in (value for kind in _CLASSES for value in vars(kind).values() if isinstance(value, cached_property)):
            setattr(kept, "lock", RLock())  # noqa: B010  # it is in no stub


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
