"""Clients that try again by themselves: what each makes of calls that fail, before their effect and after it; nobody waits for real."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, TypeVar

import pytest
import requests
from requests.adapters import HTTPAdapter
from retrying import retry
from scrapinghub import HubstorageClient, ScrapinghubClient
from scrapinghub.client.exceptions import DuplicateJobError, ServerError
from tenacity import Retrying, retry_if_exception, wait_fixed
from urllib3.util.retry import Retry

from fakejobs import FakeJobs
from tests.clients.conftest import close

T = TypeVar("T")
Again = Callable[[Callable[[], T]], T]
"""What calls a function until it works."""

pytestmark = [
    pytest.mark.fakejobs(clock="sleep"),
    pytest.mark.filterwarnings("default::DeprecationWarning:retrying"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # the official client leaves the answer of a 5xx unread, with its socket
]

WAYS = [pytest.param({"status": 503}, 503, id="503"), pytest.param({"error": "reset"}, None, id="reset")]
"""How calls fail, and the status that a client sees."""
EVERY = 10
"""Seconds between two tries, where a test says how many."""


def with_retrying(call: Callable[[], T]) -> T:
    result: T = retry(wait_fixed=EVERY * 1000, retry_on_exception=is_passing)(call)()
    return result


def with_tenacity(call: Callable[[], T]) -> T:
    return Retrying(wait=wait_fixed(EVERY), retry=retry_if_exception(is_passing))(call)


def is_passing(error: BaseException) -> bool:
    """Say whether an error of the official client is one that passes."""
    return isinstance(error, (ServerError, requests.ConnectionError))


@pytest.fixture(autouse=True)
def nothing_is_left_over() -> Iterator[None]:
    """Let what a client has dropped go before the next test begins, which minds."""
    yield
    gc.collect()


@pytest.fixture
def official(fakejobs: FakeJobs) -> Iterator[ScrapinghubClient]:
    client = ScrapinghubClient()
    yield client
    close(client)


@pytest.fixture
def session(fakejobs: FakeJobs) -> Iterator[requests.Session]:
    """A session of requests whose urllib3 tries everything again, POST too."""
    with requests.Session() as session:
        session.auth = (fakejobs.key, "")
        again = Retry(total=3, backoff_factor=EVERY, status_forcelist=[503, 504], allowed_methods=None)
        session.mount("http://", HTTPAdapter(max_retries=again))
        yield session


class Watch:
    """How far the clock of a fake has moved, in seconds."""

    def __init__(self, fake: FakeJobs) -> None:
        self._fake = fake
        self._began = fake.clock.now

    @property
    def seconds(self) -> float:
        return (self._fake.clock.now - self._began).total_seconds()


# ------------------------------------------------------------ reading


@pytest.mark.parametrize(("way", "status"), WAYS)
def test_the_official_client_reads_again_by_itself(
    fakejobs: FakeJobs, official: ScrapinghubClient, way: dict[str, Any], status: int | None
) -> None:
    job = fakejobs.add_job("books", project=7, items=[{"title": "A"}, {"title": "B"}])
    faults = [fakejobs.fail(endpoint, times=2, **way) for endpoint in ("jobs/field", "items")]
    watch = Watch(fakejobs)
    assert official.get_job(job.key).metadata.get("state") == "pending"
    assert 12 <= watch.seconds < 13.5  # 4 s, 8 s, and at most half a second more each time
    assert [item["title"] for item in official.get_job(job.key).items.iter()] == ["A", "B"]
    assert [fault.hits for fault in faults] == [2, 2]
    assert [call.status for call in fakejobs.calls] == [status, status, 200] * 2


@pytest.mark.parametrize("again", [with_retrying, with_tenacity])
@pytest.mark.parametrize(("way", "status"), WAYS)
def test_code_that_tries_again_lists_jobs(
    fakejobs: FakeJobs, official: ScrapinghubClient, again: Again[Any], way: dict[str, Any], status: int | None
) -> None:
    fakejobs.add_spider("books", project=7)
    fakejobs.fail("spiders/list", times=2, **way)
    watch = Watch(fakejobs)
    assert [spider["id"] for spider in again(official.get_project(7).spiders.list)] == ["books"]
    assert watch.seconds == 2 * EVERY
    assert [call.status for call in fakejobs.calls] == [status, status, 200]


@pytest.mark.parametrize(("way", "status"), WAYS)
def test_urllib3_reads_again(fakejobs: FakeJobs, session: requests.Session, way: dict[str, Any], status: int | None) -> None:
    fakejobs.add_job("books", project=7)
    fakejobs.fail("jobs/list", times=2, **way)
    watch = Watch(fakejobs)
    assert session.get(f"{fakejobs.api_url}jobs/list.json", params={"project": "7"}).json()["total"] == 1
    assert watch.seconds == 2 * EVERY  # nothing before the second try, twice the factor before the third
    assert [call.status for call in fakejobs.calls] == [status, status, 200]


# ------------------------------------------------------------ scheduling


@pytest.mark.parametrize("again", [with_retrying, with_tenacity])
@pytest.mark.parametrize(("way", "status"), WAYS)
def test_code_that_tries_again_schedules_one_job(
    fakejobs: FakeJobs, official: ScrapinghubClient, again: Again[Any], way: dict[str, Any], status: int | None
) -> None:
    fakejobs.fail("run", times=2, **way)
    watch = Watch(fakejobs)
    assert again(lambda: official.get_project(7).jobs.run("books")).key == "7/1/1"
    assert watch.seconds == 2 * EVERY
    assert [call.status for call in fakejobs.calls] == [status, status, 200]
    assert fakejobs.count_jobs() == 1


@pytest.mark.parametrize("again", [with_retrying, with_tenacity])
@pytest.mark.parametrize(("way", "status"), [pytest.param({"status": 504}, 504, id="504"), WAYS[1]])
def test_a_job_whose_answer_was_lost_is_a_duplicate_for_the_second_try(
    fakejobs: FakeJobs, official: ScrapinghubClient, again: Again[Any], way: dict[str, Any], status: int | None
) -> None:
    fakejobs.fail("run", when="after", **way)
    with pytest.raises(DuplicateJobError, match="books already scheduled"):
        again(lambda: official.get_project(7).jobs.run("books"))
    assert [call.status for call in fakejobs.calls] == [status, 400]
    assert [job.key for job in fakejobs.scheduled()] == ["7/1/1"]


@pytest.mark.parametrize(("way", "error"), [({"status": 503}, ServerError), ({"error": "reset"}, requests.ConnectionError)])
def test_the_official_client_schedules_only_once_by_itself(
    fakejobs: FakeJobs, official: ScrapinghubClient, way: dict[str, Any], error: type[Exception]
) -> None:
    fakejobs.fail("run", **way)
    fakejobs.fail("jobq/push", **way)
    with pytest.raises(error):
        official.get_project(7).jobs.run("books")
    hub = HubstorageClient(fakejobs.key, endpoint=fakejobs.url)
    with pytest.raises(requests.RequestException):
        hub.push_job(7, "books")
    hub.session.close()
    assert len(fakejobs.calls) == 2
    assert fakejobs.list_jobs() == []


@pytest.mark.parametrize(("way", "status"), WAYS)
def test_urllib3_schedules_again(fakejobs: FakeJobs, session: requests.Session, way: dict[str, Any], status: int | None) -> None:
    job = {"project": "7", "spider": "books"}
    fakejobs.fail("run", times=2, **way)
    assert session.post(f"{fakejobs.api_url}run.json", job).json() == {"status": "ok", "jobid": "7/1/1"}
    fakejobs.finish_job("7/1/1")
    fakejobs.fail("run", when="after", **way)
    watch = Watch(fakejobs)
    assert session.post(f"{fakejobs.api_url}run.json", job).json() == {"status": "error", "message": "books already scheduled"}
    assert watch.seconds == 0
    assert [call.status for call in fakejobs.calls] == [status, status, 200, status, 400]


# ------------------------------------------------------------ other writes of the official client


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("way", "status"), WAYS)
def test_a_write_that_may_be_done_twice_is(
    fakejobs: FakeJobs, official: ScrapinghubClient, when: str, way: dict[str, Any], status: int | None
) -> None:
    job = fakejobs.add_job("books", project=7)
    fakejobs.fail("jobs/metadata/update", times=2, when=when, **way)
    fakejobs.fail("collections/write", times=2, when=when, **way)
    official.get_job(job.key).metadata.update({"note": "x"})
    official.get_project(7).collections.get_store("stock").set({"_key": "a", "value": 2})
    assert fakejobs.metadata(job)["note"] == "x"
    assert dict(fakejobs.collection("stock", project=7)) == {"a": {"value": 2}}
    assert [call.status for call in fakejobs.calls if call.method == "POST"] == [status, status, 200] * 2


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("way", [{"status": 503}, {"status": 403}, {"error": "reset"}], ids=str)
def test_the_batch_writer_tries_again_what_a_fault_refuses(
    fakejobs: FakeJobs, official: ScrapinghubClient, monkeypatch: pytest.MonkeyPatch, when: str, way: dict[str, Any]
) -> None:
    monkeypatch.setattr("scrapinghub.hubstorage.batchuploader.BatchUploader.worker_loop_delay", 0.01)
    job = fakejobs.add_job("books", project=7, state="running")
    fault = fakejobs.fail("items/write", times=2, when=when, **way)
    writer = official.get_job(job.key).items
    writer.write({"title": "A"})
    writer.flush()
    writer.close()
    assert fault.hits == 2
    assert fakejobs.items(job) == [{"title": "A"}]


# ------------------------------------------------------------ shub-workflow


@pytest.fixture
def workflow(fakejobs: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A manager of shub-workflow that loops until its job is over."""
    crawl = pytest.importorskip("shub_workflow.crawl", reason="shub-workflow is not installed")
    monkeypatch.setenv("PROJECT_ID", "7")
    monkeypatch.setattr("sys.argv", ["manager"])
    fakejobs.pace(pending=5, running=60)
    manager = type("Books", (crawl.CrawlManager,), {"name": "crawl", "spider": "books", "loop_mode": 30})()
    yield manager
    close(manager.client)


@pytest.mark.parametrize(("way", "status"), WAYS)
def test_shub_workflow_schedules_again(fakejobs: FakeJobs, workflow: Any, way: dict[str, Any], status: int | None) -> None:
    fakejobs.fail("run", times=2, **way)
    watch = Watch(fakejobs)
    workflow.run()
    assert [job.close_reason for job in fakejobs.scheduled(spider="books")] == ["finished"]
    assert [call.status for call in fakejobs.calls][:3] == [status, status, 200]
    wait = import_module("shub_workflow.utils").DASH_RETRY_WAIT_SECS
    assert watch.seconds == 2 * wait + 90


@pytest.mark.parametrize(("way", "status"), WAYS)
def test_shub_workflow_takes_a_job_whose_answer_was_lost_for_somebody_elses(
    fakejobs: FakeJobs, workflow: Any, way: dict[str, Any], status: int | None
) -> None:
    fakejobs.fail("run", when="after", **way)
    assert workflow.schedule_spider("books") is None
    assert [call.status for call in fakejobs.calls] == [status, 400]
    assert fakejobs.count_jobs() == 1
