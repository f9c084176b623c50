"""Which name holds what called the real service: a client that was built before, or a text with a fixed host.

Reads the names of modules and the attributes of what they hold, one deep, and calls nothing of the author's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType, GetSetDescriptorType
from typing import Any

from fakejobs.guard.caller import is_own_module, own_modules
from fakejobs.guard.hosts import real_host, real_host_of_url
from fakejobs.own_code import is_own, names_of

_PLUMBING = frozenset(
    (
        *("scrapinghub", "shub", "requests", "urllib3", "httpx", "httpcore", "aiohttp", "aiodns", "pycares", "anyio", "uvloop", "dns"),
        *("socks", "retrying", "tenacity", "fakejobs", "pytest", "_pytest", "pluggy", "pytest_asyncio"),
    )
)
"""Packages that call for others, and hold what they call themselves."""
_URL_NAMES = ("url", "str_or_url", "fullurl", "uri")
_URLS_OF_CLIENTS = ("url", "endpoint", "_jobq_endpoint")
_INSIDE_CLIENTS = ("_connection", "_hsclient", "_client", "connection")
_CLIENTS = {
    "ScrapinghubClient": "ScrapinghubClient()",
    "HubstorageClient": "HubstorageClient(auth=fakejobs.key)",
    "Connection": "Connection()",
}
_ORIGIN = re.compile(r"(https?://([^/?#:@\s]+)(?::\d+)?)(.*)", re.DOTALL | re.IGNORECASE)
_FIXED = re.compile(r"[{%]")
"""Where a template begins to vary."""
_DEPTH = 3


@dataclass(frozen=True)
class Holder:
    """A name that holds what called. line: what to write in a test, so that it calls the fake."""

    line: str
    is_certain: bool
    """Whether it was running, or a URL began with it."""
    is_named: bool
    """Whether the own code that called names it."""
    is_of_test: bool
    length: int = 0


@dataclass(frozen=True)
class _Call:
    """What is known of a call of a real host: the objects whose methods run, the URLs that they were given, and what own code names."""

    host: str
    selves: frozenset[int]
    urls: tuple[str, ...]
    names: frozenset[str]


@dataclass(frozen=True)
class _Spot:
    """A value that a module holds: `owner.name`, or `owner[name]`."""

    module: str
    owner: str
    name: str
    value: Any = field(repr=False)
    is_item: bool = False

    @property
    def is_of_test(self) -> bool:
        return _is_of_test(self.module)

    def line(self, replacement: str) -> str:
        """Return what to write, so that this holds something else."""
        if self.is_of_test and self.owner == self.module:
            return f"{self.name} = {replacement}  # in the test, while the fake is there"
        owner = self.owner.removeprefix(f"{self.module}.") if self.is_of_test else self.owner
        return f'monkeypatch.{"setitem" if self.is_item else "setattr"}({owner}, "{self.name}", {replacement})'

    @property
    def code(self) -> str:
        """How code reads it."""
        return f'{self.owner}["{self.name}"]' if self.is_item else f"{self.owner}.{self.name}"


def holder_of(host: str, frame: FrameType | None, own: Sequence[FrameType]) -> Holder | None:
    """Return what holds what called a host; None if nothing is found.

    frame: the innermost one of the call. own: those of own code, the innermost first. A client that runs and a text that the URL
    begins with are sure; where the URL is not known, what the calling code names will do. Test modules other than those on the
    stack are not looked at.
    """
    call = _call(host, frame, own)
    has_url = any(real_host_of_url(url) == host for url in call.urls)
    found = [holder for name, names in _modules(frame, own) for spot in _spots(name, names) for holder in _read(spot, call)]
    return min((holder for holder in found if holder.is_certain or (holder.is_named and not has_url)), key=_rank, default=None)


def _rank(holder: Holder) -> tuple[bool, bool, bool, int]:
    """Return how far a holder is from being the right one; of several that a URL began with, the longest counts."""
    return (not holder.is_certain, not holder.is_named, holder.is_of_test, -holder.length if holder.is_certain else 0)


# ------------------------------------------------------------ where to look


def _call(host: str, frame: FrameType | None, own: Sequence[FrameType]) -> _Call:
    selves, urls = set(), []
    while frame is not None:
        names = frame.f_locals
        if "self" in names:
            selves.add(id(names["self"]))
        urls += [names[name] for name in _URL_NAMES if type(names.get(name)) is str]
        frame = frame.f_back
    named = frozenset(name for found in own for name in (*found.f_code.co_names, *found.f_code.co_consts) if type(name) is str)
    return _Call(host, frozenset(selves), tuple(urls), named)


def _modules(frame: FrameType | None, own: Sequence[FrameType]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the modules that may hold it: those on the stack, the other own ones, and installed ones on the stack that are no clients."""
    seen: set[int] = set()
    others = ((name, names) for name, names in own_modules() if not _is_of_test(name))
    for name, names in (*((_module_name(found), found.f_globals) for found in own), *others, *_installed(frame)):
        if id(names) not in seen and name in sys.modules and name != "__main__":
            seen.add(id(names))
            yield name, names


def _module_name(frame: FrameType) -> str:
    name = frame.f_globals.get("__name__")
    return name if type(name) is str else ""


