"""Fixtures of the contract tests: a fake without a socket and a client that calls it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakejobs import FakeJobs, ManualClock
from fakejobs.domain.clock import Millis
from fakejobs.fake import behind
from tests.contract.caller import Caller

START = Millis(1_446_000_000_000)
"""2015-10-28T02:40:00 UTC."""


@pytest.fixture
def fake() -> Iterator[FakeJobs]:
    """A fake whose clock stands at START; afterwards it is sound and nothing broke inside it."""
    fake = FakeJobs(clock=ManualClock(START))
    yield fake
    assert behind(fake).unseen.defects == []
    behind(fake).cloud.world.store.check()


@pytest.fixture
def wire(fake: FakeJobs) -> Caller:
    """A client of the fake."""
    return Caller(fake)
