"""The table of contents of the collections room."""

from __future__ import annotations

from typing import Any

from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.collections import views
from fakejobs.storage.collections.params import (
    DropParams,
    FilterParams,
    KeyParams,
    KeyReading,
    KeyWriting,
    ProjectParams,
    RemoveParams,
    RenameParams,
    ScanParams,
    WriteParams,
)
from fakejobs.storage.streams import JSON, JSON_LINES, PARTED_LINES, TEXT
from fakejobs.storage.wire import PROJECT_RECORDS
from fakejobs.web.endpoint import Endpoint

COLLECTION = "/collections/<project>/<type>/<name>"

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        name="collections/list",
        wire=PROJECT_RECORDS,
        method="GET",
        paths=("/collections/<project>/list",),
        params=ProjectParams,
        view=views.list_all,
        format=PARTED_LINES,
        form=False,
        doc="List a project's collections.",
        sources=(
            recorded("by name, then s, vs, cs, vcs; an emptied one stays; no newline at the end"),
            documented("a job's token opens all collections of its project, as scrapy-pagestorage needs it"),
        ),
    ),
    Endpoint(
        name="collections/delete",
        wire=PROJECT_RECORDS,
        method="POST",
        paths=("/collections/<project>/delete",),
        params=DropParams,
        view=views.drop,
        format=JSON,
        form=False,
        doc="Delete a collection with all in it.",
        sources=(
            recorded("202, also read afterwards: 200 and empty"),
            documented("of every type"),
            assumed("it is listed no more; an unknown one is fine"),
        ),
    ),
    Endpoint(
        name="collections/rename",
        wire=PROJECT_RECORDS,
        method="POST",
        paths=("/collections/<project>/rename",),
        params=RenameParams,
        view=views.rename,
        format=JSON,
        form=False,
        doc="Give a collection another name.",
        sources=(
            documented("of every type"),
            assumed("the answer; nobody knows the old name afterwards; an unknown one: 404"),
        ),
    ),
    Endpoint(
        name="collections/scan",
        wire=PROJECT_RECORDS,
        method="GET",
        paths=(COLLECTION,),
        params=ScanParams,
        view=views.scan,
        format=JSON_LINES,
        form=False,
        doc="Read the values of a collection, sorted by key.",
        sources=(
            recorded("prefix, start, startafter, filter and meta; an emptied or deleted one is empty"),
            recorded("one that never was: 404, unknown collection NAME"),
        ),
    ),
    Endpoint(
        name="collections/clear",
        wire=PROJECT_RECORDS,
        method="DELETE",
        paths=(COLLECTION,),
        params=FilterParams,
        view=views.clear,
        format=JSON,
        form=False,
        doc="Remove the values that filters match, or all.",
        sources=(
            documented('{"deleted":N,"scanned":N}, and nextstart if there is more to look at'),
            assumed("the filters are those of count; an emptied collection stays listed; of an unknown one 0 and 0"),
        ),
    ),
    Endpoint(
        name="collections/write",
        wire=PROJECT_RECORDS,
        method="POST",
        paths=(COLLECTION,),
        params=WriteParams,
        view=views.write,
        format=TEXT,
        form=False,
        doc="Put values into a collection.",
        sources=(
            recorded("an empty text; `start`, which the batch writer sends, changes nothing"),
            assumed("all values of a call have the same _ts, and no two calls' values have"),
        ),
    ),
    Endpoint(
        name="collections/remove",
        wire=PROJECT_RECORDS,
        method="POST",
        paths=(f"{COLLECTION}/deleted",),
        params=RemoveParams,
        view=views.remove,
        format=TEXT,
        form=False,
        doc="Remove values from a collection.",
        sources=(recorded("an empty text"),),
    ),
    Endpoint(
        name="collections/count",
        wire=PROJECT_RECORDS,
        method="GET",
        paths=(f"{COLLECTION}/count",),
        params=FilterParams,
        view=views.count,
        format=JSON,
        form=False,
        doc="Count the values of a collection.",
        sources=(
            recorded('{"count":1,"scanned":1}'),
            documented("the official client goes on from nextstart as long as there is one, and adds the counts up"),
            recorded('of a large one: {"nextstart":"0bfd..","count":151564,"scanned":152151}, to be continued with start'),
            assumed("one call looks at 100,000 values, or as many as limit_scans() says; of an unknown one 0 and 0"),
        ),
    ),
    Endpoint(
        name="collections/write",
        wire=PROJECT_RECORDS,
        method="POST",
        paths=(f"{COLLECTION}/<path:key>",),
        params=KeyWriting,
        view=views.write_one,
        format=TEXT,
        form=False,
        doc="Put one value into a collection.",
        sources=(documented("POST .../NAME/KEY"), assumed("an empty text")),
    ),
    Endpoint(
        name="collections/remove",
        wire=PROJECT_RECORDS,
        method="DELETE",
        paths=(f"{COLLECTION}/<path:key>",),
        params=KeyParams,
        view=views.remove_one,
        format=TEXT,
        form=False,
        doc="Remove one value from a collection.",
        sources=(documented("DELETE .../NAME/KEY"), assumed("an empty text; an absent key, or collection, is fine")),
    ),
    Endpoint(
        name="collections/read",
        wire=PROJECT_RECORDS,
        method="GET",
        paths=(f"{COLLECTION}/<path:key>",),
        params=KeyReading,
        view=views.read,
        format=JSON_LINES,
        form=False,
        doc="Read the value under a key, or one field of it.",
        sources=(
            recorded("unknown: 404, Not Found, without a content type; of an unknown collection: 404, unknown collection NAME"),
            assumed("in a project that never had a collection it is the former"),
            documented('a field, .../KEY/value: bar, raw, of {"value":"bar"}'),
            assumed("a field is looked for where no key has the whole path; a text as it is, other values as JSON, and a newline"),
        ),
    ),
)
