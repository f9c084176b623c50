"""Names that own code bound before the guard came (`from socket import gethostbyname`), and those it bound while the guard was there.

Modules are looked through once: a test after which nothing was imported costs one comparison.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

from fakejobs.guard.caller import is_own_module
from fakejobs.own_code import names_of

Pairs = Callable[[], "list[tuple[Any, Any]]"]


class _Bound(NamedTuple):
    """A name of a module that is bound to something real."""

    module: weakref.ref[ModuleType]
    name: str
    real: Any


class Early:
    """What is known of the modules of this process."""

    def __init__(self) -> None:
        self._mark = _Mark()
        self._bound: list[_Bound] = []
        self._taken: list[tuple[_Bound, Any]] = []
        self._loaded = _Mark()

    def take(self, pairs: Pairs) -> None:
        """Bind the names of own modules that are bound to real ones to ours. pairs: returns the real ones, each with ours."""
        self._taken.clear()
        modules = self._mark.since()
        self._loaded.set()
        if not modules and not self._bound:
            return
        ours = {id(real): our for real, our in pairs()}
        for module in modules:
            names = names_of(module)
            if names is not None and is_own_module(names):
                bound = [(name, value) for name, value in list(names.items()) if id(value) in ours]
                self._bound += [_Bound(weakref.ref(module), name, value) for name, value in bound]
        for place in self._bound:
            names, our = names_of(place.module()), ours.get(id(place.real))
            if names is not None and our is not None and names.get(place.name) is place.real:
                names[place.name] = our
                self._taken.append((place, our))

    def give_back(self, pairs: Pairs) -> None:
        """Bind them to the real ones again, also in modules that were loaded meanwhile. pairs: returns the real ones, each with ours."""
        self.sweep()
        modules = self._loaded.since()
        if modules:
            reals = {id(our): real for real, our in pairs()}
            for names in filter(None, map(names_of, modules)):
                names.update([(name, reals[id(value)]) for name, value in list(names.items()) if id(value) in reals])

    def sweep(self) -> None:
        """Bind those to the real ones that others' clean-up has bound to ours again."""
        for place, ours in self._taken:
            names = names_of(place.module())
            if names is not None and names.get(place.name) is ours:
                names[place.name] = place.real


class _Mark:
    """A place in the list of the loaded modules, which grows at its end."""

    def __init__(self) -> None:
        self._number = 0
        self._last = ""
        self._module: Any = None

    def set(self) -> None:
        """Move to the present end."""
        self._number, self._last = len(sys.modules), next(reversed(sys.modules))
        module = sys.modules.get(self._last)
        self._module = weakref.ref(module) if isinstance(module, ModuleType) else None

    def since(self) -> list[ModuleType]:
        """Return the modules that were loaded since, and move to the present end; all, if the place is gone."""
        if len(sys.modules) == self._number and next(reversed(sys.modules)) == self._last and self._is_there():
            return []
        listed, is_there = list(sys.modules.items()), self._is_there()
        if is_there:
            end = next((place for place in range(len(listed), 0, -1) if listed[place - 1][0] == self._last), 0)
            listed = listed[end:]
        self.set()
        return [module for _, module in listed]

    def _is_there(self) -> bool:
        return self._module is not None and sys.modules.get(self._last) is self._module()
