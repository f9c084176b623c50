"""Rules about the values of parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobState
from fakejobs.errors import BadParam
from fakejobs.lint.asked import Asked, Remark, Scene
from fakejobs.quoting import quoted
from fakejobs.web.params import Param, text

MOST = 100
"""Characters of a value that a sentence shows."""
KEYS_OF_QUEUE = ("jobq/list", "jobq/count", "jobq/jobsummary")
"""Endpoints whose parameter `key` is the key of a job."""

_ODD_NUMBER = re.compile(r"\s*\+?0*([0-9]{1,18})(?:\.0*)?\s*", re.ASCII)
_BAD_STATE = "invalid value for state"


def numbers(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find numbers that are written otherwise than with digits alone."""
    remarks = []
    for name, texts in asked.params.items():
        about = asked.known.get(name)
        for value in texts if about is not None else ():
            plain = _plain(value)
            if about is not None and plain is not None and not _reads(about, value) and _reads(about, plain):
                sentence = f"{name}={quoted(value, MOST)} is no number as the service is known to read one: digits alone"
                remarks.append(Remark(sentence, f"{name}={plain}"))
    return remarks


def states(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find states that there are none of where the call asks: in its parameters, its path, its `meta`, or its body."""
    about = asked.known.get("state")
    given = [*asked.params.get("state", ()), *([str(asked.values["state"])] if "state" in asked.values else [])] if about else []
    legal = [state.value for state in JobState if about is None or _reads(about, state.value)]
    unknown = [value for value in given if value and value not in legal]
    if asked.takes_any:
        unknown, legal = _state_in_meta(asked.last("meta"))
    remarks = [Remark(f"{asked.name} knows no state {quoted(value, MOST)}", f"one of {', '.join(legal)}") for value in unknown]
    if not remarks and (asked.call.failure or "").startswith(_BAD_STATE):
        remarks = [Remark(f"{asked.name} was sent a state that there is none of: {asked.call.failure}", f"one of {', '.join(JobState)}")]
    return remarks


def spider_numbers(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find the number of a spider where its name belongs, unless the test has a spider of that name."""
    about, value, project = asked.known.get("spider"), asked.last("spider"), asked.project
    if about is None or about.parse is not text or project is None or value is None or not _is_number(value):
        return ()
    name = scene.name_of(project, int(value))
    if name is None or name == value or scene.is_made_by_test(project, value):
        return ()
    number = f", or jobq_id={value}" if "jobq_id" in asked.known else ""
    sentence = f"spider={value} is a name here, and the spider with the number {value} of project {project} is {quoted(name, MOST)}"
    return [Remark(sentence, f"spider={name[:MOST]}{number}")]


def other_projects(asked: Asked, scene: Scene) -> Sequence[Remark]:
    """Find keys of jobs of another project than the one that the call is about."""
    name = "job" if asked.is_dash else "key" if asked.name in KEYS_OF_QUEUE else None
    project = asked.project
    if name is None or project is None or name not in asked.known:
        return ()
    keys = [key for key in map(JobKey.parse, asked.params.get(name, ())) if key is not None and key.project_id != project]
    return [
        Remark(f"{name}={key} is no job of project {project}, which the call is about: it is ignored", f"project={key.project_id}")
        for key in keys
    ]


def _plain(value: str) -> str | None:
    """Return a number as it is written plainly, if it is written otherwise."""
    if _is_number(value):
        return None
    found = _ODD_NUMBER.fullmatch(value)
    return found[1] if found else None


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 18


def _reads(about: Param, value: str) -> bool:
    try:
        about.parse(about.name, value)
    except BadParam:
        return False
    return True


def _state_in_meta(meta: str | None) -> tuple[list[str], list[str]]:
    """Return the unknown state in the `meta` of run.json, if there is one, and those that may stand there."""
    legal = [JobState.PENDING.value, JobState.RUNNING.value, JobState.FINISHED.value]
    try:
        read = json.loads(meta or "{}")
    except (ValueError, RecursionError):
        return [], legal
    state = read.get("state", legal[0]) if isinstance(read, dict) else legal[0]
    return ([] if state in legal else [str(state)]), legal
