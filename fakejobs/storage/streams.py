"""Rows as they leave: JSON lines or MessagePack, written while they are read, in chunks of some 64 KiB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fakejobs import codec
from fakejobs.web.formats import CHUNK, Format


def _gathered(encode: Callable[[Any], bytes]) -> Callable[[Iterable[Any]], Iterator[bytes]]:
    def chunks(rows: Iterable[Any]) -> Iterator[bytes]:
        gathered: list[bytes] = []
        size = 0
        for row in rows:
            gathered.append(encode(row))
            size += len(gathered[-1])
            if size >= CHUNK:
                yield b"".join(gathered)
                gathered, size = [], 0
        yield b"".join(gathered)

    return chunks


JSON_LINES = Format("application/x-jsonlines; charset=UTF-8", _gathered(lambda row: codec.dumps(row) + b"\n"))
"""A newline ends every line, the last one too."""
PARTED_LINES = Format("application/x-jsonlines; charset=UTF-8", lambda rows: [b"\n".join(map(codec.dumps, rows))])
"""A newline parts the lines; none ends the last one."""
JSON_ARRAY = Format("application/json; charset=UTF-8", lambda rows: [codec.dumps(list(rows))])
MSGPACK = Format("application/x-msgpack; charset=UTF-8", _gathered(codec.pack))
JSON = Format("application/json; charset=UTF-8", lambda value: [codec.dumps(value)])
TEXT = Format("text/plain; charset=UTF-8", lambda text: [text.encode()])
BARE = Format(None, lambda text: [text.encode()])
"""Without a content type."""


def raw_text(value: Any) -> str:
    """Return a value as clients read it raw: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else codec.dumps(value).decode()


def wants_msgpack(accept: str) -> bool:
    """Say whether an Accept header asks for MessagePack."""
    return "application/x-msgpack" in accept.lower()
