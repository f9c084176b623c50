"""What stands behind a fake: its cloud and journal as one WSGI application, its socket, the environment and sleep of its process.

The plugin, the stubs and the standalone server are handed a Backstage; a test sees FakeJobs. The application sends
/__fakejobs__/ to the control door, what a user's own expectations match to these, and everything else to the runner.
"""

from __future__ import annotations

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
from fakejobs.domain.clock import Clock, ManualClock, Millis, SystemClock, as_millis
from fakejobs.errors import CallableFailed, UsageError
from fakejobs.forking import fresh_properties_after_fork
from fakejobs.journal import Call, Journal
from fakejobs.listener import Listener, Refused
from fakejobs.nearest import did_you_mean
from fakejobs.polling import PATIENCE, Polls
from fakejobs.quoting import quoted
from fakejobs.routes import router
from fakejobs.unseen import Unseen

if TYPE_CHECKING:
    from fakejobs.control.door import ControlDoor
    from fakejobs.sleeping import VirtualSleep
    from fakejobs.stubs import Stubs
    from fakejobs.web.runner import Runner, StartResponse

CLOCKS = ("manual", "sleep", "poll", "real")
"""Who moves the clock: the test alone; sleeping code under test; clients that ask again; the machine."""


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
        key: str = DEFAULT_KEY,
        on_call: Callable[[Call], None] | None = None,
    ) -> None:
        self.cloud = Cloud(_clock(clock, speed, start), key=arguments.text("key", key))
        self.clock_mode = clock if isinstance(clock, str) else "manual" if isinstance(clock, ManualClock) else "real"
        self.unseen = unseen
        told = None if on_call is None else self._telling(on_call)
        self.journal = Journal(self.cloud.now_ms, on_call=told, masks=lambda: self.cloud.keys.masks)
        limit = None if patience is None else arguments.whole_number("patience", patience, least=1)
        patience = None if self.clock_mode == "real" else limit
        self.polls = Polls(self.cloud, jumps=self.clock_mode == "poll", patience=patience, on_vain=unseen.complain)
        self._make_door = make_door
        self._sleep_limit = sleep_limit
        self._sleep: VirtualSleep | None = None
        self._listener: Listener | None = None
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

            self._stubs = Stubs(self.url, self.cloud.keys, self.journal, self.broke)
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

        return Runner(router(), self.cloud, self.journal, self.polls, self.broke)

    def keep_jobs(self, number: int | None) -> None:
        """Keep so many finished and deleted jobs, the latest ones; None: all."""
        self.cloud.keep_jobs(number)

    def reset(self) -> None:
        """Forget everything: what is in the cloud, and the calls. The clock and the exported key stay."""
        with self.cloud.lock:
            self.cloud.reset()
            self.journal.clear()
            self.polls.clear()

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
        self._listener = Listener(
            self.app, host, port, on_error=self.broke, on_refused=self._write_down, watched=self.clock_mode == "sleep"
        )

    def take_environment(self, *, guard: bool = True) -> None:
        """Point this process's environment at this fake, and guard the real hosts, until close().

        Raises UsageError if another fake has the environment.
        """
        self._redirect = environ.Redirect(self.url, self.cloud.keys.exported, guard=guard)

    def take_sleep(self, root: Path, sleepers: Sequence[str] | None = None) -> None:
        """Let time.sleep and asyncio.sleep of the code under test move this fake's clock, and return at once, until close().

        root: the folder of the code under test; sleepers: packages whose sleeps count too, default shub_workflow; see
        fakejobs.sleeping. Raises UsageError unless clock="sleep", and if another fake has the sleeps of this process.
        """
        from fakejobs.sleeping import LIMIT, SLEEPERS, VirtualSleep  # it loads asyncio

        if self.clock_mode != "sleep" or self._sleep is not None:
            raise UsageError("sleep moves the clock of a fake with clock='sleep', and is taken once")
        sleep = VirtualSleep(
            _SleepClock(self.cloud),
            root,
            SLEEPERS if sleepers is None else sleepers,
            LIMIT if self._sleep_limit is None else self._sleep_limit,
            self.unseen.complain,
            under_way=lambda: self._listener.under_way() if self._listener is not None else (),
            changes=lambda: (id(self.cloud.world), self.cloud.world.store.last_sequence),
        )
        self._sleep = sleep.__enter__()

    # ------------------------------------------------------------ its end

    def sweep(self) -> None:
        """Put the environment and sleep back once more, after clean-ups of others that ran later than close()."""
        if self._redirect is not None:
            self._redirect.sweep()
        if self._sleep is not None:
            self._sleep.sweep()

    def close(self, outcome: BaseException | None = None) -> None:
        """Stop serving and leave nothing behind; then raise what went wrong unseen.

        outcome: the exception with which its user ends anyway; it becomes the cause of the one raised.
        """
        __tracebackhide__ = True
        listener, self._listener = self._listener, None
        config, self._shub_config = self._shub_config, None
        if self._sleep is not None:
            self._sleep.__exit__(None, None, None)
        try:
            if listener is not None:
                listener.close()
        finally:
            if config is not None:
                config.remove()
            if self._redirect is not None:
                self._redirect.release()
            if self._stubs is not None:
                self._stubs.end()
        if not isinstance(outcome, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            self.raise_unseen(outcome)

    def raise_unseen(self, outcome: BaseException | None = None) -> None:
        """Raise what went wrong unseen, once: a call of a real host, or what was kept; outcome: as for close()."""
        __tracebackhide__ = True
        hosts = self._redirect.take_hits() if self._redirect is not None else []
        if hosts:
            raise UsageError(environ.real_host_called(hosts)) from outcome
        self.unseen.raise_first(outcome, self._masked)

    def _shub_file(self) -> Path:
        if self._redirect is not None and self._redirect.is_on:
            return self._redirect.config.path
        with self.cloud.lock:
            if self._shub_config is None:
                self._shub_config = environ.ShubConfig(self.url, self.cloud.keys.exported)
            return self._shub_config.path


fresh_properties_after_fork(Backstage)


class _SleepClock:
    """A fake's clock, as sleeps move it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def now_ms(self) -> int:
        return self._cloud.now_ms()

    def advance_to_ms(self, moment: int) -> None:
        self._cloud.realm.move_to(Millis(moment))

    def next_due_ms(self) -> int | None:
        return self._cloud.pace.next_due()


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
