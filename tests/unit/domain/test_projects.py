"""Projects: which spider has which id, and who is declared."""

from __future__ import annotations

import pytest

from fakejobs import UsageError
from fakejobs.domain.projects import Project
from fakejobs.errors import SpiderNotFound


def test_ids_count_up_by_first_mention() -> None:
    project = Project(1)
    assert [project.mention(name).spider_id for name in ("b", "a", "b", "c")] == [1, 2, 1, 3]
    assert [spider.name for spider in project] == ["b", "a", "c"]


def test_an_id_of_its_own_moves_the_next_one_behind_it() -> None:
    project = Project(1)
    assert project.mention("far", 45).spider_id == 45
    assert project.mention("next").spider_id == 46
    assert project.mention("early", 3).spider_id == 3
    assert project.mention("after").spider_id == 47
    found = project.find_id(3)
    assert found is not None
    assert found.name == "early"


def test_a_name_has_one_id_and_an_id_one_name() -> None:
    project = Project(1)
    project.mention("a", 7)
    with pytest.raises(UsageError, match="spider 'a' of project 1 has id 7, not 8"):
        project.mention("a", 8)
    with pytest.raises(UsageError, match="spider id 7 of project 1 belongs to 'a', not 'b'"):
        project.mention("b", 7)
    assert project.find("b") is None
    assert [spider.name for spider in project] == ["a"]


def test_a_project_is_open_until_a_spider_is_declared() -> None:
    project = Project(1)
    project.mention("used")
    project.require("anything")
    project.mention("books").declared = True
    project.require("books")
    for name in ("anything", "used"):
        with pytest.raises(SpiderNotFound, match=rf"project 1 has no spider '{name}' \(declared: books\)"):
            project.require(name)


def test_a_copy_is_independent() -> None:
    project = Project(1)
    project.mention("a").last_job = 5
    twin = project.copy()
    twin.mention("b")
    spider = twin.find("a")
    assert spider is not None
    spider.last_job = 9
    assert [(s.name, s.last_job) for s in project] == [("a", 5)]
    assert project.mention("c").spider_id == 2
    assert twin.mention("d").spider_id == 3
