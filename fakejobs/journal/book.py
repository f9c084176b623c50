"""The journal: every call in the order of its arrival, the last 10,000 of them and 64 MiB in all, long values cut.

A call is written down when it arrives and completed when its status is known. The keys that are known by then are masked,
wherever in it they stand.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, Protocol

from fakejobs.domain.clock import Millis, as_datetime
from fakejobs.forking import fresh_after_fork
from fakejobs.journal.calls import Call, Deed, Order
from fakejobs.journal.headers import Headers
from fakejobs.masking import Masks

KEPT = 10_000
"""Calls that a journal keeps."""
MAX_BYTES = 64 * 1024 * 1024
"""Bytes of memory that the calls of a journal take, about; the oldest ones make room."""
MAX_VALUE = 64 * 1024
"""Characters of a call's parameters that a journal keeps."""
MAX_PATH = 2000
"""Characters of a path, a method or a refusal that a journal keeps."""
LIGHT, LIGHT_BYTES = 1000, 3000
"""A call whose parameters have no more characters than these takes these bytes."""
JOB_BYTES = 100
"""What each job counts for that a call did something to."""
NO_MASKS = Masks({})
ROW = 16
"""What a parameter counts for besides its characters, where they are cut."""


class Entry(Protocol):
    """What is written down of a call while it is served; the runner's Entry is one."""

    method: str
    path: str
    endpoint: str | None
    key: str | None
    params: dict[str, list[str]]
    asks: Sequence[object]
    status: int | None
    reason: str
    failure: str | None
    jobs: Sequence[str | None]
    notes: Sequence[object]
    rows: int | None
    why: str
    headers: Sequence[tuple[str, str]]
    unread: Sequence[str]
    has_key_in_url: bool
    revision: int | None
    is_spared: bool
    fault: int | None
    failed: str
    is_undone: bool


@dataclass(slots=True)
class _Row:
    number: int
    moment: Millis
    entry: Entry
    done: bool = False
    size: int = 0
    is_kept: bool = True


@dataclass(slots=True)
class Record:
    """The calls that arrive while it is kept, whatever the journal drops or forgets meanwhile.

    count: how many came; KEPT are kept. most, on_more: how many may come, and who is told of one more.
    """

    most: int | None = None
    on_more: Callable[[], object] | None = None
    count: int = 0
    rows: list[_Row] = field(default_factory=list)

    def take(self, row: _Row) -> Callable[[], object] | None:
        """Take in a call; return who is to be told of it, if it is one too many."""
        self.count += 1
        if self.count <= KEPT:
            self.rows.append(row)
        return self.on_more if self.most is not None and self.count == self.most + 1 else None

    def answered(self) -> list[Entry]:
        """Return what was written down of those that are answered, in the order of their arrival; it is only to be read."""
        return [row.entry for row in self.rows if row.done]


