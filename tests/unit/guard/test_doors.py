"""Every way in which a client reaches for a host: the test ends before anything leaves."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import urllib.request
from collections.abc import Callable, Coroutine
from contextlib import closing
from importlib import import_module
from types import ModuleType
from typing import Any

import aiohttp
import httpx
import pytest
import requests

from fakejobs import UsageError, serve
from fakejobs.errors import Ended
from fakejobs.guard.hosts import REAL_HOSTS
from fakejobs.guard.watch import Guard

WORDS = r"your code called app\.zyte\.com: its client was built before the fixture, or has a fixed host"
URL = "https://app.zyte.com/api/jobs/list.json"
PLAIN = "http://app.zyte.com/api/jobs/list.json"
PROXY = "http://127.0.0.1:1"
"""Nobody is there."""


def needed(name: str) -> ModuleType:
    """Return a module that is not everywhere."""
    module: ModuleType = pytest.importorskip(name, reason=f"{name} is not installed", exc_type=ImportError)
    return module


# ------------------------------------------------------------ look-ups and sockets


@pytest.mark.parametrize("lookup", ["getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"])
@pytest.mark.parametrize("host", REAL_HOSTS)
@pytest.mark.parametrize("module", ["socket", "_socket"])
def test_a_look_up(guard: Guard, told: list[str], lookup: str, host: str, module: str) -> None:
    arguments = (host, 443) if lookup == "getaddrinfo" else (host,)
    with pytest.raises(Ended, match=f"^your code called {host}: its client was built before the fixture, or has a fixed host\n") as caught:
        getattr(import_module(module), lookup)(*arguments)
    assert told == [str(caught.value)]
    assert f"at {__file__}:" in told[0]
    assert caught.value.__suppress_context__


def test_a_look_up_by_keyword(guard: Guard) -> None:
    with pytest.raises(Ended, match=WORDS):
        socket.getaddrinfo(host="App.zyte.com.", port=443)


@pytest.mark.parametrize("host", ["127.0.0.1", b"127.0.0.1", None, "localhost"], ids=repr)
def test_other_hosts_are_looked_up_as_ever(guard: Guard, told: list[str], host: Any) -> None:
    assert socket.getaddrinfo(host, 80, family=socket.AF_INET, type=socket.SOCK_STREAM)[0][4] == ("127.0.0.1", 80)
    assert told == []


def test_the_other_way_round_nothing_is_looked_up(guard: Guard, told: list[str]) -> None:
    """Why getnameinfo has no guard: Python refuses a name that it is given."""
    with pytest.raises(socket.gaierror):
        socket.getnameinfo(("app.zyte.com", 443), 0)
    assert told == []


@pytest.mark.parametrize("address", [("app.zyte.com", 443), ("\uff21pp.zyte.com.", 443)], ids=ascii)
@pytest.mark.parametrize("call", ["connect", "connect_ex"])
def test_a_socket_that_is_given_a_name(guard: Guard, call: str, address: tuple[str, int]) -> None:
    with closing(socket.socket()) as connected, pytest.raises(Ended, match=WORDS):
        getattr(connected, call)(address)


def test_a_socket_of_ipv6(guard: Guard) -> None:
    with closing(socket.socket(socket.AF_INET6)) as connected, pytest.raises(Ended, match=WORDS):
        connected.connect(("app.zyte.com", 443, 0, 0))


@pytest.mark.parametrize("rest", [(("app.zyte.com", 53),), (0, ("app.zyte.com", 53))], ids=["plain", "with flags"])
def test_a_datagram(guard: Guard, rest: tuple[Any, ...]) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sending:
        send: Callable[..., int] = sending.sendto
        with pytest.raises(Ended, match=WORDS):
            send(b"x", *rest)


def test_wrong_arguments_are_told_by_the_real_ones(guard: Guard) -> None:
    with closing(socket.socket()) as connected:
        with pytest.raises(TypeError):
            connected.connect()  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            connected.sendto(b"x")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        socket.gethostbyname()  # type: ignore[call-arg]


def test_a_loop_with_a_bare_except_meets_it_again(guard: Guard, told: list[str]) -> None:
    for _ in range(3):
        try:
            socket.gethostbyname("app.zyte.com")
        except:  # noqa: E722, PERF203
            continue
    assert len(told) == 3
    assert len(set(told)) == 1


def test_it_is_raised_in_the_thread_that_called(guard: Guard, told: list[str]) -> None:
    raised: list[BaseException] = []

    def look_up() -> None:
        try:
            socket.gethostbyname("app.zyte.com")
        except BaseException as error:  # noqa: BLE001
            raised.append(error)

    thread = threading.Thread(target=look_up)
    thread.start()
    thread.join()
    assert [str(error) for error in raised] == told
    assert isinstance(raised[0], Ended)


# ------------------------------------------------------------ clients


def by_requests() -> None:
    requests.get(URL, timeout=1)


def by_httpx() -> None:
    httpx.get(URL)


def by_urllib() -> None:
    urllib.request.urlopen(URL)


def by_create_connection() -> None:
    socket.create_connection(("app.zyte.com", 443))


async def by_asyncio() -> None:
    await asyncio.open_connection("app.zyte.com", 443)


async def by_a_socket_of_the_loop() -> None:
    with closing(socket.socket()) as connected:
        connected.settimeout(0)
        await asyncio.get_running_loop().sock_connect(connected, ("app.zyte.com", 443))


async def by_aiohttp() -> None:
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(URL):
        pass


async def by_aiohttp_with_threads() -> None:
    connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver())
    async with aiohttp.ClientSession(connector=connector) as session, session.get(URL):
        pass


async def by_httpx_async() -> None:
    async with httpx.AsyncClient() as client:
        await client.get(URL)


Call = Callable[[], "Coroutine[Any, Any, None] | None"]
PLAIN_CALLS = (by_requests, by_httpx, by_urllib, by_create_connection)
LOOP_CALLS = (by_asyncio, by_a_socket_of_the_loop, by_aiohttp, by_aiohttp_with_threads, by_httpx_async)


def make(call: Call, run: Callable[[Any], None] = asyncio.run) -> None:
    """Make a call, in a loop if it needs one."""
    begun = call()
    if begun is not None:
        run(begun)


def name_of(call: Any) -> str:
    return str(call.__name__)


@pytest.mark.parametrize("call", [*PLAIN_CALLS, *LOOP_CALLS], ids=name_of)
@pytest.mark.parametrize("proxy", [None, PROXY], ids=["direct", "behind a proxy"])
def test_a_client(monkeypatch: pytest.MonkeyPatch, call: Call, proxy: str | None) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        if proxy is not None and name in ("https_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy)
    with pytest.raises(UsageError, match=f"{WORDS}\n  at {__file__}:"), serve(environ=True):
        make(call)


@pytest.mark.parametrize("call", LOOP_CALLS, ids=name_of)
def test_a_client_on_uvloop(guard: Guard, call: Call) -> None:
    with pytest.raises(Ended, match=f"{WORDS}\n  at {__file__}:"):
        make(call, needed("uvloop").run)


async def by_uvloop_datagram() -> None:
    await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("app.zyte.com", 53))


def test_a_datagram_of_uvloop(guard: Guard) -> None:
    with pytest.raises(Ended, match=WORDS):
        make(by_uvloop_datagram, needed("uvloop").run)


@pytest.mark.parametrize("method", ["getaddrinfo", "gethostbyname", "query", "search"])
def test_pycares(guard: Guard, method: str) -> None:
    kind = needed("pycares").Channel
    if not hasattr(kind, method):
        pytest.skip("this pycares has no such method")
    with pytest.raises(Ended, match=WORDS):
        getattr(kind, method)(None, "app.zyte.com", 1, callback=print)


def test_aiohttp_with_aiodns(guard: Guard) -> None:
    needed("aiodns")

    async def ask() -> None:
        connector = aiohttp.TCPConnector(resolver=aiohttp.AsyncResolver())
        async with aiohttp.ClientSession(connector=connector) as session, session.get(URL):
            pass

    with pytest.raises(Ended, match=f"{WORDS}\n  at {__file__}:"):
        asyncio.run(ask())


def test_dnspython(guard: Guard) -> None:
    resolver, asyncresolver = needed("dns.resolver"), needed("dns.asyncresolver")
    with pytest.raises(Ended, match=WORDS):
        resolver.resolve("app.zyte.com")
    with pytest.raises(Ended, match=WORDS):
        resolver.Resolver(configure=False).resolve(qname=needed("dns.name").from_text("App.Zyte.com"))
    with pytest.raises(Ended, match=WORDS):
        asyncio.run(asyncresolver.resolve("app.zyte.com"))


@pytest.mark.parametrize("method", ["perform", "perform_rb", "perform_rs"])
def test_pycurl(guard: Guard, method: str) -> None:
    pycurl = needed("pycurl")
    with closing(pycurl.Curl()) as handle:
        handle.setopt(pycurl.URL, "http://127.0.0.1:1/")
        handle.setopt(pycurl.URL, "App.zyte.com/api/")
        with pytest.raises(Ended, match=WORDS):
            getattr(handle, method)()


def test_pycurl_with_several_at_a_time_also_of_before() -> None:
    pycurl = needed("pycurl")
    with closing(pycurl.Curl()) as handle:
        handle.setopt(pycurl.URL, URL)
        with pytest.raises(Ended, match=WORDS), serve(environ=True), closing(pycurl.CurlMulti()) as several:
            several.add_handle(handle)


def test_pycurl_reaches_the_fake_and_is_put_back() -> None:
    pycurl = needed("pycurl")
    before = pycurl.Curl, pycurl.CurlMulti
    with serve(environ=True) as fake:
        assert pycurl.Curl is not before[0]
        assert issubclass(pycurl.Curl, before[0])
        kept = pycurl.Curl()
        kept.setopt(pycurl.URL, f"{fake.url}/system/ts")
        assert kept.perform_rs().strip().isdigit()
    assert (pycurl.Curl, pycurl.CurlMulti) == before
    kept.close()


# ------------------------------------------------------------ proxies that the code names


def by_requests_with_a_proxy(url: str) -> None:
    requests.get(url, proxies={"https": PROXY, "http": PROXY})


def by_httpx_with_a_proxy(url: str) -> None:
    httpx.get(url, proxy=PROXY)


def by_a_session_with_proxies() -> None:
    with requests.Session() as session:
        session.proxies = {"https": PROXY}
        session.get(URL)


def by_a_proxy_handler(url: str) -> None:
    urllib.request.build_opener(urllib.request.ProxyHandler({"https": PROXY, "http": PROXY})).open(url)


def by_a_tunnel() -> None:
    with closing(http.client.HTTPSConnection("127.0.0.1", 1)) as connection:
        connection.set_tunnel("app.zyte.com", 443)
        connection.request("GET", "/api/")


async def by_httpx_async_with_a_proxy(url: str) -> None:
    async with httpx.AsyncClient(proxy=PROXY) as client:
        await client.get(url)


async def by_aiohttp_with_a_proxy(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(url, proxy=PROXY):
        pass


PROXIED: dict[str, Call] = {
    "requests": lambda: by_requests_with_a_proxy(URL),
    "requests, plain": lambda: by_requests_with_a_proxy(PLAIN),
    "Session.proxies": by_a_session_with_proxies,
    "httpx": lambda: by_httpx_with_a_proxy(URL),
    "httpx, plain": lambda: by_httpx_with_a_proxy(PLAIN),
    "httpx async": lambda: by_httpx_async_with_a_proxy(URL),
    "httpx async, plain": lambda: by_httpx_async_with_a_proxy(PLAIN),
    "urllib": lambda: by_a_proxy_handler(URL),
    "urllib, plain": lambda: by_a_proxy_handler(PLAIN),
    "http.client": by_a_tunnel,
    "aiohttp": lambda: by_aiohttp_with_a_proxy(URL),
    "aiohttp, plain": lambda: by_aiohttp_with_a_proxy(PLAIN),
}


@pytest.mark.parametrize("call", PROXIED.values(), ids=PROXIED)
def test_a_proxy_that_the_code_names(guard: Guard, call: Call) -> None:
    with pytest.raises(Ended, match=WORDS):
        make(call)


def test_nothing_leaves_for_such_a_proxy(guard: Guard) -> None:
    """Neither the CONNECT nor the request: the proxy is not even connected to."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        proxy = f"http://127.0.0.1:{server.getsockname()[1]}"
        for url in (URL, PLAIN):
            with pytest.raises(Ended):
                requests.get(url, proxies={"http": proxy, "https": proxy})
            with pytest.raises(Ended):
                httpx.get(url, proxy=proxy)
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_socks_proxy(guard: Guard) -> None:
    socks = needed("socks")
    with closing(socks.socksocket()) as connected:
        connected.set_proxy(socks.SOCKS5, "127.0.0.1", 1)
        with pytest.raises(Ended, match=WORDS):
            connected.connect(("app.zyte.com", 443))


def test_the_fake_may_be_the_proxy_of_a_plain_call() -> None:
    with serve(environ=True) as fake:
        url = "http://app.zyte.com/system/ts"
        assert requests.get(url, proxies={"http": fake.url}).text.strip().isdigit()
        assert httpx.get(url, proxy=fake.url).text.strip().isdigit()

        async def ask() -> str:
            async with aiohttp.ClientSession() as session, session.get(url, proxy=fake.url) as answer:
                return await answer.text()

        assert asyncio.run(ask()).strip().isdigit()


def test_other_proxied_calls_are_left_alone(guard: Guard, told: list[str]) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get("https://example.com/?next=https://app.zyte.com", proxies={"https": PROXY})
    with pytest.raises(requests.ConnectionError):
        requests.get("http://example.com/?next=https://app.zyte.com", proxies={"http": PROXY})
    with pytest.raises(httpx.ConnectError):
        httpx.get("https://example.com/", proxy=PROXY)
    assert told == []
