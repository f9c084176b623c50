"""How a message shows what somebody gave: every value can be shown, and none without end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MOST = 500
"""Characters of a value that are shown, unless it is said otherwise."""


_OF_JSON = (bool, dict, list, tuple, type(None))
_AS_JSON = ContextVar("_AS_JSON", default=False)


@contextmanager
def as_json() -> Iterator[None]:
    """Under this `with`, values are shown as JSON writes them, for somebody who wrote JSON; texts alone stay in Python's quotes."""
    token = _AS_JSON.set(True)
    try:
        yield
    finally:
        _AS_JSON.reset(token)


def quoted(value: object, most: int | None = MOST) -> str:
    """Return a value as Python writes it, cut to a length; of one that cannot be written, only the kind.

    Python refuses to write whole numbers of more than 4,300 digits, also inside lists and objects, and what is nested too deeply.
    most: at most so many characters; None: any number.
    """
    try:
        text = _in_json(value) if _AS_JSON.get() and isinstance(value, _OF_JSON) else repr(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__} that is too large to be shown>"
    return text if most is None or len(text) <= most else f"{text[: most - 3]}..."


def _in_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:
        return repr(value)


def assigned(name: str, value: object) -> str:
    """Return how an argument is given, in the notation of who wrote it: `name=value`, or `"name": value` of JSON."""
    return f'"{name}": {quoted(value)}' if _AS_JSON.get() else f"{name}={quoted(value)}"
