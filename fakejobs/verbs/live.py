"""What a test holds in its hands: a job, the clock, a collection, a slot of a frontier, as live views of the present."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from fakejobs.arguments import json_object, listed, text, whole_number
from fakejobs.binding import told_verbs
from fakejobs.cloud import Cloud
from fakejobs.domain.clock import Millis, as_datetime, as_duration, as_millis
from fakejobs.domain.collections import Scan, Value
from fakejobs.domain.comments import Comment
from fakejobs.domain.frontier import PRIORITIES, Request
from fakejobs.domain.job import JobRecord, apart
from fakejobs.domain.keys import JobKey
from fakejobs.errors import InvalidValue, JobNotFound, UsageError
from fakejobs.nearest import hint
from fakejobs.quoting import quoted

COLLECTION_META = frozenset({"_key", "_ts"})

_REQUEST_WORDS = frozenset({"fp", "p", "qdata", "fdata"})

_STEPS_OF_JOBS = {
    **{name: f"{name}_job" for name in ("start", "finish", "cancel", "delete")},
    "stop": "cancel_job",
    "run": "start_job",
    **{name: name for name in ("metadata", "update_metadata", "delete_metadata", "update_tags", "add_items", "add_logs", "add_requests")},
    **{name: name for name in ("requests", "samples", "reports", "add_comment", "add_samples", "add_report", "run_until")},
    "add_tags": "update_tags",
}
"""What people ask of a job, and the verb of the fake that does it."""

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

    if not TYPE_CHECKING:

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __set__(self, job: Job, value: object) -> None:
            """Refuse: a job is changed by verbs."""
            verb = _VERBS_OF.get(self._name, "update_metadata(job, {...})")
            raise AttributeError(f"{self._name} of {job.key} is a view, and not assigned to: fakejobs.{verb} changes it")


_VERBS_OF = {
    "state": "start_job(job), finish_job(job), cancel_job(job) or delete_job(job)",
    "cancel_requested": "cancel_job(job)",
    "tags": "update_tags(job, add=[...], remove=[...])",
    **{name: f"finish_job(job, {name}=...)" for name in ("close_reason", "items", "pages", "errors", "logs")},
}
"""The verbs that change what a job shows; of what is not here, update_metadata()."""


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

    def __init__(self, cloud: Cloud, key: JobKey) -> None:
        self._cloud = cloud
        self.key = key

    def snapshot(self) -> JobRecord:
        """Return the job's record as it is now; its mappings are copies."""
        return apart(self._cloud.jobs.get(self.key))

    @property
    def comments(self) -> list[Comment]:
        """Comments on its items, archived ones too: text, item, field, author, created and archived (ms)."""
        return self._cloud.comments.of(self.key)

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

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Refuse a name that a job does not have, with the one that was meant, which may be a verb's."""
            if name.startswith("_"):
                raise AttributeError(f"a job has no {name!r}")
            verb = _STEPS_OF_JOBS.get(name)
            if verb is not None:
                raise AttributeError(f"a job has no {name!r}: it is a view, and fakejobs.{verb}(job) does it")
            own = [word for word in dir(type(self)) if not word.startswith("_")]
            raise AttributeError(f"a job has no {name!r}{hint(name, own)}")

    def __repr__(self) -> str:
        try:
            return f"<Job {self.key} {self.spider} {self.state}>"
        except JobNotFound:
            return f"<Job {self.key} (forgotten)>"


@told_verbs()
class FakeClock:
    """The clock of a fake.

    hold: gives a context manager under which the clock does not jump for clients that ask again.
    """

    def __init__(self, cloud: Cloud, hold: Callable[[], AbstractContextManager[None]]) -> None:
        self._cloud = cloud
        self._hold = hold

    @property
    def now(self) -> datetime:
        """The present moment of the fake: an aware UTC datetime."""
        return as_datetime(self._cloud.now_ms())

    def advance(self, /, by: timedelta | None = None, **units: float) -> datetime:
        """Move the clock forward by a timedelta, or by its keywords (weeks … milliseconds), and return the new now.

        Raises UsageError for a negative span, and where the clock is the machine's own.
        """
        span = as_duration(by, units)
        self._cloud.realm.move_by(span)
        return self.now

    def advance_to(self, moment: datetime | int) -> datetime:
        """Move the clock forward to a moment, an aware datetime or milliseconds since the epoch, and return it.

        Raises UsageError for a moment in the past, and where the clock is the machine's own.
        """
        wanted = as_millis("moment", moment)
        if wanted < self._cloud.now_ms():
            raise UsageError(f"advance_to: {as_datetime(wanted)} is in the past of {self.now}")
        self._cloud.realm.move_to(wanted)
        return as_datetime(wanted)

    def held(self) -> AbstractContextManager[None]:
        """Return a context manager under whose `with` the clock does not jump for clients that ask again (clock="poll")."""
        return self._hold()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Refuse a name that the clock does not have, with those that it has."""
            raise AttributeError(f"the clock has no {name!r}{hint(name, ('now', 'advance', 'advance_to', 'held'))}")

    def __repr__(self) -> str:
        return f"<clock at {self.now.isoformat()}>"


JobLike = Job | JobKey | str
"""What names a job: itself, its key, or its key's text."""

