"""Scheduling jobs as dash does: of a known spider, of the latest deploy, and not beside an active twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakejobs.cloud.jobs import JobFields, Jobs
from fakejobs.cloud.projects import Projects
from fakejobs.cloud.realm import Realm
from fakejobs.cloud.uploads import Uploads
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import NOTHING, JobRecord
from fakejobs.domain.lifecycle import JobState

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Scheduling:
    """How run.json and periodic jobs put jobs into a cloud."""

    def __init__(self, realm: Realm, jobs: Jobs, projects: Projects, uploads: Uploads) -> None:
        self._realm = realm
        self._jobs = jobs
        self._projects = projects
        self._uploads = uploads

    def schedule(
        self,
        project: int,
        spider: str,
        *,
        state: JobState = JobState.PENDING,
        by: str,
        at: Millis | None = None,
        **fields: Unpack[JobFields],
    ) -> JobRecord:
        """Schedule a job of the latest deploy, and return it; an active twin refuses it and burns a job number.

        state: in which it is born. by: the login that causes it. at: when it happens; default now. Raises SpiderNotFound if the
        project declares its spiders and this is none of them, and AlreadyScheduled.
        """
        with self._realm.lock:
            self._projects.require_spider(project, spider)
            deploy = self._uploads.latest(project)
            if deploy is not None:
                meta = {"deploy_id": deploy.deploy_id, **fields.get("meta", NOTHING)}
                fields["meta"] = meta
                fields["version"] = deploy.version if meta["deploy_id"] == deploy.deploy_id else None
            return self._jobs.add(project, spider, state=state, checked=True, by=by, at=at, **fields)
