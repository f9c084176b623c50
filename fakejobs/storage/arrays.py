"""Lists that come as JSON lines, or as one JSON array where a client asks for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakejobs.evidence import Source, assumed, documented, recorded
from fakejobs.web.params import header, one_of, param

BY_FORMAT = (documented("json; three independent clients read it so"), assumed("any other one: invalid value for format"))
BY_ACCEPT = (recorded("*/*: JSON lines"), documented("three independent clients read an array"))


def format_param(sources: Sequence[Source] = BY_FORMAT) -> Any:
    """Declare the parameter `format` of a list as a dataclass field."""
    return param(one_of(("jl", "json")), default=None, doc="json: one array; jl: a line each, which is the default.", sources=sources)


def accept_header() -> Any:
    """Declare the header Accept of a list as a dataclass field."""
    return header("Accept", doc="One that names application/json, and */* not before it: one array.", sources=BY_ACCEPT)
