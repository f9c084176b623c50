"""The verbs on jobs: put them into the store, move them through their lives, edit, list and count them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from fakejobs import arguments
from fakejobs.access import DEFAULT_USER
from fakejobs.cloud import Cloud
from fakejobs.cloud.jobs import JobFields
from fakejobs.cloud.life import JOBRUNNER
from fakejobs.domain.job import DEFAULT_PRIORITY, DEFAULT_UNITS, MANUAL, JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.metadata import metadata_of
from fakejobs.domain.query import JobQuery
from fakejobs.errors import UsageError
from fakejobs.quoting import quoted
from fakejobs.verbs.advice import advised
from fakejobs.verbs.births import birth_of, spread, written_by
from fakejobs.verbs.live import Job, JobLike, Lapse, Moment


class JobVerbs:
    """Jobs."""

    _cloud: Cloud

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
        ago: Lapse = None,
        ran: Lapse = None,
        never_ran: bool = False,
        items: int | Iterable[Any] | None = None,
        pages: int | None = None,
        errors: int | None = None,
        logs: int | Iterable[Any] | None = None,
        requests: Iterable[Mapping[str, Any]] | None = None,
        samples: Iterable[Any] | None = None,
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

        Only spider and project are required. A finished or deleted job has run, unless never_ran says that it has not.

        key: a key of its own; it stands for project, and the spider's id and job counter respect its numbers.
        state: pending, running, finished or deleted; default pending.
        tags, priority, units: default none, 2 (of 0 to 4), 1 (of 1 to 6).
        spider_args: texts; plain numbers and booleans become texts.
        close_reason: default of a job that has run `cancelled` if a stop was asked for, else `finished`; "" leaves it unset.
        pending_time, running_time, finished_time, deleted_time, updated_time, touched_time: aware datetimes, or milliseconds
        since the epoch. Default of the state's own: now. A job that has run gets others, too: it was scheduled when it started,
        it started when it ended, and that is when its last data came, and when it was deleted.
        ago: how long ago the job ended, or, if it is not over, came into its state: a timedelta, or a mapping of its keywords,
        such as {"days": 31}. It stands for all times, and so does ran.
        ran: how long the run of a job that is over took, likewise; default 0.
        never_ran: whether a job that is over ended without a run; it gets its state's own time alone. Default False.
        items, logs: counters, or the records themselves, as for add_items() and add_logs(). Records come evenly over the job's
        run, the last at its end, or now if it is not over.
        requests, samples: records, as for add_requests() and add_samples(), likewise. One that brings its own time keeps it.
        pages, errors: counters.
        unique: True refuses the job while an equal one is pending or running, as run.json does. A text refuses it while a job
        of the same text is, as a push into the queue does. A refusal burns a job number.
        by: the login that causes it.

        Raises InvalidValue for a state, priority or units out of range, AlreadyScheduled for a refused duplicate, and
        UsageError for anything else that is wrong.
        """
        if spider is None:
            raise UsageError("which spider? give spider=, the name of one")
        reached = arguments.state_of(state)
        wanted = None if key is None else arguments.job_key(key)
        name = arguments.text("spider", spider)
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
        birth = birth_of(reached, times, ago, ran, never_ran)
        given = {"items": items, "logs": logs, "requests": requests, "samples": samples}
        written = written_by(given, never_ran=birth.never_ran)
        counters = {"items": items, "pages": pages, "errors": errors, "logs": logs}
        fields: JobFields = {
            "tags": arguments.tags_of("tags", tags),
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
            "close_reason": birth.close_reason(close_reason, stopped=cancel_requested),
            "cancel_requested": arguments.flag("cancel_requested", cancel_requested),
            **{name: arguments.text(name, login) for name, login in signatures.items() if login is not None},  # type: ignore[typeddict-item]
            **_counters({name: value for name, value in counters.items() if name not in written}),
        }
        login = None if by is None else arguments.text("by", by)
        number = _project_number(project, wanted)
        with self._cloud.lock:
            now = self._cloud.now_ms()
            moments = birth.times(now)
            encoded = {kind: spread(kind, records, moments, now) for kind, records in written.items()}
            fields.update(moments)  # type: ignore[typeddict-item]
            record = self._cloud.jobs.add(number, name, state=reached, key=wanted, checked=bool(unique), by=login, **fields)
            for kind, batches in encoded.items():
                self._cloud.records.bring(record.key, kind, batches)
            return Job(self._cloud, record.key)

    def start_job(self, job: JobLike, *, by: str = JOBRUNNER) -> Job:
        """Start a pending job; raises IllegalTransition if it is in another state."""
        key, login = arguments.job_key(job), arguments.text("by", by)
        with advised(key):
            return self._job(self._cloud.jobs.start(key, by=login))

    def start_next(self, project: int | None = None, *, botgroup: str | None = None, by: str = JOBRUNNER) -> Job | None:
        """Start the pending job whose turn it is, of one project or of all, and return it; None if none is pending.

        Higher priority first, then the oldest; one that finds no free units in its project blocks those behind it.
        botgroup: only of the jobs whose metadata name this group.
        """
        number = None if project is None else arguments.whole_number("project", project)
        group = None if botgroup is None else arguments.text("botgroup", botgroup)
        started = self._cloud.jobs.start_next(number, botgroup=group, by=arguments.text("by", by))
        return None if started is None else self._job(started)

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

        close_reason: default `cancelled` if a stop was asked for, else `finished`; "" leaves it unset.
        items, pages, errors, logs: counters to set.
        by: the login that ends it.

        A finished job may be ended again: no time moves. Raises IllegalTransition for a deleted one.
        """
        reason = close_reason if close_reason in (None, "") else arguments.text("close_reason", close_reason)
        for kind, given in (("items", items), ("logs", logs)):
            _refuse_records(kind, given)
        counters = _counters({"items": items, "pages": pages, "errors": errors, "logs": logs})
        key, login = arguments.job_key(job), arguments.text("by", by)
        with advised(key):
            return self._job(self._cloud.jobs.finish(key, close_reason=reason, counters=counters, by=login))

    def cancel_job(self, job: JobLike, *, by: str = DEFAULT_USER) -> Job:
        """Ask a job to stop: a pending one ends at once, a running one runs on until it is finished.

        Raises IllegalTransition if the job is over.
        """
        key, login = arguments.job_key(job), arguments.text("by", by)
        with advised(key):
            return self._job(self._cloud.jobs.cancel(key, by=login))

    def delete_job(self, job: JobLike, *, by: str = DEFAULT_USER) -> Job:
        """Delete a finished job; raises IllegalTransition if it is in another state."""
        key, login = arguments.job_key(job), arguments.text("by", by)
        with advised(key):
            return self._job(self._cloud.jobs.delete(key, by=login))

    def update_tags(self, job: JobLike, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Job:
        """Remove and add tags of a job; an added tag stands at the end, and once."""
        key = arguments.job_key(job)
        self._cloud.jobs.update_tags(key, arguments.tags_of("add", add), arguments.tags_of("remove", remove))
        return Job(self._cloud, key)

    def metadata(self, job: JobLike) -> dict[str, Any]:
        """Return a job's metadata as one flat object: what it is, and whatever clients wrote beside it."""
        return deepcopy(metadata_of(self._cloud.jobs.stored(arguments.job_key(job))))

    def update_metadata(self, job: JobLike, fields: Mapping[str, Any]) -> Job:
        """Merge fields into a job's metadata; its key, project, spider and state are passed over.

        Raises InvalidValue if a field that every job has (tags, priority, close_reason, times, ...) gets another type.
        """
        key = arguments.job_key(job)
        self._cloud.jobs.update_metadata(key, arguments.json_object("fields", fields))
        return Job(self._cloud, key)

    def delete_metadata(self, job: JobLike, name: str) -> Job:
        """Remove a field from a job's metadata; an absent one, and one that every job has, is left as it is."""
        key = arguments.job_key(job)
        self._cloud.jobs.delete_metadata(key, arguments.text("name", name))
        return Job(self._cloud, key)

    def get_job(self, key: JobLike) -> Job:
        """Return a job by its key, also a deleted one; raises JobNotFound if there is none."""
        return self._job(self._cloud.jobs.get(arguments.job_key(key)))

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
        query = _query(spider, state, has_tag, lacks_tag)
        with self._cloud.lock:
            keys = self._cloud.jobs.keys(map(query, self._projects(project)))
        return [Job(self._cloud, key) for key in keys]

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
        query = _query(spider, state, has_tag, lacks_tag)
        with self._cloud.lock:
            return sum(self._cloud.jobs.count(query(number)) for number in self._projects(project))

    def _job(self, record: JobRecord) -> Job:
        return Job(self._cloud, record.key)

    def _projects(self, project: object) -> list[int]:
        return self._cloud.projects.numbers() if project is None else [arguments.whole_number("project", project)]


