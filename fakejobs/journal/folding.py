"""Calls as lines: equal ones that a client makes again and again are one line, or as many as it makes in turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fakejobs.journal.calls import Call

MOST_IN_TURN = 4
"""So many different calls, made in turn, are seen as a round."""
LEAST_ROUNDS = 3
"""So many rounds of several calls are folded; of one call, two are."""


class Line(NamedTuple):
    """A line that stands for one call or for several. matters: whether one of them did something, or was refused."""

    text: str
    matters: bool


def folded(calls: Iterable[Call], *, keys: bool = False) -> list[str]:
    """Return calls as lines; a row of equal ones, such as a client's polls, is one line with its numbers and how many.

    Calls that a client makes in turn, again and again, are a line each. keys: say with which key, masked, each call came.
    """
    return [line.text for line in _lines(list(calls), keys=keys)]


def latest(calls: Iterable[Call], most: int, *, keys: bool = False) -> list[str]:
    """Return the latest lines of folded(), at most so many, and how many are left out.

    Half of them are kept for the calls that did something or were refused, so that polls do not push them out.
    """
    lines = _lines(list(calls), keys=keys)
    if len(lines) <= most:
        return [line.text for line in lines]
    mattering = [place for place, line in enumerate(lines) if line.matters]
    kept = set(mattering[-(most // 2) :])
    for place in reversed(range(len(lines))):
        if len(kept) >= most:
            break
        kept.add(place)
    told: list[str] = []
    before = -1
    for place in sorted(kept):
        if place - before > 1:
            told.append(f"… {place - before - 1} {'earlier' if before < 0 else 'other'} one{'s' if place - before > 2 else ''}")
        told.append(lines[place].text)
        before = place
    return told


def _lines(calls: Sequence[Call], *, keys: bool) -> list[Line]:
    texts = [str(call).partition(" ")[2] + (f" (key {call.key})" if keys and call.key else "") for call in calls]
    lines: list[Line] = []
    place = 0
    while place < len(calls):
        length, rounds = _round_at(texts, place)
        for first in range(place, place + length):
            row = calls[first : place + length * rounds : length]
            lines.append(Line(_told([call.number for call in row], texts[first]), any(map(_matters, row))))
        place += length * rounds
    return lines


def _round_at(texts: Sequence[str], place: int) -> tuple[int, int]:
    """Return of how many calls the round is that begins at a place, and how often it is made in a row."""
    for length in range(1, MOST_IN_TURN + 1):
        rounds = 1
        while texts[place + length * rounds : place + length * (rounds + 1)] == texts[place : place + length]:
            if place + length * (rounds + 1) > len(texts):
                break
            rounds += 1
        if rounds >= (2 if length == 1 else LEAST_ROUNDS):
            return length, rounds
    return 1, 1


def _told(numbers: Sequence[int], text: str) -> str:
    if len(numbers) == 1:
        return f"#{numbers[0]} {text}"
    in_a_row = numbers[-1] - numbers[0] == len(numbers) - 1
    where = f"#{numbers[0]} to #{numbers[-1]}" if in_a_row else f"#{numbers[0]}, #{numbers[1]}, … #{numbers[-1]}"
    return f"{where} {text} ({len(numbers)} times)"


def _matters(call: Call) -> bool:
    return bool(call.orders or call.deeds or call.job_keys or call.failure or call.fault is not None)
