"""Tests of other kinds: unittest classes, coroutines, and unittest without pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import ROOT, Run

WORDS = "your code called app.zyte.com: its client was built before the fixture, or has a fixed host"

UNITTEST = """
        import contextlib, socket, unittest
        import pytest
        import requests

        class TestBooks(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _fake(self, fakejobs):
                self.fake = fakejobs

            def call(self):
                with contextlib.suppress(BaseException):
                    socket.gethostbyname("app.zyte.com")
"""


def test_a_unittest_class_uses_the_fixture(run: Run) -> None:
    result = run(f"""{UNITTEST}
            def test_one(self):
                with requests.Session() as session:
                    session.post(self.fake.api_url + "run.json", data={{"project": 1, "spider": "a"}}, auth=(self.fake.key, ""))
                self.assertEqual(self.fake.assert_scheduled(spider="a").key, "1/1/1")

            def test_other(self):
                self.assertEqual(self.fake.list_jobs(), [])

            def test_failing(self):
                self.fake.add_job("books", project=1)
                self.fail()
    """)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*fakejobs: jobs at*", "1/1/1  books *"])


@pytest.mark.parametrize(
    ("ending", "shown"),
    [
        ("pass", "E *"),
        ("self.skipTest('no network')", "E *no network*"),
        ("self.assertEqual(1, 2)", "E *1 != 2*"),
        ("self.fail('no')", "E *no*"),
    ],
    ids=["pass", "skip", "error", "fail"],
)
def test_the_guard_fails_a_unittest_however_it_ends(run: Run, ending: str, shown: str) -> None:
    result = run(f"""{UNITTEST}
            def test(self):
                self.call()
                {ending}

            def test_after(self): pass
    """)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([shown, f"E *UsageError: {WORDS}*"] if ending != "pass" else [f"E *UsageError: {WORDS}*"])


def test_an_expected_failure_stays_one(run: Run) -> None:
    result = run(f"""{UNITTEST}
            @unittest.expectedFailure
            def test(self):
                self.call()
                self.fail()
    """)
    result.assert_outcomes(xfailed=1)


def test_coroutines_use_the_fixture(pytester: pytest.Pytester, run_apart: Run) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n")
    source = """
        import asyncio, contextlib
        import httpx
        import pytest

        from fakejobs.fake import behind

        pytestmark = pytest.mark.asyncio

        async def test_passing(fakejobs):
            async with httpx.AsyncClient(base_url=fakejobs.api_url, auth=(fakejobs.key, "")) as client:
                orders = [{"project": 1, "spider": f"s{number}"} for number in range(5)]
                answers = await asyncio.gather(*[client.post("run.json", data=order) for order in orders])
            assert [answer.status_code for answer in answers] == [200] * 5
            assert len(fakejobs.scheduled(project=1)) == 5

        async def test_guard(fakejobs):
            with contextlib.suppress(BaseException):
                await asyncio.open_connection("app.zyte.com", 443)

        async def test_defect(fakejobs, monkeypatch):
            def masked(*arguments): raise ZeroDivisionError
            monkeypatch.setattr(behind(fakejobs).cloud.keys, "masked", masked)
            async with httpx.AsyncClient() as client:
                await client.get(fakejobs.api_url + "jobs/count.json")
    """
    result = run_apart(source, plugin=("-p", "fakejobs.pytest_plugin", "-p", "pytest_asyncio.plugin"))
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        ["*_ test_guard _*", f"E *UsageError: {WORDS}*", "*_ test_defect _*", "E *RuntimeError: fakejobs itself failed*"]
    )


@pytest.mark.parametrize(
    "entering",
    [
        "self.fake = self.enterContext(fakejobs.serve(environ=True))",
        "self.fake = fakejobs.serve(environ=True); self.addCleanup(self.fake.close)",
    ],
    ids=["enterContext", "addCleanup"],
)
def test_unittest_works_without_pytest(tmp_path: Path, entering: str) -> None:
    if "enterContext" in entering and sys.version_info < (3, 11):
        pytest.skip("unittest has enterContext since Python 3.11")
    tmp_path.joinpath("test_books.py").write_text(f"""
import contextlib, os, socket, unittest
import fakejobs
from fakejobs.fake import behind
from scrapinghub import ScrapinghubClient

before = dict(os.environ)

class TestBooks(unittest.TestCase):
    def setUp(self):
        self.addCleanup(lambda: self.assertEqual(dict(os.environ), before))
        {entering}

    def test_passing(self):
        with contextlib.closing(ScrapinghubClient()) as client:
            job = client.get_project(1).jobs.run("books")
        self.assertEqual(self.fake.assert_scheduled(spider="books").key, job.key)

    def test_guard(self):
        with contextlib.suppress(BaseException):
            socket.gethostbyname("app.zyte.com")

    def test_defect(self):
        def masked(*arguments): raise ZeroDivisionError("a bug of ours")
        behind(self.fake).cloud.keys.masked = masked
        with contextlib.closing(ScrapinghubClient()) as client, contextlib.suppress(Exception):
            client.get_project(1).jobs.run("books")
""")
    result = subprocess.run(
        [sys.executable, "-m", "unittest", "-v"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert "Ran 3 tests" in result.stderr
    assert "FAILED (errors=2)" in result.stderr
    assert "test_passing (test_books.TestBooks" in result.stderr
    assert f"UsageError: {WORDS}" in result.stderr
    assert "ZeroDivisionError: a bug of ours" in result.stderr
    assert "RuntimeError: fakejobs itself failed while it served POST /api/run.json" in result.stderr
