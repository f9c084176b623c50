"""scrapinghub.HubstorageClient, the older face of storage, unmodified, with and without MessagePack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from requests import HTTPError
from scrapinghub import HubstorageClient
from scrapinghub.hubstorage import ValueTooLarge
from scrapinghub.hubstorage.jobq import DuplicateJobError
from scrapinghub.hubstorage.serialization import mpdecode

from fakejobs import FakeJobs
from fakejobs.access import DEFAULT_USER
from fakejobs.fake import behind

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture(params=[True, False], ids=["msgpack", "json"])
def hub(fakejobs: FakeJobs, request: pytest.FixtureRequest) -> Iterator[HubstorageClient]:
    """A client that is told nothing but its key."""
    hub = HubstorageClient(auth=fakejobs.key, use_msgpack=request.param)
    assert hub.use_msgpack is request.param
    yield hub
    hub.close()
    hub.session.close()


@pytest.fixture
def running(fakejobs: FakeJobs) -> str:
    """The key of a running job."""
    return str(fakejobs.add_job("books", project=1, state="running").key)


# ---------------------------------------------------------------- the client and the queue


def test_the_client(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    assert hub.server_timestamp() == behind(fakejobs).cloud.now_ms()
    job = hub.push_job(1, "books", priority=hub.jobq.PRIO_HIGH, foo="bar")
    assert job.key == "1/1/1"
    fakejobs.assert_metadata("1/1/1", spider="books", state="pending", priority=3, foo="bar", scheduled_by=DEFAULT_USER)
    fakejobs.assert_scheduled(spider="books", priority=3)
    assert hub.get_job("1/1/1").metadata["foo"] == hub.get_project(1).get_job("1/1").metadata["foo"] == "bar"
    assert hub.projects.get(1).projectid == "1"
    assert hub.request(method="GET", url=f"{fakejobs.url}/jobs/1/1/1/foo", auth=hub.auth, is_idempotent=True).json() == "bar"
    assert hub.projects.jobsummaries()[0]["pending"] == hub.get_project(1).jobsummary()["pending"] == 1


def test_the_platforms_side_of_a_job(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    project = hub.get_project(1)
    low, high = project.push_job("books", priority=project.jobq.PRIO_LOW), project.push_job("books", priority=project.jobq.PRIO_HIGHEST)
    started = project.jobq.start(note="n")
    assert (started["key"], started["state"], started["note"], type(started["auth"])) == (high.key, "running", "n", str)
    assert next(project.jobq.start(low))["prevstate"] == "pending"
    assert project.jobq.start() is hub.jobq.start() is None
    assert list(project.jobq.finish([low, {"key": high.key}], close_reason="failed")) == [
        {"prevstate": "running", "key": low.key},
        {"prevstate": "running", "key": high.key},
    ]
    assert list(project.jobq.update(low.key, seen=True)) == [{"prevstate": "finished", "key": low.key}]
    assert list(project.jobq.delete(high.key)) == [{"prevstate": "finished", "key": high.key}]
    fakejobs.assert_metadata(low.key, state="finished", close_reason="failed", seen=True)
    fakejobs.assert_deleted(high.key)
    assert hub.get_job(high.key).metadata["state"] == "deleted"


def test_a_push_of_a_held_unique(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    queue = hub.get_project(1).jobq
    assert queue.push("books", unique="h1")["key"] == "1/1/1"
    with pytest.raises(DuplicateJobError, match="Active job exists with key h1"):
        queue.push("books", unique="h1")
    fakejobs.finish_job("1/1/1")
    assert queue.push("books", unique="h1") == {"key": "1/1/3", "auth": None}


def test_cancels_and_purges(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    job = hub.get_job(running)
    job.request_cancel()
    fakejobs.assert_cancelled(running)
    assert fakejobs.get_job(running).state == "running"
    project = hub.get_project(1)
    project.jobq.finish(job)
    job.purged()
    assert job.metadata["state"] == "deleted"
    pending = project.push_job("films")
    project.jobq.request_cancel(pending)
    assert fakejobs.get_job(pending.key).close_reason == "cancelled"


def test_lists_of_the_queue(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    for number in range(3):
        fakejobs.add_job("books", project=1, state="finished", tags=[f"t{number}"], close_reason="finished" if number else "failed")
        fakejobs.clock.advance(seconds=1)
    queue = hub.get_project(1).jobq

    def keys(**filters: Any) -> list[str]:
        return [row["key"] for row in queue.list(**filters)]

    assert keys() == ["1/1/3", "1/1/2", "1/1/1"]
    assert keys(spider="books", count=1, state="finished") == ["1/1/3"]
    assert keys(stop="1/1/2") == ["1/1/3"]
    assert keys(has_tag=["t0", "t1"], lacks_tag="t1") == ["1/1/1"]
    assert keys(startts=behind(fakejobs).cloud.now_ms() - 2000, endts=behind(fakejobs).cloud.now_ms() - 1000) == ["1/1/2"]
    assert keys(filter=['["tags", "haselement", ["t0"]]', '["spider", "=", ["books"]]', '["state", "=", ["finished"]]']) == ["1/1/1"]
    assert keys(filter=['["close_reason", "=", ["finished"]]']) == ["1/1/3", "1/1/2"]
    assert [line["count"] for line in queue.summary()] == [0, 0, 3]
    assert queue.summary("finished", spiderid=1, count=1, start=1, jobmeta=["spider"])["summary"][0]["key"] == "1/1/2"
    assert [row["close_reason"] for row in queue.jobsummary(["1/1/1", "1/1/3"], ["close_reason"])] == ["failed", "finished"]
    with pytest.warns(Warning, match="deprecated"):
        assert [job.key for job in hub.get_project(1).get_jobs(count=2)] == ["1/1/3", "1/1/2"]
    assert [row["key"] for row in hub.get_project(1).spiders.lastjobsummary()] == ["1/1/3"]
    assert [row["key"] for row in hub.get_project(1).spiders.lastjobsummary(1, count=1)] == ["1/1/3"]


def test_ids(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    ids = hub.get_project(1).ids
    assert (ids.spider("books"), ids.spider("books", create=1), ids.spider("books")) == (None, 1, 1)


# ---------------------------------------------------------------- metadata and settings


def test_metadata_is_a_mapping(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    job = hub.get_job(running)
    assert (job.metadata["spider"], job.metadata.get("nothing")) == ("books", None)
    job.metadata["one"] = {"two": [None, 1.5]}
    job.metadata.save()
    fakejobs.assert_metadata(running, one={"two": [None, 1.5]}, state="running")
    del job.metadata["one"]
    job.metadata.save()
    job.metadata.expire()
    assert "one" not in job.metadata
    assert dict(job.metadata).items() >= fakejobs.metadata(running).items()
    job.update_metadata(seen=True, state="finished")
    fakejobs.assert_metadata(running, seen=True, state="running")
    assert (job.metadata.liveget("state"), job.metadata.liveget("nothing")) == ("running", None)


def test_a_running_jobs_token(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    token = hub.get_job(running).metadata.authtoken()
    jobauth = (running, token)
    own = hub.get_job(running, jobauth=jobauth)
    own.items.write({"a": 1})
    own.items.flush()
    assert own.items.stats()["totals"]["input_values"] == 1
    assert own.metadata["state"] == "running"
    other = str(fakejobs.add_job("books", project=1, state="running").key)
    with pytest.raises(HTTPError, match="401"):
        hub.get_job(other, jobauth=jobauth).metadata.liveget("state")
    fakejobs.finish_job(running)
    with pytest.raises(HTTPError, match="401"):
        hub.get_job(running, jobauth=jobauth).metadata.liveget("state")
    assert hub.get_job(running).metadata.authtoken() is None


def test_metadata_of_a_job_that_nobody_knows_is_empty(hub: HubstorageClient) -> None:
    assert dict(hub.get_job("1/1/9").metadata) == {}


def test_settings_are_a_mapping(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    settings = hub.get_project(1).settings
    assert dict(settings) == {}
    settings["units"] = 2
    settings.save()
    settings.expire()
    assert (settings["units"], settings.liveget("units"), fakejobs.settings(project=1)) == (2, 2, {"units": 2})
    del settings["units"]
    settings.save()
    assert fakejobs.settings(project=1) == {}


# ---------------------------------------------------------------- records


def test_items(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    items = hub.get_job(running).items
    assert items.batch_write_start() == 0
    assert [items.write({"n": number}) for number in range(3)] == [0, 1, 2]
    items.flush()
    assert items.writer.offset == 3
    fakejobs.assert_items(running, [{"n": 0}, {"n": 1}, {"n": 2}])
    assert list(items.list()) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert list(items.list(count=1, start=f"{running}/1")) == [{"n": 1}]
    assert items.get("2") == {"n": 2}
    assert items.get("9") is None
    assert [item["n"] for item in items.iter_values(startafter=f"{running}/0")] == [1, 2]
    assert list(items.iter_json(count=1)) == [f'{{"n":0,"_key":"{running}/0"}}']
    assert list(mpdecode(items.iter_msgpack(count=1))) == [{"n": 0, "_key": f"{running}/0"}]
    assert items.stats()["counts"] == {"n": 3}
    with pytest.raises(ValueTooLarge):
        items.write({"big": "x" * 1024**2})
    items.close()
    assert list(hub.get_project(1).items.list(count=2)) == [{"n": 0}, {"n": 1}]
    assert list(hub.get_project(1).items.list("1/1", index=1)) == [{"n": 1}]


def test_more_items_than_a_batch_holds(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    items = hub.get_job(running).items
    for number in range(2500):
        items.write({"n": number})
    items.close()
    assert [item["n"] for item in items.iter_values()] == list(range(2500))
    assert fakejobs.get_job(running).items == 2500
    assert len(fakejobs.assert_called("items/write")) >= 3


def test_logs(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    logs = hub.get_job(running).logs
    logs.log("plain", level=40, ts=1_446_000_000_000)
    for verb in (logs.debug, logs.info, logs.warn, logs.warning, logs.error):
        verb("by name")
    logs.write({"message": "written", "level": 20, "time": 1})
    logs.flush()
    assert [entry["level"] for entry in logs.list()] == [40, 10, 20, 30, 30, 40, 20]
    assert logs.get("0") == fakejobs.logs(running)[0] == {"time": 1_446_000_000_000, "level": 40, "message": "plain"}
    assert [entry["message"] for entry in logs.iter_values(filter=['["time", "=", [1]]'])] == ["written"]
    assert [entry["message"] for entry in mpdecode(logs.iter_msgpack(count=1))] == ["plain"]
    assert "_key" in next(logs.iter_json(count=1))
    assert logs.stats()["totals"]["input_values"] == 7
    logs.close()
    assert len(list(hub.get_project(1).logs.list("1/1"))) == 7


def test_logs_that_go_on_where_others_ended(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    fakejobs.add_logs(running, ["INFO first"])
    logs = hub.get_job(running).logs
    logs.info("second", appendmode=True)
    assert logs.batch_write_start() == 1
    logs.close()
    assert [entry["message"] for entry in fakejobs.logs(running)] == ["first", "second"]


def test_requests(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    requests = hub.get_job(running).requests
    requests.add("http://a.example/", 200, "GET", 10, None, 5, 1_446_000_000_000)
    requests.write({"url": "http://a.example/b", "status": 404})
    requests.flush()
    assert [row["status"] for row in requests.list()] == [row["status"] for row in requests.iter_values()] == [200, 404]
    assert [row["status"] for row in fakejobs.requests(running)] == [200, 404]
    assert requests.get("1")["url"] == "http://a.example/b"
    assert requests.stats()["totals"]["input_values"] == 2
    assert next(requests.iter_json()).startswith(f'{{"_key":"{running}/0"')
    assert [row["status"] for row in mpdecode(requests.iter_msgpack())] == [200, 404]
    requests.close()


def test_samples(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    samples = hub.get_job(running).samples
    samples.write([1_446_000_000_000, 1, 2])
    samples.write([1_446_000_000_001, 3, 4])
    samples.flush()
    assert list(samples.list()) == fakejobs.samples(running) == [[1_446_000_000_000, 1, 2], [1_446_000_000_001, 3, 4]]
    assert samples.get("1") == [1_446_000_000_001, 3, 4]
    with pytest.raises(NotImplementedError):
        samples.stats()
    samples.close()
    assert len(list(hub.get_project(1).samples.list("1/1"))) == 2


def test_closing_all_writers(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    job = hub.get_job(running)
    job.items.write({"a": 1})
    job.logs.info("m")
    job.samples.write([1, 2])
    job.requests.write({"url": "u"})
    job.close_writers()
    assert [len(read(running)) for read in (fakejobs.items, fakejobs.logs, fakejobs.samples, fakejobs.requests)] == [1, 1, 1, 1]


def test_a_writer_of_ones_own(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    answers: list[Any] = []
    writer = hub.batchuploader.create_writer(f"{fakejobs.url}/items/{running}", content_encoding="gzip", callback=answers.append)
    assert (writer.write({"a": 1}), writer.write({"a": 2})) == (0, 1)
    hub.batchuploader.interrupt()
    writer.flush()
    writer.close()
    hub.batchuploader.close()
    assert ([answer.text for answer in answers][-1], fakejobs.items(running)) == ("", [{"a": 1}, {"a": 2}])


def test_metadata_of_a_whole_project_is_refused(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    with pytest.raises(HTTPError, match="400"):
        list(hub.get_project(1).jobs.list())
    assert [job["spider"] for job in hub.get_project(1).jobs.list("1/1")] == ["books"]


# ---------------------------------------------------------------- activity, collections, frontiers


def test_activity(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    activity = hub.get_project(1).activity
    activity.add(event="noted", n=1)
    activity.post([{"event": "noted", "n": 2}, {"event": "noted", "n": 3}])
    assert [event["n"] for event in activity.list()] == [event["n"] for event in activity.get()] == [3, 2, 1]
    assert list(activity.list(count=1, meta="_ts")) == [{"event": "noted", "n": 3, "_ts": behind(fakejobs).cloud.now_ms() + 1}]
    assert [event["n"] for event in fakejobs.activity(project=1)] == [3, 2, 1]


def test_collections(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    collections = hub.get_project(1).collections
    collections.set("s", "c", [{"_key": "b", "n": 2}, {"_key": "a", "n": 1}])
    assert dict(fakejobs.collection("c", project=1)) == {"a": {"n": 1}, "b": {"n": 2}}
    assert collections.get("s", "c", "a") == {"n": 1}
    assert list(collections.get("s", "c")) == [{"n": 1}, {"n": 2}]
    assert [row["_key"] for row in collections.iter_values("s", "c", prefix="b")] == ["b"]
    assert list(collections.iter_json("s", "c", count=1)) == ['{"n":1,"_key":"a"}']
    assert list(mpdecode(collections.iter_msgpack("s", "c", count=1))) == [{"n": 1, "_key": "a"}]
    assert (collections.count("s", "c"), collections.count("s", "c", prefix="a")) == (2, 1)
    with pytest.raises(KeyError):
        collections.get("s", "c", "z")
    with pytest.raises(ValueError, match="missing value for _key field"):
        collections.set("s", "c", {"n": 1})
    with pytest.raises(ValueError, match="Serialized value too large"):
        collections.set("s", "c", {"_key": "big", "x": "y" * 1024**2})
    collections.delete("s", "c", ["a"])
    collections.create_writer("s", "c").write({"_key": "w", "n": 3})
    hub.close()
    assert list(fakejobs.collection("c", project=1)) == ["b", "w"]
    collections.truncate("c")
    assert len(fakejobs.collection("c", project=1)) == 0


def test_a_collection_of_its_own(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    collections = hub.get_project(1).collections
    makes = [collections.new_store, collections.new_cached_store, collections.new_versioned_store, collections.new_versioned_cached_store]
    for type_, make in zip(("s", "cs", "vs", "vcs"), makes, strict=True):
        collection = make("c")
        collection.set({"_key": "k", "type": type_})
        assert collection.get("k") == {"type": type_}
    store = collections.new_collection("s", "c")
    store.set({"_key": "l", "type": "s"})
    assert (store.count(), [row["_key"] for row in store.iter_values()]) == (2, ["k", "l"])
    assert next(store.iter_json()) == '{"type":"s","_key":"k"}'
    store.delete("k")
    writer = store.create_writer()
    writer.write({"_key": "m"})
    writer.close()
    assert list(fakejobs.collection("c", project=1)) == ["l", "m"]
    store.truncate()
    assert list(store.iter_values()) == []


def test_frontiers(fakejobs: FakeJobs, hub: HubstorageClient) -> None:
    frontier = hub.get_project(1).frontier
    frontier.add("f", "slot", [{"fp": "a"}, {"fp": "b", "qdata": {"depth": 1}}, {"fp": "a"}])
    frontier.flush()
    assert frontier.newcount == 2
    [batch] = frontier.read("f", "slot", mincount=1)
    assert batch["requests"] == [["a", None], ["b", {"depth": 1}]]
    assert [row["fp"] for row in fakejobs.frontier("f", "slot", project=1)] == ["a", "b"]
    frontier.delete("f", "slot", [batch["id"]])
    assert list(frontier.read("f", "slot")) == []
    assert fakejobs.frontier("f", "slot", project=1).fingerprints == ["a", "b"]
    frontier.delete_slot("f", "slot")
    assert list(frontier.apiget("list")) == [[]]
    frontier.close()


def test_any_resource_by_hand(fakejobs: FakeJobs, hub: HubstorageClient, running: str) -> None:
    metadata = hub.get_job(running).metadata
    metadata.apipost("note", data='"n"')
    assert list(metadata.apiget("note")) == ["n"]
    metadata.apidelete("note")
    assert list(metadata.apirequest("note", method="GET")) == [None]
