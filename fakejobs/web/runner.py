"""One request through the house: record ▸ route ▸ inject ▸ authenticate ▸ scope ▸ decode ▸ view ▸ bytes.

The order of the checks is the recorded one. A call is in the log when it arrives and complete before its first byte
leaves. An error that fakejobs raises on purpose becomes the wire's refusal; anything else is a defect of fakejobs, which
is reported and answered with a 500, never mistaken for an answer of the real service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from fakejobs.cloud import Cloud
from fakejobs.errors import CallableFailed, FakeJobsError, ProjectDenied, Unauthenticated
from fakejobs.forking import fresh_properties_after_fork
from fakejobs.masking import MASK
from fakejobs.web.endpoint import NO_BODY, Endpoint, Headers, Reply, Wire, overridden
from fakejobs.web.formats import SPACED_JSON, Format
from fakejobs.web.gzipped import HEADERS as GZIP_HEADERS
from fakejobs.web.gzipped import gzipped, takes_gzip
from fakejobs.web.outgoing import Outgoing
from fakejobs.web.params import schema_of
from fakejobs.web.request import Params, Request
from fakejobs.web.router import Router

StartResponse = Callable[..., Any]
REPLACED = "\ufffd"
"""What a path shows in place of bytes that are no UTF-8; the values in it are taken from the bytes, and refused."""
MAX_REASON = 1000
"""Characters of a reason phrase; http.client and others give up on very long status lines."""


fresh_properties_after_fork(Request)


@dataclass(slots=True)
class Entry:
    """What the runner learns of a call, for the log.

    asks: what the call wants to be scheduled, read leniently if the call was refused. failure: the refusal's text. rows: how many
    the answer has, where that is known. why: why it has none, or why the call did nothing to a job that it names. headers: those of the
    request, as WSGI has them. unread, has_key_in_url: as a Request has them. revision: that of the store when the runner read the call;
    None: it came to nobody who reads it so. is_spared: whether it came while calls were spared. fault: the number of the fault that
    took it; failed: what that made of it; is_undone: whether it was not carried out.
    """

    method: str
    path: str
    endpoint: str | None = None
    key: str | None = None
    params: Params = field(default_factory=dict)
    asks: Sequence[object] = ()
    status: int | None = None
    reason: str = ""
    failure: str | None = None
    jobs: Sequence[str | None] = ()
    notes: Sequence[object] = ()
    rows: int | None = None
    why: str = ""
    headers: Sequence[tuple[str, str]] = ()
    unread: Sequence[str] = ()
    has_key_in_url: bool = False
    revision: int | None = None
    is_spared: bool = False
    fault: int | None = None
    failed: str = ""
    is_undone: bool = False


class Log(Protocol):
    """Where calls are written down; it masks the keys in them."""

    def arrive(self, entry: Entry) -> None:
        """Take in a call that has arrived; its entry is filled in while it is served."""

    def complete(self, entry: Entry) -> None:
        """Take note that the call's status is known and its answer is about to leave."""


class Watch(Protocol):
    """Who watches what clients write and read."""

    def wrote(self) -> None:
        """Take note that a call has written something."""

    def refused(self, request: Request, endpoint: str | None, answer: str, status: int) -> None:
        """Take note that a call was refused, and with what: its answer in words, with its reason; endpoint: whose path it has, if any."""

    def read(self, given: Params, rows: Sequence[object]) -> bool:
        """Take note of what a reading call asked for and is shown; True: the answer must be made anew. May refuse."""


