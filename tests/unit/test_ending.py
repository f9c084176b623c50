"""Waking the thread that runs a test: the signal's handler is borrowed, and only the test's own code is struck."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Queue
from socket import socketpair
from types import FrameType, ModuleType
from typing import Any, NamedTuple, cast

import pytest

from fakejobs import ending
from fakejobs.ending import Waker, ended_in, place_in_test, quiet
from fakejobs.errors import Ended

pytestmark = pytest.mark.skipif(ending.SIGNAL is None, reason="there is no SIGURG here")


@pytest.fixture
def waker() -> Iterator[Waker]:
    waker = Waker()
    waker.take()
    yield waker
    waker.give_back()


@contextmanager
def from_another_thread(waker: Waker, text: str = "enough") -> Iterator[Callable[[], None]]:
    """Under this `with`, a thread stands ready to wake this one; what it gives lets it go."""
    go = threading.Event()

    def wake() -> None:
        go.wait()
        waker.wake(text)

    thread = threading.Thread(target=wake)
    thread.start()
    try:
        yield go.set
    finally:
        go.set()
        thread.join()


Go = Callable[[], None]


def receive(go: Go) -> None:
    near, far = socketpair()
    with near, far:
        go()
        near.recv(1)


def sleep_in_loop(go: Go) -> None:
    async def main() -> None:
        go()
        await asyncio.Event().wait()

    asyncio.run(main())


def join_queue(go: Go) -> None:
    queue: Queue[int] = Queue()
    queue.put(1)
    go()
    queue.join()


def join_thread(go: Go) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait, daemon=True)
    thread.start()
    try:
        go()
        thread.join()
    finally:
        done.set()


def wait_for_event(go: Go) -> None:
    go()
    threading.Event().wait()


def take_lock(go: Go) -> None:
    lock = threading.Lock()
    lock.acquire()
    go()
    lock.acquire()


def spin(go: Go) -> None:
    go()
    while True:
        pass


def swallow_every_exception(go: Go) -> None:
    while True:
        with suppress(Exception):
            wait_for_event(go)


WAITS: dict[str, Callable[[Go], None]] = {
    "an event": wait_for_event,
    "a lock": take_lock,
    "a queue": join_queue,
    "a thread": join_thread,
    "a socket": receive,
    "a loop": sleep_in_loop,
    "nothing": spin,
    "what catches every Exception": swallow_every_exception,
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_whatever_the_thread_waits_for_it_is_woken(waker: Waker, wait: Callable[[Go], None]) -> None:
    with from_another_thread(waker) as go, pytest.raises(Ended, match="enough"):
        wait(go)


def test_who_swallows_it_meets_it_again(waker: Waker) -> None:
    met = []
    for number in range(3):
        with from_another_thread(waker, str(number)) as go:
            try:
                wait_for_event(go)
            except BaseException as error:  # noqa: BLE001
                met.append(str(error))
    assert met == ["0", "1", "2"]


def test_a_mistake_strikes_once_however_late_it_is_heard(waker: Waker) -> None:
    class Late(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            super().wait(timeout)
            return False

    waker._struck = Late()
    with from_another_thread(waker) as go, pytest.raises(Ended):
        wait_for_event(go)
    assert waker._strikes == 1


def test_what_is_called_off_strikes_nobody(waker: Waker) -> None:
    with from_another_thread(waker) as go, pytest.raises(Ended):
        wait_for_event(go)
    ending._Process.waking.append(waker)
    waker.call_off()
    os.kill(os.getpid(), signal.SIGURG)
    assert waker._strikes == 1


@pytest.mark.parametrize(
    ("names", "is_struck"),
    [
        (["_pytest.runner", "_pytest.python", "test_books"], True),
        (["_pytest.runner", "pluggy._execution", "a_plugin", "asyncio"], True),
        (["_pytest.runner", "_pytest.python", "test_books", "_pytest.raises", "shutil"], True),
        (["_pytest.runner", "_pytest.python", "test_books", "_pytest.raises"], False),
        (["_pytest.runner", "_pytest.tmpdir", "shutil"], False),
        (["_pytest.runner", "_pytest.python", "fakejobs.jobs", "json"], False),
        (["_pytest.runner", "pluggy._callers", "_pytest.logging", "logging"], False),
        (["_pytest.runner", "_pytest.python", "test_books", "weakref", "test_books"], False),
    ],
    ids=lambda value: value[-2] if isinstance(value, list) else None,
)
def test_a_test_is_struck_and_not_the_work_of_its_harness(names: list[str], is_struck: bool) -> None:
    frame = None
    for name in names:
        file = {"fakejobs.jobs": ending.__file__, "test_books": "/own/test_books.py"}.get(name, os.__file__)
        frame = Frame({"__name__": name}, Code(file, "from_call" if name == "_pytest.runner" else "call"), frame)
    assert ending._runs_test(cast("FrameType", frame)) is is_struck


class Code(NamedTuple):
    co_filename: str
    co_name: str


class Frame(NamedTuple):
    f_globals: dict[str, str]
    f_code: Code
    f_back: Any


def test_who_swallows_it_again_and_again_is_told_aloud(waker: Waker) -> None:
    shouted: list[str] = []
    waker.shout = shouted.append
    for number in range(1, ending.ALOUD + 1):
        assert not shouted
        with from_another_thread(waker, f"mistake {number}") as go, pytest.raises(Ended):
            wait_for_event(go)
    assert shouted == [f"mistake {ending.ALOUD}"]


def test_a_loop_whose_task_nobody_awaits_ends(waker: Waker) -> None:
    async def poll(go: Go) -> None:
        wait_for_event(go)  # it is struck here, and the task keeps it

    async def main(go: Go) -> None:
        task = asyncio.create_task(poll(go))
        await asyncio.Event().wait()
        del task

    with from_another_thread(waker) as go, pytest.raises(asyncio.CancelledError):
        asyncio.run(main(go))


def test_the_handler_is_given_back(waker: Waker) -> None:
    assert ending.SIGNAL is not None
    assert signal.getsignal(ending.SIGNAL) is ending._strike
    second = Waker()
    second.take()
    waker.give_back()
    assert signal.getsignal(ending.SIGNAL) is ending._strike
    second.give_back()
    assert signal.getsignal(ending.SIGNAL) in (signal.SIG_DFL, None)


def test_a_handler_of_the_users_own_is_called_meanwhile_and_comes_back() -> None:
    assert ending.SIGNAL is not None
    heard: list[int] = []

    def hear(number: int, frame: Any) -> None:
        heard.append(number)

    before = signal.signal(ending.SIGNAL, hear)
    try:
        waker = Waker()
        waker.take()
        os.kill(os.getpid(), ending.SIGNAL)
        waker.give_back()
        assert signal.getsignal(ending.SIGNAL) is hear
        assert heard == [ending.SIGNAL]
    finally:
        signal.signal(ending.SIGNAL, before)


def test_who_is_off_wakes_nobody() -> None:
    waker = Waker()
    waker.wake("nobody hears it")
    waker.give_back()


def test_another_threads_fake_wakes_nobody() -> None:
    waker = Waker()
    thread = threading.Thread(target=waker.take)
    thread.start()
    thread.join()
    assert not waker.is_on


def test_the_caller_itself_is_not_struck(waker: Waker) -> None:
    waker.wake("it raises it itself")


def test_a_forked_child_wakes_nobody(waker: Waker) -> None:
    child = os.fork()
    if not child:
        try:
            waker.wake("not here")
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_an_ended_is_found_in_groups_and_behind_other_errors() -> None:
    ended = Ended("it")
    group = type("Group", (BaseException,), {"exceptions": (ValueError(), ended)})()
    outer = ValueError()
    outer.__cause__ = group
    assert ended_in(outer) is ended
    outer.__context__ = outer
    assert ended_in(ValueError()) is None
    assert ended_in(None) is None


def test_the_place_is_where_code_of_the_tests_own_was() -> None:
    with pytest.raises(Ended) as caught:
        ending_deep_in_a_library()
    place = place_in_test(caught.value)
    names = []
    while place is not None:
        names.append(place.tb_frame.f_code.co_name)
        place = place.tb_next
    assert names == ["test_the_place_is_where_code_of_the_tests_own_was", "ending_deep_in_a_library", "fall"]


def ending_deep_in_a_library() -> None:
    def fall() -> None:
        raise Ended("it")

    import contextlib

    with contextlib.ExitStack() as stack:
        stack.callback(fall)


HOOKS = [(threading, "excepthook"), (sys, "unraisablehook")]


@pytest.mark.parametrize(("module", "name"), HOOKS)
def test_what_nobody_can_catch_prints_nothing(module: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(module, name, told.append)

    def fall(error: BaseException) -> None:
        raise error

    class Falling:
        def __init__(self, error: BaseException) -> None:
            self.error = error

        def __del__(self) -> None:
            raise self.error

    with quiet(), quiet():
        for error in (Ended("it"), ValueError("another")):
            if name == "unraisablehook":
                Falling(error)
                continue
            thread = threading.Thread(target=fall, args=(error,))
            thread.start()
            thread.join()
    assert [args.exc_type for args in told] == [ValueError]
    assert getattr(module, name) == told.append
