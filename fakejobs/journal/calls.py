"""What a call was: what it asked for (Order), what it did (Deed), and the whole of it, as a test sees it (Call)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from fakejobs.domain.faults import TRIAL
from fakejobs.domain.keys import JobKey
from fakejobs.masking import Masks
from fakejobs.quoting import quoted

MOST_MISSED = 3
"""Jobs of which a line says why nothing happened to them."""
MOST_QUOTED = 80
"""Characters of a text that should have been a key, as a line shows it."""
COUNTS = frozenset({"jobs/count", "jobq/count"})
"""What counts jobs; where there are none it is told why, as for a listing."""
OF_JOBS = frozenset({"jobs/list", "jobq/list", "jobq/jobsummary", "spiders/lastjobsummary", *COUNTS})
"""What is about jobs, and not about rows of another kind."""


@dataclass(frozen=True, slots=True)
class Order:
    """A job as a client asked for it. job: the key that it got; None if it was refused.

    A refused order is read as well as can be: a value that could not be read is the text that came.
    """

    project: Any
    spider: Any
    spider_args: Mapping[str, str]
    tags: Sequence[str]
    priority: Any
    units: Any
    job_settings: Any
    meta: Any
    environment: Any
    cmd_args: Any
    job: str | None = None

    def masked(self, masks: Masks) -> Order:
        """Return the order without the keys in it."""
        if not masks.may_be_in(str(_words_of(self))):
            return self
        changes = {}
        for name in _ASKED:
            value = getattr(self, name)
            shown = masks.named(name, value)
            if shown is not value:
                changes[name] = shown
        return replace(self, **changes) if changes else self


_ASKED = ("spider", "spider_args", "tags", "job_settings", "meta", "environment", "cmd_args", "project", "priority", "units")
"""The fields of an order in which a client's own words stand; a number that was refused is a text."""
_words_of = attrgetter(*_ASKED)


@dataclass(frozen=True, slots=True)
class Deed:
    """What a call did, to which jobs.

    missed: other jobs that it named, each with why nothing happened to it, as in `is deleted`.
    """

    jobs: tuple[str, ...]
    missed: tuple[tuple[str, str], ...] = field(default=(), kw_only=True, compare=False)

    def masked(self, masks: Masks) -> Deed:
        """Return the deed without the keys in it."""
        return replace(self, missed=masks.value(self.missed)) if self.missed else self

    @property
    def why(self) -> str:
        """Why nothing happened to jobs that were named, in one clause; "" if it happened to all."""
        told = "; ".join(f"{quoted_key(text)} {why}" for text, why in self.missed[:MOST_MISSED])
        return told + (f"; and {len(self.missed) - MOST_MISSED} more" if len(self.missed) > MOST_MISSED else "")


@dataclass(frozen=True, slots=True)
class Stopped(Deed):
    """A client asked jobs to stop."""


@dataclass(frozen=True, slots=True)
class Finished(Deed):
    """A client ended jobs."""


@dataclass(frozen=True, slots=True)
class Deleted(Deed):
    """A client deleted jobs."""


@dataclass(frozen=True, slots=True)
class Tagged(Deed):
    """A client edited the tags of jobs."""

    add: tuple[str, ...]
    remove: tuple[str, ...]

    def masked(self, masks: Masks) -> Deed:
        """Return the deed without the keys in it."""
        return replace(self, add=masks.value(self.add), remove=masks.value(self.remove), missed=masks.value(self.missed))


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a client, and how it was answered.

    number: 1 for the first. endpoint: its name in the table, or None. params: texts, or lists of texts where a name was repeated. key:
    masked. status: None while the call is being served, and of a call whose client saw none. failure: why it was refused. job_keys: the
    jobs it made or changed. orders: the jobs it asked for. rows: how many the answer has, where that is known before it leaves. why: why
    a listing or a count has found nothing, or why nothing happened to a job that was named; "" if nothing is to be said. headers: those
    of the request, by their names in any case, credentials masked. fault: the number of the fault that took the call, 0 for one that
    exploring tries; failed: what that made of it, as in "reset after the effect"; is_undone: whether it had no effect. time: aware UTC
    datetime, by the fake's clock.
    """

    number: int
    time: datetime
    method: str
    path: str
    endpoint: str | None = None
    params: Mapping[str, str | list[str]] | None = None
    key: str | None = None
    status: int | None = None
    reason: str = ""
    failure: str | None = None
    job_keys: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    deeds: tuple[Deed, ...] = ()
    rows: int | None = None
    why: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    fault: int | None = None
    failed: str = ""
    is_undone: bool = False

    def __str__(self) -> str:
        """One line: number, request, answer."""
        asked = " ".join(f"{_short(name)}={_short(value)}" for name, value in (self.params or {}).items())
        answer = self._answer()
        rows = 0 if self.why and self.endpoint in COUNTS else self.rows
        if rows is not None and self.status is not None:
            answer += f", {rows} {'job' if self.endpoint in OF_JOBS else 'row'}{'' if rows == 1 else 's'}"
        if self.failure and self.failure != self.reason:
            answer += f": {_short(self.failure)}"
        made = f" [{', '.join(self.job_keys[:5])}{', …' if len(self.job_keys) > 5 else ''}]" if self.job_keys else ""
        why = f" ({_short(self.why, 300)})" if self.why else ""
        fault = f" ({named_fault(self.fault)})" if self.fault is not None else ""
        return f"#{self.number} {_short(self.method)} {_short(self.path, 200)}{' ' if asked else ''}{asked} -> {answer}{made}{why}{fault}"

    def _answer(self) -> str:
        if self.status is None:
            return self.failed or "in progress"
        return f"{self.status} {self.reason}{', ' if self.failed else ''}{self.failed}"


def named_fault(number: int | None) -> str:
    """Return a fault as a line names it."""
    return "fault of the schedule" if number == TRIAL else f"fault #{number}"


def quoted_key(text: str) -> str:
    """Return a text that stands where a key belongs, as a line shows it: a key as it is."""
    return text if JobKey.parse(text) is not None else quoted(text, MOST_QUOTED)


def _short(value: object, length: int = 80) -> str:
    """Return a value on one line, cut to a readable length."""
    text = value if isinstance(value, str) and value.isprintable() else ascii(value)
    return text if len(text) <= length else text[: length - 3] + "..."
