"""A user's own expectations: a pytest_httpserver.HTTPServer that answers first on the socket of a fake.

It contributes its handlers; the socket, its start and its end are the fake's. What no handler matches goes to the fake,
untouched, so `log` and `wait(stop_on_nohandler=True)` never hear of it. Calls that a handler answered are in the journal
like all others, under the endpoint of their method and path.

What went wrong here, and what nobody met, is told when the fake is closed at the latest; see take_failures() and unmet().
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from types import FrameType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pytest_httpserver import HTTPServer, RequestHandler, RequestMatcher
from pytest_httpserver.httpserver import METHOD_ALL, UNDEFINED, HandlerType
from werkzeug import Request, Response

from fakejobs.cloud.keys import Keys
from fakejobs.errors import CallableFailed, Ended, UsageError
from fakejobs.forking import fresh_after_fork
from fakejobs.journal import Call
from fakejobs.own_code import is_own
from fakejobs.quoting import quoted
from fakejobs.web.request import Request as CallRequest
from fakejobs.web.runner import Entry, Log, StartResponse

__tracebackhide__ = True
"""pytest shows the line of the test, not ours, as the place of a mistake."""

NEAREST = 3
"""Calls that are named beside an expectation that nobody met."""
BY = "answered by httpserver"


class Failure(NamedTuple):
    """What a handler or matcher raised, where, and the same as a failure of the test's own code."""

    error: BaseException
    where: str
    failed: CallableFailed


