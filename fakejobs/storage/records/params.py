"""The parameters of the records' endpoints: paths, windows, formats and bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from fakejobs.codec import MAX_VALUE
from fakejobs.domain.keys import JobKey
from fakejobs.errors import BadParam, MissingParam
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.filters import Filter, filter_param
from fakejobs.storage.records.payloads import FORMATS, MEDIA_TYPES, META, Look
from fakejobs.storage.records.reading import Place, Window
from fakejobs.web.params import body, header, number, one_of, param, text

_SPAN = re.compile(r"items +([0-9]{1,18})-[0-9]*/(?:\*|[0-9]+)", re.ASCII)
_RECORD = re.compile(r"([0-9/]{5,60})/([0-9]{1,18})", re.ASCII)
_SWITCH = {"1": True, "true": True, "True": True, "0": False, "false": False, "False": False}


def _record_key(name: str, value: str) -> Place:
    """Read the key of a record: project/spider/job/number."""
    found = _RECORD.fullmatch(value)
    key = JobKey.parse(found[1]) if found else None
    if found is None or key is None:
        raise BadParam(name, value)
    return key.project_id, key.spider_id, key.job_id, int(found[2])


def _switch(name: str, value: str) -> bool:
    if value not in _SWITCH:
        raise BadParam(name, value)
    return _SWITCH[value]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectReading:
    """The records of a project."""

    project: int = param(number, doc="Project number, in the path.", sources=[recorded("/items/2222222/1/288")])
    count: int | None = param(
        number, default=None, doc="At most so many records.", sources=[recorded("count=3"), documented("no limit unless given")]
    )
    start: Place | None = param(
        _record_key, default=None, doc="Key of the first record, project/spider/job/number.", sources=[recorded("2222222/1/288/2")]
    )
    startafter: Place | None = param(
        _record_key, default=None, doc="Key of the record behind which to start.", sources=[documented("clients resume with it")]
    )
    startts: int | None = param(
        number, default=None, doc="Only records written at this time or later, in ms.", sources=[documented("the official client")]
    )
    endts: int | None = param(number, default=None, doc="Only records written before this time, in ms.", sources=[assumed("like startts")])
    index: tuple[int, ...] = param(
        number,
        repeat=True,
        doc="Only the records of these numbers; repeatable. Also as the last part of a path.",
        sources=[
            recorded("/logs/2222222/1/292/0"),
            documented("repeatable"),
            assumed("answered in the order of the numbers; of each job, where several are read; an unknown one is an empty answer"),
        ],
    )
    meta: tuple[str, ...] = param(
        one_of(META),
        repeat=True,
        doc="Further fields of each record: its key, the time of its writing, its project; repeatable.",
        sources=[
            recorded("_key and _ts; behind the fields of items, before those of logs and requests; logs in MessagePack have no _key"),
            documented("_project"),
            assumed(
                "in the order asked for; none in samples, and no other ones in MessagePack logs; an unknown one: invalid value for meta"
            ),
        ],
    )
    nodata: bool = param(
        _switch, default=False, doc="1: without the records' own fields.", sources=[documented("the page"), assumed("1, true, 0 and false")]
    )
    filters: tuple[Filter, ...] = filter_param()
    format: str | None = param(
        one_of(tuple(FORMATS)),
        default=None,
        doc="jl, json, msgpack, csv, xml or, of logs, text; default: by the header Accept, else jl.",
        sources=[
            documented("json, jl, xml and csv"),
            recorded("text of logs: UTC, name of the level, message with its own line breaks"),
            assumed("no newline ends the text of logs; text of other kinds: invalid value for format"),
            assumed("it goes before Accept; any other one: invalid value for format; the look of csv and xml"),
        ],
    )
    fields: str | None = param(
        text,
        default=None,
        doc="Fields of csv, with commas between.",
        sources=[documented("csv needs it"), assumed("missing: missing 'fields' argument; of samples: positions, from 0")],
    )
    include_headers: bool = param(
        _switch, default=False, doc="1: the first line of csv names the fields.", sources=[assumed("1, true, 0 and false")]
    )
    accept: str = header(
        "Accept",
        doc="application/x-jsonlines, application/json, application/x-msgpack, text/csv, application/xml or, of logs, text/plain.",
        sources=[recorded("*/*: JSON lines; application/x-msgpack"), documented("application/json"), assumed("nothing known: JSON lines")],
    )

    def window(self) -> Window:
        """Return which records are wanted."""
        return Window(self.start, self.startafter, self.index, self.startts, self.endts, self.count, self.filters)

    def look(self, kind: str) -> Look:
        """Return how the records are wanted."""
        fields = self.fields.split(",") if self.fields else ()
        return Look(kind, tuple(dict.fromkeys(self.meta)), not self.nodata, fields, self.include_headers)

    def form(self, kind: str) -> str:
        """Return the word of the format that is wanted; raises MissingParam for csv without fields, BadParam for no format of this kind."""
        chosen = self.format or self._accepted(kind)
        if chosen == "text" and kind != "logs":
            raise BadParam("format", chosen)
        if chosen == "csv" and not self.fields:
            raise MissingParam("fields")
        return chosen

    def _accepted(self, kind: str) -> str:
        """Return the first format that Accept wants and this kind of records has."""
        if self.accept in ("", "*/*"):
            return "jl"
        wanted = (MEDIA_TYPES.get(media) for media, quality in parse_accept_header(self.accept, MIMEAccept) if quality > 0)
        return next((word for word in wanted if word is not None and (word != "text" or kind == "logs")), "jl")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiderReading(ProjectReading):
    """The records of a spider."""

    spider: int = param(number, doc="The spider's number in job keys, in the path.", sources=[recorded("/items/2222222/1")])


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReading(SpiderReading):
    """The records of a job."""

    job: int = param(number, doc="The job's number in job keys, in the path.", sources=[recorded("/items/2222222/1/288")])


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParams:
    """Endpoints of one job."""

    project: int = param(number, doc="Project number, in the path.", sources=[recorded("/items/2222222/1/288")])
    spider: int = param(number, doc="The spider's number in job keys, in the path.", sources=[recorded("/items/2222222/1")])
    job: int = param(number, doc="The job's number in job keys, in the path.", sources=[recorded("/items/2222222/1/288")])

    @property
    def key(self) -> JobKey:
        """The job's key."""
        return JobKey.of(self.project, self.spider, self.job)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing(JobParams):
    """Records to be written."""

    start: int | None = param(
        number,
        default=None,
        doc="Number of the first record; default: behind the last one.",
        sources=[
            recorded("how many were written so far"),
            documented("a batch that is sent again is not stored twice"),
            assumed("a record whose number is taken is passed over; numbers that are left out stay free, and may be written later"),
        ],
    )
    content_range: str = header(
        "Content-Range",
        doc="items FIRST-LAST/*, instead of start.",
        sources=[documented("the page"), assumed("start goes before it; another form: invalid value for Content-Range")],
    )
    records: bytes = body(
        doc="JSON lines, a record each; gzip if Content-Encoding says so.",
        sources=[
            recorded("gzip and identity, without a content type"),
            documented(f"413 for a record over {MAX_VALUE} bytes, of its line"),
            assumed("what cannot be read is a 400 that names it, and nothing is stored"),
            assumed("NaN and infinities become null, half surrogate pairs U+FFFD; at most 100 levels of arrays and objects"),
        ],
    )

    def first(self) -> int | None:
        """Return the number of the first record, if it was given; raises BadParam for a header that cannot be read."""
        if self.start is not None or not self.content_range:
            return self.start
        found = _SPAN.fullmatch(self.content_range.strip())
        if found is None:
            raise BadParam("Content-Range", self.content_range)
        return int(found[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class NoParams:
    """Endpoints without parameters."""
