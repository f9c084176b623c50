"""FakeJobs: the verbs, the journal, the WSGI application and a listener, in one object.

    FakeJobs = FakeCloud + Journal + app          serve() = FakeJobs + Listener (+ environment and guard)

The application sends /__fakejobs__/ to the control door and everything else to the runner. The same application is
served by the fixture of the pytest plugin, by `with serve():` and by the standalone server.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any

from fakejobs import arguments, environ, seeds
from fakejobs.access import DEFAULT_KEY
from fakejobs.cloud import FakeCloud, Job, JobLike
from fakejobs.control import PREFIX
from fakejobs.domain.clock import Clock, ManualClock, SystemClock, as_millis
from fakejobs.errors import UsageError
from fakejobs.journal import Assertions, Call, Journal
from fakejobs.journal.criteria import criteria_of
from fakejobs.listener import Listener
from fakejobs.polling import PATIENCE, Polls

if TYPE_CHECKING:
    from fakejobs.control.door import ControlDoor
    from fakejobs.sleeping import VirtualSleep
    from fakejobs.stubs import Stubs
    from fakejobs.timeline import Timeline
    from fakejobs.web.router import Router
    from fakejobs.web.runner import Runner, StartResponse

CLOCKS = ("manual", "sleep", "poll", "real")
"""Who moves the clock: the test alone; sleeping code under test; clients that ask again; the machine."""

DOOR_VERBS = (
    *seeds.VERBS,
    "items",
    "logs",
    "requests",
    "samples",
    "metadata",
    "collection",
    "frontier",
    "activity",
    "settings",
    "deploys",
    "eggs",
    "reports",
    "run_until",
    "timeline",
    "get_job",
    "list_jobs",
    "count_jobs",
    "reset",
    "scheduled",
    "assert_scheduled",
    "assert_not_scheduled",
    "assert_stopped",
    "assert_deleted",
    "assert_tagged",
    "assert_cancelled",
    "assert_items",
    "assert_metadata",
    "assert_called",
)
"""The verbs that the control door offers as they are; dump and load come in forms of their own, without paths."""

_BUILDING = Lock()


@cache
def _build_router() -> Router:
    from fakejobs.dash.endpoints import ENDPOINTS as DASH_ENDPOINTS
    from fakejobs.dash.v2.wire import V2
    from fakejobs.dash.wire import DASH
    from fakejobs.storage.endpoints import ENDPOINTS as STORAGE_ENDPOINTS
    from fakejobs.storage.wire import QUEUE, RECORDS
    from fakejobs.unfaked import UNFAKED
    from fakejobs.web.router import Router

    return Router([DASH, V2, QUEUE, RECORDS], [*DASH_ENDPOINTS, *STORAGE_ENDPOINTS], UNFAKED)


def router() -> Router:
    """Return the router of all tables, loaded and built once a process, when the first request needs it."""
    with _BUILDING:
        return _build_router()


class FakeJobs(FakeCloud):
    """A fake of Scrapy Cloud: verbs, assertions, and `app`, its WSGI application.

    clock: who moves it, one of CLOCKS, or a Clock of your own. start: where the clock begins, unless it is real or your own: an
    aware datetime, or milliseconds since the epoch; default: now. speed: how much faster than the machine a real clock runs.
    patience: how many requests in a row may show a job while nothing happens, before the next is refused and the test fails;
    None: any number; a real clock has none. sleep_limit: how long the code under test may sleep, with clock="sleep", while nothing
    can happen, before it is ended and the test fails; default: a week. key: the API key that clients are given.
    seed: a file, or steps as load() takes them. control_hosts: names besides the loopback ones under which the control
    door may be called. on_call: told of every call when it is answered, in the thread that answers it.
    """

    def __init__(
        self,
        *,
        clock: str | Clock = "manual",
        start: datetime | int | None = None,
        speed: float = 1,
        patience: int | None = PATIENCE,
        sleep_limit: timedelta | None = None,
        key: str = DEFAULT_KEY,
        seed: str | Path | Sequence[Any] | None = None,
        control_hosts: Iterable[str] = (),
        on_call: Callable[[Call], None] | None = None,
    ) -> None:
        super().__init__(_clock(clock, speed, start), key=key)
        self.clock_mode = clock if isinstance(clock, str) else "manual" if isinstance(clock, ManualClock) else "real"
        limit = None if patience is None else arguments.whole_number("patience", patience, least=1)
        self._patience = None if self.clock_mode == "real" else limit
        self._sleep_limit = sleep_limit
        self._sleep: VirtualSleep | None = None
        self._complaints: list[str] = []
        self._polls = self._new_polls()
        self.defects: list[tuple[str, BaseException]] = []
        self._journal = Journal(self.now_ms, on_call=on_call)
        self._control_hosts = tuple(control_hosts)
        self._listener: Listener | None = None
        self._shub_config: environ.ShubConfig | None = None
        self._redirect: environ.Redirect | None = None
        self._stubs: Stubs | None = None
        if seed is not None:
            self.load(seed)

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
    def httpserver(self) -> Stubs:
        """A pytest_httpserver.HTTPServer on this fake's socket: what its expect_* methods match, they answer, the fake the rest."""
        if self._stubs is None:
            from fakejobs.stubs import Stubs  # pytest-httpserver is loaded only by those who use it

            self._stubs = Stubs(self.url, self, self)
        return self._stubs

    def arrive(self, entry: Any) -> None:
        """Take in a call; for the runner."""
        self._journal.arrive(entry)

    def complete(self, entry: Any) -> None:
        """Take note that a call is answered; for the runner."""
        self._journal.complete(entry)

    def wrote(self) -> None:
        """Take note that a client has written something; for the runner."""
        self._polls.wrote()

    def read(self, given: Mapping[str, Sequence[str]], rows: Sequence[object]) -> bool:
        """Take note of what a client reads, and say whether the clock has jumped for it; for the runner. Raises InVain."""
        return self._polls.read(given, rows)

    def hold_clock(self) -> AbstractContextManager[None]:
        """Return a context manager under whose `with` the clock does not jump for clients that ask again."""
        return self._polls.held()

    def complain(self, text: str) -> None:
        """Take note of a mistake of the test's that a client met; raise_defects() raises it, once for each text."""
        if text not in self._complaints:
            self._complaints.append(text)

    def broke(self, where: str, error: BaseException) -> None:
        """Take note of a defect of fakejobs; raise_defects() raises it."""
        if not any(error is known for _, known in self.defects):
            self.defects.append((where, error))

    def raise_defects(self, outcome: BaseException | None = None) -> None:
        """Raise what went wrong unseen: a defect of fakejobs while it served a call, or a call of a real host; once.

        outcome: the exception with which the test ends anyway; it becomes the cause of the one raised.
        """
        __tracebackhide__ = True
        hosts = self._redirect.take_hits() if self._redirect is not None else []
        if hosts:
            raise UsageError(environ.real_host_called(hosts)) from outcome
        if self._complaints:
            complaint, self._complaints = self._complaints[0], []
            if complaint != str(outcome):
                raise UsageError(complaint) from outcome
        if self.defects:
            (where, error), self.defects = self.defects[0], []
            headline = f"fakejobs itself failed while it served {where}"
            if outcome is None:
                raise RuntimeError(headline) from error
            raise RuntimeError(f"{headline}:\n{''.join(traceback.format_exception(error))}") from outcome

    # ------------------------------------------------------------ where it is

    @property
    def url(self) -> str:
        """The base URL, without a final slash: "http://127.0.0.1:40123"."""
        if self._listener is None:
            raise UsageError("this fake has no socket: use serve(), or call its app")
        return self._listener.url

    @property
    def api_url(self) -> str:
        """The base of the dash API, with a final slash: "http://127.0.0.1:40123/api/"."""
        return f"{self.url}/api/"

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point clients at this fake."""
        return environ.variables(self.url, self.key, self._shub_file(), os.environ)

    def listen(self, host: str = "127.0.0.1", port: int = 0, *, load: bool = True) -> None:
        """Start to serve on a socket; port 0 picks a free one.

        load: load what requests need first; else the first request does, or load_tables().
        """
        if self._listener is not None:
            raise UsageError(f"this fake serves already, at {self.url}")
        if load:
            self.load_tables()
        self._listener = Listener(self.app, host, port, on_error=self.broke, watched=self.clock_mode == "sleep")

    def load_tables(self) -> None:
        """Load and build what requests need, if that has not happened."""
        self._runner, self._door  # noqa: B018

    def take_environment(self, *, guard: bool = True) -> None:
        """Point this process's environment at this fake, and guard the real hosts, until close().

        Raises UsageError if another fake has the environment.
        """
        self._redirect = environ.Redirect(self.url, self.key, guard=guard)

    def take_sleep(self, root: Path, sleepers: Sequence[str] | None = None) -> None:
        """Let time.sleep and asyncio.sleep of the code under test move this fake's clock, and return at once, until close().

        root: the folder of the code under test; sleepers: packages whose sleeps count too, default shub_workflow; see
        fakejobs.sleeping. Raises UsageError unless clock="sleep", and if another fake has the sleeps of this process.
        """
        from fakejobs.sleeping import LIMIT, SLEEPERS, VirtualSleep  # it loads asyncio

        if self.clock_mode != "sleep" or self._sleep is not None:
            raise UsageError("sleep moves the clock of a fake with clock='sleep', and is taken once")
        sleep = VirtualSleep(
            _SleepClock(self),
            root,
            SLEEPERS if sleepers is None else sleepers,
            LIMIT if self._sleep_limit is None else self._sleep_limit,
            self.complain,
            under_way=lambda: self._listener.under_way() if self._listener is not None else (),
            changes=lambda: (id(self.world), self.world.store.last_sequence),
        )
        self._sleep = sleep.__enter__()

    def sweep(self) -> None:
        """Put the environment and sleep back once more, after clean-ups of others that ran later than close()."""
        if self._redirect is not None:
            self._redirect.sweep()
        if self._sleep is not None:
            self._sleep.sweep()

    def close(self) -> None:
        """Stop serving and leave nothing behind; then raise what went wrong unseen, see raise_defects()."""
        self._close(None)

    def __enter__(self) -> FakeJobs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close(error)

    def _close(self, outcome: BaseException | None) -> None:
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
            self.raise_defects(outcome)

    # ------------------------------------------------------------ seeds

    def load(self, seed: str | Path | Sequence[Any]) -> None:
        """Apply a seed on top of what is there: a JSON or TOML file, or its steps as data; all of it or nothing.

        Raises SeedError, naming the step that is wrong.
        """
        if isinstance(seed, (str, Path)):
            seeds.apply(self, seeds.read_file(seed), Path(seed).name)
        else:
            seeds.apply(self, seed)

    def dump(self, path: str | Path | None = None) -> list[dict[str, Any]]:
        """Return the seed that makes an empty fake equal to this one, and write it to a file if one is named."""
        steps = seeds.dump(self)
        if path is not None:
            seeds.write_file(path, steps)
        return steps

    def reset(self) -> None:
        """Forget everything: jobs, projects, spiders, counters, keys and calls. The clock and the exported key stay."""
        with self.lock:
            super().reset()
            self._journal.clear()
            self._polls = self._new_polls()

    # ------------------------------------------------------------ what clients did

    @property
    def calls(self) -> list[Call]:
        """What clients sent, oldest first."""
        return self._journal.calls()

    def timeline(self) -> Timeline:
        """Return the lives of all jobs and the calls of clients so far, as data; str() of it is a table, its svg() draws it."""
        from fakejobs.timeline import timeline_of  # loaded only by those who look

        return timeline_of(self, self.calls)

    def scheduled(
        self,
        spider: Any = ...,
        *,
        project: Any = ...,
        spider_args: Any = ...,
        tags: Any = ...,
        priority: Any = ...,
        units: Any = ...,
        job_settings: Any = ...,
        meta: Any = ...,
        environment: Any = ...,
        cmd_args: Any = ...,
    ) -> list[Job]:
        """Return the jobs that clients scheduled and that meet the criteria, in the order of scheduling.

        A criterion left out is not compared; those given are compared with == to what the client asked for.
        """
        return self._assertions.scheduled(_criteria(locals()))

    def assert_scheduled(
        self,
        spider: Any = ...,
        *,
        project: Any = ...,
        spider_args: Any = ...,
        tags: Any = ...,
        priority: Any = ...,
        units: Any = ...,
        job_settings: Any = ...,
        meta: Any = ...,
        environment: Any = ...,
        cmd_args: Any = ...,
    ) -> Job:
        """Check that clients scheduled exactly one job that meets the criteria, and return it; see scheduled()."""
        __tracebackhide__ = True
        return self._assertions.assert_scheduled(_criteria(locals()))

    def assert_not_scheduled(
        self,
        spider: Any = ...,
        *,
        project: Any = ...,
        spider_args: Any = ...,
        tags: Any = ...,
        priority: Any = ...,
        units: Any = ...,
        job_settings: Any = ...,
        meta: Any = ...,
        environment: Any = ...,
        cmd_args: Any = ...,
    ) -> None:
        """Check that clients scheduled no job that meets the criteria; see scheduled()."""
        __tracebackhide__ = True
        self._assertions.assert_not_scheduled(_criteria(locals()))

    def assert_stopped(self, job: JobLike) -> None:
        """Check that a client asked a job to stop."""
        __tracebackhide__ = True
        self._assertions.assert_stopped(job)

    def assert_deleted(self, job: JobLike) -> None:
        """Check that a client deleted a job."""
        __tracebackhide__ = True
        self._assertions.assert_deleted(job)

    def assert_tagged(self, job: JobLike, *, add: Any = ..., remove: Any = ...) -> None:
        """Check that one call of a client added and removed these tags of a job; what is left out is not compared."""
        __tracebackhide__ = True
        self._assertions.assert_tagged(job, add, remove)

    def assert_cancelled(self, job: JobLike) -> None:
        """Check that a client asked a job to stop, over whichever wire; the same as assert_stopped()."""
        __tracebackhide__ = True
        self._assertions.assert_stopped(job)

    def assert_items(self, job: JobLike, items: Sequence[Any]) -> None:
        """Check that a job's items are these, in this order; matchers such as unittest.mock.ANY may stand among them."""
        __tracebackhide__ = True
        self._assertions.assert_items(job, self.items(job), items)

    def assert_metadata(self, job: JobLike, **fields: Any) -> None:
        """Check that fields of a job's metadata have these values; others may be there. None wants a field absent."""
        __tracebackhide__ = True
        self._assertions.assert_metadata(job, fields)

    def assert_called(self, endpoint: str, *, params: Mapping[str, Any] | None = None, count: int | None = None) -> list[Call]:
        """Check that clients called an endpoint with these parameters, and return those calls.

        endpoint: its name, such as "jobs/list". params: others may have come along; None as a value wants one absent.
        count: exactly so many such calls; default: at least one.
        """
        __tracebackhide__ = True
        return self._assertions.assert_called(endpoint, params, count)

    # ------------------------------------------------------------ inside

    @cached_property
    def _door(self) -> ControlDoor:
        from fakejobs.control.door import ControlDoor

        return ControlDoor(self._door_verbs(), self._door_readings(), self._control_hosts, self.broke)

    @cached_property
    def _runner(self) -> Runner:
        from fakejobs.web.runner import Runner

        return Runner(router(), self, self)

    @cached_property
    def _assertions(self) -> Assertions:
        return Assertions(self, self._journal, {endpoint.name for endpoint in router().endpoints})

    def _new_polls(self) -> Polls:
        return Polls(self, jumps=self.clock_mode == "poll", patience=self._patience, on_vain=self.complain)

    def _shub_file(self) -> Path:
        if self._redirect is not None and self._redirect.is_on:
            return self._redirect.config.path
        with self.lock:
            if self._shub_config is None:
                self._shub_config = environ.ShubConfig(self.url, self.key)
            return self._shub_config.path

    def _door_verbs(self) -> dict[str, Any]:
        verbs = {name: getattr(self, name) for name in DOOR_VERBS}

        def load(seed: Sequence[Any]) -> None:
            """Apply a seed, given as the list of its steps; all of it or nothing."""
            seeds.apply(self, seed)

        def dump() -> list[dict[str, Any]]:
            """Return the seed that makes an empty fake equal to this one."""
            return self.dump()

        return {**verbs, "load": load, "dump": dump}

    def _door_readings(self) -> dict[str, Any]:
        return {
            "ready": lambda *_: {"ready": True, "url": self.url if self._listener else None},
            "calls": lambda *_: self.calls,
            "env": lambda query, base: environ.written(environ.variables(base, self.key, self._shub_file(), {}), query.get("format", "sh")),
        }


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: str | Path | Sequence[Any] | None = None,
    environ: bool = False,
    clock: str | Clock = "real",
    start: datetime | int | None = None,
    speed: float = 1,
    patience: int | None = PATIENCE,
    sleep_limit: timedelta | None = None,
    key: str = DEFAULT_KEY,
    control_hosts: Iterable[str] = (),
) -> FakeJobs:
    """Start a fake on a socket and return it; leaving its `with`, or close(), stops it.

    port: 0 picks a free one. environ: also point this process's environment at it and guard the real hosts, until closed.
    The other arguments are those of FakeJobs; the clock here is the machine's unless another is asked for. With clock="sleep"
    the code under test is what lies under the working directory.
    """
    fake = FakeJobs(
        clock=clock,
        start=start,
        speed=speed,
        patience=patience,
        sleep_limit=sleep_limit,
        key=key,
        seed=seed,
        control_hosts=control_hosts,
    )
    try:
        fake.listen(host, port)
        if environ:
            fake.take_environment()
        if fake.clock_mode == "sleep":
            fake.take_sleep(Path.cwd())
    except BaseException:
        fake.close()
        raise
    return fake


