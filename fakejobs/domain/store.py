"""The store: every record once, and the indexes that make a listing cost its page.

`_records` is the truth. An index is a sorted list of (state time, sequence, key) for one of (project, state),
(project, spider id, state) and (project, tag, state); the state is in every index, so that one old running job among
many finished ones is found at once. A query walks the smallest index that fits and stops at its window. Active jobs
are also kept by identity, for the duplicate check, and pending ones in the order in which they will be started; their
units are counted. put() and forget() are the only writers, and check()
derives everything anew.

The store does not lock: whoever holds it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import merge
from itertools import groupby, islice, takewhile
from typing import Any, Union

from sortedcontainers import SortedList

from .clock import Millis
from .job import UNITS, Identity, JobRecord
from .keys import JobKey
from .lifecycle import JobState
from .projects import UNDATED, Project, Spider
from .query import JobQuery

MOST_NAMED = 5
"""Projects or spiders that are named where a job is not found."""

Entry = tuple[int, int, JobKey]
Turn = tuple[int, int, int, JobKey]
"""(minus priority, pending time, sequence, key): the smallest is started next."""
IndexKey = Union["tuple[int, JobState]", "tuple[int, int, JobState]", "tuple[int, str, JobState]"]


class JobStore:
    """The jobs and projects of one fake."""

    def __init__(self) -> None:
        self.projects: dict[int, Project] = {}
        self._records: dict[JobKey, JobRecord] = {}
        self._indexes: dict[IndexKey, SortedList[Entry]] = {}
        self._active: dict[Identity, dict[JobKey, None]] = {}
        self._queues: dict[int, SortedList[Turn]] = {}
        self._units: Counter[tuple[int, JobState, int]] = Counter()
        self._sequence = 0
        self.revision = 0
        """Grows with everything that is written."""

    def copy(self) -> JobStore:
        """Return an independent copy; the records, being frozen, are shared."""
        twin = JobStore()
        twin.projects = {number: project.copy() for number, project in self.projects.items()}
        twin._records = dict(self._records)
        twin._indexes = {key: index.copy() for key, index in self._indexes.items()}
        twin._active = {identity: dict(keys) for identity, keys in self._active.items()}
        twin._queues = {project: queue.copy() for project, queue in self._queues.items()}
        twin._units = self._units.copy()
        twin._sequence, twin.revision = self._sequence, self.revision
        return twin

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[JobRecord]:
        """Iterate over all records, deleted ones too, in the order of their last change of state."""
        return iter(sorted(self._records.values(), key=lambda record: record.sequence))

    def add_project(self, project_id: int) -> None:
        """Make a project known."""
        self.projects.setdefault(project_id, Project(project_id))

    def mention(self, project_id: int, name: str, spider_id: int | None = None, now: Millis = UNDATED) -> Spider:
        """Return a spider, making it and its project known if they were not; see Project.mention."""
        project = self.projects.get(project_id) or Project(project_id)
        spider = project.mention(name, spider_id, now)
        self.projects[project_id] = project
        return spider

    def find_spider(self, project_id: int, name: str) -> Spider | None:
        """Return a spider by its name, if it was ever mentioned."""
        project = self.projects.get(project_id)
        return project.find(name) if project else None

    def next_sequence(self) -> int:
        """Return the number of the next change of state."""
        self._sequence += 1
        return self._sequence

    def find(self, key: str) -> JobRecord | None:
        """Return the record of a job, if there is one."""
        return self._records.get(key)  # type: ignore[call-overload, no-any-return]  # a JobKey hashes as its text

    def around(self, key: JobKey) -> str:
        """Return what there is where no job of this key is: the projects with jobs, the project's spiders, or the spider's last job."""
        project = self.projects.get(key.project_id)
        spiders = [] if project is None else [spider for spider in project if spider.last_job]
        if not spiders:
            others = [str(number) for number, other in sorted(self.projects.items()) if any(spider.last_job for spider in other)]
            return f"project {key.project_id} has no jobs, {_listed(others, 'project')}" if others else "there are no jobs at all"
        spider = next((spider for spider in spiders if spider.spider_id == key.spider_id), None)
        if spider is None:
            known = [f"{spider.spider_id} ({spider.name})" for spider in sorted(spiders, key=lambda spider: spider.spider_id)]
            return f"no spider {key.spider_id} of project {key.project_id} has jobs, {_listed(known, 'spider')}"
        last = JobKey.of(key.project_id, spider.spider_id, spider.last_job)
        return f"the last job of {spider.name!r} is {last}" if spider.last_job < key.job_id else "its number was given out, but to no job"

    def active_twin(self, identity: Identity) -> JobKey | None:
        """Return the key of a pending or running job of this identity, if there is one."""
        twins = self._active.get(identity)
        return next(iter(twins)) if twins else None

    def tags(self, project_id: int) -> list[str]:
        """Return the tags that jobs of a project have, deleted ones too, in the order in which they came up."""
        keys = ((key[1], index) for key, index in self._indexes.items() if len(key) == 3 and key[0] == project_id and index)
        return list(dict.fromkeys(name for name, _ in keys if isinstance(name, str)))

    def pending_in_turn(self, project: int | None = None) -> Iterator[JobRecord]:
        """Yield the pending jobs of one project or of all, in the order of their turn: highest priority, then oldest."""
        queues = self._queues.values() if project is None else [self._queues.get(project, ())]
        return (self._records[turn[-1]] for turn in merge(*queues))

    def running(self, project: int) -> Iterator[JobRecord]:
        """Yield the running jobs of a project."""
        return (self._records[entry[-1]] for entry in self._indexes.get((project, JobState.RUNNING), ()))

    def units_running(self, project: int) -> int:
        """Return how many units the running jobs of a project take."""
        return sum(units * self._units[project, JobState.RUNNING, units] for units in UNITS)

    def largest_pending(self, project: int) -> int | None:
        """Return the most units that a pending job of a project wants; None if none is pending."""
        return max((units for units in UNITS if self._units[project, JobState.PENDING, units]), default=None)

    def last_finished(self, project: int, spider_id: int) -> JobRecord | None:
        """Return the job of a spider that finished last, if any did."""
        index = self._indexes.get((project, spider_id, JobState.FINISHED))
        return self._records[index[-1][-1]] if index else None

    def put(self, record: JobRecord) -> None:
        """Keep a record in place of the job's earlier one."""
        self.revision += 1
        before = self._records.get(record.key)
        self._records[record.key] = record
        self._reindex(before, record)

    def forget(self, key: JobKey) -> None:
        """Let go of the record of a job that is over; its number stays taken."""
        record = self._records[key]
        if record.is_active:
            raise AssertionError(f"{key} is {record.state}, and not over")
        self.revision += 1
        self._unlist(_index_keys(record), record)
        del self._records[key]

    def over(self) -> int:
        """Count the finished and the deleted jobs."""
        return sum(map(len, self._indexes_of_over()))

    def oldest_over(self) -> JobKey:
        """Return which finished or deleted job came first into its state; there is one."""
        return min(index[0] for index in self._indexes_of_over())[-1]

    def _indexes_of_over(self) -> list[SortedList[Entry]]:
        keys = ((project, state) for project in self.projects for state in (JobState.FINISHED, JobState.DELETED))
        return [index for index in map(self._indexes.get, keys) if index]

    def select(self, query: JobQuery) -> Iterator[JobRecord]:
        """Yield the records that a query wants, in its order and within its window.

        With keys: in the order asked. Else newest change of state first: state after state in dash's rank, or all mixed.
        """
        matching = self._matching(query)
        if query.stop is not None:
            matching = takewhile(lambda record: record.key != query.stop, matching)
        return islice(matching, query.offset, None if query.count is None else query.offset + query.count)

    def count(self, query: JobQuery) -> int:
        """Return how many records a query matches, whatever its window.

        One filter besides state and time is counted from its index alone; several are counted job by job.
        """
        filters = (query.spider is not None) + len(set(query.has_tags)) + len(set(query.lacks_tags))
        if query.keys is not None or query.stop is not None or filters > 1:
            return sum(1 for _ in self._matching(replace(query, stop=None)))
        total = 0
        for state in query.ranked_states:
            lists = self._smallest(query, state)
            total += sum(_span(index, query) for index in lists)
            for tag in query.lacks_tags[:1]:
                total -= _span(self._indexes.get((query.project, tag, state)), query)
        return total

    def check(self) -> None:
        """Derive every index anew and raise AssertionError if one does not agree with the records."""
        indexes: dict[IndexKey, list[Entry]] = {}
        active: dict[Identity, set[JobKey]] = {}
        queues: dict[int, list[Turn]] = {}
        units: Counter[tuple[int, JobState, int]] = Counter()
        for key, record in self._records.items():
            spider = self.projects[key.project_id].find(record.spider)
            _agree("key", key, record.key)
            if spider is None:
                raise AssertionError(f"the store does not know the spider of {record}")
            _agree(f"number of the spider of {key}", spider.spider_id, key.spider_id)
            _agree(f"last job of the spider of {key}, or a later one", max(spider.last_job, key.job_id), spider.last_job)
            for index_key in _index_keys(record):
                indexes.setdefault(index_key, []).append(_entry(record))
            if record.is_active:
                for identity in record.identities:
                    active.setdefault(identity, set()).add(key)
                units[_units_key(record)] += 1
            if record.state is JobState.PENDING:
                queues.setdefault(key.project_id, []).append(_turn(record))
        _agree("indexes", {key: list(index) for key, index in self._indexes.items()}, {key: sorted(rows) for key, rows in indexes.items()})
        _agree("active jobs", {identity: set(keys) for identity, keys in self._active.items()}, active)
        _agree(
            "queues", {project: list(queue) for project, queue in self._queues.items() if queue}, {p: sorted(q) for p, q in queues.items()}
        )
        _agree("units", +self._units, units)
        sequences = [record.sequence for record in self._records.values()]
        _agree("sequences", len(set(sequences)), len(sequences))
        _agree("last sequence", max(self._sequence, *sequences, 0), self._sequence)

    def _matching(self, query: JobQuery) -> Iterator[JobRecord]:
        if query.keys is not None:
            asked = (self._records.get(key) for key in query.job_keys())
            filters = replace(query, keys=None)  # each of these is one of the keys; looking it up among them again would cost their number
            yield from (record for record in asked if record is not None and filters.matches(record))
            return
        groups = [self._smallest(query, state) for state in query.ranked_states]
        if query.by_time:
            groups = [[index for group in groups for index in group]]
        for indexes in groups:
            for _, _, key in _newest_first(indexes, query):
                record = self._records[key]
                if query.matches(record):
                    yield record

    def _smallest(self, query: JobQuery, state: JobState) -> list[SortedList[Entry]]:
        """Return the indexes whose union holds every match in a state, and is the smallest such union."""
        wanted: list[list[IndexKey]] = [[(query.project, state)]]
        if query.spider is not None:
            spider = self.find_spider(query.project, query.spider)
            wanted.append([(query.project, spider.spider_id, state)] if spider else [])
        if query.has_tags:
            wanted.append([(query.project, tag, state) for tag in dict.fromkeys(query.has_tags)])
        choices = [[self._indexes[key] for key in keys if key in self._indexes] for keys in wanted]
        return min(choices, key=lambda indexes: sum(map(len, indexes)))

    def _reindex(self, before: JobRecord | None, after: JobRecord) -> None:
        old = set() if before is None else set(_index_keys(before))
        new = set(_index_keys(after))
        if before is not None and (before.state is not after.state or _entry(before) != _entry(after)):
            self._unlist(old, before)
            old = set()
        elif before is not None:
            self._unlist(old - new, before)
        entry = _entry(after)
        for key in new - old:
            index = self._indexes.get(key)
            if index is None:
                index = self._indexes[key] = SortedList()
            index.add(entry)
        self._reidentify(before, after)

    def _unlist(self, keys: Iterable[IndexKey], record: JobRecord) -> None:
        entry = _entry(record)
        for key in keys:
            index = self._indexes[key]
            index.remove(entry)
            if not index:
                del self._indexes[key]

    def _reidentify(self, before: JobRecord | None, after: JobRecord) -> None:
        if before is not None and before.is_active:
            for identity in before.identities:
                twins = self._active[identity]
                del twins[before.key]
                if not twins:
                    del self._active[identity]
            self._units[_units_key(before)] -= 1
        if after.is_active:
            for identity in after.identities:
                self._active.setdefault(identity, {})[after.key] = None
            self._units[_units_key(after)] += 1
        if before is not None and before.state is JobState.PENDING:
            self._queues[before.key.project_id].remove(_turn(before))
        if after.state is JobState.PENDING:
            queue = self._queues.get(after.key.project_id)
            if queue is None:
                queue = self._queues[after.key.project_id] = SortedList()
            queue.add(_turn(after))


