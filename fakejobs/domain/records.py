"""What the spiders of jobs wrote: items, logs, requests and samples, as opaque encoded rows."""

from __future__ import annotations


class Records:
    """What the spiders of jobs wrote: items, logs, requests and samples, as opaque encoded rows."""

    def copy(self) -> Records:
        """Return an independent copy."""
        return Records()
