"""The sockets of a listener: ports that are not used twice, how much room a process has, and what can be read and written.

A free port is one that this process has not used lately.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from math import inf

if sys.platform != "win32":
    import resource

BACKLOG = 1024
"""Connections the kernel may hold before they are accepted."""

RESERVE = 16
"""Descriptors that connections leave to the rest of the process, which opens files and loads modules; of few, a fourth."""

SOCKET = socket.socket
"""What sockets are made of, bound at import."""

PORT_MEMORY = 1_000
"""Ports of its own that a process remembers and passes over."""

_PORT_ATTEMPTS = 200
"""Free ports to look at before a remembered one is taken: a system may have fewer of them than we remember."""


class PortMemory:
    """The ports this process has used last."""

    def __init__(self, size: int) -> None:
        """Remember the last ``size`` ports."""
        self._size = size
        self._order: deque[int] = deque()
        self._known: set[int] = set()
        self.lock = threading.Lock()
        """Held from choosing a port to remembering it."""

    def __contains__(self, port: int) -> bool:
        """Tell whether ``port`` is remembered."""
        return port in self._known

    def __len__(self) -> int:
        """Count the ports that are remembered."""
        return len(self._known)

    def remember(self, port: int) -> None:
        """Remember ``port`` and, if there are too many, forget the oldest one."""
        if port in self._known:
            self._order.remove(port)
        self._known.add(port)
        self._order.append(port)
        if len(self._order) > self._size:
            self._known.discard(self._order.popleft())


PORTS = PortMemory(PORT_MEMORY)
"""Those of this process."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; with ``port`` 0 on a port that this process has not used lately."""
    with PORTS.lock:
        sock = _bind(host, port)
        for _ in range(_PORT_ATTEMPTS):
            if port or sock.getsockname()[1] not in PORTS:
                break
            sock.close()
            sock = _bind(host, port)
        PORTS.remember(sock.getsockname()[1])
        return sock


def _bind(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)
        if port:
            _allow_reuse(sock)
        sock.bind((host, port))
        # Set only now, a free port is really ours alone, and yet can be opened again by number after we have closed it.
        _allow_reuse(sock)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def refusing(sock: socket.socket) -> socket.socket:
    """Close a listening socket and return one that keeps its port: it is bound and does not listen, so that connections are refused.

    While it does not listen, it must not allow reuse: where two do, the system gives the port to another program.
    """
    address = sock.getsockname()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
    kept = socket.socket(sock.family, socket.SOCK_STREAM)
    try:
        kept.settimeout(0)
        try:
            kept.bind(address)
        except OSError:  # connections that are open, or were lately, have the port, too
            _allow_reuse(kept)
            kept.bind(address)
            _allow_reuse(kept, is_allowed=False)
    except BaseException:
        kept.close()
        raise
    return kept


def listening_again(kept: socket.socket) -> None:
    """Let a socket of refusing() listen."""
    _allow_reuse(kept)
    kept.listen(BACKLOG)


def descriptors_for_connections() -> float:
    """Return the number of the first descriptor that belongs to the reserve."""
    if sys.platform == "win32":
        return inf
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return inf if most == resource.RLIM_INFINITY else most - min(RESERVE, most // 4)


def accepted_by(listening: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
    """Accept a connection, also while a test has put something in place of socket.socket, of which accept() would make one."""
    if type(listening) is not SOCKET:
        return listening.accept()
    descriptor, peer = listening._accept()  # type: ignore[attr-defined]  # noqa: SLF001  # as accept() does
    return SOCKET(listening.family, listening.type, listening.proto, fileno=descriptor), peer


def of_present_kind(sock: socket.socket) -> socket.socket:
    """Return an accepted socket as one of the class that sockets have now, if it can be; with eventlet, another blocks everything."""
    kind: object = socket.socket
    if not isinstance(kind, type) or isinstance(sock, kind):  # a test may have put anything in its place
        return sock
    try:
        made = socket.socket(sock.family, sock.type, sock.proto, fileno=sock.fileno())
    except Exception:  # noqa: BLE001  # a test may forbid sockets; ours is no one of its own
        return sock
    sock.detach()
    return made


def ready_of(reading: Iterable[int], writing: Iterable[int]) -> set[int]:
    """Return which descriptors can be read or written now; closed ones cannot."""
    reading, writing = [fd for fd in reading if fd >= 0], [fd for fd in writing if fd >= 0]
    if not hasattr(select, "poll"):
        readable, writable, _ = select.select(reading, writing, [], 0)
        return {*readable, *writable}
    poll = select.poll()
    for descriptors, event in ((reading, select.POLLIN), (writing, select.POLLOUT)):
        for descriptor in descriptors:
            poll.register(descriptor, event)
    return {descriptor for descriptor, events in poll.poll(0) if not events & select.POLLNVAL}


def _allow_reuse(sock: socket.socket, *, is_allowed: bool = True) -> None:
    if os.name == "posix":  # elsewhere it lets two processes listen on one port
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, is_allowed)
