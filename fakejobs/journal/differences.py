"""Where two values differ, field by field: what came, and what was wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from fakejobs.quoting import quoted

NOTHING = object()
"""Stands for what is not there on one side."""
LONG = 60
"""Characters from which on two texts are shown from where they part."""
BEFORE = 20
MOST = 5
"""Differences of one value that are told."""

Difference = tuple[str, Any, Any]
"""Where: `.price`, `.offers[1]`, or "" for the whole; what came; what was wanted."""


def differences(got: Any, wanted: Any, where: str = "") -> Iterator[Difference]:
    """Yield where two values differ, each with what is there, as deep as both are objects or lists."""
    if isinstance(got, Mapping) and isinstance(wanted, Mapping):
        for name in [*wanted, *(name for name in got if name not in wanted)]:
            have, want = got.get(name, NOTHING), wanted.get(name, NOTHING)
            if have is NOTHING or want is NOTHING or want != have:
                yield from differences(have, want, f"{where}{_step(name)}")
    elif isinstance(got, (list, tuple)) and isinstance(wanted, (list, tuple)):
        for place, (have, want) in enumerate(zip_longest(got, wanted, fillvalue=NOTHING)):
            if have is NOTHING or want is NOTHING or want != have:
                yield from differences(have, want, f"{where}[{place}]")
    else:
        yield where, got, wanted


def told(found: Sequence[Difference]) -> list[str]:
    """Return differences as texts, `.price: 1 != 2`, and how many more there are."""
    texts = [f"{where}{': ' if where else ''}{_against(got, wanted)}" for where, got, wanted in found[:MOST]]
    return texts + ([f"… and {len(found) - MOST} more"] if len(found) > MOST else [])


def _step(name: object) -> str:
    return f".{name}" if isinstance(name, str) and name.isidentifier() else f"[{quoted(name, 80)}]"


def _against(got: Any, wanted: Any) -> str:
    if isinstance(got, str) and isinstance(wanted, str) and min(len(got), len(wanted)) >= LONG:
        parted = (place for place, (one, other) in enumerate(zip(got, wanted, strict=False)) if one != other)
        same = next(parted, min(len(got), len(wanted)))
        first = max(0, same - BEFORE)
        return f"{_part(got, first)} != {_part(wanted, first)} (from character {same} on)"
    return f"{_shown(got)} != {_shown(wanted)}"


def _part(text: str, first: int) -> str:
    last = first + 2 * LONG
    return f"{'…' if first else ''}{quoted(text[first:last], None)}{'…' if last < len(text) else ''}"


def _shown(value: Any) -> str:
    if value is NOTHING:
        return "nothing"
    return quoted(dict(value) if isinstance(value, Mapping) else value)
