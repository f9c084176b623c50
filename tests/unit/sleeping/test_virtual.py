"""Sleeping without waiting: whose sleep moves the clock, how far, and what is left behind."""

from __future__ import annotations

import asyncio
import asyncio.tasks
import functools
import importlib.util
import inspect
import json
import math
import os
import subprocess
import sys
import threading
import time
import timeit
from asyncio import sleep as bound_async_sleep
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from pathlib import Path
from time import sleep as bound_sleep
from types import ModuleType
from typing import Any

import freezegun
import pytest
import time_machine

from fakejobs.errors import Ended, UsageError
from fakejobs.sleeping import loops, patience, spans, threads
from fakejobs.sleeping.callers import Callers
from fakejobs.sleeping.virtual import VirtualSleep

ROOT = Path(__file__).resolve().parents[3]
START = 1_700_000_000_000
REAL = (time.sleep, asyncio.sleep, BaseEventLoop.run_in_executor)
QUICK_S = 60.0
"""No test here may really sleep that long; most would sleep for hours."""


class StandInClock:
    """A clock as sleeps see it: it notes where it was sent, and what was due on the way."""

    def __init__(self, due: list[int] | None = None) -> None:
        self.now = START
        self.due = sorted(due or [])
        self.moves: list[int] = []
        self.on_due: Callable[[], None] = lambda: None

    def now_ms(self) -> int:
        return self.now

    def advance_to_ms(self, moment: int) -> None:
        while self.due and self.due[0] <= moment - START:
            self.due.pop(0)
            self.on_due()
        if moment > self.now:
            self.now = moment
            self.moves.append(moment - START)

    def next_due_ms(self) -> int | None:
        return self.due[0] if self.due else None

    @property
    def slept(self) -> int:
        """Milliseconds since the start."""
        return self.now - START


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert (time.sleep, asyncio.sleep, BaseEventLoop.run_in_executor) == REAL
    assert asyncio.tasks.sleep is REAL[1]
    assert (bound_sleep, bound_async_sleep) == REAL[:2]
    assert time.monotonic() - began < QUICK_S


@pytest.fixture
def clock() -> StandInClock:
    return StandInClock()


@pytest.fixture
def virtual(clock: StandInClock) -> Iterator[VirtualSleep]:
    with VirtualSleep(clock, ROOT, patch_time=False) as sleep:
        yield sleep


