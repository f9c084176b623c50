"""How what a job holds differs from what a test wants: its items, and the fields of its metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from fakejobs.domain.job import JobRecord
from fakejobs.journal.criteria import Criterion
from fakejobs.journal.differences import NOTHING, differences, told
from fakejobs.masking import Masks
from fakejobs.nearest import did_you_mean

MOST = 3
"""Items that differ and are told."""


def items_differ(job: str, record: JobRecord | None, got: Sequence[Any], items: Sequence[Any]) -> list[str]:
    """Return lines that say how a job's items differ from those wanted; none if they do not. job: how a line calls it."""
    if got == items:
        return []
    if len(got) != len(items):
        lines = [f"{job} has {_items(len(got))}, wanted {len(items) or 'none'}:"]
    else:
        lines = [f"{job} has other items than those wanted:"]
    pairs = enumerate(zip_longest(got, items, fillvalue=NOTHING))
    differing = [(place, have, want) for place, (have, want) in pairs if have is NOTHING or want is NOTHING or have != want]
    for place, have, want in differing[:MOST]:
        lines += [f"    item {place}{' ' if text.startswith(('.', '[')) else ': '}{text}" for text in told([*differences(have, want)])]
    if len(differing) > MOST:
        lines.append(f"    … and {len(differing) - MOST} more")
    counter = None if record is None else record.items
    if counter is not None and counter != len(got):
        lines.append(_against_counter(counter, len(got)))
    return lines


def _against_counter(counter: int, records: int) -> str:
    if not records:
        return f"    items={counter} set the counter alone, and there are no records: give a list of items, or call add_items()"
    return f"    the job's counter says {_items(counter)}: it was set by itself, and does not follow the records"


def _items(number: int) -> str:
    return "no items" if number == 0 else "1 item" if number == 1 else f"{number} items"


def metadata_differs(job: str, masks: Masks, metadata: Mapping[str, Any], fields: Mapping[str, Any]) -> list[str]:
    """Return lines that say which fields of a job's metadata are other than wanted; none if all are as wanted."""
    missed = [criterion for criterion in map(Criterion, fields, fields.values()) if not criterion.agrees(metadata.get(criterion.name))]
    if not missed:
        return []
    lines = [f"the metadata of {job} is other than wanted:"]
    for miss in missed:
        name = miss.name
        first, *more = miss.masked(masks).misses(masks.named(name, metadata.get(name)))
        near = did_you_mean(name, metadata) if name not in metadata else ""
        lines += [f"    {first}{near}", *(f"    {line}" for line in more)]
    lines.append(f"    it has: {', '.join(sorted(metadata))}")
    return lines
