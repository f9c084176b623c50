"""Masks: what stands in place of the keys that a fake knows, in whatever is written down.

A key of 16 characters and more is masked wherever it stands, in every spelling that a client or a message may give it. A
shorter one could be any word, so it is masked where a key belongs: under the names `Authorization`, `apikey` and `api_key`,
and in an `environment`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from operator import is_
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "****"
LONG = 16
"""Characters from which on a key is no word by chance."""

_ENVIRONMENT = "environment"
_BEFORE_KEY = r"""((?:api[_-]?key|authorization)["']?\s*[:=]\s*["']?(?:(?:basic|bearer|token)\s+)?)"""


class Masks:
    """The masks of some keys.

    shown: what stands in place of each key.
    """

    def __init__(self, shown: Mapping[str, str]) -> None:
        by_length = sorted(shown, key=len, reverse=True)  # one key may be a part of another
        self._long = [(spelling, shown[key]) for key in by_length if len(key) >= LONG for spelling in _spellings(key)]
        self._short = {key: shown[key] for key in by_length if 0 < len(key) < LONG}
        words = "|".join(map(re.escape, self._short))
        self._labelled = re.compile(rf"{_BEFORE_KEY}({words})(?![\w-])", re.IGNORECASE) if words else None
        self._plain = () if self._short or not all(map(_is_plain, shown)) else tuple(spelling for spelling, _ in self._long)

    def may_be_in(self, text: str) -> bool:
        """Say whether a key may stand in what was written as one text, so that its parts have to be looked at."""
        return not self._plain or any(spelling in text for spelling in self._plain)

    def text(self, text: str) -> str:
        """Return a text without the keys in it."""
        for spelling, shown in self._long:
            if spelling in text:
                text = text.replace(spelling, shown)
        return text if self._labelled is None else self._labelled.sub(self._unlabelled, text)

    def named(self, name: str, value: Any) -> Any:
        """Return a value that stands under a name, without the keys in it; see value()."""
        if not self._short:
            return self.value(value)
        return self.value(value, whole=_is_place(name), quoted=name == _ENVIRONMENT)

    def value(self, value: Any, *, whole: bool = False, quoted: bool = False) -> Any:
        """Return a value without the keys in it; the texts in lists and mappings are looked at, anything else stays as it is.

        whole: a short key counts, too, if it is all of a text. quoted: and in a JSON text, if it is one of the texts there.
        """
        if isinstance(value, str):
            return self._one(value, whole=whole, quoted=quoted) if whole or quoted else self.text(value)
        if value is None or isinstance(value, (int, float)):
            return value
        if isinstance(value, Mapping):
            return self._mapping(value, whole)
        if type(value) in (list, tuple, set, frozenset):
            inners = [self.value(inner, whole=whole) for inner in value]
            return value if all(map(is_, inners, value)) else type(value)(inners)
        return value

    def _mapping(self, given: Mapping[Any, Any], whole: bool) -> Mapping[Any, Any]:  # see value()
        shown: dict[Any, Any] = {}
        changed = False
        for name, value in given.items():
            name_shown = self.text(name) if isinstance(name, str) else name
            value_shown = self.value(value, whole=whole or (bool(self._short) and _is_place(name)))
            changed = changed or value_shown is not value or name_shown is not name
            shown[name_shown] = value_shown
        return shown if changed else given

    def _one(self, text: str, *, whole: bool, quoted: bool) -> str:
        if whole and text in self._short:
            return self._short[text]
        masked = self.text(text)
        for key, shown in self._short.items() if quoted else ():
            masked = masked.replace(json.dumps(key), json.dumps(shown))
        return masked

    def _unlabelled(self, found: re.Match[str]) -> str:
        shown = self._short.get(found[2])
        return found[0] if shown is None else found[1] + shown


@lru_cache(maxsize=64)
def _spellings(key: str) -> tuple[str, ...]:
    """Return the spellings of a key, each once: as it is, escaped, in a URL, and as the user name of Basic credentials."""
    raw = key.encode("utf-8", "surrogatepass")
    credentials = base64.b64encode(raw + b":").decode()
    escaped = (json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1], repr(key)[1:-1], ascii(key)[1:-1])
    return tuple(dict.fromkeys((key, *escaped, quote(raw, safe=""), quote(raw), quote_plus(raw), credentials)))


def _is_plain(key: str) -> bool:
    """Say whether a key is spelled in one way, whatever text it stands in."""
    return key.isascii() and key.isalnum()


def _is_place(name: object) -> bool:
    """Say whether a key belongs under a name."""
    if not isinstance(name, str):
        return False
    plain = name.lower().replace("_", "").replace("-", "")
    return plain.endswith("apikey") or plain in ("authorization", _ENVIRONMENT)
