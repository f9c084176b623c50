"""The timeline: its data, its table letter by letter, its drawing as XML, and how it comes through the control door."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from werkzeug.test import Client

from fakejobs import FakeJobs, ManualClock
from fakejobs.domain.clock import LATEST
from fakejobs.fake import behind
from fakejobs.timeline import Tick, Timeline, clock_line
from fakejobs.timeline.drawing import AMBER, BLUE, FADED, GREEN, LINES, MOST_ROWS, RED, STEPS, WIDTH
from fakejobs.timeline.table import WIDEST
from fakejobs.timeline.words import DAY, HOUR, MINUTE, cut, plain, span, stamp, width

START = datetime(2026, 11, 24, 10, tzinfo=timezone.utc)
SVG = "{http://www.w3.org/2000/svg}"
AUTH = {"Authorization": "Basic a2V5Og=="}
HOSTILE = "<script>alert('x')</script>&amp;\"]]><!--\x01\ufffe\u202e"


@pytest.fixture
def fake() -> Iterator[FakeJobs]:
    """A fake without a socket whose clock begins at ten o'clock."""
    with FakeJobs(clock=ManualClock(START)) as fake:
        yield fake


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def run(fake: FakeJobs, **form: str) -> str:
    """Schedule a job as a client does."""
    answer = Client(fake.app).post("/api/run.json", data={"project": "7", **form}, headers=AUTH)
    assert answer.json is not None
    return str(answer.json["jobid"])


@pytest.mark.parametrize("span", [60, 1_000_000_000])
def test_what_the_clock_will_not_come_to_is_not_due(span: float) -> None:
    with FakeJobs(start=LATEST - 1000) as fake:
        fake.pace(pending=0.5, running=span)
        fake.add_job("books", project=7)
        fake.add_job("films", project=7, state="running")
        fake.advance(seconds=1)
        timeline = fake.timeline()
        assert {life.due for life in timeline.jobs} == {None}
        assert str(timeline).count("running, nothing is due") == 2
        assert timeline.svg()


def ask(fake: FakeJobs, path: str) -> int:
    """Send a client's GET and return the status of the answer."""
    return Client(fake.app).get(path, headers=AUTH).status_code


def lines(timeline: Timeline) -> list[str]:
    return str(timeline).splitlines()


def drawn(timeline: Timeline) -> Element:
    """Return the drawing, parsed."""
    return fromstring(timeline.svg())


