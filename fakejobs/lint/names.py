"""Rules about the names of parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from fakejobs.lint.asked import Asked, Remark, Scene
from fakejobs.lint.bounds import ARGUMENTS
from fakejobs.nearest import hint
from fakejobs.quoting import quoted

MOST = 100
"""Characters of a name or value that a sentence shows."""
CUT = "…"
"""The name under which the journal says how many parameters it left out."""

MEANT = {
    "count": ("limit", "max", "max_count", "page_size", "per_page", "size"),
    "has_tag": ("tag", "tags", "has_tags", "with_tag"),
    "lacks_tag": ("no_tag", "without_tag", "exclude_tag", "lacks_tags", "not_tag"),
    "add_tag": ("tag", "tags", "add_tags"),
    "remove_tag": ("remove_tags", "delete_tag", "rm_tag"),
    "job": ("id", "ids", "job_id", "jobid", "job_key", "job_ids", "jobs", "key", "keys"),
    "key": ("id", "ids", "job", "job_id", "job_key", "jobs", "keys"),
    "state": ("status", "states", "job_state"),
    "spider": ("spider_name", "spidername", "spider_id", "spiders"),
    "offset": ("start", "skip", "page"),
    "start": ("offset", "skip", "page"),
    "startts": ("since", "start_time", "from"),
    "endts": ("until", "end_time", "to"),
}
"""What is meant by names that other services have, of the parameters that an endpoint has."""

SENT_BY_CLIENTS = {
    "jobs/count": ("count", "offset"),
    "jobq/list": ("filter",),
    "collections/write": ("start",),
    "hcf/add": ("start",),
}
"""What the official clients send although nothing reads it: the legacy one counts with the window of its list, HubstorageClient has
filters of old, and its batch writers count what they have written."""

_ARRAY = re.compile(r"([^\[\]]+)\[([^\[\]]*)\].*", re.DOTALL)


def unknown(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find parameters that an endpoint does not know."""
    if asked.endpoint is None or asked.takes_any or asked.params.keys() <= asked.known.keys():
        return ()
    quiet = (CUT, *SENT_BY_CLIENTS.get(asked.name, ()))
    names = [name for name in asked.params if name not in asked.known and name not in quiet and _base_of(name, asked) is None]
    sentence = f"{asked.name} knows no parameter %s, and passes over it"
    return [Remark(sentence % quoted(name, MOST), _nearest(name, asked.known)) for name in names]


def arrays(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find names such as `add_tag[0]` and `job[]`, of parameters that the endpoint knows without the brackets."""
    remarks: dict[str, Remark] = {}
    for name in asked.params:
        base = _base_of(name, asked)
        if base is None or base in remarks:
            continue
        becomes = "is an argument of the spider, of that name" if asked.takes_any else f"is unknown to {asked.name}, which passes over it"
        inner = _ARRAY.fullmatch(name)
        place = inner[2] if inner is not None else ""
        if base in ARGUMENTS:
            instead = f"{place or 'NAME'}=..., each argument as a parameter of its own"
        elif asked.known[base].repeat:
            instead = f"{base}=... without brackets, again for each value"
        else:
            instead = f"{base} as one value, without brackets"
        remarks[base] = Remark(f"{quoted(name, MOST)} {becomes}", instead)
    return list(remarks.values())


def arguments_in_one(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find all arguments of a spider in one parameter of run.json."""
    if not asked.takes_any:
        return ()
    remarks = []
    for name in ARGUMENTS:
        value = asked.last(name)
        if value is not None and name not in asked.known:
            sentence = f"{name}={quoted(value, MOST)} is one argument of the spider, of the name {name!r}; it is not taken apart"
            remarks.append(Remark(sentence, _apart(value)))
    return remarks


def in_query(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find parameters in the query of a POST, which reads those of its form alone."""
    if not asked.unread or asked.endpoint is None:
        return ()
    names = ", ".join(quoted(name, MOST) for name in asked.unread)
    return [Remark(f"{asked.name} reads the parameters of its form, not those of its query: {names}", "them in the form (curl -d, data=)")]


def _base_of(name: str, asked: Asked) -> str | None:
    """Return the name before the brackets, if it is one that the endpoint knows, or arguments."""
    if "[" not in name or asked.endpoint is None or name in asked.known:
        return None
    found = _ARRAY.fullmatch(name)
    if found is None:
        return None
    return found[1] if found[1] in asked.known or (asked.takes_any and found[1] in ARGUMENTS) else None


def _nearest(name: str, known: Mapping[str, object]) -> str:
    word = name.lower().replace("-", "_")
    meant = next((meant for meant, words in MEANT.items() if meant in known and word in words), None)
    return f"{meant}" if meant else f"a name that it knows{hint(name, sorted(known))}" if known else "nothing: it takes no parameter"


def _apart(value: str) -> str:
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        read = None
    shown = [f"{name}={_text(inner)}" for name, inner in read.items()][:5] if isinstance(read, dict) else []
    return f"{' '.join(shown) or 'NAME=VALUE'}, each argument as a parameter of its own"


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= MOST else f"{text[:MOST]}..."
