"""Records as plain Python, and as the encoded rows that the shelves hold: what each kind keeps of what a client wrote.

Items keep all their fields, in their order. Logs and requests have a fixed set of fields in a fixed order; others are
dropped. Samples are arrays. What is no such record is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from fakejobs import codec
from fakejobs.domain.clock import Millis
from fakejobs.domain.log import INFO
from fakejobs.domain.records import Rows
from fakejobs.errors import BadBody
from fakejobs.evidence import Source, assumed, recorded

SIZED_FIELDS = ("parent", "duration", "status", "method", "rs", "url", "fp")
REQUEST_FIELDS = ("time", *SIZED_FIELDS)

_LEFT_OUT_IF_NULL = ("parent", "fp")
_NOT_COUNTED = ("time",)
_METHOD_CODE = 0
"""What stands for the method where bytes are counted: one byte, whatever the method is."""

FACTS: Mapping[str, tuple[Source, ...]] = {
    "items": (
        recorded("any fields, in their order; stats count the fields, and the bytes of each item as MessagePack"),
        assumed("stats count fields at the top level, also those that are null"),
    ),
    "logs": (
        recorded("only time, level and message are kept; stats count the levels, and the bytes of the messages as MessagePack"),
        assumed("time is now and level 20 if they are missing; a message that is no text becomes its JSON; without message: 400"),
    ),
    "requests": (
        recorded("time, parent, duration, status, method, rs, url, fp in this order; parent and fp not if null"),
        recorded("stats count the fields but time"),
        recorded("and the bytes of parent, duration, status, method, rs, url, fp as MessagePack, the method as one byte"),
        assumed("other fields are dropped; without url: 400; in the bytes a missing field is nil"),
    ),
    "samples": (recorded("arrays of numbers"), assumed("arrays of anything")),
}
"""What is known of each kind's records."""


def encode(kind: str, values: Sequence[Any], now: Millis) -> Rows:
    """Return records of a kind as rows; raises BadBody for one that is none of this kind. now: the time of those that have none."""
    if kind == "logs":
        return encode_logs(values, now)
    if kind == "requests":
        return encode_requests(values, now)
    return encode_items(values) if kind == "items" else encode_samples(values)


def encode_items(values: Sequence[Mapping[str, Any]]) -> Rows:
    """Return items as rows; raises BadBody for one that is no mapping."""
    _require(values, dict, "item", "a JSON object")
    return Rows.of(codec.dump_lines(values), codec.packed_size(values), Counter(chain.from_iterable(values)))


def encode_logs(values: Sequence[Mapping[str, Any]], now: Millis) -> Rows:
    """Return log records, mappings with `message` and maybe `level` and `time`, as rows; raises BadBody for one that is none."""
    _require(values, dict, "log record", "a JSON object")
    logs = [_log_record(value, now) for value in values]
    counts = Counter(str(log["level"]) for log in logs)
    return Rows.of(codec.dump_lines(logs), codec.packed_size([log["message"] for log in logs]), counts)


def encode_requests(values: Sequence[Mapping[str, Any]], now: Millis) -> Rows:
    """Return requests, mappings with `url` and maybe the other fields, as rows; raises BadBody for one that is none."""
    _require(values, dict, "request", "a JSON object")
    requests = [_request(value, now) for value in values]
    counted = [[name for name in request if name not in _NOT_COUNTED] for request in requests]
    size = codec.packed_size([[_METHOD_CODE if name == "method" else request.get(name) for name in SIZED_FIELDS] for request in requests])
    return Rows.of(codec.dump_lines(requests), size, Counter(chain.from_iterable(counted)))


def encode_samples(values: Sequence[Sequence[Any]]) -> Rows:
    """Return samples as rows; raises BadBody for one that is no array."""
    _require(values, list, "sample", "a JSON array")
    return Rows.of(codec.dump_lines(values), codec.packed_size(values))


def decode_rows(rows: Iterable[bytes]) -> list[Any]:
    """Return rows, without their newlines, as plain Python."""
    return codec.load_rows(rows)


def _require(values: Sequence[Any], kind: type, noun: str, wanted: str) -> None:
    if set(map(type, values)) - {kind}:
        number = next(place for place, value in enumerate(values, 1) if type(value) is not kind)
        raise BadBody(f"Error parsing data, {noun} {number} is not {wanted}")


def _log_record(value: Mapping[str, Any], now: Millis) -> dict[str, Any]:
    if "message" not in value:
        raise BadBody("Error parsing data, missing value for message field")
    message = value["message"]
    return {
        "time": _whole("time", value.get("time", now)),
        "level": _whole("level", value.get("level", INFO)),
        "message": message if isinstance(message, str) else codec.dumps(message).decode(),
    }


def _request(value: Mapping[str, Any], now: Millis) -> dict[str, Any]:
    if not isinstance(value.get("url"), str):
        raise BadBody("Error parsing data, missing value for url field")
    given = {"time": now, **value}
    given["time"] = _whole("time", given["time"])
    return {name: given[name] for name in REQUEST_FIELDS if name in given and not (given[name] is None and name in _LEFT_OUT_IF_NULL)}


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadBody(f"Error parsing data, {name} is no number")
    return int(value)
