"""What to tell someone whose code called the real service: what happened, where, and the line to write."""

from __future__ import annotations

import linecache
from contextlib import suppress
from types import FrameType

from fakejobs.guard.caller import in_which_thread, own_frames
from fakejobs.guard.holders import holder_of

_LONGEST = 110
_READ = {
    False: 'os.environ.get("SHUB_APIURL", "https://app.zyte.com/api/")',
    True: 'os.environ.get("SHUB_STORAGE", "https://storage.zyte.com/")',
}
"""How code reads its host when it calls, by whether that is a host of the storage."""


def told(host: str, frame: FrameType | None) -> str:
    """Return what to say of a call of a real host. frame: the innermost one of the call."""
    own = own_frames(frame)
    holder = None
    with suppress(Exception):  # what is advised must not hide what happened
        holder = holder_of(host, frame, own)
    if holder is not None:
        takes = " (it takes the fixture monkeypatch)" if holder.line.startswith("monkeypatch.") else ""
        way_out = (f"write in the test{takes}, so that it reaches the fake:", f"  {holder.line}")
    else:
        read = _READ[host.startswith(("storage.", "jobq."))]
        way_out = ("build the client while the fake is there, or let the code read its host when it calls:", f"  {read}")
    return "\n".join(
        (
            f"your code called {host}: its client was built before the fixture, or has a fixed host",
            *place_of(own),
            *way_out,
            "(the ini option fakejobs_guard = false lets such calls through)",
        )
    )


def told_without_a_fake(host: str, frame: FrameType | None, test: str) -> str:
    """Return what to say of a call of a real host where no fake has the environment. test: the name of the present test."""
    name = test.partition("[")[0]
    return "\n".join(
        (
            f"your code called {host}, and no fake stands in for it in this test",
            *place_of(own_frames(frame)),
            "take the fixture, so that it reaches a fake:",
            f"  def {name if name.isidentifier() else 'test_it'}(fakejobs):",
            "(the ini option fakejobs_guard = true guards only tests that have a fake)",
        )
    )


def place_of(own: list[FrameType]) -> list[str]:
    """Return the line that names the place in own code; in a thread that has none, the thread."""
    if not own:
        thread = in_which_thread()
        return [f"  in the thread {thread}, where none of your code runs"] if thread else []
    file, line = own[0].f_code.co_filename, own[0].f_lineno
    source = ""
    with suppress(Exception):  # a test may have replaced what reads files
        source = linecache.getline(file, line).strip()
    if len(source) > _LONGEST:
        source = f"{source[:_LONGEST]}..."
    return [f"  at {file}:{line}{source and f': {source}'}"]
