"""The path of one upload: bytes, fingerprint, entries near it, what they ask for, verdict, record.

Nothing is answered from a list that is missing or too old, and no hold or block is answered that is not on the disk.
The picture is never written anywhere; its fingerprint lives as long as this function call, unless the platform switched
on that those of accepted uploads are kept (`kept`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime

import numpy as np

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.pool import DecoderPool
from notcontent.guard.lists import Found, Lists, Nearest
from notcontent.guard.one_writer import Accepted, OneWriter
from notcontent.guard.policy import Action, Policy, rule
from notcontent.guard.readiness import Readiness
from notcontent.guard.uploads import Uploads
from notcontent.guard.verdict import Verdict, VerdictKind

#: So many matches are shown and reported for one upload, the nearest ones and before them any that decided.
SHOWN_MATCHES = 100
#: What is kept of an accepted upload, if the platform switched that on: most copies are upright or mirrored.
KEPT_TURNS = (ORIENTATIONS.index(Orientation.UPRIGHT), ORIENTATIONS.index(Orientation.MIRRORED))
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
        writer: OneWriter,
        uploads: Uploads,
        readiness: Readiness,
        min_quality: int,
        keeps_accepted: bool,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the parts."""
        self._pool, self._lists, self._policy, self._writer = pool, lists, policy, writer
        self._uploads, self._readiness, self._min_quality = uploads, readiness, min_quality
        self._keeps_accepted, self._clock = keeps_accepted, clock

    async def check(self, untrusted_upload: bytes, object_id: str | None = None) -> Verdict:
        """The verdict of one upload, which the platform calls `object_id`.

        Raises FingerprintError (not a picture, unreadable, too large, no room), ListNotReady, StorageUnavailable.
        """
        self._readiness.require_fresh_lists()
        picture = await self._pool.fingerprint(untrusted_upload, Purpose.QUERY)
        self._writer.count_upload()
        if picture.quality < self._min_quality:
            return Verdict(VerdictKind.ALLOW, secrets.token_hex(16))
        turns = np.frombuffer(b"".join(turn.value for turn in picture.orientations), np.uint8).reshape(-1, 32)
        # In this thread: a search takes a fifth of a millisecond, and handing it to another one takes longer.
        found = self._lists.find(turns)
        verdict = Verdict(VerdictKind.ALLOW, secrets.token_hex(16))
        if found:
            verdict = await self._rule_and_record(untrusted_upload, found)
        if self._keeps_accepted and object_id is not None and verdict.kind is VerdictKind.ALLOW:
            await self._writer.keep(Accepted(object_id, turns[list(KEPT_TURNS)].tobytes(), verdict.flagged))
        return verdict

    async def match(self, fingerprints: bytes) -> list[Nearest]:
        """What is near each of these fingerprints of 32 bytes, as it is. Changes nothing. Raises ListNotReady."""
        self._readiness.require_fresh_lists()
        return await asyncio.to_thread(self._lists.find_upright, np.frombuffer(fingerprints, np.uint8).reshape(-1, 32))

    async def _rule_and_record(self, upload: bytes, found: list[Found]) -> Verdict:
        now = self._clock()
        ruling = rule((each.shown.tier for each in found), self._policy)
        action = ruling.action
        if ruling.rests_on_claims:
            claims = [each.shown.entry for each in found if each.shown.tier is Tier.CLAIMED]
            if not await self._writer.may_hold(upload, claims):
                action = Action.FLAG
        # What decided comes first, so that a crowd of planted claims can't push it out of sight.
        shown = sorted(found, key=lambda each: self._policy.asks(each.shown.tier) is not ruling.action)[:SHOWN_MATCHES]
        verdict = Verdict(
            _KIND[action], secrets.token_hex(16), action is Action.FLAG, tuple(each.shown for each in shown)
        )
        await asyncio.to_thread(self._uploads.record, verdict.id, verdict.kind, shown, now)
        self._writer.news()
        return verdict
