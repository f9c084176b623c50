"""How public programs call the service, call by call: the shapes of their requests, not their code."""

from __future__ import annotations

import gzip
import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

import pytest
from scrapinghub import HubstorageClient, ScrapinghubClient
from scrapinghub.client.exceptions import NotFound

from fakejobs import FakeJobs, Job
from fakejobs.fake import behind
from tests.clients.conftest import close

AXIOS = "application/json, text/plain, */*"


class Answer(NamedTuple):
    """What came back."""

    status: int
    content_type: str | None
    text: str


def call(fake: FakeJobs, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """Send a request with the fake's key, and only these headers beside it; underscores in their names are hyphens."""
    host = fake.url.removeprefix("http://")
    sent = {"Authorization": "Basic " + b64encode(f"{fake.key}:".encode()).decode(), "Host": host}
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**sent, **({} if body is None else {"Content-Length": str(len(body))})}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
    text = gzip.decompress(data) if answer.getheader("Content-Encoding") == "gzip" else data
    return Answer(answer.status, answer.getheader("Content-Type"), text.decode())


# ------------------------------------------------------------ inside a job, by its token


@pytest.fixture
def job(fake: FakeJobs) -> Job:
    """A running job."""
    return fake.add_job("books", project=1, state="running")


@pytest.fixture
def job_auth(fake: FakeJobs, job: Job) -> str:
    """What SHUB_JOBAUTH says inside the job: its key and token, in hex."""
    return f"{job.key}:{behind(fake).cloud.keys.token_of(job.key)}".encode().hex()


@pytest.fixture
def inside(fake: FakeJobs, job_auth: str) -> Iterator[ScrapinghubClient]:
    """The official client, as code inside the job makes it."""
    with pytest.warns(UserWarning, match="only via apikey"):
        client = ScrapinghubClient(job_auth, dash_endpoint=fake.api_url, endpoint=f"{fake.url}/", jobq_endpoint=f"{fake.url}/")
    yield client
    close(client)


def test_pages_are_stored_by_a_writer_with_the_jobs_token(fake: FakeJobs, job: Job, job_auth: str, no_waiting: None) -> None:
    """As scrapy-pagestorage: a batch writer of a versioned cached collection."""
    client = HubstorageClient(auth=bytes.fromhex(job_auth).decode(), endpoint=f"{fake.url}/")
    collection = client.get_project("1").collections.new_versioned_cached_store("Pages")
    writer = collection.create_writer(content_encoding="gzip", size=20)
    for number in range(45):
        writer.write({"_key": f"fp{number:02}", "_jobid": job.key, "url": f"http://a/{number}", "body": "x" * 100})
    writer.close()
    client.close()
    client.session.close()
    assert len(fake.collection("Pages", project=1, type="vcs")) == 45


def test_what_was_seen_is_kept_in_a_collection(fake: FakeJobs, inside: ScrapinghubClient) -> None:
    """As the incremental manager of zyte-spider-templates: a collection that is not there yet, then arrays of values."""
    store = inside.get_project(1).collections.get_store("books_incremental")
    with pytest.raises(NotFound, match="unknown collection books_incremental"):
        list(store.iter(prefix="a"))
    store.set([{"_key": "a", "item_url": "http://a/"}, {"_key": "b", "item_url": "http://b/"}])
    store.set([])
    found = store.iter(key=["a", "c", "b"])
    assert [(row["_key"], row["item_url"]) for row in found] == [("a", "http://a/"), ("b", "http://b/")]
    assert len(fake.collection("books_incremental", project=1)) == 2


def test_the_requests_of_slots_are_counted(fake: FakeJobs, client: ScrapinghubClient) -> None:
    """As hcfpal count: each slot of a frontier by q/count, going on from nextstart."""
    for slot, size in (("0", 250), ("1", 30)):
        fake.add_to_frontier("crawl", slot, project=1, requests=[{"fp": str(number)} for number in range(size)])
    fake.limit_scans(100)
    counted = {}
    for slot in client.get_project(1).frontiers.get("crawl").list():
        counted[slot] = 0
        start = ""
        while True:
            answer = json.loads(call(fake, "GET", f"/hcf/1/crawl/s/{slot}/q/count{start}").text)
            counted[slot] += answer["count"]
            if "nextstart" not in answer:
                break
            start = f"?start={answer['nextstart']}"
    assert counted == {"0": 250, "1": 30}


# ------------------------------------------------------------ other languages


def test_axios_schedules_and_lists(fake: FakeJobs) -> None:
    """JSON bodies, and an Accept that names JSON first."""
    body = json.dumps({"project": 1, "spider": "books", "add_tag": ["x"]}).encode()
    answer = call(fake, "POST", "/api/run.json", body, Accept=AXIOS, Content_Type="application/json", Accept_Encoding="gzip, deflate, br")
    assert json.loads(answer.text) == {"status": "ok", "jobid": "1/1/1"}
    listed = call(fake, "GET", "/jobq/1/list?state=pending", Accept=AXIOS)
    assert (listed.content_type, [row["key"] for row in json.loads(listed.text)]) == ("application/json", ["1/1/1"])
    fake.start_job("1/1/1")
    fake.add_items("1/1/1", [{"title": "A"}])
    items = call(fake, "GET", "/items/1/1/1", Accept=AXIOS, Accept_Encoding="gzip, deflate, br")
    assert json.loads(items.text) == [{"title": "A"}]
    events = call(fake, "GET", "/activity/1/?count=2", Accept=AXIOS)
    assert [row["event"] for row in json.loads(events.text)] == ["job:started", "job:scheduled"]


def test_go_posts_a_form_without_a_content_type(fake: FakeJobs) -> None:
    """As shubc."""
    answer = call(fake, "POST", "/api/schedule.json", b"project=1&spider=books&page=2", User_Agent="Go-http-client/1.1")
    assert json.loads(answer.text)["jobid"] == "1/1/1"
    lines = call(fake, "GET", "/api/jobs/list.jl?project=1&count=10").text.splitlines()
    assert [json.loads(line).get("id") for line in lines] == [None, "1/1/1"]
    fake.start_job("1/1/1")
    fake.add_logs("1/1/1", ["INFO started"])
    assert call(fake, "GET", "/api/log.txt?project=1&job=1/1/1").text.endswith("INFO started\n")


@pytest.mark.parametrize("path", ["/items/1/1/1/", "/items/1/1/", "/items/1/"])
def test_ruby_reads_with_a_slash_at_the_end(fake: FakeJobs, path: str) -> None:
    """As the Ruby clients: Net::HTTP's headers, paths with a slash at the end, an offset as start."""
    job = fake.add_job("books", project=1, state="running")
    fake.add_items(job, [{"n": number} for number in range(4)])
    encodings = "gzip;q=1.0,deflate;q=0.6,identity;q=0.3"
    answer = call(fake, "GET", f"{path}?start=2&count=1", Accept="*/*", Accept_Encoding=encodings, User_Agent="Ruby")
    assert (answer.status, answer.text) == (200, '{"n":2}\n')


def test_the_vendors_tool_stops_with_a_json_body(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=1)
    body = json.dumps({"project": 1, "job": job.key}).encode()
    assert call(fake, "POST", "/api/jobs/stop.json", body, Content_Type="application/json").status == 200
    assert job.close_reason == "cancelled"
