"""Rules about how clients ask, whatever it is that they ask for."""

from __future__ import annotations

from collections.abc import Sequence

from fakejobs.lint.asked import Asked, Remark, Scene
from fakejobs.lint.bounds import LONG, MANY

KEY_BELONGS_IN_URL = ("v2/users/me",)
"""Endpoints to which the vendor's own shub sends the key in the URL."""
LISTS = frozenset({"jobs/list", "jobs/count", "jobq/list", "jobq/count", "jobq/summary"})
"""The endpoints that list jobs, or count them."""


def key_in_url(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find API keys in URLs."""
    if not asked.has_key_in_url or asked.name in KEY_BELONGS_IN_URL:
        return ()
    sentence = "the API key stands in the URL, and URLs are written into the logs of every proxy on the way"
    return [Remark(sentence, "the key as the user name of Basic credentials, with an empty password (curl -u APIKEY:)")]


def without_count(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find long lists that were read in one: that the answer is whole is nowhere promised. Of list.jl it once was."""
    rows = asked.call.rows
    if asked.name != "jobs/list" or rows is None or rows <= LONG or asked.last("count") or not asked.call.path.endswith(".json"):
        return ()
    sentence = f"jobs/list without count gave more than {LONG:,} jobs here; the service promises no such answer, its older page said 100"
    return [Remark(sentence, "count and offset, page by page")]


def again(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find the same list with the same answer many times in a row, with nothing between."""
    if asked.streak != MANY:
        return ()
    sentence = f"{asked.name} was asked the same {MANY} times in a row and more, gave the same answer, and nothing happened between"
    return [Remark(sentence, "a pause between two looks (with clock='sleep' or clock='poll' the fake's clock moves then)")]
