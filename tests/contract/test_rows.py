"""How many rows a call's answer had: written down where it is known before the answer leaves, and then it is true."""

from __future__ import annotations

import json

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Caller

LINES = [
    ("/jobq/1/list", "", 1),
    ("/jobq/1/list", "state=pending&state=running&state=finished", 3),
    ("/jobq/1/list", "state=pending&state=running&state=finished&count=2", 2),
    ("/jobq/2/list", "", 0),
    ("/jobq/1/jobsummary", "key=1/1/1&key=1/1/9", 1),
    ("/spiders/1/lastjobsummary", "", 1),
    ("/items/1/1/1", "", 5),
    ("/items/1/1/1", "count=2", 2),
    ("/items/1/1/1", "count=0", 0),
    ("/items/1/1/1", "count=9", 5),
    ("/items/1/1/1", "start=1/1/1/3", 2),
    ("/items/1/1/1", "startafter=1/1/1/3&count=7", 1),
    ("/items/1/1/1", "startafter=1/1/1/9", 0),
    ("/items/1/1/1", "index=3&index=1&index=3&index=7", 2),
    ("/items/1/1/1", "startts=1446000000001", 3),
    ("/items/1/1/1", "endts=1446000000001&count=1", 1),
    ("/items/1/1/1/4", "", 1),
    ("/items/1/1", "", 6),
    ("/items/1", "start=1/1/1/4", 2),
    ("/items/3", "", 0),
    ("/logs/1/1/1", "", 1),
    ("/samples/1/1/1", "", 0),
    ("/collections/1/list", "", 1),
    ("/collections/1/s/c", "", 1),
    ("/jobq/2/summary", "", 3),
    ("/hcf/1/f/s/s/q", "", 1),
    ("/hcf/1/f/s/s/f", "", 2),
    ("/api/items.jl", "project=1&job=1/1/1", 5),
    ("/api/items.jl", "project=1&job=1/1/1&offset=3", 2),
    ("/api/items.jl", "project=1&job=1/1/1&offset=3&count=1", 1),
    ("/api/items.jl", "project=1&job=1/1/1&offset=9&count=1", 0),
    ("/api/log.jl", "project=1&job=1/1/1", 1),
    ("/api/log.txt", "project=1&job=1/1/1", 1),
]
"""Answers with one row a line."""
WHOLE = [
    ("/api/jobs/list.json", "project=1", 3),
    ("/api/jobs/list.json", "project=1&state=pending&count=1", 1),
    ("/api/jobs/list.json", "project=2", 0),
    ("/api/jobs/list.jl", "project=1", 3),
    ("/api/items.json", "project=1&job=1/1/1&count=2", 2),
    ("/api/items.csv", "project=1&job=1/1/1&fields=n&count=2", 2),
    ("/api/scrapyd/listprojects.json", "", 1),
    ("/api/spiders/list.json", "project=1", 2),
    ("/api/eggs/list.json", "project=1", 1),
    ("/items/1/1/1", "format=json", 5),
    ("/jobq/1/summary", "", 3),
    ("/hcf/1/list", "", 1),
    ("/hcf/1/f/list", "", 1),
    ("/projects/jobsummaries", "project=1", 1),
]
"""Answers of other forms."""
UNKNOWN = [
    ("/items/1/1/1", 'filter=["n",">",[2]]'),
    ("/api/log.jl", "project=1&job=1/1/1&level=10"),
    ("/activity/1", ""),
    ("/api/jobs/count.json", "project=1"),
    ("/jobs/1/1/1", ""),
    ("/api/nothing", ""),
    ("/api/jobs/list.json", "project=x"),
]
"""Listings that are read while they leave, and answers that are none."""


@pytest.fixture
def filled(fake: FakeJobs, wire: Caller) -> Caller:
    """A client of a fake with something of everything."""
    job = fake.add_job("books", project=1, state="running")
    fake.add_items(job, [{"n": 0}, {"n": 1}])
    fake.add_items(job, [{"n": 2}, {"n": 3}, {"n": 4}])
    fake.add_logs(job, [{"message": "a"}])
    other = fake.add_job("books", project=1, state="finished")
    fake.add_items(other, [{"n": 5}])
    fake.add_job("toys", project=1)
    fake.add_collection("c", project=1, items=[{"_key": "k", "v": 1}])
    fake.add_to_frontier("f", "s", project=1, requests=[{"fp": "/a"}, {"fp": "/b"}])
    fake.add_activity([{"event": "x"}], project=1)
    fake.add_egg("e", project=1, version="1")
    return wire


def rows_told(fake: FakeJobs, wire: Caller, path: str, query: str) -> tuple[int | None, bytes, str]:
    """Send a request; return how many rows its call tells, the body of its answer, and the call as a line."""
    body = wire.send("GET", path, query=query.encode()).body
    call = fake.calls[-1]
    return call.rows, body, str(call)


def assert_told(line: str, path: str, rows: int) -> None:
    """Check how a call's line names its rows: jobs are called so, and where there are none it says why."""
    noun = "job" if path.startswith(("/jobq/1/list", "/jobq/2/list", "/jobq/1/job", "/spiders", "/api/jobs/list")) else "row"
    told = f" -> 200 OK, {rows} {noun}{'' if rows == 1 else 's'}"
    assert told in line
    assert line.endswith(told) or (line.endswith(")") and (rows, noun) == (0, "job"))


@pytest.mark.parametrize(("path", "query", "rows"), LINES)
def test_answers_with_a_row_a_line(fake: FakeJobs, filled: Caller, path: str, query: str, rows: int) -> None:
    told, body, line = rows_told(fake, filled, path, query)
    assert told == len(body.splitlines()) == rows
    assert_told(line, path, rows)


@pytest.mark.parametrize(("path", "query", "rows"), WHOLE)
def test_other_listings(fake: FakeJobs, filled: Caller, path: str, query: str, rows: int) -> None:
    told, body, line = rows_told(fake, filled, path, query)
    assert told == rows
    assert_told(line, path, rows)
    if path.endswith("/list.json") and "jobs" in path:
        assert json.loads(body)["count"] == rows


@pytest.mark.parametrize(("path", "query"), UNKNOWN)
def test_what_is_not_told(fake: FakeJobs, filled: Caller, path: str, query: str) -> None:
    told, _, line = rows_told(fake, filled, path, query)
    assert told is None
    assert " row" not in line
