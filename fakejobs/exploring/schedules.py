"""What a schedule is: one call of a test, and the way in which it fails; and which of them a recorded run gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from fakejobs.domain.faults import Criteria, FaultRule, When
from fakejobs.domain.faults import Way as Fault

HOLD_S = 1
"""Real seconds for which a call that gets no answer is held."""

Params = tuple[tuple[str, tuple[str, ...]], ...]
"""Parameters by name, in the order of the alphabet, each with all of its texts."""


class Way(str, Enum):
    """How a call fails, in the words of markers."""

    UNAVAILABLE = "503"
    """It is refused with a 503, and nothing has happened."""
    RESET = "reset"
    """The connection is reset, and nothing has happened."""
    LOST = "lost"
    """What it asked for has happened; the connection is reset instead of an answer."""
    GATEWAY = "504"
    """What it asked for has happened; a gateway answers that it has waited too long."""
    CUT = "cut"
    """The answer stops in the middle."""
    TIMEOUT = "timeout"
    """No answer comes, for a second."""

    def __str__(self) -> str:
        return self.value

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)

    def fits(self, call: Seen) -> bool:
        """Say whether it makes sense for a call."""
        if self in (Way.LOST, Way.GATEWAY):
            return call.is_write
        return call.is_listing if self is Way.CUT else True


USUAL = tuple(way for way in Way if way is not Way.TIMEOUT)
"""The ways that explore=True tries."""

_FAULTS = {
    Way.UNAVAILABLE: FaultRule(Fault.STATUS, statuses=(503,)),
    Way.RESET: FaultRule(Fault.RESET),
    Way.LOST: FaultRule(Fault.RESET, when=When.AFTER),
    Way.GATEWAY: FaultRule(Fault.STATUS, statuses=(504,), when=When.AFTER),
    Way.CUT: FaultRule(Fault.CUT),
    Way.TIMEOUT: FaultRule(Fault.TIMEOUT, hold_s=HOLD_S),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that came, as the journal has it. is_listing: whether its answer is made of rows."""

    endpoint: str
    path: str
    params: Params
    is_write: bool = False
    is_listing: bool = False

    @property
    def known_by(self) -> tuple[str, str, Params]:
        """What makes it equal to another one."""
        return self.endpoint, self.path, self.params


@dataclass(frozen=True, slots=True)
class Schedule:
    """One call that fails. path, params: exactly those of the call; None: any. occurrence: 1 for the first call that fits."""

    endpoint: str
    path: str | None
    params: Params | None
    occurrence: int
    way: Way

    @property
    def rule(self) -> FaultRule:
        """The fault that makes it so."""
        params = {name: list(texts) for name, texts in self.params or ()}
        criteria = Criteria(endpoint=self.endpoint, path=self.path, params=params, is_exact=self.params is not None)
        return replace(_FAULTS[self.way], criteria=criteria, after=self.occurrence - 1)


@dataclass(frozen=True, slots=True)
class Planned:
    """A schedule that a recorded run gives. call: which one is to fail. place: 1 for the first call of the run."""

    schedule: Schedule
    call: Seen
    place: int


def plan(calls: Sequence[Seen], ways: Sequence[Way]) -> list[Planned]:
    """Return the schedules of a run, by the order of its calls and then by the ways.

    Of equal calls the first, the second and the last are tried. A schedule names path and parameters only where the calls of an endpoint
    differ in them.
    """
    totals = Counter(call.known_by for call in calls)
    paths = Counter(endpoint for endpoint, _ in {(call.endpoint, call.path) for call in calls})
    params = Counter(endpoint for endpoint, _ in {(call.endpoint, call.params) for call in calls})
    came = Counter[tuple[str, str | None, Params | None]]()
    planned: list[Planned] = []
    for place, call in enumerate(calls, 1):
        came.update((call.endpoint, path, given) for path in (None, call.path) for given in (None, call.params))
        if came[call.known_by] not in (1, 2, totals[call.known_by]):
            continue
        path = call.path if paths[call.endpoint] > 1 else None
        given = call.params if call.params and params[call.endpoint] > 1 else None
        occurrence = came[call.endpoint, path, given]
        tried = [Schedule(call.endpoint, path, given, occurrence, way) for way in ways if way.fits(call)]
        planned += [Planned(schedule, call, place) for schedule in tried]
    return planned
