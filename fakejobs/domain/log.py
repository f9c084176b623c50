"""Log records: the names of their levels, and how one reads as a line of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakejobs.domain.clock import Millis, as_datetime

DEBUG, INFO, WARNING, ERROR, CRITICAL = 10, 20, 30, 40, 50
"""ERROR is the level from which on a record counts as an error."""
FIELDS = ("time", "level", "message")
"""The fields of a record, in their order."""
NAMES: Mapping[int, str] = {DEBUG: "DEBUG", INFO: "INFO", WARNING: "WARNING", ERROR: "ERROR", CRITICAL: "CRITICAL"}
LEVELS: Mapping[str, int] = {name: level for level, name in NAMES.items()}


def is_error(record: Mapping[str, Any]) -> bool:
    """Say whether a log record is an error."""
    return bool(record["level"] >= ERROR)


def line_of(record: Mapping[str, Any]) -> str:
    """Return a log record as text: UTC, the name of the level, the message with its own line breaks."""
    return f"{_written(record['time'])} {NAMES.get(record['level'], record['level'])} {record['message']}"


def _written(moment: int) -> str:
    """Return a time; one that no calendar has stays a number."""
    try:
        return as_datetime(Millis(moment)).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(moment)
