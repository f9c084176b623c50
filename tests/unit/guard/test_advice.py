"""What is told: the place, and the line to write, found by looking at what modules hold."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fakejobs.guard import advice
from fakejobs.guard.caller import in_which_thread, own_frames
from fakejobs.own_code import is_own

Write = Callable[[str, str], ModuleType]
BUILT = "write in the test (it takes the fixture monkeypatch), so that it reaches the fake:"
READ = "build the client while the fake is there, or let the code read its host when it calls:"
LINES = 5
"""The sentence, the place, what to do in two, and how to let it through."""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module of own code and load it: `write(name, source)`; `called(host)` in it returns what is told of a call from there."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("SHUB_APIURL", "SHUB_STORAGE", "SHUB_JOBQ"):
        monkeypatch.delenv(name, raising=False)
    made: list[str] = []

    def load(name: str, source: str) -> ModuleType:
        (tmp_path / f"{name}.py").write_text(f"{source}\n")
        made.append(name)
        module = import_module(name)
        vars(module)["called"] = called
        return module

    yield load
    for name in made:
        del sys.modules[name]


def called(host: str, depth: int = 1) -> str:
    """Return what is told of a call of a host from the function that calls this."""
    return advice.told(host, sys._getframe(depth))


def line_of(text: str) -> str:
    """Return the line to write."""
    lines = text.splitlines()
    assert len(lines) == LINES
    assert lines[0].endswith(": its client was built before the fixture, or has a fixed host")
    assert lines[2] == (BUILT if lines[3].startswith("  monkeypatch.") else "write in the test, so that it reaches the fake:")
    assert lines[-1] == "(the ini option fakejobs_guard = false lets such calls through)"
    return lines[3].strip()


def order_naming(source: str) -> str:
    """Return a function that names all words of a source."""
    words = [word for word in re.findall(r"[A-Za-z_]+", source) if not iskeyword(word)]
    return f"def order(host): return called(host) or {' or '.join(words) or None}"


# ------------------------------------------------------------ the place


def test_the_place_is_the_innermost_own_line(write: Write) -> None:
    shop = write("shop", "def order(): return called('app.zyte.com')")
    text = shop.order()
    assert text.splitlines()[:2] == [
        "your code called app.zyte.com: its client was built before the fixture, or has a fixed host",
        f"  at {shop.__file__}:1: def order(): return called('app.zyte.com')",
    ]


def test_a_long_line_is_cut_and_one_that_cannot_be_read_is_left_out(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = write("shop", f"def order(): return called('app.zyte.com')  # {'x' * 500}")
    assert len(shop.order().splitlines()[1]) < 200 + len(str(shop.__file__))

    def fail(*arguments: object) -> str:
        raise OSError

    monkeypatch.setattr("linecache.getline", fail)
    assert shop.order().splitlines()[1] == f"  at {shop.__file__}:1"


def test_a_thread_without_own_code_is_named() -> None:
    texts: list[str] = []

    assert own_frames(None) == []
    worker = threading.Thread(name="pool_1", target=lambda: texts.append(advice.told("app.zyte.com", None)))
    worker.start()
    worker.join()
    assert texts[0].splitlines()[1] == "  in the thread pool_1, where none of your code runs"
    assert in_which_thread() == ""


def test_installed_code_is_nobodys_own() -> None:
    assert is_own(__file__)
    assert not any(map(is_own, (pytest.__file__, threading.__file__, advice.__file__, "<string>", "<frozen importlib._bootstrap>")))
    assert not is_own("/elsewhere/lib/python3/dist-packages/x.py")


def test_a_task_of_a_library_is_its_waiters(write: Write) -> None:
    """As aiohttp looks names up: in a task of its own, for which the task of the author's waits."""
    films = write("films", "async def order(ask):\n    return await ask()")

    async def library() -> str:
        return advice.told("app.zyte.com", None)

    async def ask() -> str:
        return await asyncio.create_task(library())

    assert f"  at {films.__file__}:2: return await ask()" in asyncio.run(films.order(ask)) or "test_advice.py" in asyncio.run(
        films.order(ask)
    )


