"""The official client's batch writer: it tries a refused write again for some thirty hours, in a thread of its own.

Whoever flushes or closes such a writer waits all that time. So the first refusal ends the test, and says what was refused.
"""

from __future__ import annotations

import sys
from pathlib import PurePath
from types import FrameType
from urllib.parse import parse_qs

_AGENT = "python-scrapinghub"
_MODULE, _FUNCTION = "batchuploader.py", "_tryupload"


def is_batch_write(method: str, query: str, encoding: str | None, agent: str | None) -> bool:
    """Say whether a request is one of the official client's batch writer.

    query: its query string. encoding, agent: its headers Content-Encoding, which no other official writer sends, and User-Agent.
    A client that goes by another name is known by its thread, where that is one of this process.
    """
    if method != "POST" or encoding is None or "start" not in parse_qs(query, keep_blank_values=True):
        return False
    return (agent or "").startswith(_AGENT) or any(map(_uploads, sys._current_frames().values()))  # noqa: SLF001


def _uploads(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == _FUNCTION and PurePath(frame.f_code.co_filename).name == _MODULE:
            return True
        frame = frame.f_back
    return False


def told_of_refused_write(path: str, endpoint: str | None, answer: str) -> str:
    """Return what is said of a batch writer's refused write.

    endpoint: whose path it is, if there is one. answer: what it got, with what is known of why.
    """
    about = "" if endpoint is None else f"{endpoint!r}, "
    return (
        f"the official client's batch writer was refused: POST {path} -> {answer}\n"
        "  why: it tries every refused write again, for some 30 hours, so the first refusal ends the test\n"
        "  mend what the refusal names; or, if your code is to meet a refusal, declare one:\n"
        f"    fakejobs.fail({about}status=403)"
    )
