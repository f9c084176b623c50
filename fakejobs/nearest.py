"""Misspelled words: what was probably meant, or else what is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

NEAR = 0.6
"""How alike two parts of a path are, at least, of which one may be meant by the other; 1 is equal."""


def hint(word: object, known: Iterable[str]) -> str:
    """Return what to say behind a word that is not known: the nearest one that is, or all of them if none is near."""
    near = did_you_mean(word, words := list(known))
    return near or f" (known: {', '.join(words)})"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return a question that names the known word that is nearest to this one, in whatever case; nothing if none is near."""
    found = nearest(word, known)
    return f" (did you mean {found!r}?)" if found is not None else ""


def nearest(word: object, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest to this one, in whatever case; None if none is near."""
    from difflib import get_close_matches  # only a mistake needs it

    if not isinstance(word, str):
        return None
    spelled = {name.lower(): str(name) for name in known}
    found = get_close_matches(word.lower(), spelled, n=1)
    return spelled[found[0]] if found else None


def verb_hint(name: str, verbs: Iterable[str]) -> str:
    """Return what to say behind the name of a verb that is not known: the nearest one; if none is near, those that begin with its word.

    Where verbs begin with the same word, the rest alone tells how near they are: assert_finished is not meant to be assert_scheduled.
    """
    known = list(verbs)
    head = name[: name.find("_") + 1]
    kin = {verb.removeprefix(head): verb for verb in known if head and verb.startswith(head)}
    if not kin:
        return did_you_mean(name, known)
    near = nearest(name.removeprefix(head), kin)
    return f" (did you mean {kin[near]!r}?)" if near is not None else f" (known: {', '.join(kin.values())})"


def nearest_path(path: str, patterns: Iterable[str]) -> str | None:
    """Return the path that is nearest to one that nobody knows, with the values that stand in this; None if none is near.

    patterns: the known ones, with values as `<name>`. A path may lack `/api` at its head, and `.json` or the like at its end.
    """
    given = path.strip("/").split("/")
    best, found = 0.0, None
    for pattern in patterns:
        parts = pattern.strip("/").split("/")
        for told in (given, ["api", *given]):
            likeness = _likeness(told, parts) if len(told) == len(parts) else 0.0
            if likeness > best:
                meant = "/" + "/".join(value if "<" in part else part for value, part in zip(told, parts, strict=True))
                best, found = (likeness, meant) if meant != path else (best, found)
    return found


def _likeness(given: list[str], parts: list[str]) -> float:
    """Return how alike two paths are, as the mean of their fixed parts; 0 if one of these is not near."""
    from difflib import SequenceMatcher

    total, fixed = 0.0, 0
    matcher: SequenceMatcher[Any] = SequenceMatcher(autojunk=False)
    for value, part in zip(given, parts, strict=True):
        if "<" in part:
            continue
        matcher.set_seqs(_stem(value), _stem(part))
        alike = 1.0 if value == part else 0.99 if _stem(value) == _stem(part) else matcher.ratio()
        if alike < NEAR:
            return 0.0
        total, fixed = total + alike, fixed + 1
    return total / fixed if fixed else 0.0


def _stem(part: str) -> str:
    return part.rpartition(".")[0].lower() or part.lower()
