"""The guard of a whole run: also tests without a fake end when they reach for a real host.

By an audit hook, which Python cannot take back and which makes some things slower (copy.deepcopy two to four times): so it is there
only for who asks for it, once a process, and is deaf outside of tests. It hears of look-ups and of sockets, not of what goes
past them: resolvers that are no part of Python, and proxies.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from fakejobs.guard.hosts import real_host, real_host_of_address

_HOSTS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_ADDRESSES = frozenset({"socket.connect", "socket.sendto"})


class _Hearing:
    """Who is told now, and of which test."""

    end: Callable[[str], BaseException] | None = None
    test = ""


def listen(end: Callable[[str], BaseException], test: str) -> Callable[[], None]:
    """End a test that reaches for a real host; return what stops listening, and goes back to whom was listened for before.

    end: as for the guard of a fake. test: the name of the test.
    """
    _install()
    before = _Hearing.end, _Hearing.test
    _Hearing.end, _Hearing.test = end, test

    def stop() -> None:
        _Hearing.end, _Hearing.test = before

    return stop


@cache
def _install() -> None:
    sys.addaudithook(_hear)


def _hear(event: str, args: tuple[Any, ...]) -> None:
    __tracebackhide__ = True
    if event[:7] == "socket." and _Hearing.end is not None:
        host = None
        if event in _HOSTS:
            host = real_host(args[0])
        elif event in _ADDRESSES:
            host = real_host_of_address(args[1])
        if host is not None:
            from fakejobs.guard.advice import told_without_a_fake

            raise _Hearing.end(told_without_a_fake(host, sys._getframe(1), _Hearing.test)) from None  # noqa: SLF001
