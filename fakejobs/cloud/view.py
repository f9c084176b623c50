"""What a test holds in its hands: a job and the clock, as live views. Every attribute reads the present."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar, overload

from fakejobs.domain.clock import Millis, as_datetime
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.errors import JobNotFound

if TYPE_CHECKING:
    from fakejobs.cloud.jobs import JobVerbs

T = TypeVar("T")


class _Reading(Generic[T]):
    """An attribute of a Job that reads the job's present record."""

    def __init__(self, read: Callable[[JobRecord], T], doc: str) -> None:
        self._read = read
        self.__doc__ = doc

    @overload
    def __get__(self, job: None, owner: type) -> _Reading[T]: ...
    @overload
    def __get__(self, job: Job, owner: type) -> T: ...
    def __get__(self, job: Job | None, owner: type) -> _Reading[T] | T:
        return self if job is None else self._read(job.snapshot())


def _moment(name: str) -> Callable[[JobRecord], datetime | None]:
    def read(record: JobRecord) -> datetime | None:
        moment: Millis | None = getattr(record, name)
        return None if moment is None else as_datetime(moment)

    return read


class Job:
    """A job, live: every attribute reads what the job is now.

    Reading a job that reset() has forgotten raises JobNotFound. snapshot() is the frozen record of the moment.
    """

    __slots__ = ("_cloud", "key")

    def __init__(self, cloud: JobVerbs, key: JobKey) -> None:
        self._cloud = cloud
        self.key = key

    def snapshot(self) -> JobRecord:
        """Return the job's record as it is now; its mappings are copies."""
        return self._cloud.record_of(self.key)

    project = _Reading(lambda record: record.key.project_id, "Number of the project.")
    spider = _Reading(lambda record: record.spider, "Name of the spider.")
    state = _Reading(lambda record: record.state, "JobState; compares with its text.")
    tags = _Reading(lambda record: list(record.tags), "Tags, in the order in which they were added.")
    priority = _Reading(lambda record: record.priority, "0 (lowest) to 4.")
    units = _Reading(lambda record: record.units, "1 to 6.")
    spider_args = _Reading(lambda record: dict(record.spider_args), "Spider arguments, as texts.")
    job_settings = _Reading(lambda record: dict(record.job_settings), "Scrapy settings of this job.")
    environment = _Reading(lambda record: dict(record.environment), "Environment variables of this job.")
    meta = _Reading(lambda record: dict(record.meta), "Further metadata.")
    cmd_args = _Reading(lambda record: record.cmd_args, "Command line of a script job, or None.")
    version = _Reading(lambda record: record.version, "Version of the project's code, or None.")
    spider_type = _Reading(lambda record: record.spider_type, "`manual`, or None of a job that never came through dash.")
    close_reason = _Reading(lambda record: record.close_reason, "Why the job finished, or None.")
    cancel_requested = _Reading(lambda record: record.cancel_requested, "Whether a running job was asked to stop.")
    scheduled_by = _Reading(lambda record: record.scheduled_by, "Login, or None.")
    started_by = _Reading(lambda record: record.started_by, "Login, or None.")
    completed_by = _Reading(lambda record: record.completed_by, "Login, or None.")
    cancelled_by = _Reading(lambda record: record.cancelled_by, "Login, or None.")
    deleted_by = _Reading(lambda record: record.deleted_by, "Login, or None.")
    pending_time = _Reading(_moment("pending_time"), "When it was scheduled: aware UTC datetime, or None.")
    running_time = _Reading(_moment("running_time"), "When it started: aware UTC datetime, or None.")
    finished_time = _Reading(_moment("finished_time"), "When it ended: aware UTC datetime, or None.")
    deleted_time = _Reading(_moment("deleted_time"), "When it was deleted: aware UTC datetime, or None.")
    updated_time = _Reading(_moment("updated_time"), "When its last data came: aware UTC datetime, or None.")
    touched_time = _Reading(_moment("touched_time"), "When it was last touched, if anything did: aware UTC datetime, or None.")
    items = _Reading(lambda record: record.items, "Items scraped, or None.")
    pages = _Reading(lambda record: record.pages, "Responses received, or None.")
    errors = _Reading(lambda record: record.errors, "Errors logged, or None.")
    logs = _Reading(lambda record: record.logs, "Log lines, or None.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other.key == self.key and other._cloud is self._cloud

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        try:
            return f"<Job {self.key} {self.spider} {self.state}>"
        except JobNotFound:
            return f"<Job {self.key} (forgotten)>"


class CloudClock:
    """The clock of a fake, as a test sees it."""

    def __init__(self, cloud: JobVerbs) -> None:
        self._cloud = cloud

    @property
    def now(self) -> datetime:
        """The present moment of the fake: an aware UTC datetime."""
        return as_datetime(self._cloud.now_ms())

    def advance(self, /, by: timedelta | None = None, **units: float) -> datetime:
        """Move the clock forward and return the new now; see FakeCloud.advance."""
        return self._cloud.advance(by, **units)

    def advance_to(self, moment: datetime | int) -> datetime:
        """Move the clock forward to a moment and return it; see JobVerbs.advance_to."""
        return self._cloud.advance_to(moment)

    def held(self) -> AbstractContextManager[None]:
        """Return a context manager under whose `with` the clock does not jump for clients that ask again (clock="poll")."""
        return self._cloud.hold_clock()

    def __repr__(self) -> str:
        return f"<clock at {self.now.isoformat()}>"


JobLike = Job | JobKey | str
"""What names a job: itself, its key, or its key's text."""

Moment = datetime | int | None
"""A time that a test gives: an aware datetime or milliseconds since the epoch."""
