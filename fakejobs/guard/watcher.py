"""Who is told before a real host is reached."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """Who is told before a real host is reached."""

    def stop(self, host: str) -> None:
        """End the test."""

    def is_fake(self, host: object, port: object) -> bool:
        """Say whether the fake itself is at an address."""


class Watch:
    """What this process has one of: who watches now."""

    active: Watcher | None = None
