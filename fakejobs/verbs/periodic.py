"""The verbs on periodic jobs: add one, list them, fire one now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fakejobs import arguments
from fakejobs.cloud import Cloud
from fakejobs.domain.cron import EVERY
from fakejobs.domain.job import DEFAULT_PRIORITY
from fakejobs.domain.periodic import PeriodicJob, PeriodicTask
from fakejobs.errors import UsageError
from fakejobs.quoting import quoted
from fakejobs.verbs.live import Job

Object = Mapping[str, Any]

_TASK_WORDS = frozenset({"spider", "priority", "spider_args", "cmd_args"})


class PeriodicVerbs:
    """Periodic jobs."""

    _cloud: Cloud

    def add_periodic_job(
        self,
        spider: str | None = None,
        *,
        project: int,
        minute: int | str = 0,
        hour: int | str = EVERY,
        dayofmonth: int | str = EVERY,
        month: int | str = EVERY,
        dayofweek: int | str = EVERY,
        spider_args: Object | None = None,
        cmd_args: str | None = None,
        priority: int = DEFAULT_PRIORITY,
        tasks: Iterable[Object] = (),
        tags: Iterable[str] = (),
        description: str = "",
        disabled: bool = False,
        periodic_id: int | None = None,
    ) -> PeriodicJob:
        """Let the calendar start jobs, in UTC, whenever the clock gets there; return the periodic job, a frozen record.

        Each job is scheduled as by run.json, by `periodicjobs`: while its twin is active, none is, and a job number is burnt. One move
        of the clock starts 10,000 jobs at most; one that would start more is refused. A clock that moves by itself passes the rest over.

        spider: the spider, or `py:NAME` for a script.
        minute, hour, dayofmonth, month, dayofweek: a number, or `*` for every one. minute is 0 by default, the others are `*`. A day
        of the week is 0 to 6 from Sunday on, or 7 for Sunday. Where it and dayofmonth are numbers, one of them is enough.
        spider_args, cmd_args, priority: of the job.
        tasks: further jobs that are started, as mappings of spider, spider_args, cmd_args and priority.
        tags: of all these jobs.
        description: for people.
        disabled: True: the calendar starts nothing; fire_periodic_job() does.
        periodic_id: its number; an earlier one of that number is replaced. Default: the next.
        """
        first = {"spider": spider, "spider_args": spider_args, "cmd_args": cmd_args, "priority": priority}
        given = [*([] if spider is None else [first]), *arguments.listed("tasks", tasks, "mappings")]
        if not given:
            raise UsageError("which spider? give spider, or tasks")
        read = tuple(map(_task_of, given))
        if len({task.type for task in read}) > 1:
            raise UsageError("tasks: a periodic job starts spiders or scripts, not both")
        cron = {"minute": minute, "hour": hour, "dayofmonth": dayofmonth, "month": month, "dayofweek": dayofweek}
        job = PeriodicJob(
            periodic_id=0 if periodic_id is None else arguments.whole_number("periodic_id", periodic_id, least=1),
            project=arguments.whole_number("project", project),
            tasks=read,
            cron=arguments.cron_of(cron),
            tags=arguments.tags_of("tags", tags),
            description=arguments.optional_text("description", description) or "",
            disabled=arguments.flag("disabled", disabled),
        )
        return self._cloud.periodic.keep(job) if job.periodic_id else self._cloud.periodic.add(job)

    def periodic_jobs(self, *, project: int | None = None) -> list[PeriodicJob]:
        """Return the periodic jobs of a project, or of all, by their numbers: frozen records with tasks, cron, tags and so on."""
        return self._cloud.periodic.of(None if project is None else arguments.whole_number("project", project))

    def fire_periodic_job(self, periodic_job: PeriodicJob | int) -> list[Job]:
        """Fire a periodic job now, also a disabled one, and return the jobs that it starts, those without an active twin.

        periodic_job: its record or its number. Raises NotFound.
        """
        number = periodic_job.periodic_id if isinstance(periodic_job, PeriodicJob) else periodic_job
        fired = self._cloud.periodic.fire(arguments.whole_number("periodic_job", number, least=1))
        return [Job(self._cloud, record.key) for record in fired]


def _task_of(given: object) -> PeriodicTask:
    if not isinstance(given, Mapping) or "spider" not in given or not _TASK_WORDS.issuperset(given):
        raise UsageError(f"tasks: {quoted(given)} is no mapping of spider and maybe spider_args, cmd_args and priority")
    return PeriodicTask(
        spider=arguments.text("spider", given["spider"]),
        priority=arguments.priority_of(given.get("priority", DEFAULT_PRIORITY)),
        spider_args=arguments.spider_args_of(given.get("spider_args")),
        cmd_args=arguments.optional_text("cmd_args", given.get("cmd_args")),
    )
