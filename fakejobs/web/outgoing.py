"""An answer that is ready to leave, for who lets it leave in another way than whole and at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fakejobs.web.endpoint import Headers
from fakejobs.web.formats import Format


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer. headers: without Content-Length and Content-Encoding. chunks: of its content, not compressed; a list if it is whole.

    form, payload: of which the chunks are made. gzips: whether it leaves in gzip.
    """

    status: int
    reason: str
    headers: Headers
    chunks: Iterable[bytes]
    form: Format
    payload: Any
    gzips: bool
