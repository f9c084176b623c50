"""What each endpoint of collections does with the verbs. A body is read as a whole before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakejobs import codec
from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.domain.collections import Row, Tally
from fakejobs.errors import BadBody, CollectionNotFound, NotFound
from fakejobs.storage.collections.params import (
    CollectionParams,
    DropParams,
    FilterParams,
    KeyParams,
    KeyReading,
    KeyWriting,
    ProjectParams,
    RemoveParams,
    RenameParams,
    ScanParams,
    WriteParams,
)
from fakejobs.storage.saving import saved_as
from fakejobs.storage.streams import JSON_ARRAY, JSON_LINES, MSGPACK, TEXT, raw_text, wants_msgpack
from fakejobs.web.accept import prefers_array
from fakejobs.web.endpoint import Reply
from fakejobs.web.formats import Format


def list_all(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """List a project's collections."""
    rows = [{"type": type_, "name": name} for type_, name in cloud.collections.of(params.project)]
    return Reply(rows, count=len(rows))


def drop(cloud: Cloud, params: DropParams, account: Account) -> Reply:
    """Delete a collection with all in it."""
    cloud.collections.drop(params.project, params.name)
    return Reply({"status": "success", "deleted": params.name}, status=202)


def rename(cloud: Cloud, params: RenameParams, account: Account) -> Reply:
    """Give a collection another name."""
    cloud.collections.rename(params.project, params.name, params.new_name)
    return Reply({"status": "success", "renamed": params.name, "new_name": params.new_name}, status=202)


def write(cloud: Cloud, params: WriteParams, account: Account) -> Reply:
    """Put values into a collection."""
    values = [_keyed(value) for value in codec.load_flat(params.content, exactly=True)]
    if values:
        cloud.collections.put(params.project, params.type, params.name, values)
    return Reply("")


def write_one(cloud: Cloud, params: KeyWriting, account: Account) -> Reply:
    """Put one value into a collection, under the key in the path."""
    [value, *more] = codec.load_lines(params.content, exactly=True) or [None]
    if more or not isinstance(value, dict):
        raise BadBody("Error parsing data, the body is not one JSON object")
    cloud.collections.put(params.project, params.type, params.name, [_keyed({**value, "_key": params.key})])
    return Reply("")


def remove_one(cloud: Cloud, params: KeyParams, account: Account) -> Reply:
    """Remove the value under the key in the path."""
    cloud.collections.remove(params.project, params.type, params.name, [params.key])
    return Reply("")


def clear(cloud: Cloud, params: FilterParams, account: Account) -> Reply:
    """Remove the values that the filters match, or all."""
    return _tallied("deleted", cloud.collections.clear(params.project, params.type, params.name, params.scan()))


def remove(cloud: Cloud, params: RemoveParams, account: Account) -> Reply:
    """Remove values from a collection."""
    keys = codec.load_flat(params.content)
    for key in keys:
        if not isinstance(key, str):
            raise BadBody("Error parsing data, a key is no text")
    cloud.collections.remove(params.project, params.type, params.name, keys)
    return Reply("")


def read(cloud: Cloud, params: KeyReading, account: Account) -> Reply:
    """Read the value under a key, or one field of it."""
    place = params.project, params.type, params.name
    key, _, field = params.key.rpartition("/")
    with cloud.lock:
        if cloud.collections.any(params.project):
            _require(cloud, params)
        row = cloud.collections.find(*place, params.key)
        outer = cloud.collections.find(*place, key) if row is None and key else None
    if row is not None:
        return Reply([_shown(params.key, row, params.meta)], format=_format(params.accept))
    if outer is not None and field in outer.value:
        return Reply(f"{raw_text(outer.value[field])}\n", format=TEXT)
    raise NotFound(f"collection {params.type}/{params.name} of project {params.project} has no key {params.key!r}")


def scan(cloud: Cloud, params: ScanParams, account: Account) -> Reply:
    """Read the values of a collection, sorted by key."""
    with cloud.lock:
        _require(cloud, params)
        rows = cloud.collections.scan(params.project, params.type, params.name, params.scan(params.count))
    shown = (_shown(key, row, params.meta, nodata=params.nodata) for key, row in rows)
    form = JSON_ARRAY if prefers_array(params.format, params.accept) else _format(params.accept)
    return Reply(shown, format=form, headers=saved_as(params.saveas), count=len(rows))


def count(cloud: Cloud, params: FilterParams, account: Account) -> Reply:
    """Count the values of a collection."""
    return _tallied("count", cloud.collections.tally(params.project, params.type, params.name, params.scan()))


def _require(cloud: Cloud, params: CollectionParams) -> None:
    """Raise CollectionNotFound if nobody knows the collection."""
    if not cloud.collections.knows(params.project, params.type, params.name):
        raise CollectionNotFound(params.name)


def _tallied(word: str, tally: Tally) -> Reply:
    more = {} if tally.next_start is None else {"nextstart": tally.next_start}
    return Reply({word: tally.matched, "scanned": tally.scanned, **more})


def _keyed(value: Any) -> tuple[str, dict[str, Any]]:
    """Return a written value and its key, taken out of it."""
    if not isinstance(value, dict):
        raise BadBody("Error parsing data, a value is no JSON object")
    key = value.pop("_key", None)
    if key is None:
        raise BadBody("Error parsing data, missing value for _key field")
    if not isinstance(key, str) or not key or "\0" in key:
        raise BadBody("Error parsing data, invalid value for _key field")
    value.pop("_ts", None)
    return key, value


def _shown(key: str, row: Row, meta: Sequence[str], *, nodata: bool = False) -> dict[str, Any]:
    shown = {} if nodata else dict(row.value)
    for name in meta:
        if name == "_key":
            shown[name] = key
        elif name == "_ts":
            shown[name] = row.moment
    return shown


def _format(accept: str) -> Format:
    return MSGPACK if wants_msgpack(accept) else JSON_LINES
