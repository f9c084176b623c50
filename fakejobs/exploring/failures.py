"""What failed in a run, in one line that is the same every time: no address, port, time or id stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pytest

from fakejobs.backstage import Backstage
from fakejobs.own_code import is_own

MOST = 100
"""Characters of what failed that are shown."""

_PASSING = (
    (re.compile(r"\b0x[0-9a-fA-F]{4,}"), "0x…"),
    (re.compile(r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b"), "…"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"), "…"),
    (
        re.compile(
            r"\b(?:[A-Z][a-z]{2},? )?(?:\d\d [A-Z][a-z]{2} \d{4}|[A-Z][a-z]{2} [ \d]\d) \d\d:\d\d:\d\d(?: \d{4}\b)?(?: GMT| [+-]\d{4})?"
        ),
        "…",
    ),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?"), "…"),
    (re.compile(r"\bdatetime\.datetime\(\d+(?:, \d+){2,6}"), "datetime.datetime(…"),
    (re.compile(r"\b\d{10,}(?:\.\d+)?"), "…"),
    (re.compile(r"\bpytest-of-[^/\\]+[/\\]pytest-\d+"), "…"),
    (re.compile(r"(\bport[= ]|\b(?:127\.0\.0\.1|localhost)(?::|['\"], ))\d+"), r"\1…"),
    (re.compile(r"\bfd=-?\d+"), "fd=…"),
    (re.compile(r"\b(Thread|Task)-\d+"), r"\1-…"),
)
"""What is another one in every run, and what stands in its place."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed first. place: file and line of the test's own code, the file as seen from the root of the run."""

    what: str
    place: str


def failure_of(error: BaseException, item: pytest.Item, when: str, stage: Backstage | None) -> Failure:
    """Return a failure. when: the phase, as pytest names it. stage: the fake whose address and keys are to be left out."""
    error = _first(error)
    text = next(iter(str(error).strip().splitlines()), "")
    if stage is not None:
        text = stage.cloud.keys.masks.text(text)
        if stage.is_listening:
            text = text.replace(stage.url, "http://fakejobs")
    text = lasting(text)
    phase = {"setup": " (set-up)", "teardown": " (tear-down)"}.get(when, "")
    what = f"{type(error).__name__}{text and f': {text}'}"
    return Failure(f"{what if len(what) <= MOST else what[: MOST - 1] + '…'}{phase}", _place(error, item))


def lasting(text: str) -> str:
    """Return a text on one line, without what is another one in every run."""
    for pattern, instead in _PASSING:
        text = pattern.sub(instead, text)
    return text if text.isprintable() else ascii(text)[1:-1]


def _first(error: BaseException) -> BaseException:
    """Return the first exception of a group, and any other one as it is."""
    while getattr(error, "exceptions", ()):
        error = error.exceptions[0]  # type: ignore[attr-defined]  # those of an ExceptionGroup
    return error


def _place(error: BaseException, item: pytest.Item) -> str:
    """Return where an exception came from in code of the user's: the innermost line, or else the test."""
    own = [(frame.f_code.co_filename, line) for frame, line in _frames(error) if is_own(frame.f_code.co_filename)]
    if not own:
        file, line, _ = item.location
        return f"{file}:{(line or 0) + 1}"
    file, line = own[-1]
    path, root = Path(file), item.config.rootpath
    return f"{path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name}:{line}"


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """Yield the frames that an exception came through, the outermost first, without those that are hidden from reports."""
    trace = error.__traceback__
    while trace is not None:
        if not trace.tb_frame.f_locals.get("__tracebackhide__", False):
            yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
