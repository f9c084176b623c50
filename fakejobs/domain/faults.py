"""What a fault is: in which way calls fail, which calls those are, and how often; and the book of the faults that are declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from random import Random
from typing import NamedTuple

from fakejobs.domain.keys import JobKey

LETS_THROUGH = 200
"""The status in a row of them that lets a call through."""
HOLD_S = 5.0
"""Real seconds that a connection is held, unless it is said otherwise."""
TRIAL = 0
"""The number of a fault that is no part of the world: whoever explores a test has declared it."""


class Way(str, Enum):
    """In which way a call fails, as its client sees it."""

    STATUS = "status"
    """It is answered with a status."""
    RESET = "reset"
    """The connection is reset."""
    CLOSE = "close"
    """The connection ends without a byte."""
    TIMEOUT = "timeout"
    """Nothing comes, and the connection stays."""
    CUT = "cut"
    """The answer stops in the middle, and the connection ends."""
    STALL = "stall"
    """The answer stops in the middle, and the connection stays."""
    GARBAGE = "garbage"
    """What comes is no HTTP."""
    MALFORMED = "malformed"
    """The answer is complete, but its body is not what its type says."""
    SLOW = "slow"
    """The answer comes late, or slowly."""
    REFUSED = "refused"
    """No new connection is accepted."""

    def __str__(self) -> str:
        return self.value

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)


class When(str, Enum):
    """Whether a call that fails has had its effect."""

    BEFORE = "before"
    """Nothing has happened."""
    AFTER = "after"
    """The effect stands, and its answer is lost."""

    def __str__(self) -> str:
        return self.value

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which calls a fault is about; None: any.

    endpoint: its name. path: as the journal has it. params: texts, or None for one that must be absent; others may have come along,
    unless is_exact.
    """

    endpoint: str | None = None
    path: str | None = None
    project: int | None = None
    spider: str | None = None
    job: JobKey | None = None
    params: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A fault as it was declared.

    statuses: for the calls one after the other; 200 lets one through; the last one stays. times: how many calls it takes; None: all,
    until it is removed. after: how many fitting calls it lets through first. is_outage: whether it is tried before those that are none.
    probability: that it takes a fitting call, by `seed` and the call's number. is_strict: whether a test must meet it.
    hold_s, real_delay_s, for_s: real seconds. delay_ms: of the fake's clock. rate: bytes a real second.
    after_rows, after_bytes: of the answer's content, not compressed.
    """

    way: Way
    statuses: tuple[int, ...] = ()
    when: When = When.BEFORE
    criteria: Criteria = Criteria()
    times: int | None = 1
    after: int = 0
    is_outage: bool = False
    retry_after: str | None = None
    body: str | bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    after_rows: int | None = None
    after_bytes: int | None = None
    delay_ms: int | None = None
    real_delay_s: float | None = None
    hold_s: float = HOLD_S
    rate: float | None = None
    for_s: float | None = None
    probability: float | None = None
    seed: int = 0
    is_strict: bool = False

    @property
    def shows_part(self) -> bool:
        """Whether it says how much of an answer comes."""
        return self.after_rows is not None or self.after_bytes is not None

    @property
    def turns(self) -> int | None:
        """How many fitting calls it has a say in: for each status of a row one, and that `times`; None: all."""
        return None if self.times is None else self.times * max(1, len(self.statuses))

    def status(self, turn: int) -> int | None:
        """Return the status for a turn, 0 for the first; None if it fails in another way."""
        return self.statuses[turn % len(self.statuses)] if self.statuses else None

    def strikes(self, call: int) -> bool:
        """Say whether chance lets it take a fitting call, 1 for the first; the same for every run."""
        return self.probability is None or Random(f"{self.seed}:{call}").random() < self.probability


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared fault, and how often it was met.

    calls: that fitted its criteria while it was there. turns: calls that it had a say in. hits: calls that failed by it. is_removed: it
    takes no call any more.
    """

    number: int
    rule: FaultRule
    calls: int = 0
    turns: int = 0
    hits: int = 0
    is_removed: bool = False


class Taken(NamedTuple):
    """A fault that takes a call. status: with which it is to be answered, if its way is a status; LETS_THROUGH: as ever."""

    number: int
    rule: FaultRule
    status: int | None


class FaultBook:
    """The faults of a world, in the order of their numbers; and a trial, which is tried before them, and of which they know nothing."""

    def __init__(self, last: int = 0, faults: Iterable[Declared] = ()) -> None:
        self.in_turn: tuple[int, ...] = ()
        """The numbers of those that may take calls, in the order in which they are tried: a trial, then outages, then the oldest."""
        self._faults = {fault.number: fault for fault in faults}
        self._last = last
        self._sort()

    def declare(self, rule: FaultRule) -> int:
        """Take in a fault and return its number."""
        self._last += 1
        self.put(Declared(self._last, rule))
        return self._last

    def put(self, declared: Declared) -> None:
        """Put a fault in, as it is, or in place of the one with its number."""
        self._faults[declared.number] = declared
        self._last = max(self._last, declared.number)
        self._sort()

    def renumber(self, number: int, other: int) -> None:
        """Give a fault another number, which nobody has."""
        self.put(replace(self._faults.pop(number), number=other))

    def remove(self, number: int) -> None:
        """Let a fault take no call any more; how often it was met stays known."""
        self.put(replace(self._faults[number], is_removed=True))

    def find(self, number: int) -> Declared | None:
        """Return a fault that was declared; None if there is none, or no more."""
        return self._faults.get(number)

    def has_forgotten(self, number: int) -> bool:
        """Say whether there was a fault with a number, of which nothing is known any more."""
        return 0 < number <= self._last and number not in self._faults

    @property
    def is_empty(self) -> bool:
        """Whether no fault was declared."""
        return not self._faults

    def declared(self) -> list[Declared]:
        """Return those that are not removed, in the order of their numbers."""
        return [declared for declared in self.known() if not declared.is_removed]

    def known(self) -> list[Declared]:
        """Return all that were declared, also those that are removed, in the order of their numbers; but no trial."""
        return [self._faults[number] for number in sorted(self._faults) if number != TRIAL]

    def take(self, fits: Callable[[Criteria], bool]) -> Taken | None:
        """Return the first fault that takes a call; each that the call fits has one call more."""
        taken: Taken | None = None
        for number in self.in_turn:
            fault = self._faults[number]
            if fault.rule.way is Way.REFUSED or not fits(fault.rule.criteria):
                continue
            fault = replace(fault, calls=fault.calls + 1)
            if taken is None and _is_due(fault):
                status = fault.rule.status(fault.turns)
                taken = Taken(number, fault.rule, status)
                fault = replace(fault, turns=fault.turns + 1, hits=fault.hits + (status != LETS_THROUGH))
            self._faults[number] = fault
        return taken

    def copy(self) -> FaultBook:
        """Return an independent copy."""
        return FaultBook(self._last, self._faults.values())

    def emptied(self) -> FaultBook:
        """Return a book without faults, whose numbers go on; a trial goes on, too."""
        return FaultBook(self._last, filter(None, [self._faults.get(TRIAL)]))

    def _sort(self) -> None:
        numbers = [fault.number for fault in self._faults.values() if not fault.is_removed]
        self.in_turn = tuple(sorted(numbers, key=lambda number: (number != TRIAL, not self._faults[number].rule.is_outage, number)))


def _is_due(fault: Declared) -> bool:
    rule = fault.rule
    turns = rule.turns
    return fault.calls > rule.after and (turns is None or fault.turns < turns) and rule.strikes(fault.calls)
