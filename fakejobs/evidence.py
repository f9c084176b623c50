"""What we know about the real service, and how we know it.

Every row of a table that describes behaviour (a transition of the life cycle, an endpoint, a parameter) carries a
Source. The tables of docs/reference are generated from these rows, so a fact has one home.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Evidence(str, Enum):
    """How a behaviour is known."""

    RECORDED = "recorded"
    """Recorded traffic with the real service shows it."""
    DOCUMENTED = "documented"
    """The vendor's page says so, or the vendor's own client relies on it."""
    ASSUMED = "assumed"
    """Nothing is known: chosen once, so that a careful client survives it."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from: its evidence and one line about it."""

    evidence: Evidence
    text: str


def recorded(text: str) -> Source:
    """Return the source of a fact that recorded traffic shows."""
    return Source(Evidence.RECORDED, text)


def documented(text: str) -> Source:
    """Return the source of a fact that the vendor states, on a page or in its client."""
    return Source(Evidence.DOCUMENTED, text)


def assumed(text: str) -> Source:
    """Return the source of a choice that was made because nothing is known."""
    return Source(Evidence.ASSUMED, text)
