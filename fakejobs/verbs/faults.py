"""The verbs on faults: how the platform fails, for which calls, and how often."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from fakejobs.binding import told_verbs
from fakejobs.cloud import Cloud
from fakejobs.domain.faults import HOLD_S, Declared, FaultRule, Way
from fakejobs.errors import UsageError
from fakejobs.nearest import hint
from fakejobs.verbs.fault_rules import in_words, rule_of, shown
from fakejobs.verbs.live import JobLike

P = ParamSpec("P")
T = TypeVar("T")


@told_verbs()
class Fault:
    """A fault that was declared; leaving its `with` removes it."""

    def __init__(self, cloud: Cloud, number: int) -> None:
        self._cloud = cloud
        self._number = number

    @property
    def number(self) -> int:
        """Its number, as the journal names it: 1 for the first."""
        return self._number

    @property
    def hits(self) -> int:
        """How many calls have failed by it."""
        return self._declared.hits

    @property
    def calls(self) -> int:
        """How many calls have fitted it so far, those included that it let through or that another fault took."""
        return self._declared.calls

    def as_data(self) -> dict[str, Any]:
        """Return number, calls, hits, and the arguments that made it, without the keys in them; a body may be bytes."""
        declared = self._declared
        given = shown(declared.rule, self._cloud.keys.masks)
        return {"number": self.number, "calls": declared.calls, "hits": declared.hits, **given}

    def remove(self) -> None:
        """Let it take no call any more, and end at once whatever it holds; removing it again does nothing, nor does it after reset()."""
        if not self._cloud.faults.is_forgotten(self._number):
            self._cloud.faults.remove(self._number)

    @property
    def _declared(self) -> Declared:
        return self._cloud.faults.get(self._number)

    def __enter__(self) -> Fault:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.remove()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and (self._cloud, self._number) == (other._cloud, other._number)

    def __hash__(self) -> int:
        return hash((id(self._cloud), self._number))

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Refuse a name that a fault does not have, with the one that was meant."""
            raise AttributeError(f"a fault has no {name!r}{hint(name, ('number', 'calls', 'hits', 'remove', 'as_data'))}")

    def __repr__(self) -> str:
        words = "forgotten" if self._cloud.faults.is_forgotten(self._number) else in_words(self._declared.rule, self._cloud.keys.masks)
        return f"<Fault #{self._number} {words}>"


class FaultVerbs:
    """Faults."""

    _cloud: Cloud
    _endpoints: Callable[[], Collection[str]]

    def fail(
        self,
        endpoint: str | None = None,
        *,
        status: int | Sequence[int] | None = None,
        error: str | None = None,
        when: str = "before",
        times: int | None = 1,
        after: int = 0,
        project: int | None = None,
        spider: str | None = None,
        job: JobLike | None = None,
        params: Mapping[str, Any] | None = None,
        retry_after: int | str | datetime | None = None,
        body: str | bytes | Mapping[str, Any] | Sequence[Any] | None = None,
        headers: Mapping[str, str] | None = None,
        after_rows: int | None = None,
        after_bytes: int | None = None,
        delay: float | timedelta | None = None,
        real_delay: float | None = None,
        hold: float = HOLD_S,
        rate: float | None = None,
        for_s: float | None = None,
        probability: float | None = None,
        seed: int = 0,
        strict: bool = False,
    ) -> Fault:
        """Let the next calls of an endpoint fail, and return the fault; give `status` or `error`.

        The oldest fault that fits takes a call, one a call. What goes with which error is a table of the page Faults; anything
        else is a UsageError.

        endpoint: its name, such as "jobs/list"; default: any. project, spider, job, params: only calls that name them; spider: also by
        one of its jobs' keys; params: others may come along, None wants one absent.
        status: of the answer; of a row such as [503, 502, 200], each call gets the next one, and 200 lets it through.
        error: "reset", "close", "timeout", "cut", "stall", "garbage", "malformed", "slow" or "refused".
        when: "before": nothing has happened; "after": the effect stands, and its answer is lost.
        times: how many calls fail, or how often a row is gone through; None: all, until remove(). after: so many fitting calls go first.
        retry_after: seconds, a text or an aware datetime. body, headers: of the answer; a mapping or list is written as JSON.
        after_rows, after_bytes: of the answer's content that still come; default: half of its bytes. A row is an element of the array
        that an answer is or holds, a MessagePack value, or else a line, also one that only leads in.
        delay: seconds of the fake's clock, which moves by them; a real clock waits. real_delay, hold: real seconds. rate: bytes a
        real second. for_s: real seconds that connections are refused; default: until remove().
        probability: that a fitting call fails; which ones is decided by seed alone. strict: fail the test if no call met it.
        """
        given = {name: value for name, value in locals().items() if name != "self"}
        return self._declared(rule_of(given, self._endpoints))

    def outage(
        self,
        *,
        status: int | Sequence[int] | None = None,
        error: str | None = None,
        when: str = "before",
        retry_after: int | str | datetime | None = None,
        body: str | bytes | Mapping[str, Any] | Sequence[Any] | None = None,
        headers: Mapping[str, str] | None = None,
        after_rows: int | None = None,
        after_bytes: int | None = None,
        delay: float | timedelta | None = None,
        real_delay: float | None = None,
        hold: float = HOLD_S,
        rate: float | None = None,
        for_s: float | None = None,
    ) -> Fault:
        """Let every call fail from now on, before any other fault is tried, until the `with` is left or remove(); see fail().

        status, error: default: status=503.
        """
        given = {name: value for name, value in locals().items() if name != "self"}
        given["status"] = 503 if status is None and error is None else status
        rest = {"endpoint": None, "times": None, "after": 0, "project": None, "spider": None, "job": None, "params": None}
        return self._declared(rule_of({**rest, "probability": None, "seed": 0, "strict": False, **given}, self._endpoints, is_outage=True))

    @property
    def faults(self) -> list[Fault]:
        """The faults that are declared and not removed, the oldest first."""
        return [Fault(self._cloud, declared.number) for declared in self._cloud.faults.declared()]

    def spared(self) -> AbstractContextManager[None]:
        """Under this `with`, calls are as ever: no fault takes or counts them, whichever thread they come from."""
        return self._cloud.faults.spared()

    def _declared(self, rule: FaultRule) -> Fault:
        return Fault(self._cloud, self._cloud.faults.declare(rule))


def ending_by_itself(verb: Callable[P, T]) -> Callable[P, T]:
    """Make a verb of faults one that refuses no connections for ever: a door that is closed cannot be told to open again."""

    @wraps(verb)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        if kwargs.get("error") == Way.REFUSED and kwargs.get("for_s") is None:
            raise UsageError("error='refused' needs for_s here, in real seconds: who is refused cannot remove the fault")
        return verb(*args, **kwargs)

    return call