class Stubs(HTTPServer):
    """The expectations of one fake.

    url: the fake's. keys: mask those that came. log: where calls are written down. calls: gives those that came. endpoint_of: the name
    of the endpoint of a method and path, if there is one. broke: told what handlers raise that check() would not: outcomes of pytest,
    and what comes while an answer is streamed.
    """

    def __init__(
        self,
        url: str,
        keys: Keys,
        log: Log,
        broke: Callable[[str, BaseException], None],
        calls: Callable[[], list[Call]],
        endpoint_of: Callable[[str, str], str | None],
    ) -> None:
        place = urlsplit(url)
        super().__init__(host=place.hostname or "", port=place.port or 0)
        self._keys = keys
        self._log = log
        self._broke = broke
        self._made_at: dict[int, str] = {}
        """Where each expectation was written, by the id of its matcher."""
        self._calls = calls
        self._endpoint_of = endpoint_of
        self._failures: list[Failure] = []
        self._misses: dict[RequestHandler, str] = {}
        self._may_stay_unmet = self._is_told = False
        self._choosing = fresh_after_fork(self, "_choosing", threading.Lock)
        self._serving = True

    def start(self) -> None:
        """Do nothing: the fake serves already."""

    def stop(self) -> None:
        """Do nothing: the fake serves until it is closed."""

    def is_running(self) -> bool:
        """Say whether the fake serves."""
        return self._serving

    def end(self) -> None:
        """Take note that the fake is closed."""
        self._serving = False

    def answer(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes] | None:
        """Answer a request that a handler matches; return None for any other, which can then be served as if it were new.

        Matchers and handlers are the user's code: what they raise is kept for check(), and the client gets a 500.
        """
        request = Request(dict(environ), populate_request=False)
        environ["wsgi.input"] = BytesIO(request.get_data())
        response = Response("a handler or matcher failed: httpserver.check() raises why", 500)
        entry: Entry | None = None
        handler: RequestHandler | None = None
        try:
            handler = self._choose(request)
            if handler is None:
                self._note_miss(request)
                return None
            entry = self._arrived(environ)
            answered: Response | str | None = handler.respond(request)
            response = answered if isinstance(answered, Response) else Response(answered or "")
        except AssertionError as error:
            self.add_assertion(error)
            self._failures.append(Failure(error, f"{request.method} {request.path}", _failed(request, handler, error)))
        except Exception as error:  # noqa: BLE001  # it may raise anything
            self.handler_errors.append(error)
            self._failures.append(Failure(error, f"{request.method} {request.path}", _failed(request, handler, error)))
        except (KeyboardInterrupt, SystemExit):
            raise
        except Ended:  # it is told already
            pass
        except BaseException as error:  # noqa: BLE001  # pytest.fail() and its like are no Exceptions
            self._broke(f"{request.method} {request.path}", _failed(request, handler, error))
        entry = entry or self._arrived(environ)
        self.log.append((request, response))
        number, _, entry.reason = response.status.partition(" ")
        entry.status = int(number)
        self._log.complete(entry)
        try:
            chunks = response(environ, start_response)
        except Exception as error:
            raise _failed(request, handler, error) from error
        return _streamed(request, handler, chunks) if response.is_streamed else chunks

    # ------------------------------------------------------------ what went wrong

    def create_matcher(self, *args: Any, **kwargs: Any) -> RequestMatcher:
        """Make the matcher of an expectation; raises UsageError for a path that no request can have."""
        return self._placed(_checked(super().create_matcher(*args, **kwargs)))

    def expect(self, matcher: RequestMatcher, handler_type: HandlerType = HandlerType.PERMANENT) -> RequestHandler:
        """Take in an expectation; raises UsageError for a path that no request can have."""
        return super().expect(self._placed(_checked(matcher)), handler_type)

    def _placed(self, matcher: RequestMatcher) -> RequestMatcher:
        """Keep where an expectation was written, and return its matcher."""
        self._made_at.setdefault(id(matcher), _own_place())
        return matcher

    def take_failures(self) -> list[Failure]:
        """Return what handlers and matchers raised, but for what check() has raised already; once."""
        with self._choosing:
            failures, self._failures = self._failures, []
        kept: list[Failure] = []
        for failure in failures:
            for errors in (self.handler_errors, self.assertions):
                places = [place for place, error in enumerate(errors) if error is failure.error]
                if places:
                    del errors[places[0]]
                    kept.append(failure)
                    break
        return kept

    def take_assertions(self) -> list[str]:
        """Return what else was found wrong, such as a call that came out of order, but for what check() has raised already; once."""
        found, self.assertions = [str(assertion) for assertion in self.assertions], []
        return found

    def unmet(self) -> str:
        """Return which expectations of one call, or of calls in their order, nobody met, and what came instead; "" if all were met."""
        with self._choosing:
            waiting = [("expect_oneshot_request", handler) for handler in self.oneshot_handlers]
            waiting += [("expect_ordered_request", handler) for handler in self.ordered_handlers]
        if not waiting or self._may_stay_unmet:
            return ""
        what = "an expectation was" if len(waiting) == 1 else f"{len(waiting)} expectations were"
        lines = [f"httpserver: {what} not met:"]
        calls = self._calls()
        for verb, handler in waiting:
            place = self._made_at.get(id(handler.matcher))
            at = f"  # {place}" if place else ""
            lines += [f"    {_expectation(verb, handler.matcher)}{at}", *(f"        {line}" for line in self._nearest(handler, calls))]
        return "\n".join([*lines, "(if the call is optional, write expect_request; fakejobs.httpserver.clear() removes all expectations)"])

    def let_unmet(self) -> None:
        """Take note that expectations may stay unmet: the test ends otherwise, before it could meet them."""
        self._may_stay_unmet = True

    def told_beside(self) -> str:
        """Return all that went wrong, as text to stand beside another failure; once."""
        self._may_stay_unmet, self._is_told = self._is_told, True
        texts = [*(f"{failure.failed}" for failure in self.take_failures()), *self.take_assertions(), self.unmet()]
        self._may_stay_unmet = True
        return "\n".join(filter(None, texts))

    def _note_miss(self, request: Request) -> None:
        """Remember how a request that went to the fake differs from an expectation of its path."""
        for handler in [*self.oneshot_handlers, *self.ordered_handlers[:1]]:
            if handler.matcher.match_uri(request):
                found = handler.matcher.difference(request)
                differing = [f"{name}: {quoted(got, 200)} != {quoted(want, 200)}" for name, got, want in found]
                self._misses[handler] = f"{request.method} {request.path} came, but {'; '.join(differing)}"

    def _nearest(self, handler: RequestHandler, calls: list[Call]) -> list[str]:
        from difflib import SequenceMatcher  # only a miss needs it

        missed = self._misses.get(handler)
        if missed is not None:
            return [missed]
        if not calls:
            return ["no client has called at all"]
        wanted = f"{handler.matcher.method} {handler.matcher.uri}"
        unlike = {call.number: 1 - SequenceMatcher(None, wanted, f"{call.method} {call.path}").ratio() for call in calls[-100:]}
        return [f"nearest: {call}" for call in sorted(calls[-100:], key=lambda call: (unlike[call.number], -call.number))[:NEAREST]]

    # ------------------------------------------------------------ inside

    def _arrived(self, environ: dict[str, Any]) -> Entry:
        call = CallRequest(environ)
        entry = Entry(call.method, call.path)
        self._log.arrive(entry)
        entry.params, entry.key = call.params, self._keys.masked(call.key)
        entry.endpoint, entry.headers, entry.why = self._endpoint_of(call.method, call.path), call.headers, BY
        return entry

    def _choose(self, request: Request) -> RequestHandler | None:
        """Return the handler that is to answer; one that answers once is used up by that."""
        with self._choosing:
            if self.ordered_handlers and self.ordered_handlers[0].matcher.match(request):
                handler = self.ordered_handlers.pop(0)
            else:
                once = self.oneshot_handlers.match(request)
                if once is None:
                    return self._choose_permanent(request)
                self.oneshot_handlers.remove(once)
                handler = once
            self._update_waiting_result()
            return handler

    def _choose_permanent(self, request: Request) -> RequestHandler | None:
        """Return the handler that answers for good; a request that an ordered one expects only later is noted, and no more."""
        handler = self.handlers.match(request)
        if handler is None and any(later.matcher.match(request) for later in self.ordered_handlers[1:]):
            self.add_assertion(f"{request!r} came out of order.\n{self.format_matchers()}")
        return handler


