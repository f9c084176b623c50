"""What a test is asked to do: to explore, in which ways and how far, or to replay one schedule; from its markers and the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from fakejobs import arguments
from fakejobs.errors import UsageError
from fakejobs.exploring.schedules import USUAL, Schedule, Way
from fakejobs.exploring.words import schedule_of, ways_of
from fakejobs.quoting import quoted

LIMIT = 200
"""Schedules that are tried at most, unless the marker says otherwise."""


@dataclass(frozen=True, slots=True)
class Explore:
    """A test runs again for its schedules. limit: how many at most. is_chosen: whether its author has named the ways."""

    ways: tuple[Way, ...] = USUAL
    limit: int = LIMIT
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Replay:
    """A test runs once, with one schedule. said: how that was given."""

    schedule: Schedule
    said: str


def refuse_command_line(config: pytest.Config) -> None:
    """Refuse a command line that cannot be meant; raises pytest.UsageError."""
    fault, explore = _of_command_line(config)
    try:
        if fault is not None:
            schedule_of(fault, _said(fault))
    except UsageError as mistake:
        raise pytest.UsageError(str(mistake)) from None
    if fault is not None and explore:
        raise pytest.UsageError("--fakejobs-explore tries every schedule and --fakejobs-fault one alone: take one of them away")


def asked_of(item: pytest.Item) -> Explore | Replay | None:
    """Return what is asked of a test; raises UsageError. The nearest marker wins, and a schedule on the command line over all of them."""
    options: dict[str, Any] = {}
    for marker in markers_of(item):
        if marker.kwargs.get("explore") and "fault" in marker.kwargs:
            raise UsageError("explore= tries every schedule and fault= one alone: take one of them away")
        options = {**marker.kwargs, **options}
    fault, explore = _of_command_line(item.config)
    if fault is not None:
        return Replay(schedule_of(fault, _said(fault)), _said(fault))
    if options.get("fault") is not None:
        said = f"fault={quoted(options['fault'])}"
        return Replay(schedule_of(options["fault"], said), said)
    return _explore(options, options.get("explore", explore))


def _explore(options: Mapping[str, Any], ways: object) -> Explore | None:
    limit = arguments.whole_number("explore_limit", options.get("explore_limit", LIMIT), least=1)
    if ways is None or ways is False:
        return None
    return Explore(limit=limit) if ways is True else Explore(ways_of(ways), limit, is_chosen=True)


def markers_of(item: pytest.Item) -> Iterator[pytest.Mark]:
    """Yield the markers `fakejobs` of a test, the nearest first."""
    return item.iter_markers("fakejobs")


def _of_command_line(config: pytest.Config) -> tuple[str | None, bool]:
    """Return the schedule and whether to explore, as the command line has them."""
    return config.getoption("fakejobs_fault", None), bool(config.getoption("fakejobs_explore", default=False))


def _said(fault: str) -> str:
    return f"--fakejobs-fault={quoted(fault)}"
