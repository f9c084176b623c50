"""Every error of fakejobs, in one tree.

    FakeJobsError
    ├── DomainError            a rule of Scrapy Cloud was broken: an exception in Python, an answer on a wire
    │   ├── NotFound           JobNotFound, SpiderNotFound, CollectionNotFound
    │   ├── AlreadyScheduled   the same job is pending or running
    │   ├── IllegalTransition  the life cycle has no such step
    │   └── InvalidValue       a value outside its documented range
    ├── UsageError             the author of the test is mistaken
    │   ├── SeedError          a seed is wrong; says where
    │   └── WrongCall          a verb has no such argument, or misses one; a TypeError, too
    └── RequestError           a request cannot be served as it is
        ├── Unauthenticated    no key, or one that is not known
        ├── ProjectDenied      the key's user may not use the project
        ├── BadParam           a parameter cannot be read
        ├── MissingParam       a required parameter is not there
        ├── BadQuery           the parameters are readable, but do not add up
        ├── BadBody            the body cannot be read
        ├── NoSuchRoute        nobody knows the path
        ├── NotFaked           the real service has the path, fakejobs does not yet
        ├── WrongMethod        the path is known, the method is not
        ├── NotAcceptable      the header Accept and the parameter `format` disagree
        ├── InVain             clients ask and ask, and nothing happens by itself
        └── TooLarge           the body is over the limit; ValueTooLarge: one value in it is

A failed assertion is no FakeJobsError: it is an AssertionError, as pytest and unittest expect. CallableFailed is none either:
the code that failed is the test's own. And Ended is no Exception at all, so that no loop that tries again outlives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any


class FakeJobsError(Exception):
    """Anything that fakejobs raises on purpose."""

    @property
    def answer(self) -> str:
        """What a wire says of it: the message, without what is said to the author of a test alone."""
        return str(self)


class DomainError(FakeJobsError):
    """A rule of Scrapy Cloud was broken."""


class NotFound(DomainError):
    """Something named does not exist."""


class JobNotFound(NotFound):
    """No job has this key. near: what there is in its place; only the author of a test is told."""

    def __init__(self, key: str, near: str = "") -> None:
        super().__init__(f"there is no job {key}{near and f' ({near})'}")
        self._answer = f"there is no job {key}"

    @property
    def answer(self) -> str:
        """What a wire says of it."""
        return self._answer


class SpiderNotFound(NotFound):
    """A project that declares its spiders does not know this one."""

    def __init__(self, spider: str, project: int, known: Iterable[str]) -> None:
        super().__init__(f"project {project} has no spider {spider!r} (declared: {', '.join(sorted(known))})")
        self.spider = spider


class CollectionNotFound(NotFound):
    """Nothing was ever put into a collection, or it has another name now."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown collection {name}")


class AlreadyScheduled(DomainError):
    """The same spider with the same arguments, or a job pushed under the same key, is pending or running."""

    def __init__(self, spider: str, key: str, unique: str | None = None) -> None:
        super().__init__(f"{spider} already scheduled as {key}" if unique is None else f"Active job exists with key {unique}")
        self.spider = spider


class IllegalTransition(DomainError):
    """The life cycle has no such step from the job's state. state, event: which ones, where it is about one job."""

    def __init__(self, message: str, state: str | None = None, event: str | None = None) -> None:
        super().__init__(message)
        self.state = state
        self.event = event


class InvalidValue(DomainError):
    """A value outside the range that Scrapy Cloud documents."""


class UsageError(FakeJobsError):
    """The author of a test asked for something that makes no sense."""


class SeedError(UsageError):
    """A seed cannot be applied; nothing of it was."""


class WrongCall(UsageError, TypeError):
    """A verb was called with an argument that it does not take, or without one that it needs."""


class RequestError(FakeJobsError):
    """A request cannot be served as it is."""


class Unauthenticated(RequestError):
    """No key came with the request, or one that is not known."""

    def __init__(self) -> None:
        super().__init__("Authentication failed")


class ProjectDenied(RequestError):
    """The user of a key may not use a project."""

    def __init__(self, user: str, project: int) -> None:
        super().__init__(f"User '{user}' doesn't have access to project {project}")


class BadParam(RequestError):
    """A parameter has a value that cannot be read. form: what would have been one, where that is known."""

    SHOWN = 200  # characters of a refused value that an answer repeats

    def __init__(self, name: str, value: str, form: str = "") -> None:
        shown = value if len(value) <= self.SHOWN else value[: self.SHOWN] + "..."
        super().__init__(f"invalid value for {name}: {shown}{form and f' ({form})'}")


class MissingParam(RequestError):
    """A required parameter is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"missing '{name}' argument")


class BadQuery(RequestError):
    """The parameters are readable, but do not add up to a request."""


class BadBody(RequestError):
    """The body of a request cannot be read."""


class NoSuchRoute(RequestError):
    """Nobody knows the path: neither the real service nor fakejobs.

    meant: the path that is nearest, if one is near.
    """

    def __init__(self, path: str, meant: str | None = None) -> None:
        super().__init__(f"no such path: {path}{'' if meant is None else f' (did you mean {meant!r}?)'}")


class NotFaked(RequestError):
    """The real service knows the path, fakejobs does not yet."""

    def __init__(self, method: str, route: str, caller: str) -> None:
        super().__init__(f"not faked yet: {method} {route} ({caller})")
        self.route = route


class WrongMethod(RequestError):
    """The path is known, but not with this method."""

    def __init__(self, method: str, path: str, allowed: Iterable[str]) -> None:
        self.allowed = tuple(allowed)
        super().__init__(f"{method} is not allowed for {path} (allowed: {', '.join(self.allowed)})")


class NotAcceptable(RequestError):
    """The header Accept and the parameter `format` disagree. supported: the media types that can be had."""

    def __init__(self, accept: str, form: str, supported: Iterable[str]) -> None:
        super().__init__(
            f"No acceptable content types matching header '{accept}' and format '{form}' "
            f"The following are supported: {', '.join(supported)}"
        )


class InVain(RequestError):
    """Many requests in a row showed a job that is not over, and nothing happened between them."""


class TooLarge(RequestError):
    """The body of a request is over the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the request body is over the limit of {limit} bytes")


class ValueTooLarge(TooLarge):
    """One value in the body of a request is over the limit."""

    def __init__(self, limit: int) -> None:
        RequestError.__init__(self, f"Error parsing data, Serialized value too large - max {limit} bytes")


class Ended(BaseException):
    """The test ends here, by a mistake that its text tells.

    No Exception: code that tries again goes on after any of those, and this one has to end it.
    """


class CallableFailed(RuntimeError):
    """Code of the test's own failed when the fake called it; its cause is what it raised.

    what: what the fake wanted of it. called: the callable, or what it is called. error: what it raised, or what is wrong with
    what it returned.
    """

    def __init__(self, what: str, called: Callable[..., Any] | str, error: BaseException) -> None:
        super().__init__(
            f"{what} failed: {error} ({type(error).__name__} in the test's own {called if isinstance(called, str) else name_of(called)})"
        )


def name_of(called: Callable[..., Any]) -> str:
    """Return the name of a callable, with the file and line where it is written, if that is known."""
    while True:
        inner = called.func if isinstance(called, partial) else getattr(called, "__wrapped__", None)
        if inner is None:
            break
        called = inner
    code = getattr(called, "__code__", None) or getattr(vars(type(called)).get("__call__"), "__code__", None)
    name = getattr(called, "__qualname__", None) or type(called).__qualname__
    return f"{name}, {code.co_filename}:{code.co_firstlineno}" if code is not None else str(name)
