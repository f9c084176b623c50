"""How a seed's mistakes name what stands in it."""

from __future__ import annotations

from collections.abc import Mapping

from fakejobs.quoting import quoted

LONGEST = 80
"""Characters of a step that a message repeats."""


def kind_of(value: object) -> str:
    """Return what kind of JSON value this is."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def no_list(name: str, value: object) -> str:
    """Return what is said of a seed that is no list, with how its steps are written."""
    steps = [{word: arguments} for word, arguments in value.items()] if isinstance(value, Mapping) else []
    is_step = all(isinstance(word, str) and isinstance(arguments, Mapping) for step in steps for word, arguments in step.items())
    words = ", ".join(f'{{"{word}": {{...}}}}' for word in value) if isinstance(value, Mapping) and steps and is_step else ""
    example = words if 0 < len(words) <= LONGEST else '{"add_job": {"spider": "books", "project": 123}}'
    return f"{name}: a seed is a list of steps, not {kind_of(value)}: write [{example}]"


def shown(value: object) -> str:
    """Return what stands where a step should: of an object only the names, of anything else the kind, as its values may be keys."""
    if not isinstance(value, Mapping):
        return kind_of(value)
    text = f"an object with {', '.join(map(quoted, value)) or 'nothing'}"
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
