"""What the Python door says of mistakes: each call that somebody may mistype, and the whole text that comes back."""

from __future__ import annotations

from datetime import datetime

import pytest

from fakejobs import FakeJobs, UsageError, serve
from fakejobs.errors import WrongCall
from tests.unit.told.table import Told, table


def a_fake() -> FakeJobs:
    """Return a fake with a running, a finished and a pending job in project 123."""
    fake = FakeJobs()
    fake.add_job("books", project=123, state="running")
    fake.add_job("books", project=123, state="finished")
    fake.add_job("books", project=123, spider_args={"page": 2})
    return fake


@pytest.mark.parametrize("told", table("python_door.txt"), ids=str)
def test_a_mistake_is_told_and_changes_nothing(told: Told) -> None:
    fake = a_fake()
    before = fake.dump()
    with pytest.raises(Exception, match=r".") as caught:
        eval(f"fake.{told.mistake}", {"fake": fake, "datetime": datetime})
    assert (type(caught.value).__name__, str(caught.value)) == (told.kind, told.text)
    assert fake.dump() == before


@pytest.mark.parametrize("told", table("making.txt"), ids=str)
def test_a_fake_that_is_not_made(told: Told) -> None:
    with pytest.raises(Exception, match=r".") as caught:
        eval(told.mistake, {"FakeJobs": FakeJobs, "serve": serve, "datetime": datetime})
    assert (type(caught.value).__name__, str(caught.value)) == (told.kind, told.text)


def test_a_wrong_call_is_a_usage_error_and_pythons_own() -> None:
    with pytest.raises(TypeError, match="did you mean 'spider_args'"):
        FakeJobs().add_job("books", project=1, spyder_args={})  # type: ignore[call-arg]
    assert issubclass(WrongCall, UsageError)


def test_a_type_error_inside_a_verb_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise TypeError("of something else")

    monkeypatch.setattr("fakejobs.arguments.tags_of", broken)
    with pytest.raises(TypeError, match=r"^of something else$") as caught:
        FakeJobs().add_job("books", project=1)
    assert type(caught.value) is TypeError


def test_views_are_not_assigned_to() -> None:
    job = a_fake().get_job("123/1/1")
    for name, verb in (("state", "start_job(job), finish_job(job)"), ("tags", "update_tags(job, add="), ("spider", "update_metadata(")):
        with pytest.raises(AttributeError, match=f"^{name} of 123/1/1 is a view, and not assigned to: fakejobs") as caught:
            setattr(job, name, "x")
        assert verb in str(caught.value)


def test_levels_have_pythons_other_names() -> None:
    fake = a_fake()
    fake.add_logs("123/1/1", ["FATAL oops", "WARN hm", ("fatal", "oops"), "errors: none", "info"])
    assert [record["level"] for record in fake.logs("123/1/1")] == [50, 30, 50, 20, 20]


def test_a_unittest_without_close() -> None:
    with serve(environ=True) as fake:
        with pytest.raises(UsageError) as caught:
            serve(environ=True)
        text = str(caught.value)
        assert f"points at the fake at {fake.url}, made at " in text
        assert "test_python_door.py:" in text
        assert "close that one first, as self.addCleanup(fake.close) does in a unittest, or make this one with environ=False" in text
