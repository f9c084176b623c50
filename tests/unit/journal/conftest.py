"""A fake without a socket, and a client of it."""

from __future__ import annotations

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Caller


@pytest.fixture
def fake() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def client(fake: FakeJobs) -> Caller:
    return Caller(fake)
