"""How a message shows what somebody gave: every value can be shown, and none without end."""

from __future__ import annotations

MOST = 500
"""Characters of a value that are shown, unless it is said otherwise."""


def quoted(value: object, most: int | None = MOST) -> str:
    """Return a value as Python writes it, cut to a length; of one that cannot be written, only the kind.

    Python refuses to write whole numbers of more than 4,300 digits, also inside lists and objects, and what is nested too deeply.
    most: at most so many characters; None: any number.
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__} that is too large to be shown>"
    return text if most is None or len(text) <= most else f"{text[: most - 3]}..."
