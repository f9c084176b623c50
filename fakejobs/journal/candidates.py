"""Candidates: what calls asked for and did, held against what a test wants, and how a miss is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fakejobs.domain.keys import JobKey
from fakejobs.journal.calls import Call, Deed, Order, named_fault
from fakejobs.journal.criteria import Criterion

STATUS = "status of the answer"
"""What the criterion is called that is about a call's answer; no parameter has such a name."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that a call asked for or did, to be held against criteria.

    read: the value of a criterion's field. job: the key that an order got. denied: why it does not count, though it is about what is
    wanted; it is told, and the criterion `job` is not. is_lost: a fault took the call before it could do what is wanted. notes: what else
    is to be said where a criterion of that name misses.
    """

    call: Call
    read: Callable[[str], Any]
    job: str | None = None
    denied: str = ""
    is_lost: bool = False
    notes: Callable[[str], str] = lambda _: ""

    def meets(self, criteria: Sequence[Criterion]) -> bool:
        """Say whether all criteria agree."""
        return not self.denied and all(criterion.agrees(self.read(criterion.name)) for criterion in criteria)

    def distance(self, criteria: Sequence[Criterion]) -> float:
        """Return how far off it is from meeting them all."""
        return sum(criterion.distance(self.read(criterion.name)) for criterion in criteria)

    def explained(self, criteria: Sequence[Criterion]) -> list[str]:
        """Return lines that say which criteria miss and how, which agree, and whether the call was refused."""
        lines = [f"  {self.call}"]
        lines += [f"      {self.denied}"] if self.denied else []
        agreed = []
        for criterion in criteria:
            got = self.read(criterion.name)
            if not criterion.agrees(got):
                lines += [f"      {line}" for line in criterion.misses(got)]
                note = self.notes(criterion.name)
                lines += [f"      {note}"] if note else []
            elif not (self.denied and criterion.name == "job"):
                agreed.append(criterion.name)
        if agreed:
            lines.append(f"      agrees: {', '.join(agreed)}")
        if self.is_lost:
            lines.append(f"      lost: {_lost(self.call)}")
        if self.call.failure and not self.denied:
            failure = f"{self.call.failure}{f' ({self.call.why})' if self.call.why else ''}"
            lines.append(f"      refused: {failure if failure.isprintable() else ascii(failure)}")
        return lines


def of_order(call: Call, order: Order) -> Candidate:
    """Return a job that a call asked for."""

    def note(name: str) -> str:
        """Say which arguments came as repeated fields, as a list does in a form."""
        params = call.params or {}
        several = [arg for arg in order.spider_args if isinstance(params.get(arg), list)] if name == "spider_args" else []
        if not several:
            return ""
        arg, texts = several[0], params[several[0]]
        return f"{arg} came {len(texts)} times, as a list is sent in a form, and the last one counts: send one text, such as JSON"

    return Candidate(call, lambda name: getattr(order, name), order.job, is_lost=call.is_undone, notes=note)


def of_call(call: Call) -> Candidate:
    """Return a call as what it was: its parameters, and the status of its answer."""

    def read(name: str) -> Any:
        return call.status if name == STATUS else (call.params or {}).get(name)

    def note(name: str) -> str:
        """Name the parameter that came under a similar name."""
        params = call.params or {}
        if name in params or name == STATUS:
            return ""
        from difflib import get_close_matches  # only a miss needs it

        near = get_close_matches(name, [*params], n=1)
        return f"it has {near[0]!r}, not {name!r}" if near else ""

    return Candidate(call, read, notes=note)


def of_deed(call: Call, deed: Deed, key: JobKey, standing: Callable[[str], str]) -> Candidate:
    """Return what a call did. key: the job that it is held against. standing: what has become of a job since."""
    denied = dict(deed.missed).get(key)

    def read(name: str) -> Any:
        if name != "job":
            return list(getattr(deed, name))
        if denied is not None or key in deed.jobs:
            return key
        return deed.jobs[0] if len(deed.jobs) == 1 else list(deed.jobs)

    if denied is None:
        return Candidate(call, read)
    return Candidate(call, read, denied=f"the call named {key}, but it {denied}{standing(denied)}")


def of_refusal(call: Call, key: JobKey) -> Candidate:
    """Return a call that was to do something to a job, and was refused, or lost before."""
    told = f"was refused: {call.failure}{f' ({call.why})' if call.why else ''}"
    told = _lost(call) if call.is_undone else told if told.isprintable() else ascii(told)
    return Candidate(call, lambda name: key if name == "job" else None, denied=f"the call named {key}, but {told}")


def _lost(call: Call) -> str:
    return f"{named_fault(call.fault)} took it before it had any effect"


def names(call: Call, key: JobKey) -> bool:
    """Say whether a call names a job, among its parameters or in its path."""
    jobs = (call.params or {}).get("job", ())
    return key in ([jobs] if isinstance(jobs, str) else jobs) or f"/{key}/" in f"{call.path}/"
