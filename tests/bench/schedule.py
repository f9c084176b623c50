"""run.json: over a kept-alive connection, and called as WSGI; each beside a one-line form app that is called the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from urllib.parse import urlsplit

from fakejobs import FakeJobs, serve
from tests.bench.opponents import Address, App, form_app, on_bare_h11, on_werkzeug
from tests.bench.row import Row, microseconds
from tests.bench.timing import fastest
from tests.bench.traffic import Client, ask_once, call, run_environ, run_request

CALLS = 250
"""Calls of one run."""
ROUNDS = 12


def rows() -> Iterator[Row]:
    """Measure run.json."""
    yield from _over_the_wire()
    yield _as_wsgi()


def _over_the_wire() -> Iterator[Row]:
    requests = [run_request() for _ in range(CALLS * ROUNDS)]
    with ExitStack() as stack:
        fake = stack.enter_context(serve())
        ours = stack.enter_context(Client(address_of(fake)))
        floor_address = stack.enter_context(on_bare_h11(form_app))
        floor = stack.enter_context(Client(floor_address))
        werkzeug = stack.enter_context(on_werkzeug(form_app))
        taken = fastest(
            {
                "fakejobs": _asking(ours, iter(requests)),
                "h11": _asking(floor, iter(requests)),
                "werkzeug": _asking_once(werkzeug, iter(requests)),
            },
            rounds=ROUNDS,
        )
        floor.close()
    ours_s, h11_s, werkzeug_s = (taken[name] / CALLS for name in ("fakejobs", "h11", "werkzeug"))
    note = f"{microseconds(ours_s)} a call; "
    yield Row("run.json on the wire : form app on werkzeug's server", ours_s / werkzeug_s, 0.75, note=note + microseconds(werkzeug_s))
    yield Row("run.json on the wire : form app on bare h11", ours_s / h11_s, 1.4, note=note + microseconds(h11_s))


def _as_wsgi() -> Row:
    taken = fastest({"fakejobs": _calling(FakeJobs().app), "form": _calling(form_app)}, rounds=ROUNDS)
    ours_s, form_s = taken["fakejobs"] / CALLS, taken["form"] / CALLS
    return Row("run.json as WSGI : form app as WSGI", ours_s / form_s, 2.6, note=f"{microseconds(ours_s)} a call; {microseconds(form_s)}")


def address_of(fake: FakeJobs) -> Address:
    """Return the address that a fake listens on."""
    parts = urlsplit(fake.url)
    return str(parts.hostname), int(parts.port or 0)


def _asking(client: Client, requests: Iterator[bytes]) -> Callable[[], None]:
    def run() -> None:
        for request in islice(requests, CALLS):
            client.ask(request)

    return run


def _asking_once(address: Address, requests: Iterator[bytes]) -> Callable[[], None]:
    def run() -> None:
        for request in islice(requests, CALLS):
            ask_once(address, request)

    return run


def _calling(app: App) -> Callable[[], None]:
    environs = [run_environ() for _ in range(CALLS * ROUNDS)]

    def run() -> None:
        for _ in range(CALLS):
            call(app, environs.pop())

    return run
