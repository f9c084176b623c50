"""The answers of the platform's proxy when what stands behind it does not answer: pages of HTML, the same on every wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fakejobs.evidence import Source, assumed, recorded
from fakejobs.web.endpoint import Headers, Reply
from fakejobs.web.formats import Format

_HTML = Format("text/html", lambda text: [text.encode()])


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the proxy. reason: the phrase behind its status."""

    reason: str
    sentence: str
    source: Source
    headers: Headers = ()

    def reply(self, status: int) -> Reply:
        """Return the answer that it is."""
        text = f"<html><body><h1>{status} {self.reason}</h1>\n{self.sentence}\n</body></html>\n"
        return Reply(text, status, self.reason, _HTML, self.headers)


_GONE: Headers = (("Cache-Control", "no-cache"), ("Connection", "close"))

PAGES: Mapping[int, Page] = {
    502: Page(
        "Bad Gateway",
        "The server returned an invalid or incomplete response.",
        assumed("502 Bad Gateway is a page of HTML like the recorded 503"),
        _GONE,
    ),
    503: Page(
        "Service Unavailable", "No server is available to handle this request.", recorded("503 Service Unavailable, a page of HTML"), _GONE
    ),
    504: Page(
        "Gateway Time-out",
        "The server didn't respond in time.",
        recorded("504 Gateway Time-out, a page of HTML"),
    ),
}
"""By status."""
EVERYWHERE: tuple[Source, ...] = (
    *(page.source for page in PAGES.values()),
    assumed("any other status is a refusal of its wire's family, with the standard phrase as its message; 401 and 403 as recorded"),
    assumed("429 carries Retry-After only where the fault says so: no limits are published"),
    assumed("connections may be reset, closed, held or cut anywhere: where the real service's break is not known"),
)
"""What is known of the answers of a platform that fails."""
