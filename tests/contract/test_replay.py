"""Recorded traffic with the real service, replayed over HTTP, where the recordings are at hand beside the checkout."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fakejobs import serve
from fakejobs.backstage import Backstage
from fakejobs.fake import behind
from fakejobs.lint.findings import Code, Finding

REPLAY = Path(__file__).parents[3] / "shared" / "replay.py"


@pytest.mark.skipif(not REPLAY.exists(), reason="the recordings of the real service are not at hand")
@pytest.mark.parametrize(("wire", "least"), [("dash", 152), ("both", 922)])
def test_every_scored_step_agrees_and_the_lint_is_silent(wire: str, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Finding] = []
    reset = Backstage.reset

    def look_and_reset(stage: Backstage) -> None:
        found.extend(stage.findings())
        reset(stage)

    monkeypatch.setattr(Backstage, "reset", look_and_reset)
    only = [] if wire == "both" else ["--wire", wire]
    with serve(environ=False) as fake:
        done = subprocess.run([sys.executable, REPLAY, fake.url, *only], capture_output=True, text=True, timeout=300, check=False)
        assert behind(fake).unseen.defects == []
        look_and_reset(behind(fake))
    assert {(finding.code, finding.call.endpoint, finding.call.status) for finding in found} == {(Code.OTHER_PROJECT, "jobs/stop", 400)}
    assert done.returncode == 0, done.stdout + done.stderr
    [line] = re.findall(r"^(\d+) of (\d+) steps agree \(", done.stdout, re.MULTILINE)
    agreed, scored = map(int, line)
    assert agreed == scored
    assert scored >= least
