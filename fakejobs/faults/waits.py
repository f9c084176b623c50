"""The connections that faults hold, and who ends that: a fault that is removed, or the end of the fake."""

from __future__ import annotations

import threading
from collections.abc import Callable

from fakejobs.domain.faults import FaultRule
from fakejobs.forking import fresh_after_fork
from fakejobs.listener.exchange import Connection
from fakejobs.listener.holding import Held


class Waits:
    """The waits of one fake, by the numbers of their faults.

    on_hold_over: told of a fault that has held a client for as long as it was to. is_declared: says whether a fault still is.
    """

    def __init__(self, on_hold_over: Callable[[FaultRule], None], is_declared: Callable[[int], bool]) -> None:
        self._on_hold_over = on_hold_over
        self._is_declared = is_declared
        self._lock = fresh_after_fork(self, "_lock", threading.Lock)
        self._held: dict[Connection, int] = {}
        self._is_over = False

    def hold(self, number: int, connection: Connection, rule: FaultRule) -> Held:
        """Hold a client for as long as its fault says, and return how that ended; on_hold_over hears of a client that stayed."""
        held = self.pause(number, connection, rule.hold_s)
        if held is Held.OVER:
            self._on_hold_over(rule)
        return held

    def pause(self, number: int, connection: Connection, seconds: float) -> Held:
        """Let a client wait for so many real seconds, and return how that ended."""
        with self._lock:
            self._held[connection] = number
        try:
            if self._is_over or not self._is_declared(number):  # asked only now: a fault that ends later finds the connection
                return Held.RELEASED
            return connection.hold(seconds)
        finally:
            with self._lock:
                del self._held[connection]

    def release(self, number: int | None) -> None:
        """End at once all waits of a fault that is declared no more; None: of all faults, and let none begin any more."""
        with self._lock:
            self._is_over = self._is_over or number is None
            waiting = [connection for connection, fault in self._held.items() if number in (None, fault)]
        for connection in waiting:
            connection.release()
