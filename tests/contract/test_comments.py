"""Comments on the items of jobs, as the older page of the service has them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakejobs import FakeJobs, ManualClock, NotFound, SeedError, UsageError
from fakejobs.fake import behind
from tests.contract.caller import FORM, Caller, form
from tests.contract.conftest import START


@pytest.fixture
def job(fake: FakeJobs) -> str:
    """The key of a job with items."""
    return fake.add_job("books", project=1, state="finished", items=[{"title": "A"}, {"title": "B"}]).key


def put(wire: Caller, path: str, text: str) -> Any:
    return wire.send("PUT", path, body=form({"text": text}), content_type=FORM)


def test_a_comment(fake: FakeJobs, wire: Caller, job: str) -> None:
    """Documented: its seven fields."""
    answer = wire.post("comments/1/1/1/0", {"text": "no price?"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.text == (
        '{"id": 1, "created": "2015-10-28T02:40:00", "archived": null, "author": "fakeuser", "avatar": "", '
        '"text": "no price?", "editable": true}'
    )
    assert wire.get("comments/1/1/1/0").json == [answer.json]
    assert fake.calls[-1].rows == 1
    [comment] = fake.get_job(job).comments
    assert (comment.comment_id, comment.item, comment.field, comment.text) == (1, 0, None, "no price?")


def test_comments_by_item_and_field(wire: Caller, job: str) -> None:
    """Documented: `0` for an item, `0/title` for a field of it."""
    for path, text in (("1/title", "d"), ("0", "a"), ("0/title", "b"), ("0", "c"), ("0/a%2Fb", "e")):
        assert wire.post(f"comments/1/1/1/{path}", {"text": text}).status == 200
    found = wire.get("comments/1/1/1").json
    assert {place: [comment["text"] for comment in comments] for place, comments in found.items()} == {
        "0": ["a", "c"],
        "0/title": ["b"],
        "0/a/b": ["e"],
        "1/title": ["d"],
    }
    assert [comment["id"] for comment in wire.get("comments/1/1/1/0").json] == [2, 4]
    assert [comment["id"] for comment in wire.get("comments/1/1/1/0/title").json] == [3]
    assert wire.get("comments/1/1/1/1").json == []
    assert wire.get("comments/1/9/9").json == {}


def test_numbers_of_commented_items(fake: FakeJobs, wire: Caller, job: str) -> None:
    """Documented: items with comments that are not archived, by job."""
    other = fake.add_job("films", project=1)
    fake.add_comment(fake.add_job("books", project=2), "x", item=0)
    for item, field in ((0, None), (0, "title"), (1, "title")):
        fake.add_comment(job, "x", item=item, field=field)
    fake.add_comment(other, "x", item=7, archived_time=START)
    assert wire.get("comments/1/stats").json == {"1/1/1": 2}
    wire.send("DELETE", "comments/1/1/1/0")
    assert wire.get("comments/1/stats").json == {"1/1/1": 2}
    wire.send("DELETE", "comments/1/1/1/0/title")
    assert wire.get("comments/1/stats").json == {"1/1/1": 1}


def test_editing_and_archiving(fake: FakeJobs, wire: Caller, job: str) -> None:
    fake.add_comment(job, "old", item=0, by="ann")
    fake.advance(seconds=1)
    edited = put(wire, "comments/1", "new")
    assert (edited.json["text"], edited.json["author"], edited.json["created"]) == ("new", "ann", "2015-10-28T02:40:00")
    assert wire.send("DELETE", "comments/1").json == {"status": "ok", "count": 1}
    [archived] = wire.get("comments/1/1/1").json["0"]
    assert (archived["archived"], archived["editable"], archived["text"]) == ("2015-10-28T02:40:01", False, "new")
    fake.advance(seconds=1)
    assert wire.send("DELETE", "comments/1").json == {"status": "ok", "count": 0}
    assert wire.get("comments/1/1/1").json["0"] == [archived]
    refused = put(wire, "comments/1", "newer")
    assert (refused.status, refused.reason) == (400, "cannot edit comment 1: it is archived (one that is not can be edited)")


def test_archiving_all_of_an_item_or_a_field(fake: FakeJobs, wire: Caller, job: str) -> None:
    for field in (None, None, "title"):
        fake.add_comment(job, "x", item=0, field=field)
    assert wire.send("DELETE", "comments/1/1/1/0").json == {"status": "ok", "count": 2}
    assert wire.send("DELETE", "comments/1/1/1/0").json == {"status": "ok", "count": 0}
    assert wire.send("DELETE", "comments/1/1/1/0/title").json == {"status": "ok", "count": 1}
    assert wire.send("DELETE", "comments/1/1/1/9").json == {"status": "ok", "count": 0}
    assert [comment.archived for comment in fake.get_job(job).comments] == [START] * 3


@pytest.mark.parametrize(
    ("method", "path", "pairs", "key", "line"),
    [
        ("GET", "comments/1/1/1", {}, "bad", "403 FORBIDDEN"),
        ("GET", "comments/2/1/1", {}, "good", "400 User 'ann' doesn't have access to project 2"),
        ("GET", "comments/2/stats", {}, "good", "400 User 'ann' doesn't have access to project 2"),
        ("GET", "comments/x/1/1", {}, "good", "400 invalid value for project: x"),
        ("GET", "comments/1/1/1/x", {}, "good", "400 invalid value for item: x"),
        ("POST", "comments/1/1/1/0", {}, "good", "400 missing 'text' argument"),
        ("POST", "comments/1/1/1/0", {"text": "a\0b"}, "good", "400 invalid value for text: a\0b".replace("\0", "?")),
        ("POST", "comments/1/1/9/0", {"text": "x"}, "good", "400 Bad Request"),
        ("PUT", "comments/1", {}, "good", "400 missing 'text' argument"),
        ("PUT", "comments/9", {"text": "x"}, "good", "400 Bad Request"),
        ("PUT", "comments/2", {"text": "x"}, "good", "400 User 'ann' doesn't have access to project 2"),
        ("DELETE", "comments/2", {}, "good", "400 User 'ann' doesn't have access to project 2"),
        ("DELETE", "comments/9", {}, "good", "400 Bad Request"),
        ("DELETE", "comments/1", {}, "bad", "403 FORBIDDEN"),
        ("GET", "comments/1", {}, "good", "405 METHOD NOT ALLOWED"),
        ("POST", "comments/1/1/1", {}, "good", "405 METHOD NOT ALLOWED"),
    ],
)
def test_refusals(fake: FakeJobs, job: str, method: str, path: str, pairs: dict[str, str], key: str, line: str) -> None:
    fake.add_key("good", user="ann", projects=[1])
    fake.add_comment(job, "x", item=0)
    fake.add_comment(fake.add_job("books", project=2), "x", item=0)
    before = fake.dump()
    answer = Caller(fake, key).send(method, path, body=form(pairs), content_type=FORM)
    assert f"{answer.status} {answer.reason}" == line
    assert fake.dump() == before


def test_who_is_the_author(fake: FakeJobs, job: str) -> None:
    fake.add_key("good", user="ann")
    assert Caller(fake, "good").post("comments/1/1/1/0", {"text": "x"}).json["author"] == "ann"


def test_unknown_ones_are_named(fake: FakeJobs, wire: Caller, job: str) -> None:
    assert wire.send("DELETE", "comments/9").json == {"status": "error", "message": "there is no comment 9"}
    assert wire.post("comments/1/1/9/0", {"text": "x"}).json == {"status": "error", "message": "there is no job 1/1/9"}
    fake.add_comment(job, "x", item=0, comment_id=4)
    with pytest.raises(UsageError, match="there is a comment 4 already"):
        fake.add_comment(job, "y", item=0, comment_id=4)
    with pytest.raises(NotFound, match="there is no job 1/9/9"):
        fake.add_comment("1/9/9", "y", item=0)
    assert fake.add_comment(job, "z", item=0).comment_id == 5


def test_a_dump_a_copy_and_a_reset(fake: FakeJobs, wire: Caller, job: str) -> None:
    fake.add_comment(job, "a", item=1, by="ann")
    fake.add_comment(job, "b", item=0, field="title")
    fake.advance(seconds=1)
    wire.send("DELETE", "comments/1")
    twin = FakeJobs(clock=ManualClock(START))
    twin.load(json.loads(json.dumps(fake.dump())))
    assert twin.dump() == fake.dump()
    assert twin.get_job(job).comments == fake.get_job(job).comments
    assert [comment.text for comment in twin.get_job(job).comments] == ["b", "a"]
    with pytest.raises(SeedError):
        fake.load([{"add_comment": {"job": job, "text": "c", "item": 0}}, {"nonsense": {}}])
    assert twin.dump() == fake.dump()
    assert behind(fake).cloud.comments.add(fake.get_job(job).key, 0, "d", author="ann").comment_id == 3
    fake.reset()
    fake.add_job("books", project=1)
    assert (fake.get_job(job).comments, wire.get("comments/1/1/1").json) == ([], {})
