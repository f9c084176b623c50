"""What happens by itself: rules become plans, and what is due is applied, in due order, at the head of every verb.

There is no timer: a change that is due waits for the next verb, and carries the time at which it was due. A rule's
callables are called once a job, when it has started, without the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from threading import get_ident
from typing import TYPE_CHECKING, Any

from fakejobs import arguments
from fakejobs.cloud.rules import evaluated, plan_of_step, plan_step, rule_of, rule_of_step, rule_step, script_of
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobEvent, JobState
from fakejobs.domain.pacing import Due, DueChange, Outcomes, Pacing, Plan
from fakejobs.errors import UsageError

if TYPE_CHECKING:
    from fakejobs.cloud.jobs import JobVerbs


class PaceVerbs:
    """The rules, plans and due changes of one cloud."""

    def __init__(self, cloud: JobVerbs) -> None:
        self._cloud = cloud
        self._evaluating: dict[JobKey, int] = {}
        """The jobs whose callables are being called, and in which threads."""

    @property
    def _pacing(self) -> Pacing:
        pacing: Pacing = self._cloud.world.pacing
        return pacing

    # ------------------------------------------------------------ rules

    def add_rule(
        self, project: object, spider: object, spider_args: object, given: Mapping[str, Any], outcomes: Iterable[str] | None = None
    ) -> None:
        """Make a rule of what a test said; a field that is `...` was not given. Raises UsageError for a value that makes no sense."""
        with self._cloud.lock:
            self._pacing.add_rule(rule_of(len(self._pacing.rules), project, spider, spider_args, given, outcomes))

    def limit_units(self, project: int, units: int) -> None:
        """Say how many units the running jobs of a project may use."""
        with self._cloud.lock:
            self._pacing.units[project] = units
            self._pacing.plan(self._cloud.now_ms(), Due.ADMIT, project=project)

    def has_capacity(self, project: int, wanted: int = 1) -> bool:
        """Say whether so many units are free in a project; in one without a limit they always are."""
        with self._cloud.lock:
            units = self._pacing.units.get(project)
            return units is None or self._cloud.world.store.units_running(project) + wanted <= units

    def fits(self, record: JobRecord) -> bool:
        """Say whether a job finds the units that it needs free in its project."""
        return self.has_capacity(record.key.project_id, record.units)

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
                running = (self._pacing.plans.get(record.key) for record in self._cloud.world.store.running(key.project_id))
                return min((other.end_at for other in running if other is not None and other.end_at is not None), default=None)
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
            self._pacing.plan(self._cloud.now_ms(), Due.ADMIT, project=after.key.project_id)

    def conclude(self, record: JobRecord, at: Millis) -> None:
        """Let a running job that is about to end come to what it comes to, even if it has hardly started."""
        plan = self._pacing.plans.get(record.key)
        if plan is not None and plan.script is None and not self._has_callables(record.key):
            self._begin(record)
        self._cloud.progress.conclude(record, at)

    @property
    def is_evaluating(self) -> bool:
        """Whether a callable of a rule is being called in this thread."""
        return get_ident() in self._evaluating.values()

    # ------------------------------------------------------------ for dumps

    def steps(self) -> list[dict[str, Any]]:
        """Return the arguments of the calls of restore_pacing() that make another fake's rules and plans equal to these.

        The plans stand in the order in which something is due, as that decides between what is due at one moment; then those
        of which nothing is. Raises UsageError if a rule holds a callable.
        """
        pacing = self._pacing
        if not (pacing.rules or pacing.plans):
            return []
        in_turn = dict.fromkeys([*(change.key for change in pacing.all_due() if change.key is not None), *sorted(pacing.plans)])
        plans = [plan_step(key, pacing.plans[key], waits=pacing.waits(key)) for key in in_turn]
        return [{"rules": [rule_step(rule) for rule in pacing.rules], "plans": plans, "runs": pacing.runs()}]

    def restore(self, rules: Iterable[Mapping[str, Any]], plans: Iterable[Mapping[str, Any]], runs: Mapping[str, int]) -> None:
        """Let the rules and plans be these and no others; units stay. Raises UsageError for what steps() would not write."""
        pacing = Pacing()
        with self._cloud.lock:
            try:
                for number, rule in enumerate(rules):
                    pacing.add_rule(rule_of_step(number, rule))
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
        plan = plan_of_step(record, step)
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
        if plan is not None and plan.stop_at is None:
            self._keep_running(key, replace(plan, stop_at=at))

    def _keep_running(self, key: JobKey, plan: Plan) -> None:
        """Keep the plan of a running job; if its script is known, its end may now be due at another time."""
        known = plan if plan.script is None else plan.with_end()
        self._pacing.plans[key] = known
        if known.end_at is not None and known.end_at != plan.end_at:
            self._pacing.plan(known.end_at, Due.END, key)

    def _has_callables(self, key: JobKey) -> bool:
        return any(callable(value) for value in self._pacing.plans[key].values.values())

    def _evaluate(self, key: JobKey) -> None:
        """Call the callables of a plan on the job's snapshot, without the lock, and put their values in their place."""
        plan, snapshot = self._pacing.plans[key], self._cloud.record_of(key)
        self._evaluating[key] = get_ident()
        try:
            with self._cloud.lock.released():
                values = evaluated(plan.values, snapshot)
        except BaseException:
            self._pacing.plans.pop(key, None)
            raise
        finally:
            self._evaluating.pop(key, None)
        now_planned = self._pacing.plans.get(key)
        if now_planned is not None and now_planned.values is plan.values:
            self._pacing.plans[key] = replace(now_planned, values=values)

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
            record = self._cloud.world.store.find(key)
            if record is None or not self.fits(record):
                return
            self._cloud.happen_at(key, JobEvent.START, at)

    def _begin(self, record: JobRecord) -> None:
        """Work out a started job's script, and when it is due to end."""
        plan = self._pacing.plans[record.key]
        values = plan.values
        reason = values.get("close_reason")
        if isinstance(reason, Outcomes):
            reason = self._pacing.outcome(reason)
        self._keep_running(record.key, replace(plan, script=script_of(record, values, reason)))

    def _leave(self, key: JobKey, at: Millis) -> None:
        """Forget the plan of a job that is over, and let those that wait for its units start."""
        self._pacing.plans.pop(key, None)
        self._pacing.stop_waiting(key)
        if key.project_id in self._pacing.units:
            self._pacing.plan(at, Due.ADMIT, project=key.project_id)
