"""The standalone server: a fake that lives as long as its process, and one that lives as long as a command.

Rules:

- The first line says where; then one line a call.
- A signal ends the server at once. What breaks inside the fake is shown on standard error when it breaks.
- Nothing grows: defects are not kept.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_address
from threading import Event
from types import FrameType
from typing import Any

from fakejobs.binding import bind
from fakejobs.errors import FakeJobsError, UsageError
from fakejobs.fake import FakeJobs, behind
from fakejobs.lines import CallLines, LineWriter
from fakejobs.listener import ListenerBusy
from fakejobs.unseen import Unseen, told
from fakejobs.verbs.faults import ending_by_itself

ENDING = (signal.SIGINT, signal.SIGTERM)
"""The signals that end a server."""
BROKEN = 70
"""Exit code of `exec` when the command succeeded and the fake failed; EX_SOFTWARE of sysexits.h."""
NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""Exit codes of a command that cannot be run, as shells have them."""


def serve(
    host: str,
    port: int,
    seed_files: Sequence[str],
    control_hosts: Sequence[str],
    *,
    clock: str = "real",
    speed: float = 1,
    keep: int | None = None,
    faults: Sequence[str] = (),
    quiet: bool,
) -> int:
    """Serve until a signal comes, and return exit code 0; raises UsageError if that cannot be begun.

    host, port: where; port 0 picks a free one. seed_files: applied in order. clock, speed: as for FakeJobs. keep: how many
    finished and deleted jobs are kept, the latest ones; None: all. faults: as --fail takes them. quiet: print where, but no line a call.
    """
    with ExitStack() as stack:
        wait = stack.enter_context(_ending_signals())
        lines = stack.enter_context(LineWriter(_descriptor_of(sys.stdout)))
        on_call = None if quiet else stack.enter_context(CallLines(lines.put, lines.amend if lines.is_terminal else None)).take
        fake = StandaloneFake(clock=clock, speed=speed, patience=None, control_hosts=control_hosts, on_call=on_call)
        stack.callback(_close, fake)
        behind(fake).keep_jobs(keep)
        for name in seed_files:
            fake.load(name)
        _declare(fake, faults)
        behind(fake).listen(host, port, load=False)
        if not _is_loopback(host):
            _say(
                f"fakejobs: warning: {host} can be reached from other machines, and the fake believes every caller; "
                "the control door answers to loopback names and those of --control-host only"
            )
        lines.start(f"fakejobs ready: {fake.url}")
        _load_the_rest(fake)  # now, while nobody waits for it
        gc.enable()
        wait()
    return 0


def execute(command: Sequence[str], seed_files: Sequence[str], *, clock: str = "real", speed: float = 1, faults: Sequence[str] = ()) -> int:
    """Serve on a free port while a command runs with the environment set, and return the command's exit code.

    clock, speed: as for FakeJobs. faults: as --fail takes them. A command that a signal ended gives 128 and the signal's number, one
    that is not found 127. Raises SeedError, or UsageError for a fault.
    """
    import subprocess

    called = Event()
    with ExitStack() as stack:
        fake = StandaloneFake(clock=clock, speed=speed, on_call=lambda _: called.set())
        stack.callback(_close, fake)
        for name in seed_files:
            fake.load(name)
        _declare(fake, faults)
        behind(fake).listen("127.0.0.1", 0, load=False)
        with _passing_on() as send_to:
            try:
                child = subprocess.Popen(command, env={**os.environ, **fake.env})
            except OSError as error:
                _say(f"fakejobs exec: {command[0]}: {error.strerror or error}")
                return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
            send_to(child)
            _load_the_rest(fake)
            code = child.wait()
        if not called.is_set() and not fake.calls:
            _say(
                "fakejobs exec: no client called the fake. It is found by SHUB_APIURL, SHUB_STORAGE and SHUB_APIKEY;"
                " code with a host or a configuration of its own does not read them"
            )
        _tell_findings(fake)
        unseen = behind(fake).unseen
        if code == 0 and isinstance(unseen, Shown) and unseen.has_failed:
            return BROKEN
    return code if code >= 0 else 128 - code


def _declare(fake: FakeJobs, faults: Sequence[str]) -> None:
    """Declare faults as the command line has them: `run status=503 times=2`; raises UsageError, naming the one that is wrong."""
    for text in faults:
        from fakejobs.faults.said import arguments_in

        try:
            bound = bind(ending_by_itself(fake.fail), arguments_in(text))
            ending_by_itself(fake.fail)(*bound.args, **bound.kwargs)
        except FakeJobsError as error:
            raise UsageError(f"--fail {text!r}: {error}") from None


class Shown(Unseen):
    """What goes wrong in a fake that no test watches: shown at once on standard error, and not kept."""

    has_test = False
    has_failed = False

    def complain(self, text: str) -> None:
        """Show what the command did in vain."""
        _say(f"fakejobs: {text}")

    def broke(self, where: str, error: BaseException) -> None:
        """Show whose failure it is, fakejobs' own or that of a callable of the test's."""
        import traceback

        self.has_failed = True
        headline, cause = told(where, error)
        _say(f"{headline}\n{''.join(traceback.format_exception(cause))}".rstrip())


class StandaloneFake(FakeJobs):
    """A fake that no test watches."""

    _unseen_kind = Shown


def _load_the_rest(fake: FakeJobs) -> None:
    """Load what requests need; where the system is out of descriptors, the requests do that when they come."""
    with suppress(OSError, ImportError):
        behind(fake).load_tables()


def _tell_findings(fake: FakeJobs) -> None:
    """Say what the lint finds in the calls of the command, if it finds anything."""
    findings = fake.lint
    if findings:
        from fakejobs.lint.findings import told

        _say("\n".join(["fakejobs exec: lint: the command sent what the service does not do as it means it", *told(findings)]))


def _close(fake: FakeJobs) -> None:
    with suppress(ListenerBusy):  # the process ends, and what is still busy with it
        fake.close()


@contextmanager
def _ending_signals() -> Iterator[Any]:
    """Under this `with`, signals that end a server only wake the function that it gives, which waits for one."""
    wake_end, wait_end = socket.socketpair()
    wake_end.settimeout(0)
    before = [(number, signal.signal(number, _take_note)) for number in ENDING]
    former = signal.set_wakeup_fd(wake_end.fileno(), warn_on_full_buffer=False)

    def wait() -> None:
        while not set(wait_end.recv(1)) & set(ENDING):
            pass

    try:
        yield wait
    finally:
        signal.set_wakeup_fd(former)
        for number, handler in before:
            signal.signal(number, handler)
        wake_end.close()
        wait_end.close()


def _take_note(number: int, frame: FrameType | None) -> None:
    """Do nothing: the wakeup descriptor has had the signal's number."""


@contextmanager
def _passing_on() -> Iterator[Any]:
    """Under this `with`, signals that would end us go to the process that is given to the function it gives."""
    children: list[Any] = []
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and _in_foreground():
            return  # the terminal has sent it to the command, too
        if children:
            children[0].send_signal(number)
        else:
            early.append(number)

    def send_to(child: Any) -> None:
        children.append(child)
        for number in early:
            child.send_signal(number)

    before = [(number, signal.signal(number, pass_on)) for number in ENDING]
    try:
        yield send_to
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Tell whether a terminal's Ctrl-C reaches this process and the command alike."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _descriptor_of(stream: Any) -> int | None:
    try:
        number: int = stream.fileno()
    except (AttributeError, OSError, ValueError):
        return None
    return number


def _say(text: str) -> None:
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