class Journal:
    """The calls of one fake.

    now: the fake's clock. kept: how many calls are kept at most. on_call: told of every call when it is answered. masks: gives what
    hides the keys that are known; default: none is. most_bytes: about how much memory they take at most; the last call is kept whatever
    it takes.
    """

    def __init__(
        self,
        now: Callable[[], Millis],
        kept: int = KEPT,
        on_call: Callable[[Call], None] | None = None,
        masks: Callable[[], Masks] = lambda: NO_MASKS,
        *,
        most_bytes: int = MAX_BYTES,
    ) -> None:
        self._now = now
        self._masks = masks
        self._on_call = on_call
        self._lock = fresh_after_fork(self, "_lock", threading.Lock)
        self._kept = kept
        self._most_bytes = most_bytes
        self._size = 0
        self._rows: deque[_Row] = deque()
        self._open: dict[int, _Row] = {}
        self._record: Record | None = None
        self._count = 0
        self._dropped_orders = 0
        self._dropped_by_endpoint: Counter[str | None] = Counter()

    def arrive(self, entry: Entry) -> None:
        """Take in a call that has arrived."""
        moment, masks = self._now(), self._masks()
        entry.method, entry.path = masks.text(entry.method), masks.text(entry.path)
        with self._lock:
            self._count += 1
            row = _Row(self._count, moment, entry)
            while len(self._rows) >= self._kept:
                self._drop_oldest()
            self._rows.append(row)
            self._open[id(entry)] = row
            on_more = None if self._record is None else self._record.take(row)
        if on_more is not None:
            on_more()

    def complete(self, entry: Entry) -> None:
        """Take note that a call is answered; its values are masked, and cut, so that the journal stays small."""
        self._mask(entry)
        entry.method, entry.path = _cut(entry.method, MAX_PATH), _cut(entry.path, MAX_PATH)
        if entry.failure is not None:
            entry.failure = _cut(entry.failure, MAX_PATH)
        entry.why = _cut(entry.why, MAX_PATH)
        if sum(len(name) + sum(map(len, texts)) for name, texts in entry.params.items()) > MAX_VALUE:
            entry.params = _shortened(entry.params)
            entry.asks = () if entry.failure is not None else entry.asks
            entry.notes = [note for note in entry.notes if not isinstance(note, Deed) or note.jobs]
        size = _size_of(entry)
        with self._lock:
            row = self._open.pop(id(entry), None)
            if row is not None:
                row.done = True
                if row.is_kept:
                    row.size = size
                    self._size += size
                while self._size > self._most_bytes and len(self._rows) > 1:
                    self._drop_oldest()
        if row is not None and self._on_call is not None:
            self._on_call(self._call(row))

    def _mask(self, entry: Entry) -> None:
        masks = self._masks()
        if masks.may_be_in(str(entry.params)):
            entry.params = {masks.text(name): [masks.named(name, text) for text in texts] for name, texts in entry.params.items()}
        entry.reason = masks.text(entry.reason)
        entry.failure = None if entry.failure is None else masks.text(entry.failure)
        entry.why = masks.text(entry.why) if entry.why else ""
        entry.asks = [order.masked(masks) if isinstance(order, Order) else order for order in entry.asks]
        entry.notes = [note.masked(masks) if isinstance(note, Deed) else note for note in entry.notes]

    def clear(self) -> None:
        """Forget every call."""
        with self._lock:
            self._rows.clear()
            self._open.clear()
            self._count = self._dropped_orders = self._size = 0
            self._dropped_by_endpoint.clear()

    @contextmanager
    def recorded(self, most: int | None = None, on_more: Callable[[], object] | None = None) -> Iterator[Record]:
        """Under this `with`, keep a record of the calls that arrive; see Record."""
        record = Record(most, on_more)
        with self._lock:
            self._record = record
        try:
            yield record
        finally:
            with self._lock:
                self._record = None

    @property
    def dropped(self) -> int:
        """How many of the oldest calls are not kept any more."""
        with self._lock:
            return self._count - len(self._rows)

    @property
    def dropped_orders(self) -> int:
        """How many of those scheduled a job."""
        with self._lock:
            return self._dropped_orders

    def dropped_calls(self, endpoint: str) -> int:
        """Return how many of those were calls of an endpoint."""
        with self._lock:
            return self._dropped_by_endpoint[endpoint]

    def calls(self) -> list[Call]:
        """Return the calls that are kept, oldest first."""
        with self._lock:
            rows = [(row, row.done) for row in self._rows]
        return [self._call(row) if done else self._begun(row) for row, done in rows]

    @property
    def count(self) -> int:
        """How many calls have arrived since it was empty."""
        with self._lock:
            return self._count

    def answered(self, after: int = 0) -> list[tuple[Call, Entry]]:
        """Return the calls that are kept and answered, oldest first, each with what was written down of it, which is only to be read.

        after: the number of a call; only later ones.
        """
        with self._lock:
            rows = [row for row in self._rows if row.done and row.number > after]
        return [(self._call(row), row.entry) for row in rows]

    def _begun(self, row: _Row) -> Call:
        entry = row.entry
        return Call(row.number, as_datetime(row.moment), entry.method, entry.path, headers=Headers(entry.headers, self._masks))

    def _call(self, row: _Row) -> Call:
        entry = row.entry
        return Call(
            row.number,
            as_datetime(row.moment),
            entry.method,
            entry.path,
            entry.endpoint,
            {name: texts[0] if len(texts) == 1 else list(texts) for name, texts in entry.params.items()},
            entry.key,
            entry.status,
            entry.reason,
            entry.failure,
            tuple(key for key in entry.jobs if key is not None),
            tuple(_with_job(order, key) for order, key in zip_longest(entry.asks, entry.jobs) if isinstance(order, Order)),
            tuple(note for note in entry.notes if isinstance(note, Deed)),
            entry.rows,
            entry.why,
            Headers(entry.headers, self._masks),
            entry.fault,
            entry.failed,
            entry.is_undone,
        )

    def _drop_oldest(self) -> None:
        row = self._rows.popleft()
        entry, row.is_kept = row.entry, False
        self._size -= row.size
        self._dropped_orders += bool(entry.asks and any(entry.jobs))
        self._dropped_by_endpoint[entry.endpoint] += 1


def _size_of(entry: Entry) -> int:
    """Return about how many bytes of memory a call takes."""
    letters = sum(len(name) + sum(map(len, texts)) for name, texts in entry.params.items())
    named = sum(len(note.jobs) + 2 * len(note.missed) for note in entry.notes if isinstance(note, Deed))
    size = LIGHT_BYTES + JOB_BYTES * (len(entry.jobs) + named)
    size += sys.getsizeof(entry.path) + sys.getsizeof(entry.failure) + sum(len(value) for _, value in entry.headers)
    if letters <= LIGHT:
        return size
    waiting: list[Any] = [entry.params, *entry.asks]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:  # a text that is parameter and argument is one object
            continue
        seen.add(id(value))
        size += sys.getsizeof(value)
        if isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, (list, tuple)):
            waiting += value
        elif isinstance(value, Order):
            waiting += [getattr(value, name) for name in Order.__slots__]
    return size


def _with_job(order: Order, key: str | None) -> Order:
    return replace(order, job=key)


def _shortened(params: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return parameters of about MAX_VALUE characters: the longest are cut or left out, the others stay as they are."""
    pairs = [(name, text) for name, texts in params.items() for text in texts]
    room, kept = MAX_VALUE, {}
    for number in sorted(range(len(pairs)), key=lambda number: len(pairs[number][0]) + len(pairs[number][1])):
        name, text = pairs[number]
        if room <= 0:
            break
        kept[number] = _cut(name, room), _cut(text, max(0, room - len(name)))
        room -= len(name) + len(text) + ROW
    short: dict[str, list[str]] = {}
    for number in sorted(kept):
        name, text = kept[number]
        short.setdefault(name, []).append(text)
    if len(kept) < len(pairs):
        short["…"] = [f"{len(pairs) - len(kept)} more parameters"]
    return short


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}... ({len(text) - length} more characters)"
