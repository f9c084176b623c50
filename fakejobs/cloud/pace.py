"""What happens by itself: rules become plans, and what is due is applied, in due order, at the head of every verb.

There is no timer: a change that is due waits for the next verb, and carries the time at which it was due. What a running
job has written so far is worked out from its script when somebody looks. A rule's callables are called once a job, when
it has started, without the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from fakejobs import arguments
from fakejobs.cloud.records import is_error, plain_records
from fakejobs.cloud.rows import encode
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobEvent, JobState
from fakejobs.domain.pacing import (
    CANCEL_TIMEOUT,
    CANCEL_TIMEOUT_MS,
    COUNTERS,
    FIELDS,
    ROWS,
    SPANS,
    Due,
    DueChange,
    Outcomes,
    Pacing,
    Plan,
    Rule,
    Script,
)
from fakejobs.errors import UsageError

if TYPE_CHECKING:
    from fakejobs.cloud.jobs import JobVerbs


class PaceVerbs:
    """The rules, plans and due changes of one cloud."""

    def __init__(self, cloud: JobVerbs) -> None:
        self._cloud = cloud
        self._evaluating: set[JobKey] = set()

    @property
    def _pacing(self) -> Pacing:
        pacing: Pacing = self._cloud.world.pacing
        return pacing

    # ------------------------------------------------------------ rules

    def add_rule(
        self, project: object, spider: object, spider_args: object, given: Mapping[str, Any], outcomes: Iterable[str] | None = None
    ) -> None:
        """Make a rule of what a test said; a field that is `...` was not given.

        Raises UsageError for a value that makes no sense.
        """
        values = {name: _checked(name, value) for name, value in given.items() if value is not ...}
        number = None if project is None else arguments.whole_number("project", project)
        name = None if spider is None else arguments.text("spider", spider)
        args = None if spider_args is None else arguments.spider_args_of(spider_args)
        with self._cloud.lock:
            place = len(self._pacing.rules)
            if outcomes is not None:
                values["close_reason"] = _outcomes(place, outcomes, given)
            self._pacing.add_rule(Rule(number=place, project=number, spider=name, spider_args=args, values=values))

    def limit_units(self, project: int, units: int) -> None:
        """Say how many units the running jobs of a project may use."""
        with self._cloud.lock:
            self._pacing.units[project] = units
            self._pacing.plan(self._cloud.now_ms(), Due.ADMIT, project=project)

    def free_units(self, project: int) -> int | None:
        """Return how many units of a project are free, at least 0; None if it has no limit."""
        with self._cloud.lock:
            units = self._pacing.units.get(project)
            return None if units is None else max(0, units - self._used(project))

    def fits(self, record: JobRecord) -> bool:
        """Say whether a job finds the units that it needs free in its project."""
        free = self.free_units(record.key.project_id)
        return free is None or record.units <= free

    # ------------------------------------------------------------ what is due

    def settle(self) -> None:
        """Apply every change that is due by now, in due order; the lock is held."""
        while not self._pacing.is_idle:
            change = self._pacing.next_due()
            if change is None or change.at > self._cloud.now_ms() or change.key in self._evaluating:
                return
            if change.what is Due.SCRIPT and change.key is not None and self._has_callables(change.key):
                self._evaluate(change.key)
            else:
                self._pacing.drop_next()
                self._apply(change)

    def next_change(self, key: JobKey) -> Millis | None:
        """Return when the job's next change of state is due; None if nothing will happen to it by itself.

        Of a job that queues for units: when one of its project's running jobs ends.
        """
        with self._cloud.lock:
            plan = self._pacing.plans.get(key)
            if plan is None:
                return None
            if self._pacing.waits(key):
                ends = [p.end_at for k, p in self._pacing.plans.items() if k.project_id == key.project_id and p.end_at is not None]
                return min(ends, default=None)
            return plan.ready_at if plan.ready_at is not None else plan.end_at

    def next_due(self) -> Millis | None:
        """Return when anything is due next; None if nothing is."""
        with self._cloud.lock:
            change = self._pacing.next_due()
            return None if change is None else change.at

    def happened(self, event: JobEvent | None, before: JobRecord | None, after: JobRecord, at: Millis) -> None:
        """Plan what follows from a step of a job's life; event None is its birth."""
        key = after.key
        if after.state is JobState.PENDING:
            self._plan_start(after)
        elif after.state is JobState.RUNNING and event is JobEvent.CANCEL:
            self._plan_stop(key, at)
        elif after.state is JobState.RUNNING:
            self._plan_script(after)
        elif before is not None and before.is_active:
            self._leave(after.key, at)

    def reprioritised(self, record: JobRecord) -> None:
        """Give a job that queues for units its new place, after its priority changed."""
        if self._pacing.waits(record.key):
            self._pacing.wait(record)

    # ------------------------------------------------------------ what a running job has written

    def shown(self, record: JobRecord) -> JobRecord:
        """Return a record as it looks now; the lock is held."""
        return self._pacing.shown(record, self._cloud.now_ms()) if self._pacing.plans else record

    def flow(self, project: int, key: JobKey | None = None) -> None:
        """Write what running jobs have come to by now into their records, of one job or of a project; the lock is held."""
        for owner in [key] if key is not None else [k for k in self._pacing.plans if k.project_id == project]:
            plan = self._pacing.plans.get(owner)
            if plan is not None and plan.script is not None and plan.script.span is not None:
                self._flow(owner, plan, plan.script, self._cloud.now_ms())

    # ------------------------------------------------------------ for dumps

    def steps(self) -> list[dict[str, Any]]:
        """Return the arguments of the calls of restore_pacing() that make another fake's rules and plans equal to these.

        Raises UsageError if a rule holds a callable.
        """
        pacing = self._pacing
        if not (pacing.rules or pacing.plans):
            return []
        plans = [_plan_step(key, plan, waits=pacing.waits(key)) for key, plan in pacing.plans.items()]
        return [{"rules": [_rule_step(rule) for rule in pacing.rules], "plans": plans, "runs": pacing.runs()}]

    def restore(self, rules: Iterable[Mapping[str, Any]], plans: Iterable[Mapping[str, Any]], runs: Mapping[str, int]) -> None:
        """Let the rules and plans be these and no others; units stay. Raises UsageError for what steps() would not write."""
        pacing = Pacing()
        with self._cloud.lock:
            try:
                for number, rule in enumerate(rules):
                    pacing.add_rule(_rule_of(number, rule))
                for plan in plans:
                    self._put_back(pacing, plan)
                pacing.set_runs(runs)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise UsageError(f"restore_pacing: this is no dump of rules and plans: {error!r}") from None
            pacing.units = dict(self._pacing.units)
            self._cloud.world.pacing = pacing

    def _put_back(self, pacing: Pacing, step: Mapping[str, Any]) -> None:
        key = arguments.job_key(step["job"])
        record = self._cloud.world.store.find(key)
        if record is None:
            raise UsageError(f"restore_pacing: there is no job {key}")
        values = _values_of(step["values"])
        plan = Plan(values=values, ready_at=step.get("ready_at"), end_at=step.get("end_at"), end_reason=step.get("end_reason"))
        plan = replace(plan, flowed=dict(step.get("flowed", {})))
        if step.get("scripted"):
            plan = replace(plan, script=_script_of(record, values, step.get("close_reason")))
        pacing.plans[key] = plan
        if plan.ready_at is not None:
            pacing.plan(plan.ready_at, Due.READY, key)
        if plan.end_at is not None:
            pacing.plan(plan.end_at, Due.END, key)
        if record.state is JobState.RUNNING and plan.script is None:
            pacing.plan(record.state_time, Due.SCRIPT, key)
        if step.get("waits"):
            pacing.wait(record)

    # ------------------------------------------------------------ inside: from rule to plan

    def _plan_start(self, record: JobRecord) -> None:
        values = self._pacing.merged(record)
        if values is None:
            return
        wait = values.get("pending", 0)
        ready_at = None if wait is None else Millis(record.state_time + wait)
        self._pacing.plans[record.key] = Plan(values=values, ready_at=ready_at)
        if ready_at is not None:
            self._pacing.plan(ready_at, Due.READY, record.key)

    def _plan_script(self, record: JobRecord) -> None:
        plan = self._pacing.plans.get(record.key)
        values = plan.values if plan is not None else self._pacing.merged(record)
        self._pacing.stop_waiting(record.key)
        if values is not None:
            self._pacing.plans[record.key] = Plan(values=values)
            self._pacing.plan(record.state_time, Due.SCRIPT, record.key)

    def _plan_stop(self, key: JobKey, at: Millis) -> None:
        plan = self._pacing.plans.get(key)
        if plan is None:
            return
        ignores = bool(plan.values.get("ignores_stop"))
        wait = CANCEL_TIMEOUT_MS if ignores else max(1, plan.values.get("stopping") or 0)
        if plan.end_at is None or at + wait < plan.end_at:
            end_at = Millis(at + wait)
            self._pacing.plans[key] = replace(plan, end_at=end_at, end_reason=CANCEL_TIMEOUT if ignores else None)
            self._pacing.plan(end_at, Due.END, key)

    def _has_callables(self, key: JobKey) -> bool:
        return any(callable(value) for value in self._pacing.plans[key].values.values())

    def _evaluate(self, key: JobKey) -> None:
        """Call the callables of a plan on the job's snapshot, without the lock, and put their values in their place."""
        plan, snapshot = self._pacing.plans[key], self._cloud.record_of(key)
        self._evaluating.add(key)
        try:
            with self._cloud.lock.released():
                values = {name: _called(name, value, snapshot) for name, value in plan.values.items()}
        except BaseException:
            self._pacing.plans.pop(key, None)
            raise
        finally:
            self._evaluating.discard(key)
        if self._pacing.plans.get(key) is plan:
            self._pacing.plans[key] = replace(plan, values=values)

    # ------------------------------------------------------------ inside: applying

    def _apply(self, change: DueChange) -> None:
        if change.key is None:
            self._admit(change.project, change.at)
            return
        record = self._cloud.world.store.find(change.key)
        if record is None:
            return
        if change.what is Due.READY and record.state is JobState.PENDING:
            self._pacing.plans[change.key] = replace(self._pacing.plans[change.key], ready_at=None)
            if record.key.project_id in self._pacing.units:
                self._pacing.wait(record)
                self._admit(record.key.project_id, change.at)
            else:
                self._cloud.happen_at(change.key, JobEvent.START, change.at)
        elif change.what is Due.SCRIPT and record.state is JobState.RUNNING:
            self._begin(record)
        elif change.what is Due.END and record.state is JobState.RUNNING:
            self._cloud.happen_at(change.key, JobEvent.FINISH, change.at, self._pacing.plans[change.key].end_reason)

    def _admit(self, project: int, at: Millis) -> None:
        """Start the jobs that queue for units, in turn, while they fit; one that does not fit blocks those behind it."""
        while (key := self._pacing.next_waiting(project)) is not None:
            record, units = self._cloud.world.store.find(key), self._pacing.units.get(project)
            if record is None or (units is not None and self._used(project) + record.units > units):
                return
            self._cloud.happen_at(key, JobEvent.START, at)

    def _used(self, project: int) -> int:
        return sum(record.units for record in self._cloud.world.store.running(project))

    def _begin(self, record: JobRecord) -> None:
        """Work out a started job's script, and when it is due to end."""
        plan = self._pacing.plans[record.key]
        values = plan.values
        reason = values.get("close_reason")
        if isinstance(reason, Outcomes):
            reason = self._pacing.outcome(reason)
        script = _script_of(record, values, reason)
        plan = replace(plan, script=script)
        if script.span is not None:
            natural = Millis(script.start + script.span)
            if plan.end_at is None or natural <= plan.end_at:
                plan = replace(plan, end_at=natural, end_reason=reason)
                self._pacing.plan(natural, Due.END, record.key)
        self._pacing.plans[record.key] = plan

    def conclude(self, record: JobRecord, at: Millis) -> None:
        """Write what a running job that is about to end has come to; one without a span comes to all of it at its end."""
        plan = self._pacing.plans.get(record.key)
        if plan is None or plan.script is None:
            return
        script = plan.script
        if script.span is None:
            script = replace(script, span=at - script.start)
        self._flow(record.key, plan, script, at)
        moment = script.last_data(at)
        if script.amounts and moment is not None:
            written = self._cloud.world.store.find(record.key) or record
            changes: dict[str, Any] = {**script.counters(at), "updated_time": max(moment, written.updated_time or moment)}
            self._cloud.world.store.put(replace(written, **changes))

    def _leave(self, key: JobKey, at: Millis) -> None:
        """Forget the plan of a job that is over, and let those that wait for its units start."""
        self._pacing.plans.pop(key, None)
        self._pacing.stop_waiting(key)
        if key.project_id in self._pacing.units:
            self._pacing.plan(at, Due.ADMIT, project=key.project_id)

    def _flow(self, key: JobKey, plan: Plan, script: Script, now: Millis) -> None:
        """Write the rows that are visible by now and are not written yet, each at the moment at which it came."""
        flowed = dict(plan.flowed)
        for kind, rows in script.rows.items():
            done, visible = flowed.get(kind, 0), script.visible(len(rows), now)
            moments = ((script.moment(place, len(rows)), rows[place]) for place in range(done, visible))
            for moment, group in groupby(moments, key=itemgetter(0)):
                self._cloud.records.append(key, kind, encode(kind, [row for _, row in group], moment), at=moment)
            flowed[kind] = visible
        self._pacing.plans[key] = replace(plan, flowed=flowed)


