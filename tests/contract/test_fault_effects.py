"""A call that fails before its effect changes nothing, and one that fails after it has had all of it: every endpoint that writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fakejobs import FakeJobs, ManualClock
from fakejobs.fake import behind
from fakejobs.routes import router
from tests.contract.caller import Answer, Caller
from tests.contract.conftest import START
from tests.contract.test_dash_clients import EGG, upload

Call = Callable[[Caller], Answer]
IDLE = {"POST /api/eggs/list.json", "POST /botgroups/<name>/max_running", "DELETE /botgroups/<name>"}
"""Those that change nothing, and are no GET."""


def form(path: str, **fields: Any) -> Call:
    """Return a POST of a form to dash about project 1."""
    return lambda client: client.post(path, {"project": 1, **fields})


def body(method: str, path: str, *rows: Any) -> Call:
    """Return a request with lines of JSON, or without a body."""
    return lambda client: client.send(method, path, body="\n".join(map(json.dumps, rows)).encode())


def file(path: str, field: str, **fields: str) -> Call:
    """Return an upload to dash about project 1."""
    return lambda client: upload(client, path, {"project": "1", **fields}, (field, *EGG[1:]))


PERIODIC = {"tasks": [{"name": "a"}], "cron": {"hour": 3}}
WRITES: Mapping[str, Call] = {
    "POST /api/run.json": form("run.json", spider="b", page=1, add_tag="x"),
    "POST /api/jobs/update.json": form("jobs/update.json", job="1/1/1", add_tag="x"),
    "POST /api/jobs/delete.json": form("jobs/delete.json", job="1/1/3"),
    "POST /api/jobs/stop.json": form("jobs/stop.json", job="1/1/1"),
    "POST /api/reports/add.json": file("reports/add.json", "content", job="1/1/1", key="k"),
    "POST /api/comments/<project>/<spider>/<job>/<item>": form("comments/1/1/1/0", text="wrong"),
    "DELETE /api/comments/<project>/<spider>/<job>/<item>": body("DELETE", "/api/comments/1/1/1/1"),
    "PUT /api/comments/<comment>": lambda client: client.send(
        "PUT", "/api/comments/1", body=b"text=other", content_type="application/x-www-form-urlencoded"
    ),
    "DELETE /api/comments/<comment>": body("DELETE", "/api/comments/1"),
    "POST /api/scrapyd/addversion.json": file("scrapyd/addversion.json", "egg", version="r2"),
    "POST /api/eggs/list.json": form("eggs/list.json"),
    "POST /api/eggs/add.json": file("eggs/add.json", "egg", name="more", version="1"),
    "POST /api/eggs/delete.json": form("eggs/delete.json", name="old"),
    "POST /api/releases/deploy.json": form("releases/deploy.json", version="r3", image_url="shop/image:r3", spiders="a,b"),
    "PATCH /api/v2/projects/<project>/spiders/<spider>/tags": body("PATCH", "/api/v2/projects/1/spiders/1/tags", {"add": ["x"]}),
    "POST /api/projects/<project>/periodicjobs": body("POST", "/api/projects/1/periodicjobs", PERIODIC),
    "PUT /api/projects/<project>/periodicjobs/<periodicjob>": body("PUT", "/api/projects/1/periodicjobs/1", PERIODIC),
    "PATCH /api/projects/<project>/periodicjobs/<periodicjob>": body("PATCH", "/api/projects/1/periodicjobs/1", {"disabled": True}),
    "DELETE /api/projects/<project>/periodicjobs/<periodicjob>": body("DELETE", "/api/projects/1/periodicjobs/1"),
    "POST /jobq/<project>/push": body("POST", "/jobq/1/push", {"spider": "b"}),
    "POST /jobq/<project>/startjob": body("POST", "/jobq/1/startjob", {}),
    "POST /jobq/startjob": body("POST", "/jobq/startjob", {}),
    "POST /jobq/<project>/update": body("POST", "/jobq/1/update", {"key": "1/1/1", "state": "finished", "close_reason": "done"}),
    "POST /jobq/<project>/<spider>/<job>/cancel": body("POST", "/jobq/1/1/2/cancel"),
    "POST /jobq/<project>/cancel": body("POST", "/jobq/1/cancel", [{"key": "1/1/1"}, {"key": "1/1/2"}]),
    "POST /jobs/<project>/<spider>/<job>": body("POST", "/jobs/1/1/1", {"note": 1}),
    "DELETE /jobs/<project>/<spider>/<job>": body("DELETE", "/jobs/1/1/3"),
    "POST /jobs/<project>/<spider>/<job>/<field>": body("POST", "/jobs/1/1/1/note", "text"),
    "DELETE /jobs/<project>/<spider>/<job>/<field>": body("DELETE", "/jobs/1/1/1/own"),
    "POST /projects/<project>/settings": body("POST", "/projects/1/settings", {"deep": True}),
    "DELETE /projects/<project>/settings/<key>": body("DELETE", "/projects/1/settings/old"),
    "POST /botgroups/<name>/max_running": body("POST", "/botgroups/g/max_running", 3),
    "DELETE /botgroups/<name>": body("DELETE", "/botgroups/g"),
    "POST /items/<project>/<spider>/<job>": body("POST", "/items/1/1/1", {"n": 3}, {"n": 4}),
    "POST /logs/<project>/<spider>/<job>": body("POST", "/logs/1/1/1", {"message": "m", "level": 40}),
    "POST /requests/<project>/<spider>/<job>": body("POST", "/requests/1/1/1", {"url": "http://a/", "status": 200}),
    "POST /samples/<project>/<spider>/<job>": body("POST", "/samples/1/1/1", [START, 1, 2]),
    "POST /activity/<project>": body("POST", "/activity/1", {"event": "job:started", "job": "1/1/1"}),
    "POST /collections/<project>/delete": lambda client: client.send("POST", "/collections/1/delete", query=b"name=shop"),
    "POST /collections/<project>/rename": lambda client: client.send("POST", "/collections/1/rename", query=b"name=shop&new_name=store"),
    "DELETE /collections/<project>/<type>/<name>": body("DELETE", "/collections/1/s/shop"),
    "POST /collections/<project>/<type>/<name>": body("POST", "/collections/1/s/shop", {"_key": "n", "v": 1}),
    "POST /collections/<project>/<type>/<name>/deleted": body("POST", "/collections/1/s/shop/deleted", "k"),
    "POST /collections/<project>/<type>/<name>/<path:key>": body("POST", "/collections/1/s/shop/n", {"v": 1}),
    "DELETE /collections/<project>/<type>/<name>/<path:key>": body("DELETE", "/collections/1/s/shop/k"),
    "POST /hcf/<project>/<frontier>/s/<slot>": body("POST", "/hcf/1/f/s/0", {"fp": "new"}),
    "POST /hcf/<project>/<frontier>/s/<slot>/q/deleted": lambda client: body("POST", "/hcf/1/f/s/0/q/deleted", _batch(client))(client),
    "DELETE /hcf/<project>/<frontier>/s/<slot>": body("DELETE", "/hcf/1/f/s/0"),
}
"""For each endpoint that is no GET, a call that does something in the fakes of a_fake()."""


def _batch(client: Caller) -> str:
    """Return the id of the batch that the frontier holds."""
    with client.fake.spared():
        return str(client.get("/hcf/1/f/s/0/q").lines[0]["id"])


def a_fake() -> FakeJobs:
    """Return a fake in whose project 1 there is something of every kind."""
    fake = FakeJobs(clock=ManualClock(START))
    fake.add_job("a", project=1, state="running", items=[{"n": 1}, {"n": 2}], meta={"own": 1})
    fake.add_job("a", project=1)
    fake.add_job("a", project=1, state="finished")
    fake.add_comment("1/1/1", "hm", item=0)
    fake.add_comment("1/1/1", "hm", item=1)
    fake.add_egg("old", project=1, version="1", content=b"x")
    fake.add_periodic_job("a", project=1)
    fake.update_settings({"old": 1}, project=1)
    fake.add_collection("shop", project=1, items=[{"_key": "k"}, {"_key": "l"}])
    fake.add_to_frontier("f", "0", project=1, requests=[{"fp": "old"}])
    fake.script("b", running=60)
    return fake


def world(fake: FakeJobs) -> list[dict[str, Any]]:
    """Return all that is in a fake, but for its faults; and check that it is sound."""
    behind(fake).cloud.world.store.check()
    assert behind(fake).unseen.defects == []
    return [step for step in fake.dump() if step.keys().isdisjoint({"fail", "outage", "restore_fault"})]


def endpoints() -> list[str]:
    return [f"{endpoint.method} {endpoint.wire.base}{endpoint.paths[0]}" for endpoint in router().endpoints if endpoint.method != "GET"]


def test_every_endpoint_that_writes_is_tried() -> None:
    router().load()
    assert sorted(WRITES) == sorted(endpoints())


@pytest.mark.parametrize("name", WRITES)
def test_a_call_does_something(name: str) -> None:
    fake = a_fake()
    before = world(fake)
    assert WRITES[name](Caller(fake)).status < 400
    assert (world(fake) == before) is (name in IDLE)


@pytest.mark.parametrize("name", WRITES)
def test_before_the_effect_nothing_has_happened(name: str) -> None:
    fake = a_fake()
    before = world(fake)
    fault = fake.fail(status=504)
    assert WRITES[name](Caller(fake)).status == 504
    assert (world(fake), fault.hits) == (before, 1)
    [call] = fake.calls[-1:]
    assert (call.status, call.fault, call.job_keys, call.deeds, call.failure) == (504, 1, (), (), None)


@pytest.mark.parametrize("name", WRITES)
def test_after_the_effect_all_has_happened(name: str) -> None:
    fake, twin = a_fake(), a_fake()
    fault = fake.fail(status=504, when="after")
    assert WRITES[name](Caller(fake)).status == 504
    assert WRITES[name](Caller(twin)).status < 400
    assert (world(fake), fault.hits) == (world(twin), 1)
    call, other = fake.calls[-1], twin.calls[-1]
    assert (call.status, call.failed, call.fault) == (504, "after the effect", 1)
    assert (call.job_keys, call.orders, call.deeds) == (other.job_keys, other.orders, other.deeds)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("error", ["reset", "close", "timeout", "garbage"])
def test_a_lost_answer(name: str, error: str) -> None:
    fake, twin, untouched = a_fake(), a_fake(), a_fake()
    WRITES[name](Caller(twin))
    for when, wanted in (("before", untouched), ("after", twin)):
        with fake.fail(error=error, when=when), pytest.raises((ConnectionResetError, TimeoutError)):
            WRITES[name](Caller(fake))
        assert world(fake) == world(wanted)
        assert fake.calls[-1].status is None


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("given", [{"error": "cut"}, {"error": "stall"}, {"error": "reset", "after_bytes": 0}], ids=str)
def test_where_a_part_of_the_answer_comes_all_has_happened(name: str, given: dict[str, Any]) -> None:
    fake, twin = a_fake(), a_fake()
    WRITES[name](Caller(twin))
    with fake.fail(**given), pytest.raises((ConnectionResetError, TimeoutError)):
        WRITES[name](Caller(fake))
    assert world(fake) == world(twin)


@pytest.mark.parametrize("name", WRITES)
def test_an_answer_that_comes_late_or_garbled(name: str) -> None:
    fake, twin, untouched = a_fake(), a_fake(), a_fake()
    WRITES[name](Caller(twin))
    with fake.fail(error="malformed"):
        WRITES[name](Caller(fake))
    assert world(fake) == world(untouched)
    with fake.fail(error="slow", rate=1):
        WRITES[name](Caller(fake))
    assert world(fake) == world(twin)


def test_the_retry_of_a_lost_run_is_refused_as_a_duplicate() -> None:
    fake = a_fake()
    fake.fail("run", status=504, when="after")
    client = Caller(fake)
    answers = [WRITES["POST /api/run.json"](client) for _ in range(2)]
    assert [(answer.status, answer.reason) for answer in answers] == [(504, "Gateway Time-out"), (400, "Bad Request")]
    assert answers[1].json["message"] == "b already scheduled"
    assert [job.key for job in fake.scheduled(spider="b")] == ["1/2/1"]


def test_a_refusal_that_is_lost_is_as_one_that_came() -> None:
    fake, twin = a_fake(), a_fake()
    fake.fail("run", status=504, when="after")
    assert form("run.json", spider="a")(Caller(fake)).status == 504
    assert form("run.json", spider="a")(Caller(twin)).status == 400
    assert fake.calls[-1].failed == "after the refusal"
    assert world(fake) == world(twin)


def test_a_defect_of_ours_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    fake = a_fake()
    monkeypatch.setattr(behind(fake).cloud.scheduling, "schedule", broken)
    fake.fail("run", status=504, when="after")
    assert WRITES["POST /api/run.json"](Caller(fake)).status == 500
    with pytest.raises(RuntimeError, match=r"POST /api/run\.json"):
        behind(fake).raise_unseen()
