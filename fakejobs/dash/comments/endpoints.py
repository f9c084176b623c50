"""The table of contents of comments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakejobs.dash.comments import views
from fakejobs.dash.comments.params import CommentParams, EditParams, ItemParams, JobParams, NewParams, ProjectParams
from fakejobs.dash.wire import DASH
from fakejobs.evidence import Source, assumed, documented
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.formats import SPACED_JSON

_JOB = "/comments/<project>/<spider>/<job>"
_ITEM = (f"{_JOB}/<item>", f"{_JOB}/<item>/<path:field>")


def _row(
    name: str, method: str, paths: tuple[str, ...], params: type[Any], view: Callable[..., Any], doc: str, *sources: Source
) -> Endpoint[Any]:
    return Endpoint(name, DASH, method, paths, params, view, SPACED_JSON, doc, sources, scoped=params not in (CommentParams, EditParams))


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    _row(
        "comments",
        "GET",
        (_JOB,),
        JobParams,
        views.of_job,
        "Read the comments on the items of a job.",
        documented('the older page: lists by item, "0", or item and field, "0/title"'),
        documented("a comment has id, created, archived, author, avatar, text and editable"),
        assumed("archived ones are there, too; archived is when that was, else null"),
        assumed("times are UTC without zone and fraction; avatar is empty; who may use the project may edit what is not archived"),
    ),
    _row(
        "comments/stats",
        "GET",
        ("/comments/<project>/stats",),
        ProjectParams,
        views.stats,
        "Count the commented items of each job of a project.",
        documented("the older page: how many items have comments that are not archived, by job"),
        assumed("no job that has none"),
    ),
    _row(
        "comments/item",
        "GET",
        _ITEM,
        ItemParams,
        views.of_item,
        "Read the comments on an item, or on a field of it.",
        documented("the older page"),
        assumed("a list; those on fields are not among those on the item"),
    ),
    _row(
        "comments/add",
        "POST",
        _ITEM,
        NewParams,
        views.add,
        "Comment on an item, or on a field of it.",
        documented("the older page"),
        assumed("the answer is the comment; an unknown job is refused: 400, `error`, naming it"),
    ),
    _row(
        "comments/item/archive",
        "DELETE",
        _ITEM,
        ItemParams,
        views.archive_all,
        "Archive the comments on an item, or on a field of it.",
        documented("the older page"),
        assumed("the answer counts those that were not archived before"),
    ),
    _row(
        "comments/edit",
        "PUT",
        ("/comments/<comment>",),
        EditParams,
        views.edit,
        "Give a comment another text.",
        documented("the older page"),
        assumed("the answer is the comment; an archived one is refused"),
    ),
    _row(
        "comments/archive",
        "DELETE",
        ("/comments/<comment>",),
        CommentParams,
        views.archive,
        "Archive a comment.",
        documented("the older page"),
        assumed("the answer counts it, if it was not archived before"),
    ),
)
