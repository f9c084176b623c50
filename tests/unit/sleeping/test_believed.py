"""Time that sleepers believe: who sees that time has passed, and who has the machine's."""

from __future__ import annotations

import copy
import queue
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import ctime as bound_ctime
from time import monotonic as bound_monotonic
from time import time as bound_time
from types import ModuleType
from typing import Any

import freezegun
import pytest
import time_machine

from fakejobs.sleeping.process import WRITER
from fakejobs.sleeping.virtual import VirtualSleep
from tests.unit.sleeping.test_arrivals import in_a_process_of_its_own
from tests.unit.sleeping.test_virtual import StandInClock, module_at

ROOT = Path(__file__).resolve().parents[3]
CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
NAMES = (*CLOCKS, "localtime", "gmtime", "ctime", "asctime", "strftime")
REAL = tuple(vars(time)[name] for name in NAMES)
ODD_S = 60.0
"""What may pass for real in a test."""


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert tuple(vars(time)[name] for name in NAMES) == REAL
    assert (bound_time, bound_monotonic, bound_ctime) == (time.time, time.monotonic, time.ctime)


class MovingClock(StandInClock):
    """A clock that says when it moves, as that of a fake does."""

    on_move: Callable[[int], None] | None = None

    def advance_to_ms(self, moment: int) -> None:
        before = self.now
        super().advance_to_ms(moment)
        if self.on_move is not None and self.now != before:
            self.on_move(self.now - before)


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def virtual(clock: MovingClock) -> Iterator[VirtualSleep]:
    with VirtualSleep(clock, ROOT) as sleep:
        clock.on_move = sleep.clock_moved
        yield sleep


def in_a_thread(call: Callable[[], Any]) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join()
    return found[0]


# ------------------------------------------------------------ the code whose sleeps are virtual


def seconds() -> list[float]:
    """Return what each function says, in seconds."""
    texts = (time.ctime(), bound_ctime(), time.asctime())
    parts = (time.localtime(), time.localtime(None), time.gmtime(), *map(time.strptime, texts))
    counted = (time.time_ns(), time.monotonic_ns(), time.perf_counter_ns())
    counts = (time.time(), bound_time(), time.monotonic(), bound_monotonic(), time.perf_counter())
    return [*counts, *(count / 10**9 for count in counted), *map(time.mktime, parts), float(time.strftime("%s"))]


@pytest.mark.usefixtures("virtual")
def test_a_sleep_has_taken_its_time() -> None:
    before = seconds()
    time.sleep(3_600)
    after = seconds()
    time.sleep(3_600)
    for one, two, three in zip(before, after, seconds(), strict=True):
        assert 3_600 - 1e-6 <= two - one < 3_600 + ODD_S
        assert 3_600 - 1e-6 <= three - two < 3_600 + ODD_S


@pytest.mark.usefixtures("virtual")
def test_it_is_never_frozen_and_never_goes_back(clock: MovingClock) -> None:
    stands = time.perf_counter_ns()
    while time.perf_counter_ns() == stands:
        pass
    time.sleep(3_600)
    before = time.time()
    clock.now -= 1_800_000  # as where a move of the clock is undone
    assert time.time() >= before


@pytest.mark.usefixtures("virtual")
def test_a_moment_that_is_given_is_read_as_ever() -> None:
    time.sleep(3_600)
    assert time.gmtime(0) == REAL[NAMES.index("gmtime")](0)
    assert time.localtime(0) == REAL[NAMES.index("localtime")](0)
    assert time.ctime(0) == REAL[NAMES.index("ctime")](0)
    assert time.strftime("%Y", time.gmtime(0)) == "1970"
    assert time.asctime(time.gmtime(0)).endswith("1970")


@pytest.mark.usefixtures("virtual")
def test_a_deadline_strikes() -> None:
    deadline, looks = time.monotonic() + 3_600, 0
    while time.monotonic() < deadline:
        looks += 1
        time.sleep(10)
    assert looks == 360


def test_what_the_clock_did_before_counts_from_where_the_fake_began(clock: MovingClock) -> None:
    before = time.time()
    clock.now += 7_200_000
    with VirtualSleep(clock, ROOT, began_ms=clock.now - 7_200_000):
        assert 7_200 <= time.time() - before < 7_200 + ODD_S


# ------------------------------------------------------------ everybody else


@pytest.mark.usefixtures("virtual")
def test_others_have_the_machines_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = module_at(tmp_path / "site-packages" / "lib.py", "lib", "import time\nfrom time import time as now\n", monkeypatch)
    exec("def ask(): return time.time(), now(), time.localtime()[:5]", vars(library))
    real = REAL[0]
    time.sleep(10 * 86_400)
    assert abs(library.ask()[0] - real()) < ODD_S
    assert abs(library.ask()[1] - real()) < ODD_S
    assert library.ask()[2] != time.localtime()[:5]
    assert abs(in_a_thread(time.time) - real()) < ODD_S
    with pytest.raises(queue.Empty):
        queue.Queue[int]().get(timeout=0.001)


