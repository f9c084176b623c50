"""What is faked and how each fact is known, as text: made from the tables of the code, so that it cannot be out of date.

`fakejobs endpoints` prints it; docs/reference carries the same tables, and a test compares them. A fact is worded where it
is true (an endpoint, a parameter, a transition, a refusal) and nowhere else.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fakejobs.cloud import periodic
from fakejobs.dash.endpoints import EVERYWHERE as DASH_EVERYWHERE
from fakejobs.dash.errors import REFUSALS as DASH_REFUSALS
from fakejobs.dash.v2.wire import REFUSALS as V2_REFUSALS
from fakejobs.dash.views import BIRTH_STATES
from fakejobs.domain import pacing
from fakejobs.domain.lifecycle import TRANSITIONS, JobState, Transition
from fakejobs.errors import RequestError, UsageError
from fakejobs.evidence import Evidence, Source
from fakejobs.nearest import nearest, nearest_path
from fakejobs.routes import router
from fakejobs.storage.errors import REFUSALS as STORAGE_REFUSALS
from fakejobs.storage.facts import EVERYWHERE as STORAGE_EVERYWHERE
from fakejobs.web.endpoint import Endpoint
from fakejobs.web.gateway import EVERYWHERE as FAULTS_EVERYWHERE
from fakejobs.web.params import Param, schema_of
from fakejobs.web.router import EVERYWHERE as REQUEST_EVERYWHERE

WIDTH = 100
"""Columns of the text for terminals."""

EVERYWHERE = {
    "every request": REQUEST_EVERYWHERE,
    "every endpoint of dash": DASH_EVERYWHERE,
    "every endpoint of storage": STORAGE_EVERYWHERE,
    "every job that lives by itself": pacing.EVERYWHERE,
    "every periodic job": periodic.EVERYWHERE,
    "every call that a fault takes": FAULTS_EVERYWHERE,
}
"""What is true of more than one row of a table, by what it is about."""


@dataclass(frozen=True, slots=True)
class ParamRow:
    """A parameter, and the endpoints where it means the same."""

    about: Param
    endpoints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """How a family answers one kind of error. word: its `status` in the body, or nothing."""

    family: str
    status: int
    word: str
    when: str
    source: Source


# ------------------------------------------------------------ the facts


def paths_of(endpoint: Endpoint[Any]) -> list[str]:
    """Return the paths of an endpoint from the root of the server, its own first, then its aliases."""
    return [endpoint.wire.base + path for path in endpoint.paths]


def parameters() -> list[ParamRow]:
    """Return every parameter once for each meaning it has, in the order of the endpoints."""
    found: dict[object, tuple[Param, list[str]]] = {}
    for endpoint in router().endpoints:
        for about in schema_of(endpoint.params):
            _, names = found.setdefault(_meaning(about), (about, []))
            if endpoint.name not in names:
                names.append(endpoint.name)
    return [ParamRow(about, tuple(names)) for about, names in found.values()]


def assumptions() -> list[tuple[str, str]]:
    """Return everything that is assumed: what it is about, and what was chosen; each once."""
    known = (
        *((f"{endpoint.name}", endpoint.sources) for endpoint in router().endpoints),
        *((f"{', '.join(row.endpoints)}: `{row.about.name}`", row.about.sources) for row in _by_assumptions()),
        *((f"{state} job, {event}", (cell.source,)) for state, event, cell in transitions()),
        *((where, sources) for where, sources in EVERYWHERE.items()),
        *((f"refusals of {row.family}", (row.source,)) for row in refusals()),
    )
    pairs = ((where, source.text) for where, sources in known for source in sources if source.evidence is Evidence.ASSUMED)
    return [*dict.fromkeys(pairs)]


def refusals() -> list[RefusalRow]:
    """Return how dash, its v2 and storage answer every kind of error."""
    rows = [RefusalRow("dash", row.status, f"`{row.word}`", _first_line(kind), row.source) for kind, row in DASH_REFUSALS.items()]
    for family, refusals_of in (("v2", V2_REFUSALS), ("storage", STORAGE_REFUSALS)):
        rows += [RefusalRow(family, status, "none", _first_line(kind), source) for kind, (status, source) in refusals_of.items()]
    return rows


def transitions() -> Iterator[tuple[JobState, str, Transition]]:
    """Return the cells of the life cycle's table."""
    return ((state, str(event), cell) for state, row in TRANSITIONS.items() for event, cell in row.items())


