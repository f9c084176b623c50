"""Loads the plugin for our own tests; where the package is installed, pytest has loaded it already and knows it by this name."""

pytest_plugins = ("pytester", "fakejobs.pytest_plugin")
