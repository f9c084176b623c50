"""Answers in gzip, for the endpoints whose real ones are, and clients that take it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from fakejobs.web.endpoint import Headers

HEADERS: Headers = (("Content-Encoding", "gzip"),)

_LEVEL = 1
"""The fastest: what is sent goes no farther than this machine."""


def takes_gzip(accept_encoding: str) -> bool:
    """Say whether a client takes gzip: it names it, or says that it takes anything."""
    if "gzip" not in accept_encoding and "*" not in accept_encoding:
        return False
    from werkzeug.http import parse_accept_header

    quality = {word.lower(): quality for word, quality in parse_accept_header(accept_encoding)}
    return quality.get("gzip", quality.get("x-gzip", quality.get("*", 0))) > 0


def gzipped(chunks: Iterable[bytes]) -> Iterable[bytes] | None:
    """Return the chunks of a body in gzip, whole if they came whole, else streamed; None if the body is empty."""
    if isinstance(chunks, (list, tuple)):
        return [b"".join(_stream(iter(chunks)))] if any(chunks) else None
    rest = iter(chunks)
    first = next((chunk for chunk in rest if chunk), None)
    return None if first is None else _stream(_after(first, rest))


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _stream(chunks: Iterator[bytes]) -> Iterator[bytes]:
    deflater = zlib.compressobj(_LEVEL, wbits=31)
    for chunk in chunks:
        if packed := deflater.compress(chunk):
            yield packed
    yield deflater.flush()
