"""The book of faults: which one takes a call, how often, in which turn, and what is known of those that are over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fakejobs.domain.faults import LETS_THROUGH, Criteria, Declared, FaultBook, FaultRule, Taken, Way, When


def failing(status: int | Sequence[int] = 503, **more: Any) -> FaultRule:
    """Return a rule by which calls are answered with a status, or with a row of them."""
    return FaultRule(Way.STATUS, statuses=(status,) if isinstance(status, int) else tuple(status), **more)


def anything(criteria: Criteria) -> bool:
    return True


def of(endpoint: str) -> Any:
    """Return what says whether criteria fit a call of an endpoint."""
    return lambda criteria: criteria.endpoint in (None, endpoint)


def statuses(book: FaultBook, calls: int) -> list[int | None]:
    """Return what so many calls are answered with; None: as ever."""
    taken = [book.take(anything) for _ in range(calls)]
    return [None if one is None else one.status for one in taken]


def hits(book: FaultBook) -> dict[int, tuple[int, int]]:
    """Return by number how many calls fitted each fault, and how many failed by it."""
    return {fault.number: (fault.calls, fault.hits) for fault in book.known()}


@pytest.mark.parametrize(
    ("rule", "answers"),
    [
        (failing(), [503, None, None]),
        (failing(times=2), [503, 503, None]),
        (failing(times=None), [503, 503, 503]),
        (failing(after=1), [None, 503, None]),
        (failing(after=2, times=2), [None, None, 503, 503, None]),
        (failing(after=2, times=None), [None, None, 503, 503, 503]),
        (failing([503, 502]), [503, 502, None]),
        (failing([503, 502], times=2), [503, 502, 503, 502, None]),
        (failing([503, 200, 502]), [503, 200, 502, None]),
        (failing([200, 503], times=None), [200, 503, 200, 503]),
        (failing([503, 502], after=1), [None, 503, 502, None]),
    ],
)
def test_how_often_and_in_which_turn(rule: FaultRule, answers: list[int | None]) -> None:
    book = FaultBook()
    book.declare(rule)
    assert statuses(book, len(answers)) == answers
    failed = sum(answer not in (None, LETS_THROUGH) for answer in answers)
    assert hits(book) == {1: (len(answers), failed)}


def test_a_fault_of_another_way_has_no_status() -> None:
    book = FaultBook()
    book.declare(FaultRule(Way.RESET, when=When.AFTER))
    assert book.take(anything) == Taken(1, FaultRule(Way.RESET, when=When.AFTER), None)


def test_only_calls_that_fit_are_counted() -> None:
    book = FaultBook()
    book.declare(failing(criteria=Criteria(endpoint="run"), after=1))
    assert [book.take(of(name)) for name in ("jobs/list", "run", "jobs/list")] == [None, None, None]
    taken = book.take(of("run"))
    assert taken is not None
    assert hits(book) == {1: (2, 1)}


def test_the_oldest_takes_a_call_and_all_that_fit_count_it() -> None:
    book = FaultBook()
    book.declare(failing(502))
    book.declare(failing(503))
    book.declare(failing(504, after=2))
    assert statuses(book, 4) == [502, 503, 504, None]
    assert hits(book) == {1: (4, 1), 2: (4, 1), 3: (4, 1)}


def test_a_later_one_comes_when_the_older_lets_a_call_go() -> None:
    book = FaultBook()
    book.declare(failing(502, after=1))
    book.declare(failing(503, times=2))
    assert statuses(book, 3) == [503, 502, 503]


def test_a_row_that_lets_a_call_through_has_taken_it() -> None:
    book = FaultBook()
    book.declare(failing([200, 502]))
    book.declare(failing(503))
    assert statuses(book, 3) == [200, 502, 503]
    assert hits(book) == {1: (3, 1), 2: (3, 1)}


def test_outages_come_first() -> None:
    book = FaultBook()
    book.declare(failing(502, times=None))
    outage = book.declare(failing(504, times=None, is_outage=True))
    assert statuses(book, 2) == [504, 504]
    book.remove(outage)
    assert statuses(book, 1) == [502]
    assert book.in_turn == (1,)


def test_nobody_takes_calls_for_connections_that_are_refused() -> None:
    book = FaultBook()
    book.declare(FaultRule(Way.REFUSED, times=None))
    assert statuses(book, 2) == [None, None]
    assert hits(book) == {1: (0, 0)}


def test_chance_depends_on_its_seed_alone() -> None:
    def struck(seed: int, calls: int = 200) -> list[bool]:
        rule = failing(times=None, probability=0.3, seed=seed)
        return [rule.strikes(call) for call in range(1, calls + 1)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 30 <= sum(struck(1)) <= 90
    assert struck(1, 50) == struck(1)[:50]


def test_chance_of_none_and_of_all() -> None:
    never, always = FaultBook(), FaultBook()
    never.declare(failing(times=None, probability=0.0))
    always.declare(failing(times=3, probability=1.0))
    assert statuses(never, 50) == [None] * 50
    assert statuses(always, 4) == [503, 503, 503, None]
    assert hits(never) == {1: (50, 0)}


def test_times_counts_calls_that_fail_and_not_those_that_chance_spares() -> None:
    book = FaultBook()
    book.declare(failing(times=2, probability=0.3, seed=4))
    assert [status for status in statuses(book, 100) if status is not None] == [503, 503]


def test_a_removed_fault_takes_and_counts_no_call_and_stays_known() -> None:
    book = FaultBook()
    book.declare(failing(times=None))
    statuses(book, 2)
    book.remove(1)
    assert statuses(book, 2) == [None, None]
    assert book.in_turn == ()
    assert book.declared() == []
    assert [(fault.calls, fault.hits, fault.is_removed) for fault in book.known()] == [(2, 2, True)]
    assert book.find(1) is not None


def test_one_whose_times_are_over_is_declared_still() -> None:
    book = FaultBook()
    book.declare(failing())
    statuses(book, 3)
    assert [fault.number for fault in book.declared()] == [1]


def test_a_copy_is_independent() -> None:
    book = FaultBook()
    book.declare(failing(times=2))
    statuses(book, 1)
    copy = book.copy()
    assert hits(copy) == {1: (1, 1)}
    assert statuses(copy, 2) == [503, None]
    copy.declare(failing())
    copy.remove(1)
    assert hits(book) == {1: (1, 1)}
    assert book.in_turn == (1,)
    assert statuses(book, 2) == [503, None]


def test_numbers_go_on_in_a_copy_and_in_a_book_that_was_emptied() -> None:
    book = FaultBook()
    book.declare(failing())
    book.declare(failing())
    assert book.copy().declare(failing()) == 3
    emptied = book.emptied()
    assert emptied.known() == []
    assert emptied.in_turn == ()
    assert emptied.declare(failing()) == 3


def test_another_number_is_another_place() -> None:
    book = FaultBook()
    book.put(Declared(1, failing(502)))
    book.put(Declared(7, failing(503)))
    book.declare(failing(504))
    book.renumber(8, 3)
    assert [fault.number for fault in book.declared()] == [1, 3, 7]
    assert statuses(book, 4) == [502, 504, 503, None]
    assert book.find(8) is None
