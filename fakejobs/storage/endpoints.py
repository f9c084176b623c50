"""The table of contents of storage: the tables of its rooms, one after the other."""

from __future__ import annotations

from typing import Any

from fakejobs.storage.activity.endpoints import ENDPOINTS as ACTIVITY
from fakejobs.storage.collections.endpoints import ENDPOINTS as COLLECTIONS
from fakejobs.storage.frontier.endpoints import ENDPOINTS as FRONTIER
from fakejobs.storage.queue.endpoints import ENDPOINTS as QUEUE
from fakejobs.storage.records.endpoints import ENDPOINTS as RECORDS
from fakejobs.web.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint[Any], ...] = (*QUEUE, *RECORDS, *ACTIVITY, *COLLECTIONS, *FRONTIER)
