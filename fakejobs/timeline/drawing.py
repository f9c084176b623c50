"""A timeline as an SVG: a bar a job, pending light and running solid, coloured by how it ended; calls as ticks below.

The picture has its own background, no script, no style sheet and nothing from elsewhere, and is the same for the same
timeline. What others wrote stands in it as text only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fakejobs.domain.lifecycle import JobState
from fakejobs.timeline.lives import Life, Story, Tick
from fakejobs.timeline.words import DAY, FINISHED, HOUR, MINUTE, label, plain, span, stamp, standing, width

MOST_ROWS = 1000
"""Jobs that a picture shows, the latest ones."""
WIDTH, MARGIN, GAP = 1000, 24, 14
HEAD, LANE, FOOT = 96, 40, 34
"""Height of what stands above the jobs, of the calls, and of the axis below."""
TALL, SMALL = ((25, 28, 12.0), (80, 20, 11.0)), (14, 9.0)
"""Up to so many jobs: height of a row, size of its letters; and those of longer pictures."""
LETTER = 0.6
"""Width of a letter in its size, on the generous side: nobody measures here."""
COLUMN = 3
"""Width of the calls that are drawn as one tick."""
NAMED = 8
"""Calls that a tick names when it is pointed at."""
LINES = 8
"""Lines that the time axis has at most, but for the one at its start."""

PAPER, FRAME, STRIPE, GRID = "#fcfcfb", "#d9dce1", "#f2f4f6", "#dde1e6"
INK, FADED, NOW = "#1f2933", "#66717e", "#c2255c"
GREEN, AMBER, RED, BLUE, GREY = "#2b8a5f", "#b8711a", "#c8414b", "#3478b8", "#8b96a5"
LEGEND = (("pending", GREY), ("running", BLUE), (FINISHED, GREEN), ("cancelled", AMBER), ("other reason", RED))
CANCELLED = ("cancelled", "cancel_timeout")
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"

STEPS = (
    *(digit * size for size in (1, 10, 100) for digit in (1, 2, 5)),
    *(1000 * seconds for seconds in (1, 2, 5, 10, 15, 30)),
    *(MINUTE * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(HOUR * hours for hours in (1, 2, 3, 6, 12)),
    *(DAY * digit * 10**power for power in range(8) for digit in (1, 2, 5)),
)
"""Milliseconds that may lie between two lines of the time axis."""


def draw(timeline: Story) -> str:
    """Return a timeline as the text of an SVG file."""
    root = _Picture(timeline).element()
    indent(root, " ")
    return tostring(root, encoding="unicode") + "\n"


@dataclass(frozen=True, slots=True)
class _Axis:
    """Where moments lie, given in milliseconds from the start; end is never 0."""

    left: float
    right: float
    end: int

    def x(self, after: int) -> float:
        """Return where a moment lies, one beyond the axis at its end."""
        return self.left + (self.right - self.left) * min(max(after, 0), self.end) / self.end

    def lines(self) -> list[int]:
        """Return where lines are drawn."""
        step = next(step for step in STEPS if self.end <= step * LINES)
        return list(range(0, self.end + 1, step))


class _Picture:
    """One drawing of one timeline."""

    def __init__(self, timeline: Story) -> None:
        self.timeline = timeline
        self.jobs = timeline.jobs[-MOST_ROWS:]
        self.row, self.letters = next((tall[1:] for tall in TALL if len(self.jobs) <= tall[0]), SMALL)
        self.names = [(life.key, plain(life.spider, 26)) for life in self.jobs]
        self.ends = [label(timeline, life) for life in self.jobs]
        key_width = max((self._width(key) for key, _ in self.names), default=0)
        name_width = max((self._width(name) for _, name in self.names), default=0)
        end_width = max((self._width(end) for end in self.ends), default=0)
        self.name_x = MARGIN + key_width + GAP / 2
        self.axis = _Axis(round(self.name_x + name_width + GAP, 1), round(WIDTH - MARGIN - end_width - GAP, 1), _end(timeline))
        self.bottom = HEAD + self.row * max(1, len(self.jobs))
        self.height = self.bottom + LANE + FOOT

    def element(self) -> Element:
        """Return the root of the picture."""
        size = {"width": str(WIDTH), "height": str(self.height), "viewBox": f"0 0 {WIDTH} {self.height}"}
        title = _title(self.timeline)
        root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img", "font-family": SANS, "fill": INK})
        SubElement(root, "title").text = title
        _rect(root, 0.5, 0.5, WIDTH - 1, self.height - 1, PAPER, rx="8", stroke=FRAME)
        self._head(root, title)
        self._stripes(root)
        self._grid(root)
        for place in range(len(self.jobs)):
            self._job(root, place)
        if not self.jobs:
            _text(root, (self.axis.left + self.axis.right) / 2, HEAD + self.row / 2 + 4, "no jobs", 12, FADED, anchor="middle")
        self._calls(root)
        self._now(root)
        return root

    def _width(self, text: str) -> float:
        return width(text) * self.letters * LETTER

    # ------------------------------------------------------------ around the jobs

    def _head(self, root: Element, title: str) -> None:
        left_out = len(self.timeline.jobs) - len(self.jobs)
        where = f"from {stamp(self.timeline.start)} to {stamp(self.timeline.now)}"
        _text(root, MARGIN, 32, title, 15, INK, weight="600")
        _text(root, MARGIN, 50, where + (f"; the first {left_out} jobs are not drawn" if left_out else ""), 11, FADED)
        x = WIDTH - MARGIN - sum(22 + len(name) * 11 * LETTER for name, _ in LEGEND) + 8
        for name, colour in LEGEND:
            _rect(root, x, 23, 10, 10, colour, rx="2", opacity=0.35 if name == "pending" else 1)
            _text(root, x + 14, 32, name, 11, FADED)
            x += 22 + len(name) * 11 * LETTER

    def _stripes(self, root: Element) -> None:
        for place in range(0, len(self.jobs), 2):
            _rect(root, MARGIN - 8, HEAD + place * self.row, WIDTH - 2 * MARGIN + 16, self.row, STRIPE)

    def _grid(self, root: Element) -> None:
        now = self._x(self.timeline.now)
        for after in self.axis.lines():
            x = self.axis.x(after)
            _line(root, x, HEAD - 4, x, self.bottom + LANE, GRID)
            hidden = abs(x - now) < 24  # by the line that says now
            for y in (self.bottom + LANE + 16,) if hidden else (HEAD - 10, self.bottom + LANE + 16):
                _text(root, x, y, "0" if after == 0 else span(after), 10, FADED, anchor="middle")
        _line(root, self.axis.left, self.bottom + LANE, self.axis.right, self.bottom + LANE, GREY)

    def _now(self, root: Element) -> None:
        x = self._x(self.timeline.now)
        _line(root, x, HEAD - 22, x, self.bottom + LANE, NOW, dash="4 3")
        _text(root, x, HEAD - 26, f"now {span(self.timeline.after(self.timeline.now))}", 10, NOW, anchor="middle", weight="600")

    # ------------------------------------------------------------ jobs

    def _job(self, root: Element, place: int) -> None:
        life, (key, name) = self.jobs[place], self.names[place]
        top = HEAD + place * self.row
        base = top + self.row / 2 + self.letters * 0.36
        group = SubElement(root, "g")
        SubElement(group, "title").text = "\n".join(self._told(life))
        _text(group, MARGIN, base, key, self.letters * 0.95, FADED, family=MONO)
        _text(group, self.name_x, base, name, self.letters, INK)
        colour = _colour(life)
        self._bar(group, life, top + self.row * 0.2, self.row * 0.6, colour)
        _text(group, self.axis.right + GAP, base, self.ends[place], self.letters, colour if life.next or not _is_active(life) else FADED)

    def _bar(self, group: Element, life: Life, top: float, height: float, colour: str) -> None:
        over = self.timeline.now if _is_active(life) else life.ended or life.deleted
        waited = self._part(group, life.scheduled, life.started or over, top, height, colour, light=True)
        ran = self._part(group, life.started, over, top, height, colour)
        if ran and life.started is not None and over is not None and self.row >= TALL[1][1]:
            self._inscribe(group, life.started, over, top + height / 2)
        if not ran and not (waited and _is_active(life)):
            last = life.moments[-1] if over is None else over
            _rect(group, self._x(last) - 1.5, top, 3, height, colour, rx="1.5")
        if life.due is not None and life.due > self.timeline.now:
            now, due = self._x(self.timeline.now), self._x(life.due)
            if due > now:
                _rect(group, now, top + 0.5, due - now, height - 1, "none", stroke=colour, dash="3 2", rx="2")
        if life.deleted is not None and life.state is JobState.DELETED:
            self._cross(group, life, self._x(life.deleted), top + height / 2, height * 0.3)

    def _part(
        self, group: Element, start: datetime | None, end: datetime | None, top: float, height: float, colour: str, *, light: bool = False
    ) -> bool:
        """Draw a part of a bar and say whether there was any."""
        if start is None or end is None or end <= start:
            return False
        left, right = self._x(start), self._x(end)
        _rect(group, left, top, max(right - left, 1.5), height, colour, rx="2", opacity=0.35 if light else 1)
        return True

    def _inscribe(self, group: Element, start: datetime, end: datetime, middle: float) -> None:
        left, right, size = self._x(start), self._x(end), self.letters * 0.85
        length = span(self.timeline.after(end) - self.timeline.after(start))
        if right - left > width(length) * size * LETTER + 10:
            _text(group, (left + right) / 2, middle + size * 0.36, length, size, "#ffffff", anchor="middle")

    def _cross(self, group: Element, life: Life, x: float, y: float, arm: float) -> None:
        if life.ended is not None and life.deleted is not None and life.deleted > life.ended:
            _line(group, self._x(life.ended), y, x - arm, y, GREY, dash="1 2")
        _line(group, x - arm, y - arm, x + arm, y + arm, FADED, thick=1.5)
        _line(group, x - arm, y + arm, x + arm, y - arm, FADED, thick=1.5)

    def _told(self, life: Life) -> Iterator[str]:
        yield f"{life.key} {plain(life.spider, 200)}"
        for name in ("scheduled", "started", "ended", "deleted"):
            moment = getattr(life, name)
            if moment is not None:
                yield f"{name} at {span(self.timeline.after(moment))}"
        yield standing(self.timeline, life, most=200)
        if life.tags:
            yield f"tags: {plain(', '.join(life.tags), 200)}"

    def _x(self, moment: datetime) -> float:
        return self.axis.x(self.timeline.after(moment))

    # ------------------------------------------------------------ calls

    def _calls(self, root: Element) -> None:
        _text(root, self.axis.left - GAP, self.bottom + LANE - 8, "calls", 11, FADED, anchor="end")
        columns: dict[int, list[Tick]] = {}
        for call in self.timeline.calls:
            columns.setdefault(int((self._x(call.time) - self.axis.left) // COLUMN), []).append(call)
        most = max(map(len, columns.values()), default=1)
        for _, calls in sorted(columns.items()):
            high = 12 + (LANE - 18) * (len(calls) - 1) / max(1, most - 1)
            refused = any(call.is_refused or call.has_failed for call in calls)
            tick = _rect(root, self._x(calls[0].time) - 0.9, self.bottom + LANE - high, 1.8, high, RED if refused else INK, opacity=0.8)
            SubElement(tick, "title").text = "\n".join(self._named(calls))

    def _named(self, calls: list[Tick]) -> Iterator[str]:
        for call in calls[:NAMED]:
            answer = _answer_to(call)
            jobs = f" [{', '.join(call.job_keys[:3])}{', ...' if len(call.job_keys) > 3 else ''}]" if call.job_keys else ""
            what = call.endpoint or plain(call.path, 80)
            yield f"{span(self.timeline.after(call.time))}: {plain(call.method, 20)} {what} {answer}{jobs}"
        if len(calls) > NAMED:
            yield f"and {len(calls) - NAMED} more"


def _answer_to(call: Tick) -> str:
    if call.status is None:
        return "lost" if call.has_failed else "in progress"
    return f"{call.status}{' (a fault)' if call.has_failed else ''}"


def _end(timeline: Story) -> int:
    """Return where the axis ends: at the last moment, or at the last due one, but then not more than twice as far."""
    past = [timeline.now, *(moment for job in timeline.jobs for moment in job.moments), *(call.time for call in timeline.calls)]
    last = timeline.after(max(past))
    due = max((timeline.after(job.due) for job in timeline.jobs if job.due is not None), default=0)
    return max(last, due if last == 0 else min(due, 2 * last)) or 1000


def _title(timeline: Story) -> str:
    jobs, calls = len(timeline.jobs), len(timeline.calls)
    return f"{jobs} job{'' if jobs == 1 else 's'}, {calls} call{'' if calls == 1 else 's'}"


def _is_active(life: Life) -> bool:
    return life.state in (JobState.PENDING, JobState.RUNNING)


def _colour(life: Life) -> str:
    if life.state is JobState.PENDING:
        return FADED
    if life.state is JobState.RUNNING:
        return BLUE
    if life.close_reason in (None, "", FINISHED):
        return GREEN
    return AMBER if life.close_reason in CANCELLED else RED


# ------------------------------------------------------------ shapes


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _rect(
    parent: Element,
    x: float,
    y: float,
    wide: float,
    high: float,
    fill: str,
    *,
    rx: str | None = None,
    opacity: float = 1,
    stroke: str | None = None,
    dash: str | None = None,
) -> Element:
    place = {"x": _number(x), "y": _number(y), "width": _number(wide), "height": _number(high), "fill": fill}
    extra = {"rx": rx, "stroke": stroke, "stroke-dasharray": dash, "fill-opacity": None if opacity == 1 else str(opacity)}
    return SubElement(parent, "rect", {**place, **{name: value for name, value in extra.items() if value is not None}})


def _line(parent: Element, x1: float, y1: float, x2: float, y2: float, stroke: str, *, dash: str | None = None, thick: float = 1) -> None:
    place = {"x1": _number(x1), "y1": _number(y1), "x2": _number(x2), "y2": _number(y2), "stroke": stroke, "stroke-width": _number(thick)}
    SubElement(parent, "line", {**place, **({} if dash is None else {"stroke-dasharray": dash})})


def _text(
    parent: Element,
    x: float,
    y: float,
    text: str,
    size: float,
    fill: str,
    *,
    anchor: str | None = None,
    weight: str | None = None,
    family: str | None = None,
) -> None:
    place = {"x": _number(x), "y": _number(y), "font-size": _number(size), "fill": fill}
    extra = {"text-anchor": anchor, "font-weight": weight, "font-family": family}
    SubElement(parent, "text", {**place, **{name: value for name, value in extra.items() if value is not None}}).text = text
