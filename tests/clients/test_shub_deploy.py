"""shub uploads and fetches as a real process: deploy, deploy-egg, fetch-eggs, copy-eggs, migrate-eggs; image deploys as it sends them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import requests
from scrapinghub import Connection

from fakejobs import FakeJobs
from fakejobs.domain.deploys import MAIN_EGG
from fakejobs.fake import behind
from tests.clients.test_shub import shub

SETUP = "from setuptools import setup\nsetup(name='{name}', version='1.2', packages=['{name}'])\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with a project of one package, as `shub deploy` takes it; nothing in it needs Scrapy."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "setup.py").write_text(SETUP.format(name="shop"))
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = shop.settings\n")
    (tmp_path / "requirements.txt").write_text("six==1.16\n")
    (tmp_path / "scrapinghub.yml").write_text("project: 123\nrequirements:\n  file: requirements.txt\nstack: scrapy:2.11\n")
    return tmp_path


def test_deploy(fake: FakeJobs, project: Path) -> None:
    fake.expect_deploy(project=123, spiders=["books", "films"])
    done = shub(fake, project, "deploy", "--version", "r7")
    assert done.returncode == 0, done.stderr
    assert '{"status": "ok", "project": 123, "version": "r7", "spiders": 2}' in done.stdout
    [deploy] = fake.deploys(project=123)
    assert (deploy.version, deploy.stack, deploy.spiders, deploy.error) == ("r7", "scrapy:2.11", ("books", "films"), None)
    assert deploy.requirements == b"six==1.16\n"
    [egg] = [file for file in deploy.files if file.field == "egg"]
    assert egg.filename.startswith("shop-1.2")
    assert [(egg.name, egg.version) for egg in fake.eggs(project=123)] == [(MAIN_EGG, "r7")]
    fake.assert_called("scrapyd/addversion", params={"project": "123", "version": "r7"}, count=1)

    done = shub(fake, project, "schedule", "123/books")
    assert done.returncode == 0, done.stderr
    assert (fake.get_job("123/1/1").version, fake.get_job("123/1/1").meta) == ("r7", {"deploy_id": 1})
    done = shub(fake, project, "schedule", "123/shoes")
    assert "project 123 has no spider 'shoes' (declared: books, films)" in done.stderr


def test_a_deploy_that_fails(fake: FakeJobs, project: Path) -> None:
    (project / "shop.egg").write_bytes(b"PK")
    fake.expect_deploy(project=123, spiders=["books"], error="no module named shop.settings")
    done = shub(fake, project, "deploy", "--version", "r7", "--egg", "shop.egg")
    assert done.returncode != 0
    assert "Deploy failed" in done.stderr
    assert "no module named shop.settings" in done.stdout
    [deploy] = fake.deploys(project=123)
    assert (deploy.error, deploy.spiders, behind(fake).cloud.projects.spiders(123), fake.eggs(project=123)) == (
        "no module named shop.settings",
        (),
        [],
        [],
    )


def test_a_deploy_into_a_closed_project(fake: FakeJobs, project: Path) -> None:
    (project / "shop.egg").write_bytes(b"PK")
    fake.add_key(fake.key, user="ann", projects=[1])
    done = shub(fake, project, "deploy", "--version", "r7", "--egg", "shop.egg")
    assert done.returncode != 0
    assert "User 'ann' doesn't have access to project 123" in done.stderr
    assert fake.deploys(project=123) == []


def test_eggs_go_up_and_come_down(fake: FakeJobs, project: Path) -> None:
    done = shub(fake, project, "deploy-egg", "123")
    assert done.returncode == 0, done.stderr
    fake.add_egg(MAIN_EGG, project=123, version="r7", content=b"main")
    [main, shop] = fake.eggs(project=123)
    assert (shop.name, shop.version, shop.content[:2]) == ("shop", "1.2", b"PK")

    done = shub(fake, project, "fetch-eggs", "123")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(project / "eggs-123.zip") as bundle:
        assert {name: bundle.read(name) for name in bundle.namelist()} == {"__main__.egg": b"main", "shop.egg": shop.content}

    done = shub(fake, project, "copy-eggs", "--source_project", "123", "--new_project", "456", "--copy-main")
    assert done.returncode == 0, done.stderr
    assert [(egg.name, egg.version, egg.content) for egg in fake.eggs(project=456)] == [
        (egg.name, egg.version, egg.content) for egg in (main, shop)
    ]


def test_migrate_eggs(fake: FakeJobs, tmp_path: Path) -> None:
    (tmp_path / "scrapinghub.yml").write_text("project: 123\n")
    fake.add_deploy(project=123, version="r7", files=[{"field": "requirements", "filename": "r.txt", "content": b"six==1.16\n"}])
    done = shub(fake, tmp_path, "migrate-eggs", "123")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "requirements.txt").read_text() == "six==1.16\n"
    with zipfile.ZipFile(tmp_path / "x.zip", "w"):
        pass
    fake.add_egg("shop", project=123, version="1", content=(tmp_path / "x.zip").read_bytes())
    answer = requests.get(f"{fake.api_url}migrate-eggs.zip", {"project": 123}, auth=(fake.key, ""))
    (tmp_path / "m.zip").write_bytes(answer.content)
    with zipfile.ZipFile(tmp_path / "m.zip") as bundle:
        assert bundle.namelist() == ["requirements.txt", "shop.egg"]


def test_login_asks_whether_a_key_is_good(fake: FakeJobs) -> None:
    fake.add_key("good", user="ann")
    answers = {key: requests.get(f"{fake.api_url}v2/users/me", {"apikey": key}) for key in ("good", fake.key, "bad", "")}
    assert {key: answer.status_code for key, answer in answers.items()} == {"good": 200, fake.key: 200, "bad": 403, "": 403}
    assert answers["good"].json() == {"username": "ann"}


def test_an_image_is_released(fake: FakeJobs) -> None:
    """The requests of `shub image deploy`, which itself needs Docker."""
    auth = (fake.key, "")
    settings = requests.get(f"{fake.api_url}settings/get.json", {"project": 123}, auth=auth, allow_redirects=False)
    assert settings.json() == {"project_settings": {}, "organization_settings": {}, "enabled_addons": []}
    form = {
        "project": "123",
        "version": "r7",
        "image_url": "images.example/shop:r7",
        "project_type": "scrapy",
        "spiders": "books,films",
        "scripts": "tidy.py",
        "pull_auth_config": json.dumps({"username": "secret", "password": " ", "email": None}),
    }
    released = requests.post(f"{fake.api_url}releases/deploy.json", form, auth=auth, allow_redirects=False)
    assert released.status_code == 302
    status = requests.get(released.headers["location"])
    assert status.json() == {"status": "ok", "project": 123, "version": "r7", "spiders": 2}
    [deploy] = fake.deploys(project=123)
    assert (deploy.image_url, deploy.project_type, deploy.spiders, deploy.scripts) == (
        "images.example/shop:r7",
        "scrapy",
        ("books", "films"),
        ("tidy.py",),
    )
    assert [spider.name for spider in behind(fake).cloud.projects.spiders(123)] == ["books", "films", "py:tidy.py"]
    assert "secret" not in str([(call, call.params) for call in fake.calls])

    fake.expect_deploy(project=123, error="cannot pull the image")
    released = requests.post(f"{fake.api_url}releases/deploy.json", {**form, "spiders": "shoes"}, auth=auth, allow_redirects=False)
    assert requests.get(released.headers["location"]).json() == {"status": "error", "message": "cannot pull the image"}
    assert len(behind(fake).cloud.projects.spiders(123)) == 3


def test_the_legacy_connection_reads_and_reports(fake: FakeJobs, legacy: Connection) -> None:
    fake.add_job("books", project=123, state="running")
    url, auth = f"{fake.url}/items/123/1/1", (fake.key, "")
    requests.post(url, '{"n": 1}\n{"n": 2}\n{"n": 3}\n', auth=auth)
    requests.post(url.replace("items", "logs"), '{"time": 1446000000000, "level": 20, "message": "started"}\n', auth=auth)
    job = legacy[123].job("123/1/1")
    assert list(job.items()) == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert list(job.items(offset=1, count=1, meta=["_key"])) == [{"n": 2, "_key": "123/1/1/1"}]
    assert list(job.log()) == [{"logLevel": 20, "message": "started", "time": "2015-10-28T02:40:00"}]
    job.add_report("stats", "all good", content_type="text/x-report")
    [report] = fake.reports("123/1/1")
    assert (report.key, report.content, report.content_type) == ("stats", b"all good", "text/x-report")
