"""The fakes that serve() made: where in whose code, for the report of a failed test, and for those that nobody closed."""

from __future__ import annotations

import sys
import weakref
from itertools import count
from types import FrameType
from typing import Any, NamedTuple

from fakejobs.own_code import is_ours

_NUMBERS = count(1)


class Served(NamedTuple):
    """How a fake was made.

    number: 1 for the first of the process. place: file and line of the code that called serve(). case: the unittest.TestCase that did,
    which may be gone; None if none did.
    """

    number: int
    url: str
    place: str
    case: weakref.ref[Any] | None

    @property
    def is_left(self) -> bool:
        """Whether its TestCase is over; it is open, if it is, because nobody closed it."""
        case = None if self.case is None else self.case()
        return self.case is not None and (case is None or getattr(case, "_outcome", None) is None)


_SERVED: weakref.WeakKeyDictionary[Any, Served] = weakref.WeakKeyDictionary()


def take_note(fake: object, url: str) -> Served:
    """Keep how a fake was made, as long as the fake lives, and return it; the caller is called by code of somebody else's."""
    frame = _caller()
    place = "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
    case = None if frame is None else _case_of(frame)
    made = _SERVED[fake] = Served(next(_NUMBERS), url, place, None if case is None else weakref.ref(case))
    return made


def all_served() -> list[tuple[Any, Served]]:
    """Return the fakes that still live, in the order in which they were made."""
    return sorted(_SERVED.items(), key=lambda pair: pair[1].number)


def how_made(fake: object) -> Served | None:
    """Return how a fake was made, if serve() made it."""
    return _SERVED.get(fake)


def _caller() -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # inspect.stack() would read every source file
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _case_of(frame: FrameType) -> Any:
    """Return the unittest.TestCase whose method a frame is; None if it is none's."""
    unittest = sys.modules.get("unittest.case")
    this = frame.f_locals.get("self")
    return this if unittest is not None and isinstance(this, unittest.TestCase) else None
