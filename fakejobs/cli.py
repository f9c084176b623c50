"""The command line: serve, exec, env, check, endpoints.

A command imports what it needs when it runs, so that each one starts fast. A mistake of the caller is one line on
standard error and exit code 2; nothing has happened then.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from fakejobs.errors import FakeJobsError, UsageError
from fakejobs.nearest import did_you_mean

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 6805
DEFAULT_URL = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
PATIENCE_S = 10.0
"""Seconds that `env` waits for a server."""

MISTAKE = 2
"""Exit code of a command that was not understood or could not be begun."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. arguments: default those of the process."""
    options, rest = _parser().parse_known_args(arguments)
    if rest:
        options.parser.refuse(rest)
    try:
        code: int = options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except FakeJobsError as error:
        _complain(options.prog, str(error))
        return MISTAKE
    except BrokenPipeError:  # whoever read our output has seen enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


# ------------------------------------------------------------ the commands


def _serve(options: argparse.Namespace) -> int:
    gc.disable()  # until it serves: what is loaded now stays
    try:
        from fakejobs import standalone

        return standalone.serve(
            options.host,
            options.port,
            options.seed,
            options.control_host,
            clock=options.clock,
            speed=options.speed,
            keep=options.keep,
            faults=options.fail,
            quiet=options.quiet,
        )
    finally:
        gc.enable()


def _exec(options: argparse.Namespace) -> int:
    from fakejobs import standalone

    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise UsageError("which command? fakejobs exec [--seed FILE] -- CMD...")
    return standalone.execute(command, options.seed, clock=options.clock, speed=options.speed, faults=options.fail)


def _env(options: argparse.Namespace) -> int:
    sys.stdout.write(_ask_for_env(options.url, options.format))
    return 0


def _check(options: argparse.Namespace) -> int:
    mistakes = [mistake for name in options.file for mistake in _mistakes_in(name)]
    for mistake in mistakes:
        _complain(options.prog, mistake)
    return MISTAKE if mistakes else 0


def _mistakes_in(name: str) -> list[str]:
    """Apply a seed to an empty fake; say how it went, and return what is wrong with it, each wrong step once."""
    from fakejobs import seeds
    from fakejobs.fake import FakeJobs, behind

    fake = FakeJobs()
    try:
        steps = seeds.read_file(name)
    except FakeJobsError as error:
        return [str(error)]
    mistakes = seeds.mistakes_in(fake, behind(fake).cloud, steps, Path(name).name)
    if not mistakes:
        print(f"{name}: ok ({len(steps)} step{'' if len(steps) == 1 else 's'})")
    return mistakes


def _endpoints(options: argparse.Namespace) -> int:
    from fakejobs import tables

    if options.format == "markdown":
        if options.name is not None:
            raise UsageError(f"--format markdown prints all tables: leave {options.name!r} out")
        text = tables.as_markdown()
    else:
        text = tables.as_list() if options.name is None else tables.as_text(options.name)
    sys.stdout.write(text)
    return 0


def _ask_for_env(url: str, form: str) -> str:
    """Return the variables of a running server, as it words them; raises UsageError if none answers."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme != "http" or not host:
        raise UsageError(f"--url {url!r} is no URL of a server, such as {DEFAULT_URL}")
    connection = HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/__fakejobs__/env?format={form}")
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UsageError(f"no server answers at {url}: {why} (fakejobs serve starts one)") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise UsageError(f"{url} answered {answer.status} {answer.reason}: {_message_in(text)}")
    return text


def _message_in(text: str) -> str:
    import json

    try:
        return str(json.loads(text)["message"])
    except (ValueError, LookupError, TypeError):
        return "it is no fakejobs server"


# ------------------------------------------------------------ the options


NO_SLEEP = (
    ": a server cannot make the sleeps of another process virtual; with --clock poll the clock jumps for clients that ask again, "
    "with --speed 60 a minute passes in a second; in pytest and serve() of Python, clock='sleep' does it"
)
"""What is said of a clock that only a fake in the process of the code under test can have."""

_CHOICE = re.compile(r"invalid choice: '(?P<word>.*)' \(choose from (?P<known>.*)\)")
"""How argparse words a choice that there is none of."""


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes are one line, with the word that was meant."""

    def refuse(self, rest: Sequence[str]) -> NoReturn:
        """End the process: these arguments are none of the command's."""
        self.error(f"unrecognized arguments: {' '.join(rest)}{did_you_mean(rest[0].partition('=')[0], self._option_string_actions)}")

    def error(self, message: str) -> NoReturn:
        chosen = _CHOICE.search(message)
        if chosen is not None:
            message += did_you_mean(chosen["word"], re.findall(r"[\w-]+", chosen["known"]))
            if chosen["word"] == "sleep" and "--clock" in message:
                message += NO_SLEEP
        _complain(self.prog, f"{message} (see {self.prog} --help)")
        raise SystemExit(MISTAKE)