def texts(root: Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def told(root: Element) -> list[str]:
    """Return what jobs and ticks say when they are pointed at."""
    return [title.text or "" for title in root.iter(f"{SVG}title")][1:]


def bars(root: Element, place: int = 0) -> list[dict[str, str]]:
    """Return the rectangles of one job's row."""
    return [dict(rect.attrib) for rect in root.findall(f"{SVG}g")[place].findall(f"{SVG}rect")]


def ticks(root: Element) -> list[Element]:
    return [rect for rect in root.findall(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]


# ------------------------------------------------------------ data


def test_a_life_that_went_by_itself(fake: FakeJobs) -> None:
    fake.pace(pending=5, running=60)
    key = run(fake, spider="books", add_tag="nightly")
    fake.advance(seconds=90)
    timeline = fake.timeline()
    assert (timeline.now, timeline.start) == (at(90), START)
    assert [dataclasses.asdict(life) for life in timeline.jobs] == [
        {
            "key": key,
            "spider": "books",
            "state": "finished",
            "close_reason": "finished",
            "tags": ("nightly",),
            "scheduled": START,
            "started": at(5),
            "ended": at(65),
            "deleted": None,
            "cancel_requested": False,
            "waits_for_units": False,
            "due": None,
            "next": None,
        }
    ]
    call = {"time": START, "method": "POST", "path": "/api/run.json", "endpoint": "run", "status": 200, "job_keys": (key,)}
    assert [dataclasses.asdict(tick) for tick in timeline.calls] == [{**call, "has_failed": False}]


@pytest.mark.parametrize(
    ("rule", "advance", "expected"),
    [
        pytest.param(None, 0, ("pending", None, None), id="pending without a rule"),
        pytest.param({"pending": None}, 0, ("pending", None, None), id="pending for ever"),
        pytest.param({"pending": 5}, 1, ("pending", at(5), "starts"), id="pending"),
        pytest.param({"running": 60}, 1, ("running", at(60), "ends"), id="running"),
        pytest.param({"running": None}, 1, ("running", None, None), id="running for ever"),
    ],
)
def test_what_comes_next(fake: FakeJobs, rule: dict[str, Any] | None, advance: int, expected: tuple[object, ...]) -> None:
    if rule is not None:
        fake.pace(**rule)
    fake.add_job("books", project=7)
    fake.advance(seconds=advance)
    (life,) = fake.timeline().jobs
    assert (life.state, life.due, life.next) == expected


def test_a_job_that_was_asked_to_stop(fake: FakeJobs) -> None:
    fake.pace(running=60, stopping=20)
    job = fake.add_job("books", project=7)
    fake.advance(seconds=10)
    fake.cancel_job(job)
    (life,) = fake.timeline().jobs
    assert (life.cancel_requested, life.due, life.next) == (True, at(30), "ends")


def test_jobs_that_wait_for_units(fake: FakeJobs) -> None:
    fake.add_project(7, units=1)
    fake.pace(running=60)
    for _ in range(3):
        fake.add_job("books", project=7)
    fake.script("late", pending=300)
    fake.add_job("late", project=7)
    lives = fake.timeline().jobs
    assert [(life.state, life.waits_for_units, life.due, life.next) for life in lives] == [
        ("running", False, at(60), "ends"),
        ("pending", True, at(60), "may start"),
        ("pending", True, at(60), "may start"),
        ("pending", False, at(300), "may start"),
    ]


def test_jobs_stand_in_the_order_of_their_first_moment_then_of_their_keys(fake: FakeJobs) -> None:
    fake.advance(minutes=5)
    for spider in ("b", "a", "b"):
        fake.add_job(spider, project=7)
    fake.add_job("old", project=9, state="finished", finished_time=at(60))
    timeline = fake.timeline()
    assert [life.key for life in timeline.jobs] == ["9/1/1", "7/1/1", "7/1/2", "7/2/1"]
    assert timeline.start == at(60)


def test_it_stays_as_it_was(fake: FakeJobs) -> None:
    job = fake.add_job("books", project=7)
    timeline = fake.timeline()
    before = str(timeline), timeline.svg()
    fake.advance(seconds=10)
    fake.start_job(job)
    assert (str(timeline), timeline.svg()) == before
    assert fake.timeline().jobs != timeline.jobs
    assert repr(timeline) == "<Timeline of 1 jobs and 0 calls>"
    with pytest.raises(dataclasses.FrozenInstanceError):
        timeline.jobs = ()  # type: ignore[misc]


def test_looking_lets_happen_what_is_due_and_changes_nothing_else(fake: FakeJobs) -> None:
    fake.pace(running=lambda job: 60)
    fake.add_job("books", project=7)
    (life,) = fake.timeline().jobs
    assert life.due == at(60)
    steps = fake.list_jobs()[0].snapshot()
    fake.timeline().svg()
    assert fake.list_jobs()[0].snapshot() == steps


# ------------------------------------------------------------ the table


def test_the_table(fake: FakeJobs) -> None:
    fake.pace(pending=5, running=60)
    fake.script("slow", running=600)
    fake.script("flaky", running=25, outcomes=["failed", "finished"])
    fake.script("hand", pending=None)
    run(fake, spider="books", add_tag="nightly")
    flaky = run(fake, spider="flaky")
    stopped = fake.add_job("slow", project=7)
    for spider in ("slow", "hand"):
        fake.add_job(spider, project=7)
    fake.advance(seconds=20)
    fake.cancel_job(stopped)
    fake.advance(seconds=50.5)
    ask(fake, "/api/jobs/list.json?project=7")
    ask(fake, "/api/nothing.json")
    fake.delete_job(flaky)
    fake.add_job("born", project=7, state="finished", never_ran=True, close_reason="memusage_exceeded")
    fake.add_job("running", project=7, state="running")
    fake.add_project(8, units=1)
    for _ in range(2):
        fake.add_job("queued", project=8)
    fake.advance(seconds=5)
    assert lines(fake.timeline()) == [
        "from 2026-11-24T10:00:00Z, now: 75.5 s",
        "job    spider   tags     scheduled  started     ended  how it is",
        "7/1/1  books    nightly        0 s      5 s      65 s  finished",
        "7/2/1  flaky                   0 s      5 s      30 s  finished (failed), deleted at 70.5 s",
        "7/3/1  slow                    0 s      5 s  20.001 s  finished (cancelled)",
        "7/3/2  slow                    0 s      5 s         -  running, ends at 10 min 5 s",
        "7/4/1  hand                    0 s        -         -  pending, nothing is due",
        "7/5/1  born                      -        -    70.5 s  finished (memusage_exceeded)",
        "7/6/1  running                   -   70.5 s         -  running, ends at 2 min 10 s",
        "8/1/1  queued               70.5 s   75.5 s         -  running, ends at 2 min 15 s",
        "8/1/2  queued               70.5 s        -         -  pending, waits for units, may start at 2 min 15 s",
        "4 calls: 2 run, 1 jobs/list, 1 unknown; 1 refused",
    ]


def test_the_table_of_a_fake_in_which_nothing_happened(fake: FakeJobs) -> None:
    assert lines(fake.timeline()) == ["from 2026-11-24T10:00:00Z, now: 0 s", "there are no jobs", "no client has called"]


def test_calls_without_jobs_begin_the_time(fake: FakeJobs) -> None:
    fake.advance(seconds=30)
    ask(fake, "/api/jobs/count.json?project=7")
    fake.advance(seconds=30)
    assert lines(fake.timeline()) == ["from 2026-11-24T10:00:30Z, now: 30 s", "there are no jobs", "1 call: 1 jobs/count"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param({"state": "running", "cancel_requested": True}, "running, asked to stop, nothing is due", id="asked to stop"),
        pytest.param({"state": "deleted", "never_ran": True}, "deleted at 0 s", id="born deleted"),
        pytest.param({"state": "deleted"}, "finished, deleted at 0 s", id="deleted after a run"),
        pytest.param({"state": "finished", "close_reason": "x" * 50}, f"finished ({'x' * 27}...)", id="long reason"),
        pytest.param({"state": "finished", "close_reason": "a\nb"}, "finished ('a\\nb')", id="odd reason"),
        pytest.param({"state": "finished"}, "finished", id="finished"),
        pytest.param({"state": "finished", "close_reason": ""}, "finished", id="no reason"),
    ],
)
def test_how_a_job_is(fake: FakeJobs, state: dict[str, Any], expected: str) -> None:
    fake.add_job("books", project=7, **state)
    assert lines(fake.timeline())[2].split("  ")[-1] == expected


@pytest.mark.parametrize("letter", ["s", "語", "\x01", "e\u0301"], ids=["narrow", "wide", "unprintable", "combined"])
def test_lines_are_aligned_and_not_too_wide(fake: FakeJobs, letter: str) -> None:
    fake.add_project(10**17, units=1)
    fake.pace(running=3601)
    for _ in range(2):
        fake.add_job(letter * 70, project=10**17, tags=[letter * 30, "b" * 30])
    fake.advance(milliseconds=1)
    fake.add_job("a", project=7, state="finished", close_reason="z" * 80, pending_time=at(-3599), running_time=at(-1.501))
    table = lines(fake.timeline())[1:-1]
    assert max(map(width, table)) <= WIDEST
    assert len({width(line[: line.index(word)]) for line, word in zip(table, ("how", "fin", "run", "pen"), strict=True)}) == 1
    assert all(line.isprintable() for line in table)


def test_the_line_about_the_calls_names_the_most_frequent() -> None:
    names = [*"abcdefgh", None]
    ticks = [
        Tick(time=START, method="GET", path="/", endpoint=name, status=None if name else 404, job_keys=())
        for number, name in enumerate(names, 1)
        for _ in range(number)
    ]
    timeline = Timeline(now=at(1), jobs=(), calls=tuple(ticks))
    assert lines(timeline)[-1] == "45 calls: 9 unknown, 8 h, 7 g, 6 f, 5 e, 4 d, 6 others; 9 refused"


def test_a_call_that_a_fault_took_is_told_as_such(fake: FakeJobs) -> None:
    fake.fail("run", status=503)
    fake.fail("run", status=504, when="after")
    for _ in range(3):
        Client(fake.app).post("/api/run.json", data={"project": "7", "spider": "books"}, headers={"Authorization": "Basic a2V5Og=="})
    timeline = fake.timeline()
    assert lines(timeline)[-1] == "3 calls: 3 run; 1 refused; 2 failed by a fault"
    assert [call.has_failed for call in timeline.calls] == [True, True, False]
    drawn = timeline.svg()
    assert "run 503 (a fault)\n" in drawn
    assert "run 504 (a fault) [7/1/1]\n" in drawn
    assert "run 400" in drawn


# ------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, "0 s"),
        (1, "0.001 s"),
        (250, "0.25 s"),
        (65_000, "65 s"),
        (100_000, "100 s"),
        (2 * MINUTE - 1, "119.999 s"),
        (2 * MINUTE, "2 min"),
        (2 * MINUTE + 5_999, "2 min 5 s"),
        (2 * HOUR - 1, "119 min 59 s"),
        (3 * HOUR + 20 * MINUTE, "3 h 20 min"),
        (2 * DAY, "2 d"),
        (400 * DAY + 4 * HOUR, "400 d 4 h"),
        (-1500, "-1.5 s"),
    ],
    ids=lambda value: str(value).replace(" ", ""),
)
def test_spans(length: int, expected: str) -> None:
    assert span(length) == expected


