"""A forked child: its verbs find the locks free and nothing half done, whatever the parent's threads were doing."""

from __future__ import annotations

import gc
import os
import signal
import threading
import traceback
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fakejobs import FakeJobs, forking
from fakejobs.fake import behind
from tests.contract.caller import Caller

if not hasattr(os, "fork"):
    pytest.skip("no fork here", allow_module_level=True)

PATIENCE_S = 20


def in_child(work: Callable[[], None]) -> int:
    """Fork, do the work in the child, and return how that ended: 0 is well. A child that hangs is ended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of a fork with threads, which is what is tried
        child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    code = 1
    try:
        signal.alarm(PATIENCE_S)
        work()
        code = 0
    except BaseException:  # noqa: BLE001  # nothing of pytest may run in the child
        traceback.print_exc()
    os._exit(code)


@contextmanager
def thread_inside(block: Callable[[Callable[[], object]], object]) -> Iterator[None]:
    """Let a thread be inside of a block, which calls what it is given and waits there."""
    inside, may_leave = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        may_leave.wait(PATIENCE_S)

    thread = threading.Thread(target=block, args=(wait,))
    thread.start()
    assert inside.wait(PATIENCE_S)
    yield
    may_leave.set()
    thread.join(PATIENCE_S)


def use(fake: FakeJobs) -> None:
    """Do what takes every lock of a fake."""
    job = fake.add_job("books", project=1, state="running")
    fake.finish_job(job)
    assert Caller(fake).get("jobs/list.json", {"project": 1}).status == 200
    assert Caller(fake).send("GET", "/items/1/1/1").status == 200
    assert fake.calls
    assert str(fake.timeline())
    behind(fake).cloud.world.store.check()


def test_verbs_of_a_child_do_not_wait_for_threads_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "PATIENCE_S", 0.01)
    fake = FakeJobs()
    cloud, journal = behind(fake).cloud, behind(fake).journal

    def hold_all(wait: Callable[[], object]) -> None:
        with cloud.lock, cloud.lock, journal._lock:
            wait()

    with thread_inside(hold_all):
        assert in_child(lambda: use(fake)) == 0
    use(fake)


def test_the_thread_that_forks_goes_on_where_it_is() -> None:
    fake = FakeJobs()
    lock = behind(fake).cloud.lock
    with lock, lock:
        assert lock.is_held()
        assert in_child(lambda: use(fake)) == 0
    assert not lock.is_held()

    def leave() -> None:
        lock.__exit__(None, None, None)
        assert not lock.is_held()
        use(fake)

    with lock:
        assert in_child(leave) == 0
    use(fake)


def test_a_child_finds_nothing_half_done() -> None:
    fake = FakeJobs()
    is_over = threading.Event()

    def hammer(number: int) -> None:
        while not is_over.is_set():
            Caller(fake).post("run.json", {"project": 1, "spider": f"s{number}", "add_tag": ["a", "b"]})
            fake.finish_job(fake.list_jobs(project=1)[0])

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert [in_child(lambda: use(fake)) for _ in range(8)] == [0] * 8
    finally:
        is_over.set()
        for thread in threads:
            thread.join(PATIENCE_S)


def test_no_fake_is_kept_alive() -> None:
    gc.collect()
    places = len(forking._PLACES)
    fake = FakeJobs()
    lock = weakref.ref(behind(fake).cloud.lock)
    assert len(forking._PLACES) > places
    del fake
    gc.collect()
    assert lock() is None
    assert len(forking._PLACES) == places
