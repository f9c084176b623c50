"""Fixtures of the tests of verbs: a fake whose clock stands at NOW."""

from __future__ import annotations

import pytest

from fakejobs import FakeJobs, ManualClock
from tests.unit.verbs.dumped import NOW


@pytest.fixture
def fake() -> FakeJobs:
    return FakeJobs(clock=ManualClock(NOW))
