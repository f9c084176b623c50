"""The verbs on frontiers, and a slot as tests see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, overload

from fakejobs import arguments
from fakejobs.domain.clock import as_millis
from fakejobs.domain.frontier import PRIORITIES, Batch, Request
from fakejobs.errors import InvalidValue, UsageError

if TYPE_CHECKING:
    from fakejobs.cloud.jobs import JobVerbs

_ID = re.compile(r"[0-9a-f]{3,64}")
_WORDS = frozenset({"fp", "p", "qdata", "fdata"})


class FrontierSlot(Sequence[dict[str, Any]]):
    """A slot of a frontier, live: the requests in its queue, in the order in which they are read.

    Each is a mapping of fp, p and qdata. It compares with a list of such mappings.
    """

    def __init__(self, verbs: FrontierVerbs, project: int, frontier: str, slot: str) -> None:
        self._verbs = verbs
        self._place = (project, frontier, slot)

    @property
    def batches(self) -> list[dict[str, Any]]:
        """The batches in the queue as clients read them: id, and requests as pairs of fingerprint and qdata."""
        return [
            {"id": batch.id, "requests": [[request.fingerprint, deepcopy(request.qdata)] for request in batch.requests]}
            for batch in self._verbs.read(*self._place)
        ]

    @property
    def fingerprints(self) -> list[str]:
        """Every fingerprint that was ever added, in the order of adding, also of requests that have left the queue."""
        return list(self._verbs.fingerprints(*self._place))

    def add(self, requests: Iterable[Mapping[str, Any]]) -> int:
        """Queue the requests whose fingerprints are new and return how many these are; see FrontierVerbs.add."""
        project, frontier, slot = self._place
        return self._verbs.add(frontier, slot, project=project, requests=requests)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return self._requests()[index]

    def __len__(self) -> int:
        return sum(len(batch.requests) for batch in self._verbs.read(*self._place))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrontierSlot):
            return self._requests() == other._requests()
        return self._requests() == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        project, frontier, slot = self._place
        return f"<slot {slot} of frontier {frontier} of project {project}: {self._requests()!r}>"

    def _requests(self) -> list[dict[str, Any]]:
        return [
            {"fp": request.fingerprint, "p": request.priority, "qdata": deepcopy(request.qdata)}
            for batch in self._verbs.read(*self._place)
            for request in batch.requests
        ]


class FrontierVerbs:
    """What can be done with the frontiers of a cloud."""

    def __init__(self, cloud: JobVerbs) -> None:
        self._cloud = cloud

    # ------------------------------------------------------------ for the wire

    def queue(self, project: int, frontier: str, slot: str, requests: Sequence[Request]) -> int:
        """Queue the requests whose fingerprints are new, in batches, and return how many these are."""
        with self._cloud.lock:
            if not requests:
                return 0
            return self._cloud.world.frontiers.open(project, frontier, slot).add(requests, self._cloud.now_ms())

    def read(self, project: int, frontier: str, slot: str, least: int | None = None) -> list[Batch]:
        """Return batches from the front of a queue. least: until there are so many requests; None: all."""
        with self._cloud.lock:
            found = self._cloud.world.frontiers.find(project, frontier, slot)
            return [] if found is None else found.read(least)

    def remove(self, project: int, frontier: str, slot: str, ids: Iterable[str]) -> None:
        """Remove batches from a queue; an unknown id is fine."""
        with self._cloud.lock:
            found = self._cloud.world.frontiers.find(project, frontier, slot)
            if found is not None:
                found.remove(ids)

    def fingerprints(self, project: int, frontier: str, slot: str) -> dict[str, Any]:
        """Return every fingerprint ever added to a slot, in the order of adding, and its fdata."""
        with self._cloud.lock:
            found = self._cloud.world.frontiers.find(project, frontier, slot)
            return {} if found is None else found.fingerprints()

    def drop(self, project: int, frontier: str, slot: str) -> None:
        """Delete a slot with all in it; an absent one is fine."""
        with self._cloud.lock:
            self._cloud.world.frontiers.drop(project, frontier, slot)

    def names(self, project: int) -> list[str]:
        """Return the names of a project's frontiers, sorted."""
        with self._cloud.lock:
            return self._cloud.world.frontiers.names(project)

    def slots(self, project: int, frontier: str) -> list[str]:
        """Return the names of a frontier's slots, sorted."""
        with self._cloud.lock:
            return self._cloud.world.frontiers.slots(project, frontier)

    # ------------------------------------------------------------ for tests and seeds

    def slot(self, frontier: str, slot: str, *, project: int) -> FrontierSlot:
        """Return a slot as a live sequence of the requests in its queue; it need not exist."""
        return FrontierSlot(self, *_place_of(frontier, slot, project))

    def add(self, frontier: str, slot: str, *, project: int, requests: Iterable[Mapping[str, Any]]) -> int:
        """Queue the requests whose fingerprints are new, as a client would, and return how many these are.

        requests: mappings of fp (fingerprint), and, if wanted, p (priority, 0 to 255, the lowest comes first; default 0),
        qdata and fdata (JSON values). Raises UsageError for anything else, and then nothing is queued.
        """
        return self.queue(*_place_of(frontier, slot, project), [_request_of(request) for request in _listed("requests", requests)])

    def restore(
        self,
        frontier: str,
        slot: str,
        *,
        project: int,
        batches: Iterable[Mapping[str, Any]] = (),
        fingerprints: Iterable[Mapping[str, Any]] = (),
        last: int | None = None,
    ) -> FrontierSlot:
        """Put a slot into a state that it had, and return it.

        batches: as clients read them; an id begins with the priority in two hex digits. fingerprints: all that were ever
        added, as mappings of fp and, if there was one, fdata; those of the batches need not be named. last: when something
        was last added, in milliseconds.
        """
        place = _place_of(frontier, slot, project)
        queued = [_batch_of(batch) for batch in _listed("batches", batches)]
        known = [_request_of(fingerprint) for fingerprint in _listed("fingerprints", fingerprints)]
        moment = None if last is None else as_millis("last", last)
        seen = {request.fingerprint: request.fdata for request in known}
        for request in (request for batch in queued for request in batch.requests):
            seen.setdefault(request.fingerprint)
        with self._cloud.lock:
            opened = self._cloud.world.frontiers.open(*place)
            opened.see(seen, moment)
            for batch in queued:
                opened.put_back(batch)
        return FrontierSlot(self, *place)

    def steps(self) -> list[dict[str, Any]]:
        """Return the arguments of the calls of restore() that make an empty fake's frontiers equal to these."""
        with self._cloud.lock:
            frontiers = self._cloud.world.frontiers
            places = [
                (project, frontier, slot)
                for project in frontiers.projects()
                for frontier in frontiers.names(project)
                for slot in frontiers.slots(project, frontier)
            ]
            return [self._step(*place) for place in places]

    def _step(self, project: int, frontier: str, slot: str) -> dict[str, Any]:
        known = self._cloud.world.frontiers.open(project, frontier, slot)
        return {
            "frontier": frontier,
            "slot": slot,
            "project": project,
            "batches": FrontierSlot(self, project, frontier, slot).batches,
            "fingerprints": [
                {"fp": name} if fdata is None else {"fp": name, "fdata": deepcopy(fdata)} for name, fdata in known.fingerprints().items()
            ],
            **({} if known.last is None else {"last": known.last}),
        }


