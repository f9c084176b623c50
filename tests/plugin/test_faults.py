"""Faults in tests of users: what a report says of them, what fails a test, and that none of them reaches the next one."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Run

CALLS = """
import pytest, requests

def schedule(fake, spider="books"):
    with requests.Session() as session:
        return session.post(fake.api_url + "run.json", data={"project": 1, "spider": spider}, auth=(fake.key, "")).status_code
"""

# ------------------------------------------------------------ faults that no call met


def test_a_failed_test_names_the_faults_that_no_call_met(run: Run) -> None:
    result = run(f"""{CALLS}
def test(fakejobs):
    fakejobs.fail("run", status=503, spider="films", headers={{"X-Key": fakejobs.key * 4}})
    fakejobs.fail("run", status=502)
    fakejobs.fail("run", status=504, after=5)
    with fakejobs.fail("jobs/list", error="cut"):
        assert schedule(fakejobs) == 200
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*assert 502 == 200*",
            "*fakejobs: last calls to http://127.0.0.1:*",
            "[#]1 POST /api/run.json project=1 spider=books -> 502 Bad Gateway (fault [#]2)*",
            "*fakejobs: faults at http://127.0.0.1:*",
            "fault [#]1, fail('run', status=503, spider='films', headers=*): no call met it",
            "fault [#]3, fail('run', status=504, after=5): 1 call fitted it, and none failed: after=5 lets them through",
            "fault [#]4, fail('jobs/list', error='cut'): no call met it",
        ]
    )
    assert "fault #2, " not in result.stdout.str()


def test_where_all_are_met_there_is_no_such_section(run: Run) -> None:
    result = run(f"""{CALLS}
def test(fakejobs):
    fakejobs.fail("run", status=503)
    assert schedule(fakejobs) == 200
""")
    result.assert_outcomes(failed=1)
    assert "fakejobs: faults at" not in result.stdout.str()


def test_a_passed_test_may_leave_faults_unmet(run: Run) -> None:
    result = run('def test(fakejobs): fakejobs.fail("run", status=503)')
    result.assert_outcomes(passed=1)


# ------------------------------------------------------------ strict


@pytest.mark.parametrize("block", ["fakejobs.fail({})", "with fakejobs.fail({}): pass", "fakejobs.fail({}).remove()"])
def test_a_strict_fault_that_no_call_met_fails_the_test(run: Run, block: str) -> None:
    words = "fail('run', status=503, strict=True)"
    result = run(f"def test(fakejobs):\n    {block.format(words[5:-1])}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *fault [#]1, {words}: no call met it; strict=True wants one to fail"])


def test_a_strict_fault_does_not_fail_a_test_that_failed_otherwise(run: Run) -> None:
    result = run("""
        def test(fakejobs):
            fakejobs.fail("run", status=503, strict=True)
            assert "mine" == "yours"
    """)
    result.assert_outcomes(failed=1)
    assert "strict=True wants one to fail" not in result.stdout.str()
    result.stdout.fnmatch_lines(["*'mine' == 'yours'*", "fault [#]1, fail('run', status=503, strict=True): no call met it"])


def test_a_strict_fault_that_was_met_is_silent(run: Run) -> None:
    result = run(f"""{CALLS}
def test(fakejobs):
    fakejobs.fail("run", status=503, strict=True)
    assert schedule(fakejobs) == 503
    assert schedule(fakejobs) == 200
""")
    result.assert_outcomes(passed=1)


def test_a_strict_fault_of_a_wider_fake_fails_its_own_test_alone(run: Run) -> None:
    result = run("""
        import pytest

        @pytest.fixture(scope="module")
        def wide(make_fakejobs):
            with make_fakejobs() as fake:
                yield fake

        def test_first(wide): wide.fail("run", status=503, strict=True)
        def test_second(wide): assert len(wide.faults) == 1
    """)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["E *fault [#]1, *: no call met it; strict=True wants one to fail", "FAILED *::test_first*"])


# ------------------------------------------------------------ one test and the next


def test_a_fault_ends_with_its_test(run: Run) -> None:
    result = run(f"""{CALLS}
def test_first(fakejobs):
    fakejobs.outage()
    fakejobs.fail("run", error="reset", times=None)
    fakejobs.fail(error="refused")
    assert len(fakejobs.faults) == 3

def test_second(fakejobs):
    assert fakejobs.faults == []
    assert schedule(fakejobs) == 200
""")
    result.assert_outcomes(passed=2)


