"""Misspelled words, wherever they come from, are answered with the one that was meant."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from fakejobs import FakeJobs, UsageError
from fakejobs.binding import bind
from fakejobs.nearest import did_you_mean, hint


@pytest.mark.parametrize(
    ("word", "said"),
    [("ad_job", " (did you mean 'add_job'?)"), ("add_jobs", " (did you mean 'add_job'?)"), ("zzz", ""), ("", ""), (5, "")],
)
def test_the_nearest_word(word: object, said: str) -> None:
    assert did_you_mean(word, ["add_key", "add_job", "reset"]) == said
    assert hint(word, iter(["add_key", "add_job", "reset"])) == (said or " (known: add_key, add_job, reset)")


def verb(job: str, *, tags: list[str] | None = None) -> None:
    """Stand for a verb."""


def free(job: str, **fields: Any) -> None:
    """Stand for a verb that takes any name."""


@pytest.mark.parametrize(
    ("called", "arguments", "said"),
    [
        (verb, {"job": "1/1/1", "tag": []}, "there is no argument 'tag' (did you mean 'tags'?)"),
        (verb, {"job": "1/1/1", "zzz": []}, "there is no argument 'zzz' (known: job, tags)"),
        (verb, {}, "missing a required argument: 'job' (known: job, tags)"),
        (free, {"note": "x"}, "missing a required argument: 'job' (known: job, fields)"),
    ],
)
def test_arguments_that_a_verb_does_not_take(called: Callable[..., None], arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        bind(called, arguments)
    assert str(caught.value) == said


def test_arguments_that_it_takes() -> None:
    assert bind(verb, {"job": "1/1/1"}).args == ("1/1/1",)
    assert bind(free, {"job": "1/1/1", "note": "x"}).kwargs == {"note": "x"}


def test_a_name_that_a_fake_does_not_have() -> None:
    fake = FakeJobs()
    with pytest.raises(AttributeError, match=r"^a fake has no 'assert_shceduled' \(did you mean 'assert_scheduled'\?\)$"):
        fake.assert_shceduled  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^a fake has no 'assert_finished' \(known: assert_called, .*assert_tagged\)$"):
        fake.assert_finished  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^a fake has no 'finsh_job' \(did you mean 'finish_job'\?\)$"):
        fake.finsh_job  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^a fake has no '_hidden'$"):
        fake._hidden  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(fake, "__deepcopy__")
    assert not hasattr(copy.copy(fake), "zzz")


def test_an_attribute_error_inside_a_property_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self: FakeJobs) -> None:
        raise AttributeError("of something else")

    monkeypatch.setattr(FakeJobs, "env", property(failing))
    with pytest.raises(AttributeError, match=r"^of something else$"):
        _ = FakeJobs().env


def test_a_half_made_fake_has_no_names() -> None:
    bare = FakeJobs.__new__(FakeJobs)
    assert not hasattr(bare, "_backstage")
    assert not hasattr(bare, "__setstate__")
    assert type(copy.copy(bare)) is FakeJobs
