"""How dash lets callers in: API key first, then the project, then everything else."""

from __future__ import annotations

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.cloud.keys import is_job_login
from fakejobs.dash.errors import answer_to, failed_with
from fakejobs.dash.params import PROJECT
from fakejobs.errors import FakeJobsError, MissingParam, ProjectDenied, Unauthenticated
from fakejobs.web.endpoint import Headers, Reply
from fakejobs.web.params import number
from fakejobs.web.request import Params, Request
from fakejobs.web.runner import standard_reason


class DashWire:
    """The family of …/api/."""

    name = "dash"
    base = "/api"
    prefixes: tuple[str, ...] = ("/api",)
    slash_at_end = False
    headers: Headers = (("Vary", "Cookie"),)

    def authenticate(self, cloud: Cloud, request: Request) -> Account:
        """Return whom the request's key belongs to; raises Unauthenticated, for a job's token too."""
        user, password = request.basic or ("", "")
        account = None if is_job_login(user, password) else cloud.keys.account(request.key or "")
        if account is None:
            raise Unauthenticated
        return account

    def scope(self, account: Account, given: Params) -> None:
        """Check the parameter `project`: there, a number, open to the account."""
        texts = [text for text in given.get(PROJECT, ()) if text]
        if not texts:
            raise MissingParam(PROJECT)
        project = number(PROJECT, texts[-1])
        if not account.may_use(project):
            raise ProjectDenied(account.user, project)

    def refuse(self, error: FakeJobsError) -> Reply:
        """Return dash's answer to an error."""
        return answer_to(error)

    def fail(self, status: int) -> Reply:
        """Return dash's refusal with a status that a fault asks for."""
        return failed_with(status)

    def reason(self, status: int) -> str:
        """Return the standard phrase in capitals, as the older endpoints spell it."""
        return standard_reason(status).upper() if status >= 400 else standard_reason(status)


DASH = DashWire()
