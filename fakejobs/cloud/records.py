"""The records of jobs: append to them, read them, their sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fakejobs.cloud.progress import Progress
from fakejobs.cloud.realm import Realm
from fakejobs.cloud.shelves import Part, Shelves
from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey
from fakejobs.domain.records import Rows, Shelf, Snapshot


class Records:
    """What can be done with the records of a cloud's jobs, of the kinds "items", "logs", "requests" and "samples"."""

    def __init__(self, realm: Realm, shelves: Shelves, progress: Progress) -> None:
        self._realm = realm
        self._shelves = shelves
        self._progress = progress

    def append(self, key: JobKey, kind: str, rows: Rows, *, start: int | None = None, part: Part | None = None) -> int:
        """Keep a job's encoded rows, and return how many were new. The job need not exist.

        start: the number of the first row; default: behind the last one. Rows whose number is taken are passed over.
        part: makes Rows of some of them, by their positions; needed with start.
        """
        with self._realm.lock:
            self._progress.flow(key.project_id, key)
            return self._shelves.keep(key, kind, rows, start, part)

    def bring(self, key: JobKey, kind: str, batches: Iterable[tuple[Millis, Rows]]) -> None:
        """Keep what a job is born with: encoded rows, each batch at its moment, and not before the one before it."""
        with self._realm.lock:
            self._shelves.keep_first(key, kind, batches)

    def read(self, kind: str, project: int, spider: int | None = None, job: int | None = None) -> Sequence[Snapshot]:
        """Return what a project's, a spider's or one job's records of a kind are now, in the order of job keys."""
        with self._realm.lock:
            self._progress.flow(project, None if spider is None or job is None else JobKey.of(project, spider, job))
            return self._realm.world.records.snapshots(kind, project, spider, job)

    def stats(self, kind: str, key: JobKey) -> dict[str, Any]:
        """Return how many records of a kind a job has, their size in bytes, and what else is counted of them."""
        with self._realm.lock:
            self._progress.flow(key.project_id, key)
            shelf = self._realm.world.records.find(kind, key) or Shelf()
            return {"counts": dict(shelf.counts), "totals": {"input_bytes": shelf.size, "input_values": shelf.values}}

    def put_back(self, kind: str, key: JobKey, shelf: Shelf, followed: Mapping[str, int | None] | None) -> None:
        """Let a job's records of a kind be these and no others; its counters are not touched.

        followed: the counters that later records move, with their values, and as None those that they leave alone.
        """
        with self._realm.lock:
            records = self._realm.world.records
            records.put_back(kind, key, shelf)
            if followed is not None:
                records.followed[key] = dict(followed)
