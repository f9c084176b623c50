"""The connections that faults hold, and who ends that: a fault that is removed, or the end of the fake."""

from __future__ import annotations

import threading
from collections.abc import Callable

from fakejobs.domain.faults import FaultRule
from fakejobs.forking import fresh_after_fork
from fakejobs.listener.exchange import Connection, Held


class Waits:
    """The waits of one fake, by the numbers of their faults.

    on_hold_over: told of a fault that has held a client for as long as it was to.
    """

    def __init__(self, on_hold_over: Callable[[FaultRule], None]) -> None:
        self._on_hold_over = on_hold_over
        self._lock = fresh_after_fork(self, "_lock", threading.Lock)
        self._held: dict[Connection, int] = {}
        self._ended: set[int] = set()
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
            if self._is_over or number in self._ended:
                return Held.RELEASED
            self._held[connection] = number
        try:
            return connection.hold(seconds)
        finally:
            with self._lock:
                del self._held[connection]

    def release(self, number: int | None) -> None:
        """End at once all waits of a fault, and let none begin any more; None: of all faults."""
        with self._lock:
            if number is None:
                self._is_over = True
            else:
                self._ended.add(number)
            waiting = [connection for connection, fault in self._held.items() if number in (None, fault)]
        for connection in waiting:
            connection.release()
