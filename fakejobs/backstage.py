"""What stands behind a fake: its cloud and journal as one WSGI application, its socket, the environment and sleep of its process.

The plugin, the stubs and the standalone server are handed a Backstage; a test sees FakeJobs. The application sends
/__fakejobs__/ to the control door, what a user's own expectations match to these, and everything else to the runner.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakejobs import arguments, environ
from fakejobs.access import DEFAULT_KEY
from fakejobs.cloud import Cloud
from fakejobs.control import PREFIX
from fakejobs.domain.clock import CLOCKS, Clock, ManualClock, SystemClock, as_millis
from fakejobs.ending import is_called_by_test
from fakejobs.errors import CallableFailed, FakeJobsError, UsageError
from fakejobs.faults.saboteur import Saboteur
from fakejobs.forking import fresh_properties_after_fork
from fakejobs.journal import Call, Journal
from fakejobs.lint.mode import LintMode, lint_mode
from fakejobs.listener import Listener, Refused
from fakejobs.nearest import did_you_mean
from fakejobs.polling import PATIENCE, Polls
from fakejobs.polling.vain import Loop, loop_of_test, why_in_vain
from fakejobs.quoting import quoted
from fakejobs.routes import router
from fakejobs.sleeping.taken import Sleeps
from fakejobs.unseen import Unseen

if TYPE_CHECKING:
    from fakejobs.control.door import ControlDoor
    from fakejobs.domain.keys import JobKey
    from fakejobs.journal.book import Entry
    from fakejobs.lint.findings import Finding
    from fakejobs.stubs import Stubs
    from fakejobs.web.runner import Runner, StartResponse

REFUSED = 400
"""Statuses from here on refuse."""


class Backstage:
    """What a fake is made of, but for its verbs.

    make_door: makes its control door when the first one comes to it. unseen: where that which goes wrong unseen is kept. The
    other arguments are those of FakeJobs.
    """

    def __init__(
        self,
        make_door: Callable[[], ControlDoor],
        unseen: Unseen,
        *,
        clock: str | Clock = "manual",
        start: datetime | int | None = None,
        speed: float = 1,
        patience: int | None = PATIENCE,
        sleep_limit: timedelta | None = None,
        patch_time: bool | None = None,
        key: str = DEFAULT_KEY,
        lint: str = LintMode.REPORT,
        on_call: Callable[[Call], None] | None = None,
    ) -> None:
        self.lint_mode = lint_mode(lint)
        self._looked_at = 0
        if patch_time is not None and clock != "sleep":
            raise UsageError(f"patch_time={quoted(patch_time)} is for clock='sleep': with any other, no code sees a time of its own")
        made = _clock(clock, speed, start)
        self.cloud = Cloud(made, key=arguments.text("key", key))
        self.clock_mode = clock if isinstance(clock, str) else "manual" if isinstance(clock, ManualClock) else "real"
        self.unseen = unseen
        told = None if on_call is None else self._telling(on_call)
        self._calls = _Journal(self.cloud.now_ms, on_call=told, masks=lambda: self.cloud.keys.masks)
        self.journal: Journal = self._calls
        limit = None if patience is None else arguments.whole_number("patience", patience, least=1)
        patience = None if self.clock_mode == "real" else limit
        self.polls = Polls(
            self.cloud,
            mode=self.clock_mode,
            patience=patience,
            on_vain=self._in_vain,
            on_look=self._look,
            loop=loop_of_test if unseen.has_test else lambda: Loop.COMMAND,
            sleeps=lambda: self._sleeps.are_seen,
        )
        self._make_door = make_door
        self._sleeps = Sleeps(
            self.cloud,
            made,
            self.clock_mode,
            limit=sleep_limit,
            patch_time=patch_time is None or arguments.flag("patch_time", patch_time),
            end=unseen.end,
            complain=unseen.complain,
            changes=self.polls.changes,
            why=self._why,
            looks=lambda: self.polls.looks,
            under_way=lambda: self._listener.under_way() if self._listener is not None else (),
            was_refused=lambda: self._calls.was_refused,
        )
        if self.clock_mode != "real":
            self._calls.on_refused = self._hurry_writer
        self._listener: Listener | None = None
        self.saboteur = Saboteur(self.cloud, self._in_vain, lambda: self._listener, is_patient=self.clock_mode == "real")
        self._shub_config: environ.ShubConfig | None = None
        self._redirect: environ.Redirect | None = None
        self._stubs: Stubs | None = None

    # ------------------------------------------------------------ the application

    def app(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request: the WSGI application."""
        path = environ.get("PATH_INFO", "")
        if path == PREFIX or path.startswith(PREFIX + "/"):
            return self._door(environ, start_response)
        if self._stubs is not None:
            answer = self._stubs.answer(environ, start_response)
            if answer is not None:
                return answer
        return self._runner(environ, start_response)

    @property
    def stubs(self) -> Stubs:
        """The user's own expectations, which answer first."""
        if self._stubs is None:
            from fakejobs.stubs import Stubs  # pytest-httpserver is loaded only by those who use it

            self._stubs = Stubs(self.url, self.cloud.keys, self.journal, self.broke, self.journal.calls, _endpoint_of)
        return self._stubs

    def load_tables(self) -> None:
        """Load and build all that any request needs, if that has not happened."""
        self._runner, self._door  # noqa: B018
        router().load()

    def _write_down(self, refused: Refused) -> None:
        """Keep a request that was refused before it came to the application among the calls."""
        from fakejobs.web.runner import Entry

        entry = Entry(refused.method, refused.target.partition("?")[0])
        self.journal.arrive(entry)
        entry.status, entry.reason, entry.failure = refused.status, refused.reason, refused.message
        self.journal.complete(entry)

    def _masked(self, text: str) -> str:
        return self.cloud.keys.masks.text(text)

    def broke(self, where: str, error: BaseException) -> None:
        """Take note of a defect of fakejobs, or of the test's own code, that came to light while a call was served."""
        self.unseen.broke(self._masked(where), error)

    def _in_vain(self, text: str) -> None:
        """End the test whose client waits in vain; one that calls the application itself is ended by what is raised here."""
        ended = self.unseen.end(text)
        if is_called_by_test():
            raise ended from None

    def _telling(self, on_call: Callable[[Call], None]) -> Callable[[Call], None]:
        """Make what tells a callable of the test's of a call, and keeps what it raises from the client."""

        def tell(call: Call) -> None:
            try:
                on_call(call)
            except Exception as error:  # noqa: BLE001  # it may raise anything
                failure = CallableFailed("on_call", on_call, error)
                failure.__cause__ = error
                self.broke(f"{call.method} {call.path}", failure)

        return tell

    @cached_property
    def _door(self) -> ControlDoor:
        return self._make_door()

    @cached_property
    def _runner(self) -> Runner:
        from fakejobs.web.runner import Runner

        return Runner(router(), self.cloud, self.journal, self.polls, self.broke, self.saboteur.take)

    # ------------------------------------------------------------ the lint

    def findings(self, after: int = 0) -> list[Finding]:
        """Return what the lint finds in the calls so far, oldest first. after: the number of a call; only later ones."""
        if self.lint_mode is LintMode.OFF or self.journal.count <= after:
            return []
        from fakejobs.lint.screen import findings_in  # loaded only where there are calls to look at

        return findings_in(self.cloud, self.journal, router().match, after)

    def findings_to_report(self) -> list[Finding]:
        """Return what the lint finds in the calls that came since this was asked last, with lint="report"."""
        return self._new_findings(LintMode.REPORT)

    def _new_findings(self, mode: LintMode) -> list[Finding]:
        if self.lint_mode is not mode:
            return []
        after, self._looked_at = self._looked_at, self.journal.count
        return self.findings(after)

    # ------------------------------------------------------------ the whole

    def keep_jobs(self, number: int | None) -> None:
        """Keep so many finished and deleted jobs, the latest ones; None: all."""
        self.cloud.keep_jobs(number)

    def reset(self) -> None:
        """Forget everything: what is in the cloud, and the calls. The clock and the exported key stay."""
        with self.cloud.lock:
            self.saboteur.keep_unmet()
            self.cloud.reset()
            self.journal.clear()
            self.polls.clear()
            self._looked_at = 0
        self.saboteur.follow()

    # ------------------------------------------------------------ where it is

    @property
    def url(self) -> str:
        """The base URL, without a final slash."""
        if self._listener is None:
            raise UsageError("this fake has no socket: use serve(), or call its app")
        return self._listener.url

    @property
    def is_listening(self) -> bool:
        """Whether it has a socket."""
        return self._listener is not None

    def variables(self, base: str | None = None) -> dict[str, str]:
        """Return the variables that point clients at this fake. base: where they reach it, in an environment that is not known here."""
        key, config = self.cloud.keys.exported, self._shub_file()
        return environ.variables(self.url, key, config, os.environ) if base is None else environ.variables(base, key, config, {})

    def listen(self, host: str = "127.0.0.1", port: int = 0, *, load: bool = True) -> None:
        """Start to serve on a socket; port 0 picks a free one.

        load: load first what every request needs; else the first request does, or load_tables().
        """
        if self._listener is not None:
            raise UsageError(f"this fake serves already, at {self.url}")
        if load:
            self._runner  # noqa: B018
        try:
            self._listener = Listener(
                self.app, host, port, on_error=self.broke, on_refused=self._write_down, watched=self.clock_mode == "sleep"
            )
        except (OSError, UnicodeError) as error:
            raise UsageError(_not_listening(host, port, error)) from error
        self.unseen.stand_ready()
        self.saboteur.follow()

    def take_environment(self, *, guard: bool = True, made: str = "") -> None:
        """Point this process's environment at this fake, and guard the real hosts, until close().

        made: file and line of the code that made the fake, for who comes before it is closed. Raises UsageError if another fake has the
        environment.
        """
        self._redirect = environ.Redirect(self.url, self.cloud.keys.exported, end=self.unseen.end if guard else None, made=made)

    def take_sleep(self, root: Path, sleepers: Sequence[str] = ()) -> None:
        """Take the sleeps of the code under test, see Sleeps.take()."""
        self._sleeps.take(root, sleepers)

    def _look(self, key: JobKey) -> None:
        self._sleeps.look(key)

    def _why(self, key: JobKey, *, is_in_test: bool, sleeps: bool = True) -> str:
        """Return why nothing happens to a job that is asked for, and what to write.

        is_in_test: whether the test's thread asks. sleeps: whether it sleeps meanwhile.
        """
        loop = Loop.TEST if is_in_test else Loop.THREAD
        return why_in_vain(self.cloud, self.cloud.jobs.get(key), self.clock_mode, loop, sleeps=sleeps)

    def _hurry_writer(self) -> None:
        """Let the official batch writer hurry; it writes to a socket, and without one nobody might ever close this fake."""
        if self._listener is not None:
            self._sleeps.hurry_writer()

    def start_over(self) -> None:
        """Take note that another test begins, to which this fake is there already."""
        self.unseen.start_over()
        self.polls.start_over()
        self._sleeps.start_over()
        self.saboteur.start_over()

    # ------------------------------------------------------------ its end

    def sweep(self) -> None:
        """Put the environment and sleep back once more, after clean-ups of others that ran later than close()."""
        if self._redirect is not None:
            self._redirect.sweep()
        self._sleeps.sweep()

    def close(self, outcome: BaseException | None = None) -> None:
        """Stop serving and leave nothing behind; then raise what went wrong unseen.

        outcome: the exception with which its user ends anyway; it becomes the cause of the one raised.
        """
        __tracebackhide__ = True
        listener, self._listener = self._listener, None
        config, self._shub_config = self._shub_config, None
        self._sleeps.close()
        self.saboteur.close()
        self.unseen.stand_down()
        try:
            if listener is not None:
                listener.close()
        finally:
            self._sleeps.release_writer()
            if config is not None:
                config.remove()
            if self._redirect is not None:
                self._redirect.release()
            if self._stubs is not None:
                self._stubs.end()
        if not isinstance(outcome, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            self._check_stubs(outcome, is_over=True)
            self.raise_unseen(outcome)

    def raise_unseen(self, outcome: BaseException | None = None) -> None:
        """Raise what went wrong unseen, once: what was kept, or, with lint="fail", what the lint finds.

        outcome: as for close(); where there is one, the findings are left to the report.
        """
        __tracebackhide__ = True
        findings = self._new_findings(LintMode.FAIL)
        self._check_stubs(outcome)
        self._check_faults(outcome)
        self.unseen.raise_first(outcome, self._masked)
        if findings and outcome is None:
            from fakejobs.lint.findings import told

            lines = "\n".join(told(findings))
            silenced = "(lint='off' passes over it, as in @pytest.mark.fakejobs(lint='off'))"
            raise UsageError(f"lint: clients send what the service does not do as they mean it\n{lines}\n{silenced}")

    def stubs_told(self) -> str:
        """Return what went wrong in the user's own expectations and which of them nobody met, to stand beside another failure; once."""
        return "" if self._stubs is None else self._masked(self._stubs.told_beside())

    def _check_stubs(self, outcome: BaseException | None, *, is_over: bool = False) -> None:
        """Keep what went wrong in the user's own expectations; a test that ends otherwise keeps its failure, and this is a note of it.

        is_over: whether nobody can meet an expectation any more.
        """
        if self._stubs is None:
            return
        if outcome is not None:
            self._stubs.let_unmet()
            note = self.stubs_told() if is_over else ""
            if note:
                outcome.__notes__ = [*getattr(outcome, "__notes__", ()), note]  # type: ignore[attr-defined]  # as add_note() of 3.11 does
            return
        for failure in self._stubs.take_failures():
            self.broke(failure.where, failure.failed)
        for text in [*self._stubs.take_assertions(), self._stubs.unmet() if is_over else ""]:
            if text:
                self.unseen.complain(self._masked(text if text.startswith("httpserver") else f"httpserver: {text}"))

    def _check_faults(self, outcome: BaseException | None) -> None:
        """Keep which strict faults nobody met, unless the test ends otherwise: it may have ended before it could meet them."""
        unmet = self.saboteur.unmet(is_strict=True)
        if outcome is None:
            for text in unmet:
                self.unseen.complain(self._masked(f"{text}; strict=True wants one to fail"))

    def _shub_file(self) -> Path:
        if self._redirect is not None and self._redirect.is_on:
            return self._redirect.config.path
        with self.cloud.lock:
            if self._shub_config is None:
                self._shub_config = environ.ShubConfig(self.url, self.cloud.keys.exported)
            return self._shub_config.path


fresh_properties_after_fork(Backstage)


class _Journal(Journal):
    """The calls, and of the last one also whether it was refused: who sent it may sleep before it tries again.

    on_refused: told when a POST was.
    """

    was_refused = False
    on_refused: Callable[[], None] | None = None

    def complete(self, entry: Entry) -> None:
        """Take note that a call is answered."""
        self.was_refused = entry.fault is not None or (entry.status is not None and entry.status >= REFUSED)
        if self.was_refused and entry.method == "POST" and self.on_refused is not None:
            self.on_refused()
        super().complete(entry)


def _endpoint_of(method: str, path: str) -> str | None:
    """Return the name of the endpoint that a method and path mean, if there is one."""
    try:
        return router().match(method, path)[0].name
    except FakeJobsError:
        return None


def _not_listening(host: str, port: int, error: OSError | UnicodeError) -> str:
    """Return why there is no socket, and what to do about it."""
    why = f"cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        ask = f"`fakejobs env --url http://{host}:{port}` says whether a fakejobs server has it, `lsof -i :{port}` who else"
        return f"{why} ({ask}; --port 0, in Python port=0, takes a free one)"
    return why


def _clock(clock: str | Clock, speed: float, start: datetime | int | None) -> Clock:
    if clock != "real" and speed != 1:
        raise UsageError(f"speed={quoted(speed)} is for clock='real'")
    if start is not None and (clock == "real" or not isinstance(clock, str)):
        raise UsageError("start is for clocks that stand still until something moves them")
    if not isinstance(clock, str) and all(callable(getattr(clock, name, None)) for name in ("now_ms", "advance", "set_back")):
        return clock
    if clock not in CLOCKS:
        raise UsageError(f"clock={quoted(clock)} is not one of {', '.join(CLOCKS)}, and no Clock{did_you_mean(clock, CLOCKS)}")
    if clock == "real":
        return SystemClock(speed)
    return ManualClock(None if start is None else as_millis("start", start))
