"""What can be done with the records of jobs: append to them, read them, their sums; as rows for the wires, as data for tests.

The counters of a job follow what is written to it, unless somebody else has set them: a counter that was set when the
first record came stays as it is, and so does one that was set since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakejobs import arguments
from fakejobs.cloud.rows import LOG_FIELDS, decode_rows, encode
from fakejobs.domain import log
from fakejobs.domain.clock import Millis, as_millis
from fakejobs.domain.keys import JobKey
from fakejobs.domain.log import ERROR, INFO
from fakejobs.domain.records import KINDS, Rows, Shelf, Snapshot
from fakejobs.errors import BadBody, JobNotFound, UsageError

if TYPE_CHECKING:
    from fakejobs.cloud.jobs import JobVerbs
    from fakejobs.cloud.view import JobLike

LEVELS: Mapping[str, int] = {**log.LEVELS, "WARN": log.WARNING}
"""The levels that a test may name."""

_UNDECIDED = -1


class RecordVerbs:
    """The records of a cloud's jobs, under its lock and clock."""

    def __init__(self, cloud: JobVerbs) -> None:
        self._cloud = cloud

    # ------------------------------------------------------------ for the wires

    def append(
        self,
        key: JobKey,
        kind: str,
        rows: Rows,
        *,
        start: int | None = None,
        part: Callable[[int, int], Rows] | None = None,
    ) -> int:
        """Keep a job's encoded rows of a kind ("items", "logs", "requests", "samples"), and return how many were new.

        start: the number of the first row; default: behind the last one. Rows whose number is taken are passed over.
        part: makes Rows of some of them, by their positions; needed with start. The job need not exist.
        """
        cloud = self._cloud
        with cloud.lock:
            cloud.progress.flow(key.project_id, key)
            now, shelf = cloud.now_ms(), cloud.world.records.shelf(kind, key)
            stored = shelf.add(rows, start, now, part or _whole_only)
            if stored:
                self._count(key, _counters(kind, shelf), now)
            return stored

    def read(self, kind: str, project: int, spider: int | None = None, job: int | None = None) -> Sequence[Snapshot]:
        """Return what a project's, a spider's or one job's records of a kind are now, in the order of job keys."""
        with self._cloud.lock:
            self._cloud.progress.flow(project, None if spider is None or job is None else JobKey.of(project, spider, job))
            return self._cloud.world.records.snapshots(kind, project, spider, job)

    def stats(self, kind: str, key: JobKey) -> dict[str, Any]:
        """Return how many records of a kind a job has, their size in bytes, and what else is counted of them."""
        with self._cloud.lock:
            self._cloud.progress.flow(key.project_id, key)
            shelf = self._cloud.world.records.find(kind, key) or Shelf()
            return {"counts": dict(shelf.counts), "totals": {"input_bytes": shelf.size, "input_values": shelf.values}}

    def write_down(self, key: JobKey, kind: str, batches: Iterable[tuple[Millis, Rows]]) -> None:
        """Keep what came by itself at earlier moments, each not before the one before it; the lock is held."""
        shelf, moment = self._cloud.world.records.shelf(kind, key), None
        for moment, rows in batches:
            shelf.add(rows, None, moment, _whole_only)
        if moment is not None:
            self._count(key, _counters(kind, shelf), moment, late=True)

    # ------------------------------------------------------------ for tests and seeds

    def add(self, job: JobLike, kind: str, values: Iterable[Any]) -> int:
        """Append plain records of a kind to a job, and return how many they are; see plain_records().

        Raises JobNotFound if there is no such job, and UsageError for what is no such record; then nothing is kept.
        """
        key, records = arguments.job_key(job), plain_records(_kind(kind), values)
        with self._cloud.lock:
            if self._cloud.world.store.find(key) is None:
                raise JobNotFound(key)
            return self.append(key, kind, _encoded(kind, records, self._cloud.now_ms()))

    def of(self, job: JobLike, kind: str) -> list[Any]:
        """Return a job's records of a kind as plain Python, in the order of their numbers; none of a job that nobody knows."""
        key = arguments.job_key(job)
        snapshots = self.read(_kind(kind), key.project_id, key.spider_id, key.job_id)
        return [value for snapshot in snapshots for batch in snapshot.beyond(0) for value in decode_rows(batch.cut(0, len(batch.ends)))]

    def restore(
        self, job: JobLike, kind: str, batches: Iterable[Mapping[str, Any]], *, followed: Mapping[str, int | None] | None = None
    ) -> None:
        """Let a job's records of a kind be these and no others; its counters are not touched.

        batches: what was written at one moment, each as `{"_ts": ..., "start": ..., "records": [...]}`: a time in milliseconds
        since the epoch, the number of the first record, and the records. followed: the counters that later records move, with
        their values, and as None those that they leave alone.
        """
        key, kind = arguments.job_key(job), _kind(kind)
        moved = (
            None
            if followed is None
            else {n: arguments.optional_number(n, c) for n, c in arguments.json_object("followed", followed).items()}
        )
        shelf = Shelf()
        for moment, start, records in sorted(map(_batch_of(kind), _listed("batches", batches)), key=lambda batch: batch[:2]):
            if shelf.add(_encoded(kind, records, moment), start, moment, _whole_only) < len(records):
                raise UsageError(f"batches: a number from {start} on is taken twice")
        with self._cloud.lock:
            self._cloud.world.records.put_back(kind, key, shelf)
            if moved is not None:
                self._cloud.world.records.followed[key] = moved

    def steps(self) -> list[dict[str, Any]]:
        """Return the arguments of the calls of restore() that make another fake's records equal to these."""
        with self._cloud.lock:
            records = self._cloud.world.records
            held = [(kind, key, records.snapshots(kind, key.project_id, key.spider_id, key.job_id)) for kind, key in records.jobs()]
            followed = {key: dict(names) for key, names in records.followed.items()}
        return [
            {
                "job": str(key),
                "kind": kind,
                "batches": [
                    {"_ts": batch.moment, "start": batch.first, "records": decode_rows(batch.cut(0, len(batch.ends)))}
                    for snapshot in snapshots
                    for batch in snapshot.beyond(0)
                ],
                "followed": followed.get(key, {}),
            }
            for kind, key, snapshots in held
        ]

    # ------------------------------------------------------------ inside, with the lock held

    def _count(self, key: JobKey, counters: dict[str, int], now: Millis, *, late: bool = False) -> None:
        """Let a job's counters follow what is written to it. late: the job may have been touched since."""
        store = self._cloud.world.store
        record = store.find(key)
        if record is None:
            return
        followed = self._cloud.world.records.followed.setdefault(key, {})
        touched, updated = (max(now, stamp or now) if late else now for stamp in (record.touched_time, record.updated_time))
        changes: dict[str, Any] = {"touched_time": touched}
        for name, value in {**counters, "updated_time": updated}.items():
            last, present = followed.get(name, _UNDECIDED), getattr(record, name)
            own = present is None if last == _UNDECIDED else last is not None and (present == last or name == "updated_time")
            followed[name] = value if own else None
            if own:
                changes[name] = value
        store.put(replace(record, **changes))


