"""Frontiers: slots of requests to be crawled, in batches."""

from __future__ import annotations


class Frontiers:
    """Frontiers: slots of requests to be crawled, in batches."""

    def copy(self) -> Frontiers:
        """Return an independent copy."""
        return Frontiers()
