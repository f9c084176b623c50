"""Every error of fakejobs as an answer of storage: one total table, worded by each of the two wires in its own way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fakejobs import errors
from fakejobs.errors import FakeJobsError
from fakejobs.evidence import Source, assumed, documented, recorded
from fakejobs.web.endpoint import Headers, Reply
from fakejobs.web.formats import Format
from fakejobs.web.runner import standard_reason

REFUSALS: Mapping[type[FakeJobsError], tuple[int, Source]] = {
    errors.Unauthenticated: (
        401,
        recorded("Unauthorized: pretty printed by the queue, a line of text in the records"),
    ),
    errors.ProjectDenied: (403, assumed("storage: a project that the key's user may not use is a 403")),
    errors.NotFound: (404, recorded("Not Found")),
    errors.CollectionNotFound: (404, recorded("unknown collection NAME")),
    errors.NoSuchRoute: (404, assumed("storage: an unknown path below a known one is 404, in the form of its family")),
    errors.WrongMethod: (405, assumed("storage: a wrong method is 405 with Allow")),
    errors.NotAcceptable: (406, recorded("Accept and format disagree: 406, with the media types that are supported")),
    errors.TooLarge: (413, documented("a value over 1 MiB: Serialized value too large")),
    errors.NotFaked: (501, assumed("storage: a path that is not faked yet is 501 and named")),
    errors.InVain: (
        409,
        assumed("storage: who asks in vain for ever gets 409, which nobody retries; really it would wait"),
    ),
    errors.FakeJobsError: (400, recorded("Bad Request with a message that names the fault")),
}
"""By class: the status; an error without a row of its own takes that of its nearest ancestor."""

_PRETTY = Format("application/json", lambda payload: [json.dumps(payload, indent=2).encode()])
_TEXT = Format("text/plain; charset=UTF-8", lambda payload: [payload.encode("utf-8", "replace")])
_BARE = Format(None, lambda payload: [payload.encode("utf-8", "replace")])


def queue_answer(error: FakeJobsError) -> Reply:
    """Return the queue's answer: an object with `error` and `message`, pretty printed, the reason phrase in capitals."""
    status = _status(error)
    phrase = standard_reason(status)
    payload: dict[str, Any] = {"error": phrase, "message": phrase if status == 401 else error.answer}
    headers = _headers(error)
    if status == 401:
        headers = (*headers, ("WWW-Authenticate", 'Basic realm="apikey"'))
    if isinstance(error, errors.NotFaked):
        payload["route"] = error.route
    return Reply(payload, status, phrase.upper(), _PRETTY, headers)


def records_answer(error: FakeJobsError) -> Reply:
    """Return the records' answer: one line of text; without a content type where it only repeats the reason phrase."""
    status = _status(error)
    phrase = standard_reason(status)
    if status in (401, 404) and not isinstance(error, errors.CollectionNotFound):
        return Reply(f"{phrase}\n", status, phrase, _BARE, _headers(error))
    return Reply(f"{error.answer}\n", status, phrase, _TEXT, _headers(error))


def queue_refusal(status: int) -> Reply:
    """Return the queue's refusal with a status that a fault asks for."""
    if status == REFUSALS[errors.Unauthenticated][0]:
        return queue_answer(errors.Unauthenticated())
    phrase = standard_reason(status)
    return Reply({"error": phrase, "message": phrase}, status, phrase.upper(), _PRETTY)


def records_refusal(status: int) -> Reply:
    """Return the records' refusal with a status that a fault asks for."""
    phrase = standard_reason(status)
    return Reply(f"{phrase}\n", status, phrase, _BARE if status in (401, 404) else _TEXT)


def _status(error: FakeJobsError) -> int:
    return next(REFUSALS[kind][0] for kind in type(error).__mro__ if kind in REFUSALS)


def _headers(error: FakeJobsError) -> Headers:
    return (("Allow", ", ".join(error.allowed)),) if isinstance(error, errors.WrongMethod) else ()
