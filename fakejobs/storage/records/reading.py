"""Which rows a reading wants, in pieces: cut from snapshots without the lock, one piece in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fakejobs import codec
from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey
from fakejobs.domain.records import Batch, Snapshot
from fakejobs.storage.filters import Filter, all_match
from fakejobs.web.formats import CHUNK

RecordKey = tuple[int, int, int, int]
"""Project, spider, job and number of a record."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one batch: lines of JSON without newlines, and their numbers."""

    key: JobKey
    moment: Millis
    numbers: Sequence[int]
    lines: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows are wanted.

    start: the first one, or its number in each job. after: the last one that is not. numbers: only these; empty: all.
    since, until: written at or after, and before. count: at most so many.
    """

    start: RecordKey | int | None = None
    after: RecordKey | None = None
    numbers: Sequence[int] = ()
    since: int | None = None
    until: int | None = None
    count: int | None = None
    filters: Sequence[Filter] = ()

    def known(self, snapshots: Iterable[Snapshot]) -> int | None:
        """Return how many rows of snapshots are wanted, if that can be told without looking at them."""
        if self.filters:
            return None
        rows = 0
        for snapshot in snapshots:
            for _, start, stop in self._spans(snapshot):
                rows += max(0, stop - start)
                if self.count is not None and rows >= self.count:
                    return self.count
        return rows

    def pieces(self, snapshots: Iterable[Snapshot]) -> Iterator[Piece]:
        """Yield the wanted rows of snapshots, in order."""
        left = self.count
        for snapshot in snapshots:
            for batch, start, stop in self._spans(snapshot):
                at = start
                while at < stop:
                    if left is not None and left <= 0:
                        return
                    end = batch.fitting(at, stop if left is None or self.filters else min(stop, at + left), CHUNK)
                    piece = self._piece(snapshot.key, batch, at, end, left)
                    at = end
                    if piece.lines:
                        left = None if left is None else left - len(piece.lines)
                        yield piece

    def _spans(self, snapshot: Snapshot) -> Iterator[tuple[Batch, int, int]]:
        """Yield the batches of a snapshot with the positions of the rows between which the wanted ones lie."""
        first = self._first_number(snapshot.key)
        if self.numbers:
            for number in sorted(set(self.numbers)):
                batch = snapshot.find(number)
                if batch is not None and number >= first and self._in_time(batch):
                    yield batch, number - batch.first, number - batch.first + 1
            return
        for batch in snapshot.beyond(first):
            if self._in_time(batch):
                yield batch, max(0, first - batch.first), len(batch.ends)

    def _first_number(self, key: JobKey) -> int:
        """Return the number from which on a job's rows are wanted; beyond all numbers if none are."""
        job, first = (key.project_id, key.spider_id, key.job_id), 0
        for place, beyond in ((self.start, 0), (self.after, 1)):
            if isinstance(place, int):
                first = place
            elif place is not None and place[:3] == job:
                first = max(first, place[3] + beyond)
            elif place is not None and place[:3] > job:
                first = BEYOND
        return first

    def _in_time(self, batch: Batch) -> bool:
        return (self.since is None or batch.moment >= self.since) and (self.until is None or batch.moment < self.until)

    def _piece(self, key: JobKey, batch: Batch, start: int, stop: int, left: int | None) -> Piece:
        lines = batch.cut(start, stop)
        numbers: Sequence[int] = range(batch.first + start, batch.first + stop)
        if self.filters:
            values = codec.load_rows(lines)
            chosen = [place for place, value in enumerate(values) if all_match(self.filters, value)][:left]
            numbers, lines = [numbers[place] for place in chosen], [lines[place] for place in chosen]
        return Piece(key, batch.moment, numbers, lines)


BEYOND = 2**63
