"""A schedule as a text, `jobs/list state=running 2 cut`: endpoint, what tells its calls apart, which of them, and the way."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Any

from fakejobs.errors import UsageError
from fakejobs.exploring.schedules import Params, Schedule, Seen, Way
from fakejobs.nearest import did_you_mean, hint
from fakejobs.quoting import quoted
from fakejobs.routes import router
from fakejobs.web.endpoint import Endpoint

WORDS = tuple(map(str, Way))
MOST_DIGITS = 10
FORM = "it is written as 'jobs/list 2 cut': the endpoint, which of its calls, and the way"


def text_of(schedule: Schedule) -> str:
    """Return a schedule as a text that schedule_of() reads."""
    return f"{call_text(schedule.endpoint, schedule.path, schedule.params or ())} {schedule.occurrence} {schedule.way}"


def call_text(endpoint: str, path: str | None, params: Params) -> str:
    """Return a call as a text: its endpoint, path and parameters."""
    pairs = [f"{name}={text}" for name, texts in params for text in texts]
    return " ".join([endpoint, *map(shlex.quote, [path] if path else []), *map(shlex.quote, pairs)])


def path_of(call: Seen) -> str | None:
    """Return the path of a call, if it says more than the endpoint does: that has values in it."""
    return None if all("<" not in path for known in _called(call.endpoint) for path in known.paths) else call.path


def schedule_of(text: object, said: str) -> Schedule:
    """Read the text of a schedule; raises UsageError. said: how it was given, as in `fault='run 1 lost'`."""
    if not isinstance(text, str):
        raise UsageError(f"{said} is no text: {FORM}")
    try:
        endpoint, *pairs, way = shlex.split(text)
    except ValueError:
        raise UsageError(f"{said} names no call and no way: {FORM}") from None
    path = pairs.pop(0) if pairs and pairs[0].startswith("/") else None
    occurrence = pairs.pop() if pairs and "=" not in pairs[-1] else "1"
    if not (occurrence.isascii() and occurrence.isdecimal() and len(occurrence) < MOST_DIGITS and int(occurrence)):
        raise UsageError(f"{said}: {quoted(occurrence)} is not which of the calls, 1 being the first: {FORM}")
    wrong = next((pair for pair in pairs if "=" not in pair), None)
    if wrong is not None:
        raise UsageError(f"{said}: {quoted(wrong)} is no parameter, which is written as name=value")
    return Schedule(_endpoint(endpoint, said), path, _params(pairs) if pairs else None, int(occurrence), _way(endpoint, way, said))


def ways_of(given: object) -> tuple[Way, ...]:
    """Read which ways a marker names, in the order in which they are tried; raises UsageError."""
    if not isinstance(given, (list, tuple)):
        meant = f": write explore=[{quoted(given)}]" if str(given) in WORDS else ""
        raise UsageError(f"explore={quoted(given)} is neither True nor a list of ways{meant}")
    if not given:
        raise UsageError(f"explore={quoted(given)} names no way{hint(None, WORDS)}")
    for way in given:
        if str(way) not in WORDS:
            raise UsageError(f"explore={quoted(given)} {_no_way(way)}")
    return tuple(way for way in Way if way in map(str, given))


def _endpoint(name: str, said: str) -> str:
    if not _called(name):
        known = dict.fromkeys(endpoint.name for endpoint in router().endpoints)
        raise UsageError(f"{said}: there is no endpoint {quoted(name)}{did_you_mean(name, known)}")
    return name


def _way(endpoint: str, word: str, said: str) -> Way:
    if word not in WORDS:
        raise UsageError(f"{said} {_no_way(word)}")
    way = Way(word)
    methods = {known.method for known in _called(endpoint)}
    is_misplaced = methods == {"GET"} if way in (Way.LOST, Way.GATEWAY) else way is Way.CUT and "GET" not in methods
    if is_misplaced:
        raise UsageError(f"{said}: {way} is for {'calls that write' if way is not Way.CUT else 'listings'}, and {endpoint} is none")
    return way


def _called(name: str) -> list[Endpoint[Any]]:
    """Return the endpoints of a name."""
    return [known for known in router().endpoints if known.name == name]


def _no_way(word: object) -> str:
    return f"names {quoted(word)}, which is no way of failing{hint(word, WORDS)}"


def _params(pairs: Iterable[str]) -> Params:
    params: dict[str, list[str]] = {}
    for name, _, text in (pair.partition("=") for pair in pairs):
        params.setdefault(name, []).append(text)
    return tuple((name, tuple(texts)) for name, texts in sorted(params.items()))
