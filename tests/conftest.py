"""Loads the plugin for our own tests; where the package is installed, pytest has loaded it already and knows it by this name."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

pytest_plugins = ("pytester", "fakejobs.pytest_plugin")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to begin without the clients that the tests try; under xdist, let a process that is done take over tests of another."""
    if find_spec("scrapinghub") is None:
        raise pytest.UsageError("the tests need the clients that they try: pip install -e '.[test]'")
    if config.getoption("dist", "no") == "load":
        config.option.dist = "worksteal"
