"""A call as the rules look at it, and what they may ask of the fake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from fakejobs.cloud import Cloud
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.query import JobQuery
from fakejobs.errors import CallableFailed
from fakejobs.journal import Call, Journal
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.params import Param, Place, schema_of

ANY_STATE = tuple(JobState)


class Remark(NamedTuple):
    """What a rule says of a call: what it sent and what becomes of it, and what to send instead."""

    sentence: str
    instead: str


class Scene:
    """What rules may ask of the fake. It answers as things stand when it is asked, which may be after the call."""

    def __init__(self, cloud: Cloud, journal: Journal) -> None:
        self._cloud = cloud
        self._journal = journal

    def has_tag(self, project: int, tag: str) -> bool:
        """Say whether a job of a project has a tag, or whether that cannot be said."""
        try:
            return self._cloud.jobs.count(JobQuery(project=project, states=ANY_STATE, has_tags=(tag,))) > 0
        except CallableFailed:  # what was due ran code of the test's own; that is told elsewhere
            return True

    def name_of(self, project: int, spider: int) -> str | None:
        """Return the name of the spider with a number; None if there is none, or if that cannot be said."""
        try:
            return self._cloud.projects.name_of(project, spider)
        except CallableFailed:
            return None

    def is_made_by_test(self, project: int, name: str) -> bool:
        """Say whether a project has a spider of this name that no client brought up by scheduling its first job."""
        spider = self._cloud.projects.spider_named(project, name)
        return spider is not None and (spider.declared or f"{project}/{spider.spider_id}/1" not in self._made)

    @cached_property
    def _made(self) -> frozenset[str]:
        return frozenset(key for call in self._journal.calls() if call.orders for key in call.job_keys)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call. params: as they came. endpoint: None if it met none. values: those in its path. streak: how many equal calls in a row,
    between which nothing happened, end with it. unread, has_key_in_url: as the journal has them.
    """

    call: Call
    params: Mapping[str, Sequence[str]]
    endpoint: Endpoint[Any] | None
    values: Mapping[str, Any]
    unread: Sequence[str] = ()
    has_key_in_url: bool = False
    streak: int = 1

    @property
    def name(self) -> str:
        """What the journal calls the endpoint."""
        return self.call.endpoint or ""

    @property
    def is_dash(self) -> bool:
        """Whether it came to the Jobs API of dash or its older neighbours."""
        return self.endpoint is not None and self.endpoint.wire.name == "dash"

    @property
    def known(self) -> Mapping[str, Param]:
        """The parameters that its endpoint reads by their names."""
        return {} if self.endpoint is None else known_to(self.endpoint.params)

    @property
    def takes_any(self) -> bool:
        """Whether its endpoint takes every other name, too: run.json, as an argument of the spider."""
        return self.endpoint is not None and any(about.rest for about in schema_of(self.endpoint.params))

    @property
    def project(self) -> int | None:
        """The number of the project that it is about, if it can be read."""
        text = str(self.values.get("project") or self.last("project") or "")
        return int(text) if text.isascii() and text.isdigit() else None

    def last(self, name: str) -> str | None:
        """Return the last value of a parameter, which is the one that counts."""
        texts = self.params.get(name)
        return texts[-1] if texts else None


_KNOWN: dict[type, Mapping[str, Param]] = {}


def known_to(record: type) -> Mapping[str, Param]:
    """Return the parameters that a dataclass of parameters reads by their names."""
    known = _KNOWN.get(record)
    if known is None:
        places = (Place.PARAMETER, Place.PATH, Place.FILE)
        known = _KNOWN[record] = {about.name: about for about in schema_of(record) if about.place in places and not about.rest}
    return known


Check = Callable[[Asked, Scene], "Sequence[Remark]"]
"""A rule: what it has to say of a call; mostly nothing."""
