"""The verbs: what each does, what it refuses, and that a refusal changes nothing."""

from __future__ import annotations

import copy
import inspect
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fakejobs import (
    AlreadyScheduled,
    DomainError,
    FakeJobs,
    FakeJobsError,
    IllegalTransition,
    InvalidValue,
    Job,
    JobKey,
    JobState,
    ManualClock,
    NotFound,
    UsageError,
)
from fakejobs.cloud import Cloud
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import BIRTH_STAMPS
from fakejobs.errors import JobNotFound
from fakejobs.fake import READING_VERBS, behind
from fakejobs.seeds import VERBS

START = Millis(1_446_000_000_000)
NOW = datetime(2015, 10, 28, 2, 40, tzinfo=timezone.utc)
NAN = float("nan")


@pytest.fixture
def fake() -> FakeJobs:
    return FakeJobs(clock=ManualClock(START))


# ---------------------------------------------------------------- add_job


def test_defaults_of_add_job(fake: FakeJobs) -> None:
    record = fake.add_job("books", project=123).snapshot()
    assert record.key == "123/1/1"
    assert (record.spider, record.state, record.tags, record.priority, record.units) == ("books", JobState.PENDING, (), 2, 1)
    assert record.spider_args == record.job_settings == record.environment == record.meta == {}
    assert record.pending_time == START
    given = {
        "key",
        "spider",
        "state",
        "sequence",
        "tags",
        "priority",
        "units",
        "spider_args",
        "job_settings",
        "environment",
        "meta",
        "pending_time",
    }
    for name in set(record.__dataclass_fields__) - given - {"spider_type"}:
        assert getattr(record, name) in (None, False), name


@pytest.mark.parametrize("state", JobState)
def test_only_the_states_own_time_is_stamped_unless_the_job_has_run(fake: FakeJobs, state: JobState) -> None:
    record = fake.add_job("a", project=1, state=state.value, never_ran=state in ("finished", "deleted")).snapshot()
    times = {name: getattr(record, name) for name in record.__dataclass_fields__ if name.endswith("_time")}
    assert {name: value for name, value in times.items() if value is not None} == {BIRTH_STAMPS[state]: START}


def test_times_given_are_kept(fake: FakeJobs) -> None:
    zone = timezone(timedelta(hours=2))
    job = fake.add_job(
        "a",
        project=1,
        state="finished",
        pending_time=NOW - timedelta(hours=3),
        running_time=(NOW - timedelta(hours=2)).astimezone(zone),
        finished_time=START - 3_600_000,
        updated_time=NOW.isoformat(),  # type: ignore[arg-type]  # as JSON seeds write it
        touched_time=START,
    )
    assert job.pending_time == NOW - timedelta(hours=3)
    assert job.running_time == NOW - timedelta(hours=2)
    assert job.finished_time == NOW - timedelta(hours=1)
    assert job.updated_time == job.touched_time == NOW
    for moment in (job.pending_time, job.running_time, job.finished_time):
        assert moment is not None
        assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize("name", [f"{word}_time" for word in ("pending", "running", "finished", "deleted", "updated", "touched")])
def test_times_that_are_none(fake: FakeJobs, name: str) -> None:
    for moment, complaint in [
        (datetime(2015, 10, 28), "has no time zone"),  # noqa: DTZ001  # that is the point
        (1_446_000_000, "looks like seconds"),
        (1_446_000_000.5, "looks like seconds"),
        ("2015-10-28", "has no time zone"),
        ("today", "is no time"),
        (NAN, "whole number of milliseconds"),
        (True, "is no time"),
    ]:
        with pytest.raises(UsageError, match=rf"^{name}=.*{complaint}"):
            fake.add_job("a", project=1, **{name: moment})  # type: ignore[arg-type]
    assert fake.dump() == []


