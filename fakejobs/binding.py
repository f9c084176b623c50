"""Arguments that came as data, bound to a verb: a name that the verb does not take is told, with the one that was meant."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from fakejobs.errors import UsageError
from fakejobs.nearest import hint


def bind(verb: Callable[..., Any], arguments: Mapping[str, Any]) -> inspect.BoundArguments:
    """Return the arguments of a verb as it is to be called; raises UsageError for one that it does not take, or that it misses."""
    signature = inspect.signature(verb)
    takes = signature.parameters
    if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in takes.values()):
        for name in arguments:
            if name not in takes:
                raise UsageError(f"there is no argument {name!r}{hint(name, takes)}")
    try:
        return signature.bind(**arguments)
    except TypeError as error:
        raise UsageError(f"{error} (known: {', '.join(takes)})") from None
