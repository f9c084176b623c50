"""The table of contents of the activity room."""

from __future__ import annotations

from typing import Any

from fakejobs.web.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint[Any], ...] = ()
