"""The verbs on jobs, projects, keys and time, each under the one lock.

A verb takes the lock, reads its arguments, asks the domain, writes, and returns; one that refuses has changed nothing (but
for the job number that a refused duplicate burns). What it hands out is a Job, a live view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from sys import intern
from types import EllipsisType, MappingProxyType
from typing import Any

from fakejobs import arguments
from fakejobs.access import DEFAULT_KEY, DEFAULT_USER, AccessBook, Account
from fakejobs.cloud.activity import ActivityVerbs
from fakejobs.cloud.collections import CollectionVerbs
from fakejobs.cloud.deploys import DeployVerbs
from fakejobs.cloud.frontier import FrontierVerbs
from fakejobs.cloud.lock import VerbLock
from fakejobs.cloud.pace import PaceVerbs
from fakejobs.cloud.progress import Progress
from fakejobs.cloud.records import RecordVerbs, plain_records
from fakejobs.cloud.view import CloudClock, Job, JobLike, Moment
from fakejobs.cloud.world import World
from fakejobs.domain.clock import Clock, ManualClock, Millis, as_datetime, as_duration, as_millis
from fakejobs.domain.job import (
    BIRTH_SIGNATURES,
    BIRTH_STAMPS,
    DEFAULT_PRIORITY,
    DEFAULT_UNITS,
    MANUAL,
    Identity,
    JobRecord,
    after_event,
    unique_identity,
    with_tags,
)
from fakejobs.domain.keys import LARGEST, JobKey
from fakejobs.domain.lifecycle import JobEvent, JobState
from fakejobs.domain.metadata import metadata_of, with_metadata, without_metadata
from fakejobs.domain.projects import Spider
from fakejobs.domain.query import JobQuery
from fakejobs.errors import AlreadyScheduled, JobNotFound, SpiderNotFound, UsageError

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
    JobState.DELETED: None,
}
"""What it writes when a job is born in a state."""

_NEVER_AFTER = {
    JobState.PENDING: (JobState.DELETED,),
    JobState.RUNNING: (JobState.PENDING, JobState.DELETED),
    JobState.FINISHED: tuple(JobState),
    JobState.DELETED: tuple(JobState),
}
"""The states that a job will not come to by itself."""

Span = float | timedelta | EllipsisType | None
"""Seconds or a timedelta, None for never, `...` for not given."""
Flag = bool | EllipsisType | None
"""Yes or no, None for no, `...` for not given."""


class JobVerbs:
    """Scrapy Cloud in memory, as far as jobs are concerned.

    `world` is what reset() forgets; who reads or writes it holds `lock`.
    clock: where time comes from; default: a clock that stands still until advance().
    key: the API key that is exported to clients; it stays good whatever keys are declared.
    """

    def __init__(self, clock: Clock | None = None, *, key: str = DEFAULT_KEY) -> None:
        self.pacer = PaceVerbs(self)
        self.progress = Progress(self)
        self.lock = VerbLock(self.pacer.settle)
        self._clock: Clock = clock or ManualClock()
        self.world = World(AccessBook(arguments.text("key", key)))
        self.uploads = DeployVerbs(self)
        self.records = RecordVerbs(self)
        self.collections = CollectionVerbs(self)
        self.frontiers = FrontierVerbs(self)
        self.activities = ActivityVerbs(self)

    # ------------------------------------------------------------ declaring what exists

    def add_project(self, project: int, *, units: int | None = None) -> None:
        """Declare a project, so that it is listed before anything is in it.

        units: how many units its running jobs may use; more jobs wait as pending. Default: no limit, or the one it has.
        """
        number = arguments.whole_number("project", project)
        limit = None if units is None else arguments.whole_number("units", units, least=1)
        with self.lock:
            self.world.store.add_project(number)
            if limit is not None:
                self.pacer.limit_units(number, limit)

    def add_spider(
        self,
        name: str,
        *,
        project: int,
        spider_id: int | None = None,
        next_job: int | None = None,
        declared: bool = True,
        tags: Iterable[str] = (),
        created_time: Moment = None,
        modified_time: Moment = None,
    ) -> int:
        """Declare a spider of a project and return its id.

        The first declared spider closes the project: run.json then refuses names that were not declared.
        spider_id: its id in job keys; default: the next free one. next_job: the number of its next job; default: 1, or
        one above its last. declared=False makes the spider known without closing anything. tags: the spider's own, added at
        the end. created_time, modified_time: default now, of a spider that is new.

        Raises UsageError if the id or the name is taken, or if next_job would give a number out twice.
        """
        name, number = arguments.text("name", name), arguments.whole_number("project", project)
        wanted_id = None if spider_id is None else arguments.whole_number("spider_id", spider_id, least=1)
        last_job = None if next_job is None else arguments.whole_number("next_job", next_job, least=1) - 1
        added, declares = arguments.tags_of("tags", tags), arguments.flag("declared", declared)
        created = None if created_time is None else as_millis("created_time", created_time)
        modified = None if modified_time is None else as_millis("modified_time", modified_time)
        with self.lock:
            known = self.world.store.find_spider(number, name)
            if last_job is not None and known is not None and last_job < known.last_job:
                raise UsageError(f"next_job={next_job}: spider {name!r} has given out job numbers up to {known.last_job}")
            spider = self.world.store.mention(number, name, wanted_id, self.now_ms())
            spider.last_job = spider.last_job if last_job is None else last_job
            spider.declared = spider.declared or declares
            spider.edit_tags(added, (), self.now_ms())
            spider.created_time, spider.modified_time = created or spider.created_time, modified or spider.modified_time
            return spider.spider_id

    def add_key(self, key: str, *, user: str = DEFAULT_USER, projects: Iterable[int] | None = None) -> None:
        """Declare an API key; the first one closes the door to all other keys but the exported one.

        user: the login it belongs to. projects: the only projects it may use; None: every project.
        """
        key, user = arguments.text("key", key), arguments.text("user", user)
        allowed = None if projects is None else frozenset(arguments.numbers_of("projects", projects))
        with self.lock:
            self.world.access.declare(key, Account(user, allowed))

    def update_spider_tags(self, spider: str, *, project: int, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Remove and add tags of a spider; an added tag stands at the end, and once. Raises SpiderNotFound."""
        name, number = arguments.text("spider", spider), arguments.whole_number("project", project)
        to_add, to_remove = arguments.tags_of("add", add), arguments.tags_of("remove", remove)
        with self.lock:
            known = self.world.store.find_spider(number, name)
            if known is None:
                raise SpiderNotFound(name, number, [spider.name for spider in self.spiders(number)])
            known.edit_tags(to_add, to_remove, self.now_ms())

    # ------------------------------------------------------------ the life of jobs

    def add_job(
        self,
        spider: str | None = None,
        *,
        project: int | None = None,
        key: JobKey | str | None = None,
        state: JobState | str = JobState.PENDING,
        tags: Iterable[str] = (),
        priority: int = DEFAULT_PRIORITY,
        units: int = DEFAULT_UNITS,
        spider_args: Mapping[str, Any] | None = None,
        job_settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, Any] | None = None,
        meta: Mapping[str, Any] | None = None,
        cmd_args: str | None = None,
        version: str | None = None,
        spider_type: str | None = MANUAL,
        close_reason: str | None = None,
        pending_time: Moment = None,
        running_time: Moment = None,
        finished_time: Moment = None,
        deleted_time: Moment = None,
        updated_time: Moment = None,
        touched_time: Moment = None,
        items: int | Iterable[Any] | None = None,
        pages: int | None = None,
        errors: int | None = None,
        logs: int | Iterable[Any] | None = None,
        cancel_requested: bool = False,
        scheduled_by: str | None = None,
        started_by: str | None = None,
        completed_by: str | None = None,
        cancelled_by: str | None = None,
        deleted_by: str | None = None,
        unique: bool | str | None = False,
        by: str | None = None,
    ) -> Job:
        """Put a job into the store, born in any state, and return it.

        Only spider and project are required. key: a key of its own, whose numbers the spider's id and job counter then
        respect; it stands for project. Times are aware datetimes or milliseconds since the epoch; of those left out, only
        the state's own is stamped, with now. Spider arguments become texts. items, pages, errors, logs: counters; items and
        logs may also be records, see add_items() and add_logs().
        unique: True refuses a job that is pending or running already, as run.json does; a text refuses one while a job of
        the same text is, as a push into the queue does. A refusal burns a job number.
        by: the login that causes it.

        Raises InvalidValue for a state, priority or units out of range, AlreadyScheduled for a refused duplicate, and
        UsageError for anything else that is wrong.
        """
        birth = arguments.state_of(state)
        wanted_key = None if key is None else arguments.job_key(key)
        times = {
            "pending_time": pending_time,
            "running_time": running_time,
            "finished_time": finished_time,
            "deleted_time": deleted_time,
            "updated_time": updated_time,
            "touched_time": touched_time,
        }
        signatures = {
            "scheduled_by": scheduled_by,
            "started_by": started_by,
            "completed_by": completed_by,
            "cancelled_by": cancelled_by,
            "deleted_by": deleted_by,
        }
        fields: dict[str, Any] = {
            "spider": intern(arguments.text("spider", spider)),
            "state": birth,
            "tags": tuple(map(intern, arguments.tags_of("tags", tags))),
            "priority": arguments.priority_of(priority),
            "units": arguments.units_of(units),
            "spider_args": arguments.spider_args_of(spider_args),
            "job_settings": arguments.json_object("job_settings", job_settings),
            "environment": arguments.json_object("environment", environment),
            "meta": arguments.json_object("meta", meta),
            "cmd_args": arguments.optional_text("cmd_args", cmd_args),
            "version": arguments.optional_text("version", version),
            "spider_type": arguments.optional_text("spider_type", spider_type),
            "unique": None if isinstance(unique, bool) else arguments.optional_text("unique", unique),
            "close_reason": arguments.optional_text("close_reason", close_reason),
            "cancel_requested": arguments.flag("cancel_requested", cancel_requested),
            **{name: as_millis(name, moment) for name, moment in times.items() if moment is not None},
            **{name: arguments.text(name, login) for name, login in signatures.items() if login is not None},
        }
        written = {kind: plain_records(kind, value) for kind, value in (("items", items), ("logs", logs)) if _is_records(value)}
        counters = {"items": items, "pages": pages, "errors": errors, "logs": logs}
        fields.update(_counters(**{name: value for name, value in counters.items() if name not in written}))  # type: ignore[arg-type]
        if by is not None:
            fields.setdefault(BIRTH_SIGNATURES[birth], arguments.text("by", by))
        with self.lock:
            fields.setdefault(BIRTH_STAMPS[birth], self.now_ms())
            job = self._keep_new(fields, _project_number(project, wanted_key), wanted_key, checked=bool(unique))
            for kind, records in written.items():
                self.records.add(job, kind, records)
            return job

    def start_job(self, job: JobLike, *, by: str = JOBRUNNER) -> Job:
        """Start a pending job; raises IllegalTransition if it is in another state."""
        return self._happen(job, JobEvent.START, by)

    def finish_job(
        self,
        job: JobLike,
        *,
        close_reason: str | None = None,
        items: int | None = None,
        pages: int | None = None,
        errors: int | None = None,
        logs: int | None = None,
        by: str = JOBRUNNER,
    ) -> Job:
        """End a pending or running job.

        close_reason: default `cancelled` if a stop was asked for, else `finished`; "" leaves it unset. items, pages, errors, logs: counters
        to set. Ending a finished job is accepted and moves no time; a deleted one raises IllegalTransition.
        """
        reason = close_reason if close_reason in (None, "") else arguments.text("close_reason", close_reason)
        return self._happen(job, JobEvent.FINISH, by, reason, _counters(items=items, pages=pages, errors=errors, logs=logs))

    def cancel_job(self, job: JobLike, *, by: str = DEFAULT_USER) -> Job:
        """Ask a job to stop: a pending one ends at once, a running one runs on until it is finished.

        Raises IllegalTransition if the job is over.
        """
        return self._happen(job, JobEvent.CANCEL, by)

    def delete_job(self, job: JobLike, *, by: str = DEFAULT_USER) -> Job:
        """Delete a finished job; raises IllegalTransition if it is in another state."""
        return self._happen(job, JobEvent.DELETE, by)

    def start_next(self, project: int | None = None, *, botgroup: str | None = None, by: str = JOBRUNNER) -> Job | None:
        """Start the pending job whose turn it is, of one project or of all, and return it; None if none is pending.

        Higher priority first, then the oldest; one that finds no free units in its project blocks those behind it.
        botgroup: only of the jobs whose metadata name this group.
        """
        with self.lock:
            blocked: set[int] = set()
            for record in self.world.store.pending_in_turn(project):
                if botgroup in (None, record.meta.get("botgroup")) and record.key.project_id not in blocked:
                    if self.pacer.fits(record):
                        return self.start_job(record.key, by=by)
                    blocked.add(record.key.project_id)
            return None

    def update_metadata(self, job: JobLike, fields: Mapping[str, Any]) -> Job:
        """Merge fields into a job's metadata; its key, project, spider and state are passed over.

        Raises InvalidValue if a field that every job has (tags, priority, close_reason, times, ...) gets another type.
        """
        key, values = arguments.job_key(job), arguments.json_object("fields", fields)
        with self.lock:
            before = self._record(key)
            after = with_metadata(before, values)
            self.world.store.put(after)
            self.pacer.edited(before, after)
            return Job(self, key)

    def delete_metadata(self, job: JobLike, name: str) -> Job:
        """Remove a field from a job's metadata; an absent one, and one that every job has, is left as it is."""
        key, field = arguments.job_key(job), arguments.text("name", name)
        with self.lock:
            self.world.store.put(without_metadata(self._record(key), field))
            return Job(self, key)

    def update_tags(self, job: JobLike, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Job:
        """Remove and add tags of a job; an added tag stands at the end, and once."""
        to_add, to_remove = arguments.tags_of("add", add), arguments.tags_of("remove", remove)
        with self.lock:
            record = self._record(arguments.job_key(job))
            self.world.store.put(with_tags(record, to_add, to_remove, self.now_ms()))
            return Job(self, record.key)

    # ------------------------------------------------------------ reading

    def get_job(self, key: JobLike) -> Job:
        """Return a job by its key, also a deleted one; raises JobNotFound if there is none."""
        with self.lock:
            return Job(self, self._record(arguments.job_key(key)).key)

    def list_jobs(
        self,
        *,
        project: int | None = None,
        spider: str | None = None,
        state: JobState | str | Iterable[JobState | str] | None = None,
        has_tag: str | Iterable[str] | None = None,
        lacks_tag: str | Iterable[str] | None = None,
    ) -> list[Job]:
        """Return jobs, newest change of state first.

        project: default all. state: one or several; default all but deleted. has_tag: any of these. lacks_tag: none.
        """
        with self.lock:
            queries = self._queries(project, spider, state, has_tag, lacks_tag)
            found = [record for query in queries for record in self.world.store.select(query)]
        found.sort(key=lambda record: (record.state_time, record.sequence), reverse=True)
        return [Job(self, record.key) for record in found]

    def count_jobs(
        self,
        *,
        project: int | None = None,
        spider: str | None = None,
        state: JobState | str | Iterable[JobState | str] | None = None,
        has_tag: str | Iterable[str] | None = None,
        lacks_tag: str | Iterable[str] | None = None,
    ) -> int:
        """Return how many jobs list_jobs() would give."""
        with self.lock:
            queries = self._queries(project, spider, state, has_tag, lacks_tag)
            return sum(self.world.store.count(query) for query in queries)

    def select(self, query: JobQuery) -> tuple[list[JobRecord], Millis]:
        """Return the records that a query wants and the moment of the reading; for the wires."""
        with self.lock:
            return [self.progress.shown(record) for record in self.world.store.select(query)], self.now_ms()

    def count(self, query: JobQuery) -> int:
        """Return how many records a query matches, whatever its window; for the wires."""
        with self.lock:
            return self.world.store.count(query)

    def pending_in_turn(self, project: int | None = None) -> list[JobRecord]:
        """Return the pending jobs of one project or of all, in the order in which they will be started; for the wires."""
        with self.lock:
            return list(self.world.store.pending_in_turn(project))

    def last_finished(self, project: int, spider_id: int) -> JobRecord | None:
        """Return the job of a spider that finished last, if any did; for the wires."""
        with self.lock:
            return self.world.store.last_finished(project, spider_id)

    def record_of(self, key: JobKey) -> JobRecord:
        """Return a copy of a job's record; raises JobNotFound if there is none."""
        with self.lock:
            record = self.progress.shown(self._record(key))
        nested = {name: deepcopy(getattr(record, name)) for name in ("spider_args", "job_settings", "environment", "meta")}
        return replace(record, **nested)

    def metadata(self, job: JobLike) -> dict[str, Any]:
        """Return a job's metadata as one flat object: what it is, and whatever clients wrote beside it."""
        with self.lock:
            return deepcopy(metadata_of(self._record(arguments.job_key(job))))

    def project_numbers(self) -> list[int]:
        """Return the projects that were declared or ever used, in ascending order."""
        with self.lock:
            return sorted(self.world.store.projects)

    def spiders(self, project: int) -> list[Spider]:
        """Return copies of the spiders of a project, by id; none if the project is not known."""
        with self.lock:
            known = self.world.store.projects.get(project)
            return sorted((replace(spider) for spider in known or ()), key=lambda spider: spider.spider_id)

    def find_spider(self, project: int, spider_id: int) -> Spider | None:
        """Return a copy of a spider by its id in job keys, or None."""
        with self.lock:
            known = self.world.store.projects.get(project)
            spider = known.find_id(spider_id) if known else None
            return replace(spider) if spider else None

    def spider_named(self, project: int, spider_id: int) -> str | None:
        """Return the name of a spider by its id in job keys, or None."""
        spider = self.find_spider(project, spider_id)
        return spider.name if spider else None

    def require_spider(self, project: int, name: str) -> None:
        """Raise SpiderNotFound if the project declares its spiders and this is none of them."""
        with self.lock:
            known = self.world.store.projects.get(project)
            if known is not None:
                known.require(name)

    def account_of(self, key: str) -> Account | None:
        """Return whom an API key belongs to, or None if it opens nothing."""
        with self.lock:
            return self.world.access.account(key)

    def token_of(self, job: JobLike) -> str | None:
        """Return the token that opens a running job's data, or None if the job is not running."""
        key = arguments.job_key(job)
        with self.lock:
            return self.world.access.token(key) if self._record(key).state is JobState.RUNNING else None

    def job_account(self, job: str, token: str) -> Account | None:
        """Return the account of a running job by its token, or None if the token opens nothing (any more)."""
        with self.lock:
            record = self.world.store.find(job)
            if record is None or record.state is not JobState.RUNNING or not self.world.access.is_token(job, token):
                return None
            return Account(job, frozenset({record.key.project_id}), job)

    def masked(self, key: str | None) -> str | None:
        """Return what may be shown of an API key."""
        with self.lock:
            return self.world.access.masked(key)

    @property
    def key(self) -> str:
        """The API key that is exported to clients."""
        return self.world.access.exported

    # ------------------------------------------------------------ time, and the whole

    @property
    def clock(self) -> CloudClock:
        """The clock: `now`, and `advance(...)`."""
        return CloudClock(self)

    def now_ms(self) -> Millis:
        """Return the present moment of the fake in milliseconds since the epoch."""
        return self._clock.now_ms()

    def advance(self, /, by: timedelta | None = None, **units: float) -> datetime:
        """Move the clock forward and return the new now.

        Takes a timedelta or its keywords: weeks, days, hours, minutes, seconds, milliseconds. Raises UsageError for a
        negative span, and where the clock is the machine's own.
        """
        span = as_duration(by, units)
        with self.lock:
            self._move_to(Millis(self.now_ms() + span))
            return as_datetime(self.now_ms())

    def advance_to(self, moment: datetime | int) -> datetime:
        """Move the clock forward to a moment, an aware datetime or milliseconds, and return it.

        Raises UsageError for a moment in the past, and where the clock is the machine's own.
        """
        wanted = as_millis("moment", moment)
        with self.lock:
            if wanted < self.now_ms():
                raise UsageError(f"advance_to: {as_datetime(wanted)} is in the past of {as_datetime(self.now_ms())}")
            self._move_to(wanted)
        return as_datetime(wanted)

    def move_on_to(self, moment: Millis) -> None:
        """Move the clock forward to a moment, if it is not there yet; for the wires."""
        with self.lock:
            self._move_to(moment)

    def hold_clock(self) -> AbstractContextManager[None]:
        """Return a context manager under whose `with` the clock does not jump by itself; here it never does."""
        return nullcontext()

    # ------------------------------------------------------------ what happens by itself

    def pace(
        self,
        *,
        project: int | None = None,
        pending: Span = ...,
        running: Span | Callable[[JobRecord], Span] = ...,
        stopping: Span = ...,
        ignores_stop: Flag | Callable[[JobRecord], Flag] = ...,
    ) -> None:
        """Say how long jobs wait and run, from now on: all, or those of a project.

        Spans are seconds or timedeltas. pending: from its scheduling to its start; None: it does not start by itself; default
        0. running: from start to end; None, the default: it does not end by itself. stopping: from a stop to its end; default
        0: as soon as the clock moves; None: a stop does not end it. ignores_stop: it does not react to a stop, and is killed
        after five minutes (`cancel_timeout`). A field given in a nearer rule, see script(), beats this one, also as None.
        running may be a callable: it gets the started job's record and returns the span.
        """
        self.pacer.add_rule(
            project, None, None, {"pending": pending, "running": running, "stopping": stopping, "ignores_stop": ignores_stop}
        )

    def script(
        self,
        spider: str,
        *,
        project: int | None = None,
        spider_args: Mapping[str, Any] | None = None,
        pending: Span = ...,
        running: Span | Callable[[JobRecord], Span] = ...,
        stopping: Span = ...,
        ignores_stop: Flag | Callable[[JobRecord], Flag] = ...,
        items: Any = ...,
        logs: Any = ...,
        requests: Any = ...,
        samples: Any = ...,
        pages: Any = ...,
        errors: Any = ...,
        close_reason: Any = ...,
        outcomes: Iterable[str] | None = None,
    ) -> None:
        """Say what jobs of a spider do, from now on: how long they wait and run, what they write, how they end.

        spider_args: only jobs that have these among their arguments. The spans are those of pace(). items, logs, requests,
        samples: records, or a number for the counter alone; pages, errors: counters; all of it comes spread over the running
        time. close_reason: why it ends; outcomes: one for each run, the last for ever. Rules merge field by field; the nearest
        wins: spider and arguments, spider, project, all. Any field but pending and stopping may be a callable: it is called
        once a job, when it has started, with the job's record.
        """
        given = {
            "pending": pending,
            "running": running,
            "stopping": stopping,
            "ignores_stop": ignores_stop,
            "items": items,
            "logs": logs,
            "requests": requests,
            "samples": samples,
            "pages": pages,
            "errors": errors,
            "close_reason": close_reason,
        }
        self.pacer.add_rule(project, arguments.text("spider", spider), spider_args, given, outcomes)

    def run_until(self, job: JobLike, state: JobState | str) -> Job:
        """Move the clock from one due change to the next until a job is in a state, and return the job.

        Raises UsageError if nothing is due any more before it gets there, and for a state that it has passed.
        """
        key, wanted = arguments.job_key(job), arguments.state_of(state)
        self._refuse_to_callables("run_until")
        while (now_in := self.get_job(key).state) is not wanted:
            due = None if wanted in _NEVER_AFTER[now_in] else self.pacer.next_due()
            if due is None:
                raise UsageError(f"{key} is {now_in} and will not be {wanted} by itself: nothing is due (see pace())")
            self.move_on_to(due)
        return Job(self, key)

    def finish_all(self) -> list[Job]:
        """Let every job come to its end, and return those that did, in the order of their ends.

        The clock moves through all that is due. Then running jobs that do not end by themselves are finished, pending ones that
        do not start by themselves are started, as their projects' units allow, and so on.
        """
        self._refuse_to_callables("finish_all")
        active = self.list_jobs(state=(JobState.PENDING, JobState.RUNNING))
        while True:
            if (due := self.pacer.next_due()) is not None:
                self.move_on_to(due)
            elif not (self._finish_running() or self._start_pending()):
                break
        with self.lock:
            return sorted(active, key=lambda job: self._record(job.key).sequence)

    def reset(self) -> None:
        """Forget everything: jobs, projects, spiders, counters and keys. The clock and the exported key stay."""
        with self.lock:
            self.world = World(AccessBook(self.world.access.exported))

    def check(self) -> None:
        """Raise AssertionError if the store's indexes do not agree with its records."""
        with self.lock:
            self.world.store.check()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Under this `with` the verbs either all succeed or, if it is left by an exception, leave no trace.

        The lock is held throughout, so nobody sees half of it.
        """
        with self.lock:
            world, moment = self.world, self.now_ms()
            self.world = world.copy()
            try:
                yield
            except BaseException:
                self.world = world
                self._clock.set_back(moment)
                raise

    # ------------------------------------------------------------ inside, with the lock held

    def _record(self, key: JobKey) -> JobRecord:
        record = self.world.store.find(key)
        if record is None:
            raise JobNotFound(key)
        return record

    def _move_to(self, moment: Millis) -> None:
        self._clock.advance(max(0, moment - self.now_ms()))
        self.pacer.settle()

    def _refuse_to_callables(self, verb: str) -> None:
        if self.pacer.is_evaluating:
            raise UsageError(f"{verb} waits for what is due, and what is due waits for the callable that calls it")

    def _finish_running(self) -> bool:
        """Finish every running job, the one that has run longest first; return whether there was any."""
        with self.lock:
            running = self.list_jobs(state=JobState.RUNNING)
            for job in reversed(running):
                self.finish_job(job)
            return bool(running)

    def _start_pending(self) -> bool:
        """Start the pending jobs whose turn it is while units are free, but one at least; return whether there was any."""
        with self.lock:
            started = list(iter(self.start_next, None))
            first = None if started else next(self.world.store.pending_in_turn(), None)
            if first is not None:
                self.start_job(first.key)
            return bool(started) or first is not None

    def _keep_new(self, fields: dict[str, Any], project: int, wanted: JobKey | None, *, checked: bool) -> Job:
        store = self.world.store
        if wanted is not None and store.find(wanted) is not None:
            raise UsageError(f"there is a job {wanted} already")
        known = store.find_spider(project, fields["spider"])
        number = wanted.job_id if wanted is not None else known.last_job + 1 if known is not None else 1
        if number >= LARGEST:
            raise UsageError(f"job number {number} of spider {fields['spider']!r} is too large")
        spider = store.mention(project, fields["spider"], None if wanted is None else wanted.spider_id, self.now_ms())
        spider.last_job = max(spider.last_job, number)
        record = JobRecord(key=JobKey.of(project, spider.spider_id, number), sequence=store.next_sequence(), **fields)
        identity: Identity = record.identity if record.unique is None else unique_identity(project, record.unique)
        twin = store.active_twin(identity) if checked else None
        if twin is not None:
            raise AlreadyScheduled(spider.name, twin, record.unique)
        store.put(record)
        self._log(BIRTH_EVENTS[record.state], record, getattr(record, BIRTH_SIGNATURES[record.state]), self.now_ms())
        self.pacer.happened(None, None, record, self.now_ms())
        return Job(self, record.key)

    def _happen(
        self, job: JobLike, event: JobEvent, by: str, close_reason: str | None = None, counters: Mapping[str, int] | None = None
    ) -> Job:
        key, by = arguments.job_key(job), arguments.text("by", by)
        with self.lock:
            self.happen_at(key, event, self.now_ms(), close_reason, by=by, counters=counters or {})
            return Job(self, key)

    def happen_at(
        self,
        key: JobKey,
        event: JobEvent,
        at: Millis,
        close_reason: str | None = None,
        *,
        by: str = JOBRUNNER,
        counters: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Let something happen to a job at a moment, which may lie before now: the one way in which a job's state changes.

        The lock is held. Raises JobNotFound or IllegalTransition.
        """
        store = self.world.store
        if event is JobEvent.FINISH and (running := self._record(key)).state is JobState.RUNNING:
            self.pacer.conclude(running, at)
        before = self._record(key)
        after = after_event(before, event, at, store.next_sequence(), by, close_reason=close_reason, **counters)
        store.put(after)
        if after.state is not before.state or event is JobEvent.CANCEL:
            self._log(EVENTS[event], after, by, at)
            self.pacer.happened(event, before, after, at)

    def _log(self, event: str | None, record: JobRecord, by: str | None, at: Millis) -> None:
        if event is not None:
            self.world.activity.happened(event, record.key, by or DEFAULT_USER, at)

    def _queries(self, project: object, spider: object, state: object, has_tag: object, lacks_tag: object) -> Iterator[JobQuery]:
        numbers = self.project_numbers() if project is None else [arguments.whole_number("project", project)]
        name = None if spider is None else arguments.text("spider", spider)
        states = arguments.states_of(state)
        has, lacks = arguments.one_or_more_tags("has_tag", has_tag), arguments.one_or_more_tags("lacks_tag", lacks_tag)
        return (JobQuery(project=number, spider=name, states=states, has_tags=has, lacks_tags=lacks) for number in numbers)


def _is_records(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


def _counters(**given: int | None) -> dict[str, int]:
    return {name: arguments.whole_number(name, count) for name, count in given.items() if count is not None}


def _project_number(project: object, key: JobKey | None) -> int:
    if key is None:
        if project is None:
            raise UsageError("which project? give project=, or key=")
        return arguments.whole_number("project", project)
    if project is not None and arguments.whole_number("project", project) != key.project_id:
        raise UsageError(f"key {key} does not lie in project {project}")
    return key.project_id