# ------------------------------------------------------------ a client that was built before


@pytest.mark.parametrize(
    ("source", "host", "line"),
    [
        ("CLIENT = ScrapinghubClient('k')", "app.zyte.com", 'monkeypatch.setattr(shop, "CLIENT", ScrapinghubClient())'),
        ("CLIENT = ScrapinghubClient('k')", "storage.scrapinghub.com", 'monkeypatch.setattr(shop, "CLIENT", ScrapinghubClient())'),
        (
            "PROJECT = ScrapinghubClient('k').get_project(7)",
            "storage.scrapinghub.com",
            'monkeypatch.setattr(shop, "PROJECT", ScrapinghubClient().get_project(7))',
        ),
        ("HUB = HubstorageClient('k')", "storage.scrapinghub.com", 'monkeypatch.setattr(shop, "HUB", HubstorageClient(auth=fakejobs.key))'),
        ("OLD = Connection('k')", "app.zyte.com", 'monkeypatch.setattr(shop, "OLD", Connection())'),
        ("OLD = Connection('k')[7]", "app.zyte.com", 'monkeypatch.setattr(shop, "OLD", Connection()[7])'),
        ("class Shop:\n  client = Connection('k')", "app.zyte.com", 'monkeypatch.setattr(shop.Shop, "client", Connection())'),
        (
            "class Shop:\n  def __init__(self): self.client = Connection('k')\nSHOP = Shop()",
            "app.zyte.com",
            'monkeypatch.setattr(shop.SHOP, "client", Connection())',
        ),
        ("CLIENTS = {'a': Connection('k')}", "app.zyte.com", 'monkeypatch.setitem(shop.CLIENTS, "a", Connection())'),
        (
            "class Mine(ScrapinghubClient): pass\nCLIENT = Mine('k')",
            "app.zyte.com",
            'monkeypatch.setattr(shop, "CLIENT", ScrapinghubClient())',
        ),
        (
            "import httpx\nHTTP = httpx.Client(base_url='https://app.zyte.com/api/')",
            "app.zyte.com",
            'monkeypatch.setattr(shop.HTTP, "base_url", fakejobs.api_url)',
        ),
    ],
)
def test_a_client(write: Write, source: str, host: str, line: str) -> None:
    shop = write(
        "shop",
        f"from scrapinghub import *\nfrom scrapinghub.client import ScrapinghubClient\n{source}\n{order_naming(source)}",
    )
    assert line_of(shop.order(host)) == line


def test_a_client_of_another_host_is_not_the_one(write: Write) -> None:
    shop = write(
        "shop",
        "from scrapinghub import Connection\nC = Connection('k', url='http://127.0.0.1/')\ndef order(): return called('app.zyte.com')",
    )
    assert shop.order().splitlines()[2:4] == [READ, '  os.environ.get("SHUB_APIURL", "https://app.zyte.com/api/")']


def test_the_one_that_runs_is_named_and_of_those_the_one_that_the_code_names(write: Write) -> None:
    shop = write(
        "shop",
        "from scrapinghub import ScrapinghubClient\n"
        "OTHER = ScrapinghubClient('k')\nCLIENT = ScrapinghubClient('k')\nPROJECT = CLIENT.get_project(7)\n"
        "def run(self): return called('app.zyte.com')\n"
        "def order(): return run(CLIENT._connection)\n"
        "def listed(): return PROJECT and run(PROJECT._client._connection)",
    )
    assert line_of(shop.order()) == 'monkeypatch.setattr(shop, "CLIENT", ScrapinghubClient())'
    assert line_of(shop.listed()) == 'monkeypatch.setattr(shop, "PROJECT", ScrapinghubClient().get_project(7))'


# ------------------------------------------------------------ a text with a fixed host


