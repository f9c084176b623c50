"""jobs/list.jl of 50,000 rows over the wire: its speed beside json.dumps of the ready rows, its memory, and the lock."""

from __future__ import annotations

import json
import tracemalloc
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice

from fakejobs import FakeJobs, serve
from fakejobs.web.formats import CHUNK
from tests.bench.row import Row, milliseconds
from tests.bench.schedule import address_of
from tests.bench.timing import fastest, without_gc
from tests.bench.traffic import Client, call, get_environ, get_request

SIZE = 50_000
ROUNDS = 5
VERBS = 20
PATIENCE_S = 0.5
"""Seconds that a verb may take before it counts as held up; the client reads nothing meanwhile, so the answer is stuck."""
PATH, QUERY = "/api/jobs/list.jl", "project=1"


def rows() -> Iterator[Row]:
    """Measure the listing as lines."""
    with serve() as fake:
        for number in range(SIZE):
            fake.add_job("books", project=1, state="finished", tags=["daily"], spider_args={"page": number}, running_time=1_700_000_000_000)
        ready = [json.loads(line) for line in call(fake.app, get_environ(PATH, QUERY)).splitlines()[1:]]
        assert len(ready) == SIZE
        with Client(address_of(fake)) as client:
            request = get_request(f"{PATH}?{QUERY}")
            candidates = {
                "wire": lambda: deque(client.stream(request), maxlen=0),
                "dumps": lambda: "\n".join(map(json.dumps, ready)),
                "whole": lambda: json.dumps(ready),
            }
            taken = fastest(candidates, rounds=ROUNDS)
            note = f"{milliseconds(taken['wire'])}; {milliseconds(taken['dumps'])}"
            yield Row("list.jl of 50,000 on the wire : json.dumps of each row", taken["wire"] / taken["dumps"], 2.5, note=note)
            note = f"{milliseconds(taken['wire'])}; {milliseconds(taken['whole'])}"
            yield Row("list.jl of 50,000 on the wire : one json.dumps of all", taken["wire"] / taken["whole"], 2.5, note=note)
            yield Row("list.jl, held a row while it streams", _bytes_held(fake), 16, "bytes", "tracemalloc, peak less the chunk")
            yield Row(
                "list.jl, the lock is held while bytes leave",
                _lock_held(fake, client, request),
                0,
                "times",
                f"a verb at each of the first {VERBS} pieces",
            )


def _bytes_held(fake: FakeJobs) -> float:
    """Return the bytes a row that a streamed answer holds at its peak, less the gathered text of one chunk in its three forms."""
    environ = get_environ(PATH, QUERY)
    with without_gc():
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        deque(fake.app(environ, lambda *_: None), maxlen=0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return (peak - before - 3 * CHUNK) / SIZE


def _lock_held(fake: FakeJobs, client: Client, request: bytes) -> int:
    """Return how often a verb of another thread had to wait while some pieces had come and more were to come."""
    pieces = client.stream(request)
    held = 0
    with ThreadPoolExecutor(1) as another_thread:
        for _ in islice(pieces, VERBS):
            verb = another_thread.submit(fake.count_jobs, project=2)
            held += bool(wait([verb], timeout=PATIENCE_S).not_done)
        deque(pieces, maxlen=0)
    return held
