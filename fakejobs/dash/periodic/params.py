"""The parameters of periodic jobs: numbers in the path, a JSON object in the body."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fakejobs import arguments
from fakejobs.dash.v2.params import PageParams, ProjectParams
from fakejobs.domain.cron import RANGES, Cron
from fakejobs.domain.job import DEFAULT_PRIORITY
from fakejobs.domain.metadata import SCRIPT
from fakejobs.domain.periodic import PeriodicTask, PeriodicType
from fakejobs.errors import BadBody
from fakejobs.evidence import assumed, documented
from fakejobs.strictness import read_strictly
from fakejobs.web.params import body, number, param

_SPELLINGS = {"day": "dayofmonth", "day_of_month": "dayofmonth", "day_of_week": "dayofweek"}


def _content(doc: str, *more: Any) -> Any:
    return body(
        doc=doc,
        sources=[
            documented("tasks have name, priority, spider_args, script_args and jobq_id; type is spider or script"),
            documented("the fields of cron are a number or *"),
            assumed("they are minute, hour, dayofmonth (or day), month and dayofweek; minute is 0 if left out, the others are *"),
            assumed("cron may be a text of five words instead"),
            assumed("a task has name, or jobq_id in its place; a script's name may begin with py:"),
            assumed("script_args is a text or a list of words"),
            assumed("other names are passed over, but not in cron; a value that makes no sense is a 400, and nothing happens"),
            *more,
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParams(PageParams):
    """projects/P/periodicjobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicParams(ProjectParams):
    """projects/P/periodicjobs/ID."""

    periodicjob: int = param(
        number,
        doc="The periodic job's number, in the path.",
        sources=[documented("the page"), assumed("unknown, or of another project: 404")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewParams(ProjectParams):
    """A new periodic job."""

    content: bytes = _content("A JSON object: tasks, cron, and maybe type, addtags, description, disabled.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacingParams(PeriodicParams):
    """A periodic job in place of another."""

    content: bytes = _content("A JSON object, as for a new one; what is left out is as in a new one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangingParams(PeriodicParams):
    """Changes of a periodic job."""

    content: bytes = _content("A JSON object with what is to be changed.", assumed("tasks and cron are replaced as a whole"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDraft:
    """A task as a client wrote it: with a name, or with the number of a spider in its place."""

    name: str | None
    jobq_id: int | None
    priority: int
    spider_args: Mapping[str, str]
    cmd_args: str | None

    def with_name(self, name: str) -> PeriodicTask:
        """Return the task, of a spider of a name."""
        return PeriodicTask(spider=name, priority=self.priority, spider_args=self.spider_args, cmd_args=self.cmd_args)


def drafted(content: bytes, type_now: PeriodicType | None = None) -> dict[str, Any]:
    """Return what a body says of a periodic job: `tasks` as TaskDrafts, and in their types `cron`, `tags`, `description`, `disabled`.

    type_now: that of a periodic job that is to be changed. What is left out is not there. Raises BadBody, UsageError and
    InvalidValue, naming the field.
    """
    asked = _object("the body", _read(content))
    draft: dict[str, Any] = {}
    kind = _type_of(asked["type"]) if "type" in asked else type_now
    if type_now not in (None, kind) and "tasks" not in asked:
        raise BadBody('"type" is changed together with "tasks"')
    if "tasks" in asked:
        if not isinstance(asked["tasks"], list) or not asked["tasks"]:
            raise BadBody('"tasks" is no list of one task at least')
        draft["tasks"] = tuple(_task(task, kind) for task in asked["tasks"])
    if "cron" in asked:
        draft["cron"] = _cron(asked["cron"])
    if "addtags" in asked:
        draft["tags"] = arguments.tags_of("addtags", asked["addtags"])
    if "description" in asked:
        draft["description"] = arguments.optional_text("description", asked["description"]) or ""
    if "disabled" in asked:
        draft["disabled"] = arguments.flag("disabled", asked["disabled"])
    return draft


def _read(content: bytes) -> Any:
    try:
        return read_strictly(content.decode())
    except (ValueError, RecursionError):
        raise BadBody("the body is no JSON") from None


def _object(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadBody(f"{name} is no JSON object")
    return value


def _type_of(value: object) -> PeriodicType:
    try:
        return PeriodicType(value)
    except ValueError:
        raise BadBody(f'"type" is not one of {", ".join(PeriodicType)}') from None


def _task(value: object, kind: PeriodicType | None) -> TaskDraft:
    given = _object("a task", value)
    name, jobq_id = given.get("name"), given.get("jobq_id")
    if name is None and jobq_id is None:
        raise BadBody("a task has neither name nor jobq_id")
    if name is not None:
        name = arguments.text("name", name)
        if kind is PeriodicType.SCRIPT and not name.startswith(SCRIPT):
            name = SCRIPT + name
    return TaskDraft(
        name=name,
        jobq_id=arguments.optional_number("jobq_id", jobq_id),
        priority=arguments.priority_of(given.get("priority", DEFAULT_PRIORITY)),
        spider_args=arguments.spider_args_of(given.get("spider_args")),
        cmd_args=_command_line(given.get("script_args")),
    )


def _command_line(value: object) -> str | None:
    if isinstance(value, list):
        return arguments.optional_text("script_args", shlex.join(arguments.text("script_args", word) for word in value))
    return arguments.optional_text("script_args", value)


def _cron(value: object) -> Cron:
    if isinstance(value, str):
        words = value.split()
        if len(words) != len(RANGES):
            raise BadBody('"cron" as a text is five words: minute, hour, dayofmonth, month, dayofweek')
        return arguments.cron_of(dict(zip(RANGES, words, strict=True)))
    return arguments.cron_of({_SPELLINGS.get(name, name): field for name, field in _object('"cron"', value).items()})
