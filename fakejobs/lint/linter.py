"""The findings of calls: each is looked at with every rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from fakejobs.cloud import Cloud
from fakejobs.errors import FakeJobsError
from fakejobs.journal import Call, Journal
from fakejobs.journal.book import Entry
from fakejobs.lint.asked import Asked, Scene
from fakejobs.lint.bounds import Match
from fakejobs.lint.findings import Finding
from fakejobs.lint.habits import LISTS
from fakejobs.lint.rules import RULES
from fakejobs.web.endpoint import Endpoint

TIGHT = timedelta(milliseconds=100)
"""How far the clock may move between two equal calls that count as a row."""

Answered = Sequence["tuple[Call, Entry]"]


def findings_of(answered: Answered, cloud: Cloud, journal: Journal, match: Match) -> list[Finding]:
    """Return what is wrong with calls, oldest first. journal: where all calls are; match: as for findings_in()."""
    scene = Scene(cloud, journal)
    masks = cloud.keys.masks
    return [
        Finding(rule.code, masks.text(remark.sentence), asked.call, masks.text(remark.instead))
        for asked in _asked(answered, match)
        for rule in RULES
        for remark in rule.check(asked, scene)
    ]


def _asked(answered: Answered, match: Match) -> Iterator[Asked]:
    places: dict[tuple[str, str], tuple[Endpoint[Any] | None, Mapping[str, Any]]] = {}
    streak, before = 0, None
    for call, entry in answered:
        place = (call.method, call.path)
        if place not in places:
            places[place] = _place_of(call, match)
        streak = streak + 1 if before is not None and _is_same(*before, call, entry) else 1
        before = (call, entry)
        yield Asked(call, entry.params, *places[place], entry.unread, entry.has_key_in_url, streak)


def _place_of(call: Call, match: Match) -> tuple[Endpoint[Any] | None, Mapping[str, Any]]:
    if call.endpoint is None:
        return None, {}
    try:
        return match(call.method, call.path)
    except FakeJobsError:  # its path was cut
        return None, {}


def _is_same(call: Call, entry: Entry, other: Call, other_entry: Entry) -> bool:
    """Say whether a call asked for the same list as the one that came right before it, and nothing happened between."""
    return (
        call.endpoint in LISTS
        and other.number == call.number + 1
        and (call.method, call.path, call.status, call.rows) == (other.method, other.path, other.status, other.rows)
        and entry.revision == other_entry.revision
        and other.time - call.time <= TIGHT
        and entry.params == other_entry.params
    )
