"""The beginning and the end of a guard: names bound before it, modules that come later, patches of others, forks."""

from __future__ import annotations

import _socket
import gc
import http.client
import os
import socket
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fakejobs.errors import Ended
from fakejobs.guard import watch
from fakejobs.guard.doors import DOORS
from fakejobs.guard.watch import Guard
from tests.unit.guard.conftest import FAKE

NAMES = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")
Module = Callable[[str, str], ModuleType]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Module]:
    """Make a module of own code: `module(name, source)`."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def load(name: str, source: str) -> ModuleType:
        (tmp_path / f"{name}.py").write_text(source)
        made.append(name)
        return import_module(name)

    yield load
    for name in made:
        sys.modules.pop(name, None)


class Guarded:
    """A guard for a block."""

    def __enter__(self) -> Guard:
        self.guard = Guard(Ended, FAKE)
        return self.guard

    def __exit__(self, *_: object) -> None:
        self.guard.release()


def found() -> list[Any]:
    """Return what stands at each door that is there."""
    standing = []
    for door in DOORS:
        owner: Any = sys.modules.get(door.module)
        owner = getattr(owner, door.owner, None) if door.owner else owner
        standing.append((door, vars(owner).get(door.name)) if owner is not None else (door, None))
    return standing


# ------------------------------------------------------------ its end


@pytest.mark.parametrize("is_failing", [False, True], ids=["passed", "failed"])
def test_everything_is_put_back(*, is_failing: bool) -> None:
    before, finders, names = found(), list(sys.meta_path), set(vars(socket.socket))
    guard = Guard(Ended, FAKE)
    assert all(
        new != old for (door, new), (_, old) in zip(found(), before, strict=True) if door.module in ("socket", "_socket", "http.client")
    )
    if is_failing:
        with pytest.raises(Ended):
            socket.create_connection(("app.zyte.com", 443))
    guard.release()
    guard.release()
    assert found() == before
    assert sys.meta_path == finders
    assert set(vars(socket.socket)) == names
    kept = socket.getaddrinfo
    with Guarded():
        kept = socket.getaddrinfo
    assert kept("127.0.0.1", 80)


def test_a_guard_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before, finders = found(), list(sys.meta_path)

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("fakejobs.guard.latecomers.Latecomers.begin", fail)
        with pytest.raises(ZeroDivisionError):
            Guard(Ended, FAKE)
    assert found() == before
    assert sys.meta_path == finders


def test_a_clean_up_that_comes_later_is_swept_up() -> None:
    """A monkeypatch made before the guard and used under it remembers ours."""
    before = found()
    with pytest.MonkeyPatch.context() as patch:
        with Guarded() as guard:
            for owner, name in ((socket, "getaddrinfo"), (socket.socket, "connect"), (http.client.HTTPConnection, "putrequest")):
                patch.setattr(owner, name, None)
        assert vars(socket)["getaddrinfo"] is vars(socket.socket)["connect"] is None  # it is theirs until they take it back
    assert found() != before
    guard.sweep()
    assert found() == before


def test_a_patch_of_before_is_kept_and_guarded() -> None:
    asked: list[object] = []

    def lookup(host: object, *arguments: object, **options: object) -> list[object]:
        asked.append(host)
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lookup)
        with Guarded():
            socket.getaddrinfo("example.com", 80)
            with pytest.raises(Ended):
                socket.getaddrinfo("app.zyte.com", 80)
        assert socket.getaddrinfo is lookup
    assert asked == ["example.com"]


def test_sweeping_leaves_a_later_guard_alone() -> None:
    with Guarded() as first:
        pass
    with Guarded():
        first.sweep()
        first.release()
        with pytest.raises(Ended):
            socket.gethostbyname("app.zyte.com")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_is_guarded_and_can_release(guard: Guard) -> None:
    child = os.fork()
    if not child:
        code = 1
        try:
            socket.gethostbyname("app.zyte.com")
        except Ended:
            guard.release()
            code = 0 if vars(_socket)["gethostbyname"] is socket.gethostbyname else 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with pytest.raises(Ended):
        socket.gethostbyname("app.zyte.com")


# ------------------------------------------------------------ names that were bound before, or meanwhile


def test_names_bound_before_are_found_and_put_back(module: Module) -> None:
    early = module(
        "bound_early",
        "from socket import *\nfrom socket import gethostbyname as look\nimport _socket\nlow, high = _socket.getaddrinfo, getaddrinfo\n",
    )
    before = dict(vars(early))
    for _ in range(2):
        with Guarded():
            for lookup, arguments in (
                (early.gethostbyaddr, ()),
                (early.look, ()),
                (early.gethostbyname_ex, ()),
                (early.low, (443,)),
                (early.high, (443,)),
            ):
                with pytest.raises(Ended):
                    lookup("app.zyte.com", *arguments)
        assert vars(early) == before


def test_a_class_of_pycurl_bound_before_is_found(module: Module) -> None:
    pytest.importorskip("pycurl", reason="pycurl is not installed")
    early = module("bound_curl", "import pycurl\nfrom pycurl import Curl\n")
    real = early.Curl
    with Guarded():
        handle = early.Curl()
        handle.setopt(early.pycurl.URL, "https://app.zyte.com/")
        with pytest.raises(Ended):
            handle.perform()
    handle.close()
    assert early.Curl is real


def test_modules_are_looked_through_once(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    with Guarded():
        pass
    looked: list[object] = []

    def names_of(module: object) -> None:
        looked.append(module)

    monkeypatch.setattr("fakejobs.guard.early.names_of", names_of)
    monkeypatch.setattr(watch._early(), "_bound", [])
    with Guarded():
        pass
    assert looked == []
    late = module("a_new_one", "from socket import gethostbyname\n")
    with Guarded():
        pass
    assert looked == [late]


def test_a_module_that_is_loaded_anew_is_looked_through_again(module: Module) -> None:
    for _ in range(2):
        early = module("loaded_anew", "from socket import gethostbyname\n")
        with Guarded(), pytest.raises(Ended):
            early.gethostbyname("app.zyte.com")
        del sys.modules["loaded_anew"]


def test_a_module_that_is_gone_is_not_kept(module: Module) -> None:
    module("soon_gone", "from socket import gethostbyname\n")
    with Guarded():
        pass
    del sys.modules["soon_gone"]
    gc.collect()
    with Guarded():
        assert not [place for place in watch._early()._taken if place[0].module() is None]


def test_names_bound_meanwhile_are_real_afterwards(module: Module) -> None:
    with Guarded():
        late = module("bound_late", "from socket import gethostbyname, getaddrinfo\n")
        with pytest.raises(Ended):
            late.gethostbyname("app.zyte.com")
    assert (late.gethostbyname, late.getaddrinfo) == (socket.gethostbyname, socket.getaddrinfo)


def test_a_name_that_others_patched_is_theirs(module: Module) -> None:
    early = module("bound_and_patched", "from socket import gethostbyname\n")
    real = early.gethostbyname
    with pytest.MonkeyPatch.context() as patch:
        with Guarded() as guard:
            patch.setattr(early, "gethostbyname", None)
        assert early.gethostbyname is None
    assert early.gethostbyname is not real
    guard.sweep()
    assert early.gethostbyname is real


def test_a_module_that_loads_itself_when_touched_is_left_asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sleeping(ModuleType):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(f"{name} was asked for")

    monkeypatch.setitem(sys.modules, "asleep", Sleeping("asleep"))
    with Guarded():
        pass


# ------------------------------------------------------------ modules that come later


def test_a_client_that_is_loaded_meanwhile_is_guarded(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a module that bears the name of one that has a door."""
    monkeypatch.delitem(sys.modules, "pycares", raising=False)
    with Guarded():
        late = module("pycares", "class Channel:\n    def query(self, name): return name\n")
        assert late.Channel().query("example.com") == "example.com"
        with pytest.raises(Ended):
            late.Channel().query("app.zyte.com")
        assert "exec_module" not in vars(late.__loader__)
    assert late.Channel().query("app.zyte.com") == "app.zyte.com"


def test_one_that_cannot_be_loaded_says_so_itself(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pycares", raising=False)
    with Guarded(), pytest.raises(ZeroDivisionError):
        module("pycares", "1 / 0")
    assert "pycares" not in sys.modules