def test_moments_and_texts() -> None:
    assert stamp(START) == "2026-11-24T10:00:00Z"
    assert stamp(at(0.25)) == "2026-11-24T10:00:00.250Z"
    assert plain("a\tb", 9) == r"'a\tb'"
    assert (cut("abcdef", 6), cut("abcdefg", 6), cut("日本語日本", 8), plain(None, 3)) == ("abcdef", "abc...", "日本...", "")


# ------------------------------------------------------------ the drawing


def test_the_drawing_shows_every_job_and_call(fake: FakeJobs, tmp_path: Path) -> None:
    fake.pace(pending=5, running=60)
    key = run(fake, spider="books", add_tag="nightly")
    fake.advance(seconds=100)
    assert ask(fake, "/api/jobs/nothing.json") == 404
    text = fake.timeline().svg(tmp_path / "timeline.svg")
    assert (tmp_path / "timeline.svg").read_text(encoding="utf-8") == text
    assert fake.timeline().svg(str(tmp_path / "again.svg")) == text == (tmp_path / "again.svg").read_text(encoding="utf-8")
    root = fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert {"1 job, 2 calls", key, "books", "finished", "60 s", "now 100 s", "90 s"} <= set(texts(root))
    assert told(root) == [
        "7/1/1 books\nscheduled at 0 s\nstarted at 5 s\nended at 65 s\nfinished\ntags: nightly",
        "0 s: POST run 200 [7/1/1]",
        "100 s: GET /api/jobs/nothing.json 404",
    ]
    pending, running = bars(root)
    assert (pending["fill"], running["fill"], "fill-opacity" in pending, "fill-opacity" in running) == (GREEN, GREEN, True, False)
    assert float(pending["x"]) + float(pending["width"]) == pytest.approx(float(running["x"]), abs=0.2)
    assert float(running["width"]) == pytest.approx(12 * float(pending["width"]), rel=0.02)
    assert [tick.get("fill") == RED for tick in ticks(root)] == [False, True]


