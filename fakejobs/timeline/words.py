"""How spans, moments, texts of others, and what becomes of a job are written."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from fakejobs.domain.lifecycle import JobState
from fakejobs.timeline.lives import Life, Story

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
FINISHED = "finished"


def span(length: int) -> str:
    """Return a span of so many milliseconds in words: `0.25 s`, `65 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`."""
    if length < 2 * MINUTE:
        return f"{length / SECOND:.3f}".rstrip("0").rstrip(".") + " s"
    for most, large, name, small, small_name in ((2 * HOUR, MINUTE, "min", SECOND, "s"), (2 * DAY, HOUR, "h", MINUTE, "min")):
        if length < most:
            return _two(length, large, name, small, small_name)
    return _two(length, DAY, "d", HOUR, "h")


def stamp(moment: datetime) -> str:
    """Return a UTC moment as `2026-11-24T10:00:00Z`, with milliseconds if it has any."""
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def plain(text: str | None, most: int) -> str:
    """Return a text of others on one line, at most so wide; what cannot be printed is escaped."""
    text = text or ""
    return cut(text if text.isprintable() else ascii(text), most)


def cut(text: str, most: int) -> str:
    """Return a text that is at most so wide; one that is cut ends with `...`."""
    if width(text) <= most:
        return text
    kept, room = "", max(0, most - 3)
    for letter in text:
        room -= width(letter)
        if room < 0:
            break
        kept += letter
    return kept + "..."


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def standing(timeline: Story, life: Life, most: int = 30) -> str:
    """Return what has become of a job, and what is due next; a close reason is at most so wide."""
    ending = FINISHED if life.close_reason in (None, "", FINISHED) else f"{FINISHED} ({plain(life.close_reason, most)})"
    if life.state is JobState.DELETED:
        when = "" if life.deleted is None else f" at {span(timeline.after(life.deleted))}"
        return f"{ending}, deleted{when}" if life.ended is not None else f"deleted{when}"
    if life.state is JobState.FINISHED:
        return ending
    parts = [str(life.state)]
    parts += ["waits for units"] if life.waits_for_units else []
    parts += ["asked to stop"] if life.cancel_requested else []
    parts.append("nothing is due" if life.due is None else f"{life.next} at {span(timeline.after(life.due))}")
    return ", ".join(parts)


def label(timeline: Story, life: Life) -> str:
    """Return the same in two or three words, to stand beside what shows the state already."""
    if life.state in (JobState.FINISHED, JobState.DELETED):
        ending = plain(life.close_reason or FINISHED, 24)
        if life.state is JobState.FINISHED:
            return ending
        return "deleted" if life.ended is None else f"{ending}, deleted"
    return str(life.state) if life.due is None else f"{life.next} at {span(timeline.after(life.due))}"


def _two(length: int, large: int, name: str, small: int, small_name: str) -> str:
    rest = length % large // small
    return f"{length // large} {name}" + (f" {rest} {small_name}" if rest else "")
