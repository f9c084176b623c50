"""What the endpoints of deploys answer: results of deploys, lists of eggs, and eggs in a zip file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any

from fakejobs.domain.deploys import Deploy, Egg
from fakejobs.web.formats import Format

ZIP = Format("application/zip", lambda files: [zipped(files)])


def deploy_result(deploy: Deploy, spiders: int) -> dict[str, Any]:
    """Return how a deploy ended. spiders: how many the project knows now."""
    if deploy.error is not None:
        return {"status": "error", "message": deploy.error}
    return {"status": "ok", "project": deploy.project, "version": deploy.version, "spiders": spiders}


def egg_row(egg: Egg) -> dict[str, Any]:
    """Return an egg as an entry of eggs/list."""
    return {"name": egg.name, "version": egg.version}


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return files in a zip file; equal ones make equal bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content)
    return data.getvalue()
