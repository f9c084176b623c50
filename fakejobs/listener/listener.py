"""One listening socket, one thread that accepts, one thread a connection; and the clean end of all of them.

Rules:

- The accepting thread waits for its socket and for a wake pair, without a poll interval: closing takes no longer than waking it.
- ``close()`` shuts sockets down before it closes them: a forked process may hold copies, and a copy would keep them alive.
- A forked child owns none of it: there the listener is closed from the start, and its parent's clients notice nothing.
- What tests put in place of threading.Thread does not reach the threads here: see threads.py.
- A listener that refuses connections has given its socket for one that does not listen; see sockets.refusing().
- A port that this process has used lately is not used again (unless asked for by number): a late request to an earlier
  listener is refused by the kernel instead of being answered by the next listener.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import weakref
from collections.abc import Callable, Hashable
from contextlib import suppress
from itertools import count
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING

from fakejobs.listener import threads
from fakejobs.listener.exchange import MAX_BODY, MAX_HEAD, Connection, Phase
from fakejobs.listener.heads import Refused
from fakejobs.listener.sockets import (
    PORTS,
    accepted_by,
    descriptors_for_connections,
    listen,
    listening_again,
    of_present_kind,
    ready_of,
    refusing,
)
from fakejobs.listener.threads import new_thread

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

GRACE_S = 1.0
"""Seconds that ``close()`` gives requests which are still inside the application."""

BACK_OFF_S = 0.05
"""Seconds to let connections wait when the process has no descriptor or thread left for them; closing does not wait for it."""


class _Wish:
    """What the accepting thread is asked for. for_s: real seconds that connections are refused; None: until another wish."""

    def __init__(self, for_s: float | None, *, refuses: bool) -> None:
        self.refuses, self.for_s = refuses, for_s
        self.is_met = Event()
        self.error: OSError | None = None


class ListenerBusy(RuntimeError):
    """A listener was closed while requests were inside the application, and they did not return in time."""


_OPEN: weakref.WeakSet[Listener] = weakref.WeakSet()


def _let_go_after_fork() -> None:
    """Close a forked child's copies of its parent's sockets; take no lock, since its holder may not exist here."""
    PORTS.lock = threading.Lock()
    for listener in list(_OPEN):
        listener.let_go()
    _OPEN.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_after_fork)


class Listener:
    """A WSGI application served on a port of its own, from construction until ``close()``; also a context manager."""

    def __init__(
        self,
        app: WSGIApplication,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        on_error: Callable[[str, BaseException], None] | None = None,
        on_refused: Callable[[Refused], None] | None = None,
        max_head: int = MAX_HEAD,
        max_body: int = MAX_BODY,
        grace_s: float = GRACE_S,
        watched: bool = False,
    ) -> None:
        """Bind, listen and accept; raise OSError when the port is taken or the host is not ours.

        ``port`` 0 takes one that is free and was not used by this process lately. ``on_error`` is called in a connection's thread with
        ``"METHOD /path"`` and the exception when ``app`` fails, ``on_refused`` when a request is refused before ``app`` sees
        it. Limits are in bytes, ``grace_s`` in seconds. ``watched``: somebody will ask ``under_way()``.
        """
        self._app = app
        self._on_error = on_error
        self._on_refused = on_refused
        self._max_head = max_head
        self._max_body = max_body
        self._grace_s = grace_s
        self._watched = watched
        self._accepts = 0  # odd: in the middle of one
        self._wishes: list[_Wish] = []
        self._refuses = False
        self._refuses_for_s: float | None = None
        self._wake_end, self._wait_end = socket.socketpair()
        try:
            self._socket = listen(host, port)
        except BaseException:
            self._wake_end.close()
            self._wait_end.close()
            raise
        self.host: str = host
        self.port: int = self._socket.getsockname()[1]
        self.url: str = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self._closed = False
        self._lock = threading.Lock()
        self._connections: dict[Connection, Thread] = {}
        self._last: Connection | None = None
        """The connection with which there were no descriptors left but for the reserve."""
        self._ended: list[Thread] = []  # threads on their last steps, after their connection
        self._numbers = count(1)
        self._thread = new_thread(f"fakejobs-listener-{self.port}", self._accept_until_closed)
        _OPEN.add(self)
        threads.start(self._thread)

    def __enter__(self) -> Listener:
        """Return the listener, which is open already."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Close the listener."""
        self.close()

    def __repr__(self) -> str:
        """Show the url and whether it is still served."""
        return f"<Listener {self.url}{' closed' if self._closed else ''}>"

    def close(self) -> None:
        """Stop listening and end every connection; calling it again only ends what a call from inside a request had to leave.

        Raises ``ListenerBusy`` if a request is still inside the application after the grace period; everything is closed all the same.
        Called from inside a request, it lets that request's answer leave as the last one on its connection.
        """
        with self._lock:
            is_first = not self._closed
            self._closed = True
        if is_first:
            self._wake_end.send(b"x")
            threads.join(self._thread)
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._close_own_sockets()
            _OPEN.discard(self)
        with self._lock:
            connections = dict(self._connections)
            ended = list(self._ended)
        for thread in ended:
            threads.join(thread)
        own_thread = threading.current_thread()
        others = {connection: thread for connection, thread in connections.items() if thread is not own_thread}
        for connection in connections:
            if connection in others:
                connection.shut_down()
            else:
                connection.end_after_answer()
        if is_first or len(others) == len(connections):  # two requests that close must not wait for each other
            self._join(others)

    def refuse(self, for_s: float | None = None) -> None:
        """Refuse every new connection, and those that wait to be accepted; open ones stay, and so does the port.

        for_s: real seconds, after which connections are accepted again; default: until accept_again(). Raises OSError when the system
        does not leave us the port.
        """
        self._ask(_Wish(for_s, refuses=True))

    def accept_again(self) -> None:
        """Accept connections, if they are refused. Raises OSError when the system does not leave us the port."""
        self._ask(_Wish(None, refuses=False))

    def _ask(self, wish: _Wish) -> None:
        """Have the accepting thread meet a wish, and return when it has; of a closed listener, do nothing."""
        with self._lock:
            if self._closed:
                return
            self._wishes.append(wish)
            self._wake_end.send(b"w")  # under the lock: for each wish there is one byte, and the socket is open
        wish.is_met.wait()
        if wish.error is not None:
            raise wish.error

    def under_way(self) -> set[Hashable]:
        """Return what goes on without any further act of a client's: connections and requests from their arrival to their answer.

        An answer that waits for its client to read, and a request that waits for its client to send the rest, are not among it.
        Equal values stand for the same request. Only a listener that is watched knows.
        """
        with self._lock:
            if self._closed:
                return set()
            accepts = self._accepts
            seen = [(connection, connection.phase, connection.turn, connection.sock.fileno()) for connection in self._connections]
        reading = [descriptor for _, phase, _, descriptor in seen if phase is Phase.READS]
        writing = [descriptor for _, phase, _, descriptor in seen if phase is Phase.WRITES]
        listening = -1 if self._refuses else self._socket.fileno()
        ready = ready_of([listening, *reading], writing)
        found: set[Hashable] = {
            (connection, turn)
            for connection, phase, turn, descriptor in seen
            if phase is Phase.WORKS or descriptor in ready or connection.phase is not phase or connection.turn != turn
        }
        if accepts % 2 or self._accepts != accepts or listening in ready:
            found.add(self)
        return found

    def let_go(self) -> None:
        """Close this process's copies of the sockets and leave the real ones to the parent process; for the child of a fork."""
        self._lock = threading.Lock()
        self._closed = True
        self._close_own_sockets()
        for connection in list(self._connections):
            connection.let_go()
        self._connections.clear()
        self._ended.clear()

    def _close_own_sockets(self) -> None:
        for sock in (self._socket, self._wake_end, self._wait_end):
            sock.close()

    def _join(self, connections: dict[Connection, Thread]) -> None:
        patience_s = self._grace_s
        busy: list[str] = []
        for connection, thread in connections.items():
            request = connection.request
            threads.join(thread, patience_s)
            if threads.is_alive(thread):
                busy.append(f"{connection.request or request or 'a request'} (thread {thread.name})")
                patience_s = 0  # the others have had the same time
                with self._lock:
                    self._connections.pop(connection, None)
        if busy:
            raise ListenerBusy(f"closed {self.url}, but still inside the app after {self._grace_s:g} s: {', '.join(busy)}")

    # The accepting thread

    def _accept_until_closed(self) -> None:
        try:
            # poll, where it exists: select cannot wait for descriptors over 1023, and epoll would need a descriptor itself
            with getattr(selectors, "PollSelector", selectors.SelectSelector)() as selector:
                selector.register(self._wait_end, selectors.EVENT_READ)
                selector.register(self._socket, selectors.EVENT_READ)
                while not self._closed:
                    ready = selector.select(self._refuses_for_s)
                    if self._wishes:
                        self._meet_wishes(selector)
                    elif not self._refuses:
                        self._accepts += 1  # what waits must not be taken before this is said
                        if not self._closed and not self._accept():
                            self._back_off()
                        self._accepts += 1
                    elif not ready:  # the time is over
                        self._accept_after_a_while(selector)
        finally:
            with self._lock:
                for wish in self._wishes:
                    wish.is_met.set()

    def _meet_wishes(self, selector: selectors.BaseSelector) -> None:
        with self._lock:
            wishes, self._wishes = self._wishes, []
        self._wait_end.recv(len(wishes))
        for wish in wishes:
            self._meet(wish, selector)

    def _meet(self, wish: _Wish, selector: selectors.BaseSelector) -> None:
        try:
            self._switch(selector, refuses=wish.refuses)
            self._refuses_for_s = wish.for_s if self._refuses else None
        except OSError as error:
            wish.error = self._lost(error)
        finally:
            wish.is_met.set()

    def _accept_after_a_while(self, selector: selectors.BaseSelector) -> None:
        self._refuses_for_s = None
        try:
            self._switch(selector, refuses=False)
        except OSError as error:
            if self._on_error is not None:
                self._on_error("accepting connections again", self._lost(error))

    def _lost(self, error: OSError) -> OSError:
        lost = OSError(f"{self.url} has lost its port while it refused connections: {error}")
        lost.__cause__ = error
        return lost

    def _switch(self, selector: selectors.BaseSelector, *, refuses: bool) -> None:
        """Refuse connections from now on, or accept them."""
        if refuses == self._refuses:
            return
        if refuses:
            selector.unregister(self._socket)
            self._refuses = True
            self._socket = refusing(self._socket)
        else:
            listening_again(self._socket)
            selector.register(self._socket, selectors.EVENT_READ)
            self._refuses, self._refuses_for_s = False, None

    def _accept(self) -> bool:
        """Accept a connection if one waits; return False when the process has no room for it now."""
        if self._last is not None and self._last in self._connections:
            return False
        try:
            sock, peer = accepted_by(self._socket)
        except (BlockingIOError, ConnectionError, InterruptedError):
            return True  # it has gone away again
        except OSError:
            return False
        try:
            self._start(sock, peer)
        except OSError:  # it has gone away again
            sock.close()
        except RuntimeError:  # no thread can be started
            sock.close()
            return False
        return True

    def _start(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        sock = of_present_kind(sock)
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(
            sock,
            peer[:2],
            (self.host, self.port),
            self._app,
            self._on_error,
            self._on_refused,
            max_head=self._max_head,
            max_body=self._max_body,
            watched=self._watched,
        )
        name = f"fakejobs-connection-{self.port}-{next(self._numbers)}"
        thread = new_thread(name, self._serve, connection)
        with self._lock:  # whoever finds the thread in the table may join it, so it has been started by then
            self._ended = [ended for ended in self._ended if threads.is_alive(ended)]
            self._connections[connection] = thread  # before the start: its first request may fork
            self._last = (
                connection if sock.fileno() >= descriptors_for_connections() else None
            )  # the system gives out the smallest number that is free
            try:
                threads.start(thread)
            except RuntimeError:
                del self._connections[connection]
                raise

    def _back_off(self) -> None:
        with getattr(selectors, "PollSelector", selectors.SelectSelector)() as selector:
            selector.register(self._wait_end, selectors.EVENT_READ)
            selector.select(BACK_OFF_S)

    # The threads of the connections

    def _serve(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                self._ended.append(threading.current_thread())
                self._connections.pop(connection, None)
