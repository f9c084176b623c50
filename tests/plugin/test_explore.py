"""Exploring: what is tried, what of a test is made anew, and what it comes to, in a passing run and in a failing one."""

from __future__ import annotations

import re

import pytest

from tests.plugin.conftest import Run
from tests.plugin.shop import SHOP

TWICE = f"""{SHOP}
@pytest.mark.fakejobs(explore=True)
def test_once(fakejobs):
    call(fakejobs, "jobs/count.json")
    try:
        call(fakejobs, "run.json", project=1, spider="books")
    except SOME:
        call(fakejobs, "run.json", project=1, spider="books", **{{"add_tag": "again", "page": "2"}})
    with fakejobs.spared():
        assert len(call(fakejobs, "jobs/list.json")["jobs"]) == 1
"""


def table_in(result: pytest.RunResult) -> list[str]:
    """Return the lines of the table of a failed test."""
    lines = [line.rstrip() for line in result.stdout.lines]
    start = next(place for place, line in enumerate(lines) if line.startswith("explored "))
    return lines[start : next(place for place in range(start, len(lines)) if lines[place].startswith(("---", "===")))]


# ------------------------------------------------------------ a passing run


def test_a_test_that_survives_every_failure_passes_with_one_line(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=True)
def test(fakejobs):
    schedule(fakejobs)
    assert len(listed(fakejobs)) == 1
""")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["=* fakejobs: every single failure *=", "explored 7 schedules of 2 calls"])


def test_several_tests_have_one_line_and_those_that_are_notable_their_own(run: Run) -> None:
    source = f"""{SHOP}
pytestmark = pytest.mark.fakejobs(explore=["503"])

def test_whole(fakejobs):
    schedule(fakejobs)

@pytest.mark.fakejobs(explore_limit=2)
def test_in_part(fakejobs):
    for spider in "abc":
        schedule(fakejobs, spider)

def test_without_a_fake(): pass
"""
    result = run(source)
    result.assert_outcomes(passed=3)
    lines = result.stdout.lines
    start = lines.index("explored 3 of 4 schedules of 4 calls in 2 tests")
    assert lines[start + 1].endswith("::test_in_part: explored 2 of 3 schedules of 3 calls")
    assert not lines[start + 2].startswith("test_")
    result.stdout.no_fnmatch_line("*::test_whole: *")
    run(source, "-v").stdout.fnmatch_lines(["*::test_whole: explored 1 schedule of 1 call"])


def test_fixtures_of_the_test_are_made_anew_and_wider_ones_are_shared(run: Run) -> None:
    result = run(
        f"""{SHOP}
import logging, os

told = []

@pytest.fixture(scope="module", autouse=True)
def wide():
    told.append("wide up")
    yield
    told.append("wide down")
    print("told:", told)

@pytest.fixture
def narrow():
    told.append("up")
    yield
    told.append("down")

@pytest.mark.fakejobs(explore=["503"])
def test(fakejobs, narrow, tmp_path, monkeypatch, capsys, caplog, record_property):
    assert "LEFT" not in os.environ and not list(tmp_path.iterdir()) and fakejobs.list_jobs() == [] and caplog.records == []
    monkeypatch.setenv("LEFT", "1")
    tmp_path.joinpath("left").touch()
    logging.getLogger().warning("said")
    print("said")
    assert capsys.readouterr().out == "said\\n" and len(caplog.records) == 1
    record_property("run", len(told))
    schedule(fakejobs)

def test_after(): pass
""",
        "-s",
    )
    result.assert_outcomes(passed=2)
    assert f"told: {['wide up', *['up', 'down'] * 2, 'wide down']}" in result.stdout.str()


def test_polls_are_tried_as_their_first_second_and_last(run: Run) -> None:
    result = run(f"""{SHOP}
seen = []

@pytest.mark.fakejobs(explore=["503"])
def test(fakejobs):
    seen.append([])
    for _ in range(6):
        for path in ("jobs/list.json", "spiders/list.json"):
            try:
                call(fakejobs, path)
                seen[-1].append(".")
            except SOME:
                seen[-1].append("x")

def test_after():
    assert ["".join(run).find("x") for run in seen] == [-1, 0, 1, 2, 3, 10, 11]
""")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["explored 6 schedules of 12 calls"])


def test_calls_of_set_up_tear_down_and_spared_ones_are_left_alone(run: Run) -> None:
    result = run(f"""{SHOP}
import unittest

@pytest.fixture
def filled(fakejobs):
    call(fakejobs, "run.json", project=1, spider="early")
    yield fakejobs
    call(fakejobs, "jobs/list.json")

@pytest.mark.fakejobs(explore=True)
def test(filled):
    schedule(filled)
    with filled.spared():
        assert len(call(filled, "jobs/list.json")["jobs"]) == 2

