"""A fault as a command line says it: an endpoint, if it is about one, and arguments as `name=value`."""

from __future__ import annotations

import json
import shlex
from typing import Any

from fakejobs.errors import UsageError


def arguments_in(text: str) -> dict[str, Any]:
    """Return the arguments of fail() that a text such as `run status=503 times=2` gives.

    A value is JSON, or one of Python's None, True and False, or else a text as it is; one with blanks stands in quotes. Raises UsageError.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{error}: quotes come in pairs") from None
    given: dict[str, Any] = {}
    for place, word in enumerate(words):
        name, sign, value = word.partition("=")
        if not sign and place == 0:
            given["endpoint"] = word
        elif not sign:
            raise UsageError(f"{word!r} is no name=value, as in 'run status=503 times=2'")
        elif name in given:
            raise UsageError(f"{name} is given twice")
        else:
            given[name] = _value(value)
    return given


_OF_PYTHON = {"None": None, "True": True, "False": False}


def _value(text: str) -> Any:
    if text in _OF_PYTHON:
        return _OF_PYTHON[text]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
