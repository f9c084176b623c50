"""What it costs that jobs live by themselves: a due change beside a call that does the same, and verbs while many jobs wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from fakejobs import FakeJobs, ManualClock
from fakejobs.domain.clock import Millis
from tests.bench.row import Row, microseconds
from tests.bench.timing import fastest

JOBS = 100_000
START = 1_446_000_000_000
CALLS = 500
"""Calls, or due changes, of one run."""
ROUNDS = 7


def rows() -> Iterator[Row]:
    """Measure due changes, and verbs while nothing is due."""
    yield _due_change()
    yield from _while_jobs_wait()


def _due_change() -> Row:
    paced, plain = _fake(), _fake()
    paced.pace(pending=1, running=CALLS / 2 / 1000)
    for number in range(JOBS):  # one is due to start each millisecond, and once they run, one is due to end
        paced.add_job("a", project=1, pending_time=START + number)
        plain.add_job("a", project=1, state="running", running_time=START + number)
    paced.advance(seconds=2)
    running = iter(plain.list_jobs(project=1))

    def finish() -> None:
        for _ in range(CALLS):
            plain.finish_job(next(running))

    def advance() -> None:
        paced.advance(milliseconds=CALLS // 2)

    before = paced.count_jobs(state="finished")
    taken = fastest({"due": advance, "finish_job": finish}, rounds=ROUNDS)
    assert paced.count_jobs(state="finished") - before == CALLS // 2 * ROUNDS
    due_s, finish_s = taken["due"] / CALLS, taken["finish_job"] / CALLS
    note = f"{microseconds(due_s)}, starts and ends alike; {microseconds(finish_s)}; {JOBS:,} jobs"
    return Row("a due change : finish_job", due_s / finish_s, 3, note=note)


def _while_jobs_wait() -> Iterator[Row]:
    full, empty = _fake(), _fake()
    for fake in (full, empty):
        fake.pace(pending=1_000_000, running=1)
    for _ in range(JOBS):
        full.add_job("a", project=1)
    verbs: dict[str, Callable[[FakeJobs], Callable[[], object]]] = {"a look at a job": _look, "update_tags": _tag, "add_job": _add}
    for name, verb in verbs.items():
        taken = fastest({"full": _often(verb(full)), "empty": _often(verb(empty))}, rounds=ROUNDS)
        note = f"{microseconds(taken['full'] / CALLS)}; {microseconds(taken['empty'] / CALLS)}"
        yield Row(f"{name}, {JOBS:,} jobs wait : empty", taken["full"] / taken["empty"], 1.3, note=note)


def _fake() -> FakeJobs:
    return FakeJobs(clock=ManualClock(Millis(START)))


def _look(fake: FakeJobs) -> Callable[[], object]:
    job = fake.add_job("b", project=2)
    return lambda: job.state


def _tag(fake: FakeJobs) -> Callable[[], object]:
    job, numbers = fake.add_job("b", project=2), count()
    return lambda: fake.update_tags(job, add=[f"x{next(numbers) % 2}"])


def _add(fake: FakeJobs) -> Callable[[], object]:
    return lambda: fake.add_job("c", project=3)


def _often(call: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        for _ in range(CALLS):
            call()

    return run
