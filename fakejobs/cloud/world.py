"""The world of a fake: all that reset() forgets and a seed may change, one part a noun."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from fakejobs.access import AccessBook
from fakejobs.domain.activity import Activity
from fakejobs.domain.collections import Collections
from fakejobs.domain.comments import Comments
from fakejobs.domain.deploys import Deploys
from fakejobs.domain.faults import FaultBook
from fakejobs.domain.frontier import Frontiers
from fakejobs.domain.limits import Limits
from fakejobs.domain.pacing import Pacing
from fakejobs.domain.periodic import PeriodicJobs
from fakejobs.domain.records import Records
from fakejobs.domain.settings import ProjectSettings
from fakejobs.domain.store import JobStore


@dataclass(slots=True)
class World:
    """The parts of a world; who reads or writes one holds the cloud's lock."""

    access: AccessBook
    store: JobStore = field(default_factory=JobStore)
    records: Records = field(default_factory=Records)
    collections: Collections = field(default_factory=Collections)
    frontiers: Frontiers = field(default_factory=Frontiers)
    activity: Activity = field(default_factory=Activity)
    settings: ProjectSettings = field(default_factory=ProjectSettings)
    comments: Comments = field(default_factory=Comments)
    deploys: Deploys = field(default_factory=Deploys)
    periodic: PeriodicJobs = field(default_factory=PeriodicJobs)
    pacing: Pacing = field(default_factory=Pacing)
    limits: Limits = field(default_factory=Limits)
    faults: FaultBook = field(default_factory=FaultBook)

    def copy(self) -> World:
        """Return an independent copy."""
        return World(**{part.name: getattr(self, part.name).copy() for part in fields(self)})
