"""JSON and MessagePack as storage has them: fast where it can be, and able to take what clients really send.

msgspec does the work. What it refuses and Python's json lets through comes from clients all the same, so it is read, and
brought into a form that every reader understands: NaN and the infinities become null, half a surrogate pair becomes
U+FFFD, and a whole number beyond 64 bits is a float in MessagePack. What is written is one line, also for readers that
take Unicode's line separators for ends of lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from fakejobs.errors import BadBody, ValueTooLarge
from fakejobs.strictness import check_depth, read_strictly

MAX_VALUE = 1024 * 1024
"""Bytes of one JSON value that a client may write."""

_reader: Any = msgspec.json.Decoder()
_writer = msgspec.json.Encoder()
_packer = msgspec.msgpack.Encoder()

_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
_SEPARATORS = tuple((text.encode(), json.dumps(text)[1:-1].encode()) for text in "\u0085\u2028\u2029")
_SLICE = 1000
_MAYBE_ENDLESS = re.compile(rb"[0-9][eE][+]?[0-9]{3}|[0-9]{300}")
"""What a number has that may be read as an infinity."""
_SURROGATES = re.compile("[\ud800-\udfff]")


def dumps(value: Any) -> bytes:
    """Return a value as compact JSON, in one line."""
    return _one_line(_encoded(_writer.encode, value))


def dump_lines(values: Sequence[Any]) -> bytes:
    """Return values as lines of compact JSON, a newline after each."""
    return _one_line(_encoded(_writer.encode_lines, values))


def loads(data: bytes) -> Any:
    """Return the one JSON value of a body; raises BadBody if it is none, or nested too deeply, ValueTooLarge over the limit."""
    if len(data) > MAX_VALUE:
        raise ValueTooLarge(MAX_VALUE)
    try:
        value = _reader.decode(data)
    except _UNREADABLE:
        value = _read_slowly(data, "the body")
    check_depth(data, [value])
    return value


def load_lines(data: bytes, *, exactly: bool = False) -> list[Any]:
    """Return the JSON values of a body of lines; blank lines are passed over.

    exactly: NaN, the infinities, and numbers as large as these are no JSON, instead of null. Raises BadBody, naming the line, for
    what is no JSON or nested too deeply, and ValueTooLarge for a line over the limit.
    """
    if len(data) > MAX_VALUE and max(map(len, data.split(b"\n"))) > MAX_VALUE:
        raise ValueTooLarge(MAX_VALUE)
    try:
        if exactly and _MAYBE_ENDLESS.search(data):
            raise ValueError
        values: list[Any] = _reader.decode_lines(data)
    except _UNREADABLE:
        lines = enumerate(data.split(b"\n"), 1)
        values = [_read_slowly(line, f"line {number}", exactly=exactly) for number, line in lines if line.strip()]
    check_depth(data, values)
    return values


def load_flat(data: bytes, *, exactly: bool = False) -> list[Any]:
    """Return the JSON values of a body of lines, each of which is a value or an array of them; see load_lines()."""
    return [value for line in load_lines(data, exactly=exactly) for value in (line if isinstance(line, list) else [line])]


def load_rows(rows: Iterable[bytes]) -> list[Any]:
    """Return the values of rows that this module wrote."""
    values: list[Any] = _decoded(b"[" + b",".join(rows) + b"]")
    return values


def pack(value: Any) -> bytes:
    """Return a value as MessagePack."""
    try:
        return _packer.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return _packer.encode(_within_64_bits(_without_surrogates(value)))


def pack_all(values: Sequence[Any]) -> bytes:
    """Return values as MessagePack, one behind the other."""
    return pack(values)[_head_size(len(values)) :]


def packed_size(values: Sequence[Any]) -> int:
    """Return how many bytes values take as MessagePack, one behind the other."""
    return sum(len(pack_all(values[start : start + _SLICE])) for start in range(0, len(values), _SLICE))


def plain(value: Any) -> Any:
    """Return a value as it reads after it was written: what JSON cannot say has become what it says instead."""
    return _decoded(dumps(value))


def _decoded(data: bytes) -> Any:
    """Return the value of what this module wrote; msgspec does not read the very largest numbers that it writes."""
    try:
        return _reader.decode(data)
    except msgspec.MsgspecError:
        return json.loads(data)


def _encoded(encode: Any, value: Any) -> bytes:
    try:
        data: bytes = encode(value)
    except UnicodeEncodeError:
        data = encode(_without_surrogates(value))
    return data


def _one_line(data: bytes) -> bytes:
    if not data.isascii():
        for raw, escaped in _SEPARATORS:
            data = data.replace(raw, escaped)
    return bytes(memoryview(data))  # msgspec's own bytes hold on to the room in which they were written


def _read_slowly(data: bytes, where: str, *, exactly: bool = False) -> Any:
    try:
        value = read_strictly(data.decode()) if exactly else json.loads(data.decode())
        check_depth(data, [value])
        return plain(value)
    except UnicodeDecodeError:
        raise BadBody(f"Error parsing data, {where} is no UTF-8") from None
    except (ValueError, RecursionError):
        raise BadBody(f"Error parsing data, {where} is no JSON") from None


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(inner) for name, inner in value.items()}
    return [_without_surrogates(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _within_64_bits(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _within_64_bits(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_within_64_bits(inner) for inner in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value) if abs(value) < 2**1023 else str(value)
    return value


def _head_size(length: int) -> int:
    """Return how many bytes stand before the elements of a packed array."""
    return 1 if length < 16 else 3 if length < 65_536 else 5
