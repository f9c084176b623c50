"""One connection, byte by byte: what the application is given, and how its answers and our refusals look on the wire."""

from __future__ import annotations

import http.client
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from wsgiref.validate import validator

import pytest
import requests

from fakejobs.listener import Listener, Refused
from tests.live.wire import GET, PATIENCE_S, Client, echo, hello

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Serve = Callable[..., Listener]
Connect = Callable[[Listener], Client]
Errors = list[tuple[str, BaseException]]


def request(line: str, *headers: str, body: str = "", host: str | None = "h") -> bytes:
    """Return a request's bytes."""
    lines = [line, *([f"Host: {host}"] if host else []), *headers, "", body]
    return "\r\n".join(lines).encode("latin-1")


ABSENT = object()
REQUESTS: dict[str, tuple[bytes, dict[str, object]]] = {
    "get": (
        request("GET /a/b HTTP/1.1"),
        {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/a/b",
            "QUERY_STRING": "",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_NAME": "127.0.0.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "h",
            "CONTENT_LENGTH": "0",
            "CONTENT_TYPE": ABSENT,
            "wsgi.url_scheme": "http",
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "body": "",
        },
    ),
    "content-length": (
        request("POST / HTTP/1.1", "Content-Length: 5", "Content-Type: text/x", body="a=b\r\n"),
        {"body": "a=b\r\n", "CONTENT_LENGTH": "5", "CONTENT_TYPE": "text/x", "HTTP_CONTENT_LENGTH": ABSENT, "HTTP_CONTENT_TYPE": ABSENT},
    ),
    "content-length twice the same": (
        request("POST / HTTP/1.1", "Content-Length: 2", "Content-Length: 2", body="ab"),
        {"body": "ab", "CONTENT_LENGTH": "2"},
    ),
    "chunked": (
        request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body="3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
        {"body": "abc0123456789", "CONTENT_LENGTH": "13", "HTTP_TRANSFER_ENCODING": ABSENT, "wsgi.input_terminated": True},
    ),
    "chunked with extension and trailer": (
        request("POST / HTTP/1.1", "Transfer-Encoding: Chunked", body="2;x=y\r\nab\r\n0\r\nX-Trailer: t\r\n\r\n"),
        {"body": "ab", "CONTENT_LENGTH": "2", "HTTP_X_TRAILER": ABSENT},
    ),
    "chunked and empty": (
        request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body="0\r\n\r\n"),
        {"body": "", "CONTENT_LENGTH": "0"},
    ),
    "1.0": (request("GET / HTTP/1.0", host=None), {"SERVER_PROTOCOL": "HTTP/1.0", "HTTP_HOST": ABSENT}),
    "query is raw": (
        request("GET /?a=%20b&c?d+%ff HTTP/1.1"),
        {"QUERY_STRING": "a=%20b&c?d+%ff", "RAW_URI": "/?a=%20b&c?d+%ff", "REQUEST_URI": "/?a=%20b&c?d+%ff"},
    ),
    "path is decoded": (
        request("GET /%C3%A9%2F%zz%00%3f+ HTTP/1.1"),
        {"PATH_INFO": "/\xc3\xa9/%zz\x00?+", "QUERY_STRING": "", "RAW_URI": "/%C3%A9%2F%zz%00%3f+"},
    ),
    "two slashes": (request("GET //x//y HTTP/1.1"), {"PATH_INFO": "//x//y"}),
    "url": (
        request("GET http://app.zyte.com:80/api/jobs/list.json?a=1 HTTP/1.1", host="other"),
        {"PATH_INFO": "/api/jobs/list.json", "QUERY_STRING": "a=1", "HTTP_HOST": "app.zyte.com:80"},
    ),
    "url without a path": (request("GET HTTPS://x?a=1 HTTP/1.1"), {"PATH_INFO": "/", "QUERY_STRING": "a=1", "HTTP_HOST": "x"}),
    "asterisk": (request("OPTIONS * HTTP/1.1"), {"PATH_INFO": "*", "REQUEST_METHOD": "OPTIONS"}),
    "odd method": (request("fr!day / HTTP/1.1"), {"REQUEST_METHOD": "fr!day"}),
    "repeated headers": (request("GET / HTTP/1.1", "X-A: 1", "x-b: 2", "X-a: 3"), {"HTTP_X_A": "1,3", "HTTP_X_B": "2"}),
    "underscores": (request("GET / HTTP/1.1", "X_Key: evil", "X-Key: good"), {"HTTP_X_KEY": "good"}),
    "latin-1 header": (request("GET / HTTP/1.1", "X-A: \xe9"), {"HTTP_X_A": "\xe9"}),
    "folded header": (request("GET / HTTP/1.1", "X-A: a", " b"), {"HTTP_X_A": "a b"}),
    "empty lines first": (b"\r\n\n\r\n" + request("GET /a HTTP/1.1"), {"PATH_INFO": "/a"}),
    "UTF-8 in the target": (
        request("GET /\xc3\xa9?a=\xc3\xa9%20 HTTP/1.1"),
        {"PATH_INFO": "/\xc3\xa9", "QUERY_STRING": "a=%C3%A9%20", "RAW_URI": "/%C3%A9?a=%C3%A9%20"},
    ),
    "no UTF-8 in the target": (request("GET /\xe9 HTTP/1.1"), {"PATH_INFO": "/\xe9"}),
    "headers with illegal names": (
        request("POST / HTTP/1.1", "X(A): 1", "Oops", "X B : 2", ": 3", "\xe9: 4", "X-A: 5", "Content-Length: 2", body="ab"),
        {"HTTP_X_A": "5", "HTTP_OOPS": ABSENT, "HTTP_X_B": ABSENT, "HTTP_": ABSENT, "HTTP_\xe9": ABSENT, "body": "ab"},
    ),
    "folded headers with illegal names": (
        request("GET / HTTP/1.1", "Oops", " more: 1", "X-A: a", " b", "X(A): c", "\td", "X-B: e"),
        {"HTTP_X_A": "a b", "HTTP_X_B": "e", "HTTP_MORE": ABSENT},
    ),
    "upgrade is not taken up": (request("GET / HTTP/1.1", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"), {"HTTP_UPGRADE": "h2c"}),
}


@pytest.mark.parametrize("step", [0, 1], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("name", REQUESTS)
def test_the_application_sees(serve: Serve, connect: Connect, name: str, step: int) -> None:
    listener = serve(echo)
    client = connect(listener)
    data, expected = REQUESTS[name]
    client.send(data, step=step)
    reply = client.reply()
    assert reply.status == 200
    seen = reply.json()
    assert {key: seen.get(key, ABSENT) for key in expected} == expected
    assert seen["SERVER_PORT"] == str(listener.port)
    assert seen["REMOTE_PORT"] == str(client.sock.getsockname()[1])
    assert not {"HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"} & set(seen)
    if name != "1.0":
        assert client.ask(GET).status == 200, "the connection is clean for the next request"


REFUSALS: dict[str, tuple[bytes, int, str]] = {
    "garbage": (b"garbage\r\n\r\n", 400, "illegal request line"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "this is TLS (https)"),
    "no host": (request("GET / HTTP/1.1", host=None), 400, "Host"),
    "two hosts": (request("GET / HTTP/1.1", "Host: b"), 400, "Host"),
    "blank in target": (request("GET /a b HTTP/1.1"), 400, "illegal request line"),
    "null in header": (request("GET / HTTP/1.1", "A: b\0c"), 400, "illegal header line"),
    "odd length": (request("GET / HTTP/1.1", "Content-Length: +5"), 400, "Content-Length"),
    "endless length": (request("GET / HTTP/1.1", "Content-Length: " + "9" * 30), 400, "Content-Length"),
    "two lengths": (request("GET / HTTP/1.1", "Content-Length: 1", "Content-Length: 2"), 400, "Content-Length"),
    "odd chunk": (request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body="xyz\r\n"), 400, "chunk"),
    "chunk too long": (request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body="1\r\nabc\r\n"), 400, "chunk"),
    "odd coding": (request("POST / HTTP/1.1", "Transfer-Encoding: gzip"), 501, "chunked"),
    "target is a word": (request("GET word HTTP/1.1"), 400, "'word' is neither a path nor a URL"),
    "connect": (request("CONNECT h:443 HTTP/1.1"), 501, "CONNECT"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/2.0"),
    "HTTP/0.9": (b"GET / HTTP/0.9\r\n\r\n", 505, "HTTP/0.9"),
    "long message": (b"x" * 5_000 + b"\r\n\r\n", 400, "xxx"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refuses(serve: Serve, connect: Connect, errors: Errors, name: str) -> None:
    data, status, message = REFUSALS[name]
    client = connect(serve(echo))
    reply = client.ask(data + GET)
    assert (reply.version, reply.status, reply.reason) == ("HTTP/1.1", status, http.client.responses[status])
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["connection"] == "close"
    assert reply.framing == "length"
    assert reply.json()["status"] == "error"
    assert message in reply.json()["message"]
    assert len(reply.json()["message"]) <= 500
    assert "bytearray" not in reply.json()["message"]
    assert client.is_at_end()
    assert errors == []


@pytest.mark.parametrize(
    ("data", "asked"),
    [
        (b"garbage\r\n\r\n", ("?", "garbage")),
        (b"GET /a b?c=d HTTP/1.1\r\n\r\n", ("GET", "/a b?c=d")),
        (request("GET /a?b HTTP/1.1", host=None), ("GET", "/a?b")),
        (request("POST /a HTTP/1.1", "Content-Length: 11"), ("POST", "/a")),
        (request("GET word HTTP/1.1"), ("GET", "word")),
    ],
)
def test_a_refused_request_is_told(serve: Serve, connect: Connect, data: bytes, asked: tuple[str, str]) -> None:
    told: list[Refused] = []
    reply = connect(serve(echo, max_body=10, on_refused=told.append)).ask(data)
    assert [(refused.method, refused.target) for refused in told] == [asked]
    assert (told[0].status, told[0].reason, told[0].message) == (reply.status, reply.reason, reply.json()["message"])


def test_empty_lines_may_come_byte_by_byte_and_between_requests(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello))
    client.send(b"\r\n\r\n" + GET + b"\r\n\r\n" + GET, step=1)
    assert [client.reply().body, client.reply().body] == [b"hello", b"hello"]


def test_a_body_with_two_lengths_ends_the_connection(serve: Serve, connect: Connect) -> None:
    """Content-Length beside Transfer-Encoding: the chunks count, and nothing that follows is read (RFC 9112, 6.1)."""
    client = connect(serve(echo, max_body=100))
    reply = client.ask(request("POST / HTTP/1.1", "Content-Length: 999", "Transfer-Encoding: chunked", body="2\r\nab\r\n0\r\n\r\n") + GET)
    assert (reply.status, reply.json()["body"], reply.headers["connection"]) == (200, "ab", "close")
    assert client.is_at_end()


@pytest.mark.parametrize(
    "head", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: h\r\n", request("POST / HTTP/1.1", "Content-Length: 3", body="ab")]
)
def test_a_client_that_ends_early(serve: Serve, connect: Connect, errors: Errors, head: bytes) -> None:
    client = connect(serve(echo))
    client.send(head)
    client.sock.shutdown(1)  # SHUT_WR: it can still read
    assert client.rest()[:12] == (b"HTTP/1.1 400" if head else b"")
    assert errors == []


def test_a_client_that_ends_its_side_gets_its_answer(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello))
    client.send(GET)
    client.sock.shutdown(1)
    assert client.rest().endswith(b"hello")


# Limits


def head_of(size: int) -> bytes:
    """Return a request without a body whose head has ``size`` bytes."""
    padding = size - len(request("GET / HTTP/1.1", "X: "))
    return request("GET / HTTP/1.1", "X: " + "x" * padding)


@pytest.mark.parametrize("step", [0, 100, 1], ids=["whole", "pieces", "bytes"])
@pytest.mark.parametrize(("size", "status"), [(1_000, 200), (1_001, 431), (3_000, 431)])
def test_the_limit_of_a_head_does_not_depend_on_how_it_was_cut(serve: Serve, connect: Connect, size: int, step: int, status: int) -> None:
    client = connect(serve(hello, max_head=1_000))
    client.send(head_of(size), step=step)
    reply = client.reply()
    assert (reply.status, reply.reason) == (status, http.client.responses[status])


def test_a_head_may_be_large_and_too_large(serve: Serve, connect: Connect) -> None:
    listener = serve(hello)
    assert connect(listener).ask(head_of(1024 * 1024)).status == 200
    assert connect(listener).ask(head_of(1024 * 1024 + 1)).status == 431
    client = connect(listener)
    assert client.ask(head_of(4 * 1024 * 1024)).status == 431
    assert client.is_at_end()


CHUNKS = "".join(f"5\r\n{text}\r\n" for text in ("01234", "56789"))
BODIES: dict[str, tuple[bytes, int]] = {
    "announced, fits": (request("POST / HTTP/1.1", "Content-Length: 10", body="0123456789"), 200),
    "announced, too large": (request("POST / HTTP/1.1", "Content-Length: 11"), 413),
    "chunked, fits": (request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body=f"{CHUNKS}0\r\n\r\n"), 200),
    "chunked, grows too large": (request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body=f"{CHUNKS}1\r\nx"), 413),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_limit_of_a_body(serve: Serve, connect: Connect, name: str) -> None:
    data, status = BODIES[name]
    client = connect(serve(echo, max_body=10))
    reply = client.ask(data)
    assert reply.status == status
    if status == 413:
        assert reply.json() == {"status": "error", "message": "the body of the request is over 10 bytes"}
        assert client.is_at_end()