@pytest.mark.parametrize(
    ("source", "host", "line"),
    [
        ("API = 'https://app.zyte.com/api/'", "app.zyte.com", 'monkeypatch.setattr(films, "API", fakejobs.api_url)'),
        ("HUB = 'https://storage.zyte.com/'", "storage.zyte.com", 'monkeypatch.setattr(films, "HUB", fakejobs.url + "/")'),
        ("HUB = 'https://storage.scrapinghub.com'", "storage.scrapinghub.com", 'monkeypatch.setattr(films, "HUB", fakejobs.url)'),
        (
            "RUN = 'https://app.zyte.com/api/run.json?apikey=SECRET'",
            "app.zyte.com",
            'monkeypatch.setattr(films, "RUN", films.RUN.replace("https://app.zyte.com", fakejobs.url))',
        ),
        (
            "RUN = 'http://DASH.scrapinghub.com:80/api/{}.json'",
            "dash.scrapinghub.com",
            'monkeypatch.setattr(films, "RUN", films.RUN.replace("http://DASH.scrapinghub.com:80", fakejobs.url))',
        ),
        ("class Api:\n  BASE = 'https://app.zyte.com/api/'", "app.zyte.com", 'monkeypatch.setattr(films.Api, "BASE", fakejobs.api_url)'),
        ("URLS = {'api': 'https://app.zyte.com/api/'}", "app.zyte.com", 'monkeypatch.setitem(films.URLS, "api", fakejobs.api_url)'),
        (
            "URLS = {'run': 'https://app.zyte.com/api/run.json'}",
            "app.zyte.com",
            'monkeypatch.setitem(films.URLS, "run", films.URLS["run"].replace("https://app.zyte.com", fakejobs.url))',
        ),
        (
            "import requests\nclass Api(requests.Session):\n  base = None\nAPI = Api()\nAPI.base = 'https://app.zyte.com/api/'",
            "app.zyte.com",
            'monkeypatch.setattr(films.API, "base", fakejobs.api_url)',
        ),
    ],
)
def test_a_text(write: Write, source: str, host: str, line: str) -> None:
    films = write("films", f"{source}\n{order_naming(source)}")
    text = films.order(host)
    assert line_of(text) == line
    assert "SECRET" not in text


def test_the_longest_text_that_the_url_begins_with(write: Write) -> None:
    films = write(
        "films",
        "HUB = 'https://app.zyte.com/'\nAPI = 'https://app.zyte.com/api/'\nOTHER = 'https://app.zyte.com/apis/long/'\n"
        "def get(url): return called('app.zyte.com')\n"
        "def order(): return get(API + 'run.json')",
    )
    assert line_of(films.order()) == 'monkeypatch.setattr(films, "API", fakejobs.api_url)'


def test_a_text_beside_a_url_that_stands_in_the_call_itself_is_not_the_one(write: Write) -> None:
    films = write(
        "films",
        "API = 'https://app.zyte.com/api/'\n"
        "def get(url): return called('app.zyte.com')\n"
        "def order(): return get('https://app.zyte.com/api/run.json')",
    )
    assert 'os.environ.get("SHUB_APIURL", "https://app.zyte.com/api/")' in films.order()


def test_a_module_that_is_not_on_the_stack(write: Write) -> None:
    write("settings", "API = 'https://app.zyte.com/api/'")
    films = write("films", "import settings\ndef order(): return get(settings.API + 'x')\ndef get(url): return called('app.zyte.com')")
    assert line_of(films.order()) == 'monkeypatch.setattr(settings, "API", fakejobs.api_url)'


def test_a_text_that_the_url_does_not_begin_with_is_not_the_one(write: Write) -> None:
    films = write(
        "films",
        "API, ITEMS = 'https://app.zyte.com/api/', 'https://app.zyte.com/api/items/{}'\ndef get(url): return called('app.zyte.com')\n"
        "def order(): return get('https://app.zyte.com/v2/') or API\ndef items(): return get(ITEMS.format(5))",
    )
    assert READ in films.order()
    assert line_of(films.items()) == 'monkeypatch.setattr(films, "ITEMS", films.ITEMS.replace("https://app.zyte.com", fakejobs.url))'


