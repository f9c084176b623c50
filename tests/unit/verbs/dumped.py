"""What a fake's dump says, and the moment at which the fakes of these tests begin."""

from __future__ import annotations

from typing import Any

from fakejobs import FakeJobs
from fakejobs.domain.clock import Millis

NOW = Millis(1_446_000_000_000)
"""2015-10-28T02:40:00 UTC."""


def steps_of(fake: FakeJobs, verb: str) -> list[dict[str, Any]]:
    """Return the steps of a verb in a fake's dump."""
    return [step for step in fake.dump() if verb in step]
