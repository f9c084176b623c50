"""The store: order, windows, the index it starts from, copies, and a check() that notices."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from fakejobs import JobKey, JobState
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord
from fakejobs.domain.query import RANK, JobQuery
from fakejobs.domain.store import JobStore

PENDING, RUNNING, FINISHED, DELETED = JobState
TIMES = {PENDING: "pending_time", RUNNING: "running_time", FINISHED: "finished_time", DELETED: "deleted_time"}


def keep(store: JobStore, spider: str, state: JobState, at: int, *tags: str, project: int = 1, **fields: Any) -> JobRecord:
    kept = store.mention(project, spider)
    kept.last_job += 1
    times: dict[str, Any] = {TIMES[state]: Millis(at)}
    key = JobKey.of(project, kept.spider_id, kept.last_job)
    record = JobRecord(key=key, spider=spider, state=state, sequence=store.next_sequence(), tags=tags, **times, **fields)
    store.put(record)
    return record


def asked(store: JobStore, **filters: Any) -> list[str]:
    query = JobQuery(**{"project": 1, **filters})
    found = [str(record.key) for record in store.select(query)]
    if not query.offset and query.count is None:
        assert store.count(query) == len(found)
    return found


@pytest.fixture
def store() -> Iterator[JobStore]:
    store = JobStore()
    yield store
    store.check()


def test_order_is_rank_of_state_then_newest_change(store: JobStore) -> None:
    keep(store, "a", FINISHED, 900)
    keep(store, "a", FINISHED, 100)
    keep(store, "a", RUNNING, 50)
    keep(store, "b", PENDING, 10)
    keep(store, "b", RUNNING, 60)
    keep(store, "b", DELETED, 999)
    assert asked(store) == ["1/2/1", "1/2/2", "1/1/3", "1/1/1", "1/1/2"]
    assert asked(store, states=(DELETED, FINISHED)) == ["1/1/1", "1/1/2", "1/2/3"]
    assert asked(store, project=2) == []


def test_order_inside_one_millisecond_is_by_sequence(store: JobStore) -> None:
    for _ in range(12):
        keep(store, "a", FINISHED, 100)
    assert asked(store) == [f"1/1/{number}" for number in range(12, 0, -1)]


def test_keys_come_in_the_order_asked_within_the_window(store: JobStore) -> None:
    for state in (FINISHED, RUNNING, DELETED, PENDING):
        keep(store, "a", state, 100)
    keys = ("1/1/4", "1/1/1", "nonsense", "1/1/9", "2/1/1", "1/1/3", "1/1/1", "1/1/2")
    assert asked(store, keys=keys) == ["1/1/4", "1/1/1", "1/1/2"]
    assert asked(store, keys=keys, offset=1, count=1) == ["1/1/1"]
    assert asked(store, keys=keys, states=(DELETED,)) == ["1/1/3"]
    assert asked(store, keys=()) == []


def test_thousands_of_keys_are_looked_up_once_each(store: JobStore) -> None:
    compared = 0

    class Text(str):
        """A text that counts how often it is compared."""

        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    for at in range(1000):
        keep(store, "a", FINISHED, at)
    keys = tuple(Text(f"1/1/{number}") for number in range(1000, 0, -1))
    assert asked(store, keys=keys) == list(keys)
    assert compared < 10_000


@pytest.mark.parametrize(
    ("window", "found"),
    [
        ({"count": 0}, []),
        ({"count": 2}, ["1/1/5", "1/1/4"]),
        ({"offset": 3}, ["1/1/2", "1/1/1"]),
        ({"offset": 1, "count": 2}, ["1/1/4", "1/1/3"]),
        ({"offset": 5}, []),
        ({"offset": 10**18 - 1}, []),
        ({"count": 10**18 - 1, "offset": 10**18 - 1}, []),
        ({"count": 10**18 - 1}, ["1/1/5", "1/1/4", "1/1/3", "1/1/2", "1/1/1"]),
    ],
)
def test_windows(store: JobStore, window: dict[str, int], found: list[str]) -> None:
    for at in range(5):
        keep(store, "a", FINISHED, at)
    assert asked(store, **window) == found
    assert store.count(JobQuery(project=1, **window)) == 5  # type: ignore[arg-type]


def test_a_job_with_two_of_the_tags_asked_for_is_found_once(store: JobStore) -> None:
    keep(store, "a", FINISHED, 1, "x")
    keep(store, "a", FINISHED, 1, "x", "y")
    keep(store, "a", FINISHED, 1, "y")
    keep(store, "a", FINISHED, 1, "z")
    keep(store, "b", RUNNING, 1, "y", "x")
    both = ["1/2/1", "1/1/3", "1/1/2", "1/1/1"]
    assert asked(store, has_tags=("x", "y")) == both
    assert asked(store, has_tags=("y", "x", "y", "nothing")) == both
    assert asked(store, has_tags=("x", "y"), spider="a") == both[1:]
    assert asked(store, has_tags=("x", "x")) == ["1/2/1", "1/1/2", "1/1/1"]
    assert asked(store, has_tags=("nothing",)) == []
    assert asked(store, has_tags=("x", "y"), lacks_tags=("x",)) == ["1/1/3"]
    assert asked(store, lacks_tags=("x", "y")) == ["1/1/4"]


class Counted(dict[JobKey, JobRecord]):
    """The records of a store, counting how often one is looked at."""

    reads = 0

    def __getitem__(self, key: JobKey) -> JobRecord:
        self.reads += 1
        return super().__getitem__(key)


@pytest.mark.parametrize(
    ("filters", "visits"),
    [
        ({"count": 3}, 3),
        ({"count": 3, "states": (FINISHED,)}, 3),
        ({"states": (RUNNING,)}, 1),
        ({"spider": "rare"}, 2),
        ({"spider": "rare", "has_tags": ("common",)}, 2),
        ({"spider": "many", "has_tags": ("rare",)}, 2),
        ({"has_tags": ("rare", "rarer")}, 3),
        ({"spider": "nobody"}, 0),
        ({"has_tags": ("nothing",)}, 0),
        ({"project": 9}, 0),
        ({"lacks_tags": ("rare",), "count": 5}, 5),
    ],
    ids=str,
)
def test_a_query_visits_no_more_than_its_smallest_index_and_its_window(store: JobStore, filters: dict[str, Any], visits: int) -> None:
    keep(store, "many", RUNNING, 1, "common")
    keep(store, "rare", FINISHED, 2, "common")
    keep(store, "rare", FINISHED, 3)
    keep(store, "many", FINISHED, 4, "rare", "common")
    keep(store, "many", FINISHED, 5, "rare", "rarer")
    keep(store, "other", FINISHED, 6, "rarer")
    for at in range(100, 300):
        keep(store, "many", FINISHED, at, "common")
    counted = Counted(store._records)
    store._records = counted
    list(store.select(JobQuery(**{"project": 1, **filters})))
    assert counted.reads == visits
    counted.reads = 0
    store.count(JobQuery(**{"project": 1, **{name: value for name, value in filters.items() if name != "count"}}))
    if len(filters) <= 1 and "lacks_tags" not in filters and len(filters.get("has_tags", ())) < 2:
        assert counted.reads == 0, "a plain count asks the sizes of the indexes"


def test_a_change_of_state_moves_a_job_and_a_change_of_tags_does_not(store: JobStore) -> None:
    first, second = keep(store, "a", RUNNING, 1, "x"), keep(store, "a", RUNNING, 2)
    store.put(replace(first, tags=("y",), touched_time=Millis(50)))
    assert asked(store) == [second.key, first.key]
    assert asked(store, has_tags=("x",)) == []
    assert asked(store, has_tags=("y",)) == [first.key]
    store.put(replace(first, state=FINISHED, finished_time=Millis(9), sequence=store.next_sequence()))
    assert asked(store, states=(RUNNING,)) == [second.key]
    assert asked(store, states=(FINISHED,)) == [first.key]
    assert len(store) == 2


def test_the_identity_of_active_jobs(store: JobStore) -> None:
    first, second = keep(store, "a", PENDING, 1), keep(store, "a", RUNNING, 1)
    assert first.identity == second.identity
    assert store.active_twin(first.identity) == first.key
    store.put(replace(first, state=FINISHED, finished_time=Millis(2), sequence=store.next_sequence()))
    assert store.active_twin(first.identity) == second.key
    store.put(replace(second, tags=("x",)))
    assert store.active_twin(first.identity) == second.key
    store.put(replace(second, state=FINISHED, finished_time=Millis(2), sequence=store.next_sequence()))
    assert store.active_twin(first.identity) is None
    assert store._active == {}
    keep(store, "a", FINISHED, 3)
    assert store.active_twin(first.identity) is None


def test_iteration_is_in_the_order_of_the_last_change_of_state(store: JobStore) -> None:
    first, second = keep(store, "a", PENDING, 9), keep(store, "b", PENDING, 1)
    assert [record.key for record in store] == [first.key, second.key]
    store.put(replace(first, state=RUNNING, running_time=Millis(1), sequence=store.next_sequence()))
    assert [record.key for record in store] == [second.key, first.key]


def test_a_copy_is_independent(store: JobStore) -> None:
    keep(store, "a", PENDING, 1, "x")
    twin = store.copy()
    record = keep(twin, "a", RUNNING, 2, "y")
    twin.put(replace(record, tags=()))
    keep(twin, "b", FINISHED, 3, project=2)
    twin.check()
    assert asked(store) == ["1/1/1"]
    assert asked(twin) == ["1/1/1", "1/1/2"]
    assert sorted(store.projects) == [1]
    assert store.next_sequence() == 2


def _lose_a_row(store: JobStore) -> None:
    store._indexes.popitem()


def _add_a_row(store: JobStore) -> None:
    store._indexes[1, FINISHED].add((5, 5, JobKey("1/1/9")))


def _lose_an_identity(store: JobStore) -> None:
    store._active.popitem()


def _add_a_twin(store: JobStore) -> None:
    next(iter(store._active.values()))[JobKey("1/1/9")] = None


def _count_units_that_nobody_takes(store: JobStore) -> None:
    store._units[1, RUNNING, 2] += 1


def _lose_a_number(store: JobStore) -> None:
    spider = store.find_spider(1, "a")
    assert spider is not None
    spider.last_job = 0


def _repeat_a_sequence(store: JobStore) -> None:
    store._records = {key: replace(record, sequence=1) for key, record in store._records.items()}


def _run_ahead(store: JobStore) -> None:
    store._sequence = 0


@pytest.mark.parametrize(
    "damage",
    [
        _lose_a_row,
        _add_a_row,
        _lose_an_identity,
        _add_a_twin,
        _count_units_that_nobody_takes,
        _lose_a_number,
        _repeat_a_sequence,
        _run_ahead,
    ],
    ids=lambda damage: damage.__name__.strip("_"),
)
def test_check_notices(damage: Callable[[JobStore], None]) -> None:
    store = JobStore()
    keep(store, "a", FINISHED, 1, "x")
    keep(store, "b", RUNNING, 2)
    store.check()
    damage(store)
    with pytest.raises(AssertionError):
        store.check()


def test_check_notices_also_without_assert_statements() -> None:
    damage = (
        "from fakejobs.domain.job import JobRecord; from fakejobs.domain.keys import JobKey; from fakejobs.domain.store import JobStore\n"
        "store = JobStore(); store.mention(1, 'a', 1).last_job = 1\n"
        "store.put(JobRecord(key=JobKey('1/1/1'), spider='a', state='finished', finished_time=5)); store._indexes.clear(); store.check()"
    )
    done = subprocess.run([sys.executable, "-O", "-c", damage], capture_output=True, text=True, check=False, timeout=60)
    assert "AssertionError: indexes of the store: {}, but of its records: " in done.stderr


def test_units_are_counted(store: JobStore) -> None:
    assert (store.units_running(1), store.largest_pending(1)) == (0, None)
    wants, runs = keep(store, "a", PENDING, 1, units=4), keep(store, "a", RUNNING, 1, units=2)
    for state in (RUNNING, PENDING, FINISHED, DELETED):
        keep(store, "b", state, 2, units=3)
        keep(store, "b", state, 2, units=6, project=2)
    assert (store.units_running(1), store.largest_pending(1)) == (5, 4)
    store.put(replace(runs, units=1))
    store.put(replace(wants, state=RUNNING, running_time=Millis(3)))
    assert (store.units_running(1), store.largest_pending(1)) == (8, 3)
    assert (store.copy().units_running(2), store.copy().largest_pending(2)) == (6, 6)
    store.check()


def test_twins_come_and_go_in_any_order(store: JobStore) -> None:
    twins = [keep(store, "a", RUNNING, 1) for _ in range(3)]
    assert store.active_twin(twins[0].identity) == twins[0].key
    store.put(replace(twins[0], state=FINISHED, finished_time=Millis(2)))
    assert store.active_twin(twins[0].identity) == twins[1].key
    store.check()


def test_every_combination_of_filters_against_a_plain_scan(store: JobStore) -> None:
    chance = random.Random(7)
    for number in range(120):
        tags = chance.sample(["x", "y", "z"], chance.randrange(4))
        keep(store, chance.choice("abc"), chance.choice(list(JobState)), chance.randrange(20), *tags, spider_args={"n": str(number)})
    records = list(store)
    for spider, states, has, lacks in itertools.product(
        (None, "a", "nobody"),
        ((), (FINISHED,), (DELETED, PENDING)),
        ((), ("x",), ("x", "y"), ("nothing", "z"), ("x", "x")),
        ((), ("y",), ("x", "z")),
    ):
        query = JobQuery(project=1, spider=spider, states=states, has_tags=has, lacks_tags=lacks)
        wanted = sorted(filter(query.matches, records), key=lambda r: (-RANK.index(r.state), r.state_time, r.sequence), reverse=True)
        assert asked(store, spider=spider, states=states, has_tags=has, lacks_tags=lacks) == [record.key for record in wanted]
