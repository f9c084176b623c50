"""What the wire of fakejobs is measured against: a one-line form app, on werkzeug's own server and on a bare h11 loop."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from typing import Any

import h11
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

RECEIVE_BYTES = 64 * 1024

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Address = tuple[str, int]


def form_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Read the form and give a canned answer: what one would write instead of using fakejobs."""
    jobid = f"{Request(environ).form['project']}/1/1"
    return Response(f'{{"status":"ok","jobid":"{jobid}"}}', mimetype="application/json")(environ, start_response)


@contextmanager
def on_werkzeug(app: App) -> Iterator[Address]:
    """Serve an application as pytest-httpserver does: werkzeug's own server, a thread a connection, which serves one request."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield "127.0.0.1", server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def on_bare_h11(app: App) -> Iterator[Address]:
    """Serve an application to one client by the shortest loop over h11: the floor of any server that is built on it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=_serve_one, args=(listening, app))
        thread.start()
        yield listening.getsockname()
        thread.join()


def _serve_one(listening: socket.socket, app: App) -> None:
    sock, _ = listening.accept()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    protocol = h11.Connection(h11.SERVER)
    with sock:
        while isinstance(request := _next(protocol, sock), h11.Request):
            body = b""
            while isinstance(event := _next(protocol, sock), h11.Data):
                body += event.data
            sock.sendall(b"".join(_answer(protocol, app, _environ(request, body))))
            protocol.start_next_cycle()


def _next(protocol: h11.Connection, sock: socket.socket) -> Any:
    while (event := protocol.next_event()) is h11.NEED_DATA:
        protocol.receive_data(sock.recv(RECEIVE_BYTES))
    return event


def _environ(request: h11.Request, body: bytes) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method.decode(),
        "PATH_INFO": request.target.decode(),
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
    }
    for name, value in request.headers:
        environ["HTTP_" + name.decode().upper().replace("-", "_")] = value.decode()
    environ["CONTENT_TYPE"] = environ["HTTP_CONTENT_TYPE"]
    environ["CONTENT_LENGTH"] = environ["HTTP_CONTENT_LENGTH"]
    return environ


def _answer(protocol: h11.Connection, app: App, environ: dict[str, Any]) -> Iterator[bytes]:
    started: list[Any] = []
    pieces = app(environ, lambda *given: started.extend(given))
    status, headers = started
    events = [h11.Response(status_code=int(status[:3]), headers=headers), *map(h11.Data, pieces), h11.EndOfMessage()]
    return (protocol.send(event) or b"" for event in events)
