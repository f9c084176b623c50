"""A seed's steps, each one verb with its arguments: applied under one lock, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from fakejobs.binding import bind
from fakejobs.cloud import Cloud
from fakejobs.errors import FakeJobsError, NotFound, SeedError
from fakejobs.nearest import hint
from fakejobs.quoting import as_json, quoted
from fakejobs.seeds.restoring import RESTORERS
from fakejobs.seeds.words import kind_of, no_list, shown

VERBS = (
    "add_project",
    "add_spider",
    "add_key",
    "add_job",
    "start_job",
    "finish_job",
    "cancel_job",
    "delete_job",
    "update_tags",
    "update_spider_tags",
    "update_metadata",
    "delete_metadata",
    "add_items",
    "add_logs",
    "add_requests",
    "add_samples",
    "add_comment",
    "add_collection",
    "limit_scans",
    "add_to_frontier",
    "add_activity",
    "update_settings",
    "add_deploy",
    "add_egg",
    "add_report",
    "expect_deploy",
    "add_periodic_job",
    "fire_periodic_job",
    "pace",
    "script",
    "fail",
    "outage",
    "advance",
    "advance_to",
    "finish_all",
)
"""The verbs of the Python door that a step can name: those that write. A dump has RESTORERS, too."""


def apply(verbs: object, cloud: Cloud, steps: Sequence[Any], name: str = "seed") -> None:
    """Carry out the steps of a seed in order; raises SeedError, naming the step, and then nothing of it has happened.

    verbs: whose methods the verbs are. cloud: the one on which they work.
    """
    if not isinstance(steps, (list, tuple)):
        raise SeedError(no_list(name, steps))
    with cloud.realm.all_or_nothing():
        for number, step in enumerate(steps):
            _apply_step(verbs, cloud, step, f"{name}[{number}]")


def mistakes_in(verbs: object, cloud: Cloud, steps: Sequence[Any], name: str = "seed") -> list[str]:
    """Return what is wrong with the steps of a seed, each wrong step once; the others are carried out, on a cloud for trying.

    A job that a later step misses may be one that a wrong step was to make: that is said.
    """
    mistakes: list[str] = []
    for number, step in enumerate(steps):
        error = _mistake_in(verbs, cloud, step, f"{name}[{number}]")
        if error is not None:
            follows = mistakes and isinstance(error.__context__, NotFound)
            mistakes.append(f"{error}{' (it may follow from a mistake above)' if follows else ''}")
    return mistakes


def _mistake_in(verbs: object, cloud: Cloud, step: Any, place: str) -> SeedError | None:
    try:
        _apply_step(verbs, cloud, step, place)
    except SeedError as error:
        return error
    return None


def _apply_step(verbs: object, cloud: Cloud, step: Any, place: str) -> None:
    if not isinstance(step, Mapping) or len(step) != 1:
        raise SeedError(f'{place}: a step is one verb with its arguments, as in {{"add_job": {{...}}}}, not {shown(step)}')
    [(verb, arguments)] = step.items()
    if verb not in VERBS and verb not in RESTORERS:
        raise SeedError(f"{place}: there is no verb {quoted(verb)}{hint(verb, VERBS)}")
    if not isinstance(arguments, Mapping):
        raise SeedError(f"{place}.{verb}: the arguments are an object, not {kind_of(arguments)}")
    call: Callable[..., object] = partial(RESTORERS[verb], cloud) if verb in RESTORERS else getattr(verbs, verb)
    try:
        with as_json():
            bound = bind(call, arguments)
            call(*bound.args, **bound.kwargs)
    except FakeJobsError as error:
        raise SeedError(f"{place}.{verb}: {cloud.keys.masks.text(str(error))}") from None
