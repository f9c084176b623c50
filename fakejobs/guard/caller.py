"""Whose code it was: the frames of the author's own code, from the innermost one out."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from fakejobs.own_code import frames_of_task, is_own, names_of


def own_frames(frame: FrameType | None) -> list[FrameType]:
    """Return the frames of own code that led to a frame, the innermost first.

    In a task that a library began (aiohttp looks names up in one of its own), the frames of the one task that waits come first.
    """
    frames = [found for found in _outward(frame) if is_own(found.f_code.co_filename)]
    return _waiting(frame) or frames


def in_which_thread() -> str:
    """Return the name of the present thread; nothing for the main one."""
    thread = threading.current_thread()
    return "" if thread is threading.main_thread() else thread.name


def own_modules() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and names of each loaded module of own code, without waking those that load themselves when touched."""
    for name, module in list(sys.modules.items()):
        names = names_of(module)
        if names is not None and is_own_module(names):
            yield name, names


def is_own_module(names: dict[str, Any]) -> bool:
    """Say whether the module with these names is own code."""
    file = names.get("__file__")
    return type(file) is str and is_own(file)


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _waiting(frame: FrameType | None) -> list[FrameType]:
    """Return the own frames of the only other task that has any, if the present task has none itself; else nothing."""
    asyncio = sys.modules.get("asyncio")
    loop = asyncio._get_running_loop() if asyncio is not None else None  # noqa: SLF001  # it raises nothing and wakes no loop
    task = asyncio.current_task() if asyncio is not None and loop is not None else None
    if asyncio is None or task is None or any(is_own(found.f_code.co_filename) for found in _of_task(task, frame)):
        return []
    others = [_own_frames_of(other) for other in asyncio.all_tasks(loop) if other is not task]
    found = [frames for frames in others if frames]
    return found[0] if len(found) == 1 else []


def _of_task(task: Any, frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames that the running task has on the stack."""
    first = getattr(task.get_coro(), "cr_frame", None)
    for found in _outward(frame):
        yield found
        if found is first:
            return


def _own_frames_of(task: Any) -> list[FrameType]:
    """Return the own frames in which a task waits, the innermost first."""
    return [frame for frame in frames_of_task(task) if is_own(frame.f_code.co_filename)][::-1]
