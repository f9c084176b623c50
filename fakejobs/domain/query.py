"""What a listing asks for: filters, order and window.

matches() is pure: it looks at one record and at nothing else. The store may use its indexes to visit fewer records, but
what it yields is always what matches() accepts.
"""

from __future__ import annotations

from dataclasses import dataclass

from .clock import Millis
from .job import JobRecord
from .keys import JobKey
from .lifecycle import JobState

LISTED = (JobState.PENDING, JobState.RUNNING, JobState.FINISHED)
"""The states that a query without states means, in the order in which dash lists them."""
RANK = (*LISTED, JobState.DELETED)
FEW = 64
"""Comparisons of tags that are made one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Which jobs of a project are wanted, and which window of them.

    keys: only these jobs, in this order; None: any job. Texts that are no keys match nothing.
    states: any of these; none given: all but deleted.
    has_tags: at least one of these. lacks_tags: none of these.
    since, until: only jobs whose state changed at or after, and before, these moments.
    by_time: newest change of state first, the states mixed; else state after state in dash's rank. stop: end before this job.
    offset: how many matches to pass over. count: how many to give at most; None: all.
    """

    project: int
    keys: tuple[str, ...] | None = None
    spider: str | None = None
    states: tuple[JobState, ...] = ()
    has_tags: tuple[str, ...] = ()
    lacks_tags: tuple[str, ...] = ()
    since: Millis | None = None
    until: Millis | None = None
    by_time: bool = False
    stop: str | None = None
    offset: int = 0
    count: int | None = None

    @property
    def ranked_states(self) -> tuple[JobState, ...]:
        """The states wanted, in the order in which a listing chains them."""
        return tuple(state for state in RANK if state in self.states) if self.states else LISTED

    @property
    def selects(self) -> bool:
        """Whether anything but the project narrows the query down."""
        return self.keys is not None or self.spider is not None or bool(self.states or self.has_tags or self.lacks_tags)

    def job_keys(self) -> list[JobKey]:
        """Return the keys asked for that spell a key of this project, each once, in the order asked."""
        parsed = (JobKey.parse(text) for text in dict.fromkeys(self.keys or ()))
        return [key for key in parsed if key is not None and key.project_id == self.project]

    def matches(self, record: JobRecord) -> bool:
        """Say whether a record is one of those wanted; the window is not looked at."""
        return (
            record.key.project_id == self.project
            and record.state in (self.states or LISTED)
            and (self.spider is None or record.spider == self.spider)
            and (self.keys is None or record.key in self.keys)
            and (not self.has_tags or _share_one(record.tags, self.has_tags))
            and not (self.lacks_tags and _share_one(record.tags, self.lacks_tags))
            and (self.since is None or record.state_time >= self.since)
            and (self.until is None or record.state_time < self.until)
        )


def _share_one(tags: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Say whether two rows of tags have one in common; sets pay only for long ones."""
    if len(tags) * len(wanted) <= FEW:
        return any(tag in tags for tag in wanted)
    return not set(tags).isdisjoint(wanted)