Moment = datetime | int | None
"""A time that a test gives: an aware datetime or milliseconds since the epoch."""


Lapse = timedelta | Mapping[str, float] | None
"""A span that a test gives: a timedelta, or a mapping of its keywords."""


class Collection(MutableMapping[str, dict[str, Any]]):
    """A collection, live: a mapping of keys, sorted, to values, which are copies.

    What is assigned is a JSON object; a value that is changed has to be assigned again.
    """

    def __init__(self, cloud: Cloud, project: int, type: str, name: str) -> None:  # noqa: A002  # the wire's word
        self._cloud = cloud
        self._place = (project, type, name)

    def __getitem__(self, key: str) -> dict[str, Any]:
        row = self._cloud.collections.find(*self._place, key)
        if row is None:
            raise KeyError(key)
        return deepcopy(dict(row.value))

    def __setitem__(self, key: str, value: Mapping[str, Any]) -> None:
        self._cloud.collections.put(*self._place, [(text("key", key), collection_value(key, value))])

    def __delitem__(self, key: str) -> None:
        self[key]
        self._cloud.collections.remove(*self._place, [key])

    def __iter__(self) -> Iterator[str]:
        return iter([key for key, _ in self._cloud.collections.scan(*self._place, Scan())])

    def __len__(self) -> int:
        return len(self._cloud.collections.scan(*self._place, Scan()))

    def __repr__(self) -> str:
        project, type_, name = self._place
        return f"<collection {type_}/{name} of project {project}: {dict(self)!r}>"


class FrontierSlot(Sequence[dict[str, Any]]):
    """A slot of a frontier, live: the requests in its queue, in the order in which they are read.

    Each is a mapping of fp, p and qdata. It compares with a list of such mappings.
    """

    def __init__(self, cloud: Cloud, project: int, frontier: str, slot: str) -> None:
        self._cloud = cloud
        self._place = (project, frontier, slot)

    @property
    def batches(self) -> list[dict[str, Any]]:
        """The batches in the queue as clients read them: id, and requests as pairs of fingerprint and qdata."""
        return [
            {"id": batch.id, "requests": [[request.fingerprint, deepcopy(request.qdata)] for request in batch.requests]}
            for batch in self._cloud.frontiers.read(*self._place)
        ]

    @property
    def fingerprints(self) -> list[str]:
        """Every fingerprint that was ever added, sorted, also of requests that have left the queue."""
        return list(self._cloud.frontiers.fingerprints(*self._place))

    def add(self, requests: Iterable[Mapping[str, Any]]) -> int:
        """Queue the requests whose fingerprints are new and return how many these are; see add_to_frontier()."""
        return self._cloud.frontiers.queue(
            *self._place, [frontier_request(request) for request in listed("requests", requests, "mappings")]
        )

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return self._requests()[index]

    def __len__(self) -> int:
        return sum(len(batch.requests) for batch in self._cloud.frontiers.read(*self._place))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrontierSlot):
            return self._requests() == other._requests()
        return self._requests() == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        project, frontier, slot = self._place
        return f"<slot {slot} of frontier {frontier} of project {project}: {self._requests()!r}>"

    def _requests(self) -> list[dict[str, Any]]:
        return [
            {"fp": request.fingerprint, "p": request.priority, "qdata": deepcopy(request.qdata)}
            for batch in self._cloud.frontiers.read(*self._place)
            for request in batch.requests
        ]


def collection_value(key: str, value: object) -> Value:
    """Return a value of a collection; `_key` and `_ts`, which are said about a value, are no part of it."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{key}={quoted(value)}: a value of a collection is a mapping")
    return {name: inner for name, inner in json_object(key, value).items() if name not in COLLECTION_META}


def frontier_request(given: object) -> Request:
    """Return a request of a frontier: a mapping of fp, and, if wanted, p, qdata and fdata."""
    if not isinstance(given, Mapping) or "fp" not in given or not _REQUEST_WORDS.issuperset(given):
        raise UsageError(f"{quoted(given)} is no mapping of fp, p, qdata and fdata")
    request = json_object("request", given)
    priority = whole_number("p", request.get("p", 0))
    if priority not in PRIORITIES:
        raise InvalidValue(f"p {priority} is not between {PRIORITIES[0]} and {PRIORITIES[-1]}")
    return Request(text("fp", request["fp"]), priority, request.get("qdata"), request.get("fdata"))
