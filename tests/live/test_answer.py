"""One answer without a socket: how many sends it takes, and what becomes of a reason phrase."""

from __future__ import annotations

import h11
import pytest

from fakejobs.listener.answer import Answer, clean_reason

REASONS = {
    "OK": b"OK",
    "": b"",
    "Job key 1/2/3 was not found!": b"Job key 1/2/3 was not found!",
    "a\r\nSet-Cookie: b": b"a??Set-Cookie: b",
    "na\xefve \u20ac \U0001f600": b"na?ve ? ?",
    "\t\0\x7f\x1f~": b"????~",
    "x" * 2_000: b"x" * 1_000,
    "\u20ac" * 2_000: b"?" * 1_000,
}


@pytest.mark.parametrize("reason", REASONS, ids=ascii)
def test_clean_reason(reason: str) -> None:
    assert clean_reason(reason) == REASONS[reason]


def sends_of(status: str, headers: list[tuple[str, str]], *pieces: bytes, length: int | None = None) -> list[bytes]:
    """Return what an answer hands to the socket, send by send."""
    protocol = h11.Connection(h11.SERVER)
    protocol.receive_data(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert isinstance(protocol.next_event(), h11.Request)
    assert isinstance(protocol.next_event(), h11.EndOfMessage)
    sends: list[bytes] = []
    answer = Answer(protocol, sends.append, "GET", last=lambda: False)
    answer.start_response(status, headers)
    assert sends == []
    answer.length = length
    for piece in pieces:
        answer.write(piece)
    answer.end()
    return sends


@pytest.mark.parametrize(
    ("headers", "length", "pieces", "expected"),
    [
        ([], 5, [b"hello"], [b"\r\n\r\nhello"]),
        ([("Content-Length", "5")], None, [b"hello"], [b"\r\n\r\nhello"]),
        ([("Content-Length", "5")], None, [b"", b"he", b"llo"], [b"\r\n\r\nhe", b"llo"]),
        ([], None, [b"he", b"llo"], [b"\r\n\r\n2\r\nhe\r\n", b"3\r\nllo\r\n", b"0\r\n\r\n"]),
        ([], None, [], [b"Content-Length: 0\r\n\r\n"]),
        ([], 0, [b""], [b"Content-Length: 0\r\n\r\n"]),
    ],
)
def test_head_and_first_piece_leave_together(
    headers: list[tuple[str, str]], length: int | None, pieces: list[bytes], expected: list[bytes]
) -> None:
    sends = sends_of("200 OK", headers, *pieces, length=length)
    assert len(sends) == len(expected)
    assert sends[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert sends[0].endswith(expected[0])
    assert sends[1:] == expected[1:]


@pytest.mark.parametrize(("status", "line"), [("400 a\nb", b"HTTP/1.1 400 a?b"), ("404", b"HTTP/1.1 404 "), ("404 ", b"HTTP/1.1 404 ")])
def test_status_lines(status: str, line: bytes) -> None:
    assert sends_of(status, [])[0].split(b"\r\n")[0] == line


@pytest.mark.parametrize("status", ["", "OK", "20 OK", "2000 OK", "200OK", "\u0662\u0660\u0660 OK"])
def test_statuses_that_are_none(status: str) -> None:
    with pytest.raises(ValueError, match="is not a number of three digits"):
        sends_of(status, [])
