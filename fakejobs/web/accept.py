"""The header Accept: which media types a client wants, the best first, and whether it takes a given one."""

from __future__ import annotations


def wanted(header: str) -> list[str]:
    """Return the media types that a client takes, by their quality, then as they were written; a header without any is */*."""
    if header in ("", "*/*"):
        return ["*/*"]
    from werkzeug.http import parse_accept_header

    return [media for media, quality in parse_accept_header(header) if quality > 0 and "/" in media] or ["*/*"]


def takes(header: str, media_type: str) -> bool:
    """Say whether a client takes a media type, by its name or by a range such as text/* or */*."""
    kind = media_type.partition("/")[0]
    return any(media in (media_type, f"{kind}/*", "*/*") for media in wanted(header))


def prefers_array(form: str | None, header: str) -> bool:
    """Say whether lists are wanted as one JSON array: by the parameter `format`, or by an Accept that names JSON before */*."""
    if form is not None:
        return form == "json"
    named = next((media for media in wanted(header) if media in ("application/json", "application/x-jsonlines", "*/*")), "")
    return named == "application/json"
