"""The settings of projects: a name and a JSON value each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ProjectSettings:
    """The settings of all projects. Values are never written to after they are set."""

    def __init__(self) -> None:
        self._values: dict[int, dict[str, Any]] = {}

    def copy(self) -> ProjectSettings:
        """Return an independent copy; the values are shared."""
        twin = ProjectSettings()
        twin._values = {project: dict(values) for project, values in self._values.items()}
        return twin

    def of(self, project: int) -> dict[str, Any]:
        """Return a project's settings."""
        return dict(self._values.get(project, {}))

    def update(self, project: int, values: Mapping[str, Any]) -> None:
        """Merge values into a project's settings."""
        self._values.setdefault(project, {}).update(values)

    def remove(self, project: int, name: str) -> None:
        """Remove a setting; an absent one is fine."""
        self._values.get(project, {}).pop(name, None)

    def projects(self) -> list[int]:
        """Return the projects that have settings, in ascending order."""
        return sorted(self._values)
