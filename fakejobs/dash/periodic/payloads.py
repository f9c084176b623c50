"""What dash answers of periodic jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakejobs.domain.cron import EVERY, RANGES, Cron
from fakejobs.domain.periodic import PeriodicJob, PeriodicTask

SpiderId = Callable[[str], int | None]
"""Returns the number of a spider in job keys, by its name."""


def periodic_object(job: PeriodicJob, spider_id: SpiderId) -> dict[str, Any]:
    """Return a periodic job."""
    return {
        "id": job.periodic_id,
        "disabled": job.disabled,
        "project": job.project,
        "tasks": [_task(task, spider_id) for task in job.tasks],
        "addtags": list(job.tags),
        "type": job.type.value,
        "description": job.description,
        "cron": _cron(job.cron),
    }


def _task(task: PeriodicTask, spider_id: SpiderId) -> dict[str, Any]:
    return {
        "name": task.spider,
        "priority": task.priority,
        "spider_args": dict(task.spider_args),
        "script_args": task.cmd_args,
        "jobq_id": spider_id(task.spider),
    }


def _cron(cron: Cron) -> dict[str, Any]:
    return {name: EVERY if (value := getattr(cron, name)) is None else value for name in RANGES}
