"""What the README and the pages of docs/ show is done: tests are run, commands are typed, output is compared."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docs.document import PAGES, README, ROOT, Section, name_of, pattern_of, sections_of
from tests.docs.shell import Shell

SECTIONS = [(page, section) for page in PAGES for section in sections_of(page)]
FILES = {page: {name: text for other, section in SECTIONS if other == page for name, text in section.files.items()} for page in PAGES}
WORKFLOWS = [(page, name) for page in PAGES for name in FILES[page] if name.startswith(".github/workflows/")]
NEEDED = ("bash", "curl", "node")
INSTALLING = "Set up a checkout"
"""The section whose commands install the package; they are what a new machine is given, not what a test may do."""
NEEDS = re.compile(r"^Needs `pip install ([\w-]+)`", re.MULTILINE)
"""How a section says that it needs a package which the tests do not bring along."""
MODULES = {"vcrpy": "vcr"}
PLUGINS = {"pytest-recording": "pytest_recording.plugin"}
"""Modules that do not have the name of their package."""

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in NEEDED), reason=f"the documents are acted out where there are {', '.join(NEEDED)}"
)


def written_by(page: Path, section: Section) -> dict[str, str]:
    """Return the files that a reader of a page has written by the end of a section; what stands further down is not there yet."""
    sections = [other for place, other in SECTIONS if place == page]
    read = sections[: sections.index(section) + 1]
    return {name: text for other in read for name, text in other.files.items()}


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(tmp_path)
    try:
        yield opened
    finally:
        opened.leave()


@pytest.mark.parametrize(
    ("page", "section"),
    [pytest.param(page, section, id=f"{name_of(page)}: {section.title}") for page, section in SECTIONS if section.title != INSTALLING],
)
def test_a_section(page: Path, section: Section, shell: Shell) -> None:
    for package in NEEDS.findall(section.text):
        module = MODULES.get(package, package.replace("-", "_"))
        pytest.importorskip(module, reason=f"{package} is not installed: pip install {package}")
        if package.startswith("pytest-"):
            shell.environment["PYTEST_ADDOPTS"] += f" -p {PLUGINS.get(package, module)}"
    assert not section.unnamed, f"code without a file name: {section.unnamed}"
    shell.write(written_by(page, section))
    for session in section.sessions:
        for command in session:
            shell.check(command)
    rest = [name for name in section.files if name.startswith("test_") and name not in section.commands]
    if rest:
        code, output = shell.run(f"python -m pytest -q -W error --strict-markers {' '.join(rest)}")
        assert code == 0, output


@pytest.mark.parametrize(("page", "name"), WORKFLOWS)
def test_a_workflow(page: Path, name: str, shell: Shell) -> None:
    """Its steps run one after the other, as the runner does it: each a script of its own, variables handed on in a file."""
    shell.write(FILES[page])
    handed_on = shell.place / "variables"
    handed_on.touch()
    shell.environment["GITHUB_ENV"] = str(handed_on)
    [job] = yaml.safe_load(FILES[page][name])["jobs"].values()
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    assert len(scripts) >= 2
    printed = ""
    for script in scripts:
        code, output = shell.run(script, "-e", "-o", "pipefail")
        assert code == 0, f"{script}\n{output}"
        printed += output
        for line in handed_on.read_text().splitlines():
            variable, _, value = line.partition("=")
            shell.environment[variable] = value
    assert '123/1/1 "failed" after 3 polls' in printed


def test_the_command_that_ci_takes_from_the_readme() -> None:
    [line] = [line for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines() if line.startswith("command=")]
    script = f'{line}; printf "%s" "$command"'
    command = subprocess.run(["bash", "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert command.endswith("-m pytest -n auto")
    assert "\n" not in command
    assert f"```sh\n{command}\n```" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shown", "printed", "agrees"),
    [
        ("a (b)\n...\nc", "a (b)\nx\ny\nc", True),
        ("a...c", "a (b) c", True),
        ("http://127.0.0.1:40123/", "http://127.0.0.1:5/", True),
        ("1 passed in 0.21s", "1 passed in 12.00s", True),
        ("1 passed in 0.21s", "2 passed in 0.21s", False),
        ('{"elapsed": 1, "x": 2}', '{"elapsed": 17, "x": 2}', True),
        ('{"elapsed": 1, "x": 2}', '{"elapsed": 17, "x": 3}', False),
        ("a.c", "abc", False),
        ("a", "a\nb", False),
    ],
)
def test_comparing_output(shown: str, printed: str, *, agrees: bool) -> None:
    assert bool(pattern_of(shown).fullmatch(printed)) is agrees


def test_a_file_that_several_pages_show_is_the_same_on_all_of_them() -> None:
    shown: dict[str, dict[str, list[str]]] = {}
    for page, files in FILES.items():
        for name, text in files.items():
            shown.setdefault(name, {}).setdefault(text, []).append(name_of(page))
    assert {name: list(texts.values()) for name, texts in shown.items() if len(texts) > 1} == {}


def test_sections_have_been_found() -> None:
    titles = {section.title for _, section in SECTIONS}
    assert {"A first test", "With curl", "The sentences", "Say how jobs live", "Other languages", "shub-workflow"} < titles
    assert {page.name for page in PAGES if FILES[page]} >= {"README.md", "waiting.md", "seeds.md", "clients.md", "hosts.md", "beside.md"}
    assert len(WORKFLOWS) == 2
