"""Jobs that live by themselves, against a plain model that goes through time millisecond by millisecond.

Two fakes do the same: one leaps over each span of time at once, now and then as a fake loaded from its own dump; the other
goes in steps of a millisecond and is looked at all the time. Both must be what the model is, and the same byte for byte.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from fakejobs import FakeJobs, ManualClock
from fakejobs.domain import pacing
from fakejobs.domain.clock import Millis
from fakejobs.fake import behind
from tests.contract.caller import Answer, Caller

START = 1_446_000_000_000
PROJECTS = (1, 2)
SPIDERS = ("a", "b")
MANY = 12
"""So many jobs are enough."""
TIMEOUT = 25
"""Milliseconds after which a job that ignores a stop is killed, here."""

projects = st.sampled_from(PROJECTS)
spiders = st.sampled_from(SPIDERS)
spider_args = st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"), max_size=2)
numbers = st.integers(0, 30)
spans = st.none() | st.integers(0, 20)
units = st.integers(1, 3)
moments = st.sampled_from((0, 0, 1, 3, 8))
new_jobs = st.tuples(
    projects,
    spiders,
    spider_args,
    st.integers(0, 4),
    units,
    st.sampled_from(("pending", "pending", "running")),
    st.sampled_from(("add_job", "run.json", "push")),
)
SPAN_FIELDS = {"pending": spans, "running": spans, "stopping": st.none() | st.integers(0, 8), "ignores_stop": st.booleans()}
SCRIPT_FIELDS = {
    **SPAN_FIELDS,
    "items": st.integers(0, 5),
    "logs": st.lists(st.sampled_from(("INFO", "ERROR")), max_size=4),
    "pages": st.integers(0, 12),
    "close_reason": st.none() | st.sampled_from(("banned", "failed")),
    "outcomes": st.lists(st.sampled_from(("one", "two", "three")), min_size=1, max_size=3),
}
STATES_OF = {
    "start": ("pending",),
    "finish": ("pending", "running"),
    "stop": ("pending", "running"),
    "delete": ("finished",),
    "edit": ("pending", "running"),
    "write": ("running",),
    "tag": ("pending", "running", "finished"),
}
CALLABLE = ("running", "ignores_stop", "items", "pages", "close_reason")


@dataclass(eq=False)
class Plain:
    """A job of the model: what it is, what the rules said of it, and what is due."""

    key: str
    project: int
    spider: str
    args: dict[str, str]
    priority: int
    units: int
    born: int
    order: int
    state: str = "pending"
    fields: dict[str, Any] | None = None
    ready_at: int | None = None
    waits: bool = False
    started: int | None = None
    ended: int | None = None
    known: bool = False
    stop_at: int | None = None
    end_at: int | None = None
    end_reason: str | None = None
    reason: str | None = None
    stopped: bool = False
    written: int = 0

    def came(self, total: int, now: int) -> int:
        """Count what of so many things has come: each takes its share of the running time."""
        if self.fields is None or self.started is None or not self.known:
            return 0
        span = self.fields.get("running")
        if span is None:
            return total if self.ended is not None else 0
        until = now if self.ended is None else self.ended
        return sum(1 for number in range(1, total + 1) if number * span <= (until - self.started) * total)


@dataclass
class Model:
    """What the fakes should hold."""

    now: int = START
    jobs: list[Plain] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    limits: dict[int, int] = field(default_factory=dict)
    runs: dict[int, int] = field(default_factory=dict)
    agenda: list[tuple[int, str, Any]] = field(default_factory=list)
    ids: dict[int, list[str]] = field(default_factory=dict)
    given: dict[tuple[int, str], int] = field(default_factory=dict)
    changes: int = 0

    # ------------------------------------------------------------ time

    def tick(self) -> None:
        self.settle()
        self.now += 1
        self.settle()

    def settle(self) -> None:
        """Do what is due, the earliest first, of one moment what was noted first."""
        while due := [entry for entry in self.agenda if entry[0] <= self.now]:
            entry = min(due, key=lambda entry: entry[0])
            self.agenda.remove(entry)
            at, what, about = entry
            if what == "admit":
                self.admit(about, at)
            elif what == "ready" and about.state == "pending" and about.ready_at == at:
                about.ready_at = None
                about.waits = about.project in self.limits
                if about.waits:
                    self.admit(about.project, at)
                else:
                    self.start(about, at)
            elif what == "script" and about.state == "running":
                self.script(about)
            elif what == "end" and about.state == "running" and about.end_at == at:
                self.finish(about, at, about.end_reason)

    # ------------------------------------------------------------ rules

    def fields_of(self, job: Plain) -> dict[str, Any] | None:
        covering = [
            each
            for each in self.rules
            if each["project"] in (None, job.project)
            and each["spider"] in (None, job.spider)
            and (each["args"] or {}).items() <= job.args.items()
        ]
        if not covering:
            return None
        names = {name for each in covering for name in each["fields"]}
        near = {name: max((each for each in covering if name in each["fields"]), key=self.nearness) for name in names}
        return {name: each["fields"][name] for name, each in near.items()} | {
            "rule": self.rules.index(near["reason"]) if "reason" in near else None
        }

    def nearness(self, each: dict[str, Any]) -> tuple[int, bool, bool, int]:
        return len(each["args"] or {}), each["spider"] is not None, each["project"] is not None, self.rules.index(each)

    # ------------------------------------------------------------ the life of jobs

    def add(self, project: int, spider: str, args: dict[str, str], priority: int, wanted: int) -> Plain:
        names = self.ids.setdefault(project, [])
        if spider not in names:
            names.append(spider)
        number = self.given[project, spider] = self.given.get((project, spider), 0) + 1
        job = Plain(f"{project}/{names.index(spider) + 1}/{number}", project, spider, args, priority, wanted, self.now, self.change())
        self.jobs.append(job)
        return job

    def change(self) -> int:
        self.changes += 1
        return self.changes

    def schedule(self, job: Plain) -> None:
        job.fields = self.fields_of(job)
        wait = None if job.fields is None else job.fields.get("pending", 0)
        if wait is not None:
            job.ready_at = job.born + wait
            self.agenda.append((job.ready_at, "ready", job))

    def start(self, job: Plain, at: int) -> None:
        job.state, job.started, job.order, job.waits, job.ready_at = "running", at, self.change(), False, None
        if job.fields is None:
            job.fields = self.fields_of(job)
        if job.fields is not None:
            self.agenda.append((at, "script", job))

    def script(self, job: Plain) -> None:
        job.known = True
        assert job.fields is not None
        reason = job.fields.get("reason")
        if isinstance(reason, list):
            run = self.runs[job.fields["rule"]] = self.runs.get(job.fields["rule"], 0) + 1
            job.fields = {**job.fields, "reason": reason[min(run, len(reason)) - 1]}
        self.plan_end(job)

    def plan_end(self, job: Plain) -> None:
        assert job.fields is not None
        assert job.started is not None
        ends: list[tuple[int, str | None]] = []
        ignores, span, stopping = job.fields.get("ignores_stop"), job.fields.get("running"), job.fields.get("stopping", 0)
        if span is not None:
            ends.append((job.started + span, job.fields.get("reason") or ("finished" if ignores else None)))
        if job.stop_at is not None and ignores:
            ends.append((job.stop_at + TIMEOUT, "cancel_timeout"))
        elif job.stop_at is not None and stopping is not None:
            ends.append((job.stop_at + (stopping or 1), None))
        if ends:
            end = min(ends, key=lambda end: end[0])
            if end[0] != job.end_at:
                self.agenda.append((end[0], "end", job))
            job.end_at, job.end_reason = end

    def stop(self, job: Plain) -> None:
        if job.state == "pending":
            self.over(job, self.now, "cancelled")
        elif job.state == "running":
            job.stopped = True
            if job.fields is not None and job.stop_at is None:
                job.stop_at = self.now
                if job.known:
                    self.plan_end(job)

    def finish(self, job: Plain, at: int, reason: str | None) -> None:
        self.over(job, at, reason or ("cancelled" if job.stopped else "finished"))

    def over(self, job: Plain, at: int, reason: str) -> None:
        job.state, job.ended, job.reason, job.order, job.waits = "finished", at, reason, self.change(), False
        if job.project in self.limits:
            self.agenda.append((at, "admit", job.project))

    def edit(self, job: Plain, priority: int, wanted: int) -> None:
        if job.project in self.limits and (job.priority, job.units) != (priority, wanted):
            self.agenda.append((self.now, "admit", job.project))
        job.priority, job.units = priority, wanted

    # ------------------------------------------------------------ units

    def free(self, project: int) -> int:
        used = sum(job.units for job in self.jobs if job.project == project and job.state == "running")
        return self.limits.get(project, 10**6) - used

    def turns(self, project: int) -> list[Plain]:
        pending = [job for job in self.jobs if job.project == project and job.state == "pending"]
        return sorted(pending, key=lambda job: (-job.priority, job.born, job.order))

    def admit(self, project: int, at: int) -> None:
        while waiting := [job for job in self.turns(project) if job.waits]:
            if waiting[0].units > self.free(project):
                return
            self.start(waiting[0], at)

    def next_up(self, project: int) -> Plain | None:
        turns = self.turns(project)
        return turns[0] if turns and turns[0].units <= self.free(project) else None


def said(fields: dict[str, Any], *, callables: bool) -> dict[str, Any]:
    """Return fields as a test says them: seconds, records, callables."""
    given: dict[str, Any] = {}
    for name, value in fields.items():
        if name in ("pending", "running", "stopping"):
            given[name] = None if value is None else value / 1000
        elif name == "items":
            given[name] = [{"n": n} for n in range(value)]
        elif name == "logs":
            given[name] = [(level, "text") for level in value]
        else:
            given[name] = value
        if callables and name in CALLABLE:
            given[name] = lambda job, result=given[name]: result
    return given


def noted(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as the model has them: close_reason and outcomes are one."""
    return {"reason" if name in ("close_reason", "outcomes") else name: value for name, value in fields.items()}