@pytest.mark.fakejobs(explore=True)
class TestShop(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _fake(self, fakejobs):
        self.fake = fakejobs

    def setUp(self):
        call(self.fake, "run.json", project=1, spider="early")

    def tearDown(self):
        call(self.fake, "jobs/list.json")

    def test(self):
        self.assertEqual(vars(self).get("runs"), None)
        self.runs = 1
        schedule(self.fake)
""")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["explored 8 schedules of 2 calls in 2 tests"])


def test_a_schedule_whose_call_does_not_come_is_named(run: Run) -> None:
    result = run(f"""{SHOP}
import itertools

spiders = itertools.count()

@pytest.mark.fakejobs(explore=["503", "reset"])
def test(fakejobs):
    schedule(fakejobs, "books")
    schedule(fakejobs, f"s{{next(spiders)}}")
""")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "explored 4 schedules of 2 calls",
            "*::test:",
            "    not met, as the call did not come: run project=1 spider=s0 1 503, run project=1 spider=s0 1 reset",
        ]
    )


def test_a_run_that_skips_itself_is_named(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=["503"])
def test(fakejobs):
    try:
        call(fakejobs, "jobs/list.json")
    except SOME:
        pytest.skip("no platform")
""")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["explored 1 schedule of 1 call", "*::test:", "    skipped: jobs/list 1 503"])


def test_concurrent_clients_are_found_out(run: Run) -> None:
    result = run(f"""{SHOP}
runs = []

@pytest.mark.fakejobs(explore=["503"])
def test(fakejobs):
    runs.append(1)
    for spider in ("ab" if len(runs) % 2 else "ba"):
        schedule(fakejobs, spider)
""")
    result.assert_outcomes(passed=1)
    said = "    calls came in another order than in the plain run: concurrent clients? (run project=1 spider=a 1 503)"
    result.stdout.fnmatch_lines(["explored 2 schedules of 2 calls", "*::test:", said])


def test_the_clock_is_sleep_unless_another_is_named(run: Run) -> None:
    result = run("""
        import pytest
        from fakejobs.fake import behind

        @pytest.mark.fakejobs(explore=True)
        def test(fakejobs): assert behind(fakejobs).clock_mode == "sleep"

        @pytest.mark.fakejobs(explore=True, clock="poll")
        def test_named(fakejobs): assert behind(fakejobs).clock_mode == "poll"

        class TestOptions:
            @pytest.fixture
            def fakejobs_options(self): return {"clock": "manual"}

            @pytest.mark.fakejobs(explore=True)
            def test(self, fakejobs): assert behind(fakejobs).clock_mode == "manual"

        def test_other(fakejobs): assert behind(fakejobs).clock_mode == "manual"
    """)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["explored 0 schedules of 0 calls in 3 tests"])


def test_the_command_line_explores_what_it_selects(run: Run) -> None:
    source = f"""{SHOP}
def test_one(fakejobs): schedule(fakejobs)
def test_plain(): pass

@pytest.mark.fakejobs(explore=False)
def test_other(fakejobs): schedule(fakejobs)

@pytest.mark.fakejobs(explore=["503"])
def test_in_part(fakejobs): schedule(fakejobs)
"""
    result = run(source, "--fakejobs-explore")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["explored 5 schedules of 2 calls in 2 tests"])
    run(source).stdout.fnmatch_lines(["explored 1 schedule of 1 call"])


# ------------------------------------------------------------ a failing run


def test_a_failed_test_shows_a_table_that_is_the_same_every_time(run: Run) -> None:
    result = run(TWICE)
    result.assert_outcomes(failed=1)
    table = table_in(result)
    assert table[:2] == ["explored 6 schedules of 2 calls, 4 failed", ""]
    assert re.split("  +", table[2]) == ["call", "way", "what failed first", "line"]
    assert [line.split("  ")[0] for line in table[3::2]] == ["1. jobs/count project=1"] * 2 + ["2. run project=1 spider=books"] * 2
    assert [re.split("  +", line)[1] for line in table[3::2]] == ["503", "reset", "lost", "504"]
    lines = [line.strip() for line in TWICE.strip().splitlines()]
    asks, raises, asserts = (
        next(number for number, line in enumerate(lines, 1) if line.startswith(text))
        for text in ("answer = session.post", "raise requests.HTTPError", "assert len(call(")
    )
    places = [re.split("  +", line)[-1].partition(".py:")[2] for line in table[3::2]]
    assert places == [str(number) for number in (raises, asks, asserts, asserts)]
    assert [line.strip() for line in table[4::2]] == [
        f"@pytest.mark.fakejobs(fault='{fault}')" for fault in ("jobs/count 1 503", "jobs/count 1 reset", "run 1 lost", "run 1 504")
    ]
    assert "HTTPError: 503 for http://fakejobs/api/jobs/count.json?project=1" in table[3]
    assert "AssertionError: assert 2 == 1" in table[7]
    assert table_in(run(TWICE)) == table
    result.stdout.fnmatch_lines(
        [
            "*fakejobs: last calls to http://127.0.0.1:* (first of the table)*",
            "[#]1 GET /api/jobs/count.json project=1 -> 503 *(fault *",
            "FAILED *::test_once*",
        ]
    )