def _is_of_test(module: str) -> bool:
    last = module.rpartition(".")[2]
    return last.startswith("test_") or last.endswith("_test") or last == "conftest"


def _installed(frame: FrameType | None) -> Iterator[tuple[str, dict[str, Any]]]:
    while frame is not None:
        name = _module_name(frame)
        package = name.partition(".")[0]
        if package not in _PLUMBING and package not in sys.stdlib_module_names and not is_own(frame.f_code.co_filename):
            yield name, frame.f_globals
        frame = frame.f_back


def _spots(module: str, names: dict[str, Any]) -> Iterator[_Spot]:
    for name, value in list(names.items()):
        if not name.startswith("__"):
            yield _Spot(module, module, name, value)
            if type(value) is dict:
                inner = [(key, deeper) for key, deeper in list(value.items()) if type(key) is str]
            else:
                inner = list(_attributes(value).items()) if _is_authors(value, names) else []
            for key, deeper in inner:
                if not key.startswith("__"):
                    yield _Spot(module, f"{module}.{name}", key, deeper, is_item=type(value) is dict)


def _is_authors(value: Any, names: dict[str, Any]) -> bool:
    """Say whether a value is a class of own code, or an object of one."""
    kind = value if issubclass(type(value), type) else type(value)
    home = names_of(sys.modules.get(_module_of(kind)))
    return home is not None and (home is names or is_own_module(home))


def _kinds(value: Any) -> tuple[type, ...]:
    """Return the class of an object and all above it, without asking them."""
    kinds: tuple[type, ...] = type.__dict__["__mro__"].__get__(type(value))
    return kinds


def _module_of(kind: Any) -> str:
    return str(_attributes(kind).get("__module__"))


def _name_of(kind: Any) -> str:
    return str(type.__dict__["__name__"].__get__(kind))


def _attributes(value: Any) -> dict[str, Any]:
    """Return what an object or a class holds itself, without asking it."""
    if issubclass(type(value), type):
        return dict(type.__dict__["__dict__"].__get__(value))
    for kind in _kinds(value):
        found = type.__dict__["__dict__"].__get__(kind).get("__dict__")
        if found is not None:
            return found.__get__(value) if type(found) is GetSetDescriptorType else {}
    return {}


# ------------------------------------------------------------ what is held


def _read(spot: _Spot, call: _Call) -> Iterator[Holder]:
    """Yield a holder if a spot holds a client or a text that leads to the host of the call."""
    value = spot.value
    is_named = spot.name in call.names
    if type(value) is str:
        instead = _instead(spot, value, call.host)
        if instead is not None:
            is_certain = is_named and any(url.startswith(_FIXED.split(value)[0]) for url in call.urls)
            yield Holder(spot.line(instead), is_certain, is_named, spot.is_of_test, len(value))
        return
    packages = {_module_of(kind).partition(".")[0] for kind in _kinds(value)}
    if "httpx" in packages and "_base_url" in _attributes(value):
        base = _Spot(spot.module, spot.code, "base_url", str(_attributes(value)["_base_url"]))
        instead = _instead(base, base.value, call.host)
        if instead is not None:
            yield Holder(base.line(instead), id(value) in call.selves, is_named, spot.is_of_test)
    elif "scrapinghub" in packages and call.host in _hosts(value, _DEPTH):
        fresh = _fresh(value)
        if fresh is not None:
            yield Holder(spot.line(fresh), _is_running(value, call.selves, _DEPTH), is_named, spot.is_of_test)


def _instead(spot: _Spot, text: str, host: str) -> str | None:
    """Return what leads to the fake instead of a fixed URL of a host; without its path, which may hold a key. None for other texts."""
    found = _ORIGIN.fullmatch(text)
    if found is None or real_host(found[2]) != host:
        return None
    code = spot.code.removeprefix(f"{spot.module}.") if spot.is_of_test else spot.code
    known = {"": "fakejobs.url", "/": 'fakejobs.url + "/"', "/api/": "fakejobs.api_url"}
    return known.get(found[3]) or f'{code}.replace("{found[1]}", fakejobs.url)'


def _fresh(value: Any) -> str | None:
    """Return what makes an object of the official client anew; None if that is not known."""
    held = _attributes(value)
    names = [_name_of(kind) for kind in _kinds(value)]
    if "Project" in names and "_client" in held:
        return f"ScrapinghubClient().get_project({held.get('key')})"
    if "Project" in names and "connection" in held:
        return f"Connection()[{held.get('id')}]"
    return next((_CLIENTS[name] for name in names if name in _CLIENTS), None)


def _hosts(value: Any, depth: int) -> set[str | None]:
    """Return the real hosts that an object of the official client leads to."""
    held = _attributes(value)
    hosts = {real_host_of_url(held.get(name)) for name in _URLS_OF_CLIENTS}
    for name in _INSIDE_CLIENTS if depth else ():
        if name in held:
            hosts |= _hosts(held[name], depth - 1)
    return hosts


def _is_running(value: Any, selves: frozenset[int], depth: int) -> bool:
    held = _attributes(value)
    return id(value) in selves or any(_is_running(held[name], selves, depth - 1) for name in _INSIDE_CLIENTS if depth and name in held)
