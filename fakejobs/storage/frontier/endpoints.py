"""The table of contents of the frontier room."""

from __future__ import annotations

from typing import Any

from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.frontier import views
from fakejobs.storage.frontier.params import AddParams, CountParams, FrontierParams, ProjectParams, ReadParams, RemoveParams, SlotParams
from fakejobs.storage.streams import BARE, JSON, JSON_LINES
from fakejobs.storage.wire import PROJECT_RECORDS
from fakejobs.web.endpoint import Endpoint

SLOT = "/hcf/<project>/<frontier>/s/<slot>"

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        name="hcf/list",
        wire=PROJECT_RECORDS,
        method="GET",
        paths=("/hcf/<project>/list",),
        params=ProjectParams,
        view=views.list_frontiers,
        format=JSON,
        form=False,
        doc="List the names of a project's frontiers.",
        sources=(
            recorded("a sorted array"),
            assumed("one whose last slot was deleted is listed no more"),
            documented("a job's token opens all frontiers of its project"),
        ),
    ),
    Endpoint(
        name="hcf/slots",
        wire=PROJECT_RECORDS,
        method="GET",
        paths=("/hcf/<project>/<frontier>/list",),
        params=FrontierParams,
        view=views.list_slots,
        format=JSON,
        form=False,
        doc="List the names of a frontier's slots.",
        sources=(recorded("a sorted array; a deleted slot is listed no more"),),
    ),
    Endpoint(
        name="hcf/add",
        wire=PROJECT_RECORDS,
        method="POST",
        paths=(SLOT,),
        params=AddParams,
        view=views.add,
        format=JSON,
        form=False,
        doc="Queue the requests whose fingerprints are new.",
        sources=(
            recorded('{"newcount":2}: how many were new'),
            recorded("batches of at most 100; an id is p as two hex digits, the milliseconds in hex, 00001"),
            recorded("further batches of one call add 00, 01, …"),
            documented("a known fingerprint is neither counted nor queued again, also after its batch was removed"),
            assumed("two calls in one millisecond get ids of two milliseconds"),
        ),
    ),
    Endpoint(
        name="hcf/read",
        wire=PROJECT_RECORDS,
        method="GET",
        paths=(f"{SLOT}/q",),
        params=ReadParams,
        view=views.read,
        format=JSON_LINES,
        form=False,
        doc="Read batches of requests; they stay in the queue.",
        sources=(recorded("by p, then in the order of writing"),),
    ),
    Endpoint(
        name="hcf/count",
        wire=PROJECT_RECORDS,
        method="GET",
        paths=(f"{SLOT}/q/count",),
        params=CountParams,
        view=views.count,
        format=JSON,
        form=False,
        doc="Count the requests in the queue.",
        sources=(
            documented('hcf-backend reads {"count": N}, and goes on from nextstart as long as there is one'),
            assumed("N counts requests; one call looks at 100,000, or as many as limit_scans() says; an unknown slot has 0"),
        ),
    ),
    Endpoint(
        name="hcf/remove",
        wire=PROJECT_RECORDS,
        method="POST",
        paths=(f"{SLOT}/q/deleted",),
        params=RemoveParams,
        view=views.remove,
        format=BARE,
        form=False,
        doc="Remove batches from the queue.",
        sources=(recorded("empty, without a content type"),),
    ),
    Endpoint(
        name="hcf/fingerprints",
        wire=PROJECT_RECORDS,
        method="GET",
        paths=(f"{SLOT}/f",),
        params=SlotParams,
        view=views.fingerprints,
        format=JSON_LINES,
        form=False,
        doc="List every fingerprint that was ever added to a slot.",
        sources=(
            documented("the official client reads fp of each line"),
            documented("sorted by fingerprint"),
            assumed("fdata where it was given; removed batches' fingerprints, too"),
        ),
    ),
    Endpoint(
        name="hcf/delete",
        wire=PROJECT_RECORDS,
        method="DELETE",
        paths=(SLOT,),
        params=SlotParams,
        view=views.drop,
        format=BARE,
        form=False,
        doc="Delete a slot with all in it.",
        sources=(recorded("empty, without a content type, also of an unknown slot"),),
    ),
)
