"""scrapinghub.ScrapinghubClient without arguments, as its documentation shows it: everything but what test_scrapinghub_client.py has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scrapinghub import ScrapinghubClient
from scrapinghub.client.exceptions import BadRequest, NotFound, Unauthorized, ValueTooLarge

from fakejobs import FakeJobs
from fakejobs.access import DEFAULT_USER
from tests.clients.conftest import close

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture(params=[True, False], ids=["msgpack", "json"])
def client(fakejobs: FakeJobs, request: pytest.FixtureRequest) -> Iterator[ScrapinghubClient]:
    """The client as users make it, and the same without MessagePack."""
    client = ScrapinghubClient(use_msgpack=request.param)
    assert client._hsclient.use_msgpack is request.param
    yield client
    close(client)


def events(fakejobs: FakeJobs, project: int) -> list[str]:
    """Return what happened in a project, oldest first."""
    return [event["event"].removeprefix("job:") for event in reversed(fakejobs.activity(project=project))]


# ---------------------------------------------------------------- the whole tour


def test_the_life_of_a_job(fakejobs: FakeJobs) -> None:
    client = ScrapinghubClient()
    project = client.get_project(123)
    job = project.jobs.run("books", job_args={"page": "1"}, add_tag=["new"])
    assert [row["key"] for row in project.jobs.iter(state="pending")] == [job.key]

    assert job.start() == "pending"
    fakejobs.add_items(job.key, [{"title": "one"}, {"title": "two"}])
    fakejobs.add_logs(job.key, ["INFO started", ("ERROR", "oops")])
    assert [item["title"] for item in job.items.iter()] == ["one", "two"]
    assert [entry["message"] for entry in job.logs.list(level="ERROR")] == ["oops"]

    job.update_tags(add=["seen"], remove=["new"])
    assert job.metadata.get("tags") == ["seen"]
    job.metadata.set("note", {"by": "me"})
    fakejobs.assert_metadata(job.key, note={"by": "me"}, tags=["seen"], spider_args={"page": "1"})

    job.cancel()
    fakejobs.assert_cancelled(job.key)
    assert job.metadata.get("state") == "running"
    assert job.finish(close_reason="cancelled") == "running"
    [row] = project.jobs.list()
    assert (row["key"], row["items"], row["logs"], row["errors"], row["close_reason"]) == (job.key, 2, 2, 1, "cancelled")
    assert [(line["name"], line["count"]) for line in project.jobs.summary()] == [("pending", 0), ("running", 0), ("finished", 1)]
    assert job.delete() == "finished"
    assert project.jobs.list() == []
    assert events(fakejobs, 123) == ["scheduled", "started", "cancelled", "completed", "deleted"]
    close(client)


# ---------------------------------------------------------------- projects and jobs


def test_project_summaries(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    fakejobs.add_job("books", project=3, state="running")
    fakejobs.add_project(7)
    summaries = client.projects.summary()
    assert [(row["project"], row["running"], row["pending"], row["finished"]) for row in summaries] == [(3, 1, 0, 0), (7, 0, 0, 0)]
    assert client.projects.summary(state=["running"])[0] == {"project": 3, "has_capacity": True, "running": 1}
    assert client.projects.get(3).key == client.get_project("3").key == "3"


def test_lists_of_jobs(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    for number in range(3):
        fakejobs.add_job("books", project=1, state="finished", tags=["even"] if number % 2 == 0 else ["odd", "late"])
    fakejobs.add_job("films", project=1, state="running")
    jobs = client.get_project(1).jobs

    def keys(**filters: Any) -> list[str]:
        return [row["key"] for row in jobs.iter(**filters)]

    assert keys() == [row["key"] for row in jobs.list()] == ["1/1/3", "1/1/2", "1/1/1"]
    assert keys(count=1) == ["1/1/3"]
    assert keys(start=1, count=1) == ["1/1/2"]
    assert keys(spider="films", state=["running", "pending"]) == ["1/2/1"]
    assert keys(has_tag=["even"], lacks_tag="late") == ["1/1/3", "1/1/1"]
    assert keys(key=["1/1/2", "1/1/1"]) == ["1/1/2", "1/1/1"]
    assert (jobs.count(), jobs.count(spider="films"), jobs.count(state="running"), jobs.count(has_tag="odd")) == (3, 0, 1, 1)
    assert set(next(jobs.iter(meta=["spider"]))) == {"key", "state", "elapsed", "ts", "spider"}
    assert next(jobs.iter(meta=["spider"], has_tag="odd"))["tags"] == ["odd", "late"]


def test_jobs_of_a_spider(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    fakejobs.add_job("films", project=1, state="finished")
    fakejobs.add_spider("books", project=1)
    fakejobs.add_spider("films", project=1)
    spider = client.get_project(1).spiders.get("books")
    job = spider.jobs.run()
    assert (spider.key, job.key) == ("1/2", "1/2/1")
    assert [row["key"] for row in spider.jobs.iter(state="pending")] == ["1/2/1"]
    assert spider.jobs.count(state="pending") == 1
    assert spider.jobs.update_tags(add=["a"]) == 1
    assert spider.jobs.summary("pending")["summary"][0]["tags"] == ["a"]
    assert spider.jobs.get(job.key).finish() == "pending"
    assert [row["key"] for row in spider.jobs.iter_last()] == ["1/2/1"]
    assert spider.jobs.list()[0]["spider"] == "books"


def test_summaries_and_last_jobs(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    for spider in ("books", "books", "films"):
        fakejobs.add_job(spider, project=1, state="finished")
    jobs = client.get_project(1).jobs
    assert [line["count"] for line in jobs.summary()] == [0, 0, 3]
    assert [row["key"] for row in jobs.summary("finished", count=1)["summary"]] == ["1/2/1"]
    assert jobs.summary("finished", spider="books")["count"] == 2
    assert [row["key"] for row in jobs.iter_last()] == ["1/1/2", "1/2/1"]
    assert [row["key"] for row in jobs.iter_last(spider="books")] == ["1/1/2"]
    assert [row["key"] for row in jobs.iter_last(start_after="1/1", count=1)] == ["1/2/1"]


def test_cancels(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    pending, running, third = (fakejobs.add_job("books", project=1, state=state) for state in ("pending", "running", "pending"))
    jobs = client.get_project(1).jobs
    assert jobs.cancel([str(pending.key), str(running.key), "1/1/99"]) == {"count": 2}
    assert (pending.state, pending.close_reason, running.state, running.cancel_requested) == ("finished", "cancelled", "running", True)
    assert list(jobs.cancel(count=100)) == [{"count": 1}]
    for job in (pending, running):
        fakejobs.assert_cancelled(job)
        fakejobs.assert_stopped(job)
    assert third.state == "finished"
    assert client.get_job("1/1/1").metadata.get("cancelled_by") == DEFAULT_USER


def test_states_of_a_job(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = client.get_project(1).jobs.run("books")
    assert job.start(note="a") == "pending"
    assert job.update("finished", close_reason="failed") == "running"
    assert job.finish() == "finished"
    assert job.delete() == "finished"
    fakejobs.assert_metadata(job.key, state="deleted", close_reason="failed", note="a")
    with pytest.raises(NotFound, match="1/1/9"):
        client.get_job("1/1/9").finish()


def test_a_pending_job_cannot_be_deleted(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = client.get_project(1).jobs.run("books")
    with pytest.raises(BadRequest, match="cannot delete a pending job"):
        job.delete()
    assert fakejobs.get_job(job.key).state == "pending"


def test_metadata(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = client.get_project(1).jobs.run("books", priority=3, units=2)
    metadata = job.metadata
    assert dict(metadata.iter()) == dict(metadata.list())
    assert {"project": 1, "spider": "books", "state": "pending", "priority": 3, "units": 2, "tags": []}.items() <= dict(
        metadata.iter()
    ).items()
    assert (metadata.get("spider"), metadata.get("nothing")) == ("books", None)
    metadata.set("list", [1, {"a": None}])
    metadata.update({"one": 1, "two": "\u00e9\u65e5"})
    fakejobs.assert_metadata(job.key, list=[1, {"a": None}], one=1, two="\u00e9\u65e5", state="pending")
    metadata.delete("one")
    metadata.delete("nothing")
    assert metadata.get("one") is None
    with pytest.raises(BadRequest, match="invalid value for units: 'many'"):
        metadata.set("units", "many")


def test_a_bad_key_opens_nothing_of_storage(fakejobs: FakeJobs) -> None:
    fakejobs.add_key("good")
    client = ScrapinghubClient("bad")
    job = client.get_job("1/1/1")
    for ask in (lambda: list(client.get_project(1).jobs.iter()), lambda: list(job.items.iter()), lambda: job.metadata.get("state")):
        with pytest.raises(Unauthorized):
            ask()
    close(client)


# ---------------------------------------------------------------- what jobs write


def test_items(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = client.get_job(fakejobs.add_job("books", project=1, state="running").key)
    written = [{"n": number, "text": "\u00e9\u65e5", "deep": {"l": [1.5, None, True]}} for number in range(5)]
    assert [job.items.write(item) for item in written] == [0, 1, 2, 3, 4]
    job.items.flush()
    fakejobs.assert_items(job.key, written)
    assert job.items.list() == list(job.items.iter()) == written
    assert [item["n"] for item in job.items.iter(count=2)] == [0, 1]
    assert [item["n"] for item in job.items.list(offset=3)] == [3, 4]
    assert [item["n"] for item in job.items.list(filter=[("n", ">", [1]), ("n", "<", [4])])] == [2, 3]
    assert [item["_key"] for item in job.items.iter(meta=["_key"], count=1)] == [f"{job.key}/0"]
    assert [[item["n"] for item in chunk] for chunk in job.items.list_iter(chunksize=2)] == [[0, 1], [2, 3], [4]]
    assert [[item["n"] for item in chunk] for chunk in job.items.list_iter(chunksize=2, start=1, count=3)] == [[1, 2], [3]]
    assert job.items.get("2") == written[2]
    assert job.items.stats()["totals"]["input_values"] == 5
    assert job.items.stats()["counts"] == {"n": 5, "text": 5, "deep": 5}
    assert fakejobs.get_job(job.key).items == 5
    job.items.close()
    with pytest.raises(ValueTooLarge):
        client.get_job(job.key).items.write({"big": "x" * 1024**2})


def test_logs(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = client.get_job(fakejobs.add_job("books", project=1, state="running").key)
    job.logs.log("plain", ts=1_446_000_000_000)
    for verb in (job.logs.debug, job.logs.info, job.logs.warn, job.logs.warning, job.logs.error):
        verb(f"by {verb.__name__}")
    job.logs.write({"message": "written", "level": 50, "time": 1_446_000_000_001, "other": 1})
    job.logs.flush()
    assert [entry["level"] for entry in job.logs.iter()] == [20, 10, 20, 30, 30, 40, 50]
    assert fakejobs.logs(job.key)[0] == job.logs.list(count=1)[0] == {"time": 1_446_000_000_000, "level": 20, "message": "plain"}
    assert [entry["message"] for entry in job.logs.list(level="ERROR")] == ["by error", "written"]
    assert [entry["message"] for entry in job.logs.list(offset=5, filter=[("message", "contains", ["by"])])] == ["by error"]
    assert job.logs.get("6")["message"] == "written"
    assert job.logs.stats()["counts"] == {"10": 1, "20": 2, "30": 2, "40": 1, "50": 1}
    assert job.logs.batch_write_start() == 0
    assert (fakejobs.get_job(job.key).logs, fakejobs.get_job(job.key).errors) == (7, 2)
    job.logs.close()


def test_requests(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = client.get_job(fakejobs.add_job("books", project=1, state="running").key)
    parent = job.requests.add("http://a.example/", 200, "GET", 1270, 354, 1_482_233_733_870)
    job.requests.add(url="http://a.example/b", status=404, method="POST", rs=10, duration=5, ts=1, parent=parent, fp="f1")
    job.requests.write({"url": "http://a.example/c"})
    job.requests.flush()
    first, second, third = job.requests.iter()
    assert first == {"time": 1_482_233_733_870, "duration": 354, "status": 200, "method": "GET", "rs": 1270, "url": "http://a.example/"}
    assert (second["parent"], second["fp"], third["url"]) == (0, "f1", "http://a.example/c")
    assert fakejobs.requests(job.key) == job.requests.list() == [first, second, third]
    assert job.requests.list(count=1) == [first]
    assert job.requests.get("1")["status"] == 404
    assert job.requests.stats()["totals"]["input_values"] == fakejobs.get_job(job.key).pages == 3
    job.requests.close()


def test_samples(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = client.get_job(fakejobs.add_job("books", project=1, state="running").key)
    written = [[1_484_570_043_851 + number, number, 576.5] for number in range(3)]
    for sample in written:
        job.samples.write(sample)
    job.samples.flush()
    assert fakejobs.samples(job.key) == job.samples.list() == list(job.samples.iter()) == written
    assert job.samples.list(count=1) == written[:1]
    assert job.samples.get("1") == written[1]
    with pytest.raises(NotImplementedError):
        job.samples.stats()
    job.samples.close()


def test_what_the_test_writes_is_what_the_client_reads(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    key = fakejobs.add_job("books", project=1, state="finished", items=[{"a": 1}], logs=["INFO started"]).key
    fakejobs.add_requests(key, [{"url": "http://a.example/", "status": 200}])
    fakejobs.add_samples(key, [[1, 2]])
    job = client.get_job(key)
    assert job.items.list() == [{"a": 1}]
    assert [(entry["level"], entry["message"]) for entry in job.logs.list()] == [(20, "started")]
    assert job.requests.list()[0]["url"] == "http://a.example/"
    assert job.samples.list() == [[1, 2]]


def test_all_writers_are_closed_together(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = client._hsclient.get_job(fakejobs.add_job("books", project=1, state="running").key)
    job.items.write({"a": 1})
    job.logs.info("m")
    client.get_job(job.key).close_writers()
    job.close_writers()
    assert (len(fakejobs.items(job.key)), len(fakejobs.logs(job.key))) == (1, 1)


# ---------------------------------------------------------------- what a project holds


def test_spiders(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    fakejobs.add_spider("books", project=1)
    spiders = client.get_project(1).spiders
    assert spiders.list() == list(spiders.iter()) == [{"id": "books", "tags": [], "type": "manual", "version": None}]
    spider = spiders.get("books")
    assert (spider.key, spider.name) == ("1/1", "books")
    with pytest.raises(NotFound, match="films"):
        spiders.get("films")
    assert spiders.get("films", create=1).key == "1/2"
    spider.update_tags(add=["new", "old"])
    spider.update_tags(add=["new"], remove=["old"])
    assert spider.list_tags() == ["new"]
    with pytest.raises(BadRequest):
        spider.update_tags()


def test_settings(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    settings = client.get_project(1).settings
    assert settings.list() == []
    settings.set("default_job_units", 2)
    settings.update({"default_job_units": 1, "job_runtime_limit": 20})
    assert dict(settings.iter()) == fakejobs.settings(project=1) == {"default_job_units": 1, "job_runtime_limit": 20}
    assert settings.get("default_job_units") == 1
    settings.delete("job_runtime_limit")
    assert settings.list() == [("default_job_units", 1)]


def test_activity(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    project = client.get_project(1)
    job = project.jobs.run("books")
    job.cancel()
    project.activity.add([{"event": "job:noted", "job": job.key, "user": "me"}])
    wanted = [("job:noted", "me"), ("job:cancelled", DEFAULT_USER), ("job:scheduled", DEFAULT_USER)]
    assert [(event["event"], event["user"]) for event in project.activity.iter()] == wanted
    assert project.activity.list() == fakejobs.activity(project=1)
    assert [event["event"] for event in project.activity.list(count=2, filter=[("user", "=", ["me"])])] == ["job:noted"]


def test_a_collection(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    collections = client.get_project(1).collections
    store = collections.get_store("Pages")
    for key in ("b", "a", "aa"):
        store.set({"_key": key, "value": f"of {key}"})
    assert dict(fakejobs.collection("Pages", project=1)) == {key: {"value": f"of {key}"} for key in ("a", "aa", "b")}
    assert store.count() == 3
    assert store.get("a") == {"value": "of a"}
    assert store.list() == list(store.iter()) == [{"_key": key, "value": f"of {key}"} for key in ("a", "aa", "b")]
    assert [row["_key"] for row in store.iter(prefix="a")] == ["a", "aa"]
    assert [row["_key"] for row in store.list(key=["b", "c"])] == ["b"]
    assert [row["_key"] for row in store.list(filter=[("value", "=", ["of aa"])])] == ["aa"]
    store.delete("a")
    store.delete(["b"])
    assert list(fakejobs.collection("Pages", project=1)) == ["aa"]
    with pytest.raises(NotFound):
        store.get("a")
    with pytest.raises(BadRequest, match="_key"):
        store.set({"value": 1})
    assert collections.list() == list(collections.iter()) == [{"name": "Pages", "type": "s"}]
    store.truncate()
    assert store.list() == []
    fakejobs.collection("Pages", project=1)["seeded"] = {"n": 1}
    assert store.get("seeded") == {"n": 1}


def test_kinds_of_collections(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    collections = client.get_project(1).collections
    made = [collections.get_store, collections.get_cached_store, collections.get_versioned_store, collections.get_versioned_cached_store]
    for type_, make in zip(("s", "cs", "vs", "vcs"), made, strict=True):
        make("c").set({"_key": "k", "type": type_})
        assert collections.get(type_, "c").get("k") == {"type": type_}
        assert fakejobs.collection("c", project=1, type=type_)["k"] == {"type": type_}
    with pytest.raises(ValueError, match="Invalid collection type"):
        collections.get("x", "c")


def test_a_collection_is_written_in_batches(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    answers: list[Any] = []
    writer = client.get_project(1).collections.get_store("c").create_writer(size=2, callback=answers.append)
    for number in range(5):
        writer.write({"_key": str(number), "n": number})
    writer.flush()
    writer.close()
    assert len(fakejobs.collection("c", project=1)) == 5
    assert {answer.status_code for answer in answers} == {200}


def test_a_frontier(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    frontiers = client.get_project(1).frontiers
    frontier = frontiers.get("f")
    slot = frontier.get("example.com")
    slot.q.add([{"fp": "page1", "p": 1, "qdata": {"depth": 1}}, {"fp": "page0", "p": 0}])
    slot.flush()
    slot.f.add(["seen"])
    frontier.flush()
    frontiers.flush()
    assert (slot.newcount, frontier.newcount, frontiers.newcount) == (3, 3, 3)
    assert slot.f.list() == list(slot.f.iter()) == fakejobs.frontier("f", "example.com", project=1).fingerprints
    assert frontiers.list() == list(frontiers.iter()) == ["f"]
    assert frontier.list() == list(frontier.iter()) == ["example.com"]
    batches = slot.q.list()
    assert list(slot.q.iter(mincount=1)) == batches[:1]
    assert [fp for batch in batches for fp, _ in batch["requests"]] == [
        row["fp"] for row in fakejobs.frontier("f", "example.com", project=1)
    ]
    assert ["page1", {"depth": 1}] in [request for batch in batches for request in batch["requests"]]
    slot.q.delete([batch["id"] for batch in batches])
    assert slot.q.list() == fakejobs.frontier("f", "example.com", project=1)[:] == []
    assert set(slot.fingerprints.list()) == {"page0", "page1", "seen"}
    slot.delete()
    assert (frontier.list(), slot.newcount) == ([], 0)
    fakejobs.add_to_frontier("f", "other", project=1, requests=[{"fp": "x"}])
    assert [batch["requests"] for batch in frontier.get("other").queue.list()] == [[["x", None]]]
    frontiers.close()
