"""Who lets the calls of one fake fail: asked for each call while faults are declared, and told when they come and go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any

from fakejobs.cloud import Cloud
from fakejobs.domain.faults import LETS_THROUGH, Declared, FaultRule, Way
from fakejobs.sleeping.spans import real_s

if TYPE_CHECKING:
    from fakejobs.faults.injection import Injection
    from fakejobs.faults.waits import Waits
    from fakejobs.listener import Listener
    from fakejobs.web.endpoint import Endpoint
    from fakejobs.web.request import Request
    from fakejobs.web.runner import Entry


MOST_IN_A_ROW = 3_000
"""Calls that may fail in a row by faults that never end, while nothing else happens."""


class Saboteur:
    """The faults of one fake at work.

    end: told what ends the test. listener: gives the fake's, if it has one. is_patient: whether clients may try again for ever, as
    they do in real time, which is theirs.
    """

    def __init__(
        self, cloud: Cloud, end: Callable[[str], object], listener: Callable[[], Listener | None], *, is_patient: bool = False
    ) -> None:
        self._cloud = cloud
        self._end = end
        self._listener = listener
        self._is_patient = is_patient
        self._in_a_row = 0
        self._mark: tuple[int, ...] = ()
        self._waits: Waits | None = None
        self._refusing_until: dict[int, float] = {}
        self._told_unmet: set[int] = set()
        self._kept_unmet: list[str] = []
        cloud.faults.on_end = self._release
        cloud.faults.on_change = self.follow

    def take(self, endpoint: Endpoint[Any], request: Request, entry: Entry, values: Mapping[str, Any]) -> Injection | None:
        """Return the fault that takes a call, if one does."""
        from fakejobs.faults.injection import injected
        from fakejobs.faults.waits import Waits

        if self._waits is None:
            with self._cloud.lock:
                self._waits = self._waits or Waits(self._held_too_long, self._cloud.faults.is_declared)
        taken = injected(self._cloud, self._waits, endpoint, request, entry, values)
        if not self._is_patient:
            self._count(taken)
        return taken

    def start_over(self) -> None:
        """Take note that another test begins."""
        with self._cloud.lock:
            self._in_a_row = 0

    def follow(self) -> None:
        """Let the listener refuse connections for as long as any fault that is declared says, or accept them."""
        with self._cloud.lock:  # in the order in which faults come and go
            listener = self._listener()
            if listener is None:
                return
            now = real_s()
            refusing = {declared.number: declared.rule for declared in self._cloud.faults.declared() if declared.rule.way is Way.REFUSED}
            ends = {number: self._refusing_until.get(number, now + (rule.for_s or inf)) for number, rule in refusing.items()}
            if ends == self._refusing_until:
                return
            self._refusing_until = ends
            left_s = max(ends.values(), default=now) - now
            if left_s > 0:
                listener.refuse(None if left_s == inf else left_s)
            else:
                listener.accept_again()

    def close(self) -> None:
        """End whatever is held."""
        self._release(None)

    def keep_unmet(self) -> None:
        """Keep the faults that a test must meet and no call met: all that were declared are to be forgotten."""
        self._kept_unmet = self.unmet(is_strict=True)

    def unmet(self, *, is_strict: bool = False) -> list[str]:
        """Return the faults that no call met, a line each. is_strict: only those that a test must meet, and each once."""
        kept, self._kept_unmet = (self._kept_unmet, []) if is_strict else ([], self._kept_unmet)
        unmet = [fault for fault in self._cloud.faults.unmet() if fault.rule.way is not Way.REFUSED]
        if is_strict:
            unmet = [fault for fault in unmet if fault.rule.is_strict and fault.number not in self._told_unmet]
            self._told_unmet.update(fault.number for fault in unmet)
        return [*kept, *(self._told_unmet_of(fault) for fault in unmet)]

    # ------------------------------------------------------------ inside

    def _count(self, taken: Injection | None) -> None:
        """Count calls in a row that nothing but endless faults answers; too many end the test, whose code would try again for ever."""
        with self._cloud.lock:
            world = self._cloud.world
            mark = (id(world), world.store.revision, len(world.pacing.rules))
            if taken is None or not taken.is_endless:
                self._in_a_row = 0
                return
            self._in_a_row = self._in_a_row + 1 if mark == self._mark else 1
            self._mark = mark
            if self._in_a_row < MOST_IN_A_ROW:
                return
            self._in_a_row = 0
            fault = self._cloud.faults.get(taken.number)
        times = "" if fault.rule.is_outage else "give times=, as in times=2, or "
        self._end(
            f"{MOST_IN_A_ROW:,} calls in a row failed by fault #{fault.number}, {self._in_words(fault.rule)}, and nothing else happened\n"
            f"  why: it takes every call until it is removed, and the code tries again without end\n"
            f"  write: {times}remove() the fault, as the end of its `with` does"
        )

    def _release(self, number: int | None) -> None:
        if self._waits is not None:
            self._waits.release(number)

    def _held_too_long(self, rule: FaultRule) -> None:
        waited = f"the client waited {rule.hold_s:g} s: it has no time-out, or a longer one (hold=)"
        self._end(f"{waited}\n  fault: {self._in_words(rule)}")

    def _told_unmet_of(self, fault: Declared) -> str:
        named = f"fault #{fault.number}, {self._in_words(fault.rule)}"
        if fault.calls == 0:
            return f"{named}: no call met it"
        fitted = f"{fault.calls} call{'' if fault.calls == 1 else 's'} fitted it"
        rule = fault.rule
        if fault.calls <= rule.after:
            why = f"after={rule.after} lets them through"
        elif fault.turns:
            why = f"the {LETS_THROUGH} in its row let them through"
        else:
            why = f"another fault took them{'' if rule.probability is None else ', or its probability let them through'}"
        return f"{named}: {fitted}, and none failed: {why}"

    def _in_words(self, rule: FaultRule) -> str:
        from fakejobs.verbs.fault_rules import in_words

        return in_words(rule, self._cloud.keys.masks)
