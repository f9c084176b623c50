"""The parameters of what is said of projects: names, summaries, settings, bot groups."""

from __future__ import annotations

from dataclasses import dataclass

from fakejobs.domain.lifecycle import JobState
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.paths import ProjectParams
from fakejobs.web.params import body, one_of, param, text


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiderNameParams(ProjectParams):
    """/ids/P/spider/NAME."""

    name: str = param(text, doc="Spider name, in the path.", sources=[recorded("unknown: null")])
    create: str | None = param(text, default=None, doc="Make the name known.", sources=[recorded("1 and True")])


@dataclass(frozen=True, slots=True, kw_only=True)
class SummariesParams:
    """/projects/jobsummaries."""

    states: tuple[JobState, ...] = param(
        one_of((JobState.PENDING, JobState.RUNNING, JobState.FINISHED)),
        name="state",
        repeat=True,
        doc="Only these states; repeatable.",
        sources=[documented("the official client sends it"), assumed("the counts of other states are left out")],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsParams(ProjectParams):
    """POST /projects/P/settings."""

    content: bytes = body(doc="A JSON object that is merged.", sources=[recorded("test_settings_get_set")])


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingParams(ProjectParams):
    """/projects/P/settings/KEY."""

    key: str = param(text, doc="Name of the setting, in the path.", sources=[recorded("unknown: null")])


@dataclass(frozen=True, slots=True, kw_only=True)
class BotgroupParams:
    """/botgroups/NAME[/max_running]."""

    name: str = param(text, doc="Name of the group, in the path.", sources=[recorded("answers null")])
