"""Every error of fakejobs as an answer of storage: one total table, worded by each of the two wires in its own way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fakejobs import errors
from fakejobs.errors import FakeJobsError
from fakejobs.web.endpoint import Headers, Reply
from fakejobs.web.formats import Format
from fakejobs.web.runner import standard_reason

STATUSES: Mapping[type[FakeJobsError], int] = {
    errors.Unauthenticated: 401,
    errors.ProjectDenied: 403,
    errors.NotFound: 404,
    errors.NoSuchRoute: 404,
    errors.WrongMethod: 405,
    errors.TooLarge: 413,
    errors.NotFaked: 501,
    errors.InVain: 503,
    errors.FakeJobsError: 400,
}
"""By class; an error without a row of its own takes that of its nearest ancestor."""

_PRETTY = Format("application/json", lambda payload: [json.dumps(payload, indent=2).encode()])
_TEXT = Format("text/plain; charset=UTF-8", lambda payload: [payload.encode("utf-8", "replace")])
_BARE = Format(None, lambda payload: [payload.encode("utf-8", "replace")])


def queue_answer(error: FakeJobsError) -> Reply:
    """Return the queue's answer: an object with `error` and `message`, pretty printed, the reason phrase in capitals."""
    status = _status(error)
    phrase = standard_reason(status)
    payload: dict[str, Any] = {"error": phrase, "message": phrase if status == 401 else str(error)}
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
    if status in (401, 404):
        return Reply(f"{phrase}\n", status, phrase, _BARE, _headers(error))
    return Reply(f"{error}\n", status, phrase, _TEXT, _headers(error))


def _status(error: FakeJobsError) -> int:
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def _headers(error: FakeJobsError) -> Headers:
    return (("Allow", ", ".join(error.allowed)),) if isinstance(error, errors.WrongMethod) else ()
