"""The parameters of the older readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakejobs.dash.params import ProjectParams
from fakejobs.domain.keys import JobKey
from fakejobs.domain.log import LEVELS
from fakejobs.errors import BadParam, MissingParam
from fakejobs.evidence import assumed, documented
from fakejobs.web.params import flag, number, one_of, param, text, upload
from fakejobs.web.request import Upload

META = ("_key", "_ts", "_project")


def _level(name: str, value: str) -> int:
    """Read a level: a number, or one of the names."""
    if value.upper() in LEVELS:
        return LEVELS[value.upper()]
    return number(name, value)


def _first_or_last(name: str, value: str) -> int:
    """Read how many records are wanted: of the first ones, or, below 0, of the last ones."""
    if not value.startswith("-"):
        return number(name, value)
    try:
        return -number(name, value[1:])
    except BadParam:
        raise BadParam(name, value) from None


def _fields(name: str, value: str) -> tuple[str, ...]:
    return tuple(value.split(","))


def _job() -> Any:
    return param(
        text,
        default=None,
        doc="Job key; required unless spider is given.",
        sources=[documented("the legacy client"), assumed("unknown, malformed or of another project: an empty answer")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingParams(ProjectParams):
    """What readings of items and logs share."""

    job: str | None = _job()
    spider: str | None = param(
        text,
        default=None,
        doc="Spider name, instead of job.",
        sources=[documented("the page"), assumed("of its jobs the one that finished last; job goes before it")],
    )
    offset: int = param(
        number, default=0, doc="Pass over so many records first.", sources=[documented("the legacy client resumes with it")]
    )
    count: int | None = param(
        number, default=None, doc="At most so many records.", sources=[documented("the legacy client"), assumed("no limit unless given")]
    )

    def require_one(self) -> None:
        """Raise MissingParam if neither a job nor a spider is named."""
        if self.job is None and self.spider is None:
            raise MissingParam("job")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemParams(ReadingParams):
    """items.jl, items.json."""

    count: int | None = param(
        _first_or_last,
        default=None,
        doc="At most so many items; below 0, the last ones.",
        sources=[
            documented("the older page has count=-20 for the last 20"),
            assumed("no limit unless given, but for items.json; the last ones are those of what offset leaves"),
        ],
    )

    meta: tuple[str, ...] = param(
        one_of(META),
        repeat=True,
        doc="Further fields of each item: its key, the time of its writing, its project; repeatable.",
        sources=[documented("the legacy client"), assumed("those of storage, behind the item's own fields")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TableParams(ItemParams):
    """items.csv."""

    fields: tuple[str, ...] = param(
        _fields,
        default=(),
        doc="Fields with commas between them.",
        sources=[assumed("default: all that the items have, in the order of their first coming")],
    )
    include_headers: bool = param(
        flag,
        default=True,
        doc="Whether the first line names the fields; default 1.",
        sources=[documented("the older page has include_headers=0"), assumed("default 1")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogParams(ReadingParams):
    """log.txt, log.json, log.jl."""

    level: int = param(
        _level,
        default=0,
        doc="Only records of this level or a higher one: a number, or DEBUG to CRITICAL.",
        sources=[assumed("the page of storage has levels 10 to 50"), assumed("offset and count count what is left")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPathParams:
    """items/P/S/J/stats."""

    project: int = param(number, doc="Project number, in the path.", sources=[documented("the vendor's tool")])
    spider: int = param(number, doc="The spider's number in job keys, in the path.", sources=[documented("the vendor's tool")])
    job: int = param(
        number, doc="Job number, in the path.", sources=[documented("the vendor's tool"), assumed("an unknown job is one without items")]
    )

    @property
    def key(self) -> JobKey:
        """The job's key."""
        return JobKey.of(self.project, self.spider, self.job)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParams(ProjectParams):
    """reports/add.json."""

    job: str = param(
        text, doc="Job key.", sources=[documented("the legacy client"), assumed("unknown or of another project: 400, `error`, naming it")]
    )
    key: str = param(text, doc="Name of the report.", sources=[documented("the legacy client"), assumed("an earlier one is replaced")])
    content_type: str = param(
        text, default="text/plain", doc="Its media type; default text/plain.", sources=[documented("the legacy client")]
    )
    content: Upload = upload(
        doc="The report.", sources=[documented("the legacy client sends it as a file"), assumed("missing: missing 'content' argument")]
    )
