"""The record of a job: frozen, whole, and everything that is known of it.

A record never changes: a step of its life or an edit of its tags makes the next record, and the store keeps the newest.
Mappings inside a record are never written to after it is made; whoever hands them out hands out copies.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from .clock import Millis
from .keys import JobKey
from .lifecycle import ACTIVE, JobEvent, JobState, Stamp, next_state

PRIORITIES = range(5)
"""0 (lowest) to 4 (highest)."""
DEFAULT_PRIORITY = 2
UNITS = range(1, 7)
DEFAULT_UNITS = 1

NOTHING: Mapping[str, Any] = {}
"""The one empty mapping that all records without arguments, settings, environment or meta share."""


def _nothing() -> Mapping[str, Any]:
    return NOTHING


CANCELLED = "cancelled"
FINISHED = "finished"

MANUAL = "manual"
"""The type of a spider whose jobs were scheduled over dash."""

Identity = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """What a job is at one moment.

    Times are milliseconds since the epoch, or None if the job never came there. `sequence` grows with every change of
    state in the store and orders jobs whose state changed within one millisecond. `spider_args` are texts, as clients
    send them. `spider_type` is None of a job that was pushed into the queue, `unique` the key under which it was pushed.
    `items`, `pages`, `errors` and `logs` count what the spider produced; None: nobody has said.
    """

    key: JobKey
    spider: str
    state: JobState
    sequence: int = 0
    tags: tuple[str, ...] = ()
    priority: int = DEFAULT_PRIORITY
    units: int = DEFAULT_UNITS
    spider_args: Mapping[str, str] = field(default_factory=_nothing)
    job_settings: Mapping[str, Any] = field(default_factory=_nothing)
    environment: Mapping[str, Any] = field(default_factory=_nothing)
    meta: Mapping[str, Any] = field(default_factory=_nothing)
    cmd_args: str | None = None
    version: str | None = None
    spider_type: str | None = MANUAL
    unique: str | None = None
    close_reason: str | None = None
    cancel_requested: bool = False
    scheduled_by: str | None = None
    started_by: str | None = None
    completed_by: str | None = None
    cancelled_by: str | None = None
    deleted_by: str | None = None
    pending_time: Millis | None = None
    running_time: Millis | None = None
    finished_time: Millis | None = None
    deleted_time: Millis | None = None
    updated_time: Millis | None = None
    touched_time: Millis | None = None
    items: int | None = None
    pages: int | None = None
    errors: int | None = None
    logs: int | None = None

    @property
    def state_time(self) -> Millis:
        """When the job came into its state."""
        moment: Millis | None = getattr(self, BIRTH_STAMPS[self.state])
        if moment is None:
            raise AssertionError(f"{self.state} job {self.key} has no {BIRTH_STAMPS[self.state]}")
        return moment

    @property
    def has_run(self) -> bool:
        """Whether the job was ever started, as far as its times tell."""
        return self.running_time is not None

    @property
    def last_update(self) -> Millis | None:
        """When the last data came: the stamp if there is one, else, of a job that ran, its last step."""
        if self.updated_time is not None or not self.has_run:
            return self.updated_time
        return self.finished_time if self.finished_time is not None else self.running_time

    @property
    def last_touch(self) -> Millis:
        """What `elapsed` counts from: the stamp if there is one, else the later of last change of state and last data."""
        if self.touched_time is not None:
            return self.touched_time
        return self.state_time if self.updated_time is None else max(self.state_time, self.updated_time)

    @property
    def identity(self) -> Identity:
        """What makes two active jobs the same: project, spider, spider arguments and command line."""
        return identity_of(self.key.project_id, self.key.spider_id, self.spider_args, self.cmd_args)

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Its identity, and the key under which it was pushed, if any: of each there is one active job at most, if asked."""
        return (self.identity,) if self.unique is None else (self.identity, unique_identity(self.key.project_id, self.unique))

    @property
    def is_active(self) -> bool:
        """Whether the job is pending or running."""
        return self.state in ACTIVE


def identity_of(project: int, spider_id: int, spider_args: Mapping[str, str], cmd_args: str | None) -> Identity:
    """Return what makes two active jobs the same."""
    return project, spider_id, tuple(sorted(spider_args.items())), cmd_args


def unique_identity(project: int, unique: str) -> Identity:
    """Return the identity of the jobs of a project that were pushed under one key."""
    return project, unique


BIRTH_STAMPS: Mapping[JobState, str] = {state: f"{state}_time" for state in JobState}
"""The time that a job is stamped with when it is born in a state: that state's own, and no other."""


BIRTH_SIGNATURES: Mapping[JobState, str] = {
    JobState.PENDING: "scheduled_by",
    JobState.RUNNING: "started_by",
    JobState.FINISHED: "completed_by",
    JobState.DELETED: "deleted_by",
}
"""The field that names who brought a job into the state in which it was born."""


def after_event(
    record: JobRecord, event: JobEvent, now: Millis, sequence: int, by: str, *, close_reason: str | None = None, **counters: int | None
) -> JobRecord:
    """Return the record of a job after an event.

    by: the login that caused it.
    close_reason: why it finished; default: `cancelled` if that was asked for or is the event, else `finished`; "": none.
    counters: new values of items, pages, errors or logs; None keeps the old one.

    Raises IllegalTransition if the life cycle has no such step.
    """
    transition = next_state(record.state, event, record.key)
    changes: dict[str, Any] = {name: value for name, value in counters.items() if value is not None}
    if changes:
        changes["updated_time"] = changes["touched_time"] = now
    for stamp in transition.stamps:
        if stamp is Stamp.CLOSE_REASON:
            stopped = record.cancel_requested or event is JobEvent.CANCEL
            reason = (CANCELLED if stopped else FINISHED) if close_reason is None else close_reason
            changes[stamp.value] = reason or record.close_reason
        elif stamp is Stamp.CANCEL_REQUESTED:
            changes[stamp.value] = True
        else:
            changes[stamp.value] = by if stamp.value.endswith("_by") else now
    if not changes:
        return record
    if transition.state is not record.state:
        changes.update(state=transition.state, sequence=sequence)
    return replace(record, **{"touched_time": now, **changes})


def apart(record: JobRecord) -> JobRecord:
    """Return the record with copies of its mappings, for those who may write to them."""
    return replace(record, **{name: deepcopy(getattr(record, name)) for name in ("spider_args", "job_settings", "environment", "meta")})


def with_tags(record: JobRecord, add: tuple[str, ...], remove: tuple[str, ...], now: Millis) -> JobRecord:
    """Return the record with tags removed, then added at the end, each kept once; adding or removing touches the job.

    Tags that a client wrote as a text are gone.
    """
    removed = set(remove)
    kept = dict.fromkeys([*(tag for tag in record.tags if tag not in removed), *add])
    meta = {name: value for name, value in record.meta.items() if name != "tags"} if "tags" in record.meta else record.meta
    return replace(record, tags=tuple(kept), meta=meta or NOTHING, touched_time=now)
