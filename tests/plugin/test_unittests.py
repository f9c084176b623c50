"""unittest: its failed assertions have the same report under pytest, and a fake that nobody closed is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakejobs import serve
from tests.plugin.conftest import ROOT, Run

HEAD = """
        import unittest
        import pytest
        from fakejobs import serve
"""


def test_a_fake_that_a_testcase_serves_is_in_the_report(run: Run) -> None:
    result = run(f"""{HEAD}
        class TestBooks(unittest.TestCase):
            def setUp(self):
                self.fake = serve(environ=True, clock="manual")
                self.addCleanup(self.fake.close)

            def test_failing(self):
                self.fake.add_job("books", project=1)
                self.assertEqual(1, 2)

            def test_sentence(self):
                self.fake.add_job("films", project=1)
                self.fake.assert_scheduled("films")

            def test_passing(self):
                self.fake.add_job("toys", project=1)
    """)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*TestBooks.test_failing*",
            "*fakejobs: jobs at http://127.0.0.1:*",
            "1/1/1  books *",
            "*TestBooks.test_sentence*",
            ">* self.fake.assert_scheduled(*",
            "*fakejobs: jobs at http://127.0.0.1:*",
            "1/1/1  films *",
        ]
    )
    assert result.stdout.str().count("fakejobs: jobs at") == 2


def test_one_of_the_whole_class_is_shown_as_long_as_it_is_open(run: Run) -> None:
    result = run(f"""{HEAD}
        class TestBooks(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.fake = serve(clock="manual")
                cls.addClassCleanup(cls.fake.close)
                cls.fake.add_job("books", project=1)

            def test_a(self): self.fail()
            def test_b(self): self.fail()

        def test_other():
            assert 0
    """)
    result.assert_outcomes(failed=3)
    assert result.stdout.str().count("fakejobs: jobs at") == 2


def test_coroutines_and_subtests_of_unittest_have_it_too(run_apart: Run) -> None:
    result = run_apart(f"""{HEAD}
        class TestBooks(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self):
                self.fake = serve(clock="manual")
                self.addCleanup(self.fake.close)

            async def test_failing(self):
                self.fake.add_job("books", project=1)
                self.assertEqual(1, 2)

        class TestParts(unittest.TestCase):
            def test_parts(self):
                with serve(clock="manual") as fake:
                    fake.add_job("films", project=1)
                    for number in (1, 2):
                        with self.subTest(number=number):
                            self.assertEqual(number, 1)

        class TestOfTheFixture(unittest.IsolatedAsyncioTestCase):
            @pytest.fixture(autouse=True)
            def _fake(self, fakejobs):
                self.fake = fakejobs

            async def test_failing(self):
                self.fake.add_job("songs", project=1)
                self.fake.assert_scheduled("songs")
    """)
    output = result.stdout.str()
    assert result.ret == 1
    for spider in ("books", "films", "songs"):
        assert f"1/1/1  {spider} " in output


def test_a_fake_made_inside_a_test_function_is_shown_and_those_of_others_are_not(run: Run) -> None:
    result = run(f"""{HEAD}
        KEPT = []

        def test_making():
            KEPT.append(serve())
            KEPT[0].add_job("books", project=1)
            assert 0

        def test_other():
            assert 0

        def test_closing():
            KEPT[0].close()
    """)
    result.assert_outcomes(failed=2, passed=1)
    assert result.stdout.str().count("fakejobs: jobs at") == 1


# ------------------------------------------------------------ a fake that nobody closed

LEFT = """
import unittest
import fakejobs

class TestBooks(unittest.TestCase):
    def setUp(self):
        self.fake = fakejobs.serve({arguments})

    def test_a(self): pass
    def test_b(self): pass
"""


def unittested(folder: Path, source: str) -> str:
    """Run a file of tests with unittest alone, and return what it says."""
    folder.joinpath("test_books.py").write_text(source)
    command = [sys.executable, "-m", "unittest", "-v"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False).stderr


def test_the_next_fake_that_wants_the_environment_names_the_one_that_was_left(tmp_path: Path) -> None:
    said = unittested(tmp_path, LEFT.format(arguments="environ=True"))
    assert "FAILED (errors=1)" in said
    place = f"{tmp_path / 'test_books.py'}:7"
    assert f", made at {place}, which is not closed, and only one at a time can have it: close that one first" in said


def test_one_that_was_left_without_the_environment_is_a_resource_warning(tmp_path: Path) -> None:
    said = unittested(tmp_path, LEFT.format(arguments=""))
    assert "\nOK" in said
    assert f"ResourceWarning: the fake made at {tmp_path / 'test_books.py'}:7 was not closed; self.addCleanup(fake.close) closes it" in said


def test_several_fakes_of_one_test_are_nobodys_mistake(tmp_path: Path) -> None:
    source = LEFT.format(arguments="").replace("def test_b(self): pass", "def test_b(self): fakejobs.serve().close()")
    assert "Warning" not in unittested(tmp_path, source.replace("    def test_a(self): pass\n", ""))


def test_fakes_that_are_closed_are_not_named(tmp_path: Path) -> None:
    said = unittested(tmp_path, LEFT.format(arguments="environ=True") + "    def tearDown(self): self.fake.close()\n")
    assert "OK" in said
    assert "Warning" not in said


@pytest.mark.parametrize("number", [1, 2])
def test_fakes_served_side_by_side_warn_of_nothing(number: int) -> None:
    fakes = [serve() for _ in range(number)]
    for fake in fakes:
        fake.close()
