"""API keys and job tokens: whom they belong to, and what may be shown of them."""

from __future__ import annotations

from fakejobs.access import Account
from fakejobs.cloud.realm import Realm
from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import JobState
from fakejobs.masking import Masks


def is_job_login(user: str, password: str) -> bool:
    """Say whether Basic credentials are those of a job: its key, and what should be its token."""
    return bool(password) and JobKey.parse(user) is not None


class Keys:
    """The keys and tokens that open a cloud."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    @property
    def exported(self) -> str:
        """The API key that is exported to clients; it stays good whatever is declared."""
        return self._realm.world.access.exported

    def declare(self, key: str, account: Account) -> None:
        """Make a key known; the first one closes the door to all others but the exported one."""
        with self._realm.lock:
            self._realm.world.access.declare(key, account)

    def account(self, key: str) -> Account | None:
        """Return whom an API key belongs to, or None if it opens nothing."""
        with self._realm.lock:
            return self._realm.world.access.account(key)

    def masked(self, key: str | None) -> str | None:
        """Return what may be shown of an API key."""
        with self._realm.lock:
            return self._realm.world.access.masked(key)

    def why_closed(self, key: str | None) -> str:
        """Return why an API key opens nothing, or which projects it opens, as a clause; keys in it are masked."""
        with self._realm.lock:
            book = self._realm.world.access
            account = book.account(key or "")
            if not key:
                return "no key came along"
            if account is not None and account.projects is not None:
                return f"the key opens project{'' if len(account.projects) == 1 else 's'} {', '.join(map(str, sorted(account.projects)))}"
            if account is not None:
                return ""
            if JobKey.parse(key) is not None or book.is_like_token(key):
                return "a job's token opens only that job's own data, and only while it runs"
            known = [book.masked(known) for known in dict.fromkeys((book.exported, *(declared for declared, _ in book)))]
            return f"the key {book.masked(key)} is not known here; known: {', '.join(map(str, known))}"

    @property
    def masks(self) -> Masks:
        """What hides the keys that are known now, in texts and other values; it needs no lock."""
        return self._realm.world.access.masks

    def token_of(self, key: JobKey) -> str | None:
        """Return the token that opens a running job's data, or None if the job is not running; raises JobNotFound."""
        with self._realm.lock:
            running = self._realm.record(key).state is JobState.RUNNING
            return self._realm.world.access.token(key) if running else None

    def job_account(self, job: str, token: str) -> Account | None:
        """Return the account of a running job by its token, or None if the token opens nothing (any more)."""
        with self._realm.lock:
            world = self._realm.world
            record = world.store.find(job)
            if record is None or record.state is not JobState.RUNNING or not world.access.is_token(job, token):
                return None
            return Account(job, frozenset({record.key.project_id}), job)
