"""JSON and MessagePack: what is read, what is refused, and what what cannot be said becomes."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import msgspec
import pytest

from fakejobs import codec
from fakejobs.errors import BadBody, ValueTooLarge
from fakejobs.strictness import DEEPEST

DEEP = DEEPEST


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"b": 1, "a": [None, True, 1.5, "x"]}, b'{"b":1,"a":[null,true,1.5,"x"]}', id="compact, keys in their order"),
        pytest.param("é", '"é"'.encode(), id="UTF-8"),
        pytest.param("a\u2028b\u2029c\u0085", b'"a\\u2028b\\u2029c\\u0085"', id="line separators are escaped"),
        pytest.param("a\nb\r\0", b'"a\\nb\\r\\u0000"', id="controls are escaped"),
        pytest.param(10**30, b"1" + b"0" * 30, id="a large number"),
        pytest.param([math.nan, math.inf, -math.inf], b"[null,null,null]", id="no numbers"),
        pytest.param({"a\ud800": "\udfff"}, '{"a\ufffd":"\ufffd"}'.encode(), id="half a surrogate pair"),
        pytest.param((1, 2), b"[1,2]", id="a tuple"),
    ],
)
def test_dumps_writes_one_line(value: Any, text: bytes) -> None:
    assert codec.dumps(value) == text
    assert codec.dump_lines([value, value]) == text + b"\n" + text + b"\n"
    assert len(text.decode().splitlines()) == 1


def test_encoded_bytes_take_no_more_room_than_they_need() -> None:
    assert sys.getsizeof(codec.dumps({"a": 1})) == sys.getsizeof(b"") + len(b'{"a":1}')
    assert codec.dump_lines([]) == b""


@pytest.mark.parametrize(
    ("body", "values"),
    [
        pytest.param(b'{"a": 1}\n{"b": 2}\n', [{"a": 1}, {"b": 2}], id="lines"),
        pytest.param(b'{"a": 1}\r\n\n  [2]', [{"a": 1}, [2]], id="blank lines and blanks"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b'{"a": NaN, "b": -Infinity}\n{"c": 1e400}', [{"a": None, "b": None}, {"c": None}], id="no numbers"),
        pytest.param(b'"\\ud800"\n"\\ud83d\\ude00"', ["\ufffd", "\U0001f600"], id="half a surrogate pair, and a whole one"),
        pytest.param(b"123456789012345678901234567890", [123456789012345678901234567890], id="a large number"),
        pytest.param(b"[" * DEEP + b"]" * DEEP + b"\n{}", ..., id="as deep as may be"),
        pytest.param(b'"%s"' % (b"[" * 1000), ["[" * 1000], id="brackets in a text"),
    ],
)
def test_load_lines_reads(body: bytes, values: Any) -> None:
    read = codec.load_lines(body)
    assert values is ... or read == values


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(b'{"a": 1}\n{"b": \n', "Error parsing data, line 2 is no JSON", id="cut off"),
        pytest.param(b"\nnothing", "Error parsing data, line 2 is no JSON", id="no JSON"),
        pytest.param(b'"\xff"', "Error parsing data, line 1 is no UTF-8", id="no UTF-8"),
        pytest.param(b"\xef\xbb\xbf{}", "Error parsing data, line 1 is no JSON", id="a byte order mark"),
        pytest.param(b'"a\0"', "Error parsing data, line 1 is no JSON", id="a NUL"),
        pytest.param(b"\x81\xa1a\x01", "Error parsing data, line 1 is no UTF-8", id="MessagePack"),
        pytest.param(b"1" * 10_000, "Error parsing data, line 1 is no JSON", id="a number of 10,000 digits"),
        pytest.param(b"1\n" * 500 + b"[" * (DEEP + 1) + b"]" * (DEEP + 1), "a value is nested more than 100 levels deep", id="too deep"),
        pytest.param(b'{"a":' * 300 + b"1" + b"}" * 300, "a value is nested more than 100 levels deep", id="objects, too deep"),
        pytest.param(b"[" * 100_000, "is no JSON", id="absurdly deep"),
        pytest.param(b"NaN" + b"\n" + b"[" * 200 + b"]" * 200, "a value is nested more than 100 levels deep", id="too deep, beside NaN"),
    ],
)
def test_load_lines_refuses(body: bytes, text: str) -> None:
    with pytest.raises(BadBody, match=text):
        codec.load_lines(body)


def test_a_line_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    line = json.dumps("x" * (codec.MAX_VALUE - 2)).encode()
    assert len(codec.load_lines(line + b"\n" + line)) == 2
    for refused in (line[:-1] + b'x"', b"{}\n " + line):
        with pytest.raises(ValueTooLarge, match="Serialized value too large - max 1048576 bytes"):
            codec.load_lines(refused)
    with pytest.raises(ValueTooLarge):
        codec.loads(line + b" ")


def test_loads_reads_one_value() -> None:
    assert codec.loads(b' {"a": [NaN]} ') == {"a": [None]}
    for body in (b"", b"{} {}", b"{", b'"\xff"', b"[" * 200 + b"]" * 200):
        with pytest.raises(BadBody, match="Error parsing data, "):
            codec.loads(body)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        pytest.param({"a": [1, -1, 1.5, None, True, "é"]}, ..., id="anything"),
        pytest.param([2**64 - 1, -(2**63)], ..., id="64 bits"),
        pytest.param({"a": [2**64, -(2**70)]}, {"a": [float(2**64), float(-(2**70))]}, id="beyond 64 bits"),
        pytest.param([10**400], [str(10**400)], id="beyond a float"),
        pytest.param({"\ud800": "a\udfff"}, {"\ufffd": "a\ufffd"}, id="half a surrogate pair"),
    ],
)
def test_pack_writes_what_a_client_reads(value: Any, read: Any) -> None:
    assert msgspec.msgpack.decode(codec.pack(value)) == (value if read is ... else read)


@pytest.mark.parametrize("length", [0, 1, 15, 16, 70_000])
def test_pack_all_writes_one_behind_the_other(length: int) -> None:
    values = [{"n": number} for number in range(length)]
    packed = b"".join(msgspec.msgpack.encode(value) for value in values)
    assert codec.pack_all(values) == packed
    assert codec.packed_size(values) == len(packed)


def test_rows_are_read_back() -> None:
    values = [{"a": "\u2028"}, [1], "x", None]
    assert codec.load_rows(codec.dump_lines(values).splitlines()) == values
    assert codec.load_rows([]) == []
    assert codec.plain({"a": math.nan}) == {"a": None}
