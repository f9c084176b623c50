"""The parameters of the records' endpoints: paths, windows, formats and bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fakejobs.codec import MAX_VALUE
from fakejobs.domain.keys import JobKey
from fakejobs.domain.log import FIELDS as LOG_FIELDS
from fakejobs.errors import BadParam, MissingParam, NotAcceptable
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.filters import Filter, filter_param
from fakejobs.storage.records.csv_text import Table
from fakejobs.storage.records.payloads import FORMATS, MEDIA_TYPES, META, SUPPORTED, TEXT_MEDIA, Look
from fakejobs.storage.records.reading import RecordKey, Window
from fakejobs.storage.saving import saveas_param
from fakejobs.web.accept import takes, wanted
from fakejobs.web.params import NO, YES, Place, body, flag_of, header, number, one_of, param, text

_SPAN = re.compile(r"items +([0-9]{1,18})-[0-9]*/(?:\*|[0-9]+)", re.ASCII)
_RECORD = re.compile(r"([0-9/]{5,60})/([0-9]{1,18})", re.ASCII)
_switch = flag_of(YES, NO, "1 or 0")


def _record_key(name: str, value: str) -> RecordKey:
    """Read the key of a record: project/spider/job/number."""
    found = _RECORD.fullmatch(value)
    key = JobKey.parse(found[1]) if found else None
    if found is None or key is None:
        raise BadParam(name, value, "P/S/J/N")
    return key.project_id, key.spider_id, key.job_id, int(found[2])


def _first_record(name: str, value: str) -> RecordKey | int:
    """Read the key of a record, or the bare number of one in each job."""
    try:
        return number(name, value) if "/" not in value else _record_key(name, value)
    except BadParam:
        raise BadParam(name, value, "an offset or P/S/J/N") from None


def _sign(name: str, value: str) -> str:
    if len(value) != 1:
        raise BadParam(name, value, "one character")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectReading:
    """The records of a project."""

    project: int = param(number, doc="Project number, in the path.", sources=[recorded("/items/2222222/1/288")])
    count: int | None = param(
        number, default=None, doc="At most so many records.", sources=[recorded("count=3"), documented("no limit unless given")]
    )
    start: RecordKey | int | None = param(
        _first_record,
        default=None,
        doc="Key of the first record, project/spider/job/number, or its bare number.",
        sources=[recorded("2222222/1/288/2"), assumed("a bare number, which public clients send, is an offset into each job's records")],
    )
    startafter: RecordKey | None = param(
        _record_key, default=None, doc="Key of the record behind which to start.", sources=[documented("clients resume with it")]
    )
    startts: int | None = param(
        number, default=None, doc="Only records written at this time or later, in ms.", sources=[documented("the official client")]
    )
    endts: int | None = param(number, default=None, doc="Only records written before this time, in ms.", sources=[assumed("like startts")])
    index: tuple[int, ...] = param(
        number,
        repeat=True,
        doc="Only the records of these numbers; repeatable.",
        sources=[
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
        doc="jl, json, msgpack, csv, xml or text; default: by the header Accept, else jl.",
        sources=[
            documented("json, jl, xml, csv and text"),
            recorded("text of logs: UTC, name of the level, message with its own line breaks"),
            recorded("where it disagrees with Accept: 406, Not Acceptable, with the media types that are supported"),
            documented("xml has the data types of XML-RPC"),
            assumed("no newline ends the text of logs; that of other records is their JSON lines"),
            assumed("any other one, html too: invalid value for format; the frame of xml"),
        ],
    )
    fields: str | None = param(
        text,
        default=None,
        doc="Fields of csv, with commas between; of logs by default time,level,message.",
        sources=[
            documented("csv needs it, but of logs"),
            assumed("missing: missing 'fields' argument; of samples: positions, from 0"),
        ],
    )
    include_headers: bool = param(
        _switch, default=False, doc="1 or Y: the first line of csv names the fields.", sources=[documented("1 and Y"), assumed("in quotes")]
    )
    sep: str = param(_sign, default=",", doc="What stands between the cells of csv.", sources=[documented("sep"), assumed("one character")])
    quote: str = param(
        _sign,
        default='"',
        doc="What stands around the texts of csv.",
        sources=[
            recorded("every text is in double quotes"),
            documented("quote"),
            assumed(
                "one character; numbers, true and false are bare; a field that is null or missing is empty; other values are JSON, quoted"
            ),
        ],
    )
    escape: str | None = param(
        _sign,
        default=None,
        doc="What stands before a quote within a text of csv; default: the quote itself.",
        sources=[documented("escape"), assumed("one character; where it is not the quote, it stands before itself, too")],
    )
    lineend: str = param(
        text, default="\n", doc="What ends the lines of csv.", sources=[documented("lineend"), assumed("default: a newline")]
    )
    saveas: str | None = saveas_param()
    accept: str = header(
        "Accept",
        doc="application/x-jsonlines, application/json, application/x-msgpack, text/csv, application/xml or text/plain.",
        sources=[
            recorded("*/*: JSON lines; application/x-msgpack"),
            documented("application/json, text/plain"),
            assumed("nothing known: JSON lines; of several the best by quality, then the first"),
        ],
    )

    def window(self) -> Window:
        """Return which records are wanted."""
        return Window(self.start, self.startafter, self.index, self.startts, self.endts, self.count, self.filters)

    def look(self, kind: str) -> Look:
        """Return how the records are wanted."""
        return Look(kind, tuple(dict.fromkeys(self.meta)), not self.nodata, self._table(kind))

    def form(self, kind: str) -> str:
        """Return the word of the format that is wanted.

        Raises MissingParam for csv without fields, NotAcceptable where Accept and the parameter disagree.
        """
        if self.format is not None and not any(takes(self.accept, media) for media, word in MEDIA_TYPES.items() if word == self.format):
            raise NotAcceptable(self.accept, self.format, SUPPORTED if kind != "logs" else (*SUPPORTED, TEXT_MEDIA))
        chosen = self.format or next((MEDIA_TYPES[media] for media in wanted(self.accept) if media in MEDIA_TYPES), "jl")
        if chosen == "csv" and not self._table(kind).fields:
            raise MissingParam("fields")
        return chosen

    def _table(self, kind: str) -> Table:
        if self.sep == self.quote:
            raise BadParam("sep", self.sep, "another one than quote")
        fields = self.fields.split(",") if self.fields else LOG_FIELDS if kind == "logs" else ()
        return Table(fields, self.include_headers, self.sep, self.quote, self.escape or self.quote, self.lineend)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiderReading(ProjectReading):
    """The records of a spider."""

    spider: int = param(number, doc="The spider's number in job keys, in the path.", sources=[recorded("/items/2222222/1")])


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReading(SpiderReading):
    """The records of a job."""

    job: int = param(number, doc="The job's number in job keys, in the path.", sources=[recorded("/items/2222222/1/288")])
    part: str | None = param(
        text,
        default=None,
        place=Place.PATH,
        doc="Number of a record, or else the name of a field, in the path.",
        sources=[
            recorded("/logs/2222222/1/292/0"),
            documented("a field's raw values: /items/53/34/7/FIELD"),
            assumed("a line each, texts as they are, other values as JSON; a record without the field has no line"),
        ],
    )
    field: str | None = param(
        text,
        default=None,
        place=Place.PATH,
        doc="Name of a field of that record, in the path.",
        sources=[documented("its raw value: /items/53/34/7/0/FIELD")],
    )

    def window(self) -> Window:
        """Return which records are wanted."""
        window = SpiderReading.window(self)
        return window if self._place is None else replace(window, numbers=(self._place,))

    def wanted_field(self) -> str | None:
        """Return the field whose raw values are wanted, if only one is; raises BadParam for one of a record without a number."""
        if self.field is not None and self._place is None:
            raise BadParam("index", self.part or "")
        return self.field if self._place is not None else self.part

    @property
    def _place(self) -> int | None:
        """The number of the one record that is wanted, if its path names one."""
        is_number = self.part is not None and self.part.isascii() and self.part.isdecimal()
        return number("index", self.part) if is_number and self.part is not None else None


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
