"""Which names are the real service's, however they are spelled."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs.guard.hosts import REAL_HOSTS, real_host, real_host_of_address, real_host_of_url


@pytest.mark.parametrize("host", REAL_HOSTS)
def test_every_host_is_one(host: str) -> None:
    assert real_host(host) == real_host(host.upper()) == real_host(host.encode()) == host


@pytest.mark.parametrize(
    "host",
    [
        "APP.Zyte.COM",
        "app.zyte.com.",
        b"app.zyte.com",
        bytearray(b"App.zyte.com."),
        "\uff41\uff50\uff50.zyte.com",
        "app\u3002zyte\uff0ecom",
        "a\u00adpp.zyte.com",
        "\u24d0pp.zyte.com",
    ],
    ids=ascii,
)
def test_other_spellings_are_the_same_host(host: Any) -> None:
    assert real_host(host) == "app.zyte.com"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "", None, 5, b"\xff", "localhost", "zyte.com", "app.zyte.com.example", "ä" * 70, "app..zyte.com", ("a",)],
    ids=ascii,
)
def test_others_are_not(host: Any) -> None:
    assert real_host(host) is None


def test_addresses_are_read_by_their_first_part() -> None:
    assert real_host_of_address(("app.zyte.com", 443)) == "app.zyte.com"
    assert real_host_of_address(("jobq.zyte.com", 443, 0, 0)) == "jobq.zyte.com"
    assert [real_host_of_address(other) for other in ((), "app.zyte.com", ("::1", 443, 0, 0), None)] == [None] * 4


@pytest.mark.parametrize(
    "url",
    [
        "https://app.zyte.com/api/",
        "HTTPS://user:pass@APP.zyte.com:443?x",
        "app.zyte.com",
        "app.zyte.com:443/api",
        "//app.zyte.com",
        b"http://app.zyte.com",
        "socks5h://app.zyte.com",
    ],
    ids=repr,
)
def test_urls_are_read_by_their_host(url: Any) -> None:
    assert real_host_of_url(url) == "app.zyte.com"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/app.zyte.com", "http://[::1]:1/", "http://x/?u=https://app.zyte.com", "", None, 1, "/api/run.json"],
    ids=repr,
)
def test_other_urls_are_not(url: Any) -> None:
    assert real_host_of_url(url) is None
