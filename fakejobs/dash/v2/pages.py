"""Listings in pages: which page is asked for, and an answer that says where the next one is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fakejobs.dash.v2.params import PageParams
from fakejobs.errors import NotFound


def page_of(rows: Sequence[Any], params: PageParams, path: str, asked: Sequence[tuple[str, str]] = ()) -> tuple[dict[str, Any], int]:
    """Return a page of rows in its envelope, and how many rows it has; raises NotFound behind the last page.

    path: of the listing, from the root of the server. asked: the other parameters, for the addresses of the neighbours.
    """
    first = (params.page - 1) * params.page_size
    if first >= max(1, len(rows)):
        raise NotFound("Invalid page.")

    def address(page: int) -> str:
        query = urlencode([*asked, ("page", page), ("page_size", params.page_size)])
        return f"http://{params.host or 'localhost'}{path}?{query}"

    beyond = first + params.page_size
    shown = rows[first:beyond]
    envelope = {
        "count": len(rows),
        "next": address(params.page + 1) if beyond < len(rows) else None,
        "previous": address(params.page - 1) if first else None,
        "results": shown,
    }
    return envelope, len(shown)
