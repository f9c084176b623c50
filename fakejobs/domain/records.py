"""What the spiders of jobs wrote: items, logs, requests and samples, as opaque encoded rows.

A shelf holds the rows of one kind of one job, as batches in the order of their numbers; a batch is one run of rows that
were written at one moment, in one piece of bytes. Rows come encoded, a line each, and are never decoded here; what is to
be known of them (how many fields, how many bytes) comes along. A number that is taken stays taken: writing it again
changes nothing.

Batches never change. A list of batches only grows at its end or is replaced, so a reader takes the list and its length
and goes on without a lock.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from sortedcontainers import SortedDict

from .clock import Millis
from .keys import JobKey

KINDS = ("items", "logs", "requests", "samples")

_LARGEST_OFFSET = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Rows:
    """Encoded rows on their way in: lines, a newline behind each.

    size: bytes that count as input. counts: how often each field, or whatever else the kind counts, is in the rows.
    """

    data: bytes
    ends: array[int]
    """For each row, the offset behind its newline."""
    size: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ends)

    @classmethod
    def of(cls, data: bytes, size: int = 0, counts: Mapping[str, int] | None = None) -> Rows:
        """Return the rows that lines of bytes are."""
        offsets = accumulate(map(len, data.splitlines(keepends=True)))
        return cls(data, array("I" if len(data) <= _LARGEST_OFFSET else "Q", offsets), size, counts or {})


@dataclass(frozen=True, slots=True)
class Batch:
    """A run of rows, numbered from `first`, written at one moment."""

    first: int
    moment: Millis
    data: bytes
    ends: array[int]

    @property
    def end(self) -> int:
        """The number behind its last row."""
        return self.first + len(self.ends)

    def cut(self, start: int, stop: int) -> list[bytes]:
        """Return rows by their positions in the batch, without newlines; at least one."""
        return self.data[self.ends[start - 1] if start else 0 : self.ends[stop - 1] - 1].split(b"\n")

    def fitting(self, start: int, stop: int, size: int) -> int:
        """Return the position up to which rows from `start` on, but at least one and none from `stop` on, take at most so many bytes."""
        limit = (self.ends[start - 1] if start else 0) + size
        return min(stop, max(start + 1, bisect_right(self.ends, limit, start, stop)))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of a shelf as they are at one moment; nothing that happens later changes it."""

    key: JobKey
    batches: list[Batch]
    length: int

    def beyond(self, number: int) -> Iterator[Batch]:
        """Iterate over the batches that hold rows of this number or a larger one, in order."""
        return _beyond(self.batches, self.length, number)

    def find(self, number: int) -> Batch | None:
        """Return the batch that holds the row of a number."""
        place = bisect_right(self.batches, number, 0, self.length, key=_first_of)
        batch = self.batches[place - 1] if place else None
        return batch if batch is not None and number < batch.end else None


class Shelf:
    """The rows of one kind of one job. counts, size: sums of what came along with them."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.values = 0
        self.size = 0
        self.counts: Counter[str] = Counter()
        self._last = Millis(0)

    def copy(self) -> Shelf:
        """Return an independent copy; the batches, which never change, are shared."""
        twin = Shelf()
        twin.batches = list(self.batches)
        twin.values, twin.size, twin.counts, twin._last = self.values, self.size, self.counts.copy(), self._last
        return twin

    @property
    def end(self) -> int:
        """The number behind the last row."""
        return self.batches[-1].end if self.batches else 0

    def add(self, rows: Rows, start: int | None, now: Millis, part: Callable[[int, int], Rows]) -> int:
        """Keep those rows whose numbers are free, and return how many they are.

        start: the number of the first; default: behind the last. part: makes Rows of some of them, by their positions.
        Their moment is now, or later if something was written by now already.
        """
        first = self.end if start is None else start
        moment = Millis(max(now, self._last + 1))
        before = self.values
        for low, high in self.free(first, first + len(rows)):
            whole = high - low == len(rows)
            self._insert(low, moment, rows if whole else part(low - first, high - first))
        return self.values - before

    def free(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Return the spans of numbers within a span that no row has."""
        if start >= self.end:
            return [(start, stop)] if start < stop else []
        found = []
        for batch in _beyond(self.batches, len(self.batches), start):
            if batch.first >= stop:
                break
            if batch.first > start:
                found.append((start, batch.first))
            start = max(start, batch.end)
        return [*found, (start, stop)] if start < stop else found

    def _insert(self, first: int, moment: Millis, rows: Rows) -> None:
        batch = Batch(first, moment, rows.data, rows.ends)
        if first >= self.end:
            self.batches.append(batch)
        else:
            place = bisect_right(self.batches, first, key=_first_of)
            self.batches = [*self.batches[:place], batch, *self.batches[place:]]
        self.values += len(rows)
        self.size += rows.size
        self.counts.update(rows.counts)
        self._last = moment


