"""What was uploaded: the order and numbers of deploys, eggs by name, reports by key, and tags of spiders."""

from __future__ import annotations

import pytest

from fakejobs.domain.clock import Millis
from fakejobs.domain.deploys import Deploy, Deploys, Egg, Expected, Report, UploadedFile
from fakejobs.domain.keys import JobKey
from fakejobs.domain.projects import Spider

NOW = Millis(1_446_000_000_000)


def kept(deploys: Deploys, project: int, version: str, error: str | None = None) -> Deploy:
    deploy = Deploy(deploys.next_id(project), project, version, error=error)
    deploys.keep(deploy)
    return deploy


def test_deploys_count_up_for_each_project() -> None:
    deploys = Deploys()
    assert [kept(deploys, project, "v").deploy_id for project in (1, 2, 1, 1)] == [1, 1, 2, 3]
    assert [deploy.deploy_id for deploy in deploys.of(1)] == [1, 2, 3]
    assert deploys.find(1, 2) == deploys.of(1)[1]
    assert [deploys.find(1, number) for number in (-1, 0, 4)] == [None, None, None]
    assert deploys.find(3, 1) is None


def test_the_latest_is_the_last_that_was_not_refused() -> None:
    deploys = Deploys()
    assert deploys.latest(1) is None
    kept(deploys, 1, "broken", error="no setup.py")
    assert deploys.latest(1) is None
    good = kept(deploys, 1, "good")
    kept(deploys, 1, "broken again", error="no setup.py")
    assert deploys.latest(1) == good


def test_an_egg_takes_the_place_of_its_name() -> None:
    deploys = Deploys()
    for name, version in (("b", "1"), ("a", "1"), ("b", "2")):
        deploys.keep_egg(1, Egg(name, version, b"", NOW))
    assert [(egg.name, egg.version) for egg in deploys.eggs(1)] == [("a", "1"), ("b", "2")]
    assert deploys.eggs(2) == []
    assert [deploys.drop_egg(1, "b"), deploys.drop_egg(1, "b"), deploys.drop_egg(2, "a")] == [True, False, False]


def test_reports_of_a_job_by_key() -> None:
    deploys, job = Deploys(), JobKey("1/1/1")
    for key, content in (("b", b"1"), ("a", b"2"), ("b", b"3")):
        deploys.keep_report(job, Report(key, content, "text/plain"))
    assert [(report.key, report.content) for report in deploys.reports(job)] == [("b", b"3"), ("a", b"2")]
    assert deploys.reports(JobKey("1/1/2")) == []
    assert deploys.reported_jobs() == [job]


def test_requirements_are_a_file_of_the_deploy() -> None:
    files = (UploadedFile("egg", "x.egg", b"PK"), UploadedFile("requirements", "r.txt", b"six"))
    assert Deploy(1, 1, "v", files=files).requirements == b"six"
    assert Deploy(1, 1, "v", files=files[:1]).requirements is None


def test_a_copy_is_independent() -> None:
    deploys, job = Deploys(), JobKey("1/1/1")
    kept(deploys, 1, "v")
    deploys.keep_egg(1, Egg("a", "1", b"", NOW))
    deploys.keep_report(job, Report("k", b"", "text/plain"))
    deploys.expect(1, Expected(("a",)))
    twin = deploys.copy()
    kept(twin, 1, "w")
    twin.keep_egg(1, Egg("b", "1", b"", NOW))
    twin.drop_egg(1, "a")
    twin.keep_report(job, Report("l", b"", "text/plain"))
    twin.expect(1, Expected(error="no"))
    assert [deploy.version for deploy in deploys.of(1)] == ["v"]
    assert [egg.name for egg in deploys.eggs(1)] == ["a"]
    assert [report.key for report in deploys.reports(job)] == ["k"]
    assert deploys.expected(1) == Expected(("a",))
    assert twin.projects() == deploys.projects() == [1]


@pytest.mark.parametrize(
    ("before", "add", "remove", "after"),
    [
        ((), ("new1", "new2"), (), ("new1", "new2")),
        (("new1", "new2"), ("new2", "new3"), ("new1",), ("new2", "new3")),
        (("new2", "new3"), (), ("new2", "new3"), ()),
        (("a", "b"), ("c",), ("x",), ("a", "b", "c")),
        (("a", "b"), ("a",), ("a",), ("b", "a")),
    ],
    ids=str,
)
def test_tags_of_a_spider(before: tuple[str, ...], add: tuple[str, ...], remove: tuple[str, ...], after: tuple[str, ...]) -> None:
    spider = Spider("books", 1, tags=before)
    spider.edit_tags(add, remove, NOW)
    assert (spider.tags, spider.modified_time) == (after, NOW)


def test_no_edit_of_tags_moves_no_time() -> None:
    spider = Spider("books", 1, tags=("a",), modified_time=NOW)
    spider.edit_tags((), (), Millis(NOW + 1))
    assert (spider.tags, spider.modified_time) == (("a",), NOW)
