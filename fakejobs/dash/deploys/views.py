"""What each endpoint of deploys does with the verbs.

Nothing is unpacked, installed or pulled: what the platform would find in an upload, a test has said beforehand.
"""

from __future__ import annotations

from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.dash.deploys.params import EggNameParams, EggParams, ReleaseParams, StatusParams, VersionParams
from fakejobs.dash.deploys.payloads import deploy_result, egg_row
from fakejobs.dash.params import ProjectParams
from fakejobs.dash.views import OK
from fakejobs.domain.deploys import MAIN_EGG, Deploy, Egg, require_egg_name
from fakejobs.domain.metadata import SCRIPT
from fakejobs.errors import NoSuchRoute, NotFound
from fakejobs.web.endpoint import NO_BODY, Reply

STATUS_PATH = "/releases/status/{project}/{deploy}.json"


def add_version(cloud: Cloud, params: VersionParams, account: Account) -> Reply:
    """Take in a version of a project's code; a refused one is answered with a 200, too, and only its text says so."""
    deploy = cloud.uploads.take_in(
        Deploy(0, params.project, params.version, stack=params.stack, files=tuple(params.files()), user=account.user, time=cloud.now_ms())
    )
    return Reply(deploy_result(deploy, _known_spiders(cloud, params.project)))


def list_eggs(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """List the eggs of a project, by name."""
    eggs = cloud.uploads.eggs(params.project)
    return Reply({**OK, "eggs": [egg_row(egg) for egg in eggs]}, count=len(eggs))


def add_egg(cloud: Cloud, params: EggParams, account: Account) -> Reply:
    """Take in an egg."""
    egg = cloud.uploads.add_egg(params.project, Egg(require_egg_name(params.name), params.version, params.egg.content, cloud.now_ms()))
    return Reply({**OK, "egg": egg_row(egg)})


def delete_egg(cloud: Cloud, params: EggNameParams, account: Account) -> Reply:
    """Remove an egg."""
    if not cloud.uploads.delete_egg(params.project, params.name):
        raise NotFound(f"project {params.project} has no egg {params.name!r}")
    return Reply(OK)


def bundle(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """Hand out every egg of a project, the one of its own code too, in one zip file."""
    return Reply([(egg.file_name, egg.content) for egg in cloud.uploads.eggs(params.project)])


def migrate(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """Hand out the eggs beside a project's own code, and the requirements of its latest deploy, in one zip file."""
    latest = cloud.uploads.latest(params.project)
    requirements = (latest.requirements if latest else None) or b""
    eggs = [(egg.file_name, egg.content) for egg in cloud.uploads.eggs(params.project) if egg.name != MAIN_EGG]
    return Reply([("requirements.txt", requirements), *eggs])


def release(cloud: Cloud, params: ReleaseParams, account: Account) -> Reply:
    """Take in the name of an image and what is in it; Location says where its status can be read."""
    deploy = cloud.uploads.take_in(
        Deploy(
            0,
            params.project,
            params.version,
            spiders=params.spiders,
            scripts=params.scripts,
            image_url=params.image_url,
            project_type=params.project_type,
            user=account.user,
            time=cloud.now_ms(),
        )
    )
    path = STATUS_PATH.format(project=params.project, deploy=deploy.deploy_id)
    return Reply(NO_BODY, 302, headers=(("Location", f"http://{params.host or 'localhost'}/api{path}"),))


def release_status(cloud: Cloud, params: StatusParams, account: Account) -> Reply:
    """Say how a release ended; it has always ended."""
    deploy = cloud.uploads.find(params.project, params.deploy)
    if deploy is None:
        raise NoSuchRoute("/api" + STATUS_PATH.format(project=params.project, deploy=params.deploy))
    return Reply(deploy_result(deploy, _known_spiders(cloud, params.project)))


def get_settings(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """Return the settings with which an image lists its spiders."""
    project_settings = cloud.settings.of(params.project)
    return Reply({"project_settings": project_settings, "organization_settings": {}, "enabled_addons": []})


def _known_spiders(cloud: Cloud, project: int) -> int:
    return sum(not spider.name.startswith(SCRIPT) for spider in cloud.projects.spiders(project))
