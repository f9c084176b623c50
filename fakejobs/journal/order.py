"""Calls that were to be made one after the other: how far clients came, and what came instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fakejobs.journal.calls import Call
from fakejobs.journal.candidates import of_call
from fakejobs.journal.criteria import Criterion
from fakejobs.journal.folding import latest

LINES = 20
"""Calls that a failure lists, the latest ones."""


@dataclass(frozen=True, slots=True)
class Step:
    """A call that is wanted in its turn."""

    endpoint: str
    criteria: Sequence[Criterion]

    def is_met_by(self, call: Call) -> bool:
        """Say whether a call is the one."""
        return call.endpoint == self.endpoint and of_call(call).meets(self.criteria)

    def __str__(self) -> str:
        return self.endpoint + (f" with {', '.join(map(str, self.criteria))}" if self.criteria else "")


def order_broken(steps: Sequence[Step], found: Sequence[Call], calls: Sequence[Call]) -> list[str]:
    """Return lines that say how far clients came. found: the calls that met the first steps. calls: all of them."""
    missing = steps[len(found)]
    last = found[-1].number if found else 0
    after = f"after #{last}, " if found else ""
    lines = [f"clients did not make these calls in this order: {after}call {len(found) + 1} of {len(steps)} did not come:"]
    for number, step in enumerate(steps, 1):
        came = f"came: {found[number - 1]}" if number <= len(found) else "did not come" if number == len(found) + 1 else "not looked for"
        lines.append(f"    {number}. {step}: {came}")
    before = [call for call in calls if call.number <= last and missing.is_met_by(call)]
    lines += [f"it came before, and not after: {before[-1]}"] if before else []
    later = [call for call in calls if call.number > last]
    near = sorted((of_call(call) for call in later if call.endpoint == missing.endpoint), key=lambda miss: miss.distance(missing.criteria))
    if near:
        lines += ["the nearest that came:", *near[0].explained(missing.criteria)]
    if later:
        what = f"what came after #{last} instead:" if found else "what came instead:"
        lines += [what, *(f"  {line}" for line in latest(later, LINES))]
    else:
        lines.append(f"nothing came after #{last}" if found else "no client has called at all")
    return lines
