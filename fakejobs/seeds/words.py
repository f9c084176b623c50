"""How a seed's mistakes name what stands in it."""

from __future__ import annotations

from collections.abc import Mapping

from fakejobs.quoting import quoted


def kind_of(value: object) -> str:
    """Return what kind of JSON value this is."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def shown(value: object) -> str:
    """Return what stands where a step should: of an object only the names, of anything else the kind, as its values may be keys."""
    if not isinstance(value, Mapping):
        return kind_of(value)
    text = f"an object with {', '.join(map(quoted, value)) or 'nothing'}"
    return text if len(text) <= 80 else text[:77] + "..."