def test_a_key_of_its_own_moves_spider_and_counter(fake: FakeJobs) -> None:
    job = fake.add_job("books", key="123/45/14544", state="finished")
    assert (job.key, job.project) == ("123/45/14544", 123)
    assert fake.add_job("books", project=123).key == "123/45/14545"
    assert fake.add_job("books", key="123/45/7").key == "123/45/7"
    assert fake.add_job("books", project=123).key == "123/45/14546"
    assert fake.add_job("next", project=123).key == "123/46/1"
    assert fake.add_job("x", key=JobKey("5/2/1"), project=5).key == "5/2/1"
    behind(fake).cloud.world.store.check()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"spider": "books", "key": "1/2/3"}, "there is a job 1/2/3 already"),
        ({"spider": "other", "key": "1/2/4"}, "spider id 2 of project 1 belongs to 'books', not 'other'"),
        ({"spider": "books", "key": "1/3/1"}, "spider 'books' of project 1 has id 2, not 3"),
        ({"spider": "books", "key": "1/2/4", "project": 2}, "key 1/2/4 does not lie in project 2"),
        ({"spider": "books", "key": "1/2"}, "'1/2' names no job"),
        ({"spider": "books", "key": 5}, "5 names no job"),
        ({"spider": "books"}, "which project"),
        ({"project": 1}, "which spider[?] give spider="),
        ({"spider": "", "project": 1}, "spider is empty"),
        ({"spider": "new", "key": f"7/1/{10**18 - 1}"}, "job number 999999999999999999 of spider 'new' is too large"),
    ],
)
def test_what_add_job_refuses(fake: FakeJobs, arguments: dict[str, Any], complaint: str) -> None:
    fake.add_job("books", key="1/2/3")
    before = fake.dump()
    with pytest.raises(UsageError, match=complaint):
        fake.add_job(**arguments)
    assert fake.dump() == before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"state": "done"}, "state 'done' is not one of pending, running, finished, deleted"),
        ({"priority": 5}, "priority 5 is not one of 0, 1, 2, 3, 4"),
        ({"units": 0}, "units 0 is not one of 1, 2, 3, 4, 5, 6"),
    ],
)
def test_values_out_of_range(fake: FakeJobs, arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidValue, match=complaint):
        fake.add_job("a", project=1, **arguments)
    assert fake.dump() == []


def test_a_second_identical_job_is_seeded_and_unique_refuses_it(fake: FakeJobs) -> None:
    fake.add_job("a", project=1, spider_args={"page": 1})
    assert fake.add_job("a", project=1, spider_args={"page": "1"}).key == "1/1/2"
    with pytest.raises(AlreadyScheduled, match=r"^a already scheduled as 1/1/1$"):
        fake.add_job("a", project=1, spider_args={"page": 1}, tags=["x"], unique=True)
    assert fake.add_job("a", project=1, spider_args={"page": 2}, unique=True).key == "1/1/4"
    behind(fake).cloud.world.store.check()


def test_the_last_number_and_the_last_id(fake: FakeJobs) -> None:
    largest = 10**18 - 1
    fake.add_spider("a", project=1, next_job=largest - 1)
    job = fake.add_job("a", project=1)
    assert fake.get_job(str(job.key)) == job
    with pytest.raises(UsageError, match="job number 999999999999999999 of spider 'a' is too large"):
        fake.add_job("a", project=1)
    fake.add_spider("z", project=1, spider_id=largest)
    with pytest.raises(UsageError, match="project 1 has no spider id left for 'b'"):
        fake.add_job("b", project=1)
    twin = FakeJobs(clock=ManualClock(START))
    twin.load(fake.dump())
    assert twin.dump() == fake.dump()


def test_what_is_given_is_copied_and_what_is_handed_out_too(fake: FakeJobs) -> None:
    meta: dict[str, Any] = {"a": [1]}
    tags = ["x"]
    job = fake.add_job("a", project=1, meta=meta, tags=tags)
    meta["a"].append(2)
    tags.append("y")
    job.meta["a"].append(3)
    job.tags.append("z")
    job.snapshot().meta["a"].append(4)  # type: ignore[attr-defined,unused-ignore]
    assert (job.meta, job.tags) == ({"a": [1]}, ["x"])


# ---------------------------------------------------------------- the live view


