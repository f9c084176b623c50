"""The tables that are made from the code: they leave nothing out, and are well formed."""

from __future__ import annotations

import pytest

from fakejobs import tables
from fakejobs.dash.endpoints import EVERYWHERE
from fakejobs.dash.errors import REFUSALS
from fakejobs.domain.lifecycle import TRANSITIONS, JobState
from fakejobs.evidence import Evidence, Source
from fakejobs.server import router
from fakejobs.web.params import schema_of

TABLES = (tables.endpoint_table, tables.parameter_table, tables.refusal_table, tables.life_cycle_table)


def every_source() -> list[Source]:
    """Return all that is known, as the code has it."""
    endpoints = router().endpoints
    return [
        *(source for endpoint in endpoints for source in endpoint.sources),
        *(source for endpoint in endpoints for about in schema_of(endpoint.params) for source in about.sources),
        *(cell.source for row in TRANSITIONS.values() for cell in row.values()),
        *EVERYWHERE,
        *(refusal.source for refusal in REFUSALS.values()),
    ]


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_a_table_has_every_column(table: object) -> None:
    assert callable(table)
    lines = table().splitlines()
    columns = lines[0].count("|")
    assert {line.replace("\\|", "").count("|") for line in lines} == {columns}
    assert set(lines[1]) <= set("|- ")
    assert len(lines) > 2
    assert len(lines) == len(set(lines))


def test_every_path_is_in_the_table_of_endpoints() -> None:
    table = tables.endpoint_table()
    for endpoint in router().endpoints:
        for path in tables.paths_of(endpoint):
            assert f"`{path}`" in table or f"{endpoint.method} {path}`" in table


def test_every_parameter_is_in_both_tables_with_what_is_known_of_it() -> None:
    endpoints, parameters = tables.endpoint_table(), tables.parameter_table()
    for endpoint in router().endpoints:
        for about in schema_of(endpoint.params):
            name = "any other" if about.rest else about.name
            assert f"`{name}`" in endpoints
            assert any(
                line.startswith(f"| `{name}` |") and endpoint.name in line and about.doc.replace("|", "\\|") in line
                for line in parameters.splitlines()
            )


def test_every_source_is_in_the_markdown_and_in_the_text() -> None:
    markdown, text = tables.as_markdown(), " ".join(tables.as_text().split())
    for source in every_source():
        assert source.text.replace("|", "\\|") in markdown
        assert " ".join(source.text.split()) in text


def test_every_assumption_is_listed_once_for_what_it_is_about() -> None:
    listed = tables.assumptions()
    assert {text for _, text in listed} == {source.text for source in every_source() if source.evidence is Evidence.ASSUMED}
    assert len(listed) == len(set(listed))
    assert tables.assumption_list().count("\n") == len(listed)


def test_the_diagram_has_every_step_with_its_evidence() -> None:
    diagram = tables.life_cycle_diagram()
    assert diagram.startswith("```mermaid\nstateDiagram-v2\n")
    assert diagram.endswith("```\n")
    for state, row in TRANSITIONS.items():
        for event, cell in row.items():
            assert f"    {state} --> {cell.state}: {event} ({cell.source.evidence})\n" in diagram
    assert diagram.count("[*] --> ") == len(JobState) - 1
