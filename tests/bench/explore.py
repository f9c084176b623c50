"""What exploring adds to the runs that it makes: a test of ten calls against the same runs, written by hand as rows of a test."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from time import perf_counter

import pytest

from tests.bench.row import Row, milliseconds
from tests.bench.timing import without_gc

CALLS = 10
LIMIT = 1.3
ROUNDS = 7

SOURCE = f"""
import http.client
import pytest


def ask_ten_times(fake):
    connection = http.client.HTTPConnection("127.0.0.1", int(fake.url.rpartition(":")[2]))
    try:
        for number in range({CALLS}):
            connection.request("GET", f"/api/jobs/list.json?project={{number + 1}}&apikey={{fake.key}}")
            connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.fakejobs(explore=["503"])
def test_explored(fakejobs):
    ask_ten_times(fakejobs)


@pytest.mark.fakejobs(clock="sleep")
@pytest.mark.parametrize("after", range(-1, {CALLS}))
def test_by_hand(fakejobs, after):
    if after >= 0:
        fakejobs.fail("jobs/list", status=503, after=after)
    ask_ten_times(fakejobs)
"""


class Watch:
    """Takes the time of the tests of a run, without what a run of pytest costs itself."""

    seconds = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Take the time."""
        start = perf_counter()
        result = yield
        self.seconds = perf_counter() - start
        return result


def rows() -> Iterator[Row]:
    """Yield a row: a run that exploring makes, over one that is written by hand."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "test_ten_calls.py")
        file.write_text(SOURCE, encoding="utf-8")
        file.with_name("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        taken = [(_seconds(file, "explored"), _seconds(file, "by_hand")) for _ in range(ROUNDS)]
    explored, by_hand = (min(seconds) / (CALLS + 1) for seconds in zip(*taken, strict=True))
    note = f"{milliseconds(explored)} / {milliseconds(by_hand)}"
    yield Row("explored: a run of ten calls / written by hand", explored / by_hand, LIMIT, "x", note)


def _seconds(file: Path, name: str) -> float:
    watch = Watch()
    quiet = ("-q", "-W", "ignore", "-p", "no:cacheprovider", "-p", "no:xdist", "--import-mode=importlib")
    with contextlib.redirect_stdout(io.StringIO()) as said, without_gc():
        done = pytest.main([*quiet, "-c", str(file.with_name("pytest.ini")), str(file), "-k", name], plugins=[watch])
    if done != pytest.ExitCode.OK:
        raise AssertionError(said.getvalue())
    return watch.seconds
