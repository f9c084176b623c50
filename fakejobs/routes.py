"""Every path that is answered: the tables of all families on one router, each loaded when a path comes that it may know."""

from __future__ import annotations

import threading

from fakejobs.forking import fresh_after_fork
from fakejobs.web.router import Answers, Router, Table


def _jobs_api() -> Answers:
    from fakejobs.dash.endpoints import ENDPOINTS
    from fakejobs.dash.wire import DASH

    return Answers((DASH,), ENDPOINTS)


def _rest_of_dash() -> Answers:
    from fakejobs.dash.comments.endpoints import ENDPOINTS as COMMENTS
    from fakejobs.dash.deploys.endpoints import ENDPOINTS as DEPLOYS
    from fakejobs.dash.legacy.endpoints import ENDPOINTS as LEGACY
    from fakejobs.dash.periodic.endpoints import ENDPOINTS as PERIODIC
    from fakejobs.dash.v2.endpoints import ENDPOINTS as V2_ENDPOINTS
    from fakejobs.dash.v2.wire import V2
    from fakejobs.unfaked import UNFAKED

    return Answers((V2,), (*LEGACY, *COMMENTS, *DEPLOYS, *V2_ENDPOINTS, *PERIODIC), UNFAKED)


def _queue() -> Answers:
    from fakejobs.storage.metadata.endpoints import ENDPOINTS as METADATA
    from fakejobs.storage.projects.endpoints import ENDPOINTS as PROJECTS
    from fakejobs.storage.queue.endpoints import ENDPOINTS as QUEUE_ENDPOINTS
    from fakejobs.storage.wire import QUEUE

    return Answers((QUEUE,), (*QUEUE_ENDPOINTS, *METADATA, *PROJECTS))


def _records() -> Answers:
    from fakejobs.storage.activity.endpoints import ENDPOINTS as ACTIVITY
    from fakejobs.storage.collections.endpoints import ENDPOINTS as COLLECTIONS
    from fakejobs.storage.frontier.endpoints import ENDPOINTS as FRONTIER
    from fakejobs.storage.records.endpoints import ENDPOINTS as RECORDS_ENDPOINTS
    from fakejobs.storage.wire import RECORDS

    return Answers((RECORDS,), (*RECORDS_ENDPOINTS, *ACTIVITY, *COLLECTIONS, *FRONTIER))


TABLES = (
    Table(("/api",), _jobs_api),
    Table(("/api",), _rest_of_dash),
    Table(("/jobq", "/jobs", "/ids", "/spiders", "/projects", "/botgroups"), _queue),
    Table(("/items", "/logs", "/requests", "/samples", "/collections", "/hcf", "/activity", "/system"), _records),
)
"""The tables of the house. A path under no prefix of theirs belongs to the first one's family."""


class _OfProcess:
    """The one router of the process, from when it is asked for."""

    def __init__(self) -> None:
        self._lock = fresh_after_fork(self, "_lock", threading.Lock)
        self._router: Router | None = None

    def get(self) -> Router:
        if self._router is None:
            with self._lock:
                self._router = self._router or Router(TABLES)
        return self._router


_ROUTER = _OfProcess()


def router() -> Router:
    """Return the one router of the process."""
    return _ROUTER.get()
