"""What the first look at a call and the rules go by alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakejobs.web.endpoint import Endpoint

Match = Callable[[str, str], "tuple[Endpoint[Any], dict[str, Any]]"]
"""Returns the endpoint of a method and path, and the values in the path; raises FakeJobsError if there is none."""

LONG = 1000
"""Rows from which on a list that was read without `count` is found."""
MANY = 20
"""How many equal calls in a row are found."""
ARGUMENTS = ("spider_args", "args")
"""Names under which clients send all arguments of a spider at once."""
