"""Keys, job tokens, and who may use which project.

A fake is open until something is declared. The first declared key closes the door to all others but the fake's own
exported key; the projects of a declared key close all other projects to it. Keys are shown only masked. A running job
has a token of its own, a signed JWT that opens the job's data and nothing else.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from fakejobs.masking import LONG, MASK, Masks

DEFAULT_KEY = "fakejobs" * 4
"""The key that a fake exports to clients unless told another one: 32 characters, as the real ones have."""
DEFAULT_USER = "fakeuser"
"""The login that owns a key for which none was declared."""


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


_TOKEN_HEAD = _base64(b'{"typ":"JWT","alg":"HS256"}')


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a key belongs to. projects: the only ones it may use; None: every project. job: the only job, for a job's token."""

    user: str = DEFAULT_USER
    projects: frozenset[int] | None = None
    job: str | None = None

    def may_use(self, project: int) -> bool:
        """Say whether this account may use a project."""
        return self.projects is None or project in self.projects


class AccessBook:
    """The keys that a fake knows.

    exported: the key that the fake hands to clients; it stays good whatever is declared.
    """

    def __init__(self, exported: str = DEFAULT_KEY) -> None:
        self.exported = exported
        self._accounts: dict[str, Account] = {}
        self._secret = secrets.token_bytes(32)
        self._masks: Masks | None = None

    def copy(self) -> AccessBook:
        """Return an independent copy."""
        twin = AccessBook(self.exported)
        twin._accounts = dict(self._accounts)
        twin._secret = self._secret
        return twin

    def declare(self, key: str, account: Account) -> None:
        """Make a key known; a key declared again belongs to the new account."""
        self._accounts[key] = account
        self._masks = None

    def __iter__(self) -> Iterator[tuple[str, Account]]:
        return iter(self._accounts.items())

    def account(self, key: str) -> Account | None:
        """Return whom a key belongs to, or None if it opens nothing."""
        known = self._accounts.get(key)
        if known is None and key and (not self._accounts or key == self.exported) and not self.is_like_token(key):
            return Account()
        return known

    def token(self, job: str) -> str:
        """Return the token of a job: a JWT whose audience is the job."""
        signed = f"{_TOKEN_HEAD}.{_base64(json.dumps({'aud': f'job:{job}'}, separators=(',', ':')).encode())}"
        return f"{signed}.{_base64(hmac.digest(self._secret, signed.encode(), 'sha256'))}"

    @staticmethod
    def is_like_token(text: str) -> bool:
        """Say whether a text is written as the tokens of jobs are."""
        return text.startswith(f"{_TOKEN_HEAD}.")

    def is_token(self, job: str, token: str) -> bool:
        """Say whether a text is the token of a job."""
        return hmac.compare_digest(self.token(job).encode(), token.encode("utf-8", "replace"))

    def masked(self, key: str | None) -> str | None:
        """Return what may be shown of a key: its declared owner, else its last characters if it is long enough."""
        if key is None:
            return None
        if key in self._accounts:
            return f"{MASK} ({self._accounts[key].user})"
        return MASK + (key[-4:] if len(key) >= LONG else "")

    @property
    def masks(self) -> Masks:
        """What hides the keys that are known now, in texts and other values."""
        masks = self._masks
        if masks is None:
            masks = self._masks = Masks({key: self.masked(key) or MASK for key in (self.exported, *list(self._accounts))})
        return masks
