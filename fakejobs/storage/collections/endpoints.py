"""The table of contents of the collections room."""

from __future__ import annotations

from typing import Any

from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.collections import views
from fakejobs.storage.collections.params import (
    DropParams,
    FilterParams,
    KeyParams,
    ProjectParams,
    RemoveParams,
    ScanParams,
    WriteParams,
)
from fakejobs.storage.streams import JSON, JSON_LINES, PARTED_LINES, TEXT
from fakejobs.storage.wire import RECORDS
from fakejobs.web.endpoint import Endpoint

COLLECTION = "/collections/<project>/<type>/<name>"

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        name="collections/list",
        wire=RECORDS,
        method="GET",
        paths=("/collections/<project>/list",),
        params=ProjectParams,
        view=views.list_all,
        format=PARTED_LINES,
        form=False,
        doc="List a project's collections.",
        sources=(
            recorded("by name, then s, vs, cs, vcs; an emptied one stays; no newline at the end"),
            assumed("keys only, no job tokens, as for all of collections"),
        ),
    ),
    Endpoint(
        name="collections/delete",
        wire=RECORDS,
        method="POST",
        paths=("/collections/<project>/delete",),
        params=DropParams,
        view=views.drop,
        format=JSON,
        form=False,
        doc="Delete a collection with all in it.",
        sources=(
            recorded("202, also read afterwards: 200 and empty"),
            assumed("of every type, as the call names none; it is listed no more; an unknown one is fine"),
        ),
    ),
    Endpoint(
        name="collections/scan",
        wire=RECORDS,
        method="GET",
        paths=(COLLECTION,),
        params=ScanParams,
        view=views.scan,
        format=JSON_LINES,
        form=False,
        doc="Read the values of a collection, sorted by key.",
        sources=(recorded("prefix, start, startafter, filter and meta; one that does not exist is empty"),),
    ),
    Endpoint(
        name="collections/write",
        wire=RECORDS,
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
        wire=RECORDS,
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
        wire=RECORDS,
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
            assumed("one call looks at 100,000 values"),
        ),
    ),
    Endpoint(
        name="collections/read",
        wire=RECORDS,
        method="GET",
        paths=(f"{COLLECTION}/<path:key>",),
        params=KeyParams,
        view=views.read,
        format=JSON_LINES,
        form=False,
        doc="Read the value under a key.",
        sources=(recorded("unknown: 404, Not Found, without a content type"),),
    ),
)
