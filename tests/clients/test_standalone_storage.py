"""Storage for other languages: Node and curl against the standalone server, a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = str(Path(__file__).parents[2])
PATIENCE_S = 30.0
KEY = "0123456789abcdef0123456789abcdef"
SEED = [{"add_job": {"spider": "books", "project": 1, "state": "running", "items": [{"n": 1}], "logs": ["INFO started"]}}]

NODE = """
const [url, key] = process.argv.slice(1)
const headers = {Authorization: "Basic " + Buffer.from(key + ":").toString("base64")}
const ask = async (method, path, body) => {
  const answer = await fetch(url + path, {method, headers, body})
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return answer
}
const lines = async answer => (await answer.text()).split("\\n").filter(Boolean).map(line => JSON.parse(line))
await ask("POST", "/items/1/1/1?start=1", '{"n": 2}\\n{"n": 3, "t": "\u00e9"}\\n')
const items = await lines(await ask("GET", "/items/1/1/1?meta=_key"))
const ended = {key: "1/1/1", state: "finished", close_reason: "finished"}
const [update] = await lines(await ask("POST", "/jobq/1/update", JSON.stringify(ended)))
const [job] = await lines(await ask("GET", "/jobq/1/list"))
const reason = await (await ask("GET", "/jobs/1/1/1/close_reason")).json()
console.log(JSON.stringify({items, update, job, reason}))
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The base URL of a standalone server with a running job."""
    (tmp_path / "seed.json").write_text(json.dumps(SEED))
    process = subprocess.Popen(
        [sys.executable, "-m", "fakejobs", "serve", "--port", "0", "--seed", str(tmp_path / "seed.json")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("fakejobs ready: "), line
        yield line.split()[-1]
    finally:
        process.kill()
        process.communicate()


def output(*command: str) -> str:
    """Run a command to its good end and return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_node(url: str) -> None:
    seen = json.loads(output("node", "--input-type=module", "-e", NODE, url, KEY))
    assert seen["items"] == [
        {"n": 1, "_key": "1/1/1/0"},
        {"n": 2, "_key": "1/1/1/1"},
        {"n": 3, "t": "\u00e9", "_key": "1/1/1/2"},
    ]
    assert seen["update"] == {"prevstate": "running", "key": "1/1/1"}
    job = {name: seen["job"][name] for name in ("key", "state", "items", "logs", "close_reason")}
    assert job == {"key": "1/1/1", "state": "finished", "items": 3, "logs": 1, "close_reason": "finished"}
    assert seen["reason"] == "finished"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(url: str) -> None:
    def curl(*options: str) -> str:
        return output("curl", "--silent", "--show-error", "--fail", "--globoff", "--noproxy", "*", "--user", f"{KEY}:", *options)

    def lines(*options: str) -> list[Any]:
        return [json.loads(line) for line in curl(*options).splitlines()]

    assert lines(f"{url}/items/1/1/1") == [{"n": 1}]
    assert lines(f'{url}/logs/1/1/1?filter=["level","=",[20]]')[0]["message"] == "started"
    assert curl("--data-binary", '{"_key": "a", "n": 1}', f"{url}/collections/1/s/pages") == ""
    assert lines(f"{url}/collections/1/s/pages/a") == [{"n": 1}]
    [pushed] = lines("--data", '{"spider": "books"}', f"{url}/jobq/1/push")
    assert pushed == {"key": "1/1/2", "auth": None}
    assert json.loads(curl("--request", "POST", f"{url}/jobq/1/1/2/cancel")) == {"count": 1}
    assert [event["event"] for event in lines(f"{url}/activity/1")] == ["job:cancelled", "job:scheduled", "job:started"]