def test_a_reset_ends_the_faults_of_a_wider_fake(run: Run) -> None:
    result = run(f"""{CALLS}
@pytest.fixture(scope="module")
def wide(make_fakejobs):
    with make_fakejobs() as fake:
        yield fake

@pytest.fixture
def fake(wide):
    yield wide
    wide.reset()

def test_first(fake):
    fake.fail(error="refused")
    with pytest.raises(requests.ConnectionError):
        schedule(fake)
    fake.outage()

def test_second(fake):
    assert fake.faults == []
    assert schedule(fake) == 200
    assert fake.fail("run", status=503).number == 3
    assert schedule(fake) == 503

def test_third(fake):
    with fake.fail("run", status=502, times=None) as fault:
        fake.reset()
        assert schedule(fake) == 200
    assert schedule(fake, "films") == 200
""")
    result.assert_outcomes(passed=3)


def test_a_block_ends_its_fault(run: Run) -> None:
    result = run(f"""{CALLS}
def test(fakejobs):
    with fakejobs.outage(), fakejobs.fail("run", status=504, times=None) as fault:
        assert schedule(fakejobs) == 503
        with fakejobs.spared():
            assert schedule(fakejobs, "spared") == 200
    assert (fault.calls, fault.hits) == (1, 0)
    with pytest.raises(KeyError), fakejobs.fail("run", error="close", times=None):
        raise KeyError
    assert schedule(fakejobs) == 200
    fakejobs.assert_called("run", count=3)
    fakejobs.assert_called("run", status=503, count=1)
""")
    result.assert_outcomes(passed=1)


# ------------------------------------------------------------ other ways to have a fake


def test_in_a_unittest(run: Run) -> None:
    result = run(f"""{CALLS}
import unittest
from fakejobs import serve

class Test(unittest.TestCase):
    def setUp(self):
        self.fake = serve()
        self.addCleanup(self.fake.close)

    def test_met(self):
        with self.fake.fail("run", status=[503, 502], strict=True):
            self.assertEqual([schedule(self.fake) for _ in range(3)], [503, 502, 200])

    def test_next(self):
        self.assertEqual(self.fake.faults, [])
        self.assertEqual(schedule(self.fake), 200)

    def test_unmet(self):
        self.fake.fail("jobs/list", status=503)
        self.fail("mine")

    def test_strict(self):
        self.fake.fail("jobs/list", status=503, strict=True)
""")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "E *fault [#]1, fail('jobs/list', status=503, strict=True): no call met it; strict=True wants one to fail",
            "*mine*",
            "fault [#]1, fail('jobs/list', status=503): no call met it",
        ]
    )


def test_serve_raises_what_was_not_met(run: Run) -> None:
    result = run(f"""{CALLS}
from fakejobs import UsageError, serve

def test_unmet():
    with pytest.raises(UsageError, match="no call met it; strict=True"), serve() as fake:
        fake.fail("run", status=503, strict=True)

def test_met():
    with serve() as fake:
        fake.fail("run", status=503, strict=True)
        assert schedule(fake) == 503

def test_other():
    with pytest.raises(ZeroDivisionError), serve() as fake:
        fake.fail("run", status=503, strict=True)
        1 / 0
""")
    result.assert_outcomes(passed=3)


# ------------------------------------------------------------ loops without an end


def test_code_that_tries_again_for_ever_is_ended(run: Run) -> None:
    result = run(
        f"""{CALLS}
import time
from fakejobs.faults import saboteur

@pytest.mark.fakejobs(clock="sleep")
def test(fakejobs, monkeypatch):
    monkeypatch.setattr(saboteur, "MOST_IN_A_ROW", 30)
    fakejobs.fail("run", status=503, times=None)
    while schedule(fakejobs) != 200:
        time.sleep(60)
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *30 calls in a row failed by fault [#]1, fail('run', status=503, times=None), and nothing else happened",
            "E *why: it takes every call until it is removed, and the code tries again without end",
            "E *write: give times=, as in times=2, or remove() the fault, as the end of its `with` does",
        ]
    )


def test_answers_that_a_fault_made_try_nobodys_patience(run: Run) -> None:
    result = run(f"""{CALLS}
import time

def ask(fake):
    with requests.Session() as session:
        return session.get(fake.api_url + "jobs/list.json", params={{"project": 1}}, auth=(fake.key, "")).status_code

@pytest.mark.fakejobs(clock="sleep", patience=5, lint="fail")
def test(fakejobs):
    fakejobs.add_job("books", project=1)
    fakejobs.fail("jobs/list", status=503, times=40)
    while ask(fakejobs) != 200:
        time.sleep(3600)
    fakejobs.assert_called("jobs/list", status=503, count=40)
""")
    result.assert_outcomes(passed=1)
