"""A user's own expectations beside the fake: they answer first, and the fake the rest."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer, RequestMatcher
from werkzeug import Request, Response
from werkzeug.test import Client

from fakejobs import FakeJobs, UsageError, serve
from fakejobs.fake import behind

JOB = {"project": "1", "spider": "books"}


@pytest.fixture
def session(fakejobs: FakeJobs) -> Iterator[requests.Session]:
    """A client with the fake's key."""
    with requests.Session() as made:
        made.auth = (fakejobs.key, "")
        yield made


def test_it_is_a_pytest_httpserver_made_once(fakejobs: FakeJobs) -> None:
    assert isinstance(fakejobs.httpserver, HTTPServer)
    assert fakejobs.httpserver is fakejobs.httpserver
    assert fakejobs.httpserver.url_for("/x") == f"{fakejobs.url}/x"
    assert fakejobs.httpserver.is_running()


def test_its_start_and_stop_are_the_fakes(fakejobs: FakeJobs) -> None:
    with fakejobs.httpserver as server:
        server.start()
        server.stop()
    assert requests.get(fakejobs.httpserver.url_for("/api/nothing.json")).status_code == 404
    with serve() as other:
        server = other.httpserver
        assert server.is_running()
    assert not server.is_running()


def test_it_needs_a_socket() -> None:
    with pytest.raises(UsageError, match="this fake has no socket"):
        FakeJobs().httpserver  # noqa: B018


@pytest.mark.parametrize(
    "path",
    ["/my/service", "/api/run.json", "/api/nothing.json", "/api/v2/users/me"],
    ids=["own path", "an endpoint", "unknown path", "not faked"],
)
def test_a_stub_answers_first_whatever_the_path(fakejobs: FakeJobs, session: requests.Session, path: str) -> None:
    fakejobs.httpserver.expect_request(path, method="POST").respond_with_json({"mine": True}, status=202)
    answer = session.post(fakejobs.url + path, data=JOB)
    assert (answer.status_code, answer.json()) == (202, {"mine": True})
    assert fakejobs.list_jobs() == []


def test_what_no_stub_matches_goes_to_the_fake_untouched(fakejobs: FakeJobs, session: requests.Session) -> None:
    """The body was read by the matchers, and no header is added."""
    before = session.post(f"{fakejobs.api_url}run.json", data=JOB)
    fakejobs.httpserver.expect_request("/api/run.json", data="something else").respond_with_data("")
    fakejobs.httpserver.expect_oneshot_request("/api/run.json", method="PUT").respond_with_data("")
    fakejobs.httpserver.expect_ordered_request("/later").respond_with_data("")
    after = session.post(f"{fakejobs.api_url}run.json", data={**JOB, "page": "2"})
    assert after.json() == {"status": "ok", "jobid": "1/1/2"}
    assert fakejobs.assert_scheduled(spider_args={"page": 2}).key == "1/1/2"
    assert after.headers.keys() == before.headers.keys()
    options = session.options(f"{fakejobs.api_url}run.json")
    assert "Content-Type" not in options.headers
    chunked = session.post(
        f"{fakejobs.api_url}run.json",
        data=iter([b"project=1&", b"spider=toys"]),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert chunked.json()["jobid"] == "1/2/1"
    assert len(fakejobs.httpserver.ordered_handlers) == 1
    assert fakejobs.httpserver.log == []
    fakejobs.httpserver.clear()


def test_a_oneshot_stub_answers_once_and_then_the_fake(fakejobs: FakeJobs, session: requests.Session) -> None:
    fakejobs.httpserver.expect_oneshot_request("/api/jobs/count.json").respond_with_data("busy", status=503)
    statuses = [session.get(f"{fakejobs.api_url}jobs/count.json", params={"project": 1}).status_code for _ in range(3)]
    assert statuses == [503, 200, 200]


def test_ordered_stubs_answer_in_their_order_and_the_fake_between(fakejobs: FakeJobs, session: requests.Session) -> None:
    server = fakejobs.httpserver
    for name in "ab":
        server.expect_ordered_request(f"/{name}").respond_with_data(name)
    count = f"{fakejobs.api_url}jobs/count.json?project=1"
    assert [session.get(url).status_code for url in (count, server.url_for("/a"), count, server.url_for("/b"), server.url_for("/a"))] == [
        200,
        200,
        200,
        200,
        404,
    ]
    server.check()


def test_an_ordered_request_that_comes_too_early_is_noted(fakejobs: FakeJobs, session: requests.Session) -> None:
    server = fakejobs.httpserver
    for name in "ab":
        server.expect_ordered_request(f"/{name}").respond_with_data(name)
    assert session.get(server.url_for("/b")).status_code == 404
    assert session.get(server.url_for("/a")).text == "a"
    with pytest.raises(AssertionError, match="came out of order"):
        server.check_assertions()
    server.clear()


def test_wait_sees_stubs_used_up(fakejobs: FakeJobs) -> None:
    server = fakejobs.httpserver
    server.expect_oneshot_request("/one").respond_with_data("1")
    server.expect_ordered_request("/two").respond_with_data("2")
    with server.wait(timeout=10) as waiting:
        threads = [threading.Thread(target=requests.get, args=(server.url_for(path),)) for path in ("/one", "/two")]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert waiting.result


def test_the_handlers_response_arrives_as_it_is(fakejobs: FakeJobs, session: requests.Session) -> None:
    def handle(request: Request) -> Response:
        return Response(f"{request.form['spider']} {request.args['x']}", 299, {"X-Mine": "1"}, content_type="text/x-mine")

    fakejobs.httpserver.expect_request(re.compile("^/my/"), query_string={"x": "1"}).respond_with_handler(handle)
    answer = session.post(fakejobs.httpserver.url_for("/my/path?x=1"), data=JOB)
    assert (answer.status_code, answer.text, answer.headers["X-Mine"], answer.headers["Content-Type"]) == (
        299,
        "books 1",
        "1",
        "text/x-mine",
    )
    head = session.head(fakejobs.httpserver.url_for("/my/path?x=1"))
    assert head.status_code == 500  # no form came along
    with pytest.raises(KeyError):
        fakejobs.httpserver.check()


def test_handlers_run_side_by_side(fakejobs: FakeJobs) -> None:
    """They are chosen one at a time, but one that waits does not keep others from answering, nor the fake."""
    inside, go = threading.Event(), threading.Event()

    def wait(request: Request) -> Response:
        inside.set()
        assert go.wait(10)
        return Response("waited")

    server = fakejobs.httpserver
    server.expect_request("/slow").respond_with_handler(wait)
    server.expect_request("/quick").respond_with_data("quick")
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(requests.get(server.url_for("/slow")).text))
    thread.start()
    assert inside.wait(10)
    assert requests.get(server.url_for("/quick")).text == "quick"
    assert requests.get(f"{fakejobs.api_url}jobs/count.json?project=1&apikey=k").ok
    go.set()
    thread.join()
    assert answers == ["waited"]


