"""What a failed test shows of its fakes: clock, jobs, rules that no job met, and the last calls, as sections of its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fakejobs.cloud import Cloud
from fakejobs.domain.job import JobRecord
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.pacing import Rule
from fakejobs.domain.query import RANK, JobQuery
from fakejobs.fake import FakeJobs, behind
from fakejobs.journal.folding import latest
from fakejobs.nearest import did_you_mean
from fakejobs.timeline import clock_line
from fakejobs.timeline.words import span
from fakejobs.verbs.rules import rule_in_words

SHOWN = 20
"""Jobs and calls that are shown, the latest ones."""
MOST_RULES = 10
"""Rules of which something is told."""
MOST_NAMED = 3
CAME = {JobState.PENDING: "scheduled", JobState.RUNNING: "started", JobState.FINISHED: "ended", JobState.DELETED: "deleted"}
"""How a job came into its state."""


def sections_of(url: str, fake: FakeJobs) -> list[tuple[str, str]]:
    """Return the sections about a fake, each a title and a text; whatever fails on the way is named in its place."""
    sections = [
        (f"fakejobs: jobs at {url}", "\n".join(filter(None, (_seen(look, fake) for look in (_clock, _jobs, _rules, _firings))))),
        (f"fakejobs: last calls to {url}", _seen(_calls, fake)),
        (f"fakejobs: faults at {url}", _seen(_faults, fake)),
        (f"fakejobs: httpserver at {url}", _seen(lambda fake: behind(fake).stubs_told(), fake)),
        (f"fakejobs: lint of the calls to {url}", _seen(_lint, fake)),
    ]
    masks = behind(fake).cloud.keys.masks
    return [(title, masks.text(text)) for title, text in sections if text]


def _seen(look: Callable[[FakeJobs], str], fake: FakeJobs) -> str:
    """Return what is seen; whoever looks lets happen what is due, and a callable of the test's may fail on that way."""
    try:
        return look(fake)
    except Exception as error:  # noqa: BLE001  # the report of another failure must not be lost
        return f"not shown, {type(error).__name__}: {error}"


def _clock(fake: FakeJobs) -> str:
    stage = behind(fake)
    return clock_line(stage.cloud, stage.clock_mode)


def _jobs(fake: FakeJobs) -> str:
    cloud = behind(fake).cloud
    jobs, now, masks = fake.list_jobs(state=list(JobState)), cloud.now_ms(), cloud.keys.masks
    rows: list[tuple[str, ...]] = [("key", "spider", "state", "when", "close_reason", "tags", "args")]
    for job in (job.snapshot() for job in jobs[:SHOWN]):
        spider_args = " ".join(f"{name}={value}" for name, value in job.spider_args.items())
        when = f"{CAME[job.state]} {span(max(0, now - job.state_time))} ago"
        cells = (job.spider, str(job.state), when, job.close_reason, ", ".join(job.tags), spider_args)
        rows.append((str(job.key), *(_cell(masks.text(text or "")) for text in cells)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(jobs) > SHOWN:
        lines.append(f"... and {len(jobs) - SHOWN} more")
    return "\n".join(lines) if jobs else "no jobs"


def _rules(fake: FakeJobs) -> str:
    """Name the rules and scripts that no job met, and the jobs that were there before a rule that is about them."""
    cloud = behind(fake).cloud
    with cloud.lock:
        rules, met, planned = list(cloud.world.pacing.rules), set(cloud.world.pacing.met), set(cloud.world.pacing.plans)
    unplanned = [record for record in _active(cloud) if record.key not in planned] if rules else []
    told = [line for rule in rules for line in _of_rule(cloud, rule, unplanned, is_met=rule.number in met)]
    return "\n".join(told[:MOST_RULES] + ([f"... and {len(told) - MOST_RULES} rules more"] if len(told) > MOST_RULES else []))


def _of_rule(cloud: Cloud, rule: Rule, unplanned: list[JobRecord], *, is_met: bool) -> Iterator[str]:
    older = [str(record.key) for record in unplanned if rule.covers(record)]
    named = f"{', '.join(older[:MOST_NAMED])}{', …' if len(older) > MOST_NAMED else ''} {'was' if len(older) == 1 else 'were'}"
    words = rule_in_words(rule)
    if older:
        but = "" if is_met else "no job met it, and "
        yield f"{words}: {but}{named} there before: a rule is for jobs that come after it"
    elif not is_met:
        projects = cloud.projects.numbers() if rule.project is None else [rule.project]
        spiders = {spider.name for project in projects for spider in cloud.projects.spiders(project)}
        yield f"{words}: no job met it{did_you_mean(rule.spider, spiders) if rule.spider not in spiders else ''}"


def _active(cloud: Cloud) -> Iterator[JobRecord]:
    for project in cloud.projects.numbers():
        yield from cloud.jobs.select(JobQuery(project=project, states=RANK[:2]))[0]


def _firings(fake: FakeJobs) -> str:
    """Name the periodic jobs that fired in vain."""
    cloud = behind(fake).cloud
    with cloud.lock:
        refused = dict(cloud.world.periodic.refused)
    times = {key: "once" if count == 1 else f"{count} times" for key, count in sorted(refused.items())}
    why = "one with the same arguments was still active"
    return "\n".join(f"periodic job {number} started no {spider} {often}: {why}" for (number, spider), often in times.items())


def _calls(fake: FakeJobs) -> str:
    lines = latest(fake.calls, SHOWN, keys=True)
    return "\n".join(lines) if lines else "no client has called"


def _faults(fake: FakeJobs) -> str:
    """Name the faults that no call met."""
    return "\n".join(behind(fake).saboteur.unmet())


def _lint(fake: FakeJobs) -> str:
    findings = fake.lint
    if not findings:
        return ""
    from fakejobs.lint.findings import told

    return "\n".join(told(findings))


def _cell(text: str) -> str:
    shown = text if text.isprintable() else ascii(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."
