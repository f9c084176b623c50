"""A long fuzz of every route: `python -m tests.bench.fuzz [N]` sends N hostile requests (default a million) to one fake.

Prints how they were answered, how fast, and the memory after each reset of the fake: no 500, no hang, and memory that stays
flat. Exit code 1 if something broke. The suite runs a slice of the same, tests/contract/test_fuzz.py.
"""

from __future__ import annotations

import gc
import random
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter

from fakejobs.fake import behind
from fakejobs.routes import router
from tests.contract.caller import Caller
from tests.contract.test_fuzz import CONTENT_TYPES, HEADERS, METHODS, PATHS, a_fake, body_of, spelled

ROUNDS = 20
SLOW_S = 5.0
"""A single answer that takes longer counts as a hang."""


def main(total: int) -> int:
    """Send so many requests and print what came of them; return the exit code."""
    chance, fake = random.Random(total), a_fake()
    statuses: Counter[int] = Counter()
    broken, slowest = 0, 0.0
    print(f"{total:,} requests over {len(PATHS)} paths, a reset after every {total // ROUNDS:,}")
    for turn in range(ROUNDS):
        began = perf_counter()
        for _ in range(total // ROUNDS):
            path, body, query = spelled(chance.choice(PATHS), chance), body_of(chance), body_of(chance)
            method = chance.choice((router().allowed(path) if chance.random() < 0.9 else ()) or METHODS)
            started = perf_counter()
            answer = Caller(fake, "k").send(
                method, path, query=query, body=body, content_type=chance.choice(CONTENT_TYPES), headers=chance.choice(HEADERS)
            )
            slowest = max(slowest, perf_counter() - started)
            statuses[answer.status] += 1
            if answer.status >= 500 and answer.status not in (501, 503):
                broken += 1
                print(f"broken: {method} {path} {query!r} {body!r} -> {answer}: {behind(fake).unseen.defects}")
                behind(fake).unseen.defects.clear()
        seconds = perf_counter() - began
        behind(fake).cloud.world.store.check()
        fake.reset()
        gc.collect()
        print(f"round {turn + 1:2}: {total // ROUNDS / seconds:7,.0f} requests/s, {_resident_mib():6.1f} MiB after reset", flush=True)
    print(f"answers: {dict(sorted(statuses.items()))}; slowest {slowest * 1000:.0f} ms; broken {broken}")
    return 1 if broken or slowest > SLOW_S else 0


def _resident_mib() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
