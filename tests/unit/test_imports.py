"""Who may import whom: only from the stories below or inside the own room, nothing from outside in the domain, and one clock."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fakejobs

PACKAGE = Path(fakejobs.__file__).parent
STORIES = (
    "errors evidence",
    "domain access listener codec",
    "arguments",
    "cloud",
    "web seeds journal environ polling sleeping",
    "timeline",
    "dash storage control unfaked stubs",
    "server",
    "standalone tables pytest_plugin",
    "cli __init__",
    "__main__",
)
"""The house from the ground up: a room imports only from the stories below its own."""
FOR_TYPES = {("nouns", "cloud")}
"""Arrows that may point up, for annotations only: the cloud makes its nouns, and they hold it."""
STORY_OF = {room: story for story, rooms in enumerate(STORIES) for room in rooms.split()}
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def room_of(file: str) -> str:
    return file.partition("/")[0].removesuffix(".py")


def imports_of(file: str) -> Iterator[tuple[int, str, bool]]:
    """Yield line, whole name and whether it is for annotations only, of each module that a file imports anywhere."""
    inside = ["fakejobs", *Path(file).parent.parts]
    tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
    guards = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    for_types = {id(inner) for guard in guards for statement in guard.body for inner in ast.walk(statement)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, id(node) in for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(inside[: len(inside) + 1 - node.level]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            names = [f"fakejobs.{alias.name}" for alias in node.names] if module == "fakejobs" else [module]
            yield from ((node.lineno, name, id(node) in for_types) for name in names)


def wrong_arrows(file: str) -> list[str]:
    """Return the imports of a file that the table forbids."""
    room = room_of(file)
    wrong = []
    for line, module, for_types in imports_of(file):
        root, _, rest = module.partition(".")
        target = rest.partition(".")[0]
        if root != "fakejobs" or target.startswith("__") or target == room or room == "__init__":
            continue
        if for_types and (room, target) in FOR_TYPES:
            continue
        if STORY_OF.get(target, len(STORIES)) >= STORY_OF[room]:
            wrong.append(f"{file}:{line} imports {module}")
    return wrong


@pytest.mark.parametrize("file", FILES)
def test_arrows_point_down(file: str) -> None:
    assert room_of(file) in STORY_OF, f"{file} is in no row of the table"
    assert wrong_arrows(file) == []


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("domain/")])
def test_the_domain_knows_the_standard_library_and_sortedcontainers(file: str) -> None:
    roots = {module.partition(".")[0] for _, module, _ in imports_of(file)}
    assert roots <= {*sys.stdlib_module_names, "fakejobs", "sortedcontainers"}
    assert not roots & {"json", "http", "socket", "urllib", "wsgiref"}


def test_only_the_clock_and_what_makes_sleeping_virtual_import_time() -> None:
    assert [file for file in FILES if any(module == "time" for _, module, _ in imports_of(file))] == ["domain/clock.py", "sleeping.py"]


def test_the_test_itself_notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "x.py").write_text(
        "from fakejobs import server\ndef f():\n    import fakejobs.dash.views\nfrom ..journal import calls\n"
    )
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    assert wrong_arrows("web/x.py") == [
        "web/x.py:1 imports fakejobs.server",
        "web/x.py:4 imports fakejobs.journal",
        "web/x.py:3 imports fakejobs.dash.views",
    ]


def test_no_room_has_a_name_that_says_nothing() -> None:
    names = {part.removesuffix(".py") for file in FILES for part in file.split("/")}
    assert not names & {"utils", "helpers", "common", "misc", "core", "base", "manager"}
