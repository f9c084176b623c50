"""Taking the place of real functions, wherever the code under test may reach them, and giving it back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fakejobs.own_code import names_of
from fakejobs.sleeping.callers import Callers

_HOMES = frozenset({"time", "asyncio.tasks", "threading"})
"""The modules of the real functions."""


class Place:
    """A name under which a function is reached, which ours stands in for."""

    def __init__(self, owner: Any, name: str) -> None:
        self._owner = owner
        self._name = name
        self.real: Callable[..., Any] = vars(owner)[name]
        """What ours stands in for."""
        self.reals = [self.real]
        """All that ours stood in for so far: names that were bound then may still be."""

    def take(self, ours: Callable[..., Any]) -> None:
        """Put ours there."""
        found = vars(self._owner)[self._name]
        if found is not ours:  # a clean-up of others may have brought it back
            self.real = found
            if not any(found is real for real in self.reals):
                self.reals.append(found)
            setattr(self._owner, self._name, ours)

    def keep(self, ours: Callable[..., Any]) -> bool:
        """Put ours there once more, if somebody has put the real one back; say whether somebody had."""
        if vars(self._owner).get(self._name) is not self.real:
            return False
        setattr(self._owner, self._name, ours)
        return True

    def is_real(self, ours: Callable[..., Any]) -> bool:
        """Say whether nobody else has put anything there, such as a mock."""
        found = vars(self._owner).get(self._name)
        return found is ours or getattr(found, "__module__", None) in _HOMES

    def give_back(self, ours: Callable[..., Any]) -> None:
        """Put the real one back, unless others have put something in place of ours."""
        if vars(self._owner).get(self._name) is ours:
            setattr(self._owner, self._name, self.real)


class StandIns:
    """Functions of ours, each with the place that it takes while anybody wants it.

    Names that the code under test bound (`from time import sleep`, under any name) are bound anew.
    """

    def __init__(self, *pairs: tuple[Place, Callable[..., Any]]) -> None:
        self._pairs = pairs
        self._wanted_by: list[Callers | None] = []
        self._known: list[Callers] = []
        self._bound: list[tuple[dict[str, Any], str, Any]] = []
        self._before: dict[str, Any] = {}

    def take(self, callers: Callers | None) -> None:
        """Stand in for the real ones. callers: the code under test, whose bound names count too; None: nobody's do."""
        if not self._wanted_by:
            self._before, self._bound, self._known = dict(sys.modules), [], []
        self._wanted_by.append(callers)
        for place, ours in self._pairs:
            place.take(ours)
        if callers is not None and callers not in self._known:
            self._known.append(callers)
            self._bind(callers)

    def are_real(self) -> bool:
        """Say whether nobody else has put anything in the places of the real ones, such as a mock."""
        return all(place.is_real(ours) for place, ours in self._pairs)

    def give_back(self, callers: Callers | None) -> None:
        """Put the real ones back if nobody else wants ours. callers: as they were given to take()."""
        self._wanted_by.remove(callers)
        self.sweep()

    def keep(self) -> None:
        """Stand in once more where others have put the real ones back, as freezegun does at its end."""
        lost = [place for place, ours in self._pairs if place.keep(ours)]
        if lost:
            for callers in self._known:
                self._bind(callers)

    def _bind(self, callers: Callers) -> None:
        """Bind names of the code under test to ours."""
        ours_of = {id(real): ours for place, ours in self._pairs for real in place.reals}
        for names in callers.modules():
            self._bound += _rebind(names, ours_of)

    @contextmanager
    def stepped_aside(self) -> Iterator[None]:
        """Under this `with` the real ones are in their places."""
        for place, ours in self._pairs:
            place.give_back(ours)
        try:
            yield
        finally:
            self.keep()

    def sweep(self) -> None:
        """Put the real ones back, once more if clean-ups of others that ran later brought ours back, unless ours are wanted."""
        if self._wanted_by:
            return
        for place, ours in self._pairs:
            place.give_back(ours)
        real = {id(ours): place.real for place, ours in self._pairs}
        for names, name, before in self._bound:
            if id(names.get(name)) in real:
                names[name] = before
        for callers in self._known:
            for names in callers.modules():
                _rebind(names, real)
        for name, module in list(sys.modules.items()):
            if self._before.get(name) is module or name.startswith("fakejobs."):
                continue
            if (loaded := names_of(module)) is not None:
                _rebind(loaded, real)


def _rebind(names: dict[str, Any], others: dict[int, Any]) -> list[tuple[dict[str, Any], str, Any]]:
    """Bind names of a module to others, given by what they are bound to; return those names, with what they were bound to."""
    found = [(names, name, value) for name, value in list(names.items()) if id(value) in others]
    for _, name, value in found:
        names[name] = others[id(value)]
    return found
