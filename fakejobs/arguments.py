"""Reading what the author of a test wrote: the verbs' arguments, checked and brought into one form.

Every function takes the argument's name, so that a mistake can be named, and raises UsageError for a value of the wrong
kind and InvalidValue for one outside Scrapy Cloud's range. What it returns shares nothing mutable with what it was given.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fakejobs.domain.clock import Millis, as_duration, as_millis
from fakejobs.domain.cron import EVERY, RANGES, Cron
from fakejobs.domain.job import DEFAULT_PRIORITY, DEFAULT_UNITS, NOTHING, PRIORITIES, UNITS
from fakejobs.domain.keys import LARGEST, JobKey
from fakejobs.domain.lifecycle import JobState
from fakejobs.errors import InvalidValue, UsageError
from fakejobs.nearest import did_you_mean, hint
from fakejobs.quoting import assigned, quoted
from fakejobs.strictness import DEEPEST, MOST_DIGITS, is_writable

TAGS = ("tags", "add", "remove", "has_tag", "lacks_tag")
"""The arguments that hold tags."""
SECRET = "key"
"""The text argument whose value is never shown."""

ENDED_AS = {"cancelled": "cancelled", "canceled": "cancelled", "stopped": "cancelled", "failed": "failed", "error": "failed"}
"""Words for states that are none: how a finished job ended, which its close reason says."""
OTHER_STATES = {
    **dict.fromkeys(("done", "completed", "complete", "success", "ended"), "finished"),
    **dict.fromkeys(("scheduled", "queued", "waiting"), "pending"),
    **dict.fromkeys(("started", "active"), "running"),
}
"""Other words for states."""

_DIGITS = re.compile(r"[0-9]{1,18}")
_KEY_IN_TEXT = re.compile(r"(?:^|/)([0-9]+/[0-9]+/[0-9]+)(?:/|$)")


def whole_number(name: str, value: object, least: int = 0) -> int:
    """Return a whole number that is at least `least`; a text of decimal digits counts as one."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name}={quoted(value)} is no whole number{_as_project(value) if name == 'project' else ''}")
    if not least <= value <= LARGEST:
        raise UsageError(f"{name}={quoted(value)} is not between {least} and {LARGEST}")
    return int(value)


def optional_number(name: str, value: object) -> int | None:
    """Return a whole number, or None if none was given."""
    return None if value is None else whole_number(name, value)


def optional_moment(name: str, value: datetime | int | str | None) -> Millis | None:
    """Return a moment in milliseconds since the epoch, or None if none was given."""
    return None if value is None else as_millis(name, value)


def span(name: str, value: object) -> int:
    """Return a span of time in milliseconds: a timedelta, or a mapping of its keywords."""
    if isinstance(value, timedelta):
        return as_duration(value, {}, name)
    if not isinstance(value, Mapping):
        raise UsageError(f'{name}={quoted(value)} is no span: give a timedelta, or its keywords, as in {{"days": 31}}')
    return as_duration(None, value, name)


def listed(name: str, values: object, of: str = "") -> list[Any]:
    """Return the members of a list, or of anything else that can be gone through but a text or a mapping. of: what it holds."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise UsageError(f"{name}={quoted(values)}: give a list{f' of {of}' if of else ''}{_as_list(name, values)}")
    return list(values)


def _as_list(name: str, value: object) -> str:
    """Return how to write as a list what came without one: the tags of a text with commas, or the one value."""
    if not isinstance(value, (str, Mapping)):
        return ""
    words = [word.strip() for word in value.split(",")] if isinstance(value, str) and name in TAGS else [value]
    return f", as in {assigned(name, words)}"


def is_number(value: object) -> bool:
    """Say whether this was meant as a number: one of Python's, or a text of decimal digits."""
    return _DIGITS.fullmatch(value) is not None if isinstance(value, str) else isinstance(value, (int, float))


def numbers_of(name: str, value: object) -> tuple[int, ...]:
    """Return whole numbers in their order."""
    return tuple(whole_number(name, number) for number in listed(name, value, "numbers"))


def flag(name: str, value: object) -> bool:
    """Return True or False; nothing else counts as one of them."""
    if not isinstance(value, bool):
        raise UsageError(f"{name}={quoted(value)} is neither true nor false")
    return value


def writable(name: str, number: int) -> int:
    """Return a whole number that JSON can say and Python can write."""
    if not is_writable(number):
        raise UsageError(f"{name} is a whole number of more than {MOST_DIGITS:,} digits")
    return number


