"""How long what is under way holds the clock."""

from __future__ import annotations

from collections.abc import Hashable

from fakejobs.sleeping import spans
from fakejobs.sleeping.threads import TIME_SLEEP

PATIENCE_S = 5.0
"""Seconds of real time for which one and the same thing that is under way outside of the loop holds the clock."""

_SHORTEST_NAP_S, _LONGEST_NAP_S = 0.00001, 0.001


class Patience:
    """How long what is under way outside of a thread holds the clock: to its end, or until it has been the same for too long.

    A sleep is held no longer than it would last for real, and PATIENCE_S at most, whatever is under way.
    """

    def __init__(self) -> None:
        self._held_by: set[Hashable] = set()
        self._held_s = 0.0
        self._given_up: set[Hashable] = set()
        self._began_s: float | None = None
        self._naps_s = 0.0

    def start_over(self) -> None:
        """Take note that another sleep begins."""
        self._began_s, self._naps_s = None, 0.0

    def nap_for(self, outside: set[Hashable], span_s: float | None = None) -> bool:
        """Wait a moment for what is under way, for real; False if there is nothing that is worth waiting for.

        span_s: how long the sleep that is held would last; default: PATIENCE_S.
        """
        self._given_up &= outside
        outside = outside - self._given_up
        if outside != self._held_by:
            self._held_by, self._held_s = outside, 0.0
        if not outside:
            return False
        now_s = spans.real_s()
        if self._began_s is None:
            self._began_s = now_s
        in_all_s = max(now_s - self._began_s, self._naps_s)
        if max(in_all_s, self._held_s) >= PATIENCE_S:
            self._given_up |= outside
            return False
        left_s = (PATIENCE_S if span_s is None else span_s) - in_all_s
        if left_s <= 0:
            return False
        nap_s = min(_LONGEST_NAP_S, max(_SHORTEST_NAP_S, self._held_s / 2), left_s)
        TIME_SLEEP.real(nap_s)
        self._naps_s += nap_s
        self._held_s += max(nap_s, spans.real_s() - now_s)
        return True
