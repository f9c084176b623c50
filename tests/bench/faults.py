"""What faults cost the calls that none of them takes: run.json as WSGI, with the step that injects and beside a fake without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fakejobs import FakeJobs
from fakejobs.fake import behind
from tests.bench.opponents import App
from tests.bench.row import Row, microseconds
from tests.bench.timing import fastest
from tests.bench.traffic import call, run_environ

CALLS = 100
"""Calls of one run."""
ROUNDS = 40


class _NoFaults:
    """Stands in for the faults of a cloud, to be looked at for as little as can be."""

    concern_calls = False


def rows() -> Iterator[Row]:
    """Measure run.json without faults, against the floor of a plain attribute, and beside faults that do not fit."""
    fakes = {
        "none": FakeJobs(),
        "none again": FakeJobs(),
        "floor": _without_the_step(),
        "a fault of another endpoint": _with(endpoint="jobs/list"),
        "a fault of another spider": _with(spider="films"),
        "20 faults of another spider": _with(20, spider="films"),
    }
    taken = fastest({name: _calling(fake.app) for name, fake in fakes.items()}, rounds=ROUNDS)
    cost = {name: seconds / CALLS for name, seconds in taken.items()}
    none, again, floor = cost["none"], cost["none again"], cost["floor"]
    yield Row("run.json, no fault : without the step", none / floor, 1.05, note=f"{microseconds(none)} a call; {microseconds(floor)}")
    yield Row("run.json, no fault : the same again (the spread)", none / again, note=f"{microseconds(again)} a call")
    for name in [*fakes][3:]:
        yield Row(f"run.json, {name} : no fault", cost[name] / none, 1.5, note=f"{microseconds(cost[name])} a call")


def _with(count: int = 1, **criteria: Any) -> FakeJobs:
    fake = FakeJobs()
    for _ in range(count):
        fake.fail(status=503, times=None, **criteria)
    return fake


def _without_the_step() -> FakeJobs:
    fake = FakeJobs()
    faults: Any = _NoFaults()
    behind(fake).cloud.faults = faults
    return fake


def _calling(app: App) -> Callable[[], None]:
    environs = [run_environ() for _ in range(CALLS * ROUNDS)]

    def run() -> None:
        for _ in range(CALLS):
            call(app, environs.pop())

    return run
