"""What can be used is mentioned in what people write: the README and the pages of docs/."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import ANY

import pytest

from fakejobs import Call, Job, cli, fakes_of_run, pytest_plugin, serve
from fakejobs.domain.faults import Way
from fakejobs.fake import READING_VERBS, FakeJobs
from fakejobs.journal import book
from fakejobs.journal.calls import Order, Tagged
from fakejobs.journal.criteria import criteria_of
from fakejobs.lint.findings import Finding
from fakejobs.listener import exchange
from fakejobs.seeds import VERBS
from fakejobs.timeline import Life, Tick, Timeline
from fakejobs.verbs.fault_rules import ERRORS, TAKES
from tests.docs.document import CONTRIBUTING, DOCS, PAGES, REFERENCE, ROOT, by_hand
from tests.docs.write import public_names

TEXT = "\n".join(map(by_hand, PAGES))


class PytestOptions:
    """Stands for pytest's parser and takes note of what is declared."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def addini(self, name: str, *rest: object, **options: object) -> None:
        self.names.append(name)

    def getgroup(self, name: str) -> PytestOptions:
        return self

    def addoption(self, name: str, **options: object) -> None:
        self.names.append(name)


def command_line() -> Iterator[str]:
    """Yield the commands, and `command --option` for each of their options."""
    parser = cli._parser()
    yield from (option for action in parser._actions for option in action.option_strings if len(option) > 2)
    [commands] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for name, command in commands.choices.items():
        yield name
        yield from (f"{name} {option}" for action in command._actions for option in action.option_strings if len(option) > 2)


def fixtures() -> list[str]:
    marker = type(pytest_plugin.fakejobs)
    return [name for name, value in vars(pytest_plugin).items() if isinstance(value, marker) and marker.__module__.startswith("_pytest")]


def pytest_options() -> list[str]:
    parser = PytestOptions()
    pytest_plugin.pytest_addoption(parser)  # type: ignore[arg-type]
    return parser.names


@pytest.mark.parametrize("name", public_names())
def test_attributes_of_a_fake(name: str) -> None:
    assert re.search(rf"\b{name}\b", TEXT), f"no page mentions {name}"


def test_the_face_has_few_names_and_the_reference_lists_them() -> None:
    face = [name for name in dir(FakeJobs()) if not name.startswith("_")]
    assert len(face) <= 82
    assert face == public_names()
    assert sorted(re.findall(r"^### `(\w+)", (REFERENCE / "verbs.md").read_text(encoding="utf-8"), re.MULTILINE)) == face


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        pytest.param(page, kind, id=f"{page}: {kind.__name__}")
        for page, kinds in {
            "assertions.md": (Job, Call, Order, Tagged),
            "debugging.md": (Timeline, Life, Tick),
            "lint.md": (Finding,),
        }.items()
        for kind in kinds
    ],
)
def test_fields_of_what_a_test_looks_at(page: str, kind: type) -> None:
    fields = set(getattr(kind, "__dataclass_fields__", ())) or {name for name in dir(kind) if not name.startswith("_")}
    code = set(re.findall(r"`(\w+)(?:\(\))?`", by_hand(DOCS / page).replace("job.snapshot", "snapshot")))
    assert len(fields) >= 3
    assert sorted(fields - code) == []


def test_what_goes_with_each_way_to_fail() -> None:
    rows = re.findall(r'^\| (?:`"(\w+)"`|none: `status=`) \| .+ \| (.+) \|$', by_hand(DOCS / "faults.md"), re.MULTILINE)
    assert {Way(name or "status"): tuple(re.findall(r"`(\w+)`", takes)) for name, takes in rows} == TAKES
    assert [way for way in ERRORS if not re.search(rf'"{way}"', by_hand(DOCS / "outages.md"))] == []


def test_every_verb_of_the_control_door_is_for_users() -> None:
    assert {*VERBS, *READING_VERBS, "load", "dump"} <= {*public_names()}


@pytest.mark.parametrize("words", [*command_line()])
def test_the_command_line(words: str) -> None:
    command, _, option = words.partition(" ")
    lines = [line for line in TEXT.splitlines() if re.search(rf"fakejobs {re.escape(command)}\b", line)]
    assert lines or command.startswith("--")
    assert any(option in line for line in lines) or (option or command) in ("--help", "--version")
    assert command in TEXT


@pytest.mark.parametrize("name", [*fixtures(), *pytest_options()])
def test_fixtures_and_ini_options(name: str) -> None:
    assert len(fixtures()) >= 3
    assert pytest_options()
    assert f"`{name}" in TEXT


@pytest.mark.parametrize("name", [*fakes_of_run.OPTIONS, *fakes_of_run.EXPLORING, *inspect.signature(serve).parameters])
def test_options_of_fixtures_and_of_serve(name: str) -> None:
    assert re.search(rf"`{name}`|\b{name}=", TEXT)


@pytest.mark.parametrize("name", [name for name in inspect.signature(FakeJobs.scheduled).parameters if name != "self"])
def test_criteria(name: str) -> None:
    assert criteria_of(**{name: ANY})
    [line] = [line for line in TEXT.splitlines() if "# Criteria:" in line]
    assert re.search(rf"\b{name}\b", line)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(f"the last {book.KEPT:,} calls, values cut at {book.MAX_VALUE // 1024} KiB", id="journal"),
        pytest.param(f"head may have {exchange.MAX_HEAD >> 20} MiB, its body {exchange.MAX_BODY >> 20} MiB", id="requests"),
        pytest.param(f"{cli.DEFAULT_HOST} port {cli.DEFAULT_PORT} unless told otherwise", id="address"),
    ],
)
def test_figures(words: str) -> None:
    assert words in " ".join(TEXT.split())


@pytest.mark.parametrize("document", [CONTRIBUTING], ids=lambda document: document.name)
def test_places_exist(document: Path) -> None:
    text = by_hand(document)
    places = re.findall(r"\b(?:fakejobs|tests)/[\w/.]*\w", text) + [
        f"fakejobs/{name}" for name in re.findall(r"`((?:dash|domain)/\w+\.py)`", text)
    ]
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []
