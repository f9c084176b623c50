"""Random faults around random calls of both wires: an effect is whole or absent, and the store is never torn."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from fakejobs import FakeJobs, ManualClock
from fakejobs.domain.clock import Millis
from fakejobs.domain.faults import Way
from fakejobs.fake import behind
from tests.contract.caller import Answer, Caller

START = Millis(1_446_000_000_000)
SPIDERS = ("a", "b")
LOST = (ConnectionResetError, TimeoutError)

numbers = st.integers(0, 20)
spiders = st.sampled_from(SPIDERS)
tags = st.sampled_from(("x", "y"))
ENDPOINTS = (None, "run", "jobs/list", "jobs/update", "jobs/stop", "jobq/push", "jobq/update", "items/write", "items", "collections/write")
WAYS: tuple[dict[str, Any], ...] = (
    {"status": 503},
    {"status": 504, "when": "after"},
    {"status": [429, 200, 502]},
    {"error": "reset"},
    {"error": "reset", "when": "after"},
    {"error": "reset", "after_bytes": 3},
    {"error": "close", "when": "after"},
    {"error": "timeout"},
    {"error": "garbage", "when": "after"},
    {"error": "malformed"},
    {"error": "malformed", "when": "after"},
    {"error": "cut"},
    {"error": "cut", "after_rows": 1},
    {"error": "stall", "after_bytes": 0},
    {"error": "slow", "rate": 1},
)


class Faulted(RuleBasedStateMachine):
    """A fake whose calls fail, and a twin that gets the calls of which the journal of the first says that they had their effect."""

    def __init__(self) -> None:
        super().__init__()
        self.clocks = [ManualClock(START), ManualClock(START)]
        self.fake, self.twin = (FakeJobs(clock=clock, patience=None) for clock in self.clocks)

    # ------------------------------------------------------------ faults

    @rule(
        endpoint=st.sampled_from(ENDPOINTS),
        way=st.sampled_from(WAYS),
        times=st.sampled_from((1, 2, None)),
        after=st.integers(0, 2),
        spider=st.sampled_from((None, None, *SPIDERS)),
        probability=st.sampled_from((None, None, 0.5)),
    )
    def declare(
        self, endpoint: str | None, way: dict[str, Any], times: int | None, after: int, spider: str | None, probability: Any
    ) -> None:
        self.fake.fail(endpoint, times=times, after=after, spider=spider, probability=probability, **way)

    @rule(way=st.sampled_from(WAYS[:5]))
    def declare_outage(self, way: dict[str, Any]) -> None:
        self.fake.outage(**way)

    @precondition(lambda self: self.fake.faults)
    @rule(number=numbers)
    def remove(self, number: int) -> None:
        faults = self.fake.faults
        faults[number % len(faults)].remove()

    @rule()
    def reload(self) -> None:
        """Go on with what a dump makes of the fake and its faults."""
        faults = behind(self.fake).cloud.faults.declared()
        self.fake = FakeJobs(clock=self.clocks[0], patience=None, seed=json.loads(json.dumps(self.fake.dump())))
        assert behind(self.fake).cloud.faults.declared() == faults

    # ------------------------------------------------------------ calls

    @rule(spider=spiders, page=st.integers(1, 2))
    def run(self, spider: str, page: int) -> None:
        self.call("POST", "/api/run.json", form={"project": 1, "spider": spider, "page": page})

    @rule(spider=spiders, state=st.sampled_from(("pending", "running", "finished")))
    def push(self, spider: str, state: str) -> None:
        self.call("POST", "/jobq/1/push", {"spider": spider, "state": state})

    @rule(number=numbers, tag=tags)
    def tag(self, number: int, tag: str) -> None:
        self.call("POST", "/api/jobs/update.json", form={"project": 1, "job": self.job(number), "add_tag": tag})

    @rule(number=numbers)
    def stop(self, number: int) -> None:
        self.call("POST", "/api/jobs/stop.json", form={"project": 1, "job": self.job(number)})

    @rule(number=numbers)
    def cancel(self, number: int) -> None:
        self.call("POST", f"/jobq/{self.job(number)}/cancel")

    @rule(number=numbers)
    def delete(self, number: int) -> None:
        self.call("DELETE", f"/jobs/{self.job(number)}")

    @rule()
    def start(self) -> None:
        self.call("POST", "/jobq/1/startjob", {})

    @rule(one=numbers, other=numbers, state=st.sampled_from(("running", "finished", "deleted")))
    def update_two(self, one: int, other: int, state: str) -> None:
        self.call("POST", "/jobq/1/update", *({"key": self.job(number), "state": state} for number in (one, other)))

    @rule(number=numbers, rows=st.integers(0, 3))
    def write_items(self, number: int, rows: int) -> None:
        self.call("POST", f"/items/{self.job(number)}", *({"n": row} for row in range(rows)))

    @rule(rows=st.lists(st.sampled_from("kl"), max_size=3))
    def write_values(self, rows: list[str]) -> None:
        self.call("POST", "/collections/1/s/c", *({"_key": key, "n": row} for row, key in enumerate(rows)))

    @rule(number=numbers, path=st.sampled_from(("/api/jobs/list.json?project=1", "/jobq/1/list", "/items/{job}", "/jobs/{job}")))
    def read(self, number: int, path: str) -> None:
        self.call("GET", path.format(job=self.job(number)))

    @rule(seconds=st.integers(1, 30))
    def advance(self, seconds: int) -> None:
        for fake in (self.fake, self.twin):
            fake.advance(seconds=seconds)

    # ------------------------------------------------------------ what holds

    def call(self, method: str, path: str, *rows: Any, form: dict[str, Any] | None = None) -> None:
        """Send a call; the twin gets it, too, unless a fault took it before it had an effect."""
        answer = sent(self.fake, method, path, rows, form)
        call = self.fake.calls[-1]
        if call.is_undone:
            assert (call.job_keys, call.deeds) == ((), ())
            return
        wanted = sent(self.twin, method, path, rows, form)
        other = self.twin.calls[-1]
        assert (call.job_keys, call.deeds, call.failure) == (other.job_keys, other.deeds, other.failure)
        if call.fault is None:
            assert shown(answer) == shown(wanted)
        elif call.status is None:
            assert answer is None

    def job(self, number: int) -> str:
        """Return the key of a job, by turns one that there is."""
        with self.twin.spared():
            jobs = self.twin.list_jobs(state=["pending", "running", "finished", "deleted"])
        return str(jobs[number % len(jobs)].key) if jobs else "1/1/1"

    @invariant()
    def both_are_one_world(self) -> None:
        assert world(self.fake) == world(self.twin)

    @invariant()
    def all_is_sound(self) -> None:
        for fake in (self.fake, self.twin):
            behind(fake).cloud.world.store.check()
            assert behind(fake).unseen.defects == []

    @invariant()
    def counts_agree_with_the_journal(self) -> None:
        for fault in behind(self.fake).cloud.faults.declared():
            assert fault.rule.way is not Way.REFUSED
            turns = fault.rule.turns
            assert fault.hits <= fault.turns <= fault.calls
            assert turns is None or fault.turns <= turns


def sent(fake: FakeJobs, method: str, path: str, rows: Any, form: dict[str, Any] | None) -> Answer | None:
    """Send a call and return its answer; None if none came."""
    client = Caller(fake)
    path, _, query = path.partition("?")
    try:
        if form is not None:
            return client.post(path, form)
        return client.send(method, path, query=query.encode(), body="\n".join(map(json.dumps, rows)).encode())
    except LOST:
        return None


def shown(answer: Answer | None) -> Answer | None:
    """Return an answer without the token of a started job, which no other fake gives."""
    return None if answer is None else replace(answer, body=re.sub(rb'"auth": "[^"]*"', b"", answer.body))


def world(fake: FakeJobs) -> list[dict[str, Any]]:
    """Return all that is in a fake, but for its faults."""
    return [step for step in fake.dump() if step.keys().isdisjoint({"fail", "outage", "restore_fault"})]


def test_faults_leave_effects_whole_or_absent() -> None:
    run_state_machine_as_test(
        Faulted,
        settings=settings(max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)),
    )
