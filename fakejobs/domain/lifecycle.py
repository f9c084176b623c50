"""The life cycle of a job, as one total table of state and event.

TRANSITIONS has a row for every state, dead ends included; a cell that is not there is an illegal step, and next_state()
says what would have been legal. A cell carries the next state, what entering it stamps, and its evidence. The diagram
of the documents and the tests of every cell are made from this table, and the rules live nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from fakejobs.errors import IllegalTransition
from fakejobs.evidence import Source, assumed, documented, recorded


class JobState(str, Enum):
    """Where a job is in its life."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    DELETED = "deleted"

    def __str__(self) -> str:
        return self.value

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)


class JobEvent(str, Enum):
    """What can happen to a job."""

    START = "start"
    FINISH = "finish"
    CANCEL = "cancel"
    DELETE = "delete"

    def __str__(self) -> str:
        return self.value


class Stamp(str, Enum):
    """What a transition writes into the record of a job."""

    RUNNING_TIME = "running_time"
    FINISHED_TIME = "finished_time"
    DELETED_TIME = "deleted_time"
    UPDATED_TIME = "updated_time"
    CLOSE_REASON = "close_reason"
    CANCEL_REQUESTED = "cancel_requested"
    STARTED_BY = "started_by"
    COMPLETED_BY = "completed_by"
    CANCELLED_BY = "cancelled_by"
    DELETED_BY = "deleted_by"


@dataclass(frozen=True, slots=True)
class Transition:
    """One cell of the table: the next state, what is stamped on the way, and how we know."""

    state: JobState
    stamps: tuple[Stamp, ...]
    source: Source


def _row(cells: dict[JobEvent, Transition]) -> Mapping[JobEvent, Transition]:
    return MappingProxyType(cells)


TRANSITIONS: Mapping[JobState, Mapping[JobEvent, Transition]] = MappingProxyType(
    {
        JobState.PENDING: _row(
            {
                JobEvent.START: Transition(
                    JobState.RUNNING,
                    (Stamp.RUNNING_TIME, Stamp.STARTED_BY),
                    recorded("startjob and update to running set running_time"),
                ),
                JobEvent.FINISH: Transition(
                    JobState.FINISHED,
                    (Stamp.FINISHED_TIME, Stamp.COMPLETED_BY, Stamp.CLOSE_REASON),
                    recorded("a queue update to finished is accepted for a pending job"),
                ),
                JobEvent.CANCEL: Transition(
                    JobState.FINISHED,
                    (Stamp.FINISHED_TIME, Stamp.CANCELLED_BY, Stamp.CLOSE_REASON),
                    recorded("a cancelled pending job reads finished at once, close_reason cancelled"),
                ),
            }
        ),
        JobState.RUNNING: _row(
            {
                JobEvent.FINISH: Transition(
                    JobState.FINISHED,
                    (Stamp.FINISHED_TIME, Stamp.UPDATED_TIME, Stamp.COMPLETED_BY, Stamp.CLOSE_REASON),
                    recorded("the runner ends a job; its last data and its end agree within a second"),
                ),
                JobEvent.CANCEL: Transition(
                    JobState.RUNNING,
                    (Stamp.CANCEL_REQUESTED, Stamp.CANCELLED_BY),
                    recorded("stopping is a request: the job stays running until its runner ends it"),
                ),
            }
        ),
        JobState.FINISHED: _row(
            {
                JobEvent.FINISH: Transition(
                    JobState.FINISHED,
                    (),
                    recorded("finishing a finished job is accepted and does not move its time"),
                ),
                JobEvent.DELETE: Transition(
                    JobState.DELETED,
                    (Stamp.DELETED_TIME, Stamp.DELETED_BY),
                    documented("delete.json deletes jobs; everything else of them stays readable"),
                ),
            }
        ),
        JobState.DELETED: _row({}),
    }
)

NO_DELETE_OF_ACTIVE_JOBS = assumed("a pending or running job is not deleted: the queue refuses it, dash does not count it")
"""Why PENDING and RUNNING have no cell for DELETE."""

ACTIVE = frozenset({JobState.PENDING, JobState.RUNNING})
"""The states in which a job blocks an identical one."""


def next_state(state: JobState, event: JobEvent, key: str) -> Transition:
    """Return the transition that an event fires in a state.

    Raises IllegalTransition, which names the job and the legal events, if the table has no such cell.
    """
    row = TRANSITIONS[state]
    if event not in row:
        legal = ", ".join(str(e) for e in row) or "nothing"
        raise IllegalTransition(f"cannot {event} a {state} job {key} (legal here: {legal})", state, event)
    return row[event]
