"""The table of contents of storage: the tables of its rooms, one after the other."""

from __future__ import annotations

from typing import Any

from fakejobs.evidence import Source, assumed, documented, recorded
from fakejobs.storage.activity.endpoints import ENDPOINTS as ACTIVITY
from fakejobs.storage.collections.endpoints import ENDPOINTS as COLLECTIONS
from fakejobs.storage.frontier.endpoints import ENDPOINTS as FRONTIER
from fakejobs.storage.metadata.endpoints import ENDPOINTS as METADATA
from fakejobs.storage.projects.endpoints import ENDPOINTS as PROJECTS
from fakejobs.storage.queue.endpoints import ENDPOINTS as QUEUE
from fakejobs.storage.records.endpoints import ENDPOINTS as RECORDS
from fakejobs.web.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint[Any], ...] = (*QUEUE, *METADATA, *PROJECTS, *RECORDS, *ACTIVITY, *COLLECTIONS, *FRONTIER)

EVERYWHERE: tuple[Source, ...] = (
    recorded("the token of a running job is taken in place of a key"),
    assumed("a token opens its own job's data and nothing else, and only while the job runs"),
    documented("bodies are JSON lines, plain or gzip, and at most 1 MiB a value"),
    assumed("a body has at most 64 MiB, also when unpacked: 413"),
    assumed("a parameter that nobody knows is passed over, one with a blank value counts as not given"),
    assumed("where moments must differ, that of a call is the present one, or the last one and 1 ms"),
)
"""What is true of every endpoint of storage."""
