"""Everything that the README shows is done as it stands there: its tests are run, its commands are typed, its output is compared."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docs.document import README, ROOT, Section, pattern_of, sections_of
from tests.docs.shell import Shell

SECTIONS = {section.title: section for section in sections_of(README)}
FILES = {name: text for section in SECTIONS.values() for name, text in section.files.items()}
WORKFLOWS = [name for name in FILES if name.startswith(".github/workflows/")]
NEEDED = ("bash", "curl", "node")
INSTALLING = "Start"
"""The section whose commands install the package; they are what a new machine is given, not what a test may do."""
OPTIONAL = {"shub-workflow": "shub_workflow"}
"""Sections that need a package which the tests do not bring along."""

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in NEEDED), reason=f"the README is acted out where there are {', '.join(NEEDED)}"
)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(tmp_path)
    try:
        yield opened
    finally:
        opened.leave()


@pytest.mark.parametrize("section", [pytest.param(section, id=title) for title, section in SECTIONS.items() if title != INSTALLING])
def test_a_section(section: Section, shell: Shell) -> None:
    if section.title in OPTIONAL:
        pytest.importorskip(OPTIONAL[section.title])
    assert not section.unnamed, f"code without a file name: {section.unnamed}"
    shell.write({**{name: text for name, text in FILES.items() if name in section.commands}, **section.files})
    for session in section.sessions:
        for command in session:
            shell.check(command)
    rest = [name for name in section.files if name.startswith("test_") and name not in section.commands]
    if rest:
        code, output = shell.run(f"python -m pytest -q -W error --strict-markers {' '.join(rest)}")
        assert code == 0, output


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow(name: str, shell: Shell) -> None:
    """Its steps run one after the other, as the runner does it: each a script of its own, variables handed on in a file."""
    shell.write(FILES)
    handed_on = shell.place / "variables"
    handed_on.touch()
    shell.environment["GITHUB_ENV"] = str(handed_on)
    [job] = yaml.safe_load(FILES[name])["jobs"].values()
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
    assert command.endswith("-m pytest")
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


def test_sections_have_been_found() -> None:
    assert {"A first test", "With curl", "Cheat sheet", "Jobs that finish by themselves", "Other languages", *OPTIONAL} < set(SECTIONS)
    assert len(WORKFLOWS) == 2
