"""One job, two wires: whatever dash and storage do to jobs, every view of both agrees with one plain model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from fakejobs import FakeJobs, ManualClock
from fakejobs.access import DEFAULT_USER
from fakejobs.domain.clock import Millis
from fakejobs.fake import behind
from tests.contract.caller import Answer, Caller

START = 1_446_000_000_000
PROJECTS = (1, 2)
SPIDERS = ("a", "b")
TAGS = ("x", "y")
LISTED = ("pending", "running", "finished")
STATES = (*LISTED, "deleted")
ACTIVE = ("pending", "running")
BORN = {"pending": "job:scheduled", "running": "job:started", "finished": "job:completed"}
SIGNED = {"pending": "scheduled_by", "running": "started_by", "finished": "completed_by", "deleted": "deleted_by"}
BECAME = {"running": "job:started", "finished": "job:completed", "deleted": "job:deleted"}
ALL = "&".join(f"state={state}" for state in STATES)

projects = st.sampled_from(PROJECTS)
spiders = st.sampled_from(SPIDERS)
tags = st.lists(st.sampled_from(TAGS), max_size=2, unique=True)
arguments = st.dictionaries(st.just("page"), st.sampled_from(("1", "2")))
uniques = st.sampled_from((None, None, "u1", "u2"))
numbers = st.integers(0, 30)
later_states = st.sampled_from(STATES[1:])


@dataclass
class Plain:
    """A job of the model. facts: its metadata but for project, spider, state and tags; order: grows with every change of state."""

    key: str
    project: int
    spider: str
    state: str
    order: int
    touched: int
    dash: bool
    tags: list[str]
    args: dict[str, str]
    unique: str | None
    facts: dict[str, Any]
    stopping: bool = False
    updated: int | None = None
    items: list[dict[str, Any]] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)

    @property
    def since(self) -> int:
        moment: int = self.facts[f"{self.state}_time"]
        return moment

    @property
    def counters(self) -> dict[str, int]:
        """The counters above 0."""
        errors = sum(level >= 40 for level in self.levels)
        counted = {"items": len(self.items), "errors": errors, "logs": len(self.levels)}
        return {name: count for name, count in counted.items() if count}

    def metadata(self) -> dict[str, Any]:
        shown = {"project": self.project, "spider": self.spider, "state": self.state, **self.facts}
        if self.args:
            shown["spider_args"] = self.args
        if self.tags or self.dash:
            shown["tags"] = self.tags
        if self.dash:
            base = "http://127.0.0.1"
            shown |= {"spider_type": "manual", "api_url": f"{base}/api/", "portia_url": f"{base}/portia/", "portia_stack_version": "latest"}
        return shown

    def queue_row(self, now: int) -> dict[str, Any]:
        times = {name: value for name, value in self.facts.items() if name.endswith("_time") or name == "close_reason"}
        row = {"key": self.key, "state": self.state, "spider": self.spider, "ts": self.since, "elapsed": max(1, now - self.since)}
        return {**row, **times, **self.counters, **({"tags": self.tags} if self.tags else {})}

    def dash_row(self, now: int) -> dict[str, Any]:
        started, ended = self.facts.get("running_time"), self.facts.get("finished_time")
        row = {
            "id": self.key,
            "state": self.state,
            "spider": self.spider,
            "spider_type": "manual",
            "priority": self.facts["priority"],
            "tags": self.tags,
            "items_scraped": len(self.items),
            "responses_received": 0,
            "errors_count": self.counters.get("errors", 0),
            "elapsed": now - self.touched,
        }
        row |= {"logs": len(self.levels)} if self.levels else {}
        row |= {"close_reason": self.facts["close_reason"]} if "close_reason" in self.facts else {}
        row |= {"spider_args": self.args} if self.args else {}
        row |= {"started_time": iso(started)} if started is not None else {}
        updated = self.updated if self.updated is not None or started is None else ended or started
        return row | ({"updated_time": iso(updated)} if updated is not None else {})


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


class Model:
    """What both wires should show."""

    def __init__(self) -> None:
        self.now = START
        self.jobs: list[Plain] = []
        self.ids: dict[int, list[str]] = {project: [] for project in PROJECTS}
        self.given: dict[tuple[int, str], int] = {}
        self.events: dict[int, list[dict[str, str]]] = {project: [] for project in PROJECTS}
        self.changes = 0

    def log(self, event: str, job: Plain) -> None:
        self.events[job.project].insert(0, {"event": event, "job": job.key, "user": DEFAULT_USER})

    def of(self, project: int, *states: str, spider: str | None = None) -> list[Plain]:
        """Jobs, newest change of state first."""
        found = [job for job in self.jobs if job.project == project and job.state in states and spider in (None, job.spider)]
        return sorted(found, key=lambda job: (job.since, job.order), reverse=True)

    def born(self, project: int, spider: str, state: str, *, dash: bool, **fields: Any) -> Plain | None:
        names = self.ids[project]
        if spider not in names:
            names.append(spider)
        self.given[project, spider] = self.given.get((project, spider), 0) + 1
        key = f"{project}/{names.index(spider) + 1}/{self.given[project, spider]}"
        self.changes += 1
        facts = {"priority": fields.pop("priority", 2), "units": 1, f"{state}_time": self.now, SIGNED[state]: DEFAULT_USER}
        job = Plain(key, project, spider, state, self.changes, self.now, dash, facts=facts, **fields)
        active = self.of(project, *ACTIVE)
        twins = [twin for twin in active if (twin.spider, twin.args) == (spider, job.args)] if dash else []
        if twins or (job.unique is not None and any(twin.unique == job.unique for twin in active)):
            return None
        self.jobs.append(job)
        if state in BORN:
            self.log(BORN[state], job)
        return job

    def become(self, job: Plain, state: str) -> None:
        """Change the state, if it is another one; without a reason."""
        if state == job.state:
            return
        if state == "finished" and job.state == "running":
            job.updated = self.now
        self.changes += 1
        job.state, job.order, job.touched = state, self.changes, self.now
        job.facts |= {f"{state}_time": self.now, SIGNED[state]: DEFAULT_USER}
        self.log(BECAME[state], job)

    def can_become(self, job: Plain, state: str) -> bool:
        return state == job.state or (job.state, state) in {
            ("pending", "running"),
            ("pending", "finished"),
            ("running", "finished"),
            ("finished", "deleted"),
        }

    def cancel(self, job: Plain) -> bool:
        if job.state not in ACTIVE:
            return False
        job.touched = self.now
        job.facts["cancelled_by"] = DEFAULT_USER
        if job.state == "pending":
            self.changes += 1
            job.state, job.order = "finished", self.changes
            job.facts |= {"finished_time": self.now, "close_reason": "cancelled"}
        else:
            job.stopping = True
        self.log("job:cancelled", job)
        return True

    def tag(self, job: Plain, add: list[str], remove: list[str]) -> None:
        kept = [tag for tag in job.tags if tag not in remove]
        job.tags = [*kept, *(tag for tag in add if tag not in kept)]
        job.touched = self.now


def lines(answer: Answer) -> list[Any]:
    """Return the lines of a good answer of storage."""
    assert answer.status == 200, answer.text
    return [json.loads(line) for line in answer.body.splitlines()]


class TwoWires(RuleBasedStateMachine):
    """Rules act by either wire; no verb of Python changes anything."""

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeJobs(clock=ManualClock(Millis(START)), patience=None)
        self.wire = Caller(self.fake)
        self.model = Model()

    def pick(self, number: int) -> Plain:
        return self.model.jobs[number % len(self.model.jobs)]

    def post(self, path: str, *rows: Any) -> Answer:
        return self.wire.send("POST", path, body="\n".join(map(json.dumps, rows)).encode())

    def see(self, path: str) -> list[Any]:
        path, _, query = path.partition("?")
        return lines(self.wire.send("GET", path, query=query.encode()))

    # ------------------------------------------------------------ births

    @rule(project=projects, spider=spiders, state=st.sampled_from(LISTED), tags=tags, args=arguments, priority=st.integers(0, 4))
    def run(self, project: int, spider: str, state: str, tags: list[str], args: dict[str, str], priority: int) -> None:
        job = self.model.born(project, spider, state, dash=True, tags=tags, args=args, priority=priority, unique=None)
        fields = {"project": project, "spider": spider, "priority": priority, "meta": json.dumps({"state": state})}
        answer = self.wire.post("run.json", [*fields.items(), *(("add_tag", tag) for tag in tags), *args.items()])
        if job is None:
            assert (answer.status, answer.json["message"]) == (400, f"{spider} already scheduled")
        else:
            assert answer.json == {"status": "ok", "jobid": job.key}

    @rule(project=projects, rows=st.lists(st.tuples(spiders, st.sampled_from(STATES), tags, arguments, uniques), min_size=1, max_size=3))
    def push(self, project: int, rows: list[tuple[str, str, list[str], dict[str, str], str | None]]) -> None:
        names = ("spider", "state", "tags", "spider_args", "unique")
        asked = [dict(zip(names, row, strict=True)) for row in rows]
        born = [self.model.born(project, s, state, dash=False, tags=t, args=args, unique=u) for s, state, t, args, u in rows]
        for row, job, answer in zip(asked, born, lines(self.post(f"/jobq/{project}/push", *asked)), strict=True):
            if job is None:
                assert answer == {"request": row, "error": f"Active job exists with key {row['unique']}"}
            else:
                assert (answer["key"], answer["auth"] is not None) == (job.key, job.state == "running")

    @rule(project=projects, spider=spiders)
    def name(self, project: int, spider: str) -> None:
        names = self.model.ids[project]
        if spider not in names:
            names.append(spider)
        answer = self.wire.get(f"/ids/{project}/spider/{spider}", {"create": "1"})
        assert answer.json == names.index(spider) + 1

    # ------------------------------------------------------------ steps

    @rule(project=st.none() | projects)
    def start(self, project: int | None) -> None:
        pending = [job for number in PROJECTS if project in (None, number) for job in self.model.of(number, "pending")]
        answer = self.post("/jobq/startjob" if project is None else f"/jobq/{project}/startjob", {})
        if not pending:
            assert (answer.status, answer.body) == (200, b"")
            return
        job = min(pending, key=lambda job: (-job.facts["priority"], job.since, job.order))
        self.model.become(job, "running")
        job.facts["_shub_worker"] = "fakejobs"
        assert (answer.json["key"], answer.json["state"], answer.json["spider"]) == (job.key, "running", job.spider)

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, state=later_states, reason=st.none() | st.sampled_from(("finished", "failed")))
    def update(self, number: int, state: str, reason: str | None) -> None:
        job = self.pick(number)
        fields = {} if reason is None or state != "finished" else {"close_reason": reason}
        answer = self.post(f"/jobq/{job.project}/update", {"key": job.key, "state": state, **fields})
        if not self.model.can_become(job, state):
            assert (answer.status, job.key in answer.json["message"]) == (400, True)
            return
        assert lines(answer) == [{"prevstate": job.state, "key": job.key}]
        self.model.become(job, state)
        job.facts |= fields

    @rule(project=projects, place=st.integers(1, 2), state=later_states)
    def update_spider(self, project: int, place: int, state: str) -> None:
        names = self.model.ids[project]
        spider = names[place - 1] if place <= len(names) else None
        meant = self.model.of(project, *LISTED, spider=spider)[::-1] if spider else []
        answer = self.post(f"/jobq/{project}/update", {"key": f"{project}/{place}", "state": state})
        if not all(self.model.can_become(job, state) for job in meant):
            assert answer.status == 400
            return
        assert lines(answer) == [{"prevstate": job.state, "key": job.key} for job in meant]
        for job in meant:
            self.model.become(job, state)

    @precondition(lambda self: self.model.jobs)
    @rule(chosen=st.lists(numbers, min_size=1, max_size=3), way=st.sampled_from(("stop", "array", "one", "count")))
    def cancel(self, chosen: list[int], way: str) -> None:
        jobs = [self.pick(number) for number in chosen]
        project = jobs[0].project
        mine = list({job.key: job for job in jobs if job.project == project}.values())
        if way == "stop":
            answer = self.wire.post("jobs/stop.json", [("project", project), *(("job", job.key) for job in jobs), ("job", "1/9/9")])
            assert answer.json == {"status": "ok"}
            mine = [job for job in mine if job.state != "deleted"]
        elif way == "array":
            answer = self.post(f"/jobq/{project}/cancel", [{"key": job.key} for job in jobs])
        elif way == "one":
            mine = mine[:1]
            answer = self.post(f"/jobq/{mine[0].key}/cancel")
        else:
            turns = sorted(self.model.of(project, "pending"), key=lambda job: (-job.facts["priority"], job.since, job.order))
            mine = turns[: len(chosen)]
            answer = self.wire.send("POST", f"/jobq/{project}/cancel", query=f"count={len(chosen)}".encode())
        cancelled = [self.model.cancel(job) for job in mine]
        if way != "stop":
            assert answer.json == {"count": sum(cancelled)}

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, dash=st.booleans())
    def delete(self, number: int, dash: bool) -> None:
        job = self.pick(number)
        if dash:
            answer = self.wire.post("jobs/delete.json", [("project", job.project), ("job", job.key)])
            assert answer.json == {"status": "ok", "count": int(job.state == "finished")}
        else:
            answer = self.wire.send("DELETE", f"/jobs/{job.key}")
            assert answer.status == (400 if job.state in ACTIVE else 200)
        if job.state == "finished":
            self.model.become(job, "deleted")

    # ------------------------------------------------------------ what jobs are told and what they write

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, add=tags, remove=tags)
    def tag(self, number: int, add: list[str], remove: list[str]) -> None:
        job = self.pick(number)
        changes = [*(("add_tag", tag) for tag in add), *(("remove_tag", tag) for tag in remove)]
        answer = self.wire.post("jobs/update.json", [("project", job.project), ("job", job.key), *changes])
        if not changes:
            assert answer.reason == "No update modifiers provided"
        else:
            assert answer.json == {"status": "ok", "count": int(job.state != "deleted")}
            if job.state != "deleted":
                self.model.tag(job, add, remove)

    @precondition(lambda self: self.model.jobs)
    @rule(
        number=numbers, fields=st.fixed_dictionaries({}, optional={"note": st.integers(0, 3), "priority": st.integers(0, 4), "tags": tags})
    )
    def write_metadata(self, number: int, fields: dict[str, Any]) -> None:
        job = self.pick(number)
        assert self.post(f"/jobs/{job.key}", {**fields, "state": "running", "key": "1/1/1"}).status == 200
        job.tags = fields.pop("tags", job.tags)
        job.facts |= fields

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, name=st.sampled_from(("note", "tags", "priority", "nothing")))
    def delete_metadata(self, number: int, name: str) -> None:
        job = self.pick(number)
        assert self.wire.send("DELETE", f"/jobs/{job.key}/{name}").status == 200
        if name == "tags":
            job.tags = []
        elif name != "priority":
            job.facts.pop(name, None)

    @rule(number=numbers, items=st.lists(st.integers(0, 9), max_size=3), levels=st.lists(st.sampled_from((10, 20, 40, 50)), max_size=3))
    def write_records(self, number: int, items: list[int], levels: list[int]) -> None:
        running = [job for job in self.model.jobs if job.state == "running"]
        if not running:
            return
        job = running[number % len(running)]
        new = [{"n": value} for value in items]
        assert self.post(f"/items/{job.key}", *new).status == 200
        assert self.post(f"/logs/{job.key}", *({"level": level, "message": "m", "time": 1} for level in levels)).status == 200
        job.items += new
        job.levels += levels
        if items or levels:
            job.updated = job.touched = self.model.now

    @rule(by_ms=st.integers(0, 5000))
    def advance(self, by_ms: int) -> None:
        self.model.now += by_ms
        self.fake.clock.advance(milliseconds=by_ms)

    @rule()
    def reload(self) -> None:
        """Go on with a fake that was loaded from this one's dump."""
        twin = FakeJobs(clock=ManualClock(Millis(self.model.now)), patience=None)
        twin.load(self.fake.dump())
        assert twin.dump() == self.fake.dump()
        self.fake, self.wire = twin, Caller(twin)

    # ------------------------------------------------------------ looks

    @rule(
        project=projects,
        spider=st.none() | spiders,
        states=st.lists(st.sampled_from(STATES)),
        tag=st.sampled_from(TAGS),
        lacks=st.booleans(),
    )
    def look_by_filter(self, project: int, spider: str | None, states: list[str], tag: str, lacks: bool) -> None:
        name = "lacks_tag" if lacks else "has_tag"
        pairs: list[tuple[str, Any]] = [(name, tag), *(("spider", spider) for _ in range(spider is not None))]
        pairs += [("state", state) for state in states]
        for by_dash, shown in ((True, states or LISTED), (False, states or ("finished",))):
            wanted = {job.key for job in self.model.of(project, *shown, spider=spider) if (tag in job.tags) != lacks}
            if by_dash:
                rows = self.wire.get("jobs/list.json", [("project", project), *pairs]).json["jobs"]
                assert {row["id"] for row in rows} == wanted
                assert self.wire.get("jobs/count.json", [("project", project), *pairs]).json["total"] == len(wanted)
            else:
                assert {row["key"] for row in lines(self.wire.get(f"/jobq/{project}/list", pairs))} == wanted
                assert self.wire.get(f"/jobq/{project}/count", pairs).json == len(wanted)

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers)
    def look_at_a_job(self, number: int) -> None:
        job = self.pick(number)
        [shown] = self.see(f"/jobs/{job.key}")
        assert shown == job.metadata()
        assert {name: self.wire.get(f"/jobs/{job.key}/{name}").json for name in shown} == shown
        assert self.fake.metadata(job.key).items() <= shown.items()
        assert self.see(f"/items/{job.key}") == self.fake.items(job.key) == job.items
        assert self.wire.get("items.json", {"project": job.project, "job": job.key}).json == job.items
        assert [row["level"] for row in self.see(f"/logs/{job.key}")] == job.levels

    @rule(project=projects)
    def look_at_summaries(self, project: int) -> None:
        by_state = {state: self.model.of(project, state) for state in LISTED}
        for line in self.see(f"/jobq/{project}/summary"):
            jobs = by_state[line["name"]]
            assert (line["count"], line["summary"]) == (len(jobs), [job.queue_row(self.model.now) for job in jobs[:5]])
        counts = {state: len(jobs) for state, jobs in by_state.items()}
        shown = self.wire.get(f"/projects/{project}/jobsummary").json
        assert shown == {
            **counts,
            "project": project,
            "running_units_count": counts["running"],
            "pending_units_max": 1 if counts["pending"] else None,
            "has_capacity": True,
        }
        last = [next(iter(self.model.of(project, "finished", spider=spider)), None) for spider in self.model.ids[project]]
        wanted = [job.queue_row(self.model.now) for job in last if job is not None]
        assert self.see(f"/spiders/{project}/lastjobsummary") == wanted
        ids = [self.wire.get(f"/ids/{project}/spider/{spider}").json for spider in self.model.ids[project]]
        assert ids == list(range(1, len(ids) + 1))
        listed = [row["id"] for row in self.wire.get("spiders/list.json", {"project": project}).json["spiders"]]
        assert listed == self.model.ids[project]

    @invariant()
    def both_lists_and_the_activity_are_as_in_the_model(self) -> None:
        for project in PROJECTS:
            jobs = self.model.of(project, *STATES)
            assert self.see(f"/jobq/{project}/list?{ALL}") == [job.queue_row(self.model.now) for job in jobs]
            by_rank = sorted(jobs, key=lambda job: STATES.index(job.state))
            rows = self.wire.send("GET", "jobs/list.json", query=f"project={project}&{ALL}".encode()).json["jobs"]
            assert rows == [job.dash_row(self.model.now) for job in by_rank]
            assert self.see(f"/activity/{project}") == self.fake.activity(project=project) == self.model.events[project]

    @invariant()
    def the_store_is_sound(self) -> None:
        behind(self.fake).cloud.world.store.check()
        assert behind(self.fake).unseen.defects == []


def test_both_wires_show_the_same_jobs() -> None:
    run_state_machine_as_test(
        TwoWires, settings=settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    )
