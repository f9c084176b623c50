"""Records as CSV: texts in quotes, everything else bare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fakejobs import codec


@dataclass(frozen=True, slots=True)
class Table:
    """How a table looks. fields: its columns. header: whether its first line names them.

    separator: between cells. quote: around texts. escape: in front of a quote inside a text. line_end: behind each line.
    """

    fields: Sequence[str] = ()
    header: bool = False
    separator: str = ","
    quote: str = '"'
    escape: str = '"'
    line_end: str = "\n"

    def head(self) -> bytes:
        """Return the first line, if there is one."""
        return self._line(self.fields).encode() if self.header else b""

    def rows(self, values: Iterable[Any]) -> bytes:
        """Return a line for each record; of an array the fields are its positions, from 0."""
        return "".join(self._line(self._cells(value)) for value in values).encode()

    def _cells(self, value: Any) -> list[Any]:
        found = value if isinstance(value, dict) else dict(zip(map(str, range(len(value))), value, strict=True))
        return [found.get(name) for name in self.fields]

    def _line(self, cells: Iterable[Any]) -> str:
        return self.separator.join(map(self._cell, cells)) + self.line_end

    def _cell(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, (bool, int, float)):
            return codec.dumps(value).decode()
        text = value if isinstance(value, str) else codec.dumps(value).decode()
        if self.escape != self.quote:
            text = text.replace(self.escape, self.escape * 2)
        return f"{self.quote}{text.replace(self.quote, self.escape + self.quote)}{self.quote}"
