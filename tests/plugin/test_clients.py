"""Unmodified clients, built without arguments, reach the fake of the test."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from scrapinghub import Connection, DuplicateJobError, ScrapinghubClient

from fakejobs import FakeJobs


@pytest.fixture
def client(fakejobs: FakeJobs) -> Iterator[ScrapinghubClient]:
    """The official client."""
    with closing(ScrapinghubClient()) as made:
        yield made


def test_the_client_runs_jobs(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = client.get_project(123).jobs.run(
        "books", job_args={"page": 1}, add_tag=["a", "b"], priority=3, units=2, job_settings={"X": 1}, meta={"m": 1}, environment={"E": "1"}
    )
    scheduled = fakejobs.assert_scheduled(
        project=123,
        spider="books",
        spider_args={"page": 1},
        tags=["a", "b"],
        priority=3,
        units=2,
        job_settings={"X": 1},
        meta={"m": 1},
        environment={"E": "1"},
    )
    assert scheduled.key == job.key == "123/1/1"
    with pytest.raises(DuplicateJobError):
        client.get_project(123).jobs.run("books", job_args={"page": 1})


def test_the_client_updates_tags(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    job = fakejobs.add_job("books", project=123, tags=["old"])
    client.get_job(job.key).update_tags(add=["new"], remove=["old"])
    fakejobs.assert_tagged(job, add=["new"], remove=["old"])
    assert job.tags == ["new"]


def test_the_client_lists_projects_and_spiders(fakejobs: FakeJobs, client: ScrapinghubClient) -> None:
    fakejobs.add_spider("books", project=123)
    fakejobs.add_project(7)
    assert sorted(client.projects.list()) == [7, 123]
    assert [spider["id"] for spider in client.get_project(123).spiders.list()] == ["books"]
    fakejobs.assert_called("spiders/list", params={"project": 123}, count=1)


def test_the_legacy_client(fakejobs: FakeJobs) -> None:
    connection = Connection()
    try:
        project = connection[123]
        key = project.schedule("books", page="1")
        assert fakejobs.assert_scheduled(project=123, spider="books", spider_args={"page": 1}).key == key
        [row] = project.jobs(spider="books")
        assert row.id == key
        assert project.jobs(state="pending").count() == 1
        assert project.jobs(spider="books").update(add_tag="seen") == 1
        fakejobs.assert_tagged(key, add=["seen"])
        project.job(key).stop()
        fakejobs.assert_stopped(key)
        assert fakejobs.get_job(key).close_reason == "cancelled"
        assert project.job(key).delete() == 1
        fakejobs.assert_deleted(key)
        assert connection.project_ids() == [123]
    finally:
        connection._session.close()


def test_the_shub_command(fakejobs: FakeJobs, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from shub.tool import cli; cli()",
        "schedule",
        "-a",
        "page=1",
        "-t",
        "tag",
        "-p",
        "3",
        "-u",
        "2",
        "123/books",
    ]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    job = fakejobs.assert_scheduled(project=123, spider="books", spider_args={"page": "1"}, tags=["tag"], priority=3, units=2)
    assert job.key in result.stdout


@pytest.mark.parametrize("number", [1, 2], ids=["first fake", "second fake"])
def test_shub_in_this_process(fakejobs: FakeJobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int) -> None:
    """It reads where its file is when it is imported, which happens once; each test has another fake."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import of pip makes setuptools speak up, and it does not like plain HTTP
        monkeypatch.chdir(tmp_path)
        import_module("shub.schedule").schedule_spider(
            123, import_module("shub.config").get_target_conf("123").endpoint, fakejobs.key, "books"
        )
    assert fakejobs.assert_scheduled(project=123, spider="books").key == "123/1/1"


def test_clients_built_before_the_fake_run_into_the_guard(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        shop="""
        from scrapinghub import Connection, ScrapinghubClient

        CLIENT = ScrapinghubClient("0123456789abcdef0123456789abcdef")
        PROJECT = CLIENT.get_project(123)
        LEGACY = Connection("0123456789abcdef0123456789abcdef")
        """,
        test_shop="""
        import shop

        def test_new(fakejobs):
            shop.CLIENT.get_project(1).jobs.run("books")

        def test_reading(fakejobs):
            list(shop.PROJECT.jobs.iter())

        def test_legacy(fakejobs):
            shop.LEGACY[1].schedule("books")
        """,
    )
    result = pytester.runpytest_inprocess("-p", "fakejobs.pytest_plugin", "-p", "no:asyncio", "--tb=short")
    result.assert_outcomes(failed=3)
    built = "its client was built before the fixture, or has a fixed host"
    result.stdout.fnmatch_lines(
        [
            f"E *UsageError: your code called app.zyte.com: {built}",
            'E *  at *test_shop.py:4: shop.CLIENT.get_project(1).jobs.run("books")',
            "E *write in the test (it takes the fixture monkeypatch), so that it reaches the fake:",
            'E *  monkeypatch.setattr(shop, "CLIENT", ScrapinghubClient())',
            f"E *UsageError: your code called storage.scrapinghub.com: {built}",
            'E *  monkeypatch.setattr(shop, "PROJECT", ScrapinghubClient().get_project(123))',
            f"E *UsageError: your code called app.zyte.com: {built}",
            'E *  monkeypatch.setattr(shop, "LEGACY", Connection())',
        ]
    )