def priority_of(value: object) -> int:
    """Return a priority, 0 to 4."""
    return _member("priority", value, PRIORITIES, f"{PRIORITIES[-1]} is the highest, {DEFAULT_PRIORITY} the default")


def units_of(value: object) -> int:
    """Return a number of units, 1 to 6."""
    return _member("units", value, UNITS, f"{DEFAULT_UNITS} is the default")


def text(name: str, value: object) -> str:
    """Return a text that is not empty and can be sent: no lone surrogates, no NUL."""
    if not isinstance(value, str):
        raise UsageError(f"{_shown(name, value)} is no text")
    if not value:
        raise UsageError(f"{name} is empty")
    return _sendable(name, value)


def optional_text(name: str, value: object) -> str | None:
    """Return a text that may be empty, or None if none was given."""
    return None if value in (None, "") else text(name, value)


def cron_of(fields: Mapping[str, object]) -> Cron:
    """Return when something fires, from fields by name, each a number, as a text too, or `*`; minute is 0 if left out, the others `*`."""
    unknown = next((name for name in fields if name not in RANGES), None)
    if unknown is not None:
        raise UsageError(f"cron has no field {quoted(unknown)} (known: {', '.join(RANGES)})")
    cron = Cron(**{name: _cron_field(name, value) for name, value in fields.items()})
    if not cron.can_fire:
        raise InvalidValue(f"month {cron.month} has no day {cron.dayofmonth}")
    return cron


def state_of(value: object) -> JobState:
    """Return the state of a name."""
    try:
        return JobState(value)
    except ValueError:
        raise InvalidValue(f"state {quoted(value)} is not one of {', '.join(JobState)}{_meant_state(value)}") from None


def _meant_state(value: object) -> str:
    word = value.lower() if isinstance(value, str) else ""
    if word in ENDED_AS:
        return f" (such a job is 'finished', and its close_reason says {ENDED_AS[word]!r})"
    return f" (did you mean {OTHER_STATES[word]!r}?)" if word in OTHER_STATES else did_you_mean(value, JobState)


def states_of(value: object) -> tuple[JobState, ...]:
    """Return the states that one name or several give; None: none."""
    if value is None:
        return ()
    names = [value] if isinstance(value, str) or not isinstance(value, Iterable) else value
    return tuple(state_of(name) for name in names)


def tags_of(name: str, value: object) -> tuple[str, ...]:
    """Return tags, each once and in their order."""
    return tuple(dict.fromkeys(text(name, tag) for tag in listed(name, value, "tags")))


def one_or_more_tags(name: str, value: object) -> tuple[str, ...]:
    """Return the tags that a filter names: one text or several; None: none."""
    if value is None:
        return ()
    return tags_of(name, [value] if isinstance(value, str) else value)


def argument_text(value: Any) -> Any:
    """Return a spider argument as clients send it: plain numbers and booleans become text, anything else stays.

    A member of an enumeration of texts is its text. A number that is too large to be written stays a number.
    """
    if isinstance(value, str):
        return _plain(value)
    if type(value) is int and not is_writable(value):
        return value
    return str(value) if type(value) in (int, float, bool) else value


def spider_args_of(value: object) -> Mapping[str, str]:
    """Return spider arguments as texts; None as a value leaves the argument out, as the official client does."""
    given = _mapping("spider_args", value)
    args = {_sendable("spider_args", name): argument_text(inner) for name, inner in given.items() if inner is not None}
    for name, inner in args.items():
        if not isinstance(inner, str):
            legal = "write the text that the spider reads, as in json.dumps(...) or ','.join(...)"
            raise UsageError(f"spider_args[{name!r}]={quoted(inner)}: spider arguments are texts: {legal}")
        _sendable(f"spider_args[{name!r}]", inner)
    return args or NOTHING


def json_object(name: str, value: object) -> Mapping[str, Any]:
    """Return a copy of a JSON object; raises UsageError for what JSON cannot say."""
    given = _mapping(name, value)
    return {_plain(key): _json_value(f"{name}[{key!r}]", inner) for key, inner in given.items()} or NOTHING


def job_key(value: object) -> JobKey:
    """Return the key that a job, a key or a text names."""
    spelled = getattr(value, "key", value)
    key = spelled if isinstance(spelled, JobKey) else JobKey.parse(spelled) if isinstance(spelled, str) else None
    if key is None:
        raise UsageError(f"{quoted(value)} names no job: give a job, its key, or a text such as '123/1/2'{_meant_key(value)}")
    return key