@pytest.mark.parametrize(
    ("state", "colour"),
    [
        pytest.param({"state": "pending"}, FADED, id="pending"),
        pytest.param({"state": "running"}, BLUE, id="running"),
        pytest.param({"state": "finished", "close_reason": ""}, GREEN, id="no reason"),
        pytest.param({"state": "finished", "close_reason": "finished"}, GREEN, id="finished"),
        pytest.param({"state": "finished", "close_reason": "cancelled"}, AMBER, id="cancelled"),
        pytest.param({"state": "finished", "close_reason": "cancel_timeout"}, AMBER, id="cancel_timeout"),
        pytest.param({"state": "deleted", "close_reason": "failed"}, RED, id="deleted"),
    ],
)
def test_a_bar_has_the_colour_of_its_end(fake: FakeJobs, state: dict[str, Any], colour: str) -> None:
    """Born in a state, a job has no times but that one; it is seen all the same."""
    fake.add_job("books", project=7, **state)
    root = drawn(fake.timeline())
    (bar,) = bars(root)
    assert bar["fill"] == colour
    assert float(bar["width"]) > 0
    assert (len(root.findall(f"{SVG}g/{SVG}line")) == 2) == (state["state"] == "deleted")


@pytest.mark.parametrize(
    ("running", "said", "reach"),
    [
        pytest.param(60, "ends at 60 s", 60, id="near"),
        pytest.param(86400, "ends at 24 h", 20, id="far"),
        pytest.param(None, "running", 10, id="never"),
    ],
)
def test_what_is_due_is_outlined_but_never_squeezes_what_was(fake: FakeJobs, running: int | None, said: str, reach: int) -> None:
    fake.pace(running=running)
    fake.add_job("books", project=7)
    fake.advance(seconds=10 if reach != 60 else 40)
    root = drawn(fake.timeline())
    assert said in texts(root)
    solid, *outlines = bars(root)
    past = float(solid["width"])
    assert len(outlines) == (running is not None)
    if outlines:
        assert outlines[0]["fill"] == "none"
        assert float(outlines[0]["width"]) == pytest.approx(past * (reach - 40) / 40 if reach == 60 else past, abs=0.3)