@pytest.mark.usefixtures("virtual")
def test_what_shares_times_between_threads_has_the_machines_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = ModuleType(WRITER)
    exec("import time\ndef ask(): return time.time()", vars(writer))
    time.sleep(3_600)
    assert abs(writer.ask() - REAL[0]()) < ODD_S


@pytest.mark.parametrize("when", ["off", "over"])
def test_off_and_over(clock: MovingClock, when: str) -> None:
    with VirtualSleep(clock, ROOT, patch_time=when == "over"):
        kept = time.time
        time.sleep(3_600)
        if when == "off":
            assert kept is REAL[0]
    assert abs(kept() - REAL[0]()) < ODD_S


def test_it_passes_for_the_real_one_where_it_is_kept(virtual: VirtualSleep) -> None:
    timer: Any = type("Timer", (), {"now": time.monotonic})()
    assert isinstance(timer.now(), float)
    assert isinstance(copy.deepcopy(time.time)(), float)
    assert time.time.__name__ == "time"


# ------------------------------------------------------------ beside freezegun and time-machine

NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)
FROZEN: dict[str, Callable[[], Any]] = {
    "freezegun": lambda: freezegun.freeze_time(NEW_YEAR),
    "freezegun, ticking": lambda: freezegun.freeze_time(NEW_YEAR, tick=True),
    "time-machine": lambda: time_machine.travel(NEW_YEAR, tick=False),
    "time-machine, ticking": lambda: time_machine.travel(NEW_YEAR),
}


def check_step() -> None:
    """Check that it is New Year, and that an hour's sleep takes an hour, whomever one asks."""

    def walls() -> tuple[float, ...]:
        return (time.time(), bound_time(), time.time_ns() / 10**9, datetime.now(timezone.utc).timestamp(), time.mktime(time.localtime()))

    def steady() -> tuple[float, ...]:
        return (time.monotonic(), bound_monotonic(), time.perf_counter())

    before, ran = walls(), steady()
    assert [moment for moment in before if abs(moment - NEW_YEAR.timestamp()) >= ODD_S] == []
    time.sleep(3_600)
    for one, two in zip((*before, *ran), (*walls(), *steady()), strict=True):
        assert 3_600 - 0.01 <= two - one < 3_600 + ODD_S
    assert bound_ctime() == time.ctime(time.time())


def _frozen_within(clock: MovingClock, tool: Callable[[], Any]) -> None:
    with VirtualSleep(clock, ROOT) as sleep:
        clock.on_move = sleep.clock_moved
        time.sleep(7_200)
        with tool():
            check_step()
        before = time.time(), bound_time()
        time.sleep(3_600)
        assert abs(time.time() - REAL[0]() - 4 * 3_600) < ODD_S
        assert time.time() - before[0] >= 3_600
        assert bound_time() - before[1] >= 3_600


@pytest.mark.parametrize("tool", FROZEN.values(), ids=FROZEN)
def test_frozen_within(clock: MovingClock, tool: Callable[[], Any]) -> None:
    _frozen_within(clock, tool)


@pytest.mark.parametrize("tool", FROZEN.values(), ids=FROZEN)
def test_frozen_around(clock: MovingClock, tool: Callable[[], Any]) -> None:
    with tool():
        with VirtualSleep(clock, ROOT) as sleep:
            clock.on_move = sleep.clock_moved
            check_step()
        frozen = datetime.now(timezone.utc)
        assert frozen - NEW_YEAR >= timedelta(hours=1)


@pytest.mark.parametrize("order", ["within, around", "around, within"])
def test_what_freezegun_remembers_of_modules_does_no_harm(clock: MovingClock, order: str) -> None:
    for _ in range(2):
        for way in order.split(", "):
            (test_frozen_around if way == "around" else _frozen_within)(MovingClock(), FROZEN["freezegun"])


def test_off_it_leaves_their_time_alone(clock: MovingClock) -> None:
    with VirtualSleep(clock, ROOT, patch_time=False) as sleep, freezegun.freeze_time(NEW_YEAR):
        clock.on_move = sleep.clock_moved
        time.sleep(3_600)
        assert datetime.now(timezone.utc) == NEW_YEAR
        assert time.time() == NEW_YEAR.timestamp()


@pytest.mark.parametrize("tool", ["time_machine.travel(0, tick=False)", "freezegun.freeze_time('1970-01-01')"])
def test_they_may_be_loaded_within(tmp_path: Path, tool: str) -> None:
    """time-machine keeps the addresses of the real functions: what else it finds there ends the process."""
    body = """
real = [__import__("time").time]
with VirtualSleep(clock, Path.cwd()) as sleep:
    import time
    time.sleep(3_600)
    TOOL
    with tool:
        assert time.time() == 0.0
        sleep.clock_moved(1_000)
        assert time.time() == 1.0
    sleep.clock_moved(1)
    assert time.time() - real[0]() > 3_000
import time
assert time.time is real[0]
with tool:
    assert time.time() == 0.0
assert time.time is real[0]
"""
    in_a_process_of_its_own(tmp_path, body.replace("TOOL", f"import {tool.partition('.')[0]}\n    tool = {tool}"))
