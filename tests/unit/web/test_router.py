"""The router: which row a path and a method name."""

from __future__ import annotations

import pytest

from fakejobs.errors import NoSuchRoute, NotFaked, WrongMethod
from fakejobs.routes import router
from fakejobs.unfaked import UNFAKED
from fakejobs.web.router import Router


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
