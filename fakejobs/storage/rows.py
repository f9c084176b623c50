"""A row of the queue's family, written short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakejobs.evidence import Source
from fakejobs.storage.wire import QUEUE
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.formats import Format


def queue_row(
    name: str,
    method: str,
    paths: str | tuple[str, ...],
    params: type[Any],
    view: Callable[..., Any],
    form: Format,
    doc: str,
    *sources: Source,
    scoped: bool = True,
    asks: Callable[..., Any] | None = None,
) -> Endpoint[Any]:
    """Return an endpoint of the queue's family: its body, if it has one, is no form."""
    where = (paths,) if isinstance(paths, str) else paths
    return Endpoint(name, QUEUE, method, where, params, view, form, doc, sources, scoped=scoped, form=False, asks=asks)
