"""The table of contents of v2."""

from __future__ import annotations

from typing import Any

from fakejobs.dash.v2 import views
from fakejobs.dash.v2.params import NoParams, ProjectParams, SpiderListParams, SpiderParams, TagParams
from fakejobs.dash.v2.wire import V2
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.formats import COMPACT_JSON

_SPIDER = f"{views.SPIDERS}/<spider>"

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        name="v2/users/me",
        wire=V2,
        method="GET",
        paths=("/v2/users/me",),
        params=NoParams,
        view=views.me,
        format=COMPACT_JSON,
        scoped=False,
        doc="Say whose key it is.",
        sources=(documented("shub login takes a key for good if the status is 200"), assumed("the answer names the user")),
    ),
    Endpoint(
        name="v2/spiders",
        wire=V2,
        method="GET",
        paths=(_SPIDER,),
        params=SpiderParams,
        view=views.spider,
        format=COMPACT_JSON,
        doc="Describe a spider, with its tags.",
        sources=(
            recorded("25 fields; jobq_id is the number in job keys"),
            assumed("id is the number in job keys, too"),
            assumed("last_run is the start of the job that finished last"),
            assumed("averages, the other last_* and settings stay empty"),
        ),
    ),
    Endpoint(
        name="v2/spiders/list",
        wire=V2,
        method="GET",
        paths=(views.SPIDERS,),
        params=SpiderListParams,
        view=views.spiders,
        format=COMPACT_JSON,
        doc="Describe the spiders of a project, a page at a time.",
        sources=(
            documented("three public clients read count, next, and of each result name, jobq_id and last_run"),
            assumed("each result is the object that the spider has by itself; scripts are among them"),
        ),
    ),
    Endpoint(
        name="v2/projects",
        wire=V2,
        method="GET",
        paths=("/v2/projects/<project>",),
        params=ProjectParams,
        view=views.project,
        format=COMPACT_JSON,
        doc="Describe a project.",
        sources=(
            documented("the vendor's tool reads organization, a number"),
            assumed("all projects belong to organization 1; there is id and name beside it"),
        ),
    ),
    Endpoint(
        name="v2/spiders/tags",
        wire=V2,
        method="PATCH",
        paths=(f"{_SPIDER}/tags",),
        params=TagParams,
        view=views.edit_tags,
        format=COMPACT_JSON,
        form=False,
        doc="Add and remove tags of a spider.",
        sources=(recorded("the answer is the whole spider"), assumed("an added tag stands at the end")),
    ),
)