def test_a_job_is_live_and_a_snapshot_is_not(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=123)
    record = job.snapshot()
    fake.start_job(job)
    assert (job.state, record.state) == ("running", "pending")
    assert job == fake.get_job("123/1/1")
    assert job != FakeJobs().add_job("books", project=123)
    assert job != "123/1/1"
    assert len({job, fake.get_job(job.key)}) == 1
    assert repr(job) == "<Job 123/1/1 books running>"
    with pytest.raises(AttributeError):
        job.state = "finished"  # type: ignore[misc,assignment]
    with pytest.raises(AttributeError):
        job.colour = "red"  # type: ignore[attr-defined]
    fake.reset()
    assert repr(job) == "<Job 123/1/1 (forgotten)>"
    with pytest.raises(JobNotFound, match="there is no job 123/1/1"):
        _ = job.state
    assert job.key.job_id == 1
    assert isinstance(Job.state.__doc__, str)


def test_every_field_of_a_record_can_be_read_from_a_job(fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1)
    for name in job.snapshot().__dataclass_fields__:
        if name not in ("sequence", "unique"):
            getattr(job, name)


# ---------------------------------------------------------------- steps


@pytest.mark.parametrize(
    "spell",
    [lambda job: job, lambda job: job.key, lambda job: str(job.key), lambda job: job.snapshot()],
    ids=["job", "key", "text", "record"],
)
def test_verbs_take_a_job_a_key_or_its_text(fake: FakeJobs, spell: Callable[[Job], Any]) -> None:
    job = fake.add_job("a", project=1)
    assert fake.start_job(spell(job)) == job
    assert fake.update_tags(spell(job), add=["x"]) == job
    assert fake.cancel_job(spell(job)) == job
    assert fake.finish_job(spell(job)) == job
    assert fake.delete_job(spell(job)) == job
    assert fake.get_job(spell(job)) == job
    assert (job.state, job.close_reason, job.tags) == ("deleted", "cancelled", ["x"])


def test_close_reason_of_finish(fake: FakeJobs) -> None:
    plain, asked, told = (fake.add_job("a", project=1, state="running") for _ in range(3))
    fake.cancel_job(asked)
    assert asked.cancel_requested
    for job in (plain, asked):
        fake.finish_job(job)
    fake.finish_job(told, close_reason="memusage_exceeded", items=3, pages=4, errors=0, logs=9)
    assert [job.close_reason for job in (plain, asked, told)] == ["finished", "cancelled", "memusage_exceeded"]
    assert (told.items, told.pages, told.errors, told.logs) == (3, 4, 0, 9)
    assert told.completed_by == "jobrunner"


def test_illegal_steps_name_the_legal_ones_and_change_nothing(fake: FakeJobs) -> None:
    job = fake.add_job("a", project=1, state="running")
    before = fake.dump()
    with pytest.raises(IllegalTransition, match=r"cannot delete a running job 1/1/1 \(legal here: finish, cancel\)"):
        fake.delete_job(job)
    with pytest.raises(DomainError, match="cannot start a running job"):
        fake.start_job(job)
    assert fake.dump() == before


@pytest.mark.parametrize("verb", ["start_job", "finish_job", "cancel_job", "delete_job", "update_tags", "get_job"])
def test_jobs_that_are_not_there(fake: FakeJobs, verb: str) -> None:
    with pytest.raises(NotFound, match="there is no job 1/1/1"):
        getattr(fake, verb)("1/1/1")
    odd: Any
    for odd in (None, 5, "1/1", [], {}, b"1/1/1", NAN):
        with pytest.raises(UsageError, match="names no job"):
            getattr(fake, verb)(odd)


# ---------------------------------------------------------------- reading


def test_lists_are_newest_first_and_leave_out_deleted_jobs(fake: FakeJobs) -> None:
    old = fake.add_job("a", project=1, state="finished", finished_time=NOW - timedelta(days=1), tags=["x"])
    pending = fake.add_job("b", project=2)
    running = fake.add_job("a", project=1, state="running", tags=["x", "y"])
    gone = fake.add_job("a", project=1, state="deleted")
    assert fake.list_jobs() == [running, pending, old]
    assert isinstance(fake.list_jobs(), list)
    assert fake.list_jobs(project=1) == [running, old]
    assert fake.list_jobs(state="deleted") == [gone]
    assert fake.list_jobs(state=[JobState.RUNNING, "deleted"]) == [gone, running]
    assert fake.list_jobs(spider="a", has_tag="y") == [running]
    assert fake.list_jobs(has_tag=["x", "nothing"]) == [running, old]
    assert fake.list_jobs(lacks_tag=["y"]) == [pending, old]
    assert fake.list_jobs(project="1", spider="nobody") == []  # type: ignore[arg-type]
    filters: dict[str, Any]
    for filters in ({}, {"project": 1}, {"state": "deleted"}, {"has_tag": ["x", "y"]}, {"lacks_tag": "x", "spider": "a"}):
        assert fake.count_jobs(**filters) == len(fake.list_jobs(**filters))


