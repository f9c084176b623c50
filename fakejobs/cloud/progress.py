"""What running jobs have written by now: worked out from their scripts when somebody looks.

A script's rows are written into the job's records, each at the moment at which it came, when somebody reads the records,
writes a dump, or ends the job. When that happens makes no difference to what anybody is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from fakejobs.cloud.realm import Realm
from fakejobs.cloud.shelves import Shelves
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import NOTHING, JobRecord
from fakejobs.domain.keys import JobKey
from fakejobs.domain.pacing import Pacing, Plan, Script


class Progress:
    """How far the running jobs of one cloud have come; whoever calls it holds the lock."""

    def __init__(self, realm: Realm, shelves: Shelves) -> None:
        self._realm = realm
        self._shelves = shelves

    @property
    def _pacing(self) -> Pacing:
        return self._realm.world.pacing

    def shown(self, record: JobRecord) -> JobRecord:
        """Return a record as it looks now."""
        if not self._pacing.plans:
            return record
        return self._pacing.shown(record, self._realm.now_ms(), self._realm.world.records.followed.get(record.key, NOTHING))

    def flow(self, project: int, key: JobKey | None = None) -> None:
        """Write what running jobs have come to by now into their records, of one job or of a project."""
        if self._pacing.plans:
            self._flow_all([key] if key is not None else [record.key for record in self._realm.world.store.running(project)])

    def flow_all(self) -> None:
        """Write what all running jobs have come to by now into their records."""
        self._flow_all(list(self._pacing.plans))

    def conclude(self, record: JobRecord, at: Millis) -> None:
        """Write what a running job that is about to end has come to; one without a span comes to all of it at its end."""
        plan = self._pacing.plans.get(record.key)
        if plan is None or plan.script is None:
            return
        script = plan.script
        if script.span is None:
            script = replace(script, span=at - script.start)
        self._flow(record.key, plan, script, at)
        moment = script.last_data(at)
        if script.amounts and moment is not None:
            written = self._realm.world.store.find(record.key) or record
            changes: dict[str, Any] = {**script.counters(at), "updated_time": max(moment, written.updated_time or moment)}
            self._realm.world.store.put(replace(written, **changes))

    def _flow_all(self, keys: Iterable[JobKey]) -> None:
        now = self._realm.now_ms()
        for key in keys:
            plan = self._pacing.plans.get(key)
            if plan is not None and plan.script is not None and plan.script.span is not None:
                self._flow(key, plan, plan.script, now)

    def _flow(self, key: JobKey, plan: Plan, script: Script, now: Millis) -> None:
        """Write the rows that are visible by now and are not written yet, each at the moment at which it came."""
        from fakejobs.cloud.rows import encode  # it loads the codecs, which most tests do without

        flowed = dict(plan.flowed)
        for kind, rows in script.rows.items():
            done, visible = flowed.get(kind, 0), script.visible(len(rows), now)
            if visible > done:
                moments = ((script.moment(place, len(rows)), rows[place]) for place in range(done, visible))
                groups = ((moment, [row for _, row in group]) for moment, group in groupby(moments, key=itemgetter(0)))
                self._shelves.keep_late(key, kind, ((moment, encode(kind, values, moment)) for moment, values in groups))
                flowed[kind] = visible
        if flowed != plan.flowed:
            self._pacing.plans[key] = replace(plan, flowed=flowed)
