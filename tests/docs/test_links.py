"""Links between the documents lead somewhere, to a file and to a heading in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.document import DOCS, EVERYTHING, README, anchors_of, links_of, name_of

MOST_LINES = {README: 250, **dict.fromkeys(DOCS.glob("*.md"), 250)}
MOST_BYTES = 16 * 1024


def missed(document: Path, target: str) -> str | None:
    """Return what is wrong with a link, or None."""
    place, _, anchor = target.partition("#")
    file = (document.parent / place).resolve() if place else document
    if not file.exists():
        return f"{target}: no such file"
    return f"{target}: no such heading" if anchor and anchor not in anchors_of(file) else None


@pytest.mark.parametrize("document", EVERYTHING, ids=name_of)
def test_links(document: Path) -> None:
    assert [wrong for target in links_of(document) if (wrong := missed(document, target)) is not None] == []


def test_a_wrong_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# One `x=1` & two\n[a](#one-x1--two) [b](b.md) [c](#three) [d](a.md#one-x1--two)\n```sh\n# no [e](f)\n```\n")
    assert [missed(page, target) for target in links_of(page)] == [None, "b.md: no such file", "#three: no such heading", None]


@pytest.mark.parametrize("document", MOST_LINES, ids=name_of)
def test_a_page_is_no_longer_than_a_person_reads(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES[document]
    assert len(text.encode()) <= MOST_BYTES


def test_the_contents_page_names_every_page() -> None:
    named = {target.partition("#")[0] for target in links_of(DOCS / "README.md")}
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} - {"README.md"}
    assert pages <= named
