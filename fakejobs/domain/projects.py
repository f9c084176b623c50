"""Projects and their spiders: ids by first mention, job numbers that only grow.

Spider ids are 1, 2, … per project in the order in which names are first mentioned. Job numbers count up per spider and
are never given out twice, also not after a deletion or a refusal. A project whose spiders were declared knows no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fakejobs.domain.clock import Millis
from fakejobs.domain.keys import LARGEST
from fakejobs.errors import SpiderNotFound, UsageError

UNDATED = Millis(0)
"""The time of what nobody dated."""


@dataclass(slots=True)
class Spider:
    """A spider of a project.

    last_job: the highest job number given out. declared: whether a test, or an upload, named it as existing. tags: in the order
    of adding. created_time, modified_time: of its first mention and of the last edit of its tags, in milliseconds since the epoch.
    """

    name: str
    spider_id: int
    last_job: int = 0
    declared: bool = False
    tags: tuple[str, ...] = ()
    created_time: Millis = UNDATED
    modified_time: Millis = UNDATED

    def edit_tags(self, add: Iterable[str], remove: Iterable[str], now: Millis) -> None:
        """Remove tags, then add tags at the end, each kept once; no edit at all leaves modified_time as it is."""
        removed, added = set(remove), tuple(add)
        if removed or added:
            self.tags = tuple(dict.fromkeys([*(tag for tag in self.tags if tag not in removed), *added]))
            self.modified_time = now


class Project:
    """The spiders of one project, by name and by id."""

    def __init__(self, project_id: int) -> None:
        self.project_id = project_id
        self._by_name: dict[str, Spider] = {}
        self._by_id: dict[int, Spider] = {}
        self._last_id = 0

    def copy(self) -> Project:
        """Return an independent copy."""
        twin = Project(self.project_id)
        for spider in self:
            twin._keep(replace(spider))
        twin._last_id = self._last_id
        return twin

    def __iter__(self) -> Iterator[Spider]:
        return iter(self._by_name.values())

    def find(self, name: str) -> Spider | None:
        """Return the spider of this name, if it was ever mentioned."""
        return self._by_name.get(name)

    def find_id(self, spider_id: int) -> Spider | None:
        """Return the spider of this id, if there is one."""
        return self._by_id.get(spider_id)

    def mention(self, name: str, spider_id: int | None = None, now: Millis = UNDATED) -> Spider:
        """Return the spider of this name, making it now with the next id, or the one given, if it is new.

        Raises UsageError if the id belongs to another name, or the name to another id.
        """
        known = self._by_name.get(name)
        if known is not None and spider_id in (None, known.spider_id):
            return known
        if known is not None:
            raise UsageError(f"spider {name!r} of project {self.project_id} has id {known.spider_id}, not {spider_id}")
        if spider_id is None:
            spider_id = self._last_id + 1
        if spider_id > LARGEST:
            raise UsageError(f"project {self.project_id} has no spider id left for {name!r}")
        holder = self._by_id.get(spider_id)
        if holder is not None:
            raise UsageError(f"spider id {spider_id} of project {self.project_id} belongs to {holder.name!r}, not {name!r}")
        return self._keep(Spider(name, spider_id, created_time=now, modified_time=now))

    def require(self, name: str) -> None:
        """Raise SpiderNotFound if the project declares its spiders and this is none of them."""
        declared = [spider.name for spider in self if spider.declared]
        if declared and name not in declared:
            raise SpiderNotFound(name, self.project_id, declared)

    def _keep(self, spider: Spider) -> Spider:
        self._by_name[spider.name] = self._by_id[spider.spider_id] = spider
        self._last_id = max(self._last_id, spider.spider_id)
        return spider
