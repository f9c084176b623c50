"""How records are answered: JSON lines, one JSON array, MessagePack, CSV, XML and, of logs, text, streamed piece by piece.

JSON is spliced from the rows as they are stored; only filters and the other formats decode them. Meta fields stand behind
an item's own fields, and before those of logs and requests. Samples, which are arrays, have none.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from fakejobs import codec
from fakejobs.domain.log import line_of
from fakejobs.storage.records.reading import Piece
from fakejobs.web.formats import CHUNK, Format

META = ("_key", "_ts", "_project")

JSON_TYPE = "application/json; charset=UTF-8"
WRITTEN = Format("text/plain; charset=UTF-8", lambda text: [text.encode()])
ONE_LINE = Format(JSON_TYPE, lambda payload: [codec.dumps(payload)])

_NO_XML_NAME = re.compile(r"[^A-Za-z0-9_.-]|^[^A-Za-z_]|^[Xx][Mm][Ll]")
_NO_XML_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Look:
    """How records are wanted. meta: fields to add. data: whether their own fields are wanted. fields, header: of CSV."""

    kind: str
    meta: Sequence[str] = ()
    data: bool = True
    fields: Sequence[str] = ()
    header: bool = False

    def lines(self, piece: Piece) -> Sequence[bytes]:
        """Return rows as JSON objects with their meta fields."""
        if self.kind == "samples":
            return piece.lines if self.data else [b"[]"] * len(piece.lines)
        if not self.meta:
            return piece.lines if self.data else [b"{}"] * len(piece.lines)
        added = b",".join(self._json_meta(name, piece) for name in self.meta)
        values: Iterable[bytes] = [added % number for number in piece.numbers] if "_key" in self.meta else [added] * len(piece.lines)
        pairs = zip(piece.lines, values, strict=True)
        if not self.data:
            return [b"{%b}" % value for value in values]
        if self.kind == "items":
            return [b"%b,%b}" % (line[:-1], value) if len(line) > 2 else b"{%b}" % value for line, value in pairs]
        return [b"{%b,%b" % (value, line[1:]) for line, value in pairs]

    def values(self, piece: Piece, meta: Sequence[str]) -> list[Any]:
        """Return rows as plain Python with meta fields."""
        values: list[Any] = codec.load_rows(piece.lines)
        if self.kind == "samples":
            return values if self.data else [[] for _ in values]
        if not self.data:
            values = [{} for _ in values]
        if not meta:
            return values
        shown = values if self.kind == "items" else [{} for _ in values]
        for name in meta:
            for value, cell in zip(shown, self._column(name, piece), strict=True):
                value[name] = cell
        return shown if self.kind == "items" else [{**more, **value} for more, value in zip(shown, values, strict=True)]

    @staticmethod
    def _json_meta(name: str, piece: Piece) -> bytes:
        if name == "_key":
            return b'"_key":"' + piece.key.encode() + b'/%d"'
        return b'"%b":%d' % (name.encode(), piece.moment if name == "_ts" else piece.key.project_id)

    @staticmethod
    def _column(name: str, piece: Piece) -> Iterable[Any]:
        if name == "_key":
            job = str(piece.key)
            return [f"{job}/{number}" for number in piece.numbers]
        return [piece.moment if name == "_ts" else piece.key.project_id] * len(piece.lines)


def as_lines(look: Look) -> Format:
    """Make JSON lines; those of items have a newline at the end, the others have not."""

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        if look.kind == "items":
            return _gathered(b"\n".join(look.lines(piece)) + b"\n" for piece in pieces)
        return _gathered(_between(b"\n", (b"\n".join(look.lines(piece)) for piece in pieces)))

    return Format("application/x-jsonlines; charset=UTF-8", encode)


def as_array(look: Look) -> Format:
    """Make one JSON array, in one line."""

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        return _gathered(_around(b"[", _between(b",", (b",".join(look.lines(piece)) for piece in pieces)), b"]"))

    return Format(JSON_TYPE, encode)


def as_msgpack(look: Look) -> Format:
    """Make MessagePack values, one behind the other; logs have no meta fields there."""
    meta = () if look.kind == "logs" else look.meta

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        return _gathered(codec.pack_all(look.values(piece, meta)) for piece in pieces)

    return Format("application/x-msgpack; charset=UTF-8", encode)


def as_csv(look: Look) -> Format:
    """Make CSV of the fields that were asked for: texts as they are, other values as JSON, what is missing or null empty."""

    def table(rows: Iterable[Sequence[Any]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue().encode()

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        head = table([look.fields]) if look.header else b""
        body = (table([_cells(value, look.fields) for value in look.values(piece, look.meta)]) for piece in pieces)
        return _gathered(_around(head, body, b""))

    return Format("text/csv; charset=UTF-8", encode)


def as_xml(look: Look) -> Format:
    """Make one XML document: an element for each record, in it one for each field, arrays and objects nested."""
    head, tail = b'<?xml version="1.0" encoding="UTF-8"?>\n<%b>\n' % look.kind.encode(), b"</%b>\n" % look.kind.encode()

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        body = ("".join(f"{_element(look.kind[:-1], value)}\n" for value in look.values(piece, look.meta)).encode() for piece in pieces)
        return _gathered(_around(head, body, tail))

    return Format("application/xml; charset=UTF-8", encode)


def as_text(look: Look) -> Format:
    """Make text of logs: a line is time, level and message; none of its other looks counts."""

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        return _gathered(_between(b"\n", ("\n".join(map(line_of, codec.load_rows(piece.lines))).encode() for piece in pieces)))

    return Format("text/plain; charset=UTF-8", encode)


FORMATS: Mapping[str, Callable[[Look], Format]] = {
    "jl": as_lines,
    "json": as_array,
    "msgpack": as_msgpack,
    "csv": as_csv,
    "xml": as_xml,
    "text": as_text,
}
"""By the word that the parameter `format` has for them."""

MEDIA_TYPES: Mapping[str, str] = {
    "application/x-jsonlines": "jl",
    "application/json": "json",
    "application/x-msgpack": "msgpack",
    "text/csv": "csv",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/plain": "text",
    "*/*": "jl",
}
"""By the media type that the header Accept has for them."""


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
    if size:
        yield b"".join(held)


def _between(separator: bytes, parts: Iterable[bytes]) -> Iterator[bytes]:
    for place, part in enumerate(parts):
        yield separator + part if place else part


def _around(head: bytes, parts: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from parts
    yield tail


def _cells(value: Any, fields: Sequence[str]) -> list[str]:
    found = value if isinstance(value, dict) else dict(zip(map(str, range(len(value))), value, strict=True))
    return [_text(found.get(name)) for name in fields]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else codec.dumps(value).decode()


def _element(name: str, value: Any) -> str:
    tag, start = (name, name) if name and not _NO_XML_NAME.search(name) else ("field", f"field name={quoteattr(_clean(name))}")
    if isinstance(value, dict):
        inner = "".join(_element(field, inside) for field, inside in value.items())
    elif isinstance(value, list):
        inner = "".join(_element("value", inside) for inside in value)
    else:
        inner = escape(_clean(_text(value)))
    return f"<{start}>{inner}</{tag}>"


def _clean(text: str) -> str:
    return _NO_XML_TEXT.sub("\ufffd", text)
