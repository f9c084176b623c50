"""Collections: named shelves of values by key, sorted by key."""

from __future__ import annotations


class Collections:
    """Collections: named shelves of values by key, sorted by key."""

    def copy(self) -> Collections:
        """Return an independent copy."""
        return Collections()