class Injection(Protocol):
    """A fault that has taken a call."""

    @property
    def has_effect(self) -> bool:
        """Whether the call is carried out."""

    @property
    def is_lost(self) -> bool:
        """Whether the client sees no status."""

    @property
    def is_of_proxy(self) -> bool:
        """Whether the platform's proxy answers, which knows nothing of wires and endpoints."""

    def reply(self, own: Reply | None) -> Reply:
        """Return what is answered. own: the call's own answer, if it was carried out."""

    def told(self, refusal: str | None) -> str:
        """Return what the journal says of the call. refusal: why it was refused, if it was carried out and was."""

    def wait(self, environ: Mapping[str, Any]) -> None:
        """Let its delay pass."""

    def leave(self, outgoing: Outgoing, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Let the answer leave in the fault's way, and return the pieces of its body."""


Inject = Callable[[Endpoint[Any], Request, Entry, Mapping[str, Any]], "Injection | None"]


class _Answer(NamedTuple):
    """An answer, whose it is, how it is written, the headers that its endpoint adds, whether it may leave in gzip, and its fault."""

    reply: Reply
    wire: Wire
    form: Format
    headers: Headers = ()
    gzips: bool = False
    fault: Injection | None = None


class Runner:
    """A WSGI application that serves the endpoints of a router over one cloud.

    broke: told of defects of fakejobs that a call brings to light. inject: returns the fault that takes a call, if one does; it is
    asked only while faults are declared.
    """

    def __init__(
        self, router: Router, cloud: Cloud, log: Log, watch: Watch, broke: Callable[[str, BaseException], None], inject: Inject
    ) -> None:
        self._router = router
        self._cloud = cloud
        self._log = log
        self._watch = watch
        self._broke = broke
        self._inject = inject

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        request = Request(environ)
        entry = Entry(request.method, request.path, headers=request.headers)
        self._log.arrive(entry)
        own: Headers = ()
        gzips, fault = False, None
        try:
            reply, wire, form, own, gzips, fault = self._answer(request, entry)
        except FakeJobsError as error:
            wire = self._router.wire_of(request.path)
            reply = wire.refuse(error)
            form = reply.format or SPACED_JSON
            entry.failure = str(error)
        except Exception as error:  # noqa: BLE001  # a defect of ours must reach the test, whatever it is
            wire = self._router.wire_of(request.path)
            reply, form = self._broken(request, error), SPACED_JSON
        gzips = gzips and takes_gzip(request.header("Accept-Encoding"))
        if fault is not None:
            return self._leave(fault, _Answer(reply, wire, form, own, gzips), request, entry, start_response)
        try:
            chunks = _written(reply, form)
            packed = gzipped(chunks) if gzips else None
        except Exception as error:  # noqa: BLE001  # an answer that cannot be written is a defect of ours, too
            reply, form, packed = self._broken(request, error), SPACED_JSON, None
            chunks = _written(reply, form)
        headers = [*_content_type(reply, form), *wire.headers, *own, *reply.headers]
        if packed is not None:
            chunks = packed
            headers += GZIP_HEADERS
        if isinstance(chunks, (list, tuple)):
            headers.append(("Content-Length", str(sum(map(len, chunks)))))
        reason = _printable(reply.reason or wire.reason(reply.status))
        _write_down(entry, reply, reason)
        self._log.complete(entry)
        if entry.failure is not None:
            why = f" ({entry.why})" if entry.why else ""
            self._watch.refused(request, entry.endpoint, f"{reply.status} {reason}: {entry.failure}{why}", reply.status)
        start_response(f"{reply.status} {reason}", headers)
        return chunks if isinstance(chunks, (list, tuple)) else self._streamed(request, chunks)

    def _answer(self, request: Request, entry: Entry) -> _Answer:
        """Return the answer to a request that an endpoint takes, also a refusal of its own."""
        if request.method == "OPTIONS" and self._router.allowed(request.path):
            return _Answer(self._options(request), self._router.wire_of(request.path), SPACED_JSON)
        try:
            endpoint, values = self._router.match(request.method, request.path)
        except FakeJobsError:
            self._note(request, entry)
            raise
        if REPLACED in request.path:
            endpoint, values = self._router.match(request.method, request.exact_path)
        entry.endpoint = endpoint.name
        gzips = endpoint.gzip
        fault = self._fault(endpoint, request, entry, values) if self._cloud.faults.concern_calls else None
        if fault is not None and not fault.has_effect:
            return _Answer(fault.reply(None), endpoint.wire, endpoint.format, endpoint.headers, fault=fault)
        try:
            reply = self._run(endpoint, request, entry, values, is_watched=fault is None)
        except FakeJobsError as error:
            gzips = False
            self._note_wish(endpoint, entry)
            entry.failure = str(error)
            if isinstance(error, (Unauthenticated, ProjectDenied)):
                entry.why = self._cloud.keys.why_closed(request.key)
            reply = endpoint.wire.refuse(error)
        return _Answer(reply, endpoint.wire, reply.format or endpoint.format, endpoint.headers, gzips, fault)

    def _fault(self, endpoint: Endpoint[Any], request: Request, entry: Entry, values: dict[str, Any]) -> Injection | None:
        """Return the fault that takes a call, if one does; what it asked for is written down then, and the watch counts no such call."""
        if self._cloud.faults.is_sparing:
            entry.is_spared = True
            return None
        request.reads_form = request.reads_form and endpoint.form
        with suppress(FakeJobsError):
            entry.params = _without(request.params, schema_of(endpoint.params).secrets)
            entry.key = self._cloud.keys.masked(request.key)
        fault = self._inject(endpoint, request, entry, values)
        if fault is not None:
            self._watch.wrote()
            if not fault.has_effect:
                entry.is_undone = True
                self._note_wish(endpoint, entry)
        return fault

    def _leave(self, fault: Injection, answer: _Answer, request: Request, entry: Entry, start_response: StartResponse) -> Iterable[bytes]:
        """Let the answer to a call that a fault has taken leave in the fault's way."""
        own = answer.reply
        reply = fault.reply(own) if fault.has_effect else own
        form = reply.format or (answer.form if reply is own else SPACED_JSON)
        gzips = answer.gzips and reply is own
        reason = _printable(reply.reason or answer.wire.reason(reply.status))
        _write_down(entry, reply, reason)
        entry.failed, entry.revision = fault.told(entry.failure), None
        if fault.is_lost:
            entry.status, entry.reason = None, ""
        self._log.complete(entry)
        fault.wait(request.environ)
        around = () if fault.is_of_proxy else (*answer.wire.headers, *answer.headers)
        headers = (*_content_type(reply, form), *overridden(around, reply.headers))
        chunks = _written(reply, form)
        chunks = chunks if isinstance(chunks, (list, tuple)) else self._streamed(request, chunks)
        outgoing = Outgoing(reply.status, reason, headers, chunks, form, reply.payload, gzips)
        return fault.leave(outgoing, request.environ, start_response)

    def _note_wish(self, endpoint: Endpoint[Any], entry: Entry) -> None:
        """Write down what a call that was not carried out wanted to be scheduled."""
        if not entry.asks and endpoint.asks is not None:
            entry.asks = endpoint.asks(self._cloud, schema_of(endpoint.params).decode_leniently(entry.params))

    def _note(self, request: Request, entry: Entry) -> None:
        """Write down what a call that matches no endpoint brought along, as far as it can be read."""
        with suppress(FakeJobsError):
            entry.params = request.params
            self._note_manner(request, entry)

    def _note_manner(self, request: Request, entry: Entry) -> None:
        """Write down with which key a call came, and what else of its manner the lint looks at."""
        entry.key = self._cloud.keys.masked(request.key)
        entry.unread, entry.has_key_in_url = request.unread, request.has_key_in_url
        entry.revision = self._cloud.world.store.revision

    def _run(self, endpoint: Endpoint[Any], request: Request, entry: Entry, values: dict[str, Any], *, is_watched: bool) -> Reply:
        request.reads_form = request.reads_form and endpoint.form
        entry.params = _without(request.params, schema_of(endpoint.params).secrets)
        self._note_manner(request, entry)
        account = endpoint.wire.authenticate(self._cloud, request)
        request.check_form()
        given = _given(request.params, values, schema_of(endpoint.params).of_path) if values else request.params
        if endpoint.scoped:
            endpoint.wire.scope(account, given)
        params = schema_of(endpoint.params).decode(given, request)
        if endpoint.asks is not None:
            entry.asks = endpoint.asks(self._cloud, params)
        reply = endpoint.view(self._cloud, params, account)
        if endpoint.method != "GET":
            self._watch.wrote()
        elif is_watched and self._watch.read(given, reply.rows):
            reply = endpoint.view(self._cloud, params, account)
        return reply

    def _options(self, request: Request) -> Reply:
        return Reply(NO_BODY, headers=(("Allow", ", ".join(self._router.allowed(request.path))),), format=None)

    def _broken(self, request: Request, error: BaseException) -> Reply:
        self._broke(f"{request.method} {request.path}", error)
        own = isinstance(error, CallableFailed)
        message = f"the test's own code failed: {type(error.__cause__).__name__}" if own else f"fakejobs failed: {type(error).__name__}"
        return Reply({"status": "error", "message": message}, status=500)

    def _streamed(self, request: Request, chunks: Iterable[bytes]) -> Iterator[bytes]:
        try:
            yield from chunks
        except Exception as error:
            self._broke(f"{request.method} {request.path}", error)
            raise


def _write_down(entry: Entry, reply: Reply, reason: str) -> None:
    """Write down how a call is answered."""
    entry.status, entry.reason, entry.jobs, entry.notes, entry.rows = reply.status, reason, reply.jobs, reply.notes, reply.count
    entry.why = entry.why or reply.why


def _written(reply: Reply, form: Format) -> Iterable[bytes]:
    """Return the chunks of a reply's body."""
    return () if reply.payload is NO_BODY else form.encode(reply.payload)


def _content_type(reply: Reply, form: Format) -> Headers:
    """Return the header that names a reply's content type, if it has one."""
    return () if reply.payload is NO_BODY or form.content_type is None else (("Content-Type", form.content_type),)


def _given(params: Params, values: dict[str, Any], of_path: frozenset[str]) -> Params:
    """Return the parameters of a request with the values in its path. of_path: the names that count only there."""
    asked = {name: texts for name, texts in params.items() if name not in of_path} if of_path else params
    return {**asked, **{name: [str(value)] for name, value in values.items()}}


def _without(params: Params, secrets: frozenset[str]) -> Params:
    """Return parameters whose secret values are masked."""
    if secrets.isdisjoint(params):
        return params
    return {name: [MASK] if name in secrets else texts for name, texts in params.items()}


def standard_reason(status: int) -> str:
    """Return the standard reason phrase of a status, in title case; one that no standard has is an unknown error."""
    if status == 413:
        return "Content Too Large"
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown Error"


def _printable(reason: str) -> str:
    """Return a reason phrase that cannot end the status line: printable ASCII, of limited length."""
    if reason.isascii() and reason.isprintable() and len(reason) <= MAX_REASON:
        return reason
    return "".join(c if " " <= c <= "~" else "?" for c in reason[:MAX_REASON])
