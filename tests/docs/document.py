"""The documents as data: their sections, the files and terminal sessions shown in them, the parts that are generated.

How the documents are written:

- A file is a fenced block behind a line that ends with its name: "`test_books.py`:".
- A terminal session is a block marked `console`: `$ ` and a command, then what it prints. `...` stands for anything.
- A generated part stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = (README, *sorted(DOCS.glob("*.md")))
"""The documents that people write and read, without the reference."""
EVERYTHING = (*PAGES, CONTRIBUTING, *sorted(REFERENCE.glob("*.md")))

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_ANY_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`(?P<name>[\w./-]+)`:\s*\Z")
_GENERATED = re.compile(
    r"(?P<begin>^<!-- begin: (?P<name>[\w ]+) -->\n)(?P<text>.*?)(?P<end>^<!-- end: (?P=name) -->$)", re.MULTILINE | re.DOTALL
)

_DIFFERING = (r"\.\.\.", r"127\.0\.0\.1:\d+", r"in \d+\.\d+s", r'"elapsed": \d+', r"-{9,}", r"\d{4}-\d\d-\d\dT[\d:.]+Z")
"""What differs from run to run: ports, durations, moments, and a line as long as what it underlines."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a terminal session, and what it is shown to print."""

    line: str
    output: str


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading. files: by name. sessions: one for each terminal. unnamed: code without a file name."""

    title: str
    text: str
    files: Mapping[str, str]
    sessions: tuple[tuple[Command, ...], ...]
    unnamed: tuple[str, ...]

    @property
    def commands(self) -> str:
        """All that is typed."""
        return "\n".join(command.line for session in self.sessions for command in session)


def sections_of(document: Path) -> list[Section]:
    """Return the sections of a document that show a file or a terminal."""
    parts = _HEADING.split(document.read_text(encoding="utf-8"))
    found = [_section(title, text) for title, text in zip(parts[1::2], parts[2::2], strict=True)]
    return [section for section in found if section.files or section.sessions or section.unnamed]


def name_of(document: Path) -> str:
    """Return a document's path in the checkout."""
    return document.relative_to(ROOT).as_posix()


def anchors_of(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = _ANY_HEADING.findall(_FENCE.sub("", document.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links_of(document: Path) -> list[str]:
    """Return where the links of a document lead, those to other places of the world left out."""
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    return [link["target"] for link in _LINK.finditer(text) if "://" not in link["target"]]


def generated_in(document: Path) -> dict[str, str]:
    """Return the generated parts of a document, by name."""
    return {part["name"]: part["text"] for part in _GENERATED.finditer(document.read_text(encoding="utf-8"))}


def by_hand(document: Path) -> str:
    """Return a document without its generated parts."""
    return _GENERATED.sub("", document.read_text(encoding="utf-8"))


def rewrite(document: Path, parts: Mapping[str, str]) -> None:
    """Put fresh generated parts into a document."""
    text = document.read_text(encoding="utf-8")
    fresh = _GENERATED.sub(lambda part: part["begin"] + parts[part["name"]] + part["end"], text)
    document.write_text(fresh, encoding="utf-8")


def pattern_of(output: str) -> re.Pattern[str]:
    """Return a pattern for what a command prints: what differs from run to run may differ, and `...` is anything."""
    parts = re.split(f"({'|'.join(_DIFFERING)})", output.strip())
    return re.compile("".join(_pattern_of_part(part) for part in parts), re.DOTALL)


def _pattern_of_part(part: str) -> str:
    if part == "...":
        return ".*?"
    return next((pattern for pattern in _DIFFERING if re.fullmatch(pattern, part)), re.escape(part))


def _section(title: str, text: str) -> Section:
    text = _GENERATED.sub("", text)
    files: dict[str, str] = {}
    sessions: list[tuple[Command, ...]] = []
    unnamed: list[str] = []
    for block in _FENCE.finditer(text):
        name = _NAMED.search(text[: block.start()])
        if block["language"] == "console":
            sessions.append(tuple(_commands(block["text"])))
        elif name:
            files[name["name"]] = block["text"]
        elif block["language"]:
            unnamed.append(block["language"])
    return Section(title, text, files, tuple(sessions), tuple(unnamed))


def _commands(text: str) -> list[Command]:
    parts = re.split(r"^\$ (.+)\n", text, flags=re.MULTILINE)
    if parts[0]:
        raise ValueError(f"a terminal session begins with a command, not with {parts[0]!r}")
    return [Command(line, output) for line, output in zip(parts[1::2], parts[2::2], strict=True)]
