"""Rules and plans as a test says them and as a dump has them: into the form in which pace works with them, and back.

Inside, a span is whole milliseconds, records are plain data, and outcomes know the number under which runs are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fakejobs import arguments
from fakejobs.cloud.records import plain_records
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.log import is_error
from fakejobs.domain.pacing import COUNTERS, FIELDS, ROWS, SPANS, Outcomes, Plan, Rule, Script
from fakejobs.errors import UsageError

LONGEST_MS = 300 * 365 * 24 * 60 * 60 * 1000
"""Spans are shorter than 300 years, so that their ends are times that everybody can write."""

# ------------------------------------------------------------ as a test says them


def rule_of(
    place: int, project: object, spider: object, spider_args: object, given: Mapping[str, Any], outcomes: Iterable[str] | None
) -> Rule:
    """Return what a test said as a rule; a field that is `...` was not given.

    place: the rule's place among all. Raises UsageError for a value that makes no sense.
    """
    values = {name: _value_of(name, value) for name, value in given.items() if value is not ...}
    if outcomes is not None:
        values["close_reason"] = _outcomes_of(place, outcomes, given)
    return Rule(
        number=place,
        project=None if project is None else arguments.whole_number("project", project),
        spider=None if spider is None else arguments.text("spider", spider),
        spider_args=None if spider_args is None else arguments.spider_args_of(spider_args),
        values=values,
    )


def evaluated(values: Mapping[str, Any], snapshot: JobRecord) -> dict[str, Any]:
    """Call the callables among the fields of a job's plan, and return the fields with what they gave.

    Raises RuntimeError, naming the field, for whatever goes wrong there.
    """
    return {name: _called(name, value, snapshot) if callable(value) else value for name, value in values.items()}


def script_of(record: JobRecord, values: Mapping[str, Any], close_reason: str | None) -> Script:
    """Return what a started job will do, from the fields of its plan."""
    rows = {kind: tuple(values[kind]) for kind in ROWS if isinstance(values.get(kind), (list, tuple))}
    return Script(
        start=record.state_time,
        span=values.get("running"),
        close_reason=close_reason,
        amounts={name: values[name] for name in COUNTERS if isinstance(values.get(name), int)},
        rows=rows,
        error_logs=tuple(place for place, row in enumerate(rows.get("logs", ())) if is_error(row)),
    )


def _value_of(name: str, value: Any, *, again: bool = True) -> Any:
    """Return a field of a rule in its own form; a callable stays, where one may be. again: whether it will be called."""
    if callable(value) and (name in ("pending", "stopping") or not again):
        raise UsageError(f"{name} is {'a span of time, not a callable' if again else 'a callable that gives a callable'}")
    if callable(value) or value is None:
        return value
    if name in SPANS:
        return _milliseconds(name, value)
    if name == "ignores_stop":
        return arguments.flag(name, value)
    if name in ROWS and not isinstance(value, (int, str)):
        return plain_records(name, value)
    return arguments.text(name, value) if name == "close_reason" else arguments.whole_number(name, value)


def _milliseconds(name: str, value: Any) -> int:
    if isinstance(value, timedelta):
        span: float = value / timedelta(milliseconds=1)
    elif isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise UsageError(f"{name}={value!r} is no span: give seconds, a timedelta, or None for ever")
    else:
        span = value * 1000
    if span < 0:
        raise UsageError(f"{name}={value!r} is negative")
    if span > LONGEST_MS:
        raise UsageError(f"{name}={value!r} is more than 300 years: give seconds, a timedelta, or None for ever")
    return round(span)


def _called(name: str, value: Any, snapshot: JobRecord) -> Any:
    try:
        return _value_of(name, value(snapshot), again=False)
    except Exception as error:
        raise RuntimeError(f"the script of {snapshot.spider!r}: {name} of job {snapshot.key} failed: {error}") from error


def _outcomes_of(rule: int, outcomes: Iterable[str], given: Mapping[str, Any]) -> Outcomes:
    if given.get("close_reason", ...) is not ...:
        raise UsageError("give close_reason or outcomes, not both")
    if isinstance(outcomes, str) or not isinstance(outcomes, Iterable):
        raise UsageError(f"outcomes={outcomes!r}: give a list of close reasons")
    reasons = tuple(arguments.text("outcomes", reason) for reason in outcomes)
    if not reasons:
        raise UsageError("outcomes is empty: give a close reason for each run")
    return Outcomes(rule, reasons)


# ------------------------------------------------------------ as a dump has them


def rule_step(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON data; raises UsageError if it holds a callable."""
    for name, value in rule.values.items():
        if callable(value):
            raise UsageError(f"a rule for {rule.spider or 'all spiders'} has a callable as {name}, which cannot be written down")
    scope = {"project": rule.project, "spider": rule.spider, "spider_args": rule.spider_args}
    return {**{name: value for name, value in scope.items() if value is not None}, "values": _values_step(rule.values)}


def rule_of_step(place: int, step: Mapping[str, Any]) -> Rule:
    """Return the rule that a dump has as this step."""
    args = None if step.get("spider_args") is None else arguments.spider_args_of(step["spider_args"])
    values = _values_of_step(step["values"])
    return Rule(number=place, project=step.get("project"), spider=step.get("spider"), spider_args=args, values=values)


def plan_step(key: JobKey, plan: Plan, *, waits: bool) -> dict[str, Any]:
    """Return a job's plan as JSON data. waits: whether the job queues for units."""
    known = {
        "ready_at": plan.ready_at,
        "stop_at": plan.stop_at,
        "end_at": plan.end_at,
        "end_reason": plan.end_reason,
        "flowed": dict(plan.flowed) or None,
        "started": plan.script.start if plan.script is not None else None,
        "close_reason": plan.script.close_reason if plan.script is not None else None,
        "waits": waits or None,
    }
    return {"job": str(key), "values": _values_step(plan.values), **{name: value for name, value in known.items() if value is not None}}


def plan_of_step(record: JobRecord, step: Mapping[str, Any]) -> Plan:
    """Return the plan of a job that a dump has as this step."""
    values = _values_of_step(step["values"])
    script = None
    if step.get("started") is not None:
        script = replace(script_of(record, values, step.get("close_reason")), start=Millis(step["started"]))
    return Plan(
        values=values,
        ready_at=step.get("ready_at"),
        stop_at=step.get("stop_at"),
        script=script,
        end_at=step.get("end_at"),
        end_reason=step.get("end_reason"),
        flowed=dict(step.get("flowed", {})),
    )


def _values_step(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _outcomes_step(value) if isinstance(value, Outcomes) else value for name, value in values.items()}


def _outcomes_step(outcomes: Outcomes) -> dict[str, Any]:
    return {"rule": outcomes.rule, "reasons": list(outcomes.reasons)}


def _values_of_step(step: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in step.items():
        if name not in FIELDS:
            raise UsageError(f"restore_pacing: there is no field {name!r} (known: {', '.join(FIELDS)})")
        if isinstance(value, Mapping):
            values[name] = Outcomes(value["rule"], tuple(value["reasons"]))
        elif name in SPANS:
            values[name] = arguments.optional_number(name, value)
        else:
            values[name] = _value_of(name, value)
    return values
