"""How records are answered: JSON lines, one JSON array, MessagePack, CSV, XML and, of logs, text, streamed piece by piece.

JSON is spliced from the rows as they are stored; only filters and the other formats decode them. Meta fields stand behind
an item's own fields, and before those of logs and requests. Samples, which are arrays, have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fakejobs import codec
from fakejobs.domain.log import line_of
from fakejobs.storage.records.csv_text import Table
from fakejobs.storage.records.reading import Piece
from fakejobs.storage.records.xml_text import xml_of
from fakejobs.storage.streams import raw_text
from fakejobs.web.formats import CHUNK, Format

META = ("_key", "_ts", "_project")

JSON_TYPE = "application/json; charset=UTF-8"
TEXT_MEDIA = "text/plain"
TEXT_TYPE = f"{TEXT_MEDIA}; charset=UTF-8"
WRITTEN = Format(TEXT_TYPE, lambda text: [text.encode()])
ONE_LINE = Format(JSON_TYPE, lambda payload: [codec.dumps(payload)])


@dataclass(frozen=True, slots=True)
class Look:
    """How records are wanted. meta: fields to add. data: whether their own fields are wanted. table: how CSV looks."""

    kind: str
    meta: Sequence[str] = ()
    data: bool = True
    table: Table = Table()

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
    """Make CSV of the fields that were asked for."""

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        body = (look.table.rows(look.values(piece, look.meta)) for piece in pieces)
        return _gathered(_around(look.table.head(), body, b""))

    return Format("text/csv; charset=UTF-8", encode)


def as_xml(look: Look) -> Format:
    """Make one XML document: an element for each record, which holds its value."""
    head, tail = b'<?xml version="1.0" encoding="UTF-8"?>\n<%b>\n' % look.kind.encode(), b"</%b>\n" % look.kind.encode()
    row = look.kind[:-1]

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        rows = (f"<{row}>{xml_of(value)}</{row}>\n" for piece in pieces for value in look.values(piece, look.meta))
        return _gathered(_around(head, (text.encode() for text in rows), tail))

    return Format("application/xml; charset=UTF-8", encode)


def as_text(look: Look) -> Format:
    """Make text: of logs time, level and message, whatever else was asked for; of other records their JSON lines."""
    if look.kind != "logs":
        return Format(TEXT_TYPE, as_lines(look).encode)

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        return _gathered(_between(b"\n", ("\n".join(map(line_of, codec.load_rows(piece.lines))).encode() for piece in pieces)))

    return Format(TEXT_TYPE, encode)


def as_values(look: Look, field: str) -> Format:
    """Make text of one field, a line for each record that has it: texts as they are, other values as JSON."""

    def encode(pieces: Iterable[Piece]) -> Iterator[bytes]:
        values = (value[field] for piece in pieces for value in look.values(piece, look.meta) if field in value)
        return _gathered(raw_text(value).encode() + b"\n" for value in values)

    return Format(TEXT_TYPE, encode)


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
    TEXT_MEDIA: "text",
    "*/*": "jl",
}
"""By the media type that the header Accept has for them."""

SUPPORTED = ("application/x-msgpack", "application/xml", "text/csv", "application/json", "application/x-jsonlines")
"""The media types that a refusal lists."""


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
