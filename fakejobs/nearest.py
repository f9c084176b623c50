"""Misspelled words: what was probably meant, or else what is known."""

from __future__ import annotations

from collections.abc import Iterable


def hint(word: object, known: Iterable[str]) -> str:
    """Return what to say behind a word that is not known: the nearest one that is, or all of them if none is near."""
    near = did_you_mean(word, words := list(known))
    return near or f" (known: {', '.join(words)})"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return a question that names the known word that is nearest to this one; nothing if none is near."""
    from difflib import get_close_matches  # only a mistake needs it

    found = get_close_matches(word, list(known), n=1) if isinstance(word, str) else []
    return f" (did you mean {found[0]!r}?)" if found else ""
