"""Listings and memory of a large store: a list of 10, and counts, at 200,000 jobs beside the same at 1,000, called as WSGI.

The store: finished jobs of four spiders, one of five tags each, one argument each, and one running job older than all of
them. A second project holds what few of many jobs pass; its rows are given per job visited.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator, Mapping

from fakejobs import FakeJobs
from tests.bench.row import Row, microseconds
from tests.bench.timing import fastest, without_gc
from tests.bench.traffic import call, get_environ

FEW, MANY = 1_000, 200_000
SPIDERS, TAGS = 4, 5
VISITED = 20_000
"""Jobs that a filter of the second project visits."""
BORN_MS = 1_700_000_000_000
REPEATS, ROUNDS = 20, 12

FILTERS: Mapping[str, str] = {
    "state=finished": "state=finished",
    "state=running (an old job)": "state=running",
    "spider": "spider=spider1",
    "tag": "has_tag=tag1",
    "spider + state + tag": "spider=spider1&state=finished&has_tag=tag1",
    "job key": "&".join(f"job=1/1/{number}" for number in range(2, 12)),
    "lacks_tag": "lacks_tag=tag1",
}
"""What a list of 10 asks for."""
QUEUE: Mapping[str, str] = {
    "no filter": "",
    "state=running (an old job)": "state=running",
    "spider": "spider=spider1",
    "has_tag": "has_tag=tag1",
    "lacks_tag": "lacks_tag=tag1",
    "startts": f"startts={BORN_MS + 500}",
    "endts": f"endts={BORN_MS + 900}",
}
"""What a list of 10 and a count of the queue ask for."""
SPARSE: Mapping[str, str] = {
    "an empty intersection": "spider=lone&state=finished&has_tag=other",
    "five survivors of lacks_tag": "spider=lone&state=finished&lacks_tag=common",
}
"""What a list of 10 in the second project asks for: each visits the jobs of one spider."""


def rows() -> Iterator[Row]:
    """Measure memory and listings."""
    few, _ = _filled(FEW)
    many, bytes_a_job = _filled(MANY)
    gc.freeze()  # a million objects that no collection between the runs has to look at
    yield Row(f"memory of a finished job, of {MANY:,}", bytes_a_job, 1_200, "bytes", "tracemalloc")
    for name, query in FILTERS.items():
        at_few, at_many = _listing(few, 1, query), _listing(many, 1, query)
        taken = fastest({"few": at_few, "many": at_many}, rounds=ROUNDS)
        few_s, many_s = taken["few"] / REPEATS, taken["many"] / REPEATS
        note = f"{microseconds(many_s)} a list; {microseconds(few_s)}"
        yield Row(f"list of 10 at {MANY:,} : at {FEW:,}, {name}", many_s / few_s, 1.3, note=note)
    yield from _queue_rows(few, many)
    _add_sparse_project(many)
    for name, query in SPARSE.items():
        seconds = fastest({name: _listing(many, 2, query, repeats=1)}, rounds=ROUNDS)[name]
        yield Row(f"list of 10, a job visited: {name}", seconds / VISITED * 1e6, None, "us", f"{VISITED:,} visited")


def _queue_rows(few: FakeJobs, many: FakeJobs) -> Iterator[Row]:
    for path, window in (("list", "count=10&"), ("count", "")):
        for name, query in QUEUE.items():
            asked = f"{window}{query}"
            runs = {"few": _asking(few, f"/jobq/1/{path}", asked), "many": _asking(many, f"/jobq/1/{path}", asked)}
            taken = fastest(runs, rounds=ROUNDS)
            note = f"{microseconds(taken['many'] / REPEATS)}; {microseconds(taken['few'] / REPEATS)}"
            yield Row(f"jobq {path} at {MANY:,} : at {FEW:,}, {name}", taken["many"] / taken["few"], 1.3, note=note)


def _filled(size: int) -> tuple[FakeJobs, float]:
    """Return a fake with so many jobs in project 1, and the bytes that each of them takes."""
    with without_gc():
        tracemalloc.start()
        fake = FakeJobs(patience=None)
        before = tracemalloc.get_traced_memory()[0]
        _fill(fake, size)
        taken = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
    return fake, taken / size


def _fill(fake: FakeJobs, size: int) -> None:
    fake.add_job("spider1", project=1, state="running", tags=["tag1"], spider_args={"page": "old"}, running_time=BORN_MS)
    for number in range(1, size):
        fake.add_job(
            f"spider{number % SPIDERS}",
            project=1,
            state="finished",
            tags=[f"tag{number % TAGS}"],
            spider_args={"page": str(number)},
            pending_time=BORN_MS + number,
            running_time=BORN_MS + number + 1,
            finished_time=BORN_MS + number + 2,
            close_reason="finished",
        )


def _add_sparse_project(fake: FakeJobs) -> None:
    """Add project 2: a spider and a tag that never meet, and five jobs that lack the tag of all others."""
    for number in range(VISITED):
        fake.add_job("lone", project=2, state="finished", tags=["common"] if number >= 5 else ())
        fake.add_job("another", project=2, state="finished", tags=["common", "other"])


def _listing(fake: FakeJobs, project: int, query: str, repeats: int = REPEATS) -> Callable[[], None]:
    return _asking(fake, "/api/jobs/list.json", f"project={project}&count=10&{query}", repeats)


def _asking(fake: FakeJobs, path: str, query: str, repeats: int = REPEATS) -> Callable[[], None]:
    environ = get_environ(path, query)

    def run() -> None:
        for _ in range(repeats):
            call(fake.app, dict(environ))

    return run
