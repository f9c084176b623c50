"""The verbs on what is uploaded: deploys, eggs, and reports of jobs.

A file may be given as bytes, or as a text in base64, as JSON has it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from fakejobs import arguments
from fakejobs.access import DEFAULT_USER
from fakejobs.cloud import Cloud
from fakejobs.domain.deploys import Deploy, Egg, Expected, Report, UploadedFile, require_egg_name
from fakejobs.errors import UsageError
from fakejobs.quoting import quoted
from fakejobs.verbs.live import JobLike, Moment

Object = Mapping[str, Any]


class UploadVerbs:
    """Uploads."""

    _cloud: Cloud

    def expect_deploy(self, *, project: int, spiders: Iterable[str] = (), scripts: Iterable[str] = (), error: str | None = None) -> None:
        """Say what the platform will find in the uploads of a project from now on; nothing is unpacked here.

        spiders, scripts: every accepted upload makes them known, as add_spider() does; scripts as `py:NAME`. Default: nothing.
        error: every upload is refused with this text.
        """
        found = arguments.tags_of("spiders", spiders), arguments.tags_of("scripts", scripts)
        self._cloud.uploads.expect(arguments.whole_number("project", project), Expected(*found, arguments.optional_text("error", error)))

    def deploys(self, *, project: int) -> list[Deploy]:
        """Return the deploys of a project, oldest first: version, spiders, files, error and so on."""
        return self._cloud.uploads.of(arguments.whole_number("project", project))

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
        deploy = Deploy(
            deploy_id=0,
            project=arguments.whole_number("project", project),
            version=arguments.text("version", version),
            spiders=arguments.tags_of("spiders", spiders),
            scripts=arguments.tags_of("scripts", scripts),
            image_url=arguments.optional_text("image_url", image_url),
            project_type=arguments.optional_text("project_type", project_type),
            stack=arguments.optional_text("stack", stack),
            files=tuple(_file_of(file) for file in arguments.listed("files", files)),
            error=arguments.optional_text("error", error),
            user=arguments.text("by", by),
            time=arguments.optional_moment("time", time) or self._cloud.now_ms(),
        )
        return self._cloud.uploads.add(deploy)

    def eggs(self, *, project: int) -> list[Egg]:
        """Return the eggs of a project, by name; `__main__` is the one of its own code."""
        return self._cloud.uploads.eggs(arguments.whole_number("project", project))

    def add_egg(self, name: str, *, project: int, version: str, content: bytes | str = "", time: Moment = None) -> Egg:
        """Put an egg beside a project's code and return it; content: bytes, or a text in base64."""
        egg = Egg(
            require_egg_name(arguments.text("name", name)),
            arguments.text("version", version),
            _bytes_of("content", content),
            arguments.optional_moment("time", time) or self._cloud.now_ms(),
        )
        return self._cloud.uploads.add_egg(arguments.whole_number("project", project), egg)

    def reports(self, job: JobLike) -> list[Report]:
        """Return the reports of a job, in the order in which their keys first came."""
        return self._cloud.uploads.reports(arguments.job_key(job))

    def add_report(self, job: JobLike, key: str, *, content: bytes | str = "", content_type: str = "text/plain") -> Report:
        """Attach a report to a job and return it; content: bytes, or a text in base64."""
        report = Report(arguments.text("key", key), _bytes_of("content", content), arguments.text("content_type", content_type))
        self._cloud.uploads.add_report(arguments.job_key(job), report)
        return report


def _file_of(file: object) -> UploadedFile:
    if isinstance(file, UploadedFile):
        return file
    if not isinstance(file, Mapping) or set(file) != {"field", "filename", "content"}:
        raise UsageError(f"files: {quoted(file)} is no object of field, filename and content")
    filename = arguments.optional_text("filename", file["filename"])
    return UploadedFile(arguments.text("field", file["field"]), filename or "", _bytes_of("content", file["content"]))


def _bytes_of(name: str, content: object) -> bytes:
    if isinstance(content, str):
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise UsageError(f"{name}: a text is the content in base64; give bytes for anything else") from None
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise UsageError(f"{name}={quoted(content)} is neither bytes nor a text in base64")
    return bytes(content)
