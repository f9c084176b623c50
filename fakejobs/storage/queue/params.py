"""The parameters of the queue's endpoints: paths, queries and bodies, read into the domain's words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fakejobs.codec import check_depth, read_strictly
from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.query import JobQuery
from fakejobs.errors import BadBody
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.web.params import body, header, number, one_of, param, text

LIMIT = 1000
"""Rows of a list at most, and keys of a cancel."""
SUMMARY_ROWS = 5


def _project() -> Any:
    return param(number, doc="Project number, in the path.", sources=[recorded("/jobq/2222222/list")])


def _spider_id() -> Any:
    return param(number, name="spider", doc="The spider's number in job keys, in the path.", sources=[recorded("/jobq/2222222/1/summary")])


def _jobmeta() -> Any:
    return param(
        text,
        repeat=True,
        doc="Metadata fields that take the place of the default ones; repeatable.",
        sources=[
            recorded("only key, state, elapsed, ts and the fields asked for"),
            assumed("a field that a job does not have is left out"),
        ],
    )


def _lines(doc: str) -> Any:
    return body(
        doc=doc, sources=[recorded("JSON lines without a content type"), assumed("what is no JSON object is a 400, and nothing happens")]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectParams:
    """Endpoints of one project."""

    project: int = _project()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoParams:
    """Endpoints of no project in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushParams(ProjectParams):
    """/jobq/P/push."""

    content: bytes = _lines("Jobs, one a line: spider, and any metadata; state and unique are special.")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateParams(ProjectParams):
    """/jobq/P/update."""

    content: bytes = _lines("One a line: key (of a job, or P/S for all of a spider), state, and any metadata.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartParams:
    """/jobq/startjob, /jobq/P/startjob."""

    project: int | None = param(number, default=None, doc="Project number, in the path; none: any project.", sources=[recorded("startjob")])
    content: bytes = _lines("Metadata for the started job; `botgroup` starts only jobs of that group.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelParams(ProjectParams):
    """/jobq/P/cancel."""

    count: int | None = param(
        number,
        default=None,
        doc="Cancel so many pending jobs.",
        sources=[documented("for admins"), assumed("every key is an admin's; those whose turn is next are cancelled")],
    )
    content: bytes = body(
        doc="A JSON array of objects with `key`; at most 1,000.", sources=[recorded("test_cancel_jobs"), assumed("more: 400")]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParams(ProjectParams):
    """Endpoints of one job."""

    spider: int = _spider_id()
    job: int = param(number, doc="Job number, in the path.", sources=[recorded("/jobs/2222222/1/560")])

    @property
    def key(self) -> JobKey:
        """The job's key."""
        return JobKey.of(self.project, self.spider, self.job)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataParams(JobParams):
    """GET /jobs/P/S/J."""

    host: str = header("Host", doc="Where the client reaches the fake; api_url says so.", sources=[recorded("api_url is the dash base")])
    add_summary: str = param(text, default="", doc="Add key, ts, elapsed and counters.", sources=[documented("a vendor tool asks for it")])


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataWriteParams(JobParams):
    """POST /jobs/P/S/J."""

    content: bytes = _lines("A JSON object that is merged into the metadata; key, project, spider and state are passed over.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldParams(JobParams):
    """GET and DELETE /jobs/P/S/J/FIELD."""

    field: str = param(text, doc="Name of the metadata field, in the path.", sources=[recorded("an unknown one is null")])
    host: str = header("Host", doc="Where the client reaches the fake; api_url says so.", sources=[recorded("api_url is the dash base")])


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWriteParams(FieldParams):
    """POST /jobs/P/S/J/FIELD."""

    content: bytes = body(doc="The field's JSON value.", sources=[recorded("test_metadata_set"), assumed("no JSON: 400")])


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterParams(ProjectParams):
    """/jobq/P/count, and what the list builds on."""

    keys: tuple[str, ...] = param(
        text,
        name="key",
        repeat=True,
        doc="Only these jobs; repeatable.",
        sources=[documented("the vendor's page"), assumed("in the order asked")],
    )
    spider: str | None = param(text, default=None, doc="Spider name.", sources=[recorded("test_spider_jobs_list")])
    states: tuple[JobState, ...] = param(
        one_of(tuple(JobState)),
        name="state",
        repeat=True,
        doc="Any of these states; repeatable. None given: finished.",
        sources=[recorded("finished only, unless asked"), assumed("an unknown one: 400")],
    )
    has_tag: tuple[str, ...] = param(text, repeat=True, doc="At least one of these tags; repeatable.", sources=[recorded("any of them")])
    lacks_tag: tuple[str, ...] = param(text, repeat=True, doc="None of these tags; repeatable.", sources=[recorded("none of them")])
    startts: int | None = param(
        number, default=None, doc="Changed state at or after, ms.", sources=[recorded("test_list_with_startts_endts")]
    )
    endts: int | None = param(
        number, default=None, doc="Changed state before, ms.", sources=[documented("exclusive"), recorded("without effect before startts")]
    )

    def query(self, offset: int = 0, count: int | None = None, stop: str | None = None) -> JobQuery:
        """Return the domain's query, with a window."""
        until = None if self.endts is None or (self.startts is not None and self.endts < self.startts) else Millis(self.endts)
        return JobQuery(
            project=self.project,
            keys=self.keys or None,
            spider=self.spider,
            states=self.states or (JobState.FINISHED,),
            has_tags=self.has_tag,
            lacks_tags=self.lacks_tag,
            since=None if self.startts is None else Millis(self.startts),
            until=until,
            by_time=True,
            stop=stop,
            offset=offset,
            count=count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParams(FilterParams):
    """/jobq/P/list."""

    count: int = param(
        number, default=LIMIT, doc="At most so many rows; never more than 1,000.", sources=[documented("1,000 rows at most")]
    )
    start: int = param(number, default=0, doc="Pass over so many jobs first.", sources=[documented("page with start and count")])
    stop: str | None = param(text, default=None, doc="End before this job.", sources=[recorded("test_list_with_stop")])
    jobmeta: tuple[str, ...] = _jobmeta()


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryParams(ProjectParams):
    """/jobq/P[/S]/summary[/STATE]."""

    spider: int | None = param(number, default=None, doc="Only this spider, by its number, in the path.", sources=[recorded("1/summary")])
    state: JobState | None = param(
        one_of((JobState.PENDING, JobState.RUNNING, JobState.FINISHED)),
        default=None,
        doc="Only this state, in the path; none given: pending, running, finished.",
        sources=[recorded("summary/finished"), assumed("deleted and unknown ones: 400")],
    )
    count: int = param(
        number, default=SUMMARY_ROWS, doc="At most so many rows a state; default 5.", sources=[recorded("test_summary_countstart")]
    )
    start: int = param(number, default=0, doc="Pass over so many jobs first.", sources=[recorded("test_summary_countstart")])
    jobmeta: tuple[str, ...] = _jobmeta()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummaryParams(ProjectParams):
    """/jobq/P/jobsummary."""

    keys: tuple[str, ...] = param(
        text, name="key", repeat=True, doc="Jobs; the answer comes in this order.", sources=[recorded("test_jobsummary")]
    )
    jobmeta: tuple[str, ...] = _jobmeta()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastJobParams(ProjectParams):
    """/spiders/P[/S]/lastjobsummary."""

    spider: int | None = param(number, default=None, doc="Only this spider, by its number, in the path.", sources=[recorded("spiders/P/1")])
    start: str | None = param(text, default=None, doc="Begin with this spider.", sources=[assumed("a spider's number or P/S, inclusive")])
    startafter: str | None = param(
        text, default=None, doc="Begin behind this spider.", sources=[assumed("a spider's number or P/S, exclusive")]
    )
    count: int | None = param(number, default=None, doc="At most so many rows.", sources=[documented("the official client offers it")])


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiderNameParams(ProjectParams):
    """/ids/P/spider/NAME."""

    name: str = param(text, doc="Spider name, in the path.", sources=[recorded("unknown: null")])
    create: str | None = param(text, default=None, doc="Make the name known.", sources=[recorded("1 and True")])


@dataclass(frozen=True, slots=True, kw_only=True)
class SummariesParams:
    """/projects/jobsummaries."""

    states: tuple[JobState, ...] = param(
        one_of((JobState.PENDING, JobState.RUNNING, JobState.FINISHED)),
        name="state",
        repeat=True,
        doc="Only these states; repeatable.",
        sources=[documented("the official client sends it"), assumed("the counts of other states are left out")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsParams(ProjectParams):
    """POST /projects/P/settings."""

    content: bytes = body(doc="A JSON object that is merged.", sources=[recorded("test_settings_get_set")])


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingParams(ProjectParams):
    """/projects/P/settings/KEY."""

    key: str = param(text, doc="Name of the setting, in the path.", sources=[recorded("unknown: null")])


@dataclass(frozen=True, slots=True, kw_only=True)
class BotgroupParams:
    """/botgroups/NAME[/max_running]."""

    name: str = param(text, doc="Name of the group, in the path.", sources=[recorded("answers null")])


def json_lines(content: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects of a body, one a line; raises BadBody, naming the line, for anything else."""
    rows = [json_value(line, f"line {place}") for place, line in enumerate(_text(content).split("\n"), 1) if line.strip()]
    for place, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BadBody(f"line {place} is no JSON object: {json.dumps(row)[:80]}")
    return rows


def json_value(content: bytes | str, name: str = "the body") -> Any:
    """Return the JSON value that a body is; raises BadBody for anything else, and for one that is nested too deeply."""
    text = content if isinstance(content, str) else _text(content)
    try:
        value = read_strictly(text)
    except (ValueError, RecursionError) as error:
        raise BadBody(f"{name} is no JSON: {error}") from None
    check_depth(text.encode("utf-8", "replace"), [value])
    return value


def json_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is; an empty body is an empty one."""
    value = json_value(content) if content.strip() else {}
    if not isinstance(value, dict):
        raise BadBody(f"the body is no JSON object: {json.dumps(value)[:80]}")
    return value


def _text(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise BadBody(f"the body is no UTF-8: {error}") from None
    if "\0" in text:
        raise BadBody("the body holds a NUL character")
    return text
