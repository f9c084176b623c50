"""The answer to a call that a fault has taken, and all that it needs to leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fakejobs.domain.faults import FaultRule
from fakejobs.faults.waits import Waits
from fakejobs.listener.exchange import Connection
from fakejobs.web.endpoint import Headers
from fakejobs.web.gzipped import HEADERS, gzipped
from fakejobs.web.outgoing import Outgoing
from fakejobs.web.runner import StartResponse


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer and the fault in whose way it is to leave. connection: None where the application is called without a socket."""

    rule: FaultRule
    number: int
    outgoing: Outgoing
    waits: Waits
    connection: Connection | None
    start_response: StartResponse
    is_head: bool

    def begin(self, *more: tuple[str, str]) -> None:
        """Say status and headers, with some more of them."""
        headers: Headers = (*self.outgoing.headers, *more)
        self.start_response(f"{self.outgoing.status} {self.outgoing.reason}", [*headers])

    def whole(self) -> Iterable[bytes]:
        """Begin the answer as ever, and return the pieces of its body, compressed if it leaves so."""
        packed = gzipped(self.outgoing.chunks) if self.outgoing.gzips else None
        chunks = self.outgoing.chunks if packed is None else packed
        length = [("Content-Length", str(sum(map(len, chunks))))] if isinstance(chunks, (list, tuple)) else []
        self.begin(*(HEADERS if packed is not None else ()), *length)
        return chunks