# ---------------------------------------------------------------- what exists, reset, clock


def test_spiders_projects_and_keys(fake: FakeJobs) -> None:
    assert fake.add_spider("books", project=1) == 1
    assert fake.add_spider("books", project=1) == 1
    assert fake.add_spider("quotes", project=1, spider_id=9, next_job=5) == 9
    assert fake.add_job("quotes", project=1).key == "1/9/5"
    assert fake.add_job("undeclared", project=1).key == "1/10/1", "closing a project refuses run.json only"
    with pytest.raises(UsageError, match="next_job=5: spider 'quotes' has given out job numbers up to 5"):
        fake.add_spider("quotes", project=1, next_job=5)
    with pytest.raises(UsageError, match="has id 9, not 1"):
        fake.add_spider("quotes", project=1, spider_id=1)
    fake.add_spider("quotes", project=1, next_job=100)
    assert fake.add_job("quotes", project=1).key == "1/9/100"
    fake.add_project(7)
    fake.add_project(7)
    assert behind(fake).cloud.projects.numbers() == [1, 7]


@pytest.mark.parametrize("projects", [5, "12", {1: 2}, [None], ["x"], [1.5], b"1", NAN, [[1]]], ids=repr)
def test_projects_of_a_key(fake: FakeJobs, projects: Any) -> None:
    with pytest.raises(UsageError, match=r"^projects="):
        fake.add_key("k", projects=projects)
    assert fake.dump() == []
    fake.add_key("k", projects=iter([1, "2"]))  # type: ignore[arg-type]
    assert fake.dump() == [{"add_key": {"key": "k", "user": "fakeuser", "projects": [1, 2]}}]


def test_reset_gives_an_empty_open_fake(fake: FakeJobs) -> None:
    fake.add_key("k")
    fake.add_spider("books", project=1)
    job = fake.add_job("books", project=1)
    fake.clock.advance(minutes=5)
    fake.reset()
    assert [fake.dump(), fake.list_jobs(), behind(fake).cloud.projects.numbers(), fake.calls] == [[], [], [], []]
    assert fake.add_job("books", project=1).key == job.key
    assert fake.clock.now == NOW + timedelta(minutes=5)
    assert behind(fake).cloud.keys.account("any other") is not None
    assert fake.key == FakeJobs().key


def test_the_clock(fake: FakeJobs) -> None:
    assert fake.clock.now == NOW
    assert fake.clock.advance(minutes=5) == fake.clock.now == NOW + timedelta(minutes=5)
    assert fake.clock.advance(timedelta(days=1)) == NOW + timedelta(days=1, minutes=5)
    assert fake.advance(milliseconds=1) == fake.clock.now
    assert repr(fake.clock) == "<clock at 2015-10-29T02:45:00.001000+00:00>"
    for by, units in [
        ((timedelta(-1),), {}),
        ((), {"minutes": -5}),
        ((5,), {}),
        ((), {"years": 1}),
        ((), {"minutes": "5"}),
        ((), {"by": 5}),
    ]:
        before = fake.clock.now
        with pytest.raises(UsageError):
            fake.clock.advance(*by, **units)  # type: ignore[arg-type]
        assert fake.clock.now == before
    with pytest.raises(UsageError, match="machine's own"):
        FakeJobs(clock="real").clock.advance(1 * timedelta(1))


# ---------------------------------------------------------------- every verb, every argument, anything

