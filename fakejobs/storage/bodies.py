"""Bodies in JSON, read strictly: lines of objects, one value, one object; anything else is a BadBody that says what is wrong."""

from __future__ import annotations

import json
from typing import Any

from fakejobs.errors import BadBody
from fakejobs.strictness import check_depth, read_strictly


def json_lines(content: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects of a body, one a line; raises BadBody, naming the line, for anything else."""
    rows = [json_value(line, f"line {place}") for place, line in enumerate(_text(content).split("\n"), 1) if line.strip()]
    for place, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BadBody(f"line {place} is no JSON object: {json.dumps(row)[:80]}")
    return rows


def json_value(content: bytes | str, name: str = "the body") -> Any:
    """Return the JSON value that a body is; raises BadBody for anything else, and for one that is nested too deeply."""
    text = content if isinstance(content, str) else _text(content)
    try:
        value = read_strictly(text)
    except (ValueError, RecursionError) as error:
        raise BadBody(f"{name} is no JSON: {error}") from None
    check_depth(text.encode("utf-8", "replace"), [value])
    return value


def json_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is; an empty body is an empty one."""
    value = json_value(content) if content.strip() else {}
    if not isinstance(value, dict):
        raise BadBody(f"the body is no JSON object: {json.dumps(value)[:80]}")
    return value


def _text(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise BadBody(f"the body is no UTF-8: {error}") from None
    if "\0" in text:
        raise BadBody("the body holds a NUL character")
    return text
