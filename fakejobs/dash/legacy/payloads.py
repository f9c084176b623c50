"""How the older readings are written: lines, arrays, tables and plain logs, streamed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fakejobs.dash.legacy.reading import Row
from fakejobs.dash.payloads import iso
from fakejobs.domain.clock import Millis
from fakejobs.web.formats import CHUNK, Format

_json = json.JSONEncoder().encode


def _gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Join parts into chunks that are worth sending."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _lines(rows: Iterable[bytes]) -> Iterator[bytes]:
    return _gathered(row + b"\n" for row in rows)


def _array(rows: Iterable[bytes]) -> Iterator[bytes]:
    def parts() -> Iterator[bytes]:
        separator = b"["
        for row in rows:
            yield separator + row
            separator = b","
        yield b"[]" if separator == b"[" else b"]"

    return _gathered(parts())


LINES = Format("application/x-jsonlines", _lines)
ARRAY = Format("application/json", _array)
TABLE = Format("text/csv; charset=utf-8", _gathered)
TEXT = Format("text/plain; charset=utf-8", _lines)


def item_line(row: Row, meta: Sequence[str]) -> bytes:
    """Return an item as a JSON object, its meta fields behind its own."""
    if not meta:
        return row.line
    added = _json(row.meta(meta)).encode()
    return added if row.line == b"{}" else row.line[:-1] + b"," + added[1:]


def table(rows: Callable[[], Iterator[Row]], fields: Sequence[str], meta: Sequence[str], *, headed: bool) -> Iterator[bytes]:
    """Yield items as lines of CSV; without given fields the rows are read twice.

    headed: whether the first line names the fields. Texts stand as they are, other values as JSON; what is missing, or null, is
    empty.
    """
    names = fields or [*dict.fromkeys(name for row in rows() for name in row.value()), *meta]
    if headed:
        yield _csv_line(names)
    for row in rows():
        value = {**row.value(), **row.meta(meta)}
        yield _csv_line([_cell(value.get(name)) for name in names])


def log_line(record: dict[str, Any]) -> bytes:
    """Return a log record as a JSON object."""
    return _json({"logLevel": record["level"], "message": record["message"], "time": _time(record["time"])}).encode()


def _time(moment: int) -> str:
    """Return a time as dash writes it; one that no calendar has stays a number."""
    try:
        return iso(Millis(moment))
    except (ValueError, OverflowError, OSError):
        return str(moment)


def _csv_line(cells: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else _json(value)
