"""pycurl under the guard: its classes cannot be changed, so these stand in their place in the module."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from fakejobs.guard.hosts import real_host_of_url
from fakejobs.guard.watcher import Watch


def guarded_curl(real: Any) -> Any:
    """Return a pycurl.Curl that looks at its URL before it goes anywhere.

    Its objects keep attributes of their own behind those of their class: a default of the class would hide what setopt() keeps.
    """
    its_url = sys.modules["pycurl"].URL

    class Curl(real):  # type: ignore[misc]
        __doc__ = real.__doc__

        def setopt(self, option: int, value: Any) -> Any:
            done = super().setopt(option, value)
            if option == its_url:
                self._its_url = value
            return done

        def setopt_string(self, option: int, value: str) -> Any:
            done = super().setopt_string(option, value)
            if option == its_url:
                self._its_url = value
            return done

        def reset(self) -> Any:
            self._its_url = None
            return super().reset()

        def perform(self) -> Any:
            __tracebackhide__ = True
            _stop(self)
            return super().perform()

        def perform_rb(self) -> Any:
            __tracebackhide__ = True
            _stop(self)
            return super().perform_rb()

        def perform_rs(self) -> Any:
            __tracebackhide__ = True
            _stop(self)
            return super().perform_rs()

    return _named_as(Curl, real)


def guarded_multi(real: Any) -> Any:
    """Return a pycurl.CurlMulti that looks at the URLs of what is added to it."""

    class CurlMulti(real):  # type: ignore[misc]
        __doc__ = real.__doc__

        def add_handle(self, handle: Any) -> Any:
            __tracebackhide__ = True
            _stop(handle)
            return super().add_handle(handle)

    return _named_as(CurlMulti, real)


def _named_as(ours: type, real: Any) -> type:
    ours.__name__, ours.__qualname__, ours.__module__ = real.__name__, real.__qualname__, real.__module__
    return ours


def _stop(handle: Any) -> None:
    """End the test if a handle goes to a real host; of one that was made before the guard came, libcurl may know the URL."""
    __tracebackhide__ = True
    url = getattr(handle, "_its_url", None)
    if url is None:
        with suppress(Exception):
            url = handle.getinfo(sys.modules["pycurl"].EFFECTIVE_URL)
    watcher, host = Watch.active, real_host_of_url(url)
    if watcher is not None and host is not None:
        watcher.stop(host)
