"""What exploring has found, as text: the table of a failed test, and the lines at the end of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from fakejobs.exploring.failures import Failure, lasting
from fakejobs.exploring.schedules import Planned
from fakejobs.exploring.words import call_text, path_of, text_of

WIDEST = 50
"""Characters of a call that are shown."""
MOST_NAMED = 10
"""Schedules that a line names."""
DISORDER = "calls came in another order than in the plain run: concurrent clients?"


class Explored(NamedTuple):
    """What exploring one test came to, in a form that a report can carry.

    total: the schedules that there were, of which some were not tried. unmet: those whose call did not come. skipped: those under which
    the test skipped itself. disordered: those before which the calls were not those of the plain run.
    """

    calls: int
    tried: int
    total: int
    failed: int = 0
    unmet: Sequence[str] = ()
    skipped: Sequence[str] = ()
    disordered: Sequence[str] = ()

    def line(self, tests: int = 1) -> str:
        """How much was tried. tests: in so many of them."""
        tried = str(self.tried) if self.tried == self.total else f"{self.tried} of {self.total}"
        line = f"explored {tried} {_plural(self.total, 'schedule')} of {self.calls} {_plural(self.calls, 'call')}"
        inside = f" in {tests} tests" if tests > 1 else ""
        return f"{line}{inside}{f', {self.failed} failed' if self.failed else ''}"

    @property
    def remarks(self) -> list[str]:
        """What must not be passed over in silence."""
        told = (("not met, as the call did not come", self.unmet), ("skipped", self.skipped), (DISORDER, self.disordered))
        return [f"{what}: {_named(texts)}" if what is not DISORDER else f"{what} ({_named(texts)})" for what, texts in told if texts]


def table_of(explored: Explored, rows: Iterable[tuple[Planned, Failure, bool]]) -> str:
    """Return what a failed test shows. rows: the schedules that failed, what failed, and whether their fault was met."""
    lines = [("call", "way", "what failed first", "line")]
    texts = [""]
    for planned, failure, is_met in rows:
        shown = lasting(call_text(planned.call.endpoint, path_of(planned.call), planned.call.params))
        shown = shown if len(shown) <= WIDEST else shown[: WIDEST - 1] + "…"
        way = f"{planned.schedule.way}{'' if is_met else ', not met'}"
        lines.append((f"{planned.place}. {shown}", way, failure.what, failure.place))
        texts.append(f"\n    @pytest.mark.fakejobs(fault={text_of(planned.schedule)!r})")
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lines]
    said = [row + text for row, text in zip(table, texts, strict=True)]
    return "\n".join([explored.line(), "", *said, *(["", *explored.remarks] if explored.remarks else [])])


def lines_of(results: Sequence[tuple[str, Explored]], *, is_verbose: bool) -> Iterator[str]:
    """Yield the lines at the end of a run: what was tried in all, and the tests of which there is something to say.

    results: each with the name of its test. is_verbose: whether to name every test.
    """
    explored = [one for _, one in results]
    whole = Explored(*(sum(getattr(one, name) for one in explored) for name in ("calls", "tried", "total", "failed")))
    yield whole.line(len(results))
    for test, one in results:
        is_short = one.tried < one.total or not one.total
        if len(results) > 1 and (is_verbose or is_short or one.remarks or one.failed):
            yield f"{test}: {one.line()}"
        elif one.remarks:
            yield f"{test}:"
        yield from (f"    {remark}" for remark in one.remarks)


def _named(texts: Sequence[str]) -> str:
    return ", ".join([*map(lasting, texts[:MOST_NAMED]), *([f"and {len(texts) - MOST_NAMED} more"] if len(texts) > MOST_NAMED else [])])


def _plural(number: int, word: str) -> str:
    return word if number == 1 else f"{word}s"
