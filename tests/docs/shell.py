"""Runs what the documents show in a terminal: `fakejobs` and `python` are those of this interpreter and checkout.

The server's default port is another one here, so that a server of the developer's own is not in the way: it is replaced in
the commands, too.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tests.docs.document import ROOT, Command, pattern_of

PORT = 6805
PATIENCE_S = 60.0
DEAD_PROXY = "http://127.0.0.1:1"
"""Stands between clients that the fake cannot guard and the world."""
EXECUTABLES = {
    "python": f'exec {shlex.quote(sys.executable)} "$@"',
    "fakejobs": f"""exec {shlex.quote(sys.executable)} -c '
import sys, fakejobs.cli as cli
cli.DEFAULT_PORT, cli.DEFAULT_URL = {{port}}, "http://127.0.0.1:{{port}}"
sys.exit(cli.main())' "$@" """,
    "shub": f'exec env HTTP_PROXY={DEAD_PROXY} HTTPS_PROXY={DEAD_PROXY} {shlex.quote(sys.executable)} -W ignore -m shub "$@"',
    "pip": 'echo "pip $*"',
}
"""The commands that the documents use, as shell scripts. pip has installed everything already."""


class Shell:
    """A shell in a directory of its own. leave: ends what was left running; call it in the end."""

    def __init__(self, place: Path) -> None:
        self._port = _free_port()
        self._servers: list[tuple[Command, subprocess.Popen[str]]] = []
        self._groups: list[int] = []
        self.place = place / "work"
        self.place.mkdir()
        tools = place / "bin"
        tools.mkdir()
        for name, script in EXECUTABLES.items():
            file = tools / name
            file.write_text(f"#!/bin/sh\n{script.replace('{port}', str(self._port))}\n")
            file.chmod(0o755)
        (place / ".curlrc").write_text("silent\nshow-error\n")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SHUB_", "SH_APIKEY", "PYTEST_"))},
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CURL_HOME": str(place),
            "HOME": str(place),
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "-p fakejobs.pytest_plugin -p no:cacheprovider",
        }

    def write(self, files: Mapping[str, str]) -> None:
        """Write files into the directory."""
        for name, text in files.items():
            file = self.place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def run(self, script: str, *arguments: str) -> tuple[int, str]:
        """Run a script with bash; return its exit code and what it printed. What it left in the background runs on."""
        output = self.place.parent / f"output-{len(self._groups)}"
        with output.open("w", encoding="utf-8") as stream:  # a pipe would stay open as long as what runs on
            process = subprocess.Popen(
                ["bash", *arguments, "-c", self._with_port(script)],
                cwd=self.place,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._groups.append(process.pid)
            code = process.wait(PATIENCE_S)
        return code, output.read_text(encoding="utf-8")

    def check(self, command: Command) -> None:
        """Run a command of a document and compare what it prints; a server begins to serve and is compared by leave()."""
        if command.line.startswith("fakejobs serve"):
            self._serve(command)
            return
        _, output = self.run(command.line)
        assert_prints(command, output)

    def leave(self) -> None:
        """End what runs, and compare what the servers printed."""
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for command, server in self._servers:
            server.terminate()
            rest, _ = server.communicate(timeout=PATIENCE_S)
            assert server.returncode == 0
            assert_prints(command, f"{command.output.splitlines()[0]}\n{rest}")
        self._servers.clear()

    def _serve(self, command: Command) -> None:
        server = subprocess.Popen(
            shlex.split(command.line), cwd=self.place, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._servers.append((command, server))
        assert server.stdout is not None
        ready = server.stdout.readline()
        assert ready == self._with_port(command.output.splitlines(keepends=True)[0])

    def _with_port(self, text: str) -> str:
        return text.replace(f":{PORT}", f":{self._port}")


def assert_prints(command: Command, output: str) -> None:
    """Check that a command has printed what the document shows."""
    assert pattern_of(command.output).fullmatch(output.strip()), (
        f"$ {command.line}\nis shown to print\n{command.output}\nbut prints\n{output}"
    )


def _free_port() -> int:
    """Return a port that is free and that the kernel does not give out by itself."""
    return next(port for port in _ports() if _is_free(port))


def _ports() -> Iterator[int]:
    yield from range(20_000 + os.getpid() % 10_000, 32_000)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
