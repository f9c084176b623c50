"""The place of a mistake: a report ends at the line of the user's code, and not in the code of ours that found the mistake.

It is one rule for all that we raise on purpose, applied to tracebacks before pytest writes them, so that it holds for each of
pytest's forms. A defect of fakejobs is none of these, and shows all of its frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType, TracebackType

import pytest
from _pytest._code.code import ExceptionChainRepr, ReprFileLocation  # pytest has no other way to say where

from fakejobs.ending import errors_behind
from fakejobs.errors import Ended, FakeJobsError
from fakejobs.own_code import is_ours, is_own

MISTAKES = (FakeJobsError, Ended)
"""What is raised on purpose, wherever in fakejobs that is."""

_PASSED_THROUGH = ("contextlib",)
"""Modules whose frames are ours where nothing but ours comes after them."""
_PYTEST = ("_pytest", "pluggy")


def end_at_user(error: BaseException | None) -> None:
    """Cut the frames of fakejobs off the ends of the tracebacks of a mistake, of its causes, and of what it is a group of.

    Of a failed assertion those go that are hidden from pytest anyway. Where no frame of the user's is left, as in the set-up of the
    fixture, one of ours stays; see is_without_user().
    """
    for one in errors_behind(error, suppressed=False):
        if isinstance(one, (*MISTAKES, AssertionError)):
            _cut(one.__traceback__, only_hidden=isinstance(one, AssertionError))


def is_without_user(error: BaseException) -> bool:
    """Say whether a mistake met no code of the user's: one in the options, or one that was found at the end of a test."""
    entries = list(_entries(error.__traceback__))
    ends_with_us = bool(entries) and _is_ours(entries[-1].tb_frame)
    return isinstance(error, MISTAKES) and ends_with_us and not any(is_own(entry.tb_frame.f_code.co_filename) for entry in entries)


def place_at_test(report: pytest.TestReport, item: pytest.Item, text: str) -> None:
    """Name the test in the report of a mistake that met no code of the user's, where its line would stand otherwise.

    text: the mistake, with its class.
    """
    told, (_, line, _) = report.longrepr, item.location
    if isinstance(told, ExceptionChainRepr):
        told.reprcrash = ReprFileLocation(str(item.path), (line or 0) + 1, text)
        told.reprtraceback.extraline = f"{item.location[0]}:{(line or 0) + 1}: in {item.name}"


def _cut(trace: TracebackType | None, *, only_hidden: bool) -> None:
    entries = list(_entries(trace))
    kept = len(entries)
    while kept and _is_ours(entries[kept - 1].tb_frame) and (_is_hidden(entries[kept - 1].tb_frame) or not only_hidden):
        kept -= 1
    if kept and _room_of(entries[kept - 1].tb_frame) in _PYTEST:
        shown = (place for place in range(kept, len(entries)) if not _is_hidden(entries[place].tb_frame))
        kept = next(shown, len(entries) - 1) + 1
    if 0 < kept < len(entries) and any(_is_in_the_house(entry.tb_frame) for entry in entries[kept:]):
        entries[kept - 1].tb_next = None


def _entries(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _is_ours(frame: FrameType) -> bool:
    return _is_in_the_house(frame) or _room_of(frame) in _PASSED_THROUGH


def _is_in_the_house(frame: FrameType) -> bool:
    return is_ours(frame.f_code.co_filename)


def _room_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _is_hidden(frame: FrameType) -> bool:
    return bool(frame.f_locals.get("__tracebackhide__", frame.f_globals.get("__tracebackhide__", False)))
