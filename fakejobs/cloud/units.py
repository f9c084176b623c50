"""Units: how many the running jobs of a project may use, and whether some are free."""

from __future__ import annotations

from fakejobs.cloud.realm import Realm
from fakejobs.domain.job import JobRecord
from fakejobs.domain.pacing import Due


class Units:
    """The limits of a cloud's projects."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def limit(self, project: int, units: int) -> None:
        """Say how many units the running jobs of a project may use."""
        with self._realm.lock:
            pacing = self._realm.world.pacing
            pacing.units[project] = units
            pacing.plan(self._realm.now_ms(), Due.ADMIT, project=project)

    def has_capacity(self, project: int, wanted: int = 1) -> bool:
        """Say whether so many units are free in a project; in one without a limit they always are."""
        with self._realm.lock:
            units = self._realm.world.pacing.units.get(project)
            return units is None or self._realm.world.store.units_running(project) + wanted <= units

    def fits(self, record: JobRecord) -> bool:
        """Say whether a job finds the units that it needs free in its project."""
        return self.has_capacity(record.key.project_id, record.units)

    def running(self, project: int) -> int:
        """Return how many units the running jobs of a project use."""
        with self._realm.lock:
            return self._realm.world.store.units_running(project)

    def largest_pending(self, project: int) -> int | None:
        """Return the most units that a pending job of a project wants; None if none is pending."""
        with self._realm.lock:
            return self._realm.world.store.largest_pending(project)