def _listed(names: list[str], what: str) -> str:
    """Return which of several things have jobs, as the end of a sentence."""
    some = f"{', '.join(names[:MOST_NAMED])}{' ...' if len(names) > MOST_NAMED else ''}"
    return f"{what} {some} has" if len(names) == 1 else f"{what}s {some} have"


def _agree(what: str, kept: object, derived: object) -> None:
    """Raise AssertionError, also under `python -O`, if what is kept is not what follows from the records."""
    if kept != derived:
        raise AssertionError(f"{what} of the store: {kept!r}, but of its records: {derived!r}")


def _entry(record: JobRecord) -> Entry:
    return record.state_time, record.sequence, record.key


def _turn(record: JobRecord) -> Turn:
    return -record.priority, record.state_time, record.sequence, record.key


def _units_key(record: JobRecord) -> tuple[int, JobState, int]:
    return record.key.project_id, record.state, record.units


def _index_keys(record: JobRecord) -> list[IndexKey]:
    project, spider, state = record.key.project_id, record.key.spider_id, record.state
    tags: list[IndexKey] = [(project, tag, state) for tag in record.tags]
    return [(project, state), (project, spider, state), *tags]


def _newest_first(indexes: list[SortedList[Entry]], query: JobQuery) -> Iterator[Entry]:
    """Merge indexes, newest entry first and each entry once, within the query's span of time."""
    if query.since is None and query.until is None:
        walks = [reversed(index) for index in indexes]
    else:
        walks = [index.irange(*_bounds(query), inclusive=(True, False), reverse=True) for index in indexes]
    if len(walks) == 1:
        return walks[0]
    return (entry for entry, _ in groupby(merge(*walks, reverse=True)))


def _bounds(query: JobQuery) -> tuple[Any, Any]:
    """Return the smallest entry within a query's span of time, and the smallest beyond it; None where it is open."""
    return (None if query.since is None else (query.since,)), (None if query.until is None else (query.until,))


def _span(index: SortedList[Entry] | None, query: JobQuery) -> int:
    """Count the entries of an index within a query's span of time."""
    if index is None:
        return 0
    start, end = _bounds(query)
    first = 0 if start is None else index.bisect_left(start)
    last = len(index) if end is None else index.bisect_left(end)
    return max(0, last - first)
