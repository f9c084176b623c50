"""The client of the bench: prebuilt request bytes, sent over a raw socket or as a WSGI call, so that it costs next to nothing.

It runs in the process of the server, as a test does.
"""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import urlencode

from fakejobs.access import DEFAULT_KEY
from tests.bench.opponents import Address, App

BASIC = "Basic " + base64.b64encode(f"{DEFAULT_KEY}:".encode()).decode()
FORM = "application/x-www-form-urlencoded"
RECEIVE_BYTES = 1024 * 1024
PATIENCE_S = 30.0

_pages = count(1)


def run_form() -> bytes:
    """Return the form of a run.json call like no other before."""
    return urlencode({"project": 1, "spider": "books", "add_tag": "daily", "page": next(_pages)}).encode()


def run_request() -> bytes:
    """Return a run.json call as requests would send it."""
    form = run_form()
    head = (
        "POST /api/run.json HTTP/1.1\r\n"
        "Host: 127.0.0.1:40123\r\n"
        "User-Agent: python-requests/2.32.3\r\n"
        "Accept-Encoding: gzip, deflate\r\n"
        "Accept: */*\r\n"
        "Connection: keep-alive\r\n"
        f"Content-Length: {len(form)}\r\n"
        f"Content-Type: {FORM}\r\n"
        f"Authorization: {BASIC}\r\n\r\n"
    )
    return head.encode() + form


def get_request(path: str) -> bytes:
    """Return a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:40123\r\nAuthorization: {BASIC}\r\n\r\n".encode()


def run_environ() -> dict[str, Any]:
    """Return a run.json call as a WSGI environ."""
    form = run_form()
    return _environ("POST", "/api/run.json") | {"CONTENT_TYPE": FORM, "CONTENT_LENGTH": str(len(form)), "wsgi.input": BytesIO(form)}


def get_environ(path: str, query: str = "") -> dict[str, Any]:
    """Return a GET as a WSGI environ."""
    return _environ("GET", path) | {"QUERY_STRING": query, "wsgi.input": BytesIO()}


def _environ(method: str, path: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:80",
        "HTTP_AUTHORIZATION": BASIC,
        "wsgi.url_scheme": "http",
        "wsgi.input_terminated": True,
    }


def call(app: App, environ: dict[str, Any]) -> bytes:
    """Call an application and return its answer's body; raises AssertionError unless it is a 200."""
    statuses: list[str] = []
    body = b"".join(app(environ, lambda status, headers, exc_info=None: statuses.append(status)))
    assert statuses[0].startswith("200 "), (statuses, body)
    return body


class Client:
    """A connection that is kept alive."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self.socket.close()

    def ask(self, request: bytes) -> None:
        """Send a request and wait for its answer, a small JSON object."""
        self.socket.sendall(request)
        answer = self.socket.recv(RECEIVE_BYTES)
        while not answer.endswith(b"}"):
            piece = self.socket.recv(RECEIVE_BYTES)
            assert piece, answer
            answer += piece
        assert b" 200 " in answer[:13], answer

    def stream(self, request: bytes) -> Iterator[bytes]:
        """Send a request and yield the pieces of its chunked answer as they come."""
        self.socket.sendall(request)
        piece = b""
        while not piece.endswith(b"0\r\n\r\n"):
            piece = self.socket.recv(RECEIVE_BYTES)
            assert piece
            yield piece


def ask_once(address: Address, request: bytes) -> None:
    """Open a connection for one request, as a server that closes after each one makes its clients do."""
    with Client(address) as client:
        client.ask(request)
