"""Faults: those that are declared, which calls they fit, and what ends when one of them does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fakejobs.cloud.realm import Realm
from fakejobs.domain.faults import TRIAL, Criteria, Declared, FaultBook, FaultRule, Taken
from fakejobs.domain.keys import LARGEST, JobKey
from fakejobs.errors import UsageError

MAX_DIGITS = len(str(LARGEST))


@dataclass(frozen=True, slots=True)
class Called:
    """A call, as criteria look at it.

    path: as the journal has it. params: those that came, without the values in the path; these are `in_path`. rows: gives the objects in
    a body that is no form.
    """

    endpoint: str
    path: str
    params: Mapping[str, Sequence[str]]
    in_path: Mapping[str, Any]
    rows: Callable[[], Iterable[Mapping[str, Any]]]


class Faults:
    """The faults of one cloud."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._spared = 0
        self.on_end: Callable[[int], None] | None = None
        """Told of a fault that takes no call any more: what waits for it is over."""
        self.on_change: Callable[[], None] | None = None
        """Told that faults have been declared or removed."""

    @property
    def _book(self) -> FaultBook:
        return self._realm.world.faults

    @property
    def concern_calls(self) -> bool:
        """Whether calls may be taken, or are spared."""
        return bool(self._realm.world.faults.in_turn or self._spared)

    @property
    def is_sparing(self) -> bool:
        """Whether calls are spared now."""
        return self._spared > 0

    def declare(self, rule: FaultRule) -> int:
        """Take in a fault and return its number."""
        with self._realm.lock:
            number = self._book.declare(rule)
        self.changed()
        return number

    def remove(self, number: int) -> None:
        """Let a fault take no call any more, and end what waits for it; removing it again does nothing. Raises UsageError."""
        with self._realm.lock:
            if self.get(number).is_removed:
                return
            self._book.remove(number)
        self._end([number])
        self.changed()

    @contextmanager
    def on_trial(self, rule: FaultRule) -> Iterator[None]:
        """Under this `with` a fault is tried that no verb shows: it is found, as TRIAL, by its number alone, and reset() lets it be."""
        with self._realm.lock:
            self._book.put(Declared(TRIAL, rule))
        try:
            yield
        finally:
            self.remove(TRIAL)

    def is_forgotten(self, number: int) -> bool:
        """Say whether a fault was declared and is known no more, as after reset()."""
        with self._realm.lock:
            return self._book.has_forgotten(number)

    def end_all(self) -> None:
        """End what waits for any fault."""
        with self._realm.lock:
            numbers = [declared.number for declared in self._book.declared()]
        self._end(numbers)

    def changed(self) -> None:
        """Take note that faults have come or gone."""
        if self.on_change is not None:
            self.on_change()

    def get(self, number: int) -> Declared:
        """Return a fault by its number, also one that was removed; raises UsageError if there is none, or no more."""
        with self._realm.lock:
            found, is_forgotten = self._book.find(number), self._book.has_forgotten(number)
        if is_forgotten:
            raise UsageError(f"fault #{number} is forgotten: reset() forgets all of them, and how often they were met")
        if found is None:
            known = ", ".join(f"#{declared.number}" for declared in self.declared())
            raise UsageError(f"there is no fault #{number} ({f'there are {known}' if known else 'none is declared'})")
        return found

    def is_declared(self, number: int) -> bool:
        """Say whether there is a fault with a number that was not removed."""
        with self._realm.lock:
            found = self._book.find(number)
            return found is not None and not found.is_removed

    def put_back(self, number: int, *, calls: int, turns: int, hits: int) -> None:
        """Let the fault that was declared last have a number and these counts; raises UsageError if there is none, or if another has it."""
        with self._realm.lock:
            declared = self._book.declared()
            if not declared:
                raise UsageError("no fault is declared")
            if number != declared[-1].number and self._book.find(number) is not None:
                raise UsageError(f"there is a fault #{number} already")
            self._book.renumber(declared[-1].number, number)
            self._book.put(Declared(number, declared[-1].rule, calls, turns, hits))

    def counts(self, number: int) -> tuple[int, int]:
        """Return how many calls fitted a fault, and how many of them failed by it."""
        found = self.get(number)
        return found.calls, found.hits

    def declared(self) -> list[Declared]:
        """Return the faults that are declared and not removed, the oldest first."""
        with self._realm.lock:
            return self._book.declared()

    def unmet(self) -> list[Declared]:
        """Return the faults that no call met, also those that are removed; where none was declared, nothing that is due happens."""
        if self._book.is_empty:
            return []
        with self._realm.lock:
            return [declared for declared in self._book.known() if not declared.hits]

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Under this `with` no fault takes or counts a call."""
        with self._realm.lock:
            self._spared += 1
        try:
            yield
        finally:
            with self._realm.lock:
                self._spared -= 1

    def take(self, called: Called) -> Taken | None:
        """Return the fault that takes a call, if one does; each that the call fits has one call more."""
        with self._realm.lock:
            if self._spared:
                return None
            return self._book.take(self._fitting(called))

    # ------------------------------------------------------------ inside

    def _end(self, numbers: Iterable[int]) -> None:
        if self.on_end is not None:
            for number in numbers:
                self.on_end(number)

    def _fitting(self, called: Called) -> Callable[[Criteria], bool]:
        """Return what says whether criteria fit a call; what the call is about is found out once, where criteria ask for it."""
        subject: _Subject | None = None

        def fits(criteria: Criteria) -> bool:
            nonlocal subject
            if not _is_asked(criteria, called):
                return False
            if (criteria.project, criteria.spider, criteria.job) == (None, None, None):
                return True
            if subject is None:
                subject = _Subject.of(called)
            return self._is_about(criteria, subject)

        return fits

    def _is_about(self, criteria: Criteria, subject: _Subject) -> bool:
        return (
            (criteria.project is None or criteria.project in subject.projects)
            and (criteria.job is None or criteria.job in subject.jobs)
            and (criteria.spider is None or criteria.spider in subject.spiders or criteria.spider in self._names(subject))
        )

    def _names(self, subject: _Subject) -> set[str]:
        """Return the names of the spiders that a call names by their numbers."""
        projects = self._realm.world.store.projects
        numbers = {(key.project_id, key.spider_id) for key in subject.jobs}
        numbers |= {(project, number) for project in subject.projects for number in subject.numbers}
        found = ((projects[project].find_id(number)) for project, number in numbers if project in projects)
        return {spider.name for spider in found if spider is not None}


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a call is about: the projects, spiders and jobs that it names. spiders: by their names; numbers: by their numbers."""

    projects: frozenset[int]
    spiders: frozenset[str]
    numbers: frozenset[int]
    jobs: frozenset[JobKey]

    @classmethod
    def of(cls, called: Called) -> _Subject:
        in_path = {name: str(value) for name, value in called.in_path.items()}
        texts = {**called.params, **{name: [text] for name, text in in_path.items()}}
        jobs = [text for name in ("job", "key", "_key") for text in texts.get(name, ())]
        if all(part in texts for part in ("project", "spider", "job")):
            jobs.append("/".join(texts[part][-1] for part in ("project", "spider", "job")))
        rows = [] if "job" in in_path else list(called.rows())  # what is sent to one job may speak of anything
        jobs += [row[name] for row in rows for name in ("key", "job", "_key") if isinstance(row.get(name), str)]
        keys = frozenset(key for key in map(JobKey.parse, jobs) if key is not None)
        spiders = [*called.params.get("spider", ()), *(str(row["spider"]) for row in rows if "spider" in row)]
        numbers = [*called.params.get("jobq_id", ()), in_path.get("spider", "")]
        projects = _numbers(texts.get("project", ())) | {key.project_id for key in keys}
        return cls(projects, frozenset(spiders), _numbers(numbers), keys)


def _is_asked(criteria: Criteria, called: Called) -> bool:
    """Say whether a call asks what criteria want: its endpoint, path and parameters."""
    if criteria.endpoint not in (None, called.endpoint) or criteria.path not in (None, called.path):
        return False
    if criteria.params and not all(_is_param(wanted, called.params.get(name)) for name, wanted in criteria.params.items()):
        return False
    return not criteria.is_exact or called.params.keys() <= criteria.params.keys()


def _numbers(texts: Iterable[str]) -> frozenset[int]:
    return frozenset(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS)


def _is_param(wanted: Sequence[str] | None, texts: Sequence[str] | None) -> bool:
    return texts is None if wanted is None else texts is not None and list(wanted) == list(texts)