def _script_of(record: JobRecord, values: Mapping[str, Any], close_reason: str | None) -> Script:
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


def _rule_step(rule: Rule) -> dict[str, Any]:
    for name, value in rule.values.items():
        if callable(value):
            raise UsageError(f"a rule for {rule.spider or 'all spiders'} has a callable as {name}, which cannot be written down")
    scope = {"project": rule.project, "spider": rule.spider, "spider_args": rule.spider_args}
    return {**{name: value for name, value in scope.items() if value is not None}, "values": _values_step(rule.values)}


def _rule_of(number: int, step: Mapping[str, Any]) -> Rule:
    args = None if step.get("spider_args") is None else arguments.spider_args_of(step["spider_args"])
    return Rule(number=number, project=step.get("project"), spider=step.get("spider"), spider_args=args, values=_values_of(step["values"]))


def _plan_step(key: JobKey, plan: Plan, *, waits: bool) -> dict[str, Any]:
    known = {
        "ready_at": plan.ready_at,
        "end_at": plan.end_at,
        "end_reason": plan.end_reason,
        "flowed": dict(plan.flowed) or None,
        "scripted": True if plan.script is not None else None,
        "close_reason": plan.script.close_reason if plan.script is not None else None,
        "waits": waits or None,
    }
    return {"job": str(key), "values": _values_step(plan.values), **{name: value for name, value in known.items() if value is not None}}


