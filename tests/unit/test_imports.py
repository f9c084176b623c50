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
    "errors evidence quoting own_code",
    "strictness nearest forking masking ending served",
    "domain access listener codec unseen binding guard",
    "arguments",
    "cloud",
    "web journal environ sleeping",
    "timeline lines polling lint",
    "dash storage unfaked stubs verbs",
    "seeds control routes faults",
    "backstage tables",
    "fake",
    "standalone reporting places mistaken",
    "cli fakes_of_run exploring __init__",
    "__main__ pytest_plugin",
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


def modules_imported(file: str) -> set[str]:
    """Return the files that a file imports anywhere, also for annotations only.

    What comes from a face, an `__init__` that hands names on, counts as coming from where the face has it.
    """
    inside = ["fakejobs", *Path(file).parent.parts]
    found: set[str] = set()
    for node in ast.walk(ast.parse((PACKAGE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(inside[: len(inside) + 1 - node.level]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            found |= {home for alias in node.names if (home := home_of(module, alias.name)) is not None}
        elif isinstance(node, ast.Import):
            found |= {home for alias in node.names if (home := file_of(alias.name)) is not None}
    return found - {file}


def file_of(module: str) -> str | None:
    """Return the file of a module of ours."""
    root, _, rest = module.partition(".")
    path = rest.replace(".", "/")
    places = (f"{path}.py", f"{path}/__init__.py".removeprefix("/"))
    return next((place for place in places if root == "fakejobs" and (PACKAGE / place).is_file()), None)


def home_of(module: str, name: str) -> str | None:
    """Return the file in which a name that is imported from a module of ours is at home."""
    own, face = file_of(f"{module}.{name}"), file_of(module)
    if own is not None or face is None or not face.endswith("__init__.py"):
        return own or face
    inside = ["fakejobs", *Path(face).parent.parts]
    for node in ast.walk(ast.parse((PACKAGE / face).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and any(name in (alias.name, alias.asname) for alias in node.names):
            base = ".".join(inside[: len(inside) + 1 - node.level]) if node.level else ""
            return home_of(".".join(filter(None, [base, node.module])), name)
    return face


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of a circle, if there is one."""
    done: set[str] = set()

    def walk(file: str, path: list[str]) -> list[str]:
        if file in path:
            return path[path.index(file) :]
        if file in done:
            return []
        for target in sorted(graph.get(file, ())):
            if circle := walk(target, [*path, file]):
                return circle
        done.add(file)
        return []

    return next((circle for file in sorted(graph) if (circle := walk(file, []))), [])


def test_there_is_no_circle() -> None:
    graph = {file: modules_imported(file) for file in FILES if not file.endswith("__init__.py")}
    assert sum(map(len, graph.values())) > 300
    assert circle_in(graph) == []


@pytest.mark.parametrize(
    "face", ["from fakejobs.room.a import A\n", "from .a import A\n", "if TYPE_CHECKING:\n    from fakejobs.room.a import A as A\n"]
)
def test_a_circle_is_found(face: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").write_text(face)
    (tmp_path / "room" / "a.py").write_text("def f():\n    from fakejobs.room.b import B\n")
    (tmp_path / "room" / "b.py").write_text("if TYPE_CHECKING:\n    from fakejobs.room import A\n")
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    graph = {file: modules_imported(file) for file in ("room/a.py", "room/b.py")}
    assert graph == {"room/a.py": {"room/b.py"}, "room/b.py": {"room/a.py"}}
    assert circle_in(graph) == ["room/a.py", "room/b.py"]
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("domain/")])
def test_the_domain_knows_the_standard_library_and_sortedcontainers(file: str) -> None:
    roots = {module.partition(".")[0] for _, module in imports_of(file)}
    assert roots <= {*sys.stdlib_module_names, "fakejobs", "sortedcontainers"}
    assert not roots & {"json", "http", "socket", "urllib", "wsgiref"}


def test_only_the_clock_and_what_makes_sleeping_virtual_import_time() -> None:
    users = [file for file in FILES if any(module == "time" for _, module in imports_of(file))]
    assert [file for file in users if not file.startswith("sleeping/")] == ["domain/clock.py"]


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
