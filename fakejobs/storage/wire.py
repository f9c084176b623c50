"""How storage lets callers in: by API key, or, for a running job's own data, by the job's token."""

from __future__ import annotations

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.cloud.keys import is_job_login
from fakejobs.errors import FakeJobsError, ProjectDenied, Unauthenticated
from fakejobs.storage.errors import queue_answer, queue_refusal, records_answer, records_refusal
from fakejobs.web.endpoint import Headers, Reply
from fakejobs.web.params import number
from fakejobs.web.request import Params, Request
from fakejobs.web.runner import standard_reason


class StorageWire:
    """What the two wires of storage share: keys and tokens."""

    base = ""
    headers: Headers = (("Access-Control-Allow-Origin", "*"),)

    def authenticate(self, cloud: Cloud, request: Request) -> Account:
        """Return whom the request's key or job token belongs to; raises Unauthenticated."""
        user, password = request.basic or ("", "")
        account = cloud.keys.job_account(user, password) if is_job_login(user, password) else cloud.keys.account(request.key or "")
        if account is None:
            raise Unauthenticated
        return account

    def scope(self, account: Account, given: Params) -> None:
        """Check that the path's project is a number and open to the account, and its job the token's own, if it is a token."""
        project = number("project", given["project"][-1])
        if not account.may_use(project):
            raise ProjectDenied(account.user, project)
        if account.job is not None and account.job != "/".join(given.get(part, [""])[-1] for part in ("project", "spider", "job")):
            raise Unauthenticated


class QueueWire(StorageWire):
    """The family of /jobq and /jobs."""

    name = "queue"
    prefixes: tuple[str, ...] = ("/jobq", "/jobs", "/ids", "/spiders", "/projects", "/botgroups")
    slash_at_end = False

    def refuse(self, error: FakeJobsError) -> Reply:
        """Return the queue's answer to an error."""
        return queue_answer(error)

    def fail(self, status: int) -> Reply:
        """Return the queue's refusal with a status that a fault asks for."""
        return queue_refusal(status)

    def reason(self, status: int) -> str:
        """Return the standard phrase, in capitals for a refusal."""
        return standard_reason(status).upper() if status >= 400 else standard_reason(status)


class RecordsWire(StorageWire):
    """The family of /items and /collections."""

    name = "records"
    prefixes: tuple[str, ...] = ("/items", "/logs", "/requests", "/samples", "/collections", "/hcf", "/activity", "/system")
    slash_at_end = True

    def refuse(self, error: FakeJobsError) -> Reply:
        """Return the records' answer to an error."""
        return records_answer(error)

    def fail(self, status: int) -> Reply:
        """Return the records' refusal with a status that a fault asks for: a line of text."""
        return records_refusal(status)

    def reason(self, status: int) -> str:
        """Return the standard phrase, in title case."""
        return standard_reason(status)


class ProjectRecordsWire(RecordsWire):
    """The records' family, where a job's token opens all of its project."""

    def scope(self, account: Account, given: Params) -> None:
        """Check that the path's project is a number and open to the account."""
        project = number("project", given["project"][-1])
        if not account.may_use(project):
            raise ProjectDenied(account.user, project)


QUEUE = QueueWire()
RECORDS = RecordsWire()
PROJECT_RECORDS = ProjectRecordsWire()
"""The same one, for what a project's jobs share."""
