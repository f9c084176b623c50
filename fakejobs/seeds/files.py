"""Seeds in files: JSON and TOML."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fakejobs.errors import SeedError
from fakejobs.seeds.broken import broken_json, broken_toml, conversion_of, once_each, place_of_a_name_twice
from fakejobs.seeds.words import no_list

MAX_PARTS = 200
"""Parts of a dotted key in TOML."""

YAML = (".yaml", ".yml")
"""Suffixes of files that are often taken for seeds."""

_LONG_KEY = re.compile(
    rf"""(?:^|[\[{{,])[ \t]*(?:(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){{{MAX_PARTS}}}""",
    re.MULTILINE,
)


def read_file(path: str | Path) -> list[Any]:
    """Return the steps of a seed file; its suffix says whether it is JSON or TOML.

    Raises SeedError, naming the file and where the text goes wrong.
    """
    path = Path(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # reading it might never end
            raise SeedError(f"{path}: this is no regular file, but a pipe or a device; write the seed into a file")
        raw = path.read_bytes()
    except OSError as error:
        raise SeedError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise SeedError(f"{str(path)!r}: {error}") from None
    try:
        text = raw.decode("utf-8-sig")
        data = _read_toml(text) if path.suffix.lower() == ".toml" else json.loads(text, object_pairs_hook=once_each)
    except RecursionError:
        raise SeedError(f"{path}: it is nested too deeply") from None
    except json.JSONDecodeError as error:
        if path.suffix.lower() in YAML:
            raise SeedError(f"{path}: a seed is JSON or TOML; convert it with: {conversion_of(path)}") from None
        raise SeedError(f"{path}: {broken_json(error)}") from None
    except ValueError as error:
        raise SeedError(f"{path}: {broken_toml(error, raw.decode('utf-8', 'replace'))}") from None
    if path.suffix.lower() == ".toml":
        return _toml_steps(data, path.name)
    twice = place_of_a_name_twice(data)
    if twice is not None:
        raise SeedError(f"{path.name}{twice}")
    if not isinstance(data, list):
        raise SeedError(no_list(path.name, data))
    return data


def write_file(path: str | Path, steps: Sequence[Any]) -> None:
    """Write steps as a seed file in JSON, one step a line."""
    lines = ",\n".join("  " + json.dumps(step) for step in steps)
    Path(path).write_text(f"[\n{lines}\n]\n" if steps else "[]\n", encoding="utf-8")


def _read_toml(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    if _LONG_KEY.search(text):  # the reader would take the square of their number
        raise ValueError(f"a key has over {MAX_PARTS} parts")
    return tomllib.loads(text)


def _toml_steps(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    steps = data.get("step")
    if set(data) != {"step"} or not isinstance(steps, list):
        raise SeedError(f"{name}: a seed in TOML is a row of [[step]] tables")
    for number, step in enumerate(steps):
        if not isinstance(step, dict) or not isinstance(step.get("verb"), str):
            raise SeedError(f'{name}[{number}]: which verb? a step says verb = "add_job"')
    return [{step["verb"]: {key: _as_text(value) for key, value in step.items() if key != "verb"}} for step in steps]


def _as_text(value: Any) -> Any:
    """Return a time of TOML as the text that JSON would have in its place, and anything else as it is."""
    return value.isoformat() if isinstance(value, datetime) else value
