"""The generated parts of the documents are those that the code makes now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.document import generated_in, rewrite
from tests.docs.write import PARTS, marked


@pytest.mark.parametrize(
    ("document", "name"),
    [pytest.param(document, name, id=f"{document.name}: {name}") for document, makers in PARTS.items() for name in makers],
)
def test_up_to_date(document: Path, name: str) -> None:
    found = generated_in(document)
    assert name in found, f"{document.name} has no part named {name!r}"
    assert found[name].strip() == PARTS[document][name]().strip(), "run: python -m tests.docs.write"


def test_every_part_has_a_maker() -> None:
    for document, makers in PARTS.items():
        assert set(generated_in(document)) == set(makers)


def test_rewriting(tmp_path: Path) -> None:
    document = tmp_path / "x.md"
    document.write_text("a\n<!-- begin: x y -->\nold\n\\1\n<!-- end: x y -->\nb <!-- begin: no -->\n")
    rewrite(document, {"x y": "new \\1\n"})
    assert document.read_text() == "a\n<!-- begin: x y -->\nnew \\1\n<!-- end: x y -->\nb <!-- begin: no -->\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("by: who did it.", "`by`: who did it."),
        ("Do it. by: who did it; job: its key.", "Do it. `by`: who did it; `job`: its key."),
        ("Do it.\njob,\nby: both.", "Do it.\n`job`,\n`by`: both."),
        ("Rules merge; the nearest\nwins: job, by.", "Rules merge; the nearest\nwins: job, by."),
        ("default\n0: at once; a job by: no sentence begins here.", "default\n0: at once; a job by: no sentence begins here."),
    ],
)
def test_arguments_in_docstrings_become_code(text: str, shown: str) -> None:
    assert marked(text, ["job", "by"]) == shown
    assert marked(text, []) == text
