"""Which way of failing is whose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fakejobs.domain.faults import Way
from fakejobs.faults import lost, malformed, partial, slow
from fakejobs.faults.delivery import Delivery

_WAYS: Mapping[Way, Callable[[Delivery], Iterable[bytes]]] = {
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


def deliver(delivery: Delivery) -> Iterable[bytes]:
    """Let an answer leave in its fault's way, and return the pieces of its body."""
    if delivery.rule.way is Way.RESET and delivery.rule.shows_part:
        return partial.reset(delivery)
    return _WAYS[delivery.rule.way](delivery)
