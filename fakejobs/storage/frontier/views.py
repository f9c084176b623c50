"""What each endpoint of frontiers does with the verbs. A body is read as a whole before anything is written."""

from __future__ import annotations

from typing import Any

from fakejobs import codec
from fakejobs.access import Account
from fakejobs.cloud import Cloud
from fakejobs.domain.frontier import PRIORITIES, Request
from fakejobs.errors import BadBody
from fakejobs.storage.frontier.params import AddParams, CountParams, FrontierParams, ProjectParams, ReadParams, RemoveParams, SlotParams
from fakejobs.web.endpoint import Reply


def list_frontiers(cloud: Cloud, params: ProjectParams, account: Account) -> Reply:
    """List the names of a project's frontiers."""
    names = cloud.frontiers.names(params.project)
    return Reply(names, count=len(names))


def list_slots(cloud: Cloud, params: FrontierParams, account: Account) -> Reply:
    """List the names of a frontier's slots."""
    slots = cloud.frontiers.slots(params.project, params.frontier)
    return Reply(slots, count=len(slots))


def add(cloud: Cloud, params: AddParams, account: Account) -> Reply:
    """Queue the requests whose fingerprints are new, and say how many these are."""
    requests = [_request_of(line) for line in codec.load_lines(params.content)]
    return Reply({"newcount": cloud.frontiers.queue(params.project, params.frontier, params.slot, requests)})


def read(cloud: Cloud, params: ReadParams, account: Account) -> Reply:
    """Read batches from the front of the queue; they stay there."""
    batches = cloud.frontiers.read(params.project, params.frontier, params.slot, params.mincount)
    rows = ({"id": batch.id, "requests": [[request.fingerprint, request.qdata] for request in batch.requests]} for batch in batches)
    return Reply(rows, count=len(batches))


def count(cloud: Cloud, params: CountParams, account: Account) -> Reply:
    """Count the requests in the queue."""
    found, next_start = cloud.frontiers.count(params.project, params.frontier, params.slot, params.start)
    return Reply({"count": found, **({} if next_start is None else {"nextstart": next_start})})


def remove(cloud: Cloud, params: RemoveParams, account: Account) -> Reply:
    """Remove batches from the queue."""
    ids = codec.load_flat(params.content)
    for name in ids:
        if not isinstance(name, str):
            raise BadBody("Error parsing data, the id of a batch is no text")
    cloud.frontiers.remove(params.project, params.frontier, params.slot, ids)
    return Reply("")


def fingerprints(cloud: Cloud, params: SlotParams, account: Account) -> Reply:
    """List every fingerprint that was ever added to a slot."""
    known = cloud.frontiers.fingerprints(params.project, params.frontier, params.slot)
    rows = ({"fp": name} if fdata is None else {"fp": name, "fdata": fdata} for name, fdata in known.items())
    return Reply(rows, count=len(known))


def drop(cloud: Cloud, params: SlotParams, account: Account) -> Reply:
    """Delete a slot with all in it."""
    cloud.frontiers.drop(params.project, params.frontier, params.slot)
    return Reply("")


def _request_of(line: Any) -> Request:
    if not isinstance(line, dict):
        raise BadBody("Error parsing data, a request is no JSON object")
    if line.get("fp") is None:
        raise BadBody("Error parsing data, missing value for fp field")
    fingerprint, priority = line["fp"], line.get("p", 0)
    if not isinstance(fingerprint, str) or not fingerprint:
        raise BadBody("Error parsing data, invalid value for fp field")
    if type(priority) is not int or priority not in PRIORITIES:
        raise BadBody("Error parsing data, invalid value for p field")
    return Request(fingerprint, priority, line.get("qdata"), line.get("fdata"))
