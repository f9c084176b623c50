"""The connections that are held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakejobs.domain.faults import FaultRule


class Waits:
    """The waits of one fake."""

    def __init__(self, on_hold_over: Callable[[FaultRule], None]) -> None:
        self._on_hold_over = on_hold_over

    def release(self, number: int | None) -> None:
        """End the waits of a fault; None: all."""

    def pause(self, number: int, connection: Any, seconds: float) -> None:
        """Wait."""
