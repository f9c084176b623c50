"""How many jobs that are over a cloud keeps; older ones are let go, with all that they wrote."""

from __future__ import annotations

from fakejobs.cloud.realm import Realm


class Retention:
    """What a cloud keeps of jobs that are over.

    keep: how many finished and deleted jobs are kept, those that came into their state last; None, the default: all. More than these
    are there until the next verb or request begins.
    """

    SWEEP = 1000
    """Jobs that are let go before the activity of their projects is looked through for them."""

    def __init__(self, realm: Realm) -> None:
        self.keep: int | None = None
        self._realm = realm
        self._revision = -1
        self._unswept = 0

    def settle(self) -> None:
        """Let go of the jobs that are too many; the lock is held."""
        store = self._realm.world.store
        if self.keep is None or store.revision == self._revision:
            return
        for _ in range(store.over() - self.keep):
            key = store.oldest_over()
            store.forget(key)
            self._realm.world.records.forget(key)
            self._realm.world.comments.forget(key)
            self._realm.world.deploys.forget_reports(key)
            self._unswept += 1
        if self._unswept >= self.SWEEP:
            self._realm.world.activity.keep_jobs(lambda key: store.find(key) is not None)
            self._unswept = 0
        self._revision = store.revision