def endpoint_of(value: object, known: Collection[str]) -> str:
    """Return the name of an endpoint, which may be written as its path. known: the names that there are."""
    name = value if isinstance(value, str) else ""
    name = name.removeprefix("/").removeprefix("api/").removesuffix(".json").removesuffix(".jl")
    name = "run" if name == "schedule" else name
    if name not in known:
        raise UsageError(f"there is no endpoint {quoted(value)}{hint(name, sorted(known))}")
    return name


def _meant_key(value: object) -> str:
    """Return what was probably meant by what names no job."""
    if not isinstance(value, str):
        return ""
    found = _KEY_IN_TEXT.search(value)
    key = JobKey.parse("/".join(str(int(part[:18])) for part in found[1].split("/"))) if found is not None else None
    if key is not None:
        return f" (did you mean {quoted(key)}?)"
    parts = value.split("/")
    if len(parts) < 3 and all(_DIGITS.fullmatch(part) for part in parts):
        return f" (a key is project/spider/job; this has only {'one number' if len(parts) == 1 else 'two'})"
    return ""


def _cron_field(name: str, value: object) -> int | None:
    if value == EVERY:
        return None
    number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
    legal = RANGES[name]
    if isinstance(number, bool) or not isinstance(number, int) or number not in legal:
        raise InvalidValue(f"{name} {quoted(value)} is neither {EVERY} nor a number from {legal[0]} to {legal[-1]}")
    return int(number)


def _member(name: str, value: object, legal: range, about: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name}={quoted(value)} is no whole number: give one of {', '.join(map(str, legal))} ({about})")
    if value not in legal:
        raise InvalidValue(f"{name} {quoted(int(value))} is not one of {', '.join(map(str, legal))} ({about})")
    return int(value)


def _shown(name: str, value: object) -> str:
    """Return an argument as a mistake shows it; an API key is not shown."""
    return f"{name}=****" if name == SECRET else f"{name}={quoted(value)}"


def _sendable(name: str, value: str) -> str:
    if "\0" in value:
        raise UsageError(f"{_shown(name, value)} holds a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{_shown(name, value)} cannot be written as UTF-8") from None
    return _plain(value)


def _plain(value: str) -> str:
    """Return a text as a plain str, also of a member of an enumeration, whose str() may read otherwise."""
    return str.__str__(value)


def json_value(name: str, value: object) -> Any:
    """Return a copy of a JSON value; raises UsageError for what JSON cannot say."""
    return _json_value(name, value)


def _mapping(name: str, value: object) -> Mapping[str, object]:
    if value is None:
        return NOTHING
    if not isinstance(value, Mapping):
        raise UsageError(f"{name}={quoted(value)} is no mapping: give one, as in {assigned(name, _as_mapping(value))}")
    for key in value:
        if not isinstance(key, str):
            raise UsageError(f"{name}: the key {quoted(key)} is no text")
    return value


def _as_mapping(value: object) -> dict[str, str]:
    """Return the mapping that `name=value` in a text, or in a list of texts, is meant as; an example if there is none."""
    words = [value] if isinstance(value, str) else value if isinstance(value, (list, tuple)) else []
    pairs = [word.partition("=") for word in words if isinstance(word, str) and "=" in word]
    return {name: text for name, _, text in pairs} or {"name": "value"}


def _as_project(value: object) -> str:
    """Return how the number of a project is given, behind something else that came in its place."""
    key = getattr(value, "key", value)
    found = JobKey.parse(key) if isinstance(key, str) else None
    return f": give the project's number, as in {assigned('project', 123 if found is None else found.project_id)}"


def _json_value(name: str, value: object, depth: int = 1) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, int):
        return writable(name, int(value))
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise UsageError(f"{name}={quoted(value)} is no JSON number")
        return value
    if depth > DEEPEST:
        raise UsageError(f"{name.partition('[')[0]} is nested deeper than {DEEPEST} levels")
    if isinstance(value, Mapping):
        return {_plain(key): _json_value(f"{name}[{key!r}]", inner, depth + 1) for key, inner in _mapping(name, value).items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(f"{name}[{i}]", inner, depth + 1) for i, inner in enumerate(value)]
    raise UsageError(f"{name}={quoted(value)} is nothing that JSON can say")
