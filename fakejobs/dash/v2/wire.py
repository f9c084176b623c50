"""The family of …/api/v2/ and …/api/projects/: keys and projects as everywhere on dash, refusals without the envelope."""

from __future__ import annotations

from collections.abc import Mapping

from fakejobs import errors
from fakejobs.dash.wire import DashWire
from fakejobs.errors import FakeJobsError
from fakejobs.evidence import Source, assumed, recorded
from fakejobs.web.endpoint import Headers, Reply
from fakejobs.web.formats import COMPACT_JSON
from fakejobs.web.runner import standard_reason

REFUSALS: Mapping[type[FakeJobsError], tuple[int, Source]] = {
    errors.Unauthenticated: (403, assumed("v2: 403, as on the older endpoints")),
    errors.ProjectDenied: (403, assumed("v2: a project that the key's user may not use is a 403")),
    errors.NotFound: (404, assumed("v2: an unknown spider is a 404")),
    errors.NoSuchRoute: (404, assumed("v2: an unknown path is 404 as JSON")),
    errors.NotFaked: (501, assumed("v2: a path that is not faked yet is 501 and named")),
    errors.WrongMethod: (405, assumed("v2: a wrong method is 405 with Allow")),
    errors.TooLarge: (413, assumed("v2: a body over the limit is 413")),
    errors.FakeJobsError: (400, recorded("v2: At least one of add or remove arguments must not be empty")),
}
"""By class: the status. A 400 names its fault in `non_field_errors`, any other in `detail`."""


class V2Wire(DashWire):
    """The family of …/api/v2/ and …/api/projects/."""

    name = "v2"
    prefixes: tuple[str, ...] = ("/api/v2/", "/api/projects/")

    def refuse(self, error: FakeJobsError) -> Reply:
        """Return the answer to an error."""
        status = next(REFUSALS[kind][0] for kind in type(error).__mro__ if kind in REFUSALS)
        headers: Headers = ()
        if isinstance(error, errors.WrongMethod):
            headers = (("Allow", ", ".join(error.allowed)),)
        payload = {"non_field_errors": [error.answer]} if status == 400 else {"detail": error.answer}
        return Reply(payload, status, format=COMPACT_JSON, headers=headers)

    def fail(self, status: int) -> Reply:
        """Return the refusal with a status that a fault asks for."""
        return Reply({"detail": standard_reason(status)}, status, format=COMPACT_JSON)

    def reason(self, status: int) -> str:
        """Return the standard phrase in title case."""
        return standard_reason(status)


V2 = V2Wire()
