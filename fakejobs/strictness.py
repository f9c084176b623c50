"""JSON as its standard has it, and not too deep: what every door asks of a JSON value that it takes in."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from fakejobs.errors import BadBody

DEEPEST = 100
"""How deep a written JSON value may be nested."""
MOST_DIGITS = 4300
"""Digits of a whole number, as many as Python reads and writes."""

_TOO_LARGE: int = 10**MOST_DIGITS

_CONTAINERS = (dict, list)


def read_strictly(text: str) -> Any:
    """Return the value that a text is in JSON as its standard has it; raises ValueError for NaN, Infinity and 1e999, too."""
    return json.loads(text, parse_constant=_no_number, parse_float=_finite)


def is_writable(number: int) -> bool:
    """Say whether a whole number has at most MOST_DIGITS digits: a larger one could be kept, but not written any more."""
    return -_TOO_LARGE < number < _TOO_LARGE


def check_depth(data: bytes, values: list[Any]) -> None:
    """Refuse values that are nested so deeply that they could be kept, but not copied or written any more."""
    level = [value for value in values if type(value) in _CONTAINERS]
    if data.count(b"[") + data.count(b"{") - len(level) < DEEPEST:  # not even if all that is open were one inside the other
        return
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in (outer.values() if type(outer) is dict else outer) if type(inner) in _CONTAINERS]
        if not level:
            return
    raise BadBody(f"Error parsing data, a value is nested more than {DEEPEST} levels deep")


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _finite(word: str) -> float:
    number = float(word)
    return number if isfinite(number) else _no_number(word)
