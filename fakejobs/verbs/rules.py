"""The fields of rules as a test says them, read into the form in which the cloud works with them.

There a span is whole milliseconds, records are plain data, outcomes are a tuple, and a callable reads what it is given back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import Any

from fakejobs.arguments import flag, is_number, listed, text, whole_number
from fakejobs.domain.job import JobRecord
from fakejobs.domain.pacing import ROWS, SPANS, Outcomes, Rule
from fakejobs.errors import UsageError
from fakejobs.quoting import quoted
from fakejobs.verbs.plain_records import plain_records

LONGEST_MS = 300 * 365 * 24 * 60 * 60 * 1000
"""Spans are shorter than 300 years, so that their ends are times that everybody can write."""


def fields_of(given: Mapping[str, Any], outcomes: object = None) -> dict[str, Any]:
    """Return the fields of a rule; one that is `...` was not given. Raises UsageError for a value that makes no sense."""
    values = {name: _field(name, value) for name, value in given.items() if value is not ...}
    return values if outcomes is None else {**values, "close_reason": _outcomes(outcomes, given)}


def field_of(name: str, value: Any) -> Any:
    """Return a field of a rule in its own form, where no callable may stand."""
    if value is None:
        return None
    if name in SPANS:
        return milliseconds(name, value)
    if name == "ignores_stop":
        return flag(name, value)
    if name in ROWS and not is_number(value):
        return plain_records(name, value)
    return text(name, value) if name == "close_reason" else whole_number(name, value)


def _field(name: str, value: Any) -> Any:
    if not callable(value):
        return field_of(name, value)
    if name in ("pending", "stopping"):
        raise UsageError(f"{name} is a span of time, not a callable")
    return _asking(name, value)


def _asking(name: str, ask: Callable[[JobRecord], Any]) -> Callable[[JobRecord], Any]:
    """Make the callable that asks a test's own one, and reads its answer."""

    @wraps(ask, assigned=(), updated=())
    def asked(record: JobRecord) -> Any:
        value = ask(record)
        if callable(value):
            raise UsageError(f"{name} is a callable that gives a callable")
        return field_of(name, value)

    return asked


def milliseconds(name: str, value: Any) -> int:
    """Return a span in whole milliseconds: seconds, or a timedelta; raises UsageError for anything else."""
    if isinstance(value, timedelta):
        span: float = value / timedelta(milliseconds=1)
    elif isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise UsageError(f"{name}={quoted(value)} is no span: give seconds, a timedelta, or None for ever")
    else:
        span = value * 1000
    if span < 0:
        raise UsageError(f"{name}={quoted(value)} is negative")
    if span > LONGEST_MS:
        raise UsageError(f"{name}={quoted(value)} is more than 300 years: give seconds, a timedelta, or None for ever")
    return round(span)


def _outcomes(outcomes: object, given: Mapping[str, Any]) -> tuple[str, ...]:
    if given.get("close_reason", ...) is not ...:
        raise UsageError("give close_reason or outcomes, not both")
    reasons = tuple(text("outcomes", reason) for reason in listed("outcomes", outcomes, "close reasons"))
    if not reasons:
        raise UsageError("outcomes is empty: give a close reason for each run")
    return reasons


MOST_WORDS = 60
"""Characters of a field's value, as a rule in words shows it."""


def rule_in_words(rule: Rule) -> str:
    """Return a rule as the verb that made it, `script('books', running=60)`; records are counted, callables named."""
    words = [] if rule.spider is None else [quoted(rule.spider, MOST_WORDS)]
    words += [] if rule.project is None else [f"project={rule.project}"]
    words += [f"spider_args={quoted(dict(rule.spider_args), MOST_WORDS)}"] if rule.spider_args else []
    words += [_field_in_words(name, value) for name, value in rule.values.items()]
    return f"{'pace' if rule.spider is None else 'script'}({', '.join(words)})"


def _field_in_words(name: str, value: Any) -> str:
    if isinstance(value, Outcomes):
        return f"outcomes={quoted([*value.reasons], MOST_WORDS)}"
    if callable(value):
        return f"{name}={getattr(getattr(value, '__wrapped__', value), '__name__', 'a callable')}"
    if name in SPANS and isinstance(value, int):
        return f"{name}={value / 1000:g}"
    if isinstance(value, (list, tuple)):
        return f"{name}=[{len(value)} record{'' if len(value) == 1 else 's'}]"
    return f"{name}={quoted(value, MOST_WORDS)}"
