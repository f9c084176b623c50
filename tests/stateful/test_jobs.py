"""A fake against a plain model: lists and dicts, sorted anew each time; both doors, every step of the life cycle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from fakejobs import FakeJobs, IllegalTransition, JobEvent, JobState, ManualClock
from fakejobs.domain.clock import Millis
from fakejobs.domain.lifecycle import TRANSITIONS
from fakejobs.domain.query import JobQuery
from fakejobs.fake import behind
from tests.contract.caller import Caller

START = 1_446_000_000_000
PROJECTS = (1, 2)
SPIDERS = ("a", "b", "c")
TAGS = ("x", "y", "z")
RANK = ("pending", "running", "finished", "deleted")

projects = st.sampled_from(PROJECTS)
spiders = st.sampled_from(SPIDERS)
tags = st.lists(st.sampled_from(TAGS), max_size=3)
arguments = st.dictionaries(st.sampled_from(("page", "deep")), st.sampled_from(("1", "2")), max_size=2)
states = st.lists(st.sampled_from(RANK), max_size=3)
numbers = st.integers(0, 30)
events = st.sampled_from([(state.value, event) for state in JobState for event in JobEvent])
VERBS = {JobEvent.START: "start_job", JobEvent.FINISH: "finish_job", JobEvent.CANCEL: "cancel_job", JobEvent.DELETE: "delete_job"}


@dataclass
class Plain:
    """A job of the model. since: the time of its state; order: grows with every change of state."""

    key: str
    project: int
    spider: str
    state: str
    since: int
    touched: int
    order: int
    tags: list[str] = field(default_factory=list)
    args: dict[str, str] = field(default_factory=dict)
    stopping: bool = False
    reason: str | None = None


class Model:
    """What a fake should hold."""

    def __init__(self) -> None:
        self.now = START
        self.jobs: list[Plain] = []
        self.ids: dict[int, list[str]] = {}
        self.given: dict[tuple[int, str], int] = {}
        self.changes = 0

    def change(self) -> int:
        self.changes += 1
        return self.changes

    def add(self, project: int, spider: str, state: str, tags: list[str], args: dict[str, str], *, unique: bool) -> Plain | None:
        names = self.ids.setdefault(project, [])
        if spider not in names:
            names.append(spider)
        self.given[project, spider] = self.given.get((project, spider), 0) + 1
        if unique and any(
            job.state in ("pending", "running") and (job.project, job.spider, job.args) == (project, spider, args) for job in self.jobs
        ):
            return None
        key = f"{project}/{names.index(spider) + 1}/{self.given[project, spider]}"
        job = Plain(key, project, spider, state, self.now, self.now, self.change(), list(dict.fromkeys(tags)), args)
        self.jobs.append(job)
        return job

    def fire(self, job: Plain, event: JobEvent) -> bool:
        cell = TRANSITIONS[JobState(job.state)].get(event)
        if cell is None:
            return False
        if not cell.stamps:
            return True
        job.touched = self.now
        if cell.state.value != job.state:
            job.state, job.since, job.order = cell.state.value, self.now, self.change()
        if event is JobEvent.CANCEL and job.state == "running":
            job.stopping = True
        if event in (JobEvent.FINISH, JobEvent.CANCEL) and job.state == "finished":
            job.reason = "cancelled" if job.stopping or event is JobEvent.CANCEL else "finished"
        return True

    def tag(self, job: Plain, add: list[str], remove: list[str]) -> None:
        job.tags = [tag for tag in job.tags if tag not in remove]
        for tag in add:
            if tag not in job.tags:
                job.tags.append(tag)
        job.touched = self.now

    def matching(self, project: int, filters: dict[str, Any]) -> list[Plain]:
        wanted = filters.get("state") or RANK[:3]
        found = [
            job
            for job in self.jobs
            if job.project == project
            and job.state in wanted
            and filters.get("spider") in (None, job.spider)
            and (not filters.get("has_tag") or set(filters["has_tag"]) & set(job.tags))
            and not set(filters.get("lacks_tag") or ()) & set(job.tags)
        ]
        if filters.get("job"):
            asked = list(dict.fromkeys(filters["job"]))
            return sorted((job for job in found if job.key in asked), key=lambda job: asked.index(job.key))
        return sorted(found, key=lambda job: (RANK.index(job.state), -job.since, -job.order))


def pairs_of(filters: dict[str, Any]) -> list[tuple[str, Any]]:
    pairs = []
    for name, value in filters.items():
        pairs += [(name, inner) for inner in value] if isinstance(value, list) else [(name, value)] if value is not None else []
    return pairs


class Jobs(RuleBasedStateMachine):
    """Rules drive a fake by its verbs and by its wire, and the model beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeJobs(clock=ManualClock(Millis(START)))
        self.wire = Caller(self.fake)
        self.model = Model()

    def pick(self, number: int) -> Plain:
        return self.model.jobs[number % len(self.model.jobs)]

    @initialize()
    def empty(self) -> None:
        assert self.fake.dump() == []

    # ------------------------------------------------------------ births

    @rule(project=projects, spider=spiders, state=st.sampled_from(RANK), tags=tags, args=arguments)
    def add_job(self, project: int, spider: str, state: str, tags: list[str], args: dict[str, str]) -> None:
        wanted = self.model.add(project, spider, state, tags, args, unique=False)
        job = self.fake.add_job(spider, project=project, state=state, tags=tags, spider_args=args)
        assert wanted is not None
        assert job.key == wanted.key
        wanted.reason = "finished" if state in ("finished", "deleted") else None

    @rule(
        project=projects,
        spider=spiders,
        state=st.sampled_from(RANK[:3]),
        tags=tags,
        args=arguments,
        name=st.sampled_from(("run", "schedule")),
    )
    def run(self, project: int, spider: str, state: str, tags: list[str], args: dict[str, str], name: str) -> None:
        wanted = self.model.add(project, spider, state, tags, args, unique=True)
        pairs = [
            ("project", project),
            ("spider", spider),
            ("meta", f'{{"state": "{state}"}}'),
            *(("add_tag", tag) for tag in tags),
            *args.items(),
        ]
        answer = self.wire.post(f"{name}.json", pairs)
        if wanted is None:
            assert (answer.status, answer.json["message"]) == (400, f"{spider} already scheduled")
        else:
            assert answer.json == {"status": "ok", "jobid": wanted.key}

    # ------------------------------------------------------------ steps

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, cell=events)
    def fire(self, number: int, cell: tuple[str, JobEvent]) -> None:
        """Fire an event, rather at a job in the state of the drawn cell, so that every cell of the table is met."""
        state, event = cell
        job = next((job for job in self.model.jobs[number % len(self.model.jobs) :] if job.state == state), self.pick(number))
        verb = getattr(self.fake, VERBS[event])
        if self.model.fire(job, event):
            verb(job.key)
        else:
            with pytest.raises(IllegalTransition):
                verb(job.key)

    @precondition(lambda self: self.model.jobs)
    @rule(chosen=st.lists(numbers, min_size=1, max_size=4))
    def stop(self, chosen: list[int]) -> None:
        jobs = [self.pick(number) for number in chosen]
        mine = list({job.key: job for job in jobs if job.project == jobs[0].project}.values())
        for job in mine:
            if job.state in ("pending", "running"):
                self.model.fire(job, JobEvent.CANCEL)
        answer = self.wire.post("jobs/stop.json", [("project", jobs[0].project), *(("job", job.key) for job in jobs), ("job", "1/9/9")])
        assert answer.json == {"status": "ok"}

    @precondition(lambda self: self.model.jobs)
    @rule(chosen=st.lists(numbers, min_size=1, max_size=4))
    def delete(self, chosen: list[int]) -> None:
        jobs = [self.pick(number) for number in chosen]
        mine = list({job.key: job for job in jobs if job.project == jobs[0].project}.values())
        gone = sum(self.model.fire(job, JobEvent.DELETE) for job in mine if job.state == "finished")
        answer = self.wire.post("jobs/delete.json", [("project", jobs[0].project), *(("job", job.key) for job in jobs)])
        assert answer.json == {"status": "ok", "count": gone}

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, add=tags, remove=tags)
    def update_tags(self, number: int, add: list[str], remove: list[str]) -> None:
        job = self.pick(number)
        self.model.tag(job, add, remove)
        self.fake.update_tags(job.key, add=add, remove=remove)

    @rule(project=projects, spider=st.none() | spiders, state=states, has_tag=tags, lacks_tag=tags, add=tags, remove=tags)
    def update(
        self,
        project: int,
        spider: str | None,
        state: list[str],
        has_tag: list[str],
        lacks_tag: list[str],
        add: list[str],
        remove: list[str],
    ) -> None:
        filters = {"spider": spider, "state": state, "has_tag": has_tag, "lacks_tag": lacks_tag}
        pairs = [("project", project), *pairs_of(filters), *(("add_tag", tag) for tag in add), *(("remove_tag", tag) for tag in remove)]
        answer = self.wire.post("jobs/update.json", pairs)
        if not any(filters.values()):
            assert answer.reason == "No query filters provided"
        elif not add and not remove:
            assert answer.reason == "No update modifiers provided"
        else:
            matched = self.model.matching(project, filters)
            for job in matched:
                self.model.tag(job, add, remove)
            assert answer.json == {"status": "ok", "count": len(matched)}

    @rule(by_ms=st.integers(0, 5000))
    def advance(self, by_ms: int) -> None:
        self.model.now += by_ms
        self.fake.clock.advance(milliseconds=by_ms)

    @rule()
    def reload(self) -> None:
        """Go on with a fake that was loaded from this one's dump."""
        twin = FakeJobs(clock=ManualClock(Millis(self.model.now)))
        twin.load(self.fake.dump())
        assert twin.dump() == self.fake.dump()
        self.fake, self.wire = twin, Caller(twin)

    # ------------------------------------------------------------ looks

    @rule(
        project=projects,
        chosen=st.just([]) | st.lists(numbers, max_size=4),
        spider=st.none() | spiders,
        state=st.just([]) | states,
        has_tag=st.just([]) | tags,
        lacks_tag=st.just([]) | tags,
        offset=st.none() | st.integers(0, 5),
        count=st.none() | st.integers(0, 5),
    )
    def look(
        self,
        project: int,
        chosen: list[int],
        spider: str | None,
        state: list[str],
        has_tag: list[str],
        lacks_tag: list[str],
        offset: int | None,
        count: int | None,
    ) -> None:
        keys = [self.pick(number).key for number in chosen] if self.model.jobs else []
        filters = {"job": keys, "spider": spider, "state": state, "has_tag": has_tag, "lacks_tag": lacks_tag}
        matched = self.model.matching(project, filters)
        window = matched[offset or 0 :][: len(matched) if count is None else count]
        pairs = [("project", project), *pairs_of({**filters, "offset": offset, "count": count})]
        rows = self.wire.get("jobs/list.json", pairs).json["jobs"]
        assert [row["id"] for row in rows] == [job.key for job in window]
        assert self.wire.get("jobs/list.jl", pairs).lines[1:] == rows
        assert self.wire.get("jobs/count.json", pairs).json["total"] == len(matched)
        for row, job in zip(rows, window, strict=True):
            assert (row["state"], row["tags"], row.get("spider_args", {}), row["elapsed"]) == (
                job.state,
                job.tags,
                job.args,
                self.model.now - job.touched,
            )
            assert row.get("close_reason") == job.reason
        if not keys:
            verb_filters: dict[str, Any] = {
                "project": project,
                "spider": spider,
                "state": state or None,
                "has_tag": has_tag,
                "lacks_tag": lacks_tag,
            }
            newest = sorted(matched, key=lambda job: (job.since, job.order), reverse=True)
            assert [job.key for job in self.fake.list_jobs(**verb_filters)] == [job.key for job in newest]
            assert self.fake.count_jobs(**verb_filters) == len(matched)

    @invariant()
    def the_store_is_sound(self) -> None:
        behind(self.fake).cloud.world.store.check()
        assert behind(self.fake).unseen.defects == []

    @invariant()
    def lists_by_one_filter_are_as_in_the_model(self) -> None:
        filters: list[dict[str, Any]] = [
            {},
            {"state": list(RANK)},
            *({"spider": spider} for spider in SPIDERS),
            *({"has_tag": [tag]} for tag in TAGS),
            {"has_tag": list(TAGS)},
            {"lacks_tag": [TAGS[0]]},
        ]
        for project in PROJECTS:
            for wanted in filters:
                states = tuple(JobState(state) for state in wanted.get("state", ()))
                has, lacks = tuple(wanted.get("has_tag", ())), tuple(wanted.get("lacks_tag", ()))
                query = JobQuery(project=project, spider=wanted.get("spider"), states=states, has_tags=has, lacks_tags=lacks)
                keys = [job.key for job in self.model.matching(project, wanted)]
                assert [record.key for record in behind(self.fake).cloud.jobs.select(query)[0]] == keys
                assert behind(self.fake).cloud.jobs.count(query) == len(keys)

    @invariant()
    def every_job_is_as_in_the_model(self) -> None:
        for job in self.model.jobs:
            record = self.fake.get_job(job.key).snapshot()
            assert (record.state, list(record.tags), record.cancel_requested, record.close_reason) == (
                job.state,
                job.tags,
                job.stopping,
                job.reason,
            )
            assert (record.state_time, record.last_touch, record.spider_args) == (job.since, job.touched, job.args)
        assert self.fake.count_jobs(state=list(RANK)) == len(self.model.jobs)


def test_a_fake_does_as_the_plain_model_does() -> None:
    run_state_machine_as_test(
        Jobs, settings=settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    )
