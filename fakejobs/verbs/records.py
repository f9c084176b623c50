"""The verbs on what spiders write: items, logs, requests and samples; and on what people remark on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fakejobs import arguments
from fakejobs.access import DEFAULT_USER
from fakejobs.arguments import job_key
from fakejobs.cloud import Cloud
from fakejobs.domain.comments import Comment
from fakejobs.verbs.live import JobLike, Moment
from fakejobs.verbs.plain_records import encoded, plain_records

Object = Mapping[str, Any]


class RecordVerbs:
    """What spiders write."""

    _cloud: Cloud

    def add_items(self, job: JobLike, items: Iterable[Object]) -> None:
        """Append items, which are JSON objects, to a job; its counter follows, unless it was set. Raises JobNotFound."""
        self._append(job, "items", items)

    def add_logs(self, job: JobLike, logs: Iterable[Any]) -> None:
        """Append log records to a job: texts such as "INFO started", pairs of level and message, or mappings.

        A text that begins with no level is of level INFO; one that begins with a misspelled level in capitals is refused.
        The counters of logs and errors follow, unless they were set. Raises JobNotFound.
        """
        self._append(job, "logs", logs)

    def add_requests(self, job: JobLike, requests: Iterable[Object]) -> None:
        """Append requests, mappings with `url` and maybe status, method, rs, duration, parent, fp, to a job.

        The counter of pages follows, unless it was set. Raises JobNotFound.
        """
        self._append(job, "requests", requests)

    def add_samples(self, job: JobLike, samples: Iterable[Any]) -> None:
        """Append samples, which are lists that begin with a time in milliseconds, to a job. Raises JobNotFound."""
        self._append(job, "samples", samples)

    def items(self, job: JobLike) -> list[dict[str, Any]]:
        """Return a job's items, as clients wrote them."""
        return records_of(self._cloud, job, "items")

    def logs(self, job: JobLike) -> list[dict[str, Any]]:
        """Return a job's log records: time in milliseconds, level as a number, message."""
        return records_of(self._cloud, job, "logs")

    def requests(self, job: JobLike) -> list[dict[str, Any]]:
        """Return the requests that a job recorded."""
        return records_of(self._cloud, job, "requests")

    def samples(self, job: JobLike) -> list[list[Any]]:
        """Return a job's samples."""
        return records_of(self._cloud, job, "samples")

    def add_comment(
        self,
        job: JobLike,
        text: str,
        *,
        item: int,
        field: str | None = None,
        by: str = DEFAULT_USER,
        created_time: Moment = None,
        archived_time: Moment = None,
        comment_id: int | None = None,
    ) -> Comment:
        """Put a comment on an item of a job, as people do, and return it; the job's `comments` lists them.

        item: its number, from 0 on; it need not be there. field: of the item; default: the item as a whole. by: the author's login.
        created_time: default now. archived_time: default None, which is not archived. comment_id: its number; default: the next.

        Raises JobNotFound, and UsageError for a number that is taken.
        """
        return self._cloud.comments.add(
            job_key(job),
            arguments.whole_number("item", item),
            arguments.text("text", text),
            field=arguments.optional_text("field", field),
            author=arguments.text("by", by),
            created=arguments.optional_moment("created_time", created_time),
            archived=arguments.optional_moment("archived_time", archived_time),
            comment_id=None if comment_id is None else arguments.whole_number("comment_id", comment_id, least=1),
        )

    def _append(self, job: JobLike, kind: str, values: Iterable[Any]) -> None:
        key, records = job_key(job), plain_records(kind, values)
        with self._cloud.lock:
            self._cloud.jobs.stored(key)
            self._cloud.records.append(key, kind, encoded(kind, records, self._cloud.now_ms()))


def records_of(cloud: Cloud, job: JobLike, kind: str) -> list[Any]:
    """Return a job's records of a kind as plain Python, in the order of their numbers; none of a job that nobody knows."""
    from fakejobs.cloud.rows import decode_rows  # it loads the codecs, which most tests do without

    key = job_key(job)
    snapshots = cloud.records.read(kind, key.project_id, key.spider_id, key.job_id)
    return [value for snapshot in snapshots for batch in snapshot.beyond(0) for value in decode_rows(batch.cut(0, len(batch.ends)))]
