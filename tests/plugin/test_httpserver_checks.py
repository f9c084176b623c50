"""What httpserver is checked for when a fake is closed: what handlers raised, and what nobody met."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from pytest_httpserver import URIPattern
from werkzeug import Request, Response

from fakejobs import FakeJobs, UsageError, serve
from tests.plugin.conftest import Run

HEAD = """
        import pytest
        import requests
        from werkzeug import Response

        def get(fake, path, **options):
            return requests.get(fake.httpserver.url_for(path), auth=(fake.key, ""), **options).status_code
"""


def test_an_error_or_a_failed_assert_in_a_handler_fails_the_test(run: Run) -> None:
    result = run(f"""{HEAD}
        def test_error(fakejobs):
            def handle(request): raise KeyError("page")
            fakejobs.httpserver.expect_request("/x").respond_with_handler(handle)
            assert get(fakejobs, "/x") == 500

        def test_assert(fakejobs):
            def handle(request):
                assert request.args["page"] == "2"
                return Response("")
            fakejobs.httpserver.expect_request("/api/jobs/list.json").respond_with_handler(handle)
            get(fakejobs, "/api/jobs/list.json?page=1")

        def test_after(fakejobs): pass
    """)
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_error _*",
            "*raise KeyError*",
            "E *RuntimeError: the answer of httpserver to GET /x failed: 'page' (KeyError in the test's own *handle, *.py:9)*",
            "*_ test_assert _*",
            "*assert request.args*",
            "E *RuntimeError: the answer of httpserver to GET /api/jobs/list.json failed: *",
        ]
    )


def test_an_expectation_that_nobody_met_fails_the_test_when_its_fake_is_closed(run: Run) -> None:
    result = run(f"""{HEAD}
        def test_oneshot(fakejobs):
            fakejobs.httpserver.expect_oneshot_request("/api/run.json", method="POST").respond_with_data("", status=503)
            get(fakejobs, "/api/jobs/list.json?project=1")

        def test_ordered(fakejobs):
            for path in ("/a", "/b"):
                fakejobs.httpserver.expect_ordered_request(path, query_string={{"x": "1"}}).respond_with_data("")
            get(fakejobs, "/a?x=1")
            get(fakejobs, "/b?x=2")

        def test_method(fakejobs):
            fakejobs.httpserver.expect_oneshot_request("/a", method="POST").respond_with_data("")
            get(fakejobs, "/a")

        def test_nobody(fakejobs):
            fakejobs.httpserver.expect_oneshot_request("/a", json={{"a": 1}}).respond_with_data("")

        def test_permanent(fakejobs):
            fakejobs.httpserver.expect_request("/a").respond_with_data("")

        def test_cleared(fakejobs):
            fakejobs.httpserver.expect_oneshot_request("/a").respond_with_data("")
            fakejobs.httpserver.clear()

        def test_met_by_a_fixture_that_ends(fakejobs, request):
            fakejobs.httpserver.expect_oneshot_request("/bye").respond_with_data("")
            request.addfinalizer(lambda: get(fakejobs, "/bye"))
    """)
    result.assert_outcomes(passed=7, errors=4)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_oneshot*",
            "E *UsageError: httpserver: an expectation was not met:",
            " *expect_oneshot_request('/api/run.json', method='POST')  # *test_*.py:*",
            " *nearest: #1 GET /api/jobs/list.json project=1 -> 200 OK, 0 jobs *",
            " *(if the call is optional, write expect_request; fakejobs.httpserver.clear() removes all expectations)",
            "*ERROR at teardown of test_ordered*",
            " *expect_ordered_request('/b', query_string={'x': '1'})  # *test_*.py:*",
            " *GET /b came, but query_string: b'x=2' != {'x': '1'}",
            "*ERROR at teardown of test_method*",
            " *GET /a came, but method: 'GET' != 'POST'",
            "*ERROR at teardown of test_nobody*",
            " *expect_oneshot_request('/a', json={'a': 1})  # *test_*.py:*",
            " *no client has called at all",
        ]
    )


def test_a_test_that_failed_keeps_its_failure_and_names_it_beside(run: Run) -> None:
    result = run(f"""{HEAD}
        def test_failing(fakejobs):
            def handle(request): raise KeyError("page")
            fakejobs.httpserver.expect_request("/x").respond_with_handler(handle)
            fakejobs.httpserver.expect_oneshot_request("/y").respond_with_data("")
            get(fakejobs, "/x")
            assert "what came" == "what was wanted"

        def test_skipped(fakejobs):
            fakejobs.httpserver.expect_oneshot_request("/y").respond_with_data("")
            pytest.skip("not today")

        def test_inner(make_fakejobs):
            with make_fakejobs() as fake:
                fake.httpserver.expect_oneshot_request("/z").respond_with_data("")
                assert "what came" == "what was wanted"
    """)
    result.assert_outcomes(failed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_failing _*",
            "E *what came*",
            "*fakejobs: httpserver at http*",
            "the answer of httpserver to GET /x failed: 'page' (KeyError in *",
            "httpserver: an expectation was not met:",
            "    expect_oneshot_request('/y')  # *",
            "*_ test_inner _*",
            "E *what came*",
            "E *httpserver: an expectation was not met:",
            "E *expect_oneshot_request('/z')  # *",
        ]
    )
    assert "direct cause" not in result.stdout.str()
    assert sum("expect_oneshot_request('/z')" in line and line.startswith("E ") for line in result.stdout.lines) == 1


def test_without_pytest_closing_tells() -> None:
    fake = serve()
    fake.httpserver.expect_oneshot_request("/a").respond_with_data("")
    with pytest.raises(UsageError, match="expectation was not met"):
        fake.close()


def test_without_pytest_a_failure_has_a_note() -> None:
    def fail() -> None:
        with serve() as fake:
            fake.httpserver.expect_oneshot_request("/a").respond_with_data("")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as failure:
        fail()
    assert "expect_oneshot_request('/a')" in failure.value.__notes__[0]  # type: ignore[attr-defined]


def test_a_call_out_of_order_is_told() -> None:
    fake = serve()
    for path in ("/a", "/b"):
        fake.httpserver.expect_ordered_request(path).respond_with_data("")
    for path in ("/b", "/a", "/b"):
        requests.get(fake.httpserver.url_for(path))
    with pytest.raises(UsageError, match=r"httpserver: .*came out of order"):
        fake.close()


def test_what_check_has_raised_is_not_raised_again() -> None:
    def handle(request: Request) -> Response:
        raise ValueError("mine")

    with serve() as fake:
        fake.httpserver.expect_request("/x").respond_with_handler(handle)
        for _ in range(2):
            requests.get(fake.httpserver.url_for("/x"))
        for _ in range(2):
            with pytest.raises(ValueError, match="mine"):
                fake.httpserver.check()
        fake.httpserver.stop()


def test_a_key_of_the_fake_is_masked() -> None:
    with pytest.raises(UsageError) as failure, serve() as fake:
        fake.httpserver.expect_oneshot_request("/x", headers={"Authorization": f"Bearer {fake.key}"}).respond_with_data("")
    assert "Bearer ****jobs" in str(failure.value)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("api/run.json", "no request has the path 'api/run.json', which lacks its first slash: '/api/run.json'"),
        ("http://127.0.0.1:1/api/run.json?x=1", "'http://127.0.0.1:1/api/run.json?x=1' is a URL, and a path is wanted: '/api/run.json'"),
        ("/api/run.json?x=1", "the query is no part of the path '/api/run.json?x=1': '/api/run.json', query_string='x=1'"),
    ],
)
@pytest.mark.parametrize("verb", ["expect_request", "expect_oneshot_request", "expect_ordered_request"])
def test_a_path_that_no_request_can_have(fakejobs: FakeJobs, verb: str, path: str, told: str) -> None:
    expect: Callable[..., Any] = getattr(fakejobs.httpserver, verb)
    with pytest.raises(UsageError) as failure:
        expect(path)
    assert str(failure.value) == f"httpserver: {told}"


def test_other_kinds_of_paths_are_taken(fakejobs: FakeJobs) -> None:
    class Everything(URIPattern):
        def match(self, uri: str) -> bool:
            return True

    fakejobs.httpserver.expect_request("").respond_with_data("any")
    fakejobs.httpserver.expect_request(Everything()).respond_with_data("any")
    assert requests.get(f"{fakejobs.url}/x").text == "any"
