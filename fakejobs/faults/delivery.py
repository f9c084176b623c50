"""How an answer leaves that a fault has taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fakejobs.domain.faults import FaultRule, Way
from fakejobs.faults.waits import Waits
from fakejobs.listener.exchange import ClientLeft
from fakejobs.web.gzipped import HEADERS, gzipped
from fakejobs.web.outgoing import Outgoing


def deliver(rule: FaultRule, number: int, outgoing: Outgoing, waits: Waits, connection: Any, start_response: Any) -> Iterable[bytes]:
    """Let an answer leave in a fault's way."""
    if rule.way in (Way.RESET, Way.CLOSE, Way.TIMEOUT, Way.GARBAGE):
        if connection is None:
            raise ConnectionResetError
        connection.close()
        raise ClientLeft
    headers = [*outgoing.headers]
    packed = gzipped(outgoing.chunks) if outgoing.gzips else None
    if packed is not None:
        headers += HEADERS
    chunks = outgoing.chunks if packed is None else packed
    if isinstance(chunks, (list, tuple)):
        if rule.way is Way.CUT:
            chunks = [b"".join(chunks)[: sum(map(len, chunks)) // 2]]
        headers.append(("Content-Length", str(sum(map(len, chunks)))))
    start_response(f"{outgoing.status} {outgoing.reason}", headers)
    return chunks
