"""The generated parts of the documents, made from the code; `python -m tests.docs.write` puts fresh ones in."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path

from fakejobs import FakeJobs, tables
from tests.docs.document import CONTRIBUTING, DOCS, REFERENCE, ROOT, rewrite
from tests.unit.test_imports import STORIES

WIDTH = 100
"""Columns of a verb and its arguments."""
INDENT = "    "


def public_names() -> list[str]:
    """Return the methods and properties of a fake, in the order of the alphabet."""
    return [name for name in dir(FakeJobs) if not name.startswith("_")]


def verbs() -> str:
    """Return the verbs and attributes of a fake by topic, each with its arguments and what there is to know of it."""
    return "\n".join(_topic(owner) for owner in (*FakeJobs.__mro__[1:], FakeJobs) if any(_own(owner)))


def rooms() -> str:
    """Return the rooms of the house from the top down, each with its purpose."""
    lines = [
        f"| {len(STORIES) - number} | `{room}` | {_purpose(room)} |\n"
        for number, story in enumerate(reversed(STORIES))
        for room in story.split()
    ]
    return "| story | room | purpose |\n| --- | --- | --- |\n" + "".join(lines)


def marked(text: str, arguments: Collection[str]) -> str:
    """Return a docstring as Markdown: the arguments that it explains, as in `job: its key; by: who did it`, become code."""
    name = "|".join(map(re.escape, sorted(arguments, key=len, reverse=True)))
    if not name:
        return text
    explained = re.compile(rf"(?P<before>^|[.;:]\s)(?P<names>(?:{name})(?:,\s(?:{name}))*)(?=:\s)", re.MULTILINE)
    return _listed(explained.sub(lambda found: found["before"] + re.sub(r"\w+", r"`\g<0>`", found["names"]), text))


def _listed(text: str) -> str:
    """Return Markdown in which a paragraph that begins with an argument is a list, an entry for each line that begins with one."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.split("\n")
        if len(lines) > 1 and lines[0].startswith("`"):
            lines = [f"- {line}" if line.startswith("`") else f"  {line}" for line in lines]
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)


PARTS: Mapping[Path, Mapping[str, Callable[[], str]]] = {
    REFERENCE / "verbs.md": {"verbs": verbs},
    REFERENCE / "endpoints.md": {"endpoints": tables.endpoint_table, "everywhere": tables.everywhere_list},
    REFERENCE / "parameters.md": {"parameters": tables.parameter_table},
    REFERENCE / "refusals.md": {
        "refusals": tables.refusal_table,
        "life cycle": tables.life_cycle_diagram,
        "steps": tables.life_cycle_table,
    },
    REFERENCE / "assumptions.md": {"assumptions": tables.assumption_list},
    DOCS / "lint.md": {"rules": tables.lint_table},
    CONTRIBUTING: {"rooms": rooms},
}
"""Where each generated part stands, and what makes it."""


def main() -> None:
    """Rewrite every generated part."""
    for document, makers in PARTS.items():
        rewrite(document, {name: f"\n{make()}\n" for name, make in makers.items()})


def _topic(owner: type) -> str:
    title = (owner.__doc__ or "").partition("\n")[0].rstrip(".") if owner is not FakeJobs else "Where it is, and the whole"
    return f"## {title}\n\n" + "\n".join(
        f"### `{name}`\n\n{_called(name)}{marked(_doc(name), _parameters(name))}\n" for name in _own(owner)
    )


def _own(owner: type) -> list[str]:
    return [name for name in vars(owner) if not name.startswith("_") and name in public_names()]


def _called(name: str) -> str:
    """Return how a verb is called, without types, as a block of code; nothing for an attribute."""
    if isinstance(inspect.getattr_static(FakeJobs, name), property):
        return ""
    arguments = ", ".join(_written(_parameters(name).values()))
    line = f"{name}({arguments})"
    if len(line) > WIDTH:
        line = f"{name}(\n{textwrap.fill(arguments, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)}\n)"
    return f"```text\n{line}\n```\n\n"


def _parameters(name: str) -> dict[str, inspect.Parameter]:
    """Return the parameters of a verb; none for an attribute."""
    if isinstance(inspect.getattr_static(FakeJobs, name), property):
        return {}
    found = inspect.signature(getattr(FakeJobs, name)).parameters
    return {parameter: about for parameter, about in found.items() if parameter != "self"}


def _written(found: Iterable[inspect.Parameter]) -> Iterator[str]:
    is_starred = False
    for parameter in found:
        if parameter.kind is parameter.KEYWORD_ONLY and not is_starred:
            is_starred = True
            yield "*"
        star = "**" if parameter.kind is parameter.VAR_KEYWORD else "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        default = "" if parameter.default is parameter.empty else f"={_shown(parameter.default)}"
        yield f"{star}{parameter.name}{default}"


def _shown(default: object) -> str:
    if default is ...:
        return "..."
    value = default.value if isinstance(default, Enum) else default
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _doc(name: str) -> str:
    return inspect.getdoc(inspect.getattr_static(FakeJobs, name)) or ""


def _purpose(room: str) -> str:
    """Return the first line of a room's docstring."""
    place = ROOT / "fakejobs" / room
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


if __name__ == "__main__":
    main()
