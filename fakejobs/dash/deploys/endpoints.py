"""The table of contents of deploys."""

from __future__ import annotations

from typing import Any

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.dash.deploys import views
from fakejobs.dash.deploys.params import EggNameParams, EggParams, ReleaseParams, StatusParams, VersionParams
from fakejobs.dash.deploys.payloads import ZIP
from fakejobs.dash.params import ProjectParams
from fakejobs.dash.wire import DASH, DashWire
from fakejobs.evidence import assumed, documented
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.formats import SPACED_JSON
from fakejobs.web.request import Request


class OpenDash(DashWire):
    """The endpoints of dash that need no credentials."""

    def authenticate(self, cloud: Cloud, request: Request) -> Account:
        """Return an account of nobody in particular."""
        return Account()


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        name="scrapyd/addversion",
        wire=DASH,
        method="POST",
        paths=("/scrapyd/addversion.json",),
        params=VersionParams,
        view=views.add_version,
        format=SPACED_JSON,
        doc="Upload a version of a project's code.",
        sources=(
            documented("shub reads the last line of the answer: status, project, version, spiders"),
            assumed("the answer has no other lines"),
            assumed("spiders counts those that the project knows; an upload makes known what the test has said"),
            assumed("an upload that the test has said to fail is answered with a 200 and status error"),
        ),
    ),
    *(
        Endpoint(
            name="eggs/list",
            wire=DASH,
            method=method,
            paths=("/eggs/list.json",),
            params=ProjectParams,
            view=views.list_eggs,
            format=SPACED_JSON,
            doc="List the eggs of a project.",
            sources=(
                documented("shub copy-eggs reads name and version of eggs"),
                documented("the older page has POST, too"),
                assumed("by name, the project's own code as __main__"),
            ),
        )
        for method in ("GET", "POST")
    ),
    Endpoint(
        name="eggs/add",
        wire=DASH,
        method="POST",
        paths=("/eggs/add.json",),
        params=EggParams,
        view=views.add_egg,
        format=SPACED_JSON,
        doc="Upload an egg.",
        sources=(documented("shub reads the status in the last line of the answer"), assumed("the answer names the egg")),
    ),
    Endpoint(
        name="eggs/delete",
        wire=DASH,
        method="POST",
        paths=("/eggs/delete.json",),
        params=EggNameParams,
        view=views.delete_egg,
        format=SPACED_JSON,
        doc="Remove an egg.",
        sources=(documented("a method of the legacy client"), assumed("status ok, and no more")),
    ),
    Endpoint(
        name="eggs/bundle",
        wire=DASH,
        method="GET",
        paths=("/eggs/bundle.zip",),
        params=ProjectParams,
        view=views.bundle,
        format=ZIP,
        doc="Download the eggs of a project in one zip file.",
        sources=(
            documented("shub copy-eggs unpacks NAME.egg and __main__.egg"),
            assumed("no directory inside; a project without eggs gives an empty zip file"),
        ),
    ),
    Endpoint(
        name="migrate-eggs",
        wire=DASH,
        method="GET",
        paths=("/migrate-eggs.zip",),
        params=ProjectParams,
        view=views.migrate,
        format=ZIP,
        doc="Download a project's eggs and its requirements.txt in one zip file.",
        sources=(
            documented("shub migrate-eggs unpacks requirements.txt and *.egg"),
            assumed("the requirements are those of the latest deploy; no egg is looked up in an index"),
        ),
    ),
    Endpoint(
        name="releases/deploy",
        wire=DASH,
        method="POST",
        paths=("/releases/deploy.json",),
        params=ReleaseParams,
        view=views.release,
        format=SPACED_JSON,
        doc="Release an image.",
        sources=(
            documented("shub reads Location, without following it"),
            assumed("302, an empty body"),
        ),
    ),
    Endpoint(
        name="releases/status",
        wire=OpenDash(),
        method="GET",
        paths=("/releases/status/<project>/<deploy>.json",),
        params=StatusParams,
        view=views.release_status,
        format=SPACED_JSON,
        scoped=False,
        doc="Say how the release of an image ended.",
        sources=(
            documented("shub sends no credentials, and waits until status is not pending, started, retry or progress"),
            assumed("a release has ended when it is answered; the fields are those of scrapyd/addversion"),
        ),
    ),
    Endpoint(
        name="settings/get",
        wire=DASH,
        method="GET",
        paths=("/settings/get.json",),
        params=ProjectParams,
        view=views.get_settings,
        format=SPACED_JSON,
        doc="Read the settings of a project.",
        sources=(
            documented("shub image reads project_settings, organization_settings and enabled_addons"),
            assumed("project_settings are the project's settings on storage, the others are empty"),
        ),
    ),
)