BIG = 20 * 1024 * 1024


def test_requests_gets_the_refusal_of_a_large_body(serve: Serve) -> None:
    listener = serve(hello, max_body=1_000)
    with requests.Session() as session:
        assert session.post(listener.url, data=b"x" * BIG, timeout=PATIENCE_S).status_code == 413
        assert session.post(listener.url, data=iter([b"x" * (1024 * 1024)] * 20), timeout=PATIENCE_S).status_code == 413
        assert session.get(listener.url, headers={"X": "x" * 60_000, "Y": "y" * 60_000}, timeout=PATIENCE_S).status_code == 200


@pytest.mark.parametrize("part", ["head", "body"])
def test_http_client_gets_the_refusal(serve: Serve, part: str) -> None:
    listener = serve(hello, max_body=1_000, max_head=50_000)
    connection = http.client.HTTPConnection(listener.host, listener.port, timeout=PATIENCE_S)
    if part == "head":
        connection.request("GET", "/", headers={"X": "x" * BIG})
    else:
        connection.request("POST", "/", body=b"x" * BIG)
    response = connection.getresponse()
    assert response.status == {"head": 431, "body": 413}[part]
    assert b"is over" in response.read() or part == "head"
    connection.close()


def test_the_largest_body(serve: Serve) -> None:
    def count(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        return [b"%d" % len(environ["wsgi.input"].read())]

    listener = serve(count)
    size = 64 * 1024 * 1024
    with requests.Session() as session:
        assert session.post(listener.url, data=bytes(size), timeout=PATIENCE_S).content == b"%d" % size
        assert session.post(listener.url, data=bytes(size + 1), timeout=PATIENCE_S).status_code == 413


# Expect: 100-continue

EXPECT = "Expect: 100-continue"


def test_continue_is_said_before_the_body_is_sent(serve: Serve, connect: Connect) -> None:
    client = connect(serve(echo))
    interim = client.ask(request("POST / HTTP/1.1", EXPECT, "Content-Length: 3"))
    assert (interim.status, interim.reason, interim.headers) == (100, "Continue", {})
    assert client.ask(b"abc").json()["body"] == "abc"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("POST / HTTP/1.1", EXPECT, "Content-Length: 3", body="abc"), 200),
        (request("POST / HTTP/1.1", EXPECT, "Content-Length: 0"), 200),
        (request("POST / HTTP/1.0", EXPECT, "Content-Length: 3", body="abc"), 200),
        (request("POST / HTTP/1.1", EXPECT, "Content-Length: 2000"), 413),
        (request("POST word HTTP/1.1", EXPECT, "Content-Length: 3"), 400),
    ],
    ids=["body is here", "no body", "1.0", "too large", "bad target"],
)
def test_continue_is_not_said(serve: Serve, connect: Connect, data: bytes, status: int) -> None:
    assert connect(serve(echo, max_body=1_000)).ask(data).status == status


