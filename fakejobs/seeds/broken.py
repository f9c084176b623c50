"""What is wrong with a file that is no JSON or TOML, or says a name twice: the place, and the text there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SHOWN = 60
"""Characters of a broken line that are shown."""

_SECRETS = re.compile(r"""((?:^|[\s{,"'])key["']?\s*[:=]\s*)["'][^"']*["']?|[0-9a-fA-F]{32}""")
"""What may be an API key: what the name `key` has, and what looks like one."""

_NO_COMMA = "JSON has no comma before a closing bracket"
_PLACE_IN_TOML = re.compile(r" \(at line ([0-9]+), column ([0-9]+)\)")
_CAUSES: tuple[tuple[str, str], ...] = (
    (r"'", "JSON has texts in double quotes"),
    (r"//|/\*|#", "JSON has no comments"),
    (r"True|False|None", "JSON writes true, false and null"),
    (r"[\]}]", _NO_COMMA),
)
"""What a text begins with where JSON breaks, and what is most likely wrong with it."""


def broken_json(error: json.JSONDecodeError) -> str:
    """Return where a text is no JSON, why, what stands there, and what is probably wrong; without what may be an API key."""
    if not error.doc.strip():
        return "the file is empty; a seed without steps is []"
    rest = error.doc[error.pos :].lstrip()
    comma = error.doc[: error.pos].rstrip().endswith(",")
    cause = next((why for begin, why in _CAUSES if re.match(begin, rest) and (comma or why != _NO_COMMA)), None)
    if error.msg.startswith("Illegal trailing comma"):  # as Python 3.13 says itself
        cause = _NO_COMMA
    if not rest:
        cause = "the file ends before its brackets are closed"
    shown = shown_at(error.doc, error.lineno, error.colno)
    return f"{error.msg}, line {error.lineno}, column {error.colno}{shown}{f': {cause}' if cause else ''}"


def broken_toml(error: ValueError, text: str) -> str:
    """Return what is wrong with a text that is no TOML, and what stands there; without what may be an API key."""
    found = _PLACE_IN_TOML.search(str(error))
    if found is None:
        return str(error)
    return f"{str(error)[: found.start()]}, line {found[1]}, column {found[2]}{shown_at(text, int(found[1]), int(found[2]))}"


def shown_at(text: str, number: int, column: int) -> str:
    """Return what stands in a line around a column; both count from 1. What may be an API key is starred out."""
    lines = text.split("\n")
    line = _SECRETS.sub(_starred, lines[number - 1] if number <= len(lines) else "")
    first = max(0, min(column - 1 - SHOWN // 2, len(line) - SHOWN))
    part = line[first : first + SHOWN].strip()
    return f", in {part}" if part else ""


def conversion_of(path: Path) -> str:
    """Return the command that makes a JSON file of a YAML file."""
    code = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout, default=str)"
    return f"python -c {shlex.quote(code)} < {shlex.quote(str(path))} > {shlex.quote(str(path.with_suffix('.json')))}"


class Twice(dict[str, Any]):
    """An object of JSON that has a name twice, of which Python would keep one value."""

    name = ""


def once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; one in which a name stands twice is a Twice, so that its place can be told."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    twice = Twice(found)
    twice.name = next(name for place, name in enumerate(names) if name in names[:place])
    return twice


def place_of_a_name_twice(data: Any) -> str | None:
    """Return the place of the first object that has a name twice, as what stands behind a file's name, and which; None if none has."""
    waiting = [("", data)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, Twice):
            return f"{place}: the name {value.name!r} stands twice in one object; keep one of them"
        if isinstance(value, dict):
            waiting += [(f"{place}.{name}", inner) for name, inner in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(f"{place}[{number}]", inner) for number, inner in reversed(list(enumerate(value)))]
    return None


def _starred(found: re.Match[str]) -> str:
    return "*" * len(found[0]) if found[1] is None else f"{found[1]}{'*' * (len(found[0]) - len(found[1]))}"