def test_many_threads_share_oneshot_stubs_without_a_loss(fakejobs: FakeJobs) -> None:
    for _ in range(16):
        fakejobs.httpserver.expect_oneshot_request("/once").respond_with_data("x")
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(requests.get(fakejobs.httpserver.url_for("/once")).status_code)) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 16 + [404] * 4


@pytest.mark.parametrize("error", [ValueError("mine"), AssertionError("mine")], ids=lambda error: type(error).__name__)
def test_a_failing_handler_is_the_users_affair(fakejobs: FakeJobs, error: Exception) -> None:
    def fail(request: Request) -> Response:
        raise error

    fakejobs.httpserver.expect_request("/bad").respond_with_handler(fail)
    answer = requests.get(fakejobs.httpserver.url_for("/bad"))
    assert (answer.status_code, behind(fakejobs).unseen.defects) == (500, [])
    with pytest.raises(type(error), match="mine"):
        fakejobs.httpserver.check()


def test_a_failing_matcher_is_the_users_affair(fakejobs: FakeJobs) -> None:
    def fail(name: str, value: str | None, expected: str) -> bool:
        raise ValueError("mine")

    fakejobs.httpserver.expect_request("/bad", headers={"X": "1"}, header_value_matcher=fail).respond_with_data("")
    assert requests.get(fakejobs.httpserver.url_for("/bad"), headers={"X": "2"}).status_code == 500
    assert behind(fakejobs).unseen.defects == []
    with pytest.raises(ValueError, match="mine"):
        fakejobs.httpserver.check()


def test_a_stub_without_an_answer_is_the_users_affair_too(fakejobs: FakeJobs) -> None:
    fakejobs.httpserver.expect_request("/unfinished")
    assert requests.get(fakejobs.httpserver.url_for("/unfinished")).status_code == 500
    with pytest.raises(Exception, match="no response defined"):
        fakejobs.httpserver.check()


