"""What each endpoint of collections does with the verbs. A body is read as a whole before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakejobs import codec
from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.domain.collections import Row
from fakejobs.errors import BadBody, NotFound
from fakejobs.storage.collections.params import (
    DropParams,
    FilterParams,
    KeyParams,
    ProjectParams,
    RemoveParams,
    ScanParams,
    WriteParams,
)
from fakejobs.storage.streams import JSON_LINES, MSGPACK, wants_msgpack
from fakejobs.web.endpoint import Reply
from fakejobs.web.formats import Format

COUNTED = 100_000
"""Rows that one call of count looks at, at most; the answer then says where the next call goes on."""


def list_all(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """List a project's collections."""
    rows = [{"type": type_, "name": name} for type_, name in cloud.collections.of(params.project)]
    return Reply(rows, count=len(rows))


def drop(cloud: Cloud, params: DropParams, account: Account) -> Reply:
    """Delete a collection with all in it."""
    cloud.collections.drop(params.project, params.name)
    return Reply({"status": "success", "deleted": params.name}, status=202)


def write(cloud: Cloud, params: WriteParams, account: Account) -> Reply:
    """Put values into a collection."""
    values = [_keyed(value) for value in codec.load_lines(params.content)]
    if values:
        cloud.collections.put(params.project, params.type, params.name, values)
    return Reply("")


def remove(cloud: Cloud, params: RemoveParams, account: Account) -> Reply:
    """Remove values from a collection."""
    keys = codec.load_lines(params.content)
    for key in keys:
        if not isinstance(key, str):
            raise BadBody("Error parsing data, a key is no text")
    cloud.collections.remove(params.project, params.type, params.name, keys)
    return Reply("")


def read(cloud: Cloud, params: KeyParams, account: Account) -> Reply:
    """Read the value under a key."""
    row = cloud.collections.find(params.project, params.type, params.name, params.key)
    if row is None:
        raise NotFound(f"collection {params.type}/{params.name} of project {params.project} has no key {params.key!r}")
    return Reply([_shown(params.key, row, params.meta)], format=_format(params.accept))


def scan(cloud: Cloud, params: ScanParams, account: Account) -> Reply:
    """Read the values of a collection, sorted by key."""
    rows = cloud.collections.scan(params.project, params.type, params.name, params.scan(params.count))
    return Reply((_shown(key, row, params.meta, nodata=params.nodata) for key, row in rows), format=_format(params.accept), count=len(rows))


def count(cloud: Cloud, params: FilterParams, account: Account) -> Reply:
    """Count the values of a collection."""
    tally = cloud.collections.tally(params.project, params.type, params.name, params.scan(), COUNTED)
    more = {} if tally.next_start is None else {"nextstart": tally.next_start}
    return Reply({"count": tally.matched, "scanned": tally.scanned, **more})


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
