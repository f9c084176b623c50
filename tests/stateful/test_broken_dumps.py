"""Dumps that somebody has edited: what is wrong in one is a SeedError that names the step; what is accepted breaks no request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fakejobs import FakeJobs, JobState, ManualClock, SeedError
from fakejobs.domain.clock import LATEST, Millis
from fakejobs.fake import behind
from tests.contract.caller import Caller

NOW = 1_446_000_000_000
HUGE = "a number that Python does not write"
Path = tuple[Any, ...]


def lived_in() -> list[dict[str, Any]]:
    """Return the dump of a fake in which all nouns hold something, and jobs are at all steps of their lives."""
    fake = FakeJobs(clock=ManualClock(Millis(NOW)))
    fake.add_key("k" * 16, user="ann", projects=[1, 2])
    fake.add_project(2, units=1)
    fake.add_spider("a", project=1, tags=["t"])
    fake.script("a", pending=1, running=100, stopping=5, items=[{"n": n} for n in range(4)], outcomes=["no_data", "finished"])
    fake.script("a", project=1, spider_args={"x": "1"}, logs=["ERROR oops", ("INFO", "x")], requests=[{"url": "u"}], pages=9)
    fake.script("b", samples=[[NOW, 1]], close_reason="bored", ignores_stop=True, running=50)
    fake.pace(project=2, running=1000)
    jobs = [fake.add_job("a", project=1, spider_args={"x": "1"}), fake.add_job("b", project=1), fake.add_job("c", project=2)]
    fake.add_job("c", project=2, units=1, priority=4)
    fake.advance(seconds=30)
    fake.cancel_job(jobs[1])
    fake.add_job("a", project=1, meta={"m": [1]}, environment={"E": "e"}, job_settings={"S": 1}, tags=["u"])
    done = fake.add_job("d", project=1, state="finished", items=[{"x": 1}], logs=["WARNING w"])
    fake.add_requests(done, [{"url": "u", "status": 200}])
    fake.add_samples(done, [[NOW, 1]])
    fake.add_job("d", project=1, state="deleted")
    fake.add_collection("c", project=1, items=[{"_key": "k", "v": 1}])
    fake.add_to_frontier("f", "s", project=1, requests=[{"fp": "1", "p": 2, "qdata": {"q": 1}, "fdata": 3}, {"fp": "2"}])
    fake.add_activity([{"event": "x", "n": 1}], project=1)
    fake.update_settings({"S": {"deep": [1]}}, project=1)
    fake.add_egg("lib", project=1, version="1", content=b"egg")
    fake.add_deploy(project=1, version="2", files=[{"field": "requirements", "filename": "r", "content": b"six"}])
    fake.expect_deploy(project=1, spiders=["e"])
    fake.add_report(done, "r", content=b"x")
    return fake.dump()


DUMP = lived_in()
RESTORING = [number for number, step in enumerate(DUMP) if next(iter(step)).startswith("restore_")]


def paths_of(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where the values within a value stand."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from paths_of(part, (*path, name))


PATHS = {number: list(paths_of(step))[2:] for number, step in enumerate(DUMP)}
"""By step: where something stands below its verb."""
NUMBERS = (0, 1, -1, -5, 3, 10**18, 10**30, 0.5, -2.5, 1e308, float("nan"), float("inf"), NOW, NOW + 1, LATEST, LATEST + 1)
TEXTS = ("", "x", HUGE, "0", "1/1/1", "2/1/1", "finished", "\0", "\ud800", "0" * 70, "2024-01-01T00:00:00Z")
LEAVES = st.sampled_from([None, True, False, *NUMBERS, *TEXTS])
NAMES = st.sampled_from(["a", "_ts", "_key", "fp", "url", "id", "rule", "0"])
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "_ts", "_key", "fp", "url", "id", "rule", "0"]), inner)
    ),
    max_leaves=4,
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[int, Path, str, Any]:
    """Draw an edit: in which step, where, what kind, and with what."""
    number = draw(st.sampled_from(RESTORING) | st.sampled_from(range(len(DUMP))))
    return number, draw(st.sampled_from(PATHS[number])), draw(st.sampled_from(["put", "put", "drop", "add", "twice"])), draw(ANYTHING)


def edited(steps: list[dict[str, Any]], number: int, path: Path, kind: str, value: Any) -> None:
    """Carry out an edit, as far as it makes sense where it is to be."""
    place: Any = steps[number]
    for name in path[:-1]:
        if isinstance(name, str):
            place = place.get(name) if isinstance(place, dict) else None
        else:
            place = place[name] if isinstance(place, list) and name < len(place) else None
    last = path[-1]
    there = last in place if isinstance(place, dict) else isinstance(place, list) and isinstance(last, int) and last < len(place)
    if not there:
        return
    if kind == "put":
        place[last] = 10**5000 if value == HUGE else value
    elif kind == "drop":
        del place[last]
    elif kind == "twice" and isinstance(place, list):
        place.append(deepcopy(place[last]))
    elif isinstance(place[last], dict):
        place[last]["odd"] = value
    elif isinstance(place[last], list):
        place[last].append(value)


READS = (
    "/jobq/1/list",
    "/jobq/1/summary",
    "/jobq/2/list",
    "/jobq/2/count",
    "/jobs/1/1/1",
    "/jobs/1/3/1",
    *(f"/{kind}/{what}" for kind in ("items", "logs", "requests", "samples") for what in ("1", "1/1/1", "1/3/1")),
    *(f"/{kind}/1/3/1/stats" for kind in ("items", "logs", "requests")),
    "/logs/1/3/1?format=text",
    "/items/1/3/1?format=csv&fields=x",
    "/collections/1/s/c",
    "/hcf/1/f/s/s/q",
    "/hcf/1/f/list",
    "/activity/1",
    "/activity/projects?p=1",
    "/projects/1/settings",
    "/api/jobs/list.json?project=1",
    "/api/jobs/count.json?project=2",
    "/api/spiders/list.json?project=1",
    "/api/eggs/list.json?project=1",
    "/api/eggs/bundle.zip?project=1",
    "/api/migrate-eggs.zip?project=1",
    "/api/scrapyd/listprojects.json",
)
WRITES = (
    ("/jobq/2/startjob", b"{}"),
    ("/items/1/3/1", b'{"n": 1}'),
    ("/logs/1/1/1", b'{"message": "m"}'),
    ("/hcf/1/f/s/s", b'{"fp": "9"}'),
    ("/activity/1", b'{"event": "e"}'),
    ("/jobq/1/push", b'{"spider": "a"}'),
)


def used(fake: FakeJobs) -> None:
    """Do with a fake what clients and tests do; whatever it answers, nothing of it may break."""
    wire = Caller(fake, key=fake.key)
    for days in (0, 1, 4000):
        fake.advance(days=days)
        for target in READS:
            path, _, query = target.partition("?")
            answer = wire.send("GET", path, query=query.encode())
            assert answer.status in (200, 404, 204), (target, answer)
        for path, body in WRITES:
            answer = wire.send("POST", path, body=body)
            assert answer.status in (200, 204, 400), (path, answer)
    str(fake.timeline())
    fake.timeline().svg()
    for job in fake.list_jobs(state=list(JobState)):
        fake.metadata(job)
        fake.items(job)
        fake.logs(job)
    json.dumps(fake.dump())
    FakeJobs(clock=ManualClock(Millis(NOW)), seed=fake.dump())
    fake.finish_all()
    assert behind(fake).unseen.defects == []
    behind(fake).cloud.world.store.check()


def test_a_dump_as_it_is_breaks_nothing() -> None:
    used(FakeJobs(clock=ManualClock(Millis(NOW)), seed=DUMP))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(edits(), min_size=1, max_size=2))
@example([(RESTORING[-1], ("restore_pacing", "plans", 0, "ready_at"), "put", "x")])
@example([(RESTORING[-1], ("restore_pacing", "runs", "0"), "put", -5)])
def test_an_edited_dump_is_refused_with_its_place_or_breaks_nothing(changes: list[tuple[int, Path, str, Any]]) -> None:
    steps = deepcopy(DUMP)
    for change in changes:
        edited(steps, *change)
    fake = FakeJobs(clock=ManualClock(Millis(NOW)))
    refusal = ""
    try:
        fake.load(steps)
    except SeedError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith("seed[")
        assert fake.dump() == []
    else:
        used(fake)
