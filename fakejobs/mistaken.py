"""What the plugin says of options, markers and settings that are mistaken; loaded only where something is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from fakejobs.domain.clock import CLOCKS
from fakejobs.errors import UsageError
from fakejobs.nearest import did_you_mean, hint
from fakejobs.quoting import quoted


class Marker(Protocol):
    """A marker as pytest has it."""

    @property
    def kwargs(self) -> Mapping[str, object]:
        """What it was given by name."""


def unknown_option(where: str, name: object, known: Sequence[str]) -> UsageError:
    """Return the refusal of an option that there is not. where: what was given it."""
    return UsageError(f"{where} has no option {quoted(name)}{hint(name, known)}")


def option_of_marker(name: str, value: object) -> UsageError:
    """Return the refusal of an option that only the marker takes, since it is about the test and not about its fake."""
    return UsageError(f"{name} is for the marker of a test: write @pytest.mark.fakejobs({name}={quoted(value)})")


def no_options(given: object) -> UsageError:
    """Return the refusal of what `fakejobs_options` gives in place of a dict, with the one that was meant."""
    if given is None:
        legal = 'end it with a return, as in return {"clock": "sleep"}'
    elif isinstance(given, (list, tuple)) and given and all(isinstance(step, Mapping) for step in given):
        legal = f'for a seed return {{"seed": {quoted(given, 60)}}}'
    elif isinstance(given, str):
        legal = f"return {{{_option_of(given)!r}: {given!r}}}"
    else:
        legal = 'return a dict, as in return {"clock": "sleep"}'
    return UsageError(f"the fixture fakejobs_options gives a dict of options, not {quoted(given)}: {legal}")


def positional_marker(given: Sequence[object]) -> UsageError:
    """Return the refusal of a marker whose options have no names."""
    value = given[0]
    name = _option_of(value) if isinstance(value, str) else "seed" if isinstance(value, (list, tuple)) else None
    example = f"{name}={quoted(value)}" if name is not None else f"**{quoted(value)}" if isinstance(value, Mapping) else "clock='sleep'"
    return UsageError(f"@pytest.mark.fakejobs({quoted(value)}) takes keywords: write @pytest.mark.fakejobs({example})")


def idle_marker(test: str, marker: Marker) -> UsageError:
    """Return the refusal of the marker of a test that does not use the fixture."""
    given = ", ".join(f"{name}={quoted(value)}" for name, value in marker.kwargs.items())
    return UsageError(
        f"@pytest.mark.fakejobs({given}) does nothing here: {test} does not use the fixture fakejobs. "
        f"Write def {test}(fakejobs), or add @pytest.mark.usefixtures('fakejobs')"
    )


def wrong_choice(said: str, value: object, known: Iterable[str]) -> str:
    """Return what is said of a setting that is none of those known. said: the setting as it was written."""
    words = list(known)
    return f"{said} is not one of {', '.join(words)}{did_you_mean(value, words)}"


def _option_of(value: str) -> str:
    """Return the option that a text was meant for: the clock, or a file with a seed."""
    return "clock" if value in CLOCKS or did_you_mean(value, CLOCKS) else "seed"
