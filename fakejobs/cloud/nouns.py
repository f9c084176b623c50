"""The nouns as verbs of a test: one flat method each, next to the verbs on jobs, so that every door can call them.

add_…() writes as a client would, at now; the readers return plain Python or a live view; restore_…() puts a noun back as
a dump has it. The work is done by the noun's own object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fakejobs import arguments
from fakejobs.access import DEFAULT_USER
from fakejobs.cloud.collections import STORE, Collection
from fakejobs.cloud.frontier import FrontierSlot
from fakejobs.cloud.jobs import JobVerbs
from fakejobs.cloud.view import JobLike, Moment
from fakejobs.domain.deploys import Deploy, Egg, Report, UploadedFile

Object = Mapping[str, Any]


class FakeCloud(JobVerbs):
    """Scrapy Cloud in memory: the verbs of tests, seeds and wires, on jobs and on everything else.

    The arguments are those of JobVerbs.
    """

    # ------------------------------------------------------------ what spiders write

    def add_items(self, job: JobLike, items: Iterable[Object]) -> None:
        """Append items, which are JSON objects, to a job; its counter follows, unless it was set. Raises JobNotFound."""
        self.records.add(job, "items", items)

    def add_logs(self, job: JobLike, logs: Iterable[Any]) -> None:
        """Append log records to a job: texts such as "INFO started", pairs of level and message, or mappings.

        The counters of logs and errors follow, unless they were set. Raises JobNotFound.
        """
        self.records.add(job, "logs", logs)

    def add_requests(self, job: JobLike, requests: Iterable[Object]) -> None:
        """Append requests, mappings with `url` and maybe status, method, rs, duration, parent, fp, to a job.

        The counter of pages follows, unless it was set. Raises JobNotFound.
        """
        self.records.add(job, "requests", requests)

    def add_samples(self, job: JobLike, samples: Iterable[Any]) -> None:
        """Append samples, which are lists that begin with a time in milliseconds, to a job. Raises JobNotFound."""
        self.records.add(job, "samples", samples)

    def items(self, job: JobLike) -> list[dict[str, Any]]:
        """Return a job's items, as clients wrote them."""
        return self.records.of(job, "items")

    def logs(self, job: JobLike) -> list[dict[str, Any]]:
        """Return a job's log records: time in milliseconds, level as a number, message."""
        return self.records.of(job, "logs")

    def requests(self, job: JobLike) -> list[dict[str, Any]]:
        """Return the requests that a job recorded."""
        return self.records.of(job, "requests")

    def samples(self, job: JobLike) -> list[list[Any]]:
        """Return a job's samples."""
        return self.records.of(job, "samples")

    def restore_records(
        self, job: JobLike, kind: str, batches: Iterable[Object], *, followed: Mapping[str, int | None] | None = None
    ) -> None:
        """Let a job's records of a kind be these and no others, as a dump has them."""
        self.records.restore(job, kind, batches, followed=followed)

    # ------------------------------------------------------------ what a project holds

    def collection(self, name: str, *, project: int, type: str = STORE) -> Collection:  # noqa: A002  # the wire's word
        """Return a collection as a live mapping of keys to values, sorted by key; assigning writes.

        type: "s", "cs", "vs" or "vcs".
        """
        return self.collections.collection(name, project=project, type=type)

    def add_collection(self, name: str, *, project: int, type: str = STORE, items: Iterable[Object] = ()) -> Collection:  # noqa: A002
        """Put items, JSON objects with a `_key`, into a collection, and return it; `_ts` is the time of writing, default now."""
        return self.collections.add(name, project=project, type=type, items=items)

    def frontier(self, frontier: str, slot: str, *, project: int) -> FrontierSlot:
        """Return a slot of a frontier as a live sequence of the requests that wait in it, as {"fp", "p", "qdata"}."""
        return self.frontiers.slot(frontier, slot, project=project)

    def add_to_frontier(self, frontier: str, slot: str, *, project: int, requests: Iterable[Object]) -> int:
        """Add requests, mappings with `fp` and maybe qdata, fdata and p, to a slot, and return how many were new."""
        return self.frontiers.add(frontier, slot, project=project, requests=requests)

    def restore_frontier(
        self,
        frontier: str,
        slot: str,
        *,
        project: int,
        batches: Iterable[Object] = (),
        fingerprints: Iterable[Object] = (),
        last: int | None = None,
    ) -> FrontierSlot:
        """Put a slot into a state that it had, as a dump has it, and return it."""
        return self.frontiers.restore(frontier, slot, project=project, batches=batches, fingerprints=fingerprints, last=last)

    def activity(self, *, project: int) -> list[dict[str, Any]]:
        """Return what happened in a project, newest first: what the service wrote, and what clients did."""
        return self.activities.of(project)

    def add_activity(self, events: Iterable[Object], *, project: int) -> None:
        """Write events, JSON objects, into the activity of a project, oldest first."""
        self.activities.add(events, project=project)

    def restore_activity(self, events: Iterable[Object], *, project: int) -> None:
        """Let a project's activity be these events and no others, as a dump has them."""
        self.activities.restore(events, project=project)

    def settings(self, *, project: int) -> dict[str, Any]:
        """Return a copy of the settings of a project."""
        with self.lock:
            return dict(arguments.json_object("settings", self.world.settings.of(arguments.whole_number("project", project))))

    def update_settings(self, values: Object, *, project: int) -> None:
        """Merge values into the settings of a project."""
        number, merged = arguments.whole_number("project", project), arguments.json_object("values", values)
        with self.lock:
            self.world.settings.update(number, merged)

    # ------------------------------------------------------------ what is uploaded

    def expect_deploy(self, *, project: int, spiders: Iterable[str] = (), scripts: Iterable[str] = (), error: str | None = None) -> None:
        """Say what the platform will find in the uploads of a project from now on; nothing is unpacked here.

        spiders, scripts: every accepted upload makes them known, as add_spider() does; scripts as `py:NAME`. Default: nothing.
        error: every upload is refused with this text.
        """
        self.uploads.expect(project, spiders=spiders, scripts=scripts, error=error)

    def deploys(self, *, project: int) -> list[Deploy]:
        """Return the deploys of a project, oldest first: version, spiders, files, error and so on."""
        return self.uploads.of(project)

    def add_deploy(
        self,
        *,
        project: int,
        version: str,
        spiders: Iterable[str] = (),
        scripts: Iterable[str] = (),
        image_url: str | None = None,
        project_type: str | None = None,
        stack: str | None = None,
        files: Iterable[UploadedFile | Object] = (),
        error: str | None = None,
        time: Moment = None,
        by: str = DEFAULT_USER,
    ) -> Deploy:
        """Put a deploy behind those of a project, and return it; jobs scheduled over dash get the version of the latest.

        spiders, scripts: become known, as by add_spider(). files: objects of field, filename and content, as bytes or in base64.
        error: why it was refused; then nothing becomes known. time: default now.
        """
        return self.uploads.add(
            project=project,
            version=version,
            spiders=spiders,
            scripts=scripts,
            image_url=image_url,
            project_type=project_type,
            stack=stack,
            files=files,
            error=error,
            time=time,
            by=by,
        )

    def add_egg(self, name: str, *, project: int, version: str, content: bytes | str = "", time: Moment = None) -> Egg:
        """Put an egg beside a project's code and return it; content: bytes, or a text in base64."""
        return self.uploads.add_egg(name, project=project, version=version, content=content, time=time)

    def eggs(self, *, project: int) -> list[Egg]:
        """Return the eggs of a project, by name; `__main__` is the one of its own code."""
        return self.uploads.eggs(project)

    def add_report(self, job: JobLike, key: str, *, content: bytes | str = "", content_type: str = "text/plain") -> Report:
        """Attach a report to a job and return it; content: bytes, or a text in base64."""
        return self.uploads.add_report(job, key, content=content, content_type=content_type)

    def reports(self, job: JobLike) -> list[Report]:
        """Return the reports of a job, in the order in which their keys first came."""
        return self.uploads.reports(job)

    # ------------------------------------------------------------ what happens by itself

    def restore_pacing(self, *, rules: Iterable[Object] = (), plans: Iterable[Object] = (), runs: Mapping[str, int] | None = None) -> None:
        """Let the rules and the plans of jobs be these and no others, as a dump has them."""
        self.pacer.restore(rules, plans, runs or {})