def some_of(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.fixed_dictionaries({}, optional={name: values for name, values in fields.items() if name != "close_reason"})
    ends = st.fixed_dictionaries({}, optional={"close_reason": fields["close_reason"]} if "close_reason" in fields else {})
    return st.tuples(ends, some).map(lambda drawn: drawn[1] if "outcomes" in drawn[1] else {**drawn[0], **drawn[1]})


class Paces(RuleBasedStateMachine):
    """Rules drive both fakes and the model."""

    def __init__(self) -> None:
        super().__init__()
        self.leaping, self.stepping = (FakeJobs(clock=ManualClock(Millis(START)), patience=None) for _ in range(2))
        self.model = Model()
        self.callables = False

    @property
    def fakes(self) -> tuple[FakeJobs, FakeJobs]:
        return self.leaping, self.stepping

    def both(self, verb: str, *arguments: Any, **more: Any) -> None:
        for fake in self.fakes:
            getattr(fake, verb)(*arguments, **more)

    def ask(self, method: str, path: str, **more: Any) -> Answer:
        """Send a request to both fakes, which answer the same."""
        first, second = (Caller(fake).send(method, path, **more) for fake in self.fakes)
        assert first.body == second.body
        return first

    def post(self, path: str, pairs: Any) -> Answer:
        first, second = (Caller(fake).post(path, pairs) for fake in self.fakes)
        assert first.body == second.body
        return first

    def pick(self, number: int, *states: str) -> Plain | None:
        self.model.settle()
        found = [job for job in self.model.jobs if job.state in states]
        return found[number % len(found)] if found else None

    @initialize(
        callables=st.booleans(),
        wanted=st.integers(1, 5),
        pending=st.integers(0, 3),
        running=st.integers(5, 20),
        logs=st.lists(st.sampled_from(("INFO", "ERROR")), min_size=1, max_size=4),
        fields=some_of(SCRIPT_FIELDS),
        jobs=st.lists(new_jobs, min_size=4, max_size=4),
    )
    def begin(
        self,
        callables: bool,
        wanted: int,
        pending: int,
        running: int,
        logs: list[str],
        fields: dict[str, Any],
        jobs: list[tuple[int, str, dict[str, str], int, int, str, str]],
    ) -> None:
        """Begin with a world in which something happens: spans that most jobs share, a spider that writes, a project with units."""
        self.callables = callables
        self.limit(PROJECTS[0], wanted)
        self.pace(None, {"pending": pending, "running": running})
        self.script(SPIDERS[0], None, None, {"items": 5, "logs": logs, "pages": 12})
        self.script(SPIDERS[0], None, {"x": "1"}, fields)
        self.add_jobs(jobs, 2)

    # ------------------------------------------------------------ what is said

    @rule(
        verb=st.sampled_from(("pace", "script", "limit")),
        spider=spiders,
        project=st.none() | projects,
        args=st.none() | spider_args,
        spans=some_of(SPAN_FIELDS),
        fields=some_of(SCRIPT_FIELDS),
        wanted=st.integers(1, 5),
    )
    def say(
        self,
        verb: str,
        spider: str,
        project: int | None,
        args: dict[str, str] | None,
        spans: dict[str, Any],
        fields: dict[str, Any],
        wanted: int,
    ) -> None:
        if verb == "pace":
            self.pace(project, spans)
        elif verb == "script":
            self.script(spider, project, args, fields)
        else:
            self.limit(project or PROJECTS[0], wanted)

    def pace(self, project: int | None, fields: dict[str, Any]) -> None:
        self.both("pace", project=project, **said(fields, callables=self.callables))
        self.model.rules.append({"project": project, "spider": None, "args": None, "fields": noted(fields)})

    def script(self, spider: str, project: int | None, args: dict[str, str] | None, fields: dict[str, Any]) -> None:
        self.both("script", spider, project=project, spider_args=args, **said(fields, callables=self.callables))
        self.model.rules.append({"project": project, "spider": spider, "args": args, "fields": noted(fields)})

    def limit(self, project: int, wanted: int) -> None:
        self.model.settle()
        self.both("add_project", project, units=wanted)
        self.model.limits[project] = wanted
        self.model.agenda.append((self.model.now, "admit", project))

    # ------------------------------------------------------------ what is done

    @precondition(lambda self: len(self.model.jobs) < MANY)
    @rule(jobs=st.lists(new_jobs, min_size=1, max_size=4), then=moments)
    def add_jobs(self, jobs: list[tuple[int, str, dict[str, str], int, int, str, str]], then: int) -> None:
        for job in jobs:
            self.add(*job)
        self.advance(then)

    def add(self, project: int, spider: str, args: dict[str, str], priority: int, wanted: int, state: str, door: str) -> None:
        self.model.settle()
        args = {**args, "number": str(len(self.model.jobs))}
        job = self.model.add(project, spider, args, priority, wanted)
        if door == "add_job":
            more = {"spider_args": args, "priority": priority, "units": wanted, "state": state}
            assert [fake.add_job(spider, project=project, **more).key for fake in self.fakes] == [job.key] * 2  # type: ignore[arg-type]
        elif door == "run.json":
            pairs = {"project": project, "spider": spider, **args, "priority": priority, "units": wanted, "meta": f'{{"state": "{state}"}}'}
            assert self.post("run.json", pairs).json["jobid"] == job.key
        else:
            row = {"spider": spider, "spider_args": args, "priority": priority, "units": wanted, "state": state}
            for fake in self.fakes:  # their answers have tokens of their own
                assert Caller(fake).send("POST", f"/jobq/{project}/push", body=json.dumps(row).encode()).json["key"] == job.key
        if state == "pending":
            self.model.schedule(job)
        else:
            self.model.changes -= 1  # its birth is its start
            self.model.start(job, self.model.now)
        if door == "push" and project in self.model.limits and (priority, wanted) != (2, 1):
            self.model.agenda.append((self.model.now, "admit", project))

    @rule(project=projects)
    def startjob(self, project: int) -> None:
        self.model.settle()
        job = self.model.next_up(project)
        for fake in self.fakes:
            answer = Caller(fake).send("POST", f"/jobq/{project}/startjob", body=b"{}")
            assert (answer.json["key"] if answer.body else None) == (job.key if job else None)
        if job is not None:
            self.model.start(job, self.model.now)

    @rule(
        number=numbers,
        deed=st.sampled_from(("start", "finish", "stop", "stop", "delete", "edit", "write", "tag")),
        reason=st.none() | st.just("by hand"),
        priority=st.integers(0, 4),
        wanted=units,
        then=moments,
    )
    def do(self, number: int, deed: str, reason: str | None, priority: int, wanted: int, then: int) -> None:
        job = self.pick(number, *STATES_OF[deed])
        if job is not None:
            self.do_to(job, deed, reason, priority, wanted)
        self.advance(then)

    def do_to(self, job: Plain, deed: str, reason: str | None, priority: int, wanted: int) -> None:
        if deed == "start":
            self.both("start_job", job.key)
            self.model.start(job, self.model.now)
        elif deed == "finish":
            self.both("finish_job", job.key, close_reason=reason)
            self.model.finish(job, self.model.now, reason)
        elif deed == "stop":
            assert self.post("jobs/stop.json", {"project": job.project, "job": job.key}).json == {"status": "ok"}
            self.model.stop(job)
        elif deed == "delete":
            assert self.post("jobs/delete.json", {"project": job.project, "job": job.key}).json["count"] == 1
            job.state, job.order = "deleted", self.model.change()
        elif deed == "edit":
            self.both("update_metadata", job.key, {"priority": priority, "units": wanted})
            self.model.edit(job, priority, wanted)
        elif deed == "write":
            self.ask("POST", f"/items/{job.key}", body=b'{"mine": 1}\n')
            job.written += 1
        else:
            self.both("update_tags", job.key, add=["x"])

    # ------------------------------------------------------------ time

    @rule(by_ms=st.integers(0, 30))
    def let_time_pass(self, by_ms: int) -> None:
        self.advance(by_ms)

    def advance(self, by_ms: int) -> None:
        self.leaping.clock.advance(milliseconds=by_ms)
        wire = Caller(self.stepping)
        for step in range(by_ms):
            self.model.tick()
            self.stepping.clock.advance(milliseconds=1)
            if self.model.jobs:
                job = self.model.jobs[step % len(self.model.jobs)]
                wire.send("GET", (f"/items/{job.key}", f"/logs/{job.project}/stats", f"/jobq/{job.project}/list")[step % 3])

    @precondition(lambda self: not self.callables)
    @rule()
    def reload(self) -> None:
        """Go on with a fake that was loaded from a dump."""
        twin = FakeJobs(clock=ManualClock(Millis(self.model.now)), patience=None)
        twin.load(self.leaping.dump())
        self.leaping = twin

    # ------------------------------------------------------------ looks

    def dumps_are_the_same(self) -> None:
        for first, second in zip_longest(self.leaping.dump(), self.stepping.dump()):
            assert first == second

    @invariant()
    def the_fakes_are_sound_and_the_same(self) -> None:
        self.model.settle()
        for fake in self.fakes:
            behind(fake).cloud.world.store.check()
            assert behind(fake).unseen.defects == []
        if not self.callables:
            self.dumps_are_the_same()
        for project in PROJECTS:
            self.ask("GET", "/api/jobs/list.json", query=f"project={project}".encode())
            self.ask("GET", f"/jobq/{project}/list", query=b"state=pending&state=running&state=finished&state=deleted")
            self.ask("GET", f"/jobq/{project}/summary")
            self.ask("GET", f"/activity/{project}")
        for job in self.model.jobs:
            self.ask("GET", f"/items/{job.key}", query=b"meta=_ts&meta=_key")
            self.ask("GET", f"/logs/{job.key}")
        if not self.callables:
            self.dumps_are_the_same()

    @invariant()
    def every_job_is_as_in_the_model(self) -> None:
        self.model.settle()
        for job in self.model.jobs:
            record = self.leaping.get_job(job.key).snapshot()
            assert (record.state, record.running_time, record.finished_time) == (job.state, job.started, job.ended), job
            assert (record.close_reason, record.cancel_requested) == (job.reason, job.stopped), job
            fields = job.fields or {}
            items = job.came(fields.get("items", 0), self.model.now) + job.written
            logs = job.came(len(fields.get("logs", ())), self.model.now)
            shown = (record.items or 0, record.logs or 0, record.errors or 0, record.pages or 0)
            errors = fields.get("logs", [])[:logs].count("ERROR")
            assert shown == (items, logs, errors, job.came(fields.get("pages", 0), self.model.now)), job
            assert (len(self.leaping.items(job.key)), len(self.leaping.logs(job.key))) == (items, logs), job

    @invariant()
    def lists_and_summaries_are_as_in_the_model(self) -> None:
        self.model.settle()
        for project in PROJECTS:
            mine = [job for job in self.model.jobs if job.project == project]
            rank = ("pending", "running", "finished", "deleted")
            since = {"pending": "born", "running": "started", "finished": "ended"}
            wanted = sorted(
                (job for job in mine if job.state != "deleted"),
                key=lambda job: (rank.index(job.state), -getattr(job, since[job.state]), -job.order),
            )
            rows = self.ask("GET", "/api/jobs/list.json", query=f"project={project}".encode()).json["jobs"]
            assert [row["id"] for row in rows] == [job.key for job in wanted]
            row = self.ask("GET", f"/projects/{project}/jobsummary").json
            assert row["running_units_count"] == sum(job.units for job in mine if job.state == "running")
            assert row["pending_units_max"] == max((job.units for job in mine if job.state == "pending"), default=None)
            assert row["has_capacity"] == (self.model.free(project) >= 1)


def test_jobs_live_as_in_a_plain_model_in_leaps_and_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "CANCEL_TIMEOUT_MS", TIMEOUT)
    run_state_machine_as_test(
        Paces, settings=settings(max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    )
