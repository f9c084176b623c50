"""The parameters of comments: numbers in the path, a text in the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakejobs.domain.keys import JobKey
from fakejobs.evidence import assumed, documented
from fakejobs.web.params import number, param, text


def _text() -> Any:
    return param(text, doc="What is remarked.", sources=[documented("the older page"), assumed("missing: missing 'text' argument")])


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectParams:
    """comments/P/stats."""

    project: int = param(number, doc="Project number, in the path.", sources=[documented("the older page has comments/51/stats")])


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParams(ProjectParams):
    """comments/P/S/J."""

    spider: int = param(number, doc="The spider's number in job keys, in the path.", sources=[documented("the older page")])
    job: int = param(
        number, doc="Job number, in the path.", sources=[documented("the older page"), assumed("an unknown job has no comments")]
    )

    @property
    def key(self) -> JobKey:
        """The job's key."""
        return JobKey.of(self.project, self.spider, self.job)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemParams(JobParams):
    """comments/P/S/J/ITEM, comments/P/S/J/ITEM/FIELD."""

    item: int = param(
        number,
        doc="The item's number, from 0 on, in the path.",
        sources=[documented("the older page"), assumed("the item need not be there")],
    )
    field: str | None = param(
        text,
        default=None,
        doc="A field of the item, in the path. None given: the comments on the item as a whole.",
        sources=[documented("the older page"), assumed("the field need not be there")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewParams(ItemParams):
    """A new comment."""

    text: str = _text()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentParams:
    """comments/ID."""

    comment: int = param(
        number,
        doc="The comment's number, in the path.",
        sources=[documented("the older page"), assumed("unknown: 400, `error`, naming it")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EditParams(CommentParams):
    """Another text for a comment."""

    text: str = _text()
