"""Runs of pytest inside a test: in this process where nothing can leak between the two, else in a process of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpcore  # noqa: F401  # which httpx loads with its first call
import httpx  # noqa: F401
import pytest
import requests  # noqa: F401

# A run in this process drops what it imported; what it finds imported stays one and the same.
import fakejobs.cli
import fakejobs.fake
import fakejobs.stubs  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ("-p", "fakejobs.pytest_plugin")
OTHERS = ("anyio", "asyncio", "hypothesispytest", "platformdirs", "pytest_httpserver", "time_machine", "timeout")
STRICT = (
    "-W",
    "error",
    "--strict-markers",
    "--strict-config",
    *(part for name in ("cacheprovider", *OTHERS) for part in ("-p", f"no:{name}")),
)
"""Everything strict, and none of the plugins that happen to be installed: they cost a process its second."""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run a test file in this process, everything strict and warnings being errors: `run(source, *arguments)`."""

    def run_here(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess(*PLUGIN, *STRICT, *arguments)

    return run_here


@pytest.fixture
def run_apart(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a test file in a process of its own: `run_apart(source, *arguments, plugin=PLUGIN)`."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run_there(source: str, *arguments: str, plugin: tuple[str, ...] = PLUGIN) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess(*plugin, *STRICT, *arguments)

    return run_there
