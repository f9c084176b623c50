"""What happens by itself: what is due is applied, in due order, before anything else is done.

There is no timer: a change that is due waits for the next one who takes the lock, and carries the time at which it was
due. A rule's callables are called once a job, when it has started, without the lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

from fakejobs.cloud.jobs import Jobs
from fakejobs.cloud.life import Life
from fakejobs.cloud.periodic import MOST, Periodic
from fakejobs.cloud.plans import Plans
from fakejobs.cloud.progress import Progress
from fakejobs.cloud.realm import Realm
from fakejobs.cloud.units import Units
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord, apart
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobEvent, JobState
from fakejobs.domain.pacing import Due, DueChange, Pacing
from fakejobs.domain.query import JobQuery
from fakejobs.errors import CallableFailed, UsageError
from fakejobs.forking import fresh_after_fork

PATIENCE_S = 60.0
"""Seconds for which a verb waits for a callable that another thread calls."""

_NEVER_AFTER = {
    JobState.PENDING: (JobState.DELETED,),
    JobState.RUNNING: (JobState.PENDING, JobState.DELETED),
    JobState.FINISHED: tuple(JobState),
    JobState.DELETED: tuple(JobState),
}
"""The states that a job will not come to by itself."""


class Pace:
    """The due changes of one cloud."""

    def __init__(self, realm: Realm, plans: Plans, units: Units, life: Life, progress: Progress, jobs: Jobs, periodic: Periodic) -> None:
        self._realm = realm
        self._plans = plans
        self._units = units
        self._life = life
        self._progress = progress
        self._jobs = jobs
        self._periodic = periodic
        self._evaluating: dict[JobKey, int] = {}
        """The jobs whose callables are being called, and in which threads."""
        self._evaluated = fresh_after_fork(self, "_evaluated", threading.Condition)
        """Told when a job's callables have been called."""

    @property
    def _pacing(self) -> Pacing:
        return self._realm.world.pacing

    # ------------------------------------------------------------ what is due

    def settle(self) -> None:
        """Apply every change that is due by now, in due order; the lock is held."""
        world = self._realm.world
        if world.pacing.is_idle and world.periodic.next_due is None:
            return
        self._periodic.begin()
        while True:
            change, firing = self._pacing.next_due(), self._periodic.next_due
            if firing is not None and (change is None or firing < change.at):
                if firing > self._realm.now_ms():
                    return
                self._periodic.fire_next(None if change is None else change.at)
                continue
            if change is None or change.at > self._realm.now_ms() or change.key in self._evaluating:
                return
            if change.what is Due.SCRIPT and change.key is not None and self._plans.has_callables(change.key):
                self._evaluate(change.key)
            else:
                self._pacing.drop_next()
                self._apply(change)

    def next_due(self) -> Millis | None:
        """Return when jobs change by themselves next; None if none will. Periodic jobs, which start others, do not count."""
        with self._realm.lock:
            change = self._pacing.next_due()
            return None if change is None else change.at

    def next_change(self, key: JobKey) -> Millis | None:
        """Return when the job's next change of state is due; None if nothing will happen to it by itself.

        Of a job that queues for units: when one of its project's running jobs ends.
        """
        with self._realm.lock:
            plan = self._pacing.plans.get(key)
            if plan is None:
                return None
            if self._pacing.waits(key):
                running = (self._pacing.plans.get(record.key) for record in self._realm.world.store.running(key.project_id))
                return min((other.end_at for other in running if other is not None and other.end_at is not None), default=None)
            return plan.ready_at if plan.ready_at is not None else plan.end_at

    # ------------------------------------------------------------ moving the clock as far as it takes

    def run_until(self, key: JobKey, wanted: JobState) -> None:
        """Move the clock from one due change to the next until a job is in a state.

        Where another thread is calling the callables of the job that is next, it is waited for. Raises JobNotFound, and UsageError
        if nothing is due any more before it gets there, for a state that it has passed, for a callable that does not return, and if
        periodic jobs start more than MOST jobs on the way.
        """
        self._refuse_to_callables("run_until")
        limit = self._periodic.started + MOST
        while (now_in := self._jobs.get(key).state) is not wanted:
            due = None if wanted in _NEVER_AFTER[now_in] else self._next_due_at_rest("run_until")
            if due is None:
                raise UsageError(f"{key} is {now_in} and will not be {wanted} by itself: nothing is due (see pace())")
            if self._periodic.started > limit:
                raise UsageError(f"{key} is still {now_in}, and periodic jobs have started {MOST:,} jobs on the way")
            self._realm.move_to(due)

    def finish_all(self) -> list[JobKey]:
        """Let every job come to its end, and return those that did and are still kept, in the order of their ends.

        The clock moves through all that is due. Then running jobs that do not end by themselves are finished, pending ones that
        do not start by themselves are started, as their projects' units allow, and so on. Periodic jobs do not fire meanwhile.
        """
        self._refuse_to_callables("finish_all")
        active = [key for state in (JobState.PENDING, JobState.RUNNING) for key in self._in_state(state)]
        with self._periodic.held():
            while True:
                if (due := self._next_due_at_rest("finish_all")) is not None:
                    self._realm.move_to(due)
                elif not (self._finish_running() or self._start_pending()):
                    break
        with self._realm.lock:
            found = [record for key in active if (record := self._realm.world.store.find(key)) is not None]
        return [record.key for record in sorted(found, key=attrgetter("sequence"))]

    def _in_state(self, state: JobState) -> list[JobKey]:
        """Return the jobs in a state, the one that came into it first, first."""
        with self._realm.lock:
            store = self._realm.world.store
            found = [record for project in store.projects for record in store.select(JobQuery(project=project, states=(state,)))]
        return [record.key for record in sorted(found, key=lambda record: (record.state_time, record.sequence))]

    def _finish_running(self) -> bool:
        """Finish every running job, the one that has run longest first; return whether there was any."""
        with self._realm.lock:
            running = self._in_state(JobState.RUNNING)
            for key in running:
                self._jobs.finish(key)
            return bool(running)

    def _start_pending(self) -> bool:
        """Start the pending jobs whose turn it is while units are free, but one at least; return whether there was any."""
        with self._realm.lock:
            started = list(iter(self._jobs.start_next, None))
            first = None if started else next(self._realm.world.store.pending_in_turn(), None)
            if first is not None:
                self._jobs.start(first.key)
            return bool(started) or first is not None

    def _next_due_at_rest(self, verb: str) -> Millis | None:
        """Return when anything is due next, once no other thread calls the callables that it waits for."""
        while True:
            with self._realm.lock:
                change = self._pacing.next_due()
            if change is None:
                return None
            if change.key is None or change.key not in self._evaluating:
                return change.at
            self._wait_for_callables(verb, change.key)

    def _wait_for_callables(self, verb: str, key: JobKey) -> None:
        """Wait until the callables of a job have been called; raises UsageError where that cannot be waited for."""
        why = f"{verb} waits for the script of job {key}, whose callables another thread is calling, and "
        if self._realm.lock.is_held():
            raise UsageError(f"{why}which ends only when this one is done, as the steps of a seed or under a lock are: say {verb} apart")
        with self._evaluated:
            if not self._evaluated.wait_for(lambda: key not in self._evaluating, PATIENCE_S):
                raise UsageError(f"{why}they have not returned for {PATIENCE_S:g} s")

    def _refuse_to_callables(self, verb: str) -> None:
        if threading.get_ident() in self._evaluating.values():
            raise UsageError(f"{verb} waits for what is due, and what is due waits for the callable that calls it")

    # ------------------------------------------------------------ applying, with the lock held

    def _evaluate(self, key: JobKey) -> None:
        """Call the callables of a plan on the job's record, without the lock, and put their values in their place.

        Raises CallableFailed, naming the field and the callable, for whatever goes wrong there.
        """
        plan, record = self._pacing.plans[key], apart(self._progress.shown(self._realm.record(key)))
        self._evaluating[key] = threading.get_ident()
        try:
            with self._realm.lock.released():
                values = {name: _called(name, value, record) if callable(value) else value for name, value in plan.values.items()}
        except BaseException:
            self._pacing.plans.pop(key, None)
            raise
        finally:
            self._evaluating.pop(key, None)
            with self._evaluated:
                self._evaluated.notify_all()
        now_planned = self._pacing.plans.get(key)
        if now_planned is not None and now_planned.values is plan.values:
            self._pacing.plans[key] = replace(now_planned, values=values)

    def _apply(self, change: DueChange) -> None:
        if change.key is None:
            self._admit(change.project, change.at)
            return
        record = self._realm.world.store.find(change.key)
        if record is None:
            return
        if change.what is Due.READY and record.state is JobState.PENDING:
            self._pacing.plans[change.key] = replace(self._pacing.plans[change.key], ready_at=None)
            if record.key.project_id in self._pacing.units:
                self._pacing.wait(record)
                self._admit(record.key.project_id, change.at)
            else:
                self._life.happen(change.key, JobEvent.START, change.at)
        elif change.what is Due.SCRIPT and record.state is JobState.RUNNING:
            self._plans.begin(record)
        elif change.what is Due.END and record.state is JobState.RUNNING:
            self._life.happen(change.key, JobEvent.FINISH, change.at, self._pacing.plans[change.key].end_reason)

    def _admit(self, project: int, at: Millis) -> None:
        """Start the jobs that queue for units, in turn, while they fit; one that does not fit blocks those behind it."""
        while (key := self._pacing.next_waiting(project)) is not None:
            record = self._realm.world.store.find(key)
            if record is None or not self._units.fits(record):
                return
            self._life.happen(key, JobEvent.START, at)


def _called(name: str, value: Callable[[JobRecord], object], record: JobRecord) -> object:
    try:
        return value(record)
    except Exception as error:
        raise CallableFailed(f"the script of {record.spider!r}: {name} of job {record.key}", value, error) from error
