"""A guard for the duration of a test, and what it has told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakejobs.errors import Ended
from fakejobs.guard.watch import Guard

FAKE = "http://127.0.0.1:40123"


@pytest.fixture
def told() -> list[str]:
    """What the guard of the test has told."""
    return []


@pytest.fixture
def guard(told: list[str]) -> Iterator[Guard]:
    """A guard that takes note of what it tells, and raises Ended."""

    def end(text: str) -> Ended:
        told.append(text)
        return Ended(text)

    guard = Guard(end, FAKE)
    yield guard
    guard.release()
    guard.sweep()