def _complain(prog: str, message: str) -> None:
    if sys.stderr is not None:
        print(f"{prog}: {' '.join(message.split())}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    from fakejobs import __version__

    parser = _Parser(prog="fakejobs", description="A fake of the Scrapy Cloud (Zyte) Jobs API.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"fakejobs {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, run: object, about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
        sub.set_defaults(run=run, prog=sub.prog, parser=sub)
        return sub

    serve = command("serve", _serve, "Serve a fake until SIGINT or SIGTERM; print where, then one line a call.")
    serve.add_argument("--host", type=_host, default=DEFAULT_HOST, help="address to listen on (default %(default)s)")
    serve.add_argument("--port", type=_port, default=DEFAULT_PORT, help="port to listen on; 0 picks a free one (default %(default)s)")
    _add_seed(serve)
    serve.add_argument(
        "--control-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a host name, besides the loopback ones, under which the control door may be called; may be repeated",
    )
    _add_clock(serve)
    _add_faults(serve)
    serve.add_argument(
        "--keep", type=_number, metavar="N", help="keep the N latest finished and deleted jobs, and forget older ones (default: keep all)"
    )
    serve.add_argument("--quiet", action="store_true", help="print no line a call")

    execute = command("exec", _exec, "Serve a fake, run a command with the environment that points clients at it, pass its exit code on.")
    _add_seed(execute)
    _add_clock(execute)
    _add_faults(execute)
    execute.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD...", help="the command and its arguments")

    env = command("env", _env, "Print the environment variables that point clients at a running server.")
    env.add_argument("--url", default=DEFAULT_URL, help="where the server is (default %(default)s)")
    env.add_argument("--format", choices=("sh", "json", "dotenv"), default="sh", help="how to print them (default %(default)s)")

    check = command("check", _check, "Check seeds: apply each one to an empty fake.")
    check.add_argument("file", nargs="+", metavar="FILE", help="a seed in JSON or TOML")

    endpoints = command(
        "endpoints", _endpoints, "List the endpoints that are faked, or tell of one its parameters, and how each fact is known."
    )
    endpoints.add_argument("name", nargs="?", metavar="NAME", help="an endpoint: its name or a path of it, as the list has them")
    endpoints.add_argument(
        "--format", choices=("text", "markdown"), default="text", help="markdown prints all tables, of everything (default %(default)s)"
    )
    return parser


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", action="append", default=[], metavar="FILE", help="a seed to begin with; may be repeated")


def _add_clock(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clock",
        choices=("real", "poll", "manual"),
        default="real",
        help="who moves the clock: the machine, clients that ask again for a job, or the control door alone (default %(default)s)",
    )
    parser.add_argument(
        "--speed", type=_speed, default=1, metavar="N", help="let N seconds pass in one, on a real clock (default %(default)s)"
    )


def _add_faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fail",
        action="append",
        default=[],
        metavar="FAULT",
        help="let calls fail, as the verb fail() does: 'run status=503 times=2'; values are JSON or text; may be repeated",
    )


def _speed(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:18]) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text[:18])


def _host(text: str) -> str:
    host = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if not host:
        raise argparse.ArgumentTypeError("a host is not empty")
    return host


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port (0 to 65535)")
    return int(text)
