"""The parameters of the collections room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakejobs.domain.clock import Millis
from fakejobs.domain.collections import TYPES, Scan, is_name
from fakejobs.errors import BadParam
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.arrays import format_param
from fakejobs.storage.filters import Filter, all_match, filter_param
from fakejobs.storage.saving import saveas_param
from fakejobs.web.params import body, flag_of, header, number, one_of, param, text

_flag = flag_of(("1", "true"), ("0", "false"), "1 or 0")


def _name_of(name: str, value: str) -> str:
    if not is_name(value):
        raise BadParam(name, value, "letters, digits and underscores")
    return value


def _key_of(name: str, value: str) -> str:
    return value.removesuffix("/")


def _project() -> Any:
    return param(number, doc="Project number, in the path.", sources=[recorded("/collections/2222222/list")])


def _accept() -> Any:
    return header(
        "Accept",
        doc="application/x-msgpack: MessagePack instead of JSON lines.",
        sources=[recorded("reading one value"), documented("the official client reads whole collections so, too")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectParams:
    """GET /collections/P/list."""

    project: int = _project()


@dataclass(frozen=True, slots=True, kw_only=True)
class DropParams:
    """POST /collections/P/delete."""

    project: int = _project()
    name: str = param(
        _name_of,
        doc="Name of the collection.",
        sources=[recorded("delete?name=test_collection_123"), assumed("missing: missing 'name' argument")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameParams:
    """POST /collections/P/rename."""

    project: int = _project()
    name: str = param(
        _name_of,
        doc="Name of the collection.",
        sources=[documented("rename?name=A&new_name=B"), assumed("missing: missing 'name' argument")],
    )
    new_name: str = param(
        _name_of,
        doc="Its name from now on.",
        sources=[documented("rename?name=A&new_name=B"), assumed("one that another collection has: 400, and nothing happens")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionParams:
    """Endpoints of one collection."""

    project: int = _project()
    type: str = param(
        one_of(TYPES),
        doc="Type of the collection, in the path: s (store), cs (cached), vs (versioned), vcs (both).",
        sources=[
            recorded("all four behave alike"),
            documented("values of a cached one are gone after a month"),
            assumed("a month is 30 days, counted from the writing; reading a versioned one gives the newest version, and no older one"),
            assumed("another type: invalid value for type"),
        ],
    )
    name: str = param(
        _name_of,
        doc="Name of the collection, in the path.",
        sources=[documented("the official client wants letters, digits and underscores"), assumed("others: invalid value for name")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteParams(CollectionParams):
    """POST /collections/P/TYPE/NAME."""

    content: bytes = body(
        doc="Values, JSON objects with a `_key`, one a line, or an array of them a line.",
        sources=[
            recorded("no _key: Error parsing data, missing value for _key field"),
            recorded("over 1 MiB: 413, Error parsing data, Serialized value too large - max 1048576 bytes"),
            recorded("a _key that is no text is a 400"),
            documented("a line may be an array: a vendor's spiders write so; NaN and infinities are not supported"),
            assumed("with NaN, an infinity, or a number as large as one a line is no JSON"),
            assumed("nothing is written where one line is refused; of equal keys the last wins; a field _ts is not kept"),
            assumed("a _key is not empty and holds no NUL"),
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveParams(CollectionParams):
    """POST /collections/P/TYPE/NAME/deleted."""

    content: bytes = body(
        doc="Keys, JSON texts, one a line, or an array of them a line.",
        sources=[recorded('"insert_test_key"; an absent key is fine'), assumed("arrays; what is no text is a 400, and nothing is removed")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyParams(CollectionParams):
    """Endpoints of one value."""

    key: str = param(
        _key_of,
        doc="Key of the value, in the path.",
        sources=[recorded("insert_test_key"), assumed("it may hold slashes; one at its end is not a part of it")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWriting(KeyParams):
    """POST /collections/P/TYPE/NAME/KEY."""

    content: bytes = body(
        doc="The value, one JSON object.", sources=[documented("writes the value under the key"), assumed("a _key in it is passed over")]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReading(KeyParams):
    """GET /collections/P/TYPE/NAME/KEY."""

    meta: tuple[str, ...] = param(
        text,
        repeat=True,
        doc="What to say beside the value: `_key`; `_ts`, when it was written; repeatable.",
        sources=[recorded("without it the value alone"), assumed("as in a scan")],
    )
    accept: str = _accept()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterParams(CollectionParams):
    """GET /collections/P/TYPE/NAME/count, DELETE /collections/P/TYPE/NAME, and what a scan builds on."""

    key: tuple[str, ...] = param(text, repeat=True, doc="Only these keys; repeatable.", sources=[documented("the official client")])
    prefix: tuple[str, ...] = param(
        text,
        repeat=True,
        doc="Only keys that begin so; repeatable.",
        sources=[recorded("prefix=test_data_download1"), assumed("several: any of them")],
    )
    prefixcount: int | None = param(
        number,
        default=None,
        doc="At most so many values of each prefix.",
        sources=[documented("the official client"), assumed("without prefix it means nothing")],
    )
    start: str | None = param(text, default=None, doc="The first key.", sources=[recorded("start=test_data_download1, inclusive")])
    startafter: str | None = param(
        text, default=None, doc="The key before the first one.", sources=[recorded("startafter=test_data_download13, exclusive")]
    )
    startts: int | None = param(
        number, default=None, doc="Written at this time or later, in milliseconds.", sources=[documented("the official client")]
    )
    endts: int | None = param(
        number,
        default=None,
        doc="Written before this time, in milliseconds.",
        sources=[documented("the official client"), assumed("the time itself is excluded, as in the lists of jobs")],
    )
    filter: tuple[Filter, ...] = filter_param(
        "Only values for which this holds, as a JSON array of field, operator and values; repeatable."
    )

    def scan(self, count: int | None = None) -> Scan:
        """Return the domain's scan. count: at most so many rows."""
        return Scan(
            keys=self.key or None,
            prefixes=self.prefix,
            per_prefix=self.prefixcount,
            start=self.start,
            start_after=self.startafter,
            since=None if self.startts is None else Millis(self.startts),
            until=None if self.endts is None else Millis(self.endts),
            wants=(lambda value: all_match(self.filter, value)) if self.filter else None,
            count=count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanParams(FilterParams):
    """GET /collections/P/TYPE/NAME."""

    count: int | None = param(
        number, default=None, doc="At most so many values.", sources=[documented("count"), assumed("all unless given")]
    )
    meta: tuple[str, ...] = param(
        text,
        repeat=True,
        doc="What to say beside each value: `_key`; `_ts`, when it was written; repeatable.",
        sources=[
            recorded("_key, behind the value's own fields"),
            documented("_ts"),
            assumed("neither unless asked for; other names are passed over"),
        ],
    )
    nodata: bool = param(
        _flag,
        default=False,
        doc="Only what meta asks for, not the values.",
        sources=[documented("nodata=True of the official client"), assumed("neither 1, true, 0 nor false: invalid value for nodata")],
    )
    format: str | None = format_param([assumed("as for activity, also by Accept; any other one: invalid value for format")])
    saveas: str | None = saveas_param()
    accept: str = _accept()
