"""What is uploaded: versions of a project's code, eggs, and reports of jobs.

What an upload makes known is found out by the platform, not by the client: expect() says it beforehand.
"""

from __future__ import annotations

from dataclasses import replace

from fakejobs.cloud.projects import Projects
from fakejobs.cloud.realm import Realm
from fakejobs.domain.deploys import MAIN_EGG, Deploy, Egg, Expected, Report
from fakejobs.domain.keys import JobKey
from fakejobs.domain.metadata import SCRIPT


class Uploads:
    """What can be done with the uploads of a cloud's projects."""

    def __init__(self, realm: Realm, projects: Projects) -> None:
        self._realm = realm
        self._projects = projects

    # ------------------------------------------------------------ deploys

    def expect(self, project: int, expected: Expected) -> None:
        """Say what the platform will find in the uploads of a project from now on."""
        with self._realm.lock:
            self._realm.world.deploys.expect(project, expected)

    def take_in(self, deploy: Deploy) -> Deploy:
        """Take in an upload of a client, as the platform would, and return what has become of it.

        The expected spiders and scripts are made known beside those that the client names, unless an error is expected. The file in the
        field `egg` becomes the project's main egg.
        """
        with self._realm.lock:
            deploys = self._realm.world.deploys
            expected = deploys.expected(deploy.project)
            if expected.error is not None:
                return self.add(replace(deploy, spiders=(), scripts=(), error=expected.error))
            named, called = (*deploy.spiders, *expected.spiders), (*deploy.scripts, *expected.scripts)
            kept = self.add(replace(deploy, spiders=tuple(dict.fromkeys(named)), scripts=tuple(dict.fromkeys(called))))
            for file in kept.files:
                if file.field == "egg":
                    deploys.keep_egg(kept.project, Egg(MAIN_EGG, kept.version, file.content, kept.time))
            return kept

    def add(self, deploy: Deploy) -> Deploy:
        """Put a deploy behind those of its project, and return it with its number; its spiders and scripts become known."""
        with self._realm.lock:
            deploys = self._realm.world.deploys
            numbered = replace(deploy, deploy_id=deploys.next_id(deploy.project))
            self._projects.add(numbered.project)
            deploys.keep(numbered)
            if numbered.error is None:
                for name in (*numbered.spiders, *(SCRIPT + script for script in numbered.scripts)):
                    self._projects.add_spider(name, numbered.project)
            return numbered

    def of(self, project: int) -> list[Deploy]:
        """Return the deploys of a project, oldest first."""
        with self._realm.lock:
            return list(self._realm.world.deploys.of(project))

    def find(self, project: int, deploy_id: int) -> Deploy | None:
        """Return a deploy by its number, if there is one."""
        with self._realm.lock:
            return self._realm.world.deploys.find(project, deploy_id)

    def latest(self, project: int) -> Deploy | None:
        """Return the deploy whose code a project runs, if there is one."""
        with self._realm.lock:
            return self._realm.world.deploys.latest(project)

    # ------------------------------------------------------------ eggs

    def add_egg(self, project: int, egg: Egg) -> Egg:
        """Put an egg beside a project's code, in place of an earlier one of its name, and return it."""
        with self._realm.lock:
            self._projects.add(project)
            self._realm.world.deploys.keep_egg(project, egg)
            return egg

    def delete_egg(self, project: int, name: str) -> bool:
        """Remove an egg of a project, and say whether it was there."""
        with self._realm.lock:
            return self._realm.world.deploys.drop_egg(project, name)

    def eggs(self, project: int) -> list[Egg]:
        """Return the eggs of a project, by name; `__main__` is the one of its own code."""
        with self._realm.lock:
            return self._realm.world.deploys.eggs(project)

    # ------------------------------------------------------------ reports of jobs

    def add_report(self, key: JobKey, report: Report) -> None:
        """Attach a report to a job, in place of an earlier one of its key; raises JobNotFound if there is no such job."""
        with self._realm.lock:
            self._realm.record(key)
            self._realm.world.deploys.keep_report(key, report)

    def reports(self, key: JobKey) -> list[Report]:
        """Return the reports of a job, in the order in which their keys first came."""
        with self._realm.lock:
            return self._realm.world.deploys.reports(key)
