"""How much the service does in one call."""

from __future__ import annotations

from dataclasses import dataclass

SCAN = 100_000
"""Rows that one call looks at unless it was said otherwise."""


@dataclass(slots=True)
class Limits:
    """The limits of a world. scan: rows that one call of a count, or of a deletion by filter, looks at, at most."""

    scan: int = SCAN

    def copy(self) -> Limits:
        """Return an independent copy."""
        return Limits(self.scan)
