"""The headers of a call: any case, credentials and known keys masked, read by the first who looks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import Client

from fakejobs import FakeJobs
from fakejobs.journal.headers import Headers
from fakejobs.masking import Masks

SECRET = "0123456789abcdef0123456789abcdef"


def headers_of(**came: str) -> Headers:
    return Headers([*came.items()], lambda: Masks({SECRET: "****cdef"}))


def test_a_call_has_the_headers_of_its_request() -> None:
    fake = FakeJobs()
    sent = {"Authorization": "Basic a2V5Og==", "User-Agent": "shop/1.0", "X-Trace": "7"}
    Client(fake.app).post("/api/run.json", data={"project": 1, "spider": "a"}, headers=sent)
    Client(fake.app).get("/nowhere", headers=sent)
    for call in fake.calls:
        assert (call.headers["user-agent"], call.headers["X_TRACE"], call.headers["Authorization"]) == ("shop/1.0", "7", "Basic ****")
        assert "a2V5Og" not in f"{call!r} {dict(call.headers)}"
    assert fake.calls[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert fake.calls[0].headers.get("Accept") is None


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("HTTP_AUTHORIZATION", "abc", "****"),
        ("HTTP_AUTHORIZATION", "Bearer abc", "Bearer ****"),
        ("HTTP_PROXY_AUTHORIZATION", "Basic abc", "Basic ****"),
        ("HTTP_COOKIE", "session=abc", "****"),
        ("HTTP_X_API_KEY", "abc", "****"),
        ("HTTP_X_APIKEY", "abc", "****"),
        ("HTTP_X_AUTH_TOKEN", "abc", "****"),
        ("HTTP_X_SHOP_KEY", "abc", "****"),
        ("HTTP_X_NOTE", f"key {SECRET}", "key ****cdef"),
        ("HTTP_REFERER", "http://x/?apikey=abc&b=1", "http://x/?apikey=****&b=1"),
        ("HTTP_ACCEPT", "*/*", "*/*"),
        ("HTTP_X_MONKEY", "abc", "abc"),
    ],
)
def test_what_may_be_a_credential_is_masked(name: str, value: str, shown: str) -> None:
    headers = headers_of(**{name: value})
    assert [*headers.values()] == [shown]
    assert len(headers) == 1
    assert repr(headers) == repr(dict(headers))


def test_they_come_over_the_control_door_too() -> None:
    fake = FakeJobs()
    Client(fake.app).get("/api/jobs/list.json?project=1", headers={"Authorization": "Basic a2V5Og==", "X-Trace": "7"})
    answer: Any = json.loads(Client(fake.app).get("/__fakejobs__/calls", base_url="http://127.0.0.1").text)
    assert answer[0]["headers"] == {"Host": "localhost", "Authorization": "Basic ****", "X-Trace": "7"}
