"""What the family of the queue answers in: JSON with spaces, as lines without a final newline or as one value, and empty answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from fakejobs.web.formats import CHUNK, Format

_encode = json.JSONEncoder().encode


def _joined(rows: Iterable[Any]) -> Iterator[bytes]:
    """Write rows as lines without a final newline, in chunks."""
    gathered: list[str] = []
    size = 0
    for row in rows:
        if size >= CHUNK:
            yield ("\n".join(gathered) + "\n").encode()
            gathered, size = [], 0
        line = _encode(row)
        gathered.append(line)
        size += len(line)
    yield "\n".join(gathered).encode()


LINES = Format("application/x-jsonlines", _joined)
JSON = Format("application/json", lambda payload: [_encode(payload).encode()])
NO_JSON = Format("application/json", lambda _: [b""])
WRITTEN_METADATA = Format("text/html; charset=utf-8", lambda _: [b""])
WRITTEN_SETTINGS = Format("text/plain; charset=utf-8", lambda _: [b""])
