"""The parameters of the frontier room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakejobs.evidence import assumed, documented, recorded
from fakejobs.web.params import body, number, param, text


def _project() -> Any:
    return param(number, doc="Project number, in the path.", sources=[recorded("/hcf/2222222/list")])


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectParams:
    """GET /hcf/P/list."""

    project: int = _project()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierParams(ProjectParams):
    """GET /hcf/P/FRONTIER/list."""

    frontier: str = param(
        text, doc="Name of the frontier, in the path.", sources=[recorded("tests-client-test_frontiers-py-test_frontier")]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotParams(FrontierParams):
    """Endpoints of one slot."""

    slot: str = param(text, doc="Name of the slot, in the path.", sources=[recorded("site.com")])


@dataclass(frozen=True, slots=True, kw_only=True)
class AddParams(SlotParams):
    """POST /hcf/P/FRONTIER/s/SLOT."""

    content: bytes = body(
        doc="Requests, JSON objects, one a line: fp, the fingerprint; p, the priority; qdata and fdata, any JSON value.",
        sources=[
            recorded("fp alone; fp, p and qdata; a p of 1 is read after one of 0, which is the default"),
            assumed("fp is a text that is not empty; p is 0 to 255, which its two hex digits can say; other fields are passed over"),
            assumed("where one line is refused, with a 400, nothing is added"),
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadParams(SlotParams):
    """GET /hcf/P/FRONTIER/s/SLOT/q."""

    mincount: int | None = param(
        number,
        default=None,
        doc="Read batches until there are so many requests.",
        sources=[recorded("mincount=100 gives one batch of 100"), documented("all batches unless given")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountParams(SlotParams):
    """GET /hcf/P/FRONTIER/s/SLOT/q/count."""

    start: str | None = param(
        text,
        default=None,
        doc="Id of the batch where counting goes on.",
        sources=[documented("hcf-backend sends the nextstart of the answer before"), assumed("batches of smaller ids are passed over")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveParams(SlotParams):
    """POST /hcf/P/FRONTIER/s/SLOT/q/deleted."""

    content: bytes = body(
        doc="Ids of batches, JSON texts, one a line, or arrays of them.",
        sources=[
            recorded('"0015f77dd5c7800001"'),
            documented("single ids and arrays, several lines of them"),
            assumed("an unknown id is fine; what is no text is a 400, and nothing is removed"),
        ],
    )
