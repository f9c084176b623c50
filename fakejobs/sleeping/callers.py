"""Who calls: the code under test, or somebody else."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from fakejobs.errors import UsageError
from fakejobs.nearest import did_you_mean, hint
from fakejobs.own_code import names_of
from fakejobs.quoting import quoted

SLEEPERS = ("shub_workflow", "scrapinghub", "retrying", "tenacity", "backoff", "urllib3.util.retry")
"""Installed packages and modules whose sleeps are virtual all the same: they wait for jobs, or before they ask once more."""

_FOREIGN = frozenset({"site-packages", "dist-packages"})


class Callers:
    """Who calls: the code under test, or somebody else.

    root: the folder of the code under test. sleepers: names of modules or packages that count too, wherever they lie.
    """

    def __init__(self, root: Path, sleepers: Sequence[str] = SLEEPERS) -> None:
        if isinstance(sleepers, str) or not all(isinstance(name, str) and name for name in sleepers):
            raise UsageError(f"sleepers={quoted(sleepers)}: give a list of names of packages")
        self._roots = _spellings(root)
        self._sleepers = frozenset(sleepers)
        libraries = sysconfig.get_paths()
        foreign = {libraries[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
        foreign |= {prefix for prefix in (sys.prefix, sys.base_prefix) if not self._is_inside(prefix)}
        self._foreign = {spelling for folder in foreign for spelling in _spellings(folder)}
        self._known: dict[tuple[Any, Any], bool] = {}
        self._strangers: dict[str, int] = {}

    def _is_inside(self, folder: str) -> bool:
        """Say whether the root itself lies in a folder such as /usr, which then tells nothing about the code in it."""
        return any(_lies_in(root, spelling) for root in self._roots for spelling in _spellings(folder))

    def include(self, frame: FrameType) -> bool:
        """Say whether a frame runs code under test."""
        names = frame.f_globals
        key = names.get("__name__"), names.get("__file__") or frame.f_code.co_filename
        known = self._known.get(key)
        return self._judge(*key) if known is None else known

    def include_module(self, names: dict[str, Any]) -> bool:
        """Say whether a module, given by its names, is code under test."""
        key = names.get("__name__"), names.get("__file__")
        known = self._known.get(key)
        return self._judge(*key) if known is None else known

    def called(self, frame: FrameType) -> bool:
        """Say whether code under test has called a library, Python's own aside, that runs in a frame."""
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package == "fakejobs" or package in sys.stdlib_module_names:
            return False
        found: FrameType | None = frame
        while found is not None and not self.include(found):
            found = found.f_back
        return found is not None

    def place(self, frame: FrameType) -> str:
        """Return the file and line that a frame has come to, or, where it runs a library, the code that called it."""
        found: FrameType | None = frame
        while found is not None and self._is_foreign(found.f_code.co_filename):
            found = found.f_back
        found = found or frame
        return f"{found.f_code.co_filename}:{found.f_lineno}"

    def modules(self) -> Iterator[dict[str, Any]]:
        """Yield the names of each module under test that is loaded; modules of others are passed over at little cost."""
        for name, module in list(sys.modules.items()):
            if self._strangers.get(name) == id(module):
                continue
            names = names_of(module)
            if names is not None and self.include_module(names):
                yield names
            else:
                self._strangers[name] = id(module)

    def _judge(self, name: Any, file: Any) -> bool:
        package = name.partition(".")[0] if isinstance(name, str) else None
        if package == "fakejobs":
            verdict = False
        elif package in self._sleepers or (isinstance(name, str) and any(_belongs_to(name, sleeper) for sleeper in self._sleepers)):
            verdict = True
        elif not isinstance(file, str):
            verdict = False
        elif file.startswith("<"):
            verdict = not file.startswith("<frozen") and package not in sys.stdlib_module_names
        elif not _FOREIGN.isdisjoint(Path(file).parts) or self._is_foreign(os.path.abspath(file)):  # noqa: PTH100
            verdict = False
        else:
            paths = _spellings(file)
            verdict = any(_lies_in(path, root) for path in paths for root in self._roots) and not any(map(self._is_foreign, paths))
        self._known[name, file] = verdict
        return verdict

    def _is_foreign(self, path: str) -> bool:
        return not _FOREIGN.isdisjoint(Path(path).parts) or any(_lies_in(path, folder) for folder in self._foreign)


def sleepers_of(named: Sequence[str]) -> tuple[str, ...]:
    """Return whose sleeps are virtual: SLEEPERS, and what the author of a test adds to them, or takes away with a `!` before it.

    Raises UsageError for a name that nobody could load, for one that is not there to be taken away, and for modules of Python itself,
    whose waits keep processes from ending.
    """
    if isinstance(named, str) or not all(isinstance(name, str) and name.strip("!") for name in named):
        raise UsageError(f"fakejobs_sleepers={quoted(named)}: give a list of names of packages")
    found = list(dict.fromkeys([*SLEEPERS, *(name for name in named if not name.startswith("!"))]))
    for name in found[len(SLEEPERS) :]:
        package = name.partition(".")[0]
        if package in sys.stdlib_module_names:
            raise UsageError(f"fakejobs_sleepers: {name!r} is Python's own: what waits in it, as for a process to end, waits for real")
        if package not in sys.modules and not _can_be_loaded(package):
            from pkgutil import iter_modules  # only a mistake needs it

            near = did_you_mean(name, [*SLEEPERS, *(module.name for module in iter_modules())])
            known = f" (there without being named: {', '.join(SLEEPERS)})"
            raise UsageError(f"fakejobs_sleepers: there is no package {name!r} to be loaded{near or known}")
    for away in (name[1:] for name in named if name.startswith("!")):
        gone = [name for name in found if _belongs_to(name, away)]
        if not gone:
            raise UsageError(f"fakejobs_sleepers: {away!r} is not among those that can be taken away{hint(away, found)}")
        found = [name for name in found if name not in gone]
    return tuple(found)


def _can_be_loaded(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _belongs_to(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@lru_cache(maxsize=4)
def callers_of(root: Path, sleepers: Sequence[str]) -> Callers:
    """Return who calls; it knows from earlier times where modules lie."""
    return Callers(root, sleepers)


def _spellings(path: str | Path) -> set[str]:
    return {os.path.normcase(os.path.abspath(path)), os.path.normcase(os.path.realpath(path))}  # noqa: PTH100


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)
