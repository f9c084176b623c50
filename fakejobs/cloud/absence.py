"""Why a query finds no jobs, or passes over jobs that it names: in words, for who reads what clients did.

It is worked out only where an answer is empty or a named job is left out, and looks at the world as it is at that moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import islice

from fakejobs.cloud.world import World
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobState
from fakejobs.domain.query import LISTED, RANK, JobQuery
from fakejobs.nearest import hint
from fakejobs.quoting import quoted

MOST_NAMED = 20
"""Jobs that a call named and that are told of."""
MOST_TOLD = 3
MOST_WORDS = 200
"""Spiders or tags among which the nearest is looked for."""
SHOWN = 80
"""Characters of a client's word that are shown."""


def why_none(world: World, query: JobQuery) -> str:
    """Return why a query finds nothing, as a clause; "" if it cannot be told. The lock is held."""
    return next(filter(None, (look(world, query) for look in _LOOKS)), "")


def passed_over(world: World, query: JobQuery, taken: Collection[str], rule: str = "") -> tuple[tuple[str, str], ...]:
    """Return the jobs that a query names and that were not taken, each with why, as in `is deleted`. The lock is held.

    rule: what to add where a job is in the wrong state.
    """
    taken = frozenset(taken)
    missed = (text for text in dict.fromkeys(query.keys or ()) if text not in taken)
    return tuple((text, _why_not(world, query, text, rule)) for text in islice(missed, MOST_NAMED))


# ------------------------------------------------------------ one job


def _why_not(world: World, query: JobQuery, text: str, rule: str = "") -> str:
    key = JobKey.parse(text)
    if key is None:
        return "is no key of a job"
    if key.project_id != query.project:
        return f"is a job of project {key.project_id}, and the call is about project {query.project}"
    record = world.store.find(key)
    if record is None:
        return "is not there: nobody knows such a job"
    if record.state not in (query.states or LISTED):
        return f"is {record.state}{f': {rule}' if rule and record.state is not JobState.DELETED else ''}"
    if query.spider not in (None, record.spider):
        return f"is a job of the spider {_word(record.spider)}"
    if query.has_tags and not set(query.has_tags) & set(record.tags):
        return f"has none of the tags {_words(query.has_tags)}"
    common = [tag for tag in query.lacks_tags if tag in record.tags]
    if common:
        return f"has the tag {_word(common[0])}"
    return "was passed over"


# ------------------------------------------------------------ many jobs


def _in_window(world: World, query: JobQuery) -> str:
    if not query.offset and query.count is None and query.stop is None:
        return ""
    found = world.store.count(_whole(query))
    if not found:
        return ""
    if query.count == 0:
        return f"none was wanted, of {found}"
    if query.offset >= found:
        return f"the first {query.offset} were passed over, and there {_are(found)}"
    return f"the list ends before {query.stop}"


def _by_keys(world: World, query: JobQuery) -> str:
    named = [f"{_plain(text)} {why}" for text, why in passed_over(world, query, ())] if query.keys is not None else []
    rest = f" (and {len(named) - MOST_TOLD} more)" if len(named) > MOST_TOLD else ""
    return "; ".join(named[:MOST_TOLD]) + rest


def _in_project(world: World, query: JobQuery) -> str:
    if _count(world, JobQuery(project=query.project, states=RANK)):
        return ""
    others = [number for number in sorted(world.store.projects) if _count(world, JobQuery(project=number))]
    if not others:
        return f"project {query.project} has no jobs, nor has any other"
    return f"project {query.project} has no jobs; {_projects(others)} some"