def test_calls_of_stubs_are_in_the_journal_and_in_the_servers_log(fakejobs: FakeJobs, session: requests.Session) -> None:
    server = fakejobs.httpserver
    server.expect_request("/api/run.json").respond_with_data("no", status=503)
    session.post(f"{fakejobs.api_url}run.json?apikey=0123456789abcdef0123456789abcdef", data=JOB)
    session.get(f"{fakejobs.api_url}jobs/count.json", params={"project": 1})
    stubbed, faked = fakejobs.calls
    assert (stubbed.endpoint, stubbed.method, stubbed.path, stubbed.params, stubbed.status, stubbed.reason) == (
        "run",
        "POST",
        "/api/run.json",
        JOB,
        503,
        "SERVICE UNAVAILABLE",
    )
    assert stubbed.key == faked.key == "****jobs"
    assert (stubbed.job_keys, stubbed.orders) == ((), ())
    assert faked.endpoint == "jobs/count"
    assert str(stubbed).endswith("-> 503 SERVICE UNAVAILABLE (answered by httpserver)")
    assert fakejobs.assert_called("run", status=503, count=1) == [stubbed]
    fakejobs.assert_called_in_order("run", "jobs/count")
    fakejobs.assert_not_scheduled()
    [(request, response)] = server.log
    assert (request.path, response.status_code) == ("/api/run.json", 503)
    server.assert_request_made(RequestMatcher("/api/run.json", method="POST"))


def test_the_control_door_is_never_stubbed(fakejobs: FakeJobs) -> None:
    fakejobs.httpserver.expect_request(re.compile(".*")).respond_with_data("mine")
    assert requests.get(f"{fakejobs.url}/__fakejobs__/ready").json()["ready"] is True
    assert requests.get(f"{fakejobs.url}/x").text == "mine"


def test_clear_takes_the_stubs_away(fakejobs: FakeJobs) -> None:
    fakejobs.httpserver.expect_request("/x").respond_with_data("mine")
    fakejobs.httpserver.clear()
    assert requests.get(fakejobs.httpserver.url_for("/x")).status_code == 404


def test_stubs_are_the_tests_own(fakejobs: FakeJobs) -> None:
    with serve() as other:
        other.httpserver.expect_request("/x").respond_with_data("mine")
        assert requests.get(f"{other.url}/x").text == "mine"
        assert requests.get(f"{fakejobs.url}/x").status_code == 404


def test_called_as_wsgi_stubs_answer_too(fakejobs: FakeJobs) -> None:
    fakejobs.httpserver.expect_request("/x", data="body").respond_with_data("mine")
    client = Client(fakejobs.app)
    assert client.post("/x", data="body").get_data() == b"mine"
    assert client.post("/api/run.json", data={**JOB, "apikey": "k"}).json == {"status": "ok", "jobid": "1/1/1"}


def unseen_of(handle: Callable[[Request], Response]) -> str:
    """Return what is told of a test whose client calls a handler, whatever it gets."""
    with serve() as fake:
        fake.httpserver.expect_request("/x").respond_with_handler(handle)
        with suppress(requests.exceptions.RequestException):
            requests.get(f"{fake.url}/x")
        with pytest.raises(RuntimeError) as failure:
            behind(fake).raise_unseen()
    return str(failure.value)


def test_what_a_handler_raises_beside_exceptions_fails_the_test_as_its_own() -> None:
    def handle(request: Request) -> Response:
        pytest.fail("not like this")

    told = r"the answer of httpserver to GET /x failed: not like this \(Failed in the test's own .*handle, .*test_httpserver.py:\d+\)"
    assert re.match(told, unseen_of(handle))


def test_a_stream_that_breaks_fails_the_test_as_its_own() -> None:
    closed: list[bool] = []

    def chunks() -> Iterator[bytes]:
        try:
            yield b"one"
            raise ValueError("no more")
        finally:
            closed.append(True)

    def handle(request: Request) -> Response:
        return Response(chunks())

    told = r"the answer of httpserver to GET /x failed: no more \(ValueError in the test's own .*handle, .*test_httpserver.py:\d+\)"
    assert re.match(told, unseen_of(handle))
    assert closed == [True]


def test_an_answer_that_cannot_be_sent_is_the_tests_own() -> None:
    handle: Any = lambda request: Response(iter([5]))  # type: ignore[arg-type]  # noqa: E731
    assert unseen_of(handle).startswith("the answer of httpserver to GET /x failed: ")


def test_a_stream_that_ends_is_closed() -> None:
    closed: list[bool] = []
    with serve() as fake:

        def handle(request: Request) -> Response:
            answer = Response(iter([b"one", b"two"]))
            answer.call_on_close(lambda: closed.append(True))
            return answer

        fake.httpserver.expect_request("/x").respond_with_handler(handle)
        assert requests.get(f"{fake.url}/x").content == b"onetwo"
    assert closed == [True]
