"""The threads of a listener, which start also while a test has put something in place of threading.Thread or its methods.

What they are made of is bound at import. A class that stands in for threading.Thread and is one, such as gevent's, is made use of.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import Thread
from typing import Any

start, join, is_alive = Thread.start, Thread.join, Thread.is_alive


def new_thread(name: str, target: Callable[..., object], *args: Any) -> Thread:
    """Return a thread that does not keep the process alive, and has not been started."""
    kind: object = threading.Thread
    made = kind if isinstance(kind, type) and issubclass(kind, Thread) else Thread
    return made(target=target, args=args, name=name, daemon=True)
