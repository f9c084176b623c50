"""The life of jobs: the one way in which a job is born and its state changes, with all that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fakejobs.cloud.activity import Activity
from fakejobs.cloud.plans import Plans
from fakejobs.cloud.realm import Realm
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import BIRTH_SIGNATURES, BIRTH_STAMPS, JobRecord, after_event
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobEvent, JobState

JOBRUNNER = "jobrunner"
"""The login under which the platform itself starts and ends jobs."""

EVENTS = {
    JobEvent.START: "job:started",
    JobEvent.FINISH: "job:completed",
    JobEvent.CANCEL: "job:cancelled",
    JobEvent.DELETE: "job:deleted",
}
"""What the service writes into a project's activity when something happens to a job."""
BIRTH_EVENTS = {
    JobState.PENDING: "job:scheduled",
    JobState.RUNNING: "job:started",
    JobState.FINISHED: "job:completed",
    JobState.DELETED: "job:deleted",
}
"""What it writes of a job that came into a state."""


def _told(record: JobRecord) -> list[tuple[str, str | None, Millis]]:
    """Return what is told of a job at its birth: event, who caused it, and when; nothing of one that was never anything but deleted."""
    states = tuple(JobState)
    reached = [(state, getattr(record, BIRTH_STAMPS[state])) for state in states[: states.index(record.state) + 1]]
    lived = [(state, moment) for state, moment in reached if moment is not None]
    if [state for state, _ in lived] == [JobState.DELETED]:
        return []
    return [(BIRTH_EVENTS[state], getattr(record, BIRTH_SIGNATURES[state]), moment) for state, moment in lived]


class Life:
    """Births and steps of the jobs of one cloud; whoever calls it holds the lock."""

    def __init__(self, realm: Realm, plans: Plans, activity: Activity) -> None:
        self._realm = realm
        self._plans = plans
        self._activity = activity

    def born(self, record: JobRecord, at: Millis) -> None:
        """Keep a job that is born at a moment, which may lie before now.

        What is told of it bears the time at which it happened, if that has passed. Of one that was in other states before, as its times
        say, that is told, too.
        """
        self._realm.world.store.put(record)
        for event, by, then in _told(record):
            if then < at:
                self._activity.recalled(event, record, by, then)
            else:
                self._activity.happened(event, record, by, at)
        self._plans.happened(None, None, record, at)

    def happen(
        self,
        key: JobKey,
        event: JobEvent,
        at: Millis,
        close_reason: str | None = None,
        *,
        by: str = JOBRUNNER,
        counters: Mapping[str, int] = MappingProxyType({}),
    ) -> JobRecord:
        """Let something happen to a job at a moment, which may lie before now, and return what it is then.

        close_reason, counters: as for after_event(). Raises JobNotFound or IllegalTransition.
        """
        store = self._realm.world.store
        if event is JobEvent.FINISH and (running := self._realm.record(key)).state is JobState.RUNNING:
            self._plans.conclude(running, at)
        before = self._realm.record(key)
        after = after_event(before, event, at, store.next_sequence(), by, close_reason=close_reason, **counters)
        store.put(after)
        if after.state is not before.state or event is JobEvent.CANCEL:
            self._activity.happened(EVENTS[event], after, by, at)
            self._plans.happened(event, before, after, at)
        return after
