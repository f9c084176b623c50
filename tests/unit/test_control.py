"""The control door, called as WSGI: who may in, what is read, which verbs there are, and what odd input gets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from fakejobs import FakeJobs
from fakejobs.access import DEFAULT_KEY
from fakejobs.fake import READING_VERBS, behind
from fakejobs.seeds import VERBS
from fakejobs.seeds.restoring import RESTORERS

LOCAL = "http://127.0.0.1:6805"


class Door:
    """A caller of the control door of one fake."""

    def __init__(self, fake: FakeJobs) -> None:
        self.client = Client(fake.app)

    def send(self, name: str, body: bytes, **options: Any) -> TestResponse:
        """POST a body to a verb."""
        return self.client.post(f"/__fakejobs__/{name}", data=body, **{"base_url": LOCAL, **options})

    def ask(self, verb: str, /, **arguments: Any) -> TestResponse:
        """Call a verb with arguments."""
        return self.send(verb, json.dumps(arguments).encode())

    def do(self, verb: str, /, **arguments: Any) -> Any:
        """Call a verb that must succeed, and return its answer."""
        answer = self.ask(verb, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json

    def read(self, name: str, **options: Any) -> TestResponse:
        """GET a reading."""
        return self.client.get(f"/__fakejobs__/{name}", **{"base_url": LOCAL, **options})


@pytest.fixture
def fake() -> Iterator[FakeJobs]:
    """A fake without a socket; what breaks inside it fails the test."""
    with FakeJobs() as fake:
        yield fake


@pytest.fixture
def door(fake: FakeJobs) -> Door:
    return Door(fake)


def schedule(fake: FakeJobs, **form: Any) -> TestResponse:
    """Do what a client does."""
    return Client(fake.app).post("/api/run.json", data=form, headers={"Authorization": "Basic a2V5Og=="})


# ------------------------------------------------------------ verbs


def test_the_door_lists_every_verb_with_its_arguments(door: Door) -> None:
    contents = door.read("").json
    assert contents is not None
    assert set(contents["verbs"]) == {*VERBS, *READING_VERBS, "load", "dump", "remove_fault"}
    assert contents["readings"] == ["calls", "env", "faults", "lint", "ready"]
    job = contents["verbs"]["add_job"]
    assert job["doc"] == "Put a job into the store, born in any state, and return it."
    assert 'state: JobState | str = "pending"' in job["arguments"]
    assert "spider_args: Any = ..." in contents["verbs"]["assert_scheduled"]["arguments"]
    assert contents["verbs"]["advance"]["arguments"].endswith("**units: float")


def test_a_job_comes_back_as_its_snapshot(fake: FakeJobs, door: Door) -> None:
    job = door.do("add_job", spider="books", project=123, state="finished", tags=["a"], spider_args={"page": 1}, items=3)
    assert job["key"] == "123/1/1"
    assert (job["spider"], job["state"], job["tags"], job["spider_args"], job["items"]) == ("books", "finished", ["a"], {"page": "1"}, 3)
    assert job["finished_time"] == behind(fake).cloud.now_ms()
    assert "sequence" not in job
    assert door.do("get_job", key="123/1/1") == job
    assert door.do("list_jobs", project=123) == [job]
    assert fake.get_job("123/1/1").items == 3


def test_a_life_by_verbs(fake: FakeJobs, door: Door) -> None:
    key = door.do("add_job", spider="books", project=1)["key"]
    assert door.do("start_job", job=key)["state"] == "running"
    assert door.do("update_tags", job=key, add=["x", "y"], remove=["z"])["tags"] == ["x", "y"]
    assert door.do("cancel_job", job=key)["cancel_requested"] is True
    assert door.do("finish_job", job=key, items=3)["close_reason"] == "cancelled"
    assert door.do("count_jobs", state="finished", has_tag="x") == 1
    assert door.do("delete_job", job=key)["state"] == "deleted"
    assert door.do("count_jobs") == 0
    door.do("reset")
    assert door.ask("get_job", key=key).status_code == 404


def test_declarations(fake: FakeJobs, door: Door) -> None:
    assert door.do("add_project", project=5) is None
    assert door.do("add_spider", name="books", project=5, next_job=7) == 1
    assert door.do("add_key", key="k", user="ann", projects=[5]) is None
    assert behind(fake).cloud.projects.numbers() == [5]
    assert schedule(fake, project="5", spider="books").status_code == 403
    assert door.do("add_job", spider="books", project=5)["key"] == "5/1/7"


def test_advance_moves_the_clock_and_answers_the_new_now(fake: FakeJobs, door: Door) -> None:
    before = behind(fake).cloud.now_ms()
    assert door.do("advance", minutes=5) == before + 300_000 == behind(fake).cloud.now_ms()
    assert door.ask("advance", minutes=-5).status_code == 400
    assert behind(fake).cloud.now_ms() == before + 300_000


def test_an_empty_body_is_no_argument(fake: FakeJobs, door: Door) -> None:
    fake.add_job("books", project=1)
    assert door.send("reset", b"").status_code == 200
    assert fake.list_jobs() == []


def test_dump_and_load_carry_json(fake: FakeJobs, door: Door) -> None:
    door.do("add_job", spider="books", project=1, tags=["a"])
    steps = door.do("dump")
    for body in ({"seed": steps}, steps):
        with FakeJobs() as other:
            answer = Door(other).send("load", json.dumps(body).encode())
            assert answer.status_code == 200, answer.text
            assert other.dump() == fake.dump()


def test_the_deepest_values_that_a_fake_keeps_can_be_dumped_and_loaded(fake: FakeJobs, door: Door) -> None:
    answer = schedule(fake, project="1", spider="books", meta='{"a": ' * 99 + "{}" + "}" * 99)
    assert answer.status_code == 200, answer.text
    steps = door.do("dump")
    with FakeJobs() as other:
        Door(other).do("load", seed=steps)
        assert other.dump() == steps


def test_load_is_all_or_nothing_and_names_the_place(fake: FakeJobs, door: Door) -> None:
    answer = door.ask("load", seed=[{"add_project": {"project": 7}}, {"add_job": {"spider": "a", "project": 1, "state": "done"}}])
    assert answer.status_code == 400
    assert "seed[1].add_job: state 'done' is not one of" in answer.json["message"]  # type: ignore[index]
    assert behind(fake).cloud.projects.numbers() == []


@pytest.mark.parametrize("body", [{"seed": "/etc/passwd"}, {"path": "seed.json"}, "seed.json"], ids=["seed", "path", "text"])
def test_load_takes_no_path(door: Door, body: Any) -> None:
    assert door.send("load", json.dumps(body).encode()).status_code == 400


def test_dump_takes_no_path(door: Door) -> None:
    assert door.ask("dump", path="/tmp/fakejobs-must-not-write-this").status_code == 400


# ------------------------------------------------------------ assertions


def test_an_assertion_that_holds_answers_its_job(fake: FakeJobs, door: Door) -> None:
    schedule(fake, project="1", spider="books", page="2", add_tag="x")
    job = door.do("assert_scheduled", spider="books", project=1, spider_args={"page": 2}, tags=["x"])
    assert job["key"] == "1/1/1"
    assert door.do("scheduled", spider="books") == [job]
    assert door.do("scheduled", spider="other") == []
    assert door.do("assert_not_scheduled", spider="other") is None
    [call] = door.do("assert_called", endpoint="run", params={"page": "2"}, count=1)
    assert call["status"] == 200
    assert door.do("assert_not_called", endpoint="jobs/list") is None
    assert [made["number"] for made in door.do("assert_called_in_order", steps=[["run", {"page": "2"}]])] == [call["number"]]
    assert door.read("").json["verbs"]["assert_called_in_order"]["arguments"] == "*steps: Any"  # type: ignore[index]
    assert "steps='run': give a list" in door.ask("assert_called_in_order", steps="run").text


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("assert_scheduled", {"spider": "books", "spider_args": {"page": "2"}}),
        ("assert_not_scheduled", {"spider": "books"}),
        ("assert_stopped", {"job": "1/1/1"}),
        ("assert_deleted", {"job": "1/1/1"}),
        ("assert_tagged", {"job": "1/1/1", "add": ["x"]}),
        ("assert_called", {"endpoint": "jobs/list"}),
    ],
)
def test_an_assertion_that_fails_is_409_with_the_same_text(fake: FakeJobs, door: Door, verb: str, arguments: dict[str, Any]) -> None:
    schedule(fake, project="1", spider="books", page="1")
    answer = door.ask(verb, **arguments)
    assert answer.status_code == 409
    with pytest.raises(AssertionError) as caught:
        getattr(fake, verb)(**arguments)
    assert answer.json == {"error": "AssertionError", "message": str(caught.value)}


# ------------------------------------------------------------ readings


def test_ready(door: Door) -> None:
    assert door.read("ready").json == {"ready": True, "url": None}


def test_calls_are_those_of_clients_with_masked_keys(fake: FakeJobs, door: Door) -> None:
    door.do("add_job", spider="books", project=1, state="running")
    assert door.read("calls").json == []
    Client(fake.app).get("/api/jobs/list.json?project=1&state=running&state=finished", headers={"Authorization": "Basic a2V5Og=="})
    door.read("ready")
    [call] = door.read("calls").json  # type: ignore[misc]
    assert (call["endpoint"], call["method"], call["path"], call["status"]) == ("jobs/list", "GET", "/api/jobs/list.json", 200)
    assert call["params"] == {"project": "1", "state": ["running", "finished"]}
    assert call["key"] == "****"
    assert call["time"] == behind(fake).cloud.now_ms()
    assert len(fake.calls) == 1


def test_lint_is_what_is_found_in_the_calls(fake: FakeJobs, door: Door) -> None:
    assert door.read("lint").json == []
    Client(fake.app).get("/api/jobs/list.json?project=1&limit=2", headers={"Authorization": "Basic a2V5Og=="})
    [finding] = door.read("lint").json  # type: ignore[misc]
    assert finding == {
        "code": "unknown-parameter",
        "sentence": "jobs/list knows no parameter 'limit', and passes over it",
        "call": door.read("calls").json[0],  # type: ignore[index]
        "instead": "count",
    }


def test_head_reads_without_a_body(door: Door) -> None:
    answer = door.client.head("/__fakejobs__/ready", base_url=LOCAL)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.content_length == len(door.read("ready").data)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/__fakejobs__/reset", "POST"),
        ("HEAD", "/__fakejobs__/reset", "POST"),
        ("OPTIONS", "/__fakejobs__/reset", "POST"),
        ("PUT", "/__fakejobs__/reset", "POST"),
        ("POST", "/__fakejobs__/calls", "GET, HEAD"),
        ("DELETE", "/__fakejobs__/", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_and_changes_nothing(fake: FakeJobs, door: Door, method: str, path: str, allowed: str) -> None:
    fake.add_job("books", project=1)
    answer = door.client.open(path, method=method, base_url=LOCAL)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert len(fake.list_jobs()) == 1


def test_an_unknown_verb_is_404_and_names_the_nearest_or_the_known_ones(fake: FakeJobs, door: Door) -> None:
    answer = door.ask("add_jobs", spider="books")
    assert answer.status_code == 404
    assert answer.json["message"] == "there is no verb 'add_jobs' (did you mean 'add_job'?)"  # type: ignore[index]
    assert "there is no verb 'zzz' (known: activity, add_activity, " in door.ask("zzz").json["message"]  # type: ignore[index]
    assert "add_job: there is no argument 'spidr' (did you mean 'spider'?)" in door.ask("add_job", spidr="a").json["message"]  # type: ignore[index]


@pytest.mark.parametrize("name", ["__init__", "close", "app", "lock", "listen", "add_job/", "add_job/x", "a/../add_job"])
def test_only_verbs_are_reached(door: Door, name: str) -> None:
    assert door.send(name, b"{}").status_code == (400 if name == "add_job/" else 404)


# ------------------------------------------------------------ the variables


@pytest.fixture
def served() -> Iterator[FakeJobs]:
    """A fake with a socket, which variables speak of."""
    with FakeJobs(control_hosts=["fakejobs"]) as fake:
        fake.listen()
        yield fake


def test_env_speaks_of_where_the_caller_reaches_the_fake(served: FakeJobs) -> None:
    variables = Door(served).read("env?format=json", base_url="http://fakejobs:6805").json
    assert variables is not None
    assert variables["SHUB_APIURL"] == "http://fakejobs:6805/api/"
    assert variables["SHUB_STORAGE"] == variables["SHUB_JOBQ"] == "http://fakejobs:6805/"
    assert variables["SH_APIKEY"] == variables["SHUB_APIKEY"] == DEFAULT_KEY
    assert variables["NO_PROXY"].split(",")[0] == "fakejobs"
    assert set(variables) == set(served.env)


def test_env_keeps_the_servers_own_proxy_exceptions_to_itself(served: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "private.example")
    for form in ("sh", "json", "dotenv"):
        assert "private.example" not in Door(served).read(f"env?format={form}").text


def test_env_as_dotenv(served: FakeJobs) -> None:
    lines = Door(served).read("env?format=dotenv").text.splitlines()
    assert f"SHUB_APIURL={LOCAL}/api/" in lines
    assert all("=" in line for line in lines)


def test_an_unknown_format_of_env_is_400(served: FakeJobs) -> None:
    answer = Door(served).read("env?format=xml")
    assert answer.status_code == 400
    assert answer.json["message"] == "format='xml' is not one of sh, json, dotenv"  # type: ignore[index]


def test_env_without_a_socket_is_400(door: Door) -> None:
    answer = door.read("env")
    assert answer.status_code == 400
    assert "this fake has no socket" in answer.text


# ------------------------------------------------------------ who may in


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:6805", True),
        ("127.1.2.3:1", True),
        ("localhost", True),
        ("LocalHost:80", True),
        ("app.localhost:80", True),
        ("[::1]", True),
        ("[::1]:6805", True),
        ("fakejobs:6805", True),
        ("FAKEJOBS", True),
        ("[fd00::7]:80", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("evil.example:127.0.0.1", False),
        ("evil.example@localhost", False),
        ("localhost@evil.example", False),
        ("evil.example#localhost", False),
        ("evil.example\\@localhost", False),
        ("evil.example, localhost", False),
        ("localhost:port", False),
        ("notlocalhost", False),
        ("xfakejobs", False),
        ("0.0.0.0", False),
        ("192.168.1.5:6805", False),
        ("[::1", False),
        ("[fd00::8]", False),
        ("", False),
        (None, False),
    ],
)
def test_hosts(host: str | None, is_known: bool) -> None:
    with FakeJobs(control_hosts=["Fakejobs", "[fd00::7]"]) as fake:
        environ = {"HTTP_HOST": host}
        answer = Client(fake.app).post(
            "/__fakejobs__/add_project", data=b'{"project": 1}', environ_overrides=environ if host is not None else {}
        )
        if host is None:
            answer = _post_without_host(fake)
        assert answer.status_code == (200 if is_known else 403), answer.text
        assert behind(fake).cloud.projects.numbers() == ([1] if is_known else [])


def _post_without_host(fake: FakeJobs) -> TestResponse:
    def without_host(environ: dict[str, Any], start_response: Any) -> Any:
        environ.pop("HTTP_HOST", None)
        return fake.app(environ, start_response)

    fake.reset()
    return Client(without_host).post("/__fakejobs__/add_project", data=b'{"project": 1}')


@pytest.mark.parametrize(
    ("origin", "is_known"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:6805", True),
        ("http://[::1]:6805", True),
        ("http://evil.example", False),
        ("https://localhost.evil.example", False),
        ("http://evil.example@localhost", False),
        ("null", False),
        ("", False),
        ("localhost", False),
        ("file://", False),
    ],
)
def test_origins(fake: FakeJobs, door: Door, origin: str, is_known: bool) -> None:
    answer = door.send("add_project", b'{"project": 1}', headers={"Origin": origin})
    assert answer.status_code == (200 if is_known else 403)
    assert behind(fake).cloud.projects.numbers() == ([1] if is_known else [])


def test_readings_are_closed_to_strangers_too(door: Door) -> None:
    answer = door.read("calls", base_url="http://evil.example")
    assert answer.status_code == 403
    assert "evil.example" in answer.json["message"]  # type: ignore[index]


def test_the_door_asks_for_no_key_and_is_in_no_journal(fake: FakeJobs, door: Door) -> None:
    door.do("add_key", key="secret-of-somebody")
    door.read("calls")
    door.ask("nonsense")
    assert fake.calls == []


def test_paths_that_only_begin_like_the_door_are_not_it(fake: FakeJobs) -> None:
    assert Client(fake.app).get("/__fakejobs__x").status_code == 404
    assert len(fake.calls) == 1


# ------------------------------------------------------------ odd input: a 4xx that says why, and nothing changes

ODD_BODIES = {
    "no JSON": b"{",
    "form": b"spider=books&project=1",
    "no UTF-8": b'{"spider": "\xff", "project": 1}',
    "null": b"null",
    "list": b"[1]",
    "text": b'"books"',
    "number": b"7",
    "deep list": b'{"spider": "a", "project": 1, "meta": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "rather deep": b'{"spider": "a", "project": 1, "meta": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
    "deep objects": b'{"spider": "a", "project": 1, "meta": ' + b'{"a":' * 150 + b"1" + b"}" * 150 + b"}",
    "huge number": b'{"spider": "a", "project": ' + b"9" * 5_000 + b"}",
    "large number": b'{"spider": "a", "project": ' + b"9" * 4_000 + b"}",
    "NaN": b'{"spider": "a", "project": 1, "meta": {"a": NaN}}',
    "infinite": b'{"spider": "a", "project": 1, "meta": {"a": 1e999}}',
    "surrogate": b'{"spider": "\\ud800", "project": 1}',
    "NUL": b'{"spider": "a\\u0000", "project": 1}',
    "unknown argument": b'{"spider": "a", "project": 1, "priorty": 1}',
    "self": b'{"self": 1, "spider": "a", "project": 1}',
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_odd_bodies(fake: FakeJobs, door: Door, body: bytes) -> None:
    answer = door.send("add_job", body)
    assert answer.status_code == 400
    assert answer.json is not None
    assert len(answer.json["message"]) < 10_000
    assert fake.list_jobs() == []
    assert behind(fake).cloud.projects.numbers() == []


ODD_VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    1.5,
    10**30,
    "",
    "x",
    "\0",
    "9" * 5_000,
    [],
    ["x"],
    [[]],
    [None],
    {},
    {"x": {}},
    {"": None},
    [{}],
]

ARGUMENTS = {
    "add_project": ["project"],
    "add_spider": ["name", "project", "spider_id", "next_job", "declared", "tags", "created_time", "modified_time"],
    "update_spider_tags": ["spider", "project", "add", "remove"],
    "add_deploy": [
        *("project", "version", "spiders", "scripts", "image_url", "project_type", "stack", "files", "error", "time", "by"),
    ],
    "expect_deploy": ["project", "spiders", "scripts", "error"],
    "deploys": ["project"],
    "add_egg": ["name", "project", "version", "content", "time"],
    "eggs": ["project"],
    "add_report": ["job", "key", "content", "content_type"],
    "reports": ["job"],
    "add_key": ["key", "user", "projects"],
    "add_job": [
        *("spider", "project", "key", "state", "tags", "priority", "units", "spider_args", "job_settings", "environment", "meta"),
        *("cmd_args", "version", "close_reason", "pending_time", "running_time", "finished_time", "updated_time", "touched_time"),
        *("ago", "ran", "never_ran", "items", "pages", "errors", "logs", "requests", "samples"),
        *("cancel_requested", "scheduled_by", "unique", "by"),
    ],
    "start_job": ["job", "by"],
    "finish_job": ["job", "close_reason", "items"],
    "cancel_job": ["job", "by"],
    "delete_job": ["job", "by"],
    "update_tags": ["job", "add", "remove"],
    "advance": ["by", "minutes", "fortnights", "self"],
    "get_job": ["key"],
    "list_jobs": ["project", "spider", "state", "has_tag", "lacks_tag"],
    "count_jobs": ["project", "spider", "state", "has_tag", "lacks_tag"],
    "scheduled": ["project", "spider", "spider_args", "tags", "priority", "units", "job_settings", "meta", "environment", "cmd_args"],
    "assert_scheduled": ["project", "spider", "spider_args", "tags", "priority", "meta"],
    "assert_not_scheduled": ["project", "spider", "spider_args", "tags"],
    "assert_stopped": ["job"],
    "assert_deleted": ["job"],
    "assert_tagged": ["job", "add", "remove"],
    "assert_called": ["endpoint", "params", "count", "status"],
    "assert_not_called": ["endpoint", "params"],
    "assert_called_in_order": ["steps"],
    "load": ["seed"],
    "add_items": ["job", "items"],
    "add_logs": ["job", "logs"],
    "add_requests": ["job", "requests"],
    "add_samples": ["job", "samples"],
    "add_comment": ["job", "text", "item", "field", "by", "created_time", "archived_time", "comment_id"],
    "items": ["job"],
    "logs": ["job"],
    "requests": ["job"],
    "samples": ["job"],
    "metadata": ["job"],
    "update_metadata": ["job", "fields"],
    "delete_metadata": ["job", "name"],
    "collection": ["name", "project", "type"],
    "add_collection": ["name", "project", "type", "items"],
    "limit_scans": ["rows"],
    "frontier": ["frontier", "slot", "project"],
    "add_to_frontier": ["frontier", "slot", "project", "requests"],
    "activity": ["project"],
    "add_activity": ["events", "project"],
    "settings": ["project"],
    "update_settings": ["values", "project"],
    "pace": ["project", "pending", "running", "stopping", "ignores_stop"],
    "script": [
        *("spider", "project", "spider_args", "pending", "running", "stopping", "ignores_stop", "items", "logs", "requests"),
        *("samples", "pages", "errors", "close_reason", "outcomes"),
    ],
    "add_periodic_job": [
        *("spider", "project", "minute", "hour", "dayofmonth", "month", "dayofweek", "spider_args", "cmd_args", "priority"),
        *("tasks", "tags", "description", "disabled", "periodic_id"),
    ],
    "fail": [
        *("endpoint", "status", "error", "when", "times", "after", "project", "spider", "job", "params", "retry_after", "body"),
        *("headers", "after_rows", "after_bytes", "delay", "real_delay", "hold", "rate", "for_s", "probability", "seed", "strict"),
    ],
    "outage": [
        *("status", "error", "when", "retry_after", "body", "headers", "after_rows", "after_bytes", "delay", "real_delay", "hold"),
        *("rate", "for_s"),
    ],
    "remove_fault": ["number"],
    "periodic_jobs": ["project"],
    "fire_periodic_job": ["periodic_job"],
    "advance_to": ["moment"],
    "run_until": ["job", "state"],
    "finish_all": [],
    "assert_cancelled": ["job"],
    "assert_items": ["job", "items"],
    "assert_metadata": ["job", "state"],
}

STEPS_OF_DUMPS: dict[str, list[str]] = {
    "restore_times": ["job", "lacks"],
    "restore_fault": ["number", "calls", "turns", "hits"],
    "restore_records": ["job", "kind", "batches", "followed"],
    "restore_deleted_collection": ["name", "project", "type"],
    "restore_frontier": ["frontier", "slot", "project", "batches", "fingerprints", "last"],
    "restore_activity": ["events", "project"],
    "restore_pacing": ["rules", "plans", "runs"],
}

SOUND: dict[str, dict[str, Any]] = {
    "add_spider": {"name": "books", "project": 1},
    "update_spider_tags": {"spider": "seen", "project": 1},
    "add_deploy": {"project": 1, "version": "1"},
    "expect_deploy": {"project": 1},
    "add_egg": {"name": "lib", "project": 1, "version": "1"},
    "add_report": {"job": "1/1/1", "key": "k"},
    "add_key": {"key": "k"},
    "add_job": {"spider": "books", "project": 1},
    "assert_tagged": {"job": "1/1/1"},
    "assert_called": {"endpoint": "run"},
    "assert_not_called": {"endpoint": "run"},
    "add_items": {"job": "1/1/1", "items": []},
    "add_logs": {"job": "1/1/1", "logs": []},
    "add_requests": {"job": "1/1/1", "requests": []},
    "add_samples": {"job": "1/1/1", "samples": []},
    "add_comment": {"job": "1/1/1", "text": "x", "item": 0},
    "update_metadata": {"job": "1/1/1", "fields": {}},
    "delete_metadata": {"job": "1/1/1", "name": "x"},
    "collection": {"name": "c", "project": 1},
    "add_collection": {"name": "c", "project": 1},
    "frontier": {"frontier": "f", "slot": "s", "project": 1},
    "add_to_frontier": {"frontier": "f", "slot": "s", "project": 1, "requests": []},
    "add_activity": {"events": [], "project": 1},
    "update_settings": {"values": {}, "project": 1},
    "restore_times": {"job": "1/1/1", "lacks": []},
    "restore_records": {"job": "1/1/1", "kind": "items", "batches": []},
    "restore_deleted_collection": {"name": "c", "project": 1},
    "restore_frontier": {"frontier": "f", "slot": "s", "project": 1},
    "restore_activity": {"events": [], "project": 1},
    "add_periodic_job": {"spider": "seen", "project": 1},
    "script": {"spider": "seen"},
    "fail": {"status": 503},
    "restore_fault": {"number": 1, "calls": 0, "turns": 0, "hits": 0},
    "run_until": {"job": "1/1/1", "state": "pending"},
    "assert_items": {"job": "1/1/1", "items": []},
    "assert_metadata": {"job": "1/1/1"},
    **{verb: {"job": "1/1/1"} for verb in ("start_job", "finish_job", "cancel_job", "delete_job", "update_tags")},
}


@pytest.mark.parametrize(("verb", "name"), [(verb, name) for verb, names in {**ARGUMENTS, **STEPS_OF_DUMPS}.items() for name in names])
def test_odd_values_are_never_a_defect(fake: FakeJobs, door: Door, verb: str, name: str) -> None:
    fake.add_job("seen", project=1)
    schedule(fake, project="1", spider="seen", add_tag="x")
    for value in ODD_VALUES:
        before = fake.dump()
        arguments = {**SOUND.get(verb, {}), name: value}
        answer = door.ask("load", seed=[{verb: arguments}]) if verb in STEPS_OF_DUMPS else door.ask(verb, **arguments)
        assert answer.status_code in (200, 400, 404, 409), f"{name}={value!r}: {answer.text}"
        if answer.status_code != 200:
            assert fake.dump() == before or "already scheduled" in answer.text  # a refused duplicate burns a number
            assert answer.json is not None
            assert answer.json["message"]
    behind(fake).saboteur.unmet(is_strict=True)  # a strict fault that nobody met would fail this test, were it not told by now


def test_every_verb_and_argument_is_tried_above(door: Door) -> None:
    contents = door.read("").json
    assert contents is not None
    assert set(ARGUMENTS) == set(contents["verbs"]) - {"reset", "dump", "timeline"}
    assert set(STEPS_OF_DUMPS) == set(RESTORERS)


def test_a_body_over_the_limit_is_413(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakejobs.web.request.MAX_BODY", 10)
    assert Door(fake).ask("add_project", project=123456789).status_code == 413
    assert behind(fake).cloud.projects.numbers() == []


def test_a_defect_of_fakejobs_is_500_and_reaches_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (ValueError("broken"), AssertionError("broken")):
        fake = FakeJobs()

        def broken(error: Exception = error) -> None:
            raise error

        behind(fake)._door._verbs["reset"] = broken  # type: ignore[index]
        assert Door(fake).ask("reset").status_code == 500
        with pytest.raises(RuntimeError, match="POST /__fakejobs__/reset") as caught:
            fake.close()
        assert caught.value.__cause__ is error
