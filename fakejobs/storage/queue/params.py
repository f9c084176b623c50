"""The parameters of the queue's endpoints: paths, queries and bodies, read into the domain's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakejobs.domain.clock import Millis
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.query import JobQuery
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.arrays import accept_header, format_param
from fakejobs.storage.paths import ProjectParams
from fakejobs.web.params import body, number, one_of, param, text

LIMIT = 1000
"""Rows of a list at most, and keys of a cancel."""
SUMMARY_ROWS = 5


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
    format: str | None = format_param()
    accept: str = accept_header()


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