@pytest.mark.parametrize("count", [0, 1, 26, 81, 200], ids=str)
def test_everything_stays_within_the_picture_and_apart(fake: FakeJobs, count: int) -> None:
    fake.pace(pending=3, running=40)
    for _ in range(count):
        fake.add_job("books", project=7)
        fake.advance(seconds=7)
    root = drawn(fake.timeline())
    height = float(root.attrib["height"])
    for shape in root.iter():
        numbers = {
            name: float(value) for name, value in shape.attrib.items() if name in ("x", "y", "x1", "x2", "y1", "y2", "width", "height")
        }
        assert all(0 <= value <= WIDTH for name, value in numbers.items() if name in ("x", "x1", "x2"))
        assert all(0 <= value <= height for name, value in numbers.items() if name in ("y", "y1", "y2"))
        assert numbers.get("x", 0) + numbers.get("width", 0) <= WIDTH
    names = [float(text.attrib["y"]) for text in root.iter(f"{SVG}text") if text.text == "books"]
    size = min((float(text.attrib["font-size"]) for text in root.iter(f"{SVG}text") if text.text == "books"), default=0)
    assert len(names) == count
    assert all(below - above >= size for above, below in pairwise(names))
    assert ("no jobs" in texts(root)) == (count == 0)


def test_what_others_wrote_stays_text(fake: FakeJobs) -> None:
    fake.add_job(HOSTILE, project=7, tags=[HOSTILE], state="finished", close_reason=HOSTILE)
    Client(fake.app).open("/api/%3Cscript%3E%01", method="<X>\x02", headers=AUTH)
    text = fake.timeline().svg()
    root = fromstring(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "rect", "line", "text", "g"}
    assert not {name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name}
    assert "<script" not in text
    assert text.replace("\n", "").isprintable()
    job, call = told(root)
    assert "<script>alert(" in job
    assert "<X>" in call
    assert "]]><!--" not in str(texts(root))


def test_the_same_timeline_is_drawn_the_same(fake: FakeJobs) -> None:
    def live(one: FakeJobs) -> Timeline:
        one.pace(pending=1, running=9)
        for name in ("a", "b"):
            run(one, spider=name)
        one.advance(seconds=5)
        return one.timeline()

    with FakeJobs(clock=ManualClock(START)) as other:
        assert live(fake).svg() == live(other).svg()


def test_many_calls_at_a_time_become_one_tick(fake: FakeJobs) -> None:
    for _ in range(20):
        ask(fake, "/api/jobs/count.json?project=7")
    fake.advance(seconds=60)
    ask(fake, "/api/jobs/count.json?project=7")
    first, last = ticks(drawn(fake.timeline()))
    assert float(first.attrib["height"]) > float(last.attrib["height"])
    said = (first[0].text or "").splitlines()
    assert (len(said), said[0], said[-1]) == (9, "0 s: GET jobs/count 200", "and 12 more")


