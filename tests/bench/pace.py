"""What happens by itself: a due change beside a verb of the test's, and what jobs that wait cost those who do not ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from time import perf_counter

from fakejobs import FakeJobs
from tests.bench.row import Row, microseconds
from tests.bench.timing import fastest, without_gc

SCHEDULED = 100_000
CHANGES = 2_000
REPEATS, ROUNDS = 200, 12
HOUR_S = 3600


def rows() -> Iterator[Row]:
    """Measure due changes, and verbs beside jobs that wait."""
    fake = _waiting(SCHEDULED)
    due, verb = min(_due_change(fake) for _ in range(3)), min(_finish_job() for _ in range(3))
    yield Row(f"a due change at {SCHEDULED:,} jobs : a finish_job", due / verb, 3, note=f"{microseconds(due)}; {microseconds(verb)}")
    crowded, empty = _waiting(SCHEDULED), FakeJobs()
    for each in (crowded, empty):
        each.add_job("own", project=2, state="running")
    taken = fastest({"crowded": lambda: _verbs(crowded), "empty": lambda: _verbs(empty)}, rounds=ROUNDS)
    note = f"{microseconds(taken['crowded'] / REPEATS)}; {microseconds(taken['empty'] / REPEATS)}"
    yield Row(f"a verb beside {SCHEDULED:,} jobs that wait : in an empty store", taken["crowded"] / taken["empty"], 1.3, note=note)


def _waiting(size: int) -> FakeJobs:
    """Return a fake with so many jobs that are due to start, one a second, after an hour."""
    fake = FakeJobs()
    fake.pace(pending=HOUR_S)
    now = fake.now_ms()
    for number in range(size):
        fake.add_job("books", project=1, spider_args={"page": str(number)}, pending_time=now + number * 1000)
    return fake


def _due_change(fake: FakeJobs) -> float:
    """Return the seconds of one due change: a start and what follows from it."""
    if fake.count_jobs(state="running") == 0:
        fake.clock.advance(seconds=HOUR_S)
    before = fake.count_jobs(state="running")
    with without_gc():
        start = perf_counter()
        fake.clock.advance(seconds=CHANGES)
        seconds = perf_counter() - start
    return seconds / (fake.count_jobs(state="running") - before)


def _finish_job() -> float:
    fake = FakeJobs()
    jobs = [fake.add_job("books", project=1, state="running", spider_args={"page": str(number)}) for number in range(SCHEDULED // 10)]
    with without_gc():
        start = perf_counter()
        for job in islice(jobs, CHANGES):
            fake.finish_job(job)
        return (perf_counter() - start) / CHANGES


def _verbs(fake: FakeJobs) -> None:
    for _ in range(REPEATS):
        fake.update_tags("2/1/1", add=["x"], remove=["y"])
