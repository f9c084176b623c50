"""What seeds say of mistakes: in files and steps, in the notation of who wrote them, and all of them at once from `fakejobs check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakejobs import FakeJobs, SeedError, cli
from tests.unit.told.table import Told, table


@pytest.mark.parametrize("told", table("seeds.txt"), ids=str)
def test_a_mistake_is_told_and_changes_nothing(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name, _, content = told.mistake.partition(":")
    Path(name).write_text(content.strip().replace("\\n", "\n"), encoding="utf-8")
    fake = FakeJobs()
    with pytest.raises(SeedError) as caught:
        fake.load(name)
    assert (type(caught.value).__name__, str(caught.value)) == (told.kind, told.text)
    assert fake.dump() == []


@pytest.mark.parametrize("text", ['[\n  {"add_project": {"project": 1}},\n]', '[{"add_project": {"project": 1,}}]'])
def test_a_comma_before_a_bracket(tmp_path: Path, text: str) -> None:
    (tmp_path / "seed.json").write_text(text)
    with pytest.raises(SeedError, match=r"line [123], column [0-9]+, in .*: JSON has no comma before a closing bracket$"):
        FakeJobs().load(tmp_path / "seed.json")


@pytest.mark.parametrize("text", ['[[step]]\nverb = "add_key"\nkey = "secret of a user" x', "[[step]]\nverb = add_job"])
def test_broken_toml_shows_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "seed.toml").write_text(text)
    with pytest.raises(SeedError, match=r", line [23], column [0-9]+, in (verb = add_job|key = \*{18} x)$"):
        FakeJobs().load(tmp_path / "seed.toml")


def test_a_part_of_a_long_line_is_shown_and_no_key(tmp_path: Path) -> None:
    steps = [{"add_key": {"key": "k" * 32}}, {"add_key": {"key": "f" * 32}}] * 20
    (tmp_path / "seed.json").write_text(json.dumps(steps)[:-10] + " 0123456789abcdef0123456789abcdef")
    with pytest.raises(SeedError) as caught:
        FakeJobs().load(tmp_path / "seed.json")
    said = str(caught.value)
    assert len(said) < 250 + len(str(tmp_path))
    assert not any(key in said for key in ("kkkk", "ffff", "0123456789"))


def test_json_of_another_suffix_is_read(tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text('[{"add_project": {"project": 1}}]')
    fake = FakeJobs(seed=tmp_path / "seed.yaml")
    assert fake.dump() == [{"add_project": {"project": 1}}]


def test_a_time_of_toml_is_a_time(tmp_path: Path) -> None:
    (tmp_path / "seed.toml").write_text('[[step]]\nverb = "add_job"\nspider = "a"\nproject = 1\npending_time = 2024-01-02T03:04:05+01:00\n')
    moment = FakeJobs(seed=tmp_path / "seed.toml").get_job("1/1/1").pending_time
    assert moment is not None
    assert moment.isoformat() == "2024-01-02T02:04:05+00:00"


def test_check_tells_every_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    steps = [
        {"add_job": {"spyder": "books", "project": 1}},
        {"start_job": {"job": "1/1/1"}},
        {"add_job": {"spider": "films", "project": 2}},
        {"start_job": {"job": "2/1/1"}},
        {"add_jobs": {}},
        {"add_job": {"spider": "films", "project": 2, "never_ran": None}},
    ]
    Path("shop.json").write_text(json.dumps(steps))
    assert cli.main(["check", "shop.json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "fakejobs check: shop.json[0].add_job: there is no argument 'spyder' (did you mean 'spider'?)",
        "fakejobs check: shop.json[1].start_job: there is no job 1/1/1 (there are no jobs at all) (it may follow from a mistake above)",
        "fakejobs check: shop.json[4]: there is no verb 'add_jobs' (did you mean 'add_job'?)",
        "fakejobs check: shop.json[5].add_job: never_ran=null is neither true nor false",
    ]
