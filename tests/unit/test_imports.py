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
    "domain access listener codec unseen",
    "arguments",
    "cloud",
    "web journal environ polling sleeping",
    "timeline",
    "dash storage unfaked stubs verbs",
    "seeds control routes",
    "backstage tables",
    "fake",
    "standalone pytest_plugin",
    "cli __init__",
    "__main__",
)
"""The house from the ground up: a room imports only from the stories below its own."""
STORY_OF = {room: story for story, rooms in enumerate(STORIES) for room in rooms.split()}
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def room_of(file: str) -> str:
    return file.partition("/")[0].removesuffix(".py")


def imports_of(file: str) -> Iterator[tuple[int, str]]:
    """Yield line and whole name of each module that a file imports anywhere, also for annotations only."""
    inside = ["fakejobs", *Path(file).parent.parts]
    tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(inside[: len(inside) + 1 - node.level]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            names = [f"fakejobs.{alias.name}" for alias in node.names] if module == "fakejobs" else [module]
            yield from ((node.lineno, name) for name in names)


def wrong_arrows(file: str) -> list[str]:
    """Return the imports of a file that the table forbids."""
    room = room_of(file)
    wrong = []
    for line, module in imports_of(file):
        root, _, rest = module.partition(".")
        target = rest.partition(".")[0]
        if root != "fakejobs" or target.startswith("__") or target == room or room == "__init__":
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
    roots = {module.partition(".")[0] for _, module in imports_of(file)}
    assert roots <= {*sys.stdlib_module_names, "fakejobs", "sortedcontainers"}
    assert not roots & {"json", "http", "socket", "urllib", "wsgiref"}


def test_only_the_clock_and_what_makes_sleeping_virtual_import_time() -> None:
    assert [file for file in FILES if any(module == "time" for _, module in imports_of(file))] == ["domain/clock.py", "sleeping.py"]


def test_the_test_itself_notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "x.py").write_text(
        "from fakejobs import fake\ndef f():\n    import fakejobs.dash.views\nfrom ..journal import calls\n"
    )
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    assert wrong_arrows("web/x.py") == [
        "web/x.py:1 imports fakejobs.fake",
        "web/x.py:4 imports fakejobs.journal",
        "web/x.py:3 imports fakejobs.dash.views",
    ]


def test_no_room_has_a_name_that_says_nothing() -> None:
    names = {part.removesuffix(".py") for file in FILES for part in file.split("/")}
    assert not names & {"utils", "helpers", "common", "misc", "core", "base", "manager"}