@pytest.mark.parametrize("fault", ["run 1 lost", "run 1 504", "run project=1 spider=books 1 lost"])
def test_one_schedule_is_replayed_alone(run: Run, fault: str) -> None:
    marked = run(TWICE.replace("explore=True", f"fault={fault!r}"))
    named = run(TWICE.replace("explore=True", "start=1_600_000_000_000"), f"--fakejobs-fault={fault}")
    over_exploring = run(TWICE, f"--fakejobs-fault={fault}")
    for result in (marked, named, over_exploring):
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([">* assert len(*", "E * assert 2 == 1", "*fakejobs: last calls*", "[#]2 POST *(fault *"])
        result.stdout.no_fnmatch_line("*explored*")


def test_a_replay_passes_when_the_code_is_right(run: Run) -> None:
    run(f"""{SHOP}
@pytest.mark.parametrize("way", ["503", "reset", "lost", "504"])
def test_ways(fakejobs, way): schedule(fakejobs)

@pytest.mark.fakejobs(fault="run 1 lost")
def test(fakejobs):
    schedule(fakejobs)
    assert len(fakejobs.calls) == 2
""").assert_outcomes(passed=5)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("run 2 lost", "fault='run 2 lost': no call met it: run was called once"),
        ("run spider=toys 1 lost", "fault='run spider=toys 1 lost': no call with such parameters met it: run was called once"),
        ("jobs/list 1 cut", "fault='jobs/list 1 cut': no call met it: jobs/list was not called"),
    ],
)
def test_a_replay_whose_call_does_not_come_fails(run: Run, fault: str, text: str) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(fault="{fault}")
def test(fakejobs): schedule(fakejobs)
""")
    result.assert_outcomes(failed=1)
    assert f"E   fakejobs.errors.UsageError: {text}" in result.stdout.lines


def test_one_that_hangs_is_told_like_any_mistake(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=["lost"], patience=20)
def test(fakejobs):
    try:
        call(fakejobs, "run.json", project=1, spider="books")
    except SOME:
        while call(fakejobs, "jobs/list.json")["jobs"][0]["state"] != "finished":
            pass
""")
    result.assert_outcomes(failed=1)
    assert "UsageError: 20 requests in a row showed 1/1/1 (books, pending), and nothing happened" in table_in(result)[3]


def test_one_that_asks_without_end_is_told_like_any_mistake(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=["503"], clock="manual")
def test(fakejobs):
    with requests.Session() as session:
        session.post(fakejobs.api_url + "run.json", {{"project": 1, "spider": "books"}}, auth=(fakejobs.key, ""))
        while not session.get(fakejobs.api_url + "jobs/count.json", params={{"project": 1}}, auth=(fakejobs.key, "")).json()["total"]:
            pass
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["1. run *  503  UsageError: more than 1,020 calls came, and 2 where nothing fails: the code tries again*"])


def test_a_fixture_that_fails_at_tear_down_is_a_failure_too(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.fixture
def once(fakejobs):
    yield fakejobs
    assert len(fakejobs.list_jobs()) == 1

@pytest.mark.fakejobs(explore=["lost"])
def test(once):
    try:
        call(once, "run.json", project=1, spider="books")
    except SOME:
        call(once, "run.json", project=1, spider="toys")
""")
    result.assert_outcomes(failed=1)
    assert "AssertionError: assert 2 == 1 (tear-down)" in table_in(result)[3]


def test_the_plain_run_must_pass(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=True)
def test(fakejobs):
    schedule(fakejobs)
    assert fakejobs.list_jobs() == []

@pytest.fixture
def broken(fakejobs):
    yield
    raise ValueError("no")

@pytest.mark.fakejobs(explore=True)
def test_broken(fakejobs, broken): schedule(fakejobs)

@pytest.mark.fakejobs(explore=True)
@pytest.mark.skip
def test_skipped(fakejobs): schedule(fakejobs)

def test_after(): pass
""")
    result.assert_outcomes(failed=1, errors=1, passed=2, skipped=1)
    result.stdout.fnmatch_lines([">* assert fakejobs.list_jobs() == []*"])
    result.stdout.no_fnmatch_line("*explored*")


def test_nothing_is_loaded_where_nobody_explores(run_apart: Run) -> None:
    run_apart("""
        import sys
        import pytest

        @pytest.mark.fakejobs(clock="sleep")
        def test(fakejobs):
            assert not [name for name in sys.modules if name.startswith("fakejobs.exploring")]
    """).assert_outcomes(passed=1)


def test_rows_that_nobody_has_counted_are_a_listing_too(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=["cut"])
def test(fakejobs):
    fakejobs.add_job("books", project=1, items=[{{"n": 1}}, {{"n": 2}}])
    with requests.Session() as session:
        for job in "12":
            try:
                url = f"{{fakejobs.url}}/items/1/1/{{job}}"
                session.get(url, params={{"filter": '["n", ">", [1]]'}}, auth=(fakejobs.key, ""))
            except SOME:
                pass
""")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["explored 2 schedules of 2 calls"])
