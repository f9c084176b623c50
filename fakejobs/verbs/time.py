"""The verbs on time: the clock, and how jobs live by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import EllipsisType
from typing import Any

from fakejobs import arguments
from fakejobs.cloud import Cloud
from fakejobs.domain.job import JobRecord
from fakejobs.domain.lifecycle import JobState
from fakejobs.verbs.live import FakeClock, Job, JobLike
from fakejobs.verbs.rules import fields_of

Span = float | timedelta | EllipsisType | None
"""Seconds or a timedelta, None for never, `...` for not given."""
Flag = bool | EllipsisType | None
"""Yes or no, None for no, `...` for not given."""


class TimeVerbs:
    """Time."""

    _cloud: Cloud
    _hold_clock: Callable[[], AbstractContextManager[None]]

    @property
    def clock(self) -> FakeClock:
        """The clock: `now`, `advance(...)`, `advance_to(...)` and `held()`."""
        return FakeClock(self._cloud, self._hold_clock)

    def advance(self, /, by: timedelta | None = None, **units: float) -> datetime:
        """Move the clock forward and return the new now.

        Takes a timedelta or its keywords: weeks, days, hours, minutes, seconds, milliseconds. Raises UsageError for a
        negative span, where the clock is the machine's own, and if periodic jobs would start more than 10,000 jobs.
        """
        return self.clock.advance(by, **units)

    def advance_to(self, moment: datetime | int) -> datetime:
        """Move the clock forward to a moment, an aware datetime or milliseconds, and return it.

        Raises UsageError for a moment in the past, where the clock is the machine's own, and if periodic jobs would start more
        than 10,000 jobs.
        """
        return self.clock.advance_to(moment)

    def pace(
        self,
        *,
        project: int | None = None,
        pending: Span = ...,
        running: Span | Callable[[JobRecord], Span] = ...,
        stopping: Span = ...,
        ignores_stop: Flag | Callable[[JobRecord], Flag] = ...,
    ) -> None:
        """Say how long jobs wait and run, from now on: all jobs, or those of a project.

        A span is seconds or a timedelta. A nearer rule, see script(), beats this one, field by field, also with None.

        pending: from scheduling to start; default 0. None: it does not start by itself.
        running: from start to end. None, the default: it does not end by itself. A callable gets the started job's record,
        and returns the span.
        stopping: from a stop to the end; default 0, which is as soon as the clock moves. None: a stop does not end it.
        ignores_stop: True: it does not react to a stop, and is killed after five minutes (`cancel_timeout`).
        """
        self._add_rule(project, None, None, {"pending": pending, "running": running, "stopping": stopping, "ignores_stop": ignores_stop})

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

        Rules merge field by field. The nearest wins: spider and arguments, spider, project, all.

        spider_args: only jobs that have these among their arguments.
        pending, running, stopping, ignores_stop: as for pace().
        items, logs, requests, samples: records, or a number for the counter alone. They come spread over the running time.
        pages, errors: counters, spread likewise.
        close_reason: why the job ends.
        outcomes: close reasons of the first run, the second, and so on; the last one stays.

        Any field but pending and stopping may be a callable. It is called once a job, when it has started, with the job's record.
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
        self._add_rule(project, arguments.text("spider", spider), spider_args, given, outcomes)

    def run_until(self, job: JobLike, state: JobState | str) -> Job:
        """Move the clock from one due change to the next until a job is in a state, and return the job.

        Waits for a script's callable that another thread is calling. Raises UsageError if nothing is due any more before it gets
        there, for a state that it has passed, for a callable that does not return for a minute, and if periodic jobs start more than
        10,000 jobs on the way.
        """
        key = arguments.job_key(job)
        self._cloud.pace.run_until(key, arguments.state_of(state))
        return Job(self._cloud, key)

    def finish_all(self) -> list[Job]:
        """Let every job come to its end, and return those that did, in the order of their ends.

        The clock moves through all that is due. Then running jobs that do not end by themselves are finished, pending ones that
        do not start by themselves are started, as their projects' units allow, and so on. Periodic jobs do not fire meanwhile.
        Waits for callables as run_until() does.
        """
        return [Job(self._cloud, key) for key in self._cloud.pace.finish_all()]

    def _add_rule(
        self, project: object, spider: str | None, spider_args: object, given: Mapping[str, Any], outcomes: object = None
    ) -> None:
        number = None if project is None else arguments.whole_number("project", project)
        args = None if spider_args is None else arguments.spider_args_of(spider_args)
        self._cloud.plans.add_rule(number, spider, args, fields_of(given, outcomes))
