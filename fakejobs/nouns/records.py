"""What can be done with the records of jobs: append to them, read them, and their sums.

The counters of a job follow what is written to it, unless somebody else has set them: a counter that was set when the
first record came stays as it is, and so does one that was set since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey
from fakejobs.domain.records import Rows, Shelf, Snapshot

if TYPE_CHECKING:
    from fakejobs.cloud import FakeCloud

ERROR = 40
"""The level from which on a log record is an error."""

_UNDECIDED = -1


class RecordVerbs:
    """The records of a cloud's jobs, under its lock and clock."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def append(
        self, key: JobKey, kind: str, rows: Rows, *, start: int | None = None, part: Callable[[int, int], Rows] | None = None
    ) -> int:
        """Keep a job's encoded rows of a kind ("items", "logs", "requests", "samples"), and return how many were new.

        start: the number of the first row; default: behind the last one. Rows whose number is taken are passed over.
        part: makes Rows of some of them, by their positions; needed with start. The job need not exist.
        """
        cloud = self._cloud
        with cloud.lock:
            now, records = cloud.now_ms(), cloud.world.records
            shelf = records.shelf(kind, key)
            stored = shelf.add(rows, start, now, part or _whole_only)
            if stored:
                self._count(key, _counters(kind, shelf), now)
            return stored

    def read(self, kind: str, project: int, spider: int | None = None, job: int | None = None) -> Sequence[Snapshot]:
        """Return what a project's, a spider's or one job's records of a kind are now, in the order of job keys."""
        with self._cloud.lock:
            return self._cloud.world.records.snapshots(kind, project, spider, job)

    def stats(self, kind: str, key: JobKey) -> dict[str, Any]:
        """Return how many records of a kind a job has, their size in bytes, and what else is counted of them."""
        with self._cloud.lock:
            shelf = self._cloud.world.records.find(kind, key) or Shelf()
            return {"counts": dict(shelf.counts), "totals": {"input_bytes": shelf.size, "input_values": shelf.values}}

    def _count(self, key: JobKey, counters: dict[str, int], now: Millis) -> None:
        store = self._cloud.world.store
        record = store.find(key)
        if record is None:
            return
        followed = self._cloud.world.records.followed.setdefault(key, {})
        changes: dict[str, Any] = {"touched_time": now}
        for name, value in {**counters, "updated_time": now}.items():
            last, present = followed.get(name, _UNDECIDED), getattr(record, name)
            own = present is None if last == _UNDECIDED else last is not None and (present == last or name == "updated_time")
            followed[name] = value if own else None
            if own:
                changes[name] = value
        store.put(replace(record, **changes))


def _counters(kind: str, shelf: Shelf) -> dict[str, int]:
    """Return the counters of a job that a kind of records moves."""
    if kind == "items":
        return {"items": shelf.values}
    if kind == "requests":
        return {"pages": shelf.values}
    if kind == "logs":
        return {"logs": shelf.values, "errors": sum(count for level, count in shelf.counts.items() if int(level) >= ERROR)}
    return {}


def _whole_only(low: int, high: int) -> Rows:
    raise AssertionError("start was given, but not how to make rows of a part")
