"""The guard of a fake: it stands before all doors from construction until release()."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType
from typing import Any
from urllib.parse import urlsplit

from fakejobs.guard.doors import DOORS, Door
from fakejobs.guard.early import Early
from fakejobs.guard.latecomers import Latecomers
from fakejobs.guard.watcher import Watch

_ABSENT = object()


class Guard:
    """Ends the test that reaches for a real host.

    end: is given the text, and returns what is raised where the host was asked for. fake: the URL of the fake, which may be asked
    as a proxy. One at a time; everything is put back by release(), which does nothing the second time.
    """

    def __init__(self, end: Callable[[str], BaseException], fake: str) -> None:
        self._end = end
        at = urlsplit(fake)
        self._fake = at.hostname, at.port
        self._late = Latecomers(_gates(), self._take)
        self._taken: list[_Gate] = []
        Watch.active = self
        try:
            for name in _gates():
                if name in sys.modules:
                    self._take(name)
            _early().take(lambda: [(gate.real, gate.ours) for gate in self._taken if gate.is_passed_by_early_names])
            self._late.begin()
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Put everything back as it was, but for what others have put in place of ours."""
        if Watch.active is not self:
            return
        Watch.active = None
        self._late.end()
        self._give_back()
        _early().give_back(lambda: [(gate.real, gate.ours) for gate in self._taken])

    def sweep(self) -> None:
        """Put back, once more, what others' clean-up has set to ours after release()."""
        if Watch.active is None:
            self._give_back()
            _early().sweep()

    def stop(self, host: str) -> None:
        """End the test, for a real host that is asked for."""
        __tracebackhide__ = True
        from fakejobs.guard.advice import told  # only a mistake needs it

        raise self._end(told(host, sys._getframe(1))) from None  # noqa: SLF001

    def is_fake(self, host: object, port: object) -> bool:
        """Say whether the fake itself is at an address."""
        return (host, port) == self._fake

    def _take(self, module: str) -> None:
        self._taken += [gate for gate in _gates()[module] if gate.take(sys.modules[module])]

    def _give_back(self) -> None:
        for gate in reversed(self._taken):
            gate.give_back()


class _Gate:
    """What stands before a door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._owner: Any = None
        self._names: Mapping[str, Any] = {}
        self._name = door.name
        self._is_inherited = False
        self.real: Any = None
        self.ours: Any = None

    @property
    def is_passed_by_early_names(self) -> bool:
        """Whether who bound the real one before gets past: a function in Python arrives at another door, as a method does."""
        return not self._door.owner and not isinstance(self.real, FunctionType)

    def take(self, module: Any) -> bool:
        """Stand before the door in a module that is loaded; False if it has no such door."""
        door = self._door
        owner = getattr(module, door.owner, None) if door.owner else module
        if owner is not self._owner:
            self._owner, self._names = owner, vars(owner) if owner is not None else {}
        found = self._names.get(door.name, _ABSENT)
        real = getattr(owner, door.name, None) if found is _ABSENT else found
        if real is None:
            return False
        if found is not self.ours:  # a clean-up of others may have brought ours back
            self._is_inherited = found is _ABSENT
            if real is not self.real:
                self.real, self.ours = real, door.make(real)
            setattr(owner, door.name, self.ours)
        return True

    def give_back(self) -> None:
        """Put the real one back, unless others have put something in place of ours."""
        if self._names.get(self._name) is self.ours:
            if self._is_inherited:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, self.real)


@cache
def _gates() -> dict[str, list[_Gate]]:
    """Return the gates of this process, by module."""
    gates: dict[str, list[_Gate]] = {}
    for door in DOORS:
        gates.setdefault(door.module, []).append(_Gate(door))
    return gates


@cache
def _early() -> Early:
    return Early()
