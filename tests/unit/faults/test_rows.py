"""Where rows end in an answer's content, in each form that an answer has."""

from __future__ import annotations

import json
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest

from fakejobs import codec
from fakejobs.faults.rows import end_of_rows

LINES, ARRAY, PACKED, TABLE, XML = "application/x-jsonlines", "application/json", "application/x-msgpack", "text/csv", "application/xml"
VALUES: list[Any] = [
    *(None, True, False, 0, 127, -1, -32, 128, 255, 256, 65_535, 65_536, 2**32, 2**63, -33, -129, -32_769, -(2**31) - 1, 1.5),
    *("", "é", "x" * 31, "x" * 32, "日" * 100, "x" * 256, "x" * 70_000),
    *([], [1, [2, "\x81"]], list(range(16)), list(range(70_000)), {}, {"a": {"b": [None, {"c": "\xc1"}]}}),
    *({str(number): number for number in range(size)} for size in (15, 16, 70_000)),
]


@pytest.mark.parametrize(
    ("content", "content_type", "ends"),
    [
        pytest.param('{"a":1}\n{"a":"é"}\n', LINES, [0, 8, 19, 19], id="lines"),
        pytest.param('{"a":1}\n{"a":2}', LINES, [0, 8, 15, 15], id="lines with none at the end"),
        pytest.param('[{"a":["]"]},2, "é"]', ARRAY, [1, 12, 14, 20, 21], id="array"),
        pytest.param("[]", ARRAY, [1, 2], id="empty array"),
        pytest.param('{"n": "\\"jobs\\":[", "jobs": [{"jobs": [1, 2]}, 3], "z": [4]}', ARRAY, [29, 45, 48, 60], id="array in an object"),
        pytest.param('{"a": {"tags": "[x"}, "tags": ["b"]}', ARRAY, [31, 34, 36], id="array whose name stands in an object before"),
        pytest.param('{"é": [1, 2]}', ARRAY, [8, 9, 12, 14], id="array whose name is no ASCII"),
        pytest.param('{"jobs":[]}', ARRAY, [9, 11], id="empty array in an object"),
        pytest.param('{"a": 1}', ARRAY, [0, 8], id="object without an array"),
        pytest.param('"text"', ARRAY, [0, 6], id="no object"),
        pytest.param("no JSON", ARRAY, [0, 7], id="no JSON"),
        pytest.param('a,b\n1,"x\ny ""z"""\n2,z\n', TABLE, [0, 4, 18, 22, 22], id="table"),
        pytest.param('<?xml version="1.0"?>\n<logs>\n<log>1</log>\n<log>\n</log>\n</logs>\n', XML, [0, 42, 55, 63], id="XML"),
        pytest.param("one\ntwo", "text/plain; charset=utf-8", [0, 4, 7], id="text"),
        pytest.param("one\ntwo\n", "", [0, 4, 8], id="of no type"),
        pytest.param("", LINES, [0, 0], id="nothing"),
    ],
)
def test_where_so_many_rows_end(content: str, content_type: str, ends: list[int]) -> None:
    assert [end_of_rows(content.encode(), rows, content_type) for rows in range(len(ends))] == ends


def test_in_the_middle_of_messagepack() -> None:
    content, ends = b"", [0]
    for value in VALUES:
        content += codec.pack(value)
        ends.append(len(content))
    assert [end_of_rows(content, rows, PACKED) for rows in range(len(ends))] == ends
    assert end_of_rows(content, len(ends), PACKED) == len(content)
    unpacker = msgpack.Unpacker()
    unpacker.feed(content[: end_of_rows(content, 20, PACKED)])
    assert list(unpacker) == VALUES[:20]


def test_elements_that_stand_in_a_document_with_blanks() -> None:
    content = json.dumps({"status": "ok", "jobs": VALUES[:3]}, indent=1).encode()
    part = content[: end_of_rows(content, 2, ARRAY)]
    assert json.loads(part + b"]}") == {"status": "ok", "jobs": VALUES[:2]}
