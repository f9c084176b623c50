"""The generated parts of the documents, made from the code; `python -m tests.docs.write` puts fresh ones in."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from fakejobs import FakeJobs, tables
from tests.docs.document import CONTRIBUTING, README, ROOT, rewrite
from tests.unit.test_imports import STORIES

INSIDE = frozenset(
    {
        "account_of",
        "all_or_nothing",
        "broke",
        "check",
        "complain",
        "find_spider",
        "happen_at",
        "hold_clock",
        "job_account",
        "load_tables",
        "masked",
        "now_ms",
        "project_numbers",
        "raise_defects",
        "record_of",
        "require_spider",
        "spider_named",
        "spiders",
        "sweep",
        "take_sleep",
        "sweep_environment",
        "take_environment",
        "token_of",
    }
)
"""Methods of a fake that are for the rest of fakejobs, as are those that say so: `...; for the wires.`"""


def public_names() -> list[str]:
    """Return the methods and properties of a fake that users meet, in the order of the alphabet."""
    names = [name for name in dir(FakeJobs) if not name.startswith("_") and name not in INSIDE]
    return [name for name in names if not _doc(name).endswith(("; for the wires.", "; for the runner."))]


def verbs() -> str:
    """Return the verbs and attributes of a fake, each with its arguments and its first sentence."""
    return "".join(f"- `{name}{_arguments(name)}`: {_doc(name)}\n" for name in public_names())


def rooms() -> str:
    """Return the rooms of the house from the top down, each with its purpose."""
    lines = [
        f"| {len(STORIES) - number} | `{room}` | {_purpose(room)} |\n"
        for number, story in enumerate(reversed(STORIES))
        for room in story.split()
    ]
    return "| story | room | purpose |\n| --- | --- | --- |\n" + "".join(lines)


PARTS: Mapping[Path, Mapping[str, Callable[[], str]]] = {
    README: {
        "verbs": verbs,
        "endpoints": tables.endpoint_table,
        "parameters": tables.parameter_table,
        "everywhere": tables.everywhere_list,
        "refusals": tables.refusal_table,
        "life cycle": tables.life_cycle_diagram,
        "assumptions": tables.assumption_list,
    },
    CONTRIBUTING: {"rooms": rooms},
}
"""Where each generated part stands, and what makes it."""


def main() -> None:
    """Rewrite every generated part."""
    for document, makers in PARTS.items():
        rewrite(document, {name: f"\n{make()}\n" for name, make in makers.items()})


def _arguments(name: str) -> str:
    """Return the arguments of a verb as one writes them, without types; nothing for an attribute."""
    if isinstance(inspect.getattr_static(FakeJobs, name, None), property):
        return ""
    found = inspect.signature(getattr(FakeJobs, name)).parameters.values()
    return f"({', '.join(_written(found))})"


def _written(found: Any) -> Iterator[str]:
    is_starred = False
    for parameter in found:
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not is_starred:
            is_starred = True
            yield "*"
        star = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        default = "" if parameter.default is parameter.empty else f"={_shown(parameter.default)}"
        yield f"{star}{parameter.name}{default}"


def _shown(default: object) -> str:
    if default is ...:
        return "..."
    return repr(default.value if isinstance(default, Enum) else default)


def _doc(name: str) -> str:
    return (inspect.getdoc(inspect.getattr_static(FakeJobs, name)) or "").partition("\n")[0]


def _purpose(room: str) -> str:
    """Return the first line of a room's docstring."""
    place = ROOT / "fakejobs" / room
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


if __name__ == "__main__":
    main()
