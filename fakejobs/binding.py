"""Arguments and the verb that is given them: a name that it does not take is told, with the one that was meant.

Some doors have a verb's arguments as data, and bind() them. In Python the call itself binds them, and told() words its TypeError.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from types import FunctionType
from typing import Any, ParamSpec, TypeVar

from fakejobs.errors import UsageError, WrongCall
from fakejobs.nearest import hint
from fakejobs.quoting import quoted

__tracebackhide__ = True  # pytest shows the line that calls a verb, not the wrapper around it

P = ParamSpec("P")
T = TypeVar("T")

OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    "args": ("spider_args",),
    "arguments": ("spider_args",),
    "code": ("status",),
    "count": ("times",),
    "exception": ("error",),
    "id": ("key", "job"),
    "job": ("key",),
    "job_id": ("job", "key"),
    "jobid": ("job", "key"),
    "key": ("job",),
    "name": ("spider",),
    "outcome": ("outcomes", "close_reason"),
    "path": ("endpoint",),
    "project_id": ("project",),
    "reason": ("close_reason",),
    "settings": ("job_settings",),
    "spider": ("name",),
    "spider_name": ("spider", "name"),
    "status": ("state",),
    "tag": ("tags", "has_tag", "add"),
    "tags": ("has_tag", "add"),
}
"""What else an argument is called: by the word that people write, the names that verbs have for it, the likelier ones first."""

MOST_NAMES = 6
"""Arguments that are listed when one too many came by position."""


def bind(verb: Callable[..., Any], arguments: Mapping[str, Any]) -> inspect.BoundArguments:
    """Return the arguments of a verb as it is to be called; raises UsageError for one that it does not take, or that it misses.

    What a verb takes as several arguments of one name is a list here.
    """
    signature = inspect.signature(verb)
    takes = signature.parameters
    unknown = _unknown(arguments, takes)
    if unknown is not None:
        raise UsageError(unknown)
    several = next((name for name, parameter in takes.items() if parameter.kind is inspect.Parameter.VAR_POSITIONAL), None)
    listed = arguments.get(several, ()) if several is not None else ()
    if not isinstance(listed, (list, tuple)):
        raise UsageError(f"{several}={quoted(listed)}: give a list")
    try:
        return signature.bind(*listed, **{name: value for name, value in arguments.items() if name != several})
    except TypeError as error:
        raise UsageError(f"{error} (known: {', '.join(takes)})") from None


def told(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function that says which argument was meant, with WrongCall, where Python only says that the one given is wrong."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is not None:  # the function had begun
                raise
            wrong = _worded(function, args, kwargs) or str(error)
        raise WrongCall(wrong)

    return call


def told_verbs(but: Collection[str] = ()) -> Callable[[type[T]], type[T]]:
    """Make a decorator that has all public methods of a class, and of those it is made of, told(), and its making.

    but: names of those that are left as they are.
    """

    def decorated(kind: type[T]) -> type[T]:
        for owner in kind.__mro__[:-1]:
            for name, member in list(vars(owner).items()):
                if isinstance(member, FunctionType) and (name == "__init__" or not name.startswith("_")) and name not in but:
                    setattr(owner, name, told(member))
        return kind

    return decorated


def _worded(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the arguments of a call; None if nothing is."""
    signature = inspect.signature(function)
    takes = dict(signature.parameters)
    if next(iter(takes), "") == "self":
        del takes["self"]
        args = args[1:]
    owner, _, name = function.__qualname__.rpartition(".")
    name = owner if name == "__init__" else name
    places = [word for word, parameter in takes.items() if parameter.kind in _BY_POSITION]
    unknown = _unknown(kwargs, takes)
    if unknown is not None:
        return f"{name}: {unknown}"
    if len(args) > len(places):
        return f"{name}: {_too_many(name, places, takes, args[len(places)])}"
    missing = [word for word in takes if word not in places[: len(args)] and word not in kwargs and _is_needed(takes[word])]
    if missing:
        return f"{name}: which {missing[0]}? give {missing[0]}="
    try:
        signature.replace(parameters=list(takes.values())).bind(*args, **kwargs)
    except TypeError as error:
        return f"{name}: {error}"
    return None


_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _is_needed(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind in (*_BY_POSITION, parameter.KEYWORD_ONLY)


def _unknown(given: Mapping[str, Any], takes: Mapping[str, inspect.Parameter]) -> str | None:
    """Return what to say of the first argument that a verb does not take; None if it takes all."""
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in takes.values()):
        return None
    return next((f"there is no argument {name!r}{_meant(name, takes)}" for name in given if name not in takes), None)


def _meant(name: str, takes: Mapping[str, inspect.Parameter]) -> str:
    """Return what to say behind a name that a verb does not take: its word for that, if it has one, else the nearest name."""
    other = next((word for word in OTHER_WORDS.get(name, ()) if word in takes), None)
    return hint(name, takes) if other is None else f" (did you mean {other!r}?)"


def _too_many(name: str, places: Sequence[str], takes: Mapping[str, inspect.Parameter], extra: object) -> str:
    named = [word for word, parameter in takes.items() if parameter.kind is inspect.Parameter.KEYWORD_ONLY]
    by_name = f"{', '.join(named[:MOST_NAMES])}{', ...' if len(named) > MOST_NAMES else ''}"
    rule = f"{name} takes {', '.join(places) or 'nothing'} by position{f', and by name {by_name}' if named else ''}"
    likely = _likely(named, extra)
    return f"{quoted(extra)} is one too many{f': write {likely}={quoted(extra)}' if likely else ''} ({rule})"


def _likely(named: Sequence[str], extra: object) -> str | None:
    """Return which of the arguments that go by name a value was meant for, where it tells."""
    kinds: dict[str, bool] = {
        "status": type(extra) is int and 300 <= extra < 600,
        "error": extra in ("reset", "close", "timeout", "cut", "stall", "garbage", "malformed", "slow", "refused"),
        "project": isinstance(extra, int) and "running" not in named,
        "running": isinstance(extra, (int, float)),
        "clock": isinstance(extra, str) and extra in ("manual", "sleep", "poll", "real"),
        "seed": isinstance(extra, str) and extra.endswith((".json", ".toml")),
        "add": isinstance(extra, (list, tuple, set)),
    }
    return next((name for name in named if kinds.get(name)), None)
