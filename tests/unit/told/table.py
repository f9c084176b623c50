"""Tables of mistakes: text files with a mistake a line, and below it, indented, the error's kind and its whole text."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Told(NamedTuple):
    """A mistake, the name of the error's class or program, and what it says."""

    mistake: str
    kind: str
    text: str

    def __str__(self) -> str:
        return self.mistake


def table(name: str) -> list[Told]:
    """Return the rows of a table beside this file; lines that begin with # are headings."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    told = []
    for mistake, answer in zip(rows[::2], rows[1::2], strict=True):
        assert answer.startswith("    "), f"{name}: {answer!r} is not indented"
        kind, _, text = answer.strip().partition(": ")
        told.append(Told(mistake, kind, text))
    return told
