"""What a fault answers is nobody's mistake: it counts neither as a look in vain nor for the limits of sleeping nor for the lint."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run

ASK = """
import time

import pytest
import requests


def ask(fake, **params):
    return requests.get(fake.api_url + "jobs/list.json", params={"project": 1, **params}, auth=(fake.key, "")).status_code
"""


@pytest.mark.parametrize("way", ["status=503", "status=503, when='after'", "status=400, body={'status': 'badrequest'}"])
def test_a_call_that_fails_is_no_look(run: Run, way: str) -> None:
    run(
        ASK
        + f"""
from fakejobs.fake import behind

pytestmark = pytest.mark.fakejobs(patience=10)

def test(fakejobs):
    job = fakejobs.add_job("books", project=1)
    fault = fakejobs.fail("jobs/list", times=20, {way})
    for _ in range(20):
        assert ask(fakejobs, job=str(job.key)) >= 400
    assert fault.hits == 20
    assert behind(fakejobs).polls.looks == 0

def test_without_the_fault(fakejobs):
    job = fakejobs.add_job("books", project=1)
    for _ in range(20):
        ask(fakejobs, job=str(job.key))
"""
    ).assert_outcomes(passed=1, failed=1)


def test_who_sleeps_between_calls_that_fail_does_not_sleep_in_vain(run_apart: Run) -> None:
    """It sleeps longer than code may while nothing happens."""
    result = run_apart(
        ASK
        + """
from datetime import timedelta
pytestmark = pytest.mark.fakejobs(clock="sleep", sleep_limit=timedelta(hours=1))

def test(fakejobs):
    began = fakejobs.clock.now
    fakejobs.fail("jobs/list", status=503, times=150)
    while ask(fakejobs) == 503:
        time.sleep(60)
    assert (fakejobs.clock.now - began).total_seconds() == 150 * 60

def test_without_the_fault(fakejobs):
    for _ in range(151):
        ask(fakejobs)
        time.sleep(60)
"""
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *the code under test has slept *"])


def test_the_lint_passes_over_calls_that_fail(run: Run) -> None:
    run(
        ASK
        + """
@pytest.mark.fakejobs(lint="fail")
class Test:
    def test(self, fakejobs):
        with fakejobs.outage():
            assert ask(fakejobs, has_tag="a,b", limit=3) == 503
        assert fakejobs.lint == []

    def test_without_the_fault(self, fakejobs):
        assert ask(fakejobs, has_tag="a,b", limit=3) == 200
"""
    ).assert_outcomes(passed=1, failed=1)
