"""FakeJobs: the verbs of all topics, where the fake is, and seeds, in one object; and serve(), which gives it a socket.

The same object is the fixture of the pytest plugin, what `with serve():` gives, and what the standalone server serves. Only what
a test says is a public name of it. All else is its Backstage: behind(fake) hands it to the plugin and the standalone server.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any

from fakejobs import environ as variables
from fakejobs import served
from fakejobs.access import DEFAULT_KEY
from fakejobs.arguments import whole_number
from fakejobs.backstage import Backstage
from fakejobs.binding import told, told_verbs
from fakejobs.domain.clock import Clock
from fakejobs.journal import Assertions, Call
from fakejobs.lint.mode import LintMode
from fakejobs.nearest import verb_hint
from fakejobs.polling import PATIENCE
from fakejobs.routes import router
from fakejobs.unseen import Unseen
from fakejobs.verbs.calls import CallVerbs
from fakejobs.verbs.faults import FaultVerbs, ending_by_itself
from fakejobs.verbs.jobs import JobVerbs
from fakejobs.verbs.periodic import PeriodicVerbs
from fakejobs.verbs.projects import ProjectVerbs
from fakejobs.verbs.records import RecordVerbs
from fakejobs.verbs.time import TimeVerbs
from fakejobs.verbs.uploads import UploadVerbs

if TYPE_CHECKING:
    from fakejobs.control.door import ControlDoor
    from fakejobs.stubs import Stubs
    from fakejobs.web.runner import StartResponse

READING_VERBS = (
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
    "periodic_jobs",
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
    "assert_not_called",
    "assert_called_in_order",
)
"""The verbs that the control door offers beside those of seeds; dump and load come in forms of their own, without paths."""


@told_verbs(but=("app",))  # which is called for every request
class FakeJobs(JobVerbs, TimeVerbs, PeriodicVerbs, RecordVerbs, ProjectVerbs, UploadVerbs, FaultVerbs, CallVerbs):
    """A fake of Scrapy Cloud: verbs, assertions, and `app`, its WSGI application.

    clock: who moves it, one of CLOCKS, or a Clock of your own. start: where the clock begins, unless it is real or your own: an
    aware datetime, or milliseconds since the epoch; default: now. speed: how much faster than the machine a real clock runs.
    patience: how many requests in a row may show a job while nothing happens, before the next is refused and the test fails;
    None: any number; a real clock has none. sleep_limit: how long the code under test may sleep in all, with clock="sleep",
    while nothing happens, before the test ends; default: a day, or 1,000 sleeps if those come first. patch_time: whether that
    code finds in time.time, monotonic and perf_counter what it has slept; only with clock="sleep", where it is the default.
    key: the API key that clients are given.
    seed: a file, or steps as load() takes them. control_hosts: names besides the loopback ones under which the control
    door may be called. lint: what becomes of what the lint finds in the calls: "report", "fail" or "off". on_call: told of every call
    when it is answered, in the thread that answers it.
    """

    _unseen_kind: type[Unseen] = Unseen

    def __init__(
        self,
        *,
        clock: str | Clock = "manual",
        start: datetime | int | None = None,
        speed: float = 1,
        patience: int | None = PATIENCE,
        sleep_limit: timedelta | None = None,
        patch_time: bool | None = None,
        key: str = DEFAULT_KEY,
        seed: str | Path | Sequence[Any] | None = None,
        control_hosts: Iterable[str] = (),
        lint: str = LintMode.REPORT,
        on_call: Callable[[Call], None] | None = None,
    ) -> None:
        self._backstage = Backstage(
            self._make_door,
            self._unseen_kind(),
            clock=clock,
            start=start,
            speed=speed,
            patience=patience,
            sleep_limit=sleep_limit,
            patch_time=patch_time,
            key=key,
            lint=lint,
            on_call=on_call,
        )
        self._cloud, self._journal = self._backstage.cloud, self._backstage.journal
        self._findings = self._backstage.findings
        self._hold_clock = self._backstage.polls.held
        self._endpoints = _endpoint_names
        self._assertions = Assertions(self._cloud, self._journal, _endpoint_names)
        self._control_hosts = tuple(control_hosts)
        if seed is not None:
            self.load(seed)

    # ------------------------------------------------------------ where it is

    @property
    def url(self) -> str:
        """The base URL, without a final slash: "http://127.0.0.1:40123"."""
        return self._backstage.url

    @property
    def api_url(self) -> str:
        """The base of the dash API, with a final slash: "http://127.0.0.1:40123/api/"."""
        return f"{self.url}/api/"

    @property
    def key(self) -> str:
        """The API key that clients are given; it stays good whatever keys are declared."""
        return self._cloud.keys.exported

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point clients at this fake."""
        return self._backstage.variables()

    @property
    def httpserver(self) -> Stubs:
        """A pytest_httpserver.HTTPServer on this fake's socket: what its expect_* methods match, they answer, the fake the rest."""
        return self._backstage.stubs

    def app(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request: the WSGI application."""
        return self._backstage.app(environ, start_response)

    def listen(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Start to serve on a socket; port 0 picks a free one."""
        self._backstage.listen(host, port)

    def close(self) -> None:
        """Stop serving and leave nothing behind; then raise what went wrong while nobody looked."""
        self._backstage.close()

    def __enter__(self) -> FakeJobs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._backstage.close(error)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Refuse a name that a fake does not have, with the one that was meant; a property that failed tells its own error."""
            __tracebackhide__ = True
            if hasattr(type(self), name):
                return object.__getattribute__(self, name)
            near = "" if name.startswith("_") else verb_hint(name, (known for known in dir(self) if not known.startswith("_")))
            raise AttributeError(f"a fake has no {name!r}{near}")

    def __repr__(self) -> str:
        return f"<FakeJobs at {self.url}>" if self._backstage.is_listening else "<FakeJobs without a socket>"

    # ------------------------------------------------------------ the whole

    def load(self, seed: str | Path | Sequence[Any]) -> None:
        """Apply a seed on top of what is there: a JSON or TOML file, or its steps as data; all of it or nothing.

        Raises SeedError, naming the step that is wrong.
        """
        from fakejobs import seeds  # loaded only by those who use them

        try:
            if isinstance(seed, (str, Path)):
                seeds.apply(self, self._cloud, seeds.read_file(seed), Path(seed).name)
            else:
                seeds.apply(self, self._cloud, seed)
        finally:
            self._cloud.faults.changed()

    def dump(self, path: str | Path | None = None) -> list[dict[str, Any]]:
        """Return the seed that makes an empty fake equal to this one, and write it to a file if one is named."""
        from fakejobs import seeds

        steps = seeds.dump(self._cloud)
        if path is not None:
            seeds.write_file(path, steps)
        return steps

    def reset(self) -> None:
        """Forget everything: jobs, projects, spiders, counters, keys and calls. The clock and the exported key stay."""
        self._backstage.reset()

    # ------------------------------------------------------------ inside

    def _make_door(self) -> ControlDoor:
        from fakejobs import seeds
        from fakejobs.control.door import ControlDoor

        stage = self._backstage
        verbs = {name: getattr(self, name) for name in (*seeds.VERBS, *READING_VERBS)}
        verbs.update({name: ending_by_itself(verbs[name]) for name in ("fail", "outage")})

        def load(seed: Sequence[Any]) -> None:
            """Apply a seed, given as the list of its steps; all of it or nothing."""
            try:
                seeds.apply(SimpleNamespace(**verbs), self._cloud, seed)
            finally:
                self._cloud.faults.changed()

        def remove_fault(number: int) -> None:
            """Let a fault take no call any more, and end at once what it holds."""
            self._cloud.faults.remove(whole_number("number", number, least=1))

        def dump() -> list[dict[str, Any]]:
            """Return the seed that makes an empty fake equal to this one."""
            return self.dump()

        def shown(text: str) -> str:
            return self._cloud.keys.masks.text(text)

        readings: dict[str, Callable[..., Any]] = {
            "ready": lambda *_: {"ready": True, "url": stage.url if stage.is_listening else None},
            "calls": lambda *_: self.calls,
            "lint": lambda *_: self.lint,
            "faults": lambda *_: self.faults,
            "env": lambda query, base: variables.written(stage.variables(base), query.get("format", "sh")),
        }
        own: dict[str, Callable[..., Any]] = {"remove_fault": remove_fault, "load": load, "dump": dump}
        return ControlDoor({**verbs, **own}, readings, self._control_hosts, stage.broke, shown)


def _endpoint_names() -> set[str]:
    return {endpoint.name for endpoint in router().endpoints}


def behind(fake: FakeJobs) -> Backstage:
    """Return what stands behind a fake; for the plugin, the standalone server and tests of fakejobs itself."""
    return fake._backstage  # noqa: SLF001  # the one way in


def _warn_of_left(fake: FakeJobs) -> None:
    """Name the fakes that tests of unittest have left open."""
    for other, made in served.all_served():
        if other is not fake and made.is_left and behind(other).is_listening:
            text = f"the fake made at {made.place} was not closed; self.addCleanup(fake.close) closes it"
            warnings.warn(text, ResourceWarning, stacklevel=3)


@told
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
    patch_time: bool | None = None,
    key: str = DEFAULT_KEY,
    control_hosts: Iterable[str] = (),
    lint: str = LintMode.REPORT,
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
        patch_time=patch_time,
        key=key,
        seed=seed,
        control_hosts=control_hosts,
        lint=lint,
    )
    try:
        stage = behind(fake)
        stage.listen(host, port)
        made = served.take_note(fake, stage.url)
        if environ:
            stage.take_environment(made=made.place)
        _warn_of_left(fake)
        if stage.clock_mode != "real":
            stage.take_sleep(Path.cwd())
    except BaseException:
        fake.close()
        raise
    return fake