def _of_spider(world: World, query: JobQuery) -> str:
    name = query.spider
    if name is None or _count(world, JobQuery(project=query.project, spider=name, states=RANK)):
        return ""
    place = f"project {query.project}"
    known = world.store.find_spider(query.project, name)
    elsewhere = [number for number, project in sorted(world.store.projects.items()) if number != query.project and project.find(name)]
    if known is not None:
        return f"the spider {_word(name)} of {place} has no jobs"
    if elsewhere:
        return f"{place} has no spider {_word(name)}; {_projects(elsewhere)} one"
    spiders = world.store.projects[query.project]
    by_number = next((spider.name for spider in spiders if name == str(spider.spider_id)), None)
    if by_number is not None:
        return f"{place} has no spider {_word(name)}: that is the number of {_word(by_number)}"
    return f"{place} has no spider {_word(name)}{hint(name, [spider.name for spider in islice(spiders, MOST_WORDS)])}"


def _with_tag(world: World, query: JobQuery) -> str:
    wanted = query.has_tags
    if not wanted or _count(world, JobQuery(project=query.project, states=RANK, has_tags=wanted)):
        return ""
    known = sorted(world.store.tags(query.project))
    what = f"the tag {_word(wanted[0])}" if len(wanted) == 1 else f"one of the tags {_words(wanted)}"
    return f"no job of project {query.project} has {what}{_nearest_tags(wanted, known)}"


def _nearest_tags(wanted: Iterable[str], known: list[str]) -> str:
    if not known:
        return " (none has any tag)"
    for tag in wanted:
        parts = [part for part in known if part and part != tag and _is_part(part, tag)]
        if parts:
            return f" (there {'is' if len(parts) == 1 else 'are'} {_words(parts)}: each tag is a parameter of its own)"
    return hint(next(iter(wanted)), known[:MOST_WORDS])


def _is_part(part: str, tag: str) -> bool:
    """Say whether a tag stands in a text as one of several: `a,b` or `["a", "b"]`."""
    return part in [word.strip("[]() \"'") for word in tag.split(",")] and ("," in tag or tag.startswith("["))


def _in_state(world: World, query: JobQuery) -> str:
    asked = query.ranked_states
    found = {state: _count(world, replace(_whole(query), states=(state,))) for state in RANK if state not in asked}
    there = [f"{number} {state}" for state, number in found.items() if number]
    if not there:
        return ""
    if not query.states:
        return f"all that would fit are deleted ({', '.join(there)})"
    several = " or ".join(asked)
    return f"none that would fit is {several} (there {'is' if sum(found.values()) == 1 else 'are'} {', '.join(there)})"


def _without_tag(world: World, query: JobQuery) -> str:
    found = _count(world, replace(_whole(query), lacks_tags=())) if query.lacks_tags else 0
    return f"{_all(found)} the tag {' or '.join(map(_word, query.lacks_tags))}, which was unwanted" if found else ""


def _in_time(world: World, query: JobQuery) -> str:
    if query.since is None and query.until is None:
        return ""
    found = _count(world, replace(_whole(query), since=None, until=None))
    return f"{found} that would fit came into {'its' if found == 1 else 'their'} state at other times" if found else ""


def _together(world: World, query: JobQuery) -> str:
    return "no job meets all that was asked for at once"


_LOOKS = (_in_window, _by_keys, _in_project, _of_spider, _with_tag, _without_tag, _in_time, _in_state, _together)
"""What may be the reason, the one to be told first at the head."""


# ------------------------------------------------------------ words


def _whole(query: JobQuery) -> JobQuery:
    return replace(query, offset=0, count=None, stop=None)


def _count(world: World, query: JobQuery) -> int:
    return world.store.count(query)


def _are(number: int) -> str:
    return f"is {number}" if number == 1 else f"are {number}"


def _all(number: int) -> str:
    return "the one that would fit has" if number == 1 else f"all {number} that would fit have"


def _projects(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"project {numbers[0]} has"
    return f"projects {', '.join(map(str, numbers[:MOST_TOLD]))}{', …' if len(numbers) > MOST_TOLD else ''} have"


def _word(word: str) -> str:
    return quoted(word, SHOWN)


def _words(words: Iterable[str]) -> str:
    listed = list(words)
    return ", ".join(map(_word, listed[:MOST_TOLD])) + (", …" if len(listed) > MOST_TOLD else "")


def _plain(text: str) -> str:
    return text if JobKey.parse(text) is not None else _word(text)