# Several requests on one connection


@pytest.mark.parametrize("step", [0, 7])
def test_pipelined_requests_are_answered_in_order(serve: Serve, connect: Connect, step: int) -> None:
    client = connect(serve(echo))
    client.send(b"".join(request(f"POST /{n} HTTP/1.1", "Content-Length: 3", body=f"{n:03}") for n in range(20)), step=step)
    replies = [client.reply().json() for _ in range(20)]
    assert [(seen["PATH_INFO"], seen["body"]) for seen in replies] == [(f"/{n}", f"{n:03}") for n in range(20)]


def test_a_connection_is_kept_and_known_to_the_application(serve: Serve, connect: Connect) -> None:
    seen = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        seen.append((environ["fakejobs.connection"], threading.current_thread()))
        return list(hello(environ, start_response))

    listener = serve(app)
    first, second = connect(listener), connect(listener)
    for client in (first, second, first):
        assert "connection" not in client.ask(GET).headers
    assert seen[0] == seen[2]
    assert seen[0][0] is not seen[1][0]


@pytest.mark.parametrize(
    "data",
    [
        request("GET / HTTP/1.1", "Connection: close"),
        request("GET / HTTP/1.0", "Connection: keep-alive"),
        request("GET / HTTP/1.0"),
    ],
)
def test_a_connection_is_closed_and_says_so(serve: Serve, connect: Connect, data: bytes) -> None:
    client = connect(serve(hello))
    reply = client.ask(data + GET)
    assert (reply.body, reply.headers["connection"]) == (b"hello", "close")
    assert client.is_at_end()


