"""Which names are the real service's, however they are spelled."""

from __future__ import annotations

import re

REAL_HOSTS = (
    "app.zyte.com",
    "app.scrapinghub.com",
    "dash.scrapinghub.com",
    "storage.zyte.com",
    "storage.scrapinghub.com",
    "jobq.zyte.com",
)
"""The names of the real service."""

_KNOWN = frozenset(REAL_HOSTS)
_HOST = re.compile(r"(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?(?:[^/?#@\s]*@)?([^/?#:@\s\[\]]+)")


def real_host(host: object) -> str | None:
    """Return which real host a name is, else None: text or bytes, in any case, with a dot at its end, in letters that stand for others."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    if not isinstance(host, str):
        return None
    if not host.isascii():
        host = _plain(host)
    name = host.rstrip(".").lower()
    return name if name in _KNOWN else None


def real_host_of_address(address: object) -> str | None:
    """Return which real host an address names, as sockets take them: (host, port), or with two numbers more; else None."""
    return real_host(address[0]) if isinstance(address, tuple) and address else None


def real_host_of_url(url: object) -> str | None:
    """Return which real host a URL names; its scheme may be missing. None for another one, and for what is no URL."""
    if isinstance(url, (bytes, bytearray)):
        url = bytes(url).decode("utf-8", "replace")
    found = _HOST.match(url) if isinstance(url, str) else None
    return real_host(found[1]) if found is not None else None


def _plain(host: str) -> str:
    """Return a name as a look-up would send it: full-width letters and dots are those of ASCII."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
