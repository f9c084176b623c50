"""`saveas`: the name under which a browser is to save an answer."""

from __future__ import annotations

from typing import Any

from fakejobs.errors import BadParam
from fakejobs.evidence import assumed, documented
from fakejobs.web.endpoint import Headers
from fakejobs.web.params import param


def _file_name(name: str, value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise BadParam(name, value)
    return value


def saveas_param() -> Any:
    """Declare the parameter `saveas` as a dataclass field."""
    return param(
        _file_name,
        default=None,
        doc="Name under which a browser is to save the answer.",
        sources=[
            documented("Content-Disposition: Attachment; filename=NAME"),
            assumed("other than printable ASCII: invalid value for saveas"),
        ],
    )


def saved_as(name: str | None) -> Headers:
    """Return the header that names the file, if one was asked for."""
    return () if name is None else (("Content-Disposition", f"Attachment; filename={name}"),)
