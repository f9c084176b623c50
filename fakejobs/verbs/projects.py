"""The verbs on what a project holds: its spiders and keys, collections, frontiers, activity and settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from fakejobs import arguments
from fakejobs.access import DEFAULT_USER, Account
from fakejobs.cloud import Cloud
from fakejobs.domain.activity import Event
from fakejobs.domain.clock import Millis, as_millis
from fakejobs.domain.collections import TYPES, Row, is_name
from fakejobs.domain.limits import SCAN
from fakejobs.errors import InvalidValue, UsageError
from fakejobs.quoting import MOST, quoted
from fakejobs.verbs.live import Collection, FrontierSlot, Moment, collection_value

STORE = "s"
"""The type of a plain collection."""

Object = Mapping[str, Any]


class ProjectVerbs:
    """What a project holds."""

    _cloud: Cloud

    def add_project(self, project: int, *, units: int | None = None) -> None:
        """Declare a project, so that it is listed before anything is in it.

        units: how many units its running jobs may use; more jobs wait as pending. Default: no limit, or the one it has.
        """
        number = arguments.whole_number("project", project)
        self._cloud.projects.add(number, None if units is None else arguments.whole_number("units", units, least=1))

    def add_spider(
        self,
        name: str,
        *,
        project: int,
        spider_id: int | None = None,
        next_job: int | None = None,
        declared: bool = True,
        tags: Iterable[str] = (),
        created_time: Moment = None,
        modified_time: Moment = None,
    ) -> int:
        """Declare a spider of a project and return its id.

        The first declared spider closes the project: run.json then refuses names that were not declared.
        spider_id: its id in job keys; default: the next free one. next_job: the number of its next job; default: 1, or
        one above its last. declared=False makes the spider known without closing anything. tags: the spider's own, added at
        the end. created_time, modified_time: default now, of a spider that is new.

        Raises UsageError if the id or the name is taken, or if next_job would give a number out twice.
        """
        spider = self._cloud.projects.add_spider(
            arguments.text("name", name),
            arguments.whole_number("project", project),
            spider_id=None if spider_id is None else arguments.whole_number("spider_id", spider_id, least=1),
            last_job=None if next_job is None else arguments.whole_number("next_job", next_job, least=1) - 1,
            declared=arguments.flag("declared", declared),
            tags=arguments.tags_of("tags", tags),
            created=arguments.optional_moment("created_time", created_time),
            modified=arguments.optional_moment("modified_time", modified_time),
        )
        return spider.spider_id

    def update_spider_tags(self, spider: str, *, project: int, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Remove and add tags of a spider; an added tag stands at the end, and once. Raises SpiderNotFound."""
        name, number = arguments.text("spider", spider), arguments.whole_number("project", project)
        self._cloud.projects.edit_tags(name, number, arguments.tags_of("add", add), arguments.tags_of("remove", remove))

    def add_key(self, key: str, *, user: str = DEFAULT_USER, projects: Iterable[int] | None = None) -> None:
        """Declare an API key; the first one closes the door to all other keys but the exported one.

        user: the login it belongs to. projects: the only projects it may use; None: every project.
        """
        key, user = arguments.text("key", key), arguments.text("user", user)
        allowed = None if projects is None else frozenset(arguments.numbers_of("projects", projects))
        self._cloud.keys.declare(key, Account(user, allowed))

    def collection(self, name: str, *, project: int, type: str = STORE) -> Collection:  # noqa: A002  # the wire's word
        """Return a collection as a live mapping of keys to values, sorted by key; assigning writes.

        type: "s", "cs", "vs" or "vcs".
        """
        return Collection(self._cloud, *collection_place(name, project, type))

    def add_collection(self, name: str, *, project: int, type: str = STORE, items: Iterable[Object] = ()) -> Collection:  # noqa: A002
        """Put items, JSON objects with a `_key`, into a collection, and return it; `_ts` is the time of writing, default now."""
        place, now = collection_place(name, project, type), self._cloud.now_ms()
        self._cloud.collections.put_back(*place, [_collection_row(item, now) for item in arguments.listed("items", items, "JSON objects")])
        return Collection(self._cloud, *place)

    def limit_scans(self, rows: int = SCAN) -> None:
        """Let one call of a count, or of a deletion by filter, look at so many rows at most, so that its client has to go on.

        It holds for count and DELETE of collections, and for q/count of frontiers. rows: default 100,000.
        """
        self._cloud.limit_scans(arguments.whole_number("rows", rows, least=1))

    def frontier(self, frontier: str, slot: str, *, project: int) -> FrontierSlot:
        """Return a slot of a frontier as a live sequence of the requests that wait in it, as {"fp", "p", "qdata"}."""
        return FrontierSlot(self._cloud, *_slot_place(frontier, slot, project))

    def add_to_frontier(self, frontier: str, slot: str, *, project: int, requests: Iterable[Object]) -> int:
        """Add requests, mappings with `fp` and maybe qdata, fdata and p, to a slot, and return how many were new."""
        return FrontierSlot(self._cloud, *_slot_place(frontier, slot, project)).add(requests)

    def activity(self, *, project: int) -> list[dict[str, Any]]:
        """Return what happened in a project, newest first: what the service wrote, and what clients did."""
        number = arguments.whole_number("project", project)
        return [deepcopy(dict(event)) for _, event in self._cloud.activity.newest_first(number)]

    def add_activity(self, events: Iterable[Object], *, project: int) -> None:
        """Write events, JSON objects, into the activity of a project, oldest first."""
        number = arguments.whole_number("project", project)
        self._cloud.activity.write(number, [event_of(event) for event in arguments.listed("events", events, "JSON objects")])

    def settings(self, *, project: int) -> dict[str, Any]:
        """Return a copy of the settings of a project."""
        return deepcopy(dict(self._cloud.settings.of(arguments.whole_number("project", project))))

    def update_settings(self, values: Object, *, project: int) -> None:
        """Merge values into the settings of a project."""
        number = arguments.whole_number("project", project)
        self._cloud.settings.update(number, arguments.json_object("values", values))


def event_of(event: object) -> Event:
    """Return an event of a project's activity: a JSON object."""
    if not isinstance(event, Mapping):
        raise UsageError(f"events: {quoted(event)} is no mapping")
    return arguments.json_object("event", event)


def collection_place(name: object, project: object, type_: object) -> tuple[int, str, str]:
    """Return what names a collection: project, type and name."""
    spelled = arguments.text("name", name)
    if not is_name(spelled):
        raise InvalidValue(f"name {quoted(spelled)} has other characters than letters, digits and underscores{_as_name(spelled)}")
    if type_ not in TYPES:
        raise InvalidValue(f"type {quoted(type_)} is not one of {', '.join(TYPES)}")
    return arguments.whole_number("project", project), str(type_), spelled


def _as_name(spelled: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]", "_", spelled)
    return f": write {name!r}" if len(name) <= MOST else ""


def _collection_row(item: object, now: Millis) -> tuple[str, Row]:
    if not isinstance(item, Mapping) or "_key" not in item:
        raise UsageError(f"items: {quoted(item)} is no mapping with a _key")
    key = arguments.text("_key", item["_key"])
    moment = as_millis("_ts", item["_ts"]) if "_ts" in item else now
    return key, Row(moment, collection_value(key, item))


def _slot_place(frontier: object, slot: object, project: object) -> tuple[int, str, str]:
    return arguments.whole_number("project", project), arguments.text("frontier", frontier), arguments.text("slot", slot)