def test_a_text_that_the_calling_code_does_not_name_is_not_the_one(write: Write) -> None:
    assert READ in write("films", "API = 'https://app.zyte.com/api/'\ndef order(): return called('app.zyte.com')").order()


def test_what_the_tests_own_module_holds(write: Write) -> None:
    source = "API = 'https://app.zyte.com/api/'\nclass Api:\n  BASE = API\ndef test(): return called('app.zyte.com') or (API, Api.BASE)"
    assert line_of(write("test_films", source).test()) == "API = fakejobs.api_url  # in the test, while the fake is there"
    write("films", "API = 'https://app.zyte.com/api/'")
    assert line_of(sys.modules["test_films"].test()) == 'monkeypatch.setattr(films, "API", fakejobs.api_url)'
    inner = write("inner_test", "class Api:\n  BASE = 'https://jobq.zyte.com'\ndef test(): return called('jobq.zyte.com') or Api.BASE")
    assert line_of(inner.test()) == 'monkeypatch.setattr(Api, "BASE", fakejobs.url)'


@pytest.mark.parametrize(
    ("host", "read"),
    [
        ("app.zyte.com", 'os.environ.get("SHUB_APIURL", "https://app.zyte.com/api/")'),
        ("jobq.zyte.com", 'os.environ.get("SHUB_STORAGE", "https://storage.zyte.com/")'),
        ("storage.zyte.com", 'os.environ.get("SHUB_STORAGE", "https://storage.zyte.com/")'),
    ],
)
@pytest.mark.parametrize(
    "source", ["", "HOST = 'app.zyte.com'", "URL = 'https://KEY:@app.zyte.com/api/'", "TEXT = 'see https://app.zyte.com/'"]
)
def test_where_nothing_is_found_the_code_is_to_read_its_host(write: Write, host: str, read: str, source: str) -> None:
    films = write("films", f"{source}\n{order_naming(source)}")
    text = films.order(host)
    assert text.splitlines()[2:4] == [READ, f"  {read}"]
    assert len(text.splitlines()) == LINES


def test_nothing_of_the_authors_is_called(write: Write) -> None:
    films = write(
        "films",
        """
class Kind(type):
    def __getattribute__(self, name): raise AssertionError(name)

class Odd(metaclass=Kind):
    def __getattribute__(self, name): raise AssertionError(name)
    def __getattr__(self, name): raise AssertionError(name)
    def __eq__(self, other): raise AssertionError
    def __hash__(self): raise AssertionError
    def __bool__(self): raise AssertionError
    def __str__(self): raise AssertionError

class Own:
    @property
    def __dict__(self): raise AssertionError

class Text(str):
    def __getattribute__(self, name): raise AssertionError(name)

class Slots:
    __slots__ = ("a",)

A, B, C, D, E = Odd(), Own(), Text("https://app.zyte.com/api/"), Slots(), {1: 2, Text("k"): 3}
API = "https://app.zyte.com/api/"
def order(): return called("app.zyte.com") or API
""",
    )
    assert line_of(films.order()) == 'monkeypatch.setattr(films, "API", fakejobs.api_url)'


def test_a_search_that_fails_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(advice, "holder_of", fail)
    assert READ in called("app.zyte.com")


def test_without_a_fake_the_test_is_to_take_one() -> None:
    text = advice.told_without_a_fake("app.zyte.com", sys._getframe(), "test_order[1]")
    assert text.splitlines()[0] == "your code called app.zyte.com, and no fake stands in for it in this test"
    assert "  def test_order(fakejobs):" in text.splitlines()
    assert "  def test_it(fakejobs):" in advice.told_without_a_fake("app.zyte.com", None, "a doc.txt")
