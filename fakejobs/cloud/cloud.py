"""Cloud: puts the nouns together, and is the only one that knows them all."""

from __future__ import annotations

from fakejobs.access import DEFAULT_KEY, AccessBook
from fakejobs.cloud.activity import Activity
from fakejobs.cloud.collections import Collections
from fakejobs.cloud.comments import Comments
from fakejobs.cloud.faults import Faults
from fakejobs.cloud.frontiers import Frontiers
from fakejobs.cloud.jobs import Jobs
from fakejobs.cloud.keys import Keys
from fakejobs.cloud.life import Life
from fakejobs.cloud.lock import VerbLock
from fakejobs.cloud.pace import Pace
from fakejobs.cloud.periodic import Periodic
from fakejobs.cloud.plans import Plans
from fakejobs.cloud.progress import Progress
from fakejobs.cloud.projects import Projects
from fakejobs.cloud.realm import Realm
from fakejobs.cloud.records import Records
from fakejobs.cloud.retention import Retention
from fakejobs.cloud.scheduling import Scheduling
from fakejobs.cloud.settings import Settings
from fakejobs.cloud.shelves import Shelves
from fakejobs.cloud.units import Units
from fakejobs.cloud.uploads import Uploads
from fakejobs.cloud.world import World
from fakejobs.domain.clock import Clock, ManualClock


class Cloud:
    """Scrapy Cloud in memory, for doors: typed values in, frozen records out, each noun an attribute, all under one lock.

    clock: where time comes from; default: one that stands still until it is moved. key: the API key that is exported to clients.
    """

    def __init__(self, clock: Clock | None = None, *, key: str = DEFAULT_KEY) -> None:
        self.realm = realm = Realm(clock or ManualClock(), World(AccessBook(key)))
        self.now_ms = realm.now_ms
        self.began = realm.now_ms()
        """Where the clock stood when the cloud was made."""
        shelves = Shelves(realm)
        self.keys = Keys(realm)
        self.activity = Activity(realm)
        self.settings = Settings(realm)
        self.collections = Collections(realm)
        self.frontiers = Frontiers(realm)
        self.comments = Comments(realm)
        self.units = Units(realm)
        self.projects = Projects(realm, self.units)
        self.uploads = Uploads(realm, self.projects)
        self.progress = Progress(realm, shelves)
        self.records = Records(realm, shelves, self.progress)
        self.plans = Plans(realm, self.progress)
        life = Life(realm, self.plans, self.activity)
        self.jobs = Jobs(realm, life, self.plans, self.units, self.progress)
        self.scheduling = Scheduling(realm, self.jobs, self.projects, self.uploads)
        self.periodic = Periodic(realm, self.jobs, self.projects, self.scheduling)
        self.pace = Pace(realm, self.plans, self.units, life, self.progress, self.jobs, self.periodic)
        self.retention = Retention(realm)
        self.faults = Faults(realm)
        realm.settle_with(self.pace.settle, self.periodic.is_far)

    @property
    def lock(self) -> VerbLock:
        """The one lock; whoever does several things as one holds it."""
        return self.realm.lock

    @property
    def world(self) -> World:
        """All that reset() forgets; who reads or writes it holds the lock."""
        return self.realm.world

    def limit_scans(self, rows: int) -> None:
        """Let one call look at so many rows at most."""
        with self.lock:
            self.world.limits.scan = rows

    def keep_jobs(self, number: int | None) -> None:
        """Keep so many finished and deleted jobs, the latest ones; None: all."""
        with self.lock:
            self.retention.keep = number
            self.realm.settle_with(self.pace.settle if number is None else self._settle, self.periodic.is_far)

    def _settle(self) -> None:
        self.pace.settle()
        self.retention.settle()

    def reset(self) -> None:
        """Forget everything but the clock and the exported key."""
        with self.lock:
            self.faults.end_all()
            self.realm.world = World(AccessBook(self.keys.exported), faults=self.world.faults.emptied())
