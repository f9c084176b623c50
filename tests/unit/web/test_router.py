"""The router: which row a path and a method name."""

from __future__ import annotations

import pytest

from fakejobs.errors import NoSuchRoute, NotFaked, WrongMethod
from fakejobs.routes import TABLES, router
from fakejobs.unfaked import UNFAKED
from fakejobs.web.router import Answers, Router, Table


def test_every_path_of_every_endpoint_leads_to_it() -> None:
    for endpoint in router().endpoints:
        for path in endpoint.paths:
            if "<" not in path:
                found, values = router().match(endpoint.method, endpoint.wire.base + path)
                assert (found, values) == (endpoint, {})


def test_it_is_built_once_a_process() -> None:
    assert router() is router()
    assert isinstance(router(), Router)


@pytest.mark.parametrize("path", ["/", "", "/api", "/api/", "/nothing", "/api/run.jsonx"])
def test_nobody_knows(path: str) -> None:
    with pytest.raises(NoSuchRoute, match="no such path"):
        router().match("GET", path)
    assert router().allowed(path) == ()


def test_a_wrong_method_names_the_right_ones() -> None:
    with pytest.raises(WrongMethod) as caught:
        router().match("GET", "/api/run.json")
    assert caught.value.allowed == ("POST", "OPTIONS")
    assert router().allowed("/api/jobs/list.json") == ("GET", "HEAD", "OPTIONS")


def test_unfaked_paths_are_named() -> None:
    for row in UNFAKED:
        with pytest.raises(NotFaked) as caught:
            router().match("GET", "/".join("1" if part.startswith("<") else part for part in row.path.split("/")))
        assert caught.value.route == row.path


@pytest.mark.parametrize(("path", "wire"), [("/api/run.json", "dash"), ("/api/nothing", "dash"), ("/nothing", "dash")])
def test_which_family_answers(path: str, wire: str) -> None:
    assert router().wire_of(path).name == wire


def test_a_table_knows_the_prefixes_of_its_families() -> None:
    for table in TABLES:
        for wire in table.load().wires:
            assert all(prefix.startswith(table.prefixes) for prefix in wire.prefixes)
            assert wire.prefixes == table.prefixes or wire.name == "v2"
    assert len({endpoint for table in TABLES for endpoint in table.load().endpoints}) == len(router().endpoints)


def test_tables_are_loaded_when_a_path_comes_that_they_may_know() -> None:
    loaded: list[str] = []

    def counted(name: str, table: Table) -> Table:
        def load() -> Answers:
            loaded.append(name)
            return table.load()

        return Table(table.prefixes, load)

    own = Router([counted(name, table) for name, table in zip(("jobs", "dash", "queue", "records"), TABLES, strict=True)])
    assert own.match("POST", "/api/run.json")[0].name == "run"
    assert own.match("GET", "/api/jobs/list.json")[0].name == "jobs/list"
    assert loaded == ["jobs"]
    assert own.match("GET", "/api/eggs/list.json")[0].name == "eggs/list"
    assert loaded == ["jobs", "dash"]
    assert own.match("GET", "/jobs/1/1/1")[0].name == "jobs/metadata"
    assert own.wire_of("/items/1").name == "records"
    assert loaded == ["jobs", "dash", "queue", "records"]
    with pytest.raises(NoSuchRoute):
        own.match("GET", "/nothing")
    assert [endpoint.name for endpoint in own.endpoints] == [endpoint.name for endpoint in router().endpoints]
    assert len(loaded) == 4


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "//api/run.json", "run"),
        ("GET", "///api/jobs/list.json", "jobs/list"),
        ("GET", "api/jobs/list.json", "jobs/list"),
        ("POST", "/api//run.json", "run"),
        ("GET", "/api/jobs///list.json", "jobs/list"),
        ("GET", "//api//v2/users//me", "v2/users/me"),
        ("GET", "//jobq/1/count", "jobq/count"),
        ("GET", "jobq/1/count", "jobq/count"),
        ("GET", "/jobq//1//count", "jobq/count"),
        ("GET", "//items/1/1/1", "items"),
        ("GET", "/items//1/1//1", "items"),
        ("POST", "/collections//1/s//books//deleted", "collections/remove"),
    ],
)
def test_several_slashes_count_as_one(method: str, path: str, name: str) -> None:
    """Clients that put a base with a final slash before a path send two."""
    endpoint, _ = router().match(method, path)
    assert endpoint.name == name
    assert method in router().allowed(path)
    assert router().wire_of(path).name == endpoint.wire.name


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/collections/1/s/books/a/b", "a/b"),
        ("/collections/1/s/books/a//b", "a//b"),
        ("//collections/1//s//books/a///b//c", "a///b//c"),
    ],
)
def test_slashes_in_the_key_of_a_collection_stay(path: str, key: str) -> None:
    endpoint, values = router().match("GET", path)
    assert (endpoint.name, values["name"], values["key"]) == ("collections/read", "books", key)


def test_a_path_of_slashes_is_soon_found_to_lead_nowhere() -> None:
    with pytest.raises(NoSuchRoute):
        router().match("GET", "/items" + "//a" * 20_000)


@pytest.mark.parametrize("path", ["/api/jobs/list.json", "/items/1/1/1", "/api//jobs/list.json"])
def test_a_method_in_small_letters_is_a_wrong_one(path: str) -> None:
    with pytest.raises(WrongMethod) as caught:
        router().match("get", path)
    assert "GET" in caught.value.allowed


def test_all_can_be_loaded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Router(TABLES)
    own.load()
    monkeypatch.setattr(Router, "_build", None)
    assert own.match("GET", "/items/1/1/1")[0].name == "items"
    assert own.match("GET", "/jobq/1/count")[0].name == "jobq/count"
    assert own.match("GET", "/api/v2/projects/1/spiders/2")[0].wire.name == "v2"
