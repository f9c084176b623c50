"""The table of a failed test, and the lines at the end of a run."""

from __future__ import annotations

from fakejobs.exploring.failures import Failure
from fakejobs.exploring.schedules import Planned, Schedule, Seen, Way
from fakejobs.exploring.table import Explored, lines_of, table_of

RUN = Seen("run", "/api/run.json", (("project", ("1",)), ("spider", ("b ooks",))), is_write=True)
ITEMS = Seen("items", "/items/1/1/1", (("meta", ("x" * 80,)),))


def test_a_table() -> None:
    rows = [
        (Planned(Schedule("run", None, None, 1, Way.LOST), RUN, 1), Failure("AssertionError: assert 2 == 1", "test_shop.py:14"), True),
        (Planned(Schedule("items", "/items/1/1/1", None, 2, Way.CUT), ITEMS, 3), Failure("ValueError", "shop/a.py:5"), False),
    ]
    explored = Explored(3, 12, 12, 2, ["run 2 lost"])
    assert table_of(explored, rows).splitlines() == [
        "explored 12 schedules of 3 calls, 2 failed",
        "",
        "call                                                   way           what failed first              line",
        "1. run project=1 'spider=b ooks'                       lost          AssertionError: assert 2 == 1  test_shop.py:14",
        "    @pytest.mark.fakejobs(fault='run 1 lost')",
        f"3. items /items/1/1/1 meta={'x' * 25}…  cut, not met  ValueError                     shop/a.py:5",
        "    @pytest.mark.fakejobs(fault='items /items/1/1/1 2 cut')",
        "",
        "not met, as the call did not come: run 2 lost",
    ]


def test_a_table_has_no_times_in_its_calls() -> None:
    late = Seen("items", "/items/1/1/1", (("startafter", ("1795802187486",)),))
    row = (Planned(Schedule("items", None, None, 1, Way.RESET), late, 1), Failure("ValueError", "a.py:5"), True)
    table = table_of(Explored(1, 2, 2, 1, ["items startafter=1795802187486 1 503"]), [row])
    assert [line for line in table.splitlines() if "startafter" in line] == [
        "1. items /items/1/1/1 startafter=…  reset  ValueError         a.py:5",
        "not met, as the call did not come: items startafter=… 1 503",
    ]


def test_the_lines_of_one_test() -> None:
    assert list(lines_of([("t.py::a", Explored(12, 37, 37))], is_verbose=False)) == ["explored 37 schedules of 12 calls"]
    assert list(lines_of([("t.py::a", Explored(1, 1, 1))], is_verbose=False)) == ["explored 1 schedule of 1 call"]
    assert list(lines_of([("t.py::a", Explored(60, 200, 512, 3, ["run 1 lost"], ["run 1 503"]))], is_verbose=False)) == [
        "explored 200 of 512 schedules of 60 calls, 3 failed",
        "t.py::a:",
        "    not met, as the call did not come: run 1 lost",
        "    skipped: run 1 503",
    ]


def test_the_lines_of_several() -> None:
    results = [
        ("t.py::a", Explored(12, 37, 37)),
        ("t.py::b", Explored(60, 200, 512)),
        ("t.py::c", Explored(0, 0, 0)),
        ("t.py::d", Explored(2, 6, 6, disordered=[f"run {number} 503" for number in range(1, 13)])),
    ]
    named = ", ".join(f"run {number} 503" for number in range(1, 11))
    rest = [
        "t.py::b: explored 200 of 512 schedules of 60 calls",
        "t.py::c: explored 0 schedules of 0 calls",
        "t.py::d: explored 6 schedules of 2 calls",
        f"    calls came in another order than in the plain run: concurrent clients? ({named}, and 2 more)",
    ]
    whole = "explored 243 of 555 schedules of 74 calls in 4 tests"
    assert list(lines_of(results, is_verbose=False)) == [whole, *rest]
    assert list(lines_of(results, is_verbose=True)) == [whole, "t.py::a: explored 37 schedules of 12 calls", *rest]