def _query(spider: object, state: object, has_tag: object, lacks_tag: object) -> Callable[[int], JobQuery]:
    """Read what list_jobs() and count_jobs() are asked for, and return how to ask a project for it."""
    name = None if spider is None else arguments.text("spider", spider)
    states = arguments.states_of(state)
    has, lacks = arguments.one_or_more_tags("has_tag", has_tag), arguments.one_or_more_tags("lacks_tag", lacks_tag)
    return lambda project: JobQuery(project=project, spider=name, states=states, has_tags=has, lacks_tags=lacks)


def _counters(given: Mapping[str, Any]) -> dict[str, int]:
    return {name: arguments.whole_number(name, count) for name, count in given.items() if count is not None}


def _refuse_records(kind: str, given: object) -> None:
    if isinstance(given, Iterable) and not arguments.is_number(given):
        legal = f"finish_job sets the counter alone, as in {kind}=2; add_{kind}(job, [...]) writes records"
        raise UsageError(f"{kind}={quoted(given)} is no number: {legal}")


def _project_number(project: object, key: JobKey | None) -> int:
    if key is None:
        if project is None:
            raise UsageError("which project? give project=, or key=: project=123, key='123/1/2'")
        return arguments.whole_number("project", project)
    if project is not None and arguments.whole_number("project", project) != key.project_id:
        raise UsageError(f"key {key} does not lie in project {project}: leave project= out, or give a key of that project")
    return key.project_id
