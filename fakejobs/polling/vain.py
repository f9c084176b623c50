"""What is said to those who wait in vain: which job, why nothing will happen to it, and the line to write.

The reason is read from the job's plan and from the rules; the line is the one for whoever reads it: the author of a test, or of a
command line.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath
from threading import main_thread

from fakejobs.cloud import Cloud
from fakejobs.domain.job import JobRecord
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.pacing import Plan, Rule
from fakejobs.quoting import quoted

PACE = "fakejobs.pace(pending=5, running=60)"
SEED = '--seed FILE with the step {"pace": {"pending": 5, "running": 60}}'
"""The same for a command that runs under `fakejobs exec`."""


@dataclass(frozen=True)
class _Why:
    """Why nothing happens to a job. write: what says how it lives, if that is what lacks; hint: what stands beside that."""

    reason: str
    write: str | None = None
    hint: str = ""
    is_due: bool = False


class Loop(str, Enum):
    """Where the loop runs that asks and asks."""

    TEST = "test"
    """In the test's own thread."""
    THREAD = "thread"
    """In another thread, for which the test's waits."""
    CHILD = "child"
    """In another process, for which the test's thread waits."""
    COMMAND = "command"
    """In the command that `fakejobs exec` runs."""


_WAITING = {
    "threading.py": Loop.THREAD,
    "queue.py": Loop.THREAD,
    "_base.py": Loop.THREAD,
    "subprocess.py": Loop.CHILD,
    "popen_fork.py": Loop.CHILD,
}
"""Where the test's thread stands while it waits for others, by the file's name."""
_LOOKED_AT = 6


def loop_of_test() -> Loop:
    """Return where a loop runs, told by what the test's thread does meanwhile."""
    frame = sys._current_frames().get(main_thread().ident or 0)  # noqa: SLF001  # the one way to see another thread
    for _ in range(_LOOKED_AT):
        if frame is None:
            break
        found = _WAITING.get(PurePath(frame.f_code.co_filename).name)
        if found is not None:
            return found
        frame = frame.f_back
    return Loop.TEST


def told_in_vain(cloud: Cloud, record: JobRecord, looks: int, mode: str, loop: Loop, *, sleeps: bool = True) -> str:
    """Return what is said when so many looks in a row showed a job and nothing happened; the lock is held.

    mode: who moves the clock. loop: where the looks come from. sleeps: whether the code sleeps between them.
    """
    return (
        f"{looks} requests in a row showed {record.key} ({record.spider}, {record.state}), and nothing happened between them:"
        f" no client wrote, the test called no verb, the clock stood still\n{why_in_vain(cloud, record, mode, loop, sleeps=sleeps)}"
    )


def why_in_vain(cloud: Cloud, record: JobRecord, mode: str, loop: Loop, *, sleeps: bool = True) -> str:
    """Return in lines why nothing happens to a job while it is asked for, and what to write; arguments as for told_in_vain()."""
    with cloud.lock:
        plan = cloud.world.pacing.plans.get(record.key)
        why = _unplanned(cloud, record) if plan is None else _planned(cloud, record, plan, mode)
    write = SEED if why.write == PACE and loop is Loop.COMMAND else why.write
    lines = [f"why: {why.reason}"]
    lines += [f"write: {write}{why.hint and f'  # {why.hint}'}"] if write is not None else []
    clock = _clock_for(mode, loop, is_due=why.is_due, sleeps=sleeps)
    also = "" if write is None else "and "
    lines += [f"{also}write: {clock}"] if clock is not None else []
    return "\n".join(f"  {line}" for line in lines)


def _unplanned(cloud: Cloud, record: JobRecord) -> _Why:
    """Say why a job has no plan, and what to write."""
    rules = cloud.world.pacing.rules
    covering = [rule for rule in rules if rule.covers(record)]
    if covering:
        rule = _call(max(covering, key=lambda rule: rule.nearness))
        reason = f"{record.key} was there before {rule} came, and a rule holds for jobs that come after it"
        return _Why(reason, f"fakejobs.{rule}", "before the job is made")
    if rules:
        known = ", ".join(dict.fromkeys(map(_call, rules)))
        return _Why(f"no rule is about {record.key}: those that are there are {known}", PACE, "before the job is made")
    return _Why("a job does nothing by itself until a rule says how jobs live", PACE, "before the job is made; spans are seconds")


def _planned(cloud: Cloud, record: JobRecord, plan: Plan, mode: str) -> _Why:
    """Say why a job that has a plan stays as it is, and what to write."""
    key, pacing = record.key, cloud.world.pacing
    due_in = _due_in_ms(cloud, plan)
    if due_in is not None:
        step = "starts" if record.state is JobState.PENDING else "ends"
        held = " under clock.held(): leave its `with` before the code waits" if mode == "poll" else f" (clock={mode!r})"
        reason = f"{key} {step} in {due_in / 1000:g} s, but nobody moves the clock{held}"
        if record.state is JobState.PENDING and "running" not in plan.values:
            return _Why(f"{reason}; and running= is missing, so it will not end", PACE, "before the job is made", is_due=True)
        return _Why(reason, is_due=True)
    if pacing.waits(key):
        units = pacing.units.get(key.project_id)
        reason = f"{key} waits for units: project {key.project_id} has {units}, and the jobs that hold them do not end by themselves"
        return _Why(reason, PACE, "before those jobs are made")
    if record.state is JobState.PENDING:
        return _Why(f"pending=None says that {key} does not start by itself", PACE, f"or start it: fakejobs.start_job({str(key)!r})")
    if plan.stop_at is not None:
        return _Why(f"stopping=None says that {key}, which was asked to stop, does not end by itself", "fakejobs.pace(stopping=10)")
    if "running" in plan.values:
        return _Why(f"running=None says that {key} does not end by itself", PACE, f"or end it: fakejobs.finish_job({str(key)!r})")
    reason = f"the rules say when {key} starts, but not how long it runs: running= is missing"
    return _Why(reason, PACE, "before the job is made; spans are seconds")


def _due_in_ms(cloud: Cloud, plan: Plan) -> int | None:
    moment = plan.ready_at if plan.ready_at is not None else plan.end_at
    return None if moment is None or moment <= cloud.now_ms() else moment - cloud.now_ms()


def _clock_for(mode: str, loop: Loop, *, is_due: bool, sleeps: bool) -> str | None:
    """Return what makes the clock move for a loop, and why that; None if it does already. is_due: whether moving it is all that lacks."""
    if mode == "poll" or (mode == "sleep" and loop is Loop.TEST and not is_due):
        return None
    if loop is Loop.COMMAND:
        return "fakejobs exec --clock poll  # each look moves the clock"
    if loop is Loop.TEST and mode == "manual" and sleeps:
        return f"{_marker('sleep')}  # the code's sleeps move the clock"
    where = {Loop.THREAD: "the loop runs in a thread", Loop.CHILD: "the loop runs in a child process"}.get(loop)
    return f"{_marker('poll')}  # each look moves the clock: {where or 'the code does not sleep between its looks, or not itself'}"


def _marker(mode: str) -> str:
    return f'@pytest.mark.fakejobs(clock="{mode}")'


def _call(rule: Rule) -> str:
    """Return how a rule was written, as far as it says which jobs it is about."""
    about = [] if rule.project is None else [f"project={rule.project}"]
    if rule.spider is None:
        return f"pace({', '.join([*about, '...'])})"
    about = [quoted(rule.spider), *about, *([f"spider_args={quoted(dict(rule.spider_args))}"] if rule.spider_args else [])]
    return f"script({', '.join([*about, '...'])})"
