"""Loads the plugin from a checkout that is not installed: `python -m pytest -p conftest_plugin`."""

pytest_plugins = ("fakejobs.pytest_plugin",)
