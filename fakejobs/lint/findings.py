"""Findings: what a rule has to say of a call, and how several are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from fakejobs.journal import Call

MOST_TOLD = 20
"""Kinds of findings that one text tells."""


class Code(str, Enum):
    """What is wrong."""

    TAGS_IN_ONE = "tags-in-one"
    TAGS_AS_LIST = "tags-as-list"
    ARRAY_NAME = "array-name"
    ARGUMENTS_IN_ONE = "arguments-in-one"
    UNKNOWN_PARAMETER = "unknown-parameter"
    PARAMETER_IN_QUERY = "parameter-in-query"
    OTHER_PROJECT = "other-project"
    SPIDER_NUMBER = "spider-number"
    NUMBER_SPELLING = "number-spelling"
    KEY_IN_URL = "key-in-url"
    LIST_WITHOUT_COUNT = "list-without-count"
    UNKNOWN_STATE = "unknown-state"
    SAME_LIST_AGAIN = "same-list-again"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a call.

    code: which rule says so. sentence: what the call sent, and what becomes of it. call: the Call, as `calls` has it. instead: what to
    send instead.
    """

    code: Code
    sentence: str
    call: Call
    instead: str

    def __str__(self) -> str:
        return "\n".join(told([self]))


class Told(NamedTuple):
    """Findings that say the same. calls: how many they are of. first: the first of these, as a line."""

    code: str
    sentence: str
    instead: str
    first: str
    calls: int = 1


def grouped(findings: Iterable[Finding]) -> list[Told]:
    """Return findings, those that say the same as one."""
    return merged(Told(finding.code.value, finding.sentence, finding.instead, str(finding.call)) for finding in findings)


def merged(rows: Iterable[Told]) -> list[Told]:
    """Return rows, those that say the same as one, which has the first one's call."""
    groups: dict[tuple[str, str], Told] = {}
    for row in rows:
        first = groups.setdefault((row.code, row.sentence), row)
        if first is not row:
            groups[row.code, row.sentence] = first._replace(calls=first.calls + row.calls)
    return list(groups.values())


def told(findings: Iterable[Finding]) -> list[str]:
    """Return findings as lines; those that say the same once, with the first call and how many there are."""
    return lines_of(grouped(findings))


def lines_of(rows: Sequence[Told]) -> list[str]:
    """Return rows as lines, not too many."""
    lines = []
    for row in rows[:MOST_TOLD]:
        lines += [f"{row.code}: {row.sentence}", f"    instead: {row.instead}"]
        lines.append(f"    {f'{row.calls} calls, the first: ' if row.calls > 1 else ''}{row.first}")
    if len(rows) > MOST_TOLD:
        lines.append(f"... and {len(rows) - MOST_TOLD} more kinds")
    return lines
