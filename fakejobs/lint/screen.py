"""The first look at calls: it lets those through in which no rule can find anything, so that the rules are loaded for the others alone.

Where it is not sure, it lets nothing through.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fakejobs.cloud import Cloud
from fakejobs.domain.lifecycle import JobState
from fakejobs.errors import FakeJobsError
from fakejobs.journal import Call, Journal
from fakejobs.journal.book import Entry
from fakejobs.lint.bounds import ARGUMENTS, LONG, MANY, Match
from fakejobs.web.params import schema_of

if TYPE_CHECKING:
    from fakejobs.lint.findings import Finding

_ODD = re.compile(r"[^\w-]")
_STATES = frozenset(state.value for state in JobState)


def findings_in(cloud: Cloud, journal: Journal, match: Match, after: int = 0) -> list[Finding]:
    """Return what is wrong with the calls that are kept, oldest first.

    after: the number of a call; only later ones.
    """
    answered = [(call, entry) for call, entry in journal.answered(after) if counts(entry)]
    if len(answered) < MANY and all(_is_plain(call, entry, match) for call, entry in answered):
        return []
    from fakejobs.lint.linter import findings_of

    return findings_of(answered, cloud, journal, match)


def counts(entry: Entry) -> bool:
    """Say whether a call was answered by the fake itself, as the service would; not by an expectation of the test's."""
    return entry.revision is not None


def _is_plain(call: Call, entry: Entry, match: Match) -> bool:
    if call.endpoint is None or entry.failure is not None or entry.has_key_in_url or entry.unread or (call.rows or 0) > LONG:
        return False
    try:
        endpoint, values = match(call.method, call.path)
    except FakeJobsError:
        return False
    if values:
        return False
    abouts = list(schema_of(endpoint.params))
    known = {about.name for about in abouts if not about.rest}
    takes_any = any(about.rest for about in abouts)
    return all(_is_plain_param(name, texts, is_known=name in known, takes_any=takes_any) for name, texts in entry.params.items())


def _is_plain_param(name: str, texts: Sequence[str], *, is_known: bool, takes_any: bool) -> bool:
    if not is_known:
        return takes_any and name not in ARGUMENTS and not _ODD.search(name)
    if name == "spider" and any(text.isdigit() for text in texts):
        return False
    return not any(map(_ODD.search, texts)) and (name != "state" or _STATES.issuperset(texts))
