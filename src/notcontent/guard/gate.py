"""The path of one upload: bytes, fingerprint, entries near it, what they ask for, verdict, record.

Nothing is answered from a list that is missing or too old, and no hold or block is answered that is not on the disk.
The picture is never written anywhere; its fingerprint lives as long as this function call.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime

import numpy as np

from notcontent.feed.entry import Tier
from notcontent.fingerprint.pool import DecoderPool
from notcontent.guard.brake import Brake
from notcontent.guard.lists import Found, Lists
from notcontent.guard.policy import Action, Policy, rule
from notcontent.guard.readiness import Readiness
from notcontent.guard.uploads import Uploads
from notcontent.guard.verdict import Verdict, VerdictKind

#: So many matches are shown and reported for one upload, the nearest ones and before them any that decided.
SHOWN_MATCHES = 100
_KIND = {
    Action.ALLOW: VerdictKind.ALLOW,
    Action.FLAG: VerdictKind.ALLOW,
    Action.HOLD: VerdictKind.HOLD,
    Action.BLOCK: VerdictKind.BLOCK,
}


class Gate:
    """Decides about uploads."""

    def __init__(
        self,
        *,
        pool: DecoderPool,
        lists: Lists,
        policy: Policy,
        brake: Brake,
        uploads: Uploads,
        readiness: Readiness,
        min_quality: int,
        clock: Callable[[], datetime],
        news: Callable[[], None],
    ) -> None:
        """Take the parts. `news` is called when there is something to report."""
        self._pool, self._lists, self._policy, self._brake = pool, lists, policy, brake
        self._uploads, self._readiness, self._min_quality = uploads, readiness, min_quality
        self._clock, self._news = clock, news

    async def check(self, untrusted_upload: bytes) -> Verdict:
        """The verdict of one upload.

        Raises FingerprintError (not a picture, unreadable, too large, no room), ListNotReady, StorageUnavailable.
        """
        self._readiness.require_fresh_lists()
        picture = await self._pool.fingerprint(untrusted_upload)
        self._brake.count_upload(self._clock())
        if picture.quality < self._min_quality:
            return Verdict(VerdictKind.ALLOW, secrets.token_hex(16))
        turns = np.frombuffer(b"".join(turn.value for turn in picture.orientations), np.uint8).reshape(-1, 32)
        found = await asyncio.to_thread(self._lists.find, turns)
        if not found:
            return Verdict(VerdictKind.ALLOW, secrets.token_hex(16))
        return await self._rule_and_record(untrusted_upload, found)

    async def match(self, fingerprint: bytes) -> list[Found]:
        """What is near one fingerprint of 32 bytes, as it is. Changes and reports nothing. Raises ListNotReady."""
        self._readiness.require_fresh_lists()
        return await asyncio.to_thread(self._lists.find_upright, np.frombuffer(fingerprint, np.uint8))

    async def _rule_and_record(self, upload: bytes, found: list[Found]) -> Verdict:
        now = self._clock()
        ruling = rule((each.shown.tier for each in found), self._policy)
        action = ruling.action
        if ruling.rests_on_claims:
            claims = [each.shown.entry for each in found if each.shown.tier is Tier.CLAIMED]
            if not self._brake.may_hold(upload, claims, now):
                action = Action.FLAG
        # What decided comes first, so that a crowd of planted claims can't push it out of sight.
        shown = sorted(found, key=lambda each: self._policy.asks(each.shown.tier) is not ruling.action)[:SHOWN_MATCHES]
        verdict = Verdict(
            _KIND[action], secrets.token_hex(16), action is Action.FLAG, tuple(each.shown for each in shown)
        )
        await asyncio.to_thread(self._uploads.record, verdict.id, verdict.kind, shown, now)
        self._news()
        return verdict
