"""The table of contents of v2."""

from __future__ import annotations

from typing import Any

from fakejobs.dash.v2 import views
from fakejobs.dash.v2.params import NoParams, SpiderParams, TagParams
from fakejobs.dash.v2.wire import V2
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.formats import COMPACT_JSON

_SPIDER = "/v2/projects/<project>/spiders/<spider>"

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
            assumed("averages, last_* and settings stay empty"),
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
