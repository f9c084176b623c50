"""Records as a test writes them, read into the data that a client would write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fakejobs.arguments import json_object, listed
from fakejobs.domain import log
from fakejobs.domain.clock import Millis, as_millis
from fakejobs.domain.records import KINDS, Rows
from fakejobs.errors import BadBody, UsageError

LEVELS: Mapping[str, int] = {**log.LEVELS, "WARN": log.WARNING}
"""The levels that a test may name."""


def plain_records(kind: str, values: object) -> list[Any]:
    """Return records of a kind, as a test writes them, as the data that a client would write.

    Items and requests are mappings. Samples are lists. A log record is a mapping with `message` and maybe `level` (its name or
    number) and `time` (an aware datetime or milliseconds), a pair of level and message, or a text, which may begin with a level:
    "ERROR oops". Raises UsageError, naming the record, for anything else.
    """
    read = _READERS[kind_of(kind)]
    return [read(f"{kind}[{place}]", value) for place, value in enumerate(listed(kind, values))]


def _log_record(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, str):
        word, _, rest = value.partition(" ")
        value = (word, rest) if word in LEVELS and rest else (log.INFO, value)
    if isinstance(value, (list, tuple)) and len(value) == 2:
        value = dict(zip(("level", "message"), value, strict=True))
    if not isinstance(value, Mapping) or "message" not in value:
        raise UsageError(f"{name}={value!r} is no log record: give a text, a pair of level and message, or a mapping with message")
    record: dict[str, Any] = {"level": _level(name, value.get("level", log.INFO)), "message": str(value["message"])}
    return record if value.get("time") is None else {"time": as_millis(f"{name}['time']", value["time"]), **record}


def _level(name: str, value: object) -> int:
    if isinstance(value, str) and value.upper() in LEVELS:
        return LEVELS[value.upper()]
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name}: level {value!r} is none of {', '.join(LEVELS)}, and no number")
    return int(value)


def _mapping(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{name}={value!r} is no mapping")
    return dict(json_object(name, value))


def _request(name: str, value: object) -> dict[str, Any]:
    request = _mapping(name, value)
    if not isinstance(request.get("url"), str):
        raise UsageError(f"{name}={value!r} has no url")
    return request


def _sample(name: str, value: object) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise UsageError(f"{name}={value!r} is no list of numbers")
    numbers: list[Any] = json_object(name, {"": list(value)})[""]
    return numbers


_READERS: Mapping[str, Callable[[str, object], Any]] = {
    "items": _mapping,
    "logs": _log_record,
    "requests": _request,
    "samples": _sample,
}


def kind_of(kind: str) -> str:
    """Return the name of a kind of records; raises UsageError for any other."""
    if kind not in KINDS:
        raise UsageError(f"kind {kind!r} is not one of {', '.join(KINDS)}")
    return kind


def encoded(kind: str, records: Sequence[Any], now: Millis) -> Rows:
    """Return plain records as rows; now: the time of those that have none. Raises UsageError for what cannot be kept."""
    from fakejobs.cloud.rows import encode  # it loads the codecs, which most tests do without

    try:
        return encode(kind, records, now)
    except BadBody as error:
        raise UsageError(str(error)) from None
