"""The brake: what claims that nobody has confirmed can hold, so that planted entries can't stop a site.

Kept in memory only. An upload is known here by a keyed hash of its bytes, whose key dies with the process and which is
forgotten within the hour; two hashes of different guards, or of the same guard after a restart, can't be compared.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WINDOW = timedelta(hours=1)


def name_upload(upload: bytes, key: bytes) -> bytes:
    """What an upload is known by here, 16 bytes: nothing without the key, which dies with the process."""
    return hashlib.blake2b(upload, key=key, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class BrakeLimits:
    """How many different uploads an hour one claim holds; all claims together hold a share, but never fewer than…"""

    per_claim: int = 20
    all_claims_at_least: int = 20
    all_claims_share: float = 0.001


@dataclass(slots=True)
class Brake:
    """Counts the last hour's uploads and holds. Asks no clock: `now` is an argument."""

    limits: BrakeLimits
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    #: Uploads by the minute they came in: sixty numbers, not one time for every upload.
    _uploads: dict[datetime, int] = field(default_factory=dict)
    _uploads_total: int = 0
    _holds: deque[tuple[datetime, bytes, frozenset[str]]] = field(default_factory=deque)
    _held: set[bytes] = field(default_factory=set)
    _held_by: Counter[str] = field(default_factory=Counter)

    @property
    def key(self) -> bytes:
        """What this process's uploads are named with, for the processes that answer beside it."""
        return self._key

    def count_upload(self, now: datetime, uploads: int = 1) -> None:
        """Count one more upload of the hour, or several, whatever their verdicts will be."""
        self._forget(now)
        minute = now.replace(second=0, microsecond=0)
        self._uploads[minute] = self._uploads.get(minute, 0) + uploads
        self._uploads_total += uploads

    def may_hold(self, upload: bytes, claims: Collection[str], now: datetime) -> bool:
        """Whether these claims may hold this upload now; if so it is counted, once an hour for the same bytes."""
        return self.may_hold_named(name_upload(upload, self._key), claims, now)

    def may_hold_named(self, digest: bytes, claims: Collection[str], now: datetime) -> bool:
        """The same for an upload that `name_upload` has named with this brake's key."""
        self._forget(now)
        if digest in self._held:
            return True
        limit = max(self.limits.all_claims_at_least, int(self._uploads_total * self.limits.all_claims_share))
        with_room = frozenset(claim for claim in claims if self._held_by[claim] < self.limits.per_claim)
        if len(self._held) >= limit or not with_room:
            return False
        self._held.add(digest)
        self._holds.append((now, digest, with_room))
        self._held_by.update(with_room)
        return True

    def _forget(self, now: datetime) -> None:
        while self._uploads and now - (oldest := next(iter(self._uploads))) >= WINDOW:
            self._uploads_total -= self._uploads.pop(oldest)
        while self._holds and now - self._holds[0][0] >= WINDOW:
            _, digest, claims = self._holds.popleft()
            self._held.discard(digest)
            self._held_by.subtract(claims)
            for claim in claims:
                if not self._held_by[claim]:
                    del self._held_by[claim]
