"""Clients in an environment with a proxy: a dead one, so that whoever asks it fails."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Callable
from urllib.error import URLError

import httpx
import pytest
import requests

from fakejobs import serve

DEAD_PROXY = "http://127.0.0.1:1"
PATIENCE_S = 30.0


def has_ipv6() -> bool:
    """Tell whether this machine can listen on the IPv6 loopback."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


IPV6 = pytest.param("::1", marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here"))


def by_requests(url: str) -> str:
    return requests.get(url, timeout=PATIENCE_S).text


def by_httpx(url: str) -> str:
    return httpx.get(url, timeout=PATIENCE_S).text


def by_urllib(url: str) -> str:
    opener = urllib.request.build_opener()  # urlopen() keeps one, with the proxies of the moment at which it was first called
    with opener.open(url, timeout=PATIENCE_S) as answer:
        return bytes(answer.read()).decode()


@pytest.fixture(autouse=True)
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a proxy into the environment that nobody answers at."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, DEAD_PROXY)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("host", ["127.0.0.1", IPV6])
@pytest.mark.parametrize("ask", [by_requests, by_httpx, by_urllib])
def test_a_fake_is_asked_and_not_the_proxy(ask: Callable[[str], str], host: str) -> None:
    with serve(host=host, environ=True) as fake:
        if ask is by_urllib and host == "::1":  # it compares the exceptions with the address in its brackets
            with pytest.raises(URLError):
                ask(f"{fake.url}/system/ts")
        else:
            assert ask(f"{fake.url}/system/ts").strip().isdigit()
