"""Where the rows end in an answer's content: MessagePack values, elements of JSON or XML, lines of a table, or else lines.

A line that only leads in is a row, too: the status in front of a listing, the names of a table's fields.
"""

from __future__ import annotations

import json
import re

_OF_XML = re.compile(rb"</(?:item|log|request|sample)>\n")
_DECODER = json.JSONDecoder()
_GAPS = frozenset(" \n\r\t,:")
"""What stands between the names and values of JSON."""
_VALUES_OF = {0x80: 2, 0x90: 1}
"""How many values of MessagePack stand in one element of a map or an array, by the high half of their first byte."""
_SIZED = {0xD9: 1, 0xDA: 2, 0xDB: 4}
"""In how many bytes the size of a text stands."""
_COUNTED = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}
"""In how many bytes the number of elements stands, and how many values one has."""
_NUMBERS = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
"""The bytes of a number."""


def end_of_rows(content: bytes, rows: int, content_type: str) -> int:
    """Return where so many rows of a content end; where the content ends, if it has fewer."""
    if "msgpack" in content_type:
        return _end_of_packed(content, rows)
    if "xml" in content_type:
        return _end_of_elements(content, rows)
    if "csv" in content_type:
        return _end_in_table(content, rows)
    array = _start_of_array(content) if "json" in content_type and "lines" not in content_type else None
    return sum(map(len, content.splitlines(keepends=True)[:rows])) if array is None else _end_in_array(content, rows, array)


def _end_in_table(content: bytes, rows: int) -> int:
    """Return where so many rows of CSV end: a cell in quotes may have line ends of its own."""
    place = quotes = 0
    for line in content.splitlines(keepends=True):
        if rows == 0:
            break
        place += len(line)
        quotes += line.count(b'"')
        rows -= quotes % 2 == 0
    return place


def _end_of_elements(content: bytes, rows: int) -> int:
    ends = [0, *(row.end() for row in _OF_XML.finditer(content))]
    return ends[rows] if rows < len(ends) else len(content)


def _start_of_array(content: bytes) -> int | None:
    """Return where, in a JSON document, the elements begin of the array that it is, or of the first one in the object that it is."""
    text = content.decode()
    try:
        place = _behind_gap(text, 0)
        if text[place] == "{":
            place = _behind_name(text, place + 1)
            while text[place] != "[":
                place = _behind_name(text, _DECODER.raw_decode(text, place)[1])
    except (ValueError, IndexError):  # there is none, or no JSON
        return None
    return place + 1 if text[place] == "[" else None


def _behind_name(text: str, place: int) -> int:
    """Return where the value of the next name begins."""
    return _behind_gap(text, _DECODER.raw_decode(text, _behind_gap(text, place))[1])


def _behind_gap(text: str, place: int) -> int:
    """Return where the next name or value of JSON begins, or what contains them ends."""
    while text[place : place + 1] in _GAPS:
        place += 1
    return place


def _end_in_array(content: bytes, rows: int, start: int) -> int:
    text, place = content.decode(), start
    for _ in range(rows):
        place = _behind_gap(text, place)
        if text[place] == "]":
            return len(content)
        place = _DECODER.raw_decode(text, place)[1]
    return len(text[:place].encode())


def _end_of_packed(content: bytes, rows: int) -> int:
    """Return where so many values of MessagePack end that mean what JSON can mean."""
    place, awaited = 0, rows
    while awaited and place < len(content):
        first = content[place]
        place += 1
        awaited -= 1
        if first & 0xF0 in _VALUES_OF:
            awaited += (first & 0x0F) * _VALUES_OF[first & 0xF0]
        elif first & 0xE0 == 0xA0:
            place += first & 0x1F
        elif first in _SIZED:
            size = _SIZED[first]
            place += size + int.from_bytes(content[place : place + size], "big")
        elif first in _COUNTED:
            size, values = _COUNTED[first]
            awaited += int.from_bytes(content[place : place + size], "big") * values
            place += size
        else:
            place += _NUMBERS.get(first, 0)
    return place