def run(*coroutines: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run coroutines side by side, as tasks of one loop; fail if they need long."""

    async def gathered() -> list[Any]:
        return await asyncio.wait_for(asyncio.gather(*coroutines), QUICK_S)

    return asyncio.run(gathered())


def module_at(path: Path, name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Write a module and import it from there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def test_what_only_says_that_it_is_a_module_is_passed_over(clock: StandInClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library loaded by cffi is such an object; it has no names to bind."""
    library = type("Library", (), {"__slots__": (), "__class__": property(lambda self: ModuleType)})()
    assert isinstance(library, ModuleType)
    monkeypatch.setitem(sys.modules, "library", library)
    with VirtualSleep(clock, ROOT):
        time.sleep(1)
    assert clock.slept == 1000


# ------------------------------------------------------------ time.sleep


@pytest.mark.parametrize(
    ("delay", "milliseconds"),
    [(10, 10_000), (0.25, 250), (0.07, 70), (0.1 + 0.2, 300), (1e-9, 1), (0.0101, 11), (True, 1000), (86_400, 86_400_000)],
)
def test_a_sleep_moves_the_clock_by_whole_milliseconds(virtual: VirtualSleep, clock: StandInClock, delay: float, milliseconds: int) -> None:
    time.sleep(delay)
    assert clock.slept == milliseconds
    bound_sleep(delay)
    assert clock.slept == 2 * milliseconds


@pytest.mark.usefixtures("virtual")
def test_what_is_due_happens_on_the_way(clock: StandInClock) -> None:
    clock.due = [5_000, 9_000]
    seen: list[int] = []
    clock.on_due = lambda: seen.append(clock.slept)
    polls = 0
    while clock.due:
        polls += 1
        time.sleep(2)
    assert (polls, clock.moves) == (5, [2_000, 4_000, 6_000, 8_000, 10_000])
    assert seen == [4_000, 8_000]


BAD: tuple[tuple[object, ...], ...] = ((), (1, 2), ("1",), (None,), (-1,), (Decimal(1),), (math.nan,), (math.inf,), (1e300,), ([],))


def outcome_of(call: Callable[[], object]) -> tuple[type[BaseException], str] | None:
    try:
        call()
    except Exception as error:  # noqa: BLE001
        return type(error), str(error)
    return None


@pytest.mark.parametrize("arguments", BAD, ids=lambda arguments: ", ".join(type(value).__name__ for value in arguments) or "none")
def test_arguments_that_the_real_one_refuses_are_refused_alike(
    virtual: VirtualSleep, clock: StandInClock, arguments: tuple[Any, ...]
) -> None:
    refused = outcome_of(lambda: REAL[0](*arguments))
    assert refused is not None
    assert outcome_of(lambda: time.sleep(*arguments)) == refused
    assert outcome_of(lambda: time.sleep(seconds=1)) is not None  # type: ignore[call-arg]
    assert clock.moves == []


@pytest.mark.parametrize("delay", [0, 0.0, -0.0, False])
def test_a_sleep_of_nothing_passes_through(
    virtual: VirtualSleep, clock: StandInClock, delay: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: list[float] = []
    monkeypatch.setattr(threads.TIME_SLEEP, "real", real.append)
    time.sleep(delay)
    assert (real, clock.moves) == ([delay], [])


# ------------------------------------------------------------ whose sleep


SLEEPER = "import time\nfrom time import sleep as pause\ndef a():\n    time.sleep(0.001)\ndef b():\n    pause(0.001)\n"


@pytest.mark.parametrize(
    ("path", "name", "sleepers", "expected"),
    [
        ("app/poll.py", "poll", (), True),
        ("app/deep/down/poll.py", "app.deep.down.poll", (), True),
        ("venv/lib/python3.11/site-packages/lib/poll.py", "lib.poll", (), False),
        ("usr/lib/python3/dist-packages/poll.py", "poll", (), False),
        ("venv/lib/python3.11/site-packages/lib/poll.py", "lib.poll", ("lib",), True),
        ("venv/lib/python3.11/site-packages/lib/poll.py", "lib.poll", ("lib.poll",), True),
        ("venv/lib/python3.11/site-packages/lib/poll.py", "lib.poll", ("li", "poll"), False),
        ("../elsewhere/poll.py", "poll", (), False),
        ("../elsewhere/poll.py", "poll", ("poll",), True),
        ("../root-but-not-quite/poll.py", "poll", (), False),
    ],
)
def test_whose_sleep_is_virtual(
    tmp_path: Path, clock: StandInClock, path: str, name: str, sleepers: tuple[str, ...], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    before = module_at(root / path, name, SLEEPER, monkeypatch)
    with VirtualSleep(clock, root, sleepers):
        during = module_at(root / path, name, SLEEPER, monkeypatch)
        for call in (before.a, before.b, during.a, during.b):
            call()
        assert clock.slept == (4 if expected else 0)
    assert before.pause is during.pause is REAL[0]


def test_a_virtual_environment_in_the_root_and_a_root_in_the_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "root" / "env"))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    callers = Callers(tmp_path / "root")
    assert not callers.include_module({"__name__": "tool", "__file__": str(tmp_path / "root/env/share/tool.py")})
    assert callers.include_module({"__name__": "app", "__file__": str(tmp_path / "root/app.py")})


def test_a_root_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for root, file in (("real", "link"), ("link", "real"), ("link", "link")):
        assert Callers(tmp_path / root).include_module({"__name__": "app", "__file__": str(tmp_path / file / "app.py")})


def test_the_standard_library_and_installed_packages_are_somebody_else() -> None:
    callers = Callers(Path("/"))
    for module in (subprocess, threading, asyncio.tasks, pytest, freezegun):
        assert not callers.include_module(vars(module))
    assert callers.include_module(globals())


@pytest.mark.usefixtures("virtual")
def test_code_without_a_file_is_the_tests(clock: StandInClock) -> None:
    exec("import time; time.sleep(1)", {})
    exec(compile("import time; time.sleep(1)", "<doctest README.md[0]>", "exec"), {"__name__": "__main__"})
    exec(compile("import time; time.sleep(1)", str(ROOT / "README.md"), "exec"), {"__name__": "__main__"})
    assert clock.slept == 3_000
    exec(compile("import time; time.sleep(0.001)", "<frozen runpy>", "exec"), {"__name__": "runpy"})
    assert clock.slept == 3_000


@pytest.mark.parametrize("sleepers", ["shub_workflow", [""], [1]])
def test_sleepers_are_a_list_of_names(sleepers: Any) -> None:
    with pytest.raises(UsageError, match="give a list of names"):
        Callers(ROOT, sleepers)


class _Attribute:
    pause = staticmethod(time.sleep)


def _default(delay: float, pause: Callable[[float], None] = time.sleep) -> None:
    pause(delay)


@pytest.mark.usefixtures("virtual")
@pytest.mark.parametrize(
    "sleep",
    [
        lambda delay: subprocess.run([sys.executable, "-Sc", "pass"], timeout=30, check=True),
        lambda delay: threading.Event().wait(delay),
        lambda delay: _run_in_thread(time.sleep, delay),
        lambda delay: _run_in_thread(lambda: time.sleep(delay)),
        lambda delay: ThreadPoolExecutor(1).submit(time.sleep, delay).result(),
        lambda delay: threading.Timer(0, time.sleep, (delay,)).run(),
        _Attribute.pause,
        _default,
        functools.partial(_default),
    ],
    ids=["subprocess", "event", "thread", "code in a thread", "pool", "library that calls it", "attribute", "default", "partial"],
)
def test_everybody_else_sleeps_for_real(clock: StandInClock, sleep: Callable[[float], object]) -> None:
    began = time.monotonic()
    sleep(0.002)
    assert time.monotonic() - began >= 0.002
    assert clock.moves == []


def _run_in_thread(function: Callable[..., object], *arguments: Any) -> None:
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_sleeps_for_real(virtual: VirtualSleep, clock: StandInClock) -> None:
    child = os.fork()
    if child == 0:
        time.sleep(0.001)
        os._exit(len(clock.moves))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    time.sleep(1)
    assert clock.moves == [1_000]


# ------------------------------------------------------------ what is left behind


def test_one_at_a_time(virtual: VirtualSleep, clock: StandInClock) -> None:
    with pytest.raises(UsageError, match="virtual already"), VirtualSleep(clock, ROOT):
        pass
    time.sleep(1)
    assert clock.slept == 1_000


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_real_ones_return_whatever_happens(clock: StandInClock, error: type[BaseException]) -> None:
    def body() -> None:
        with VirtualSleep(clock, ROOT):
            assert time.sleep is not REAL[0]
            raise error

    with pytest.raises(error):
        body()
    assert time.sleep is REAL[0]


def test_a_module_that_anybody_loads_meanwhile_gets_the_real_one_back(
    tmp_path: Path, clock: StandInClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VirtualSleep(clock, tmp_path / "root"):
        loaded = module_at(tmp_path / "site-packages" / "lib.py", "lib", SLEEPER, monkeypatch)
        assert loaded.pause is not REAL[0]
    assert loaded.pause is REAL[0]


def test_what_others_put_in_its_place_stays_until_they_take_it_away(clock: StandInClock) -> None:
    patch = pytest.MonkeyPatch()
    virtual = VirtualSleep(clock, ROOT)
    with virtual:
        patch.setattr(time, "sleep", print)
        patch.setattr(f"{__name__}.bound_sleep", print, raising=True)
    assert time.sleep is print
    patch.undo()
    virtual.sweep()
    assert time.sleep is REAL[0]
    assert bound_sleep is REAL[0]


def test_what_stands_in_passes_for_the_real_one(virtual: VirtualSleep) -> None:
    assert time.sleep.__name__ == "sleep"
    assert time.sleep.__doc__ == REAL[0].__doc__
    assert asyncio.iscoroutinefunction(asyncio.sleep) if sys.version_info < (3, 12) else inspect.iscoroutinefunction(asyncio.sleep)
    assert inspect.signature(asyncio.sleep) == inspect.signature(REAL[1])


def test_a_kept_stand_in_is_the_real_one_afterwards(clock: StandInClock) -> None:
    with VirtualSleep(clock, ROOT):
        kept = time.sleep
    began = time.monotonic()
    kept(0.001)
    assert time.monotonic() - began >= 0.001
    assert clock.moves == []


# ------------------------------------------------------------ asyncio.sleep


@pytest.mark.usefixtures("virtual")
@pytest.mark.parametrize(
    "sleep", [lambda: asyncio, lambda: asyncio.tasks, lambda: sys.modules[__name__]], ids=["asyncio", "asyncio.tasks", "bound"]
)
def test_an_asyncio_sleep_moves_the_clock_and_returns_its_result(clock: StandInClock, sleep: Callable[[], Any]) -> None:
    async def sleeps() -> Any:
        place = sleep()
        return await (place.sleep if hasattr(place, "sleep") else bound_async_sleep)(3_600, "result")

    assert run(sleeps()) == ["result"]
    assert clock.moves == [3_600_000]


@pytest.mark.usefixtures("virtual")
def test_it_yields_to_the_loop() -> None:
    order: list[str] = []

    async def note(name: str, delay: float) -> None:
        order.append(f"{name} begins")
        await asyncio.sleep(delay)
        order.append(f"{name} ends")

    run(note("a", 1), note("b", 1), note("c", 0))
    assert order == ["a begins", "b begins", "c begins", "c ends", "a ends", "b ends"]


@pytest.mark.parametrize("delay", [0, -5, -0.0, "1", None, Decimal(1), [], math.nan])
def test_odd_delays_are_the_real_ones_business(virtual: VirtualSleep, clock: StandInClock, delay: Any) -> None:
    if isinstance(delay, float) and math.isnan(delay) and sys.version_info < (3, 13):
        pytest.skip("here NaN sleeps for ever")

    async def call(sleep: Callable[..., Any]) -> Any:
        return await sleep(delay, 7)

    assert outcome_of(lambda: asyncio.run(call(asyncio.sleep))) == outcome_of(lambda: asyncio.run(call(REAL[1])))
    assert clock.moves == []


@pytest.mark.usefixtures("virtual")
def test_other_numbers_count(clock: StandInClock) -> None:
    run(asyncio.sleep(Fraction(1, 3)))  # type: ignore[call-overload]
    assert clock.slept == 334
    with pytest.raises(TypeError):
        asyncio.run(asyncio.sleep())  # type: ignore[call-overload]


@pytest.mark.usefixtures("virtual")
@pytest.mark.parametrize("delay", [math.inf, 1e12])
def test_for_ever_means_until_cancelled(clock: StandInClock, delay: float) -> None:
    async def main() -> None:
        sleeper = asyncio.create_task(asyncio.sleep(delay))
        await asyncio.sleep(10)
        assert not sleeper.done()
        sleeper.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeper

    run(main())
    assert clock.slept == 10_000


@pytest.mark.usefixtures("virtual")
def test_many_pollers_share_the_time(clock: StandInClock) -> None:
    async def poller() -> list[int]:
        seen = []
        for _ in range(3):
            await asyncio.sleep(10)
            seen.append(clock.slept)
        return seen

    assert run(*(poller() for _ in range(10))) == [[10_000, 20_000, 30_000]] * 10
    assert clock.moves == [10_000, 20_000, 30_000]


@pytest.mark.usefixtures("virtual")
def test_the_clock_goes_to_the_earliest_deadline(clock: StandInClock) -> None:
    log: list[tuple[str, int]] = []

    async def every(name: str, delay: float, times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(delay)
            log.append((name, clock.slept))

    run(every("a", 3, 4), every("b", 5, 2), every("c", 12, 1))
    assert log == [("a", 3_000), ("b", 5_000), ("a", 6_000), ("a", 9_000), ("b", 10_000), ("c", 12_000), ("a", 12_000)]


@pytest.mark.usefixtures("virtual")
def test_a_task_that_works_in_many_steps_holds_the_clock(clock: StandInClock) -> None:
    async def works() -> int:
        queue: asyncio.Queue[int] = asyncio.Queue(1)
        consumer = asyncio.create_task(consume(queue))
        for number in range(300):
            await queue.put(number)
        await consumer
        return clock.slept

    async def consume(queue: asyncio.Queue[int]) -> None:
        for _ in range(300):
            await asyncio.sleep(0)
            await queue.get()

    assert run(works(), asyncio.sleep(10))[0] == 0
    assert clock.slept == 10_000


@pytest.mark.usefixtures("virtual")
def test_work_that_the_loop_gave_to_a_thread_holds_the_clock(clock: StandInClock) -> None:
    def work() -> int:
        for _ in range(5):
            REAL[0](0.002)
        return clock.slept

    async def polls() -> list[int]:
        seen = []
        for _ in range(3):
            seen.append(await asyncio.to_thread(work))
            await asyncio.sleep(10)
        return seen

    assert run(*(polls() for _ in range(4))) == [[0, 10_000, 20_000]] * 4


@pytest.mark.usefixtures("virtual")
def test_an_answer_from_a_server_in_the_same_loop_holds_the_clock(clock: StandInClock) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(b"%d\n" % clock.slept)
        writer.close()

    async def main() -> list[list[int]]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]

        async def polls() -> list[int]:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            seen = []
            for _ in range(3):
                writer.write(b"?\n")
                seen.append(int(await reader.readline()))
                await asyncio.sleep(10)
            writer.close()
            await writer.wait_closed()
            return seen

        async with server:
            return await asyncio.gather(*(polls() for _ in range(5)))

    assert run(main())[0] == [[0, 10_000, 20_000]] * 5


@pytest.mark.parametrize("ready", [True, False], ids=["loop that says what is ready", "loop that does not"])
def test_what_the_fake_is_busy_with_holds_the_clock(clock: StandInClock, ready: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not ready:
        monkeypatch.setattr(loops.LoopSleepers, "_list_of_ready", staticmethod(lambda loop: None))
    busy: list[int] = [1]
    asked: list[int] = []

    def under_way() -> list[int]:
        asked.append(clock.slept)
        if len(asked) == 5:
            busy.clear()
        return busy

    with VirtualSleep(clock, ROOT, under_way=under_way):
        run(asyncio.sleep(10))
    assert asked[:6] == [0] * 6
    assert clock.moves == [10_000]


def test_what_never_ends_holds_the_clock_once(clock: StandInClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.2)
    naps: list[float] = []
    real = REAL[0]

    with VirtualSleep(clock, ROOT, under_way=lambda: ["stuck"]):

        def nap(seconds: float) -> None:
            naps.append(seconds)
            real(seconds)

        monkeypatch.setattr(threads.TIME_SLEEP, "real", nap)

        async def sleeps() -> list[int]:
            counts = []
            for _ in range(3):
                await asyncio.sleep(10)
                counts.append(len(naps))
            return counts

        first, *later = run(sleeps())[0]
        monkeypatch.undo()
    assert first > 1
    assert later == [first, first]
    assert clock.slept == 30_000


class Machine:
    """The machine's time, which passes while ours naps: three times as long as it wanted, as when other threads are busy."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1_000.0
        monkeypatch.setattr(spans, "real_s", lambda: self.now_s)
        monkeypatch.setattr(threads.TIME_SLEEP, "real", self._nap)

    def _nap(self, seconds: float) -> None:
        self.now_s += 3 * seconds


@pytest.mark.parametrize(("span_s", "held_s"), [(0.05, 0.05), (1, 1), (3_600, 5)])
@pytest.mark.parametrize("way", ["time", "asyncio"])
def test_requests_without_end_hold_no_sleep_longer_than_it_would_last(
    clock: StandInClock, monkeypatch: pytest.MonkeyPatch, way: str, span_s: float, held_s: float
) -> None:
    numbers = count()
    with VirtualSleep(clock, ROOT, under_way=lambda: [next(numbers)]):
        machine = Machine(monkeypatch)
        for number in (1, 2):
            before_s = machine.now_s
            if way == "time":
                time.sleep(span_s)
            else:
                run(asyncio.sleep(span_s))
            assert held_s <= machine.now_s - before_s < held_s + 0.01
            assert clock.slept == number * span_s * 1000
        monkeypatch.undo()


def test_requests_of_other_threads_are_answered_before_a_time_sleep_ends(clock: StandInClock) -> None:
    busy = [1, 2, 3]
    seen: list[int] = []

    def under_way() -> list[int]:
        seen.append(clock.slept)
        return [busy.pop()] if busy else []

    with VirtualSleep(clock, ROOT, under_way=under_way):
        time.sleep(10)
    assert seen == [0] * 4
    assert clock.slept == 10_000


@pytest.mark.usefixtures("virtual")
def test_a_thread_that_waits_for_a_sleeper_is_given_up(clock: StandInClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.02)
    done = threading.Event()

    async def sets() -> None:
        await asyncio.sleep(10)
        done.set()

    assert run(asyncio.to_thread(done.wait), sets()) == [True, None]
    assert clock.slept == 10_000


@pytest.mark.usefixtures("virtual")
def test_a_task_that_spins_is_given_up(clock: StandInClock) -> None:
    done = False
    spins: list[int] = []

    async def spin() -> None:
        count = 0
        while not done:
            count += 1
            await asyncio.sleep(0)
        spins.append(count)

    async def sets() -> None:
        nonlocal done
        for _ in range(20):
            await asyncio.sleep(10)
        done = True

    run(spin(), sets())
    assert clock.slept == 200_000
    assert loops.BUSY_PASSES < spins[0] < 2 * loops.BUSY_PASSES


@pytest.mark.usefixtures("virtual")
def test_tasks_that_wait_for_a_sleeper_do_not_hold_the_clock(clock: StandInClock) -> None:
    async def main() -> None:
        event, lock = asyncio.Event(), asyncio.Lock()

        async def holds() -> None:
            async with lock:
                await asyncio.sleep(60)
            event.set()

        async def waits() -> None:
            async with lock:
                await event.wait()

        holder = asyncio.create_task(holds())
        await asyncio.sleep(0)
        event_waiter = asyncio.create_task(event.wait())
        await asyncio.gather(holder, event_waiter, asyncio.shield(holder))
        await asyncio.wait_for(waits(), 5)

    run(main())
    assert clock.slept == 60_000


@pytest.mark.usefixtures("virtual")
def test_cancelling_a_sleeper(clock: StandInClock) -> None:
    async def main() -> None:
        short = asyncio.create_task(asyncio.sleep(10))
        long = asyncio.create_task(asyncio.sleep(20))
        await asyncio.sleep(0)
        short.cancel()
        with pytest.raises(asyncio.CancelledError):
            await short
        await long

    run(main())
    assert clock.moves == [20_000]


@pytest.mark.usefixtures("virtual")
def test_a_sleeper_in_a_blocking_task_and_a_clock_that_others_move(clock: StandInClock) -> None:
    async def blocks() -> int:
        await asyncio.sleep(1)
        time.sleep(60)
        return clock.slept

    async def waits() -> int:
        await asyncio.sleep(10)
        return clock.slept

    assert run(blocks(), waits()) == [61_000, 61_000]
    assert clock.moves == [1_000, 61_000]


@pytest.mark.usefixtures("virtual")
def test_a_loop_in_another_thread_sleeps_for_real(clock: StandInClock) -> None:
    async def sleeps() -> None:
        await asyncio.sleep(0.002)

    began = time.monotonic()
    _run_in_thread(asyncio.run, sleeps())
    assert time.monotonic() - began >= 0.002
    assert clock.moves == []


def test_a_sleeper_that_is_left_behind_wakes(clock: StandInClock) -> None:
    async def main() -> None:
        with VirtualSleep(clock, ROOT, under_way=lambda: ["busy"]):
            sleeper = asyncio.create_task(asyncio.sleep(3_600))
            await asyncio.sleep(0)
        await sleeper

    run(main())
    assert clock.moves == []


@pytest.mark.usefixtures("virtual")
def test_what_goes_wrong_on_the_way_is_the_sleepers(clock: StandInClock) -> None:
    def fail() -> None:
        raise RuntimeError("the script failed")

    clock.due, clock.on_due = [5_000], fail

    async def sleeps() -> None:
        await asyncio.sleep(10)

    with pytest.raises(RuntimeError, match="the script failed"):
        run(sleeps())
    clock.due = [5_000]
    with pytest.raises(RuntimeError, match="the script failed"):
        time.sleep(10)


# ------------------------------------------------------------ nothing waits for ever in silence


HOUR = timedelta(hours=1)


def noting(told: list[str]) -> Callable[[str], BaseException]:
    """Return what takes note of the texts that end a test."""

    def end(text: str) -> BaseException:
        told.append(text)
        return Ended(text)

    return end


def test_a_loop_that_sleeps_in_vain_ends_even_if_it_goes_on_after_errors(clock: StandInClock) -> None:
    stuck: list[str] = []
    polls = 0

    def poll_for_ever() -> None:
        nonlocal polls
        while True:
            with suppress(Exception):
                polls += 1
                time.sleep(60)

    with VirtualSleep(clock, ROOT, limit=HOUR, end=noting(stuck)), pytest.raises(Ended) as raised:
        poll_for_ever()
    assert (polls, clock.slept) == (61, 3_600_000)
    (text,) = stuck
    assert str(raised.value) == text
    assert "1:00:00 of virtual time" in text
    assert f"{__file__}:" in text
    assert "write: fakejobs.pace(pending=5, running=60)" in text


def test_it_is_told_once_and_raised_each_time(clock: StandInClock) -> None:
    stuck: list[str] = []
    with VirtualSleep(clock, ROOT, end=noting(stuck)):
        for _ in range(24):
            time.sleep(3_600)
        for _ in range(3):
            with pytest.raises(Ended, match="slept 24 times, 1 day of virtual"):
                time.sleep(1)
    assert len(set(stuck)) == 1


def test_single_sleeps_may_be_longer_than_the_limit(clock: StandInClock) -> None:
    with VirtualSleep(clock, ROOT):
        for _ in range(30):
            time.sleep(86_400)
        time.sleep(30 * 86_400)
    with VirtualSleep(clock, ROOT, limit=HOUR):
        for _ in range(1_000):
            time.sleep(3_600)
        with pytest.raises(Ended, match="slept 1,000 times"):
            time.sleep(3_600)


def test_what_is_due_or_changes_makes_waiting_worth_while(clock: StandInClock) -> None:
    changes = 0
    with VirtualSleep(clock, ROOT, limit=HOUR, changes=lambda: changes):
        clock.due = [36_000_000]
        for _ in range(20):
            time.sleep(1_800)
        assert clock.due == []
        for changes in range(1, 20):  # noqa: B007  # read by the sleep
            time.sleep(1_800)
        time.sleep(1_800)
        with pytest.raises(Ended):
            time.sleep(1_800)
        changes += 1
        time.sleep(1_800)


def test_a_thousand_sleeps_end_it_before_a_day_does(clock: StandInClock) -> None:
    with VirtualSleep(clock, ROOT):
        for _ in range(1_000):
            time.sleep(10)
        with pytest.raises(Ended, match=r"(?s)slept 1,000 times, 2:46:40 of virtual .* nothing was due.*sleep_limit=timedelta\(hours=48\)"):
            time.sleep(10)
    assert clock.slept == 10_000_000


def test_a_limit_that_is_given_counts_alone(clock: StandInClock) -> None:
    with VirtualSleep(clock, ROOT, limit=timedelta(days=3)):
        for _ in range(2_000):
            time.sleep(10)


def test_what_is_due_is_waited_for_over_days_but_not_by_more_than_a_thousand_sleeps(clock: StandInClock) -> None:
    clock.due = [START + 10 * 86_400_000]
    with VirtualSleep(clock, ROOT):
        for _ in range(1_000):
            time.sleep(300)
        with pytest.raises(Ended, match=r"(?s)slept 1,000 times, 3 days, .* due next is 6 days, .* away.*seconds.*timedelta\(hours=241\)"):
            time.sleep(300)


def test_code_that_sleeps_for_real_elsewhere_is_named(clock: StandInClock) -> None:
    def nap() -> None:
        time.sleep(0.001)

    thread = threading.Thread(target=nap, name="worker")
    with VirtualSleep(clock, ROOT, limit=HOUR):
        thread.start()
        thread.join()
        time.sleep(3_000)
        time.sleep(3_000)
        with pytest.raises(Ended, match=rf"sleeps for real, in worker at {__file__}:\d+: .*clock='poll' for others"):
            time.sleep(1)


@pytest.mark.parametrize("limit", [timedelta(0), timedelta(-1), 60])
def test_a_limit_is_a_positive_timedelta(clock: StandInClock, limit: Any) -> None:
    with pytest.raises(UsageError, match="positive timedelta"):
        VirtualSleep(clock, ROOT, limit=limit)


async def _poll_for_ever() -> None:
    while True:
        with suppress(Exception):
            await asyncio.sleep(60)


def test_tasks_that_sleep_in_vain_end(clock: StandInClock) -> None:
    async def main() -> None:
        await asyncio.gather(_poll_for_ever(), _poll_for_ever())

    with VirtualSleep(clock, ROOT, limit=HOUR), pytest.raises(Ended):
        asyncio.run(main())
    assert clock.slept == 3_600_000


def test_who_waits_for_a_task_that_has_slept_in_vain_ends_too(clock: StandInClock) -> None:
    stuck: list[str] = []

    async def main() -> None:
        never = asyncio.Event()
        poller = asyncio.create_task(_poll_for_ever())
        try:
            await never.wait()
        finally:
            assert isinstance(poller.exception(), Ended)

    with VirtualSleep(clock, ROOT, limit=HOUR, end=noting(stuck)), pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert len(stuck) == 1


# ------------------------------------------------------------ frozen time


@pytest.mark.usefixtures("virtual")
@pytest.mark.parametrize(
    "frozen",
    [lambda: freezegun.freeze_time("2020-01-01"), lambda: time_machine.travel(0, tick=False), lambda: time_machine.travel(0)],
    ids=["freezegun", "time-machine", "time-machine, ticking"],
)
def test_under_frozen_time(clock: StandInClock, frozen: Callable[[], Any]) -> None:
    async def polls(number: int) -> None:
        for _ in range(number):
            await asyncio.to_thread(int)
            await asyncio.sleep(10)

    async def main() -> None:
        await asyncio.gather(polls(3), polls(2))

    with frozen():
        before = time.time()
        time.sleep(10)
        bound_sleep(10)
        asyncio.run(main())
        assert time.time() - before < QUICK_S
    assert clock.moves == [10_000, 20_000, 30_000, 40_000, 50_000]


# ------------------------------------------------------------ what it costs


def test_a_sleep_costs_no_more_than_some_work(virtual: VirtualSleep, clock: StandInClock) -> None:
    clock.due = [10**12]

    async def sleeps() -> None:
        for _ in range(60):
            await asyncio.sleep(1)

    floor = quickest(lambda: json.dumps(list(range(1_000))), 60)  # some work of the same run, about 0.1 ms
    assert quickest(lambda: time.sleep(1), 60) < 5 * floor
    assert quickest(lambda: asyncio.run(sleeps()), 1) < 40 * floor


def quickest(work: Callable[[], object], times: int) -> float:
    """Return the seconds of the quickest of five rounds, which is that of a machine that does nothing else."""
    return min(timeit.repeat(work, number=times, repeat=5))
