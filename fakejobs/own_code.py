"""Whose code it is: the author's own, or that of somebody else, which is installed, Python's, or ours; and reading modules and tasks."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_OURS = os.path.join(os.path.dirname(__file__), "")  # noqa: PTH118, PTH120  # compared with names of files, which are texts


@lru_cache(maxsize=4096)
def is_own(file: str) -> bool:
    """Say whether a file is the author's own: neither installed nor of the standard library nor ours."""
    return not file.startswith(("<", *_libraries())) and _INSTALLED.isdisjoint(Path(file).parts)


def is_ours(file: str) -> bool:
    """Say whether a file is one of fakejobs."""
    return file.startswith(_OURS)


def names_of(module: object) -> dict[str, Any] | None:
    """Return the names of a module, without waking one that loads itself when touched; None for what only says that it is one."""
    if not issubclass(type(module), ModuleType):
        return None  # as cffi's libraries, which have no names to bind
    names: dict[str, Any] = object.__getattribute__(module, "__dict__")
    return names


def frames_of_task(task: Any) -> Iterator[FrameType]:
    """Yield the frames in which a task of asyncio waits, the outermost first."""
    waiting = task.get_coro()
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
        if frame is not None:
            yield frame
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)


@cache
def _libraries() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")}
    return (_OURS, *(os.path.join(folder, "") for folder in folders))  # noqa: PTH118
