"""Writing records of jobs down, and the counters of a job, which follow what is written to it.

A counter follows unless somebody else has set it: one that was set when the first record came stays as it is, and so does
one that was set since. So does the time of the last data, unless it is that of the job's end, which sets it by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from fakejobs.cloud.realm import Realm
from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey
from fakejobs.domain.log import ERROR
from fakejobs.domain.records import Rows, Shelf

Part = Callable[[int, int], Rows]
"""Makes rows of some of a batch, by their positions."""

_UNDECIDED = -1


class Shelves:
    """The records of a cloud's jobs, as they are written; whoever calls it holds the lock."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def keep(self, key: JobKey, kind: str, rows: Rows, start: int | None, part: Part | None) -> int:
        """Keep rows at the present moment, and return how many were new; see Records.append."""
        now, shelf = self._realm.now_ms(), self._realm.world.records.shelf(kind, key)
        stored = shelf.add(rows, start, now, part or whole_only)
        if stored:
            self._count(key, _counters(kind, shelf), now)
        return stored

    def keep_late(self, key: JobKey, kind: str, batches: Iterable[tuple[Millis, Rows]]) -> None:
        """Keep what came by itself at earlier moments, each not before the one before it."""
        shelf, moment = self._keep_at(key, kind, batches)
        if moment is not None:
            self._count(key, _counters(kind, shelf), moment, late=True)

    def keep_first(self, key: JobKey, kind: str, batches: Iterable[tuple[Millis, Rows]]) -> None:
        """Keep what a job is born with, each batch at its moment, and not before the one before it. It does not touch the job."""
        shelf, moment = self._keep_at(key, kind, batches)
        if moment is not None:
            self._count(key, _counters(kind, shelf), moment, late=True, touches=False)

    def _keep_at(self, key: JobKey, kind: str, batches: Iterable[tuple[Millis, Rows]]) -> tuple[Shelf, Millis | None]:
        """Keep rows at moments of their own; return their shelf, and the last moment, if there was any."""
        shelf, moment = self._realm.world.records.shelf(kind, key), None
        for moment, rows in batches:
            shelf.add(rows, None, moment, whole_only)
        return shelf, moment

    def _count(self, key: JobKey, counters: dict[str, int], now: Millis, *, late: bool = False, touches: bool = True) -> None:
        """Let a job's counters follow what is written to it.

        late: the job may have been touched since. touches: whether this touches it.
        """
        store = self._realm.world.store
        record = store.find(key)
        if record is None:
            return
        followed = self._realm.world.records.followed.setdefault(key, {})
        touched, updated = (max(now, stamp or now) if late else now for stamp in (record.touched_time, record.updated_time))
        changes: dict[str, Any] = {"touched_time": touched} if touches else {}
        for name, value in {**counters, "updated_time": updated}.items():
            last, present = followed.get(name, _UNDECIDED), getattr(record, name)
            free = present is None or (name == "updated_time" and present == record.finished_time)
            own = free if last == _UNDECIDED else last is not None and (present == last or name == "updated_time")
            followed[name] = value if own else None
            if own:
                changes[name] = value
        store.put(replace(record, **changes))


def whole_only(low: int, high: int) -> Rows:
    """Stand in for a Part where no number can be taken twice."""
    raise AssertionError(f"numbers are taken twice, and nobody said how to make rows of {low} to {high} alone")


def _counters(kind: str, shelf: Shelf) -> dict[str, int]:
    """Return the counters of a job that a kind of records moves."""
    if kind == "items":
        return {"items": shelf.values}
    if kind == "requests":
        return {"pages": shelf.values}
    if kind == "logs":
        return {"logs": shelf.values, "errors": sum(count for level, count in shelf.counts.items() if int(level) >= ERROR)}
    return {}