class Records:
    """The shelves of all jobs.

    followed: of a job, the counters that what is written to it moves, with their values, and as None those that it leaves
    alone.
    """

    def __init__(self) -> None:
        self._shelves: dict[str, SortedDict[JobKey, Shelf]] = {}
        self.followed: dict[JobKey, dict[str, int | None]] = {}

    def copy(self) -> Records:
        """Return an independent copy."""
        twin = Records()
        twin._shelves = {kind: SortedDict({key: shelf.copy() for key, shelf in held.items()}) for kind, held in self._shelves.items()}
        twin.followed = {key: dict(names) for key, names in self.followed.items()}
        return twin

    def find(self, kind: str, key: JobKey) -> Shelf | None:
        """Return a job's shelf of a kind, if anything was written to it."""
        shelf: Shelf | None = self._held(kind).get(key)
        return shelf

    def shelf(self, kind: str, key: JobKey) -> Shelf:
        """Return a job's shelf of a kind, making it if there was none."""
        held = self._held(kind)
        shelf: Shelf | None = held.get(key)
        if shelf is None:
            shelf = held[key] = Shelf()
        return shelf

    def put_back(self, kind: str, key: JobKey, shelf: Shelf) -> None:
        """Let this be a job's shelf of a kind."""
        self._held(kind)[key] = shelf

    def forget(self, key: JobKey) -> None:
        """Let go of all that a job wrote; who reads it already goes on."""
        self.followed.pop(key, None)
        for held in self._shelves.values():
            held.pop(key, None)

    def snapshots(self, kind: str, project: int, spider: int | None = None, job: int | None = None) -> Sequence[Snapshot]:
        """Return what the jobs of a project, of a spider, or one job hold at this moment, in the order of job keys."""
        held = self._held(kind)
        if spider is None:
            low, high = JobKey.of(project, 0, 0), JobKey.of(project + 1, 0, 0)
        elif job is None:
            low, high = JobKey.of(project, spider, 0), JobKey.of(project, spider + 1, 0)
        else:
            low, high = JobKey.of(project, spider, job), JobKey.of(project, spider, job + 1)
        keys = held.irange(low, high, inclusive=(True, False))
        return [Snapshot(key, held[key].batches, len(held[key].batches)) for key in keys]

    def jobs(self) -> list[tuple[str, JobKey]]:
        """Return which kinds of which jobs were written to, by kind and job key."""
        return [(kind, key) for kind in KINDS for key in self._held(kind)]

    def _held(self, kind: str) -> SortedDict[JobKey, Shelf]:
        """Return the shelves of a kind; they are made when somebody asks for them."""
        held = self._shelves.get(kind)
        if held is None:
            held = self._shelves[kind] = SortedDict()
        return held


def _beyond(batches: list[Batch], length: int, number: int) -> Iterator[Batch]:
    place = max(0, bisect_right(batches, number, 0, length, key=_first_of) - 1)
    return (batches[at] for at in range(place, length) if batches[at].end > number)


def _first_of(batch: Batch) -> int:
    return batch.first
