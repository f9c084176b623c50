"""Comments on the items of jobs: write, edit, archive and read them."""

from __future__ import annotations

from dataclasses import replace

from fakejobs.cloud.realm import Realm
from fakejobs.domain.clock import Millis
from fakejobs.domain.comments import Comment
from fakejobs.domain.keys import JobKey
from fakejobs.errors import IllegalTransition, NotFound, UsageError


class Comments:
    """What can be done with the comments of a cloud."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def add(
        self,
        job: JobKey,
        item: int,
        text: str,
        *,
        field: str | None = None,
        author: str,
        created: Millis | None = None,
        archived: Millis | None = None,
        comment_id: int | None = None,
    ) -> Comment:
        """Put a comment on an item, or on one of its fields, and return it.

        The item need not be there. created: default now. comment_id: default the next. Raises JobNotFound, and UsageError for a
        number that is taken.
        """
        with self._realm.lock:
            self._realm.record(job)
            comments = self._realm.world.comments
            number = comments.next_id() if comment_id is None else comment_id
            if comments.find(number) is not None:
                raise UsageError(f"there is a comment {number} already")
            comment = Comment(
                comment_id=number,
                job=job,
                item=item,
                field=field,
                text=text,
                author=author,
                created=self._realm.now_ms() if created is None else created,
                archived=archived,
            )
            comments.keep(comment)
            return comment

    def get(self, comment_id: int) -> Comment:
        """Return a comment by its number; raises NotFound."""
        with self._realm.lock:
            comment = self._realm.world.comments.find(comment_id)
            if comment is None:
                raise NotFound(f"there is no comment {comment_id}")
            return comment

    def edit(self, comment_id: int, text: str) -> Comment:
        """Give a comment another text, and return it; raises NotFound, and IllegalTransition for one that is archived."""
        with self._realm.lock:
            comment = self.get(comment_id)
            if comment.archived is not None:
                raise IllegalTransition(f"cannot edit comment {comment_id}: it is archived (one that is not can be edited)")
            edited = replace(comment, text=text)
            self._realm.world.comments.keep(edited)
            return edited

    def archive(self, comment_id: int) -> int:
        """Archive a comment, and return how many were not archived before: 1 or 0. Raises NotFound."""
        with self._realm.lock:
            return int(self._realm.world.comments.archive(self.get(comment_id), self._realm.now_ms()))

    def archive_all(self, job: JobKey, item: int, field: str | None) -> int:
        """Archive the comments on a whole item, or those on one of its fields, and return how many were not archived before."""
        with self._realm.lock:
            comments, now = self._realm.world.comments, self._realm.now_ms()
            return sum(comments.archive(comment, now) for comment in self.on(job, item, field))

    def of(self, job: JobKey) -> list[Comment]:
        """Return the comments of a job, archived ones too, in the order of their items and, of one item, of their numbers."""
        with self._realm.lock:
            return self._realm.world.comments.of(job)

    def on(self, job: JobKey, item: int, field: str | None) -> list[Comment]:
        """Return the comments on a whole item, or those on one of its fields, archived ones too."""
        return [comment for comment in self.of(job) if (comment.item, comment.field) == (item, field)]

    def commented_items(self, project: int) -> dict[JobKey, int]:
        """Return, of the jobs of a project, how many items have comments that are not archived; no job that has none."""
        with self._realm.lock:
            jobs = [job for job in self._realm.world.comments.jobs() if job.project_id == project]
            counts = {job: len({found.item for found in self.of(job) if found.archived is None}) for job in jobs}
            return {job: count for job, count in counts.items() if count}
