"""The parameters of deploys, read into the domain's words; files come as parts of a multipart form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fakejobs.dash.params import ProjectParams
from fakejobs.domain.deploys import UploadedFile
from fakejobs.evidence import assumed, documented
from fakejobs.web.params import NO_UPLOAD, header, number, param, text, upload
from fakejobs.web.request import Upload


def _version() -> Any:
    return param(
        text, doc="Version, any text.", sources=[documented("shub always sends it"), assumed("missing: missing 'version' argument")]
    )


def _egg(doc: str) -> Any:
    return upload(
        doc=doc,
        sources=[documented("shub sends it as a file"), assumed("any bytes are an egg"), assumed("missing: missing 'egg' argument")],
    )


def _words(name: str, value: str) -> tuple[str, ...]:
    """Read words between commas."""
    return tuple(word.strip() for word in value.split(",") if word.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionParams(ProjectParams):
    """scrapyd/addversion.json."""

    version: str = _version()
    stack: str | None = param(
        text, default=None, doc="The stack to run on.", sources=[documented("shub sends the stack of scrapinghub.yml")]
    )
    egg: Upload = _egg("The project's code.")
    eggs: tuple[Upload, ...] = upload(
        doc="Eggs that the code needs; repeatable.",
        repeat=True,
        sources=[documented("shub sends the eggs of scrapinghub.yml"), assumed("they belong to the deploy, and are not listed")],
    )
    requirements: Upload = upload(
        doc="The requirements file.",
        required=False,
        sources=[documented("shub sends that of scrapinghub.yml"), assumed("nothing is installed")],
    )

    def files(self) -> Iterator[UploadedFile]:
        """Yield the files, with the fields in which they came."""
        yield UploadedFile("egg", self.egg.filename, self.egg.content)
        for egg in self.eggs:
            yield UploadedFile("eggs", egg.filename, egg.content)
        if self.requirements is not NO_UPLOAD:
            yield UploadedFile("requirements", self.requirements.filename, self.requirements.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class EggParams(ProjectParams):
    """eggs/add.json."""

    name: str = param(
        text,
        doc="Name of the egg.",
        sources=[
            documented("shub sends the name of setup.py"),
            assumed("an earlier egg of the name is replaced; __main__ is the project's own code"),
            assumed("a name with a slash or a dot at its head is refused, and one that is too long for a zip file"),
        ],
    )
    version: str = _version()
    egg: Upload = _egg("The egg.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EggNameParams(ProjectParams):
    """eggs/delete.json."""

    name: str = param(
        text, doc="Name of the egg.", sources=[documented("a method of the legacy client"), assumed("unknown: 400, `error`, naming it")]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseParams(ProjectParams):
    """releases/deploy.json."""

    version: str = _version()
    image_url: str = param(text, doc="Name of the image.", sources=[documented("shub image deploy"), assumed("the image is never pulled")])
    project_type: str | None = param(text, default=None, doc="Such as `scrapy`.", sources=[documented("shub image deploy")])
    spiders: tuple[str, ...] = param(
        _words,
        default=(),
        doc="Spider names with commas between them; they become known.",
        sources=[documented("shub reads them from the image"), assumed("the project is closed to other names from then on")],
    )
    scripts: tuple[str, ...] = param(
        _words,
        default=(),
        doc="Script names with commas between them; they become known as py:NAME.",
        sources=[documented("shub reads them from the image or from setup.py")],
    )
    pull_insecure_registry: str = param(text, default="", doc="Passed over.", sources=[documented("shub image deploy")])
    pull_auth_config: str = param(
        text, default="", secret=True, doc="Credentials of the registry; kept nowhere.", sources=[documented("shub image deploy")]
    )
    host: str = header(
        "Host", doc="Where the client reaches the fake; Location says so.", sources=[documented("the client needs an absolute Location")]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusParams:
    """The status of a release."""

    project: int = param(number, doc="Project number, in the path.", sources=[assumed("the path of Location is chosen")])
    deploy: int = param(number, doc="Number of the deploy, in the path.", sources=[assumed("unknown: 404")])
