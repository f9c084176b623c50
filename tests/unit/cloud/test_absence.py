"""Why a listing has no jobs, and why nothing happened to a job that a call named: on the call's line."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from fakejobs import FakeJobs
from fakejobs.journal import Deleted
from tests.contract.caller import Caller

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def fake() -> FakeJobs:
    """Jobs in two projects; in the first: two that are over, one of them tagged, one running, one deleted."""
    fake = FakeJobs(start=1_446_000_000_000)
    fake.add_job("books", project=123, state="finished", tags=["a", "b"])
    fake.add_job("books", project=123, state="finished", tags=["b"])
    fake.add_job("films", project=123, state="running", tags=["nightly"])
    fake.delete_job(fake.add_job("films", project=123, state="finished"))
    fake.add_spider("songs", project=123)
    fake.add_job("toys", project=124)
    return fake


def line_of(fake: FakeJobs, method: str, path: str, params: Any) -> str:
    """Send a call, and return what its line says behind the arrow."""
    wire = Caller(fake)
    if path.startswith("/"):
        wire.send(method, path, query=urlencode(params, doseq=True).encode())
    else:
        pairs = [(name, value) for name, given in params.items() for value in (given if isinstance(given, list) else [given])]
        wire.get(path, pairs) if method == "GET" else wire.post(path, pairs)
    return str(fake.calls[-1]).partition(" -> ")[2]


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"project": 9}, "project 9 has no jobs; projects 123, 124 have some"),
        ({"project": 123, "spider": "toys"}, "project 123 has no spider 'toys'; project 124 has one"),
        ({"project": 123, "spider": "bokos"}, "project 123 has no spider 'bokos' (did you mean 'books'?)"),
        ({"project": 123, "spider": "2"}, "project 123 has no spider '2': that is the number of 'films'"),
        ({"project": 123, "spider": "xyz"}, "project 123 has no spider 'xyz' (known: books, films, songs)"),
        ({"project": 123, "spider": "songs"}, "the spider 'songs' of project 123 has no jobs"),
        (
            {"project": 123, "has_tag": "a,b"},
            "no job of project 123 has the tag 'a,b' (there are 'a', 'b': each tag is a parameter of its own)",
        ),
        (
            {"project": 123, "has_tag": '["a"]'},
            "no job of project 123 has the tag '[\"a\"]' (there is 'a': each tag is a parameter of its own)",
        ),
        ({"project": 123, "has_tag": "nigtly"}, "no job of project 123 has the tag 'nigtly' (did you mean 'nightly'?)"),
        ({"project": 123, "has_tag": ["x", "y"]}, "no job of project 123 has one of the tags 'x', 'y' (known: a, b, nightly)"),
        ({"project": 124, "has_tag": "a"}, "no job of project 124 has the tag 'a' (none has any tag)"),
        ({"project": 123, "state": "pending"}, "none that would fit is pending (there are 1 running, 2 finished, 1 deleted)"),
        (
            {"project": 123, "spider": "books", "state": ["running", "pending"]},
            "none that would fit is pending or running (there are 2 finished)",
        ),
        ({"project": 123, "state": "finished", "has_tag": "nightly"}, "none that would fit is finished (there is 1 running)"),
        ({"project": 123, "spider": "books", "lacks_tag": "b"}, "all 2 that would fit have the tag 'b', which was unwanted"),
        (
            {"project": 123, "spider": "films", "lacks_tag": "nightly", "state": "running"},
            "the one that would fit has the tag 'nightly', which was unwanted",
        ),
        ({"project": 123, "spider": "films", "has_tag": "a"}, "no job meets all that was asked for at once"),
        ({"project": 123, "offset": 5}, "the first 5 were passed over, and there are 3"),
        ({"project": 123, "count": 0}, "none was wanted, of 3"),
        ({"project": 123, "job": "123/2/2"}, "123/2/2 is deleted"),
        ({"project": 123, "job": "124/1/1"}, "124/1/1 is a job of project 124, and the call is about project 123"),
        ({"project": 123, "job": "123/9/9"}, "123/9/9 is not there: nobody knows such a job"),
        ({"project": 123, "job": "books"}, "'books' is no key of a job"),
        ({"project": 123, "job": "123/1/1", "state": "running"}, "123/1/1 is finished"),
        ({"project": 123, "job": "123/1/1", "spider": "films"}, "123/1/1 is a job of the spider 'books'"),
        ({"project": 123, "job": "123/1/2", "has_tag": "a"}, "123/1/2 has none of the tags 'a'"),
        ({"project": 123, "job": "123/1/2", "lacks_tag": "b"}, "123/1/2 has the tag 'b'"),
        (
            {"project": 123, "job": ["123/2/2", "1/1/1", "x", "y"]},
            "123/2/2 is deleted; 1/1/1 is a job of project 1, and the call is about project 123; 'x' is no key of a job (and 1 more)",
        ),
    ],
    ids=str,
)
def test_why_a_list_is_empty(fake: FakeJobs, params: dict[str, Any], why: str) -> None:
    assert line_of(fake, "GET", "jobs/list.json", params) == f"200 OK, 0 jobs ({why})"
    assert line_of(fake, "GET", "jobs/list.jl", params) == f"200 OK, 0 jobs ({why})"
    assert fake.calls[-1].why == why


def test_why_there_is_nothing_to_count(fake: FakeJobs) -> None:
    assert (
        line_of(fake, "GET", "jobs/count.json", {"project": 124, "state": "running"})
        == "200 OK, 0 jobs (none that would fit is running (there is 1 pending))"
    )
    assert line_of(fake, "GET", "jobs/count.json", {"project": 124}) == "200 OK"
    assert line_of(fake, "GET", "/jobq/124/count", {}) == "200 OK, 0 jobs (none that would fit is finished (there is 1 pending))"


def test_why_a_list_of_the_queue_is_empty(fake: FakeJobs) -> None:
    assert line_of(fake, "GET", "/jobq/124/list", {}) == "200 OK, 0 jobs (none that would fit is finished (there is 1 pending))"
    ago = {"endts": 1_445_000_000_000}
    assert line_of(fake, "GET", "/jobq/123/list", ago) == "200 OK, 0 jobs (2 that would fit came into their state at other times)"
    assert line_of(fake, "GET", "/jobq/123/list", {"stop": "123/1/2"}) == "200 OK, 0 jobs (the list ends before 123/1/2)"


def test_an_answer_with_jobs_says_nothing_and_looks_for_no_reason(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakejobs.cloud.jobs.Jobs.why_none", lambda *_: 1 / 0)
    assert line_of(fake, "GET", "jobs/list.json", {"project": 123}) == "200 OK, 3 jobs"
    assert line_of(fake, "GET", "/jobq/123/list", {}) == "200 OK, 2 jobs"


def test_it_is_worked_out_once_as_long_as_nothing_is_written(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"project": 124, "state": "running"}
    line_of(fake, "GET", "jobs/list.json", asked)
    monkeypatch.setattr("fakejobs.cloud.absence.why_none", lambda *_: "anew")
    assert "there is 1 pending" in line_of(fake, "GET", "jobs/list.json", asked)
    fake.add_job("toys", project=124, spider_args={"page": 2})
    assert line_of(fake, "GET", "jobs/list.json", asked) == "200 OK, 0 jobs (anew)"


@pytest.mark.parametrize(
    ("path", "params", "told"),
    [
        ("jobs/delete.json", {"project": 123, "job": "123/2/1"}, "200 OK (123/2/1 is running: only finished jobs are deleted)"),
        (
            "jobs/delete.json",
            {"project": 123, "job": ["123/1/1", "123/2/1"]},
            "200 OK [123/1/1] (123/2/1 is running: only finished jobs are deleted)",
        ),
        ("jobs/delete.json", {"project": 123, "job": "123/2/2"}, "200 OK (123/2/2 is deleted)"),
        ("jobs/delete.json", {"project": 123, "job": ["123/1/1", "123/1/1"]}, "200 OK [123/1/1]"),
        (
            "jobs/stop.json",
            {"project": 124, "job": "123/2/1"},
            "200 OK (123/2/1 is a job of project 123, and the call is about project 124)",
        ),
        ("jobs/stop.json", {"project": 123, "job": "123/2/2"}, "200 OK (123/2/2 is deleted)"),
        ("jobs/update.json", {"project": 123, "job": "123/2/2", "add_tag": "x"}, "200 OK (123/2/2 is deleted)"),
        (
            "jobs/update.json",
            {"project": 123, "spider": "toys", "add_tag": "x"},
            "200 OK (project 123 has no spider 'toys'; project 124 has one)",
        ),
    ],
)
def test_why_nothing_happened_to_a_job_that_was_named(fake: FakeJobs, path: str, params: Any, told: str) -> None:
    assert line_of(fake, "POST", path, params) == told


def test_jobs_that_the_queue_passes_over(fake: FakeJobs) -> None:
    answer = Caller(fake).send("POST", "/jobq/123/cancel", body=b'[{"key": "123/2/1"}, {"key": "124/1/1"}]')
    assert answer.json == {"count": 1}
    [deed] = fake.calls[-1].deeds
    assert (deed.jobs, deed.missed) == (("123/2/1",), (("124/1/1", "is a job of project 124, and the call is about project 123"),))


def test_no_key_of_the_fake_stands_in_a_reason(fake: FakeJobs) -> None:
    fake.add_key(SECRET, user="ann")
    wire = Caller(fake, SECRET)
    wire.get("jobs/list.json", {"project": 123, "has_tag": SECRET})
    wire.post("jobs/delete.json", {"project": 123, "job": SECRET})
    assert SECRET not in "".join(f"{call!r} {call}" for call in fake.calls)
    [deed] = fake.calls[-1].deeds
    assert isinstance(deed, Deleted)
    assert deed.missed == (("**** (ann)", "is no key of a job"),)
