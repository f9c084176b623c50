"""Rules about tags: each is a parameter of its own, and what is written into one value is one tag."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from fakejobs.lint.asked import Asked, Remark, Scene
from fakejobs.quoting import quoted

FILTERS = ("has_tag", "lacks_tag")
EDITS = ("add_tag", "remove_tag")

_TEXT = r"""(?:'[^']*'|"[^"]*")"""
_PYTHON_LIST = re.compile(rf"[\[(]\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*,?\s*[\])]")
_PYTHON_TEXT = re.compile(_TEXT)
MOST = 100
"""Characters of a value that a sentence shows."""


def in_one(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find filters such as `has_tag=a,b`, unless a job has that tag."""
    remarks = []
    for name in FILTERS:
        for value in asked.params.get(name, ()) if name in asked.known else ():
            if "," not in value or asked.project is None or listed(value) is not None or scene.has_tag(asked.project, value):
                continue
            sentence = f"{name}={quoted(value, MOST)} asks for one tag of that name, and no job of project {asked.project} has it"
            remarks.append(Remark(sentence, repeated(name, [part.strip() for part in value.split(",")])))
    return remarks


def as_list(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find values such as `add_tag=["a", "b"]`."""
    remarks = []
    for name in (*EDITS, *FILTERS):
        for value in asked.params.get(name, ()) if name in asked.known else ():
            words = listed(value)
            if words is not None:
                remarks.append(Remark(f"{name}={quoted(value, MOST)} is one tag of that name, no list of tags", repeated(name, words)))
    return remarks


def listed(value: str) -> list[str] | None:
    """Return the texts of a list that was written into one value, as JSON or as Python writes it; None if it is no such list."""
    if value[:1] not in ("[", "("):
        return None
    try:
        words = json.loads(value)
    except (ValueError, RecursionError):
        found = _PYTHON_LIST.fullmatch(value)
        return [word[1:-1] for word in _PYTHON_TEXT.findall(value)] if found else None
    return [str(word) for word in words] if isinstance(words, list) else None


def repeated(name: str, values: Sequence[str]) -> str:
    """Return how a parameter is sent that has several values."""
    shown = [f"{name}={value[:MOST]}" for value in values if value][:5]
    return f"{' '.join(shown)}, each as a parameter of its own" if len(shown) > 1 else shown[0] if shown else f"no {name} at all"