def _streamed(request: Request, handler: RequestHandler | None, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Hand on the chunks of an answer that the user's code makes while they leave."""
    try:
        for chunk in chunks:
            yield memoryview(chunk).tobytes()
    except Exception as error:
        raise _failed(request, handler, error) from error
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def _failed(request: Request, handler: RequestHandler | None, error: BaseException) -> CallableFailed:
    """Return that a handler has failed, with its name; a matcher is the user's code, too."""
    called = getattr(handler, "request_handler", None)
    failure = CallableFailed(f"the answer of httpserver to {request.method} {request.path}", called or "matcher", error)
    failure.__cause__ = error
    return failure


def _checked(matcher: RequestMatcher) -> RequestMatcher:
    """Return a matcher whose path a request can have; raises UsageError for any other."""
    uri: object = matcher.uri
    if isinstance(uri, str) and uri:  # an empty one stands for every path
        _check_path(uri)
    return matcher


def _check_path(path: str) -> None:
    """Raise UsageError for a path that no request can have."""
    if re.match(r"[a-z]+://", path):
        right = urlsplit(path).path or "/"
        raise UsageError(f"httpserver: {quoted(path)} is a URL, and a path is wanted: {quoted(right)}")
    if not path.startswith("/"):
        raise UsageError(f"httpserver: no request has the path {quoted(path)}, which lacks its first slash: {quoted(f'/{path}')}")
    if "?" in path:
        right, _, query = path.partition("?")
        raise UsageError(f"httpserver: the query is no part of the path {quoted(path)}: {quoted(right)}, query_string={quoted(query)}")


def _own_place() -> str:
    """Return file and line of the author's code that has called us; nothing if none has."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # inspect.stack() would read every source file
    while frame is not None and not is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _expectation(verb: str, matcher: RequestMatcher) -> str:
    """Return an expectation as the call that made it."""
    words = [quoted(matcher.uri, 200)]
    words += [] if matcher.method == METHOD_ALL else [f"method={quoted(matcher.method)}"]
    given = {"query_string": matcher.query_string, "headers": matcher.headers or None, "data": matcher.data}
    words += [f"{name}={quoted(value, 200)}" for name, value in given.items() if value is not None]
    words += [] if matcher.json is UNDEFINED else [f"json={quoted(matcher.json, 200)}"]
    return f"{verb}({', '.join(words)})"
