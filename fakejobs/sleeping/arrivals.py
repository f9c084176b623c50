"""Seeing modules come: what the code under test loads only when it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Around = Callable[[], AbstractContextManager[object]]


class Arrivals(MetaPathFinder):
    """Lets modules be loaded under a `with`, from start() until stop().

    around: by the name of a module, what gives the context manager under which it is loaded.
    """

    def __init__(self, around: Mapping[str, Around]) -> None:
        self._around = around

    def start(self) -> None:
        """Begin to look, if any of the modules is still to come."""
        if not all(name in sys.modules for name in self._around):
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Look no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where an awaited module is, with a loader that loads it under its `with`; None for any other."""
        around = self._around.get(name)
        others = [finder for finder in sys.meta_path if finder is not self] if around is not None else []
        for finder in others:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None and around is not None:
                    spec.loader = _LoadedUnder(around, spec.loader)
                return spec
        return None


class _LoadedUnder(Loader):
    """Loads a module as its own loader does, under a `with`."""

    def __init__(self, around: Around, loader: Loader) -> None:
        self._around = around
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        with self._around():
            return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        with self._around():
            self._loader.exec_module(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
