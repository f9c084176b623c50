"""The contents page of dash: every row is whole, and every fact in it says how it is known."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from fakejobs.dash.endpoints import ENDPOINTS, EVERYWHERE
from fakejobs.dash.payloads import iso
from fakejobs.domain.clock import Millis
from fakejobs.evidence import Source
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.params import schema_of


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.paths[0])
def test_every_row_is_whole(endpoint: Endpoint[Any]) -> None:
    assert endpoint.wire.base == "/api"
    assert endpoint.method in ("GET", "POST", "PATCH", "PUT", "DELETE")
    assert all(path.startswith("/") for path in endpoint.paths)
    assert endpoint.doc.endswith(".")
    assert endpoint.sources
    assert callable(endpoint.view)
    assert endpoint.view.__doc__
    for about in schema_of(endpoint.params):
        assert about.doc.endswith("."), about.name
        assert about.sources, about.name
        assert all(isinstance(source, Source) and source.text for source in about.sources)


def test_no_path_stands_twice() -> None:
    paths = [(endpoint.method, path) for endpoint in ENDPOINTS for path in endpoint.paths]
    assert len(paths) == len(set(paths))
    assert all(isinstance(source, Source) for source in EVERYWHERE)


def test_scoped_endpoints_have_a_project() -> None:
    for endpoint in ENDPOINTS:
        assert (
            ("project" in {field.name for field in fields(endpoint.params)}) or not endpoint.scoped or "<project>" in endpoint.paths[0]
        ), endpoint.name


@pytest.mark.parametrize(
    ("moment", "text"),
    [(1_437_614_797_999, "2015-07-23T01:26:37"), (1_437_614_797_000, "2015-07-23T01:26:37"), (253_402_300_799_999, "9999-12-31T23:59:59")],
)
def test_times_are_utc_without_zone_and_fraction(moment: int, text: str) -> None:
    assert iso(Millis(moment)) == text
