"""The tables that are made from the code: they leave nothing out, and are well formed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fakejobs import tables
from fakejobs.domain.lifecycle import TRANSITIONS, JobState
from fakejobs.routes import router
from fakejobs.web.params import schema_of

TABLES = (tables.endpoint_table, tables.parameter_table, tables.refusal_table, tables.life_cycle_table)
PACKAGE = Path(tables.__file__).parent


def every_text(*kinds: str) -> set[str]:
    """Return the texts of all calls such as assumed("...") in the package; those that are put together are not seen."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    found = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in kinds]
    return {str(text.value) for text in found if isinstance(text, ast.Constant)}


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


def test_every_fact_is_in_the_markdown_and_in_the_text() -> None:
    markdown = tables.as_markdown()
    text = " ".join(" ".join(tables.as_text(name).split()) for name in {endpoint.name for endpoint in router().endpoints})
    facts = every_text("recorded", "documented", "assumed")
    assert len(facts) > 100
    assert [fact for fact in facts if fact.replace("|", "\\|") not in markdown] == []
    told = {source.text for endpoint in router().endpoints for source in endpoint.sources}
    told |= {source.text for endpoint in router().endpoints for about in schema_of(endpoint.params) for source in about.sources}
    assert len(told) > 100
    assert [fact for fact in told if " ".join(fact.split()) not in text] == []


def test_every_assumption_is_listed_once_for_what_it_is_about() -> None:
    listed = tables.assumptions()
    assert {text for _, text in listed} == every_text("assumed")
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


def test_the_list_has_every_path_and_one_sentence() -> None:
    for line, endpoint in zip(tables.as_list().splitlines(), router().endpoints, strict=True):
        asked = f"{endpoint.method} {', '.join(tables.paths_of(endpoint))}: "
        assert line.split(maxsplit=1) == [endpoint.name, f"{asked}{endpoint.doc.partition('. ')[0].removesuffix('.')}."]


def test_the_text_of_a_path_is_that_of_its_endpoint_alone() -> None:
    assert tables.as_text("/api/schedule.json") == tables.as_text("run")
    assert tables.as_text("/api/items.csv").startswith("GET /api/items.csv\n")
    assert "GET /api/items.jl" not in tables.as_text("/api/items.csv")


def test_a_parameter_that_several_endpoints_of_a_name_share_is_told_once() -> None:
    text = tables.as_text("items")
    assert text.count("      nodata: ") == 1
    assert "      project, count, start, " in text
    assert ": as above\n" in text
