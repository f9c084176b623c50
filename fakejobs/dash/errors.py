"""Every error of fakejobs as an answer of dash: one total table.

dash has two error words. `badrequest` is for parameters, and its message is also the reason phrase; `error` is for
refusals, with a standard reason phrase, in capitals on the older endpoints and in title case on run.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fakejobs import errors
from fakejobs.errors import FakeJobsError
from fakejobs.evidence import Source, assumed, recorded
from fakejobs.web.endpoint import Reply
from fakejobs.web.formats import COMPACT_JSON, SPACED_JSON, Format
from fakejobs.web.runner import standard_reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """How dash words one kind of error. reason: default the message for `badrequest`, else the standard phrase in capitals."""

    status: int
    word: str
    source: Source
    reason: str = ""
    format: Format = SPACED_JSON


_PARAMETER = Refusal(400, "badrequest", recorded("invalid value for project: invalid"))

REFUSALS: Mapping[type[FakeJobsError], Refusal] = {
    errors.Unauthenticated: Refusal(403, "error", recorded("Authentication failed, 403 FORBIDDEN")),
    errors.ProjectDenied: Refusal(400, "badrequest", recorded("User '…' doesn't have access to project 2")),
    errors.BadParam: _PARAMETER,
    errors.MissingParam: Refusal(400, "badrequest", recorded("missing 'job' argument")),
    errors.BadQuery: Refusal(400, "badrequest", recorded("No query filters provided; No update modifiers provided")),
    errors.BadBody: Refusal(400, "badrequest", assumed("a body that cannot be read is a fault of the parameters")),
    errors.AlreadyScheduled: Refusal(400, "error", recorded("NAME already scheduled, 400 Bad Request"), "Bad Request", COMPACT_JSON),
    errors.NotFound: Refusal(400, "error", assumed("a declared project's unknown spider is named"), "Bad Request", COMPACT_JSON),
    errors.NoSuchRoute: Refusal(404, "error", assumed("an unknown path is 404 as JSON")),
    errors.NotFaked: Refusal(501, "error", assumed("a path that is not faked yet is 501 and named; the real service has it")),
    errors.WrongMethod: Refusal(405, "error", assumed("a wrong method is 405 with Allow")),
    errors.InVain: Refusal(409, "error", assumed("who asks in vain for ever gets 409, which nobody retries; really it would wait")),
    errors.TooLarge: Refusal(413, "error", assumed("a body over the limit is 413")),
    errors.FakeJobsError: Refusal(400, "badrequest", assumed("whatever else a verb refuses is a fault of a parameter")),
}
"""By class; an error without a row of its own takes that of its nearest ancestor."""


def answer_to(error: FakeJobsError) -> Reply:
    """Return dash's answer to an error."""
    refusal = next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)
    message = f"{error.spider} already scheduled" if isinstance(error, errors.AlreadyScheduled) else error.answer
    payload = {"status": refusal.word, "message": message}
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(error, errors.WrongMethod):
        headers = (("Allow", ", ".join(error.allowed)),)
    if isinstance(error, errors.NotFaked):
        payload["route"] = error.route
    reason = refusal.reason or (message if refusal.word == "badrequest" else standard_reason(refusal.status).upper())
    return Reply(payload, refusal.status, reason, refusal.format, headers)


def failed_with(status: int) -> Reply:
    """Return dash's refusal with a status that a fault asks for; 403 is the recorded one of a key that nobody knows."""
    if status == REFUSALS[errors.Unauthenticated].status:
        return answer_to(errors.Unauthenticated())
    return Reply({"status": "error", "message": standard_reason(status)}, status, format=SPACED_JSON)
