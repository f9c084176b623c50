"""The metadata of a job: the one flat object that storage shows, read from and written into a record.

Fields that the record knows by type keep their type; a value of another type is refused. Every other name goes into
`meta`, whatever its JSON value. What a job is (key, project, spider, state) is not changed through its metadata. Tags that are
a text instead of a list stay in `meta` as they are: they are shown, no filter sees a tag in them, and the next tags replace them.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakejobs.domain.clock import EARLIEST, LATEST
from fakejobs.domain.job import NOTHING, PRIORITIES, UNITS, JobRecord
from fakejobs.errors import InvalidValue
from fakejobs.quoting import quoted

FIXED = frozenset({"key", "_key", "auth", "project", "spider", "state"})
"""Names that a write passes over."""

SCRIPT = "py:"
"""What the name of a script begins with; other names are those of spiders."""

COUNTERS = ("items", "pages", "errors", "logs")
TIMES = ("pending_time", "running_time", "finished_time", "deleted_time")
SIGNATURES = ("scheduled_by", "started_by", "completed_by", "cancelled_by", "deleted_by")
_TEXTS = (*SIGNATURES, "close_reason", "version", "spider_type")
_OBJECTS = ("spider_args", "job_settings", "environment")
_ORDER = ("priority", "units", *TIMES, *_TEXTS, *_OBJECTS)


def metadata_of(record: JobRecord) -> dict[str, Any]:
    """Return the metadata of a job; a field that is not set is not there.

    `tags` are there, maybe empty, of a job that was scheduled over dash; of a pushed one only if it has some. `job_cmd` is
    there of every script, because clients read its words unasked, and of whatever has a command line.
    """
    shown: dict[str, Any] = {"project": record.key.project_id, "spider": record.spider, "state": record.state.value}
    for name in _ORDER:
        value = getattr(record, name)
        if value is not None and value != NOTHING:
            shown[name] = dict(value) if name in _OBJECTS else value
    if record.tags or record.spider_type is not None:
        shown["tags"] = list(record.tags)
    if record.cmd_args is not None or record.spider.startswith(SCRIPT):
        shown["job_cmd"] = [record.spider, *command_words(record.cmd_args or "")]
    shown.update(record.meta)
    return shown


def counters_of(record: JobRecord) -> dict[str, int]:
    """Return what a job has produced; 0 where nobody has said."""
    return {name: getattr(record, name) or 0 for name in COUNTERS}


def with_metadata(record: JobRecord, fields: Mapping[str, Any]) -> JobRecord:
    """Return the record with metadata merged in; raises InvalidValue for a known field of another type."""
    changes: dict[str, Any] = {}
    meta = dict(record.meta)
    for name, value in fields.items():
        if name in FIXED:
            continue
        if name == "tags" and is_text(value) and value:
            changes["tags"], meta["tags"] = (), value
        elif name == "tags" or name in _ORDER:
            changes[name] = _typed(name, value)
            meta.pop(name, None)
        else:
            meta[name] = value
    return replace(record, meta=meta or NOTHING, **changes)


def without_metadata(record: JobRecord, name: str) -> JobRecord:
    """Return the record without a field; one that is not there, or that every job has, is left as it is."""
    if name in record.meta:
        return replace(record, meta={key: value for key, value in record.meta.items() if key != name} or NOTHING)
    emptied: dict[str, Any] = {"tags": (), **dict.fromkeys(_OBJECTS, NOTHING), **dict.fromkeys(_TEXTS)}
    return replace(record, **{name: emptied[name]}) if name in emptied else record


def command_words(cmd_args: str) -> list[str]:
    """Return the words of a command line, as a shell splits them; one that no shell could split is one word."""
    try:
        return shlex.split(cmd_args)
    except ValueError:
        return [cmd_args]


def _typed(name: str, value: Any) -> Any:
    if name == "tags":
        if value is None:
            return ()
        if isinstance(value, list) and all(is_text(tag) and tag for tag in value):
            return tuple(dict.fromkeys(value))
    elif name in ("priority", "units"):
        if type(value) is int and value in (PRIORITIES if name == "priority" else UNITS):
            return value
    elif name in TIMES:
        if type(value) is int and EARLIEST <= value <= LATEST:
            return value
    elif name in _TEXTS:
        if value is None or is_text(value):
            return value or None
    elif value is None:
        return NOTHING
    elif isinstance(value, dict):
        return _arguments(value) if name == "spider_args" else value
    raise _invalid(name, value)


def _arguments(value: dict[str, Any]) -> dict[str, str]:
    """Return spider arguments, which are texts."""
    texts = {key: inner if isinstance(inner, str) else str(inner) for key, inner in value.items()}
    if not all(map(is_text, [*texts, *texts.values()])):
        raise _invalid("spider_args", value)
    return texts


def is_text(value: object) -> bool:
    """Say whether a value is a text that every client can read: without NUL and halves of surrogate pairs."""
    return isinstance(value, str) and "\0" not in value and value.encode("utf-8", "replace").decode() == value


def _invalid(name: str, value: object) -> InvalidValue:
    return InvalidValue(f"invalid value for {name}: {quoted(value)}")
