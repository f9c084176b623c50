"""Sockets and threads that eventlet or gevent have replaced, before fakejobs is loaded or after it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATCHES = {"eventlet": "import eventlet; eventlet.monkey_patch()", "gevent": "from gevent import monkey; monkey.patch_all()"}
SPAWN = {
    "eventlet": "spawned = eventlet.spawn; wait = lambda thread: thread.wait()",
    "gevent": "from gevent import spawn as spawned; wait = lambda thread: thread.get()",
}
CALLS = """
import requests
from fakejobs import serve

def ask(number):
    return requests.post(fake.api_url + "run.json", data={"project": 1, "spider": f"s{number}"}, auth=("k", ""), timeout=20).status_code

with serve() as fake, requests.Session() as session:
    tasks = [spawned(ask, number) for number in range(20)]
    print({wait(task) for task in tasks}, len(fake.list_jobs()))
    urls = [fake.api_url + "jobs/count.json?project=1&apikey=k"] * 2
    print([session.get(url, timeout=20).json()["total"] for url in urls])
print("closed")
"""


@pytest.mark.parametrize("loaded", ["before", "after"])
@pytest.mark.parametrize("library", PATCHES)
def test_it_serves(library: str, loaded: str) -> None:
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    first = "import requests, fakejobs, fakejobs.fake, fakejobs.listener\n" if loaded == "before" else ""
    script = "\n".join([first, PATCHES[library], SPAWN[library], CALLS])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False, timeout=60, env=environment
    )
    assert (done.stdout.splitlines(), done.stderr) == (["{200} 20", "[20, 20]", "closed"], "")
