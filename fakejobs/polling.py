"""Clients that ask again and again: let the clock jump for them, or tell them that they wait in vain.

A reading request shows jobs: those that it names by their keys, and those in the list that answers it. In poll mode a
client that is shown again a job that is not over finds the clock at that job's next change. Where nothing at all happens
between a long row of such requests, neither by a client nor by the test nor by the clock, the next one is refused, and
the test fails with the way out: nothing waits for ever in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from fakejobs.cloud import Cloud
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.errors import InVain

PATIENCE = 100
"""Requests in a row that may show a job while nothing happens."""

MOST_SHOWN = 10_000
"""Jobs that were shown; where there are more, those that are over are forgotten."""


class Polls:
    """The reading requests of one fake's clients.

    jumps: whether the clock jumps for those who ask again. patience: after how many requests in vain the next is refused;
    None: never. on_vain: told the refusal's text.
    """

    def __init__(self, cloud: Cloud, *, jumps: bool, patience: int | None, on_vain: Callable[[str], None]) -> None:
        self._cloud = cloud
        self._jumps = jumps
        self._patience = patience
        self._on_vain = on_vain
        self._held = 0
        self.clear()

    def clear(self) -> None:
        """Forget all requests."""
        self._shown: Counter[JobKey] = Counter()
        self._writes = 0
        self._mark: tuple[int, ...] = ()
        self._vain = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Under this `with` the clock does not jump."""
        with self._cloud.lock:
            self._held += 1
        try:
            yield
        finally:
            with self._cloud.lock:
                self._held -= 1

    def wrote(self) -> None:
        """Take note that a client has written something."""
        with self._cloud.lock:
            self._writes += 1

    def read(self, given: Mapping[str, Sequence[str]], rows: Sequence[object]) -> bool:
        """Take note of the jobs that a reading request shows; True: the clock has jumped, and the answer must be made anew.

        given: the request's parameters, which may name jobs. rows: the records that answer it. Raises InVain.
        """
        if not self._jumps and self._patience is None:
            return False
        with self._cloud.lock:
            keys = [key for key in self._keys(given, rows) if self._is_active(key)]
            if not keys:
                return False
            again = [key for key in keys if self._shown[key]]
            self._shown.update(keys)
            if len(self._shown) > MOST_SHOWN:
                self._shown = Counter({key: count for key, count in self._shown.items() if self._is_active(key)})
            moment = self._next_change(again) if self._jumps and not self._held else None
            if moment is None:
                self._count_vain(keys[0])
                return False
        self._cloud.realm.move_to(moment)  # without the lock, which callables of scripts may need
        return True

    def _is_active(self, key: JobKey) -> bool:
        record = self._cloud.world.store.find(key)
        return record is not None and record.is_active

    def _keys(self, given: Mapping[str, Sequence[str]], rows: Sequence[object]) -> list[JobKey]:
        named = [JobKey.parse(text) for name in ("job", "key") for text in given.get(name, ())]
        if all(part in given for part in ("project", "spider", "job")):
            named.append(JobKey.parse("/".join(given[part][-1] for part in ("project", "spider", "job"))))
        listed = (row.key for row in rows if isinstance(row, JobRecord) and row.is_active)
        known: Iterable[JobKey] = (key for key in named if key is not None and self._cloud.world.store.find(key) is not None)
        return list(dict.fromkeys([*known, *listed]))

    def _next_change(self, keys: Sequence[JobKey]) -> Millis | None:
        return min((moment for moment in map(self._cloud.pace.next_change, keys) if moment is not None), default=None)

    def _count_vain(self, key: JobKey) -> None:
        world = self._cloud.world
        mark = (id(world), world.store.revision, len(world.pacing.rules), self._cloud.now_ms(), self._writes)
        self._vain = self._vain + 1 if mark == self._mark else 1
        self._mark = mark
        if self._patience is not None and self._vain >= self._patience:
            record = self._cloud.jobs.get(key)
            refusal = InVain(self._vain, f"{key} ({record.spider}, {record.state})")
            self._on_vain(str(refusal))
            raise refusal
