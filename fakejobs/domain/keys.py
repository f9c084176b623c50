"""Job keys: project/spider/job, three decimal numbers in one text.

A JobKey is a str, so it compares with what clients return and goes into queries and JSON as it is. It orders by its
numbers: 1/1/9 comes before 1/1/10.
"""

from __future__ import annotations

import re
from typing import Any

LARGEST = 10**18 - 1
"""The largest number in a key: 18 digits, which fit into 64 bits."""

_KEY = re.compile(r"(0|[1-9][0-9]{0,17})/(0|[1-9][0-9]{0,17})/(0|[1-9][0-9]{0,17})")


class JobKey(str):
    """The key of a job, as text that knows its three numbers.

    Raises ValueError for a text that is no key.
    """

    __slots__ = ("job_id", "project_id", "spider_id")

    project_id: int
    spider_id: int
    job_id: int

    def __new__(cls, text: str) -> JobKey:
        found = _KEY.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no job key: three numbers, as in 123/1/2")
        return cls._make(text, int(found[1]), int(found[2]), int(found[3]))

    @classmethod
    def of(cls, project_id: int, spider_id: int, job_id: int) -> JobKey:
        """Return the key with these three numbers."""
        return cls._make(f"{project_id}/{spider_id}/{job_id}", project_id, spider_id, job_id)

    @classmethod
    def _make(cls, text: str, project_id: int, spider_id: int, job_id: int) -> JobKey:
        key = str.__new__(cls, text)
        key.project_id, key.spider_id, key.job_id = project_id, spider_id, job_id
        return key

    @classmethod
    def parse(cls, text: str) -> JobKey | None:
        """Return the key that a text spells, or None."""
        try:
            return cls(text)
        except ValueError:
            return None

    def _numbers(self) -> tuple[int, int, int]:
        return self.project_id, self.spider_id, self.job_id

    def __lt__(self, other: Any) -> bool:
        return self._numbers() < other._numbers() if isinstance(other, JobKey) else str.__lt__(self, other)

    def __le__(self, other: Any) -> bool:
        return self._numbers() <= other._numbers() if isinstance(other, JobKey) else str.__le__(self, other)

    def __gt__(self, other: Any) -> bool:
        return self._numbers() > other._numbers() if isinstance(other, JobKey) else str.__gt__(self, other)

    def __ge__(self, other: Any) -> bool:
        return self._numbers() >= other._numbers() if isinstance(other, JobKey) else str.__ge__(self, other)

    def __repr__(self) -> str:
        return str.__repr__(self)
