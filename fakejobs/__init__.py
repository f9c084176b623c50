"""fakejobs: an in-process fake of the Scrapy Cloud (Zyte) Jobs API.

    with serve() as fake: ...      a fake on a socket
    FakeJobs().app                 the same as a WSGI application
    def test(fakejobs): ...        the same as a pytest fixture

The public names are loaded on first use, so that importing the package, as pytest does for its plugins, costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakejobs.domain.clock import ManualClock as ManualClock
    from fakejobs.domain.clock import SystemClock as SystemClock
    from fakejobs.domain.job import JobRecord as JobRecord
    from fakejobs.domain.keys import JobKey as JobKey
    from fakejobs.domain.lifecycle import JobEvent as JobEvent
    from fakejobs.domain.lifecycle import JobState as JobState
    from fakejobs.errors import AlreadyScheduled as AlreadyScheduled
    from fakejobs.errors import DomainError as DomainError
    from fakejobs.errors import FakeJobsError as FakeJobsError
    from fakejobs.errors import IllegalTransition as IllegalTransition
    from fakejobs.errors import InvalidValue as InvalidValue
    from fakejobs.errors import NotFound as NotFound
    from fakejobs.errors import RequestError as RequestError
    from fakejobs.errors import SeedError as SeedError
    from fakejobs.errors import UsageError as UsageError
    from fakejobs.fake import FakeJobs as FakeJobs
    from fakejobs.fake import serve as serve
    from fakejobs.journal import Call as Call
    from fakejobs.verbs import Job as Job

__version__ = "0.1.0"

_HOMES = {
    "AlreadyScheduled": "errors",
    "Call": "journal",
    "DomainError": "errors",
    "FakeJobs": "fake",
    "FakeJobsError": "errors",
    "IllegalTransition": "errors",
    "InvalidValue": "errors",
    "Job": "verbs",
    "JobEvent": "domain.lifecycle",
    "JobKey": "domain.keys",
    "JobRecord": "domain.job",
    "JobState": "domain.lifecycle",
    "ManualClock": "domain.clock",
    "NotFound": "errors",
    "RequestError": "errors",
    "SeedError": "errors",
    "SystemClock": "domain.clock",
    "UsageError": "errors",
    "serve": "fake",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
