"""One wanted thing against one call: does it agree, and if not, how far off is it.

A criterion that was left out is `...` and is not compared. The others are compared with ==, so unittest.mock.ANY and the
matchers of dirty-equals work. Plain numbers and booleans in spider arguments and parameters become text, as clients send
them; tags compare without order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from fakejobs.arguments import argument_text
from fakejobs.errors import UsageError
from fakejobs.journal.differences import NOTHING, differences, told
from fakejobs.masking import Masks
from fakejobs.quoting import quoted

__tracebackhide__ = True
"""pytest shows the line of the test, not ours, as the place of a mistake."""

TAG_FIELDS = frozenset({"tags", "add", "remove"})
TEXT_FIELDS = frozenset({"spider_args"})
MAX_DIGITS = 18
"""Digits of the largest project number."""
HEAVY = frozenset({"spider", "job"})
"""Criteria that weigh more when misses are ranked: another spider is farther off than another argument."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is wanted of one field. absent: how a message calls a value that is not there."""

    name: str
    wanted: Any
    absent: str = "None"

    def agrees(self, got: Any) -> bool:
        """Say whether a value is the one wanted."""
        if isinstance(got, tuple):
            got = list(got)
        if self.name in TAG_FIELDS and isinstance(self.wanted, (list, tuple, set, frozenset)):
            return _same_tags(list(self.wanted), list(dict.fromkeys(got or ())))
        if isinstance(self.wanted, (list, tuple)):
            return bool(list(self.wanted) == ([got] if isinstance(got, str) else got))
        return bool(self.wanted == got)

    def miss(self, got: Any) -> str:
        """Word a disagreement: what came != what was wanted."""
        return f"{self.name}: {self._shown(got)} != {self._shown(self.wanted)}"

    def misses(self, got: Any) -> list[str]:
        """Word a disagreement, and where both are objects of several fields, also which of them disagree."""
        lines = [self.miss(got)]
        if isinstance(got, Mapping) and isinstance(self.wanted, Mapping) and len({*got, *self.wanted}) > 1:
            found = [*differences(got, self.wanted)]
            lines += [f"    {text}" for text in told(found)]
            if found and all(want is NOTHING for _, _, want in found):
                lines.append(f"    {self.name} is compared as a whole; name its other fields too, or use a matcher such as IsPartialDict")
        return lines

    def distance(self, got: Any) -> float:
        """Return how far off a value is, from 0 (agrees) to 1, or to 2 for the weightiest."""
        if self.agrees(got):
            return 0.0
        return (1.0 - _likeness(self.wanted, got)) * (2.0 if self.name in HEAVY else 1.0)

    def masked(self, masks: Masks) -> Criterion:
        """Return the criterion as it agrees with what is written down: without the keys in it."""
        return Criterion(self.name, masks.named(self.name, self.wanted), self.absent)

    def __str__(self) -> str:
        return f"{self.name}: {self._shown(self.wanted)}"

    def _shown(self, value: Any) -> str:
        return self.absent if value is None else _shown(value)


def criteria_of(**wanted: Any) -> list[Criterion]:
    """Return the criteria that were given, in the form in which clients send values."""
    return [Criterion(name, _as_sent(name, value)) for name, value in wanted.items() if value is not ...]


def param_criteria(params: Mapping[str, Any] | None) -> list[Criterion]:
    """Return a criterion for each parameter; None as a value wants the parameter absent."""
    if params is not None and not isinstance(params, Mapping):
        raise UsageError(f"params={quoted(params)} is no mapping")
    return [Criterion(name, _listed(value), "absent") for name, value in (params or {}).items()]


def _as_sent(name: str, value: Any) -> Any:
    if name in TAG_FIELDS and isinstance(value, str):
        raise UsageError(f"{name}={quoted(value)}: give a list of tags")
    if name in TAG_FIELDS and isinstance(value, (list, tuple, set, frozenset)):
        return [argument_text(tag) for tag in value]
    if name in TEXT_FIELDS and isinstance(value, Mapping):
        return {key: argument_text(inner) for key, inner in value.items() if inner is not None}
    if name == "project" and isinstance(value, str) and value.isdecimal() and len(value) <= MAX_DIGITS:
        return int(value)
    return value


def _listed(value: Any) -> Any:
    return [argument_text(inner) for inner in value] if isinstance(value, (list, tuple)) else argument_text(value)


def _same_tags(wanted: list[Any], got: list[Any]) -> bool:
    """Say whether two rows of tags hold the same, in any order; among those wanted there may be matchers."""
    if all(isinstance(tag, str) for tag in wanted):
        return set(wanted) == set(got)
    holder: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        """Give a wanted tag one of those that came, moving the holders of others if need be."""
        for other, tag in enumerate(got):
            if other not in tried and bool(wanted[number] == tag):
                tried.add(other)
                if other not in holder or place(holder[other], tried):
                    holder[other] = number
                    return True
        return False

    return len(wanted) == len(got) and all(place(number, set()) for number in range(len(wanted)))


def _likeness(wanted: Any, got: Any) -> float:
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        names = set(wanted) | set(got)
        same = sum(name in wanted and name in got and bool(wanted[name] == got[name]) for name in names)
        return (same + 0.5 * len(set(wanted) & set(got))) / (1.5 * len(names)) if names else 1.0
    if isinstance(wanted, (list, tuple, set, frozenset)) and isinstance(got, (list, tuple)):
        ours, theirs = set(map(quoted, wanted)), set(map(quoted, got))
        return len(ours & theirs) / len(ours | theirs) if ours or theirs else 1.0
    if isinstance(wanted, str) and isinstance(got, str):
        return SequenceMatcher(None, wanted[:200], got[:200]).ratio()
    return 0.0


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        value = list(value)
    return quoted(dict(value) if isinstance(value, Mapping) else value)