def _place_of(frontier: object, slot: object, project: object) -> tuple[int, str, str]:
    return arguments.whole_number("project", project), arguments.text("frontier", frontier), arguments.text("slot", slot)


def _listed(name: str, values: object) -> list[Any]:
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise UsageError(f"{name}={values!r}: give a list of mappings")
    return list(values)


def _request_of(given: object) -> Request:
    if not isinstance(given, Mapping) or "fp" not in given or not _WORDS.issuperset(given):
        raise UsageError(f"{given!r} is no mapping of fp, p, qdata and fdata")
    request = arguments.json_object("request", given)
    priority = arguments.whole_number("p", request.get("p", 0))
    if priority not in PRIORITIES:
        raise InvalidValue(f"p {priority} is not between {PRIORITIES[0]} and {PRIORITIES[-1]}")
    return Request(arguments.text("fp", request["fp"]), priority, request.get("qdata"), request.get("fdata"))


def _batch_of(given: object) -> Batch:
    if not isinstance(given, Mapping) or not _ID.fullmatch(str(given.get("id"))) or not isinstance(given.get("requests"), (list, tuple)):
        raise UsageError(f"{given!r} is no batch: a mapping of id (hex digits) and requests")
    requests = [_queued(pair) for pair in given["requests"]]
    if not requests:
        raise UsageError(f"batch {given['id']} has no requests")
    priority = int(given["id"][:2], 16)
    return Batch(given["id"], tuple(Request(fingerprint, priority, qdata) for fingerprint, qdata in requests))


def _queued(pair: object) -> tuple[str, Any]:
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise UsageError(f"{pair!r} is no pair of fingerprint and qdata")
    return arguments.text("fp", pair[0]), arguments.json_object("request", {"qdata": pair[1]})["qdata"]