class _SleepClock:
    """A fake's clock, as sleeps move it."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def now_ms(self) -> int:
        return self._cloud.now_ms()

    def advance_to_ms(self, moment: int) -> None:
        span = moment - self._cloud.now_ms()
        if span > 0:
            self._cloud.advance(milliseconds=span)

    def next_due_ms(self) -> int | None:
        return self._cloud.pacer.next_due()


def _clock(clock: str | Clock, speed: float, start: datetime | int | None) -> Clock:
    if clock != "real" and speed != 1:
        raise UsageError(f"speed={speed!r} is for clock='real'")
    if start is not None and (clock == "real" or not isinstance(clock, str)):
        raise UsageError("start is for clocks that stand still until something moves them")
    if not isinstance(clock, str) and all(callable(getattr(clock, name, None)) for name in ("now_ms", "advance", "set_back")):
        return clock
    if clock not in CLOCKS:
        raise UsageError(f"clock={clock!r} is not one of {', '.join(CLOCKS)}, and no Clock")
    if clock == "real":
        return SystemClock(speed)
    return ManualClock(None if start is None else as_millis("start", start))


def _criteria(given: dict[str, Any]) -> Any:
    return criteria_of(**{name: value for name, value in given.items() if name not in ("self", "__tracebackhide__")})
