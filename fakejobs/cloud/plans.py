"""Plans: what the rules mean for each job, made when it is born, starts, is asked to stop or ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakejobs.cloud.progress import Progress
from fakejobs.cloud.realm import Realm
from fakejobs.domain.clock import LATEST, Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobEvent, JobState
from fakejobs.domain.log import is_error
from fakejobs.domain.pacing import COUNTERS, ROWS, Due, Outcomes, Pacing, Plan, Rule, Script


class Plans:
    """The rules and plans of one cloud; whoever calls it holds the lock, unless it says otherwise."""

    def __init__(self, realm: Realm, progress: Progress) -> None:
        self._realm = realm
        self._progress = progress

    @property
    def _pacing(self) -> Pacing:
        return self._realm.world.pacing

    def add_rule(self, project: int | None, spider: str | None, spider_args: Mapping[str, str] | None, values: Mapping[str, Any]) -> None:
        """Put a rule behind those that are there; takes the lock.

        project, spider, spider_args: of which jobs; None: of all. values: fields by their names; a callable takes the started
        job's record and returns the field; a tuple as close_reason are the outcomes of the first run, the second, and so on.
        """
        with self._realm.lock:
            number = len(self._pacing.rules)
            reasons = values.get("close_reason")
            own = {**values, "close_reason": Outcomes(number, reasons)} if isinstance(reasons, tuple) else values
            self._pacing.add_rule(Rule(number=number, project=project, spider=spider, spider_args=spider_args, values=own))

    def happened(self, event: JobEvent | None, before: JobRecord | None, after: JobRecord, at: Millis) -> None:
        """Plan what follows from a step of a job's life; event None is its birth."""
        key = after.key
        if after.state is JobState.PENDING:
            self._plan_start(after)
        elif after.state is JobState.RUNNING:
            if event is not JobEvent.CANCEL:
                self._plan_script(after)
            if after.cancel_requested:
                self._plan_stop(key, at)
        elif before is not None and before.is_active:
            self._leave(after.key, at)

    def edited(self, before: JobRecord, after: JobRecord) -> None:
        """Take note that a job's metadata were changed: with its priority and units, its project's queue may move."""
        if after.key.project_id in self._pacing.units and (before.priority, before.units) != (after.priority, after.units):
            if self._pacing.waits(after.key):
                self._pacing.wait(after)
            self._pacing.plan(self._realm.now_ms(), Due.ADMIT, project=after.key.project_id)

    def conclude(self, record: JobRecord, at: Millis) -> None:
        """Let a running job that is about to end come to what it comes to, even if it has hardly started."""
        plan = self._pacing.plans.get(record.key)
        if plan is not None and plan.script is None and not self.has_callables(record.key):
            self.begin(record)
        self._progress.conclude(record, at)

    def begin(self, record: JobRecord) -> None:
        """Work out a started job's script, and when it is due to end."""
        plan = self._pacing.plans[record.key]
        reason = plan.values.get("close_reason")
        if isinstance(reason, Outcomes):
            reason = self._pacing.outcome(reason)
        self._keep_running(record.key, replace(plan, script=script_of(record, plan.values, reason)))

    def has_callables(self, key: JobKey) -> bool:
        """Say whether the plan of a job has fields that are still to be asked for."""
        return any(callable(value) for value in self._pacing.plans[key].values.values())

    # ------------------------------------------------------------ inside

    def _plan_start(self, record: JobRecord) -> None:
        values = self._pacing.merged(record)
        if values is None:
            return
        wait = values.get("pending", 0)
        ready_at = None if wait is None or record.state_time + wait > LATEST else Millis(record.state_time + wait)
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
        if plan is not None and plan.stop_at is None:
            self._keep_running(key, replace(plan, stop_at=at))

    def _keep_running(self, key: JobKey, plan: Plan) -> None:
        """Keep the plan of a running job; if its script is known, its end may now be due at another time."""
        known = plan if plan.script is None else plan.with_end()
        self._pacing.plans[key] = known
        if known.end_at is not None and known.end_at != plan.end_at:
            self._pacing.plan(known.end_at, Due.END, key)

    def _leave(self, key: JobKey, at: Millis) -> None:
        """Forget the plan of a job that is over, and let those that wait for its units start."""
        self._pacing.plans.pop(key, None)
        self._pacing.stop_waiting(key)
        if key.project_id in self._pacing.units:
            self._pacing.plan(at, Due.ADMIT, project=key.project_id)


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
