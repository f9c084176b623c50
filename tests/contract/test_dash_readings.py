"""The older readings of dash: limits and ends of items, tables, sums, spiders by name, and eggs by POST."""

from __future__ import annotations

from typing import Any

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Caller

MANY = [{"n": number} for number in range(250)]


@pytest.fixture
def scraped(fake: FakeJobs, wire: Caller) -> Caller:
    """A client of a fake with a job of many items."""
    fake.add_job("books", project=1, state="finished", items=MANY)
    return wire


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({}, MANY[:100]),
        ({"count": 101}, MANY[:100]),
        ({"count": 3}, MANY[:3]),
        ({"count": 0}, []),
        ({"offset": 200}, MANY[200:]),
        ({"offset": 10, "count": 1000}, MANY[10:110]),
        ({"count": -20}, MANY[-20:]),
        ({"count": -200}, MANY[-100:]),
        ({"count": -20, "offset": 240}, MANY[240:]),
        ({"count": -2, "offset": 10}, MANY[-2:]),
        ({"count": -2, "offset": 999}, []),
        ({"count": "-0"}, []),
    ],
    ids=str,
)
def test_an_array_of_items_has_a_hundred_at_most(scraped: Caller, fake: FakeJobs, asked: dict[str, Any], rows: list[Any]) -> None:
    """Documented: at most 100 whatever count says; count=-20 for the last 20."""
    assert scraped.get("items.json", {"project": 1, "job": "1/1/1", **asked}).json == rows
    assert fake.calls[-1].rows == len(rows)


def test_lines_and_tables_of_items_have_no_limit(scraped: Caller) -> None:
    asked = {"project": 1, "job": "1/1/1"}
    assert scraped.get("items.jl", asked).lines == MANY
    assert scraped.get("items.jl", {**asked, "count": -20}).lines == MANY[-20:]
    assert scraped.get("items.csv", asked).text.splitlines() == ["n", *(str(number) for number in range(250))]
    assert scraped.get("items.csv", {**asked, "count": -2}).text == "n\n248\n249\n"


@pytest.mark.parametrize("count", ["--1", "-", "-x", "1-", "-9" + "9" * 18])
@pytest.mark.parametrize("path", ["items.jl", "items.json", "items.csv"])
def test_counts_that_are_none(scraped: Caller, path: str, count: str) -> None:
    assert scraped.get(path, {"project": 1, "job": "1/1/1", "count": count}).reason == f"invalid value for count: {count}"


@pytest.mark.parametrize(("word", "headed"), [("1", True), ("Y", True), ("true", True), ("", True), ("0", False), ("N", False)])
def test_a_table_with_and_without_a_head(fake: FakeJobs, wire: Caller, word: str, headed: bool) -> None:
    """Documented: include_headers=0."""
    fake.add_job("books", project=1, state="finished", items=[{"name": "ä"}])
    answer = wire.get("items.csv", {"project": 1, "job": "1/1/1", "include_headers": word})
    assert answer.text == ("name\nä\n" if headed else "ä\n")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    refused = wire.get("items.csv", {"project": 1, "job": "1/1/1", "include_headers": "maybe"})
    assert (refused.status, refused.reason) == (400, "invalid value for include_headers: maybe")


def test_sums_of_items_are_those_of_storage(scraped: Caller) -> None:
    answer = scraped.get("items/1/1/1/stats")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json == scraped.get("/items/1/1/1/stats").json
    assert (answer.json["counts"], answer.json["totals"]["input_values"]) == ({"n": 250}, 250)
    assert " " not in answer.text
    assert scraped.get("items/1/9/9/stats").json == {"counts": {}, "totals": {"input_bytes": 0, "input_values": 0}}


def test_sums_of_items_are_refused_as_elsewhere_on_dash(fake: FakeJobs) -> None:
    fake.add_key("good", user="ann", projects=[1])
    assert Caller(fake, "bad").get("items/1/1/1/stats").json == {"status": "error", "message": "Authentication failed"}
    assert Caller(fake, "good").get("items/2/1/1/stats").reason == "User 'ann' doesn't have access to project 2"
    assert Caller(fake, "good").get("items/1/x/1/stats").reason == "invalid value for spider: x"


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        ([], ["books", "films", "shoes"]),
        (["films"], ["films"]),
        (["shoes", "books", "none"], ["books", "shoes"]),
        (["none"], []),
        ([""], None),
    ],
)
def test_spiders_by_name(fake: FakeJobs, wire: Caller, names: list[str], listed: list[str] | None) -> None:
    """Documented, on the older page: only the spiders named."""
    for name in ("books", "films", "shoes"):
        fake.add_spider(name, project=1)
    answer = wire.get("spiders/list.json", [("project", 1), *(("spider", name) for name in names)])
    assert [spider["id"] for spider in answer.json["spiders"]] == (["books", "films", "shoes"] if listed is None else listed)


def test_eggs_are_listed_by_post_too(fake: FakeJobs, wire: Caller) -> None:
    fake.add_egg("lib", project=1, version="3")
    answer = wire.post("eggs/list.json", {"project": 1})
    assert answer.json == wire.get("eggs/list.json", {"project": 1}).json == {"status": "ok", "eggs": [{"name": "lib", "version": "3"}]}
    assert wire.send("PUT", "eggs/list.json").headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert wire.send("POST", "eggs/list.json", query=b"project=1").reason == "missing 'project' argument"
