"""The rows of dash that official clients use besides the Jobs API: v2, items and logs, reports, eggs, versions, releases."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from fakejobs import FakeJobs, InvalidValue, ManualClock, SeedError
from fakejobs.fake import behind
from tests.contract.caller import Answer, Caller
from tests.contract.conftest import START

MULTIPART = "multipart/form-data; boundary=b"
NOTHING_TO_DO = '{"non_field_errors":["At least one of \\"add\\" or \\"remove\\" arguments must not be empty"]}'


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    return b"--b\r\nContent-Disposition: %s\r\n\r\n%s\r\n" % (disposition.encode(), content)


def upload(wire: Caller, path: str, fields: Mapping[str, str], *files: tuple[str, str, bytes]) -> Answer:
    """POST a multipart form: fields, then files as (field, filename, content)."""
    parts = [part(name, value.encode()) for name, value in fields.items()]
    parts += [part(field, content, filename) for field, filename, content in files]
    return wire.send("POST", path, body=b"".join(parts) + b"--b--\r\n", content_type=MULTIPART)


def patch(wire: Caller, body: bytes, path: str = "v2/projects/1/spiders/1/tags") -> Answer:
    return wire.send("PATCH", path, body=body, content_type="application/json")


# ---------------------------------------------------------------- v2


def test_a_spider_in_v2(fake: FakeJobs, wire: Caller) -> None:
    """Recorded: 25 fields, compact."""
    fake.add_spider("books", project=1, tags=["new"])
    answer = wire.get("v2/projects/1/spiders/1")
    assert (answer.status, answer.reason, answer.headers["Content-Type"]) == (200, "OK", "application/json")
    assert answer.text.startswith('{"default_kumo_units":null,"tags":["new"],"settings":{},"id":1,"name":"books","jobq_id":1,')
    assert answer.json["created_at"] == answer.json["modified_at"] == "2015-10-28T02:40:00.000000Z"
    assert len(answer.json) == 25
    assert answer.json["project"]["id"] == 1


def test_tags_of_a_spider_in_v2(fake: FakeJobs, wire: Caller) -> None:
    """Recorded: the answer is the spider; a tag that is there is not doubled; spiders/list shows them, too."""
    fake.add_spider("books", project=1)
    fake.advance(seconds=1)
    for body, tags in (
        ({"add": ["new1", "new2"]}, ["new1", "new2"]),
        ({"add": ["new2", "new3"], "remove": ["new1"]}, ["new2", "new3"]),
        ({"remove": ["new2"], "other": 1}, ["new3"]),
    ):
        answer = patch(wire, json.dumps(body).encode())
        assert (answer.status, answer.json["tags"]) == (200, tags)
        assert wire.get("v2/projects/1/spiders/1").json == answer.json
    assert answer.json["modified_at"] == "2015-10-28T02:40:01.000000Z"
    assert answer.json["created_at"] == "2015-10-28T02:40:00.000000Z"
    assert wire.get("spiders/list.json", {"project": 1}).json["spiders"] == [
        {"version": None, "tags": ["new3"], "id": "books", "type": "manual"}
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"{}", NOTHING_TO_DO),  # recorded
        (b'{"add": [], "remove": []}', NOTHING_TO_DO),
        (b"", '{"non_field_errors":["the body is no JSON"]}'),
        (b"{", '{"non_field_errors":["the body is no JSON"]}'),
        (b"\xff", '{"non_field_errors":["the body is no JSON"]}'),
        (b"[" * 100_000, '{"non_field_errors":["the body is no JSON"]}'),
        (b"[]", '{"non_field_errors":["the body is no JSON object"]}'),
        (b"null", '{"non_field_errors":["the body is no JSON object"]}'),
        (b'{"add": "x"}', '{"non_field_errors":["\\"add\\" is no list of tags"]}'),
        (b'{"add": null}', '{"non_field_errors":["\\"add\\" is no list of tags"]}'),
        (b'{"add": ["a"], "remove": [1]}', '{"non_field_errors":["\\"remove\\" is no list of tags"]}'),
        (b'{"add": ["\\ud800"]}', '{"non_field_errors":["\\"add\\" is no list of tags"]}'),
        (b'{"add": ["\\u0000"]}', '{"non_field_errors":["\\"add\\" is no list of tags"]}'),
        (b'{"add": [""]}', '{"non_field_errors":["\\"add\\" is no list of tags"]}'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_edits_of_tags_that_are_refused(fake: FakeJobs, wire: Caller, body: bytes, text: str) -> None:
    fake.add_spider("books", project=1, tags=["old"])
    before = fake.dump()
    answer = patch(wire, body)
    assert (answer.status, answer.reason, answer.text) == (400, "Bad Request", text)
    assert fake.dump() == before


@pytest.mark.parametrize(
    ("method", "path", "key", "status", "reason", "payload"),
    [
        ("GET", "v2/projects/1/spiders/9", "good", 404, "Not Found", {"detail": "Not found."}),
        ("GET", "v2/projects/7/spiders/1", "all", 404, "Not Found", {"detail": "Not found."}),
        ("PATCH", "v2/projects/1/spiders/9/tags", "good", 404, "Not Found", {"detail": "Not found."}),
        ("GET", "v2/projects/1/spiders/one", "good", 400, "Bad Request", {"non_field_errors": ["invalid value for spider: one"]}),
        ("GET", "v2/projects/x/spiders/1", "good", 400, "Bad Request", {"non_field_errors": ["invalid value for project: x"]}),
        ("GET", "v2/projects/2/spiders/1", "good", 403, "Forbidden", {"detail": "User 'ann' doesn't have access to project 2"}),
        ("GET", "v2/projects/1/spiders/1", "bad", 403, "Forbidden", {"detail": "Authentication failed"}),
        ("GET", "v2/users/me", "bad", 403, "Forbidden", {"detail": "Authentication failed"}),
        ("GET", "v2/nothing", "good", 404, "Not Found", {"detail": "no such path: /api/v2/nothing"}),
    ],
)
def test_refusals_of_v2(fake: FakeJobs, method: str, path: str, key: str, status: int, reason: str, payload: Any) -> None:
    fake.add_key("good", user="ann", projects=[1])
    fake.add_key("all")
    fake.add_spider("books", project=1)
    answer = Caller(fake, key).send(method, path, body=b'{"add": ["x"]}')
    assert (answer.status, answer.reason, answer.json) == (status, reason, payload)
    assert answer.headers["Content-Type"] == "application/json"


def test_a_wrong_method_of_v2_says_what_is_allowed(wire: Caller) -> None:
    answer = wire.send("POST", "v2/projects/1/spiders/1/tags")
    assert (answer.status, answer.headers["Allow"]) == (405, "PATCH, OPTIONS")


# ---------------------------------------------------------------- items and logs


ITEMS: list[dict[str, Any]] = [{"name": "a", "price": 1.5}, {"name": 'b "x", y', "tags": ["t"]}, {}, {"name": None, "price": True}]
LOGS = [(10, "dull"), (20, "started"), (40, "two\nlines"), (99, "loud")]


@pytest.fixture
def scraped(fake: FakeJobs, wire: Caller) -> Caller:
    """A client of a fake with a job that has written, in two batches."""
    fake.add_job("books", project=1, state="finished")
    fake.add_job("books", project=1, state="running")
    for rows in (ITEMS[:3], ITEMS[3:]):
        assert wire.send("POST", "/items/1/1/1", body="\n".join(map(json.dumps, rows)).encode()).status == 200
    logs = [{"time": START + 1000 * number, "level": level, "message": message} for number, (level, message) in enumerate(LOGS)]
    assert wire.send("POST", "/logs/1/1/1", body="\n".join(map(json.dumps, logs)).encode()).status == 200
    return wire


WINDOWS = [(offset, count) for offset in (0, 1, 2, 3, 4, 9) for count in (None, 0, 1, 2, 3, 9)]


@pytest.mark.parametrize(("offset", "count"), WINDOWS)
@pytest.mark.parametrize("which", [{"job": "1/1/1"}, {"spider": "books"}], ids=str)
def test_windows_of_items_and_logs(scraped: Caller, offset: int, count: int | None, which: dict[str, str]) -> None:
    asked = {"project": 1, "offset": offset, **({} if count is None else {"count": count}), **which}
    end = None if count is None else offset + count
    answer = scraped.get("items.jl", asked)
    assert [json.loads(line) for line in answer.body.splitlines()] == ITEMS[offset:end]
    assert scraped.get("items.json", asked).json == ITEMS[offset:end]
    assert [row["message"] for row in scraped.get("log.json", asked).json] == [message for _, message in LOGS][offset:end]


def test_meta_fields_stand_behind_those_of_items(scraped: Caller) -> None:
    asked = [("project", 1), ("job", "1/1/1"), ("meta", "_key"), ("meta", "_project")]
    answer = scraped.get("items.jl", asked)
    assert answer.headers["Content-Type"] == "application/x-jsonlines"
    assert answer.lines == [{**item, "_key": f"1/1/1/{number}", "_project": 1} for number, item in enumerate(ITEMS)]
    moments = [row["_ts"] for row in scraped.get("items.json", {"project": 1, "job": "1/1/1", "meta": "_ts"}).json]
    assert moments[0] == moments[2] == START
    assert moments[3] > START


def test_items_as_a_table(scraped: Caller) -> None:
    answer = scraped.get("items.csv", {"project": 1, "job": "1/1/1"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.text == 'name,price,tags\na,1.5,\n"b ""x"", y",,"[""t""]"\n,,\n,true,\n'
    chosen = scraped.get("items.csv", {"project": 1, "job": "1/1/1", "fields": "price,_key,none", "meta": "_key", "count": 1})
    assert chosen.text == "price,_key,none\n1.5,1/1/1/0,\n"


def test_logs_in_three_forms(scraped: Caller) -> None:
    asked = {"project": 1, "job": "1/1/1"}
    lines = scraped.get("log.jl", asked)
    assert (lines.status, lines.headers["Content-Type"]) == (200, "application/x-jsonlines")
    assert lines.lines[0] == {"logLevel": 10, "message": "dull", "time": "2015-10-28T02:40:00"}
    assert scraped.get("log.json", asked).json == lines.lines
    text = scraped.get("log.txt", asked)
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.text.splitlines()[:3] == [
        "2015-10-28 02:40:00 DEBUG dull",
        "2015-10-28 02:40:01 INFO started",
        "2015-10-28 02:40:02 ERROR two",
    ]
    assert text.text.endswith("2015-10-28 02:40:03 99 loud\n")


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"level": "INFO"}, [20, 40, 99]),
        ({"level": "40"}, [40, 99]),
        ({"level": "info", "offset": 1, "count": 1}, [40]),
        ({"level": 100}, []),
    ],
    ids=str,
)
def test_levels_of_logs(scraped: Caller, asked: dict[str, Any], wanted: list[int]) -> None:
    answer = scraped.get("log.json", {"project": 1, "job": "1/1/1", **asked})
    assert [row["logLevel"] for row in answer.json] == wanted


def test_a_time_that_no_calendar_has(fake: FakeJobs, wire: Caller) -> None:
    fake.add_job("books", project=1, state="running")
    wire.send("POST", "/logs/1/1/1", body=b'{"time": 999999999999999999, "level": 20, "message": "x"}')
    assert wire.get("log.txt", {"project": 1, "job": "1/1/1"}).text == "999999999999999999 INFO x\n"


FORMS = ["items.jl", "items.json", "items.csv", "log.jl", "log.json", "log.txt"]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("which", [{"job": "1/1/2"}, {"job": "1/9/9"}, {"job": "2/1/1"}, {"job": "x"}, {"spider": "none"}], ids=str)
def test_jobs_without_records_read_empty(scraped: Caller, path: str, which: dict[str, str]) -> None:
    answer = scraped.get(path, {"project": 1, **which})
    assert (answer.status, answer.text.strip()) == (200, "[]" if path.endswith("json") else "")


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"job": "1/1/1"}, "missing 'project' argument"),
        ({"project": 1}, "missing 'job' argument"),
        ({"project": 1, "job": "1/1/1", "count": "-x"}, "invalid value for count: -x"),
        ({"project": 1, "job": "1/1/1", "offset": "x"}, "invalid value for offset: x"),
    ],
    ids=str,
)
def test_readings_that_are_refused(scraped: Caller, path: str, asked: dict[str, Any], message: str) -> None:
    answer = scraped.get(path, asked)
    assert (answer.status, answer.reason, answer.json) == (400, message, {"status": "badrequest", "message": message})


def test_names_that_there_are_not(scraped: Caller) -> None:
    assert (
        scraped.get("items.jl", {"project": 1, "job": "1/1/1", "meta": "_x"}).reason == "invalid value for meta: _x (_key, _ts, _project)"
    )
    assert scraped.get("log.jl", {"project": 1, "job": "1/1/1", "level": "LOUD"}).reason == "invalid value for level: LOUD"


def test_many_items_are_streamed(fake: FakeJobs, wire: Caller) -> None:
    fake.add_job("books", project=1, state="running")
    rows = [{"n": number, "text": "x" * 50} for number in range(5000)]
    wire.send("POST", "/items/1/1/1", body="\n".join(map(json.dumps, rows)).encode())
    answer = wire.get("items.jl", {"project": 1, "job": "1/1/1", "offset": 10})
    assert "Content-Length" not in answer.headers
    assert answer.lines == rows[10:]
    assert wire.get("items.json", {"project": 1, "job": "1/1/1", "offset": 20}).json == rows[20:120]


# ---------------------------------------------------------------- reports


REPORT = {"project": "1", "job": "1/1/1", "key": "stats", "content_type": "text/html"}


def test_a_report(fake: FakeJobs, wire: Caller) -> None:
    fake.add_job("books", project=1)
    answer = upload(wire, "reports/add.json", REPORT, ("content", "report", b"<p>"))
    assert (answer.status, answer.text) == (200, '{"status": "ok"}')
    [report] = fake.reports("1/1/1")
    assert (report.key, report.content, report.content_type) == ("stats", b"<p>", "text/html")
    assert fake.calls[-1].job_keys == ("1/1/1",)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({**REPORT, "job": "1/1/9"}, "there is no job 1/1/9"),
        ({**REPORT, "job": "2/1/1"}, "there is no job 2/1/1"),
        ({**REPORT, "job": "x"}, "there is no job x"),
        ({name: value for name, value in REPORT.items() if name != "key"}, "missing 'key' argument"),
        ({name: value for name, value in REPORT.items() if name != "job"}, "missing 'job' argument"),
        ({name: value for name, value in REPORT.items() if name != "project"}, "missing 'project' argument"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_reports_that_are_refused(fake: FakeJobs, wire: Caller, fields: dict[str, str], message: str) -> None:
    fake.add_job("books", project=1)
    fake.add_job("books", project=2)
    before = fake.dump()
    answer = upload(wire, "reports/add.json", fields, ("content", "report", b"x"))
    assert (answer.status, answer.json["message"]) == (400, message)
    assert upload(wire, "reports/add.json", REPORT).json["message"] == "missing 'content' argument"
    assert fake.dump() == before


# ---------------------------------------------------------------- versions and eggs


VERSION = {"project": "1", "version": "r1"}
EGG = ("egg", "shop.egg", b"PK\x00\xff")


def test_an_upload_makes_known_what_was_expected(fake: FakeJobs, wire: Caller) -> None:
    fake.add_spider("old", project=1, declared=False)
    answer = upload(wire, "scrapyd/addversion.json", VERSION, EGG)
    assert answer.text == '{"status": "ok", "project": 1, "version": "r1", "spiders": 1}'
    fake.expect_deploy(project=1, spiders=["books", "films"], scripts=["tidy.py"])
    assert fake.deploys(project=1)[0].spiders == ()
    answer = upload(wire, "scrapyd/addversion.json", {**VERSION, "version": "r2", "stack": "scrapy:2.11"}, EGG)
    assert answer.json["spiders"] == 3
    assert [spider.name for spider in behind(fake).cloud.projects.spiders(1)] == ["old", "books", "films", "py:tidy.py"]
    first, second = fake.deploys(project=1)
    assert (first.deploy_id, second.deploy_id, second.stack, second.user) == (1, 2, "scrapy:2.11", "fakeuser")
    assert wire.post("run.json", {"project": 1, "spider": "py:tidy.py"}).status == 200
    assert wire.post("run.json", {"project": 1, "spider": "shoes"}).status == 400


def test_files_of_an_upload_are_kept(fake: FakeJobs, wire: Caller) -> None:
    others = [("eggs", "a.egg", b"a"), ("eggs", "../b.egg", b"b"), ("requirements", "r.txt", b"six")]
    assert upload(wire, "scrapyd/addversion.json", VERSION, EGG, *others).status == 200
    [deploy] = fake.deploys(project=1)
    assert [(file.field, file.filename, file.content) for file in deploy.files] == [EGG, *others]
    assert deploy.requirements == b"six"
    assert wire.get("eggs/list.json", {"project": 1}).json == {"status": "ok", "eggs": [{"name": "__main__", "version": "r1"}]}


def test_a_job_has_the_latest_version(fake: FakeJobs, wire: Caller) -> None:
    wire.post("run.json", {"project": 1, "spider": "books"})
    upload(wire, "scrapyd/addversion.json", VERSION, EGG)
    fake.expect_deploy(project=1, error="broken")
    answer = upload(wire, "scrapyd/addversion.json", {**VERSION, "version": "r2"}, EGG)
    assert (answer.status, answer.json) == (200, {"status": "error", "message": "broken"})
    wire.post("run.json", {"project": 1, "spider": "films"})
    wire.post("run.json", {"project": 1, "spider": "shoes", "meta": '{"deploy_id": "latest"}'})
    wire.post("run.json", {"project": 2, "spider": "books"})
    assert [fake.get_job(key).version for key in ("1/1/1", "1/2/1", "1/3/1", "2/1/1")] == [None, "r1", None, None]
    assert wire.get("/jobs/1/2/1/deploy_id").json == 1
    assert wire.get("/jobs/1/3/1/deploy_id").json is None
    assert fake.assert_scheduled(spider="films", meta={}).key == "1/2/1"


def test_eggs(fake: FakeJobs, wire: Caller) -> None:
    for name, version, content in (("lib", "1", b"old"), ("ä", "2", b"x"), ("lib", "3", b"new")):
        answer = upload(wire, "eggs/add.json", {"project": "1", "name": name, "version": version}, ("egg", "dist/x.egg", content))
        assert answer.json == {"status": "ok", "egg": {"name": name, "version": version}}
    listed = wire.get("eggs/list.json", {"project": 1}).json["eggs"]
    assert listed == [{"name": "lib", "version": "3"}, {"name": "ä", "version": "2"}]
    bundle = wire.get("eggs/bundle.zip", {"project": 1})
    assert bundle.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(bundle.body)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"lib.egg": b"new", "ä.egg": b"x"}
    assert wire.get("eggs/bundle.zip", {"project": 1}).body == bundle.body
    assert wire.post("eggs/delete.json", {"project": 1, "name": "lib"}).json == {"status": "ok"}
    gone = wire.post("eggs/delete.json", {"project": 1, "name": "lib"})
    assert (gone.status, gone.json) == (400, {"status": "error", "message": "project 1 has no egg 'lib'"})
    with zipfile.ZipFile(io.BytesIO(wire.get("eggs/bundle.zip", {"project": 2}).body)) as archive:
        assert archive.namelist() == []


@pytest.mark.parametrize(("letter", "most"), [("a", 65_531), ("ä", 32_765)])
def test_the_name_of_an_egg_fits_into_a_zip_file(fake: FakeJobs, wire: Caller, letter: str, most: int) -> None:
    before = fake.dump()
    too_long = letter * (most + 1)
    answer = upload(wire, "eggs/add.json", {"project": "1", "name": too_long, "version": "1"}, EGG)
    assert (answer.status, answer.json["status"]) == (400, "badrequest")
    assert answer.json["message"].endswith("... is too long: its file's name would have 65,536 bytes, at most 65,535 fit")
    with pytest.raises(InvalidValue, match="is too long"):
        fake.add_egg(too_long, project=1, version="1")
    with pytest.raises(SeedError, match=r"seed\[0\].add_egg: name .* is too long"):
        fake.load([{"add_egg": {"name": too_long, "project": 1, "version": "1"}}])
    assert fake.dump() == before
    assert upload(wire, "eggs/add.json", {"project": "1", "name": letter * most, "version": "9" * 70_000}, EGG).status == 200
    for path in ("eggs/bundle.zip", "migrate-eggs.zip"):
        with zipfile.ZipFile(io.BytesIO(wire.get(path, {"project": 1}).body)) as archive:
            assert letter * most + ".egg" in archive.namelist()


UPLOADS = {
    "scrapyd/addversion.json": (VERSION, EGG),
    "eggs/add.json": ({**VERSION, "name": "lib"}, EGG),
}


@pytest.mark.parametrize(("path", "missing"), [(path, name) for path, (fields, _) in UPLOADS.items() for name in [*fields, "egg"]])
def test_uploads_that_lack_something(fake: FakeJobs, wire: Caller, path: str, missing: str) -> None:
    fields, egg = UPLOADS[path]
    answer = upload(wire, path, {name: value for name, value in fields.items() if name != missing}, *([] if missing == "egg" else [egg]))
    assert (answer.status, answer.reason) == (400, f"missing '{missing}' argument")
    assert fake.dump() == []


@pytest.mark.parametrize("path", UPLOADS)
def test_uploads_that_are_cut_off(fake: FakeJobs, wire: Caller, path: str) -> None:
    fields, (field, filename, content) = UPLOADS[path]
    whole = b"".join(part(name, value.encode()) for name, value in fields.items()) + part(field, content, filename)
    for length in range(0, len(whole), 7):
        answer = wire.send("POST", path, body=whole[:length], content_type=MULTIPART)
        assert (answer.status, answer.json["message"]) == (400, "the multipart form is broken or cut off")
    assert fake.dump() == []


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", ".hidden", "x\0"])
def test_names_of_eggs_that_would_lead_astray(fake: FakeJobs, wire: Caller, name: str) -> None:
    answer = upload(wire, "eggs/add.json", {**VERSION, "name": name}, EGG)
    assert (answer.status, answer.json["status"]) == (400, "badrequest")
    assert fake.dump() == []


def test_an_upload_over_the_limit(fake: FakeJobs, wire: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakejobs.web.request.MAX_BODY", 1000)
    assert upload(wire, "scrapyd/addversion.json", VERSION, ("egg", "x.egg", b"x" * 1000)).status == 413
    assert fake.dump() == []


# ---------------------------------------------------------------- releases


def test_a_release(fake: FakeJobs, wire: Caller) -> None:
    form = {**VERSION, "image_url": "images/shop:r1", "spiders": "books, films,,", "pull_auth_config": "secret"}
    answer = wire.post("releases/deploy.json", form, headers={"Host": "127.0.0.1:1234"})
    assert (answer.status, answer.body) == (302, b"")
    assert answer.headers["Location"] == "http://127.0.0.1:1234/api/releases/status/1/1.json"
    status = Caller(fake, None).get("releases/status/1/1.json")
    assert status.json == {"status": "ok", "project": 1, "version": "r1", "spiders": 2}
    assert Caller(fake, None).get("releases/status/1/2.json").status == 404
    assert Caller(fake, None).get("releases/status/1/x.json").status == 400
    call = next(call for call in fake.calls if call.endpoint == "releases/deploy")
    assert call.params is not None
    assert call.params["pull_auth_config"] == "****"


def test_the_status_of_a_release_is_that_of_its_project_and_number(fake: FakeJobs, wire: Caller) -> None:
    for project, version in ((1, "a"), (2, "b"), (2, "c"), (1, "d"), (2, "e")):
        wire.post("releases/deploy.json", {"project": project, "version": version, "image_url": "i"})
    statuses = {path: wire.get(f"releases/status/{path}.json") for path in ("1/1", "1/2", "1/3", "2/1", "2/2", "2/3", "3/1", "1/0")}
    assert {path: answer.json["version"] for path, answer in statuses.items() if answer.status == 200} == {
        "1/1": "a",
        "2/1": "b",
        "2/2": "c",
        "1/2": "d",
        "2/3": "e",
    }


def test_settings_for_an_image(wire: Caller) -> None:
    wire.send("POST", "/projects/1/settings", body=b'{"LOG_LEVEL": "INFO"}')
    answer = wire.get("settings/get.json", {"project": 1})
    assert answer.json == {"project_settings": {"LOG_LEVEL": "INFO"}, "organization_settings": {}, "enabled_addons": []}


# ---------------------------------------------------------------- keys, reset, dumps


PATHS = [
    *(("GET", path) for path in (*FORMS, "eggs/list.json", "eggs/bundle.zip", "migrate-eggs.zip", "settings/get.json")),
    *(
        ("POST", path)
        for path in ("reports/add.json", "eggs/add.json", "eggs/delete.json", "scrapyd/addversion.json", "releases/deploy.json")
    ),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_keys_and_projects_come_first(fake: FakeJobs, method: str, path: str) -> None:
    fake.add_key("good", user="ann", projects=[1])
    for key, project, line in (
        ("bad", "2", "403 FORBIDDEN"),
        ("good", "x", "400 invalid value for project: x"),
        ("good", "2", "400 User 'ann' doesn't have access to project 2"),
    ):
        caller = Caller(fake, key)
        answer = caller.get(path, {"project": project}) if method == "GET" else upload(caller, path, {"project": project})
        assert f"{answer.status} {answer.reason}" == line


def test_a_dump_and_a_copy_hold_what_was_uploaded(fake: FakeJobs, wire: Caller) -> None:
    fake.add_job("books", project=1)
    fake.expect_deploy(project=1, spiders=["books"], scripts=["tidy.py"])
    upload(wire, "scrapyd/addversion.json", VERSION, EGG, ("requirements", "r.txt", b"six"))
    upload(wire, "eggs/add.json", {**VERSION, "name": "lib"}, EGG)
    wire.post("eggs/delete.json", {"project": 1, "name": "__main__"})
    wire.post("releases/deploy.json", {**VERSION, "image_url": "i", "spiders": "films"})
    fake.expect_deploy(project=2, error="broken")
    upload(wire, "scrapyd/addversion.json", {**VERSION, "project": "2"}, EGG)
    upload(wire, "reports/add.json", REPORT, ("content", "report", b"x"))
    patch(wire, b'{"add": ["daily"]}')

    twin = FakeJobs(clock=ManualClock(START))
    twin.advance(days=1)
    twin.load(json.loads(json.dumps(fake.dump())))
    assert twin.dump() == fake.dump()
    for project in (1, 2):
        assert twin.deploys(project=project) == fake.deploys(project=project)
        assert twin.eggs(project=project) == fake.eggs(project=project)
        assert behind(twin).cloud.projects.spiders(project) == behind(fake).cloud.projects.spiders(project)
    assert twin.reports("1/1/1") == fake.reports("1/1/1")

    half = [
        {"add_deploy": {"project": 1, "version": "x", "spiders": ["y"]}},
        {"add_report": {"job": "1/1/1", "key": "x"}},
        {"nonsense": {}},
    ]
    with pytest.raises(SeedError):
        fake.load(half)
    assert fake.dump() == twin.dump()
    fake.reset()
    assert (fake.deploys(project=1), fake.eggs(project=1), fake.reports("1/1/1"), fake.dump()) == ([], [], [], [])
    assert upload(wire, "scrapyd/addversion.json", {**VERSION, "project": "2"}, EGG).json["status"] == "ok"
