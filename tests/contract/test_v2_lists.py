"""The listings of v2: spiders in pages, and what a project says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Caller

SPIDERS = "v2/projects/1/spiders"


@pytest.fixture
def shop(fake: FakeJobs, wire: Caller) -> Caller:
    """A client of a fake with three spiders, two of which have run."""
    for name in ("films", "books", "Bookshops"):
        fake.add_spider(name, project=1, tags=[name[0]])
    fake.add_job("books", project=1, state="running")
    fake.advance(seconds=1)
    fake.add_job("films", project=1, state="running")
    fake.advance(seconds=1)
    fake.finish_job("1/1/1")
    fake.finish_job("1/2/1")
    fake.add_job("Bookshops", project=1, state="running")
    return wire


def names(answer: Any) -> list[str]:
    return [spider["name"] for spider in answer.json["results"]]


def test_spiders_of_a_project(shop: Caller, fake: FakeJobs) -> None:
    """Read by three public clients: count, next, results with name, jobq_id and last_run."""
    answer = shop.get(SPIDERS)
    assert (answer.status, answer.reason, answer.headers["Content-Type"]) == (200, "OK", "application/json")
    assert {**answer.json, "results": None} == {"count": 3, "next": None, "previous": None, "results": None}
    assert [(spider["name"], spider["jobq_id"], spider["last_run"]) for spider in answer.json["results"]] == [
        ("films", 1, "2015-10-28T02:40:01.000000Z"),
        ("books", 2, "2015-10-28T02:40:00.000000Z"),
        ("Bookshops", 3, None),
    ]
    assert answer.json["results"][1] == shop.get(f"{SPIDERS}/2").json
    assert fake.calls[-2].rows == 3
    assert shop.get("v2/projects/9/spiders").json == {"count": 0, "next": None, "previous": None, "results": []}


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ({"search": "OOK"}, ["books", "Bookshops"]),
        ({"search": "x"}, []),
        ({"ordering": "name"}, ["Bookshops", "books", "films"]),
        ({"ordering": "-name"}, ["films", "books", "Bookshops"]),
        ({"ordering": "last_run"}, ["Bookshops", "books", "films"]),
        ({"ordering": "-last_run"}, ["films", "books", "Bookshops"]),
        ({"ordering": "-jobq_id"}, ["Bookshops", "books", "films"]),
        ({"ordering": "settings"}, ["films", "books", "Bookshops"]),
        ({"ordering": "-"}, ["films", "books", "Bookshops"]),
        ({"archived": "false"}, ["films", "books", "Bookshops"]),
        ({"archived": "True"}, []),
        ({"archived": "0", "search": "books", "ordering": "name"}, ["Bookshops", "books"]),
    ],
    ids=str,
)
def test_spiders_searched_and_sorted(shop: Caller, asked: dict[str, str], listed: list[str]) -> None:
    assert names(shop.get(SPIDERS, asked)) == listed


def test_pages_name_their_neighbours(shop: Caller) -> None:
    """A client follows `next` until it is null."""
    asked: Any = {"page_size": 2, "search": "o", "ordering": "name"}
    first = shop.get(SPIDERS, asked, headers={"Host": "127.0.0.1:1234"})
    assert (names(first), first.json["count"], first.json["previous"]) == (["Bookshops", "books"], 2, None)
    asked = {"page_size": 1, "ordering": "name"}
    seen, page = [], shop.get(SPIDERS, asked, headers={"Host": "127.0.0.1:1234"}).json
    while True:
        seen += [spider["name"] for spider in page["results"]]
        if page["next"] is None:
            break
        base, _, query = page["next"].partition("?")
        assert base == "http://127.0.0.1:1234/api/v2/projects/1/spiders"
        page = shop.send("GET", SPIDERS, query=query.encode(), headers={"Host": "127.0.0.1:1234"}).json
    assert seen == ["Bookshops", "books", "films"]
    assert page["previous"] == "http://127.0.0.1:1234/api/v2/projects/1/spiders?ordering=name&page=2&page_size=1"


@pytest.mark.parametrize(
    ("asked", "status", "answer"),
    [
        ({"page": 2}, 404, {"detail": "Invalid page."}),
        ({"page": 0}, 400, {"non_field_errors": ["invalid value for page: 0 (1 or more)"]}),
        ({"page": "last"}, 400, {"non_field_errors": ["invalid value for page: last (1 or more)"]}),
        ({"page_size": 1001}, 400, {"non_field_errors": ["invalid value for page_size: 1001 (1 to 1000)"]}),
        ({"archived": "maybe"}, 400, {"non_field_errors": ["invalid value for archived: maybe"]}),
    ],
    ids=str,
)
def test_pages_that_there_are_not(shop: Caller, asked: dict[str, Any], status: int, answer: Any) -> None:
    got = shop.get(SPIDERS, asked)
    assert (got.status, got.json) == (status, answer)


def test_a_project(fake: FakeJobs) -> None:
    """Read by the vendor's tool: organization is a number."""
    fake.add_key("good", user="ann", projects=[1])
    assert Caller(fake, "good").get("v2/projects/1").json == {"id": 1, "name": "project 1", "organization": 1}
    for path in ("v2/projects/2", "v2/projects/2/spiders"):
        refused = Caller(fake, "good").get(path)
        assert (refused.status, refused.json) == (403, {"detail": "User 'ann' doesn't have access to project 2"})
