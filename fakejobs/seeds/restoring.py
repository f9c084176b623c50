"""The steps that only a dump needs: each puts a noun back as it was, whatever was there.

They are no verbs of tests. What they are given was written by dumping.py; anything else is a UsageError, and nothing is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from fakejobs import arguments
from fakejobs.cloud import Cloud
from fakejobs.domain.activity import Event
from fakejobs.domain.clock import Millis, as_millis
from fakejobs.domain.frontier import Batch, Request
from fakejobs.domain.job import BIRTH_STAMPS
from fakejobs.domain.log import FIELDS as LOG_FIELDS
from fakejobs.domain.metadata import COUNTERS
from fakejobs.domain.records import Rows, Shelf
from fakejobs.errors import UsageError
from fakejobs.quoting import quoted
from fakejobs.seeds.pacing import restore_pacing
from fakejobs.verbs.live import frontier_request
from fakejobs.verbs.plain_records import encoded, kind_of, plain_records
from fakejobs.verbs.projects import STORE, collection_place, event_of

MOMENT = "_ts"
PAST = ("pending_time", "finished_time", "updated_time")
"""The times that add_job() gives to a job that has run, and that one which came another way may lack."""

_MOVED = (*COUNTERS, "updated_time")
_BATCH_ID = re.compile(r"[0-9a-f]{3,64}")

Object = Mapping[str, Any]


# ------------------------------------------------------------ jobs


def restore_times(cloud: Cloud, job: str, *, lacks: Iterable[str]) -> None:
    """Take times off a job that it never had: of pending_time, finished_time and updated_time those that it lacks."""
    key, names = arguments.job_key(job), arguments.listed("lacks", lacks, "times")
    with cloud.lock:
        record = cloud.jobs.stored(key)
        legal = [name for name in PAST if name != BIRTH_STAMPS[record.state]]
        for name in names:
            if name not in legal:
                raise UsageError(f"lacks: a {record.state} job does not lack {quoted(name)} (legal: {', '.join(legal)})")
        gone: dict[str, Any] = dict.fromkeys(names)
        cloud.world.store.put(replace(record, **gone))


# ------------------------------------------------------------ records


def restore_records(cloud: Cloud, job: str, kind: str, batches: Iterable[Object], *, followed: Object | None = None) -> None:
    """Let a job's records of a kind be these and no others; its counters are not touched.

    batches: what was written at one moment, each as `{"_ts": ..., "start": ..., "records": [...]}`: a time in milliseconds
    since the epoch, the number of the first record, and the records. followed: the counters that later records move, with
    their values, and as None those that they leave alone.
    """
    key, kind = arguments.job_key(job), kind_of(kind)
    moved = None if followed is None else {name: _moved(name, count) for name, count in _object("followed", followed)}
    shelf = Shelf()
    for moment, start, records in sorted(map(_batch_of(kind), arguments.listed("batches", batches)), key=lambda batch: batch[:2]):
        if shelf.add(encoded(kind, records, moment), start, moment, _refuse_part) < len(records):
            raise UsageError(f"batches: a number from {start} on is taken twice")
    cloud.records.put_back(kind, key, shelf, moved)


def _object(name: str, value: Object) -> Iterable[tuple[str, Any]]:
    return arguments.json_object(name, value).items()


def _moved(name: str, count: object) -> int | None:
    if name not in _MOVED:
        raise UsageError(f"followed: there is no counter {quoted(name)} (known: {', '.join(_MOVED)})")
    return arguments.optional_number(name, count)


def _batch_of(kind: str) -> Callable[[object], tuple[Millis, int, list[Any]]]:
    def read(batch: object) -> tuple[Millis, int, list[Any]]:
        if not isinstance(batch, Mapping) or set(batch) != {"_ts", "start", "records"}:
            raise UsageError(f"batches: {quoted(batch)} is no mapping of _ts, start and records")
        return as_millis("_ts", batch["_ts"]), arguments.whole_number("start", batch["start"]), _written(kind, batch["records"])

    return read


def _written(kind: str, values: object) -> list[Any]:
    """Return records of a kind as a dump has them: those that clients wrote as they are, whatever their times."""
    if kind != "logs":
        return plain_records(kind, values)
    return [
        dict(arguments.json_object(kind, value)) if isinstance(value, Mapping) and _is_whole(value) else plain_records(kind, [value])[0]
        for value in arguments.listed(kind, values)
    ]


def _is_whole(log: Mapping[str, Any]) -> bool:
    return [type(log.get(name)) for name in LOG_FIELDS] == [int, int, str]


def _refuse_part(low: int, high: int) -> Rows:
    raise UsageError(f"batches: the numbers of {low} to {high} are taken twice")


# ------------------------------------------------------------ collections


def restore_deleted_collection(cloud: Cloud, name: str, *, project: int, type: str = STORE) -> None:  # noqa: A002  # the wire's word
    """Let a collection be one that was deleted: still known, and not listed."""
    cloud.collections.forget(*collection_place(name, project, type))


# ------------------------------------------------------------ frontiers


def restore_frontier(
    cloud: Cloud,
    frontier: str,
    slot: str,
    *,
    project: int,
    batches: Iterable[Object] = (),
    fingerprints: Iterable[Object] = (),
    last: int | None = None,
) -> None:
    """Put a slot of a frontier into a state that it had.

    batches: as clients read them; an id begins with the priority in two hex digits. fingerprints: all that were ever
    added, as mappings of fp and, if there was one, fdata; those of the batches need not be named. last: when something
    was last added, in milliseconds.
    """
    place = arguments.whole_number("project", project), arguments.text("frontier", frontier), arguments.text("slot", slot)
    queued = [_queued_batch(batch) for batch in arguments.listed("batches", batches, "mappings")]
    known = [frontier_request(fingerprint) for fingerprint in arguments.listed("fingerprints", fingerprints, "mappings")]
    seen = {request.fingerprint: request.fdata for request in known}
    for request in (request for batch in queued for request in batch.requests):
        seen.setdefault(request.fingerprint)
    cloud.frontiers.put_back(*place, queued, seen, arguments.optional_moment("last", last))


def _queued_batch(given: object) -> Batch:
    if (
        not isinstance(given, Mapping)
        or not isinstance(given.get("id"), str)
        or not _BATCH_ID.fullmatch(given["id"])
        or not isinstance(given.get("requests"), (list, tuple))
    ):
        raise UsageError(f"{quoted(given)} is no batch: a mapping of id (hex digits) and requests")
    requests = [_queued(pair) for pair in given["requests"]]
    if not requests:
        raise UsageError(f"batch {given['id']} has no requests")
    priority = int(given["id"][:2], 16)
    return Batch(given["id"], tuple(Request(fingerprint, priority, qdata) for fingerprint, qdata in requests))


def _queued(pair: object) -> tuple[str, Any]:
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise UsageError(f"{quoted(pair)} is no pair of fingerprint and qdata")
    return arguments.text("fp", pair[0]), arguments.json_object("request", {"qdata": pair[1]})["qdata"]


# ------------------------------------------------------------ activity


def restore_activity(cloud: Cloud, events: Iterable[Object], *, project: int) -> None:
    """Let a project's activity be these events and no others, oldest first.

    Each is a JSON object with its time as `_ts`, in milliseconds since the epoch.
    """
    number = arguments.whole_number("project", project)
    rows: list[tuple[Millis, Event]] = []
    for event in map(event_of, arguments.listed("events", events, "JSON objects")):
        if MOMENT not in event:
            raise UsageError(f"{quoted(event)} has no {MOMENT}")
        moment = as_millis(MOMENT, event[MOMENT])
        if rows and moment < rows[-1][0]:
            raise UsageError(f"{quoted(event)} is older than the event before it")
        rows.append((moment, {name: value for name, value in event.items() if name != MOMENT}))
    cloud.activity.replace(number, rows)


# ------------------------------------------------------------ faults


def restore_fault(cloud: Cloud, number: int, *, calls: int, turns: int, hits: int) -> None:
    """Let the fault that was declared last have a number, and have been met so often.

    calls: that fitted it. turns: calls that it had a say in. hits: calls that failed by it.
    """
    wanted = arguments.whole_number("number", number, least=1)
    counts = {"calls": calls, "turns": turns, "hits": hits}
    read = {name: arguments.whole_number(name, count) for name, count in counts.items()}
    cloud.faults.put_back(wanted, **read)


RESTORERS: Mapping[str, Callable[..., None]] = {
    "restore_times": restore_times,
    "restore_records": restore_records,
    "restore_deleted_collection": restore_deleted_collection,
    "restore_frontier": restore_frontier,
    "restore_activity": restore_activity,
    "restore_pacing": restore_pacing,
    "restore_fault": restore_fault,
}
"""By the names that steps have for them; the first argument is the cloud."""
