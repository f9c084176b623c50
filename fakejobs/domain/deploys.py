"""What was uploaded: versions of a project's code, eggs beside it, and reports of jobs.

The spiders of an upload are what the platform finds out when it unpacks it; the fake does not unpack anything, so a test
says beforehand what will be found. What was uploaded is kept as it came.
"""

from __future__ import annotations

from dataclasses import dataclass

from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey
from fakejobs.errors import InvalidValue
from fakejobs.quoting import quoted

MAIN_EGG = "__main__"
"""The name of the egg that holds a project's own code."""
MOST_FILE_NAME = 65_535
"""Bytes of a file's name in a zip file: there is no room for more."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of an upload. field: the name under which it came; filename: as the client named it."""

    field: str
    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Deploy:
    """A version of a project's code that was uploaded, as an egg or as the name of an image.

    deploy_id: 1 for the project's first. spiders and scripts: those that this upload made known. image_url: of an image.
    error: why the platform refused it in the end, or None. user: the login. time: in milliseconds since the epoch.
    """

    deploy_id: int
    project: int
    version: str
    spiders: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    image_url: str | None = None
    project_type: str | None = None
    stack: str | None = None
    files: tuple[UploadedFile, ...] = ()
    error: str | None = None
    user: str = ""
    time: Millis = Millis(0)

    @property
    def requirements(self) -> bytes | None:
        """The requirements file that came with it, or None."""
        return next((file.content for file in self.files if file.field == "requirements"), None)


@dataclass(frozen=True, slots=True)
class Egg:
    """An egg of a project, the latest of its name. time: of its upload, in milliseconds since the epoch."""

    name: str
    version: str
    content: bytes
    time: Millis

    @property
    def file_name(self) -> str:
        """Its name in a zip file."""
        return _file_name(self.name)


@dataclass(frozen=True, slots=True)
class Report:
    """A report that a client attached to a job, the latest of its key."""

    key: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What the platform will find in the next uploads of a project, or why it will refuse them."""

    spiders: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    error: str | None = None


class Deploys:
    """The uploads of all projects."""

    def __init__(self) -> None:
        self._deploys: dict[int, tuple[Deploy, ...]] = {}
        self._eggs: dict[int, dict[str, Egg]] = {}
        self._expected: dict[int, Expected] = {}
        self._reports: dict[JobKey, dict[str, Report]] = {}

    def copy(self) -> Deploys:
        """Return an independent copy; what was uploaded, being frozen, is shared."""
        twin = Deploys()
        twin._deploys = dict(self._deploys)
        twin._eggs = {project: dict(eggs) for project, eggs in self._eggs.items()}
        twin._expected = dict(self._expected)
        twin._reports = {job: dict(reports) for job, reports in self._reports.items()}
        return twin

    def of(self, project: int) -> tuple[Deploy, ...]:
        """Return the deploys of a project, oldest first."""
        return self._deploys.get(project, ())

    def find(self, project: int, deploy_id: int) -> Deploy | None:
        """Return a deploy by its number, if there is one."""
        deploys = self.of(project)
        return deploys[deploy_id - 1] if 0 < deploy_id <= len(deploys) else None

    def latest(self, project: int) -> Deploy | None:
        """Return the deploy whose code a project runs: the last one that was not refused."""
        return next((deploy for deploy in reversed(self.of(project)) if deploy.error is None), None)

    def next_id(self, project: int) -> int:
        """Return the number of a project's next deploy."""
        return len(self.of(project)) + 1

    def keep(self, deploy: Deploy) -> None:
        """Keep a deploy behind the earlier ones of its project; its number is next_id()."""
        self._deploys[deploy.project] = (*self.of(deploy.project), deploy)

    def eggs(self, project: int) -> list[Egg]:
        """Return the eggs of a project, by name."""
        return sorted(self._eggs.get(project, {}).values(), key=lambda egg: egg.name)

    def keep_egg(self, project: int, egg: Egg) -> None:
        """Keep an egg in place of the earlier one of its name."""
        self._eggs.setdefault(project, {})[egg.name] = egg

    def drop_egg(self, project: int, name: str) -> bool:
        """Remove an egg and say whether it was there."""
        return self._eggs.get(project, {}).pop(name, None) is not None

    def expected(self, project: int) -> Expected:
        """Return what the platform will find in the uploads of a project; default: nothing."""
        return self._expected.get(project, Expected())

    def expect(self, project: int, expected: Expected) -> None:
        """Say what the platform will find in the uploads of a project from now on."""
        self._expected[project] = expected

    def reports(self, job: JobKey) -> list[Report]:
        """Return the reports of a job, in the order in which their keys first came."""
        return list(self._reports.get(job, {}).values())

    def forget_reports(self, job: JobKey) -> None:
        """Let go of the reports of a job."""
        self._reports.pop(job, None)

    def keep_report(self, job: JobKey, report: Report) -> None:
        """Keep a report in place of the job's earlier one of its key."""
        self._reports.setdefault(job, {})[report.key] = report

    def projects(self) -> list[int]:
        """Return the projects that have uploads or expect some, in ascending order."""
        return sorted({*self._deploys, *self._eggs, *self._expected})

    def reported_jobs(self) -> list[JobKey]:
        """Return the jobs that have reports, in ascending order."""
        return sorted(self._reports)


def require_egg_name(name: str) -> str:
    """Return the name of an egg; raises InvalidValue for one that would not name a file beside others, or is too long for a zip file."""
    if "/" in name or "\\" in name or name.startswith("."):
        raise InvalidValue(f"name {quoted(name)} does not name an egg")
    size = len(_file_name(name).encode())
    if size > MOST_FILE_NAME:
        raise InvalidValue(
            f"name {quoted(name, 50)} is too long: its file's name would have {size:,} bytes, at most {MOST_FILE_NAME:,} fit"
        )
    return name


def _file_name(name: str) -> str:
    return f"{name}.egg"
