"""How a payload becomes bytes: JSON with or without spaces, and lines of JSON.

The real service's families differ in spacing, content type and final newline, so an endpoint names its format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

CHUNK = 64 * 1024
"""Characters of streamed lines that are gathered before they leave."""

# Payloads are made from records, which hold no circles: looking for some would cost a tenth of a listing.
_spaced = json.JSONEncoder(check_circular=False).encode
_compact = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Format:
    """A content type, or None for an answer that has none, and how a payload is written in it.

    encode: payload to the chunks of the body; one chunk leaves with a Content-Length, an iterator is streamed.
    """

    content_type: str | None
    encode: Callable[[Any], Iterable[bytes]]


def _lines(rows: Iterable[Any]) -> Iterator[bytes]:
    gathered: list[str] = []
    size = 0
    for row in rows:
        line = _spaced(row)
        gathered.append(line)
        size += len(line)
        if size >= CHUNK:
            yield ("\n".join(gathered) + "\n").encode()
            gathered, size = [], 0
    if gathered:
        yield ("\n".join(gathered) + "\n").encode()


SPACED_JSON = Format("application/json", lambda payload: [_spaced(payload).encode()])
COMPACT_JSON = Format("application/json", lambda payload: [_compact(payload).encode()])
JSON_LINES = Format("application/x-jsonlines", _lines)
