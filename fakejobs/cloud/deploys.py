"""The verbs on what is uploaded: versions of a project's code, eggs, and reports of jobs.

What an upload makes known is found out by the platform, not by the client: expect() says it beforehand. A file may be
given as bytes, or as a text in base64, as JSON has it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fakejobs import arguments
from fakejobs.access import DEFAULT_USER
from fakejobs.domain.clock import as_millis
from fakejobs.domain.deploys import MAIN_EGG, Deploy, Egg, Expected, Report, UploadedFile
from fakejobs.errors import InvalidValue, JobNotFound, UsageError

if TYPE_CHECKING:
    from fakejobs.cloud.jobs import JobVerbs
    from fakejobs.cloud.view import JobLike, Moment

SCRIPT = "py:"
"""How the name of a script begins where the name of a spider may stand."""


class DeployVerbs:
    """What can be done with the uploads of a cloud's projects."""

    def __init__(self, cloud: JobVerbs) -> None:
        self._cloud = cloud

    # ------------------------------------------------------------ deploys

    def expect(self, project: int, *, spiders: Iterable[str] = (), scripts: Iterable[str] = (), error: str | None = None) -> None:
        """Say what the platform will find in the uploads of a project from now on.

        spiders, scripts: every upload that is accepted makes them known, which closes the project to other names.
        error: every upload is refused with this text, and makes nothing known; None: it is accepted.
        """
        expected = Expected(
            arguments.tags_of("spiders", spiders), arguments.tags_of("scripts", scripts), arguments.optional_text("error", error)
        )
        number = arguments.whole_number("project", project)
        with self._cloud.lock:
            self._cloud.world.deploys.expect(number, expected)

    def upload(
        self,
        project: int,
        version: str,
        *,
        files: Iterable[UploadedFile] = (),
        spiders: Iterable[str] = (),
        scripts: Iterable[str] = (),
        image_url: str | None = None,
        project_type: str | None = None,
        stack: str | None = None,
        by: str = DEFAULT_USER,
    ) -> Deploy:
        """Take in an upload of a client, as the platform would, and return it.

        spiders, scripts: those that the client itself names; the expected ones are made known beside them. files: the one in the
        field `egg` becomes the project's main egg.
        """
        with self._cloud.lock:
            deploys = self._cloud.world.deploys
            expected = deploys.expected(project)
            refused = expected.error is not None
            deploy = self.add(
                project=project,
                version=version,
                spiders=() if refused else (*spiders, *expected.spiders),
                scripts=() if refused else (*scripts, *expected.scripts),
                image_url=image_url,
                project_type=project_type,
                stack=stack,
                files=files,
                error=expected.error,
                by=by,
            )
            for file in () if refused else deploy.files:
                if file.field == "egg":
                    deploys.keep_egg(project, Egg(MAIN_EGG, version, file.content, deploy.time))
            return deploy

    def add(
        self,
        *,
        project: int,
        version: str,
        spiders: Iterable[str] = (),
        scripts: Iterable[str] = (),
        image_url: str | None = None,
        project_type: str | None = None,
        stack: str | None = None,
        files: Iterable[UploadedFile | Mapping[str, Any]] = (),
        error: str | None = None,
        time: Moment = None,
        by: str = DEFAULT_USER,
    ) -> Deploy:
        """Put a deploy behind those of a project, and return it.

        spiders, scripts: become known, declared ones; scripts as `py:NAME`. files: objects of field, filename, content; an egg among
        them is not yet one of the project's. error: why it was refused; then nothing becomes known. time: default now.
        """
        number, version = arguments.whole_number("project", project), arguments.text("version", version)
        named, called = arguments.tags_of("spiders", spiders), arguments.tags_of("scripts", scripts)
        kept = tuple(_file_of(file) for file in _listed("files", files))
        moment = None if time is None else as_millis("time", time)
        with self._cloud.lock:
            deploys = self._cloud.world.deploys
            deploy = Deploy(
                deploy_id=deploys.next_id(number),
                project=number,
                version=version,
                spiders=named,
                scripts=called,
                image_url=arguments.optional_text("image_url", image_url),
                project_type=arguments.optional_text("project_type", project_type),
                stack=arguments.optional_text("stack", stack),
                files=kept,
                error=arguments.optional_text("error", error),
                user=arguments.text("by", by),
                time=moment or self._cloud.now_ms(),
            )
            self._cloud.add_project(number)
            deploys.keep(deploy)
            if deploy.error is None:
                for name in (*named, *(SCRIPT + script for script in called)):
                    self._cloud.add_spider(name, project=number)
            return deploy

    def of(self, project: int) -> list[Deploy]:
        """Return the deploys of a project, oldest first."""
        number = arguments.whole_number("project", project)
        with self._cloud.lock:
            return list(self._cloud.world.deploys.of(number))

    def find(self, project: int, deploy_id: int) -> Deploy | None:
        """Return a deploy by its number, if there is one."""
        with self._cloud.lock:
            return self._cloud.world.deploys.find(project, deploy_id)

    def latest(self, project: int) -> Deploy | None:
        """Return the deploy whose code a project runs, if there is one."""
        with self._cloud.lock:
            return self._cloud.world.deploys.latest(project)

    # ------------------------------------------------------------ eggs

    def add_egg(self, name: str, *, project: int, version: str, content: bytes | str = "", time: Moment = None) -> Egg:
        """Put an egg beside a project's code, in place of an earlier one of its name, and return it; time: default now."""
        name, number = egg_name(arguments.text("name", name)), arguments.whole_number("project", project)
        version, data = arguments.text("version", version), _bytes_of("content", content)
        moment = None if time is None else as_millis("time", time)
        with self._cloud.lock:
            egg = Egg(name, version, data, moment or self._cloud.now_ms())
            self._cloud.add_project(number)
            self._cloud.world.deploys.keep_egg(number, egg)
            return egg

    def delete_egg(self, name: str, *, project: int) -> bool:
        """Remove an egg of a project, and say whether it was there."""
        with self._cloud.lock:
            return self._cloud.world.deploys.drop_egg(arguments.whole_number("project", project), arguments.text("name", name))

    def eggs(self, project: int) -> list[Egg]:
        """Return the eggs of a project, by name; `__main__` is the one of its own code."""
        number = arguments.whole_number("project", project)
        with self._cloud.lock:
            return self._cloud.world.deploys.eggs(number)

    # ------------------------------------------------------------ reports of jobs

    def add_report(self, job: JobLike, key: str, *, content: bytes | str = "", content_type: str = "text/plain") -> Report:
        """Attach a report to a job, in place of an earlier one of its key; raises JobNotFound if there is no such job."""
        job_key, report_key = arguments.job_key(job), arguments.text("key", key)
        report = Report(report_key, _bytes_of("content", content), arguments.text("content_type", content_type))
        with self._cloud.lock:
            if self._cloud.world.store.find(job_key) is None:
                raise JobNotFound(job_key)
            self._cloud.world.deploys.keep_report(job_key, report)
            return report

    def reports(self, job: JobLike) -> list[Report]:
        """Return the reports of a job, in the order in which their keys first came."""
        key = arguments.job_key(job)
        with self._cloud.lock:
            return self._cloud.world.deploys.reports(key)

    # ------------------------------------------------------------ for dumps

    def steps(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield verbs of the Python door and their arguments that give another fake the same uploads."""
        deploys = self._cloud.world.deploys
        for project in deploys.projects():
            for deploy in deploys.of(project):
                yield "add_deploy", _deploy_arguments(deploy)
            for egg in deploys.eggs(project):
                content = _text_of(egg.content)
                yield "add_egg", {"name": egg.name, "project": project, "version": egg.version, "content": content, "time": egg.time}
            expected = deploys.expected(project)
            if expected != Expected():
                told = {"spiders": list(expected.spiders), "scripts": list(expected.scripts), "error": expected.error}
                yield "expect_deploy", {"project": project, **_given(told)}
        for job in deploys.reported_jobs():
            for report in deploys.reports(job):
                content = _text_of(report.content)
                yield "add_report", {"job": str(job), "key": report.key, "content": content, "content_type": report.content_type}


def egg_name(name: str) -> str:
    """Return the name of an egg; raises InvalidValue for one that would not name a file beside others."""
    if "/" in name or "\\" in name or name.startswith("."):
        raise InvalidValue(f"name {name!r} does not name an egg")
    return name


def _deploy_arguments(deploy: Deploy) -> dict[str, Any]:
    told = {
        "spiders": list(deploy.spiders),
        "scripts": list(deploy.scripts),
        "image_url": deploy.image_url,
        "project_type": deploy.project_type,
        "stack": deploy.stack,
        "files": [{"field": file.field, "filename": file.filename, "content": _text_of(file.content)} for file in deploy.files],
        "error": deploy.error,
    }
    return {"project": deploy.project, "version": deploy.version, "by": deploy.user, "time": deploy.time, **_given(told)}


def _given(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value}


def _file_of(file: object) -> UploadedFile:
    if isinstance(file, UploadedFile):
        return file
    if not isinstance(file, Mapping) or set(file) != {"field", "filename", "content"}:
        raise UsageError(f"files: {file!r} is no object of field, filename and content")
    filename = arguments.optional_text("filename", file["filename"])
    return UploadedFile(arguments.text("field", file["field"]), filename or "", _bytes_of("content", file["content"]))


def _listed(name: str, values: object) -> list[Any]:
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise UsageError(f"{name}={values!r}: give a list")
    return list(values)


def _bytes_of(name: str, content: object) -> bytes:
    if isinstance(content, str):
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise UsageError(f"{name}: a text is the content in base64; give bytes for anything else") from None
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise UsageError(f"{name}={content!r} is neither bytes nor a text in base64")
    return bytes(content)


def _text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()
