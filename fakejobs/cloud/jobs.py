"""Jobs: put them into the store, move them through their lives, edit them, list and count them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from sys import intern
from typing import TYPE_CHECKING, Any, TypedDict

from fakejobs.access import DEFAULT_USER
from fakejobs.cloud.life import JOBRUNNER, Life
from fakejobs.cloud.plans import Plans
from fakejobs.cloud.progress import Progress
from fakejobs.cloud.realm import Realm
from fakejobs.cloud.units import Units
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import BIRTH_SIGNATURES, BIRTH_STAMPS, NOTHING, Identity, JobRecord, identity_of, unique_identity, with_tags
from fakejobs.domain.keys import LARGEST, JobKey
from fakejobs.domain.lifecycle import JobEvent, JobState
from fakejobs.domain.metadata import with_metadata, without_metadata
from fakejobs.domain.query import JobQuery
from fakejobs.errors import AlreadyScheduled, UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack


class JobFields(TypedDict, total=False):
    """What a job can be born with besides project and spider: the fields of a JobRecord, in their types."""

    tags: tuple[str, ...]
    priority: int
    units: int
    spider_args: Mapping[str, str]
    job_settings: Mapping[str, Any]
    environment: Mapping[str, Any]
    meta: Mapping[str, Any]
    cmd_args: str | None
    version: str | None
    spider_type: str | None
    unique: str | None
    close_reason: str | None
    cancel_requested: bool
    scheduled_by: str
    started_by: str
    completed_by: str
    cancelled_by: str
    deleted_by: str
    pending_time: Millis
    running_time: Millis
    finished_time: Millis
    deleted_time: Millis
    updated_time: Millis
    touched_time: Millis
    items: int
    pages: int
    errors: int
    logs: int


class Jobs:
    """The jobs of one cloud. What is handed out is frozen; its mappings are not to be written to."""

    def __init__(self, realm: Realm, life: Life, plans: Plans, units: Units, progress: Progress) -> None:
        self._realm = realm
        self._life = life
        self._plans = plans
        self._units = units
        self._progress = progress
        self._none: tuple[tuple[object, ...], str] = (), ""
        """Of which query at which moment it was told last why it finds nothing, and why: clients ask again and again."""

    # ------------------------------------------------------------ births

    def add(
        self,
        project: int,
        spider: str,
        *,
        state: JobState = JobState.PENDING,
        key: JobKey | None = None,
        checked: bool = False,
        by: str | None = None,
        at: Millis | None = None,
        **fields: Unpack[JobFields],
    ) -> JobRecord:
        """Put a job into the store, born in a state, and return it.

        key: a key of its own; default: the next of its spider. checked: refuse it while an equal job is active, or, if it has a
        `unique`, one of the same; a refusal burns a job number. by: the login that causes it. at: when it happens; default now. Of
        the times that are left out only the state's own is stamped, with that. Raises AlreadyScheduled, and UsageError for a key or
        number that is taken.
        """
        spider, born = intern(spider), dict[str, Any](fields)
        if by is not None:
            born.setdefault(BIRTH_SIGNATURES[state], by)
        if "tags" in born:
            born["tags"] = tuple(map(intern, born["tags"]))
        with self._realm.lock:
            moment = self._realm.now_ms() if at is None else at
            born.setdefault(BIRTH_STAMPS[state], moment)
            store, own_key = self._realm.world.store, self._allocate(project, spider, key, moment)
            record = JobRecord(key=own_key, spider=spider, state=state, sequence=store.next_sequence(), **born)
            if checked:
                identity: Identity = record.identity if record.unique is None else unique_identity(project, record.unique)
                twin = store.active_twin(identity)
                if twin is not None:
                    raise AlreadyScheduled(spider, twin, record.unique)
            self._life.born(record, moment)
            return record

    def _allocate(self, project: int, spider: str, wanted: JobKey | None, now: Millis) -> JobKey:
        """Return the key of a new job; its number is given out from now on."""
        store = self._realm.world.store
        if wanted is not None and store.find(wanted) is not None:
            raise UsageError(f"there is a job {wanted} already (without a key, it gets the next number)")
        known = store.find_spider(project, spider)
        number = wanted.job_id if wanted is not None else known.last_job + 1 if known is not None else 1
        if number >= LARGEST:
            raise UsageError(f"job number {number} of spider {spider!r} is too large")
        owner = store.mention(project, spider, None if wanted is None else wanted.spider_id, now)
        owner.last_job = max(owner.last_job, number)
        return JobKey.of(project, owner.spider_id, number)

    def active_twin(self, project: int, spider: str, spider_args: Mapping[str, str], cmd_args: str | None) -> JobKey | None:
        """Return the pending or running job that would refuse such a job, if it were checked; None if none would."""
        with self._realm.lock:
            store = self._realm.world.store
            known = store.find_spider(project, spider)
            return None if known is None else store.active_twin(identity_of(project, known.spider_id, spider_args, cmd_args))

    def burn(self, project: int, spider: str, count: int) -> None:
        """Give out so many numbers of a spider to no job, as so many refusals do."""
        with self._realm.lock:
            known = self._realm.world.store.find_spider(project, spider)
            if known is not None:
                known.last_job = min(known.last_job + count, LARGEST - 1)

    # ------------------------------------------------------------ steps

    def start(self, key: JobKey, *, by: str = JOBRUNNER) -> JobRecord:
        """Start a pending job; raises JobNotFound, IllegalTransition."""
        return self._happen(key, JobEvent.START, by)

    def finish(
        self, key: JobKey, *, close_reason: str | None = None, counters: Mapping[str, int] = NOTHING, by: str = JOBRUNNER
    ) -> JobRecord:
        """End a pending or running job; ending a finished one is accepted. Raises JobNotFound, IllegalTransition.

        close_reason: default `cancelled` if a stop was asked for, else `finished`; "" leaves it unset. counters: those to set.
        """
        return self._happen(key, JobEvent.FINISH, by, close_reason, counters)

    def cancel(self, key: JobKey, *, by: str = DEFAULT_USER) -> JobRecord:
        """Ask a job to stop: a pending one ends at once, a running one runs on. Raises JobNotFound, IllegalTransition."""
        return self._happen(key, JobEvent.CANCEL, by)

    def delete(self, key: JobKey, *, by: str = DEFAULT_USER) -> JobRecord:
        """Delete a finished job; raises JobNotFound, IllegalTransition."""
        return self._happen(key, JobEvent.DELETE, by)

    def start_next(self, project: int | None = None, *, botgroup: str | None = None, by: str = JOBRUNNER) -> JobRecord | None:
        """Start the pending job whose turn it is, of one project or of all, and return it; None if none is pending.

        Higher priority first, then the oldest; one that finds no free units in its project blocks those behind it.
        botgroup: only of the jobs whose metadata name this group.
        """
        with self._realm.lock:
            blocked: set[int] = set()
            for record in self._realm.world.store.pending_in_turn(project):
                if botgroup in (None, record.meta.get("botgroup")) and record.key.project_id not in blocked:
                    if self._units.fits(record):
                        return self.start(record.key, by=by)
                    blocked.add(record.key.project_id)
            return None

    def _happen(
        self, key: JobKey, event: JobEvent, by: str, close_reason: str | None = None, counters: Mapping[str, int] = NOTHING
    ) -> JobRecord:
        with self._realm.lock:
            return self._life.happen(key, event, self._realm.now_ms(), close_reason, by=by, counters=counters)

    # ------------------------------------------------------------ edits

    def update_metadata(self, key: JobKey, fields: Mapping[str, Any]) -> None:
        """Merge fields into a job's metadata; raises JobNotFound, and InvalidValue for a known field of another type."""
        with self._realm.lock:
            before = self._realm.record(key)
            after = with_metadata(before, fields)
            self._realm.world.store.put(after)
            self._plans.edited(before, after)

    def delete_metadata(self, key: JobKey, name: str) -> None:
        """Remove a field from a job's metadata; one that is not there, or that every job has, is left as it is."""
        with self._realm.lock:
            self._realm.world.store.put(without_metadata(self._realm.record(key), name))

    def update_tags(self, key: JobKey, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
        """Remove and add tags of a job; an added tag stands at the end, and once. Raises JobNotFound."""
        with self._realm.lock:
            self._realm.world.store.put(with_tags(self._realm.record(key), add, remove, self._realm.now_ms()))

    # ------------------------------------------------------------ reading

    def find(self, key: str) -> JobRecord | None:
        """Return a job as it looks now, also a deleted one, or None."""
        with self._realm.lock:
            record = self._realm.world.store.find(key)
            return None if record is None else self._progress.shown(record)

    def get(self, key: JobKey) -> JobRecord:
        """Return a job as it looks now, also a deleted one; raises JobNotFound."""
        with self._realm.lock:
            return self._progress.shown(self._realm.record(key))

    def stored(self, key: JobKey) -> JobRecord:
        """Return a job as it was last written down, without what its script has come to since; raises JobNotFound."""
        with self._realm.lock:
            return self._realm.record(key)

    def select(self, query: JobQuery) -> tuple[list[JobRecord], Millis]:
        """Return the records that a query wants, as they look now, and the moment of the reading."""
        with self._realm.lock:
            return [self._progress.shown(record) for record in self._realm.world.store.select(query)], self._realm.now_ms()

    def keys(self, queries: Iterable[JobQuery]) -> list[JobKey]:
        """Return the keys of the jobs that several queries want, newest change of state first; what has come since is not worked out."""
        with self._realm.lock:
            found = [record for query in queries for record in self._realm.world.store.select(query)]
        found.sort(key=lambda record: (record.state_time, record.sequence), reverse=True)
        return [record.key for record in found]

    def count(self, query: JobQuery) -> int:
        """Return how many records a query matches, whatever its window."""
        with self._realm.lock:
            return self._realm.world.store.count(query)

    def why_none(self, query: JobQuery) -> str:
        """Return why a query finds nothing, as a clause; "" if it cannot be told."""
        from fakejobs.cloud.absence import why_none  # loaded only where an answer is empty

        with self._realm.lock:
            world = self._realm.world
            asked = (query, id(world), world.store.revision)
            if self._none[0] != asked:
                self._none = asked, why_none(world, query)
            return self._none[1]

    def passed_over(self, query: JobQuery, taken: Collection[str], rule: str = "") -> tuple[tuple[str, str], ...]:
        """Return the jobs that a query names and that were not taken, each with why, as in `is deleted`.

        taken: the keys of those that were. rule: what to add where a job is in the wrong state.
        """
        from fakejobs.cloud.absence import passed_over

        with self._realm.lock:
            return passed_over(self._realm.world, query, taken, rule)

    def pending_in_turn(self, project: int | None = None) -> list[JobRecord]:
        """Return the pending jobs of one project or of all, in the order in which they will be started."""
        with self._realm.lock:
            return list(self._realm.world.store.pending_in_turn(project))

    def last_finished(self, project: int, spider_id: int) -> JobRecord | None:
        """Return the job of a spider that finished last, if any did."""
        with self._realm.lock:
            return self._realm.world.store.last_finished(project, spider_id)
