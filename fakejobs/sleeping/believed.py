"""Time that sleepers believe: what stands in place of time.time and its kin, for the code whose sleeps are virtual.

It gives the machine's time and what was slept or advanced: it is never frozen and goes never back. Everybody
else has the machine's. Where freezegun or time-machine says what time it is, it does so here too, and each move of the fake's clock
moves their time as far: with it moves datetime.now(), which cannot be told who asks. (time.monotonic and time.perf_counter, which
time-machine leaves alone, move as ever.)

What stands in are bound methods: unlike functions, an attribute of a class does not take them for methods of its own. While a
library loads that keeps the real functions, by their addresses even, they are where they were.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import get_ident
from time import struct_time
from types import FrameType
from typing import Any

from fakejobs.sleeping.places import Place, StandIns
from fakejobs.sleeping.process import WRITER, Process

KEEPERS = ("_time_machine", "freezegun.api")
"""Modules that keep the real functions when they are loaded."""

_S, _NS = 0.001, 1_000_000
"""A millisecond, as the functions count."""

_PLACES = {
    name: Place(time, name)
    for name in (
        "time",
        "time_ns",
        "monotonic",
        "monotonic_ns",
        "perf_counter",
        "perf_counter_ns",
        "localtime",
        "gmtime",
        "ctime",
        "asctime",
        "strftime",
    )
}


class _Believed:
    """The functions that stand in."""

    def time(self) -> float:
        """As time.time."""
        return float(_wall("time", sys._getframe(1), _S))  # noqa: SLF001  # inspect.stack() would read every source file

    def time_ns(self) -> int:
        """As time.time_ns."""
        return int(_wall("time_ns", sys._getframe(1), _NS))  # noqa: SLF001

    def monotonic(self) -> float:
        """As time.monotonic."""
        return float(_steady("monotonic", sys._getframe(1), _S))  # noqa: SLF001

    def monotonic_ns(self) -> int:
        """As time.monotonic_ns."""
        return int(_steady("monotonic_ns", sys._getframe(1), _NS))  # noqa: SLF001

    def perf_counter(self) -> float:
        """As time.perf_counter."""
        return float(_steady("perf_counter", sys._getframe(1), _S))  # noqa: SLF001

    def perf_counter_ns(self) -> int:
        """As time.perf_counter_ns."""
        return int(_steady("perf_counter_ns", sys._getframe(1), _NS))  # noqa: SLF001

    def localtime(self, *seconds: Any) -> struct_time:
        """As time.localtime."""
        return _split("localtime", sys._getframe(1), seconds)  # noqa: SLF001

    def gmtime(self, *seconds: Any) -> struct_time:
        """As time.gmtime."""
        return _split("gmtime", sys._getframe(1), seconds)  # noqa: SLF001

    def ctime(self, *seconds: Any) -> str:
        """As time.ctime."""
        if seconds in ((), (None,)) and _shift_of(caller := sys._getframe(1)) is not None:  # noqa: SLF001
            seconds = (_wall("time", caller, _S),)
        return str(_PLACES["ctime"].real(*seconds))

    def asctime(self, *parts: Any) -> str:
        """As time.asctime."""
        if not parts and _shift_of(caller := sys._getframe(1)) is not None:  # noqa: SLF001
            parts = (_split("localtime", caller, ()),)
        return str(_PLACES["asctime"].real(*parts))

    def strftime(self, *given: Any) -> str:
        """As time.strftime."""
        if len(given) == 1 and _shift_of(caller := sys._getframe(1)) is not None:  # noqa: SLF001
            given = (*given, _split("localtime", caller, ()))
        return str(_PLACES["strftime"].real(*given))


_BELIEVED = _Believed()
TIMES = StandIns(*((place, getattr(_BELIEVED, name)) for name, place in _PLACES.items()))


# ------------------------------------------------------------ the time of a caller


def _shift_of(caller: FrameType) -> int | None:
    """Return by how many milliseconds a caller's time is ahead of the machine's; None: it has the machine's time."""
    active = Process.active
    if active is None or active.thread != get_ident() or not active.callers.include(caller):
        return None
    if caller.f_globals.get("__name__") == WRITER:
        return None  # it compares times of this thread with those of its own
    return active.shift_ms()


def _wall(name: str, caller: FrameType, millisecond: float) -> float:
    frozen, shift = _freezegun(), _shift_of(caller)
    if frozen is not None:
        return getattr(frozen, f"fake_{name}")()  # type: ignore[no-any-return]
    real = _PLACES[name].real()
    return real if shift is None or _travellers() else real + shift * millisecond  # type: ignore[no-any-return]


def _steady(name: str, caller: FrameType, millisecond: float) -> float:
    frozen, shift = _freezegun(), _shift_of(caller)
    if frozen is not None:
        return getattr(frozen, f"fake_{name}")()  # type: ignore[no-any-return]
    real = _PLACES[name].real()
    return real if shift is None else real + shift * millisecond  # type: ignore[no-any-return]


def _split(name: str, caller: FrameType, seconds: tuple[Any, ...]) -> struct_time:
    frozen, real = _freezegun(), _PLACES[name].real
    if seconds not in ((), (None,)):
        return real(*seconds)  # type: ignore[no-any-return]
    if frozen is not None:
        return getattr(frozen, f"fake_{name}")()  # type: ignore[no-any-return]
    return real() if _shift_of(caller) is None else real(_wall("time", caller, _S))  # type: ignore[no-any-return]


# ------------------------------------------------------------ others that say what time it is


def _freezegun() -> Any:
    """Return freezegun's module, if it says what time it is."""
    api = sys.modules.get("freezegun.api")
    return api if api is not None and getattr(api, "freeze_factories", None) else None


def _travellers() -> Any:
    """Return the travels of time-machine, the innermost last; nothing if there is none."""
    machine = sys.modules.get("time_machine")
    return getattr(machine, "traveller_stack", None) or getattr(machine, "coordinates_stack", None)


def move_others(by_ms: int) -> None:
    """Move the time of freezegun or time-machine, if one of them says what time it is."""
    frozen, travellers = _freezegun(), _travellers()
    if frozen is not None:
        frozen.freeze_factories[-1].time_to_freeze += timedelta(milliseconds=by_ms)  # tick() forgets what has ticked
    elif travellers:
        travellers[-1].shift(timedelta(milliseconds=by_ms))


@contextmanager
def real_while_loading() -> Iterator[None]:
    """Under this `with` the real functions are in their places, for a library that keeps them when it is loaded."""
    with TIMES.stepped_aside():
        yield
        let_keepers_keep()


def let_keepers_keep() -> None:
    """Let time-machine, if it is loaded, take hold of the real functions; its second version did so at its first travel only."""
    keep = getattr(sys.modules.get("_time_machine"), "patch_if_needed", None)
    if keep is not None:
        keep()
