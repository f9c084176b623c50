"""The rows of a wire's table of contents: Endpoint, the Wire it belongs to, and the Reply its view returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.errors import FakeJobsError
from fakejobs.evidence import Source
from fakejobs.web.formats import Format
from fakejobs.web.request import Params, Request

P = TypeVar("P")
Headers = tuple[tuple[str, str], ...]


def overridden(headers: Headers, own: Headers) -> Headers:
    """Return headers, but for those that are among others, and then these others."""
    named = {name.lower() for name, _ in own}
    return (*(header for header in headers if header[0].lower() not in named), *own)


NO_BODY = object()
"""The payload of an answer that has neither body nor content type; None is JSON's null."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a view answers.

    payload: what the format writes, or NO_BODY. reason: default the standard phrase in the wire's spelling. format: default the
    endpoint's. jobs: keys that the journal keeps beside the call, in the order of what was asked, None where that was
    refused. notes: what the journal keeps of what the call did. rows: the records that the answer shows, for who watches
    reading clients. count: how many rows the answer has, where that is known before it leaves. why: why it has none, or why the call
    did nothing to a job that it names, for the journal.
    """

    payload: Any
    status: int = 200
    reason: str = ""
    format: Format | None = None
    headers: Headers = ()
    jobs: Sequence[str | None] = ()
    notes: Sequence[object] = ()
    rows: Sequence[object] = ()
    count: int | None = None
    why: str = ""


class Wire(Protocol):
    """How one family of the real service lets in, and refuses."""

    name: str
    base: str
    """What the paths of its endpoints are relative to."""
    prefixes: tuple[str, ...]
    """The beginnings of the paths for which it answers, also where they match nothing."""
    slash_at_end: bool
    """Whether its paths may end with a slash, which then means nothing."""
    headers: Headers

    def authenticate(self, cloud: Cloud, request: Request) -> Account:
        """Return whom the request's key belongs to; raises Unauthenticated."""

    def scope(self, account: Account, given: Params) -> None:
        """Check that the parameters name a project that the account may use; raises BadParam, MissingParam, ProjectDenied."""

    def refuse(self, error: FakeJobsError) -> Reply:
        """Return the answer to a request that failed so."""

    def fail(self, status: int) -> Reply:
        """Return the answer with a status that a fault asks for, as this family words refusals."""

    def reason(self, status: int) -> str:
        """Return the standard reason phrase in this family's spelling."""


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[P]):
    """One endpoint of the real service.

    name: what the journal calls it. paths: its path, then its aliases. asks: what a call of it wants to be scheduled,
    from parameters that may have been read leniently; for the assertions. scoped: whether it is about one project.
    form: whether the parameters of a POST are a form; else they are those of the query, and the body is a body.
    gzip: whether an answer that is not empty leaves in gzip, to a client that takes it.
    """

    name: str
    wire: Wire
    method: str
    paths: tuple[str, ...]
    params: type[P]
    view: Callable[[Cloud, P, Account], Reply]
    format: Format
    doc: str
    sources: tuple[Source, ...]
    headers: Headers = ()
    scoped: bool = True
    form: bool = True
    gzip: bool = False
    asks: Callable[[Cloud, P], Sequence[object]] | None = None


@dataclass(frozen=True, slots=True)
class Unfaked:
    """A path of the real service that fakejobs does not answer yet. caller: who asks for it."""

    path: str
    caller: str
