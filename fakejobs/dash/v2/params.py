"""The parameters of v2: numbers in the path, JSON in the body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fakejobs.arguments import tags_of
from fakejobs.errors import BadBody, UsageError
from fakejobs.evidence import assumed, recorded
from fakejobs.web.params import body, number, param

NOTHING_TO_DO = 'At least one of "add" or "remove" arguments must not be empty'


@dataclass(frozen=True, slots=True, kw_only=True)
class NoParams:
    """v2/users/me."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiderParams:
    """v2/projects/P/spiders/S."""

    project: int = param(number, doc="Project number, in the path.", sources=[recorded("v2/projects/2222222/spiders/1")])
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
