"""Modules that are loaded while the guard is there: those with doors get them as soon as they have run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec, SourceFileLoader, SourcelessFileLoader
from types import ModuleType


class Latecomers(MetaPathFinder):
    """Finds the named modules as all others do, and tells when they have run.

    names: of the modules. told: called with the name of one that has just run.
    """

    def __init__(self, names: Collection[str], told: Callable[[str], None]) -> None:
        self._names = names
        self._told = told

    def begin(self) -> None:
        """Be asked first from now on."""
        sys.meta_path.insert(0, self)

    def end(self) -> None:
        """Be asked no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where a named module is; None for any other."""
        if name not in self._names:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find is not None and finder is not self else None
            if spec is not None:
                self._tell_of(spec)
                return spec
        return None

    def _tell_of(self, spec: ModuleSpec) -> None:
        loader = spec.loader
        if isinstance(loader, (SourceFileLoader, SourcelessFileLoader, ExtensionFileLoader)):  # these are made for one module each
            real = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                del vars(loader)["exec_module"]
                real(module)
                self._told(spec.name)

            vars(loader)["exec_module"] = exec_module
