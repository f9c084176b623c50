"""Seeds: data that becomes verb calls, all or nothing.

A seed is a list of steps, each one verb with its arguments. In JSON: `[{"add_job": {"spider": "books", "project": 1}}]`.
In TOML, which has no list at the top: `[[step]]` tables with `verb = "add_job"` and the arguments beside it. A seed is
applied under one lock; if a step is refused, nothing of the seed stays, and the error names the place.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

from fakejobs.cloud import FakeCloud
from fakejobs.domain.job import JobRecord
from fakejobs.domain.projects import Project
from fakejobs.errors import FakeJobsError, SeedError

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
    "add_collection",
    "add_to_frontier",
    "add_activity",
    "update_settings",
    "add_deploy",
    "add_egg",
    "add_report",
    "expect_deploy",
    "pace",
    "script",
    "advance",
    "advance_to",
    "finish_all",
    "restore_records",
    "restore_frontier",
    "restore_activity",
    "restore_pacing",
)
"""The verbs that a step can name: those that write."""

Step = Mapping[str, Mapping[str, Any]]


def read_file(path: str | Path) -> list[Any]:
    """Return the steps of a seed file; its suffix says whether it is JSON or TOML.

    Raises SeedError, naming the file and where the text goes wrong.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SeedError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise SeedError(f"{str(path)!r}: {error}") from None
    try:
        text = raw.decode("utf-8-sig")
        data = _read_toml(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SeedError(f"{path}: {error}") from None
    if path.suffix.lower() == ".toml":
        return _toml_steps(data, path.name)
    if not isinstance(data, list):
        raise SeedError(f"{path.name}: a seed is a list of steps, not {_kind(data)}")
    return data


def apply(cloud: FakeCloud, steps: Sequence[Any], name: str = "seed") -> None:
    """Call the verbs of a seed in order; raises SeedError, naming the step, and then nothing of it has happened."""
    if not isinstance(steps, (list, tuple)):
        raise SeedError(f"{name}: a seed is a list of steps, not {_kind(steps)}")
    with cloud.all_or_nothing():
        for number, step in enumerate(steps):
            _apply_step(cloud, step, f"{name}[{number}]")


def dump(cloud: FakeCloud) -> list[dict[str, Any]]:
    """Return the steps that make an empty fake equal to this one.

    Spiders that were used but never declared come with declared=False, so that loading closes nothing. Raises UsageError if a
    rule holds a callable, which no seed can.
    """
    with cloud.lock:
        cloud.progress.flow_all()
        steps = [*_access_steps(cloud), *_project_steps(cloud)]
        steps += [{"add_job": dict(_job_arguments(record))} for record in cloud.world.store]
        steps += [{"restore_records": step} for step in cloud.records.steps()]
        steps += [{"add_collection": step} for step in cloud.collections.steps()]
        steps += [{"restore_frontier": step} for step in cloud.frontiers.steps()]
        steps += [{verb: arguments} for verb, arguments in cloud.uploads.steps()]
        steps += [{"restore_activity": step} for step in cloud.activities.steps()]
        steps += [{"restore_pacing": step} for step in cloud.pacer.steps()]
        return deepcopy(steps)


def _access_steps(cloud: FakeCloud) -> Iterator[dict[str, Any]]:
    for key, account in cloud.world.access:
        projects = {} if account.projects is None else {"projects": sorted(account.projects)}
        yield {"add_key": {"key": key, "user": account.user, **projects}}


def _project_steps(cloud: FakeCloud) -> Iterator[dict[str, Any]]:
    settings, units = cloud.world.settings, cloud.world.pacing.units
    for number, project in sorted(cloud.world.store.projects.items()):
        yield {"add_project": {"project": number, **({"units": units[number]} if number in units else {})}}
        yield from _spider_steps(project)
    for number in settings.projects():
        yield {"update_settings": {"values": settings.of(number), "project": number}}


def _apply_step(cloud: FakeCloud, step: Any, place: str) -> None:
    if not isinstance(step, Mapping) or len(step) != 1:
        raise SeedError(f'{place}: a step is one verb with its arguments, as in {{"add_job": {{...}}}}, not {_shown(step)}')
    [(verb, arguments)] = step.items()
    if verb not in VERBS:
        raise SeedError(f"{place}: there is no verb {verb!r} (known: {', '.join(VERBS)})")
    if not isinstance(arguments, Mapping):
        raise SeedError(f"{place}.{verb}: the arguments are an object, not {_kind(arguments)}")
    call = getattr(cloud, verb)
    try:
        bound = inspect.signature(call).bind(**arguments)
    except TypeError as error:
        raise SeedError(f"{place}.{verb}: {error} (known: {', '.join(inspect.signature(call).parameters)})") from None
    try:
        call(*bound.args, **bound.kwargs)
    except FakeJobsError as error:
        raise SeedError(f"{place}.{verb}: {error}") from None


def _read_toml(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    return tomllib.loads(text)


def _toml_steps(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    steps = data.get("step")
    if set(data) != {"step"} or not isinstance(steps, list):
        raise SeedError(f"{name}: a seed in TOML is a row of [[step]] tables")
    for number, step in enumerate(steps):
        if not isinstance(step, dict) or not isinstance(step.get("verb"), str):
            raise SeedError(f'{name}[{number}]: which verb? a step says verb = "add_job"')
    return [{step["verb"]: {key: value for key, value in step.items() if key != "verb"}} for step in steps]


def _spider_steps(project: Project) -> Iterator[dict[str, Any]]:
    for spider in sorted(project, key=lambda spider: spider.spider_id):
        arguments = {
            "name": spider.name,
            "project": project.project_id,
            "spider_id": spider.spider_id,
            "next_job": spider.last_job + 1,
            "declared": spider.declared,
        }
        later = {"tags": list(spider.tags), "created_time": spider.created_time, "modified_time": spider.modified_time}
        arguments.update((name, value) for name, value in later.items() if value)
        yield {"add_spider": arguments}


def _job_arguments(record: JobRecord) -> Iterator[tuple[str, Any]]:
    """Yield the arguments that make a job again; the key under which one was pushed only while it holds that key."""
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name == "key":
            yield "key", str(value)
        elif field.name == "state":
            yield "state", value.value
        elif field.name == "tags":
            yield "tags", list(value)
        elif field.name == "spider_type":
            yield "spider_type", value
        elif field.name == "unique" and not record.is_active:
            continue
        elif field.name != "sequence" and value is not None and value is not False and value != {}:
            yield field.name, deepcopy(value)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def _shown(value: object) -> str:
    """Return what stands where a step should; of an object only the names, as its values may be keys."""
    text = f"an object with {', '.join(map(repr, value)) or 'nothing'}" if isinstance(value, Mapping) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def write_file(path: str | Path, steps: Sequence[Any]) -> None:
    """Write steps as a seed file in JSON, one step a line."""
    lines = ",\n".join("  " + json.dumps(step) for step in steps)
    Path(path).write_text(f"[\n{lines}\n]\n" if steps else "[]\n", encoding="utf-8")
