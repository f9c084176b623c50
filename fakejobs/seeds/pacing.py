"""The step that puts rules and plans back, as a dump wrote them: every value is read before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fakejobs import arguments
from fakejobs.cloud import Cloud
from fakejobs.cloud.plans import script_of
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.pacing import FIELDS, SPANS, Due, Outcomes, Pacing, Plan, Rule, Script
from fakejobs.errors import UsageError
from fakejobs.quoting import quoted
from fakejobs.verbs.rules import LONGEST_MS, field_of

Object = Mapping[str, Any]

_RULE = ("values", "project", "spider", "spider_args")
_OF_PENDING = ("ready_at", "waits")
_OF_RUNNING = ("stop_at", "started", "end_at", "end_reason", "close_reason", "flowed")
_PLAN = ("job", "values", *_OF_PENDING, *_OF_RUNNING)
_NEED_START = ("end_at", "end_reason", "close_reason", "flowed")


def restore_pacing(
    cloud: Cloud, *, rules: Iterable[Object] = (), plans: Iterable[Object] = (), runs: Mapping[str, int] | None = None
) -> None:
    """Let the rules and the plans of jobs be these and no others; units stay.

    rules: mappings of values, and maybe project, spider and spider_args; spans are whole milliseconds. plans: mappings of job,
    an active one, and values; of a pending job maybe also ready_at and waits, of a running one stop_at, and, once its script is
    known, started, end_at, end_reason, close_reason and flowed. runs: how often each rule with outcomes has run, by its place.
    """
    known = [_rule_of(number, rule) for number, rule in enumerate(arguments.listed("rules", rules, "mappings"))]
    counts = {
        str(arguments.whole_number("runs", rule)): arguments.whole_number("runs", count)
        for rule, count in _fields("runs", {} if runs is None else runs).items()
    }
    pacing = Pacing()
    for rule in known:
        pacing.add_rule(rule)
    pacing.set_runs(counts)
    with cloud.lock:
        for plan in arguments.listed("plans", plans, "mappings"):
            _put_back(cloud, pacing, _fields("a plan", plan, ("job", "values"), _PLAN))
        pacing.units = dict(cloud.world.pacing.units)
        cloud.world.pacing = pacing


def _fields(name: str, given: object, needed: tuple[str, ...] = (), known: tuple[str, ...] = ()) -> Object:
    """Return a mapping that has the names needed, and, if some are said to be known, no others."""
    if not isinstance(given, Mapping):
        raise UsageError(f"{name}: {quoted(given)} is no mapping")
    for field in needed:
        if field not in given:
            raise UsageError(f"{name}: {quoted(given)} has no {field}")
    for field in given:
        if known and field not in known:
            raise UsageError(f"{name}: there is no field {quoted(field)} (known: {', '.join(known)})")
    return given


# ------------------------------------------------------------ rules


def _rule_of(place: int, rule: object) -> Rule:
    given = _fields("a rule", rule, ("values",), _RULE)
    args = given.get("spider_args")
    return Rule(
        number=place,
        project=arguments.optional_number("project", given.get("project")),
        spider=None if given.get("spider") is None else arguments.text("spider", given["spider"]),
        spider_args=None if args is None else arguments.spider_args_of(args),
        values=_values_of(given["values"]),
    )


def _values_of(values: object) -> dict[str, Any]:
    given = _fields("values", values, known=FIELDS)
    return {name: _value_of(name, value) for name, value in given.items()}


def _value_of(name: str, value: Any) -> Any:
    if name in SPANS:
        span = arguments.optional_number(name, value)
        if span is not None and span > LONGEST_MS:
            raise UsageError(f"{name}={span} is more than 300 years")
        return span
    if name == "close_reason" and isinstance(value, Mapping):
        given = _fields(name, value, ("rule", "reasons"), ("rule", "reasons"))
        reasons = tuple(arguments.text("reasons", reason) for reason in arguments.listed("reasons", given["reasons"]))
        if not reasons:
            raise UsageError("reasons is empty: give a close reason for each run")
        return Outcomes(arguments.whole_number("rule", given["rule"]), reasons)
    return field_of(name, value)


# ------------------------------------------------------------ plans


def _put_back(cloud: Cloud, pacing: Pacing, given: Object) -> None:
    key = arguments.job_key(given["job"])
    record = cloud.world.store.find(key)
    if record is None:
        raise UsageError(f"there is no job {key}")
    if key in pacing.plans:
        raise UsageError(f"job {key} has two plans")
    _check_state(record, given)
    waits = arguments.flag("waits", given.get("waits", False))
    plan = pacing.plans[key] = _plan_of(record, given)
    if plan.ready_at is not None:
        pacing.plan(plan.ready_at, Due.READY, key)
    if plan.end_at is not None:
        pacing.plan(plan.end_at, Due.END, key)
    if record.state is JobState.RUNNING and plan.script is None:
        pacing.plan(record.state_time, Due.SCRIPT, key)
    if waits:
        pacing.wait(record)


def _check_state(record: JobRecord, given: Object) -> None:
    """Refuse what the plan of a job in this state does not have."""
    if not record.is_active:
        raise UsageError(f"job {record.key} is {record.state}: only pending and running jobs have plans")
    for name in _OF_RUNNING if record.state is JobState.PENDING else _OF_PENDING:
        if given.get(name):
            raise UsageError(f"{name}={quoted(given[name])}: job {record.key} is {record.state}")
    for name in _NEED_START:
        if given.get(name) and given.get("started") is None:
            raise UsageError(f"{name}={quoted(given[name])}: the plan of job {record.key} does not say when it started")


def _plan_of(record: JobRecord, given: Object) -> Plan:
    values = _values_of(given["values"])
    started = arguments.optional_moment("started", given.get("started"))
    script = None if started is None else _script_of(record, values, started, given)
    return Plan(
        values=values,
        ready_at=arguments.optional_moment("ready_at", given.get("ready_at")),
        stop_at=arguments.optional_moment("stop_at", given.get("stop_at")),
        script=script,
        end_at=arguments.optional_moment("end_at", given.get("end_at")),
        end_reason=arguments.optional_text("end_reason", given.get("end_reason")),
        flowed={} if script is None else _flowed(record.key, script, given.get("flowed")),
    )


def _script_of(record: JobRecord, values: Object, started: Millis, given: Object) -> Script:
    reason = arguments.optional_text("close_reason", given.get("close_reason"))
    return replace(script_of(record, values, reason), start=started)


def _flowed(key: JobKey, script: Script, given: object) -> dict[str, int]:
    """Return how many rows of each kind have been written; at most as many as the script has."""
    flowed: dict[str, int] = {}
    for kind, count in _fields("flowed", {} if given is None else given, known=tuple(script.rows)).items():
        flowed[kind] = arguments.whole_number(f"flowed[{kind!r}]", count)
        if flowed[kind] > len(script.rows.get(kind, ())):
            raise UsageError(f"flowed: job {key} has not written {flowed[kind]} {kind}, as its script has fewer")
    return flowed
