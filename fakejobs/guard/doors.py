"""Where clients ask for a host: the functions, methods and classes that the guard stands before, and for which host each is asked.

| who | where it is stopped |
|---|---|
| requests, urllib3, http.client, httpx, gevent, trio … | the look-ups of `socket` and `_socket` |
| a socket that is given a name | `connect`, `connect_ex`, `sendto` of the class |
| asyncio, uvloop | the look-up of the loop, which is where the code under test waits |
| aiohttp with aiodns | `pycares.Channel` |
| dnspython | both classes `Resolver` |
| pycurl | the class itself cannot be changed, so another one stands in the module |
| a proxy that the code names | before the connection to the proxy is made: http.client, urllib3, httpcore, aiohttp, PySocks |

A proxy that is the fake itself may be asked for a real host, without TLS: it answers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from fakejobs.ending import passes_on
from fakejobs.guard.curl import guarded_curl, guarded_multi
from fakejobs.guard.hosts import real_host, real_host_of_address, real_host_of_url
from fakejobs.guard.watcher import Watch, Watcher

Args = tuple[Any, ...]
Options = dict[str, Any]


Asked = Callable[[Watcher, Args, Options], "str | None"]
"""Says which real host a call is about, if it is about one."""


class Door(NamedTuple):
    """A name that the guard stands before. owner: the class in the module that has it; "" for the module itself."""

    module: str
    owner: str
    name: str
    make: Callable[[Any], Any]
    """Makes what stands there from the real one."""


def _asking(asked: Asked) -> Callable[[Any], Any]:
    """Return what makes the guarded form of a function or method."""

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        @passes_on
        @functools.wraps(real)
        def guarded(*args: Any, **options: Any) -> Any:
            __tracebackhide__ = True
            watcher = Watch.active
            if watcher is not None:
                host = None
                with suppress(Exception):  # whatever is wrong with the arguments, the real one says it
                    host = asked(watcher, args, options)
                if host is not None:
                    watcher.stop(host)
            return real(*args, **options)

        return guarded

    return make


def _argument(number: int, *names: str, read: Callable[[object], str | None] = real_host) -> Callable[[Any], Any]:
    """Return what guards a function that is given the host as this argument, or under one of these names."""

    def asked(watcher: Watcher, args: Args, options: Options) -> str | None:
        return read(args[number] if len(args) > number else next((options[name] for name in names if name in options), None))

    return _asking(asked)


def _last_argument(watcher: Watcher, args: Args, options: Options) -> str | None:
    return real_host_of_address(args[-1])


def _name(watcher: Watcher, args: Args, options: Options) -> str | None:
    """Read a name that may be an object, as dnspython has them."""
    name = args[1] if len(args) > 1 else options.get("qname")
    return real_host(name if isinstance(name, (str, bytes)) else str(name))


# ------------------------------------------------------------ proxies that the code names


def _tunnel(watcher: Watcher, args: Args, options: Options) -> str | None:
    return real_host(getattr(args[0], "_tunnel_host", None))


def _absolute(watcher: Watcher, args: Args, options: Options) -> str | None:
    """Read the target of a request, which is a whole URL only if it goes to a proxy."""
    url = args[2] if len(args) > 2 else options.get("url")
    if not isinstance(url, str) or "://" not in url.partition("?")[0] or watcher.is_fake(args[0].host, args[0].port):
        return None
    return real_host_of_url(url)


def _through_httpcore(watcher: Watcher, args: Args, options: Options) -> str | None:
    origin, proxy = args[1] if len(args) > 1 else options["origin"], vars(args[0])["_proxy_url"]
    return None if origin.scheme == b"http" and watcher.is_fake(proxy.host.decode(), proxy.port) else real_host(origin.host)


def _through_aiohttp(watcher: Watcher, args: Args, options: Options) -> str | None:
    request = args[1] if len(args) > 1 else options["req"]
    proxy = request.proxy
    return None if request.url.scheme == "http" and watcher.is_fake(proxy.host, proxy.port) else real_host(request.url.raw_host)


# ------------------------------------------------------------ the table

_host = _argument(0, "host", "hostname", "ip_address")
_own_host = _argument(1, "host", "name")

DOORS = (
    *(Door("_socket", "", name, _host) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")),
    *(Door("socket", "", name, _host) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")),
    Door("socket", "socket", "connect", _argument(1, read=real_host_of_address)),
    Door("socket", "socket", "connect_ex", _argument(1, read=real_host_of_address)),
    Door("socket", "socket", "sendto", _asking(_last_argument)),
    Door("asyncio.base_events", "BaseEventLoop", "getaddrinfo", _own_host),
    Door("uvloop", "Loop", "getaddrinfo", _own_host),
    Door("uvloop", "Loop", "create_connection", _argument(2, "host")),
    Door("uvloop", "Loop", "create_datagram_endpoint", _argument(3, "remote_addr", read=real_host_of_address)),
    Door("uvloop", "Loop", "sock_connect", _argument(2, "address", read=real_host_of_address)),
    *(Door("pycares", "Channel", name, _own_host) for name in ("getaddrinfo", "gethostbyname", "query", "search")),
    Door("dns.resolver", "Resolver", "resolve", _asking(_name)),
    Door("dns.asyncresolver", "Resolver", "resolve", _asking(_name)),
    Door("pycurl", "", "Curl", guarded_curl),
    Door("pycurl", "", "CurlMulti", guarded_multi),
    Door("http.client", "HTTPConnection", "connect", _asking(_tunnel)),
    Door("http.client", "HTTPConnection", "putrequest", _asking(_absolute)),
    Door("urllib3.connection", "HTTPConnection", "connect", _asking(_tunnel)),
    Door("urllib3.connection", "HTTPSConnection", "connect", _asking(_tunnel)),
    *(
        Door("httpcore", name, "create_connection", _asking(_through_httpcore))
        for name in ("HTTPProxy", "AsyncHTTPProxy", "SOCKSProxy", "AsyncSOCKSProxy")
    ),
    Door("aiohttp.connector", "TCPConnector", "_create_proxy_connection", _asking(_through_aiohttp)),
    Door("socks", "socksocket", "connect", _argument(1, "dest_pair", read=real_host_of_address)),
)
