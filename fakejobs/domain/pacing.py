"""What happens to jobs by themselves, and when: rules, plans, and the row of due changes.

    Rule     what a test said of some jobs: how long they wait and run, what they write, how they end
    Plan     what the rules mean for one job: when it is due to start, and once it runs, its Script and when it is due to end
    Script   how far a running job has come, as a pure function of its start and of now
    Pacing   all rules, plans and due changes of a world, and how many units its projects have

Only the start, the beginning of the script and the end of a job are due changes; everything between them is computed.
Spans are whole milliseconds. The room does not know what a callable in a rule means: whoever applies a due change calls it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any

from sortedcontainers import SortedList

from fakejobs.domain.clock import LATEST, Millis, evenly
from fakejobs.domain.job import FINISHED, JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.evidence import Source, assumed, documented, recorded

CANCEL_TIMEOUT = "cancel_timeout"
CANCEL_TIMEOUT_MS = 5 * 60 * 1000
"""How long after a stop was asked for the platform kills a job that ignores it."""

EVERYWHERE: tuple[Source, ...] = (
    recorded("without pace or script, a job stays as it is until somebody moves it"),
    assumed("where units are limited, the jobs that are due to start are admitted by priority, then by age"),
    assumed("a job that does not fit blocks those behind it, and so does one that wants more units than its project has"),
    assumed("a new priority counts at once"),
    assumed("start_job and whoever else names the job to start are not held back by units; its units count"),
    assumed("what jobs write comes evenly over their running time; all of it at the end where that time is not known"),
    recorded("a running job that is asked to stop runs on, and ends with cancelled"),
    assumed("a job that is asked to stop ends as soon as the clock has moved, unless stopping says otherwise"),
    documented("one that ignores a stop is killed after five minutes, with cancel_timeout"),
)
"""What is true of every job that lives by itself."""

ROWS = ("items", "logs", "requests", "samples")
COUNTERS = ("items", "logs", "pages", "errors")
COUNTED = {"items": ("items",), "logs": ("logs", "errors"), "requests": ("pages",)}
"""The counters that rows of a kind move."""
SPANS = ("pending", "running", "stopping")
FIELDS = (*SPANS, "ignores_stop", *ROWS, "pages", "errors", "close_reason")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Close reasons of a rule's first, second, … run; the last is for ever. rule: the number under which runs are counted."""

    rule: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a test said of some jobs.

    number: its place among all rules. project, spider: None covers all. spider_args: these must be among the job's.
    values: the fields given, by name; a span in milliseconds, None, or a callable.
    """

    number: int
    project: int | None
    spider: str | None
    spider_args: Mapping[str, str] | None
    values: Mapping[str, Any]

    def covers(self, record: JobRecord) -> bool:
        """Say whether the rule is about a job."""
        return (
            self.project in (None, record.key.project_id)
            and self.spider in (None, record.spider)
            and all(record.spider_args.get(name) == value for name, value in (self.spider_args or {}).items())
        )

    @property
    def nearness(self) -> tuple[bool, int, bool, bool, int]:
        """How near the rule is to the jobs it covers: arguments, then spider, then project, then the later one."""
        return bool(self.spider_args), len(self.spider_args or ()), self.spider is not None, self.project is not None, self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A running job's way from its start to its end.

    span: how long it runs, ms; None: until somebody ends it. amounts: what its counters end at, by name. rows: what it
    writes, by kind, encoded. error_logs: which log rows are errors, by index.
    """

    start: Millis
    span: int | None
    close_reason: str | None
    amounts: Mapping[str, int]
    rows: Mapping[str, Sequence[Any]]
    error_logs: tuple[int, ...] = ()

    def visible(self, total: int, now: Millis) -> int:
        """Return how many of so many things there are by now."""
        if self.span is None or now < self.start:
            return 0
        return total if now >= self.start + self.span else total * (now - self.start) // self.span

    def moment(self, index: int, total: int) -> Millis:
        """Return when thing number `index` of so many comes."""
        return evenly(self.start, self.span or 0, index, total)

    def counters(self, now: Millis) -> dict[str, int]:
        """Return the counters that the script gives as numbers, by now."""
        return {name: self.visible(total, now) for name, total in self.amounts.items()}

    def rows_by(self, now: Millis) -> dict[str, int]:
        """Return how many rows of each kind there are by now."""
        return {kind: self.visible(len(rows), now) for kind, rows in self.rows.items()}

    def counted(self, rows: Mapping[str, int]) -> dict[str, int]:
        """Return what so many rows of each kind add to the counters, but for those that the script gives as numbers."""
        counts = {"items": rows.get("items", 0), "logs": rows.get("logs", 0), "pages": rows.get("requests", 0)}
        counts["errors"] = bisect_left(self.error_logs, counts["logs"])
        return {name: count for name, count in counts.items() if name not in self.amounts}

    def last_data(self, now: Millis) -> Millis | None:
        """Return when the last thing so far came, if anything did."""
        totals = [*self.amounts.values(), *map(len, self.rows.values())]
        moments = [self.moment(count - 1, total) for total in totals if total and (count := self.visible(total, now))]
        return max(moments, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the rules mean for one job.

    values: the merged fields. ready_at: when it is due to start; None: it does not start by itself, or has started.
    stop_at: when it was asked to stop. script: set while it runs. end_at: when it is due to end. end_reason: why, if not for
    what a finish without reason means. flowed: how many rows of each kind have been written into its records.
    """

    values: Mapping[str, Any]
    ready_at: Millis | None = None
    stop_at: Millis | None = None
    script: Script | None = None
    end_at: Millis | None = None
    end_reason: str | None = None
    flowed: Mapping[str, int] = field(default_factory=dict)

    def with_end(self) -> Plan:
        """Return the plan of a running job whose script is known with its end: that of the script, or that of a stop if it is earlier.

        What is due later than any clock goes is not due at all.
        """
        ends = [end for end in (self._script_end(), self._stop_end()) if end is not None and end[0] <= LATEST]
        at, reason = min(ends, key=itemgetter(0), default=(None, None))
        return replace(self, end_at=at, end_reason=reason)

    @property
    def _ignores_stop(self) -> bool:
        return bool(self.values.get("ignores_stop"))

    def _script_end(self) -> tuple[Millis, str | None] | None:
        script = self.script
        if script is None or script.span is None:
            return None
        reason = FINISHED if script.close_reason is None and self._ignores_stop else script.close_reason
        return Millis(script.start + script.span), reason

    def _stop_end(self) -> tuple[Millis, str | None] | None:
        if self.stop_at is None:
            return None
        if self._ignores_stop:
            return Millis(self.stop_at + CANCEL_TIMEOUT_MS), CANCEL_TIMEOUT
        wait = self.values.get("stopping", 0)
        return None if wait is None else (Millis(self.stop_at + max(1, wait)), None)


class Due(str, Enum):
    """What is due."""

    READY = "ready"
    """A pending job has waited long enough: it starts, or queues for units."""
    ADMIT = "admit"
    """Units came free in a project: the jobs that queue for them may start."""
    SCRIPT = "script"
    """A job has started: what it will do is worked out."""
    END = "end"
    """A running job ends."""


@dataclass(frozen=True, slots=True)
class DueChange:
    """One due change: of a job, or of a project's queue."""

    at: Millis
    what: Due
    key: JobKey | None = None
    project: int = 0


class Pacing:
    """All rules, plans and due changes of a world."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.plans: dict[JobKey, Plan] = {}
        self.units: dict[int, int] = {}
        self.ready: dict[int, SortedList[tuple[int, int, int, JobKey]]] = {}
        self._turns: dict[JobKey, tuple[int, int, int, JobKey]] = {}
        self._due: list[tuple[Millis, int, DueChange]] = []
        """A heap; of changes that are due at one moment, the one that was planned first comes first."""
        self._rules_of: dict[str | None, list[Rule]] = {}
        self._planned = 0
        self._runs: dict[int, int] = {}
        self.met: set[int] = set()
        """The numbers of the rules that have said something of a job."""

    def copy(self) -> Pacing:
        """Return an independent copy; rules, plans and due changes, being frozen, are shared."""
        twin = Pacing()
        twin.rules, twin.plans, twin.units = list(self.rules), dict(self.plans), dict(self.units)
        twin.ready = {project: queue.copy() for project, queue in self.ready.items()}
        twin._turns, twin._due, twin._planned = dict(self._turns), list(self._due), self._planned
        twin._runs, twin.met = dict(self._runs), set(self.met)
        twin._rules_of = {spider: list(rules) for spider, rules in self._rules_of.items()}
        return twin

    # ------------------------------------------------------------ rules

    def add_rule(self, rule: Rule) -> None:
        """Add a rule for jobs from now on."""
        self.rules.append(rule)
        self._rules_of.setdefault(rule.spider, []).append(rule)

    def merged(self, record: JobRecord) -> dict[str, Any] | None:
        """Return the fields that the rules give a job, the nearest rule winning each; None if no rule covers it. The rules count as met."""
        known = (*self._rules_of.get(None, ()), *self._rules_of.get(record.spider, ()))
        covering = sorted((rule for rule in known if rule.covers(record)), key=lambda rule: rule.nearness)
        if not covering:
            return None
        merged: dict[str, Any] = {}
        for rule in covering:
            self.met.add(rule.number)
            merged.update(rule.values)
        return merged

    def outcome(self, outcomes: Outcomes) -> str:
        """Return the close reason of a rule's next run, and count the run."""
        run = self._runs.get(outcomes.rule, 0)
        self._runs[outcomes.rule] = run + 1
        return outcomes.reasons[min(run, len(outcomes.reasons) - 1)]

    def runs(self) -> dict[str, int]:
        """Return how many runs of each rule with outcomes there were, by the rule's number as text."""
        return {str(rule): count for rule, count in self._runs.items()}

    def set_runs(self, runs: Mapping[str, int]) -> None:
        """Put the counts of runs back, as runs() returned them."""
        self._runs = {int(rule): int(count) for rule, count in runs.items()}

    # ------------------------------------------------------------ due changes

    def plan(self, at: Millis, what: Due, key: JobKey | None = None, project: int = 0) -> None:
        """Note that something is due at a moment."""
        self._planned += 1
        heappush(self._due, (at, self._planned, DueChange(at, what, key, project)))

    @property
    def is_idle(self) -> bool:
        """Whether nothing at all is planned."""
        return not self._due

    def next_due(self) -> DueChange | None:
        """Return the earliest due change that still stands, if there is any."""
        while self._due and not self._stands(self._due[0][-1]):
            heappop(self._due)
        return self._due[0][-1] if self._due else None

    def drop_next(self) -> None:
        """Take the earliest due change out of the row."""
        heappop(self._due)

    def all_due(self) -> Iterator[DueChange]:
        """Yield every due change that still stands, in the order in which they are due."""
        return (change for _, _, change in sorted(self._due) if self._stands(change))

    def _stands(self, change: DueChange) -> bool:
        if change.key is None:
            return True
        plan = self.plans.get(change.key)
        if plan is None:
            return False
        if change.what is Due.READY:
            return plan.ready_at == change.at
        return change.what is Due.SCRIPT or plan.end_at == change.at

    # ------------------------------------------------------------ jobs that wait for units

    def wait(self, record: JobRecord) -> None:
        """Put a job that is due to start into its project's queue, or to its new place if its priority changed."""
        self.stop_waiting(record.key)
        turn = self._turns[record.key] = (-record.priority, record.state_time, record.sequence, record.key)
        queue = self.ready.get(record.key.project_id)
        if queue is None:
            queue = self.ready[record.key.project_id] = SortedList()
        queue.add(turn)

    def stop_waiting(self, key: JobKey) -> None:
        """Take a job out of its project's queue, if it is there."""
        turn = self._turns.pop(key, None)
        if turn is not None:
            self.ready[key.project_id].remove(turn)

    def waits(self, key: JobKey) -> bool:
        """Say whether a job waits for units."""
        return key in self._turns

    def next_waiting(self, project: int) -> JobKey | None:
        """Return the waiting job whose turn it is."""
        queue = self.ready.get(project)
        return queue[0][-1] if queue else None

    # ------------------------------------------------------------ how far a job has come

    def shown(self, record: JobRecord, now: Millis, followed: Mapping[str, int | None]) -> JobRecord:
        """Return a record as it looks by now: that of a running job with a script, as far as it has come.

        followed: the counters that its records move, see Records.
        """
        plan = self.plans.get(record.key)
        script = None if plan is None else plan.script
        if plan is None or script is None or script.span is None or not (script.amounts or script.rows):
            return record
        changes: dict[str, Any] = dict(script.counters(now))
        rows = script.rows_by(now)
        written, come = script.counted(plan.flowed), script.counted(rows)
        for kind, names in COUNTED.items():
            if rows.get(kind, 0) > plan.flowed.get(kind, 0):
                for name in (name for name in names if name in come):
                    before = getattr(record, name)
                    if before == followed.get(name):  # a counter that somebody has set stays as it is
                        changes[name] = (before or 0) + come[name] - written[name]
        moment = script.last_data(now)
        if moment is not None:
            changes["updated_time"] = max(moment, record.updated_time or moment)
            changes["touched_time"] = max(moment, record.last_touch)
        return replace(record, **changes)
