"""Projects and their spiders: declared or mentioned, listed, found."""

from __future__ import annotations

from dataclasses import replace

from fakejobs.cloud.realm import Realm
from fakejobs.cloud.units import Units
from fakejobs.domain.clock import Millis
from fakejobs.domain.projects import Spider
from fakejobs.errors import SpiderNotFound, UsageError


class Projects:
    """The projects of a cloud. Spiders are handed out as copies."""

    def __init__(self, realm: Realm, units: Units) -> None:
        self._realm = realm
        self._units = units

    def add(self, project: int, units: int | None = None) -> None:
        """Declare a project. units: how many its running jobs may use; None: the limit that it has, if any."""
        with self._realm.lock:
            self._realm.world.store.add_project(project)
            if units is not None:
                self._units.limit(project, units)

    def numbers(self) -> list[int]:
        """Return the projects that were declared or ever used, in ascending order."""
        with self._realm.lock:
            return sorted(self._realm.world.store.projects)

    # ------------------------------------------------------------ spiders

    def add_spider(
        self,
        name: str,
        project: int,
        *,
        spider_id: int | None = None,
        last_job: int | None = None,
        declared: bool = True,
        tags: tuple[str, ...] = (),
        created: Millis | None = None,
        modified: Millis | None = None,
    ) -> Spider:
        """Make a spider known, and return it.

        declared: whether this closes the project to names that were not declared. last_job: the number that its last job got.
        tags: added at its end. Raises UsageError if the id or the name is taken, or if a job number would be given out twice.
        """
        with self._realm.lock:
            store, now = self._realm.world.store, self._realm.now_ms()
            known = store.find_spider(project, name)
            if last_job is not None and known is not None and last_job < known.last_job:
                raise UsageError(f"next_job={last_job + 1}: spider {name!r} has given out job numbers up to {known.last_job}")
            spider = store.mention(project, name, spider_id, now)
            spider.last_job = spider.last_job if last_job is None else last_job
            spider.declared = spider.declared or declared
            spider.edit_tags(tags, (), now)
            spider.created_time, spider.modified_time = created or spider.created_time, modified or spider.modified_time
            return replace(spider)

    def edit_tags(self, name: str, project: int, add: tuple[str, ...], remove: tuple[str, ...]) -> Spider:
        """Remove and add tags of a spider, and return it; raises SpiderNotFound."""
        with self._realm.lock:
            known = self._realm.world.store.find_spider(project, name)
            if known is None:
                raise SpiderNotFound(name, project, [spider.name for spider in self.spiders(project)])
            known.edit_tags(add, remove, self._realm.now_ms())
            return replace(known)

    def require_spider(self, project: int, name: str) -> None:
        """Raise SpiderNotFound if the project declares its spiders and this is none of them."""
        with self._realm.lock:
            known = self._realm.world.store.projects.get(project)
            if known is not None:
                known.require(name)

    def spiders(self, project: int) -> list[Spider]:
        """Return the spiders of a project, by id; none if the project is not known."""
        with self._realm.lock:
            known = self._realm.world.store.projects.get(project)
            return sorted((replace(spider) for spider in known or ()), key=lambda spider: spider.spider_id)

    def spider_named(self, project: int, name: str) -> Spider | None:
        """Return a spider by its name, or None."""
        with self._realm.lock:
            spider = self._realm.world.store.find_spider(project, name)
            return None if spider is None else replace(spider)

    def spider_of(self, project: int, spider_id: int) -> Spider | None:
        """Return a spider by its id in job keys, or None."""
        with self._realm.lock:
            known = self._realm.world.store.projects.get(project)
            spider = known.find_id(spider_id) if known else None
            return None if spider is None else replace(spider)

    def name_of(self, project: int, spider_id: int) -> str | None:
        """Return the name of a spider by its id in job keys, or None."""
        spider = self.spider_of(project, spider_id)
        return spider.name if spider else None
