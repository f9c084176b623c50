"""What pyproject.toml says of the package is true of it."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any

import pytest

import fakejobs
from fakejobs import cli
from tests.docs.document import PAGES, ROOT
from tests.docs.test_pages import NEEDS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ABOUT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = ABOUT["project"]


def test_one_version_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    released = re.findall(r"^## \[(\d.*?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert capsys.readouterr().out == f"fakejobs {fakejobs.__version__}\n"
    assert PROJECT["version"] == fakejobs.__version__ == released[0]


@pytest.mark.parametrize("target", [*PROJECT["scripts"].values(), *PROJECT["entry-points"]["pytest11"].values()])
def test_entry_points_lead_somewhere(target: str) -> None:
    module, _, name = target.partition(":")
    found = import_module(module)
    assert not name or callable(getattr(found, name))


def test_the_plugin_is_registered_under_the_name_of_its_module() -> None:
    """Else `-p` and `pytest_plugins` beside the entry point would load it twice."""
    assert all(name == target for name, target in PROJECT["entry-points"]["pytest11"].items())


def test_what_a_distribution_holds_is_there() -> None:
    included = [name.removeprefix("/") for name in ABOUT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]]
    for name in (*included, *PROJECT["license-files"], PROJECT["readme"], "fakejobs/py.typed"):
        assert (ROOT / name).exists(), name
    assert ABOUT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["fakejobs"]


def test_the_docs_extra_holds_the_packages_that_the_pages_name() -> None:
    named = {package for page in PAGES for package in NEEDS.findall(page.read_text(encoding="utf-8"))}
    extra = {re.split(r"[^\w-]", entry)[0] for entry in PROJECT["optional-dependencies"]["docs"]} - {PROJECT["name"]}
    assert named == extra


def test_the_versions_of_python_agree() -> None:
    named = [entry.rpartition(" ")[2] for entry in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", entry)]
    assert PROJECT["requires-python"] == f">={named[0]}"
    assert ABOUT["tool"]["mypy"]["python_version"] == named[0]
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"Python {named[0]} to {named[-1]}" in text
    assert f"Python {named[0]} or newer" in (ROOT / "README.md").read_text(encoding="utf-8")
