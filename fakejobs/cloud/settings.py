"""The settings of projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakejobs.cloud.realm import Realm


class Settings:
    """The settings of a cloud's projects: a JSON object each."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def of(self, project: int) -> Mapping[str, Any]:
        """Return the settings of a project; they are not to be written to."""
        with self._realm.lock:
            return self._realm.world.settings.of(project)

    def update(self, project: int, values: Mapping[str, Any]) -> None:
        """Merge values into the settings of a project."""
        with self._realm.lock:
            self._realm.world.settings.update(project, values)

    def remove(self, project: int, name: str) -> None:
        """Remove one setting; an absent one is fine."""
        with self._realm.lock:
            self._realm.world.settings.remove(project, name)
