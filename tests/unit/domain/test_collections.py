"""Collections: shelves sorted by key, against a plain dict, and what a scan has to look at."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fakejobs.domain.clock import Millis
from fakejobs.domain.collections import MONTH_MS, Collections, Row, Scan, Shelf, Tally

NOW = Millis(1_446_000_000_000)
KEYS = st.text(alphabet="ab", max_size=3)


def keys_of(shelf: Shelf, now: int = NOW, **scan: Any) -> list[str]:
    return [key for key, _ in shelf.scan(Scan(**scan), Millis(now))]


def filled(*keys: str) -> Shelf:
    """Return a shelf of these keys, each written alone; `n` counts from 0."""
    shelf = Shelf()
    for number, key in enumerate(keys):
        shelf.put([(key, {"n": number})], NOW)
    return shelf


@given(
    keys=st.lists(KEYS, unique=True),
    wanted=st.none() | st.lists(KEYS, min_size=1).map(tuple),
    prefixes=st.lists(KEYS, max_size=3).map(tuple),
    start=st.none() | KEYS,
    start_after=st.none() | KEYS,
    count=st.none() | st.integers(0, 5),
)
def test_a_scan_is_a_sorted_and_filtered_dict(
    keys: list[str],
    wanted: tuple[str, ...] | None,
    prefixes: tuple[str, ...],
    start: str | None,
    start_after: str | None,
    count: int | None,
) -> None:
    plain = [
        key
        for key in sorted(keys)
        if (wanted is None or key in wanted)
        and (not prefixes or key.startswith(prefixes))
        and (start is None or key >= start)
        and (start_after is None or key > start_after)
    ]
    scan: dict[str, Any] = {"keys": wanted, "prefixes": prefixes, "start": start, "start_after": start_after}
    assert keys_of(filled(*keys), count=count, **scan) == plain[:count]
    assert filled(*keys).tally(Scan(**scan), NOW, 1000).matched == len(plain)


def test_a_page_costs_the_page() -> None:
    shelf = filled(*(f"k{number:04}" for number in range(1000)))
    seen: list[int] = []

    def wants(value: Any) -> bool:
        seen.append(value["n"])
        return True

    assert keys_of(shelf, start_after="k0499", count=3, wants=wants) == ["k0500", "k0501", "k0502"]
    assert keys_of(shelf, prefixes=("k01", "k09"), per_prefix=1, wants=wants) == ["k0100", "k0900"]
    assert seen == [500, 501, 502, 100, 900]


def test_a_tally_says_where_it_stopped() -> None:
    shelf = filled("a", "b", "c")
    assert shelf.tally(Scan(), NOW, 2) == Tally(2, 2, "c")
    assert shelf.tally(Scan(start="c"), NOW, 2) == Tally(1, 1, None)
    assert shelf.tally(Scan(wants=lambda value: value["n"] != 1), NOW, 3) == Tally(2, 3, None)
    assert shelf.tally(Scan(keys=("a", "c", "x")), NOW, 1) == Tally(1, 1, "c")


def test_every_writing_has_a_time_of_its_own() -> None:
    shelf = Shelf()
    shelf.put([("a", {}), ("b", {})], NOW)
    shelf.put([("c", {})], NOW)
    shelf.put_back("old", Row(Millis(NOW - 5), {}))
    shelf.put([("d", {})], NOW)
    assert [(key, row.moment - NOW) for key, row in shelf.scan(Scan(), NOW)] == [("a", 0), ("b", 0), ("c", 1), ("d", 2), ("old", -5)]
    assert keys_of(shelf, since=Millis(NOW + 1), until=Millis(NOW + 2)) == ["c"]


def test_a_cached_row_is_kept_for_a_month() -> None:
    shelf = Shelf(MONTH_MS)
    shelf.put([("a", {})], NOW)
    assert shelf.find("a", Millis(NOW + MONTH_MS - 1)) is not None
    assert shelf.find("a", Millis(NOW + MONTH_MS)) is None
    assert keys_of(shelf, NOW + MONTH_MS) == []
    assert shelf.tally(Scan(), Millis(NOW + MONTH_MS), 10) == Tally(0, 0, None)


def test_collections_are_listed_by_name_and_type_until_they_are_dropped() -> None:
    collections = Collections()
    for type_, name in [("vcs", "a"), ("s", "b"), ("s", "a")]:
        collections.open(1, type_, name).put([("k", {})], NOW)
    assert collections.of(1) == [("s", "a"), ("vcs", "a"), ("s", "b")]
    reader = collections.find(1, "s", "a")
    collections.drop(1, "a")
    collections.drop(2, "a")
    assert collections.of(1) == [("s", "b")]
    assert collections.of(1, is_listed=False) == [("s", "a"), ("vcs", "a")]
    left = collections.find(1, "s", "a")
    assert left is not None
    assert left.find("k", NOW) is None
    assert collections.find(1, "cs", "a") is None
    assert reader is not None
    assert reader.find("k", NOW) is not None
    assert collections.projects() == [1]
    assert collections.any(1)
    assert not collections.any(2)


def test_a_copy_is_independent() -> None:
    collections = Collections()
    collections.open(1, "s", "a").put([("k", {})], NOW)
    twin = collections.copy()
    twin.open(1, "s", "a").put([("l", {})], NOW)
    twin.open(1, "s", "b")
    assert collections.of(1) == [("s", "a")]
    assert keys_of(collections.open(1, "s", "a")) == ["k"]
    assert twin.open(1, "s", "a").scan(Scan(keys=("l",)), NOW) == [("l", Row(Millis(NOW + 1), {}))]
