"""What is said to those who wait in vain: for each situation why nothing happens, and the line to write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from fakejobs import FakeJobs
from fakejobs.fake import behind
from fakejobs.polling.vain import Loop, loop_of_test, told_in_vain

PACE = "fakejobs.pace(pending=5, running=60)"
SLEEP = '@pytest.mark.fakejobs(clock="sleep")'
POLL = '@pytest.mark.fakejobs(clock="poll")'


class Situation(NamedTuple):
    """What was done before, whose loop it is, which clock; and what the text says, sentence by sentence."""

    prepare: Sequence[Callable[[FakeJobs], object]]
    says: tuple[str, ...]
    loop: Loop = Loop.TEST
    clock: str = "manual"


def job(fake: FakeJobs, **more: object) -> object:
    return fake.add_job("books", project=1, **more)  # type: ignore[arg-type]


SITUATIONS: dict[str, Situation] = {
    "no rule": Situation(
        (job,), ("a job does nothing by itself", f"  write: {PACE}", f"  and write: {SLEEP}  # the code's sleeps move the clock")
    ),
    "no rule, in sleep mode": Situation((job,), (f"write: {PACE}",), clock="sleep"),
    "no rule, in a thread": Situation(
        (job,), (PACE, f"write: {POLL}  # each look moves the clock: the loop runs in a thread"), loop=Loop.THREAD
    ),
    "no rule, in a child process": Situation((job,), (POLL, "the loop runs in a child process"), loop=Loop.CHILD, clock="sleep"),
    "no rule, under exec": Situation(
        (job,), ('--seed FILE with the step {"pace": {"pending": 5, "running": 60}}', "fakejobs exec --clock poll"), loop=Loop.COMMAND
    ),
    "the rule is about others": Situation(
        (lambda fake: fake.script("films", project=2, spider_args={"a": 1}), lambda fake: fake.pace(project=3), job),
        ("no rule is about 1/1/1", "script('films', project=2, spider_args={'a': '1'}, ...), pace(project=3, ...)", PACE),
    ),
    "pace came too late": Situation(
        (job, lambda fake: fake.pace(running=60)),
        (
            "1/1/1 was there before pace(...) came",
            "a rule holds for jobs that come after it",
            "write: fakejobs.pace(...)  # before the job is made",
        ),
    ),
    "script came too late": Situation(
        (lambda fake: job(fake, state="running"), lambda fake: fake.script("books", running=60)),
        ("1/1/1 was there before script('books', ...) came",),
    ),
    "running= is missing": Situation(
        (lambda fake: fake.pace(pending=0), job, lambda fake: fake.advance(seconds=1)),
        ("the rules say when 1/1/1 starts, but not how long it runs: running= is missing", PACE),
    ),
    "running=None": Situation(
        (lambda fake: fake.pace(running=None), job, lambda fake: fake.advance(seconds=1)),
        ("running=None says that 1/1/1 does not end by itself", "finish_job('1/1/1')"),
    ),
    "pending=None": Situation(
        (lambda fake: fake.pace(pending=None), job),
        ("pending=None says that 1/1/1 does not start by itself", "start_job('1/1/1')"),
    ),
    "stopping=None": Situation(
        (lambda fake: fake.pace(stopping=None), lambda fake: fake.cancel_job(fake.add_job("books", project=1, state="running"))),
        ("stopping=None says that 1/1/1, which was asked to stop, does not end by itself", "stopping=10"),
    ),
    "units": Situation(
        (
            lambda fake: fake.add_project(1, units=1),
            lambda fake: fake.add_job("films", project=1, state="running"),
            lambda fake: fake.pace(running=60),
            job,
            lambda fake: fake.advance(seconds=1),
        ),
        ("1/2/1 waits for units: project 1 has 1", "the jobs that hold them do not end by themselves"),
    ),
    "due, by hand": Situation(
        (lambda fake: fake.pace(pending=5, running=60), job),
        ("1/1/1 starts in 5 s, but nobody moves the clock (clock='manual')", f"  write: {SLEEP}"),
    ),
    "due, in a thread": Situation(
        (lambda fake: fake.pace(running=60), job, lambda fake: fake.advance(seconds=30)),
        ("1/1/1 ends in 30 s, but nobody moves the clock", f"write: {POLL}  # each look moves the clock: the loop runs in a thread"),
        loop=Loop.THREAD,
    ),
    "due, in sleep mode": Situation(
        (lambda fake: fake.pace(pending=0.5), job),
        ("1/1/1 starts in 0.5 s", f"write: {POLL}  # each look moves the clock: the code does not sleep between its looks, or not itself"),
        clock="sleep",
    ),
    "due, but held": Situation(
        (lambda fake: fake.pace(pending=5), job),
        (
            "nobody moves the clock under clock.held(): leave its `with` before the code waits",
            "running= is missing, so it will not end",
        ),
        clock="poll",
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
def test_each_situation_is_told_with_the_line_to_write(situation: Situation) -> None:
    fake = FakeJobs(clock=situation.clock)
    for step in situation.prepare:
        step(fake)
    cloud = behind(fake).cloud
    record = fake.list_jobs(spider="books")[0].snapshot()
    with cloud.lock:
        text = told_in_vain(cloud, record, 100, situation.clock, situation.loop)
    assert text.startswith(f"100 requests in a row showed {record.key} (books, {record.state}), and nothing happened between them: ")
    for sentence in situation.says:
        assert sentence in text
    assert (SLEEP in text) == (situation.clock == "manual" and situation.loop is Loop.TEST)


def test_a_loop_is_a_threads_while_the_test_waits_for_that() -> None:
    seen: list[Loop] = []
    asked, answered = threading.Event(), threading.Event()

    def look() -> None:
        asked.wait()
        while loop_of_test() is Loop.TEST:  # until the test's thread has come to its wait
            pass
        seen.append(loop_of_test())
        answered.set()

    thread = threading.Thread(target=look)
    thread.start()
    assert loop_of_test() is Loop.TEST
    asked.set()
    answered.wait()
    thread.join()
    assert seen == [Loop.THREAD]
