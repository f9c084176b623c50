"""Timing of candidates in turns, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter


def fastest(candidates: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """Run each candidate once a round and return the seconds of its fastest run: the one that was disturbed least."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            with without_gc():
                start = perf_counter()
                run()
                seconds[name].append(perf_counter() - start)
    return {name: min(taken) for name, taken in seconds.items()}


@contextmanager
def without_gc() -> Iterator[None]:
    """Collect garbage, then keep the collector from starting inside a measurement."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
