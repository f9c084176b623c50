"""What it costs that fakejobs is there: to open and close, to start, to be a fixture, to be imported and not used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from textwrap import dedent
from time import perf_counter

from fakejobs import FakeJobs
from fakejobs.listener import Listener
from tests.bench.row import Row, milliseconds
from tests.bench.timing import fastest
from tests.bench.traffic import Client, get_request

ROOT = Path(__file__).parents[2]
LISTENERS = 10
STARTS = 7
TESTS = 150
READY = b"fakejobs ready: "

CONFTEST = """
    import json, time
    import pytest

    seconds = {"with": [], "without": []}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(item):
        start = time.perf_counter()
        result = yield
        seconds[item.originalname.removeprefix("test_")].append(time.perf_counter() - start)
        return result

    def pytest_sessionfinish():
        with open("seconds.json", "w") as file:
            json.dump(seconds, file)
"""
"""Times each test whole, with its setup and teardown."""

TEST_FILE = f"""
    import pytest

    @pytest.mark.parametrize("number", range({TESTS}))
    class Test:
        def test_with(self, number, fakejobs):
            pass

        def test_without(self, number):
            pass
"""

MANY = 400
OUTSIDE = 7
OTHERS = ("asyncio", "anyio", "hypothesispytest", "xdist", "xdist.looponfail", "time_machine", "platformdirs")
"""Plugins that happen to be installed here, and cost a process their own second."""
RUNS = {
    "none": "def test(): pass",
    "one": "def test(fakejobs): pass",
    "first": """
        import http.client

        def test(fakejobs):
            client = http.client.HTTPConnection(fakejobs.url.partition("//")[2])
            headers = {"Authorization": "Basic azo=", "Content-Type": "application/x-www-form-urlencoded"}
            client.request("POST", "/api/run.json", "project=1&spider=books", headers)
            assert client.getresponse().status == 200
            client.close()
    """,
    "many none": f"""
        import pytest

        @pytest.mark.parametrize("number", range({MANY}))
        def test(number): pass
    """,
    "many": f"""
        import pytest

        @pytest.mark.parametrize("number", range({MANY}))
        def test(number, fakejobs): pass
    """,
}
"""Test files that whole runs of pytest are given."""

IMPORTING = """
    import json, sys, time
    import pytest
    before = set(sys.modules)
    start = time.perf_counter()
    import fakejobs.pytest_plugin
    seconds = time.perf_counter() - start
    names = {name.partition(".")[0] for name in set(sys.modules) - before}
    print(json.dumps([seconds, sorted(names - sys.stdlib_module_names - {"fakejobs", "pytest", "_pytest", "pluggy"})]))
"""


def rows() -> Iterator[Row]:
    """Measure the lifetime of what holds a fake."""
    yield _open_and_close()
    yield _start()
    yield _fixture()
    yield from _from_outside()
    yield _import_unused()


def _open_and_close() -> Row:
    fake = FakeJobs()
    request = get_request("/api/scrapyd/listprojects.json")

    def run() -> None:
        for _ in range(LISTENERS):
            with Listener(fake.app) as listener:
                client = Client((listener.host, listener.port))
                client.ask(request)
            client.close()

    seconds = fastest({"listener": run}, rounds=10)["listener"] / LISTENERS
    return Row("open a listener, one call, close it under its client", seconds * 1e3, 3, "ms", "call and connection included")


def _start() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder  # both sides run from bytecode, as an installed package does
        imports = [sys.executable, "-c", "import werkzeug.serving, werkzeug.routing"]
        candidates = {
            "serve": lambda: _serve_until_ready(environment),
            "imports": lambda: subprocess.run(imports, env=environment, check=True),
        }
        taken = fastest(candidates, rounds=STARTS)
    note = f"{milliseconds(taken['serve'])}; {milliseconds(taken['imports'])}"
    return Row("fakejobs serve until ready : import of werkzeug's server", taken["serve"] / taken["imports"], 1.6, note=note)


def _serve_until_ready(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "fakejobs", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        server.kill()
        assert line.startswith(READY), line


def _fixture() -> Row:
    taken = json.loads(_pytest(TEST_FILE))
    fixture_s = median(taken["with"]) - median(taken["without"])
    note = f"median of {TESTS}, {milliseconds(median(taken['with']))} less {milliseconds(median(taken['without']))}"
    return Row("the fixture, a test", fixture_s * 1e3, 1, "ms", note)


def _from_outside() -> Iterator[Row]:
    """Measure whole runs of pytest with the package installed, without bytecode of pytest's own and with it, as users have them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installed = folder / "installed"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(installed), str(ROOT)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        runs = {run: _run_of(folder / run, source) for run, source in RUNS.items()}
        runs["imports"] = [sys.executable, "-c", "import werkzeug.serving, werkzeug.routing"]
        runs["nothing"] = [sys.executable, "-c", "pass"]
        for label, unwritten in (("no bytecode", "1"), ("bytecode", "")):
            environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": unwritten}
            rounds = [{run: _seconds(command, environment) for run, command in runs.items()} for _ in range(1 + OUTSIDE)][1:]
            first_s = median(taken["first"] - taken["none"] for taken in rounds)
            imports_s = median(taken["imports"] - taken["nothing"] for taken in rounds)
            note = f"{milliseconds(first_s)}; {milliseconds(imports_s)}"
            yield Row(f"first test of a process, {label} : import of werkzeug", first_s / imports_s, 1.7, note=note)
            each_s = median(taken["many"] - taken["one"] - taken["many none"] + taken["none"] for taken in rounds) / (MANY - 1)
            yield Row(f"a further test, from outside, {label}", each_s * 1e3, 1, "ms", f"whole runs of 1 and of {MANY} tests")


def _run_of(folder: Path, source: str) -> list[str]:
    folder.mkdir()
    folder.joinpath("test_it.py").write_text(dedent(source))
    without = [part for name in ("cacheprovider", *OTHERS) for part in ("-p", f"no:{name}")]
    return [sys.executable, "-m", "pytest", "-q", *without, str(folder)]


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    """Return how long a command takes, in a directory from which nothing is imported."""
    began = perf_counter()
    subprocess.run(command, cwd=tempfile.gettempdir(), env=environment, stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - began


def _pytest(test_file: str) -> str:
    """Run a test file under pytest with the plugin, and return the times of its tests as JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("conftest.py").write_text(dedent(CONFTEST))
        folder.joinpath("test_empty.py").write_text(dedent(test_file))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "fakejobs.pytest_plugin", "-p", "no:cacheprovider"]
        subprocess.run(command, cwd=folder, env=_environment(), stdout=subprocess.DEVNULL, check=True)
        return folder.joinpath("seconds.json").read_text()


def _import_unused() -> Row:
    output = subprocess.run([sys.executable, "-c", dedent(IMPORTING)], env=_environment(), capture_output=True, check=True).stdout
    seconds, foreign = json.loads(output)
    note = f"import takes {milliseconds(seconds)}{': ' if foreign else ''}{', '.join(foreign)}"
    return Row("packages that the unused plugin imports", len(foreign), 0, "", note)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
