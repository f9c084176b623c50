"""How a log record reads as a line of text."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs.domain.log import is_error, line_of


@pytest.mark.parametrize(
    ("record", "line"),
    [
        ({"time": 1447544427277, "level": 20, "message": "Log opened."}, "2015-11-14 23:40:27 INFO Log opened."),
        ({"time": 0, "level": 40, "message": "Traceback:\n  oops\n"}, "1970-01-01 00:00:00 ERROR Traceback:\n  oops\n"),
        ({"time": 0, "level": 35, "message": ""}, "1970-01-01 00:00:00 35 "),
        ({"time": 10**17, "level": 10, "message": "no calendar has it"}, f"{10**17} DEBUG no calendar has it"),
    ],
)
def test_a_record_as_text(record: dict[str, Any], line: str) -> None:
    assert line_of(record) == line


@pytest.mark.parametrize(("level", "wanted"), [(10, False), (30, False), (39, False), (40, True), (50, True)])
def test_what_counts_as_an_error(level: int, wanted: bool) -> None:
    assert is_error({"level": level}) is wanted
