"""The parameters of v2: numbers in the path, JSON in the body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fakejobs.arguments import tags_of
from fakejobs.errors import BadBody, UsageError
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.web.params import body, flag, header, number, number_in, param, text

NOTHING_TO_DO = 'At least one of "add" or "remove" arguments must not be empty'
MOST = 1000
"""How many rows a page has at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoParams:
    """v2/users/me."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectParams:
    """v2/projects/P."""

    project: int = param(number, doc="Project number, in the path.", sources=[recorded("v2/projects/2222222/spiders/1")])


@dataclass(frozen=True, slots=True, kw_only=True)
class PageParams(ProjectParams):
    """Listings in pages."""

    page: int = param(
        number_in(range(1, 10**18)),
        default=1,
        doc="Which page, from 1 on; default 1.",
        sources=[documented("three public clients send it"), assumed("one behind the last: 404, Invalid page.")],
    )
    page_size: int = param(
        number_in(range(1, MOST + 1)),
        default=100,
        doc="How many rows a page has, up to 1000; default 100.",
        sources=[documented("three public clients send it"), assumed("default 100, at most 1000")],
    )
    host: str = header("Host", doc="Where the client reaches the fake; next and previous say so.", sources=[assumed("they are whole URLs")])


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiderListParams(PageParams):
    """v2/projects/P/spiders."""

    archived: bool | None = param(
        flag,
        default=None,
        doc="Whether the archived spiders, or the others. None given: all.",
        sources=[documented("a public client sends it"), assumed("no spider is ever archived here")],
    )
    ordering: str | None = param(
        text,
        default=None,
        doc="The field to sort by, with `-` before it for the other way round.",
        sources=[
            documented("a public client sends it"),
            assumed("default, and for what is no field of spiders that can be sorted: by number; empty values first"),
        ],
    )
    search: str | None = param(
        text,
        default=None,
        doc="Only spiders whose names have this text in them.",
        sources=[documented("a public client sends it"), assumed("capitals do not matter")],
    )

    def asked(self) -> list[tuple[str, str]]:
        """Return what was asked for besides the page, as a query has it."""
        told = {"archived": None if self.archived is None else str(self.archived).lower(), "ordering": self.ordering, "search": self.search}
        return [(name, value) for name, value in told.items() if value is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiderParams(ProjectParams):
    """v2/projects/P/spiders/S."""

    spider: int = param(
        number,
        doc="The spider's number in job keys, in the path.",
        sources=[recorded("1, of a spider whose id is 84"), assumed("unknown: 404")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TagParams(SpiderParams):
    """v2/projects/P/spiders/S/tags."""

    content: bytes = body(
        doc="A JSON object with lists of tags: `add`, `remove`, or both.",
        sources=[
            recorded("{} is refused; a tag that is there is not doubled"),
            assumed("other names are passed over"),
            assumed("what is no JSON object of lists of texts is a 400, and nothing happens"),
        ],
    )

    def tags(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the tags to add and those to remove; raises BadBody if there is neither."""
        try:
            asked = json.loads(self.content)
        except (ValueError, RecursionError):
            raise BadBody("the body is no JSON") from None
        if not isinstance(asked, dict):
            raise BadBody("the body is no JSON object")
        add, remove = _tags(asked, "add"), _tags(asked, "remove")
        if not add and not remove:
            raise BadBody(NOTHING_TO_DO)
        return add, remove


def _tags(asked: dict[str, Any], name: str) -> tuple[str, ...]:
    given = asked.get(name, [])
    try:
        return tags_of(name, given if isinstance(given, list) else None)
    except UsageError:
        raise BadBody(f'"{name}" is no list of tags') from None
