"""Which variable and which file points which client at a fake.

| client | reads |
|---|---|
| scrapinghub (legacy and new) | SHUB_APIURL, SHUB_STORAGE, SHUB_JOBQ; SH_APIKEY, the new one SHUB_APIKEY too |
| shub | SHUB_APIKEY, SHUB_STORAGE, and for dash only the YAML file named by SHUB_GLOBAL_CONFIG, which it reads when imported |
| further tools of the vendor | SCRAPY_CLOUD_ENDPOINT for dash, SCRAPY_CLOUD_STORAGE_ENDPOINT; with the same paths, as we assume |
| any client behind a proxy | NO_PROXY and no_proxy |

SHUB_JOBAUTH counts only for clients that find no API key, so it may stay. Whatever is changed here is put back as it was.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fakejobs.domain.clock import SystemClock
from fakejobs.errors import UsageError
from fakejobs.guard.hosts import REAL_HOSTS
from fakejobs.guard.watch import Guard

_PLAIN = re.compile(r"[\w./:@%+,=*\[\]-]*", re.ASCII)
"""Values that no reader of dotenv files reads otherwise."""

_LEFTOVER = re.compile(r"fakejobs-([1-9][0-9]{0,9})-[0-9a-f]{16}\.yml")
"""The names that _new_path() gives."""
_OLD_MS = 24 * 60 * 60 * 1000

_SHUB_PATH = "GLOBAL_SCRAPINGHUB_YML_PATH"
_SHUB_MODULES = ("shub.config", "shub.login", "shub.logout")
"""The modules of shub that keep the path of its file from the moment they are imported."""


# ------------------------------------------------------------ variables


def variables(url: str, key: str, shub_config: Path, present: Mapping[str, str], *, guarded: bool = False) -> dict[str, str]:
    """Return the variables that point every client at a fake.

    url: the fake's base. shub_config: the file that a ShubConfig wrote. present: the environment that they join;
    its proxy exceptions are kept. guarded: also keep proxies away from the real hosts, so that a guard sees the call.
    """
    proxies = _exceptions(present.get("NO_PROXY", ""), present.get("no_proxy", ""), urlsplit(url).hostname or "", guarded=guarded)
    return {
        "SHUB_APIURL": f"{url}/api/",
        "SHUB_STORAGE": f"{url}/",
        "SHUB_JOBQ": f"{url}/",
        "SCRAPY_CLOUD_ENDPOINT": f"{url}/api/",
        "SCRAPY_CLOUD_STORAGE_ENDPOINT": f"{url}/",
        "SH_APIKEY": key,
        "SHUB_APIKEY": key,
        "SHUB_GLOBAL_CONFIG": str(shub_config),
        "NO_PROXY": proxies,
        "no_proxy": proxies,
    }


@lru_cache(maxsize=8)
def _exceptions(upper: str, lower: str, host: str, *, guarded: bool) -> str:
    """Return the proxy exceptions for a fake on a host, after those that the two variables held already."""
    present = [name.strip() for name in f"{upper},{lower}".split(",") if name.strip()]
    names = dict.fromkeys([*present, host, "127.0.0.1", "localhost", *(REAL_HOSTS if guarded else ())])
    return "*" if "*" in names else ",".join(names)  # clients know the star only when it stands alone


def written(settings: Mapping[str, str], form: str) -> str | dict[str, str]:
    """Return variables as text to be read by a shell (`sh`), as lines NAME=value (`dotenv`, with quotes
    where a value needs them), or as they are (`json`)."""
    if form == "json":
        return dict(settings)
    if form == "sh":
        return "".join(_exported(name, value) for name, value in settings.items())
    if form == "dotenv":
        return "".join(f"{name}={_quoted(value)}\n" for name, value in settings.items())
    raise UsageError(f"format={form!r} is not one of sh, json, dotenv")


def _quoted(value: str) -> str:
    """Return a value as readers of dotenv files take it; one that is plain stays as it is, for those that know no quotes."""
    if _PLAIN.fullmatch(value):
        return value
    if "'" not in value and value.isprintable():
        return f"'{value}'"
    for letter, written in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(letter, written)
    return f'"{value}"'


def _exported(name: str, value: str) -> str:
    """Return a line for a shell; proxy exceptions join those that it has, under either name."""
    if name == "NO_PROXY":
        return f'export NO_PROXY="${{NO_PROXY:+$NO_PROXY,}}${{no_proxy:+$no_proxy,}}"{shlex.quote(value)}\n'
    if name == "no_proxy":
        return 'export no_proxy="$NO_PROXY"\n'
    return f"export {name}={shlex.quote(value)}\n"


# ------------------------------------------------------------ shub's file


class ShubConfig:
    """The file in which shub finds its dash endpoint and key, there from construction until remove().

    path: where; default: a new name. A forked child never removes its parent's file.
    """

    def __init__(self, url: str, key: str, path: Path | None = None) -> None:
        text = f"apikeys:\n  default: {json.dumps(key)}\nendpoints:\n  default: {url}/api/\n"
        self.path = path or _new_path()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
        self.remove: Callable[[], object] = weakref.finalize(self, _unlink, self.path, os.getpid())
        """Remove the file; does nothing the second time."""


def _unlink(path: Path, owner: int) -> None:
    if os.getpid() == owner:
        path.unlink(missing_ok=True)


def _new_path() -> Path:
    sweep_leftovers()
    return Path(tempfile.gettempdir(), f"fakejobs-{os.getpid()}-{os.urandom(8).hex()}.yml")


@cache
def sweep_leftovers() -> None:
    """Remove, once a process, the files of this user's processes that died without removing theirs.

    A file is one of these if it is a day old and its process is gone. Only where processes can be asked for: not on Windows.
    """
    with suppress(OSError):
        if os.name == "posix":
            with os.scandir(tempfile.gettempdir()) as entries:
                for entry in entries:
                    found = _LEFTOVER.fullmatch(entry.name)
                    if found is not None and _is_left(entry, int(found[1])):
                        with suppress(OSError):
                            os.unlink(entry.path)  # noqa: PTH108  # a path is a text here


def _is_left(entry: os.DirEntry[str], process: int) -> bool:
    with suppress(OSError):
        known = entry.stat(follow_symlinks=False)
        age = SystemClock().now_ms() - known.st_mtime_ns // 1_000_000
        return entry.is_file(follow_symlinks=False) and known.st_uid == os.getuid() and age > _OLD_MS and not _is_alive(process)
    return False


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


@cache
def _path_of(process: int) -> Path:
    """Return the one path that the environment of a process ever names: shub may keep it from its first import."""
    return _new_path()


# ------------------------------------------------------------ this process's environment


class _Change(NamedTuple):
    """One entry of a mapping (the environment, the names of a module) that reads `ours` for a while."""

    mapping: MutableMapping[str, Any]
    name: str
    ours: Any
    before: Any

    def undo(self) -> None:
        if self.before is None:
            with suppress(KeyError):
                del self.mapping[self.name]
        else:
            self.mapping[self.name] = self.before

    def is_there(self) -> bool:
        found = self.mapping.get(self.name)
        return found is self.ours or (isinstance(found, str) and found == self.ours)


class Redirect:
    """This process's environment (and so its children's), pointed at one fake from construction until release().

    end: guard the real hosts, see fakejobs.guard: it is given the text, and returns what is raised where one is asked for; default:
    no guard. made: file and line of the code that made the fake, for who comes before it is closed. Only one fake at a time can have
    the environment: a second one raises UsageError.
    """

    _held = threading.Lock()
    _holder = ""

    def __init__(self, url: str, key: str, *, end: Callable[[str], BaseException] | None = None, made: str = "") -> None:
        if not self._held.acquire(blocking=False):
            raise UsageError(
                f"the environment of this process points at the fake at {Redirect._holder}, which is not closed, and only one at a time can"
                " have it: close that one first, as self.addCleanup(fake.close) does in a unittest, or make this one with environ=False"
            )
        Redirect._holder = f"{url}, made at {made}" if made else url
        self.is_on = True
        self._guard: Guard | None = None
        self._changes: list[_Change] = []
        try:
            self.config = ShubConfig(url, key, _path_of(os.getpid()))
            for name, value in variables(url, key, self.config.path, os.environ, guarded=end is not None).items():
                self._put(os.environ, name, value)
            for module in _shub_modules():
                self._put(vars(module), _SHUB_PATH, str(self.config.path))
            self._guard = Guard(end, url) if end is not None else None
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Put everything back as it was; does nothing the second time."""
        if not self.is_on:
            return
        self.is_on = False
        if self._guard is not None:
            self._guard.release()
        for change in reversed(self._changes):
            change.undo()
        if hasattr(self, "config"):
            for module in _shub_modules():
                if getattr(module, _SHUB_PATH) == str(self.config.path):  # it was imported meanwhile
                    after = os.path.expanduser(os.environ.get("SHUB_GLOBAL_CONFIG", "~/.scrapinghub.yml"))  # noqa: PTH111
                    setattr(module, _SHUB_PATH, after)
            self.config.remove()
        Redirect._holder = ""
        self._held.release()

    def sweep(self) -> None:
        """Put back, once more, what others' clean-up has set to our values after release().

        A monkeypatch that was made before a fake, and used while it was there, is undone after it.
        """
        if not self._held.locked():
            for change in self._changes:
                if change.is_there():
                    change.undo()
            if self._guard is not None:
                self._guard.sweep()

    def _put(self, mapping: MutableMapping[str, Any], name: str, value: Any) -> None:
        self._changes.append(_Change(mapping, name, value, mapping.get(name)))
        mapping[name] = value


def _shub_modules() -> list[Any]:
    found = (sys.modules.get(name) for name in _SHUB_MODULES)
    return [module for module in found if hasattr(module, _SHUB_PATH)]
