"""A user's own expectations: a pytest_httpserver.HTTPServer that answers first on the socket of a fake.

It contributes its handlers; the socket, its start and its end are the fake's. What no handler matches goes to the fake,
untouched, so `log` and `wait(stop_on_nohandler=True)` never hear of it. Calls that a handler answered are in the journal
like all others, under no endpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from pytest_httpserver import HTTPServer, RequestHandler
from werkzeug import Request, Response

from fakejobs.cloud.keys import Keys
from fakejobs.errors import CallableFailed
from fakejobs.forking import fresh_after_fork
from fakejobs.web.request import Request as CallRequest
from fakejobs.web.runner import Entry, Log, StartResponse


class Stubs(HTTPServer):
    """The expectations of one fake.

    url: the fake's. keys: mask those that came. log: where calls are written down. broke: told what handlers raise that check()
    would not: outcomes of pytest, and what comes while an answer is streamed.
    """

    def __init__(self, url: str, keys: Keys, log: Log, broke: Callable[[str, BaseException], None]) -> None:
        place = urlsplit(url)
        super().__init__(host=place.hostname or "", port=place.port or 0)
        self._keys = keys
        self._log = log
        self._broke = broke
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
                return None
            entry = self._arrived(environ)
            answered: Response | str | None = handler.respond(request)
            response = answered if isinstance(answered, Response) else Response(answered or "")
        except AssertionError as error:
            self.add_assertion(error)
        except Exception as error:  # noqa: BLE001  # it may raise anything
            self.handler_errors.append(error)
        except (KeyboardInterrupt, SystemExit):
            raise
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

    def _arrived(self, environ: dict[str, Any]) -> Entry:
        call = CallRequest(environ)
        entry = Entry(call.method, call.path)
        self._log.arrive(entry)
        entry.params, entry.key = call.params, self._keys.masked(call.key)
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
