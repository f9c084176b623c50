"""The clock of a fake, as sleeps move it."""

from __future__ import annotations

from fakejobs.cloud import Cloud
from fakejobs.domain.clock import Millis


class CloudClock:
    """The clock of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def now_ms(self) -> int:
        """Return the present moment."""
        return self._cloud.now_ms()

    def advance_to_ms(self, moment: int) -> None:
        """Go forward to a moment and apply what is due by then; a moment in the past does nothing."""
        self._cloud.realm.move_to(Millis(moment))

    def next_due_ms(self) -> int | None:
        """Return when anything is due next, of jobs or of the calendar; None if nothing is."""
        with self._cloud.lock:
            dues = (self._cloud.pace.next_due(), self._cloud.world.periodic.next_due)
            return min((due for due in dues if due is not None), default=None)