def plain_records(kind: str, values: object) -> list[Any]:
    """Return records of a kind, as a test writes them, as the data that a client would write.

    Items and requests are mappings. Samples are lists. A log record is a mapping with `message` and maybe `level` (its name or
    number) and `time` (an aware datetime or milliseconds), a pair of level and message, or a text, which may begin with a level:
    "ERROR oops". Raises UsageError, naming the record, for anything else.
    """
    read = _READERS[_kind(kind)]
    return [read(f"{kind}[{place}]", value) for place, value in enumerate(_listed(kind, values))]


def _log_record(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, str):
        word, _, rest = value.partition(" ")
        value = (word, rest) if word in LEVELS and rest else (INFO, value)
    if isinstance(value, (list, tuple)) and len(value) == 2:
        value = dict(zip(("level", "message"), value, strict=True))
    if not isinstance(value, Mapping) or "message" not in value:
        raise UsageError(f"{name}={value!r} is no log record: give a text, a pair of level and message, or a mapping with message")
    record: dict[str, Any] = {"level": _level(name, value.get("level", INFO)), "message": str(value["message"])}
    return record if value.get("time") is None else {"time": as_millis(f"{name}['time']", value["time"]), **record}


def _level(name: str, value: object) -> int:
    if isinstance(value, str) and value.upper() in LEVELS:
        return LEVELS[value.upper()]
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name}: level {value!r} is none of {', '.join(LEVELS)}, and no number")
    return int(value)


def _mapping(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{name}={value!r} is no mapping")
    return dict(arguments.json_object(name, value))


def _request(name: str, value: object) -> dict[str, Any]:
    request = _mapping(name, value)
    if not isinstance(request.get("url"), str):
        raise UsageError(f"{name}={value!r} has no url")
    return request


def _sample(name: str, value: object) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise UsageError(f"{name}={value!r} is no list of numbers")
    numbers: list[Any] = arguments.json_object(name, {"": list(value)})[""]
    return numbers


_READERS: Mapping[str, Callable[[str, object], Any]] = {
    "items": _mapping,
    "logs": _log_record,
    "requests": _request,
    "samples": _sample,
}


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise UsageError(f"kind {kind!r} is not one of {', '.join(KINDS)}")
    return kind


def _listed(name: str, values: object) -> list[Any]:
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise UsageError(f"{name}={values!r}: give a list")
    return list(values)


def _batch_of(kind: str) -> Callable[[object], tuple[Millis, int, list[Any]]]:
    def read(batch: object) -> tuple[Millis, int, list[Any]]:
        if not isinstance(batch, Mapping) or set(batch) != {"_ts", "start", "records"}:
            raise UsageError(f"batches: {batch!r} is no mapping of _ts, start and records")
        return as_millis("_ts", batch["_ts"]), arguments.whole_number("start", batch["start"]), _written(kind, batch["records"])

    return read


def _written(kind: str, values: object) -> list[Any]:
    """Return records of a kind as a dump has them: those that clients wrote as they are, whatever their times."""
    if kind != "logs":
        return plain_records(kind, values)
    return [value if isinstance(value, dict) and _is_whole(value) else plain_records(kind, [value])[0] for value in _listed(kind, values)]


def _is_whole(log: Mapping[str, Any]) -> bool:
    return [type(log.get(name)) for name in LOG_FIELDS] == [int, int, str]


def _encoded(kind: str, records: Sequence[Any], now: Millis) -> Rows:
    try:
        return encode(kind, records, now)
    except BadBody as error:
        raise UsageError(str(error)) from None


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
    raise UsageError(f"numbers are taken twice, and nobody said how to make rows of {low} to {high} alone")
