"""What dash answers of comments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fakejobs.dash.payloads import iso
from fakejobs.domain.comments import Comment


def comment_object(comment: Comment) -> dict[str, Any]:
    """Return a comment."""
    return {
        "id": comment.comment_id,
        "created": iso(comment.created),
        "archived": None if comment.archived is None else iso(comment.archived),
        "author": comment.author,
        "avatar": "",
        "text": comment.text,
        "editable": comment.archived is None,
    }


def by_place(comments: Iterable[Comment]) -> dict[str, list[dict[str, Any]]]:
    """Return comments by where they stand: `0` for an item as a whole, `0/title` for a field of it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for comment in comments:
        place = str(comment.item) if comment.field is None else f"{comment.item}/{comment.field}"
        found.setdefault(place, []).append(comment_object(comment))
    return found
