"""Comments: what people remark on the items of jobs, on a whole item or on one of its fields."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import JobKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A remark on an item of a job.

    comment_id: 1 for the first of a fake. item: the item's number, from 0 on. field: of which of its fields; None: of all of it.
    author: a login. created, archived: in milliseconds since the epoch; archived is None as long as it is not.
    """

    comment_id: int
    job: JobKey
    item: int
    field: str | None = None
    text: str
    author: str
    created: Millis
    archived: Millis | None = None


class Comments:
    """The comments of all projects."""

    def __init__(self) -> None:
        self._comments: dict[int, Comment] = {}
        self._of_job: dict[JobKey, dict[int, None]] = {}
        self._last_id = 0

    def copy(self) -> Comments:
        """Return an independent copy; the comments, being frozen, are shared."""
        twin = Comments()
        twin._comments, twin._last_id = dict(self._comments), self._last_id
        twin._of_job = {job: dict(ids) for job, ids in self._of_job.items()}
        return twin

    def next_id(self) -> int:
        """Return the number of the next comment."""
        return self._last_id + 1

    def keep(self, comment: Comment) -> None:
        """Keep a comment, in place of the earlier one of its number."""
        self._comments[comment.comment_id] = comment
        self._of_job.setdefault(comment.job, {})[comment.comment_id] = None
        self._last_id = max(self._last_id, comment.comment_id)

    def find(self, comment_id: int) -> Comment | None:
        """Return a comment by its number, if there is one."""
        return self._comments.get(comment_id)

    def of(self, job: JobKey) -> list[Comment]:
        """Return the comments of a job, archived ones too, in the order of their items and, of one item, of their numbers."""
        return sorted((self._comments[number] for number in self._of_job.get(job, ())), key=lambda found: (found.item, found.comment_id))

    def jobs(self) -> list[JobKey]:
        """Return the jobs that have comments, in ascending order."""
        return sorted(self._of_job)

    def forget(self, job: JobKey) -> None:
        """Let go of the comments of a job."""
        for number in self._of_job.pop(job, ()):
            del self._comments[number]

    def archive(self, comment: Comment, now: Millis) -> bool:
        """Archive a comment, and say whether it was not so before."""
        if comment.archived is not None:
            return False
        self.keep(replace(comment, archived=now))
        return True
