"""Modules that the code under test loads while its sleeps are virtual."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HEAD = """
import sys
from pathlib import Path
from fakejobs.sleeping.virtual import VirtualSleep

class Clock:
    now = 0
    def now_ms(self): return self.now
    def advance_to_ms(self, moment): self.now = max(self.now, moment)
    def next_due_ms(self): return None

clock = Clock()
"""


def in_a_process_of_its_own(tmp_path: Path, source: str) -> None:
    file = tmp_path / "app.py"
    file.write_text(HEAD + source)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, file], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("when", ["before", "within", "never"])
def test_asyncio_is_never_loaded_for_it_and_stood_in_for_once_it_comes(tmp_path: Path, when: str) -> None:
    source = """
if when == "before":
    import asyncio
with VirtualSleep(clock, Path.cwd()):
    assert ("asyncio" in sys.modules) == (when == "before")
    if when != "never":
        import asyncio
        from asyncio import sleep
        ours = [asyncio.sleep]
        async def sleeps():
            await asyncio.sleep(3_600)
            await sleep(3_600)
        asyncio.run(sleeps())
        assert clock.now == 7_200_000
        assert asyncio.__spec__.loader is asyncio.__loader__ and "fakejobs" not in repr(asyncio.__spec__)
assert ("asyncio" in sys.modules) == (when != "never")
if when != "never":
    assert sleep is asyncio.sleep is asyncio.tasks.sleep is not ours[0]
assert not [finder for finder in sys.meta_path if "fakejobs" in repr(finder)]
"""
    in_a_process_of_its_own(tmp_path, f"when = {when!r}\n{source}")
