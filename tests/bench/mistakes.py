"""How long each mistake takes to be told that would keep a test waiting; the slowest first."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.row import Row
from tests.plugin.mistakes import MISTAKES, Mistake

ROOT = Path(__file__).parents[2]
LIMIT_S = 2.0
HANG_S = 60.0
_DURATION = re.compile(r"^([0-9.]+)s (?:setup|call|teardown) ", re.MULTILINE)


def rows() -> Iterator[Row]:
    """Yield a row for each mistake: the seconds of its test, fixtures included."""
    told = {name: _seconds(mistake) for name, mistake in MISTAKES.items()}
    for name, seconds in sorted(told.items(), key=lambda entry: -entry[1]):
        yield Row(f"told: {name}", seconds, LIMIT_S, "s")


def _seconds(mistake: Mistake) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "test_mistake.py")
        file.write_text(mistake.source, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", folder, "--durations=0", "-vv", str(file)]
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_S, check=False)
        except subprocess.TimeoutExpired:
            return HANG_S
    return sum(map(float, _DURATION.findall(done.stdout))) if mistake.says in done.stdout else float("inf")
