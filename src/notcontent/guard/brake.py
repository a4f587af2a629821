"""The brake: what claims that nobody has confirmed can hold, so that planted entries can't stop a site.

It is for an entry that matches pictures unlike each other. Copies of one picture count once: they are what happens to
somebody whose picture is being spread, and no reason to let it through.

Kept in memory only, and forgotten within the hour. An upload is known here by a keyed hash of its bytes, whose key dies
with the process; and of the first of its kind the fingerprint of what came near a claim, which is at most 31 bits from
one that is listed anyway.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WINDOW = timedelta(hours=1)
#: So near each other two uploads are of one kind: PDQ's usual distance for the same picture.
LIKE_BITS = 31


def name_upload(upload: bytes, key: bytes) -> bytes:
    """What an upload is known by here, 16 bytes: nothing without the key, which dies with the process."""
    return hashlib.blake2b(upload, key=key, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class BrakeLimits:
    """How many pictures unlike each other one claim holds an hour; all together a share, but never fewer than…"""

    per_claim: int = 20
    all_claims_at_least: int = 20
    all_claims_share: float = 0.001


@dataclass(frozen=True, slots=True)
class _Hold:
    """One upload that is held; `kinds`: what it was the first of, by claim (None: not known). Empty for a copy."""

    at: datetime
    digest: bytes
    kinds: dict[str, int | None] = field(repr=False)


@dataclass(slots=True)
class Brake:
    """Counts the last hour's uploads and holds. Asks no clock: `now` is an argument."""

    limits: BrakeLimits
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    #: Uploads by the minute they came in: sixty numbers, not one time for every upload.
    _uploads: dict[datetime, int] = field(default_factory=dict)
    _uploads_total: int = 0
    _holds: deque[_Hold] = field(default_factory=deque)
    _held: set[bytes] = field(default_factory=set)
    _held_by: Counter[str] = field(default_factory=Counter)
    #: How many of the holds were of a new kind, and what their kinds look like, by claim.
    _new: int = 0
    _kinds: dict[str, list[int]] = field(default_factory=dict, repr=False)

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

    def may_hold(self, upload: bytes, claims: Mapping[str, bytes], now: datetime) -> bool:
        """Whether these claims may hold this upload now; if so it is counted, once an hour for copies of one picture.

        `claims`: what in the upload is near each claim, 32 bytes; empty where that is not known.
        """
        return self.may_hold_named(name_upload(upload, self._key), claims, now)

    def may_hold_named(self, digest: bytes, claims: Mapping[str, bytes], now: datetime) -> bool:
        """The same for an upload that `name_upload` has named with this brake's key."""
        self._forget(now)
        if digest in self._held:
            return True
        if any(self._is_copy(claim, seen) for claim, seen in claims.items()):
            self._held.add(digest)
            self._holds.append(_Hold(now, digest, {}))
            return True
        limit = max(self.limits.all_claims_at_least, int(self._uploads_total * self.limits.all_claims_share))
        with_room = {
            claim: int.from_bytes(seen) if seen else None
            for claim, seen in claims.items()
            if self._held_by[claim] < self.limits.per_claim
        }
        if self._new >= limit or not with_room:
            return False
        self._held.add(digest)
        self._holds.append(_Hold(now, digest, with_room))
        self._held_by.update(with_room.keys())
        self._new += 1
        for claim, kind in with_room.items():
            if kind is not None:
                self._kinds.setdefault(claim, []).append(kind)
        return True

    def _is_copy(self, claim: str, seen: bytes) -> bool:
        kind = int.from_bytes(seen)
        return bool(seen) and any((kind ^ known).bit_count() <= LIKE_BITS for known in self._kinds.get(claim, ()))

    def _forget(self, now: datetime) -> None:
        while self._uploads and now - (oldest := next(iter(self._uploads))) >= WINDOW:
            self._uploads_total -= self._uploads.pop(oldest)
        while self._holds and now - self._holds[0].at >= WINDOW:
            hold = self._holds.popleft()
            self._held.discard(hold.digest)
            self._new -= bool(hold.kinds)
            self._held_by.subtract(hold.kinds.keys())
            for claim, kind in hold.kinds.items():
                if not self._held_by[claim]:
                    del self._held_by[claim]
                    self._kinds.pop(claim, None)
                elif kind is not None:
                    self._kinds[claim].remove(kind)
