"""What each endpoint of comments does with the verbs."""

from __future__ import annotations

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.dash.comments.params import CommentParams, EditParams, ItemParams, JobParams, NewParams, ProjectParams
from fakejobs.dash.comments.payloads import by_place, comment_object
from fakejobs.dash.views import OK
from fakejobs.domain.comments import Comment
from fakejobs.errors import ProjectDenied
from fakejobs.web.endpoint import Reply


def of_job(cloud: Cloud, params: JobParams, account: Account) -> Reply:
    """Read the comments of a job, by item, or item and field."""
    comments = cloud.comments.of(params.key)
    return Reply(by_place(comments), count=len(comments))


def stats(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """Count the commented items of each job of a project."""
    return Reply({str(job): count for job, count in cloud.comments.commented_items(params.project).items()})


def of_item(cloud: Cloud, params: ItemParams, account: Account) -> Reply:
    """Read the comments on an item, or on a field of it."""
    comments = cloud.comments.on(params.key, params.item, params.field)
    return Reply([comment_object(comment) for comment in comments], count=len(comments))


def add(cloud: Cloud, params: NewParams, account: Account) -> Reply:
    """Comment on an item, or on a field of it."""
    return Reply(comment_object(cloud.comments.add(params.key, params.item, params.text, field=params.field, author=account.user)))


def archive_all(cloud: Cloud, params: ItemParams, account: Account) -> Reply:
    """Archive the comments on an item, or on a field of it."""
    return Reply({**OK, "count": cloud.comments.archive_all(params.key, params.item, params.field)})


def edit(cloud: Cloud, params: EditParams, account: Account) -> Reply:
    """Give a comment another text."""
    with cloud.lock:
        return Reply(comment_object(cloud.comments.edit(_open_to(cloud, params, account).comment_id, params.text)))


def archive(cloud: Cloud, params: CommentParams, account: Account) -> Reply:
    """Archive a comment."""
    with cloud.lock:
        return Reply({**OK, "count": cloud.comments.archive(_open_to(cloud, params, account).comment_id)})


def _open_to(cloud: Cloud, params: CommentParams, account: Account) -> Comment:
    """Return a comment; raises NotFound, and ProjectDenied if it lies in a project that the account may not use."""
    comment = cloud.comments.get(params.comment)
    if not account.may_use(comment.job.project_id):
        raise ProjectDenied(account.user, comment.job.project_id)
    return comment
