"""Answers that are complete, and whose body is not what its type says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fakejobs.faults.delivery import Delivery
from fakejobs.web.endpoint import NO_BODY

NEVER_IN_MSGPACK = b"\xc1"
NEVER_IN_JSON = b"\x01"
"""Not zero: of two bytes, of which the second is zero, a decoder believes that they are UTF-16, and takes them if the first is a digit."""
NEVER_IN_UTF8 = b"\xff"


def leave(delivery: Delivery) -> Iterable[bytes]:
    """Send the answer with a body that no decoder of its type takes."""
    outgoing = delivery.outgoing
    content = b"" if outgoing.payload is NO_BODY else b"".join(outgoing.chunks)
    named = next((value for name, value in outgoing.headers if name.lower() == "content-type"), None)
    content_type = named or outgoing.form.content_type or ""
    headers = outgoing.headers if named is not None or not content_type else (*outgoing.headers, ("Content-Type", content_type))
    broken = replace(outgoing, headers=headers, chunks=[_broken(content, content_type)])
    return replace(delivery, outgoing=broken).whole()


def _broken(content: bytes, content_type: str) -> bytes:
    """Return the first half of a content, with what can stand nowhere in it."""
    half = content[: len(content) // 2]
    if "msgpack" in content_type:  # first: a decoder of a stream waits for the rest of a value that is not complete
        return NEVER_IN_MSGPACK + half
    return half + (NEVER_IN_JSON if "json" in content_type else NEVER_IN_UTF8)
