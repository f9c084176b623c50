"""Records in the windows of the older readings: so many from an offset on, walked without the lock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey
from fakejobs.domain.records import Snapshot
from fakejobs.web.formats import CHUNK


@dataclass(frozen=True, slots=True)
class Row:
    """A record: its job, the time of its writing, its number, and itself as a JSON object in one line."""

    key: JobKey
    moment: Millis
    number: int
    line: bytes

    def value(self) -> dict[str, Any]:
        """Return the record as plain Python."""
        read: dict[str, Any] = json.loads(self.line)
        return read

    def meta(self, names: Sequence[str]) -> dict[str, Any]:
        """Return meta fields by their names."""
        known = {"_key": f"{self.key}/{self.number}", "_ts": self.moment, "_project": self.key.project_id}
        return {name: known[name] for name in names}


def rows_of(snapshots: Iterable[Snapshot], offset: int = 0, count: int | None = None) -> Iterator[Row]:
    """Yield the records of snapshots from an offset on, at most so many, in their order."""
    left = count
    for snapshot in snapshots:
        for batch in snapshot.beyond(0):
            if left == 0:
                return
            length = len(batch.ends)
            if offset >= length:
                offset -= length
                continue
            at, stop = offset, length if left is None else min(length, offset + left)
            offset = 0
            left = None if left is None else left - (stop - at)
            while at < stop:
                end = batch.fitting(at, stop, CHUNK)
                for number, line in enumerate(batch.cut(at, end), batch.first + at):
                    yield Row(snapshot.key, batch.moment, number, line)
                at = end


def size_of(snapshots: Iterable[Snapshot], offset: int = 0, count: int | None = None) -> int:
    """Return how many records rows_of() yields."""
    beyond = max(0, sum(len(batch.ends) for snapshot in snapshots for batch in snapshot.beyond(0)) - offset)
    return beyond if count is None else min(beyond, count)
