"""Every path that is answered: the tables of all families, on one router."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakejobs.web.router import Router

_BUILDING = Lock()


@cache
def _build_router() -> Router:
    from fakejobs.dash.endpoints import ENDPOINTS as DASH_ENDPOINTS
    from fakejobs.dash.v2.wire import V2
    from fakejobs.dash.wire import DASH
    from fakejobs.storage.endpoints import ENDPOINTS as STORAGE_ENDPOINTS
    from fakejobs.storage.wire import QUEUE, RECORDS
    from fakejobs.unfaked import UNFAKED
    from fakejobs.web.router import Router

    return Router([DASH, V2, QUEUE, RECORDS], [*DASH_ENDPOINTS, *STORAGE_ENDPOINTS], UNFAKED)


def router() -> Router:
    """Return the router of all tables, loaded and built once a process, when the first request needs it."""
    with _BUILDING:
        return _build_router()
