"""Tests that are right stay green, however near to a mistake they come."""

from __future__ import annotations

from tests.plugin.conftest import Run
from tests.plugin.mistakes import HEAD

RIGHT = """
from unittest import mock


def test_a_look_and_a_short_wait(fakejobs):
    job = fakejobs.add_job("books", project=123, state="running")
    assert ScrapinghubClient().get_job(job.key).metadata.get("state") == "running"
    time.sleep(1.05)
    fakejobs.finish_job(job)


def test_code_that_gives_up(fakejobs):
    job = schedule()
    for _ in range(5):
        assert job.metadata.get("state") == "pending"
        time.sleep(0.1)


def test_somebody_else_moves_the_job(fakejobs):
    job = schedule()
    fakejobs.start_job(job.key)
    threading.Timer(0.5, fakejobs.finish_job, (job.key,)).start()
    while job.metadata.get("state") != "finished":
        time.sleep(0.05)


def test_a_page_after_the_other(fakejobs):
    schedule()
    for page in range(120):
        requests.get(fakejobs.api_url + f"jobs/list.json?project=123&state=finished&offset={page}", auth=("k", ""))


@pytest.mark.fakejobs(clock="poll")
def test_a_list_of_finished_jobs_moves_the_clock(fakejobs):
    fakejobs.pace(pending=5, running=60)
    schedule()
    looks = 0
    while not ScrapinghubClient().get_project(123).jobs.count(state="finished"):
        looks += 1
        assert looks < 10


def test_a_mock_of_sleep_sees_only_the_codes_calls(fakejobs):
    job = schedule()
    with mock.patch("time.sleep") as sleep:
        job.metadata.get("state")
        time.sleep(60)
    sleep.assert_called_once_with(60)


@pytest.mark.fakejobs(clock="sleep")
def test_a_patch_of_sleep(fakejobs, monkeypatch):
    job = schedule()
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    job.metadata.get("state")
    time.sleep(4)


def test_is_gone_after_its_test():
    assert time.sleep.__module__ == "time" and type(time.sleep).__name__ == "builtin_function_or_method"


@pytest.fixture(scope="module")
def wide(make_fakejobs):
    with make_fakejobs(environ=True) as fake:
        fake.pace(pending=5, running=60)
        yield fake


def test_a_look_in_one_test(wide):
    schedule().metadata.get("state")


def test_is_nothing_to_the_next_one(wide):
    time.sleep(1.05)
"""


def test_what_is_right_stays_green(run_apart: Run) -> None:
    run_apart(HEAD + RIGHT).assert_outcomes(passed=10)