def test_of_very_many_jobs_the_last_are_drawn(fake: FakeJobs) -> None:
    with behind(fake).cloud.realm.all_or_nothing():
        for _ in range(MOST_ROWS + 3):
            fake.add_job("books", project=7)
    root = drawn(fake.timeline())
    assert len(root.findall(f"{SVG}g")) == MOST_ROWS
    assert texts(root)[1].endswith("; the first 3 jobs are not drawn")
    assert texts(root)[0] == f"{MOST_ROWS + 3} jobs, 0 calls"
    assert len(lines(fake.timeline())) == MOST_ROWS + 6


@pytest.mark.parametrize("length", [1, 7, 999, 59_999, 3_600_000, 10**9, 10**11, 2 * 10**14], ids=str)
def test_the_axis_has_a_handful_of_lines(length: int) -> None:
    step = next(step for step in STEPS if length <= step * LINES)
    assert list(STEPS) == sorted(STEPS)
    assert length // step >= (1 if length < 3 else 3)


def test_times_that_a_seed_gave_in_no_order(fake: FakeJobs) -> None:
    fake.add_job("books", project=7, state="finished", pending_time=at(50), running_time=at(20), finished_time=at(10), deleted_time=at(5))
    fake.add_job("books", project=7, state="running", running_time=at(600), finished_time=at(30))
    root = drawn(fake.timeline())
    assert all(float(bar["width"]) > 0 for place in (0, 1) for bar in bars(root, place))
    assert "10 min" in texts(root)
    assert fake.timeline().start == START


# ------------------------------------------------------------ where the clock stands


@pytest.mark.parametrize(
    ("rule", "advance", "expected"),
    [
        pytest.param(None, 0.25, "clock: 2026-11-24T10:00:00.250Z (manual, moved by 0.25 s); nothing is due", id="nothing"),
        pytest.param(
            {"pending": 5},
            3,
            "clock: 2026-11-24T10:00:03Z (manual, moved by 3 s); next due: 7/1/1 starts in 2 s",
            id="start",
        ),
        pytest.param(
            {"running": 60},
            15,
            "clock: 2026-11-24T10:00:15Z (manual, moved by 15 s); next due: 7/1/1 ends in 45 s",
            id="end",
        ),
    ],
)
def test_the_line_about_the_clock(fake: FakeJobs, rule: dict[str, Any] | None, advance: float, expected: str) -> None:
    if rule is not None:
        fake.pace(**rule)
    fake.add_job("books", project=7)
    fake.advance(seconds=advance)
    assert clock_line(behind(fake).cloud, behind(fake).clock_mode) == expected


def test_the_line_about_the_clock_where_units_are_limited(fake: FakeJobs) -> None:
    fake.add_project(7, units=1)
    fake.pace(pending=5)
    fake.add_job("books", project=7)
    assert clock_line(behind(fake).cloud, "poll") == "clock: 2026-11-24T10:00:00Z (poll, has not moved); next due: 7/1/1 may start in 5 s"


# ------------------------------------------------------------ through the control door


def test_the_control_door_answers_the_data(fake: FakeJobs) -> None:
    fake.pace(pending=5, running=60)
    key = run(fake, spider="books")
    fake.advance(seconds=10)
    answer = Client(fake.app).post("/__fakejobs__/timeline", base_url="http://127.0.0.1:6805")
    start = int(START.timestamp() * 1000)
    assert answer.status_code == 200
    call = {"time": start, "method": "POST", "path": "/api/run.json", "endpoint": "run", "status": 200, "job_keys": [key]}
    assert answer.json == {
        "now": start + 10_000,
        "jobs": [
            {
                "key": key,
                "spider": "books",
                "state": "running",
                "close_reason": None,
                "tags": [],
                "scheduled": start,
                "started": start + 5_000,
                "ended": None,
                "deleted": None,
                "cancel_requested": False,
                "waits_for_units": False,
                "due": start + 65_000,
                "next": "ends",
            }
        ],
        "calls": [{**call, "has_failed": False}],
    }


def test_a_callable_that_fails_says_so_where_the_timeline_is_asked_for(fake: FakeJobs) -> None:
    fake.pace(running=lambda job: "soon")  # type: ignore[arg-type,return-value]
    fake.add_job("books", project=7)
    with pytest.raises(RuntimeError, match="soon"):
        fake.timeline()
