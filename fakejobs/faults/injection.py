"""A call and the fault that takes it: whether it has its effect, what is answered in its place, and what the journal says of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fakejobs.cloud import Cloud
from fakejobs.cloud.faults import Called
from fakejobs.domain.faults import LETS_THROUGH, FaultRule, Taken, Way, When
from fakejobs.errors import FakeJobsError
from fakejobs.faults.delivery import Delivery
from fakejobs.faults.waits import Waits
from fakejobs.faults.ways import deliver
from fakejobs.listener.exchange import ClientLeft
from fakejobs.listener.holding import Held
from fakejobs.web.endpoint import NO_BODY, Endpoint, Headers, Reply, Wire, overridden
from fakejobs.web.formats import Format
from fakejobs.web.gateway import PAGES
from fakejobs.web.outgoing import Outgoing
from fakejobs.web.request import Request
from fakejobs.web.runner import Entry, StartResponse

LOST = frozenset({Way.RESET, Way.CLOSE, Way.TIMEOUT, Way.GARBAGE})
"""The ways in which no status comes, unless part of the content does."""
SHOWING = frozenset({Way.CUT, Way.STALL, Way.SLOW})
"""The ways in which something of the call's own answer comes, so that it has had its effect."""
MOST_BODY = 1024 * 1024
"""Bytes of a body in which rows are looked for that name jobs."""


class Injection:
    """A fault that has taken a call of an endpoint."""

    def __init__(self, cloud: Cloud, waits: Waits, taken: Taken, endpoint: Endpoint[Any]) -> None:
        self._cloud = cloud
        self._waits = waits
        self._endpoint = endpoint
        self.number = taken.number
        self._rule = taken.rule
        self._status = taken.status

    @property
    def is_endless(self) -> bool:
        """Whether its fault takes calls until it is removed."""
        return self._rule.times is None

    @property
    def has_effect(self) -> bool:
        """Whether the call is carried out."""
        rule = self._rule
        reads = self._endpoint.method == "GET" and rule.way is Way.MALFORMED
        return rule.when is When.AFTER or rule.way in SHOWING or rule.shows_part or reads

    def reply(self, own: Reply | None) -> Reply:
        """Return what is answered. own: the call's own answer, if it was carried out."""
        if self._status is not None:
            made = _with_fields(_reply_of(self._endpoint.wire, self._status), self._rule)
            return made if own is None else replace(made, jobs=own.jobs, notes=own.notes)
        if own is not None:
            return own
        return Reply(NO_BODY)

    @property
    def is_of_proxy(self) -> bool:
        """Whether the platform's proxy answers, which knows nothing of wires and endpoints."""
        return self._status in PAGES

    @property
    def is_lost(self) -> bool:
        """Whether the client sees no status."""
        return self._rule.way in LOST and not self._rule.shows_part

    def told(self, refusal: str | None) -> str:
        """Return what the journal says of the call. refusal: why it was refused, if it was carried out and was."""
        rule = self._rule
        what = "" if rule.way is Way.STATUS else _WORDS[rule.way]
        point = ""
        if rule.shows_part or rule.way in (Way.CUT, Way.STALL):
            point = _part(rule)
        elif rule.when is When.AFTER:
            point = "after the effect" if refusal is None else "after the refusal"
        late = "" if rule.delay_ms is None else f"{rule.delay_ms / 1000:g} s late"
        return ", ".join(filter(None, (f"{what} {point}".strip(), late)))

    def wait(self, environ: Mapping[str, Any]) -> None:
        """Let the delay pass: the fake's clock moves by it, and where that is real, the client waits."""
        connection = environ.get("fakejobs.connection")
        span = self._rule.delay_ms
        if span is None:
            return
        real_s = self._cloud.realm.real_s(span)
        if real_s is None:
            self._cloud.realm.move_by(span)
        elif connection is not None and self._waits.pause(self.number, connection, real_s) is Held.LEFT:
            raise ClientLeft

    def leave(self, outgoing: Outgoing, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Let the answer leave in the fault's way, and return the pieces of its body."""
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        connection = environ.get("fakejobs.connection")
        return deliver(Delivery(self._rule, self.number, outgoing, self._waits, connection, start_response, is_head=is_head))


def injected(
    cloud: Cloud, waits: Waits, endpoint: Endpoint[Any], request: Request, entry: Entry, values: Mapping[str, Any]
) -> Injection | None:
    """Return the fault that takes a call of an endpoint, if one does. values: those in its path."""
    called = Called(endpoint.name, entry.path, entry.params, values, lambda: _rows(endpoint, request))
    taken = cloud.faults.take(called)
    if taken is None or taken.status == LETS_THROUGH:
        return None
    entry.fault = taken.number
    return Injection(cloud, waits, taken, endpoint)


_WORDS: Mapping[Way, str] = {
    Way.RESET: "reset",
    Way.CLOSE: "closed",
    Way.TIMEOUT: "held",
    Way.CUT: "cut",
    Way.STALL: "stalled",
    Way.GARBAGE: "garbage",
    Way.MALFORMED: "malformed",
    Way.SLOW: "slow",
}
"""How the journal says what a fault made of a call."""


def _part(rule: FaultRule) -> str:
    if rule.after_rows is not None:
        return f"after {rule.after_rows} row{'' if rule.after_rows == 1 else 's'}"
    if rule.after_bytes is not None:
        return f"after {rule.after_bytes} byte{'' if rule.after_bytes == 1 else 's'}"
    return "halfway"


def _reply_of(wire: Wire, status: int) -> Reply:
    page = PAGES.get(status)
    return wire.fail(status) if page is None else page.reply(status)


def _with_fields(reply: Reply, rule: FaultRule) -> Reply:
    """Return an answer with what a fault says of it: body, headers, Retry-After."""
    headers: Headers = rule.headers
    named = {name.lower() for name, _ in headers}
    if rule.retry_after is not None and "retry-after" not in named:
        headers = (("Retry-After", rule.retry_after), *headers)
    reply = replace(reply, headers=overridden(reply.headers, headers))
    if rule.body is None and "content-type" not in named:
        return reply
    content_type = None if "content-type" in named else _type_of(rule.body)
    body = rule.body
    if body is None:
        made = reply.format
        return reply if made is None else replace(reply, format=Format(None, made.encode))
    content = body if isinstance(body, bytes) else body.encode()
    return replace(reply, payload=content, format=Format(content_type, lambda content: [content]))


def _type_of(body: str | bytes | None) -> str:
    if isinstance(body, bytes):
        return "application/octet-stream"
    text = (body or "").lstrip()
    if text.startswith("<"):
        return "text/html"
    return "application/json" if text.startswith(("{", "[")) else "text/plain; charset=utf-8"


def _rows(endpoint: Endpoint[Any], request: Request) -> list[Mapping[str, Any]]:
    """Return the objects in a body that is no form, of a list or of lines of JSON; what cannot be read has none."""
    if endpoint.form or endpoint.method == "GET":
        return []
    try:
        text = request.peeked().decode()
    except (FakeJobsError, ValueError):
        return []
    if len(text) > MOST_BODY:
        return []
    values = _values(text) or [value for line in text.splitlines() for value in _values(line)]
    return [value for value in values if isinstance(value, dict)]


def _values(text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else [value]
