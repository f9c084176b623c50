"""Records as a test writes them, read into the data that a client would write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fakejobs.arguments import json_object, listed, writable
from fakejobs.domain import log
from fakejobs.domain.clock import Millis, as_millis
from fakejobs.domain.records import KINDS, Rows
from fakejobs.errors import BadBody, UsageError
from fakejobs.nearest import did_you_mean, nearest
from fakejobs.quoting import quoted

LEVELS: Mapping[str, int] = {**log.LEVELS, "WARN": log.WARNING, "FATAL": log.LEVELS["CRITICAL"]}
"""The levels that a test may name; the last two are Python's other names of levels."""

_LONG = 60
"""Characters of a log that a message repeats."""
_SHORTEST = 3
"""Letters of a word that may be a misspelled level; shorter ones, as in "NO items", are just words."""


def plain_records(kind: str, values: object) -> list[Any]:
    """Return records of a kind, as a test writes them, as the data that a client would write.

    Items and requests are mappings. Samples are lists. A log record is a mapping with `message` and maybe `level` (its name or
    number) and `time` (an aware datetime or milliseconds), a pair of level and message, or a text, which may begin with a level:
    "ERROR oops". A text that does not is of level INFO; one that begins with a level in small letters, or misspelled in capitals,
    as "error oops" and "EROR oops", is refused. Raises UsageError, naming the record, for that and for anything else.
    """
    read = _READERS[kind_of(kind)]
    return [read(f"{kind}[{place}]", value) for place, value in enumerate(listed(kind, values))]


def _log_record(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, str):
        value = _levelled(name, value)
    if isinstance(value, (list, tuple)) and len(value) == 2:
        value = dict(zip(("level", "message"), value, strict=True))
    if not isinstance(value, Mapping) or "message" not in value:
        raise UsageError(f"{name}={quoted(value)} is no log record: give a text, a pair of level and message, or a mapping with message")
    record: dict[str, Any] = {"level": _level(name, value.get("level", log.INFO)), "message": _message(name, value["message"])}
    return record if value.get("time") is None else {"time": as_millis(f"{name}['time']", value["time"]), **record}


def _levelled(name: str, value: str) -> tuple[str | int, str]:
    """Return level and message of a text; INFO, if it does not begin with a level. A level that is misspelled is refused."""
    word, _, rest = value.partition(" ")
    if word in LEVELS:
        return (word, rest) if rest else (log.INFO, value)
    meant = (rest and word.upper() in LEVELS) or (word.isupper() and len(word) >= _SHORTEST)
    near = nearest(word, LEVELS) if meant else None
    if near is not None:
        texts = [json.dumps(text if len(text) < _LONG else f"{text[:_LONG]}...", ensure_ascii=False) for text in (f"{near} {rest}", value)]
        legal = f'give a level and a message, as in {texts[0]}, or a pair, as in ["INFO", {texts[1]}]'
        raise UsageError(f"{name}={quoted(value)} begins with {word!r}, which is no level (did you mean {near!r}?): {legal}")
    return log.INFO, value


def _message(name: str, value: object) -> str:
    try:
        return str(value)
    except ValueError:
        raise UsageError(f"{name}: message={quoted(value)} cannot be written as a text") from None


def _level(name: str, value: object) -> int:
    if isinstance(value, str) and value.upper() in LEVELS:
        return LEVELS[value.upper()]
    if isinstance(value, bool) or not isinstance(value, int):
        near = did_you_mean(value.upper(), LEVELS) if isinstance(value, str) else ""
        raise UsageError(f"{name}: level {quoted(value)} is none of {', '.join(LEVELS)}, and no number{near}")
    return writable(f"{name}: level", int(value))


def _mapping(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{name}={quoted(value)} is no mapping: give the fields and their values, as in {{'title': 'A'}}")
    return dict(json_object(name, value))


def _request(name: str, value: object) -> dict[str, Any]:
    request = _mapping(name, value)
    if not isinstance(request.get("url"), str):
        raise UsageError(f"{name}={quoted(value)} has no url")
    if type(request.get("time", 0)) not in (int, float):
        raise UsageError(f"{name}: time={quoted(request['time'])} is no number")
    return request


def _sample(name: str, value: object) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise UsageError(f"{name}={quoted(value)} is no list of numbers")
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
        raise UsageError(f"kind {quoted(kind)} is not one of {', '.join(KINDS)}")
    return kind


def encoded(kind: str, records: Sequence[Any], now: Millis) -> Rows:
    """Return plain records as rows; now: the time of those that have none. Raises UsageError for what cannot be kept."""
    from fakejobs.cloud.rows import encode  # it loads the codecs, which most tests do without

    try:
        return encode(kind, records, now)
    except BadBody as error:
        raise UsageError(str(error)) from None
