"""The lines of a server: one a call, written by a thread of its own.

Rules:

- A reader of these lines that is slow, stuck or gone holds nobody up.
- Nothing grows: lines that wait for a reader are limited in number and length.
"""

from __future__ import annotations

import os
import select
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Lock, Thread

from fakejobs.journal import Call


class LineWriter:
    """Writes lines to a descriptor in a thread of its own, so that whoever has a line to write never waits.

    descriptor: None writes nothing. A line that finds too many others waiting is dropped, and a later line says so. At a terminal,
    the last line can be one that changes.
    """

    KEPT = 10_000
    """Lines that wait at most."""
    LONGEST = 1_000
    """Characters of a line that are written."""
    PATIENCE_S = 0.25
    """Seconds that close() gives the lines that still wait."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self.is_terminal = descriptor is not None and os.isatty(descriptor)
        self._lines: deque[tuple[str, bool]] = deque()  # and whether each one changes the line before
        self._is_open = False
        self._dropped = 0
        self._closing = False
        self._changed = Condition()
        self._thread = Thread(target=self._write_until_closed, name="fakejobs-lines", daemon=True)

    def __enter__(self) -> LineWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, first: str) -> None:
        """Write a line now, before all others, and from now on those that are put."""
        self._write([(first, False)])
        self._thread.start()

    def put(self, line: str) -> None:
        """Take in a line to be written."""
        self._take_in(line, amends=False)

    def amend(self, line: str) -> None:
        """Take in a line that is no shorter than the one before, and takes its place at the terminal if that came by amend(), too."""
        self._take_in(line, amends=True)

    def close(self) -> None:
        """Write what waits, if its reader takes it now, and stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(self.PATIENCE_S)

    def _take_in(self, line: str, *, amends: bool) -> None:
        with self._changed:
            if self._descriptor is None or self._closing:
                return
            if amends and self._lines and self._lines[-1][1]:
                self._lines[-1] = (line, True)
            elif len(self._lines) < self.KEPT:
                self._lines.append((line, amends))
            else:
                self._dropped += 1
            self._changed.notify()

    def _write_until_closed(self) -> None:
        while lines := self._take():
            self._write(lines)
        if self._is_open:
            self._send("\n")

    def _take(self) -> list[tuple[str, bool]]:
        with self._changed:
            while not self._lines and not self._closing:
                self._changed.wait()
            lines = [*self._lines]
            if self._dropped:
                lines.append((f"({self._dropped} lines were dropped: nobody read them)", False))
            self._lines.clear()
            self._dropped = 0
            return lines

    def _write(self, lines: Sequence[tuple[str, bool]]) -> None:
        text = []
        for line, amends in lines:
            shown = _on_one_line(line)[: self.LONGEST]
            text.append(f"\r{shown}" if amends else f"\n{shown}\n" if self._is_open else f"{shown}\n")
            self._is_open = amends
        self._send("".join(text))

    def _send(self, text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        try:
            while data and self._descriptor is not None:
                data = data[_write_some(self._descriptor, data) :]
        except OSError:  # nobody reads any more
            self._descriptor = None


class CallLines:
    """The calls as lines for a person who watches: of equal ones in a row only the first, and how many came after it.

    put: takes a line in. How many came is said with the tenth, the hundredth and so on, when another call comes, and in the end.
    amend: takes in a line that takes the place of the one before; with it, how many came is said at once, whenever one comes.
    """

    def __init__(self, put: Callable[[str], None], amend: Callable[[str], None] | None = None) -> None:
        self._put = put
        self._amend = amend
        self._lock = Lock()
        self._last = ""
        self._again = self._told = 0

    def __enter__(self) -> CallLines:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._tell()

    def take(self, call: Call) -> None:
        """Take in a call that is answered."""
        line = str(call)
        text = line.partition(" ")[2]
        with self._lock:
            if text == self._last:
                self._again += 1
                if self._amend is not None or self._again == max(10, 10 * self._told):
                    self._tell()
                return
            self._tell()
            self._last, self._again, self._told = text, 0, 0
            self._put(line)

    def _tell(self) -> None:
        if self._again > self._told:
            (self._amend or self._put)(f"    the same {self._again} time{'' if self._again == 1 else 's'} more")
            self._told = self._again


def _write_some(descriptor: int, data: bytes) -> int:
    """Write what there is room for, waiting for room first where the descriptor does not wait by itself, and return how much."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        _wait_for_room(descriptor)
        return 0


def _wait_for_room(descriptor: int) -> None:
    """Wait until something can be written, or nobody reads any more."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        poll.poll()
    else:
        select.select([], [descriptor], [])


def _on_one_line(line: str) -> str:
    return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
