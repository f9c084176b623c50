"""Paths and methods: what is not there, not yet there, or not meant so."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from fakejobs import FakeJobs
from fakejobs.fake import behind
from fakejobs.routes import router
from fakejobs.unfaked import UNFAKED
from fakejobs.web.endpoint import Unfaked
from tests.contract.caller import FORM, Caller, basic, form

GETS = ["jobs/list.json", "jobs/list.jl", "jobs/count.json", "scrapyd/listprojects.json", "spiders/list.json"]
POSTS = ["run.json", "schedule.json", "jobs/update.json", "jobs/delete.json", "jobs/stop.json"]


def test_the_table_has_every_endpoint() -> None:
    paths = {path: endpoint.method for endpoint in router().endpoints if endpoint.wire.name == "dash" for path in endpoint.paths}
    assert {f"/{path}": "GET" for path in GETS}.items() <= paths.items()
    assert {f"/{path}": "POST" for path in POSTS}.items() <= paths.items()


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        *((method, path, "GET, HEAD, OPTIONS") for path in GETS for method in ("POST", "PUT", "DELETE", "PATCH")),
        *((method, path, "POST, OPTIONS") for path in POSTS for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE")),
    ],
)
def test_a_wrong_method_is_405_and_says_what_is_allowed(wire: Caller, fake: FakeJobs, method: str, path: str, allow: str) -> None:
    answer = wire.send(method, path, query=b"project=1&spider=a", body=b"project=1&spider=a", content_type=FORM)
    assert (answer.status, answer.reason) == (405, "METHOD NOT ALLOWED")
    assert answer.headers["Allow"] == allow
    assert answer.json == {"status": "error", "message": f"{method} is not allowed for /api/{path} (allowed: {allow})"}
    assert fake.dump() == []


@pytest.mark.parametrize("path", [*GETS, *POSTS])
def test_options_say_what_is_allowed(wire: Caller, path: str) -> None:
    answer = wire.send("OPTIONS", path)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Allow"] == ("POST, OPTIONS" if path in POSTS else "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", POSTS[:2])
def test_scheduling_always_says_what_is_allowed(wire: Caller, path: str) -> None:
    """Recorded: every answer of run.json carries Allow."""
    for pairs in ({"project": 1, "spider": "a"}, {"project": 1, "spider": "a"}, {"project": "x"}):
        assert wire.post(path, pairs).headers["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("path", GETS)
def test_head_is_get_without_its_body(wire: Caller, path: str) -> None:
    """A WSGI server leaves the body out; the head is that of GET."""
    got, head = wire.get(path, {"project": 1}), wire.send("HEAD", path, query=b"project=1")
    assert (head.status, head.reason, head.headers) == (got.status, got.reason, got.headers)


def spelled(row: Unfaked) -> str:
    """Return a path that a row of the table matches."""
    return "/".join("1" if part.startswith("<") else part for part in row.path.split("/"))


@pytest.mark.parametrize("row", UNFAKED, ids=lambda row: row.path)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_faked_yet_is_501_and_named(wire: Caller, fake: FakeJobs, method: str, row: Unfaked) -> None:
    answer = wire.send(method, spelled(row), query=b"project=1&apikey=k")
    assert answer.status == 501
    assert row.path in answer.text
    assert row.caller in answer.text
    assert answer.headers["Content-Type"] == "application/json"
    if row.path.startswith("/api/v2/"):
        assert (answer.reason, list(answer.json)) == ("Not Implemented", ["detail"])
    else:
        assert (answer.reason, answer.json["status"], answer.json["route"]) == ("NOT IMPLEMENTED", "error", row.path)
    assert fake.calls[-1].status == 501


NAMED = [
    *("run.json", "schedule.json", "jobs/list.json", "jobs/list.jl", "jobs/count.json", "jobs/update.json", "jobs/delete.json"),
    *("jobs/stop.json", "scrapyd/listprojects.json", "scrapyd/addversion.json", "spiders/list.json", "items.json", "items.jl"),
    *("items.csv", "items/1/1/1/stats", "log.txt", "log.json", "log.jl", "eggs/add.json", "eggs/delete.json", "eggs/list.json"),
    *("eggs/bundle.zip", "migrate-eggs.zip", "reports/add.json", "releases/deploy.json", "settings/get.json"),
    *("as/project-slybot.zip", "as/spider-properties.json", "as/1", "as/1/2.json", "schedules.json"),
    *("comments/1/1/1", "comments/1/stats", "comments/1/1/1/0", "comments/1/1/1/0/title", "comments/1"),
    *("projects/1/periodicjobs", "projects/1/periodicjobs/1", "v2/projects/1/periodicjobs", "v2/projects/1/periodicjobs/1"),
    *("v2/users/me", "v2/projects/1", "v2/projects/1/spiders", "v2/projects/1/spiders/1", "v2/projects/1/spiders/1/tags"),
    *("v2/organizations", "v2/organizations/1", "v2/organizations/1/projects"),
]
"""Every path of dash that a page of the service, or a client of it, names."""


@pytest.mark.parametrize("path", NAMED)
def test_no_path_that_anybody_names_is_unknown(wire: Caller, path: str) -> None:
    statuses = [wire.send(method, path) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
    assert "no such path" not in "".join(answer.text for answer in statuses)
    assert any(answer.status != 405 for answer in statuses)


@pytest.mark.parametrize(
    "path",
    [
        "nothing.json",
        "run",
        "run.json/",
        "jobs",
        "jobs/",
        "jobs/list",
        "jobs/list.xml",
        "jobs/list.json/x",
        "Run.json",
        "run.json%00",
        "jobs/%2e%2e/run.json",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_nobody_knows_is_404(wire: Caller, method: str, path: str) -> None:
    answer = wire.send(method, path, body=form({"project": 1, "spider": "a"}), content_type=FORM)
    assert (answer.status, answer.reason) == (404, "NOT FOUND")
    assert answer.json["status"] == "error"
    assert answer.json["message"].startswith("no such path: /api/")


def test_parameters_come_from_the_query_of_a_get_and_the_form_of_a_post(wire: Caller, fake: FakeJobs) -> None:
    assert wire.send("GET", "jobs/list.json", body=b"project=1", content_type=FORM).json["message"] == "missing 'project' argument"
    assert wire.send("POST", "run.json", query=b"project=1&spider=a").json["message"] == "missing 'project' argument"
    mixed = wire.send("POST", "run.json", query=b"spider=b&x=1", body=b"project=1&spider=a", content_type=FORM)
    assert mixed.json["jobid"] == "1/1/1"
    assert fake.get_job("1/1/1").spider == "a"
    assert fake.get_job("1/1/1").spider_args == {}


@pytest.mark.parametrize("content_type", [None, "", FORM, FORM + "; charset=utf-8", FORM.upper(), FORM + ";x=y"])
def test_forms(wire: Caller, content_type: str | None) -> None:
    assert wire.send("POST", "run.json", body=b"project=1&spider=a", content_type=content_type).status == 200


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain; charset=utf-8", "TEXT/PLAIN"])
def test_another_body_is_refused_by_what_it_is(wire: Caller, fake: FakeJobs, content_type: str) -> None:
    answer = wire.send("POST", "run.json", body=b"project=1&spider=a", content_type=content_type)
    assert (answer.status, answer.json["status"]) == (400, "badrequest")
    assert answer.reason == answer.json["message"] == "the body is text/plain; this endpoint reads forms and JSON"
    assert wire.send("POST", "run.json", content_type=content_type).reason == "missing 'project' argument"
    assert Caller(fake, None).send("POST", "run.json", body=b"x", content_type=content_type).status == 403
    assert wire.send("GET", "jobs/list.json", query=b"project=1", body=b"x", content_type=content_type).status == 200


def test_a_json_object_is_read_as_the_form_that_says_the_same(wire: Caller, fake: FakeJobs) -> None:
    asked = {
        "project": 1,
        "spider": "a",
        "add_tag": ["x", "y"],
        "priority": 4,
        "job_settings": {"A": [1, None]},
        "meta": None,
        "none": [],
        "nulls": [None],
        "cmd_args": ["--x", "1"],
        "page": 2,
        "ratio": 0.5,
        "deep": True,
        "name": "ä",
    }
    answer = wire.send("POST", "run.json", body=json.dumps(asked).encode(), content_type="application/json; charset=utf-8")
    assert answer.json == {"status": "ok", "jobid": "1/1/1"}
    job = fake.get_job("1/1/1")
    assert (job.tags, job.priority, job.job_settings, job.cmd_args) == (["x", "y"], 4, {"A": [1, None]}, "--x 1")
    assert job.spider_args == {"page": "2", "ratio": "0.5", "deep": "True", "name": "ä"}
    stop = json.dumps({"project": 1, "job": "1/1/1"}).encode()
    assert wire.send("POST", "jobs/stop.json", body=stop, content_type="application/json").json == {"status": "ok"}
    assert job.state == "finished"
    fake.assert_scheduled(spider="a", tags=["x", "y"], priority=4, spider_args={"page": 2, "deep": True, "ratio": 0.5, "name": "ä"})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"project": 1', "the body is no JSON: "),
        (b"\xff", "the body is no JSON: "),
        (b'{"project": NaN}', "the body is no JSON: "),
        (b"[1]", "the body is no JSON object"),
        (b'{"project": ' + b"[" * 200 + b"]" * 200 + b"}", "the body is no JSON: Error parsing data, a value is nested more than"),
        (b'{"project": 1, "spider": "\\ud800"}', "invalid value for spider: ?"),
        (b'{"spider": "a"}', "missing 'project' argument"),
        (b"", "missing 'project' argument"),
    ],
)
def test_a_json_body_that_cannot_be_read_is_named_once_the_caller_is_known(wire: Caller, fake: FakeJobs, body: bytes, message: str) -> None:
    answer = wire.send("POST", "run.json", body=body, content_type="application/json")
    assert (answer.status, answer.json["status"]) == (400, "badrequest")
    assert answer.json["message"].startswith(message)
    assert Caller(fake, None).send("POST", "run.json", body=body, content_type="application/json").status == 403
    assert fake.dump() == []


def test_a_key_in_a_json_body_is_a_key(fake: FakeJobs) -> None:
    fake.add_key("mine")
    body = json.dumps({"project": 1, "spider": "a", "apikey": "mine"}).encode()
    assert Caller(fake, None).send("POST", "run.json", body=body, content_type="application/json").status == 200
    [call] = fake.calls
    assert "mine" not in repr(call)


def test_a_token_of_a_job_opens_nothing_on_dash(wire: Caller, fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1, state="running")
    token = behind(fake).cloud.keys.token_of(job.key)
    inside = {"Authorization": "Basic " + b64encode(f"{job.key}:{token}".encode()).decode()}
    for method, path in [("GET", "jobs/list.json"), ("POST", "run.json"), ("GET", "v2/projects/1/spiders/1")]:
        answer = wire.send(method, path, query=b"project=1", body=b"project=1&spider=b", content_type=FORM, headers=inside)
        assert answer.status == 403
        assert b"Authentication failed" in answer.body
    assert wire.get("jobs/list.json", {"project": 1}, headers={"Authorization": basic(token or "")}).status == 403
    assert fake.count_jobs() == 1


def multipart(*pairs: tuple[str, bytes]) -> bytes:
    parts = b"".join(b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value) for name, value in pairs)
    return parts + b"--b--\r\n"


def test_multipart_forms_are_forms(wire: Caller, fake: FakeJobs) -> None:
    body = multipart(("project", b"1"), ("spider", b"a"), ("add_tag", b"x"), ("add_tag", "ä".encode()), ("page", b"1"))
    assert wire.send("POST", "run.json", body=body, content_type="multipart/form-data; boundary=b").status == 200
    job = fake.get_job("1/1/1")
    assert (job.tags, job.spider_args) == (["x", "ä"], {"page": "1"})


@pytest.mark.parametrize(
    ("content_type", "body", "fault"),
    [
        ("multipart/form-data", b"--b--", "broken or cut off"),
        ("multipart/form-data; boundary=x", b'{"project": 1}', "broken or cut off"),
        ("multipart/form-data; boundary=b", b"", "broken or cut off"),
        ("multipart/form-data; boundary=b", multipart(("project", b"1"), ("spider", b"a"))[:-8], "broken or cut off"),
        ("multipart/form-data; boundary=b", b"--b\r\nNonsense\r\n\r\n1\r\n--b--", "broken or cut off"),
        ("multipart/form-data; boundary=\xe4", b"x", "broken or cut off"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--", "has no name"),
    ],
)
def test_a_broken_multipart_form_is_named_once_the_caller_is_known(
    wire: Caller, fake: FakeJobs, content_type: str, body: bytes, fault: str
) -> None:
    answer = wire.send("POST", "run.json", body=body, content_type=content_type)
    assert (answer.status, answer.json["status"]) == (400, "badrequest")
    assert fault in answer.json["message"]
    assert Caller(fake, None).send("POST", "run.json", body=body, content_type=content_type).status == 403
    assert fake.dump() == []


def test_many_parts(wire: Caller, fake: FakeJobs) -> None:
    tags = [("add_tag", b"t%d" % number) for number in range(3000)]
    body = multipart(("project", b"1"), ("spider", b"a"), *tags)
    assert wire.send("POST", "run.json", body=body, content_type="multipart/form-data; boundary=b").status == 200
    assert len(fake.get_job("1/1/1").tags) == 3000


def test_a_file_in_a_form_is_no_parameter(wire: Caller) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="spider"; filename="x"\r\n\r\na\r\n'
    answer = wire.send("POST", "run.json", body=part + multipart(("project", b"1")), content_type="multipart/form-data; boundary=b")
    assert answer.reason == "missing 'spider' argument"


@pytest.mark.parametrize(("method", "path"), [("GET", "nothing.json"), ("GET", "run.json"), ("GET", "/botgroups/a/b/c")])
def test_a_call_that_matches_nothing_is_journaled_whole(wire: Caller, fake: FakeJobs, method: str, path: str) -> None:
    answer = wire.send(method, path, query=b"project=1&x=a&x=b&apikey=0123456789abcdef")
    [call] = fake.calls
    assert (call.endpoint, call.status, call.params) == (None, answer.status, {"project": "1", "x": ["a", "b"]})
    assert call.key == "****"
    Caller(fake, None).send(method, path, query=b"apikey=0123456789abcdef")
    assert fake.calls[-1].key == "****cdef"
