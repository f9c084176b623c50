"""How the answer to a call leaves that a fault has taken: which way of failing is whose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from fakejobs.domain.faults import FaultRule, Way
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


def deliver(delivery: Delivery) -> Iterable[bytes]:
    """Let an answer leave in its fault's way, and return the pieces of its body."""
    from fakejobs.faults import lost, malformed, partial, slow

    if delivery.rule.way is Way.RESET and partial.is_wanted(delivery.rule):
        return partial.reset(delivery)
    ways: Mapping[Way, Callable[[Delivery], Iterable[bytes]]] = {
        Way.STATUS: Delivery.whole,
        Way.RESET: lost.reset,
        Way.CLOSE: lost.close,
        Way.TIMEOUT: lost.hold,
        Way.GARBAGE: lost.garbage,
        Way.CUT: partial.cut,
        Way.STALL: partial.stall,
        Way.MALFORMED: malformed.leave,
        Way.SLOW: slow.leave,
    }
    return ways[delivery.rule.way](delivery)
