"""Which calls a fault is about: endpoint, project, spider, job and parameters, as clients of both wires name them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fakejobs import FakeJobs, UsageError
from fakejobs.cloud import Cloud
from fakejobs.cloud.faults import Called
from fakejobs.domain.faults import Criteria, FaultRule, Way
from fakejobs.fake import behind
from tests.contract.caller import Answer, Caller

FAILED = 520
"""A status that no call has by itself."""


@pytest.fixture
def fake() -> FakeJobs:
    """A fake with two running jobs of books, and one of films, in project 123; and one of films, there number 1, in project 7."""
    fake = FakeJobs()
    for spider in ("books", "books", "films"):
        fake.add_job(spider, project=123, state="running")
    fake.add_job("films", project=7, state="running")
    return fake


@pytest.fixture
def client(fake: FakeJobs) -> Caller:
    return Caller(fake)


def sent(method: str, path: str, data: Any = None, query: bytes = b"") -> Callable[[Caller], Answer]:
    """Return a call with a body of JSON, or of lines of it if it is a tuple."""
    rows = data if isinstance(data, tuple) else (data,)
    body = b"" if data is None else "\n".join(map(json.dumps, rows)).encode()
    return lambda client: client.send(method, path, body=body, query=query)


CALLS: dict[str, tuple[Callable[[Caller], Answer], dict[str, Any]]] = {
    "run": (lambda client: client.post("run.json", {"project": 123, "spider": "books", "page": 1}), {"spider": "books"}),
    "run by number": (lambda client: client.post("run.json", {"project": 123, "jobq_id": 1, "page": 2}), {"spider": "books"}),
    "list by spider": (lambda client: client.get("jobs/list.json", {"project": 123, "spider": "books"}), {"spider": "books"}),
    "list by key": (
        lambda client: client.get("jobs/list.json", {"project": 123, "job": "123/1/2"}),
        {"spider": "books", "job": "123/1/2"},
    ),
    "stop of several": (
        lambda client: client.post("jobs/stop.json", [("project", 123), ("job", "123/2/1"), ("job", "123/1/2")]),
        {"spider": "books", "job": "123/1/2"},
    ),
    "items of dash": (
        lambda client: client.get("items.json", {"project": 123, "job": "123/1/2"}),
        {"spider": "books", "job": "123/1/2"},
    ),
    "tags of a spider": (sent("PATCH", "/api/v2/projects/123/spiders/1/tags", {"add": ["x"]}), {"spider": "books"}),
    "push": (sent("POST", "/jobq/123/push", {"spider": "books"}), {"spider": "books"}),
    "push of lines": (sent("POST", "/jobq/123/push", ({"spider": "films"}, {"spider": "books"})), {"spider": "books"}),
    "update of rows": (sent("POST", "/jobq/123/update", ({"key": "123/1/2"},)), {"spider": "books", "job": "123/1/2"}),
    "queue by spider": (lambda client: client.get("/jobq/123/list", {"spider": "books"}), {"spider": "books"}),
    "queue by key": (lambda client: client.get("/jobq/123/list", {"key": "123/1/2"}), {"spider": "books", "job": "123/1/2"}),
    "metadata": (sent("GET", "/jobs/123/1/2"), {"spider": "books", "job": "123/1/2"}),
    "items": (sent("GET", "/items/123/1/2"), {"spider": "books", "job": "123/1/2"}),
    "items of a spider": (sent("GET", "/items/123/1"), {"spider": "books"}),
    "write": (sent("POST", "/items/123/1/2", ({"n": 1},)), {"spider": "books", "job": "123/1/2"}),
    "cancel": (sent("POST", "/jobq/123/1/2/cancel"), {"spider": "books", "job": "123/1/2"}),
}
"""Calls about books in project 123, and what else they name."""


@pytest.mark.parametrize("name", CALLS)
def test_a_call_fits_what_it_names(fake: FakeJobs, client: Caller, name: str) -> None:
    call, named = CALLS[name]
    for criteria in ({}, {"project": 123}, *({one: value} for one, value in named.items()), {"project": 123, **named}):
        with fake.fail(status=FAILED, **criteria) as fault:
            assert call(client).status == FAILED, criteria
            assert (fault.calls, fault.hits) == (1, 1)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_does_not_fit_what_it_does_not_name(fake: FakeJobs, client: Caller, name: str) -> None:
    call, named = CALLS[name]
    others: list[dict[str, Any]] = [{"project": 7}, {"spider": "toys"}, {"job": "123/1/1"}, {"job": "7/1/2"}, {"project": 7, **named}]
    for criteria in others:
        with fake.fail(status=FAILED, **criteria) as fault:
            assert call(client).status != FAILED, criteria
            assert (fault.calls, fault.hits) == (0, 0)


@pytest.mark.parametrize("path", ["/items/7/1/1", "/jobs/7/1/1"])
def test_a_number_means_the_spider_of_its_own_project(fake: FakeJobs, client: Caller, path: str) -> None:
    with fake.fail(status=FAILED, spider="books"):
        assert client.send("GET", path).status == 200
    with fake.fail(status=FAILED, spider="films"):
        assert client.send("GET", path).status == FAILED


def test_a_name_that_is_a_number_is_a_name(fake: FakeJobs, client: Caller) -> None:
    with fake.fail("run", status=FAILED, spider="books") as fault:
        assert client.post("run.json", {"project": 123, "spider": "1"}).status == 200
        assert fault.calls == 0


def test_what_is_written_to_a_job_may_speak_of_others(fake: FakeJobs, client: Caller) -> None:
    row = {"spider": "books", "job": "123/1/1", "key": "123/1/2"}
    wanted: list[dict[str, Any]] = [{"spider": "books"}, {"job": "123/1/1"}, {"job": "123/1/2"}]
    for criteria in wanted:
        with fake.fail(status=FAILED, **criteria) as fault:
            assert sent("POST", "/items/123/2/1", (row,))(client).status == 200
            assert sent("POST", "/jobs/123/2/1", row)(client).status != FAILED
            assert fault.calls == 0


def test_a_spider_that_nobody_knows_fits_by_its_name_alone(fake: FakeJobs, client: Caller) -> None:
    fake.fail(status=FAILED, spider="toys", times=None)
    assert client.get("jobs/list.json", {"project": 123, "spider": "toys"}).status == FAILED
    assert client.send("GET", "/items/123/9/9").status != FAILED
    assert client.get("jobs/list.json", {"project": 999, "job": "999/1/1"}).status == 200


@pytest.mark.parametrize("text", ["", "x", "1" * 40, "²", "123/1", "-1", "1_0"])
def test_what_is_no_number_and_no_key_names_nothing(fake: FakeJobs, client: Caller, text: str) -> None:
    with fake.fail(status=FAILED, spider="books", times=None) as fault:
        client.get("jobs/list.json", {"project": text or "x", "job": text})
        client.post("run.json", {"project": 123, "jobq_id": text})
        client.send("POST", "/jobq/123/push", body=text.encode())
        assert fault.calls == 0


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"\xff\xfe", None), (b"[[[[", None), (b"[" * 100_000, None), (b"1", None), (b'{"spider": ["books"]}', None), (b"x", "gzip")],
)
def test_a_body_that_cannot_be_read_names_nothing_and_stays_unread(
    fake: FakeJobs, client: Caller, body: bytes, encoding: str | None
) -> None:
    headers = {} if encoding is None else {"Content-Encoding": encoding}
    before = client.send("POST", "/jobq/123/push", body=body, headers=headers)
    with fake.fail(status=FAILED, spider="books"):
        assert client.send("POST", "/jobq/123/push", body=body, headers=headers) == before


# ------------------------------------------------------------ endpoints and parameters


def test_an_endpoint_is_known_by_its_name_on_every_path(fake: FakeJobs, client: Caller) -> None:
    fault = fake.fail("run", status=FAILED, times=None)
    for path in ("run.json", "schedule.json"):
        assert client.post(path, {"project": 123, "spider": "books"}).status == FAILED
    assert client.get("jobs/list.json", {"project": 123}).status == 200
    assert fault.calls == 2


@pytest.mark.parametrize(
    ("params", "asked", "fits"),
    [
        ({"state": "running"}, {"state": "running"}, True),
        ({"state": "running"}, {"state": "running", "count": 5}, True),
        ({"state": "running"}, {"state": "pending"}, False),
        ({"state": "running"}, {}, False),
        ({"count": 5}, {"count": "5"}, True),
        ({"count": 5}, {"count": "05"}, False),
        ({"x": True}, {"x": "True"}, True),
        ({"state": None}, {}, True),
        ({"state": None, "count": 5}, {"count": 5}, True),
        ({"state": None}, {"state": "running"}, False),
        ({"has_tag": ["a", "b"]}, [("has_tag", "a"), ("has_tag", "b")], True),
        ({"has_tag": ["a", "b"]}, [("has_tag", "a")], False),
        ({"has_tag": ["a"]}, {"has_tag": "a"}, True),
        ({"has_tag": "a"}, [("has_tag", "a"), ("has_tag", "b")], False),
        ({}, {}, True),
    ],
)
def test_parameters(fake: FakeJobs, client: Caller, params: dict[str, Any], asked: Any, fits: bool) -> None:
    fake.fail("jobs/list", status=FAILED, params=params)
    pairs = asked.items() if isinstance(asked, dict) else asked
    assert (client.get("jobs/list.json", [("project", 123), *pairs]).status == FAILED) is fits


def test_criteria_that_are_exact_take_nothing_that_came_along() -> None:
    cloud = Cloud()
    rule = FaultRule(Way.RESET, criteria=Criteria(path="/a", params={"x": ["1"], "y": None}, is_exact=True), times=None)
    cloud.faults.declare(rule)

    def taken(path: str, **params: list[str]) -> bool:
        return cloud.faults.take(Called("run", path, params, {}, lambda: ())) is not None

    assert taken("/a", x=["1"])
    assert not taken("/a", x=["1"], y=["1"])
    assert not taken("/a", x=["1"], z=["1"])
    assert not taken("/a", x=["2"])
    assert not taken("/b", x=["1"])


def test_an_endpoint_that_is_not_faked_is_not_faulted(fake: FakeJobs, client: Caller) -> None:
    fault = fake.fail(status=FAILED, times=None)
    assert client.get("nowhere.json").status == 404
    assert client.send("OPTIONS", "/api/run.json").status == 200
    assert fault.calls == 0


# ------------------------------------------------------------ spared, ended, forgotten


def test_spared_calls_are_neither_failed_nor_counted(fake: FakeJobs, client: Caller) -> None:
    fault = fake.fail(status=FAILED, times=None)
    with fake.spared():
        with fake.spared():
            assert client.get("jobs/list.json", {"project": 123}).status == 200
        assert client.get("jobs/list.json", {"project": 123}).status == 200
    assert fault.calls == 0
    assert client.get("jobs/list.json", {"project": 123}).status == FAILED


def test_what_fails_under_spared_ends_it(fake: FakeJobs, client: Caller) -> None:
    fake.fail(status=FAILED)
    with pytest.raises(UsageError), fake.spared():
        fake.get_job("no key")
    assert client.get("jobs/list.json", {"project": 123}).status == FAILED


def test_no_calls_are_looked_at_where_nothing_is_declared(fake: FakeJobs, client: Caller) -> None:
    seen = []

    def look() -> None:
        seen.append(behind(fake).cloud.faults.concern_calls)

    look()
    with fake.fail(status=FAILED):
        look()
    look()
    with fake.spared():
        look()
    look()
    assert seen == [False, True, False, True, False]


def test_who_waits_for_a_fault_is_told_of_its_end(fake: FakeJobs) -> None:
    ended: list[int] = []
    behind(fake).cloud.faults.on_end = ended.append
    first, second, third = (fake.fail(status=FAILED) for _ in range(3))
    second.remove()
    second.remove()
    fake.reset()
    first.remove()
    assert ended == [2, 1, 3]
    assert fake.faults == []
    assert third not in fake.faults


def test_leaving_a_block_after_a_reset_is_no_mistake(fake: FakeJobs, client: Caller) -> None:
    with fake.fail(status=FAILED) as fault:
        fake.reset()
        assert client.get("jobs/list.json", {"project": 123}).status == 200
    assert repr(fault) == "<Fault #1 forgotten>"
    with pytest.raises(UsageError, match=r"^fault #1 is forgotten: reset\(\) forgets all of them, and how often they were met$"):
        fault.hits  # noqa: B018
    assert fake.fail(status=FAILED).number == 2


def test_a_number_that_no_fault_has(fake: FakeJobs) -> None:
    with pytest.raises(UsageError, match=r"^there is no fault #3 \(none is declared\)$"):
        behind(fake).cloud.faults.remove(3)
    fake.fail(status=FAILED)
    fake.fail(status=FAILED)
    with pytest.raises(UsageError, match=r"^there is no fault #3 \(there are #1, #2\)$"):
        behind(fake).cloud.faults.remove(3)