# ------------------------------------------------------------ for docs/reference


def endpoint_table() -> str:
    """Return the endpoints as a table in Markdown."""
    rows = [
        [
            f"`{endpoint.method} {'`, `'.join(paths_of(endpoint))}`",
            endpoint.doc,
            ", ".join(f"`{_name_of(about)}`" for about in schema_of(endpoint.params)) or "none",
            _evidence(endpoint.sources),
        ]
        for endpoint in router().endpoints
    ]
    return _table(["endpoint", "what it does", "parameters", "how we know"], rows)


def parameter_table() -> str:
    """Return the parameters as a table in Markdown."""
    rows = [
        [f"`{_name_of(row.about)}`", ", ".join(row.endpoints), _required(row.about), _evidence(row.about.sources)] for row in parameters()
    ]
    return _table(["parameter", "of", "meaning", "how we know"], rows)


def refusal_table() -> str:
    """Return how every family refuses, as a table in Markdown."""
    rows = [[row.family, str(row.status), row.word, row.when, _evidence([row.source])] for row in refusals()]
    return _table(["of", "HTTP status", "`status`", "when", "how we know"], rows)


def life_cycle_diagram() -> str:
    """Return the life cycle of a job as a Mermaid diagram, fenced for Markdown."""
    lines = [f"[*] --> {state}" for state in BIRTH_STATES]
    lines += [f"{state} --> {cell.state}: {event} ({cell.source.evidence})" for state, event, cell in transitions()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"]) + "\n"


def life_cycle_table() -> str:
    """Return the steps of a job's life as a table in Markdown."""
    rows = [
        [str(state), event, str(cell.state), ", ".join(f"`{stamp.value}`" for stamp in cell.stamps) or "nothing", _evidence([cell.source])]
        for state, event, cell in transitions()
    ]
    return _table(["from", "step", "to", "sets", "how we know"], rows)


def everywhere_list() -> str:
    """Return what is true of more than one row of a table, as a list in Markdown."""
    return "".join(f"- {where}, {source.evidence}: {source.text}\n" for where, sources in EVERYWHERE.items() for source in sources)


def assumption_list() -> str:
    """Return everything that is assumed, as a list in Markdown."""
    return "".join(f"- {where}: {text}\n" for where, text in assumptions())


def lint_table() -> str:
    """Return the rules of the lint as a table in Markdown."""
    from fakejobs.lint.rules import RULES

    rows = [(f"`{rule.code}`", rule.example, rule.meaning, rule.instead) for rule in RULES]
    return _table(["code", "found", "what becomes of it", "instead"], rows)


def as_markdown() -> str:
    """Return all tables in Markdown, under headings."""
    parts = {
        "Endpoints": endpoint_table(),
        "Parameters": parameter_table(),
        "Everywhere": everywhere_list(),
        "Refusals": refusal_table(),
        "Life cycle": life_cycle_diagram() + "\n" + life_cycle_table(),
        "Assumptions": assumption_list(),
    }
    return "\n".join(f"## {title}\n\n{part}" for title, part in parts.items())


# ------------------------------------------------------------ for terminals


def as_list() -> str:
    """Return the endpoints, one a line: name, method and paths, the first sentence of what it does."""
    rows = [(row.name, f"{row.method} {', '.join(paths_of(row))}", _first_sentence(row.doc)) for row in router().endpoints]
    wide = max(len(name) for name, _, _ in rows)
    return "".join(f"{name:<{wide}}  {asked}: {doc}\n" for name, asked, doc in rows)


def as_text(name: str) -> str:
    """Return what there is to know of the endpoints of a name, or of those with a path, in 100 columns.

    A path may be one of the list or a real one, also as a URL. Raises UsageError for a name that there is none of.
    """
    endpoints = router().endpoints
    found = [endpoint for endpoint in endpoints if name == endpoint.name or name in paths_of(endpoint)] or _answering(name)
    if not found:
        known = (path for row in endpoints for path in paths_of(row))
        meant = nearest_path(_path_of(name), known) if _is_path(name) else nearest(name, (row.name for row in endpoints))
        near = "" if meant is None else f" (did you mean {meant!r}?)"
        raise UsageError(f"there is no endpoint {name!r}{near or ' (fakejobs endpoints lists them)'}")
    told: set[object] = set()
    return "\n".join("".join(f"{line}\n" for line in _described(endpoint, told)) for endpoint in found)


def _answering(name: str) -> list[Endpoint[Any]]:
    """Return the endpoints that answer a real path, by whatever method."""
    found: list[Endpoint[Any]] = []
    for method in router().allowed(_path_of(name)) if _is_path(name) else ():
        with suppress(RequestError):
            endpoint = router().match(method, _path_of(name))[0]
            if endpoint not in found:
                found.append(endpoint)
    return found


def _is_path(name: str) -> bool:
    """Say whether this is a path, or a URL, and not the name of an endpoint."""
    return name.startswith("/") or any(sign.isdigit() or sign in ":." for sign in name)


def _path_of(name: str) -> str:
    """Return the path that a name may be: with a slash at its head, without host and query; `x.json` alone is one of dash."""
    path = urlsplit(name if "://" in name else f"/{name.lstrip('/')}").path.lstrip("/")
    is_of_dash = path.endswith(".json") and not path.startswith("api/") and not name.startswith("/")
    return f"/api/{path}" if is_of_dash else f"/{path}"


def _described(endpoint: Endpoint[Any], told: set[object]) -> Iterator[str]:
    """Yield the lines of an endpoint. told: the parameters told so far, which are only named when they come again."""
    yield from _wrapped(f"{endpoint.method} {', '.join(paths_of(endpoint))}", 0)
    yield from _wrapped(endpoint.doc, 4)
    yield from _facts(endpoint.sources, 4)
    known = [about for about in schema_of(endpoint.params) if _meaning(about) in told]
    if known:
        yield from _wrapped(f"{', '.join(map(_name_of, known))}: as above", 6)
    for about in schema_of(endpoint.params):
        if _meaning(about) not in told:
            told.add(_meaning(about))
            yield from _wrapped(f"{_name_of(about)}: {_required(about)}", 6)
            yield from _facts(about.sources, 10)


# ------------------------------------------------------------ inside


def _by_assumptions() -> list[ParamRow]:
    """Return the parameters, joined where the same is assumed of the same name."""
    found: dict[tuple[str, tuple[Source, ...]], tuple[Param, list[str]]] = {}
    for row in parameters():
        assumed = tuple(source for source in row.about.sources if source.evidence is Evidence.ASSUMED)
        found.setdefault((row.about.name, assumed), (row.about, []))[1].extend(row.endpoints)
    return [ParamRow(about, tuple(dict.fromkeys(names))) for about, names in found.values()]


def _meaning(about: Param) -> object:
    return about.name, about.doc, about.sources, about.required


def _name_of(about: Param) -> str:
    return "any other" if about.rest else about.name


def _required(about: Param) -> str:
    return f"{about.doc} Required." if about.required else about.doc


def _first_sentence(text: str) -> str:
    return f"{text.partition('. ')[0].removesuffix('.')}."


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _evidence(sources: Iterable[Source]) -> str:
    return "; ".join(f"*{source.evidence}*: {source.text}" for source in sources)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))


def _facts(sources: Iterable[Source], indent: int) -> list[str]:
    blank = " " * (indent + 12)
    return [
        line
        for source in sources
        for line in textwrap.wrap(f"{source.evidence:<12}{source.text}", WIDTH, initial_indent=" " * indent, subsequent_indent=blank)
    ]
