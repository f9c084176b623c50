"""The verbs on what clients did: their calls, and what a test claims about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fakejobs.arguments import job_key, listed, optional_number
from fakejobs.cloud import Cloud
from fakejobs.domain.metadata import metadata_of
from fakejobs.errors import UsageError
from fakejobs.journal import Assertions, Call, Journal
from fakejobs.journal.criteria import criteria_of
from fakejobs.verbs.live import Job, JobLike
from fakejobs.verbs.records import records_of

__tracebackhide__ = True
"""pytest shows the line of the test, not ours, as the place of a failure."""

if TYPE_CHECKING:
    from fakejobs.lint.findings import Finding
    from fakejobs.timeline import Timeline


class CallVerbs:
    """What clients did."""

    _cloud: Cloud
    _journal: Journal
    _assertions: Assertions
    _findings: Callable[[], list[Finding]]

    @property
    def calls(self) -> list[Call]:
        """What clients sent, oldest first."""
        return self._journal.calls()

    @property
    def lint(self) -> list[Finding]:
        """What is wrong with the calls although the service says nothing, oldest first; empty with lint="off".

        A Finding has a `code`, a `sentence`, the `call`, and what to send `instead`.
        """
        return self._findings()

    def timeline(self) -> Timeline:
        """Return the lives of all jobs and the calls of clients so far, as data; str() of it is a table, its svg() draws it."""
        from fakejobs.timeline import timeline_of  # loaded only by those who look

        return timeline_of(self._cloud, self.calls)

    def scheduled(
        self,
        spider: Any = ...,
        *,
        project: Any = ...,
        spider_args: Any = ...,
        tags: Any = ...,
        priority: Any = ...,
        units: Any = ...,
        job_settings: Any = ...,
        meta: Any = ...,
        environment: Any = ...,
        cmd_args: Any = ...,
    ) -> list[Job]:
        """Return the jobs that clients scheduled and that meet the criteria, in the order of scheduling.

        A criterion left out is not compared; those given are compared with == to what the client asked for.
        """
        return [Job(self._cloud, key) for key in self._assertions.scheduled(_criteria(locals()))]

    def assert_scheduled(
        self,
        spider: Any = ...,
        *,
        project: Any = ...,
        spider_args: Any = ...,
        tags: Any = ...,
        priority: Any = ...,
        units: Any = ...,
        job_settings: Any = ...,
        meta: Any = ...,
        environment: Any = ...,
        cmd_args: Any = ...,
    ) -> Job:
        """Check that clients scheduled exactly one job that meets the criteria, and return it; see scheduled()."""
        return Job(self._cloud, self._assertions.assert_scheduled(_criteria(locals())))

    def assert_not_scheduled(
        self,
        spider: Any = ...,
        *,
        project: Any = ...,
        spider_args: Any = ...,
        tags: Any = ...,
        priority: Any = ...,
        units: Any = ...,
        job_settings: Any = ...,
        meta: Any = ...,
        environment: Any = ...,
        cmd_args: Any = ...,
    ) -> None:
        """Check that clients scheduled no job that meets the criteria; see scheduled()."""
        self._assertions.assert_not_scheduled(_criteria(locals()))

    def assert_stopped(self, job: JobLike) -> None:
        """Check that a client asked a job to stop."""
        self._assertions.assert_stopped(job_key(job))

    def assert_deleted(self, job: JobLike) -> None:
        """Check that a client deleted a job."""
        self._assertions.assert_deleted(job_key(job))

    def assert_tagged(self, job: JobLike, *, add: Any = ..., remove: Any = ...) -> None:
        """Check that one call of a client added and removed these tags of a job; what is left out is not compared."""
        self._assertions.assert_tagged(job_key(job), add, remove)

    def assert_cancelled(self, job: JobLike) -> None:
        """Check that a client asked a job to stop, over whichever wire; the same as assert_stopped()."""
        self._assertions.assert_stopped(job_key(job))

    def assert_items(self, job: JobLike, items: Sequence[Any]) -> None:
        """Check that a job's items are these, in this order; matchers such as unittest.mock.ANY may stand among them."""
        self._assertions.assert_items(job_key(job), records_of(self._cloud, job, "items"), listed("items", items, "items"))

    def assert_metadata(self, job: JobLike, **fields: Any) -> None:
        """Check that fields of a job's metadata have these values; others may be there. None wants a field absent."""
        self._assertions.assert_metadata(job_key(job), metadata_of(self._cloud.jobs.stored(job_key(job))), fields)

    def assert_called(
        self, endpoint: str, *, params: Mapping[str, Any] | None = None, count: int | None = None, status: int | None = None
    ) -> list[Call]:
        """Check that clients called an endpoint with these parameters, and return those calls.

        endpoint: its name, such as "jobs/list". params: others may have come along; None as a value wants one absent.
        count: exactly so many such calls; default: at least one. status: of the answer, such as 503; default: any.
        """
        return self._assertions.assert_called(endpoint, params, optional_number("count", count), _status(status))

    def assert_not_called(self, endpoint: str, *, params: Mapping[str, Any] | None = None) -> None:
        """Check that clients did not call an endpoint with these parameters; default: not at all. See assert_called()."""
        self._assertions.assert_not_called(endpoint, params)

    def assert_called_in_order(self, *steps: Any) -> list[Call]:
        """Check that clients made these calls one after the other, and return them; others may have come between.

        steps: endpoints, such as "run", "jobs/list"; or an endpoint and parameters, as in ("jobs/list", {"state": "finished"}).
        """
        return self._assertions.assert_called_in_order(steps)


def _status(status: object) -> int | None:
    number = optional_number("status", status)
    if number is not None and not 100 <= number <= 599:
        raise UsageError(f"status={number} is no status of an answer: they go from 100 to 599")
    return number


def _criteria(given: dict[str, Any]) -> Any:
    return criteria_of(**{name: value for name, value in given.items() if name != "self"})
