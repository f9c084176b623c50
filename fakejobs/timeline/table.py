"""A timeline as a table: one line a job, a line about the calls."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from fakejobs.timeline.lives import Life, Story, Tick
from fakejobs.timeline.words import cut, plain, span, stamp, standing, width

WIDEST = 120
"""Columns that a line takes at most."""
GAP = "  "
LEAST = 12
"""What is left of a column that is cut."""
SHRINKING = ("tags", "spider", "how it is")
"""The columns that are cut where a line gets too wide, the first of them first."""
ENDPOINTS = 6
"""Endpoints that the line about the calls names."""


def table(timeline: Story) -> str:
    """Return a timeline as text, without a final newline."""
    lines = [f"from {stamp(timeline.start)}, now: {span(timeline.after(timeline.now))}"]
    lines += _lines(timeline) if timeline.jobs else ["there are no jobs"]
    return "\n".join([*lines, _calls(timeline.calls)])


def _lines(timeline: Story) -> list[str]:
    rows = [_row(timeline, life) for life in timeline.jobs]
    names = [name for name in rows[0] if name != "tags" or any(row[name] for row in rows)]
    rows.insert(0, {name: name for name in names})
    widths = {name: max(width(row[name]) for row in rows) for name in names}
    over = sum(widths.values()) + len(GAP) * (len(names) - 1) - WIDEST
    for name in SHRINKING:
        less = max(0, min(over, widths.get(name, 0) - LEAST))
        if less:
            widths[name] -= less
            over -= less
    return [GAP.join(_cell(name, row[name], widths[name]) for name in names).rstrip() for row in rows]


def _row(timeline: Story, life: Life) -> dict[str, str]:
    def when(moment: datetime | None) -> str:
        return "-" if moment is None else span(timeline.after(moment))

    return {
        "job": life.key,
        "spider": plain(life.spider, 40),
        "tags": plain(", ".join(life.tags), 40),
        "scheduled": when(life.scheduled),
        "started": when(life.started),
        "ended": when(life.ended),
        "how it is": standing(timeline, life),
    }


def _cell(name: str, text: str, most: int) -> str:
    text = cut(text, most)
    padding = " " * (most - width(text))
    return padding + text if name in ("scheduled", "started", "ended") else text + padding


def _calls(calls: tuple[Tick, ...]) -> str:
    if not calls:
        return "no client has called"
    counts = Counter("unknown" if call.endpoint is None else call.endpoint for call in calls)
    parts = [f"{count} {name}" for name, count in counts.most_common(ENDPOINTS)]
    if len(counts) > ENDPOINTS:
        parts.append(f"{sum(counts.values()) - sum(count for _, count in counts.most_common(ENDPOINTS))} others")
    counted = {"refused": sum(call.is_refused for call in calls), "failed by a fault": sum(call.has_failed for call in calls)}
    parts = [", ".join(parts), *(f"{count} {what}" for what, count in counted.items() if count)]
    return f"{len(calls)} call{'s' if len(calls) > 1 else ''}: {'; '.join(parts)}"
