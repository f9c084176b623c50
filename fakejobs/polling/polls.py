"""What clients were shown, when the clock jumps for them, and when a row of their looks is in vain.

A reading request shows jobs: those that it names by their keys, and those in the list that answers it. In poll mode a
client that is shown again a job that is not over finds the clock at that job's next change. Where nothing at all happens
between a long row of such requests, neither by a client nor by the test nor by the clock, the next one is refused, and
the test fails with the way out: nothing waits for ever in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice

from fakejobs.cloud import Cloud
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.errors import InVain
from fakejobs.polling.vain import Loop, loop_of_test, told_in_vain
from fakejobs.polling.writers import is_batch_write, told_of_refused_write
from fakejobs.web.request import Request

PATIENCE = 100
"""Requests in a row that may show a job while nothing happens."""

MOST_LEFT_OUT = 50
"""Jobs that are looked at where a request shows none."""
MAX_DIGITS = 18

MOST_SHOWN = 10_000
"""Jobs that were shown; where there are more, those that are over are forgotten."""


class Polls:
    """The reading requests of one fake's clients.

    mode: who moves the clock; with "poll" it jumps for those who ask again. patience: after how many requests in vain the next is
    refused; None: never. on_vain: told what ends the test, without the lock. on_look: told, unless nobody counts, of a job that is
    not over when a request shows it, the first time since anything happened. loop: tells where looks come from,
    sleeps: whether the code sleeps between them.
    """

    def __init__(
        self,
        cloud: Cloud,
        *,
        mode: str,
        patience: int | None,
        on_vain: Callable[[str], None],
        on_look: Callable[[JobKey], None],
        loop: Callable[[], Loop] = loop_of_test,
        sleeps: Callable[[], bool] = lambda: True,
    ) -> None:
        self._cloud = cloud
        self._mode = mode
        self._jumps = mode == "poll"
        self._patience = patience
        self._on_vain = on_vain
        self._loop = loop
        self._sleeps = sleeps
        self._on_look = on_look
        self._held = 0
        self.clear()

    def clear(self) -> None:
        """Forget all requests."""
        self._shown: Counter[JobKey] = Counter()
        self._writes = 0
        self._mark: tuple[int, ...] = ()
        self.looks = 0
        """How many requests in a row have shown a job while nothing happened."""
        self._last: Mapping[str, Sequence[str]] = {}

    def start_over(self) -> None:
        """Take note that another test begins, whose looks are counted anew."""
        with self._cloud.lock:
            self._mark = ()

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

    def refused(self, request: Request, endpoint: str | None, answer: str, status: int) -> None:
        """Take note of a refusal; the first one that a batch writer meets ends the test.

        endpoint: whose path the request has, if there is one. answer: in words, with its reason.
        """
        agent, encoding = request.header("User-Agent"), request.header("Content-Encoding")
        if 400 <= status < 500 and is_batch_write(request.method, request.environ.get("QUERY_STRING", ""), encoding, agent):
            self._on_vain(told_of_refused_write(request.path, endpoint, answer))

    def read(self, given: Mapping[str, Sequence[str]], rows: Sequence[object]) -> bool:
        """Take note of the jobs that a reading request shows; True: the clock has jumped, and the answer must be made anew.

        given: the request's parameters, which may name jobs. rows: the records that answer it. Raises InVain.
        """
        if not self._jumps and self._patience is None:
            return False
        with self._cloud.lock:
            keys = [key for key in self._keys(given, rows) if self._is_active(key)] or self._left_out(given)
            self._last = given
            if not keys:
                return False
            again = [key for key in keys if self._shown[key]]
            self._shown.update(keys)
            if len(self._shown) > MOST_SHOWN:
                self._shown = Counter({key: count for key, count in self._shown.items() if self._is_active(key)})
            moment = self._next_change(again) if self._jumps and not self._held else None
            vain = self._told_in_vain(keys[0]) if moment is None else None
        if vain is not None:
            self._on_vain(vain)
            raise InVain(" ".join(vain.split()))
        if moment is None:
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

    def _left_out(self, given: Mapping[str, Sequence[str]]) -> list[JobKey]:
        """Return the unfinished jobs of a project that a request by state does not show, if it is the one that came last, too."""
        number = given.get("project", ("",))[-1]
        if "state" not in given or given != self._last or not number.isdecimal():
            return []
        store, project, spiders = self._cloud.world.store, int(number[:MAX_DIGITS]), given.get("spider")
        active = chain(store.pending_in_turn(project), store.running(project))
        return [record.key for record in islice(active, MOST_LEFT_OUT) if not spiders or record.spider in spiders]

    def _next_change(self, keys: Sequence[JobKey]) -> Millis | None:
        return min((moment for moment in map(self._cloud.pace.next_change, keys) if moment is not None), default=None)

    def changes(self) -> tuple[int, ...]:
        """Return numbers that are equal as long as no client wrote, no verb changed anything, and nothing that was due did."""
        world = self._cloud.world
        return (id(world), world.store.revision, len(world.pacing.rules), self._writes)

    def _told_in_vain(self, key: JobKey) -> str | None:
        """Count a look at a job; return what is said of it if patience is over."""
        if self._patience is None:
            return None
        mark = (*self.changes(), self._cloud.now_ms())
        self.looks = self.looks + 1 if mark == self._mark else 1
        self._mark = mark
        if self.looks == 1:
            self._on_look(key)
        if self.looks < self._patience:
            return None
        record = self._cloud.jobs.get(key)
        return told_in_vain(self._cloud, record, self._patience, self._mode, self._loop(), sleeps=self._sleeps())
