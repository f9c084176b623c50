"""Statuses of faults over a socket: what HEAD gets of them, and what becomes of the connection."""

from __future__ import annotations

from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from fakejobs import serve


@pytest.mark.parametrize("path", ["/items/1/1/1", "/jobq/1/count", "/api/jobs/list.json?project=1&apikey=k"])
@pytest.mark.parametrize("status", [401, 429, 500, 504, 520])
def test_head_gets_the_head_and_the_connection_stays(path: str, status: int) -> None:
    with serve() as fake:
        fake.add_job("a", project=1, items=[{"n": 1}])
        connection = HTTPConnection(str(urlsplit(fake.url).hostname), urlsplit(fake.url).port, timeout=60)
        heads = []
        fake.fail(status=status, times=2)
        for method in ("HEAD", "GET", "GET"):
            connection.request(method, path, headers={"Authorization": "Basic azo="})
            answer = connection.getresponse()
            content = answer.read()
            assert not answer.will_close
            heads.append((answer.status, answer.reason, {name: text for name, text in answer.getheaders() if name != "Date"}, len(content)))
        connection.close()
        (head, get, after) = heads
        assert (head[:3], head[3]) == (get[:3], 0)
        assert get[2]["Content-Length"] == str(get[3])
        assert (head[0], after[0]) == (status, 200)
        assert [call.fault for call in fake.calls] == [1, 1, None]


def test_a_page_that_says_that_the_connection_ends_ends_it() -> None:
    with serve() as fake:
        fake.fail(status=[503, 504])
        connection = HTTPConnection(str(urlsplit(fake.url).hostname), urlsplit(fake.url).port, timeout=60)
        ends = []
        for _ in range(2):
            connection.request("GET", "/jobq/1/count", headers={"Authorization": "Basic azo="})
            answer = connection.getresponse()
            answer.read()
            ends.append((answer.status, answer.will_close))
        connection.close()
        assert ends == [(503, True), (504, False)]
