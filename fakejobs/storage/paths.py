"""The numbers in the paths of the queue's family: a project, a spider, a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakejobs.domain.keys import JobKey
from fakejobs.evidence import recorded
from fakejobs.web.params import number, param


def _project() -> Any:
    return param(number, doc="Project number, in the path.", sources=[recorded("/jobq/2222222/list")])


def _spider_id() -> Any:
    return param(number, name="spider", doc="The spider's number in job keys, in the path.", sources=[recorded("/jobq/2222222/1/summary")])


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectParams:
    """Endpoints of one project."""

    project: int = _project()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParams(ProjectParams):
    """Endpoints of one job."""

    spider: int = _spider_id()
    job: int = param(number, doc="Job number, in the path.", sources=[recorded("/jobs/2222222/1/560")])

    @property
    def key(self) -> JobKey:
        """The job's key."""
        return JobKey.of(self.project, self.spider, self.job)