def _values_step(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a rule as JSON: spans in milliseconds, outcomes with the number under which their runs are counted."""
    return {name: _outcomes_step(value) if isinstance(value, Outcomes) else value for name, value in values.items()}


def _outcomes_step(outcomes: Outcomes) -> dict[str, Any]:
    return {"rule": outcomes.rule, "reasons": list(outcomes.reasons)}


def _values_of(step: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in step.items():
        if name not in FIELDS:
            raise UsageError(f"restore_pacing: there is no field {name!r} (known: {', '.join(FIELDS)})")
        if isinstance(value, Mapping):
            values[name] = Outcomes(value["rule"], tuple(value["reasons"]))
        elif name in SPANS or value is None:
            values[name] = arguments.optional_number(name, value)
        else:
            values[name] = _checked(name, value)
    return values


def _checked(name: str, value: Any) -> Any:
    """Return a field of a rule in its own form: spans in milliseconds, records as data; a callable stays, where one may be."""
    if name in ("pending", "stopping") and callable(value):
        raise UsageError(f"{name} is a span of time, not a callable")
    if callable(value):
        return value
    if name in SPANS:
        return None if value is None else _milliseconds(name, value)
    if value is None:
        return None
    if name == "ignores_stop":
        return bool(value)
    if name in ROWS and not isinstance(value, (int, str)):
        return plain_records(name, value)
    return arguments.text(name, value) if name == "close_reason" else arguments.whole_number(name, value)


def _milliseconds(name: str, value: Any) -> int:
    if isinstance(value, timedelta):
        span = value // timedelta(milliseconds=1)
    elif isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value > 1e12:
        raise UsageError(f"{name}={value!r} is no span: give seconds or a timedelta")
    else:
        span = round(value * 1000)
    if span < 0:
        raise UsageError(f"{name}={value!r} is negative")
    return span


def _called(name: str, value: Any, snapshot: JobRecord) -> Any:
    if not callable(value):
        return value
    try:
        return _checked(name, value(snapshot))
    except Exception as error:
        raise RuntimeError(f"the script of {snapshot.spider!r}: {name} of job {snapshot.key} failed: {error}") from error


def _outcomes(rule: int, outcomes: Iterable[str], given: Mapping[str, Any]) -> Outcomes:
    if given.get("close_reason", ...) is not ...:
        raise UsageError("give close_reason or outcomes, not both")
    if isinstance(outcomes, str) or not isinstance(outcomes, Iterable):
        raise UsageError(f"outcomes={outcomes!r}: give a list of close reasons")
    reasons = tuple(arguments.text("outcomes", reason) for reason in outcomes)
    if not reasons:
        raise UsageError("outcomes is empty: give a close reason for each run")
    return Outcomes(rule, reasons)
