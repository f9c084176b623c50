"""The parameters of dash's endpoints: the wire's words, read into the domain's.

Each dataclass is the parameter table of one endpoint (or of several that share it); a field's doc and source are the
rows of the tables in docs/reference.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fakejobs.domain.job import DEFAULT_PRIORITY, DEFAULT_UNITS, PRIORITIES, UNITS
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.query import JobQuery
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.web.params import json_object, number, number_in, one_of, param, text

PROJECT = "project"


def _project() -> Any:
    return param(
        number,
        doc="Project number; checked before all other parameters.",
        sources=[recorded("invalid value for project: invalid"), assumed("missing: missing 'project' argument")],
    )


def _command_line(name: str, value: str) -> str:
    """Read a command line: a JSON list of its words, or a text, which stays as it is."""
    try:
        words = json.loads(value)
    except (ValueError, RecursionError):
        return value
    if not isinstance(words, list) or not all(type(word) in (str, int, float) for word in words):
        return value
    return shlex.join(word if isinstance(word, str) else json.dumps(word) for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParams:
    """run.json, schedule.json."""

    project: int = _project()
    spider: str | None = param(
        text,
        default=None,
        doc="Spider name; required unless jobq_id is given.",
        sources=[
            recorded("every recording of run.json"),
            assumed("missing: missing 'spider' argument"),
            assumed("a name that its project does not declare, where it declares any: 400, `error`, naming the spider"),
        ],
    )
    jobq_id: int | None = param(
        number,
        default=None,
        doc="The spider's number in job keys, instead of its name.",
        sources=[documented("the page"), assumed("unknown: invalid value for jobq_id; it beats spider where both are given")],
    )
    add_tag: tuple[str, ...] = param(
        text, repeat=True, doc="Tag of the new job; repeatable.", sources=[recorded("tags in the order given")]
    )
    priority: int = param(
        number_in(PRIORITIES),
        default=DEFAULT_PRIORITY,
        doc="0 (lowest) to 4; default 2.",
        sources=[recorded("2, 3 and 4"), assumed("out of range: invalid value for priority")],
    )
    units: int = param(
        number_in(UNITS),
        default=DEFAULT_UNITS,
        doc="1 to 6; default 1.",
        sources=[recorded("default 1"), documented("1 to 6"), assumed("out of range: invalid value for units")],
    )
    job_settings: Mapping[str, Any] = param(
        json_object,
        default=dict,
        doc="Scrapy settings, as a JSON object.",
        sources=[documented("the page"), assumed("no JSON object: invalid value for job_settings")],
    )
    meta: Mapping[str, Any] = param(
        json_object,
        default=dict,
        doc="Further metadata, as a JSON object; its `state` births the job pending, running or finished.",
        sources=[recorded('{"state": "running"}'), assumed("no JSON object, or another state: invalid value for meta")],
    )
    environment: Mapping[str, Any] = param(
        json_object,
        default=dict,
        doc="Environment variables, as a JSON object.",
        sources=[recorded("test_job_start_with_environment"), assumed("no JSON object: invalid value for environment")],
    )
    cmd_args: tuple[str, ...] = param(
        _command_line,
        repeat=True,
        doc="Command line of a script job: a text that a shell would split, or a JSON list of its words.",
        sources=[
            documented("shub-workflow sends a text; the vendor names a list, too"),
            assumed("it counts for whether two jobs are the same, as arguments do"),
            assumed("several are its words, as in a JSON body; what is no list of texts and numbers is a text"),
        ],
    )
    spider_args: Mapping[str, str] = param(
        text,
        rest=True,
        doc="Any other parameter is a spider argument.",
        sources=[recorded("values are texts; job is one, too"), assumed("of equal names the last wins")],
    )

    @property
    def command_line(self) -> str | None:
        """The whole command line, or None."""
        return shlex.join(self.cmd_args) if len(self.cmd_args) > 1 else self.cmd_args[0] if self.cmd_args else None


def _jobs(doc: str) -> Any:
    sources = [recorded("one and several; unknown ones match nothing"), assumed("malformed keys and other projects' match nothing")]
    return param(text, name="job", repeat=True, doc=doc, sources=sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterParams:
    """jobs/count.json, and what the other listings build on."""

    project: int = _project()
    jobs: tuple[str, ...] = _jobs("Job key; repeatable: the answer then comes in the order asked.")
    spider: str | None = param(text, default=None, doc="Spider name.", sources=[recorded("unknown: an empty answer")])
    states: tuple[JobState, ...] = param(
        one_of(tuple(JobState)),
        name="state",
        repeat=True,
        doc="Any of these states; repeatable. None given: all but deleted.",
        sources=[
            recorded("one state; deleted jobs are not in unfiltered lists"),
            assumed("several: any of them; an unknown one: invalid value for state"),
            assumed("deleted jobs are listed only under state=deleted, also with job="),
        ],
    )
    has_tag: tuple[str, ...] = param(
        text, repeat=True, doc="At least one of these tags; repeatable.", sources=[recorded("foo and bar: the jobs that have either")]
    )
    lacks_tag: tuple[str, ...] = param(
        text, repeat=True, doc="None of these tags; repeatable.", sources=[recorded("foo and bar: the jobs that have neither")]
    )

    def query(self, offset: int = 0, count: int | None = None) -> JobQuery:
        """Return the domain's query, with a window."""
        return JobQuery(
            project=self.project,
            keys=self.jobs or None,
            spider=self.spider,
            states=self.states,
            has_tags=self.has_tag,
            lacks_tags=self.lacks_tag,
            offset=offset,
            count=count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParams(FilterParams):
    """jobs/list.json, jobs/list.jl."""

    count: int | None = param(
        number,
        default=None,
        doc="At most so many jobs.",
        sources=[
            recorded("count=3"),
            documented("older pages: 100 of list.json unless given, no limit of list.jl; today's page is silent"),
            assumed("no limit unless given"),
            assumed("no number: invalid value for count"),
        ],
    )
    offset: int = param(
        number,
        default=0,
        doc="Pass over so many jobs first.",
        sources=[documented("the common page of the app host"), assumed("no number: invalid value for offset")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateParams(FilterParams):
    """jobs/update.json."""

    add_tag: tuple[str, ...] = param(
        text,
        repeat=True,
        doc="Tag to add at the end; repeatable.",
        sources=[recorded("[tag1] + tagA1, tagA2"), assumed("a tag that is there already is kept once, in its place")],
    )
    remove_tag: tuple[str, ...] = param(
        text, repeat=True, doc="Tag to remove; an absent one is fine; repeatable.", sources=[recorded("together with add_tag in one call")]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParams:
    """jobs/delete.json, jobs/stop.json."""

    project: int = _project()
    jobs: tuple[str, ...] = _jobs("Job key; required, repeatable.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectParams:
    """Endpoints of one project, and of nothing else."""

    project: int = _project()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiderListParams(ProjectParams):
    """spiders/list.json."""

    spiders: tuple[str, ...] = param(
        text,
        name="spider",
        repeat=True,
        doc="Only the spiders of these names; repeatable. None given: all.",
        sources=[documented("the older page"), assumed("unknown names are left out")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoParams:
    """scrapyd/listprojects.json."""
