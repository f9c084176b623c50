"""Periodic jobs: add, change and remove them, fire one now, and let those fire that are due.

What is due fires as every due change does, when somebody takes the lock, and carries the time at which it was due; pace.py asks for
it. A task whose twin is active starts nothing and burns a job number, as a refused run.json does. While nothing can change that, the
firings of a periodic job are only counted, so that it costs next to nothing to move the clock over a great many of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from fakejobs.cloud.jobs import Jobs
from fakejobs.cloud.projects import Projects
from fakejobs.cloud.realm import Realm
from fakejobs.cloud.scheduling import Scheduling
from fakejobs.domain.clock import Millis, as_datetime
from fakejobs.domain.job import JobRecord
from fakejobs.domain.periodic import PeriodicJob, PeriodicJobs, PeriodicTask
from fakejobs.errors import FakeJobsError, NotFound, SpiderNotFound, UsageError
from fakejobs.evidence import Source, assumed, documented

BY = "periodicjobs"
"""The login under which the platform schedules jobs by the calendar."""

MOST = 10_000
"""How many jobs the calendar starts at most in one move of the clock."""

_MINUTE_MS = 60_000

EVERYWHERE: tuple[Source, ...] = (
    documented("scheduled_by of what the calendar starts is periodicjobs"),
    assumed("the calendar is in UTC; a task whose twin is active starts nothing and burns a job number, as a refused run.json does"),
    assumed("what a task starts has the tags of addtags, the version of the latest deploy, and one unit"),
    assumed("of what is due at one moment, jobs end and start by themselves first; then periodic jobs fire, the smallest number first"),
    assumed("a project that has been closed to a task's spider since starts nothing of it"),
)
"""What is true of every periodic job."""


class Periodic:
    """The periodic jobs of one cloud."""

    def __init__(self, realm: Realm, jobs: Jobs, projects: Projects, scheduling: Scheduling) -> None:
        self._realm = realm
        self._jobs = jobs
        self._projects = projects
        self._scheduling = scheduling
        self._is_held = False
        self._left = MOST
        self.started = 0
        """How many jobs the calendar has ever started."""

    @property
    def _book(self) -> PeriodicJobs:
        return self._realm.world.periodic

    # ------------------------------------------------------------ the book of periodic jobs

    def add(self, job: PeriodicJob) -> PeriodicJob:
        """Put a periodic job behind the others, and return it with its number; its project becomes known."""
        with self._realm.lock:
            return self.keep(replace(job, periodic_id=self._book.next_id()))

    def keep(self, job: PeriodicJob) -> PeriodicJob:
        """Keep a periodic job, in place of the earlier one of its number, and return it; its project becomes known."""
        with self._realm.lock:
            self._projects.add(job.project)
            self._book.keep(job, self._realm.now_ms())
            return job

    def get(self, periodic_id: int) -> PeriodicJob:
        """Return a periodic job by its number; raises NotFound."""
        with self._realm.lock:
            found = self._book.find(periodic_id)
            if found is None:
                raise NotFound(f"there is no periodic job {periodic_id}")
            return found

    def remove(self, periodic_id: int) -> None:
        """Remove a periodic job; raises NotFound. The jobs that it has started stay."""
        with self._realm.lock:
            self._book.drop(self.get(periodic_id).periodic_id)

    def of(self, project: int | None = None) -> list[PeriodicJob]:
        """Return the periodic jobs of a project or of all, by their numbers."""
        with self._realm.lock:
            return self._book.of(project)

    # ------------------------------------------------------------ firing

    def fire(self, periodic_id: int) -> list[JobRecord]:
        """Fire a periodic job now, also a disabled one, and return the jobs that it starts; raises NotFound."""
        with self._realm.lock:
            return self._fire(self.get(periodic_id), self._realm.now_ms())

    @property
    def next_due(self) -> Millis | None:
        """When one of them is due next; None while they are held. The lock is held."""
        return None if self._is_held else self._book.next_due

    @contextmanager
    def held(self) -> Iterator[None]:
        """Under this `with` none fires by itself; what falls due meanwhile is passed over."""
        with self._realm.lock:
            self._is_held = True
        try:
            yield
        finally:
            with self._realm.lock:
                self._book.pass_over(self._realm.now_ms())
                self._is_held = False

    def begin(self) -> None:
        """Begin to apply what is due: from here on, MOST jobs may be started. The lock is held."""
        self._left = MOST

    def is_far(self, span: int) -> bool:
        """Say whether more than MOST jobs may be started while the clock moves by so many milliseconds."""
        tasks = sum(len(job.tasks) for job, _ in self._book.enabled())
        return (span // _MINUTE_MS + 1) * tasks > MOST

    def fire_next(self, other: Millis | None) -> None:
        """Fire the periodic job that is due next; other: when jobs change by themselves next, if they do. The lock is held.

        Raises UsageError if MOST jobs were started before, in a move of the clock. If the clock moves by itself, what is due is
        passed over then.
        """
        job, at, now = self._book.next_one(), self._book.next_due, self._realm.now_ms()
        if job is None or at is None:
            return
        if self._left <= 0:
            if self._realm.is_moving:
                raise UsageError(_too_many(job, at))
            self._book.pass_over(now)
            return
        started = len(self._fire(job, at))
        self._left -= started
        self.started += started
        self._book.plan(job, at)
        if not started:
            self._skip(job, at, Millis(min([now, *(moment - 1 for moment in self._changes(job, other))])))

    def _changes(self, job: PeriodicJob, other: Millis | None) -> Iterator[Millis]:
        """Yield the moments from which on a periodic job that starts nothing may start something again."""
        if other is not None:
            yield other
        yield from (due for twin, due in self._book.enabled() if twin is not job and not self._is_blocked(twin))

    def _skip(self, job: PeriodicJob, at: Millis, until: Millis) -> None:
        """Let the firings of a periodic job until a moment, at which nothing has changed yet, do what the one before did: burn numbers."""
        count = job.cron.count(at, until)
        if count > 0:
            for task in job.tasks:
                if self._has_twin(job, task):
                    self._refuse(job, task, count)
            self._book.plan(job, until)

    def _fire(self, job: PeriodicJob, at: Millis) -> list[JobRecord]:
        started = (self._start(job, task, at) for task in job.tasks)
        return [record for record in started if record is not None]

    def _start(self, job: PeriodicJob, task: PeriodicTask, at: Millis) -> JobRecord | None:
        """Start the job of a task, if it may be."""
        if not self._is_known(job, task):
            return None
        if self._has_twin(job, task):
            self._refuse(job, task, 1)
            return None
        try:
            return self._scheduling.schedule(
                job.project,
                task.spider,
                by=BY,
                at=at,
                tags=job.tags,
                priority=task.priority,
                spider_args=task.spider_args,
                cmd_args=task.cmd_args,
            )
        except FakeJobsError:  # its numbers are used up
            return None

    def _refuse(self, job: PeriodicJob, task: PeriodicTask, count: int) -> None:
        """Take note that a task's job would be a duplicate, so many times."""
        self._jobs.burn(job.project, task.spider, count)
        self._book.refused[job.periodic_id, task.spider] += count

    def _is_blocked(self, job: PeriodicJob) -> bool:
        """Say whether a periodic job would start nothing now."""
        return all(not self._is_known(job, task) or self._has_twin(job, task) for task in job.tasks)

    def _is_known(self, job: PeriodicJob, task: PeriodicTask) -> bool:
        try:
            self._projects.require_spider(job.project, task.spider)
        except SpiderNotFound:
            return False
        return True

    def _has_twin(self, job: PeriodicJob, task: PeriodicTask) -> bool:
        return self._jobs.active_twin(job.project, task.spider, task.spider_args, task.cmd_args) is not None


def _too_many(job: PeriodicJob, at: Millis) -> str:
    return (
        f"the clock moves too far: by {as_datetime(at):%Y-%m-%d %H:%M} the calendar has started {MOST:,} jobs, and periodic job "
        f"{job.periodic_id} of project {job.project} ({job.cron}) fires again; move it in smaller steps, or disable periodic jobs"
    )