def test_the_application_may_close_the_connection(serve: Serve, connect: Connect) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("Connection", "close")])
        return [b"bye"]

    client = connect(serve(app))
    assert client.ask(GET).headers["connection"] == "close"
    assert client.is_at_end()


# Answers


class Stream:
    """An iterable of unknown length that can be used for several answers."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)


def streaming(*pieces: bytes) -> Callable[..., Iterable[bytes]]:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield from pieces

    return app


def plain(status: str, body: Iterable[bytes], *headers: tuple[str, str]) -> Callable[..., Iterable[bytes]]:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, list(headers))
        return body

    return app


def writing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    write = start_response("200 OK", [])
    write(b"ab")
    write(b"cd")
    return [b"ef"]


LENGTH = ("Content-Length", "4")
ANSWERS: dict[str, tuple[Callable[..., Iterable[bytes]], str, bytes, str, bytes]] = {
    # name: (application, framing and body for HTTP/1.1, framing and body for HTTP/1.0)
    "list of one": (plain("200 OK", [b"abcd"]), "length", b"abcd", "length", b"abcd"),
    "tuple of one": (plain("200 OK", (b"abcd",)), "length", b"abcd", "length", b"abcd"),
    "list of one, empty": (plain("200 OK", [b""]), "length", b"", "length", b""),
    "empty list": (plain("200 OK", []), "length", b"", "length", b""),
    "list of two": (plain("200 OK", [b"ab", b"cd"]), "length", b"abcd", "length", b"abcd"),
    "own length": (plain("200 OK", Stream(b"ab", b"cd"), LENGTH), "length", b"abcd", "length", b"abcd"),
    "own length twice": (plain("200 OK", Stream(b"ab", b"cd"), LENGTH, LENGTH), "length", b"abcd", "length", b"abcd"),
    "own length, listed": (plain("200 OK", [b"abcd"], ("Content-Length", "4, 4")), "length", b"abcd", "length", b"abcd"),
    "stream": (streaming(b"ab", b"", b"cd"), "chunked", b"abcd", "close", b"abcd"),
    "stream of nothing": (streaming(b"", b""), "length", b"", "length", b""),
    "write": (writing, "chunked", b"abcdef", "close", b"abcdef"),
    "own chunked": (plain("200 OK", Stream(b"ab"), ("Transfer-Encoding", "chunked")), "chunked", b"ab", "close", b"ab"),
    "large": (plain("200 OK", [b"x" * 3_000_000]), "length", b"x" * 3_000_000, "length", b"x" * 3_000_000),
    "large stream": (streaming(*[b"y" * 100_000] * 50), "chunked", b"y" * 5_000_000, "close", b"y" * 5_000_000),
    "no content": (plain("204 No Content", [b"ignored"]), "none", b"", "none", b""),
    "not modified": (plain("304 Not Modified", Stream(b"ignored"), ("ETag", "x")), "none", b"", "none", b""),
}


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_framed(serve: Serve, connect: Connect, errors: Errors, name: str, version: str) -> None:
    app, *expected = ANSWERS[name]
    client = connect(serve(app))
    reply = client.ask(request(f"GET / HTTP/{version}"))
    assert (reply.framing, reply.body) == tuple(expected[:2] if version == "1.1" else expected[2:])
    assert reply.complete
    assert "date" in reply.headers
    if reply.framing == "none":
        assert not {"content-length", "transfer-encoding"} & set(reply.headers)
    if version == "1.1":
        assert client.ask(GET).status, "the connection is clean for the next request"
    else:
        assert client.is_at_end()
    assert errors == []


@pytest.mark.parametrize("name", ["list of one", "own length", "stream", "large", "no content", "not modified"])
def test_head_is_answered_with_the_head_of_get(serve: Serve, connect: Connect, name: str) -> None:
    client = connect(serve(ANSWERS[name][0]))
    get = client.ask(GET)
    head = client.ask(request("HEAD / HTTP/1.1"), method="HEAD")
    get.headers.pop("date"), head.headers.pop("date")
    assert (head.status, head.headers) == (get.status, get.headers)
    assert client.ask(GET).status == get.status, "the connection is clean for the next request"


def test_head_does_not_consume_a_stream(serve: Serve, connect: Connect) -> None:
    consumed: list[object] = []

    def pieces() -> Iterator[bytes]:
        try:
            for n in range(3):
                consumed.append(n)
                yield b"x"
        finally:
            consumed.append("closed")

    def eager(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        return pieces()

    def lazy(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield from pieces()

    for app, expected in ((eager, []), (lazy, [0, "closed"])):
        consumed.clear()
        listener = serve(app)
        client = connect(listener)
        client.ask(request("HEAD / HTTP/1.1"), method="HEAD")
        client.ask(request("HEAD / HTTP/1.1"), method="HEAD")
        listener.close()
        assert consumed == expected * 2


def test_an_own_date_is_kept(serve: Serve, connect: Connect) -> None:
    app = plain("200 OK", [b""], ("date", "Thu, 01 Jan 1970 00:00:00 GMT"), ("X-Blank", " a "), ("X-Latin", "\xe9"))
    headers = connect(serve(app)).ask(GET).headers
    assert (headers["date"], headers["x-blank"], headers["x-latin"]) == ("Thu, 01 Jan 1970 00:00:00 GMT", "a", "\xe9")


def test_pieces_of_a_stream_leave_as_they_come(serve: Serve, connect: Connect) -> None:
    go_on = threading.Semaphore(0)

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        for n in range(10):
            yield b"row %d\n" % n
            assert go_on.acquire(timeout=PATIENCE_S)

    client = connect(serve(app))
    client.send(GET)
    for n in range(10):
        while client.file.readline() != b"row %d\n" % n:
            pass
        go_on.release()
    assert client.file.read(7) == b"\r\n0\r\n\r\n"


# Failures of the application


def raises(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise KeyError("k")


def raises_after_start(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    raise KeyError("k")


def raises_before_first_piece(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b""
    raise KeyError("k")


def exits(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise SystemExit(1)


def starts_twice(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    start_response("200 OK", [])
    return []


FAILURES: dict[str, tuple[Callable[..., Any], str]] = {
    "raises": (raises, "KeyError"),
    "raises after start": (raises_after_start, "KeyError"),
    "raises before the first piece": (raises_before_first_piece, "KeyError"),
    "exits": (exits, "SystemExit"),
    "starts twice": (starts_twice, "RuntimeError"),
    "does not start": (lambda environ, start_response: [b"x"], "RuntimeError"),
    "returns nothing": (lambda environ, start_response: start_response("200 OK", []) and None, "TypeError"),
    "returns text": (plain("200 OK", ["text"]), "TypeError"),  # type: ignore[list-item]
    "odd status": (plain("OK", []), "ValueError"),
    "status is a number": (plain(200, []), "TypeError"),  # type: ignore[arg-type]
    "informational": (plain("100 Continue", []), "LocalProtocolError"),
    "split value": (plain("200 OK", [b""], ("X", "a\r\nSet-Cookie: b")), "LocalProtocolError"),
    "split value, line feed": (plain("200 OK", [b""], ("X", "a\nb")), "LocalProtocolError"),
    "split name": (plain("200 OK", [b""], ("X: a\r\nY", "b")), "LocalProtocolError"),
    "wide value": (plain("200 OK", [b""], ("X", "\u20ac")), "UnicodeEncodeError"),
    "odd length": (plain("200 OK", [b""], ("Content-Length", "many")), "LocalProtocolError"),
    "more than its length": (plain("200 OK", [b"abcde"], LENGTH), "LocalProtocolError"),
    "nothing of its length": (plain("200 OK", [], LENGTH), "LocalProtocolError"),
    "odd coding": (plain("200 OK", [b""], ("Transfer-Encoding", "gzip")), "LocalProtocolError"),
}


UNSEEN = {"raises before the first piece", "returns nothing", "returns text", "nothing of its length", "more than its length"}
"""Failures in a body: an answer to HEAD does not look at it."""


@pytest.mark.parametrize(
    ("name", "method"), [(name, method) for name in FAILURES for method in ("GET", "HEAD") if method == "GET" or name not in UNSEEN]
)
def test_a_failure_becomes_a_500_and_is_reported(serve: Serve, connect: Connect, errors: Errors, name: str, method: str) -> None:
    app, kind = FAILURES[name]
    client = connect(serve(app))
    reply = client.ask(request(f"{method} /a%20b?apikey=secret HTTP/1.1"), method=method)
    assert (reply.status, reply.reason, reply.headers["connection"]) == (500, "Internal Server Error", "close")
    if method == "GET":
        assert reply.json() == {"status": "error", "message": f"fakejobs failed: {kind}"}
    assert client.is_at_end()
    assert [(where, type(error).__name__) for where, error in errors] == [(f"{method} /a%20b", kind)]


def fails_midway(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b"abc"
    raise KeyError("k")


MIDWAY: dict[str, tuple[Callable[..., Iterable[bytes]], str]] = {
    "raises": (fails_midway, "KeyError"),
    "less than its length": (plain("200 OK", [b"abc"], LENGTH), "LocalProtocolError"),
    "more than its length": (plain("200 OK", Stream(b"abc", b"de"), LENGTH), "LocalProtocolError"),
}


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("name", MIDWAY)
def test_a_failure_midway_cuts_the_connection(serve: Serve, connect: Connect, errors: Errors, name: str, version: str) -> None:
    app, kind = MIDWAY[name]
    client = connect(serve(app))
    client.send(request(f"GET /x HTTP/{version}"))
    if version == "1.1":
        reply = client.reply()
        assert (reply.status, reply.body, reply.complete) == (200, b"abc", False)
    else:  # the end of the connection would look like the end of the body
        with pytest.raises(ConnectionResetError):
            client.rest()
    assert [(where, type(error).__name__) for where, error in errors] == [("GET /x", kind)]


def test_requests_notices_a_failure_midway(serve: Serve, errors: Errors) -> None:
    listener = serve(fails_midway)
    with requests.Session() as session, pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(listener.url, timeout=PATIENCE_S)
    assert len(errors) == 1


def test_a_failing_on_error_changes_nothing(serve: Serve, connect: Connect) -> None:
    def on_error(where: str, error: BaseException) -> None:
        raise RuntimeError("worse")

    assert connect(serve(raises, on_error=on_error)).ask(GET).status == 500
    assert connect(serve(raises, on_error=None)).ask(GET).status == 500


def raise_key_error(message: str) -> None:
    raise KeyError(message)


def test_an_application_may_replace_its_answer_until_it_left(serve: Serve, connect: Connect, errors: Errors) -> None:
    def exc_info(message: str) -> Any:
        try:
            raise_key_error(message)
        except KeyError:
            return sys.exc_info()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("X", "first")])
        start_response("503 Replaced", [], exc_info("k"))
        yield b"sorry"
        start_response("503 Replaced", [], exc_info("too late"))

    reply = connect(serve(app)).ask(GET)
    assert (reply.status, reply.reason, reply.body, reply.complete) == (503, "Replaced", b"sorry", False)
    assert "x" not in reply.headers
    assert [str(error) for _, error in errors] == ["'too late'"]


class Pieces:
    """An iterable that notes when it is closed."""

    def __init__(self, pieces: Iterable[bytes], closed: threading.Event) -> None:
        self.pieces = pieces
        self.closed = closed

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        assert not self.closed.is_set(), "closed twice"
        self.closed.set()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "nonsense", "200 \r\n"])
def test_the_iterable_is_closed(serve: Serve, connect: Connect, status: str, method: str) -> None:
    closed = threading.Event()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Pieces:
        if status != "nonsense":
            start_response(status, [])
        return Pieces([b"a", b"b"], closed)

    connect(serve(app)).ask(request(f"{method} / HTTP/1.1"), method=method)
    assert closed.wait(PATIENCE_S)


def test_a_failing_close_is_reported(serve: Serve, connect: Connect, errors: Errors) -> None:
    closed = threading.Event()
    closed.set()
    client = connect(serve(plain("200 OK", Pieces([b"ab", b"cd"], closed), LENGTH)))
    assert client.ask(GET).body == b"abcd"
    assert client.is_at_end()
    assert [str(error).split("\n")[0] for _, error in errors] == ["closed twice"]


@pytest.mark.parametrize("leave", [Client.close, Client.reset])
def test_a_client_that_leaves_midway_is_no_error(serve: Serve, connect: Connect, errors: Errors, leave: Callable[[Client], None]) -> None:
    closed = threading.Event()
    client = connect(serve(plain("200 OK", Pieces((b"x" * 65_536 for _ in range(10_000)), closed))))
    client.send(GET)
    assert client.file.read(100_000)
    leave(client)
    assert closed.wait(PATIENCE_S)
    assert errors == []


def test_a_client_that_leaves_before_its_answer_is_no_error(serve: Serve, connect: Connect, errors: Errors) -> None:
    inside, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        inside.set()
        assert go_on.wait(PATIENCE_S)
        start_response("200 OK", [])
        return Pieces([b"x" * 1_000_000] * 10, closed)

    client = connect(serve(app))
    client.send(GET)
    assert inside.wait(PATIENCE_S)
    client.reset()
    go_on.set()
    assert closed.wait(PATIENCE_S)
    assert errors == []


def test_the_server_side_of_wsgi_is_valid(serve: Serve, connect: Connect, errors: Errors) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        environ["wsgi.input"].read(3)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    client = connect(serve(validator(app)))
    for data in (GET, request("POST /a?b HTTP/1.1", "Content-Length: 3", "Content-Type: x/y", body="abc")):
        assert client.ask(data).body == b"ok"
    assert errors == []