ODD: list[Any] = [
    None,
    True,
    -1,
    5,
    10**30,
    1.5,
    NAN,
    float("inf"),
    "",
    "x",
    "a\0",
    "\ud800",
    b"x",
    [],
    [1],
    [None],
    [[]],
    [{}],
    ["x", "\0"],
    (),
    {},
    {"a": 1},
    {1: 2},
    {"a": {1}},
    {"a": NAN},
    {"a": "\ud800"},
    set(),
    object(),
    ...,
    len,
    datetime(2015, 10, 28),  # noqa: DTZ001  # naive on purpose
    timedelta(1),
    JobState.RUNNING,
    JobKey("1/1/1"),
]

LEGAL: dict[str, dict[str, Any]] = {
    "add_project": {"project": 1},
    "add_spider": {"name": "a", "project": 1},
    "add_key": {"key": "k"},
    "add_job": {"spider": "a", "project": 1},
    "start_job": {"job": "1/1/1"},
    "finish_job": {"job": "1/1/1"},
    "cancel_job": {"job": "1/1/1"},
    "delete_job": {"job": "1/1/2"},
    "update_tags": {"job": "1/1/1"},
    "get_job": {"key": "1/1/1"},
    "list_jobs": {},
    "count_jobs": {},
    "advance": {},
    "scheduled": {},
    "assert_scheduled": {},
    "assert_not_scheduled": {},
    "assert_stopped": {"job": "1/1/1"},
    "assert_deleted": {"job": "1/1/1"},
    "assert_tagged": {"job": "1/1/1"},
    "assert_called": {"endpoint": "run"},
}


def parameters_of(verb: str) -> list[str]:
    return [
        name
        for name, about in inspect.signature(getattr(FakeJobs, verb)).parameters.items()
        if name != "self" and about.kind is not about.VAR_KEYWORD
    ]


CASES = [(verb, name) for verb in LEGAL for name in [*parameters_of(verb), *(["minutes"] if verb == "advance" else [])]]


@pytest.mark.parametrize(("verb", "name"), CASES, ids=[f"{verb}-{name}" for verb, name in CASES])
def test_a_wrong_kind_of_argument_is_a_mistake_with_words(fake: FakeJobs, verb: str, name: str) -> None:
    """Nothing but our own errors (and failed assertions) comes out of a verb, and then nothing has changed."""
    fake.add_job("a", project=1)
    fake.add_job("a", project=1, state="finished")
    for odd in ODD:
        world, now, before = behind(fake).cloud.world.copy(), fake.clock.now, fake.dump()
        refused = False
        try:
            getattr(fake, verb)(**{**LEGAL[verb], name: copy.copy(odd)})
        except AlreadyScheduled:
            assert name == "unique"  # which burns a job number
        except FakeJobsError:
            refused = True
        except AssertionError:
            assert verb.startswith("assert_")
        if refused:
            assert fake.dump() == before
            assert fake.clock.now == now
        behind(fake).cloud.world.store.check()
        fake.dump()
        behind(fake).cloud.realm.world = world


def test_every_verb_of_the_door_is_in_that_table() -> None:
    assert {"reset"} <= {*VERBS, *READING_VERBS} - set(LEGAL)
    assert set(LEGAL) <= {*VERBS, *READING_VERBS}


# ---------------------------------------------------------------- threads


def test_verbs_of_many_threads(fake: FakeJobs) -> None:
    """Every verb holds the lock: no job is lost and no number given twice."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(30):
                job = fake.add_job(f"s{number % 3}", project=number % 2, tags=["x"])
                fake.start_job(job)
                fake.update_tags(job, add=[f"t{turn % 4}"], remove=["x"])
                fake.list_jobs(has_tag=["t1", "t2"])
                fake.finish_job(job)
                fake.count_jobs(state="finished")
        except BaseException as error:  # noqa: BLE001  # reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    behind(fake).cloud.world.store.check()
    assert fake.count_jobs(state="finished") == 240
    assert len({job.key for job in fake.list_jobs()}) == 240


def test_a_cloud_stands_without_journal_and_wires() -> None:
    cloud = Cloud(ManualClock(START), key="exported")
    assert cloud.jobs.add(1, "a").state == "pending"
    assert (cloud.keys.exported, cloud.keys.masked("exported")) == ("exported", "****")


@pytest.mark.parametrize("odd", ["", None, 5, "\0"])
def test_a_key_is_a_text(odd: Any) -> None:
    with pytest.raises(UsageError):
        FakeJobs(key=odd)
