"""The headers of a call, credentials masked: kept as they came, and read into a mapping by the first who looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from fakejobs.masking import MASK, Masks

_SECRET = re.compile(r"(^|-)(authorization|cookie|api-?key|key|token|secret|password|auth|credentials?|signature)$", re.IGNORECASE)
"""The names of headers whose values are credentials."""
_SCHEME = re.compile(r"(basic|bearer|token|digest|negotiate)\s+\S", re.IGNORECASE)
_IN_URL = re.compile(r"(?i)((?:^|[?&;])api_?key=)[^&;#\s]+")


class Headers(Mapping[str, str]):
    """The headers of one request, by their names, in any case. What may be a credential is masked.

    came: names, as WSGI spells them, and values. masks: gives what hides the keys that are known.
    """

    __slots__ = ("_came", "_masks", "_shown")

    def __init__(self, came: Sequence[tuple[str, str]], masks: Callable[[], Masks]) -> None:
        self._came = came
        self._masks = masks
        self._shown: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        """Return a header's value; "Content-Type", "content-type" and "CONTENT_TYPE" are the same."""
        return self._read()[_named(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())

    def _read(self) -> dict[str, str]:
        if self._shown is None:
            masks = self._masks()
            pairs = ((_named(name.removeprefix("HTTP_")), value) for name, value in self._came)
            self._shown = {masks.text(name): _masked(masks, name, value) for name, value in pairs}
        return self._shown


def _named(name: object) -> str:
    return str(name).replace("_", "-").title()


def _masked(masks: Masks, name: str, value: str) -> str:
    if _SECRET.search(name) is None:
        shown = masks.named(name, value)
        return _IN_URL.sub(rf"\g<1>{MASK}", str(shown))
    scheme = _SCHEME.match(value) if name.endswith("Authorization") else None
    return MASK if scheme is None else f"{scheme[1]} {MASK}"
